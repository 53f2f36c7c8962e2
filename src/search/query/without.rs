//! Negation: the documents that a query does not find.
//!
//! tantivy 0.27 has it as a clause, whose `Exclude` seeks a phrase backwards at its first document; here all only go
//! forwards.

use tantivy::query::{EnableScoring, Explanation, Query, QueryClone, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError, Term};

/// All documents but those of another query. They all score 0.
#[derive(Debug)]
pub struct WithoutQuery(pub Box<dyn Query>);

impl Clone for WithoutQuery {
    fn clone(&self) -> Self {
        WithoutQuery(self.0.box_clone())
    }
}

impl Query for WithoutQuery {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let unscored = EnableScoring::Disabled {
            schema: scoring.schema(),
            searcher_opt: scoring.searcher(),
        };
        Ok(Box::new(WithoutWeight(self.0.weight(unscored)?)))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.0.query_terms(visitor);
    }
}

struct WithoutWeight(Box<dyn Weight>);

impl Weight for WithoutWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut scorer = WithoutScorer {
            excluded: self.0.scorer(reader, boost)?,
            doc: 0,
            end: reader.max_doc(),
        };
        scorer.settle(0);
        Ok(Box::new(scorer))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        let found = scorer.doc() <= doc && scorer.seek(doc) == doc;
        match found {
            true => Ok(Explanation::new("WithoutScorer", 0.0)),
            false => Err(TantivyError::InvalidArgument(format!(
                "document {doc} does not match"
            ))),
        }
    }
}

/// Walks the documents of a segment.
struct WithoutScorer {
    excluded: Box<dyn Scorer>,
    doc: DocId,
    /// One more than the segment's last document.
    end: DocId,
}

impl WithoutScorer {
    /// Goes to the first document from `target` on that is not excluded.
    fn settle(&mut self, mut target: DocId) -> DocId {
        while target < self.end {
            if self.excluded.doc() < target {
                self.excluded.seek(target);
            }
            if self.excluded.doc() != target {
                self.doc = target;
                return target;
            }
            target += 1;
        }
        self.doc = TERMINATED;
        TERMINATED
    }
}

impl DocSet for WithoutScorer {
    fn advance(&mut self) -> DocId {
        match self.doc {
            TERMINATED => TERMINATED,
            doc => self.settle(doc + 1),
        }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        match self.doc >= target {
            true => self.doc,
            false => self.settle(target),
        }
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.end
    }
}

impl Scorer for WithoutScorer {
    fn score(&mut self) -> Score {
        0.0
    }
}
