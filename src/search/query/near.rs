//! Nearness: documents in whose text two things stand at most so many words apart.
//!
//! A thing is a choice of [`Alternative`]s: a phrase, or an entity, whose marks stand at the words of its mentions. It
//! covers the positions of its words; the distance of two things without a common word is that from the last word of the
//! one to the first word of the other, in either order: 1 where they stand next to each other. What shares a word is not near: a
//! mention is not near itself, nor a word near the phrase that it is in.

use std::ops::RangeInclusive;

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError, Term};

/// One of the things that can stand at a side.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// Terms of one field with positions, one after the other; at least one.
    pub terms: Vec<Term>,
    /// What stands at the further words of a mention, of which the term has the first.
    pub further: Option<Term>,
    /// What a document must have beside it, in another field.
    pub beside: Option<Term>,
}

/// Documents in which a side's thing is near the other side's. They all score 0.
#[derive(Clone, Debug)]
pub struct NearQuery {
    /// The two sides.
    pub sides: [Vec<Alternative>; 2],
    /// The largest distance, in words.
    pub within: u32,
}

impl Query for NearQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        for alternative in self.sides.iter().flatten() {
            alternative.terms.iter().for_each(|term| visitor(term, true));
            alternative.further.iter().for_each(|term| visitor(term, true));
            alternative.beside.iter().for_each(|term| visitor(term, false));
        }
    }
}

impl Weight for NearQuery {
    fn scorer(&self, reader: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let [first, second] = &self.sides;
        let sides = [Side::open(first, reader)?, Side::open(second, reader)?];
        if sides.iter().any(|side| side.doc() == TERMINATED) {
            return Ok(Box::new(EmptyScorer));
        }
        let mut scorer = NearScorer {
            sides,
            within: self.within,
        };
        scorer.settle();
        Ok(Box::new(scorer))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        let found = scorer.doc() <= doc && scorer.seek(doc) == doc;
        match found {
            true => Ok(Explanation::new("NearScorer", 0.0)),
            false => Err(TantivyError::InvalidArgument(format!(
                "document {doc} does not match"
            ))),
        }
    }
}

/// Walks the documents of a segment.
struct NearScorer {
    sides: [Side; 2],
    within: u32,
}

impl NearScorer {
    /// Goes on, from where the sides stand, to the first document in which they are near.
    fn settle(&mut self) -> DocId {
        loop {
            let [first, second] = &mut self.sides;
            let target = first.doc().max(second.doc());
            if target == TERMINATED {
                first.seek(TERMINATED);
                return TERMINATED;
            }
            if first.doc() < target {
                first.seek(target);
            } else if second.doc() < target {
                second.seek(target);
            } else if is_near(first.places(), second.places(), self.within) {
                return target;
            } else {
                first.seek(target + 1);
            }
        }
    }
}

impl DocSet for NearScorer {
    fn advance(&mut self) -> DocId {
        let doc = self.doc();
        if doc != TERMINATED {
            self.sides[0].seek(doc + 1);
        }
        self.settle()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.sides[0].seek(target);
        self.settle()
    }

    fn doc(&self) -> DocId {
        self.sides[0].doc()
    }

    fn size_hint(&self) -> u32 {
        let [first, second] = &self.sides;
        first.size_hint().min(second.size_hint())
    }
}

impl Scorer for NearScorer {
    fn score(&mut self) -> Score {
        0.0
    }
}

/// Positions of a document's words.
type Places = Vec<RangeInclusive<u32>>;

/// A side's alternatives in a segment.
struct Side {
    alternatives: Vec<Occurring>,
    places: Places,
}

impl Side {
    fn open(alternatives: &[Alternative], reader: &SegmentReader) -> tantivy::Result<Self> {
        let mut occurring = Vec::new();
        for alternative in alternatives {
            occurring.extend(Occurring::open(alternative, reader)?);
        }
        Ok(Side {
            alternatives: occurring,
            places: Places::new(),
        })
    }

    fn doc(&self) -> DocId {
        let docs = self.alternatives.iter().map(Occurring::doc);
        docs.min().unwrap_or(TERMINATED)
    }

    fn seek(&mut self, target: DocId) {
        for alternative in &mut self.alternatives {
            alternative.seek(target);
        }
    }

    fn size_hint(&self) -> u32 {
        let hints = self.alternatives.iter().map(Occurring::size_hint);
        hints.fold(0, u32::saturating_add)
    }

    /// Where it stands in its document, in order.
    fn places(&mut self) -> &Places {
        let doc = self.doc();
        self.places.clear();
        for alternative in self
            .alternatives
            .iter_mut()
            .filter(|alternative| alternative.doc() == doc)
        {
            alternative.places(&mut self.places);
        }
        self.places
            .sort_unstable_by_key(|place| (*place.start(), *place.end()));
        &self.places
    }
}

/// A phrase in a segment.
struct Occurring {
    terms: Vec<SegmentPostings>,
    further: Option<SegmentPostings>,
    beside: Option<SegmentPostings>,
    positions: Vec<u32>,
    /// Positions of another term: of the next one of a phrase, or the further one of mentions.
    next: Vec<u32>,
}

impl Occurring {
    /// `None` where a term is nowhere in the segment.
    fn open(alternative: &Alternative, reader: &SegmentReader) -> tantivy::Result<Option<Self>> {
        let open = |term: &Term, option| -> tantivy::Result<_> {
            Ok(reader.inverted_index(term.field())?.read_postings(term, option)?)
        };
        let mut terms = Vec::new();
        for term in &alternative.terms {
            match open(term, IndexRecordOption::WithFreqsAndPositions)? {
                Some(postings) => terms.push(postings),
                None => return Ok(None),
            }
        }
        let beside = match &alternative.beside {
            None => None,
            Some(term) => match open(term, IndexRecordOption::Basic)? {
                None => return Ok(None),
                found => found,
            },
        };
        let further = match &alternative.further {
            None => None,
            Some(term) => open(term, IndexRecordOption::WithFreqsAndPositions)?,
        };
        if terms.is_empty() {
            return Ok(None);
        }
        let mut occurring = Occurring {
            terms,
            further,
            beside,
            positions: Vec::new(),
            next: Vec::new(),
        };
        let first = occurring.doc();
        occurring.settle(first);
        Ok(Some(occurring))
    }

    /// The document where it stands.
    fn doc(&self) -> DocId {
        self.terms.first().map_or(TERMINATED, |postings| postings.doc())
    }

    fn size_hint(&self) -> u32 {
        let hints = self.terms.iter().map(DocSet::size_hint);
        hints.min().unwrap_or(0)
    }

    fn seek(&mut self, target: DocId) {
        if self.doc() < target {
            self.settle(target);
        }
    }

    /// Goes to the first document from `target` on in which the phrase stands.
    fn settle(&mut self, mut target: DocId) {
        loop {
            target = self.meet(target);
            if target == TERMINATED || self.find() {
                return;
            }
            target += 1;
        }
    }

    /// Goes to the first document from `target` on that has all of its terms.
    fn meet(&mut self, mut target: DocId) -> DocId {
        'targets: loop {
            for postings in self.terms.iter_mut().chain(&mut self.beside) {
                if postings.doc() < target && postings.seek(target) > target {
                    target = postings.doc();
                    continue 'targets;
                }
                if postings.doc() > target {
                    target = postings.doc();
                    continue 'targets;
                }
            }
            return target;
        }
    }

    /// Finds the positions of the phrase in the document, and says whether there are any.
    fn find(&mut self) -> bool {
        let Some((first, others)) = self.terms.split_first_mut() else {
            return false;
        };
        first.positions(&mut self.positions);
        for (offset, postings) in (1..).zip(others) {
            postings.positions(&mut self.next);
            let next = &self.next;
            self.positions
                .retain(|position| next.binary_search(&(position + offset)).is_ok());
        }
        !self.positions.is_empty()
    }

    fn places(&mut self, into: &mut Places) {
        let doc = self.doc();
        let last = self.terms.len().saturating_sub(1) as u32;
        self.next.clear();
        if let Some(further) = &mut self.further
            && (further.doc() == doc || (further.doc() < doc && further.seek(doc) == doc))
        {
            further.positions(&mut self.next);
        }
        for &start in &self.positions {
            let mut end = start + last;
            while self.next.binary_search(&(end + 1)).is_ok() {
                end += 1;
            }
            into.push(start..=end);
        }
    }
}

/// Whether a place of one and a place of the other, with no word in both, are at most `within` apart.
fn is_near(one: &Places, other: &Places, within: u32) -> bool {
    let follows = |before: &Places, after: &Places| {
        let mut ends: Vec<u32> = before.iter().map(|place| *place.end()).collect();
        ends.sort_unstable();
        after.iter().any(|place| {
            let (start, before) = (*place.start(), ends.partition_point(|end| end < place.start()));
            ends[..before].last().is_some_and(|end| start - end <= within)
        })
    };
    follows(one, other) || follows(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_between_the_nearest_words() {
        let near = |one: &[(u32, u32)], other: &[(u32, u32)], within| {
            let places = |places: &[(u32, u32)]| places.iter().map(|&(from, to)| from..=to).collect();
            is_near(&places(one), &places(other), within)
        };
        assert!(near(&[(0, 1)], &[(3, 3)], 2) && !near(&[(0, 1)], &[(3, 3)], 1));
        assert!(near(&[(9, 9)], &[(3, 7)], 2) && !near(&[(9, 9)], &[(3, 6)], 2));
        assert!(near(&[(0, 9), (1, 1)], &[(11, 11)], 2));
        assert!(!near(&[(4, 4)], &[(4, 4)], 9) && near(&[(4, 4), (6, 6)], &[(4, 4)], 2));
        assert!(!near(&[(3, 5)], &[(4, 4)], 9));
        assert!(near(&[(0, 0), (50, 50)], &[(20, 20), (55, 55)], 5));
        assert!(!near(&[], &[(1, 1)], 1000));
    }

    #[test]
    fn agrees_with_every_pair_of_positions() {
        let mut seed = 7u32;
        let mut random = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % below
        };
        for _ in 0..2000 {
            let mut side = || {
                let mut places: Places = (0..random(4))
                    .map(|_| {
                        let start = random(30);
                        start..=start + random(4)
                    })
                    .collect();
                places.sort_unstable_by_key(|place| (*place.start(), *place.end()));
                places
            };
            let (one, other) = (side(), side());
            let within = random(8);
            let naive = one.iter().any(|a| {
                other
                    .iter()
                    .filter(|b| !a.clone().any(|p| b.contains(&p)))
                    .any(|b| a.clone().any(|p| b.clone().any(|q| p.abs_diff(q) <= within)))
            });
            assert_eq!(is_near(&one, &other, within), naive, "{one:?} {other:?} {within}");
        }
    }
}
