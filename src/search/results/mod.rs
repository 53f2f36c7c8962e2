//! What a question is answered with: the documents in order, what was meant, who else is in them.
//!
//! | file | |
//! |---|---|
//! | `found.rs` | all documents that a query finds, the first ones in order |
//! | `entities.rs` | in how many documents each entity stands |
//! | `facets.rs` | the entities and labels of the documents that were found |
//! | `snippet.rs` | the part of a text that shows what was asked for |

use std::time::{Duration, Instant};

use serde::{Serialize, Serializer};
use tantivy::{DocAddress, Score};

pub mod entities;
pub mod facets;
pub mod found;
pub mod snippet;

use super::query::ast::Node;
use super::query::plan::Planner;
use super::query::resolve::{Meaning, Sought, resolve};
use super::query::{QueryError, parse};
use super::reader::{SearchError, View};
use crate::dates::PartialDate;
use crate::document::Kind;
use facets::{Facets, Together};
use found::FoundCollector;
use snippet::{Sights, Snippet};

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The query, as [`crate::search::query`] reads it.
    pub query: String,
    /// How many documents to show.
    pub limit: usize,
    /// How many to leave out before them.
    pub offset: usize,
    /// What comes first.
    pub sort: Sort,
    /// Rows of each facet and of co-occurring entities; with 0 none are counted.
    pub facets: usize,
    /// The least confidence of an entity's surest link in a document, in tenths, as
    /// [`TENTHS`](crate::search::index::document::TENTHS) has them.
    pub least_tenths: Option<u8>,
}

impl Request {
    /// The first ten documents, with five rows of each facet.
    pub fn new(query: impl Into<String>) -> Self {
        Request {
            query: query.into(),
            limit: 10,
            offset: 0,
            sort: Sort::Relevance,
            facets: 5,
            least_tenths: None,
        }
    }
}

/// What comes first. Equal ones come by date, the newest first, then by content; those without a date come last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// The highest score.
    #[default]
    Relevance,
    /// The latest date.
    Newest,
    /// The earliest date.
    Oldest,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// As in [`Request::query`].
    pub query: String,
    /// The documents that it finds, in all.
    pub total: usize,
    /// The documents of the index.
    pub documents: u64,
    /// As in [`Request::offset`].
    pub offset: usize,
    /// As in [`Request::sort`].
    pub sort: Sort,
    /// How long it took.
    #[serde(rename = "took_ms", serialize_with = "milliseconds")]
    pub took: Duration,
    /// What the query's entities were taken for.
    pub resolved: Vec<Resolved>,
    /// The documents in order.
    pub hits: Vec<Hit>,
    /// Who is in all of the documents.
    pub facets: Facets,
    /// Who is in them more often than chance would have it, beside those who were asked for.
    pub together: Vec<Together>,
}

/// A document that was found.
#[derive(Debug, Serialize)]
pub struct Hit {
    /// As in [`Document::id`](crate::document::Document::id), as the next three.
    pub id: String,
    /// Its title.
    pub title: Option<String>,
    /// Its date.
    pub date: Option<PartialDate>,
    /// Its source.
    pub source: Option<String>,
    /// How well it fits; comparable within one answer.
    #[serde(serialize_with = "rounded")]
    pub score: Score,
    /// What of it shows why it was found.
    pub snippet: Snippet,
}

/// An entity by its key and as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// As [`entity_key`](crate::search::entity_key) names it.
    pub key: String,
    /// What kind of record.
    pub kind: Kind,
    /// As in [`Link::id`](crate::document::Link::id).
    pub id: Option<String>,
    /// As the gazetteer has it, else as a document does.
    pub name: String,
    /// ISO 3166-1 alpha-2, or XK, EU, INT.
    pub country: Option<String>,
}

/// An entity and in how many documents it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntityRow {
    /// Who or what.
    #[serde(flatten)]
    pub entity: Named,
    /// Documents.
    pub documents: u64,
}

/// What an entity of the query was taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resolved {
    /// As it stands in the query.
    pub term: String,
    /// Where: 1 is the query's first character.
    pub column: usize,
    /// All that it can mean, with the documents of the whole index, the most frequent first.
    pub entities: Vec<EntityRow>,
}

fn milliseconds<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(took.as_micros() as f64 / 1e3)
}

fn rounded<S: Serializer>(score: &Score, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((f64::from(*score) * 1e4).round() / 1e4)
}

/// Answers a question.
pub(super) fn answer(view: &View<'_>, request: &Request) -> Result<Answer, SearchError> {
    let started = Instant::now();
    let (node, meanings) = resolve(view, parse(&request.query)?)?;
    let planner = Planner {
        fields: view.fields(),
        tenths: request.least_tenths,
    };
    let collector = FoundCollector {
        sort: request.sort,
        first: request.offset.saturating_add(request.limit),
    };
    let found = view.searcher().search(&*planner.plan(&node), &collector)?;
    let sights = Sights::of(&node);
    let shown = found.first.iter().skip(request.offset);
    let hits = shown.map(|&(address, score)| hit(view, address, score, &sights));
    let hits = hits.collect::<Result<Vec<_>, _>>()?;
    let (facets, together) = match request.facets {
        0 => Default::default(),
        rows => facets::count(view, &found.documents, &asked_for(&node), rows)?,
    };
    Ok(Answer {
        query: request.query.clone(),
        total: found.total(),
        documents: view.searcher().num_docs(),
        offset: request.offset,
        sort: request.sort,
        resolved: resolved(view, &request.query, meanings)?,
        hits,
        facets,
        together,
        took: started.elapsed(),
    })
}

/// The keys of the entities that a document is found by.
fn asked_for(node: &Node<Sought>) -> Vec<&str> {
    let mut keys = Vec::new();
    node.wanted(&mut |leaf| {
        if let Sought::Entities(entities) = leaf {
            keys.extend(entities.iter().map(String::as_str));
        }
    });
    keys
}

fn hit(view: &View<'_>, address: DocAddress, score: Score, sights: &Sights) -> Result<Hit, SearchError> {
    let tagged = view.tagged(address)?;
    let snippet = Snippet::cut(&tagged, sights);
    let document = tagged.document;
    Ok(Hit {
        id: document.id,
        title: document.title,
        date: document.date,
        source: document.source,
        score,
        snippet,
    })
}

fn resolved(view: &View<'_>, query: &str, meanings: Vec<Meaning>) -> Result<Vec<Resolved>, SearchError> {
    let mut resolved = Vec::new();
    for Meaning { span, keys } in meanings {
        let table = view.entities()?;
        let mut entities = Vec::new();
        for key in keys {
            entities.push(EntityRow {
                documents: table.documents_of(&key),
                entity: view.named(&key)?,
            });
        }
        entities.sort_by_key(|row| std::cmp::Reverse(row.documents));
        resolved.push(Resolved {
            term: query.chars().skip(span.start).take(span.len()).collect(),
            column: span.start + 1,
            entities,
        });
    }
    Ok(resolved)
}

impl Answer {
    /// As an object of JSON for a query that is wrong.
    pub fn of_error(query: &str, error: &QueryError) -> serde_json::Value {
        serde_json::json!({
            "query": query,
            "error": {"column": error.column(), "characters": error.span.len(), "message": error.reason},
        })
    }
}
