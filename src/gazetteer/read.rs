//! Records from JSON Lines files.

use std::path::{Path, PathBuf};

use super::key::fold;
use super::record::Record;

/// Why a file of records cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("cannot read the gazetteer file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is no record.
    #[error("{}:{line}: {reason}; expected one JSON record on the line, such as {EXAMPLE}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

const EXAMPLE: &str =
    r#"{"id":"nom:example","kind":"agency","name":"Example Agency","country":"GB","sources":["own"]}"#;

/// Reads a file of records, one JSON object a line; empty lines are passed over.
///
/// # Errors
/// Where the file cannot be read, and with file and line where a line is no valid record.
pub fn read_file(path: &Path) -> Result<Vec<Record>, ReadError> {
    let bytes = std::fs::read(path).map_err(|source| ReadError::Io {
        path: path.to_owned(),
        source,
    })?;
    read_bytes(path, &bytes)
}

/// As [`read_file`], from bytes; `path` only names them in errors.
///
/// # Errors
/// As [`read_file`].
pub fn read_bytes(path: &Path, bytes: &[u8]) -> Result<Vec<Record>, ReadError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut records = Vec::new();
    for (at, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let wrong = |reason: String| ReadError::Line {
            path: path.to_owned(),
            line: at + 1,
            reason,
        };
        if line.trim_ascii().is_empty() {
            continue;
        }
        let text = std::str::from_utf8(line).map_err(|error| {
            wrong(format!(
                "not UTF-8 from the line's byte {} on",
                error.valid_up_to()
            ))
        })?;
        let record: Record = serde_json::from_str(text).map_err(|error| wrong(plain(&error)))?;
        check(&record).map_err(wrong)?;
        records.push(record);
    }
    Ok(records)
}

/// The parser's message with its column alone: its line number counts from this line.
fn plain(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    format!("{message} (column {})", error.column())
}

fn check(record: &Record) -> Result<(), String> {
    if record.id.trim().is_empty() {
        return Err("the id is empty".to_owned());
    }
    if fold(&record.name).is_empty() {
        return Err(format!(
            "the name '{}' holds neither letter nor digit",
            record.name
        ));
    }
    for code in record
        .country
        .iter()
        .chain(record.tenures.iter().map(|tenure| &tenure.country))
    {
        let iso = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if !iso && code != "INT" {
            return Err(format!(
                "'{code}' is no country code (two capitals of ISO 3166-1 alpha-2, XK, EU or INT)"
            ));
        }
    }
    Ok(())
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
