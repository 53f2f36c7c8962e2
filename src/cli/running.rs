//! What the commands share that go through a corpus: how they are stopped, where rejections go, how they end.

use std::path::Path;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::progress::{Teller, counted};
use super::{Exit, Failure, OrExit, Outcome, failure};
use crate::run::direct::Rejections;
use crate::run::fed::Changes;
use crate::run::rejected::RejectedFile;

/// Reads a number of seconds.
pub fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected seconds from 0 to 86400".to_owned()),
    }
}

/// A flag that the first Ctrl-C or SIGTERM sets; the second ends the process.
pub fn stop_on_signals() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if set.swap(true, Ordering::Relaxed) {
            process::exit(Exit::Interrupted as i32);
        }
    })
    .or_exit(Exit::Usage)?;
    Ok(stop)
}

/// Rejections into a file, or told one by one where there is none.
pub fn rejections(file: Option<&Path>, teller: &Teller) -> Result<Rejections<'static>, Failure> {
    Ok(match file {
        Some(path) => Rejections::File(RejectedFile::open(path, 0).or_exit(Exit::Output)?),
        None => {
            let teller = teller.clone();
            Rejections::Tell(Box::new(move |rejection| teller.rejected(rejection)))
        }
    })
}

/// The failure of a run into a search system that somebody stopped.
pub fn interrupted(changes: Changes) -> Failure {
    let done = counted(changes.new + changes.replaced, "document");
    let message = format!("interrupted: {done} indexed; the same command goes on");
    failure(Exit::Interrupted, message)
}

/// The outcome of a run that came to its end. Without a file each rejection was told in its place.
pub fn told(rejected: u64, documents: u64, file: Option<&Path>) -> Outcome {
    let place = match file {
        _ if rejected == 0 => return Ok(()),
        None if rejected == 1 => return Err(failure(Exit::Rejected, "")),
        Some(file) => format!(": {} says which and why", file.display()),
        None => String::new(),
    };
    Err(failure(
        Exit::Rejected,
        format!(
            "{} rejected, {} written{place}",
            counted(rejected, "document"),
            counted(documents, "document")
        ),
    ))
}
