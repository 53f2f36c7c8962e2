//! One layer of the encoder.

use super::kernels::{Activation, Attention, Kernels, Linear, Normalization, Then, padded};
use super::scratch::{LayerScratch, sized};
use crate::model::ModelError;
use crate::model::config::ModelConfig;
use crate::model::weights::Weights;

/// Scale and shift of a layer normalisation.
pub struct LayerNorm {
    kernels: Kernels,
    width: usize,
    weight: Vec<f32>,
    bias: Vec<f32>,
    eps: f32,
}

impl LayerNorm {
    pub fn load(
        kernels: Kernels,
        weights: &Weights<'_>,
        name: &str,
        config: &ModelConfig,
    ) -> Result<Self, ModelError> {
        let width = config.hidden_size;
        Ok(LayerNorm {
            kernels,
            width,
            weight: padded(weights.tensor(&format!("{name}.weight"), &[width])?),
            bias: padded(weights.tensor(&format!("{name}.bias"), &[width])?),
            eps: config.layer_norm_eps,
        })
    }

    /// Normalises each token's vector in place; `hidden` is `[tokens, hidden]`.
    pub fn apply(&self, hidden: &mut [f32]) {
        let mut job = Normalization::new(hidden, self.width, &self.weight, &self.bias, self.eps);
        self.kernels.normalize(&mut job);
    }
}

/// Loads linear layers that read the same input as one.
pub fn load_linear(
    kernels: Kernels,
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
    Ok(Linear::side_by_side(kernels, inputs, &parts))
}

/// Attention and feed-forward part, each with a residual connection and a normalisation after it (Devlin et al. 2018).
pub struct EncoderLayer {
    kernels: Kernels,
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
    pub fn load(
        kernels: Kernels,
        weights: &Weights<'_>,
        index: usize,
        config: &ModelConfig,
    ) -> Result<Self, ModelError> {
        let name = |part: &str| format!("bert.encoder.layer.{index}.{part}");
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let linear =
            |part: &str, outputs, inputs| load_linear(kernels, weights, &[&name(part)], outputs, inputs);
        let norm = |part: &str| LayerNorm::load(kernels, weights, &name(part), config);
        let attention = [
            name("attention.self.query"),
            name("attention.self.key"),
            name("attention.self.value"),
        ];
        let attention = attention.each_ref().map(String::as_str);
        Ok(EncoderLayer {
            kernels,
            heads: config.num_attention_heads,
            query_key_value: load_linear(kernels, weights, &attention, hidden, hidden)?,
            attention_output: linear("attention.output.dense", hidden, hidden)?,
            attention_norm: norm("attention.output.LayerNorm")?,
            widen: linear("intermediate.dense", wide, hidden)?,
            activation: config.activation,
            narrow: linear("output.dense", hidden, wide)?,
            output_norm: norm("output.LayerNorm")?,
        })
    }

    /// Replaces the tokens' vectors, `[tokens, hidden]`, by the layer's.
    pub fn apply(&self, hidden: &mut [f32], bounds: &[usize], scratch: &mut LayerScratch) {
        let size = self.attention_output.outputs();
        let tokens = hidden.len() / size;
        let qkv = sized(&mut scratch.qkv, tokens * 3 * size);
        let context = sized(&mut scratch.context, tokens * size);
        let narrow = &mut scratch.narrow;
        self.query_key_value.apply(hidden, qkv, Then::Store, narrow);
        for window in bounds.windows(2).filter(|window| window[0] < window[1]) {
            self.kernels.attend(&mut Attention::new(
                &qkv[window[0] * 3 * size..window[1] * 3 * size],
                &mut context[window[0] * size..window[1] * size],
                window[1] - window[0],
                self.heads,
                &mut scratch.attention,
            ));
        }
        self.attention_output.apply(context, hidden, Then::Add, narrow);
        self.attention_norm.apply(hidden);

        let middle = sized(&mut scratch.middle, tokens * self.widen.outputs());
        let activate = Then::Activate(self.activation);
        self.widen.apply(hidden, middle, activate, narrow);
        self.narrow.apply(middle, hidden, Then::Add, narrow);
        self.output_norm.apply(hidden);
    }
}
