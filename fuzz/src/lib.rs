//! What all fuzz targets hold against what they get.

use std::fs;
use std::path::PathBuf;
use std::sync::{Once, OnceLock};

use nomenclator::corpus::Rejection;
use nomenclator::corpus::tagged::TaggedLine;
use nomenclator::document::{Document, TaggedDocument};
use nomenclator::output::jsonl::JsonLines;
use nomenclator::output::{DocumentFormat, OffsetUnit, is_steering};
use nomenclator::panics::silence_caught;
use serde_json::value::RawValue;
use tempfile::TempDir;

/// Lets panics pass that the library catches and turns into errors: the fuzzer would end at them. To be called first.
pub fn pass_caught() {
    static ONCE: Once = Once::new();
    ONCE.call_once(silence_caught);
}

/// A file with these bytes under this name; it lasts until the next one of that name.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a place for files"));
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("a place for files");
    path
}

/// A rejection tells where it stands and why, on one line.
pub fn check_rejection(rejection: &Rejection, name: &str) {
    assert!(rejection.source.contains(name), "{rejection:?}");
    assert!(!rejection.reason.is_empty(), "{rejection:?}");
    assert!(rejection.line != Some(0), "{rejection:?}");
}

/// The fields of a document are sound.
pub fn check_document(document: &Document) {
    assert!(!document.id.is_empty());
    for (at, (name, json)) in document.extra.iter().enumerate() {
        let parsed = serde_json::from_str::<&RawValue>(json);
        assert!(parsed.is_ok(), "{name}: {json}");
        assert!(
            document.extra[..at].iter().all(|(other, _)| other != name),
            "{name} twice"
        );
    }
}

/// The mentions stand in the text, in order, and JSON Lines give the document back as it was.
pub fn check_tagged(tagged: &TaggedDocument) {
    let mut end = 0;
    for mention in &tagged.mentions {
        assert!(mention.span.start >= end && mention.span.end >= mention.span.start);
        assert!(tagged.document.text.get(mention.span.clone()).is_some());
        assert!((0.0..=1.0).contains(&mention.score), "{}", mention.score);
        end = mention.span.end;
    }
    for offsets in [OffsetUnit::Char, OffsetUnit::Utf16] {
        let mut line = Vec::new();
        let format = JsonLines { offsets, text: true };
        format.write(tagged, &mut line).expect("memory takes every line");
        let line = std::str::from_utf8(&line).expect("JSON is UTF-8");
        assert!(line.ends_with('\n') && !line[..line.len() - 1].contains('\n'));
        let back = TaggedLine::parse(line).and_then(TaggedLine::into_document);
        let back = back.unwrap_or_else(|reason| panic!("{reason}: {line}"));
        assert_eq!(as_written(back), as_written(tagged.clone()));
    }
}

/// The document as JSON Lines say it: scores rounded, a number as id first, and of the input's own fields those whose names
/// the program does not use itself, in JSON that shows what steers a terminal.
fn as_written(mut tagged: TaggedDocument) -> TaggedDocument {
    const OWN: [&str; 8] = [
        "schema", "date", "title", "source", "text", "offsets", "mentions", "entities",
    ];
    let extra = &mut tagged.document.extra;
    extra.retain(|(name, _)| !OWN.contains(&name.as_str()));
    extra.sort_by_key(|(name, _)| name != "id");
    for (_, json) in extra {
        let mut shown = String::new();
        for c in json.chars() {
            match c {
                '\n' | '\r' | '\t' => shown.push(' '),
                _ if is_steering(c) => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
                _ => shown.push(c),
            }
        }
        *json = shown.into();
    }
    let round = |share: &mut f32| *share = (f64::from(*share) * 1e4).round() as f32;
    for mention in &mut tagged.mentions {
        round(&mut mention.score);
        if let Some(link) = &mut mention.link {
            round(&mut link.confidence);
        }
    }
    tagged
}
