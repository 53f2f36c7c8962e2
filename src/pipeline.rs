//! The whole way of a document.
