//! Windows to packed batches: concatenated without padding, up to a token budget.

use crate::tokenize::Window;

/// The most tokens in a batch, unless one window alone has more.
///
/// Batches of 256 to 2,048 tokens ran equally fast (MiniLM-L6 on one Zen 4 core, with the engine's first products):
/// small ones need less memory and leave threads less to wait for at the end.
pub const TOKEN_BUDGET: usize = 512;

/// The fewest tokens worth a batch of their own when a small input is spread over threads.
const SMALLEST_SHARE: usize = 128;

/// Windows of several documents, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedBatch {
    /// Sub-word ids, shape `[tokens]`.
    pub token_ids: Vec<u32>,
    /// Token types, shape `[tokens]`.
    pub token_types: Vec<u32>,
    /// Cumulative lengths, shape `[windows + 1]`: window `w` is `bounds[w]..bounds[w + 1]`; positions start at 0 in each.
    pub bounds: Vec<usize>,
    /// The tokens whose scores are wanted, as indices into `token_ids`, ascending.
    pub wanted: Vec<usize>,
}

impl PackedBatch {
    /// Concatenates windows in the order given; every token's scores are wanted.
    pub fn pack<'a>(windows: impl IntoIterator<Item = &'a Window>) -> Self {
        let mut batch = PackedBatch::pack_for_words(windows);
        batch.wanted = (0..batch.tokens()).collect();
        batch
    }

    /// The same, but only the scores of words' first sub-words are wanted.
    pub fn pack_for_words<'a>(windows: impl IntoIterator<Item = &'a Window>) -> Self {
        let mut batch = PackedBatch {
            bounds: vec![0],
            ..PackedBatch::default()
        };
        for window in windows {
            let first_tokens = window.first_tokens.iter().flatten();
            let start = batch.token_ids.len();
            batch
                .wanted
                .extend(first_tokens.map(|&token| start + token as usize));
            batch.token_ids.extend_from_slice(&window.token_ids);
            batch.token_types.extend_from_slice(&window.token_types);
            batch.bounds.push(batch.token_ids.len());
        }
        batch
    }

    /// Whether the wanted tokens are there and ascend.
    ///
    /// # Errors
    /// One line where they do not.
    pub fn check_wanted(&self) -> Result<(), String> {
        let ascending = self.wanted.is_sorted_by(|one, next| one < next);
        if ascending && self.wanted.last().is_none_or(|&last| last < self.tokens()) {
            return Ok(());
        }
        let tokens = self.tokens();
        Err(format!(
            "wanted tokens: expected some of the batch's {tokens}, ascending"
        ))
    }

    /// How many tokens it holds.
    pub fn tokens(&self) -> usize {
        self.token_ids.len()
    }
}

/// Groups windows of the given lengths (in tokens) into batches; each batch lists indices into `lengths`.
///
/// Longest windows first, so that neighbours are alike and no long batch is left for the end; every window is in one
/// batch. With fewer tokens than `threads` full batches, batches are smaller, down to [`SMALLEST_SHARE`].
pub fn plan(lengths: &[usize], threads: usize) -> Vec<Vec<usize>> {
    let total: usize = lengths.iter().sum();
    let budget = total.div_ceil(threads.max(1)).clamp(SMALLEST_SHARE, TOKEN_BUDGET);
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&window| std::cmp::Reverse(lengths[window]));

    let mut batches = Vec::new();
    let mut batch = Vec::new();
    let mut tokens = 0;
    for window in order {
        if !batch.is_empty() && tokens + lengths[window] > budget {
            batches.push(std::mem::take(&mut batch));
            tokens = 0;
        }
        batch.push(window);
        tokens += lengths[window];
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_is_in_one_batch_within_the_budget() {
        let lengths: Vec<usize> = (0..500).map(|i| 3 + (i * 37) % 250).collect();
        for threads in [1, 2, 8, 1000] {
            let batches = plan(&lengths, threads);
            let mut seen: Vec<usize> = batches.concat();
            seen.sort_unstable();
            assert_eq!(seen, (0..500).collect::<Vec<_>>());
            for batch in &batches {
                assert!(batch.iter().map(|&w| lengths[w]).sum::<usize>() <= TOKEN_BUDGET);
            }
        }
        assert!(plan(&[], 2).is_empty());
        assert_eq!(plan(&[5000], 2), [[0]]);
    }

    #[test]
    fn a_small_input_is_spread_over_the_threads() {
        assert_eq!(plan(&[128; 4], 1).len(), 1);
        assert_eq!(plan(&[128; 4], 2).len(), 2);
        assert_eq!(plan(&[128; 4], 8).len(), 4);
        assert_eq!(plan(&[20; 4], 8).len(), 1);
    }
}
