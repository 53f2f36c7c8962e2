//! Parquet: one row a document, mentions and entities nested.
//!
//! | column | type | what |
//! |---|---|---|
//! | `id` | string | the document's id, a number's digits too |
//! | `date` | string, nullable | `YYYY`, `YYYY-MM` or `YYYY-MM-DD` |
//! | `title`, `source` | string, nullable | as they came in |
//! | `text` | string, nullable | null where it is left out |
//! | `offsets` | string | what `start` and `end` count: `char`, `byte` or `utf16` |
//! | `mentions` | list of struct | in the order of the text |
//! | `mentions.start`, `.end` | int64 | |
//! | `mentions.text`, `.label` | string | |
//! | `mentions.score` | double | four decimals, the same number as in JSON Lines |
//! | `mentions.link` | struct, nullable | `id` (nullable), `kind`, `name`, `country` (nullable), `role` (nullable), `via`: strings; `confidence`: double |
//! | `entities` | list of struct | `id` (nullable), `kind`, `name`, `country` (nullable), `role` (nullable): strings; `count`: int64 |
//! | `extra` | string, nullable | a JSON object of the input's other fields as they were written; `id` is among them where it was a number |
//!
//! Columns are compressed with zstd. A row group ends after [`GROUP_DOCUMENTS`] documents or with the one that makes its
//! texts [`GROUP_BYTES`] bytes long, so a file's bytes do not depend on where a run was interrupted.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use parquet::file::metadata::ParquetMetaDataWriter;

use super::OffsetUnit;
use super::sink::{Mark, Sink};
use crate::document::TaggedDocument;

mod columns;
mod row_groups;

use columns::Columns;
use row_groups::{Format, MAGIC};

/// Documents of a whole row group.
pub const GROUP_DOCUMENTS: u64 = 1024;

/// Bytes of text that end a row group: a reader holds a row group's column at once.
pub const GROUP_BYTES: u64 = 8 << 20;

/// What of a document is written, and how.
#[derive(Clone, Copy, Debug)]
pub struct ParquetOptions {
    /// What offsets count.
    pub offsets: OffsetUnit,
    /// Whether the text is written too; offsets count in it either way.
    pub text: bool,
}

/// Writes tagged documents to a Parquet file that can be gone on with at each row group's end.
///
/// Until [`Sink::finish`] the file holds the row groups alone, and a file beside it, `<file>.groups`, what the footer will
/// say of them.
pub struct ParquetSink {
    file: File,
    groups: File,
    groups_path: PathBuf,
    format: Format,
    columns: Columns,
    /// Documents and bytes of text that wait in `columns`.
    waiting: u64,
    waiting_text: u64,
    written: Mark,
}

impl ParquetSink {
    /// Begins `partial` anew, or goes on with it where it stood at `mark`: what was written later is cut off.
    ///
    /// # Errors
    /// Where a file cannot be opened, or is shorter than `mark` says.
    pub fn open(partial: &Path, options: ParquetOptions, mark: Option<&Mark>) -> io::Result<Self> {
        let format = Format::new().map_err(io::Error::other)?;
        let mut groups_path = partial.as_os_str().to_owned();
        groups_path.push(".groups");
        let groups_path = PathBuf::from(groups_path);
        let mark = mark.filter(|mark| mark.length > 0);
        let open = |path: &Path| {
            let fresh = mark.is_none();
            let mut options = OpenOptions::new();
            options
                .read(true)
                .write(true)
                .create(fresh)
                .truncate(fresh)
                .open(path)
        };
        let mut file = open(partial)?;
        let written = match mark {
            None => {
                file.write_all(MAGIC)?;
                Mark {
                    length: MAGIC.len() as u64,
                    ..Mark::default()
                }
            }
            Some(mark) => mark.clone(),
        };
        if mark.is_some() && !groups_path.exists() {
            format.recover_groups(partial, &groups_path, &written)?;
        }
        let mut groups = open(&groups_path)?;
        cut(&mut file, partial, written.length)?;
        cut(&mut groups, &groups_path, written.beside)?;
        Ok(ParquetSink {
            file,
            groups,
            groups_path,
            format,
            columns: Columns::new(options),
            waiting: 0,
            waiting_text: 0,
            written,
        })
    }

    /// Writes what waits as a row group.
    fn end_group(&mut self) -> io::Result<()> {
        let (group, bytes) = self.format.group(&mut self.columns).map_err(io::Error::other)?;
        let record = self
            .format
            .record(&group, self.written.length)
            .map_err(io::Error::other)?;
        self.file.write_all(&bytes)?;
        self.groups.write_all(&record)?;
        self.written.length += bytes.len() as u64;
        self.written.beside += record.len() as u64;
        (self.waiting, self.waiting_text) = (0, 0);
        Ok(())
    }
}

/// Leaves the first `length` bytes of a file, and goes to their end.
fn cut(file: &mut File, path: &Path, length: u64) -> io::Result<()> {
    let there = file.metadata()?.len();
    if there < length {
        let place = path.display();
        let message =
            format!("{place}: {there} bytes long: expected at least the {length} that were written before");
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
    }
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length))?;
    Ok(())
}

impl Sink for ParquetSink {
    fn write(&mut self, tagged: &TaggedDocument) -> io::Result<bool> {
        self.written.bytes += self.columns.push(tagged)?;
        self.written.documents += 1;
        self.waiting += 1;
        self.waiting_text += tagged.document.text.len() as u64;
        let whole = self.waiting >= GROUP_DOCUMENTS || self.waiting_text >= GROUP_BYTES;
        if whole {
            self.end_group()?;
        }
        Ok(whole)
    }

    fn mark(&mut self) -> io::Result<Mark> {
        if self.waiting > 0 {
            return Err(io::Error::other(
                "a mark inside a row group: expected one at its end",
            ));
        }
        self.file.sync_data()?;
        self.groups.sync_data()?;
        Ok(self.written.clone())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if self.waiting > 0 {
            self.end_group()?;
        }
        self.groups.seek(SeekFrom::Start(0))?;
        let groups = self.format.read_records(BufReader::new(&mut self.groups))?;
        let metadata = self.format.metadata(groups);
        let mut into = BufWriter::new(&mut self.file);
        ParquetMetaDataWriter::new(&mut into, &metadata)
            .finish()
            .map_err(io::Error::other)?;
        into.flush()?;
        drop(into);
        self.file.sync_data()?;
        fs::remove_file(&self.groups_path)
    }

    fn bytes(&self) -> u64 {
        self.written.bytes
    }
}
