//! Named entities in news text, linked to the countries, officials and agencies they mean.
//!
//! The house in the order of the data, one folder or file a stage:
//!
//! | stage | in → out |
//! |---|---|
//! | [`corpus`] | bytes → [`Document`](document::Document) |
//! | [`tokenize`] | text → words and windows of sub-word tokens |
//! | [`batch`] | windows → [`PackedBatch`](batch::PackedBatch), without padding |
//! | [`model`] | packed batch → label scores `[tokens, labels]` |
//! | [`decode`] | label scores → [`Mention`](document::Mention)s |
//! | [`link`] with [`gazetteer`] | mentions → links |
//! | [`output`] | [`TaggedDocument`](document::TaggedDocument) → bytes |
//!
//! [`run`] takes whole corpora through, [`stats`] counts over what was tagged. [`pipeline`] walks the whole way, [`repeats`] spares it what it has scored before, and [`measure`] tells where the time goes; [`eval`] scores it against gold; [`cli`] is the command line.

pub mod batch;
pub mod cli;
pub mod compression;
pub mod corpus;
pub mod dates;
pub mod decode;
pub mod document;
pub mod eval;
pub mod gazetteer;
pub mod link;
pub mod measure;
pub mod model;
pub mod output;
pub mod panics;
pub mod pipeline;
pub mod repeats;
pub mod run;
pub mod search;
pub mod stats;
pub mod tokenize;
