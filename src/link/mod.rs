//! Mentions to links: which country, official or agency a mention means, or that it means none (NIL).
//!
//! The document is read in passes, each of which stands on what the ones before have found:
//!
//! 1. [`countries`]: names, abbreviations and demonyms, which say what the document is about;
//! 2. [`capitals`] that act as governments;
//! 3. names that countries share;
//! 4. [`bodies`] that no other country's share a name with, and [`persons`] by full name;
//! 5. bodies whose names countries share, by the country beside them or the document's, and
//!    [`echoes`] of bodies named before;
//! 6. persons by family or given name ([`short_names`], of those in [`full_names`]).
//!
//! Before, [`spans`] parts mentions that hold two names. [`candidates`] finds whom a name can mean, [`context`] holds what is known of the document,
//! [`ranking`] says how likely each candidate is, and [`judge`] takes the best or none.

mod acronyms;
mod bodies;
mod candidates;
mod capitals;
mod context;
mod countries;
mod cues;
mod echoes;
mod full_names;
mod judge;
mod persons;
mod places;
pub mod ranking;
mod roles;
mod short_names;
mod spans;
mod spelling;
mod unknown_officials;
mod words;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use candidates::Finder;
use context::Reading;
use ranking::Ranking;

use crate::dates::PartialDate;
use crate::document::{Consideration, Document, Kind, Link, Mention, Via};
use crate::gazetteer::Gazetteer;
use crate::gazetteer::body::CountryWords;
use crate::gazetteer::entity::Entity;

/// Links mentions against a gazetteer.
///
/// It holds no state but the gazetteer: the links of a document depend on nothing else.
#[derive(Debug)]
pub struct Linker {
    gazetteer: Gazetteer,
    countries: CountryWords,
    ranking: Ranking,
}

impl Linker {
    /// A linker over `gazetteer`.
    pub fn new(gazetteer: Gazetteer) -> Self {
        Linker {
            countries: gazetteer.country_words(),
            gazetteer,
            ranking: Ranking::default(),
        }
    }

    /// Weighs candidates with `ranking` in place of the weights that ship.
    pub fn with_ranking(self, ranking: Ranking) -> Self {
        Linker { ranking, ..self }
    }

    /// What weighs the candidates.
    pub fn ranking(&self) -> &Ranking {
        &self.ranking
    }

    /// The gazetteer it links against.
    pub fn gazetteer(&self) -> &Gazetteer {
        &self.gazetteer
    }

    /// Parts mentions in which the tagger read two names as one, such as *Lyon, France*; the others stay. To be
    /// called before [`Linker::link`].
    pub fn part(&self, document: &Document, mentions: Vec<Mention>) -> Vec<Mention> {
        spans::part(&self.countries, document, mentions)
    }

    /// Sets the link of each mention: who or what it is, or `None` for NIL. Time is linear in the document's length.
    ///
    /// `mentions` are those of `document`, in order of their start. Links that they carry already are replaced.
    pub fn link(&self, document: &Document, mentions: &mut [Mention]) {
        self.read(document, mentions, false);
    }

    /// As [`Linker::link`]; gives everything that was weighed, in the order it was.
    pub fn explain(&self, document: &Document, mentions: &mut [Mention]) -> Vec<Consideration> {
        self.read(document, mentions, true)
    }

    fn read(&self, document: &Document, mentions: &mut [Mention], trace: bool) -> Vec<Consideration> {
        let finder = Finder::new(&self.gazetteer);
        let mut reading = Reading::new(finder, &self.countries, &self.ranking, document, mentions);
        reading.trace = trace.then(Vec::new);
        countries::link_clear_names(&mut reading);
        capitals::link_capitals(&mut reading);
        countries::link_shared_names(&mut reading);
        acronyms::find_definitions(&mut reading);
        bodies::link_named(&mut reading);
        persons::link_full_names(&mut reading);
        bodies::link_in_document(&mut reading);
        short_names::link_short_names(&mut reading);
        if unknown_officials::link_by_office(&mut reading) {
            short_names::link_short_names(&mut reading);
        }
        let date = reading.date;
        let mut links: HashMap<*const Entity, (Rc<Entity>, Link)> = HashMap::new();
        for (mention, decision) in mentions.iter_mut().zip(reading.decisions) {
            mention.link = decision.map(|decision| {
                // Each entity is decoded once in a document: its address is its own as long as it is kept.
                let entity = &decision.entity;
                let (_, link) = links
                    .entry(Rc::as_ptr(entity))
                    .or_insert_with(|| (Rc::clone(entity), link(entity, date, &self.countries)));
                let known = link.id.is_some();
                Box::new(Link {
                    // Whoever is known by the office alone stays so by the family name.
                    via: if known { decision.via } else { Via::Role },
                    confidence: decision.confidence.clamp(0.0, 1.0),
                    ..link.clone()
                })
            });
        }
        reading.trace.unwrap_or_default()
    }
}

/// A link to an entity, however made.
fn link(entity: &Entity, date: Option<PartialDate>, countries: &CountryWords) -> Link {
    let tenure = roles::tenure_at(entity, date, countries);
    let (role, country) = match entity.kind {
        Kind::Official => (
            tenure.map(|tenure| &tenure.position),
            tenure
                .map(|tenure| &tenure.country)
                .filter(|country| !country.is_empty())
                .or(entity.country.as_ref()),
        ),
        Kind::Country | Kind::Agency => (entity.subkind.as_ref(), entity.country.as_ref()),
    };
    let shared = |text: &String| Arc::from(text.as_str());
    Link {
        id: (!entity.id.is_empty()).then(|| shared(&entity.id)),
        kind: entity.kind,
        name: shared(&entity.name),
        country: country.map(shared),
        role: role.map(shared),
        via: Via::Name,
        confidence: 0.0,
    }
}
