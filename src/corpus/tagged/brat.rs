//! A folder of texts with brat's annotations beside them.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::options::Limits;
use super::super::rejection::Place;
use super::super::source::{Meter, Source};
use super::super::text::text_of;
use super::super::{BYTE_ORDER_MARK, Rejection};
use super::{Located, TaggedError, TaggedLine, TaggedMention};
use crate::document::Link;
use crate::output::OffsetUnit;
use crate::output::offsets::ByteCounter;

/// The documents of one folder, in the order of their names.
pub(super) struct Folder {
    annotations: std::vec::IntoIter<PathBuf>,
    limits: Limits,
}

impl Folder {
    pub(super) fn open(folder: &Path, limits: &Limits) -> Result<Self, TaggedError> {
        let place = folder.display().to_string();
        let failed = |error: io::Error| {
            Place::whole(&place).reject(format!("{error}: expected a folder that can be read"))
        };
        let mut annotations = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "ann") {
                annotations.push(path);
            }
        }
        if annotations.is_empty() {
            return Err(TaggedError::Unknown { place });
        }
        annotations.sort();
        Ok(Folder {
            annotations: annotations.into_iter(),
            limits: *limits,
        })
    }
}

impl Iterator for Folder {
    type Item = Located;

    fn next(&mut self) -> Option<Located> {
        let path = self.annotations.next()?;
        Some(document(&path, &self.limits).map(|line| (Place::whole(&path.display().to_string()), line)))
    }
}

fn document(annotations: &Path, limits: &Limits) -> Result<TaggedLine, Rejection> {
    let (mark, mut text) = read(&annotations.with_extension("txt"), limits.document, limits)?;
    if mark {
        // Here it is text: offsets count it.
        text.insert(0, BYTE_ORDER_MARK);
    }
    let about = annotations.with_extension("json");
    let mut line = if about.exists() {
        let (_, json) = read(&about, limits.line, limits)?;
        let (line, _) = TaggedLine::parse_fields(&json, limits)
            .map_err(|reason| Place::whole(&about.display().to_string()).reject(reason))?;
        line
    } else {
        TaggedLine {
            id: annotations.with_extension("").display().to_string(),
            ..TaggedLine::default()
        }
    };
    line.offsets = OffsetUnit::Char;
    let (_, notes) = read(annotations, limits.line, limits)?;
    line.mentions = mentions(&notes, &text).map_err(|(line, reason)| {
        let place = Place::whole(&annotations.display().to_string());
        Place { line, ..place }.reject(reason)
    })?;
    line.text = Some(text);
    Ok(line)
}

/// Whether a file begins with a byte order mark, and the text behind it, of at most `most` bytes.
fn read(path: &Path, most: u64, limits: &Limits) -> Result<(bool, String), Rejection> {
    let place = path.display().to_string();
    // A pipe that nobody writes would wait for ever.
    if path.metadata().is_ok_and(|about| !about.is_file()) {
        return Err(Place::whole(&place).reject("not a regular file: expected one of UTF-8 text"));
    }
    let mut source = Source::open(Some(path), None, limits, &Meter::default(), place)?;
    let mark = source.offset() > 0;
    Ok((mark, text_of(&mut source, most)?))
}

/// What is wrong with annotations, and the line that it stands on.
type Wrong = (Option<u64>, String);

/// A `T` line, and what a note says of it.
struct Textbound {
    line: u64,
    label: String,
    span: (usize, usize),
    score: f32,
    link: Option<Link>,
}

/// What [`crate::output::brat`] notes of a mention.
#[derive(Deserialize)]
struct Note {
    label: Option<String>,
    span: Option<(usize, usize)>,
    score: f32,
    link: Option<Link>,
}

fn mentions(annotations: &str, text: &str) -> Result<Vec<TaggedMention>, Wrong> {
    let mut textbounds: Vec<Textbound> = Vec::new();
    let mut numbered: HashMap<&str, usize> = HashMap::new();
    for (number, line) in (1..).zip(annotations.split('\n')) {
        let wrong = |reason: String| (Some(number), reason);
        let mut columns = line.splitn(3, '\t');
        let [id, what, rest] = [(); 3].map(|()| columns.next().unwrap_or_default());
        if id.starts_with('T') {
            let (label, spans) = what.split_once(' ').unwrap_or((what, ""));
            numbered.insert(id, textbounds.len());
            textbounds.push(Textbound {
                line: number,
                label: label.to_owned(),
                span: span(spans).ok_or_else(|| {
                    wrong(format!(
                        "'{spans}' is no span: expected START END, parted by ; where there are more"
                    ))
                })?,
                score: 1.0,
                link: None,
            });
        } else if let Some(of) = what.strip_prefix("AnnotatorNotes ") {
            // What others note is for people.
            let known = numbered.get(of).and_then(|&at| textbounds.get_mut(at));
            let Some(textbound) = known else {
                continue;
            };
            let Ok(note) = serde_json::from_str::<Note>(rest) else {
                continue;
            };
            textbound.label = note.label.unwrap_or_else(|| std::mem::take(&mut textbound.label));
            textbound.span = note.span.unwrap_or(textbound.span);
            (textbound.score, textbound.link) = (note.score, note.link);
        }
    }
    textbounds.sort_by_key(|textbound| textbound.span);
    let mut bytes = ByteCounter::new(text, OffsetUnit::Char);
    let mentions = textbounds.into_iter().map(|textbound| {
        let (start, end) = textbound.span;
        let surface = match (bytes.byte(start), bytes.byte(end)) {
            (Some(from), Some(to)) => text.get(from..to),
            _ => None,
        };
        let outside = || {
            let reason = format!("{start} to {end} lies outside the text: expected offsets in characters");
            (Some(textbound.line), reason)
        };
        Ok(TaggedMention {
            start,
            end,
            text: surface.ok_or_else(outside)?.to_owned(),
            label: textbound.label,
            score: textbound.score,
            link: textbound.link,
        })
    });
    mentions.collect()
}

/// From the first stretch's start to the last one's end.
fn span(stretches: &str) -> Option<(usize, usize)> {
    let (start, _) = stretches.split_once(' ')?;
    let (_, end) = stretches.rsplit_once(' ')?;
    Some((start.parse().ok()?, end.parse().ok()?))
}
