//! `nomenclator index`: tagged documents to where they can be searched.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use clap::Args;

use super::destination::{CHECKPOINT, DestinationArguments};
use super::progress::{Log, Reporter};
use super::running::{interrupted, rejections, seconds, stop_on_signals, told};
use super::{Exit, Failure, OrExit, Outcome, failure};
use crate::corpus::tagged::{self, TaggedError};
use crate::corpus::{Pace, Rejection};
use crate::document::TaggedDocument;
use crate::run::fed::{Fed, KnownBy};
use crate::run::items::Place;
use crate::run::{Counts, Output};
use crate::search::Feed;
use crate::search::index::feed::Options;
use crate::search::index::open::{MARKER, Verify};

/// Documents that may wait between the thread that reads and the one that indexes.
const WAITING: usize = 16;
/// How long a wait for a document lasts before the wish to stop is looked for.
const PATIENCE: Duration = Duration::from_millis(100);
/// Threads that index: with two 17,800 articles took a fifth to a quarter less time than with one, with three no less.
const THREADS: usize = 2;

const AFTER_HELP: &str = "\
A document takes the place of the one with its id, and one that is there as it is is passed over: giving the same command \
again, or one for a corpus that has grown, does what is left to do. After a crash, a kill or a full disk the index is as of \
its last commit, and the same command goes on. It can be searched all the while; one process at a time writes it.

What is no tagged document is passed over and told on standard error (or in --rejected FILE), and the exit code is 6.

Examples:
  nomenclator index tagged.jsonl.zst --into news.index
  nomenclator index 2024/*.parquet --into news.index       what is there already is passed over
  nomenclator tag corpus/ --into news.index                tag and index in one pass
  nomenclator search news.index 'country:KP AND agency:NIS'
  nomenclator index tagged.jsonl --to postgres://localhost/news
  nomenclator index --remove a1 --into news.index          take a document out";

/// Arguments of `index`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// Files of tagged documents (JSON Lines, Parquet, CoNLL, spaCy JSON, also .gz and .zst), folders of brat's, or '-' for
    /// standard input.
    #[arg(value_name = "TAGGED", required_unless_present_any = ["remove", "remove_from"])]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    destination: DestinationArguments,
    /// Take the document of this id out, before anything goes in. May be given several times.
    #[arg(long, value_name = "ID")]
    remove: Vec<String>,
    /// Take the documents out whose ids FILE has, one a line.
    #[arg(long, value_name = "FILE")]
    remove_from: Option<PathBuf>,
    /// How many seconds of work a crash may cost: how often what is done is committed, and found.
    #[arg(long, value_name = "S", default_value_t = CHECKPOINT, value_parser = seconds)]
    checkpoint: f64,
    /// Where rejected input goes (JSON Lines).
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
    /// Look at the checksums of all files of the index first, however large it is.
    #[arg(long)]
    verify: bool,
    /// What is told on standard error: 'text' (progress on a terminal, and a summary), 'json' (events, one a line), 'none'.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORM",
        hide_possible_values = true
    )]
    log: Log,
}

/// Runs `index`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(arguments: Arguments) -> Outcome {
    let log = arguments.log;
    log.told(index(arguments))
}

fn index(arguments: Arguments) -> Outcome {
    let Some(destination) = arguments.destination.resolve()? else {
        return Err(failure(
            Exit::Usage,
            "no place to put the documents: expected --into DIR or --to URL; --help says more",
        ));
    };
    arguments.check_inputs()?;
    arguments.check_folder(destination.folder())?;
    let stop = stop_on_signals()?;
    let removed = arguments.removed()?;
    let mut feed = destination.open(arguments.options())?;
    let removed = remove(&mut *feed, &removed)?;
    let work = Work {
        pace: Arc::default(),
        counts: Arc::default(),
        stop,
    };
    let (pace, counts) = (Arc::clone(&work.pace), Arc::clone(&work.counts));
    let mut reporter = Reporter::start(arguments.log, true, None, pace, counts);
    let rejections = rejections(arguments.rejected.as_deref(), reporter.teller())?;
    let every = Duration::from_secs_f64(arguments.checkpoint);
    let mut fed = Fed::new(feed, KnownBy::Result, every, rejections)?;
    reporter.notices(&fed.notices());
    let ended = work.run(arguments.inputs.clone(), &mut fed);
    reporter.stop();
    let is_whole = ended?;
    reporter.notices(&fed.notices());
    let changes = fed.changes()?;
    let rejected = fed.summary().rejected;
    let place = destination.to_string();
    reporter.changes(changes, removed, rejected, &place, destination.bytes());
    if !is_whole {
        return Err(interrupted(changes));
    }
    told(rejected, fed.summary().documents, arguments.rejected.as_deref())
}

impl Arguments {
    fn options(&self) -> Options {
        Options {
            threads: THREADS,
            verify: match self.verify {
                true => Verify::All,
                false => Verify::Small,
            },
        }
    }

    /// The ids that are to be taken out.
    fn removed(&self) -> Result<Vec<String>, Failure> {
        let mut ids = self.remove.clone();
        if let Some(file) = &self.remove_from {
            let text = fs::read_to_string(file).map_err(|error| {
                let message = format!("{}: {error}: expected a file of ids, one a line", file.display());
                failure(Exit::Input, message)
            })?;
            ids.extend(text.lines().filter(|id| !id.is_empty()).map(str::to_owned));
        }
        Ok(ids)
    }

    /// Before a folder is made for what is not there.
    fn check_inputs(&self) -> Outcome {
        let stdin = Path::new("-");
        if self.inputs.iter().filter(|&input| input == stdin).count() > 1 {
            let message = "'-' is given twice: expected standard input once";
            return Err(failure(Exit::Usage, message));
        }
        for input in self.inputs.iter().filter(|&input| input != stdin) {
            fs::metadata(input).map_err(|error| {
                let message = format!(
                    "{}: {error}: expected a file of tagged documents",
                    input.display()
                );
                failure(Exit::Input, message)
            })?;
            // What is read from a pipe is gone.
            if input.is_file() || input.is_dir() {
                drop(tagged::read_located(input, None).or_exit(Exit::Input)?);
            }
        }
        Ok(())
    }

    /// What is to be taken out of must be there.
    fn check_folder(&self, folder: Option<&Path>) -> Outcome {
        match folder {
            Some(folder) if self.inputs.is_empty() && !folder.join(MARKER).exists() => {
                let message = format!(
                    "{}: no index: expected one to take documents out of",
                    folder.display()
                );
                Err(failure(Exit::Output, message))
            }
            _ => Ok(()),
        }
    }
}

/// Takes documents out, for good; how many were there.
fn remove(feed: &mut dyn Feed, ids: &[String]) -> Result<u64, Failure> {
    if ids.is_empty() {
        return Ok(0);
    }
    let before = feed.documents()?;
    for id in ids {
        feed.remove(id)?;
    }
    feed.commit()?;
    Ok(before.saturating_sub(feed.documents()?))
}

/// What the thread that reads hands on.
type Read = Result<Result<TaggedDocument, Rejection>, TaggedError>;

/// Reading and indexing side by side.
struct Work {
    pace: Arc<Pace>,
    counts: Arc<Counts>,
    stop: Arc<AtomicBool>,
}

impl Work {
    /// Takes all documents in; false where somebody asked it to stop. Whatever ends it, what is done is committed.
    fn run(&self, inputs: Vec<PathBuf>, fed: &mut Fed) -> Result<bool, Failure> {
        let (to, from) = sync_channel(WAITING);
        let pace = Arc::clone(&self.pace);
        // Not joined: it may hang on an input that says nothing more.
        thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || read(&inputs, &to, &pace))
            .or_exit(Exit::Output)?;
        match self.take(&from, fed) {
            Ok(true) => fed.finish()?,
            Ok(false) => fed.pause()?,
            Err(failed) if failed.exit == Exit::Output => return Err(failed),
            Err(failed) => {
                fed.pause()?;
                return Err(failed);
            }
        }
        Ok(!self.stop.load(Ordering::Relaxed))
    }

    /// Takes what is read until there is no more; false where somebody asked it to stop.
    fn take(&self, from: &Receiver<Read>, fed: &mut Fed) -> Result<bool, Failure> {
        let mut unchanged = fed.unchanged()?;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            match from.recv_timeout(PATIENCE) {
                Ok(Ok(Ok(tagged))) => {
                    fed.tagged(&tagged, &mut unchanged)?;
                    let bytes = tagged.document.text.len();
                    self.counts.documents.fetch_add(1, Ordering::Relaxed);
                    self.counts.text_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
                    self.pace.leave(bytes);
                }
                Ok(Ok(Err(rejection))) => {
                    fed.rejection(&rejection, Place::default())?;
                    self.counts.rejected.fetch_add(1, Ordering::Relaxed);
                }
                Ok(Err(error)) => return Err(error).or_exit(Exit::Input),
                Err(RecvTimeoutError::Timeout) => fed.flush()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(true),
            }
        }
    }
}

/// Reads inputs one after the other, for as long as somebody takes what they hold.
fn read(inputs: &[PathBuf], into: &SyncSender<Read>, pace: &Pace) {
    for input in inputs {
        let records = match tagged::read_located(input, None) {
            Ok(records) => records,
            Err(error) => {
                let _ = into.send(Err(error));
                return;
            }
        };
        for record in records {
            let read = record.and_then(tagged::document);
            if let Ok(tagged) = &read {
                pace.enter(tagged.document.text.len());
            }
            if into.send(Ok(read)).is_err() {
                return;
            }
        }
    }
}
