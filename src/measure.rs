//! Where the time goes: counted while the pipeline works, at two looks at the clock a document and stage.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::batch::PackedBatch;

/// A part of a document's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Text to windows.
    Tokenize,
    /// Windows to logits.
    Encode,
    /// Logits to mentions.
    Decode,
    /// Mentions to entities.
    Link,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Stage; 4] = [Stage::Tokenize, Stage::Encode, Stage::Decode, Stage::Link];

    /// `tokenize`, `encode`, `decode`, `link`.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Tokenize => "tokenize",
            Stage::Encode => "encode",
            Stage::Decode => "decode",
            Stage::Link => "link",
        }
    }
}

/// Time by stage, summed over threads, and tokens.
#[derive(Debug, Default)]
pub struct StageClock {
    nanoseconds: [AtomicU64; Stage::ALL.len()],
    tokens: AtomicU64,
    computed: AtomicU64,
    wanted: AtomicU64,
    slots: AtomicU64,
    reused: AtomicU64,
}

impl StageClock {
    /// Does `work` and counts its time.
    pub fn time<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds[stage as usize].fetch_add(took, Ordering::Relaxed);
        done
    }

    /// Counts a text's own sub-words.
    pub fn count_tokens(&self, tokens: usize) {
        self.tokens.fetch_add(tokens as u64, Ordering::Relaxed);
    }

    /// Counts a batch: its windows' tokens, with what they share and special ones, and `slots`, those with padding.
    pub fn count_batch(&self, batch: &PackedBatch, slots: usize) {
        self.computed.fetch_add(batch.tokens() as u64, Ordering::Relaxed);
        self.wanted
            .fetch_add(batch.wanted.len() as u64, Ordering::Relaxed);
        self.slots.fetch_add(slots as u64, Ordering::Relaxed);
    }

    /// Counts windows whose scores were there already.
    pub fn count_reused(&self, windows: usize) {
        self.reused.fetch_add(windows as u64, Ordering::Relaxed);
    }

    /// What was counted, from now on from nothing.
    pub fn take(&self) -> Measured {
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        Measured {
            time: std::array::from_fn(|stage| Duration::from_nanos(take(&self.nanoseconds[stage]))),
            tokens: take(&self.tokens),
            computed: take(&self.computed),
            wanted: take(&self.wanted),
            slots: take(&self.slots),
            windows_reused: take(&self.reused),
        }
    }
}

/// What a [`StageClock`] counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// By stage, in the order of [`Stage::ALL`]; summed over threads.
    pub time: [Duration; Stage::ALL.len()],
    /// The texts' own sub-words.
    pub tokens: u64,
    /// Tokens of the windows that went through the model.
    pub computed: u64,
    /// The same with the padding that the backend adds.
    pub slots: u64,
    /// Those of the computed tokens whose scores were wanted.
    pub wanted: u64,
    /// Windows that did not go through the model, since one of the same tokens had: see
    /// [`Pipeline::deduping`](crate::pipeline::Pipeline::deduping).
    pub windows_reused: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_stage_and_starts_anew() {
        let clock = StageClock::default();
        assert_eq!(
            clock.time(Stage::Link, || {
                std::thread::sleep(Duration::from_millis(2));
                7
            }),
            7
        );
        clock.count_tokens(10);
        clock.count_tokens(5);
        let batch = |tokens, wanted| PackedBatch {
            token_ids: vec![0; tokens],
            wanted: (0..wanted).collect(),
            ..PackedBatch::default()
        };
        clock.count_batch(&batch(12, 9), 14);
        clock.count_batch(&batch(7, 5), 7);
        clock.count_reused(3);
        let measured = clock.take();
        assert!(measured.time[Stage::Link as usize] >= Duration::from_millis(2));
        assert_eq!(measured.time[Stage::Encode as usize], Duration::ZERO);
        assert_eq!((measured.tokens, measured.computed, measured.slots), (15, 19, 21));
        assert_eq!(measured.wanted, 14);
        assert_eq!(measured.windows_reused, 3);
        assert_eq!(clock.take(), Measured::default());
    }
}
