//! Tagged documents to index, and what an index holds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nomenclator::document::{Document, Kind, Link, Mention, TaggedDocument, Via};
use nomenclator::output::jsonl::JsonLines;
use nomenclator::output::{DocumentFormat, OffsetUnit};
use nomenclator::search::FeedError;
use nomenclator::search::index::feed::stored;
use nomenclator::search::index::open::{guarded, open_to_read, reader};
use nomenclator::search::index::schema::Fields;
use tantivy::collector::DocSetCollector;
use tantivy::query::{AllQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Index, TantivyDocument, Term};
use tempfile::TempDir;

use crate::corpora::generated;

/// What is stored of each document, by id.
pub type Lines = BTreeMap<String, String>;

/// A document whose names are linked, as no tagger would; another `version` has other words.
pub fn tagged(number: usize, version: usize) -> TaggedDocument {
    let text = generated(number * 8 + version, 60 + number * 7 % 90);
    let mut mentions: Vec<Mention> = Vec::new();
    for (name, label, kind, id, country) in [
        ("NATO", "ORG", Kind::Agency, "Q7184", "INT"),
        ("Estonia", "LOC", Kind::Country, "Q191", "EE"),
        ("Lena", "PER", Kind::Official, "", "CH"),
        ("Geneva", "LOC", Kind::Country, "Q39", "CH"),
    ] {
        for (start, _) in text.match_indices(name) {
            let link = Link {
                id: (!id.is_empty()).then(|| id.into()),
                kind,
                name: name.into(),
                country: Some(country.into()),
                role: None,
                via: Via::Name,
                confidence: 0.5 + (start % 50) as f32 / 100.0,
            };
            mentions.push(Mention {
                span: start..start + name.len(),
                label: label.into(),
                score: 0.9,
                link: (!start.is_multiple_of(3)).then(|| Box::new(link)),
            });
        }
    }
    mentions.sort_by_key(|mention| mention.span.start);
    TaggedDocument {
        document: Document {
            id: format!("d{number}"),
            text,
            date: Some(
                format!("2024-{:02}-{:02}", 1 + number % 12, 1 + number % 28)
                    .parse()
                    .unwrap(),
            ),
            title: (!number.is_multiple_of(3)).then(|| format!("Title {number}")),
            source: Some(["Reuters", "BBC News"][number % 2].to_owned()),
            extra: vec![("n".into(), number.to_string().into())],
        },
        mentions,
        considerations: Vec::new(),
    }
}

/// A document as a line, its end left out.
pub fn line(tagged: &TaggedDocument) -> String {
    let mut line = Vec::new();
    let format = JsonLines {
        offsets: OffsetUnit::Byte,
        text: true,
    };
    format.write(tagged, &mut line).unwrap();
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

/// What an index of these documents holds.
pub fn lines<'a>(documents: impl IntoIterator<Item = &'a TaggedDocument>) -> Lines {
    let documents = documents.into_iter();
    documents
        .map(|tagged| (tagged.document.id.clone(), line(tagged)))
        .collect()
}

/// An index that is read.
pub struct Opened {
    folder: PathBuf,
    index: Index,
    fields: Fields,
}

impl Opened {
    pub fn new(folder: &Path) -> Result<Self, FeedError> {
        let (index, fields) = open_to_read(folder)?;
        Ok(Opened {
            folder: folder.to_owned(),
            index,
            fields,
        })
    }

    /// All that is stored; no id may be there twice.
    pub fn lines(&self) -> Result<Lines, FeedError> {
        let searcher = reader(&self.folder, &self.index)?.searcher();
        let found: Vec<String> = guarded(&self.folder, &self.index, || {
            let mut found = Vec::new();
            for address in searcher.search(&AllQuery, &DocSetCollector)? {
                let document: TantivyDocument = searcher.doc(address)?;
                let line = stored(&self.fields, &document).unwrap_or_default();
                found.push(String::from_utf8_lossy(line).trim_end().to_owned());
            }
            Ok(found)
        })?;
        // Outside of what takes a panic for damage.
        let mut lines = Lines::new();
        for line in found {
            let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
            let id = parsed["id"].as_str().unwrap().to_owned();
            assert!(lines.insert(id.clone(), line).is_none(), "{id} is there twice");
        }
        Ok(lines)
    }

    /// How many documents have the term.
    pub fn count(&self, field: impl Fn(&Fields) -> Field, text: &str) -> Result<usize, FeedError> {
        let searcher = reader(&self.folder, &self.index)?.searcher();
        let term = Term::from_field_text(field(&self.fields), text);
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        guarded(&self.folder, &self.index, || {
            Ok(searcher.search(&query, &DocSetCollector)?.len())
        })
    }
}

/// What the index in a folder holds.
pub fn held(folder: &Path) -> Lines {
    Opened::new(folder).and_then(|opened| opened.lines()).unwrap()
}

/// How many documents the last commit has, as `meta.json` says; 0 where nothing is committed.
pub fn committed(folder: &Path) -> u64 {
    let Ok(meta) = fs::read(folder.join("meta.json")) else {
        return 0;
    };
    let meta: serde_json::Value = serde_json::from_slice(&meta).unwrap();
    let segments = meta["segments"].as_array().unwrap();
    let alive = |segment: &serde_json::Value| {
        let deleted = segment["deletes"]["num_deleted_docs"].as_u64().unwrap_or(0);
        segment["max_doc"].as_u64().unwrap() - deleted
    };
    segments.iter().map(alive).sum()
}

/// A folder to work in.
pub struct Bench {
    pub folder: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Bench {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes documents as JSON Lines.
    pub fn write<'a>(&self, name: &str, documents: impl IntoIterator<Item = &'a TaggedDocument>) {
        let text: String = documents.into_iter().map(|tagged| line(tagged) + "\n").collect();
        fs::write(self.path(name), text).unwrap();
    }

    /// The program, its arguments parted by spaces.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nomenclator"));
        command
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs to a good end; what was told.
    pub fn done(&self, arguments: &str) -> String {
        let ended = self.run(arguments);
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(0), "{arguments}: {told}");
        told
    }

    /// Runs to this exit code; what was told.
    pub fn fails(&self, arguments: &str, code: i32) -> String {
        let ended = self.run(arguments);
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{arguments}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        told
    }
}

/// Numbers without a pattern.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

/// Waits until the condition holds; false where the process ended before.
pub fn until(child: &mut Child, condition: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "nothing happens");
        thread::sleep(Duration::from_micros(300));
    }
}
