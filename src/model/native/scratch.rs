//! Room for activations, kept from batch to batch.

use ndarray::ArrayViewMut2;

/// Buffers of one thread; they grow to the largest batch and stay.
#[derive(Default)]
pub struct Scratch {
    hidden: Vec<f32>,
    qkv: Vec<f32>,
    context: Vec<f32>,
    scores: Vec<f32>,
    middle: Vec<f32>,
}

impl Scratch {
    /// Takes the tokens' vectors out, so that they can be worked on beside the other buffers; `[tokens, hidden]`.
    pub fn take_hidden(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.hidden)
    }

    /// Gives them back.
    pub fn keep_hidden(&mut self, hidden: Vec<f32>) {
        self.hidden = hidden;
    }

    /// `[tokens, 3 · hidden]`, `[tokens, hidden]` and room for attention scores.
    pub fn attention(
        &mut self,
        tokens: usize,
        hidden: usize,
    ) -> (ArrayViewMut2<'_, f32>, ArrayViewMut2<'_, f32>, &mut Vec<f32>) {
        (
            rows(&mut self.qkv, tokens, 3 * hidden),
            rows(&mut self.context, tokens, hidden),
            &mut self.scores,
        )
    }

    /// `[tokens, width]` for the middle of the feed-forward part.
    pub fn feed_forward(&mut self, tokens: usize, width: usize) -> ArrayViewMut2<'_, f32> {
        rows(&mut self.middle, tokens, width)
    }
}

/// A `[rows, columns]` view of a buffer, grown where it is too short; what it holds is left from before.
pub fn rows(buffer: &mut Vec<f32>, rows: usize, columns: usize) -> ArrayViewMut2<'_, f32> {
    let length = rows * columns;
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    match ArrayViewMut2::from_shape((rows, columns), &mut buffer[..length]) {
        Ok(view) => view,
        Err(_) => unreachable!("the slice has the shape's length"),
    }
}
