//! What the user says of the inputs: their format, which field holds what, and how much is too much.

use std::path::Path;

use crate::compression::Compression;

/// How the input's bytes are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputFormat {
    /// By the file's extension, below `.gz` or `.zst` where it has one: `.jsonl` and `.ndjson`, `.csv`, `.tsv`,
    /// `.parquet`. All else and standard input is text.
    #[default]
    Auto,
    /// Plain text, one document a file.
    Text,
    /// Plain text, one document a line; empty lines are passed over.
    Lines,
    /// JSON Lines, one document a line.
    Jsonl,
    /// Comma-separated values below a line with the columns' names, one document a record.
    Csv,
    /// As [`InputFormat::Csv`], but separated by tabs.
    Tsv,
    /// Parquet, one document a row.
    Parquet,
}

/// What a file's name says of its content; `None` where its extension says nothing.
pub(super) fn by_name(path: &Path) -> (Option<InputFormat>, Option<Compression>) {
    let compression = Compression::of(path);
    let stem = match compression {
        Some(_) => path.file_stem().unwrap_or_default().as_ref(),
        None => path,
    };
    let extension = stem
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let format = match extension.as_str() {
        "txt" => Some(InputFormat::Text),
        "jsonl" | "ndjson" => Some(InputFormat::Jsonl),
        "csv" => Some(InputFormat::Csv),
        "tsv" => Some(InputFormat::Tsv),
        // Parquet compresses its pages itself, and is read from its end.
        "parquet" if compression.is_none() => Some(InputFormat::Parquet),
        _ => None,
    };
    (format, compression)
}

/// Which JSON field, CSV column or Parquet column holds what. What is named by none is carried through unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The text; a document without is none.
    pub text: String,
    /// A string or an integer that names the document.
    pub id: String,
    /// When it was published, as [`PartialDate`](crate::dates::PartialDate) reads it.
    pub date: String,
    /// The headline.
    pub title: String,
    /// Who published it.
    pub source: String,
}

impl Default for Fields {
    fn default() -> Self {
        let [text, id, date, title, source] = ["text", "id", "date", "title", "source"].map(str::to_owned);
        Fields {
            text,
            id,
            date,
            title,
            source,
        }
    }
}

/// How much of an input is too much. What exceeds a limit is passed over and told, and the rest is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The text of one document, in bytes of UTF-8.
    pub document: u64,
    /// A line of JSON Lines or a record of CSV, in bytes.
    pub line: u64,
    /// Arrays and objects inside each other, the line's own object included.
    pub nesting: u32,
    /// Bytes decompressed for each compressed one, once [`Limits::FREE`] bytes came out.
    pub ratio: u64,
}

impl Limits {
    /// Bytes that may come out of a compressed file whatever the ratio: a small file of little else than spaces
    /// harms nobody.
    pub const FREE: u64 = 16 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            document: 256 << 20,
            line: 1 << 30,
            // The depth at which serde_json ends too, so that others can read what is carried through.
            nesting: 128,
            // Text compresses to a fifth, logs to a thirtieth; gzip cannot do more than 1032.
            ratio: 1000,
        }
    }
}

/// How inputs are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The format of all inputs.
    pub format: InputFormat,
    /// Which field holds what.
    pub fields: Fields,
    /// How much is too much.
    pub limits: Limits,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_format_and_compression() {
        for (name, expected) in [
            ("a.txt", (Some(InputFormat::Text), None)),
            (
                "a.b.NDJSON.GZ",
                (Some(InputFormat::Jsonl), Some(Compression::Gzip)),
            ),
            ("a.tsv.zst", (Some(InputFormat::Tsv), Some(Compression::Zstd))),
            ("a.parquet", (Some(InputFormat::Parquet), None)),
            ("a.parquet.gz", (None, Some(Compression::Gzip))),
            ("a.gz", (None, Some(Compression::Gzip))),
            ("txt", (None, None)),
            ("a.pdf", (None, None)),
        ] {
            assert_eq!(by_name(Path::new(name)), expected, "{name}");
        }
    }
}
