//! JSON Lines: one tagged document a line, as `tagged-document.schema.json` says.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::ser::Formatter;
use serde_json::value::RawValue;

use super::offsets::{OffsetCounter, OffsetUnit};
use super::{DocumentFormat, is_steering};
use crate::document::{Consideration, Document, Kind, Link, Mention, TaggedDocument, Via};

/// The JSON Schema (draft 2020-12) that every line of the output meets.
pub const SCHEMA: &str = include_str!("tagged-document.schema.json");

/// The number in every line's `schema`; it grows when a reader of the old form would misread the new one.
pub const SCHEMA_VERSION: u32 = 1;

/// The keys that the program writes itself: an input's own fields of these names are not passed on.
const OWN_KEYS: [&str; 9] = [
    "schema", "id", "date", "title", "source", "text", "offsets", "mentions", "entities",
];

/// JSON Lines, one tagged document a line.
#[derive(Clone, Copy, Debug)]
pub struct JsonLines {
    /// What offsets count.
    pub offsets: OffsetUnit,
    /// Whether the text is written too; offsets count in it either way.
    pub text: bool,
}

impl DocumentFormat for JsonLines {
    fn write(&self, tagged: &TaggedDocument, into: &mut dyn Write) -> io::Result<()> {
        let line = Line {
            tagged,
            offsets: self.offsets,
            text: self.text,
        };
        let mut serializer = serde_json::Serializer::with_formatter(&mut *into, ShowSteering);
        line.serialize(&mut serializer)?;
        into.write_all(b"\n")
    }
}

/// The keys that say what a document is.
pub(super) fn serialize_head<M: SerializeMap>(map: &mut M, document: &Document) -> Result<(), M::Error> {
    map.serialize_entry("schema", &SCHEMA_VERSION)?;
    match number_id(document) {
        Some(number) => map.serialize_entry("id", number)?,
        None => map.serialize_entry("id", &document.id)?,
    }
    map.serialize_entry("date", &document.date)?;
    map.serialize_entry("title", &document.title)?;
    map.serialize_entry("source", &document.source)
}

/// One document as it is written.
pub(super) struct Line<'a> {
    pub(super) tagged: &'a TaggedDocument,
    pub(super) offsets: OffsetUnit,
    pub(super) text: bool,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let TaggedDocument {
            document,
            mentions,
            considerations,
        } = self.tagged;
        let mut map = serializer.serialize_map(None)?;
        serialize_head(&mut map, document)?;
        if self.text {
            map.serialize_entry("text", &document.text)?;
        }
        map.serialize_entry("offsets", self.offsets.as_str())?;
        let mentions = Mentions {
            text: &document.text,
            mentions,
            considerations,
            unit: self.offsets,
        };
        map.serialize_entry("mentions", &mentions)?;
        map.serialize_entry("entities", &self.tagged.entities())?;
        for (name, value) in passed_on(document) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The id of a document whose id came in as a number.
pub(super) fn number_id(document: &Document) -> Option<&RawValue> {
    let id = document.extra.iter().find(|(name, _)| name == "id");
    id.and_then(|(_, json)| raw(json))
}

/// The input's own fields that are written after the program's.
pub(crate) fn passed_on(document: &Document) -> impl Iterator<Item = (&str, &RawValue)> {
    let fields = document.extra.iter();
    fields
        .filter(|(name, _)| !OWN_KEYS.contains(&name.as_str()))
        .filter_map(|(name, json)| Some((name.as_str(), raw(json)?)))
}

/// A field's JSON text as a value that is written unchanged; `None` where it is none.
fn raw(json: &str) -> Option<&RawValue> {
    serde_json::from_str(json).ok()
}

/// The mentions one after the other as they are written: those of a huge document are never held as a whole.
struct Mentions<'a> {
    text: &'a str,
    mentions: &'a [Mention],
    considerations: &'a [Consideration],
    unit: OffsetUnit,
}

impl Serialize for Mentions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut offsets = OffsetCounter::new(self.text, self.unit);
        serializer.collect_seq(self.mentions.iter().enumerate().map(|(at, mention)| {
            let of_mention = |considered: &&Consideration| considered.mention == at;
            let span = offsets.span(&mention.span);
            MentionOut {
                start: span.start,
                end: span.end,
                text: &self.text[mention.span.clone()],
                label: &mention.label,
                score: four_decimals(mention.score),
                link: mention.link.as_deref().map(LinkOut::from),
                considered: self.considerations.iter().filter(of_mention).collect(),
            }
        }))
    }
}

/// A share in `[0, 1]` with at most four decimals: more would be noise.
pub(crate) fn four_decimals(share: f32) -> f64 {
    (f64::from(share) * 1e4).round() / 1e4
}

/// A mention with its offsets in the unit asked for.
#[derive(Serialize)]
struct MentionOut<'a> {
    start: usize,
    end: usize,
    text: &'a str,
    label: &'a str,
    score: f64,
    link: Option<LinkOut<'a>>,
    /// Only where it was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    considered: Vec<&'a Consideration>,
}

/// A link as it is written.
#[derive(Serialize)]
pub(crate) struct LinkOut<'a> {
    id: Option<&'a str>,
    kind: Kind,
    name: &'a str,
    country: Option<&'a str>,
    role: Option<&'a str>,
    via: Via,
    confidence: f64,
}

impl<'a> From<&'a Link> for LinkOut<'a> {
    fn from(link: &'a Link) -> Self {
        LinkOut {
            id: link.id.as_deref(),
            kind: link.kind,
            name: &link.name,
            country: link.country.as_deref(),
            role: link.role.as_deref(),
            via: link.via,
            confidence: four_decimals(link.confidence),
        }
    }
}

/// JSON with every steering character of a string as a `\u` escape: the value is the same, and neither a terminal
/// nor a reader that splits lines at U+0085 or U+2028 takes it for anything but text.
pub(crate) struct ShowSteering;

impl ShowSteering {
    fn write_shown<W: Write + ?Sized>(&self, writer: &mut W, json: &str) -> io::Result<()> {
        let mut rest = json;
        while let Some(at) = rest.find(is_steering) {
            let (before, after) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut after = after.chars();
            if let Some(steering) = after.next() {
                // All of them lie below U+10000: one escape holds each.
                write!(writer, "\\u{:04x}", u32::from(steering))?;
            }
            rest = after.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

impl Formatter for ShowSteering {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        self.write_shown(writer, fragment)
    }

    fn write_raw_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Outside strings JSON allows line ends and tabs; between tokens they are nothing but space.
        match fragment.contains(['\n', '\r', '\t']) {
            true => self.write_shown(writer, &fragment.replace(['\n', '\r', '\t'], " ")),
            false => self.write_shown(writer, fragment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::parse_line;
    use crate::output::{DocumentWriter, FormatWriter};

    fn written(line: &str, mentions: Vec<Mention>, offsets: OffsetUnit, text: bool) -> String {
        let document = parse_line(line, "f:1".to_owned()).unwrap();
        let mut into = Vec::new();
        let mut writer = FormatWriter::new(&mut into, JsonLines { offsets, text });
        let considerations = Vec::new();
        writer
            .write(&TaggedDocument {
                document,
                mentions,
                considerations,
            })
            .unwrap();
        writer.finish().unwrap();
        String::from_utf8(into).unwrap()
    }

    fn seoul() -> Vec<Mention> {
        let link = Link {
            id: Some("Q884".into()),
            kind: Kind::Country,
            name: "South Korea".into(),
            country: Some("KR".into()),
            role: None,
            via: Via::Capital,
            confidence: 0.91239,
        };
        vec![Mention {
            span: 5..10,
            label: "LOC".into(),
            score: 0.999_96,
            link: Some(Box::new(link)),
        }]
    }

    #[test]
    fn writes_the_keys_in_their_order_and_unknown_fields_as_written() {
        let line = r#"{"n":12345678901234567890123,"id":7,"text":"🙂 Seoul","mentions":[],"f":1.10}"#;
        assert_eq!(
            written(line, seoul(), OffsetUnit::Char, true),
            concat!(
                r#"{"schema":1,"id":7,"date":null,"title":null,"source":null,"text":"🙂 Seoul","offsets":"char","#,
                r#""mentions":[{"start":2,"end":7,"text":"Seoul","label":"LOC","score":1.0,"link":{"id":"Q884","#,
                r#""kind":"country","name":"South Korea","country":"KR","role":null,"via":"capital","#,
                r#""confidence":0.9124}}],"entities":[{"id":"Q884","kind":"country","name":"South Korea","#,
                r#""country":"KR","role":null,"count":1}],"n":12345678901234567890123,"f":1.10}"#,
                "\n"
            )
        );
        let without = written(line, seoul(), OffsetUnit::Utf16, false);
        assert!(
            without.contains(r#""offsets":"utf16","mentions":[{"start":3,"end":8,"#)
                && !without.contains("🙂")
        );
    }

    #[test]
    fn steering_characters_leave_escaped() {
        let line = "{\"id\":\"\u{9b}1m\",\"text\":\"\\u001b[2J \u{202e}x\u{2028}\",\"k\":[\"\u{85}\",\t1]}";
        let out = written(line, Vec::new(), OffsetUnit::Char, true);
        assert!(
            out.contains(r#""id":"\u009b1m""#) && out.contains(r#""text":"\u001b[2J \u202ex\u2028""#),
            "{out}"
        );
        assert!(out.ends_with("\"k\":[\"\\u0085\", 1]}\n"), "{out}");
        let back: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(back["text"], "\x1b[2J \u{202e}x\u{2028}");
    }
}
