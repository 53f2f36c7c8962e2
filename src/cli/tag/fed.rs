//! `tag --into` and `tag --to`: texts to where they can be searched, in one pass.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{Arguments, dry_run};
use crate::cli::destination::{CHECKPOINT, Destination};
use crate::cli::progress::{Log, Reporter};
use crate::cli::running::{interrupted, rejections, stop_on_signals, told};
use crate::cli::{Exit, Outcome, failure};
use crate::corpus::Pace;
use crate::run::fed::{Fed, KnownBy};
use crate::run::items::Place;
use crate::run::{Counts, End, Output, Run, names};
use crate::search::index::feed::Options;

/// Tags what is new, and puts it there.
pub fn run(arguments: &Arguments, destination: &Destination) -> Outcome {
    check(arguments)?;
    let inputs = arguments.input.find()?;
    let inputs = match destination.folder().map(names::full) {
        // An index in a folder that is read is no text.
        Some(folder) => inputs.without(|path| names::full(path).starts_with(&folder)),
        None => inputs,
    };
    if arguments.run.dry_run {
        return dry_run::run(arguments, &dry_run::Written::searched(destination), inputs);
    }
    arguments.engine.start_threads()?;
    let engine = arguments.engine(true)?;
    let known_by = KnownBy::Input(arguments.tagged_with(&engine)?.to_string());
    let stop = stop_on_signals()?;
    let feed = destination.open(Options::default())?;
    let (pace, counts) = (Arc::<Pace>::default(), Arc::<Counts>::default());
    let log = arguments.run.log;
    let total = inputs.total_bytes();
    let mut reporter = Reporter::start(log, true, total, Arc::clone(&pace), Arc::clone(&counts));
    let rejected = arguments.run.rejected.as_deref();
    let rejections = rejections(rejected, reporter.teller())?;
    let every = Duration::from_secs_f64(arguments.run.checkpoint.unwrap_or(CHECKPOINT));
    let mut fed = Fed::new(feed, known_by, every, rejections)?;
    reporter.notices(&fed.notices());
    let documents = inputs.read(arguments.input.options(), Arc::clone(&pace));
    let documents = fed.only_changed(documents, arguments.date)?;
    let run = Run {
        pipeline: engine.pipeline.as_ref(),
        date: arguments.date,
        strict: arguments.run.strict,
        done: Place::default(),
        pace,
        stop,
        counts,
    };
    let ended = run.run(documents, &mut fed);
    reporter.stop();
    let ended = ended?;
    reporter.notices(&fed.notices());
    let changes = fed.changes()?;
    let (summary, place) = (fed.summary(), destination.to_string());
    if ended == End::Complete && (summary.documents > 0 || log == Log::Json) {
        reporter.summary(summary, &place, rejected.and_then(Path::to_str), &engine.computes);
    }
    reporter.changes(changes, 0, summary.rejected, &place, destination.bytes());
    match ended {
        End::Complete => told(summary.rejected, summary.documents, rejected),
        End::Interrupted => Err(interrupted(changes)),
    }
}

/// Refuses options that are for outputs of another kind.
fn check(arguments: &Arguments) -> Outcome {
    let option = match arguments.form.given() {
        Some(option) => option,
        None if arguments.explain => "--explain",
        None => return Ok(()),
    };
    let message = format!("{option} does not go with --into and --to: expected one of them");
    Err(failure(Exit::Usage, message))
}
