//! What could not be read as a document.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A piece of input that is no document: where it stands, what is wrong with it, and what was expected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The file as the user named it, or `stdin`.
    pub source: String,
    /// The line (of a Parquet file the row) on which it begins, from 1; `None` where a whole file is refused.
    pub line: Option<u64>,
    /// The byte of the uncompressed input at which it begins, or the first wrong one, from 0, where that is known.
    pub offset: Option<u64>,
    /// What is wrong, and what was expected.
    pub reason: String,
}

impl fmt::Display for Rejection {
    /// `FILE:LINE: reason`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_place(f, &self.source, self.line)?;
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for Rejection {}

/// Where a record stands in its input; the fields are those of [`Rejection`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) source: String,
    pub(crate) line: Option<u64>,
    pub(crate) offset: Option<u64>,
}

impl Place {
    /// A whole input.
    pub(crate) fn whole(source: &str) -> Self {
        Place {
            source: source.to_owned(),
            ..Place::default()
        }
    }

    /// What stands here is no document.
    pub(crate) fn reject(self, reason: impl Into<String>) -> Rejection {
        Rejection {
            source: self.source,
            line: self.line,
            offset: self.offset,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Place {
    /// `FILE:LINE`, which is the id of a document that has none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_place(f, &self.source, self.line)
    }
}

fn show_place(f: &mut fmt::Formatter<'_>, source: &str, line: Option<u64>) -> fmt::Result {
    f.write_str(source)?;
    match line {
        Some(line) => write!(f, ":{line}"),
        None => Ok(()),
    }
}
