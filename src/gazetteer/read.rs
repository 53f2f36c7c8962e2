//! Records from files: JSON Lines, or a table (`.csv`, `.tsv`) in [`spreadsheet`]'s columns.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::change::{Entry, Extension};
use super::key::fold;
use super::record::{Alias, Record, Tenure};
use super::spreadsheet;
use crate::dates::PartialDate;

/// Why a file of records cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("cannot read the gazetteer file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line, or a table's row, is no entry that can be used.
    #[error("{}:{line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1; a row's first.
        line: usize,
        /// What is wrong with it, and what was expected.
        reason: String,
    },
}

/// Entries with their lines, in the file's order, one at a time: a large file is never held whole.
pub type Entries = Box<dyn Iterator<Item = Result<(usize, Entry), ReadError>>>;

const EXAMPLE: &str =
    r#"{"id":"nom:example","kind":"agency","name":"Example Agency","country":"GB","sources":["own"]}"#;

/// Reads a file of whole records.
///
/// # Errors
/// Where the file cannot be read, and with file and line where a line is no valid record.
pub fn read_file(path: &Path) -> Result<Vec<Record>, ReadError> {
    open(path)?.map(|entry| whole(path, entry?)).collect()
}

/// As [`read_file`], from the bytes of JSON Lines; `path` only names them in errors.
///
/// # Errors
/// As [`read_file`].
pub fn read_bytes(path: &Path, bytes: &[u8]) -> Result<Vec<Record>, ReadError> {
    json_lines(path.to_owned(), io::Cursor::new(bytes.to_vec()))
        .map(|entry| whole(path, entry?))
        .collect()
}

/// Opens a file of records and changes to records; the name's ending says in which format it is.
///
/// # Errors
/// Where it cannot be opened, or is a table whose header is wrong. Each entry has its own.
pub fn open(path: &Path) -> Result<Entries, ReadError> {
    let io = |source| ReadError::Io {
        path: path.to_owned(),
        source,
    };
    let file = BufReader::new(File::open(path).map_err(io)?);
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    if ending.is_some_and(|ending| ending == "csv" || ending == "tsv") {
        spreadsheet::read(path.to_owned(), file)
    } else {
        Ok(Box::new(json_lines(path.to_owned(), file)))
    }
}

/// The entry's record.
///
/// # Errors
/// Where it is an extension, which has nothing here that it could change.
pub fn whole(path: &Path, (line, entry): (usize, Entry)) -> Result<Record, ReadError> {
    match entry {
        Entry::Record(record) => Ok(record),
        Entry::Extend(_) | Entry::Suppress(_) => Err(ReadError::Line {
            path: path.to_owned(),
            line,
            reason: format!(
                "'{}' is to be changed, but nothing lies below: expected a whole record, such as {EXAMPLE}",
                entry.id()
            ),
        }),
    }
}

/// One JSON object a line; empty lines are passed over.
fn json_lines(
    path: PathBuf,
    mut reader: impl BufRead + 'static,
) -> impl Iterator<Item = Result<(usize, Entry), ReadError>> {
    let mut at = 0;
    let mut bytes = Vec::new();
    std::iter::from_fn(move || {
        loop {
            bytes.clear();
            match reader.read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) => at += 1,
                Err(source) => {
                    let path = path.clone();
                    return Some(Err(ReadError::Io { path, source }));
                }
            }
            let mut line = bytes.as_slice();
            if at == 1 {
                line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            return Some(
                entry(line)
                    .map(|entry| (at, entry))
                    .map_err(|reason| ReadError::Line {
                        path: path.clone(),
                        line: at,
                        reason: format!("{reason}; expected one JSON record on the line, such as {EXAMPLE}"),
                    }),
            );
        }
    })
}

/// What tells the sorts of line apart.
#[derive(Deserialize)]
struct Marks {
    #[serde(default)]
    extends: bool,
    #[serde(default)]
    suppress: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suppression {
    id: String,
    #[serde(rename = "suppress")]
    _suppress: bool,
}

fn entry(line: &[u8]) -> Result<Entry, String> {
    let text = std::str::from_utf8(line)
        .map_err(|error| format!("not UTF-8 from the line's byte {} on", error.valid_up_to()))?;
    // Nearly every line is a record: only one that could be something else is parsed twice.
    let marks = if text.contains("\"extends\"") || text.contains("\"suppress\"") {
        serde_json::from_str(text).map_err(|error| plain(&error))?
    } else {
        Marks {
            extends: false,
            suppress: false,
        }
    };
    let entry = if marks.suppress {
        let suppression: Suppression = serde_json::from_str(text).map_err(|error| plain(&error))?;
        Entry::Suppress(suppression.id)
    } else if marks.extends {
        Entry::Extend(serde_json::from_str(text).map_err(|error| plain(&error))?)
    } else {
        Entry::Record(serde_json::from_str(text).map_err(|error| plain(&error))?)
    };
    check(&entry)?;
    Ok(entry)
}

/// The parser's message with its column alone: its line number counts from this line.
fn plain(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    format!("{message} (column {})", error.column())
}

/// What no entry may have, whatever it lies over; says what was expected.
pub(super) fn check(entry: &Entry) -> Result<(), String> {
    if entry.id().trim().is_empty() {
        return Err("the id is empty".to_owned());
    }
    match entry {
        Entry::Suppress(_) => Ok(()),
        Entry::Record(record) => check_record(record),
        Entry::Extend(Extension {
            name,
            country,
            aliases,
            tenures,
            from,
            to,
            ..
        }) => {
            name.as_deref().map_or(Ok(()), named)?;
            dates("the record", *from, *to)?;
            parts(country.as_deref(), aliases, tenures)
        }
    }
}

/// As [`check`], of a whole record.
pub(super) fn check_record(record: &Record) -> Result<(), String> {
    named(&record.name)?;
    dates(&format!("'{}'", record.name), record.from, record.to)?;
    parts(record.country.as_deref(), &record.aliases, &record.tenures)
}

fn parts(country: Option<&str>, aliases: &[Alias], tenures: &[Tenure]) -> Result<(), String> {
    country.map_or(Ok(()), code)?;
    for alias in aliases {
        named(&alias.text)?;
        dates(&format!("the alias '{}'", alias.text), alias.from, alias.to)?;
    }
    for tenure in tenures {
        code(&tenure.country)?;
        dates(&format!("the term '{}'", tenure.position), tenure.from, tenure.to)?;
    }
    Ok(())
}

fn named(name: &str) -> Result<(), String> {
    if fold(name).is_empty() {
        return Err(format!("the name '{name}' holds neither letter nor digit"));
    }
    Ok(())
}

fn code(code: &str) -> Result<(), String> {
    let iso = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if !iso && code != "INT" {
        return Err(format!(
            "'{code}' is no country code (two capitals of ISO 3166-1 alpha-2, XK, EU or INT)"
        ));
    }
    Ok(())
}

fn dates(of: &str, from: Option<PartialDate>, to: Option<PartialDate>) -> Result<(), String> {
    match (from, to) {
        (Some(from), Some(to)) if from.earliest() > to.latest() => {
            Err(format!("{of} runs backwards, from {from} to {to}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"id":"nom:a","kind":"agency","name":"Agency A","country":"GB","sources":["own"]}"#;

    fn message(text: &[u8]) -> String {
        read_bytes(Path::new("own.jsonl"), text).unwrap_err().to_string()
    }

    #[test]
    fn good_lines_are_read_and_empty_ones_passed_over() {
        let text = format!("\u{feff}{GOOD}\r\n\n   \n{GOOD}");
        assert_eq!(
            read_bytes(Path::new("own.jsonl"), text.as_bytes()).unwrap().len(),
            2
        );
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (line, part) in [
            (r#"{"id":"#, "EOF"),
            (
                r#"{"id":"nom:b","kind":"planet","name":"B","sources":[]}"#,
                "planet",
            ),
            (
                r#"{"id":"nom:b","kind":"agency","name":"B","country":"uk","sources":[]}"#,
                "'uk'",
            ),
            (
                r#"{"id":"nom:b","kind":"agency","name":"--","sources":[]}"#,
                "neither letter nor digit",
            ),
            (
                r#"{"id":" ","kind":"agency","name":"B","sources":[]}"#,
                "id is empty",
            ),
            (
                r#"{"id":"nom:b","kind":"agency","name":"B","colour":1,"sources":[]}"#,
                "colour",
            ),
            (
                r#"{"id":"nom:b","kind":"agency","name":"B","from":"soon","sources":[]}"#,
                "soon",
            ),
            (
                r#"{"id":"nom:b","kind":"agency","name":"B","from":"2001","to":"2000-12","sources":[]}"#,
                "runs backwards, from 2001 to 2000-12",
            ),
            (
                r#"{"id":"nom:b","kind":"agency","name":"B","aliases":[{"text":" ","type":"short"}],"sources":[]}"#,
                "neither letter nor digit",
            ),
            (r#"{"id":"Q1","extends":true,"kind":"agency"}"#, "kind"),
            (r#"{"id":"Q1","suppress":true,"name":"B"}"#, "name"),
            (r#"{"id":"Q1","extends":true}"#, "nothing lies below"),
            (r#"{"id":"Q1","suppress":true}"#, "nothing lies below"),
            ("id,kind,name", "column 1"),
        ] {
            let message = message(format!("{GOOD}\n{line}\n").as_bytes());
            assert!(message.starts_with("own.jsonl:2: "), "{message}");
            assert!(message.contains(part), "{message}");
            assert!(message.contains("expected"), "{message}");
        }
        let message = message(b"{\"id\":\"\xff\"}");
        assert!(
            message.starts_with("own.jsonl:1: not UTF-8 from the line's byte 7"),
            "{message}"
        );
    }
}
