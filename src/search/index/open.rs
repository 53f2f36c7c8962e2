//! An index is opened, or it is said why not.
//!
//! A folder is an index by its [`MARKER`], which stands there before anything else. What is damaged is found by checksums:
//! those of all files where the index is small, else only where something does not read.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tantivy::directory::error::{LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{Directory, META_LOCK};
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy, TantivyError};

use super::directory::{META, SealedDirectory, TEMPORARY, write_whole};
use super::schema::{Fields, SCHEMA_VERSION, schema};
use crate::panics::caught;
use crate::run::journal::JournalError;
use crate::run::lock::Lock;
use crate::search::FeedError;

/// Says that a folder is an index, and of which schema.
pub const MARKER: &str = "nomenclator.json";
/// Who holds its lock writes the index.
const LOCK: &str = ".nomenclator.lock";
/// tantivy's list of its files.
const FILES: &str = ".managed.json";
/// Bytes of an index whose checksums are looked at whenever it is opened: a tenth of a second's work.
const SMALL: u64 = 256 << 20;
/// What to do about damage.
const ANEW: &str = "index the tagged documents again into a new folder";

/// What the marker says.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    schema: u32,
    program: String,
}

/// Which checksums are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// All of an index of at most 256 MB; of a larger one that of `meta.json`.
    #[default]
    Small,
    /// All.
    All,
}

/// Opens an index to read it; any number of processes may do so, also while one writes it.
///
/// # Errors
/// Where there is none, where it is damaged or of another schema, or where it cannot be read.
pub fn open_to_read(folder: &Path) -> Result<(Index, Fields), FeedError> {
    check_marker(folder)?;
    let directory = open_directory(folder)?;
    let opened = open_index(folder, directory)?;
    verify(folder, &opened.0, Verify::Small)?;
    // What does not open now would not open to the first query.
    reader(folder, &opened.0)?;
    Ok(opened)
}

/// What searches the index as it is now; [`IndexReader::reload`] finds what was committed since.
///
/// # Errors
/// Where it is damaged, or cannot be read.
pub fn reader(folder: &Path, index: &Index) -> Result<IndexReader, FeedError> {
    let builder = index.reader_builder().reload_policy(ReloadPolicy::Manual);
    guarded(folder, index, || builder.try_into())
}

/// An index that is to be written.
pub(super) struct ToWrite {
    pub(super) index: Index,
    pub(super) fields: Fields,
    pub(super) directory: SealedDirectory,
    pub(super) lock: Lock,
}

/// Opens an index to write it, or makes one in a folder that is new or empty.
pub(super) fn open_to_write(folder: &Path, verified: Verify) -> Result<ToWrite, FeedError> {
    let failed = |error: io::Error| failed(folder, &error);
    match fs::metadata(folder) {
        Ok(there) if !there.is_dir() => {
            return Err(unusable(folder, "a file: expected a folder, or a new name"));
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        Err(error) => return Err(failed(error)),
    }
    let lock = lock(folder)?;
    let is_new = is_to_be_made(folder)?;
    if is_new {
        write_marker(folder).map_err(failed)?;
    }
    check_marker(folder)?;
    remove_temporary(folder).map_err(failed)?;
    let directory = open_directory(folder)?;
    let (index, fields) = match is_new {
        true => make_index(folder, directory.clone())?,
        false => open_index(folder, directory.clone())?,
    };
    verify(folder, &index, verified)?;
    Ok(ToWrite {
        index,
        fields,
        directory,
        lock,
    })
}

fn lock(folder: &Path) -> Result<Lock, FeedError> {
    let place = || folder.display().to_string();
    Lock::take(&folder.join(LOCK)).map_err(|error| match error {
        JournalError::Locked { .. } => FeedError::Locked { place: place() },
        JournalError::File { source, .. } => failed(folder, &source),
        other => FeedError::Failed {
            place: place(),
            reason: other.to_string(),
        },
    })
}

/// Whether nothing is in the folder yet, but for what a run may leave that was killed while it made the index.
fn is_to_be_made(folder: &Path) -> Result<bool, FeedError> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, &error))? {
        let entry = entry.map_err(|error| failed(folder, &error))?;
        names.insert(entry.file_name().to_string_lossy().into_owned());
    }
    let marked = names.remove(MARKER);
    if marked && names.contains(META) {
        return Ok(false);
    }
    let left = |name: &String| name == FILES || name.starts_with(TEMPORARY) || name.ends_with(".lock");
    let other = names.iter().find(|&name| !left(name));
    match other {
        None => Ok(true),
        Some(_) if marked => Err(unusable(folder, &format!("{META} is missing: {}", whole()))),
        Some(_) if names.contains(META) => {
            Err(unusable(folder, &format!("{MARKER} is missing: {}", whole())))
        }
        Some(name) => Err(unusable(
            folder,
            &format!("holds other files, such as {name}: expected an index, or a new or an empty folder"),
        )),
    }
}

/// What is expected of a damaged index.
fn whole() -> String {
    format!("expected an index as it was written; {ANEW}")
}

fn write_marker(folder: &Path) -> io::Result<()> {
    let marker = Marker {
        schema: SCHEMA_VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
    };
    write_whole(folder, Path::new(MARKER), &serde_json::to_vec(&marker)?)
}

fn check_marker(folder: &Path) -> Result<(), FeedError> {
    let wrong = |reason: &str| Err(unusable(folder, reason));
    let bytes = match fs::read(folder.join(MARKER)) {
        Ok(bytes) => bytes,
        Err(_) if !folder.exists() => {
            return wrong("no such folder: expected one that `nomenclator index` made");
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return wrong("no index: expected a folder that `nomenclator index` made");
        }
        Err(error) => return Err(failed(folder, &error)),
    };
    match serde_json::from_slice(&bytes) {
        Ok(Marker { schema, .. }) if schema == SCHEMA_VERSION => Ok(()),
        Ok(Marker { schema, .. }) => wrong(&format!(
            "an index of schema {schema}: expected {SCHEMA_VERSION}; {ANEW}"
        )),
        Err(_) => wrong(&format!("{MARKER} is damaged: {}", whole())),
    }
}

/// Removes what a run left that was killed while it wrote a file.
fn remove_temporary(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn open_directory(folder: &Path) -> Result<SealedDirectory, FeedError> {
    SealedDirectory::open(folder).map_err(|error| explained(folder, &error.into()))
}

fn make_index(folder: &Path, directory: SealedDirectory) -> Result<(Index, Fields), FeedError> {
    let (schema, fields) = schema();
    let made = Index::create(directory, schema, IndexSettings::default());
    let index = made.map_err(|error| explained(folder, &error))?;
    Ok((index, fields))
}

fn open_index(folder: &Path, directory: SealedDirectory) -> Result<(Index, Fields), FeedError> {
    let (schema, fields) = schema();
    let opened = caught(|| Index::open(directory));
    let opened = opened.ok_or_else(|| unusable(folder, &format!("{META} is damaged: {}", whole())))?;
    let index = opened.map_err(|error| explained(folder, &error))?;
    match index.schema() == schema {
        true => Ok((index, fields)),
        false => Err(unusable(
            folder,
            &format!(
                "an index with other fields than schema {SCHEMA_VERSION}: {}",
                whole()
            ),
        )),
    }
}

/// Looks at checksums.
pub(super) fn verify(folder: &Path, index: &Index, verify: Verify) -> Result<(), FeedError> {
    let looked = caught(|| {
        let files = files(index)?;
        let bytes = |file: &PathBuf| fs::metadata(folder.join(file)).map_or(0, |there| there.len());
        if verify == Verify::Small && files.iter().map(bytes).sum::<u64>() > SMALL {
            return Ok(None);
        }
        damaged_of(index, files)
    });
    match looked {
        Some(Ok(None)) => Ok(()),
        Some(Ok(Some(file))) => Err(damaged(folder, &file)),
        Some(Err(error)) => Err(explained(folder, &error)),
        None => Err(unusable(folder, &format!("damaged: {}", whole()))),
    }
}

/// The files of the last commit that are there: of a segment some need not be.
fn files(index: &Index) -> tantivy::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for file in index.load_metas()?.list_segment_files() {
        if index.directory().exists(&file)? {
            files.insert(file);
        }
    }
    Ok(files)
}

/// The first of the files that is damaged.
fn damaged_of(index: &Index, files: BTreeSet<PathBuf>) -> tantivy::Result<Option<PathBuf>> {
    // Nobody takes a file away meanwhile.
    let _lock = index.directory().acquire_lock(&META_LOCK)?;
    for file in files {
        match index.directory().validate_checksum(&file) {
            Ok(true) => {}
            // Merged away since the list was made.
            Err(OpenReadError::FileDoesNotExist(_)) => {}
            Ok(false) | Err(_) => return Ok(Some(file)),
        }
    }
    Ok(None)
}

/// What `work` gives. Damage that it meets, by an error or a panic, is told with the file that it is in.
pub fn guarded<T>(
    folder: &Path,
    index: &Index,
    work: impl FnOnce() -> tantivy::Result<T>,
) -> Result<T, FeedError> {
    let error = match caught(work) {
        Some(Ok(done)) => return Ok(done),
        Some(Err(error)) => Some(explained(folder, &error)),
        None => None,
    };
    match error {
        Some(error @ (FeedError::Failed { .. } | FeedError::Locked { .. })) => Err(error),
        other => {
            verify(folder, index, Verify::All)?;
            let unknown = || unusable(folder, &format!("damaged: {}", whole()));
            Err(other.unwrap_or_else(unknown))
        }
    }
}

fn damaged(folder: &Path, file: &Path) -> FeedError {
    unusable(folder, &format!("{} is damaged: {}", file.display(), whole()))
}

fn unusable(folder: &Path, reason: &str) -> FeedError {
    FeedError::Unusable {
        place: folder.display().to_string(),
        reason: reason.to_owned(),
    }
}

/// What the system said.
pub(super) fn failed(folder: &Path, error: &dyn std::fmt::Display) -> FeedError {
    FeedError::Failed {
        place: folder.display().to_string(),
        reason: format!("{error}: expected a place that can be read and written; what was committed stays"),
    }
}

/// An error of tantivy's in words of our own.
pub(super) fn explained(folder: &Path, error: &TantivyError) -> FeedError {
    let of_file = |error: &io::Error, file: &Path| match error.kind() {
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::InvalidInput => damaged(folder, file),
        _ => failed(folder, error),
    };
    match error {
        TantivyError::LockFailure(LockError::LockBusy, _) => FeedError::Locked {
            place: folder.display().to_string(),
        },
        TantivyError::LockFailure(LockError::IoError(error), _) => failed(folder, error),
        TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(file)) => {
            let name = file.file_name().unwrap_or(file.as_os_str());
            let reason = format!("{} is missing: {}", name.display(), whole());
            unusable(folder, &reason)
        }
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath }) => {
            of_file(io_error, filepath.file_name().map_or(filepath, Path::new))
        }
        TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, .. }) => failed(folder, io_error),
        TantivyError::IoError(error) => match error.kind() {
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::InvalidInput => {
                unusable(folder, &format!("damaged ({error}): {}", whole()))
            }
            _ => failed(folder, error),
        },
        TantivyError::DataCorruption(_)
        | TantivyError::IncompatibleIndex(_)
        | TantivyError::OpenReadError(_)
        | TantivyError::SchemaError(_)
        | TantivyError::DeserializeError(_) => {
            // What tantivy says may go over many lines.
            let said = error.to_string();
            let line = said.lines().next().unwrap_or_default();
            let line: String = line.chars().take(200).collect();
            unusable(folder, &format!("damaged ({line}): {}", whole()))
        }
        other => failed(folder, other),
    }
}
