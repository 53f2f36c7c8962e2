//! Readers of document streams.
//!
//! [`Inputs::find`] turns what the user named into files; [`Inputs::read`] turns files into [`Document`]s, one at a
//! time, so that a corpus of any size passes through.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::document::Document;

mod jsonl;

pub use jsonl::{JsonLines, parse_line};

/// How the input's bytes are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputFormat {
    /// By the file's extension: `.jsonl` and `.ndjson` are JSON Lines, all else and standard input is text.
    #[default]
    Auto,
    /// Plain text, one document a file.
    Text,
    /// JSON Lines, one document a line.
    Jsonl,
}

/// What cannot be read, where, and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file that does not open or read.
    #[error("{place}: {source}: expected a readable file or folder")]
    Read {
        /// The path as the user named it.
        place: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A folder with nothing for us in it.
    #[error("{place}: no .txt, .jsonl or .ndjson file in this folder or below: expected at least one")]
    EmptyFolder {
        /// The folder as the user named it.
        place: String,
    },
    /// Bytes that are no UTF-8.
    #[error("{place}: not UTF-8 at byte {offset} (0x{byte:02X}): expected UTF-8 text{hint}")]
    NotUtf8 {
        /// The file, with the line where it has lines.
        place: String,
        /// The first wrong byte, counted from the file's start at 0.
        offset: u64,
        /// Its value.
        byte: u8,
        /// What the file may be instead, or nothing.
        hint: &'static str,
    },
    /// A line that is no document.
    #[error("{place}: {reason}")]
    NotADocument {
        /// The file and line, `FILE:LINE`.
        place: String,
        /// What is wrong with it, and what was expected.
        reason: String,
    },
}

/// One thing to read.
enum Input {
    File(PathBuf),
    Stdin,
}

/// The files to read, in order.
pub struct Inputs {
    inputs: Vec<Input>,
}

/// The name of standard input in messages and, for plain text, as a document's id.
const STDIN: &str = "stdin";

impl Inputs {
    /// Files stand for themselves and `-` for standard input; a folder stands for the `.txt`, `.jsonl` and
    /// `.ndjson` files in it and below, in the order of their names. Hidden files and folders are passed over, and
    /// links to folders are not followed.
    ///
    /// # Errors
    /// Where a file is not there, or a folder holds nothing to read: a misspelt name is told before the work begins.
    pub fn find<P: AsRef<Path>>(paths: &[P]) -> Result<Self, CorpusError> {
        let mut inputs = Vec::new();
        for path in paths.iter().map(AsRef::as_ref) {
            if path.as_os_str() == "-" {
                inputs.push(Input::Stdin);
                continue;
            }
            let metadata = fs::metadata(path).map_err(|source| read_error(path, source))?;
            if metadata.is_dir() {
                let before = inputs.len();
                walk(path, &mut inputs)?;
                if inputs.len() == before {
                    return Err(CorpusError::EmptyFolder {
                        place: path.display().to_string(),
                    });
                }
            } else {
                inputs.push(Input::File(path.to_owned()));
            }
        }
        Ok(Inputs { inputs })
    }

    /// The documents, read as they are asked for. After an error there are no more.
    pub fn read(self, format: InputFormat) -> Documents {
        Documents {
            inputs: self.inputs.into_iter(),
            format,
            lines: None,
            failed: false,
        }
    }
}

fn read_error(path: &Path, source: io::Error) -> CorpusError {
    CorpusError::Read {
        place: path.display().to_string(),
        source,
    }
}

fn walk(folder: &Path, inputs: &mut Vec<Input>) -> Result<(), CorpusError> {
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .map_err(|source| read_error(folder, source))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let file_type = entry.file_type().map_err(|source| read_error(&path, source))?;
        if file_type.is_dir() {
            walk(&path, inputs)?;
        } else if has_extension(&path, &["txt", "jsonl", "ndjson"]) && path.is_file() {
            inputs.push(Input::File(path));
        }
    }
    Ok(())
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|found| {
        extensions
            .iter()
            .any(|extension| found.eq_ignore_ascii_case(extension))
    })
}

/// Documents of several inputs, one after the other; see [`Inputs::read`].
pub struct Documents {
    inputs: std::vec::IntoIter<Input>,
    format: InputFormat,
    lines: Option<JsonLines<Box<dyn BufRead + Send>>>,
    failed: bool,
}

impl Documents {
    fn open(&mut self, input: Input) -> Result<Option<Document>, CorpusError> {
        let (place, mut reader): (String, Box<dyn BufRead + Send>) = match &input {
            Input::Stdin => (STDIN.to_owned(), Box::new(BufReader::new(io::stdin()))),
            Input::File(path) => {
                let file = File::open(path).map_err(|source| read_error(path, source))?;
                (
                    path.display().to_string(),
                    Box::new(BufReader::with_capacity(1 << 16, file)),
                )
            }
        };
        let lines = match (self.format, &input) {
            (InputFormat::Text, _) | (InputFormat::Auto, Input::Stdin) => false,
            (InputFormat::Jsonl, _) => true,
            (InputFormat::Auto, Input::File(path)) => has_extension(path, &["jsonl", "ndjson"]),
        };
        if lines {
            self.lines = Some(JsonLines::new(reader, place));
            return Ok(None);
        }
        let mut bytes = Vec::new();
        reader
            .read_to_end(&mut bytes)
            .map_err(|source| CorpusError::Read {
                place: place.clone(),
                source,
            })?;
        let text = text_of(bytes, &place)?;
        Ok(Some(Document {
            id: place,
            text,
            ..Document::default()
        }))
    }

    fn advance(&mut self) -> Result<Option<Document>, CorpusError> {
        loop {
            if let Some(lines) = &mut self.lines {
                if let Some(document) = lines.next() {
                    return document.map(Some);
                }
                self.lines = None;
            }
            let Some(input) = self.inputs.next() else {
                return Ok(None);
            };
            if let Some(document) = self.open(input)? {
                return Ok(Some(document));
            }
        }
    }
}

impl Iterator for Documents {
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

/// The bytes of a file as text. A byte order mark at its start is no part of the text, and offsets do not count it.
pub(crate) fn text_of(bytes: Vec<u8>, place: &str) -> Result<String, CorpusError> {
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        not_utf8(place.to_owned(), error.as_bytes(), offset, 0)
    })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

const BYTE_ORDER_MARK: char = '\u{feff}';

fn not_utf8(place: String, bytes: &[u8], offset: usize, base: u64) -> CorpusError {
    let hint = match (base, bytes) {
        (0, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) => "; this looks like UTF-16",
        (0, [0x1F, 0x8B, ..]) => "; this looks like gzip",
        (0, [0x28, 0xB5, 0x2F, 0xFD, ..]) => "; this looks like zstd",
        _ => "",
    };
    CorpusError::NotUtf8 {
        place,
        offset: base + offset as u64,
        byte: bytes[offset],
        hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_not_text() {
        assert_eq!(text_of(b"\xEF\xBB\xBFSeoul".to_vec(), "a.txt").unwrap(), "Seoul");
    }

    #[test]
    fn names_the_first_wrong_byte_and_guesses_what_it_is() {
        let error = text_of(b"Seoul \xFF".to_vec(), "a.txt").unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.txt: not UTF-8 at byte 6 (0xFF): expected UTF-8 text"
        );
        let error = text_of(b"\xFF\xFES\0".to_vec(), "a.txt").unwrap_err();
        assert!(error.to_string().ends_with("looks like UTF-16"), "{error}");
    }

    #[test]
    fn walks_a_folder_in_order_and_passes_over_what_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.txt", "a.jsonl", ".hidden.txt", "c.pdf", "sub/a.TXT"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{\"text\":\"x\",\"id\":\"line\"}").unwrap();
        }
        let ids: Vec<String> = Inputs::find(&[folder.path()])
            .unwrap()
            .read(InputFormat::Auto)
            .map(|document| document.unwrap().id.rsplit('/').next().unwrap().to_owned())
            .collect();
        assert_eq!(ids, ["line", "b.txt", "a.TXT"]);
    }
}
