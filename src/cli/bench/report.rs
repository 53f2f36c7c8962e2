//! What `nomenclator bench` measured, and how it is told.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::cores;
use crate::document::Document;
use crate::measure::{Measured, Stage};
use crate::model::Spent;

/// One measurement.
pub struct Run {
    pub threads: usize,
    pub time: Duration,
    pub documents: usize,
    pub bytes: usize,
    pub measured: Measured,
    pub write: Duration,
    pub encoder: Option<Encoder>,
}

/// What the encoder did in a run, and what the machine could have done.
#[derive(Clone, Copy)]
pub struct Encoder {
    /// Operations of the linear layers.
    pub operations: u64,
    pub spent: Spent,
    /// Operations a second of all threads together at best: the mean of before and after.
    pub peak: f64,
}

/// Latencies of documents tagged alone, sorted.
pub struct Latencies(pub Vec<Duration>);

impl Latencies {
    /// The smallest latency that `share` of all do not exceed.
    fn percentile(&self, share: f64) -> Duration {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or(Duration::ZERO)
    }
}

/// The most memory that the process ever held, in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

impl Run {
    fn per_second(&self, count: f64) -> f64 {
        count / self.time.as_secs_f64()
    }

    /// How the encoder's time went, where it tells.
    fn encoder_shares(&self) -> Option<EncoderShares> {
        let Encoder {
            operations,
            spent,
            peak,
        } = self.encoder?;
        let seconds = self.measured.time[Stage::Encode as usize].as_secs_f64();
        let core = peak / self.threads as f64;
        let linear = spent.linear.as_secs_f64();
        Some(EncoderShares {
            of_peak: operations as f64 / seconds / core,
            linear: linear / seconds,
            linear_of_peak: operations as f64 / linear / core,
            attention: spent.attention.as_secs_f64() / seconds,
        })
    }

    /// Shares of the threads' time by stage, writing last; what is left over is waiting and the rest.
    fn shares(&self) -> [f64; Stage::ALL.len() + 1] {
        let whole = self.time.as_secs_f64() * self.threads as f64;
        let mut shares = [self.write.as_secs_f64() / whole; Stage::ALL.len() + 1];
        for (share, time) in shares.iter_mut().zip(self.measured.time) {
            *share = time.as_secs_f64() / whole;
        }
        shares
    }
}

/// Shares of the encoder's time, and of what the cores do at best; see [`Arithmetic`](crate::model::Arithmetic) for what counts.
struct EncoderShares {
    /// Of the peak, for the encoder whole.
    of_peak: f64,
    /// Of the encoder's time, for linear layers.
    linear: f64,
    /// Of the peak, for linear layers in their own time.
    linear_of_peak: f64,
    /// Of the encoder's time, for attention.
    attention: f64,
}

/// How many times as much all threads do as one.
struct Scaling {
    tokens: f64,
    /// Of what the machine does at best.
    peak: Option<f64>,
}

pub struct Report<'a> {
    pub made_with: String,
    pub computes: String,
    pub documents: &'a [Document],
    pub runs: Vec<Run>,
    pub latencies: Latencies,
    pub most: usize,
}

impl Report<'_> {
    fn corpus_bytes(&self) -> usize {
        self.documents.iter().map(|document| document.text.len()).sum()
    }

    /// Tokens that the model reads for each of the text's own.
    fn overhead(&self) -> f64 {
        let Measured { tokens, computed, .. } = self.runs[0].measured;
        computed as f64 / tokens.max(1) as f64
    }

    /// The share of computed tokens that is padding, in `[0, 1]`.
    fn padding(&self) -> f64 {
        let Measured { computed, slots, .. } = self.runs[0].measured;
        1.0 - computed as f64 / slots.max(1) as f64
    }

    /// Where more than one number of threads was measured.
    fn scaling(&self) -> Option<Scaling> {
        let [one, all] = &self.runs[..] else { return None };
        let tokens = |run: &Run| run.per_second(run.measured.tokens as f64);
        let peaks = one.encoder.zip(all.encoder);
        Some(Scaling {
            tokens: tokens(all) / tokens(one),
            peak: peaks.map(|(one, all)| all.peak / one.peak),
        })
    }

    pub fn as_json(&self) -> Value {
        let runs = self.runs.iter().map(|run| {
            let names = Stage::ALL.iter().map(|stage| stage.name()).chain(["write"]);
            let shares: serde_json::Map<String, Value> = names
                .zip(run.shares())
                .map(|(name, share)| (name.to_owned(), share.into()))
                .collect();
            json!({
                "threads": run.threads,
                "seconds": run.time.as_secs_f64(),
                "documents": run.documents,
                "bytes": run.bytes,
                "tokens": run.measured.tokens,
                "tokens_per_second": run.per_second(run.measured.tokens as f64),
                "documents_per_second": run.per_second(run.documents as f64),
                "bytes_per_second": run.per_second(run.bytes as f64),
                "stage_shares": shares,
                "peak_operations_per_second": run.encoder.map(|encoder| encoder.peak),
            })
        });
        json!({
            "made_with": self.made_with,
            "computes": self.computes,
            "cores": cores(),
            "corpus": {"documents": self.documents.len(), "bytes": self.corpus_bytes()},
            "runs": runs.collect::<Vec<_>>(),
            "alone": {
                "documents": self.latencies.0.len(),
                "threads": self.most,
                "p50_seconds": self.latencies.percentile(0.5).as_secs_f64(),
                "p99_seconds": self.latencies.percentile(0.99).as_secs_f64(),
            },
            "computed_per_token": self.overhead(),
            "padding_ratio": self.padding(),
            "encoder_on_one_thread": self.runs[0].encoder_shares().map(|shares| json!({
                "share_of_peak": shares.of_peak,
                "linear_share_of_time": shares.linear,
                "linear_share_of_peak": shares.linear_of_peak,
                "attention_share_of_time": shares.attention,
            })),
            "scaling": self.scaling().map(|scaling| json!({
                "threads": self.most,
                "tokens": scaling.tokens,
                "peak": scaling.peak,
            })),
            "peak_memory_bytes": peak_memory(),
        })
    }

    pub fn as_text(&self) -> String {
        let mut out = format!(
            "{}\n{}, {} cores\ncorpus: {} documents, {:.2} MB of text\n\n",
            self.made_with,
            self.computes,
            cores(),
            self.documents.len(),
            self.corpus_bytes() as f64 / 1e6
        );
        out += &format!(
            "{:>7}  {:>9}  {:>11}  {:>6}  ",
            "threads", "tokens/s", "documents/s", "MB/s"
        );
        let names = Stage::ALL.iter().map(|stage| stage.name()).chain(["write"]);
        out += &names
            .map(|name| format!("{name:>8}"))
            .collect::<Vec<_>>()
            .join("  ");
        out.push('\n');
        for run in &self.runs {
            out += &format!(
                "{:>7}  {:>9.0}  {:>11.1}  {:>6.3}  ",
                run.threads,
                run.per_second(run.measured.tokens as f64),
                run.per_second(run.documents as f64),
                run.per_second(run.bytes as f64 / 1e6),
            );
            let shares = run.shares().map(|share| format!("{:>6.1} %", 100.0 * share));
            out += &(shares.join("  ") + "\n");
        }
        let milliseconds = |share| 1000.0 * self.latencies.percentile(share).as_secs_f64();
        out += &format!(
            "\none document alone: median {:.2} ms, 99th percentile {:.2} ms ({} documents, {} threads)\n",
            milliseconds(0.5),
            milliseconds(0.99),
            self.latencies.0.len(),
            self.most
        );
        out += &format!(
            "tokens computed for each of the text's own: {:.3} (windows overlap, special tokens); padding {:.1} %\n",
            self.overhead(),
            100.0 * self.padding()
        );
        if let Some((shares, encoder)) = self.runs[0].encoder_shares().zip(self.runs[0].encoder) {
            out += &format!(
                "encoder on one thread: {:.0} % of the core's peak, {:.0} billion operations a second\n  linear layers: \
                 {:.0} % of its time, at {:.0} % of the peak; attention: {:.0} % of its time\n",
                100.0 * shares.of_peak,
                encoder.peak / 1e9,
                100.0 * shares.linear,
                100.0 * shares.linear_of_peak,
                100.0 * shares.attention,
            );
        }
        if let Some(Scaling { tokens, peak }) = self.scaling() {
            out += &format!("{} threads: {tokens:.2} times the tokens of one", self.most);
            if let Some(peak) = peak {
                out += &format!(
                    ", {:.2} of the machine's own ratio, {peak:.2} times the peak of one core",
                    tokens / peak
                );
            }
            out.push('\n');
        }
        if let Some(bytes) = peak_memory() {
            out += &format!("peak memory: {:.0} MB\n", bytes as f64 / 1e6);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted() {
        let latencies = Latencies((1..=200).map(Duration::from_millis).collect());
        assert_eq!(latencies.percentile(0.5), Duration::from_millis(100));
        assert_eq!(latencies.percentile(0.99), Duration::from_millis(198));
        assert_eq!(Latencies(Vec::new()).percentile(0.5), Duration::ZERO);
    }

    #[test]
    fn shares_are_of_all_threads() {
        let run = Run {
            threads: 2,
            time: Duration::from_secs(10),
            documents: 5,
            bytes: 100,
            measured: Measured {
                time: [2, 10, 1, 1].map(Duration::from_secs),
                tokens: 50,
                computed: 60,
                wanted: 60,
                slots: 60,
                windows_reused: 0,
            },
            write: Duration::from_secs(1),
            encoder: Some(Encoder {
                operations: 80,
                spent: Spent {
                    linear: Duration::from_secs(8),
                    attention: Duration::from_secs(1),
                },
                peak: 32.0,
            }),
        };
        assert_eq!(run.shares(), [0.1, 0.5, 0.05, 0.05, 0.05]);
        assert_eq!(run.per_second(50.0), 5.0);
        let shares = run.encoder_shares().unwrap();
        assert_eq!((shares.of_peak, shares.linear_of_peak), (0.5, 0.625));
        assert_eq!((shares.linear, shares.attention), (0.8, 0.1));
    }
}
