//! Output that a run can come back to after a crash.

use std::io;

use serde::{Deserialize, Serialize};

use crate::document::TaggedDocument;

/// Takes the documents of a run, and says how far what it wrote could be gone on with.
///
/// Its bytes depend on the documents alone, never on where marks were set: compressed members and row groups end at
/// boundaries that the documents give, and a mark is possible at a boundary only.
pub trait Sink: Send {
    /// Writes a document; `true` where what is written now ends at a boundary.
    ///
    /// # Errors
    /// Where the output cannot be written.
    fn write(&mut self, tagged: &TaggedDocument) -> io::Result<bool>;

    /// Carries what is written to the disk, and says how to come back to here. Only at a boundary, or before the first
    /// document.
    ///
    /// # Errors
    /// Where the output cannot be written.
    fn mark(&mut self) -> io::Result<Mark>;

    /// Writes what comes after the last document, and carries it to the disk: the output is whole.
    ///
    /// # Errors
    /// Where the output cannot be written.
    fn finish(self: Box<Self>) -> io::Result<()>;

    /// Bytes that the documents so far make, before compression: what shards are measured by.
    fn bytes(&self) -> u64;
}

/// How far an output was written when all of it was on the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Documents in it.
    pub documents: u64,
    /// What [`Sink::bytes`] said.
    pub bytes: u64,
    /// The length of the file.
    pub length: u64,
    /// The length of the file beside it, where the format needs one (a Parquet file's row groups so far).
    pub beside: u64,
}
