//! The journal beside an output: how far a run has come, so that the same command goes on there.
//!
//! A line is the first 16 hexadecimal digits of the SHA-256 of its JSON, a space, and the JSON. The first line says what the
//! run is made with, each later one is a [`Checkpoint`]. A line that was cut or damaged ends the journal: the checkpoint
//! before it counts, and what came after is done again.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::items::Place;
use super::lock::Lock;
use super::names;
use super::summary::Summary;
use crate::output::sink::Mark;

/// The form of the journal; another one is not read.
const VERSION: u32 = 1;
/// Bytes above which a journal is written anew, with its checkpoints in one.
const LONG: u64 = 4 << 20;

/// What can be wrong with a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("{place}: {source}: expected a place that can be written")]
    File {
        /// The file.
        place: String,
        /// The system's answer.
        source: io::Error,
    },
    /// Another process writes the same output.
    #[error("{place}: another process is writing this output: expected to be the only one")]
    Locked {
        /// The file that is locked.
        place: String,
    },
    /// The first line is damaged, or not one of ours.
    #[error(
        "{place}: line 1 is no beginning of a journal: expected one that this program wrote; --restart starts over"
    )]
    Damaged {
        /// The journal.
        place: String,
    },
    /// The run that is to be gone on with was another.
    #[error(
        "{place}: the run was begun with {setting} '{began}', and this is '{now}': expected the same, or --restart to start over"
    )]
    Changed {
        /// The journal.
        place: String,
        /// What differs.
        setting: String,
        /// Its value in the journal.
        began: String,
        /// Its value now.
        now: String,
    },
}

/// What an output's bytes depend on, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings(Vec<(String, String)>);

impl fmt::Display for Settings {
    /// A line for each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|(name, value)| writeln!(f, "{name}: {value}"))
    }
}

impl Settings {
    /// Adds one.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.push((name.to_owned(), value.to_string()));
        self
    }

    /// The first that differs: name, value there, value here.
    fn difference(&self, other: &Settings) -> Option<(String, String, String)> {
        let value = |settings: &Settings, name: &str| {
            let found = settings.0.iter().find(|(known, _)| known == name);
            found.map_or_else(|| "nothing".to_owned(), |(_, value)| value.clone())
        };
        let names = self.0.iter().chain(&other.0).map(|(name, _)| name);
        names
            .map(|name| (name.clone(), value(self, name), value(other, name)))
            .find(|(_, there, here)| there != here)
    }
}

/// How far a run had come when all before it was on the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Where in its input it stood.
    pub place: Place,
    /// The shard that is being written, from 1.
    pub shard: u64,
    /// How far it is written; `None` before its first document.
    pub mark: Option<Mark>,
    /// The length of the file of rejections.
    pub rejected_length: u64,
    /// What was counted since the checkpoint before.
    pub counts: Summary,
    /// Everything is written: only names are still to be given.
    pub complete: bool,
}

#[derive(Serialize, Deserialize)]
struct Header {
    journal: u32,
    settings: Settings,
}

/// An open journal, locked for this process.
pub struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
    header: String,
    _lock: Lock,
}

impl Journal {
    /// Opens the journal of `output`: a new one, or, where there is one, its last checkpoint with the counts of all.
    ///
    /// # Errors
    /// Where another process has it, or the run in it is made with other settings, or it is damaged at its beginning.
    pub fn open(
        output: &Path,
        settings: &Settings,
        restart: bool,
    ) -> Result<(Self, Option<Checkpoint>), JournalError> {
        let path = names::journal(output);
        let failed = |source| JournalError::File {
            place: path.display().to_string(),
            source,
        };
        let lock = Lock::take(&names::lock(output))?;
        let header = line(&Header {
            journal: VERSION,
            settings: settings.clone(),
        })
        .map_err(failed)?;
        let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) if !restart && file.metadata().map_err(failed)?.len() > 0 => file,
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(_) | Err(_) => {
                let file = write_whole(&path, &header).map_err(failed)?;
                let journal = Journal {
                    length: header.len() as u64,
                    path,
                    file,
                    header,
                    _lock: lock,
                };
                return Ok((journal, None));
            }
        };
        let mut lines = Lines {
            reader: BufReader::new(&mut file),
            length: 0,
        };
        let began: Header = lines
            .next()
            .filter(|header: &Header| header.journal == VERSION)
            .ok_or_else(|| JournalError::Damaged {
                place: path.display().to_string(),
            })?;
        if let Some((setting, began, now)) = began.settings.difference(settings) {
            return Err(JournalError::Changed {
                place: path.display().to_string(),
                setting,
                began,
                now,
            });
        }
        let mut last = None;
        let mut counts = Summary::default();
        while let Some(checkpoint) = lines.next::<Checkpoint>() {
            counts.add(&checkpoint.counts);
            last = Some(checkpoint);
        }
        let length = lines.length;
        file.set_len(length)
            .and_then(|()| file.seek(SeekFrom::Start(length)))
            .map_err(failed)?;
        let journal = Journal {
            path,
            file,
            length,
            header,
            _lock: lock,
        };
        Ok((journal, last.map(|last| Checkpoint { counts, ..last })))
    }

    /// Adds a checkpoint; `total` are the counts of the whole run, this one's among them.
    ///
    /// # Errors
    /// Where it cannot be carried to the disk.
    pub fn record(&mut self, checkpoint: &Checkpoint, total: &Summary) -> io::Result<()> {
        if self.length > LONG.max(2 * self.header.len() as u64) {
            return self.rewrite(checkpoint, total);
        }
        self.append(&line(checkpoint)?)
    }

    /// The journal with this checkpoint alone, under its name only when it is whole.
    fn rewrite(&mut self, checkpoint: &Checkpoint, total: &Summary) -> io::Result<()> {
        let alone = Checkpoint {
            counts: total.clone(),
            ..checkpoint.clone()
        };
        let text = format!("{}{}", self.header, line(&alone)?);
        self.file = write_whole(&self.path, &text)?;
        self.length = text.len() as u64;
        Ok(())
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()?;
        self.length += line.len() as u64;
        Ok(())
    }

    /// Takes it away: the run is over. Dropped, it stays for a later run to go on with.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// A file of this text, which appears under its name only when it is whole, and can be written on.
fn write_whole(path: &Path, text: &str) -> io::Result<File> {
    let new = names::with_suffix(path, ".new");
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    fs::rename(&new, path)?;
    Ok(file)
}

fn checksum(json: &str) -> String {
    Sha256::digest(json.as_bytes())[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn line(value: &impl Serialize) -> io::Result<String> {
    let json = serde_json::to_string(value)?;
    Ok(format!("{} {json}\n", checksum(&json)))
}

/// Reads lines for as long as they are whole.
struct Lines<R> {
    reader: R,
    /// Bytes of the whole lines.
    length: u64,
}

impl<R: BufRead> Lines<R> {
    fn next<T: for<'de> Deserialize<'de>>(&mut self) -> Option<T> {
        let mut bytes = Vec::new();
        self.reader.read_until(b'\n', &mut bytes).ok()?;
        let text = std::str::from_utf8(&bytes).ok()?.strip_suffix('\n')?;
        let (sum, json) = text.split_once(' ')?;
        if sum != checksum(json) {
            return None;
        }
        let value = serde_json::from_str(json).ok()?;
        self.length += bytes.len() as u64;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(precision: &str) -> Settings {
        Settings::default()
            .with("program", "0.1.0")
            .with("precision", precision)
    }

    fn checkpoint(items: u64) -> Checkpoint {
        let mut counts = Summary {
            documents: 1,
            ..Summary::default()
        };
        counts.mentions.insert("PER".to_owned(), 2);
        Checkpoint {
            place: Place {
                items,
                ..Place::default()
            },
            counts,
            ..Checkpoint::default()
        }
    }

    fn written(output: &Path, count: u64) {
        let (mut journal, found) = Journal::open(output, &settings("f32"), true).unwrap();
        assert_eq!(found, None);
        for items in 1..=count {
            journal.record(&checkpoint(items), &Summary::default()).unwrap();
        }
    }

    #[test]
    fn the_last_whole_line_counts() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("a.jsonl");
        let path = names::journal(&output);
        written(&output, 3);
        let whole = fs::read(&path).unwrap();
        let header = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let opened = Journal::open(&output, &settings("f32"), false);
            let lines = whole[..cut].iter().filter(|&&byte| byte == b'\n').count() as u64;
            match opened {
                Ok((mut journal, found)) => {
                    let found = found.map_or(0, |found| {
                        assert_eq!(found.counts.documents, found.place.items);
                        found.place.items
                    });
                    assert!(found == lines.saturating_sub(1), "{cut}");
                    journal.record(&checkpoint(9), &Summary::default()).unwrap();
                    drop(journal);
                    let (_, again) = Journal::open(&output, &settings("f32"), false).unwrap();
                    assert_eq!(again.unwrap().place.items, 9);
                }
                Err(error) => {
                    assert!(0 < cut && cut < header, "{cut}: {error}");
                    assert!(error.to_string().contains("--restart"));
                }
            }
        }
        // A flipped byte in a line takes that line and what follows away, and nothing before it.
        for at in header..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 4;
            fs::write(&path, &damaged).unwrap();
            let (_, found) = Journal::open(&output, &settings("f32"), false).unwrap();
            let before = whole[..at].iter().filter(|&&byte| byte == b'\n').count() as u64 - 1;
            assert_eq!(found.map_or(0, |found| found.place.items), before, "{at}");
        }
    }

    #[test]
    fn other_settings_are_named_and_restart_forgets_them() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("a.jsonl");
        written(&output, 1);
        let error = Journal::open(&output, &settings("int8"), false).err().unwrap();
        assert!(
            error
                .to_string()
                .contains("begun with precision 'f32', and this is 'int8'"),
            "{error}"
        );
        let (_, found) = Journal::open(&output, &settings("int8"), true).unwrap();
        assert_eq!(found, None);
    }

    #[test]
    fn the_second_is_refused_while_the_first_lives() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("a.jsonl");
        let (first, _) = Journal::open(&output, &settings("f32"), false).unwrap();
        let second = Journal::open(&output, &settings("f32"), false).err().unwrap();
        assert!(matches!(second, JournalError::Locked { .. }), "{second}");
        first.remove().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(Journal::open(&output, &settings("f32"), false).is_ok());
    }

    #[test]
    fn a_long_journal_is_written_anew_with_all_counts() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("a.jsonl");
        let (mut journal, _) = Journal::open(&output, &settings("f32"), false).unwrap();
        let mut total = Summary::default();
        let mut items = 0;
        let mut shrunk = false;
        while !shrunk {
            items += 1;
            let mut checkpoint = checkpoint(items);
            checkpoint.counts.mentions.insert("0".repeat(100_000), 1);
            total.add(&checkpoint.counts);
            let before = journal.length;
            journal.record(&checkpoint, &total).unwrap();
            shrunk = journal.length < before;
        }
        journal.record(&checkpoint(items + 1), &total).unwrap();
        drop(journal);
        let (_, found) = Journal::open(&output, &settings("f32"), false).unwrap();
        let found = found.unwrap();
        assert_eq!(
            (found.place.items, found.counts.documents),
            (items + 1, items + 1)
        );
    }
}
