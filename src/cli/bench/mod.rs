//! `nomenclator bench`: how fast this machine tags, as a report to paste.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::engine::EngineArguments;
use super::{Exit, Failure, OrExit, Outcome, failure, print};
use crate::corpus::{Inputs, ReadOptions, Selection};
use crate::document::Document;
use crate::measure::Measured;
use crate::model::Arithmetic;
use crate::output::jsonl::JsonLines;
use crate::output::{DocumentWriter, FormatWriter, OffsetUnit};
use crate::pipeline::{LOOK_AHEAD_DOCUMENTS, Pipeline};

mod report;

use report::{Encoder, Latencies, Report, Run};

const AFTER_HELP: &str = "\
Documents are read before the clock starts; tagging, linking and writing JSON Lines (to nowhere) are measured, at one \
thread and at as many as --threads says (all cores by default). Tokens are the texts' own sub-words: special ones and \
those that windows share do not count. Stages are shares of the threads' time. The peak is what as many threads do at best, \
multiplying registers and nothing else, half a second before and after; the encoder's share of it counts the linear \
layers' operations alone.

Examples:
  nomenclator bench                            # a built-in article, ten seconds each
  nomenclator bench corpus.jsonl --whole       # a corpus, once through
  NOMENCLATOR_ISA=avx2 nomenclator bench --precision f32 --json";

/// Our own, in wire style; its text is repeated as often as the time allows.
const SAMPLE: &str = include_str!("../../../tests/articles/harbour-talks.txt");
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

/// How long the machine's peak is measured before a run, and after it.
const PEAK_TIME: Duration = Duration::from_millis(500);

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
    progress("");
    let report = Report {
        made_with,
        computes: pipeline.classifier().description(),
        documents: &documents,
        runs,
        latencies,
        most,
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
        let arithmetic = pipeline.classifier().arithmetic();
        // All threads at once, as they work.
        let peak = |arithmetic: &dyn Arithmetic| -> f64 {
            rayon::broadcast(|_| arithmetic.peak(PEAK_TIME)).into_iter().sum()
        };
        pool(threads)?.install(|| {
            progress(&format!("{threads} threads, warming up"));
            pipeline.tag(documents[..documents.len().min(WARM_UP)].to_vec())?;
            let peak_before = arithmetic.map(peak);
            pipeline.clock().take();
            arithmetic.map(Arithmetic::take_spent);
            let mut run = Run {
                threads,
                time: Duration::ZERO,
                documents: 0,
                bytes: 0,
                measured: Measured::default(),
                write: Duration::ZERO,
                encoder: None,
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
            run.encoder = arithmetic.zip(peak_before).map(|(arithmetic, before)| Encoder {
                operations: arithmetic.operations(run.measured.computed, run.measured.wanted),
                spent: arithmetic.take_spent(),
                peak: (before + peak(arithmetic)) / 2.0,
            });
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
