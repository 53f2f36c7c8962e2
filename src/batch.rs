//! Windows to packed batches: concatenated without padding, up to a token budget.

/// Windows of several documents, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedBatch {
    /// Sub-word ids, shape `[tokens]`.
    pub token_ids: Vec<u32>,
    /// Token types, shape `[tokens]`.
    pub token_types: Vec<u32>,
    /// Cumulative lengths, shape `[windows + 1]`: window `w` is `bounds[w]..bounds[w + 1]`; positions start at 0 in each.
    pub bounds: Vec<usize>,
}
