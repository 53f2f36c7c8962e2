//! Room for activations, kept from batch to batch.

use ndarray::ArrayViewMut2;

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
    /// Attention of one head in one window, `[window, window]`.
    pub scores: Vec<f32>,
    /// The middle of the feed-forward part, `[tokens, intermediate]`.
    pub middle: Vec<f32>,
}

/// A `[rows, columns]` view of a buffer, grown where it is too short; what it holds is left from before.
pub fn view(buffer: &mut Vec<f32>, rows: usize, columns: usize) -> ArrayViewMut2<'_, f32> {
    let length = rows * columns;
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    match ArrayViewMut2::from_shape((rows, columns), &mut buffer[..length]) {
        Ok(view) => view,
        Err(_) => unreachable!("the slice has the shape's length"),
    }
}
