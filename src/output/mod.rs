//! Tagged documents to bytes: one writer for each format, all of them streams.

use std::borrow::Cow;
use std::io;

use crate::document::{Kind, TaggedDocument};

pub mod conll;
pub mod explain;
pub mod html;
pub mod jsonl;
pub mod offsets;
pub mod pretty;
mod visible;
mod wrap;

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
