//! Who is in the documents that were found, and who is there unusually often.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use serde::Serialize;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED, TantivyError, Term};

use super::{EntityRow, Named};
use crate::document::Kind;
use crate::search::reader::{SearchError, View};
use crate::stats::association::{expected, log_likelihood};

/// The entities and labels that most of the documents have.
#[derive(Debug, Default, Serialize)]
pub struct Facets {
    /// Countries, the most frequent first, as all that follow.
    pub country: Vec<EntityRow>,
    /// Officials.
    pub official: Vec<EntityRow>,
    /// Agencies.
    pub agency: Vec<EntityRow>,
    /// Labels of mentions.
    pub label: Vec<LabelRow>,
}

/// A label and in how many documents a mention has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelRow {
    /// Such as `PER`.
    pub label: String,
    /// Documents.
    pub documents: u64,
}

/// An entity that is in the documents more often than chance would have it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Together {
    /// Who or what.
    #[serde(flatten)]
    pub entity: Named,
    /// Documents among those that were found.
    pub documents: u64,
    /// Documents of the whole index.
    pub in_all: u64,
    /// Documents among those that were found by chance.
    pub expected: f64,
    /// [`log_likelihood`], of which they come in order.
    pub log_likelihood: f64,
}

/// Counts the entities and labels of the documents that were found, so many `rows` of each. Those `asked_for` do not count
/// as being there unusually often.
///
/// # Errors
/// Where the index cannot be read.
pub fn count(
    view: &View<'_>,
    found: &[Vec<DocId>],
    asked_for: &[&str],
    rows: usize,
) -> Result<(Facets, Vec<Together>), SearchError> {
    let counts = view.entities()?.among(view.searcher(), found)?;
    let facets = Facets {
        country: of_kind(view, Kind::Country, &counts, rows)?,
        official: of_kind(view, Kind::Official, &counts, rows)?,
        agency: of_kind(view, Kind::Agency, &counts, rows)?,
        label: labels(view, found, rows)?,
    };
    let total = found.iter().map(Vec::len).sum::<usize>() as u64;
    Ok((facets, together(view, &counts, total, asked_for, rows)?))
}

/// The entities that are there, with how many of the documents they are in.
fn there(counts: &[u64]) -> impl Iterator<Item = (u32, u64)> + '_ {
    (0..)
        .zip(counts)
        .filter(|&(_, &count)| count > 0)
        .map(|(number, &count)| (number, count))
}

fn of_kind(view: &View<'_>, kind: Kind, counts: &[u64], rows: usize) -> Result<Vec<EntityRow>, SearchError> {
    let table = view.entities()?;
    let begins = format!("{}/", kind.as_str());
    let mut entities: Vec<(u32, u64)> = there(counts)
        .filter(|&(number, _)| table.key(number).starts_with(&begins))
        .collect();
    entities.sort_unstable_by_key(|&(number, count)| (Reverse(count), table.key(number)));
    let row = |&(number, documents): &(u32, u64)| {
        Ok(EntityRow {
            entity: view.named(table.key(number))?,
            documents,
        })
    };
    entities.iter().take(rows).map(row).collect()
}

fn together(
    view: &View<'_>,
    counts: &[u64],
    total: u64,
    asked_for: &[&str],
    rows: usize,
) -> Result<Vec<Together>, SearchError> {
    let (table, all) = (view.entities()?, view.searcher().num_docs());
    let asked_for: HashSet<&str> = asked_for.iter().copied().collect();
    let mut measured: Vec<(u32, u64, f64)> = there(counts)
        .filter(|&(number, _)| !asked_for.contains(table.key(number)))
        .map(|(number, count)| {
            let ratio = log_likelihood(count, total, table.documents(number), all);
            (number, count, ratio)
        })
        .filter(|&(.., ratio)| ratio > 0.0)
        .collect();
    measured.sort_unstable_by(|a, b| {
        b.2.total_cmp(&a.2)
            .then_with(|| table.key(a.0).cmp(table.key(b.0)))
    });
    let row = |&(number, documents, ratio): &(u32, u64, f64)| {
        Ok(Together {
            entity: view.named(table.key(number))?,
            documents,
            in_all: table.documents(number),
            expected: expected(total, table.documents(number), all),
            log_likelihood: ratio,
        })
    };
    measured.iter().take(rows).map(row).collect()
}

fn labels(view: &View<'_>, found: &[Vec<DocId>], rows: usize) -> Result<Vec<LabelRow>, SearchError> {
    let field = view.fields().label;
    let mut labels = BTreeSet::new();
    for segment in view.searcher().segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut stream = index.terms().stream().map_err(TantivyError::from)?;
        while stream.advance() {
            labels.insert(String::from_utf8_lossy(stream.key()).into_owned());
        }
    }
    let mut counted = Vec::new();
    for label in labels {
        let term = Term::from_field_text(field, &label);
        let mut documents = 0;
        for (segment, docs) in view.searcher().segment_readers().iter().zip(found) {
            let postings = segment
                .inverted_index(field)?
                .read_postings(&term, IndexRecordOption::Basic)
                .map_err(TantivyError::from)?;
            if let Some(postings) = postings {
                documents += in_both(postings, docs);
            }
        }
        if documents > 0 {
            counted.push(LabelRow { label, documents });
        }
    }
    counted.sort_by_key(|row| Reverse(row.documents));
    counted.truncate(rows);
    Ok(counted)
}

fn in_both(mut postings: impl DocSet, docs: &[DocId]) -> u64 {
    let mut count = 0;
    for &doc in docs {
        if postings.doc() < doc && postings.seek(doc) == TERMINATED {
            break;
        }
        count += u64::from(postings.doc() == doc);
    }
    count
}
