//! A run into a search system: documents go into a [`Feed`], and what is there already is not tagged again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::direct::Rejections;
use super::items::{Item, Place};
use super::summary::Summary;
use super::{Output, RunError};
use crate::corpus::Rejection;
use crate::dates::PartialDate;
use crate::document::{Document, TaggedDocument};
use crate::search::unchanged::Unchanged;
use crate::search::{Feed, FeedError, Fingerprint};

/// How a document is known again.
#[derive(Clone, Debug)]
pub enum KnownBy {
    /// By all that was found in it.
    Result,
    /// By what came in, and what it is tagged with.
    Input(String),
}

impl KnownBy {
    fn fingerprint(&self, tagged: &TaggedDocument) -> Fingerprint {
        match self {
            KnownBy::Result => Fingerprint::of_tagged(tagged),
            KnownBy::Input(settings) => Fingerprint::of_input(&tagged.document, settings),
        }
    }
}

/// What a run has done to the documents of a search system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Documents of ids that were not there.
    pub new: u64,
    /// Documents that took the place of one with their id, of earlier runs or of this one.
    pub replaced: u64,
    /// Documents that were there as they are, and were passed over.
    pub unchanged: u64,
    /// How many there are now.
    pub documents: u64,
}

/// A feed as the output of a run. It is committed in intervals, and at the run's end however it ends in order.
pub struct Fed<'a> {
    feed: Box<dyn Feed>,
    known_by: KnownBy,
    every: Duration,
    committed: Instant,
    rejections: Rejections<'a>,
    summary: Summary,
    /// Documents that were there when the run began.
    before: u64,
    /// Documents that went in since the last commit, and all.
    since: u64,
    added: u64,
    passed: Arc<Passed>,
}

/// What [`OnlyChanged`] passes over.
#[derive(Debug, Default)]
pub struct Passed {
    unchanged: AtomicU64,
    failure: Mutex<Option<FeedError>>,
}

impl<'a> Fed<'a> {
    /// Commits `every` so often.
    ///
    /// # Errors
    /// Where the feed does not say how many documents it holds.
    pub fn new(
        mut feed: Box<dyn Feed>,
        known_by: KnownBy,
        every: Duration,
        rejections: Rejections<'a>,
    ) -> Result<Self, FeedError> {
        Ok(Fed {
            before: feed.documents()?,
            feed,
            known_by,
            every,
            committed: Instant::now(),
            rejections,
            summary: Summary::default(),
            since: 0,
            added: 0,
            passed: Arc::default(),
        })
    }

    /// What of `items` is to be tagged: the others are there as they would be. Documents without a date get `date`, as in
    /// the run.
    ///
    /// # Errors
    /// Where the feed does not say what it knows.
    pub fn only_changed<I: Iterator<Item = Item>>(
        &self,
        items: I,
        date: Option<PartialDate>,
    ) -> Result<OnlyChanged<I>, FeedError> {
        Ok(OnlyChanged {
            items,
            date,
            known_by: self.known_by.clone(),
            unchanged: Unchanged::new(self.feed.known()?),
            passed: Arc::clone(&self.passed),
        })
    }

    /// Passes over a document that is there as it is, and takes any other.
    ///
    /// # Errors
    /// As [`Output::document`].
    pub fn tagged(&mut self, tagged: &TaggedDocument, unchanged: &mut Unchanged) -> Result<(), RunError> {
        let fingerprint = self.known_by.fingerprint(tagged);
        if unchanged.is(&tagged.document.id, fingerprint)? {
            self.passed.unchanged.fetch_add(1, Ordering::Relaxed);
            return self.commit_in_time();
        }
        self.take(tagged, fingerprint)
    }

    /// What the feed has to tell since the last call, as [`Feed::notices`].
    pub fn notices(&mut self) -> Vec<String> {
        self.feed.notices()
    }

    /// What knows the documents that are there.
    ///
    /// # Errors
    /// Where the feed does not say.
    pub fn unchanged(&self) -> Result<Unchanged, FeedError> {
        Ok(Unchanged::new(self.feed.known()?))
    }

    /// What the run has done, once it has ended.
    ///
    /// # Errors
    /// Where the feed does not say how many documents it holds.
    pub fn changes(&mut self) -> Result<Changes, FeedError> {
        let documents = self.feed.documents()?;
        let new = documents.saturating_sub(self.before);
        Ok(Changes {
            new,
            replaced: self.added.saturating_sub(new),
            unchanged: self.passed.unchanged.load(Ordering::Relaxed),
            documents,
        })
    }

    fn take(&mut self, tagged: &TaggedDocument, fingerprint: Fingerprint) -> Result<(), RunError> {
        self.feed.add(tagged, fingerprint)?;
        self.summary.count(tagged);
        self.since += 1;
        self.added += 1;
        self.take_refused()?;
        self.commit_in_time()
    }

    /// Documents that the system refused are rejections like others.
    fn take_refused(&mut self) -> Result<(), RunError> {
        for refused in self.feed.refused() {
            self.added = self.added.saturating_sub(1);
            self.since = self.since.saturating_sub(1);
            self.summary.documents = self.summary.documents.saturating_sub(1);
            let rejection = Rejection {
                source: shown(refused.id),
                reason: refused.reason,
                ..Rejection::default()
            };
            self.reject(&rejection)?;
        }
        Ok(())
    }

    fn reject(&mut self, rejection: &Rejection) -> Result<(), RunError> {
        self.summary.rejected += 1;
        self.rejections.take(rejection)
    }

    fn commit_in_time(&mut self) -> Result<(), RunError> {
        match self.since > 0 && self.committed.elapsed() >= self.every {
            true => self.commit(),
            false => Ok(()),
        }
    }

    fn commit(&mut self) -> Result<(), RunError> {
        self.feed.commit()?;
        self.take_refused()?;
        self.committed = Instant::now();
        self.since = 0;
        Ok(())
    }
}

/// Bytes of an id in a message.
const SHOWN: usize = 100;

/// An id that is too long is told by its beginning.
fn shown(mut id: String) -> String {
    if id.len() > SHOWN {
        id.truncate(id.floor_char_boundary(SHOWN));
        id.push('…');
    }
    id
}

impl Output for Fed<'_> {
    fn document(&mut self, tagged: &TaggedDocument, _: Place) -> Result<(), RunError> {
        let fingerprint = self.known_by.fingerprint(tagged);
        self.take(tagged, fingerprint)
    }

    fn rejection(&mut self, rejection: &Rejection, _: Place) -> Result<(), RunError> {
        self.reject(rejection)
    }

    fn flush(&mut self) -> Result<(), RunError> {
        self.commit_in_time()
    }

    fn finish(&mut self) -> Result<(), RunError> {
        self.commit()?;
        // What was tagged before stays.
        let failure = self.passed.failure.lock();
        if let Some(error) = failure.unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error.into());
        }
        self.feed.finish()?;
        self.take_refused()?;
        self.rejections.finish()
    }

    fn pause(&mut self) -> Result<(), RunError> {
        self.commit()?;
        self.rejections.finish()
    }

    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn kept(&self) -> u64 {
        self.summary.documents.saturating_sub(self.since)
    }
}

/// Items but for the documents that a feed holds as they would be taken in.
pub struct OnlyChanged<I> {
    items: I,
    date: Option<PartialDate>,
    known_by: KnownBy,
    unchanged: Unchanged,
    passed: Arc<Passed>,
}

impl<I> OnlyChanged<I> {
    fn is_unchanged(&mut self, document: &mut Document) -> Result<bool, FeedError> {
        let KnownBy::Input(settings) = &self.known_by else {
            return Ok(false);
        };
        document.date = document.date.or(self.date);
        let fingerprint = Fingerprint::of_input(document, settings);
        self.unchanged.is(&document.id, fingerprint)
    }
}

impl<I: Iterator<Item = Item>> Iterator for OnlyChanged<I> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            let mut item = self.items.next()?;
            let Ok(document) = &mut item else {
                return Some(item);
            };
            match self.is_unchanged(document) {
                Ok(true) => self.passed.unchanged.fetch_add(1, Ordering::Relaxed),
                Ok(false) => return Some(item),
                Err(error) => {
                    let failure = self.passed.failure.lock();
                    failure
                        .unwrap_or_else(PoisonError::into_inner)
                        .get_or_insert(error);
                    // The run ends in order, and says why.
                    return None;
                }
            };
        }
    }
}
