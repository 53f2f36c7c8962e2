//! Self-attention, window by window.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, s};

use super::kernels::softmax;
use super::scratch::view;

/// Lets every token of a window look at every token of the same window.
///
/// `qkv` is `[tokens, 3 · hidden]`: each token's query, key and value side by side. `context` is `[tokens, hidden]`.
/// `scores` is room for the attention of one head in one window.
pub fn attend(
    qkv: ArrayView2<'_, f32>,
    bounds: &[usize],
    heads: usize,
    scores: &mut Vec<f32>,
    mut context: ArrayViewMut2<'_, f32>,
) {
    let hidden = context.ncols();
    let width = hidden / heads;
    let scale = 1.0 / (width as f32).sqrt();
    for window in bounds.windows(2) {
        let (start, stop) = (window[0], window[1]);
        let tokens = stop - start;
        let mut scores = view(scores, tokens, tokens);
        for head in 0..heads {
            let part = |which: usize| {
                let column = which * hidden + head * width;
                qkv.slice(s![start..stop, column..column + width])
            };
            general_mat_mul(scale, &part(0), &part(1).t(), 0.0, &mut scores);
            scores.rows_mut().into_iter().for_each(|mut row| {
                if let Some(row) = row.as_slice_mut() {
                    softmax(row);
                }
            });
            let mut context = context.slice_mut(s![start..stop, head * width..(head + 1) * width]);
            general_mat_mul(1.0, &scores, &part(2), 0.0, &mut context);
        }
    }
}
