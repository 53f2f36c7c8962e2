//! Scores against gold.

pub mod linking;
