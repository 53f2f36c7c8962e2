//! Readers of document streams.
//!
//! [`Inputs::find`] turns what the user named into files; [`Inputs::read`] turns files into [`Document`]s, one at a
//! time, so that a corpus of any size passes through. What is no document comes out as a [`Rejection`] in its place.
//!
//! Each input is a `Source` of decompressed bytes, from which the format's reader takes a text, a line or a record;
//! Parquet alone reads its file itself, from the end.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::dates::PartialDate;
use crate::document::Document;

mod cells;
mod columns;
mod find;
mod jsonl;
mod lines;
mod options;
pub mod pace;
mod parquet;
pub mod rejection;
mod row_groups;
mod source;
mod table;
pub mod tagged;
mod text;

pub use find::{CorpusError, Selection};
pub use jsonl::parse_line;
pub use options::{Fields, InputFormat, Limits, ReadOptions};
pub use pace::Pace;
pub use rejection::Rejection;

use find::Input;
use options::by_name;
use source::{Meter, Source};

/// The files to read, in order.
#[derive(Debug)]
pub struct Inputs {
    inputs: Vec<Input>,
}

/// The name of standard input in messages and, for plain text, as a document's id.
const STDIN: &str = "stdin";

impl Inputs {
    /// Files stand for themselves and `-` for standard input; a folder stands for the files in it and below that
    /// `selection` takes, in the order of their names. Hidden files and folders are passed over, and links to folders
    /// are not followed.
    ///
    /// # Errors
    /// Where a file is not there, or a folder holds nothing to read: a misspelt name is told before the work begins.
    pub fn find<P: AsRef<Path>>(paths: &[P], selection: &Selection) -> Result<Self, CorpusError> {
        let inputs = find::find(paths, selection)?;
        Ok(Inputs { inputs })
    }

    /// Bytes of all inputs as they are stored; `None` where standard input or another stream is among them.
    pub fn total_bytes(&self) -> Option<u64> {
        self.inputs.iter().map(size_of).sum()
    }

    /// The inputs as messages name them, in order.
    pub fn places(&self) -> Vec<String> {
        self.inputs.iter().map(place_of).collect()
    }

    /// Leaves out files that `theirs` says are none of the corpus, such as a run's own output in a folder that it reads.
    pub fn without(mut self, theirs: impl Fn(&Path) -> bool) -> Self {
        self.inputs
            .retain(|input| !matches!(input, Input::File(path) if theirs(path)));
        self
    }

    /// The documents, read as they are asked for. A rejection stands in the place of what is none, and reading goes
    /// on behind it: with the next line, record or row, or where the rest of a file cannot be read, with the next file.
    pub fn read(self, options: ReadOptions, pace: Arc<Pace>) -> Documents {
        Documents {
            inputs: self.inputs.into_iter(),
            options,
            pace,
            current: None,
        }
    }
}

fn place_of(input: &Input) -> String {
    match input {
        Input::File(path) => path.display().to_string(),
        Input::Stdin => STDIN.to_owned(),
    }
}

/// The size of a regular file.
fn size_of(input: &Input) -> Option<u64> {
    let Input::File(path) = input else {
        return None;
    };
    let metadata = fs::metadata(path).ok()?;
    metadata.is_file().then_some(metadata.len())
}

type Items = Box<dyn Iterator<Item = Result<Document, Rejection>> + Send>;

/// Documents of several inputs, one after the other; see [`Inputs::read`].
pub struct Documents {
    inputs: std::vec::IntoIter<Input>,
    options: ReadOptions,
    pace: Arc<Pace>,
    /// The input that is being read, with its size.
    current: Option<(Items, Meter, Option<u64>)>,
}

impl Documents {
    fn open(&self, input: &Input, meter: &Meter) -> Result<Items, Rejection> {
        let place = place_of(input);
        let (path, (by_name, compression)) = match input {
            Input::File(path) => (Some(path.as_path()), by_name(path)),
            Input::Stdin => (None, (None, None)),
        };
        let format = match self.options.format {
            InputFormat::Auto => by_name.unwrap_or(InputFormat::Text),
            given => given,
        };
        let options = &self.options;
        if format == InputFormat::Parquet {
            return parquet::Rows::open(path, place, options, meter.clone())
                .map(|rows| Box::new(rows) as Items);
        }
        let source = Source::open(path, compression, &options.limits, meter, place)?;
        Ok(match format {
            InputFormat::Lines => Box::new(lines::TextLines::new(source, options)),
            InputFormat::Jsonl => Box::new(jsonl::JsonLines::new(source, options)),
            InputFormat::Csv => Box::new(table::Table::new(source, b',', options)),
            InputFormat::Tsv => Box::new(table::Table::new(source, b'\t', options)),
            InputFormat::Auto | InputFormat::Text | InputFormat::Parquet => {
                Box::new(std::iter::once(text::read(source, &options.limits)))
            }
        })
    }
}

impl Iterator for Documents {
    type Item = Result<Document, Rejection>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((items, meter, size)) = &mut self.current {
                if let Some(item) = items.next() {
                    return Some(item);
                }
                if let Some(size) = *size {
                    meter.finish(size);
                }
                self.current = None;
            }
            let input = self.inputs.next()?;
            let meter = Meter::new(Arc::clone(&self.pace));
            let items = match self.open(&input, &meter) {
                Ok(items) => items,
                Err(rejection) => Box::new(std::iter::once(Err(rejection))),
            };
            self.current = Some((items, meter, size_of(&input)));
        }
    }
}

/// The bytes of a file as text. A byte order mark at its start is no part of the text, and offsets do not count it.
pub(crate) fn text_of(bytes: Vec<u8>, place: &str) -> Result<String, Rejection> {
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Rejection {
            offset: Some(at as u64),
            ..source::whole(place, &not_utf8(error.as_bytes(), at, 0))
        }
    })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Why `bytes`, which begin `base` bytes behind the input's start, are no text: the one at `at` is the first wrong one.
fn not_utf8(bytes: &[u8], at: usize, base: u64) -> String {
    let hint = match (base, bytes) {
        (0, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) => "; this looks like UTF-16",
        _ => "",
    };
    not_utf8_byte(bytes[at], base + at as u64) + hint
}

fn not_utf8_byte(byte: u8, offset: u64) -> String {
    format!("not UTF-8 at byte {offset} (0x{byte:02X}): expected UTF-8 text")
}

fn too_long(bytes: u64, limit: u64) -> String {
    format!("the text has {bytes} bytes: expected at most {limit}")
}

/// A date from the field `name`; an empty one is none.
fn date_of(name: &str, date: &str) -> Result<Option<PartialDate>, String> {
    let date = (!date.is_empty()).then(|| date.parse::<PartialDate>());
    date.transpose().map_err(|error| format!("\"{name}\": {error}"))
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

    fn ids(inputs: Inputs) -> Vec<String> {
        let documents = inputs.read(ReadOptions::default(), Arc::default());
        documents
            .map(|document| document.unwrap().id.rsplit('/').next().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn walks_a_folder_in_order_and_passes_over_what_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "b.txt",
            "a.jsonl",
            ".hidden.txt",
            "c.pdf",
            "sub/a.TXT",
            "sub/deep/a.md",
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{\"text\":\"x\",\"id\":\"line\"}").unwrap();
        }
        let find = |globs: &[&str]| Inputs::find(&[folder.path()], &Selection::new(globs).unwrap());
        assert_eq!(ids(find(&[]).unwrap()), ["line", "b.txt", "a.TXT"]);
        assert_eq!(ids(find(&["*.md", "c.*"]).unwrap()), ["c.pdf", "a.md"]);
        assert_eq!(ids(find(&["sub/*"]).unwrap()), ["a.TXT"]);
        assert_eq!(ids(find(&["sub/**"]).unwrap()), ["a.TXT", "a.md"]);
        let nothing = find(&["*.html"]).unwrap_err().to_string();
        assert!(
            nothing.contains("no file that matches --glob in this folder"),
            "{nothing}"
        );
        assert!(
            Selection::new(&["a[b"])
                .unwrap_err()
                .to_string()
                .contains("'a[b' is no glob")
        );
        assert_eq!(find(&[]).unwrap().total_bytes(), Some(72));
        assert_eq!(
            Inputs::find(&["-"], &Selection::default()).unwrap().total_bytes(),
            None
        );
    }
}
