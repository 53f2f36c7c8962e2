//! The embedded index: a folder that [`tantivy`] keeps.

pub mod document;
pub mod feed;
pub mod schema;
