//! Mentions to links.
