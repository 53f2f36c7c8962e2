//! `config.json`: Hugging Face's configuration of a BERT token classifier, with a key of our own.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::labels::LabelSet;
use super::{ModelError, native::Activation};
use crate::tokenize::{CaseShape, WORD_PATTERN};

/// Tokens in a window of a model that does not say its own: what BERT's taggers are trained on, and cheap in attention.
const DEFAULT_WINDOW: usize = 256;
/// Tokens that neighbouring windows share, for the same models.
const DEFAULT_OVERLAP: usize = 64;
/// Below this a window has no room for a few words between `[CLS]` and `[SEP]`.
const MIN_WINDOW: usize = 16;

/// The shape of the encoder and how text is fed to it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// Entries of the word embedding table.
    pub vocab_size: usize,
    /// Length of a token's vector.
    pub hidden_size: usize,
    /// Encoder layers.
    pub num_hidden_layers: usize,
    /// Attention heads in a layer; divides `hidden_size`.
    pub num_attention_heads: usize,
    /// Width of the feed-forward part.
    pub intermediate_size: usize,
    /// Its activation.
    pub activation: Activation,
    /// Entries of the position table.
    pub max_position_embeddings: usize,
    /// Entries of the token type table.
    pub type_vocab_size: usize,
    /// Added to the variance in layer normalisation.
    pub layer_norm_eps: f32,
    /// What the classifier's outputs mean.
    pub labels: LabelSet,
    /// How text becomes windows.
    pub feeding: Feeding,
    /// How logits become probabilities.
    pub calibration: Calibration,
    /// The model's own version, where it has one.
    pub version: Option<String>,
}

/// How text becomes windows for a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Feeding {
    /// The regular expression whose matches are words.
    pub word_pattern: String,
    /// Whether the token types are the words' case shapes; zeros otherwise.
    pub case_shapes: bool,
    /// The most tokens in a window, `[CLS]` and `[SEP]` among them.
    pub window: usize,
    /// The fewest tokens that neighbouring windows share.
    pub overlap: usize,
    /// Whether a `[SEP]` stands between words that a line break parts.
    pub line_break: bool,
}

#[derive(Deserialize)]
struct RawConfig {
    model_type: Option<String>,
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    hidden_act: String,
    max_position_embeddings: usize,
    #[serde(default = "two")]
    type_vocab_size: usize,
    #[serde(default = "bert_eps")]
    layer_norm_eps: f32,
    position_embedding_type: Option<String>,
    id2label: BTreeMap<String, String>,
    nomenclator: Option<RawFeeding>,
}

#[derive(Deserialize)]
struct RawFeeding {
    version: Option<String>,
    word_pattern: Option<String>,
    token_types: Option<String>,
    window: Option<usize>,
    overlap: Option<usize>,
    line_break: Option<String>,
    calibration: Option<Calibration>,
}

/// How logits become probabilities, fitted after training.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Calibration {
    /// Divides the logits.
    pub temperature: f32,
    /// Added to the logit of `O` before that: above 0, fewer mentions are found, and more of them are right.
    #[serde(default)]
    pub outside_bias: f32,
}

impl Default for Calibration {
    /// Logits as they are.
    fn default() -> Self {
        Calibration {
            temperature: 1.0,
            outside_bias: 0.0,
        }
    }
}

fn two() -> usize {
    2
}

fn bert_eps() -> f32 {
    1e-12
}

impl ModelConfig {
    /// Reads `config.json`; `place` names the file in errors.
    ///
    /// # Errors
    /// Where it is no configuration of a BERT token classifier, or one that the program cannot run.
    pub fn parse(json: &[u8], place: &str) -> Result<Self, ModelError> {
        let raw: RawConfig = serde_json::from_slice(json).map_err(|error| ModelError::Config {
            place: place.to_owned(),
            reason: error.to_string(),
            expected: "the configuration of a Hugging Face BertForTokenClassification".to_owned(),
        })?;
        let refuse = |reason: String, expected: &str| ModelError::Config {
            place: place.to_owned(),
            reason,
            expected: expected.to_owned(),
        };
        if let Some(kind) = raw.model_type.as_deref().filter(|&kind| kind != "bert") {
            return Err(refuse(format!("model_type is '{kind}'"), "'bert'"));
        }
        if let Some(kind) = raw
            .position_embedding_type
            .as_deref()
            .filter(|&kind| kind != "absolute")
        {
            return Err(refuse(
                format!("position_embedding_type is '{kind}'"),
                "'absolute'",
            ));
        }
        for (name, value) in [
            ("vocab_size", raw.vocab_size),
            ("hidden_size", raw.hidden_size),
            ("num_hidden_layers", raw.num_hidden_layers),
            ("num_attention_heads", raw.num_attention_heads),
            ("intermediate_size", raw.intermediate_size),
            ("max_position_embeddings", raw.max_position_embeddings),
            ("type_vocab_size", raw.type_vocab_size),
        ] {
            if value == 0 {
                return Err(refuse(format!("{name} is 0"), "a positive number"));
            }
        }
        if !raw.hidden_size.is_multiple_of(raw.num_attention_heads) {
            return Err(refuse(
                format!(
                    "hidden_size {} is not a multiple of num_attention_heads {}",
                    raw.hidden_size, raw.num_attention_heads
                ),
                "heads of equal size",
            ));
        }
        let activation = Activation::by_name(&raw.hidden_act).ok_or_else(|| {
            refuse(
                format!("hidden_act is '{}'", raw.hidden_act),
                "'gelu', 'gelu_new' or 'relu'",
            )
        })?;
        let labels =
            LabelSet::new(ordered_labels(&raw.id2label, &refuse)?).map_err(|source| ModelError::Labels {
                place: place.to_owned(),
                source,
            })?;
        let (feeding, calibration, version) = read_feeding(
            raw.nomenclator,
            raw.max_position_embeddings,
            raw.type_vocab_size,
            &refuse,
        )?;
        Ok(ModelConfig {
            vocab_size: raw.vocab_size,
            hidden_size: raw.hidden_size,
            num_hidden_layers: raw.num_hidden_layers,
            num_attention_heads: raw.num_attention_heads,
            intermediate_size: raw.intermediate_size,
            activation,
            max_position_embeddings: raw.max_position_embeddings,
            type_vocab_size: raw.type_vocab_size,
            layer_norm_eps: raw.layer_norm_eps,
            labels,
            feeding,
            calibration,
            version,
        })
    }
}

/// The labels of outputs 0, 1, … from JSON's string keys.
fn ordered_labels(
    id2label: &BTreeMap<String, String>,
    refuse: &impl Fn(String, &str) -> ModelError,
) -> Result<Vec<String>, ModelError> {
    (0..id2label.len())
        .map(|id| match id2label.get(&id.to_string()) {
            Some(label) => Ok(label.clone()),
            None => Err(refuse(
                format!("id2label has {} labels, but none for id {id}", id2label.len()),
                "ids 0, 1, 2, …",
            )),
        })
        .collect()
}

fn read_feeding(
    raw: Option<RawFeeding>,
    positions: usize,
    token_types: usize,
    refuse: &impl Fn(String, &str) -> ModelError,
) -> Result<(Feeding, Calibration, Option<String>), ModelError> {
    let default_window = DEFAULT_WINDOW.min(positions);
    let mut feeding = Feeding {
        word_pattern: WORD_PATTERN.trim_end().to_owned(),
        case_shapes: false,
        window: default_window,
        overlap: DEFAULT_OVERLAP.min(default_window / 4),
        line_break: false,
    };
    let mut calibration = Calibration::default();
    let mut version = None;
    if let Some(raw) = raw {
        version = raw.version;
        if let Some(pattern) = raw.word_pattern {
            feeding.word_pattern = pattern.trim_end_matches('\n').to_owned();
        }
        feeding.case_shapes = match raw.token_types.as_deref() {
            None => false,
            Some("case_shape") => true,
            Some(other) => {
                return Err(refuse(
                    format!("nomenclator.token_types is '{other}'"),
                    "'case_shape' or null",
                ));
            }
        };
        feeding.line_break = match raw.line_break.as_deref() {
            None => false,
            Some("sep") => true,
            Some(other) => {
                return Err(refuse(
                    format!("nomenclator.line_break is '{other}'"),
                    "'sep' or null",
                ));
            }
        };
        if let Some(window) = raw.window {
            feeding.window = window;
            feeding.overlap = DEFAULT_OVERLAP.min(window / 4);
        }
        feeding.overlap = raw.overlap.unwrap_or(feeding.overlap);
        calibration = raw.calibration.unwrap_or_default();
    }
    if feeding.window > positions {
        return Err(refuse(
            format!(
                "the window of {} tokens is longer than max_position_embeddings {positions}",
                feeding.window
            ),
            "a position for each token of a window",
        ));
    }
    if feeding.window < MIN_WINDOW {
        return Err(refuse(
            format!("the window has {} tokens", feeding.window),
            &format!("at least {MIN_WINDOW}"),
        ));
    }
    if feeding.overlap > feeding.window / 2 {
        return Err(refuse(
            format!(
                "nomenclator.overlap is {} in a window of {} tokens",
                feeding.overlap, feeding.window
            ),
            "half a window at most",
        ));
    }
    if feeding.case_shapes && token_types < CaseShape::COUNT {
        return Err(refuse(
            format!("type_vocab_size is {token_types} with nomenclator.token_types 'case_shape'"),
            &format!("at least {}", CaseShape::COUNT),
        ));
    }
    let Calibration {
        temperature,
        outside_bias,
    } = calibration;
    if !(temperature.is_finite() && temperature > 0.0) {
        return Err(refuse(
            format!("nomenclator.calibration.temperature is {temperature}"),
            "a positive number",
        ));
    }
    if !outside_bias.is_finite() {
        return Err(refuse(
            format!("nomenclator.calibration.outside_bias is {outside_bias}"),
            "a number",
        ));
    }
    Ok((feeding, calibration, version))
}
