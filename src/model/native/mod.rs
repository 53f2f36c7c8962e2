//! The CPU engine: a BERT encoder with a token classifier on top, in f32.
//!
//! 1. [`Embeddings`]: word + position + token type, normalised.
//! 2. [`layer::EncoderLayer`]s: attention within each window ([`attention`]), then the feed-forward part.
//! 3. The classifier: one linear layer.
//!
//! Tokens of all windows stand in one `[tokens, hidden]` matrix without padding; only attention knows the windows.
//! The arithmetic is in [`kernels`].

use std::sync::{Mutex, PoisonError};

use ndarray::{Array2, ArrayViewMut2};
use rayon::prelude::*;

use super::config::ModelConfig;
use super::folder::ModelFolder;
use super::weights::Weights;
use super::{ModelError, TokenClassifier};
use crate::batch::PackedBatch;

mod attention;
mod kernels;
mod layer;
mod scratch;

pub use kernels::Activation;
use kernels::Linear;
use layer::{EncoderLayer, LayerNorm, load_linear};
use scratch::{Scratch, view};

/// A BERT token classifier on the CPU.
pub struct NativeClassifier {
    embeddings: Embeddings,
    layers: Vec<EncoderLayer>,
    classifier: Linear,
    /// Buffers that no thread is using.
    scratch: Mutex<Vec<Scratch>>,
}

impl NativeClassifier {
    /// Reads the folder's weights and lays them out for the products.
    ///
    /// # Errors
    /// Where the file is no whole safetensors file, or a tensor is missing, of another shape or type, or not finite.
    pub fn new(folder: &ModelFolder) -> Result<Self, ModelError> {
        let config = folder.config();
        let weights = folder.weights()?;
        let layers: Vec<Result<_, _>> = (0..config.num_hidden_layers)
            .into_par_iter()
            .map(|index| EncoderLayer::load(&weights, index, config))
            .collect();
        Ok(NativeClassifier {
            embeddings: Embeddings::load(&weights, config)?,
            // Of several faults the first layer's is told.
            layers: layers.into_iter().collect::<Result<_, _>>()?,
            classifier: load_linear(&weights, &["classifier"], config.labels.len(), config.hidden_size)?,
            scratch: Mutex::default(),
        })
    }
}

impl TokenClassifier for NativeClassifier {
    fn scores(&self, batch: &PackedBatch) -> Result<Array2<f32>, ModelError> {
        let pool = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = pool().pop().unwrap_or_default();
        let mut hidden = view(&mut scratch.hidden, batch.tokens(), self.embeddings.hidden);
        self.embeddings.apply(batch, hidden.view_mut())?;
        for layer in &self.layers {
            layer.apply(hidden.view_mut(), &batch.bounds, &mut scratch.layer);
        }
        let mut logits = Array2::zeros((batch.tokens(), self.classifier.outputs()));
        self.classifier.apply(hidden.view(), logits.view_mut());
        pool().push(scratch);
        Ok(logits)
    }
}

/// Tables that turn a token's id, place and type into its first vector.
struct Embeddings {
    hidden: usize,
    words: Vec<f32>,
    positions: Vec<f32>,
    types: Vec<f32>,
    norm: LayerNorm,
}

impl Embeddings {
    fn load(weights: &Weights<'_>, config: &ModelConfig) -> Result<Self, ModelError> {
        let table = |name: &str, entries: usize| {
            weights.tensor(
                &format!("bert.embeddings.{name}_embeddings.weight"),
                &[entries, config.hidden_size],
            )
        };
        Ok(Embeddings {
            hidden: config.hidden_size,
            words: table("word", config.vocab_size)?,
            positions: table("position", config.max_position_embeddings)?,
            types: table("token_type", config.type_vocab_size)?,
            norm: LayerNorm::load(weights, "bert.embeddings.LayerNorm", config)?,
        })
    }

    /// Fills `hidden`, `[tokens, hidden]`.
    fn apply(&self, batch: &PackedBatch, mut hidden: ArrayViewMut2<'_, f32>) -> Result<(), ModelError> {
        for window in batch.bounds.windows(2) {
            for token in window[0]..window[1] {
                let word = self.entry(&self.words, batch.token_ids[token] as usize, "token id")?;
                let position = self.entry(&self.positions, token - window[0], "position")?;
                let token_type = self.entry(&self.types, batch.token_types[token] as usize, "token type")?;
                let sums = word.iter().zip(position).zip(token_type);
                for (into, ((word, position), token_type)) in hidden.row_mut(token).iter_mut().zip(sums) {
                    *into = word + position + token_type;
                }
            }
        }
        self.norm.apply(hidden);
        Ok(())
    }

    fn entry<'a>(&self, table: &'a [f32], index: usize, what: &str) -> Result<&'a [f32], ModelError> {
        table
            .chunks_exact(self.hidden)
            .nth(index)
            .ok_or_else(|| ModelError::Backend {
                backend: "native",
                reason: format!(
                    "{what} {index} is not among the model's {}",
                    table.len() / self.hidden
                ),
            })
    }
}
