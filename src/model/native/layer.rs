//! One layer of the encoder.

use super::kernels::{Activation, Kernels, Linear, Normalization, Rows, Then, attention, padded};
use super::scratch::{Laps, LayerScratch};
use crate::model::ModelError;
use crate::model::config::ModelConfig;
use crate::model::weights::Weights;

/// Scale and shift of a layer normalisation.
pub struct LayerNorm {
    kernels: Kernels,
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
            weight: padded(weights.tensor(&format!("{name}.weight"), &[width])?),
            bias: padded(weights.tensor(&format!("{name}.bias"), &[width])?),
            eps: config.layer_norm_eps,
        })
    }

    /// Normalises each token's vector in place; `hidden` is `[tokens, hidden]`, f32. `narrow` becomes the same, where it
    /// has another format.
    pub fn apply(&self, hidden: &mut Rows, narrow: &mut Rows) {
        let mut job = Normalization::new(hidden, &self.weight, &self.bias, self.eps, narrow);
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
    let matrices = names
        .iter()
        .map(|name| weights.matrix(&format!("{name}.weight"), [outputs, inputs]))
        .collect::<Result<Vec<_>, _>>()?;
    let biases = names
        .iter()
        .map(|name| weights.tensor(&format!("{name}.bias"), &[outputs]))
        .collect::<Result<Vec<_>, _>>()?;
    Linear::new(kernels, inputs, biases.concat(), |row, to| {
        matrices[row / outputs].read_finite_row(row % outputs, to)
    })
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
    narrowing: Linear,
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
            narrowing: linear("output.dense", hidden, wide)?,
            output_norm: norm("output.LayerNorm")?,
        })
    }

    /// Replaces the tokens' vectors, `[tokens, hidden]`, by the layer's: in f32, and in `narrow` as linear layers read them,
    /// where that is something else. Of the tokens only those that are `wanted` are left, where not all are.
    pub fn apply(
        &self,
        hidden: &mut Rows,
        narrow: &mut Rows,
        bounds: &[usize],
        wanted: Option<&[usize]>,
        scratch: &mut LayerScratch,
    ) {
        let (tokens, size) = (hidden.count(), hidden.width());
        let LayerScratch {
            qkv,
            context,
            attention: room,
            middle,
            spent,
        } = scratch;
        qkv.shape(tokens, 3 * size);
        let read = if self.kernels.format().is_narrow() {
            &*narrow
        } else {
            &*hidden
        };
        let mut laps = Laps::start();
        self.query_key_value.apply(read, 0..tokens, qkv, 0, Then::Store);
        spent.linear += laps.next();
        let gathered = context.shaped(tokens, size);
        for window in bounds.windows(2).filter(|window| window[0] < window[1]) {
            let tokens = window[1] - window[0];
            attention(self.kernels, qkv, gathered, window[0], tokens, self.heads, room);
        }
        spent.attention += laps.next();
        if let Some(wanted) = wanted {
            gathered.keep(wanted);
            hidden.keep(wanted);
        }
        let tokens = hidden.count();
        let context = context.read(self.kernels);
        self.attention_output
            .apply(context, 0..tokens, hidden, 0, Then::Add);
        spent.linear += laps.next();
        self.attention_norm.apply(hidden, narrow);
        laps.next();

        // Some tokens at a time, so that what is between the products stays near.
        let at_once = self
            .kernels
            .rows_at_once(self.widen.outputs() * middle.bytes_of_a_number());
        for first in (0..tokens).step_by(at_once) {
            let rows = first..tokens.min(first + at_once);
            let read = if self.kernels.format().is_narrow() {
                &*narrow
            } else {
                &*hidden
            };
            let wide = middle.shaped(rows.len(), self.widen.outputs());
            let activate = Then::Activate(self.activation);
            self.widen.apply(read, rows.clone(), wide, 0, activate);
            let wide = middle.read(self.kernels);
            self.narrowing
                .apply(wide, 0..rows.len(), hidden, first, Then::Add);
        }
        spent.linear += laps.next();
        self.output_norm.apply(hidden, narrow);
    }
}
