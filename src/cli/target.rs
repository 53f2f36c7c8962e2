//! Where output goes: standard output, or a file that appears under its name only when it is whole.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Exit, Failure};

/// Bytes that gather before a write: documents are small, system calls are not.
const BUFFER: usize = 1 << 16;

/// An open output.
pub struct Target {
    into: BufWriter<Box<dyn Write + Send>>,
    /// The name to give to the finished file.
    rename: Option<Rename>,
    place: String,
}

struct Rename {
    partial: PathBuf,
    to: PathBuf,
}

impl Target {
    /// Standard output.
    pub fn stdout() -> Self {
        let into: Box<dyn Write + Send> = Box::new(io::stdout());
        Target {
            into: BufWriter::with_capacity(BUFFER, into),
            rename: None,
            place: "standard output".to_owned(),
        }
    }

    /// A file, written as `FILE.partial` until it is whole. What is there and is no regular file (a pipe, a device) is
    /// written directly.
    pub fn file(path: &Path) -> Result<Self, Failure> {
        Self::create(path).map_err(|error| cannot_write(&path.display().to_string(), error))
    }

    fn create(path: &Path) -> io::Result<Self> {
        let place = path.display().to_string();
        // A link stays a link: the file that it leads to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let regular = fs::metadata(&path).map_or(true, |there| there.is_file());
        let (file, rename) = if regular {
            let mut name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
            name.push(".partial");
            let partial = path.with_file_name(name);
            match fs::remove_file(&partial) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let file = OpenOptions::new().write(true).create_new(true).open(&partial)?;
            (file, Some(Rename { partial, to: path }))
        } else {
            (OpenOptions::new().write(true).open(&path)?, None)
        };
        let into: Box<dyn Write + Send> = Box::new(file);
        Ok(Target {
            into: BufWriter::with_capacity(BUFFER, into),
            rename,
            place,
        })
    }

    /// Flushes, and gives the file its name.
    pub fn finish(mut self) -> Result<(), Failure> {
        let renamed = self.into.flush().and_then(|()| match self.rename.take() {
            Some(Rename { partial, to }) => fs::rename(partial, to),
            None => Ok(()),
        });
        renamed.map_err(|error| cannot_write(&self.place, error))
    }

    /// Flushes, and leaves what is not whole under its own name, which is returned; standard output has none.
    pub fn abandon(mut self) -> Result<Option<PathBuf>, Failure> {
        self.into
            .flush()
            .map_err(|error| cannot_write(&self.place, error))?;
        Ok(self.rename.map(|rename| rename.partial))
    }

    /// Where the output goes, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.into.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

/// A failure to write to `place`; one that a reader caused by going away is still known as such.
pub fn cannot_write(place: &str, error: io::Error) -> Failure {
    let message = format!("{place}: {error}: expected a place that can be written");
    Failure {
        exit: Exit::Output,
        error: anyhow::Error::new(error).context(message),
    }
}
