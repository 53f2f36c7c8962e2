//! Scores against gold.

use std::io;

pub mod calibration;
pub mod conll;
pub mod considered;
pub mod entities;
pub mod exact;
pub mod gold;
mod identity;
pub mod linking;
pub mod linking_set;
pub mod ner;
mod tally;

use crate::corpus::Rejection;

/// Gold that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A file that does not read.
    #[error("{place}: {source}: expected a readable file")]
    Read {
        /// The file.
        place: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A file that is no text.
    #[error(transparent)]
    Corpus(#[from] Rejection),
    /// A CoNLL line that is none.
    #[error(
        "{place}: '{line}' is no labelled token: expected a token and, last, its label (O, or B-, I-, E-, S- and a name), \
         parted by tabs or spaces"
    )]
    Line {
        /// The file and line.
        place: String,
        /// The line's beginning.
        line: String,
    },
    /// A line of a label map that is none.
    #[error("{place}: '{line}' maps no label: expected FROM=TO, or FROM and TO parted by a tab")]
    LabelMapLine {
        /// The file and line.
        place: String,
        /// The line's beginning.
        line: String,
    },
    /// A line of a list of entities that is none.
    #[error(
        "{place}: '{line}' is no row of a list of entities: expected title, kind (country, official, agency, capital, team, \
         people or unclear), country, ids and basis, parted by tabs, below a line with these names"
    )]
    EntityLine {
        /// The file and line.
        place: String,
        /// The line's beginning.
        line: String,
    },
}
