//! All documents that a query finds, and the first of them in the order that was asked for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use super::Sort;

/// Scores that differ by less than this are equal: the order in which they are summed differs between segments.
const EQUAL: f64 = 1e-4;

/// What a query finds.
#[derive(Default)]
pub struct Found {
    /// The documents of each segment, in order.
    pub documents: Vec<Vec<DocId>>,
    /// The first of all, in order, with their scores.
    pub first: Vec<(DocAddress, Score)>,
}

impl Found {
    /// How many there are.
    pub fn total(&self) -> usize {
        self.documents.iter().map(Vec::len).sum()
    }
}

/// Collects [`Found`].
pub struct FoundCollector {
    /// What comes first.
    pub sort: Sort,
    /// How many of the first.
    pub first: usize,
}

/// Where a document stands; the least comes first. Nothing in it depends on where the index keeps the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// By the order that was asked for.
    main: (bool, i64, i64),
    /// Then the newest.
    newest: (bool, Reverse<i64>, Reverse<i64>),
    fingerprint: u64,
}

/// A document at its place in the order.
#[derive(Clone, Copy)]
pub struct Ranked {
    rank: Rank,
    score: Score,
    address: DocAddress,
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.rank, self.address).cmp(&(other.rank, other.address))
    }
}

impl Collector for FoundCollector {
    type Fruit = Found;
    type Child = FoundInSegment;

    fn for_segment(
        &self,
        ordinal: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<FoundInSegment> {
        let columns = segment.fast_fields();
        Ok(FoundInSegment {
            sort: self.sort,
            most: self.first,
            ordinal,
            first_day: columns.column_opt("first_day")?,
            last_day: columns.column_opt("last_day")?,
            fingerprint: columns.column_opt("fingerprint")?,
            documents: Vec::new(),
            heap: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<(Vec<DocId>, BinaryHeap<Ranked>)>) -> tantivy::Result<Found> {
        let mut documents = Vec::new();
        let mut first = Vec::new();
        for (segment, heap) in segments {
            documents.push(segment);
            first.extend(heap);
        }
        first.sort_unstable();
        first.truncate(self.first);
        Ok(Found {
            documents,
            first: first
                .iter()
                .map(|ranked| (ranked.address, ranked.score))
                .collect(),
        })
    }
}

/// Collects within a segment.
pub struct FoundInSegment {
    sort: Sort,
    most: usize,
    ordinal: SegmentOrdinal,
    first_day: Option<Column<i64>>,
    last_day: Option<Column<i64>>,
    fingerprint: Option<Column<u64>>,
    documents: Vec<DocId>,
    /// The first ones so far, the last of them on top.
    heap: BinaryHeap<Ranked>,
}

impl FoundInSegment {
    fn rank(&self, doc: DocId, score: i64) -> Rank {
        let day = |column: &Option<Column<i64>>| column.as_ref().and_then(|column| column.first(doc));
        let (first, last) = (day(&self.first_day), day(&self.last_day));
        let undated = last.is_none();
        let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
        Rank {
            main: match self.sort {
                Sort::Relevance => (false, -score, 0),
                Sort::Newest => (undated, -last, -first),
                Sort::Oldest => (undated, first, last),
            },
            newest: (undated, Reverse(last), Reverse(first)),
            fingerprint: self
                .fingerprint
                .as_ref()
                .and_then(|column| column.first(doc))
                .unwrap_or(0),
        }
    }
}

impl SegmentCollector for FoundInSegment {
    type Fruit = (Vec<DocId>, BinaryHeap<Ranked>);

    fn collect(&mut self, doc: DocId, score: Score) {
        self.documents.push(doc);
        let full = self.heap.len() >= self.most;
        let rounded = (f64::from(score) / EQUAL).round() as i64;
        let worst = self.heap.peek().map(|last| last.rank.main);
        let hopeless =
            self.sort == Sort::Relevance && worst.is_some_and(|worst| (false, -rounded, 0) > worst);
        if self.most == 0 || (full && hopeless) {
            return;
        }
        let ranked = Ranked {
            rank: self.rank(doc, rounded),
            score,
            address: DocAddress::new(self.ordinal, doc),
        };
        if !full {
            self.heap.push(ranked);
        } else if self.heap.peek().is_some_and(|last| ranked < *last) {
            self.heap.pop();
            self.heap.push(ranked);
        }
    }

    fn harvest(self) -> Self::Fruit {
        (self.documents, self.heap)
    }
}
