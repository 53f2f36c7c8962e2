//! The folder of an index, as tantivy reads and writes it.
//!
//! Two things that tantivy leaves out: `meta.json`, which says what the index holds, gets a digest as its other files have
//! checksums; and the first failed write is remembered, since threads of tantivy's that fail say only that they did.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tantivy::directory::error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, META_LOCK, MmapDirectory, TerminatingWrite,
    WatchCallback, WatchHandle, WritePtr,
};

/// Says what the index holds.
pub const META: &str = "meta.json";
/// What the names of files begin with that are not under their own name yet.
pub(super) const TEMPORARY: &str = ".tmp";
/// The digest's key, the last one of the object.
const KEY: &str = ",\"digest\":\"";
/// What stands behind the digest.
const END: &str = "\"}\n";

/// A folder on the disk.
#[derive(Clone, Debug)]
pub struct SealedDirectory {
    folder: PathBuf,
    inside: MmapDirectory,
    failure: Failure,
}

/// The first write that failed.
#[derive(Clone, Debug, Default)]
struct Failure(Arc<Mutex<Option<String>>>);

impl Failure {
    fn keep<T>(&self, done: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &done {
            let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| error.to_string());
        }
        done
    }
}

impl SealedDirectory {
    /// Opens a folder that is there.
    ///
    /// # Errors
    /// Where it does not open.
    pub fn open(folder: &Path) -> Result<Self, OpenDirectoryError> {
        Ok(SealedDirectory {
            inside: MmapDirectory::open(folder)?,
            // As tantivy does: the index stays where it is, wherever the process goes.
            folder: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()),
            failure: Failure::default(),
        })
    }

    /// What the system said to the first write that failed.
    pub fn failure(&self) -> Option<String> {
        let first = self.failure.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.clone()
    }
}

/// Writes a file of the folder, which appears under its name when it is whole. Whoever may read the others may read it,
/// which is more than tantivy lets them.
pub(super) fn write_whole(folder: &Path, name: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = tempfile::Builder::new();
    temporary.prefix(TEMPORARY);
    #[cfg(unix)]
    temporary.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = temporary.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_data()?;
    file.persist(folder.join(name))?;
    Ok(())
}

/// The object with its digest as a last key, which tantivy does not look at.
fn sealed(json: &[u8]) -> io::Result<Vec<u8>> {
    let object = json
        .trim_ascii_end()
        .strip_suffix(b"}")
        .ok_or(io::ErrorKind::InvalidInput)?;
    let digest = digest(object);
    Ok([object, KEY.as_bytes(), digest.as_bytes(), END.as_bytes()].concat())
}

/// The object without its digest; `None` where that is not the object's.
fn unsealed(sealed: &[u8]) -> Option<Vec<u8>> {
    let rest = sealed.strip_suffix(END.as_bytes())?;
    let (rest, found) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
    let object = rest.strip_suffix(KEY.as_bytes())?;
    (digest(object).as_bytes() == found).then(|| [object, b"}\n"].concat())
}

/// Digits of a digest.
const DIGITS: usize = 16;

fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest
        .iter()
        .take(DIGITS / 2)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Directory for SealedDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.inside.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.inside.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.inside.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let wrapped = |error| OpenWriteError::wrap_io_error(error, path.to_owned());
        let opened = self.inside.open_write(path);
        if let Err(OpenWriteError::IoError { io_error, .. }) = &opened {
            let _ = self
                .failure
                .keep::<()>(Err(io::Error::other(Arc::clone(io_error))));
        }
        // Nothing is in its buffer yet.
        let inside = opened?
            .into_inner()
            .map_err(|error| wrapped(error.into_error()))?;
        let failure = self.failure.clone();
        Ok(BufWriter::new(Box::new(Remembering { inside, failure })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let bytes = self.inside.atomic_read(path)?;
        if path != Path::new(META) {
            return Ok(bytes);
        }
        unsealed(&bytes).ok_or_else(|| {
            let error = io::Error::new(io::ErrorKind::InvalidData, "its digest does not hold");
            OpenReadError::wrap_io_error(error, path.to_owned())
        })
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let written = match path == Path::new(META) {
            true => sealed(data).and_then(|sealed| write_whole(&self.folder, path, &sealed)),
            false => write_whole(&self.folder, path, data),
        };
        self.failure.keep(written)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.failure.keep(self.inside.sync_directory())
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        match self.inside.acquire_lock(lock) {
            // Nobody takes files away from a reader in a folder that nobody can write.
            Err(LockError::IoError(error))
                if lock.filepath == META_LOCK.filepath && is_for_readers_alone(&error) =>
            {
                Ok(DirectoryLock::from(Box::new(())))
            }
            taken => taken,
        }
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.inside.watch(callback)
    }
}

fn is_for_readers_alone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}

/// A file that is written.
struct Remembering {
    inside: Box<dyn TerminatingWrite + Send + Sync>,
    failure: Failure,
}

impl Write for Remembering {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inside.write(bytes);
        self.failure.keep(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.inside.flush();
        self.failure.keep(flushed)
    }
}

impl TerminatingWrite for Remembering {
    fn terminate_ref(&mut self, token: AntiCallToken) -> io::Result<()> {
        let ended = self.inside.terminate_ref(token);
        self.failure.keep(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_its_object_alone() {
        let json = b"{\n  \"segments\": [],\n  \"opstamp\": 12\n}\n";
        let good = sealed(json).unwrap();
        let object: serde_json::Value = serde_json::from_slice(&good).unwrap();
        assert_eq!(object["opstamp"], 12);
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&unsealed(&good).unwrap()).unwrap(),
            serde_json::from_slice::<serde_json::Value>(json).unwrap()
        );
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(unsealed(&bad), None, "byte {at}");
            assert_eq!(unsealed(&good[..at]), None, "cut at {at}");
        }
        assert_eq!(unsealed(json), None);
        assert!(sealed(b"[]").is_err());
    }
}
