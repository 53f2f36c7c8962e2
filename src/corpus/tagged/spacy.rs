//! spaCy's JSON, one document a line.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::jsonl::within_line;
use super::super::options::Limits;
use super::super::rejection::Place;
use super::{TaggedLine, TaggedMention};
use crate::output::OffsetUnit;
use crate::output::offsets::ByteCounter;

/// What of `Doc.to_json` is read.
#[derive(Deserialize)]
struct Doc {
    text: String,
    #[serde(default)]
    ents: Vec<Ent>,
    /// The line of JSON Lines without its text, in what we wrote.
    nomenclator: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Ent {
    start: usize,
    end: usize,
    label: String,
}

/// What `nomenclator` holds where it is there; else the entities as mentions without links. A document that has no
/// id is named by its place.
pub(super) fn parse(json: &str, place: &Place, limits: &Limits) -> Result<TaggedLine, String> {
    let doc: Doc = serde_json::from_str(json).map_err(|error| {
        format!(
            "{}: expected a document as spaCy's Doc.to_json gives it",
            within_line(&error)
        )
    })?;
    if let Some(details) = doc.nomenclator {
        let line = TaggedLine::parse_within(details.get(), limits)
            .map_err(|reason| format!("nomenclator: {reason}"))?;
        return Ok(TaggedLine {
            text: Some(doc.text),
            ..line
        });
    }
    let mut bytes = ByteCounter::new(&doc.text, OffsetUnit::Char);
    let mut mentions = Vec::with_capacity(doc.ents.len());
    for (at, Ent { start, end, label }) in doc.ents.into_iter().enumerate() {
        let surface = match (bytes.byte(start), bytes.byte(end)) {
            (Some(from), Some(to)) => doc.text.get(from..to),
            _ => None,
        };
        let wrong =
            || format!("ents[{at}] ({start} to {end}) lies outside the text: expected offsets in characters");
        mentions.push(TaggedMention {
            start,
            end,
            text: surface.ok_or_else(wrong)?.to_owned(),
            label,
            score: 1.0,
            link: None,
        });
    }
    Ok(TaggedLine {
        id: place.to_string(),
        text: Some(doc.text),
        mentions,
        ..TaggedLine::default()
    })
}
