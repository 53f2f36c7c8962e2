//! What people ask of the index: a line of text to a tree, and the tree to what tantivy runs.
//!
//! | file | |
//! |---|---|
//! | `lexer.rs` | characters → tokens with their places |
//! | `parser.rs`, `ast.rs`, `values.rs` | tokens → a tree of what was asked |
//! | `resolve.rs` | names → the entities that they can mean, prefixes → words |
//! | `plan.rs`, `near.rs`, `without.rs` | the tree → a query of tantivy |

use std::fmt;
use std::ops::Range;

pub mod ast;
mod lexer;
pub mod near;
pub mod parser;
pub mod plan;
pub mod resolve;
mod values;
pub mod without;

pub use parser::parse;

/// A query longer than this is refused.
pub const MAX_CHARACTERS: usize = 8192;
/// Parentheses and negations one inside the other.
pub const MAX_DEPTH: usize = 64;
/// Words and fields of a query.
pub const MAX_TERMS: usize = 512;

/// What is wrong with a query, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct QueryError {
    /// The characters of the query that are wrong; at least one of them lies in it, unless it is empty.
    pub span: Range<usize>,
    /// What is wrong, and what was expected.
    pub reason: String,
}

impl QueryError {
    pub(crate) fn new(span: Range<usize>, reason: impl Into<String>) -> Self {
        QueryError {
            span,
            reason: reason.into(),
        }
    }

    /// Where it begins: 1 is the query's first character.
    pub fn column(&self) -> usize {
        self.span.start + 1
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query, column {}: {}", self.column(), self.reason)
    }
}

/// At most so many characters of `text`, for a message.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
