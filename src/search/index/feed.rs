//! Writes the index.
//!
//! Memory: [`MEMORY`] for each thread that indexes, at most 32 MB of documents that wait for one, and what a merge of
//! segments takes, which reads them from mapped files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::columnar::Column;
use tantivy::directory::Directory;
use tantivy::indexer::{IndexWriter, IndexWriterOptions, UserOperation};
use tantivy::merge_policy::LogMergePolicy;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::tokenizer::MAX_TOKEN_LEN;
use tantivy::{DocSet, Index, SegmentReader, TERMINATED, TantivyDocument, Term};

use super::directory::SealedDirectory;
use super::document::{Indexed, Part, document};
use super::open::{Verify, failed, guarded, open_to_write, reader};
use super::schema::Fields;
use crate::corpus::Pace;
use crate::document::TaggedDocument;
use crate::run::lock::Lock;
use crate::search::{Feed, FeedError, Fingerprint, Known, Refused};

/// Bytes that wait in the memory of a thread before they become a segment.
const MEMORY: usize = 64 << 20;
/// Which share of a segment may be documents that were replaced since; then it is written anew without them.
const REPLACED: f32 = 0.3;

/// How an index is written.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads that index, beside the one that adds documents; up to 8.
    pub threads: usize,
    /// Which checksums are looked at first.
    pub verify: Verify,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            threads: 1,
            verify: Verify::Small,
        }
    }
}

/// An index that is written. One process at a time writes it; any number read it meanwhile.
///
/// [`Feed::finish`] waits until segments are merged. One that is dropped before loses nothing that was committed, but a merge
/// that has begun goes on writing files of its own until the process ends.
pub struct IndexFeed {
    place: PathBuf,
    index: Index,
    fields: Fields,
    directory: SealedDirectory,
    /// `None` once it is finished.
    writer: Option<IndexWriter<Waiting>>,
    /// Of documents that wait to be indexed.
    room: Arc<Pace>,
    /// Whether something was added since the last commit.
    is_behind: bool,
    refused: Vec<Refused>,
    // After the writer, which writes until it is dropped.
    _lock: Lock,
}

impl IndexFeed {
    /// Opens the index in `folder`, or makes one where there is none.
    ///
    /// # Errors
    /// Where the folder holds something else, what it holds is damaged or of another schema, another process writes it, or
    /// the disk fails.
    pub fn open(folder: &Path) -> Result<Self, FeedError> {
        Self::open_with(folder, Options::default())
    }

    /// As [`IndexFeed::open`], with options.
    ///
    /// # Errors
    /// As [`IndexFeed::open`].
    pub fn open_with(folder: &Path, options: Options) -> Result<Self, FeedError> {
        let opened = open_to_write(folder, options.verify)?;
        let (index, directory) = (opened.index, opened.directory);
        let writing = IndexWriterOptions::builder()
            .num_worker_threads(options.threads)
            .memory_budget_per_thread(MEMORY)
            .num_merge_threads(1)
            .build();
        let writer = guarded(folder, &index, || {
            let writer: IndexWriter<Waiting> = index.writer_with_options(writing)?;
            let mut policy = LogMergePolicy::default();
            policy.set_del_docs_ratio_before_merge(REPLACED);
            writer.set_merge_policy(Box::new(policy));
            // What a run left that was killed, or whose disk was full, is room for this one.
            writer.garbage_collect_files().wait()?;
            Ok(writer)
        })?;
        Ok(IndexFeed {
            place: folder.to_owned(),
            index,
            fields: opened.fields,
            directory,
            writer: Some(writer),
            room: Arc::new(Pace::default()),
            is_behind: false,
            refused: Vec::new(),
            _lock: opened.lock,
        })
    }

    /// Does something with the writer. Where a thread of its own failed, it is told why.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&mut IndexWriter<Waiting>) -> tantivy::Result<T>,
    ) -> Result<T, FeedError> {
        let Some(writer) = &mut self.writer else {
            return Err(failed(&self.place, &"it is finished"));
        };
        guarded(&self.place, &self.index, || work(writer)).map_err(|error| match self.directory.failure() {
            Some(said) => failed(&self.place, &said),
            None => error,
        })
    }
}

impl Feed for IndexFeed {
    fn add(&mut self, tagged: &TaggedDocument, fingerprint: Fingerprint) -> Result<(), FeedError> {
        let id = &tagged.document.id;
        if id.len() > MAX_TOKEN_LEN {
            self.refused.push(Refused {
                id: id.clone(),
                reason: format!(
                    "an id of {} bytes: expected at most {MAX_TOKEN_LEN} for the index",
                    id.len()
                ),
            });
            return Ok(());
        }
        let term = Term::from_field_text(self.fields.id, id);
        let waiting = Waiting::enter(document(&self.fields, tagged, fingerprint), &self.room);
        self.is_behind = true;
        // Both or none: a crash between them would lose the document.
        self.write(|writer| writer.run([UserOperation::Delete(term), UserOperation::Add(waiting)]))
            .map(drop)
    }

    fn remove(&mut self, id: &str) -> Result<(), FeedError> {
        let term = Term::from_field_text(self.fields.id, id);
        self.is_behind = true;
        self.write(|writer| {
            writer.delete_term(term);
            Ok(())
        })
    }

    fn commit(&mut self) -> Result<(), FeedError> {
        if !self.is_behind {
            return Ok(());
        }
        self.write(|writer| writer.commit())?;
        // The names of the files too, and of the folder that the first commit made.
        let synced = self.directory.sync_directory();
        synced.map_err(|error| failed(&self.place, &error))?;
        self.is_behind = false;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), FeedError> {
        self.commit()?;
        let Some(writer) = self.writer.take() else {
            return Ok(());
        };
        // A merge that fails is no loss: the segments stay as they were.
        guarded(&self.place, &self.index, || {
            let _ = writer.wait_merging_threads();
            Ok(())
        })
    }

    fn refused(&mut self) -> Vec<Refused> {
        std::mem::take(&mut self.refused)
    }

    fn known(&self) -> Result<Box<dyn Known>, FeedError> {
        let reader = reader(&self.place, &self.index)?;
        let segments = guarded(&self.place, &self.index, || {
            let searcher = reader.searcher();
            let segments = searcher.segment_readers().iter();
            segments
                .map(|reader| Segment::open(reader, self.fields.id))
                .collect()
        })?;
        Ok(Box::new(KnownInIndex {
            place: self.place.clone(),
            index: self.index.clone(),
            id: self.fields.id,
            segments,
        }))
    }

    fn documents(&mut self) -> Result<u64, FeedError> {
        Ok(reader(&self.place, &self.index)?.searcher().num_docs())
    }
}

/// A document that waits to be indexed, and gives its room back when it is.
struct Waiting {
    document: Indexed,
    bytes: usize,
    room: Arc<Pace>,
}

impl Waiting {
    fn enter(document: Indexed, room: &Arc<Pace>) -> Self {
        let bytes = document.bytes();
        // tantivy itself would let ten thousand wait, of any size.
        room.enter(bytes);
        Waiting {
            document,
            bytes,
            room: Arc::clone(room),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.room.leave(self.bytes);
    }
}

impl tantivy::Document for Waiting {
    type Value<'a> = Part<'a>;
    type FieldsValuesIter<'a> = <Indexed as tantivy::Document>::FieldsValuesIter<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.document.iter_fields_and_values()
    }
}

/// The documents that were in the index when it was opened.
struct KnownInIndex {
    place: PathBuf,
    index: Index,
    id: Field,
    segments: Vec<Segment>,
}

/// Those of a segment.
struct Segment {
    reader: SegmentReader,
    ids: Arc<tantivy::InvertedIndexReader>,
    fingerprints: Column<u64>,
}

impl Segment {
    fn open(reader: &SegmentReader, id: Field) -> tantivy::Result<Self> {
        Ok(Segment {
            ids: reader.inverted_index(id)?,
            fingerprints: reader.fast_fields().u64("fingerprint")?,
            reader: reader.clone(),
        })
    }

    fn fingerprint(&self, id: &Term) -> tantivy::Result<Option<Fingerprint>> {
        let Some(mut found) = self.ids.read_postings(id, IndexRecordOption::Basic)? else {
            return Ok(None);
        };
        let mut document = found.doc();
        while document != TERMINATED {
            if !self.reader.is_deleted(document) {
                return Ok(self.fingerprints.first(document).map(Fingerprint));
            }
            document = found.advance();
        }
        Ok(None)
    }
}

impl Known for KnownInIndex {
    fn fingerprint(&mut self, id: &str) -> Result<Option<Fingerprint>, FeedError> {
        let term = Term::from_field_text(self.id, id);
        guarded(&self.place, &self.index, || {
            for segment in &self.segments {
                if let Some(found) = segment.fingerprint(&term)? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })
    }
}

/// A stored document, read back.
pub fn stored<'a>(fields: &Fields, document: &'a TantivyDocument) -> Option<&'a [u8]> {
    use tantivy::schema::Value;
    document.get_first(fields.tagged)?.as_bytes()
}
