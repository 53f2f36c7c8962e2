//! `_bulk` lines: two for each document, for a file that is sent to `/INDEX/_bulk` or for the feed.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;
use serde::ser::Serializer;

use super::annotated::annotated;
use crate::document::{Mention, TaggedDocument};
use crate::output::DocumentFormat;
use crate::output::jsonl::{LinkOut, ShowSteering, four_decimals, passed_on};
use crate::output::offsets::{OffsetCounter, OffsetUnit};
use crate::search::{Fingerprint, ids};

/// The settings and the mapping of an index that these documents are for; `_meta` has its version.
pub const MAPPING: &str = include_str!("mapping.json");

/// The format of a file for `_bulk`: `{"index":{"_id":…}}` without an index's name, and the document, a line each.
#[derive(Clone, Copy, Debug)]
pub struct Bulk;

impl DocumentFormat for Bulk {
    fn write(&self, tagged: &TaggedDocument, into: &mut dyn Write) -> io::Result<()> {
        write_lines(tagged, Fingerprint::of_tagged(tagged), into)
    }
}

/// Writes both lines of a document.
///
/// # Errors
/// Where `into` cannot be written.
pub fn write_lines(
    tagged: &TaggedDocument,
    fingerprint: Fingerprint,
    into: &mut dyn Write,
) -> io::Result<()> {
    let id = ids::stored(&tagged.document.id);
    let action = Action {
        index: Target { _id: &id },
    };
    write_line(&action, into)?;
    write_line(&Source::new(tagged, &id, fingerprint), into)
}

fn write_line(value: &impl Serialize, into: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut *into,
        ShowSteering,
    ))?;
    into.write_all(b"\n")
}

#[derive(Serialize)]
struct Action<'a> {
    index: Target<'a>,
}

#[derive(Serialize)]
struct Target<'a> {
    _id: &'a str,
}

/// A document as the mapping has it.
#[derive(Serialize)]
struct Source<'a> {
    id: &'a str,
    /// The document's own id, where it stands under another.
    #[serde(skip_serializing_if = "Option::is_none")]
    long_id: Option<&'a str>,
    title: Option<&'a str>,
    text: &'a str,
    annotated: String,
    date: Option<String>,
    date_first: Option<String>,
    date_last: Option<String>,
    source: Option<&'a str>,
    entities: BTreeSet<String>,
    mentions: Mentions<'a>,
    /// A JSON object, as text: a server that read it would refuse documents for what is of no use to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<String>,
    fingerprint: String,
}

impl<'a> Source<'a> {
    fn new(tagged: &'a TaggedDocument, id: &'a str, fingerprint: Fingerprint) -> Self {
        let document = &tagged.document;
        let links = tagged.mentions.iter().filter_map(|mention| mention.link.as_ref());
        let day = |(year, month, day): (i16, u8, u8)| format!("{year:04}-{month:02}-{day:02}");
        Source {
            id,
            long_id: (id != document.id).then_some(&document.id),
            title: document.title.as_deref(),
            text: &document.text,
            annotated: annotated(tagged),
            date: document.date.map(|date| date.to_string()),
            date_first: document.date.map(|date| day(date.earliest())),
            date_last: document.date.map(|date| day(date.last_day())),
            source: document.source.as_deref(),
            entities: links.map(|link| ids::stored_key(link.entity_key())).collect(),
            mentions: Mentions { tagged },
            extra: extra(tagged),
            fingerprint: fingerprint.to_string(),
        }
    }
}

fn extra(tagged: &TaggedDocument) -> Option<String> {
    let mut fields = passed_on(&tagged.document).peekable();
    fields.peek()?;
    let fields = fields.map(|(name, value)| format!("{}:{}", serde_json::Value::from(name), value.get()));
    Some(format!("{{{}}}", fields.collect::<Vec<_>>().join(",")))
}

/// The mentions one after the other, offsets in characters.
struct Mentions<'a> {
    tagged: &'a TaggedDocument,
}

impl Serialize for Mentions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = &self.tagged.document.text;
        let mut offsets = OffsetCounter::new(text, OffsetUnit::Char);
        serializer.collect_seq(self.tagged.mentions.iter().map(|mention| {
            let span = offsets.span(&mention.span);
            MentionOut {
                start: span.start,
                end: span.end,
                text: &text[mention.span.clone()],
                label: &mention.label,
                score: four_decimals(mention.score),
                link: linked(mention),
            }
        }))
    }
}

#[derive(Serialize)]
struct MentionOut<'a> {
    start: usize,
    end: usize,
    text: &'a str,
    label: &'a str,
    score: f64,
    #[serde(flatten)]
    link: Option<Linked<'a>>,
}

#[derive(Serialize)]
struct Linked<'a> {
    entity: String,
    #[serde(flatten)]
    link: LinkOut<'a>,
}

fn linked(mention: &Mention) -> Option<Linked<'_>> {
    let link = mention.link.as_deref()?;
    Some(Linked {
        entity: ids::stored_key(link.entity_key()),
        link: LinkOut::from(link),
    })
}
