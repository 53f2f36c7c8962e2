//! Tagged documents to bytes: one writer for each format, all of them streams.

use std::io;

use crate::document::TaggedDocument;

pub mod conll;
pub mod html;
pub mod jsonl;
pub mod offsets;
pub mod pretty;
mod visible;
mod wrap;

pub use offsets::OffsetUnit;
pub use visible::{is_steering, push_visible, visible};

/// Takes tagged documents one by one and writes each at once.
pub trait DocumentWriter {
    /// Writes one document.
    ///
    /// # Errors
    /// Where the output cannot be written.
    fn write(&mut self, tagged: &TaggedDocument) -> io::Result<()>;

    /// Writes what comes after the last document, and flushes.
    ///
    /// # Errors
    /// Where the output cannot be written.
    fn finish(&mut self) -> io::Result<()>;
}
