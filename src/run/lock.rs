//! One process at a time writes an output.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::journal::JournalError;

/// A file whose lock says that somebody writes the output; the system gives it back when the process ends, however it does.
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock that this file stands for.
    ///
    /// # Errors
    /// Where another process holds it, or the file cannot be written.
    pub fn take(path: &Path) -> Result<Self, JournalError> {
        let failed = |source| JournalError::File {
            place: path.display().to_string(),
            source,
        };
        loop {
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(JournalError::Locked {
                        place: path.display().to_string(),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            // Whoever held it before may have removed the file after it was opened here.
            if is_at(&file, path) {
                return Ok(Lock {
                    path: path.to_owned(),
                    _file: file,
                });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Nobody needs the file of a lock that is held no more; where it cannot be removed, it does no harm.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the file still stands under this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}
