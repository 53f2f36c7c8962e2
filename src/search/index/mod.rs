//! The embedded index: a folder that [`tantivy`] keeps.

pub mod directory;
pub mod document;
pub mod feed;
pub mod open;
pub mod schema;
