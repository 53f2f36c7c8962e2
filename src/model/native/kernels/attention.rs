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
    /// What the same needs in bf16.
    narrow: NarrowScratch,
}

/// As [`AttentionScratch`], in units of two bf16 numbers.
#[derive(Default)]
struct NarrowScratch {
    /// `[tokens filled up to whole tiles, units of a query]`.
    queries: Vec<u32>,
    /// `[panels of keys, units of a key, panel]`.
    keys: Vec<u32>,
    /// `[panels of width, pairs of tokens, panel]`.
    values: Vec<u32>,
    /// Some queries' attention, `[rows, pairs of tokens]`.
    shares: Vec<u32>,
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
    let AttentionScratch {
        keys, values, scores, ..
    } = &mut **scratch;
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
            let done = score_rows::<A, D>(
                wanted,
                qkv.as_ptr().add(row * 3 * hidden + column).cast(),
                3 * hidden,
                keys.as_ptr().cast(),
                width,
                scores,
                score_stride,
            );
            let mut totals = [0.0f32; MOST_ROWS];
            for offset in 0..done {
                let scores = &mut scores[offset * score_stride..][..tokens];
                totals[offset] = math::softmax_numerators::<A::Lanes>(scores, scale);
            }
            gather_values::<A, D>(
                &totals[..done],
                scores.as_ptr().cast(),
                score_stride,
                values.as_ptr().cast(),
                tokens,
                &mut context[row * hidden + column..],
                hidden,
                width,
            );
            row += done;
        }
    }
}

/// The same with both products in bf16, their sums in f32; the softmax between them is f32's.
///
/// # Safety
/// The CPU has the instructions of `A` and `D`; `D` multiplies bf16.
#[inline(always)]
pub unsafe fn attend_in_bf16<A: Arch, D: Dots>(attention: &mut Attention<'_>) {
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
    let (filled, pairs) = (width.div_ceil(2), tokens.div_ceil(2));
    let (units, pair_stride) = (
        filled.next_multiple_of(D::DEPTH),
        pairs.next_multiple_of(D::DEPTH),
    );
    let key_panels = tokens.div_ceil(A::PANEL);
    let value_panels = width.div_ceil(A::PANEL);
    let score_stride = key_panels * A::PANEL;
    let AttentionScratch { scores, narrow, .. } = &mut **scratch;
    let NarrowScratch {
        queries,
        keys,
        values,
        shares,
    } = narrow;
    // A tile may read rows beyond the last, and sums go on to `DEPTH`: there one factor is zero, and the other is a number,
    // if one from before.
    queries.resize(tokens.next_multiple_of(MOST_ROWS) * units, 0);
    keys.resize(key_panels * units * A::PANEL, 0);
    values.resize(value_panels * pair_stride * A::PANEL, 0);
    shares.resize(MOST_ROWS * pair_stride, 0);
    scores.resize(MOST_ROWS * score_stride, 0.0);
    let scale = 1.0 / (width as f32).sqrt();
    D::begin();
    for head in 0..heads {
        let column = head * width;
        for (token, qkv) in qkv.chunks_exact(3 * hidden).enumerate() {
            let query = &mut queries[token * units..][..units];
            math::to_brains::<A::Lanes>(&qkv[column..][..width], &mut query[..filled]);
            query[filled..].fill(0);
            let key = &qkv[hidden + column..][..width];
            let to = &mut keys[token / A::PANEL * A::PANEL * units + token % A::PANEL..];
            scatter_units::<A::Lanes>(key, to, A::PANEL);
        }
        for pair in 0..pairs {
            let value = |token: usize| &qkv[token * 3 * hidden + 2 * hidden + column..][..width];
            let lower = value(2 * pair);
            let upper = (2 * pair + 1 < tokens).then(|| value(2 * pair + 1));
            let mut at = 0;
            while at < width {
                let low: A::Lanes = math::load_row(lower, at, 0.0);
                let high: A::Lanes = match upper {
                    Some(upper) => math::load_row(upper, at, 0.0),
                    None => A::Lanes::splat(0.0),
                };
                let place = (at / A::PANEL * pair_stride + pair) * A::PANEL + at % A::PANEL;
                low.store_bf16_beside(high, values[place..][..A::Lanes::COUNT].as_mut_ptr());
                at += A::Lanes::COUNT;
            }
        }
        let mut row = 0;
        while row < tokens {
            let wanted = (tokens - row).min(A::ROWS);
            let done = score_rows::<A, D>(
                wanted,
                queries.as_ptr().add(row * units),
                units,
                keys.as_ptr(),
                units,
                scores,
                score_stride,
            );
            let mut totals = [0.0f32; MOST_ROWS];
            for offset in 0..done {
                let scores = &mut scores[offset * score_stride..][..tokens];
                totals[offset] = math::softmax_numerators::<A::Lanes>(scores, scale);
                let shares = &mut shares[offset * pair_stride..][..pair_stride];
                math::to_brains::<A::Lanes>(scores, &mut shares[..pairs]);
                shares[pairs..].fill(0);
            }
            gather_values::<A, D>(
                &totals[..done],
                shares.as_ptr(),
                pair_stride,
                values.as_ptr(),
                pair_stride,
                &mut context[row * hidden + column..],
                hidden,
                width,
            );
            row += done;
        }
    }
    D::end();
}

/// Scores of up to `wanted` queries against every panel of keys; gives how many queries that were.
///
/// # Safety
/// As [`attend`]; `queries` is good for a tile's rows, and `scores` has a panel's room for each panel of keys.
#[inline(always)]
unsafe fn score_rows<A: Arch, D: Dots>(
    wanted: usize,
    queries: *const u32,
    query_stride: usize,
    keys: *const u32,
    depth: usize,
    scores: &mut [f32],
    score_stride: usize,
) -> usize {
    let mut done = wanted;
    for panel in 0..score_stride / A::PANEL {
        done = D::tile(
            wanted,
            &Tile {
                a: queries,
                a_stride: query_stride,
                b: keys.add(panel * depth * A::PANEL),
                depth,
                to: scores.as_mut_ptr().add(panel * A::PANEL).cast(),
                to_stride: score_stride,
            },
        );
    }
    done
}

/// Values weighted by the shares, each row over its total, into every `hidden`-th place of `context`.
///
/// # Safety
/// As [`attend`]; `shares` is good for a tile's rows.
#[inline(always)]
#[allow(
    clippy::too_many_arguments,
    reason = "two matrices with their strides, and where the product goes"
)]
unsafe fn gather_values<A: Arch, D: Dots>(
    totals: &[f32],
    shares: *const u32,
    share_stride: usize,
    values: *const u32,
    depth: usize,
    context: &mut [f32],
    hidden: usize,
    width: usize,
) {
    let mut sums = [0.0f32; MOST_ROWS * WIDEST_PANEL];
    for panel in 0..width.div_ceil(A::PANEL) {
        D::tile(
            totals.len(),
            &Tile {
                a: shares,
                a_stride: share_stride,
                b: values.add(panel * depth * A::PANEL),
                depth,
                to: sums.as_mut_ptr().cast(),
                to_stride: A::PANEL,
            },
        );
        let from = panel * A::PANEL;
        let count = A::PANEL.min(width - from);
        for (row, total) in totals.iter().enumerate() {
            let share = A::Lanes::splat(1.0 / total);
            let to = &mut context[row * hidden + from..][..count];
            let mut at = 0;
            while at < count {
                let sum = A::Lanes::load(sums.as_ptr().add(row * A::PANEL + at));
                math::store_row(sum.mul(share), to, at);
                at += A::Lanes::COUNT;
            }
        }
    }
}

/// A key in bf16, unit by unit to every `stride`-th place of `to`.
#[inline(always)]
unsafe fn scatter_units<L: Lanes>(key: &[f32], to: &mut [u32], stride: usize) {
    let mut at = 0;
    while at < key.len() {
        let mut numbers = [0u16; 16];
        math::load_row::<L>(key, at, 0.0).store_bf16(numbers.as_mut_ptr());
        let count = L::COUNT.min(key.len() - at).div_ceil(2);
        for unit in 0..count {
            to[(at / 2 + unit) * stride] =
                u32::from(numbers[2 * unit + 1]) << 16 | u32::from(numbers[2 * unit]);
        }
        at += L::COUNT;
    }
}

#[cfg(test)]
mod tests {
    use super::super::arch::Kernels;
    use super::super::isa::Precision;
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
        for (isa, precision) in Kernels::available() {
            let kernels = Kernels::of(isa, precision).unwrap();
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
                // Scores reach 30, whose last digit in f32 is worth 2e-6 of a weight, and in bf16 a tenth.
                let bound = if precision == Precision::F32 { 1e-5 } else { 0.1 };
                let expected = plain(&qkv, tokens, heads, hidden);
                for (x, expected) in context.iter().zip(expected) {
                    assert!(
                        (f64::from(*x) - expected).abs() < bound,
                        "{precision} with {isa}, {tokens}×{heads}×{width}: {x} {expected}"
                    );
                }
            }
        }
    }

    /// With queries and keys small enough that no weight depends on a score's last digits.
    #[test]
    fn bf16_keeps_two_digits_of_an_ordinary_window() {
        let (tokens, heads, hidden) = (100, 2, 64);
        let qkv: Vec<f32> = noise(tokens * 3 * hidden, 9)
            .into_iter()
            .map(|x| 0.5 * x)
            .collect();
        let expected = plain(&qkv, tokens, heads, hidden);
        for (isa, precision) in Kernels::available() {
            let mut context = vec![f32::NAN; tokens * hidden];
            let mut scratch = AttentionScratch::default();
            let kernels = Kernels::of(isa, precision).unwrap();
            kernels.attend(&mut Attention::new(
                &qkv,
                &mut context,
                tokens,
                heads,
                &mut scratch,
            ));
            for (x, expected) in context.iter().zip(&expected) {
                assert!(
                    (f64::from(*x) - expected).abs() < 2e-3,
                    "{precision} with {isa}: {x} {expected}"
                );
            }
        }
    }
}
