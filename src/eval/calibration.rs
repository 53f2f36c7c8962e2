//! Whether scores mean what they say: of the mentions with a score of 0.8, eight in ten should be right.

use serde_json::{Value, json};

/// Bins of equal width over `[0, 1]`.
pub const BINS: usize = 10;

/// Mentions of like score.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// How many mentions.
    pub mentions: usize,
    /// How many of them have the gold's start, end and label.
    pub right: usize,
    /// The sum of their scores.
    pub score_sum: f64,
}

impl Bin {
    /// The mean score, in `[0, 1]`; 0 for an empty bin.
    pub fn mean_score(&self) -> f64 {
        self.score_sum / self.mentions.max(1) as f64
    }

    /// The share that is right, in `[0, 1]`; 0 for an empty bin.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.mentions.max(1) as f64
    }
}

/// A reliability diagram's numbers: mentions found, by score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reliability {
    /// Bin `i` holds the scores from `i / BINS` up to, not with, `(i + 1) / BINS`; the last one 1 too.
    pub bins: [Bin; BINS],
}

impl Reliability {
    /// Counts a mention that was found.
    pub fn add(&mut self, score: f32, right: bool) {
        let score = f64::from(score).clamp(0.0, 1.0);
        let bin = &mut self.bins[((score * BINS as f64) as usize).min(BINS - 1)];
        bin.mentions += 1;
        bin.right += usize::from(right);
        bin.score_sum += score;
    }

    /// The bins and the error as JSON, a bin's count and mean under the names given.
    pub fn as_json(&self, count: &str, mean: &str) -> Value {
        let edge = |number: usize| number as f64 / BINS as f64;
        let bins = self.bins.iter().enumerate().map(|(number, bin)| {
            json!({"from": edge(number), "to": edge(number + 1), count: bin.mentions, mean: bin.mean_score(),
                   "accuracy": bin.accuracy()})
        });
        json!({"expected_error": self.expected_error(), "bins": bins.collect::<Vec<_>>()})
    }

    /// The expected calibration error, in `[0, 1]`: the mean distance between a bin's mean score and its accuracy,
    /// weighted by mentions (Naeini et al., 2015; Guo et al., 2017). 0 where there are no mentions.
    pub fn expected_error(&self) -> f64 {
        let total: usize = self.bins.iter().map(|bin| bin.mentions).sum();
        let distances = self
            .bins
            .iter()
            .map(|bin| bin.mentions as f64 * (bin.mean_score() - bin.accuracy()).abs());
        distances.sum::<f64>() / total.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighs_bins_by_their_mentions() {
        let mut reliability = Reliability::default();
        // Three of four right at 0.75: no error. One wrong at 0.95: an error of 0.95, a fifth of all.
        for right in [true, true, true, false] {
            reliability.add(0.75, right);
        }
        reliability.add(0.95, false);
        assert!((reliability.expected_error() - 0.95 / 5.0).abs() < 1e-6);
        assert_eq!((reliability.bins[7].mentions, reliability.bins[7].right), (4, 3));
    }

    #[test]
    fn the_ends_have_their_bins_and_nothing_is_no_error() {
        let mut reliability = Reliability::default();
        assert_eq!(reliability.expected_error(), 0.0);
        reliability.add(0.0, false);
        reliability.add(1.0, true);
        assert_eq!(
            (reliability.bins[0].mentions, reliability.bins[BINS - 1].mentions),
            (1, 1)
        );
        assert_eq!(reliability.expected_error(), 0.0);
    }
}
