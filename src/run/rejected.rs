//! The file of what was no document: one JSON object a line, `{"source","line","offset","reason"}`.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use super::names;
use super::stream::open_at;
use crate::corpus::Rejection;

/// Written as `FILE.partial` until the run is over; where nothing was rejected, no file is left.
pub struct RejectedFile {
    path: PathBuf,
    /// Opened at the first rejection.
    file: Option<File>,
    length: u64,
}

impl RejectedFile {
    /// Begins anew at length 0, or goes on at `length`, where what stands behind is cut off.
    ///
    /// # Errors
    /// Where the file is shorter, or cannot be written.
    pub fn open(path: &Path, length: u64) -> io::Result<Self> {
        let file = match length {
            0 => None,
            length => Some(open_at(&names::partial(path), Some(length))?),
        };
        Ok(RejectedFile {
            path: path.to_owned(),
            file,
            length,
        })
    }

    /// Adds one.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&mut self, rejection: &Rejection) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(open_at(&names::partial(&self.path), None)?),
        };
        let mut line = serde_json::to_vec(rejection)?;
        line.push(b'\n');
        file.write_all(&line)?;
        self.length = file.stream_position()?;
        Ok(())
    }

    /// Carries it to the disk; its length.
    ///
    /// # Errors
    /// Where that fails.
    pub fn sync(&mut self) -> io::Result<u64> {
        if let Some(file) = &self.file {
            file.sync_data()?;
        }
        Ok(self.length)
    }

    /// Its name, once it has it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, or leaves none where nothing was rejected: an older one would tell of another run.
    ///
    /// # Errors
    /// Where the names cannot be changed.
    pub fn finish(path: &Path, length: u64) -> io::Result<()> {
        let partial = names::partial(path);
        if length > 0 {
            return match fs::rename(&partial, path) {
                // Done before the crash that this run comes after.
                Err(error) if error.kind() == io::ErrorKind::NotFound && path.exists() => Ok(()),
                renamed => renamed,
            };
        }
        for stale in [&partial, path] {
            match fs::remove_file(stale) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}
