//! A corpus through the pipeline: reader, tagger and writer side by side, with bounded channels between them.
//!
//! ```text
//! reader thread ─ Block ─▶ this thread (the pipeline's own threads) ─ tagged block ─▶ writer thread ─ Output
//! ```
//!
//! Order is kept, memory is bounded ([`Pace`]), and a slow writer slows the reader. An output with a
//! [`journal`] can be gone on with after whatever ended the run.

use std::io;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use crate::corpus::{Pace, Rejection};
use crate::dates::PartialDate;
use crate::document::{Document, TaggedDocument};
use crate::gazetteer::GazetteerError;
use crate::model::ModelError;
use crate::pipeline::Pipeline;
use crate::search::FeedError;

pub mod direct;
pub mod fed;
pub mod items;
pub mod journal;
pub mod journaled;
pub mod lock;
pub mod names;
pub mod rejected;
pub mod stream;
pub mod summary;

use items::{Item, Place, Read, Reader};
use journal::JournalError;
use summary::Summary;

/// Blocks that may wait between two threads.
const WAITING: usize = 1;
/// How long a wait for the reader lasts before the wish to stop is looked for.
const PATIENCE: Duration = Duration::from_millis(100);

/// What ends a run before its input's end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An output that cannot be written.
    #[error("{place}: {source}: expected a place that can be written")]
    Output {
        /// The file.
        place: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A search system that the documents go to.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A damaged gazetteer: links may be missing.
    #[error(transparent)]
    Gazetteer(#[from] GazetteerError),
    /// The input is not the one that the run was begun with.
    #[error(
        "the first {items} documents of the input are not those of the run that is to be gone on with: expected the same \
         input, or --restart to start over"
    )]
    Changed {
        /// How many were done.
        items: u64,
    },
    /// A rejection, where none is wanted.
    #[error("{0}")]
    Refused(Rejection),
    /// A thread that the system does not give, or that ended early.
    #[error("a thread failed: {0}")]
    Thread(io::Error),
}

/// An output at `path` that cannot be written.
fn failed(path: &Path, source: io::Error) -> RunError {
    RunError::Output {
        place: path.display().to_string(),
        source,
    }
}

/// How a run ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All is read and written.
    Complete,
    /// Somebody asked it to stop.
    Interrupted,
}

/// Where a run's documents go.
pub trait Output: Send {
    /// Takes a document; `place` is behind it.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn document(&mut self, tagged: &TaggedDocument, place: Place) -> Result<(), RunError>;

    /// Takes what is no document.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn rejection(&mut self, rejection: &Rejection, place: Place) -> Result<(), RunError>;

    /// Nothing else is to be done for now: whoever reads the output gets what is there.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn flush(&mut self) -> Result<(), RunError> {
        Ok(())
    }

    /// Everything is there: the output gets its name.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn finish(&mut self) -> Result<(), RunError>;

    /// No more comes for now: what is there stays, so that it can be gone on with where the output allows it.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn pause(&mut self) -> Result<(), RunError>;

    /// What was counted so far, earlier runs of the same output included.
    fn summary(&self) -> &Summary;

    /// Documents that are written for good: a run that goes on begins behind them.
    fn kept(&self) -> u64 {
        self.summary().documents
    }
}

/// What a run has done in this process, for whoever watches it.
#[derive(Debug, Default)]
pub struct Counts {
    /// Documents written.
    pub documents: AtomicU64,
    /// Bytes of their text.
    pub text_bytes: AtomicU64,
    /// Pieces of input rejected.
    pub rejected: AtomicU64,
    /// Sub-words tagged.
    pub tokens: AtomicU64,
    /// Windows whose scores were known from an equal one.
    pub windows_reused: AtomicU64,
}

/// A run over one input.
pub struct Run<'a> {
    /// What tags; without it documents pass as they are.
    pub pipeline: Option<&'a Pipeline>,
    /// The date of documents that have none.
    pub date: Option<PartialDate>,
    /// Whether the first rejection ends the run.
    pub strict: bool,
    /// Where an earlier run of the same output stood.
    pub done: Place,
    /// Bounds what is on its way.
    pub pace: Arc<Pace>,
    /// Set by whoever wants the run to stop.
    pub stop: Arc<AtomicBool>,
    /// Where it stands.
    pub counts: Arc<Counts>,
}

/// Tagged documents and rejections in their order, and the bytes of text that are given back when they are written.
struct TaggedBlock {
    items: Vec<(Result<TaggedDocument, Rejection>, Place)>,
    bytes: usize,
}

impl Run<'_> {
    /// Reads `items` to their end, tags them and writes them.
    ///
    /// # Errors
    /// See [`RunError`]; what was written until then is kept as [`Output::pause`] says.
    pub fn run(
        self,
        items: impl Iterator<Item = Item> + Send + 'static,
        output: &mut dyn Output,
    ) -> Result<End, RunError> {
        let (to_tagger, from_reader) = sync_channel(WAITING);
        let reader = Reader {
            pace: Arc::clone(&self.pace),
            stop: Arc::clone(&self.stop),
            threads: rayon::current_num_threads(),
            strict: self.strict,
            done: self.done,
        };
        // Not joined: it may hang on an input that says nothing more.
        thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || reader.run(items, &to_tagger))
            .map_err(RunError::Thread)?;
        let (read, written) = thread::scope(|scope| {
            let (to_writer, from_tagger) = sync_channel(WAITING);
            let output = &mut *output;
            let writer = scope.spawn(|| self.write(from_tagger, output));
            let read = self.tag(&from_reader, &to_writer);
            drop(to_writer);
            let written = writer.join().unwrap_or_else(|panic| resume_unwind(panic));
            (read, written)
        });
        drop(from_reader);
        self.pace.stop();
        let stopped = self.stop.load(Ordering::Relaxed);
        let end = match (written, read) {
            // Nothing more can be written.
            (Err(failed), _) => return Err(failed),
            (Ok(()), Ok(Read::End)) if !stopped => return output.finish().map(|()| End::Complete),
            (Ok(()), Err(failed)) => Err(failed),
            (Ok(()), Ok(Read::Changed { items })) => Err(RunError::Changed { items }),
            (Ok(()), Ok(Read::Refused(rejection))) => Err(RunError::Refused(rejection)),
            (Ok(()), Ok(Read::End | Read::Block(_))) => Ok(End::Interrupted),
        };
        output.pause()?;
        end
    }

    /// Tags block after block, until there are no more or nobody takes them; how reading ended.
    fn tag(&self, from: &Receiver<Read>, into: &SyncSender<TaggedBlock>) -> Result<Read, RunError> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(Read::End);
            }
            let block = match from.recv_timeout(PATIENCE) {
                Ok(Read::Block(block)) => block,
                Ok(end) => return Ok(end),
                Err(RecvTimeoutError::Timeout) => continue,
                // A reader that panicked has said so on standard error.
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(RunError::Thread(io::Error::other("the reader ended early")));
                }
            };
            let mut documents = Vec::with_capacity(block.items.len());
            let mut rest = Vec::with_capacity(block.items.len());
            for (item, place) in block.items {
                rest.push((item.map(|document| documents.push(self.dated(document))), place));
            }
            let mut tagged = self.tag_all(documents)?.into_iter();
            let items = rest.into_iter().filter_map(|(item, place)| match item {
                Ok(()) => Some((Ok(tagged.next()?), place)),
                Err(rejection) => Some((Err(rejection), place)),
            });
            let block = TaggedBlock {
                items: items.collect(),
                bytes: block.bytes,
            };
            if into.send(block).is_err() {
                return Ok(Read::End);
            }
        }
    }

    fn dated(&self, document: Document) -> Document {
        Document {
            date: document.date.or(self.date),
            ..document
        }
    }

    fn tag_all(&self, documents: Vec<Document>) -> Result<Vec<TaggedDocument>, RunError> {
        let Some(pipeline) = self.pipeline else {
            let untagged = documents.into_iter().map(|document| TaggedDocument {
                document,
                mentions: Vec::new(),
                considerations: Vec::new(),
            });
            return Ok(untagged.collect());
        };
        let tagged = pipeline.tag(documents)?;
        // Before anything is written: links may lack what could not be read.
        if let Some(linker) = pipeline.linker() {
            linker.gazetteer().check_met_damage()?;
        }
        let measured = pipeline.clock().take();
        self.counts.tokens.fetch_add(measured.tokens, Ordering::Relaxed);
        self.counts
            .windows_reused
            .fetch_add(measured.windows_reused, Ordering::Relaxed);
        Ok(tagged)
    }

    fn write(&self, from: Receiver<TaggedBlock>, output: &mut dyn Output) -> Result<(), RunError> {
        for block in from {
            for (item, place) in block.items {
                match item {
                    Ok(tagged) => {
                        output.document(&tagged, place)?;
                        let bytes = tagged.document.text.len() as u64;
                        self.counts.text_bytes.fetch_add(bytes, Ordering::Relaxed);
                        self.counts.documents.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(rejection) => {
                        output.rejection(&rejection, place)?;
                        self.counts.rejected.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            self.pace.leave(block.bytes);
            if self.pace.is_idle() {
                output.flush()?;
            }
        }
        Ok(())
    }
}
