//! The libtorch backend: a model folder in rust-bert's `BertForTokenClassification`.
//!
//! A second engine from other hands, on the CPU or on a GPU, to hold the native one against. Only rust-bert's model
//! class is used: its token-classification pipeline labels the wrong documents from its second batch on
//! (`tests/rust_bert_batches.rs` shows it).

use std::sync::Mutex;

use ndarray::Array2;
use rust_bert::Activation as TorchActivation;
use rust_bert::bert::{BertConfig, BertForTokenClassification};
use tch::{Device, Kind, TchError, Tensor, nn};

use super::config::ModelConfig;
use super::folder::ModelFolder;
use super::native::Activation;
use super::{ModelError, TokenClassifier};
use crate::batch::PackedBatch;

/// The name in `--backend` and in errors.
const BACKEND: &str = "rust-bert";

/// What rust-bert adds to the variance in layer normalisation, whatever config.json says.
const LAYER_NORM_EPS: f32 = 1e-12;

/// A model folder loaded into rust-bert, in f32.
///
/// Its logits are the native backend's within 1e-3 (2.4e-5 at most over 102,000 tokens of news). A window's logits vary
/// with its batch by rounding alone, since libtorch picks its kernels by the shape of the padded batch.
pub struct RustBertClassifier {
    // Tensors may move between threads but not be shared; libtorch spreads each batch over the threads itself.
    model: Mutex<BertForTokenClassification>,
    device: Device,
    config: ModelConfig,
}

impl RustBertClassifier {
    /// Loads the folder's weights, onto the first CUDA device where libtorch finds one.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape than the configuration gives, the configuration asks for what
    /// rust-bert cannot do, or libtorch fails.
    pub fn new(folder: &ModelFolder) -> Result<Self, ModelError> {
        let config = folder.config().clone();
        if config.layer_norm_eps != LAYER_NORM_EPS {
            return Err(ModelError::Config {
                place: format!("{}/config.json", folder.place()),
                reason: format!("layer_norm_eps is {:e}", config.layer_norm_eps),
                expected: format!(
                    "{LAYER_NORM_EPS:e}, the one that rust-bert has; the native backend takes any"
                ),
            });
        }
        let device = Device::cuda_if_available();
        let mut variables = nn::VarStore::new(device);
        let model = BertForTokenClassification::new(variables.root(), &torch_config(&config))
            .map_err(|error| failure(error.to_string()))?;
        variables.freeze();
        let weights = folder.weights()?;
        for (name, mut variable) in variables.variables() {
            let size = variable.size();
            let shape: Vec<usize> = size.iter().map(|&length| length as usize).collect();
            let values = weights.tensor(&name, &shape)?;
            tch::no_grad(|| variable.f_copy_(&Tensor::f_from_slice(&values)?.f_view(&*size)?))
                .map_err(|error| torch_failure(&error))?;
        }
        Ok(RustBertClassifier {
            model: Mutex::new(model),
            device,
            config,
        })
    }

    /// Whether the model lies on a CUDA device.
    pub fn on_cuda(&self) -> bool {
        self.device.is_cuda()
    }

    /// libtorch answers an index beyond a table with a panic, so indices are held against the tables first.
    fn check(&self, batch: &PackedBatch) -> Result<(), ModelError> {
        let within = |what: &str, found: Option<usize>, limit: usize| match found {
            Some(found) if found > limit => Err(failure(format!("{what} {found}: expected at most {limit}"))),
            _ => Ok(()),
        };
        let largest = |ids: &[u32]| ids.iter().max().map(|&id| id as usize);
        within("token id", largest(&batch.token_ids), self.config.vocab_size - 1)?;
        within(
            "token type",
            largest(&batch.token_types),
            self.config.type_vocab_size - 1,
        )?;
        within(
            "tokens in a window",
            window_lengths(batch).max(),
            self.config.max_position_embeddings,
        )
    }
}

impl TokenClassifier for RustBertClassifier {
    fn scores(&self, batch: &PackedBatch) -> Result<Array2<f32>, ModelError> {
        self.check(batch)?;
        batch.check_wanted().map_err(failure)?;
        let labels = self.config.labels.len();
        let windows = window_lengths(batch).count();
        let length = window_lengths(batch).max().unwrap_or(0);
        if length == 0 || batch.wanted.is_empty() {
            return Ok(Array2::zeros((0, labels)));
        }

        // [windows, length], padded at the end; the mask hides the padding from attention.
        let mut token_ids = vec![0_i64; windows * length];
        let mut token_types = vec![0_i64; windows * length];
        let mut mask = vec![0_i64; windows * length];
        for (row, bounds) in batch.bounds.windows(2).enumerate() {
            for (cell, token) in (row * length..).zip(bounds[0]..bounds[1]) {
                token_ids[cell] = i64::from(batch.token_ids[token]);
                token_types[cell] = i64::from(batch.token_types[token]);
                mask[cell] = 1;
            }
        }
        let padded = |values: &[i64]| {
            Tensor::f_from_slice(values)?
                .f_view([windows as i64, length as i64])?
                .f_to_device(self.device)
        };
        let logits = {
            let model = self
                .model
                .lock()
                .map_err(|_| failure("it broke off in an earlier batch".to_owned()))?;
            // Called from rayon's workers: libtorch gets as many threads as the user gave the program.
            tch::set_num_threads(rayon::current_num_threads() as i32);
            tch::no_grad(|| -> Result<Tensor, TchError> {
                let (ids, types, mask) = (padded(&token_ids)?, padded(&token_types)?, padded(&mask)?);
                let output = model.forward_t(Some(&ids), Some(&mask), Some(&types), None, None, false);
                output
                    .logits
                    .f_to_device(Device::Cpu)?
                    .f_to_kind(Kind::Float)?
                    .f_contiguous()
            })
            .map_err(|error| torch_failure(&error))?
        };
        let mut padded_scores = vec![0_f32; windows * length * labels];
        let cells = padded_scores.len();
        logits
            .f_copy_data(&mut padded_scores, cells)
            .map_err(|error| torch_failure(&error))?;

        let mut scores = Vec::with_capacity(batch.wanted.len() * labels);
        let mut wanted = batch.wanted.iter().peekable();
        for (row, bounds) in batch.bounds.windows(2).enumerate() {
            while let Some(token) = wanted.next_if(|token| **token < bounds[1]) {
                let start = (row * length + token - bounds[0]) * labels;
                scores.extend_from_slice(&padded_scores[start..start + labels]);
            }
        }
        Array2::from_shape_vec((batch.wanted.len(), labels), scores)
            .map_err(|error| failure(error.to_string()))
    }

    fn slots(&self, batch: &PackedBatch) -> usize {
        let lengths = batch.bounds.windows(2).map(|window| window[1] - window[0]);
        lengths.clone().count() * lengths.max().unwrap_or(0)
    }

    fn description(&self) -> String {
        "rust-bert, f32 in libtorch".to_owned()
    }
}

/// Tokens of each window.
fn window_lengths(batch: &PackedBatch) -> impl Iterator<Item = usize> + '_ {
    batch.bounds.windows(2).map(|bounds| bounds[1] - bounds[0])
}

/// The configuration in rust-bert's terms; dropout is off outside training.
fn torch_config(config: &ModelConfig) -> BertConfig {
    BertConfig {
        hidden_act: match config.activation {
            Activation::Gelu => TorchActivation::gelu,
            Activation::GeluNew => TorchActivation::gelu_new,
            Activation::Relu => TorchActivation::relu,
        },
        hidden_size: config.hidden_size as i64,
        intermediate_size: config.intermediate_size as i64,
        max_position_embeddings: config.max_position_embeddings as i64,
        num_attention_heads: config.num_attention_heads as i64,
        num_hidden_layers: config.num_hidden_layers as i64,
        type_vocab_size: config.type_vocab_size as i64,
        vocab_size: config.vocab_size as i64,
        id2label: Some((0..).zip(config.labels.names().iter().cloned()).collect()),
        ..BertConfig::default()
    }
}

fn failure(reason: String) -> ModelError {
    ModelError::Backend {
        backend: BACKEND,
        reason,
    }
}

/// libtorch's messages carry a C++ backtrace; the first line says what is wrong.
fn torch_failure(error: &TchError) -> ModelError {
    failure(error.to_string().lines().next().unwrap_or_default().to_owned())
}
