//! The CPU engine: a BERT encoder with a token classifier on top.
//!
//! 1. [`Embeddings`]: word + position + token type, normalised.
//! 2. [`layer::EncoderLayer`]s: attention within each window, then the feed-forward part.
//! 3. The classifier: one linear layer.
//!
//! Tokens of all windows stand in one `[tokens, hidden]` matrix without padding; only attention knows the windows.
//! The arithmetic is in [`kernels`], which also choose the CPU's instructions.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ndarray::Array2;
use rayon::prelude::*;

use super::config::ModelConfig;
use super::folder::ModelFolder;
use super::weights::{Matrix, Weights};
use super::{Arithmetic, ModelError, Spent, TokenClassifier};
use crate::batch::PackedBatch;

mod kernels;
mod layer;
mod scratch;

pub use kernels::{Activation, Isa, Precision};
use kernels::{Kernels, Linear, Rows, Then, bring_near};
use layer::{EncoderLayer, LayerNorm, load_linear};
use scratch::Scratch;

/// A BERT token classifier on the CPU.
pub struct NativeClassifier {
    isa: Isa,
    kernels: Kernels,
    operations: Operations,
    embeddings: Embeddings,
    layers: Vec<EncoderLayer>,
    classifier: Linear,
    /// Buffers that no thread is using.
    scratch: Mutex<Vec<Scratch>>,
}

impl NativeClassifier {
    /// Reads the folder's weights and lays them out for the instructions and the precision that [`chosen`] gives.
    ///
    /// # Errors
    /// As [`NativeClassifier::with`] and [`chosen`].
    pub fn new(folder: &ModelFolder, precision: Option<Precision>) -> Result<Self, ModelError> {
        let (isa, precision) = chosen(precision).map_err(backend_error)?;
        NativeClassifier::with(folder, isa, precision)
    }

    /// Reads the folder's weights and lays them out for `isa` in `precision`.
    ///
    /// # Errors
    /// Where the file is no whole safetensors file, or a tensor is missing, of another shape or type, or not finite; or
    /// the CPU lacks the instructions.
    pub fn with(folder: &ModelFolder, isa: Isa, precision: Precision) -> Result<Self, ModelError> {
        let kernels = Kernels::of(isa, precision).ok_or_else(|| {
            let able = Kernels::available().filter(|(able, _)| *able == isa);
            let able: Vec<&str> = able.map(|(_, precision)| precision.name()).collect();
            let able = able.join(", ");
            backend_error(format!(
                "this CPU does not compute {precision} with {isa}: expected one of {able}"
            ))
        })?;
        let config = folder.config();
        let weights = folder.weights()?;
        let classifier = ["classifier"];
        let (embeddings, layers) = rayon::join(
            || Embeddings::load(kernels, &weights, config),
            || -> Vec<Result<_, _>> {
                (0..config.num_hidden_layers)
                    .into_par_iter()
                    .map(|index| EncoderLayer::load(kernels, &weights, index, config))
                    .collect()
            },
        );
        Ok(NativeClassifier {
            isa,
            kernels,
            operations: Operations::of(config),
            embeddings: embeddings?,
            // Of several faults the first layer's is told.
            layers: layers.into_iter().collect::<Result<_, _>>()?,
            classifier: load_linear(
                kernels.in_f32(),
                &weights,
                &classifier,
                config.labels.len(),
                config.hidden_size,
            )?,
            scratch: Mutex::default(),
        })
    }

    /// The instructions that it computes with.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// What its linear layers compute in; all but the last, which is always f32.
    pub fn precision(&self) -> Precision {
        self.kernels.precision()
    }

    fn pool(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every pair of instructions and precision that this CPU can run, the plainest first.
    pub fn available() -> impl Iterator<Item = (Isa, Precision)> {
        Kernels::available()
    }
}

/// The instructions and the precision to compute with: what `NOMENCLATOR_ISA` and the caller ask for; for what they leave
/// open the best instructions that have the precision, and the precision by a table. Never by timing, so that a machine
/// always answers the same. AMX is there only where a product that it computed was right when the program looked for it.
///
/// # Errors
/// One line where the variable names nothing that this CPU has.
pub fn chosen(precision: Option<Precision>) -> Result<(Isa, Precision), String> {
    let able = |isa: Isa, precision: Precision| Kernels::of(isa, precision).is_some();
    let isa = match (Isa::forced()?, precision) {
        (Some(isa), _) => isa,
        (None, precision) => {
            let mut best_first = Isa::available().iter().rev();
            let best = best_first.find(|&&isa| precision.is_none_or(|precision| able(isa, precision)));
            *best.unwrap_or(&Isa::Scalar)
        }
    };
    let automatic = match isa {
        // int8 passes its gate (benches/results) and is the fastest.
        Isa::Neon | Isa::Avx2 | Isa::Avx512 | Isa::Amx if able(isa, Precision::Int8) => Precision::Int8,
        Isa::Amx => Precision::Bf16,
        Isa::Scalar | Isa::Neon | Isa::Avx2 | Isa::Avx512 => Precision::F32,
    };
    Ok((isa, precision.unwrap_or(automatic)))
}

impl TokenClassifier for NativeClassifier {
    fn scores(&self, batch: &PackedBatch) -> Result<Array2<f32>, ModelError> {
        batch.check_wanted().map_err(backend_error)?;
        let kept = self.pool().pop();
        let mut scratch = kept.unwrap_or_else(|| Scratch::new(self.kernels));
        let Scratch {
            hidden,
            narrow,
            layer: room,
            logits,
        } = &mut scratch;
        self.embeddings.apply(batch, hidden, narrow)?;
        for (index, layer) in self.layers.iter().enumerate() {
            // What is not wanted need not go through the last layer: beyond its attention no token sees another.
            let wanted = (index + 1 == self.layers.len()).then_some(&batch.wanted[..]);
            layer.apply(hidden, narrow, &batch.bounds, wanted, room);
        }
        let (wanted, labels) = (hidden.count(), self.classifier.outputs());
        logits.shape(wanted, labels);
        self.classifier.apply(hidden, 0..wanted, logits, 0, Then::Store);
        let logits = logits.f32().to_vec();
        self.pool().push(scratch);
        Array2::from_shape_vec((wanted, labels), logits).map_err(|error| backend_error(error.to_string()))
    }

    fn description(&self) -> String {
        format!("native, {} with {}", self.precision(), self.isa)
    }

    fn arithmetic(&self) -> Option<&dyn Arithmetic> {
        Some(self)
    }
}

impl Arithmetic for NativeClassifier {
    fn peak(&self, time: Duration) -> f64 {
        self.kernels.peak(time)
    }

    fn operations(&self, tokens: u64, wanted: u64) -> u64 {
        tokens * self.operations.each + wanted * self.operations.wanted
    }

    fn take_spent(&self) -> Spent {
        let mut all = Spent::default();
        for scratch in self.pool().iter_mut() {
            let Spent { linear, attention } = std::mem::take(&mut scratch.layer.spent);
            all.linear += linear;
            all.attention += attention;
        }
        all
    }
}

/// What the linear layers do for a token; a product and a sum are two.
struct Operations {
    /// For each.
    each: u64,
    /// For one whose scores are wanted, besides.
    wanted: u64,
}

impl Operations {
    fn of(config: &ModelConfig) -> Self {
        let hidden = config.hidden_size;
        let query_key_value = 3 * hidden * hidden;
        let rest = hidden * (hidden + 2 * config.intermediate_size);
        Operations {
            each: 2
                * (config.num_hidden_layers * query_key_value + (config.num_hidden_layers - 1) * rest) as u64,
            wanted: 2 * (rest + hidden * config.labels.len()) as u64,
        }
    }
}

fn backend_error(reason: String) -> ModelError {
    ModelError::Backend {
        backend: "native",
        reason,
    }
}

/// Tokens whose rows of the largest table are on their way: with four of them, the table took a third less of the time.
const AHEAD: usize = 4;

/// Tables that turn a token's id, place and type into its first vector.
struct Embeddings {
    hidden: usize,
    /// Large, and few rows of it are ever read: it stays as it is in the file. All its numbers are finite.
    words: Matrix,
    positions: Vec<f32>,
    types: Vec<f32>,
    norm: LayerNorm,
}

impl Embeddings {
    fn load(kernels: Kernels, weights: &Weights<'_>, config: &ModelConfig) -> Result<Self, ModelError> {
        let table = |name: &str, entries: usize| {
            weights.tensor(
                &format!("bert.embeddings.{name}_embeddings.weight"),
                &[entries, config.hidden_size],
            )
        };
        let words = weights.matrix(
            "bert.embeddings.word_embeddings.weight",
            [config.vocab_size, config.hidden_size],
        )?;
        words.check()?;
        Ok(Embeddings {
            hidden: config.hidden_size,
            words,
            positions: table("position", config.max_position_embeddings)?,
            types: table("token_type", config.type_vocab_size)?,
            norm: LayerNorm::load(kernels, weights, "bert.embeddings.LayerNorm", config)?,
        })
    }

    /// Fills `hidden`, `[tokens, hidden]`, and `narrow` with the same in its format.
    fn apply(&self, batch: &PackedBatch, hidden: &mut Rows, narrow: &mut Rows) -> Result<(), ModelError> {
        hidden.shape(batch.tokens(), self.hidden);
        let rows = hidden.f32_mut();
        for window in batch.bounds.windows(2) {
            for token in window[0]..window[1] {
                if let Some(&soon) = batch.token_ids.get(token + AHEAD)
                    && (soon as usize) < self.words.rows()
                {
                    bring_near(self.words.row(soon as usize));
                }
                let word = batch.token_ids[token] as usize;
                if word >= self.words.rows() {
                    return Err(not_among("token id", word, self.words.rows()));
                }
                let row = &mut rows[token * self.hidden..][..self.hidden];
                self.words.read_row(word, row);
                let position = self.entry(&self.positions, token - window[0], "position")?;
                let token_type = self.entry(&self.types, batch.token_types[token] as usize, "token type")?;
                for (into, (position, token_type)) in row.iter_mut().zip(position.iter().zip(token_type)) {
                    *into = *into + position + token_type;
                }
            }
        }
        self.norm.apply(hidden, narrow);
        Ok(())
    }

    fn entry<'a>(&self, table: &'a [f32], index: usize, what: &str) -> Result<&'a [f32], ModelError> {
        let mut entries = table.chunks_exact(self.hidden);
        let count = entries.len();
        entries.nth(index).ok_or_else(|| not_among(what, index, count))
    }
}

fn not_among(what: &str, index: usize, entries: usize) -> ModelError {
    backend_error(format!("{what} {index} is not among the model's {entries}"))
}
