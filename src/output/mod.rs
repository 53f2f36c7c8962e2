//! Tagged documents to bytes: one writer for each format, all of them streams.

use std::borrow::Cow;
use std::io;

use crate::document::{Kind, TaggedDocument};

pub mod brat;
pub mod conll;
pub mod explain;
mod file_name;
pub mod html;
pub mod jsonl;
pub mod offsets;
pub mod pages;
pub mod parquet;
pub mod pretty;
pub mod sink;
pub mod spacy;
mod visible;
pub(crate) mod wrap;

pub use offsets::OffsetUnit;
pub use visible::{is_steering, push_visible, visible};

/// A role as people read it: an agency's sort in words, and nothing for a country that is an ordinary state.
fn shown_role(kind: Kind, role: Option<&str>) -> Option<Cow<'_, str>> {
    let role = role.filter(|role| !role.is_empty() && (kind, *role) != (Kind::Country, "state"))?;
    Some(match kind {
        Kind::Official => Cow::Borrowed(role),
        Kind::Country | Kind::Agency => Cow::Owned(role.replace('_', " ")),
    })
}

/// Where the text that is shown ends: white space after the last word is left out.
fn shown_end(tagged: &TaggedDocument) -> usize {
    let last = tagged.mentions.last().map_or(0, |mention| mention.span.end);
    tagged.document.text.trim_ascii_end().len().max(last)
}

/// A writer that counts what goes through it.
pub(crate) struct Counted<W> {
    into: W,
    bytes: u64,
}

impl<W: io::Write> Counted<W> {
    pub(crate) fn new(into: W) -> Self {
        Counted { into, bytes: 0 }
    }

    /// The writer, not flushed, and the bytes that it was given.
    pub(crate) fn into_parts(self) -> (W, u64) {
        (self.into, self.bytes)
    }
}

impl<W: io::Write> io::Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.into.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

/// A format whose documents stand one after the other, with nothing around or between them.
pub trait DocumentFormat: Send + Sync {
    /// Writes one document.
    ///
    /// # Errors
    /// Where `into` cannot be written.
    fn write(&self, tagged: &TaggedDocument, into: &mut dyn io::Write) -> io::Result<()>;
}

/// Writes a [`DocumentFormat`] as documents come.
pub struct FormatWriter<W, F> {
    into: W,
    format: F,
}

impl<W: io::Write, F: DocumentFormat> FormatWriter<W, F> {
    /// Writes `format` into `into`.
    pub fn new(into: W, format: F) -> Self {
        FormatWriter { into, format }
    }
}

impl DocumentFormat for Box<dyn DocumentFormat> {
    fn write(&self, tagged: &TaggedDocument, into: &mut dyn io::Write) -> io::Result<()> {
        (**self).write(tagged, into)
    }
}

impl<W: io::Write, F: DocumentFormat> DocumentWriter for FormatWriter<W, F> {
    fn write(&mut self, tagged: &TaggedDocument) -> io::Result<()> {
        self.format.write(tagged, &mut self.into)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

/// Takes tagged documents one by one and writes each at once.
pub trait DocumentWriter {
    /// Writes one document.
    ///
    /// # Errors
    /// Where the output cannot be written.
    fn write(&mut self, tagged: &TaggedDocument) -> io::Result<()>;

    /// Hands on what is written so far to whoever reads it, where the format is one to be read as it comes.
    ///
    /// # Errors
    /// Where the output cannot be written.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Writes what comes after the last document, and flushes.
    ///
    /// # Errors
    /// Where the output cannot be written.
    fn finish(&mut self) -> io::Result<()>;
}
