//! `nomenclator bench`: how fast this machine tags, as a report to paste.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Value, json};

use super::engine::EngineArguments;
use super::{Exit, Failure, OrExit, Outcome, failure, print};
use crate::corpus::{Inputs, ReadOptions, Selection};
use crate::document::Document;
use crate::measure::{Measured, Stage};
use crate::output::jsonl::JsonLines;
use crate::output::{DocumentWriter, FormatWriter, OffsetUnit};
use crate::pipeline::{LOOK_AHEAD_DOCUMENTS, Pipeline};

const AFTER_HELP: &str = "\
Documents are read before the clock starts; tagging, linking and writing JSON Lines (to nowhere) are measured, at one \
thread and at as many as --threads says (all cores by default). Tokens are the texts' own sub-words: special ones and \
those that windows share do not count. Stages are shares of the threads' time.

Examples:
  nomenclator bench                            # a built-in article, ten seconds each
  nomenclator bench corpus.jsonl --whole       # a corpus, once through
  NOMENCLATOR_ISA=avx2 nomenclator bench --precision f32 --json";

/// Our own, in wire style; its text is repeated as often as the time allows.
const SAMPLE: &str = include_str!("../../tests/articles/harbour-talks.txt");
/// Documents that go through before the clock starts.
const WARM_UP: usize = 32;
/// At most so many documents are tagged alone, for latency.
const ALONE: usize = 1000;
/// And at most for so long.
const ALONE_TIME: Duration = Duration::from_secs(5);

/// Arguments of `bench`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// Files or folders, as 'tag' reads them; a built-in article where none is given.
    #[arg(value_name = "FILES|DIR")]
    inputs: Vec<PathBuf>,
    /// How long to measure at each number of threads, in seconds.
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Go through the input once, however long it takes.
    #[arg(long, conflicts_with = "seconds", requires = "inputs")]
    whole: bool,
    /// Find mentions, but do not link them.
    #[arg(long)]
    no_link: bool,
    /// Print JSON: times in seconds, sizes in bytes.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    engine: EngineArguments,
}

/// One measurement.
struct Run {
    threads: usize,
    time: Duration,
    documents: usize,
    bytes: usize,
    measured: Measured,
    write: Duration,
}

/// Latencies of documents tagged alone, sorted.
struct Latencies(Vec<Duration>);

/// Runs `bench`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(arguments: Arguments) -> Outcome {
    let documents = arguments.documents()?;
    let folder = arguments.engine.folder()?;
    let gazetteer = match arguments.no_link {
        true => None,
        false => Some(arguments.engine.gazetteer()?),
    };
    let made_with = arguments.engine.made_with(&folder, gazetteer.as_ref());
    let linker = gazetteer
        .map(|gazetteer| arguments.engine.linker(gazetteer))
        .transpose()?;
    let pipeline = arguments.engine.pipeline(&folder, linker)?;

    let most = arguments.engine.threads.map_or_else(cores, usize::from);
    let mut counts = vec![1, most];
    counts.dedup();
    let mut runs = Vec::new();
    for threads in counts {
        runs.push(arguments.measure(&pipeline, &documents, threads)?);
    }
    progress("one document at a time");
    let latencies = pool(most)?.install(|| latencies(&pipeline, &documents))?;
    progress("the core's peak");
    let encode = runs[0].measured.time[Stage::Encode as usize];
    let share_of_peak =
        pipeline
            .classifier()
            .share_of_peak(runs[0].measured.computed, runs[0].measured.wanted, encode);
    progress("");
    let report = Report {
        made_with,
        computes: pipeline.classifier().description(),
        documents: &documents,
        runs,
        latencies,
        most,
        share_of_peak,
    };
    print(&if arguments.json {
        format!("{}\n", report.as_json())
    } else {
        report.as_text()
    })
}

impl Arguments {
    fn documents(&self) -> Result<Vec<Document>, Failure> {
        if self.inputs.is_empty() {
            let article = Document {
                text: SAMPLE.to_owned(),
                ..Document::default()
            };
            return Ok(vec![article; LOOK_AHEAD_DOCUMENTS]);
        }
        let inputs = Inputs::find(&self.inputs, &Selection::default()).or_exit(Exit::Input)?;
        let documents = inputs.read(ReadOptions::default(), Arc::default());
        let documents = documents.collect::<Result<Vec<_>, _>>();
        let documents = documents.or_exit(Exit::Input)?;
        if documents.iter().all(|document| document.text.trim().is_empty()) {
            return Err(failure(
                Exit::Input,
                "nothing to measure: expected documents with text",
            ));
        }
        Ok(documents)
    }

    fn measure(&self, pipeline: &Pipeline, documents: &[Document], threads: usize) -> Result<Run, Failure> {
        let limit = (!self.whole).then(|| Duration::from_secs(self.seconds));
        pool(threads)?.install(|| {
            progress(&format!("{threads} threads, warming up"));
            pipeline.tag(documents[..documents.len().min(WARM_UP)].to_vec())?;
            pipeline.clock().take();
            let mut run = Run {
                threads,
                time: Duration::ZERO,
                documents: 0,
                bytes: 0,
                measured: Measured::default(),
                write: Duration::ZERO,
            };
            let mut writer = FormatWriter::new(
                io::sink(),
                JsonLines {
                    offsets: OffsetUnit::Char,
                    text: true,
                },
            );
            let start = Instant::now();
            loop {
                for block in documents.chunks(LOOK_AHEAD_DOCUMENTS) {
                    let tagged = pipeline.tag(block.to_vec())?;
                    let written = Instant::now();
                    for tagged in &tagged {
                        writer
                            .write(tagged)
                            .map_err(|error| failure(Exit::Output, error.to_string()))?;
                    }
                    run.write += written.elapsed();
                    run.documents += block.len();
                    run.bytes += block.iter().map(|document| document.text.len()).sum::<usize>();
                    run.time = start.elapsed();
                    let seconds = run.time.as_secs();
                    progress(&format!(
                        "{threads} threads, {} documents, {seconds} s",
                        run.documents
                    ));
                    if limit.is_some_and(|limit| run.time >= limit) {
                        break;
                    }
                }
                if limit.is_none_or(|limit| run.time >= limit) {
                    break;
                }
            }
            run.measured = pipeline.clock().take();
            Ok(run)
        })
    }
}

/// Tags documents one at a time, each through the whole pipeline.
fn latencies(pipeline: &Pipeline, documents: &[Document]) -> Result<Latencies, Failure> {
    let start = Instant::now();
    let mut latencies = Vec::new();
    for document in documents.iter().take(ALONE) {
        let alone = vec![document.clone()];
        let began = Instant::now();
        pipeline.tag(alone)?;
        latencies.push(began.elapsed());
        if start.elapsed() >= ALONE_TIME {
            break;
        }
    }
    latencies.sort_unstable();
    Ok(Latencies(latencies))
}

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

fn pool(threads: usize) -> Result<ThreadPool, Failure> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| failure(Exit::Usage, format!("cannot start {threads} threads: {error}")))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Shows what is going on, in one line that the next one replaces; on a terminal alone.
fn progress(what: &str) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        // A closed standard error is no reason to stop.
        let _ = write!(stderr, "\r\x1b[K{what}");
        let _ = stderr.flush();
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

struct Report<'a> {
    made_with: String,
    computes: String,
    documents: &'a [Document],
    runs: Vec<Run>,
    latencies: Latencies,
    most: usize,
    share_of_peak: Option<f64>,
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

    fn as_json(&self) -> Value {
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
            "encoder_share_of_peak": self.share_of_peak,
            "peak_memory_bytes": peak_memory(),
        })
    }

    fn as_text(&self) -> String {
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
        if let Some(share) = self.share_of_peak {
            out += &format!(
                "encoder on one thread: {:.0} % of the core's peak (linear layers' operations alone)\n",
                100.0 * share
            );
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
        };
        assert_eq!(run.shares(), [0.1, 0.5, 0.05, 0.05, 0.05]);
        assert_eq!(run.per_second(50.0), 5.0);
    }
}
