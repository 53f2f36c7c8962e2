//! Packed batches to label scores.
//!
//! A [`folder::ModelFolder`] is what Hugging Face writes for a `BertForTokenClassification`; each backend reads its
//! tensors through [`weights::Weights`] and scores batches behind [`TokenClassifier`].

use std::io;
use std::time::Duration;

use ndarray::Array2;

use crate::batch::PackedBatch;

pub mod config;
mod digest;
pub mod folder;
pub mod labels;
pub mod native;
#[cfg(feature = "rust-bert")]
pub mod rust_bert;
mod vocabulary;
pub mod weights;

/// Scores tokens of a batch with every label.
pub trait TokenClassifier: Send + Sync {
    /// Logits of the tokens that are wanted, shape `[wanted, labels]`, in their order.
    ///
    /// A token's logits must not depend on what else is in the batch but its window, nor on which others are wanted: to the
    /// last bit in the native backend, but for rounding in libtorch's.
    ///
    /// # Errors
    /// Where the backend fails; the native one does not, on batches that its own model's tokenizer made.
    fn scores(&self, batch: &PackedBatch) -> Result<Array2<f32>, ModelError>;

    /// Tokens that it computes for a batch, padding included.
    fn slots(&self, batch: &PackedBatch) -> usize {
        batch.tokens()
    }

    /// The backend's name and what it computes with: `native, int8 with avx512`.
    fn description(&self) -> String;

    /// Its arithmetic, where it tells of it.
    fn arithmetic(&self) -> Option<&dyn Arithmetic> {
        None
    }
}

/// What a classifier tells of its arithmetic. Only linear layers count; a product and a sum are two operations.
pub trait Arithmetic: Send + Sync {
    /// Operations a second that this thread's core does at best, measured now for about `time`: by the instructions that
    /// the linear layers use, on registers and nothing else.
    fn peak(&self, time: Duration) -> f64;

    /// Operations for tokens of windows, of which the scores of some were wanted.
    fn operations(&self, tokens: u64, wanted: u64) -> u64;

    /// Where the encoder's time went in the batches that are done since this was last asked, summed over threads.
    fn take_spent(&self) -> Spent;
}

/// Times of an encoder's parts; what is left is normalisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Linear layers, with what is done to what they read and to their sums.
    pub linear: Duration,
    /// From queries, keys and values to what is gathered by them.
    pub attention: Duration,
}

/// What can go wrong with a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file of the folder cannot be read.
    #[error("{place}: {source}: expected a folder with config.json, tokenizer.json and model.safetensors")]
    Read {
        /// The file.
        place: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A configuration that is none, or none that can be run.
    #[error("{place}: {reason}: expected {expected}")]
    Config {
        /// The file.
        place: String,
        /// What is wrong in it.
        reason: String,
        /// What would be right.
        expected: String,
    },
    /// Labels that are not BIO2.
    #[error("{place}: {source}")]
    Labels {
        /// The configuration file.
        place: String,
        /// Which label, and why not.
        source: labels::LabelError,
    },
    /// A tokenizer that does not load or does not fit.
    #[error("{place}: {reason}: expected a BERT tokenizer as Hugging Face tokenizers writes it")]
    Tokenizer {
        /// The file.
        place: String,
        /// What is wrong in it.
        reason: String,
    },
    /// Weights that are no safetensors file, or a cut one.
    #[error("{place}: not a whole safetensors file of {bytes} bytes: {reason}")]
    Safetensors {
        /// The file.
        place: String,
        /// Its length.
        bytes: usize,
        /// What the reader said.
        reason: String,
    },
    /// A tensor that the configuration calls for.
    #[error("{place}: tensor '{name}' is missing: expected one of shape {expected:?}")]
    MissingTensor {
        /// The file.
        place: String,
        /// Hugging Face's name for it.
        name: String,
        /// Its shape by the configuration.
        expected: Vec<usize>,
    },
    /// A tensor of another shape than the configuration gives.
    #[error("{place}: tensor '{name}' has shape {found:?}: expected {expected:?} from config.json")]
    TensorShape {
        /// The file.
        place: String,
        /// Its name in the file.
        name: String,
        /// Its shape in the file.
        found: Vec<usize>,
        /// Its shape by the configuration.
        expected: Vec<usize>,
    },
    /// A tensor of a number type that is not read.
    #[error("{place}: tensor '{name}' holds {found}: expected F32, F16 or BF16")]
    TensorType {
        /// The file.
        place: String,
        /// Its name in the file.
        name: String,
        /// The type in the file.
        found: String,
    },
    /// A weight that is infinite or not a number, so that every score would be.
    #[error("{place}: tensor '{name}' holds {value} at element {index}: expected finite numbers")]
    NotFinite {
        /// The file.
        place: String,
        /// Its name in the file.
        name: String,
        /// The first such value.
        value: f32,
        /// Its index in the flattened tensor.
        index: usize,
    },
    /// Built without a model inside.
    #[error("no model is built into this program: expected --model DIR, or a build with the feature 'embed'")]
    NotEmbedded,
    /// A backend's own failure.
    #[error("the {backend} backend failed: {reason}")]
    Backend {
        /// The backend's name.
        backend: &'static str,
        /// What it said.
        reason: String,
    },
}
