//! One layer of the encoder.

use ndarray::ArrayViewMut2;

use super::attention::attend;
use super::kernels::{Activation, Linear, layer_norm};
use super::scratch::{LayerScratch, view};
use crate::model::ModelError;
use crate::model::config::ModelConfig;
use crate::model::weights::Weights;

/// Scale and shift of a layer normalisation.
pub struct LayerNorm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    eps: f32,
}

impl LayerNorm {
    pub fn load(weights: &Weights<'_>, name: &str, config: &ModelConfig) -> Result<Self, ModelError> {
        let shape = [config.hidden_size];
        Ok(LayerNorm {
            weight: weights.tensor(&format!("{name}.weight"), &shape)?,
            bias: weights.tensor(&format!("{name}.bias"), &shape)?,
            eps: config.layer_norm_eps,
        })
    }

    /// Normalises each token's vector in place; `hidden` is `[tokens, hidden]`.
    pub fn apply(&self, mut hidden: ArrayViewMut2<'_, f32>) {
        for mut row in hidden.rows_mut() {
            if let Some(row) = row.as_slice_mut() {
                layer_norm(row, &self.weight, &self.bias, self.eps);
            }
        }
    }
}

/// Loads linear layers that read the same input as one.
pub fn load_linear(
    weights: &Weights<'_>,
    names: &[&str],
    outputs: usize,
    inputs: usize,
) -> Result<Linear, ModelError> {
    let parts = names
        .iter()
        .map(|name| {
            let matrix = weights.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
            Ok((matrix, weights.tensor(&format!("{name}.bias"), &[outputs])?))
        })
        .collect::<Result<Vec<_>, ModelError>>()?;
    Ok(Linear::side_by_side(inputs, &parts))
}

/// Attention and feed-forward part, each with a residual connection and a normalisation after it (Devlin et al. 2018).
pub struct EncoderLayer {
    heads: usize,
    query_key_value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    widen: Linear,
    activation: Activation,
    narrow: Linear,
    output_norm: LayerNorm,
}

impl EncoderLayer {
    pub fn load(weights: &Weights<'_>, index: usize, config: &ModelConfig) -> Result<Self, ModelError> {
        let name = |part: &str| format!("bert.encoder.layer.{index}.{part}");
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let linear = |part: &str, outputs, inputs| load_linear(weights, &[&name(part)], outputs, inputs);
        let attention = [
            name("attention.self.query"),
            name("attention.self.key"),
            name("attention.self.value"),
        ];
        Ok(EncoderLayer {
            heads: config.num_attention_heads,
            query_key_value: load_linear(weights, &attention.each_ref().map(String::as_str), hidden, hidden)?,
            attention_output: linear("attention.output.dense", hidden, hidden)?,
            attention_norm: LayerNorm::load(weights, &name("attention.output.LayerNorm"), config)?,
            widen: linear("intermediate.dense", wide, hidden)?,
            activation: config.activation,
            narrow: linear("output.dense", hidden, wide)?,
            output_norm: LayerNorm::load(weights, &name("output.LayerNorm"), config)?,
        })
    }

    /// Replaces the tokens' vectors, `[tokens, hidden]`, by the layer's.
    pub fn apply(&self, mut hidden: ArrayViewMut2<'_, f32>, bounds: &[usize], scratch: &mut LayerScratch) {
        let (tokens, size) = hidden.dim();
        let mut qkv = view(&mut scratch.qkv, tokens, 3 * size);
        let mut context = view(&mut scratch.context, tokens, size);
        self.query_key_value.apply(hidden.view(), qkv.view_mut());
        attend(
            qkv.view(),
            bounds,
            self.heads,
            &mut scratch.scores,
            context.view_mut(),
        );
        self.attention_output.add_to(context.view(), hidden.view_mut());
        self.attention_norm.apply(hidden.view_mut());

        let mut middle = view(&mut scratch.middle, tokens, self.widen.outputs());
        self.widen.apply(hidden.view(), middle.view_mut());
        if let Some(values) = middle.as_slice_mut() {
            self.activation.apply(values);
        }
        self.narrow.add_to(middle.view(), hidden.view_mut());
        self.output_norm.apply(hidden);
    }
}
