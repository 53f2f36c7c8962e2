//! brat's stand-off format: a folder with a text and its annotations for each document.
//!
//! | file | what |
//! |---|---|
//! | `annotation.conf` | the labels, as brat wants them declared |
//! | `NNNNNNNN-<id>.txt` | the text, unchanged |
//! | `NNNNNNNN-<id>.ann` | `T` lines: the mentions; `N` lines: their ids, `Wikidata:Q884` or `Nomenclator:<id>`; `#` lines (`AnnotatorNotes`): score and link of each mention as JSON |
//! | `NNNNNNNN-<id>.json` | id, date, title, source and the input's other fields; brat passes over it |
//!
//! Offsets count characters. A `T` line is a line: where a mention has line ends in it, it is written in several stretches
//! (`T1⇥PER 0 3;4 10⇥Kim Il Sung`). A mention of nothing but line ends cannot be written and is left out.
//!
//! brat's [manual](https://brat.nlplab.org/standoff.html) describes the format.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::file_name::file_name;
use super::jsonl::{LinkOut, ShowSteering, four_decimals, passed_on, serialize_head};
use super::offsets::{OffsetCounter, OffsetUnit};
use super::sink::{Mark, Sink};
use super::{Counted, visible};
use crate::document::{Document, Link, TaggedDocument};

/// Writes tagged documents as a folder for brat.
pub struct BratSink {
    folder: PathBuf,
    labels: BTreeSet<String>,
    written: Mark,
}

impl BratSink {
    /// Begins a folder, which is made where it is missing, or goes on with one where it stood at `mark`. Files of documents
    /// after it are written again; nothing is deleted.
    ///
    /// # Errors
    /// Where the folder cannot be made or written.
    pub fn open(folder: &Path, mark: Option<&Mark>) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut sink = BratSink {
            folder: folder.to_owned(),
            labels: BTreeSet::new(),
            written: mark.cloned().unwrap_or_default(),
        };
        // Labels of documents after the mark come again: to know them early changes nothing.
        if sink.written.documents > 0 {
            let conf = sink.folder.join(CONF);
            sink.labels = labels_in(&conf).map_err(|error| {
                let message = format!(
                    "{}: {error}: expected the labels that were written before",
                    conf.display()
                );
                io::Error::new(error.kind(), message)
            })?;
        }
        sink.write_conf()?;
        Ok(sink)
    }

    /// Declares the labels: written aside and renamed, so that no label is ever lost.
    fn write_conf(&self) -> io::Result<()> {
        let part = self.folder.join("annotation.conf.part");
        let mut conf = String::from(ENTITIES);
        for label in &self.labels {
            conf.push('\n');
            conf.push_str(label);
        }
        conf.push_str("\n\n[relations]\n\n[events]\n\n[attributes]\n");
        fs::write(&part, conf)?;
        fs::rename(part, self.folder.join(CONF))
    }

    fn file(&self, name: &str, extension: &str) -> io::Result<BufWriter<fs::File>> {
        let path = self.folder.join(format!("{name}.{extension}"));
        Ok(BufWriter::new(fs::File::create(path)?))
    }
}

const CONF: &str = "annotation.conf";
const ENTITIES: &str = "[entities]";

fn labels_in(conf: &Path) -> io::Result<BTreeSet<String>> {
    let mut labels = BTreeSet::new();
    let mut among = false;
    for line in BufReader::new(fs::File::open(conf)?).lines() {
        let line = line?;
        match line.trim() {
            ENTITIES => among = true,
            section if section.starts_with('[') => among = false,
            label if among && !label.is_empty() => {
                labels.insert(label.to_owned());
            }
            _ => {}
        }
    }
    Ok(labels)
}

impl Sink for BratSink {
    fn write(&mut self, tagged: &TaggedDocument) -> io::Result<bool> {
        let document = &tagged.document;
        let name = file_name(self.written.documents + 1, &document.id);
        let before = self.labels.len();
        for mention in &tagged.mentions {
            let label = brat_label(&mention.label);
            if !self.labels.contains(&label) {
                self.labels.insert(label);
            }
        }
        if self.labels.len() > before {
            self.write_conf()?;
        }
        let mut bytes = document.text.len() as u64;
        let mut text = self.file(&name, "txt")?;
        text.write_all(document.text.as_bytes())?;
        text.flush()?;
        let mut annotations = Counted::new(self.file(&name, "ann")?);
        write_annotations(tagged, &mut annotations)?;
        annotations.flush()?;
        bytes += annotations.into_parts().1;
        let mut about = Counted::new(self.file(&name, "json")?);
        write_about(document, &mut about)?;
        about.flush()?;
        bytes += about.into_parts().1;
        self.written.bytes += bytes;
        self.written.documents += 1;
        Ok(true)
    }

    fn mark(&mut self) -> io::Result<Mark> {
        Ok(self.written.clone())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        // The folder's own entries; not every system opens a folder as a file.
        match fs::File::open(&self.folder) {
            Ok(folder) => folder.sync_all().or(Ok(())),
            Err(_) => Ok(()),
        }
    }

    fn bytes(&self) -> u64 {
        self.written.bytes
    }
}

fn write_annotations(tagged: &TaggedDocument, into: &mut impl Write) -> io::Result<()> {
    let text = &tagged.document.text;
    let mut offsets = OffsetCounter::new(text, OffsetUnit::Char);
    let (mut number, mut norm) = (0, 0);
    for mention in &tagged.mentions {
        let surface = &text[mention.span.clone()];
        let stretches = stretches(surface);
        if stretches.is_empty() {
            continue;
        }
        number += 1;
        write!(into, "T{number}\t{} ", brat_label(&mention.label))?;
        // Offsets that ascend: going back to a stretch would count the text anew.
        let whole = offsets.span(&mention.span);
        let mut inside = OffsetCounter::new(surface, OffsetUnit::Char);
        let spans = stretches.iter().map(|stretch| {
            let span = inside.span(stretch);
            whole.start + span.start..whole.start + span.end
        });
        let spans: Vec<Range<usize>> = spans.collect();
        for (at, span) in spans.iter().enumerate() {
            let separator = if at > 0 { ";" } else { "" };
            write!(into, "{separator}{} {}", span.start, span.end)?;
        }
        let shown: Vec<&str> = stretches
            .iter()
            .map(|stretch| &surface[stretch.clone()])
            .collect();
        writeln!(into, "\t{}", shown.join(" "))?;
        if let Some(Link {
            id: Some(id), name, ..
        }) = mention.link.as_deref()
        {
            norm += 1;
            let id = reference(id);
            writeln!(into, "N{norm}\tReference T{number} {id}\t{}", visible(name))?;
        }
        write!(into, "#{number}\tAnnotatorNotes T{number}\t")?;
        let ends = (
            spans.first().map(|span| span.start),
            spans.last().map(|span| span.end),
        );
        let note = Note {
            label: (brat_label(&mention.label) != *mention.label).then_some(&mention.label),
            span: ((Some(whole.start), Some(whole.end)) != ends).then_some([whole.start, whole.end]),
            score: four_decimals(mention.score),
            link: mention.link.as_deref().map(LinkOut::from),
        };
        note.serialize(&mut serde_json::Serializer::with_formatter(
            &mut *into,
            ShowSteering,
        ))?;
        into.write_all(b"\n")?;
    }
    Ok(())
}

/// What a `T` line cannot say of its mention.
#[derive(Serialize)]
struct Note<'a> {
    /// Where brat's rules allow another name only.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    /// Where the mention begins or ends with a line end.
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<[usize; 2]>,
    score: f64,
    link: Option<LinkOut<'a>>,
}

/// The parts of a mention between line ends, in bytes of it.
fn stretches(surface: &str) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut start = 0;
    for stretch in surface.split_inclusive(breaks_line) {
        let length = stretch.trim_end_matches(breaks_line).len();
        if length > 0 {
            stretches.push(start..start + length);
        }
        start += stretch.len();
    }
    stretches
}

/// Where Python, which brat is written in, takes a line to end.
fn breaks_line(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A label as brat allows it.
fn brat_label(label: &str) -> String {
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let label: String = label.chars().map(allowed).collect();
    if label.is_empty() { "_".to_owned() } else { label }
}

/// An id as `N` lines have it: the resource, a colon and the id, without white space.
fn reference(id: &str) -> String {
    let digits = id.strip_prefix('Q').unwrap_or_default();
    let wikidata = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let resource = if wikidata { "Wikidata" } else { "Nomenclator" };
    let id = visible(id);
    format!("{resource}:{}", id.replace(char::is_whitespace, "_"))
}

/// What there is to say of a document beside its text and mentions: the keys of JSON Lines.
fn write_about(document: &Document, into: &mut impl Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *into, ShowSteering);
    let mut map = serializer.serialize_map(None)?;
    serialize_head(&mut map, document)?;
    for (name, value) in passed_on(document) {
        map.serialize_entry(name, value)?;
    }
    map.end()?;
    into.write_all(b"\n")
}
