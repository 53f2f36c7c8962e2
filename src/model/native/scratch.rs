//! Room for activations, kept from batch to batch.

use std::time::{Duration, Instant};

use super::kernels::{AttentionScratch, Format, Kernels, Narrowing, Rows};
use crate::model::Spent;

/// Buffers of one thread; they grow to the largest batch and stay.
pub struct Scratch {
    /// The tokens' vectors, `[tokens, hidden]`, f32.
    pub hidden: Rows,
    /// The same as linear layers read them, where that is not f32.
    pub narrow: Rows,
    /// What a layer computes with.
    pub layer: LayerScratch,
    /// `[tokens, labels]`, f32.
    pub logits: Rows,
}

/// Buffers within a layer.
pub struct LayerScratch {
    /// Queries, keys and values side by side, `[tokens, 3 · hidden]`.
    pub qkv: Rows,
    /// What attention gathers, `[tokens, hidden]`.
    pub context: Passed,
    /// What attention computes with.
    pub attention: AttentionScratch,
    /// The middle of the feed-forward part for some tokens, `[some, intermediate]`.
    pub middle: Passed,
    /// What went into the layers' parts, until somebody asks.
    pub spent: Spent,
}

/// What one step computes and a linear layer reads.
pub struct Passed {
    /// As it is computed.
    computed: Rows,
    /// As it is read, where that is something else.
    narrowed: Option<Rows>,
}

/// Tells how long one step after the other took, at one look at the clock for each: there are machines where a look costs
/// a microsecond.
pub struct Laps(Instant);

impl Laps {
    /// From now on.
    pub fn start() -> Self {
        Laps(Instant::now())
    }

    /// The time since the last lap.
    pub fn next(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.0, now))
    }
}

impl Scratch {
    /// For layers of `kernels`.
    pub fn new(kernels: Kernels) -> Self {
        Scratch {
            hidden: Rows::default(),
            narrow: Rows::new(kernels.format()),
            layer: LayerScratch {
                qkv: Rows::new(kernels.attention_format()),
                context: Passed::new(kernels.format()),
                attention: AttentionScratch::default(),
                middle: Passed::new(kernels.format()),
                spent: Spent::default(),
            },
            logits: Rows::default(),
        }
    }
}

impl Passed {
    fn new(format: Format) -> Self {
        // Whole numbers want the scale of a row, which is known when the row is.
        let (computed, narrowed) = if format.is_whole() {
            (Format::Single, Some(format))
        } else {
            (format, None)
        };
        Passed {
            computed: Rows::new(computed),
            narrowed: narrowed.map(Rows::new),
        }
    }

    /// Bytes that a computed number takes.
    pub fn bytes_of_a_number(&self) -> usize {
        4 / self.computed.format().numbers_in_a_unit()
    }

    /// Room for `[count, width]`.
    pub fn shaped(&mut self, count: usize, width: usize) -> &mut Rows {
        self.computed.shape(count, width);
        &mut self.computed
    }

    /// What was computed, as a linear layer of `kernels` reads it.
    pub fn read(&mut self, kernels: Kernels) -> &Rows {
        let Some(narrowed) = &mut self.narrowed else {
            return &self.computed;
        };
        kernels.narrow(&mut Narrowing::new(
            &self.computed,
            0..self.computed.count(),
            narrowed,
        ));
        narrowed
    }
}
