//! What the counts say, as every output shows it.

use serde::Serialize;

use super::collect::Selection;
use crate::dates::{PartialDate, Precision};
use crate::document::Kind;

/// The statistics of a corpus.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What was counted.
    pub selection: Selection,
    /// The documents.
    pub documents: Documents,
    /// The mentions.
    pub mentions: Mentions,
    /// The labels, the most frequent first.
    pub labels: Vec<LabelRow>,
    /// The kinds, in [`Kind::ALL`]'s order.
    pub kinds: Vec<KindRow>,
    /// The most mentioned entities.
    pub entities: Vec<EntityRow>,
    /// The most frequent names without a link.
    pub names: Names,
    /// The pairs of entities that most surely are together by more than chance.
    pub pairs: Pairs,
    /// Who was named when; `None` where no document has a date.
    pub timeline: Option<Timeline>,
    /// How often the most mentioned entities are together.
    #[serde(skip)]
    pub matrix: Matrix,
}

/// Documents.
#[derive(Debug, Serialize)]
pub struct Documents {
    /// All that were counted.
    pub total: u64,
    /// Those that could not be read, and are not among `total`.
    pub rejected: u64,
    /// Those with an entity.
    pub with_entity: u64,
    /// Those without a date.
    pub undated: u64,
    /// Those whose entities beyond [`Limits::paired`](super::Limits::paired) were not paired.
    pub partly_paired: u64,
}

/// Mentions.
#[derive(Debug, Serialize)]
pub struct Mentions {
    /// All that were counted.
    pub total: u64,
    /// Those with a link.
    pub linked: u64,
    /// Different entities that they are linked to.
    pub entities: u64,
}

/// Mentions of a label.
#[derive(Debug, Serialize)]
pub struct LabelRow {
    /// Such as `PER`.
    pub label: String,
    /// All.
    pub mentions: u64,
    /// Those with a link.
    pub linked: u64,
}

/// Links of a kind.
#[derive(Debug, Serialize)]
pub struct KindRow {
    /// The kind.
    pub kind: Kind,
    /// Links.
    pub mentions: u64,
    /// Different entities.
    pub entities: u64,
    /// The most mentioned.
    pub top: Vec<EntityRow>,
}

/// An entity.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// Its number within the report's outputs.
    #[serde(skip)]
    pub number: u32,
    /// As in [`Link::id`](crate::document::Link::id).
    pub id: Option<String>,
    /// What kind of record.
    pub kind: Kind,
    /// Its name where it came first.
    pub name: String,
    /// ISO 3166-1 alpha-2, or XK, EU, INT.
    pub country: Option<String>,
}

/// An entity and how often it came.
#[derive(Clone, Debug, Serialize)]
pub struct EntityRow {
    /// Who or what.
    #[serde(flatten)]
    pub entity: Named,
    /// Documents that name it.
    pub documents: u64,
    /// Mentions.
    pub mentions: u64,
}

/// Names without a link.
#[derive(Debug, Serialize)]
pub struct Names {
    /// How much a count of mentions can be too high, and the most that a name can have that is missing; 0: all is exact.
    pub error: u64,
    /// Different names that were kept, in all.
    pub kept: u64,
    /// The most frequent.
    pub rows: Vec<NameRow>,
}

/// A name without a link.
#[derive(Debug, Serialize)]
pub struct NameRow {
    /// The mentions' label.
    pub label: String,
    /// The name, its white space folded.
    pub name: String,
    /// Documents with it, at least.
    pub documents: u64,
    /// Mentions, at most.
    pub mentions: u64,
    /// Mentions, at least.
    pub mentions_at_least: u64,
}

/// Pairs of entities.
#[derive(Debug, Serialize)]
pub struct Pairs {
    /// As in [`Names::error`], of documents.
    pub error: u64,
    /// Different pairs that were kept, in all.
    pub kept: u64,
    /// The pairs with the highest log-likelihood ratio.
    pub rows: Vec<PairRow>,
}

/// Two entities that are named in the same documents.
#[derive(Debug, Serialize)]
pub struct PairRow {
    /// The more often mentioned one.
    pub first: Named,
    /// The other.
    pub second: Named,
    /// Documents that name both, at least: the measures are of this number.
    pub documents: u64,
    /// Documents that name both, at most.
    pub documents_at_most: u64,
    /// Documents that would name both by chance.
    pub expected: f64,
    /// [`log_likelihood`](super::association::log_likelihood).
    pub log_likelihood: f64,
    /// [`npmi`](super::association::npmi).
    pub npmi: f64,
}

/// Documents and mentions by date.
#[derive(Debug, Serialize)]
pub struct Timeline {
    /// What a point spans.
    pub by: Precision,
    /// What it would span had there not been too many of them: see [`Limits::cells`](super::Limits::cells).
    pub asked: Option<Precision>,
    /// Documents whose date is not known so exactly; no point has them.
    pub too_coarse: u64,
    /// All documents, and the mentions in them; days, months or years without one are left out.
    pub documents: Vec<Point>,
    /// The most mentioned entities, each with its own documents and mentions.
    pub entities: Vec<Series>,
}

/// An entity's course.
#[derive(Debug, Serialize)]
pub struct Series {
    /// Who or what.
    #[serde(flatten)]
    pub entity: Named,
    /// When it was named.
    pub points: Vec<Point>,
}

/// A day, a month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Which.
    pub date: PartialDate,
    /// Documents.
    pub documents: u64,
    /// Mentions.
    pub mentions: u64,
}

/// In how many documents the most mentioned entities are together.
#[derive(Debug, Default)]
pub struct Matrix {
    /// Each with all its documents.
    pub entities: Vec<(Named, u64)>,
    /// `[entity, entity]`: documents that name both, and [`npmi`](super::association::npmi); `None` on the diagonal.
    pub cells: Vec<Vec<Option<(u64, f64)>>>,
}
