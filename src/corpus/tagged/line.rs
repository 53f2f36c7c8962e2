//! A tagged document as it stands in a file.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::jsonl::{check_depth, is_integer, keep, within_line};
use super::super::options::Limits;
use crate::dates::PartialDate;
use crate::document::{Document, EntityCount, Link, Mention, RawFields, TaggedDocument};
use crate::output::OffsetUnit;
use crate::output::jsonl::SCHEMA_VERSION;
use crate::output::offsets::ByteCounter;

/// One line of the output, owned; [`TaggedLine::into_document`] checks it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaggedLine {
    /// As in [`Document::id`]; an integer stands in `extra` too, as it was written.
    pub id: String,
    /// As in [`Document::date`].
    pub date: Option<PartialDate>,
    /// As in [`Document::title`].
    pub title: Option<String>,
    /// As in [`Document::source`].
    pub source: Option<String>,
    /// The text; `None` where it was written without.
    pub text: Option<String>,
    /// What the mentions' offsets count.
    pub offsets: OffsetUnit,
    /// The mentions in the order in which they stand.
    pub mentions: Vec<TaggedMention>,
    /// The entities as they stand there; [`TaggedDocument::entities`] finds them anew.
    pub entities: Vec<EntityCount>,
    /// As in [`Document::extra`].
    pub extra: RawFields,
}

/// A mention as it stands in a file. What the linker weighed (`considered`) is not read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct TaggedMention {
    /// Where it begins, in the line's unit.
    pub start: usize,
    /// Where it ends, exclusive.
    pub end: usize,
    /// The mention as written.
    pub text: String,
    /// The model's label, such as `PER`.
    pub label: String,
    /// How sure the model was, in `[0, 1]`.
    pub score: f32,
    /// Who or what it is.
    pub link: Option<Link>,
}

impl TaggedLine {
    /// Reads a line of JSON Lines.
    ///
    /// # Errors
    /// What is wrong with it, and what was expected.
    pub fn parse(json: &str) -> Result<Self, String> {
        Self::parse_within(json, &Limits::default())
    }

    /// As [`TaggedLine::parse`], within these limits.
    pub(super) fn parse_within(json: &str, limits: &Limits) -> Result<Self, String> {
        match Self::parse_fields(json, limits)? {
            (line, true) => Ok(line),
            (_, false) => Err(NO_MENTIONS.to_owned()),
        }
    }

    /// As [`TaggedLine::parse`], for an object that need not have mentions; says whether it has.
    pub(super) fn parse_fields(json: &str, limits: &Limits) -> Result<(Self, bool), String> {
        let fields: Fields = serde_json::from_str(json).map_err(|error| {
            format!(
                "{}: expected a tagged document as a JSON object",
                within_line(&error)
            )
        })?;
        fields.checked(limits)
    }

    /// A line whose fields came from elsewhere than a line of JSON.
    pub(super) fn from_object(object: Map<String, Value>, limits: &Limits) -> Result<Self, String> {
        let fields: Fields = serde_json::from_value(Value::Object(object))
            .map_err(|error| format!("{error}: expected a tagged document"))?;
        match fields.checked(limits)? {
            (line, true) => Ok(line),
            (_, false) => Err(NO_MENTIONS.to_owned()),
        }
    }

    /// The document, its offsets in bytes.
    ///
    /// # Errors
    /// Where there is no text, where a mention's offsets lie outside it or inside a character, do not ascend or do not cut
    /// the mention's own text out, or where a score is none: what is wrong, and what was expected.
    pub fn into_document(self) -> Result<TaggedDocument, String> {
        let Some(text) = self.text else {
            return Err("no \"text\": expected a document that was written with its text".to_owned());
        };
        let mut bytes = ByteCounter::new(&text, self.offsets);
        let mut end = 0;
        let mut mentions = Vec::with_capacity(self.mentions.len());
        for (at, mention) in self.mentions.into_iter().enumerate() {
            let TaggedMention {
                start: from,
                end: to,
                ref label,
                score,
                ..
            } = mention;
            let wrong = |what: &str| Err(format!("mentions[{at}] ({from} to {to}) {what}"));
            let (Some(from), Some(to)) = (bytes.byte(from), bytes.byte(to)) else {
                let unit = self.offsets.as_str();
                return wrong(&format!(
                    "lies outside the text or inside a character: expected offsets in the text, counted in {unit}s"
                ));
            };
            if from < end || to < from {
                return wrong("overlaps another or ends before it begins: expected mentions in order");
            }
            if text[from..to] != mention.text {
                return wrong(
                    "has another text than stands there: expected the text that its offsets cut out",
                );
            }
            let confidence = mention.link.as_ref().map_or(0.0, |link| link.confidence);
            if ![score, confidence]
                .iter()
                .all(|share| (0.0..=1.0).contains(share))
            {
                return wrong("has a score that is none: expected a number from 0 to 1");
            }
            end = to;
            mentions.push(Mention {
                span: from..to,
                label: label.as_str().into(),
                score,
                link: mention.link.map(Box::new),
            });
        }
        Ok(TaggedDocument {
            document: Document {
                id: self.id,
                text,
                date: self.date,
                title: self.title,
                source: self.source,
                extra: self.extra,
            },
            mentions,
            considerations: Vec::new(),
        })
    }
}

/// A line's fields, and whether mentions were among them.
struct Fields {
    line: TaggedLine,
    has_mentions: bool,
}

const NO_MENTIONS: &str = "no \"mentions\": expected a line as `nomenclator tag` writes it";

impl Fields {
    fn checked(self, limits: &Limits) -> Result<(TaggedLine, bool), String> {
        for (name, json) in &self.line.extra {
            check_depth(name, json, limits)?;
        }
        Ok((self.line, self.has_mentions))
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut line = TaggedLine::default();
        let mut has_mentions = false;
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "schema" => {
                    let version: u32 = map.next_value()?;
                    if version != SCHEMA_VERSION {
                        let message = format!("schema {version}: expected {SCHEMA_VERSION}");
                        return Err(A::Error::custom(message));
                    }
                }
                "id" => {
                    let json: Box<RawValue> = map.next_value()?;
                    line.extra.retain(|(name, _)| name != "id");
                    line.id = match serde_json::from_str(json.get()) {
                        Ok(id) => id,
                        Err(_) if is_integer(json.get()) => {
                            line.extra.push((name, json.get().into()));
                            json.get().to_owned()
                        }
                        Err(_) => return Err(A::Error::custom("\"id\": expected a string or an integer")),
                    };
                }
                "date" => line.date = map.next_value()?,
                "title" => line.title = map.next_value()?,
                "source" => line.source = map.next_value()?,
                "text" => line.text = map.next_value()?,
                "offsets" => line.offsets = map.next_value()?,
                "mentions" => {
                    line.mentions = map.next_value()?;
                    has_mentions = true;
                }
                "entities" => line.entities = map.next_value()?,
                _ => {
                    let json: Box<RawValue> = map.next_value()?;
                    keep(&mut line.extra, Cow::Owned(name), json.get().into());
                }
            }
        }
        Ok(Fields { line, has_mentions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"schema":1,"id":7,"date":"2024-10","title":null,"source":"wire","text":"🙂 Seoul","offsets":"utf16","mentions":[{"start":3,"end":8,"text":"Seoul","label":"LOC","score":0.9877,"link":null}],"entities":[],"n":1.10}"#;

    #[test]
    fn reads_what_was_written() {
        let line = TaggedLine::parse(LINE).unwrap();
        assert_eq!((line.id.as_str(), line.mentions[0].start), ("7", 3));
        assert_eq!(
            line.extra,
            [("id".into(), "7".into()), ("n".into(), "1.10".into())]
        );
        let tagged = line.into_document().unwrap();
        assert_eq!(tagged.mentions[0].span, 5..10);
        assert_eq!(tagged.document.date.unwrap().to_string(), "2024-10");
    }

    #[test]
    fn says_what_is_wrong() {
        for (find, put, expected) in [
            ("\"schema\":1", "\"schema\":2", "schema 2: expected 1"),
            ("\"mentions\":", "\"other\":", "no \"mentions\""),
            (
                "\"id\":7",
                "\"id\":7.5",
                "\"id\": expected a string or an integer",
            ),
            ("utf16", "word", "unknown variant `word`"),
            ("\"start\":3", "\"start\":1", "(1 to 8) lies outside"),
            ("\"end\":8", "\"end\":9", "(3 to 9) lies outside"),
            ("\"end\":8", "\"end\":2", "(3 to 2) overlaps"),
            ("\"text\":\"Seoul\"", "\"text\":\"Busan\"", "has another text"),
            ("0.9877", "1.5", "from 0 to 1"),
            ("\"text\":\"🙂 Seoul\",", "", "no \"text\""),
            ("}],", "},{}],", "missing field `start`"),
        ] {
            let line = LINE.replace(find, put);
            let error = TaggedLine::parse(&line)
                .and_then(TaggedLine::into_document)
                .unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
