//! Self-attention within one window.

use super::lanes::Lanes;
use super::math;
use super::tile::{Arch, Dots, MOST_ROWS, Tile, WIDEST_PANEL};

/// Room for one head of one window, kept from call to call.
#[derive(Default)]
pub struct AttentionScratch {
    /// Keys transposed, `[panels of keys, width, panel]`.
    keys: Vec<f32>,
    /// Values, `[panels of width, tokens, panel]`.
    values: Vec<f32>,
    /// Some queries' scores, `[rows, tokens filled up to whole panels]`.
    scores: Vec<f32>,
}

/// The attention of one window, its buffers checked.
pub struct Attention<'a> {
    qkv: &'a [f32],
    context: &'a mut [f32],
    tokens: usize,
    heads: usize,
    scratch: &'a mut AttentionScratch,
}

impl<'a> Attention<'a> {
    /// `qkv` is `[tokens, 3 · hidden]`, each token's query, key and value side by side; `context` is `[tokens, hidden]`.
    pub fn new(
        qkv: &'a [f32],
        context: &'a mut [f32],
        tokens: usize,
        heads: usize,
        scratch: &'a mut AttentionScratch,
    ) -> Self {
        assert_eq!(qkv.len(), 3 * context.len(), "three vectors for each one");
        assert_eq!(
            context.len() % (tokens * heads),
            0,
            "as many numbers for each head"
        );
        Attention {
            qkv,
            context,
            tokens,
            heads,
            scratch,
        }
    }
}

/// # Safety
/// The CPU has the instructions of `A` and `D`; `D` multiplies f32.
#[inline(always)]
pub unsafe fn attend<A: Arch, D: Dots>(attention: &mut Attention<'_>) {
    let Attention {
        qkv,
        context,
        tokens,
        heads,
        scratch,
    } = attention;
    let (tokens, heads) = (*tokens, *heads);
    let hidden = context.len() / tokens;
    let width = hidden / heads;
    let key_panels = tokens.div_ceil(A::PANEL);
    let value_panels = width.div_ceil(A::PANEL);
    let score_stride = key_panels * A::PANEL;
    let AttentionScratch { keys, values, scores } = &mut **scratch;
    // Zeros where a panel is wider than what it holds; what stands there from before does no harm, but must be finite.
    keys.resize(key_panels * width * A::PANEL, 0.0);
    values.resize(value_panels * tokens * A::PANEL, 0.0);
    scores.resize(MOST_ROWS * score_stride, 0.0);
    let scale = 1.0 / (width as f32).sqrt();
    for head in 0..heads {
        let column = head * width;
        for (token, qkv) in qkv.chunks_exact(3 * hidden).enumerate() {
            let key = &qkv[hidden + column..][..width];
            let to = &mut keys[token / A::PANEL * A::PANEL * width + token % A::PANEL..];
            for (to, x) in to.iter_mut().step_by(A::PANEL).zip(key) {
                *to = *x;
            }
            let value = &qkv[2 * hidden + column..][..width];
            for (panel, value) in value.chunks(A::PANEL).enumerate() {
                values[(panel * tokens + token) * A::PANEL..][..value.len()].copy_from_slice(value);
            }
        }
        let mut row = 0;
        while row < tokens {
            let wanted = (tokens - row).min(A::ROWS);
            let mut done = wanted;
            for panel in 0..key_panels {
                done = D::tile(
                    wanted,
                    &Tile {
                        a: qkv.as_ptr().add(row * 3 * hidden + column).cast(),
                        a_stride: 3 * hidden,
                        b: keys.as_ptr().add(panel * width * A::PANEL).cast(),
                        depth: width,
                        to: scores.as_mut_ptr().add(panel * A::PANEL).cast(),
                        to_stride: score_stride,
                    },
                );
            }
            let mut shares = [0.0f32; MOST_ROWS];
            for (share, scores) in shares[..done]
                .iter_mut()
                .zip(scores.chunks_exact_mut(score_stride))
            {
                *share = 1.0 / math::softmax_numerators::<A::Lanes>(&mut scores[..tokens], scale);
            }
            let mut sums = [0.0f32; MOST_ROWS * WIDEST_PANEL];
            for panel in 0..value_panels {
                D::tile(
                    done,
                    &Tile {
                        a: scores.as_ptr().cast(),
                        a_stride: score_stride,
                        b: values.as_ptr().add(panel * tokens * A::PANEL).cast(),
                        depth: tokens,
                        to: sums.as_mut_ptr().cast(),
                        to_stride: A::PANEL,
                    },
                );
                let from = panel * A::PANEL;
                let count = A::PANEL.min(width - from);
                for (offset, sums) in sums.chunks_exact_mut(A::PANEL).take(done).enumerate() {
                    let share = A::Lanes::splat(shares[offset]);
                    for sums in sums.chunks_exact_mut(A::Lanes::COUNT) {
                        A::Lanes::load(sums.as_ptr()).mul(share).store(sums.as_mut_ptr());
                    }
                    context[(row + offset) * hidden + column + from..][..count]
                        .copy_from_slice(&sums[..count]);
                }
            }
            row += done;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::arch::Kernels;
    use super::super::isa::{Isa, Precision};
    use super::super::noise;
    use super::*;

    /// Attention as it is written down, in f64.
    fn plain(qkv: &[f32], tokens: usize, heads: usize, hidden: usize) -> Vec<f64> {
        let width = hidden / heads;
        let part = |token: usize, which: usize, head: usize, i: usize| {
            f64::from(qkv[token * 3 * hidden + which * hidden + head * width + i])
        };
        let mut context = vec![0.0; tokens * hidden];
        for head in 0..heads {
            for query in 0..tokens {
                let scores: Vec<f64> = (0..tokens)
                    .map(|key| {
                        let sum: f64 = (0..width)
                            .map(|i| part(query, 0, head, i) * part(key, 1, head, i))
                            .sum();
                        (sum / (width as f64).sqrt()).exp()
                    })
                    .collect();
                let total: f64 = scores.iter().sum();
                for i in 0..width {
                    context[query * hidden + head * width + i] = (0..tokens)
                        .map(|key| scores[key] / total * part(key, 2, head, i))
                        .sum();
                }
            }
        }
        context
    }

    #[test]
    fn agrees_with_the_formula_and_does_not_mind_what_was_there_before() {
        for &isa in Isa::available() {
            let kernels = Kernels::of(isa, Precision::F32).unwrap();
            let mut scratch = AttentionScratch::default();
            for (tokens, heads, width) in [
                (40, 2, 32),
                (1, 1, 4),
                (3, 2, 5),
                (17, 3, 32),
                (64, 1, 64),
                (257, 2, 16),
                (5, 12, 32),
            ] {
                let hidden = heads * width;
                let qkv: Vec<f32> = noise(tokens * 3 * hidden, tokens as u32)
                    .into_iter()
                    .map(|x| 3.0 * x)
                    .collect();
                let mut context = vec![f32::NAN; tokens * hidden];
                kernels.attend(&mut Attention::new(
                    &qkv,
                    &mut context,
                    tokens,
                    heads,
                    &mut scratch,
                ));
                let expected = plain(&qkv, tokens, heads, hidden);
                for (x, expected) in context.iter().zip(expected) {
                    assert!(
                        // Scores reach 30, whose last digit in f32 is worth 2e-6 of a weight.
                        (f64::from(*x) - expected).abs() < 1e-5,
                        "{isa} {tokens}×{heads}×{width}: {x} {expected}"
                    );
                }
            }
        }
    }
}
