//! Room for activations, kept from batch to batch.

use super::kernels::{AttentionScratch, Narrow};

/// Buffers of one thread; they grow to the largest batch and stay.
#[derive(Default)]
pub struct Scratch {
    /// The tokens' vectors, `[tokens, hidden]`.
    pub hidden: Vec<f32>,
    /// What a layer computes with.
    pub layer: LayerScratch,
}

/// Buffers within a layer.
#[derive(Default)]
pub struct LayerScratch {
    /// Queries, keys and values side by side, `[tokens, 3 · hidden]`.
    pub qkv: Vec<f32>,
    /// What attention gathers, `[tokens, hidden]`.
    pub context: Vec<f32>,
    /// What attention computes with.
    pub attention: AttentionScratch,
    /// The middle of the feed-forward part, `[tokens, intermediate]`.
    pub middle: Vec<f32>,
    /// A product's input in narrow numbers.
    pub narrow: Narrow,
}

/// The first `length` numbers of a buffer, grown where it is too short; what it holds is left from before.
pub fn sized(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    &mut buffer[..length]
}
