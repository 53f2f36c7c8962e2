//! Self-attention within one window.

use std::mem::MaybeUninit;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::arch::Kernels;
use super::finish::Destination;
use super::lanes::Lanes;
use super::math;
use super::rows::{Format, Line, Rows, Units};
use super::share::shared;
use super::softmax::Logits;
use super::tile::{Arch, Dots, MOST_ROWS, Nothing, Sums, Tile, WIDEST_PANEL};

/// Room for one head of one window, kept from call to call. A classifier's is always of the same numbers.
#[derive(Default)]
struct Room {
    /// Queries filled up, where they do not fill tiles, `[tokens, units of a query]`; bf16 alone.
    queries: Units,
    /// Keys transposed, `[panels of keys, units of a key, panel]`.
    keys: Units,
    /// Values, `[panels of width, tokens, panel]`; in bf16 pairs of tokens.
    values: Units,
    /// Some queries' scores, `[rows, tokens filled up to whole panels]`.
    scores: Units,
    /// The same made attention: as they are, or in bf16 `[rows, pairs of tokens]`.
    shares: Units,
}

/// Room for [`attention`], kept from call to call.
#[derive(Default)]
pub struct AttentionScratch {
    /// What no thread is using.
    rooms: Mutex<Vec<Room>>,
}

/// Self-attention within one window: of `tokens` rows from `first` on, and at least one. `qkv` is `[.., 3 · hidden]`, each
/// token's query, key and value side by side, in [`Kernels::attention_format`]; `context` is `[.., hidden]`, in f32 or
/// bf16.
pub fn attention(
    kernels: Kernels,
    qkv: &Rows,
    context: &mut Rows,
    first: usize,
    tokens: usize,
    heads: usize,
    scratch: &AttentionScratch,
) {
    assert!(tokens > 0 && first + tokens <= qkv.count() && qkv.count() == context.count());
    assert_eq!(qkv.width(), 3 * context.width(), "three vectors for each one");
    assert_eq!(context.width() % heads, 0, "as many numbers for each head");
    assert_eq!(qkv.format(), kernels.attention_format());
    assert!(
        !context.format().is_whole(),
        "the scale of a row is known when it is whole"
    );
    let window = Window {
        qkv,
        context: Destination {
            format: context.format(),
            to: context.row_mut(first),
            stride: context.stride(),
        },
        first,
        tokens,
        width: context.width() / heads,
        coarse: kernels.format().is_narrow(),
    };
    let rooms = || scratch.rooms.lock().unwrap_or_else(PoisonError::into_inner);
    shared(0..heads, &|heads| {
        let kept = rooms().pop();
        let mut room = kept.unwrap_or_default();
        kernels.attend(&mut Heads {
            window: &window,
            heads,
            room: &mut room,
        });
        rooms().push(room);
    });
}

/// A window's attention, its buffers checked.
struct Window<'a> {
    qkv: &'a Rows,
    /// The first token's place.
    context: Destination,
    first: usize,
    tokens: usize,
    /// Numbers of a head.
    width: usize,
    /// Whether a short exponential is good enough; bf16 has no other.
    coarse: bool,
}

// SAFETY: threads that share a window compute different heads of it, which are different columns of the context.
unsafe impl Sync for Window<'_> {}

/// Some heads of a window, which nobody else computes.
pub struct Heads<'a> {
    window: &'a Window<'a>,
    heads: Range<usize>,
    room: &'a mut Room,
}

/// In f32.
///
/// # Safety
/// The CPU has the instructions of `A` and `D`; `D` multiplies f32.
#[inline(always)]
pub unsafe fn attend<A: Arch, D: Dots>(attention: &mut Heads<'_>) {
    let Heads { window, heads, room } = attention;
    let (tokens, width, qkv) = (window.tokens, window.width, window.qkv);
    let hidden = qkv.width() / 3;
    let value_panels = width.div_ceil(A::PANEL);
    let score_stride = tokens.next_multiple_of(A::PANEL);
    // Zeros where a panel is wider than what it holds; what stands there from before does no harm, but must be finite.
    room.keys.reserve(width * score_stride);
    room.values.reserve(value_panels * tokens * A::PANEL);
    room.scores.reserve(MOST_ROWS * score_stride);
    room.shares.reserve(MOST_ROWS * score_stride);
    let keys = room.keys.as_mut_slice().as_mut_ptr();
    let values = room.values.as_mut_slice().as_mut_ptr().cast::<f32>();
    let scores = room.scores.as_mut_slice().as_mut_ptr();
    let shares = room.shares.as_mut_slice().as_mut_ptr();
    let scale = 1.0 / (width as f32).sqrt();
    let (row, stride) = (qkv.row(window.first), qkv.stride());
    for head in heads.clone() {
        let column = head * width;
        pack_keys::<A>(row.add(hidden + column), stride, tokens, width, width, keys);
        for token in 0..tokens {
            let value = row.add(token * stride + 2 * hidden + column).cast::<f32>();
            let mut at = 0;
            while at < width {
                let to = values.add((at / A::PANEL * tokens + token) * A::PANEL + at % A::PANEL);
                // What stands beyond a head's values is another's, and what becomes of it is left alone.
                A::Lanes::load(value.add(at)).store(to);
                at += A::Lanes::COUNT;
            }
        }
        let mut query = 0;
        while query < tokens {
            let wanted = (tokens - query).min(A::ROWS);
            let queries = row.add(query * stride + column);
            let done = score_rows::<A, D>(wanted, queries, stride, keys, width, scores, score_stride);
            let mut totals = [0.0f32; MOST_ROWS];
            for (offset, total) in totals.iter_mut().enumerate().take(done) {
                let logits = Logits {
                    from: scores.add(offset * score_stride).cast(),
                    count: tokens,
                };
                let shares = shares.add(offset * score_stride);
                *total = if window.coarse {
                    logits.coarse_numerators::<A::Lanes, false>(scale, shares.cast(), tokens)
                } else {
                    logits.numerators::<A::Lanes>(scale, shares.cast())
                };
            }
            gather_values::<A, D>(
                &totals[..done],
                (shares, score_stride),
                (values.cast(), tokens),
                (window.context, query, column),
                width,
            );
            query += done;
        }
    }
}

/// The same with both products in bf16, their sums in f32; the softmax between them reads f32 and writes bf16.
///
/// # Safety
/// The CPU has the instructions of `A` and `D`; `D` multiplies bf16.
#[inline(always)]
pub unsafe fn attend_in_bf16<A: Arch, D: Dots>(attention: &mut Heads<'_>) {
    let Heads { window, heads, room } = attention;
    let (tokens, width, qkv) = (window.tokens, window.width, window.qkv);
    let hidden = qkv.width() / 3;
    let (filled, pairs) = (width.div_ceil(2), tokens.div_ceil(2));
    let (units, pair_stride) = (
        filled.next_multiple_of(D::DEPTH),
        pairs.next_multiple_of(D::DEPTH),
    );
    let value_panels = width.div_ceil(A::PANEL);
    let score_stride = tokens.next_multiple_of(A::PANEL);
    // A tile may read rows beyond the last, and sums go on to `DEPTH`: there one factor is zero, and the other is a number,
    // if one from before.
    let filled_up = !width.is_multiple_of(2 * D::DEPTH);
    if filled_up {
        room.queries.reserve((tokens + MOST_ROWS) * units);
    }
    room.keys.reserve(units * score_stride);
    room.values.reserve(value_panels * pair_stride * A::PANEL);
    room.scores.reserve(MOST_ROWS * score_stride);
    room.shares.reserve(MOST_ROWS * pair_stride + Line::UNITS);
    let queries = room.queries.as_mut_slice().as_mut_ptr();
    let keys = room.keys.as_mut_slice().as_mut_ptr();
    let values = room.values.as_mut_slice().as_mut_ptr();
    let scores = room.scores.as_mut_slice().as_mut_ptr();
    let shares = room.shares.as_mut_slice().as_mut_ptr();
    let scale = 1.0 / (width as f32).sqrt();
    let (row, stride) = (qkv.row(window.first).cast::<u16>(), 2 * qkv.stride());
    D::begin();
    for head in heads.clone() {
        let column = head * width;
        let (queries, query_stride) = if filled_up {
            for token in 0..tokens {
                let query = queries.add(token * units);
                for unit in filled - 1..units {
                    *query.add(unit) = 0;
                }
                let from = row.add(token * stride + column);
                std::ptr::copy_nonoverlapping(from, query.cast::<u16>(), width);
            }
            (queries.cast_const(), units)
        } else {
            (row.add(column).cast(), stride / 2)
        };
        let key = row.add(hidden + column).cast();
        pack_keys::<A>(key, stride / 2, tokens, filled, units, keys);
        pack_values::<A>(
            row.add(2 * hidden + column),
            stride,
            tokens,
            width,
            pair_stride,
            values,
        );
        let mut query = 0;
        while query < tokens {
            let wanted = (tokens - query).min(A::ROWS);
            let queries = queries.add(query * query_stride);
            let done = score_rows::<A, D>(wanted, queries, query_stride, keys, units, scores, score_stride);
            let mut totals = [0.0f32; MOST_ROWS];
            for (offset, total) in totals.iter_mut().enumerate().take(done) {
                let logits = Logits {
                    from: scores.add(offset * score_stride).cast(),
                    count: tokens,
                };
                // Behind the row the next one begins, which is not there yet.
                let shares = shares.add(offset * pair_stride).cast();
                *total = logits.coarse_numerators::<A::Lanes, true>(scale, shares, 2 * pair_stride);
            }
            gather_values::<A, D>(
                &totals[..done],
                (shares, pair_stride),
                (values, pair_stride),
                (window.context, query, column),
                width,
            );
            query += done;
        }
    }
    D::end();
}

/// Keys, `filled` units each, a row every `stride`, into panels of `units` units.
///
/// # Safety
/// As [`attend`]; rows up to whole registers of keys can be read, and `to` has room for whole panels.
#[inline(always)]
unsafe fn pack_keys<A: Arch>(
    from: *const u32,
    stride: usize,
    tokens: usize,
    filled: usize,
    units: usize,
    to: *mut u32,
) {
    let lanes = A::Lanes::COUNT;
    let whole = filled / lanes * lanes;
    let mut token = 0;
    while token < tokens {
        // Keys beyond the last fill the register up: their scores are left alone.
        let to = to.add(token / A::PANEL * A::PANEL * units + token % A::PANEL);
        let from = from.add(token * stride);
        let mut unit = 0;
        while unit < whole {
            A::Lanes::transpose(from.add(unit), stride, to.add(unit * A::PANEL), A::PANEL);
            unit += lanes;
        }
        for unit in whole..filled {
            for key in 0..lanes {
                // A key may begin in the middle of a unit.
                *to.add(unit * A::PANEL + key) = from.add(key * stride + unit).read_unaligned();
            }
        }
        token += lanes;
    }
}

/// Values in bf16, a row every `stride` numbers, into panels of pairs of tokens.
///
/// # Safety
/// As [`attend`]; `to` has room for whole panels of `pair_stride` pairs.
#[inline(always)]
unsafe fn pack_values<A: Arch>(
    from: *const u16,
    stride: usize,
    tokens: usize,
    width: usize,
    pair_stride: usize,
    to: *mut u32,
) {
    let nothing = [0u16; WIDEST_PANEL];
    for pair in 0..tokens.div_ceil(2) {
        let low = from.add(2 * pair * stride);
        let odd = 2 * pair + 1 < tokens;
        let mut at = 0;
        while at < width {
            let high = if odd {
                low.add(stride + at)
            } else {
                nothing.as_ptr()
            };
            let to = to.add((at / A::PANEL * pair_stride + pair) * A::PANEL + at % A::PANEL);
            // What stands beyond a head's values is another's, and what becomes of it is left alone.
            A::Lanes::interleave(low.add(at), high, to);
            at += A::Lanes::COUNT;
        }
    }
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
    scores: *mut u32,
    score_stride: usize,
) -> usize {
    let mut done = wanted;
    for panel in 0..score_stride / A::PANEL {
        let keys = keys.add(panel * depth * A::PANEL);
        done = D::tile(
            wanted,
            &Tile {
                a: queries,
                a_stride: query_stride,
                b: keys,
                depth,
                to: scores.add(panel * A::PANEL),
                to_stride: score_stride,
                ahead: keys,
                ahead_lines: 0,
            },
            &mut Nothing,
        );
    }
    done
}

/// Values, `[panels, depth, panel]`, weighted by the shares of some rows, each over its total, into the context: some rows
/// and `width` columns, from the place that is given on.
///
/// # Safety
/// As [`attend`]; `shares` is good for a tile's rows.
#[inline(always)]
unsafe fn gather_values<A: Arch, D: Dots>(
    totals: &[f32],
    (shares, share_stride): (*const u32, usize),
    (values, depth): (*const u32, usize),
    (context, row, column): (Destination, usize, usize),
    width: usize,
) {
    // Written by the tile as far as they are read.
    let mut sums = MaybeUninit::<Sums>::uninit();
    let sums = sums.as_mut_ptr().cast::<u32>();
    let Destination {
        format,
        to: context,
        stride,
    } = context;
    let context = context.add(row * stride);
    for panel in 0..width.div_ceil(A::PANEL) {
        let panel_values = values.add(panel * depth * A::PANEL);
        D::tile(
            totals.len(),
            &Tile {
                a: shares,
                a_stride: share_stride,
                b: panel_values,
                depth,
                to: sums,
                to_stride: A::PANEL,
                ahead: panel_values,
                ahead_lines: 0,
            },
            &mut Nothing,
        );
        let from = panel * A::PANEL;
        let count = A::PANEL.min(width - from);
        for (row, total) in totals.iter().enumerate() {
            let share = A::Lanes::splat(1.0 / total);
            let to = context.add(row * stride);
            let mut at = 0;
            while at < count {
                let sum = A::Lanes::load(sums.add(row * A::PANEL + at).cast()).mul(share);
                let part = A::Lanes::COUNT.min(count - at);
                if format == Format::Brains {
                    let to = to.cast::<u16>().add(column + from + at);
                    if part == A::Lanes::COUNT {
                        sum.store_bf16(to);
                    } else {
                        math::store_bf16_part(sum, to, part);
                    }
                } else {
                    let to = to.cast::<f32>().add(column + from + at);
                    math::store_row(sum, std::slice::from_raw_parts_mut(to, part), 0);
                }
                at += A::Lanes::COUNT;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::elementwise::Narrowing;
    use super::super::isa::Precision;
    use super::super::lanes::to_bf16;
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

    /// The attention of a window that stands behind three other tokens and before two.
    fn attended(
        kernels: Kernels,
        qkv: &[f32],
        tokens: usize,
        heads: usize,
        scratch: &AttentionScratch,
    ) -> Vec<f32> {
        let hidden = qkv.len() / tokens / 3;
        let mut rows = Rows::default();
        rows.shape(tokens + 5, 3 * hidden);
        rows.f32_mut().fill(0.5);
        rows.f32_mut()[9 * hidden..][..qkv.len()].copy_from_slice(qkv);
        let mut narrow = Rows::new(kernels.attention_format());
        let mut qkv = &rows;
        if kernels.attention_format() == Format::Brains {
            kernels.narrow(&mut Narrowing::new(&rows, 0..tokens + 5, &mut narrow));
            qkv = &narrow;
        }
        let mut context = Rows::default();
        context.shape(tokens + 5, hidden);
        context.f32_mut().fill(7.0);
        attention(kernels, qkv, &mut context, 3, tokens, heads, scratch);
        let (before, rest) = context.f32().split_at(3 * hidden);
        let (found, after) = rest.split_at(tokens * hidden);
        assert!(
            before.iter().chain(after).all(|x| *x == 7.0),
            "nothing else is written"
        );
        if kernels.attention_format() == Format::Brains {
            let mut brains = Rows::new(Format::Brains);
            brains.shape(tokens + 5, hidden);
            attention(kernels, qkv, &mut brains, 3, tokens, heads, scratch);
            for (token, found) in found.chunks_exact(hidden).enumerate() {
                assert!(
                    brains
                        .brains(3 + token)
                        .iter()
                        .zip(found)
                        .all(|(brain, x)| *brain == to_bf16(*x))
                );
            }
        }
        found.to_vec()
    }

    #[test]
    fn agrees_with_the_formula_and_does_not_mind_what_was_there_before() {
        for (isa, precision) in Kernels::available() {
            let kernels = Kernels::of(isa, precision).unwrap();
            let scratch = AttentionScratch::default();
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
                let context = attended(kernels, &qkv, tokens, heads, &scratch);
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

    /// Scores of which no power is a number, unless the highest is taken off: one key far above the others, and all far below
    /// zero.
    #[test]
    fn scores_far_from_zero_are_no_trouble() {
        let (tokens, hidden) = (21, 32);
        for (isa, precision) in Kernels::available() {
            let kernels = Kernels::of(isa, precision).unwrap();
            let scratch = AttentionScratch::default();
            for chosen in [Some(3), None] {
                let mut qkv = noise(tokens * 3 * hidden, 11);
                for (token, row) in qkv.chunks_exact_mut(3 * hidden).enumerate() {
                    row[..hidden].fill(20.0);
                    row[hidden..2 * hidden].fill(if Some(token) == chosen { 20.0 } else { -20.0 });
                }
                let value = |token: usize, i: usize| qkv[token * 3 * hidden + 2 * hidden + i];
                let context = attended(kernels, &qkv, tokens, 1, &scratch);
                for row in context.chunks_exact(hidden) {
                    for (i, x) in row.iter().enumerate() {
                        let mean = (0..tokens).map(|token| value(token, i)).sum::<f32>() / tokens as f32;
                        let expected = chosen.map_or(mean, |token| value(token, i));
                        assert!(
                            (x - expected).abs() < 5e-3,
                            "{precision} with {isa}: {x} {expected}"
                        );
                    }
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
            let scratch = AttentionScratch::default();
            let kernels = Kernels::of(isa, precision).unwrap();
            let context = attended(kernels, &qkv, tokens, heads, &scratch);
            for (x, expected) in context.iter().zip(&expected) {
                assert!(
                    (f64::from(*x) - expected).abs() < 2e-3,
                    "{precision} with {isa}: {x} {expected}"
                );
            }
        }
    }
}
