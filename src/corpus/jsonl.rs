//! JSON Lines: one document a line.

use std::borrow::Cow;
use std::fmt;
use std::io::BufRead;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{CorpusError, not_utf8};
use crate::dates::PartialDate;
use crate::document::{Document, RawFields};

/// Documents of one JSON Lines stream, with the place of every error.
pub struct JsonLines<R> {
    reader: R,
    place: String,
    line: u64,
    bytes: u64,
    buffer: Vec<u8>,
    failed: bool,
}

impl<R: BufRead> JsonLines<R> {
    /// `place` names the stream in messages, and in the ids of documents that have none.
    pub fn new(reader: R, place: String) -> Self {
        JsonLines {
            reader,
            place,
            line: 0,
            bytes: 0,
            buffer: Vec::new(),
            failed: false,
        }
    }

    fn advance(&mut self) -> Result<Option<Document>, CorpusError> {
        loop {
            self.buffer.clear();
            let read = self
                .reader
                .read_until(b'\n', &mut self.buffer)
                .map_err(|source| CorpusError::Read {
                    place: self.place.clone(),
                    source,
                })?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            let place = format!("{}:{}", self.place, self.line);
            let line = std::str::from_utf8(&self.buffer)
                .map_err(|error| not_utf8(place.clone(), &self.buffer, error.valid_up_to(), self.bytes))?;
            let line = if self.line == 1 {
                line.trim_start_matches(super::BYTE_ORDER_MARK)
            } else {
                line
            };
            self.bytes += read as u64;
            if !line.trim_ascii().is_empty() {
                return parse_line(line, place).map(Some);
            }
        }
    }
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = Result<Document, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.advance();
        self.failed = next.is_err();
        next.transpose()
    }
}

/// Reads one line; a document without an id is named by `place`, `FILE:LINE`.
///
/// `null` in an optional field is the same as its absence. Of a field given twice the last one holds.
///
/// # Errors
/// [`CorpusError::NotADocument`] with what is wrong and what was expected.
pub fn parse_line(line: &str, place: String) -> Result<Document, CorpusError> {
    let document = match serde_json::from_str::<Fields>(line) {
        Ok(Fields(fields)) => document_of(fields),
        Err(error) => {
            // serde_json counts lines within this one line: its column alone says something.
            let what = without_position(&error);
            let column = error.column();
            Err(format!(
                "{what} at column {column}: expected a JSON object with \"text\""
            ))
        }
    };
    match document {
        Ok(document) if document.id.is_empty() => Ok(Document {
            id: place,
            ..document
        }),
        Ok(document) => Ok(document),
        Err(reason) => Err(CorpusError::NotADocument { place, reason }),
    }
}

fn document_of(fields: Vec<(Cow<'_, str>, &RawValue)>) -> Result<Document, String> {
    let mut document = Document::default();
    let mut text = None;
    for (name, value) in fields {
        match name.as_ref() {
            "text" => text = string(&name, value, "a string")?,
            "title" => document.title = string(&name, value, "a string or null")?,
            "source" => document.source = string(&name, value, "a string or null")?,
            "date" => {
                let date = string(&name, value, "a string such as \"2024-10-29\", or null")?;
                let date = date
                    .filter(|date| !date.is_empty())
                    .map(|date| date.parse::<PartialDate>());
                document.date = date.transpose().map_err(|error| format!("\"date\": {error}"))?;
            }
            "id" if is_integer(value.get()) => {
                document.id = value.get().to_owned();
                keep(&mut document.extra, name, value);
            }
            "id" => {
                document.extra.retain(|(name, _)| name != "id");
                document.id = string(&name, value, "a string or an integer")?.unwrap_or_default();
            }
            _ => keep(&mut document.extra, name, value),
        }
    }
    document.text = text.ok_or("no \"text\": expected a JSON object with \"text\", a string")?;
    Ok(document)
}

fn keep(extra: &mut RawFields, name: Cow<'_, str>, value: &RawValue) {
    match extra.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = value.get().into(),
        None => extra.push((name.into_owned(), value.get().into())),
    }
}

fn string(name: &str, value: &RawValue, expected: &str) -> Result<Option<String>, String> {
    let json = value.get();
    let sort = match json.as_bytes()[0] {
        b'"' => {
            let text = serde_json::from_str(json);
            return text
                .map(Some)
                .map_err(|error| format!("\"{name}\": {}: expected {expected}", without_position(&error)));
        }
        b'n' => return Ok(None),
        b'{' => "an object",
        b'[' => "an array",
        b't' | b'f' => "a boolean",
        _ => "a number",
    };
    Err(format!("\"{name}\" is {sort}: expected {expected}"))
}

fn is_integer(json: &str) -> bool {
    let digits = json.strip_prefix('-').unwrap_or(json);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once(" at line ") {
        Some((what, _)) => what.to_owned(),
        None => message,
    }
}

/// The fields of an object in their order, values unread.
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            fields.push((name, map.next_value()?));
        }
        Ok(Fields(fields))
    }
}

/// A field's name, borrowed from the line where it holds no escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Document, String> {
        parse_line(line, "a.jsonl:7".to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_known_fields_and_keeps_the_rest_as_written() {
        let document = parse(
            r#"{"n":12345678901234567890123,"id":"a","text":"Séoul\n","date":"2024-10-29","title":null,"f":1.10,"n":[1, 2e400]}"#,
        )
        .unwrap();
        assert_eq!((document.id.as_str(), document.text.as_str()), ("a", "Séoul\n"));
        assert_eq!(document.date.unwrap().to_string(), "2024-10-29");
        assert_eq!(document.title, None);
        assert_eq!(
            document.extra,
            [("n".into(), "[1, 2e400]".into()), ("f".into(), "1.10".into())]
        );
    }

    #[test]
    fn an_id_may_be_an_integer_of_any_length_or_missing() {
        let document = parse(r#"{"id":12345678901234567890123,"text":""}"#).unwrap();
        assert_eq!(document.id, "12345678901234567890123");
        assert_eq!(document.extra, [("id".into(), "12345678901234567890123".into())]);
        assert_eq!(parse(r#"{"text":""}"#).unwrap().id, "a.jsonl:7");
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (line, expected) in [
            (
                "[]",
                "invalid type: sequence, expected an object at column 0: expected a JSON object with \"text\"",
            ),
            (
                "{\"text\":\"a\"",
                "EOF while parsing an object at column 11: expected a JSON object with \"text\"",
            ),
            (
                "{\"text\":\"a\" 1}",
                "expected `,` or `}` at column 13: expected a JSON object with \"text\"",
            ),
            (
                "{\"text\":\"a\"}{}",
                "trailing characters at column 13: expected a JSON object with \"text\"",
            ),
            (
                "{\"id\":\"a\"}",
                "no \"text\": expected a JSON object with \"text\", a string",
            ),
            (
                "{\"text\":null}",
                "no \"text\": expected a JSON object with \"text\", a string",
            ),
            ("{\"text\":5}", "\"text\" is a number: expected a string"),
            (
                "{\"text\":\"\\ud800\"}",
                "\"text\": unexpected end of hex escape: expected a string",
            ),
            (
                "{\"text\":\"\",\"id\":1.5}",
                "\"id\" is a number: expected a string or an integer",
            ),
            (
                "{\"text\":\"\",\"source\":{}}",
                "\"source\" is an object: expected a string or null",
            ),
            (
                "{\"text\":\"\",\"date\":\"soon\"}",
                "\"date\": 'soon' is not a date: expected YYYY, YYYY-MM or YYYY-MM-DD",
            ),
        ] {
            assert_eq!(
                parse(line).unwrap_err(),
                format!("a.jsonl:7: {expected}"),
                "{line}"
            );
        }
    }

    #[test]
    fn counts_lines_and_bytes_of_the_whole_file() {
        let file = b"\xEF\xBB\xBF{\"text\":\"a\"}\r\n\n{\"text\":\"\xC3\"}\n{\"text\":\"b\"}\n";
        let read: Vec<_> = JsonLines::new(&file[..], "f".to_owned()).collect();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].as_ref().unwrap().id, "f:1");
        assert!(
            read[1]
                .as_ref()
                .unwrap_err()
                .to_string()
                .starts_with("f:3: not UTF-8 at byte 27 (0xC3)")
        );
    }
}
