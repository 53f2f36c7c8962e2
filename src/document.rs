//! The values that flow through the pipeline.
//!
//! Offsets inside the program are bytes; [`crate::output`] turns them into the unit the user asked for.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

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
    /// Who or what it is, where the gazetteer knows; `None` is NIL. Boxed, since most mentions of a huge text have none.
    pub link: Option<Box<Link>>,
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

impl Via {
    /// The name as it stands in the output.
    pub fn as_str(self) -> &'static str {
        match self {
            Via::Name => "name",
            Via::Alias => "alias",
            Via::Acronym => "acronym",
            Via::Demonym => "demonym",
            Via::Capital => "capital",
            Via::Surname => "surname",
            Via::Metonym => "metonym",
            Via::InDocument => "in_document",
            Via::Role => "role",
        }
    }
}

/// Who or what a mention is. Links of one entity in a document share its strings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The record's id: Wikidata's where known, else one of the gazetteer's own. `None` for an official whom only the
    /// document shows to be one ([`Via::Role`]).
    #[serde(serialize_with = "maybe_shared")]
    pub id: Option<Arc<str>>,
    /// What kind of record.
    pub kind: Kind,
    /// The record's canonical name; without a record, the fullest name in the document.
    #[serde(serialize_with = "shared")]
    pub name: Arc<str>,
    /// ISO 3166-1 alpha-2, or XK, EU, INT.
    #[serde(serialize_with = "maybe_shared")]
    pub country: Option<Arc<str>>,
    /// An official's office at the document's date, or an agency's or country's sort.
    #[serde(serialize_with = "maybe_shared")]
    pub role: Option<Arc<str>>,
    /// How the link was made.
    pub via: Via,
    /// How sure the linker is, in `[0, 1]`.
    pub confidence: f32,
}

fn shared<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

fn maybe_shared<S: Serializer>(text: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().serialize(serializer)
}

impl Link {
    /// Whether both mean one entity: by id, and without ids by name, kind and country.
    pub fn is_same(&self, other: &EntityCount) -> bool {
        self.id.as_deref() == other.id.as_deref()
            && (self.id.is_some()
                || (self.kind == other.kind
                    && *self.name == *other.name
                    && self.country.as_deref() == other.country.as_deref()))
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
        let mut places = HashMap::new();
        for link in self.mentions.iter().filter_map(|mention| mention.link.as_ref()) {
            // As `Link::is_same` compares.
            let without_id = || (link.kind, &*link.name, link.country.as_deref());
            let identity = (link.id.as_deref(), link.id.is_none().then(without_id));
            let place = *places.entry(identity).or_insert(entities.len());
            match entities.get_mut(place) {
                Some(entity) => entity.count += 1,
                None => entities.push(EntityCount {
                    id: link.id.as_deref().map(str::to_owned),
                    kind: link.kind,
                    name: link.name.to_string(),
                    country: link.country.as_deref().map(str::to_owned),
                    role: link.role.as_deref().map(str::to_owned),
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
        let mut places: HashMap<(String, &str), usize> = HashMap::new();
        for mention in self.mentions.iter().filter(|mention| mention.link.is_none()) {
            let words = self.document.text[mention.span.clone()].split_whitespace();
            let surface = words.collect::<Vec<_>>().join(" ");
            match places.entry((surface, &*mention.label)) {
                Entry::Occupied(place) => names[*place.get()].2 += 1,
                Entry::Vacant(place) => {
                    let (surface, label) = place.key().clone();
                    place.insert(names.len());
                    names.push((surface, label, 1));
                }
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(id: &str, name: &str, country: Option<&str>) -> Link {
        Link {
            id: (!id.is_empty()).then(|| id.into()),
            kind: Kind::Official,
            name: name.into(),
            country: country.map(Arc::from),
            role: None,
            via: Via::Name,
            confidence: 0.9,
        }
    }

    #[test]
    fn entities_and_names_are_counted_as_if_compared_one_by_one() {
        let (ids, countries) = (["Q1", "Q2", "", "Q3", ""], [Some("XA"), None, Some("XB")]);
        let surfaces = ["Ann Example", "Ann\nExample", "Oslo", "Ann  Example"];
        let mut text = String::new();
        let mut mentions = Vec::new();
        for at in 0..500 {
            let surface = surfaces[at * 7 % 11 % 4];
            mentions.push(Mention {
                span: text.len()..text.len() + surface.len(),
                label: ["PER", "LOC"][at * 5 % 7 % 2].into(),
                score: 0.5,
                link: (at % 3 > 0).then(|| {
                    let name = ["A", "B"][at * 11 % 5 % 2];
                    Box::new(link(ids[at * 3 % 13 % 5], name, countries[at * 13 % 17 % 3]))
                }),
            });
            text += surface;
            text.push(' ');
        }
        let tagged = TaggedDocument {
            document: Document {
                text,
                ..Document::default()
            },
            mentions,
            considerations: Vec::new(),
        };

        let mut counted: Vec<EntityCount> = Vec::new();
        for link in tagged.mentions.iter().filter_map(|mention| mention.link.as_ref()) {
            match counted.iter_mut().find(|entity| link.is_same(entity)) {
                Some(entity) => entity.count += 1,
                None => counted.push(EntityCount {
                    id: link.id.as_deref().map(str::to_owned),
                    kind: link.kind,
                    name: link.name.to_string(),
                    country: link.country.as_deref().map(str::to_owned),
                    role: None,
                    count: 1,
                }),
            }
        }
        counted.sort_by_key(|entity| std::cmp::Reverse(entity.count));
        assert!(counted.len() > 6);
        assert_eq!(tagged.entities(), counted);

        let names = tagged.unlinked();
        assert_eq!(names.iter().map(|(.., count)| count).sum::<usize>(), 167);
        assert_eq!(names.len(), 4, "two surfaces of two labels: {names:?}");
        assert_eq!(names[0].0, "Ann Example");
    }
}
