//! JSON Lines: one document a line.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::lines::Lines;
use super::options::{Fields, Limits, ReadOptions};
use super::source::Source;
use super::{Rejection, date_of, too_long};
use crate::document::{Document, RawFields};

/// Documents of one JSON Lines stream.
pub(super) struct JsonLines {
    lines: Lines,
    fields: Fields,
    limits: Limits,
}

impl JsonLines {
    pub(super) fn new(source: Source, options: &ReadOptions) -> Self {
        JsonLines {
            lines: Lines::new(source, options.limits.line),
            fields: options.fields.clone(),
            limits: options.limits,
        }
    }
}

impl Iterator for JsonLines {
    type Item = Result<Document, Rejection>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(rejection) = self.lines.advance()? {
            return Some(Err(rejection));
        }
        let document = self.lines.text().and_then(|line| {
            let document = document_of(line, &self.fields, &self.limits);
            document.map_err(|reason| self.lines.refused(reason))
        });
        self.lines.release();
        Some(document.map(|mut document| {
            if document.id.is_empty() {
                document.id = self.lines.place().to_string();
            }
            document
        }))
    }
}

/// Reads one line with the usual fields and limits; a document without an id is named by `place`, `FILE:LINE`.
///
/// `null` in an optional field is the same as its absence. Of a field given twice the last one holds.
///
/// # Errors
/// With what is wrong and what was expected; its source is `place`.
pub fn parse_line(line: &str, place: String) -> Result<Document, Rejection> {
    match document_of(line, &Fields::default(), &Limits::default()) {
        Ok(document) if document.id.is_empty() => Ok(Document {
            id: place,
            ..document
        }),
        Ok(document) => Ok(document),
        Err(reason) => Err(super::source::whole(&place, &reason)),
    }
}

/// The document of a line; its id is empty where the line has none.
fn document_of(line: &str, named: &Fields, limits: &Limits) -> Result<Document, String> {
    let Object(fields) = serde_json::from_str(line).map_err(|error| {
        format!(
            "{}: expected a JSON object with \"{}\"",
            within_line(&error),
            named.text
        )
    })?;
    let mut document = Document::default();
    let mut text = None;
    for (name, value) in fields {
        // One field may hold several things: an address can be id and source.
        let mut known = false;
        let mut is = |other: &str| {
            let is = name == other;
            known |= is;
            is
        };
        if is(&named.text) {
            // Six bytes, a `\u` escape, are the longest that a byte of text is written in.
            if value.get().len() as u64 / 6 > limits.document {
                return Err(too_long(value.get().len() as u64, limits.document));
            }
            text = string(&name, value, "a string")?;
        }
        if is(&named.title) {
            document.title = string(&name, value, "a string or null")?;
        }
        if is(&named.source) {
            document.source = string(&name, value, "a string or null")?;
        }
        if is(&named.date) {
            let date = string(&name, value, "a string such as \"2024-10-29\", or null")?;
            document.date = date_of(&name, date.as_deref().unwrap_or_default())?;
        }
        if is(&named.id) {
            document.extra.retain(|(name, _)| name != "id");
            if is_integer(value.get()) {
                document.id = value.get().to_owned();
                document.extra.push(("id".to_owned(), value.get().into()));
            } else {
                document.id = string(&name, value, "a string or an integer")?.unwrap_or_default();
            }
        }
        // Under "id" stands the number that the document's own id was written as.
        if !known && name != "id" {
            check_depth(&name, value.get(), limits)?;
            keep(&mut document.extra, name, value.get().into());
        }
    }
    let missing = || {
        format!(
            "no \"{0}\": expected a JSON object with \"{0}\", a string",
            named.text
        )
    };
    document.text = text.ok_or_else(missing)?;
    if document.text.len() as u64 > limits.document {
        return Err(too_long(document.text.len() as u64, limits.document));
    }
    Ok(document)
}

/// Checks that the field `name`, whose value is `json`, does not nest too deep.
pub(super) fn check_depth(name: &str, json: &str, limits: &Limits) -> Result<(), String> {
    if !deeper(json, limits.nesting.saturating_sub(1)) {
        return Ok(());
    }
    Err(format!(
        "\"{name}\" nests too deep: expected at most {} objects and arrays inside each other",
        limits.nesting
    ))
}

/// Whether arrays and objects of `json`, which is valid, stand more than `limit` deep in each other.
///
/// serde_json's own limit does not count here: it passes over values that are kept as they were written.
fn deeper(json: &str, limit: u32) -> bool {
    let bytes = json.as_bytes();
    if !matches!(bytes.first(), Some(b'{' | b'[')) {
        return false;
    }
    let (mut depth, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth -= 1,
            b'"' => {
                at += 1;
                while bytes.get(at).is_some_and(|&byte| byte != b'"') {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            _ => {}
        }
        at += 1;
    }
    false
}

/// Keeps an unknown field; given twice, the last one holds.
pub(super) fn keep(extra: &mut RawFields, name: Cow<'_, str>, json: Box<str>) {
    match extra.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = json,
        None => extra.push((name.into_owned(), json)),
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

/// Whether JSON is an integer, of any length.
pub(super) fn is_integer(json: &str) -> bool {
    let digits = json.strip_prefix('-').unwrap_or(json);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is wrong with a line of JSON, and at which column. serde_json counts lines within this one line: its column alone
/// says something.
pub(super) fn within_line(error: &serde_json::Error) -> String {
    format!("{} at column {}", without_position(error), error.column())
}

fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once(" at line ") {
        Some((what, _)) => what.to_owned(),
        None => message,
    }
}

/// The fields of an object in their order, values unread.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            fields.push((name, map.next_value()?));
        }
        Ok(Object(fields))
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
    fn fields_bear_the_names_that_the_user_gives() {
        let named = Fields {
            text: "body".to_owned(),
            id: "url".to_owned(),
            source: "url".to_owned(),
            ..Fields::default()
        };
        let line = r#"{"id":7,"text":"T","body":"B","url":"u","source":"S","n":{"a":[1]}}"#;
        let document = document_of(line, &named, &Limits::default()).unwrap();
        assert_eq!(
            (
                document.text.as_str(),
                document.id.as_str(),
                document.source.as_deref()
            ),
            ("B", "u", Some("u"))
        );
        let kept: Vec<_> = document
            .extra
            .iter()
            .map(|(name, json)| (name.as_str(), &**json))
            .collect();
        assert_eq!(
            kept,
            [("text", "\"T\""), ("source", "\"S\""), ("n", "{\"a\":[1]}")]
        );
        assert_eq!(
            document_of("{}", &named, &Limits::default()).unwrap_err(),
            "no \"body\": expected a JSON object with \"body\", a string"
        );
    }

    #[test]
    fn depth_and_length_have_their_limits() {
        let limits = Limits {
            nesting: 3,
            document: 4,
            ..Limits::default()
        };
        let read = |line: &str| document_of(line, &Fields::default(), &limits).map(|_| ());
        assert_eq!(read(r#"{"text":"","a":[{"b":1},"[[[[\"[["]}"#), Ok(()));
        assert!(
            read(r#"{"text":"","a":[[[]]]}"#)
                .unwrap_err()
                .contains("at most 3")
        );
        assert_eq!(read(r#"{"text":"\u00e9\u00e9"}"#), Ok(()));
        assert_eq!(
            read(r#"{"text":"abcde"}"#).unwrap_err(),
            "the text has 5 bytes: expected at most 4"
        );
        let deep = format!(
            "{{\"text\":\"\",\"a\":{}{}}}",
            "[".repeat(1 << 20),
            "]".repeat(1 << 20)
        );
        assert!(parse(&deep).unwrap_err().contains("at most 128"));
    }
}
