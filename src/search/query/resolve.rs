//! Names to the entities that they can mean, and prefixes to words.
//!
//! A name means what the gazetteer says, whatever alias it is; beside that, what it is the id, the key or the name of in
//! the index, so that entities without a record and those of other gazetteers are found as well.

use std::collections::BTreeSet;
use std::ops::Range;

use tantivy::Term;
use tantivy::query::{BooleanQuery, TermSetQuery};
use tantivy::schema::Field;

use super::ast::{Asked, Node, What};
use super::without::WithoutQuery;
use super::{QueryError, shortened};
use crate::document::Kind;
use crate::gazetteer::key::fold;
use crate::search::index::document;
use crate::search::reader::{SearchError, View};

/// Words that a prefix can stand for.
const MAX_WORDS: usize = 1000;
/// Entities that a name can stand for.
const MAX_ENTITIES: usize = 500;
/// Near names in an error.
const NEAR_NAMES: usize = 3;

/// A leaf as the index knows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Sought {
    /// These words one after the other.
    Phrase {
        /// In the title alone, not in title or text.
        title: bool,
        /// At least one.
        words: Vec<String>,
    },
    /// Any of these words.
    AnyWord {
        /// As in [`Sought::Phrase`].
        title: bool,
        /// Perhaps none.
        words: Vec<String>,
    },
    /// Any of the entities with these keys.
    Entities(Vec<String>),
    /// As in [`What::Label`].
    Label(String),
    /// As in [`What::Surface`].
    Surface(String),
    /// As in [`What::Source`].
    Source(String),
    /// As in [`What::Id`].
    Id(String),
    /// As in [`What::Days`].
    Days {
        /// The first day.
        from: Option<i64>,
        /// The last day.
        to: Option<i64>,
    },
}

/// What a field of the query was found to mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning {
    /// Its characters in the query.
    pub span: Range<usize>,
    /// The keys of the entities.
    pub keys: Vec<String>,
}

/// Resolves the leaves of a tree.
///
/// # Errors
/// Where a name means nobody, or a name or a prefix too much, with its place; where the index cannot be read.
pub fn resolve(view: &View<'_>, node: Node<Asked>) -> Result<(Node<Sought>, Vec<Meaning>), SearchError> {
    let mut meanings = Vec::new();
    let node = node.try_map(&mut |Asked { span, what }| {
        Ok::<_, SearchError>(match what {
            What::Words { title, words } => Sought::Phrase { title, words },
            What::Prefix { title, prefix } => Sought::AnyWord {
                words: beginning(view, &prefix, title, &span)?,
                title,
            },
            What::Entity { kind, name } => {
                let keys = entities(view, kind, &name, &span)?;
                meanings.push(Meaning {
                    span,
                    keys: keys.clone(),
                });
                Sought::Entities(keys)
            }
            What::Label(label) => Sought::Label(labelled(view, label)?),
            What::Surface(surface) => Sought::Surface(surface),
            What::Source(source) => Sought::Source(source),
            What::Id(id) => Sought::Id(id),
            What::Days { from, to } => Sought::Days { from, to },
        })
    })?;
    Ok((node, meanings))
}

/// A label as it is asked for, or in capitals where there is none.
fn labelled(view: &View<'_>, label: String) -> Result<String, SearchError> {
    let capitals = label.to_uppercase();
    let field = view.fields().label;
    let is_other = !view.occurs(field, &label)? && view.occurs(field, &capitals)?;
    Ok(if is_other { capitals } else { label })
}

/// The index's words that begin with `prefix`.
fn beginning(
    view: &View<'_>,
    prefix: &str,
    title: bool,
    span: &Range<usize>,
) -> Result<Vec<String>, SearchError> {
    let fields = view.fields();
    let fields = if title {
        vec![fields.title]
    } else {
        vec![fields.body, fields.title]
    };
    let mut words = BTreeSet::new();
    for segment in view.searcher().segment_readers() {
        for &field in &fields {
            let index = segment.inverted_index(field)?;
            let mut stream = index
                .terms()
                .range()
                .ge(prefix.as_bytes())
                .into_stream()
                .map_err(tantivy::TantivyError::from)?;
            while stream.advance() && stream.key().starts_with(prefix.as_bytes()) {
                words.insert(String::from_utf8_lossy(stream.key()).into_owned());
                if words.len() > MAX_WORDS {
                    let reason = format!(
                        "over {MAX_WORDS} words begin with '{}': expected more of its letters",
                        shortened(prefix)
                    );
                    return Err(QueryError::new(span.clone(), reason).into());
                }
            }
        }
    }
    Ok(words.into_iter().collect())
}

/// The keys of all that `name` can mean, each once.
fn entities(
    view: &View<'_>,
    kind: Option<Kind>,
    name: &str,
    span: &Range<usize>,
) -> Result<Vec<String>, SearchError> {
    let kinds: Vec<Kind> = kind.map_or(Kind::ALL.to_vec(), |kind| vec![kind]);
    let mut keys = Keys::default();
    by_id(view, &kinds, name, &mut keys)?;
    by_alias(view, &kinds, name, &mut keys);
    by_name(view, &kinds, name, &mut keys)?;
    let Keys(keys) = keys;
    match keys.len() {
        0 => Err(QueryError::new(span.clone(), nobody(view, &kinds, name)).into()),
        1..=MAX_ENTITIES => Ok(keys),
        count => {
            let reason = format!(
                "'{}' can mean {count} entities: expected a fuller name, at most {MAX_ENTITIES} that have it",
                shortened(name)
            );
            Err(QueryError::new(span.clone(), reason).into())
        }
    }
}

/// Keys in the order in which they were found.
#[derive(Default)]
struct Keys(Vec<String>);

impl Keys {
    fn add(&mut self, key: String) {
        if !self.0.contains(&key) {
            self.0.push(key);
        }
    }
}

/// By an id, a country's code, or a key as answers give it.
fn by_id(view: &View<'_>, kinds: &[Kind], name: &str, keys: &mut Keys) -> Result<(), SearchError> {
    for &kind in kinds {
        let own = name
            .strip_prefix(kind.as_str())
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(name);
        let capitals = own.to_ascii_uppercase();
        for own in [own, &capitals] {
            let entity = view.gazetteer().by_id(own).filter(|entity| entity.kind == kind);
            if let Some(entity) = entity {
                keys.add(entity.entity_key());
            }
            let key = format!("{}/{own}", kind.as_str());
            let known = kind == Kind::Country && view.country(own).is_some();
            if known || view.occurs(view.fields().entity, &key)? {
                keys.add(key);
            }
        }
    }
    Ok(())
}

/// By any name that the gazetteer has for it. Acronyms count in small letters too where nothing else does.
fn by_alias(view: &View<'_>, kinds: &[Kind], name: &str, keys: &mut Keys) {
    let found = |name: &str| {
        let mut found = view.gazetteer().lookup(name);
        found.retain(|found| kinds.contains(&found.entity.kind));
        found
    };
    let mut all = found(name);
    if all.is_empty() {
        all = found(&name.to_uppercase());
    }
    for found in all {
        keys.add(found.entity.entity_key());
    }
}

/// Who has no record goes by the folded name, and perhaps a country behind it.
fn without_record(view: &View<'_>, kinds: &[Kind], folded: &str, keys: &mut Keys) -> Result<(), SearchError> {
    let field = view.fields().entity;
    let mut named = BTreeSet::new();
    for kind in kinds {
        let begins = format!("{}/~{folded}", kind.as_str());
        for segment in view.searcher().segment_readers() {
            let index = segment.inverted_index(field)?;
            let stream = index.terms().range().ge(begins.as_bytes()).into_stream();
            let mut stream = stream.map_err(tantivy::TantivyError::from)?;
            while stream.advance() {
                match stream.key().strip_prefix(begins.as_bytes()) {
                    Some([] | [b'@', ..]) => {
                        named.insert(String::from_utf8_lossy(stream.key()).into_owned());
                    }
                    Some(_) => {}
                    None => break,
                }
            }
        }
    }
    // Terms of replaced documents stay until their segment is merged.
    for key in named {
        if view.occurs(field, &key)? {
            keys.add(key);
        }
    }
    Ok(())
}

/// By the canonical name that the documents have for it, or an official's family name. A document without any key that is known tells the next one, so
/// that none is missed that finds further documents.
fn by_name(view: &View<'_>, kinds: &[Kind], name: &str, keys: &mut Keys) -> Result<(), SearchError> {
    let folded = fold(name);
    if folded.is_empty() {
        return Ok(());
    }
    without_record(view, kinds, &folded, keys)?;
    let fields = view.fields();
    let asked: Vec<String> = kinds.iter().map(|&kind| document::name(kind, name)).collect();
    let named = terms(fields.name, asked.iter().cloned());
    let mut known = keys.0.clone();
    while known.len() <= MAX_ENTITIES {
        let known_terms = terms(fields.entity, known.iter().cloned());
        let new = BooleanQuery::intersection(vec![
            Box::new(TermSetQuery::new(named.clone())),
            Box::new(WithoutQuery(Box::new(TermSetQuery::new(known_terms)))),
        ]);
        let Some(address) = view.first(&new)? else {
            return Ok(());
        };
        let links = view.tagged(address)?.mentions.into_iter();
        let before = known.len();
        for link in links.filter_map(|mention| mention.link) {
            if document::names(&link).iter().any(|name| asked.contains(name)) {
                let key = link.entity_key();
                if !known.contains(&key) {
                    known.push(key.clone());
                }
                keys.add(key);
            }
        }
        // What does not go on would never end.
        if known.len() == before {
            return Ok(());
        }
    }
    Ok(())
}

fn terms(field: Field, texts: impl Iterator<Item = String>) -> Vec<Term> {
    texts.map(|text| Term::from_field_text(field, &text)).collect()
}

/// What is said of a name that means nobody.
fn nobody(view: &View<'_>, kinds: &[Kind], name: &str) -> String {
    let asked = match kinds {
        [kind] => kind.as_str(),
        _ => "entity",
    };
    let shown = shortened(name);
    if let Some(other) = view.gazetteer().lookup(name).first() {
        let other = match other.entity.kind {
            Kind::Country => "a country",
            Kind::Official => "an official",
            Kind::Agency => "an agency",
        };
        let field = other.rsplit(' ').next().unwrap_or_default();
        return format!("no {asked} is called '{shown}', but {other} is: expected {field}:\"{shown}\"");
    }
    let folded = fold(name);
    let mut near: Vec<String> = Vec::new();
    for hit in view.gazetteer().fuzzy_hits(&folded) {
        let entity = view.gazetteer().entity(hit.entity);
        if let Some(entity) = entity.filter(|entity| kinds.contains(&entity.kind)) {
            let matched = crate::gazetteer::written_name(&entity, &hit.posting).to_owned();
            if !near.contains(&matched) && near.len() < NEAR_NAMES {
                near.push(matched);
            }
        }
    }
    let field = if asked == "entity" { "entity" } else { asked };
    match near.is_empty() {
        true => format!(
            "no {asked} is called '{shown}' in the gazetteer or the index: expected a name, an alias or an id; \
             name:\"{shown}\" finds any mention"
        ),
        false => {
            let near: Vec<String> = near.iter().map(|name| format!("{field}:\"{name}\"")).collect();
            format!(
                "no {asked} is called '{shown}': expected perhaps {}",
                near.join(" or ")
            )
        }
    }
}
