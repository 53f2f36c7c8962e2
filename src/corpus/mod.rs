//! Readers of document streams.
