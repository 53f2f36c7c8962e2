//! The values that flow through the pipeline.
//!
//! Offsets inside the program are bytes; [`crate::output`] turns them into the unit the user asked for.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dates::PartialDate;

/// A text as it came in, with what its source said of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Names the document within its corpus: the input's `id`, or the file's path.
    pub id: String,
    /// The text, never changed: every offset points into it.
    pub text: String,
    /// When it was published; decides who held an office.
    pub date: Option<PartialDate>,
    /// Its headline, where the source gives one apart from the text.
    pub title: Option<String>,
    /// Who published it.
    pub source: Option<String>,
    /// Input fields that the program does not know, kept for the output.
    pub extra: RawFields,
}

/// Fields of a JSON object as they were written: name, and the value's own JSON text.
///
/// Parsed values would lose digits of long numbers. An `id` that is a number stands here too, so that
/// the output can give it back as the number it was.
pub type RawFields = Vec<(String, Box<str>)>;

/// A stretch of text that names something: `text[span]` is the mention, always.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    /// Bytes of the document's text, on character boundaries.
    pub span: Range<usize>,
    /// The model's entity label without its BIO prefix, such as `PER`.
    pub label: Arc<str>,
    /// How sure the model is, in `[0, 1]`.
    pub score: f32,
    /// Who or what it is, where the gazetteer knows; `None` is NIL.
    pub link: Option<Link>,
}

/// The three kinds of thing that the gazetteer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A country, or a territory with an entry of its own.
    Country,
    /// A person who holds, held or came to hold a public office.
    Official,
    /// A public body: ministry, service, parliament, court, intergovernmental organisation.
    Agency,
}

impl Kind {
    /// All kinds, in the order reports print them.
    pub const ALL: [Kind; 3] = [Kind::Country, Kind::Official, Kind::Agency];

    /// The name as it stands in records and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Country => "country",
            Kind::Official => "official",
            Kind::Agency => "agency",
        }
    }
}

/// How a link was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The full or canonical name, also transliterated otherwise or without diacritics.
    Name,
    /// A materially different name of the record.
    Alias,
    /// An acronym or abbreviation.
    Acronym,
    /// A demonym or adjective of a country.
    Demonym,
    /// A capital that stands for its government.
    Capital,
    /// The family name alone.
    Surname,
    /// A building or place that stands for the body in it.
    Metonym,
    /// Only this document makes the name clear.
    InDocument,
    /// The gazetteer does not know the person: the document says which office it is.
    Role,
}

/// Who or what a mention is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    /// The record's id: Wikidata's where known, else one of the gazetteer's own. `None` for an official whom only the
    /// document shows to be one ([`Via::Role`]).
    pub id: Option<String>,
    /// What kind of record.
    pub kind: Kind,
    /// The record's canonical name; without a record, the fullest name in the document.
    pub name: String,
    /// ISO 3166-1 alpha-2, or XK, EU, INT.
    pub country: Option<String>,
    /// An official's office at the document's date, or an agency's or country's sort.
    pub role: Option<String>,
    /// How the link was made.
    pub via: Via,
    /// How sure the linker is, in `[0, 1]`.
    pub confidence: f32,
}

impl Link {
    /// Whether both mean one entity: by id, and without ids by name, kind and country.
    pub fn is_same(&self, other: &EntityCount) -> bool {
        self.id == other.id
            && (self.id.is_some()
                || (self.kind == other.kind && self.name == other.name && self.country == other.country))
    }
}

/// A question that the linker asked of a mention, with every candidate that it weighed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Consideration {
    /// Which of the document's mentions.
    #[serde(skip)]
    pub mention: usize,
    /// What was to be decided.
    pub question: &'static str,
    /// The candidates, the likeliest first.
    pub candidates: Vec<Considered>,
}

/// A candidate that the linker weighed: `probability = σ(bias + Σ adds)`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Considered {
    /// As in [`Link::id`].
    pub id: Option<String>,
    /// What kind of record.
    pub kind: Kind,
    /// The canonical name.
    pub name: String,
    /// ISO 3166-1 alpha-2, or XK, EU, INT.
    pub country: Option<String>,
    /// How likely it is the one meant, in `[0, 1]`; below 0.5 it is not taken.
    pub probability: f32,
    /// Where the question's sum begins.
    pub bias: f32,
    /// What speaks for and against it.
    pub reasons: Vec<Reason>,
}

/// How much one feature moves a candidate's sum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// The feature's name.
    pub feature: &'static str,
    /// Its value.
    pub value: f32,
    /// Weight · value.
    pub adds: f32,
}

/// A linked entity of a document and how often it is mentioned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntityCount {
    /// As in [`Link::id`].
    pub id: Option<String>,
    /// What kind of record.
    pub kind: Kind,
    /// The record's canonical name.
    pub name: String,
    /// ISO 3166-1 alpha-2, or XK, EU, INT.
    pub country: Option<String>,
    /// As in [`Link::role`].
    pub role: Option<String>,
    /// Mentions of it in the document.
    pub count: usize,
}

/// A document with what was found in it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaggedDocument {
    /// The document, unchanged.
    pub document: Document,
    /// Mentions in order of their start; they never overlap.
    pub mentions: Vec<Mention>,
    /// What the linker weighed, in the order it did; empty unless asked for.
    pub considerations: Vec<Consideration>,
}

impl TaggedDocument {
    /// The linked entities, most mentioned first, ties by first mention.
    pub fn entities(&self) -> Vec<EntityCount> {
        let mut entities: Vec<EntityCount> = Vec::new();
        for link in self.mentions.iter().filter_map(|mention| mention.link.as_ref()) {
            match entities.iter_mut().find(|entity| link.is_same(entity)) {
                Some(entity) => entity.count += 1,
                None => entities.push(EntityCount {
                    id: link.id.clone(),
                    kind: link.kind,
                    name: link.name.clone(),
                    country: link.country.clone(),
                    role: link.role.clone(),
                    count: 1,
                }),
            }
        }
        entities.sort_by_key(|entity| std::cmp::Reverse(entity.count));
        entities
    }
    /// The names that are no one's we know: `(surface, label, count)`, in the order of their first mention.
    ///
    /// A surface has its white space folded to single spaces, so that a line end inside a name makes no second one.
    pub fn unlinked(&self) -> Vec<(String, &str, usize)> {
        let mut names: Vec<(String, &str, usize)> = Vec::new();
        for mention in self.mentions.iter().filter(|mention| mention.link.is_none()) {
            let words = self.document.text[mention.span.clone()].split_whitespace();
            let surface = words.collect::<Vec<_>>().join(" ");
            match names
                .iter_mut()
                .find(|(name, label, _)| *name == surface && *label == &*mention.label)
            {
                Some((_, _, count)) => *count += 1,
                None => names.push((surface, &mention.label, 1)),
            }
        }
        names
    }
}
