//! Tagged documents to bytes.
