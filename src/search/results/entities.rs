//! The entities of the whole index and in how many documents each stands, and of those that were found.

use std::collections::HashMap;

use tantivy::columnar::StrColumn;
use tantivy::{DocId, Searcher, SegmentReader, TantivyError};

/// Every entity by a number, and the documents that mention it.
pub struct EntityTable {
    keys: Vec<String>,
    /// Documents by number; replaced ones do not count.
    documents: Vec<u64>,
    numbers: HashMap<String, u32>,
    /// The number of each of a segment's ordinals.
    segments: Vec<Vec<u32>>,
}

impl EntityTable {
    /// Goes once through the facets of every document.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn count(searcher: &Searcher) -> tantivy::Result<Self> {
        let mut table = EntityTable {
            keys: Vec::new(),
            documents: Vec::new(),
            numbers: HashMap::new(),
            segments: Vec::new(),
        };
        for segment in searcher.segment_readers() {
            let Some(column) = column(segment)? else {
                table.segments.push(Vec::new());
                continue;
            };
            let numbers = table.number(&column)?;
            for doc in segment.doc_ids_alive() {
                for ordinal in column.ords().values_for_doc(doc) {
                    if let Some(&number) = numbers.get(ordinal as usize) {
                        table.documents[number as usize] += 1;
                    }
                }
            }
            table.segments.push(numbers);
        }
        Ok(table)
    }

    /// The numbers of a segment's ordinals.
    fn number(&mut self, column: &StrColumn) -> tantivy::Result<Vec<u32>> {
        let mut numbers = Vec::with_capacity(column.num_terms());
        let mut stream = column.dictionary().stream().map_err(TantivyError::from)?;
        while stream.advance() {
            // Facets have a zero where the key has its slash.
            let key = String::from_utf8_lossy(stream.key()).replacen('\0', "/", 1);
            let next = self.keys.len() as u32;
            let number = *self.numbers.entry(key).or_insert_with_key(|key| {
                self.keys.push(key.clone());
                self.documents.push(0);
                next
            });
            numbers.push(number);
        }
        Ok(numbers)
    }

    /// The key of an entity.
    pub fn key(&self, number: u32) -> &str {
        &self.keys[number as usize]
    }

    /// In how many documents of the index an entity stands.
    pub fn documents(&self, number: u32) -> u64 {
        self.documents[number as usize]
    }

    /// In how many documents of the index the entity with this key stands.
    pub fn documents_of(&self, key: &str) -> u64 {
        let number = self.numbers.get(key);
        number.map_or(0, |&number| self.documents(number))
    }

    /// In how many of the documents that were found each entity stands, by number. `found` are the documents of each
    /// segment.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn among(&self, searcher: &Searcher, found: &[Vec<DocId>]) -> tantivy::Result<Vec<u64>> {
        let mut counts = vec![0; self.keys.len()];
        for ((segment, docs), numbers) in searcher.segment_readers().iter().zip(found).zip(&self.segments) {
            let Some(column) = column(segment)?.filter(|_| !docs.is_empty()) else {
                continue;
            };
            for &doc in docs {
                for ordinal in column.ords().values_for_doc(doc) {
                    if let Some(&number) = numbers.get(ordinal as usize) {
                        counts[number as usize] += 1;
                    }
                }
            }
        }
        Ok(counts)
    }
}

fn column(segment: &SegmentReader) -> tantivy::Result<Option<StrColumn>> {
    segment.fast_fields().str("facet")
}
