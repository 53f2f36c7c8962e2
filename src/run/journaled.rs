//! An output with a journal: whatever ends the run, the same command goes on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::items::Place;
use super::journal::{Checkpoint, Journal, Settings};
use super::rejected::RejectedFile;
use super::summary::Summary;
use super::{Output, RunError, failed, names};
use crate::corpus::Rejection;
use crate::document::TaggedDocument;
use crate::output::sink::{Mark, Sink};

/// Opens the sink of a partial output: anew, or at a mark.
pub type OpenSink = Box<dyn Fn(&Path, Option<&Mark>) -> io::Result<Box<dyn Sink>> + Send>;

/// After how much a new shard begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardSize {
    /// So many documents.
    Documents(u64),
    /// The document that reaches so many bytes of output, before compression.
    Bytes(u64),
}

/// How an output is to be written.
pub struct Plan {
    /// Its final name; of shards the pattern, see [`names::shard`].
    pub output: PathBuf,
    /// Opens it.
    pub open: OpenSink,
    /// Whether it comes in shards.
    pub shard_size: Option<ShardSize>,
    /// Where rejections go, under their final name.
    pub rejected: PathBuf,
    /// How often what is done is made safe, where the output allows it.
    pub every: Duration,
}

/// What [`Journaled::open`] found.
pub enum Opened {
    /// Ready to be written, from its beginning or where an earlier run ended.
    Ready(Box<Journaled>),
    /// An earlier run wrote everything, and ended before it could say so.
    Complete(Summary),
}

/// An output with its journal.
pub struct Journaled {
    plan: Plan,
    journal: Option<Journal>,
    /// The shard that is written, from 1; without shards it is always 1.
    shard: u64,
    /// Where the shard is gone on with.
    mark: Option<Mark>,
    sink: Option<Box<dyn Sink>>,
    documents_in_shard: u64,
    rejected: RejectedFile,
    /// Counted since the last checkpoint.
    since: Summary,
    total: Summary,
    /// Behind the last item that came, of this run or an earlier one.
    place: Place,
    /// Whether the sink could be gone on with where it stands.
    at_boundary: bool,
    saved: Instant,
}

impl Journaled {
    /// Opens an output, and goes on where an earlier run with the same settings ended.
    ///
    /// # Errors
    /// Where the journal refuses, or what is on the disk is not what it tells of.
    pub fn open(plan: Plan, settings: &Settings, restart: bool) -> Result<Opened, RunError> {
        let (journal, found) = Journal::open(&plan.output, settings, restart)?;
        let begun = found.unwrap_or_else(|| Checkpoint {
            shard: 1,
            ..Checkpoint::default()
        });
        let rejected = RejectedFile::open(
            &plan.rejected,
            if begun.complete { 0 } else { begun.rejected_length },
        )
        .map_err(|error| failed(&names::partial(&plan.rejected), error))?;
        let mut output = Journaled {
            plan,
            journal: Some(journal),
            shard: begun.shard,
            documents_in_shard: begun.mark.as_ref().map_or(0, |mark| mark.documents),
            mark: begun.mark,
            sink: None,
            rejected,
            since: Summary::default(),
            total: begun.counts,
            place: begun.place,
            at_boundary: true,
            saved: Instant::now(),
        };
        output.name_shards()?;
        if begun.complete {
            output.give_names(begun.rejected_length)?;
            return Ok(Opened::Complete(output.total));
        }
        if output.mark.is_some() {
            output.sink = Some(output.open_sink()?);
        }
        Ok(Opened::Ready(Box::new(output)))
    }

    /// Where the run stands: at its opening, where an earlier one ended.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The final name of a shard.
    fn path_of(&self, shard: u64) -> PathBuf {
        match self.plan.shard_size {
            Some(_) => names::shard(&self.plan.output, shard),
            None => self.plan.output.clone(),
        }
    }

    fn open_sink(&self) -> Result<Box<dyn Sink>, RunError> {
        let partial = names::partial(&self.path_of(self.shard));
        (self.plan.open)(&partial, self.mark.as_ref()).map_err(|error| failed(&partial, error))
    }

    fn shard_is_full(&self) -> bool {
        match (self.plan.shard_size, &self.sink) {
            (Some(ShardSize::Documents(most)), _) => self.documents_in_shard >= most,
            (Some(ShardSize::Bytes(most)), Some(sink)) => sink.bytes() >= most,
            _ => false,
        }
    }

    /// Writes the shard's end; it gets its name when the journal knows of it.
    fn end_shard(&mut self) -> Result<(), RunError> {
        if let Some(sink) = self.sink.take() {
            let place = names::partial(&self.path_of(self.shard));
            sink.finish().map_err(|error| failed(&place, error))?;
        }
        self.shard += 1;
        self.mark = None;
        self.documents_in_shard = 0;
        self.at_boundary = true;
        Ok(())
    }

    /// Makes what is done safe, where the output stands at a boundary.
    fn save(&mut self, complete: bool) -> Result<(), RunError> {
        if let Some(sink) = &mut self.sink {
            let marked = sink.mark();
            let place = names::partial(&self.path_of(self.shard));
            self.mark = Some(marked.map_err(|error| failed(&place, error))?);
        }
        let rejected_length = self
            .rejected
            .sync()
            .map_err(|error| failed(self.rejected.path(), error))?;
        let checkpoint = Checkpoint {
            place: self.place,
            shard: self.shard,
            mark: self.mark.clone(),
            rejected_length,
            counts: std::mem::take(&mut self.since),
            complete,
        };
        if let Some(journal) = &mut self.journal {
            journal
                .record(&checkpoint, &self.total)
                .map_err(|error| failed(&names::journal(&self.plan.output), error))?;
        }
        self.saved = Instant::now();
        Ok(())
    }

    /// Saves if it is time to, and possible.
    fn save_in_time(&mut self) -> Result<(), RunError> {
        match self.at_boundary && self.saved.elapsed() >= self.plan.every {
            true => self.save(false),
            false => Ok(()),
        }
    }

    /// Gives every finished shard its name.
    fn name_shards(&self) -> Result<(), RunError> {
        for shard in (1..self.shard).rev() {
            let path = self.path_of(shard);
            let partial = names::partial(&path);
            if !partial.exists() {
                // It and those before it have theirs.
                break;
            }
            fs::rename(&partial, &path).map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }

    /// The end of a run whose journal says that all is written.
    fn give_names(&mut self, rejected_length: u64) -> Result<(), RunError> {
        self.name_shards()?;
        if self.plan.shard_size.is_some() {
            // Shards of an earlier, longer run would pass for this one's.
            for shard in self.shard.. {
                match fs::remove_file(self.path_of(shard)) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                    Err(error) => return Err(failed(&self.path_of(shard), error)),
                }
            }
        }
        RejectedFile::finish(&self.plan.rejected, rejected_length)
            .map_err(|error| failed(&self.plan.rejected, error))?;
        if let Some(journal) = self.journal.take() {
            journal
                .remove()
                .map_err(|error| failed(&names::journal(&self.plan.output), error))?;
        }
        Ok(())
    }
}

impl Output for Journaled {
    fn document(&mut self, tagged: &TaggedDocument, place: Place) -> Result<(), RunError> {
        let mut sink = match self.sink.take() {
            Some(sink) => sink,
            None => self.open_sink()?,
        };
        let written = sink.write(tagged);
        self.sink = Some(sink);
        self.at_boundary =
            written.map_err(|error| failed(&names::partial(&self.path_of(self.shard)), error))?;
        self.documents_in_shard += 1;
        self.since.count(tagged);
        self.total.count(tagged);
        self.place = place;
        if self.shard_is_full() {
            self.end_shard()?;
            self.save(false)?;
            return self.name_shards();
        }
        self.save_in_time()
    }

    fn rejection(&mut self, rejection: &Rejection, place: Place) -> Result<(), RunError> {
        self.rejected
            .write(rejection)
            .map_err(|error| failed(&names::partial(self.rejected.path()), error))?;
        self.since.rejected += 1;
        self.total.rejected += 1;
        self.place = place;
        self.save_in_time()
    }

    fn finish(&mut self) -> Result<(), RunError> {
        if self.sink.is_none() && self.shard == 1 {
            // No document at all is an output too.
            self.sink = Some(self.open_sink()?);
        }
        if self.sink.is_some() {
            self.end_shard()?;
        }
        self.save(true)?;
        let rejected_length = self
            .rejected
            .sync()
            .map_err(|error| failed(self.rejected.path(), error))?;
        self.give_names(rejected_length)
    }

    fn pause(&mut self) -> Result<(), RunError> {
        if self.at_boundary && self.place.items > 0 {
            self.save(false)?;
        }
        self.journal = None;
        Ok(())
    }

    fn summary(&self) -> &Summary {
        &self.total
    }

    fn kept(&self) -> u64 {
        self.total.documents - self.since.documents
    }
}
