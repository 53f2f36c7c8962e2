//! Tagged documents read back: every format that the program writes, but for the pages for people.
//!
//! [`read_lines`] gives what stands in a file, [`read`] gives documents whose offsets are checked against their text. A
//! record that cannot be read is one [`Rejection`], and reading goes on after it.

use std::path::Path;

use super::lines::Lines;
use super::options::Limits;
use super::rejection::Place;
use super::source::{Meter, Source};
use super::{Rejection, STDIN, too_long};
use crate::compression::Compression;
use crate::document::TaggedDocument;

mod brat;
mod conll;
mod json_lines;
mod line;
mod parquet;
mod spacy;
#[cfg(test)]
mod tests;

use json_lines::JsonLines;

pub use line::{TaggedLine, TaggedMention};

/// The formats that can be read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaggedFormat {
    /// JSON Lines as [`crate::output::jsonl`] writes them, also compressed.
    Jsonl,
    /// Parquet as [`crate::output::parquet`] writes it.
    Parquet,
    /// A word and its BIO label a line, also compressed: labels alone, no scores and no links.
    Conll,
    /// A folder for brat. One that [`crate::output::brat`] wrote has scores and links, another one labels alone.
    Brat,
    /// spaCy's JSON, a document a line, also compressed. What [`crate::output::spacy`] wrote has scores and links, others
    /// labels alone.
    Spacy,
}

impl TaggedFormat {
    /// By the name's extension, else by the first bytes.
    fn of(path: &Path, first: &[u8]) -> Option<Self> {
        let stem = match Compression::of(path) {
            Some(_) => path.file_stem().unwrap_or_default().as_ref(),
            None => path,
        };
        let extension = stem
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_ascii_lowercase();
        match extension.as_str() {
            "parquet" => return Some(TaggedFormat::Parquet),
            "conll" | "bio" | "iob" => return Some(TaggedFormat::Conll),
            "spacy" => return Some(TaggedFormat::Spacy),
            _ => {}
        }
        let first = first.trim_ascii_start();
        if first.starts_with(b"PAR1") {
            return Some(TaggedFormat::Parquet);
        }
        if first.starts_with(b"-DOCSTART-") {
            return Some(TaggedFormat::Conll);
        }
        let key = first.strip_prefix(b"{")?.trim_ascii_start();
        // `Doc.to_json` begins with the text, ours with what it knows beyond it; our own lines with their schema.
        let is_spacy = key.starts_with(b"\"nomenclator\"") || key.starts_with(b"\"text\"");
        Some(if is_spacy {
            TaggedFormat::Spacy
        } else {
            TaggedFormat::Jsonl
        })
    }
}

/// Why nothing can be read from a place.
#[derive(Debug, thiserror::Error)]
pub enum TaggedError {
    /// A file or folder that does not open, or whose beginning is damaged.
    #[error(transparent)]
    Read(#[from] Rejection),
    /// What is written for `_bulk` alone.
    #[error(
        "{place}: a file for _bulk, which is not read back: expected tagged documents as JSON Lines, Parquet, CoNLL, spaCy JSON or a brat folder"
    )]
    Bulk {
        /// The path as the user named it.
        place: String,
    },
    /// Neither name nor contents say what it is.
    #[error(
        "{place}: not in a format that is known here: expected tagged documents as JSON Lines, Parquet, CoNLL, spaCy JSON or a brat folder"
    )]
    Unknown {
        /// The path as the user named it.
        place: String,
    },
}

/// How a file for `_bulk` begins.
const BULK: &[u8] = b"{\"index\":{";

/// A record with its place, or why it is none.
pub(crate) type Located = Result<(Place, TaggedLine), Rejection>;

/// The records of `path` as they stand there; `-` is standard input. Without `format` it is found by the name's
/// extension and the first bytes; so are gzip and zstd. What exceeds [`Limits::default`] is a rejection.
///
/// # Errors
/// Where `path` does not open, or nothing says what it holds.
pub fn read_lines(
    path: &Path,
    format: Option<TaggedFormat>,
) -> Result<Box<dyn Iterator<Item = Result<TaggedLine, Rejection>> + Send>, TaggedError> {
    let located = read_located(path, format)?;
    Ok(Box::new(located.map(|read| read.map(|(_, line)| line))))
}

/// The documents of `path`, as [`read_lines`] finds them. One without its text, or whose offsets do not cut its mentions
/// out of it, is a rejection.
///
/// # Errors
/// As [`read_lines`].
pub fn read(
    path: &Path,
    format: Option<TaggedFormat>,
) -> Result<Box<dyn Iterator<Item = Result<TaggedDocument, Rejection>> + Send>, TaggedError> {
    let located = read_located(path, format)?;
    Ok(Box::new(located.map(|read| read.and_then(document))))
}

/// The document of a record.
pub(crate) fn document((place, line): (Place, TaggedLine)) -> Result<TaggedDocument, Rejection> {
    line.into_document().map_err(|reason| place.reject(reason))
}

/// As [`read_lines`], with the place of each record.
pub(crate) fn read_located(path: &Path, format: Option<TaggedFormat>) -> Result<Records, TaggedError> {
    read_within(path, format, &Limits::default())
}

/// Records as they are read.
pub(crate) type Records = Box<dyn Iterator<Item = Located> + Send>;

/// As [`read_located`], within these limits.
fn read_within(path: &Path, format: Option<TaggedFormat>, limits: &Limits) -> Result<Records, TaggedError> {
    let records = open(path, format, limits)?;
    let most = limits.document;
    Ok(Box::new(records.map(move |read| match read {
        Ok((place, line)) => match line.text.as_ref().map_or(0, String::len) as u64 {
            bytes if bytes > most => Err(place.reject(too_long(bytes, most))),
            _ => Ok((place, line)),
        },
        rejection => rejection,
    })))
}

/// Bytes in which a format shows itself.
const FIRST: usize = 4096;

fn open(path: &Path, format: Option<TaggedFormat>, limits: &Limits) -> Result<Records, TaggedError> {
    let unknown = || TaggedError::Unknown {
        place: path.display().to_string(),
    };
    match (format, path.is_dir()) {
        (None | Some(TaggedFormat::Brat), true) | (Some(TaggedFormat::Brat), false) => {
            return Ok(Box::new(brat::Folder::open(path, limits)?));
        }
        (Some(_), true) => return Err(unknown()),
        (_, false) => {}
    }
    let (file, place) = match path.as_os_str() == "-" {
        true => (None, STDIN.to_owned()),
        false => (Some(path), path.display().to_string()),
    };
    let parquet = |place| parquet::Rows::open(file, place, limits);
    if format == Some(TaggedFormat::Parquet) {
        return Ok(Box::new(parquet(place)?));
    }
    let compression = file.and_then(Compression::of);
    let mut source = Source::open(file, compression, limits, &Meter::default(), place.clone())?;
    let format = match format {
        Some(format) => format,
        None => {
            let first = match source.peek(FIRST) {
                Ok(first) => first,
                Err(error) => return Err(source.broken(&error, None).into()),
            };
            if first.starts_with(BULK) {
                return Err(TaggedError::Bulk { place });
            }
            // Nothing tagged is a file of nothing.
            match first.is_empty() {
                true => TaggedFormat::Jsonl,
                false => TaggedFormat::of(path, first).ok_or_else(unknown)?,
            }
        }
    };
    let limits = *limits;
    let lines = |source| Lines::new(source, limits.line);
    Ok(match format {
        TaggedFormat::Jsonl => Box::new(JsonLines::new(lines(source), move |json, _| {
            TaggedLine::parse_within(json, &limits)
        })),
        TaggedFormat::Spacy => Box::new(JsonLines::new(lines(source), move |json, place| {
            spacy::parse(json, place, &limits)
        })),
        TaggedFormat::Conll => Box::new(conll::Conll::new(lines(source), limits.document)),
        TaggedFormat::Parquet => Box::new(parquet(place)?),
        TaggedFormat::Brat => Box::new(brat::Folder::open(path, &limits)?),
    })
}
