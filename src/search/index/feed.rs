//! Writes the index.

use std::path::{Path, PathBuf};

use tantivy::indexer::{IndexWriter, UserOperation};
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{Index, Searcher, TantivyDocument, TantivyError, Term};

use super::document::document;
use super::schema::{Fields, schema};
use crate::document::TaggedDocument;
use crate::search::{Feed, FeedError, Fingerprint, Known};

/// Bytes that wait in memory before they become a segment.
const MEMORY: usize = 64 << 20;

/// An index that is written. One process at a time writes it; any number read it meanwhile.
pub struct IndexFeed {
    place: PathBuf,
    index: Index,
    fields: Fields,
    writer: IndexWriter,
}

impl IndexFeed {
    /// Opens the index in `folder`, or makes one where there is none.
    ///
    /// # Errors
    /// Where the folder holds something else, another process writes it, or the disk fails.
    pub fn open(folder: &Path) -> Result<Self, FeedError> {
        let failed = |error: TantivyError| failed(folder, &error);
        let (schema, fields) = schema();
        std::fs::create_dir_all(folder).map_err(|error| failed(error.into()))?;
        let directory =
            tantivy::directory::MmapDirectory::open(folder).map_err(|error| failed(error.into()))?;
        let index = Index::open_or_create(directory, schema).map_err(failed)?;
        let writer = index.writer_with_num_threads(1, MEMORY).map_err(failed)?;
        Ok(IndexFeed {
            place: folder.to_owned(),
            index,
            fields,
            writer,
        })
    }
}

fn failed(folder: &Path, error: &TantivyError) -> FeedError {
    FeedError::Failed {
        place: folder.display().to_string(),
        reason: error.to_string(),
    }
}

impl Feed for IndexFeed {
    fn add(&mut self, tagged: &TaggedDocument, fingerprint: Fingerprint) -> Result<(), FeedError> {
        let indexed = document(&self.fields, tagged, fingerprint)
            .map_err(|error| failed(&self.place, &error.into()))?;
        let term = Term::from_field_text(self.fields.id, &tagged.document.id);
        // Both or none: a crash between them would lose the document.
        self.writer
            .run([UserOperation::Delete(term), UserOperation::Add(indexed)])
            .map(drop)
            .map_err(|error| failed(&self.place, &error))
    }

    fn commit(&mut self) -> Result<(), FeedError> {
        self.writer
            .commit()
            .map(drop)
            .map_err(|error| failed(&self.place, &error))
    }

    fn finish(&mut self) -> Result<(), FeedError> {
        self.commit()
    }

    fn known(&self) -> Result<Box<dyn Known>, FeedError> {
        let reader = self.index.reader().map_err(|error| failed(&self.place, &error))?;
        Ok(Box::new(KnownInIndex {
            place: self.place.clone(),
            fields: self.fields,
            searcher: reader.searcher(),
        }))
    }

    fn documents(&mut self) -> Result<u64, FeedError> {
        let reader = self.index.reader().map_err(|error| failed(&self.place, &error))?;
        Ok(reader.searcher().num_docs())
    }
}

/// The documents that were in the index when it was opened.
struct KnownInIndex {
    place: PathBuf,
    fields: Fields,
    searcher: Searcher,
}

impl Known for KnownInIndex {
    fn fingerprint(&mut self, id: &str) -> Result<Option<Fingerprint>, FeedError> {
        let term = Term::from_field_text(self.fields.id, id);
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        let found = self.searcher.search(&query, &tantivy::collector::DocSetCollector);
        let found = found.map_err(|error| failed(&self.place, &error))?;
        let Some(address) = found.into_iter().next() else {
            return Ok(None);
        };
        let column = self
            .searcher
            .segment_reader(address.segment_ord)
            .fast_fields()
            .u64("fingerprint");
        let column = column.map_err(|error| failed(&self.place, &error))?;
        Ok(column.first(address.doc_id).map(Fingerprint))
    }
}

/// A stored document, read back.
pub fn stored<'a>(fields: &Fields, document: &'a TantivyDocument) -> Option<&'a [u8]> {
    use tantivy::schema::Value;
    document.get_first(fields.tagged)?.as_bytes()
}
