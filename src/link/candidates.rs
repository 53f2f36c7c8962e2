//! From a name to the entities it can mean, before the document decides.

use std::collections::HashMap;
use std::rc::Rc;

use crate::dates::PartialDate;
use crate::document::{Kind, Via};
use crate::gazetteer::entity::Entity;
use crate::gazetteer::key::{fold, writes_acronym};
use crate::gazetteer::posting::{CountryCode, NameSort, Posting};
use crate::gazetteer::record::AliasType;
use crate::gazetteer::{EntityRef, Gazetteer, Hit, written_name};

/// An entity that a name can mean.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where it stands.
    pub reference: EntityRef,
    /// The entity, decoded.
    pub entity: Rc<Entity>,
    /// What sort of name matched.
    pub sort: NameSort,
    /// Whether the name needs support from the document.
    pub weak: bool,
}

impl Candidate {
    /// The country's code; empty where there is none.
    pub fn country(&self) -> &str {
        self.entity.country.as_deref().unwrap_or_default()
    }

    /// Whether the name is a slip away from the record's.
    pub fn is_misspelt(&self) -> bool {
        self.sort == NameSort::Alias(AliasType::Misspelling)
    }

    /// How a link by this name is made.
    pub fn via(&self) -> Via {
        self.sort.via()
    }
}

impl AsRef<Entity> for Candidate {
    fn as_ref(&self) -> &Entity {
        &self.entity
    }
}

/// Shorter names are other names where a letter differs.
const SLIP_LEAST: usize = 6;

/// Finds candidates and keeps the entities of one document decoded.
pub struct Finder<'g> {
    gazetteer: &'g Gazetteer,
    decoded: HashMap<EntityRef, Option<Rc<Entity>>>,
}

impl<'g> Finder<'g> {
    /// A finder for one document.
    pub fn new(gazetteer: &'g Gazetteer) -> Self {
        Finder {
            gazetteer,
            decoded: HashMap::new(),
        }
    }

    /// The entity, decoded once.
    pub fn entity(&mut self, reference: EntityRef) -> Option<Rc<Entity>> {
        let gazetteer = self.gazetteer;
        self.decoded
            .entry(reference)
            .or_insert_with(|| gazetteer.entity(reference).map(Rc::new))
            .clone()
    }

    /// Entities of `kind` with this name or alias; acronyms compared by case, names not yet or no longer in use
    /// at `date` left out. One candidate an entity, weak where all its names of this key are.
    pub fn by_name(&mut self, name: &str, kind: Kind, date: Option<PartialDate>) -> Vec<Candidate> {
        self.by_name_where(name, kind, date, |_| true)
    }

    /// As [`Finder::by_name`], only of entities with a posting that `keep` takes.
    pub fn by_name_where(
        &mut self,
        name: &str,
        kind: Kind,
        date: Option<PartialDate>,
        keep: impl Fn(&Posting) -> bool,
    ) -> Vec<Candidate> {
        let mut hits = self.gazetteer.hits(&fold(name));
        let kept: Vec<EntityRef> = hits
            .iter()
            .filter(|hit| keep(&hit.posting))
            .map(|hit| hit.entity)
            .collect();
        // Hits come sorted by entity.
        hits.retain(|hit| kept.binary_search(&hit.entity).is_ok());
        self.candidates(name, kind, date, hits)
    }

    /// Entities of `kind` whose name is one slip away: a letter too many, missing, wrong or in its neighbour's place.
    ///
    /// Only for names of [`SLIP_LEAST`] letters and more that are nobody's as they stand.
    pub fn by_misspelling(&mut self, name: &str, kind: Kind, date: Option<PartialDate>) -> Vec<Candidate> {
        let key = fold(name);
        if key.chars().count() < SLIP_LEAST || !self.gazetteer.hits(&key).is_empty() {
            return Vec::new();
        }
        let mut hits = self.gazetteer.fuzzy_hits(&key);
        hits.retain(|hit| !hit.posting.weak);
        // By entity, as those of one key are.
        hits.sort_by_key(|hit| hit.entity);
        let mut found = self.candidates(name, kind, date, hits);
        found
            .iter_mut()
            .for_each(|candidate| candidate.sort = NameSort::Alias(AliasType::Misspelling));
        found
    }

    /// Whether any entity of any kind has this name.
    pub fn knows(&self, name: &str) -> bool {
        !self.gazetteer.hits(&fold(name)).is_empty()
    }

    /// Officials with this family name whose posting `keep` takes.
    pub fn by_surname(&mut self, name: &str, keep: impl Fn(&Posting) -> bool) -> Vec<Candidate> {
        let mut hits = self.gazetteer.surname_hits(&fold(name));
        hits.retain(|hit| keep(&hit.posting));
        self.candidates(name, Kind::Official, None, hits)
    }

    /// Officials who have led a country.
    pub fn heads(&mut self, country: &str) -> Vec<Candidate> {
        let hits = self.gazetteer.heads(country);
        self.candidates("", Kind::Official, None, hits)
    }

    /// Number of officials with this family name: how common it is among them.
    pub fn bearers(&self, name: &str) -> usize {
        self.gazetteer.surname_hits(&fold(name)).len()
    }

    /// Bodies with this generic key whose posting `keep` takes.
    pub fn by_generic_key(&mut self, key: &str, keep: impl Fn(&Posting) -> bool) -> Vec<Candidate> {
        let mut hits = self.gazetteer.generic_hits(key);
        hits.retain(|hit| keep(&hit.posting));
        self.candidates("", Kind::Agency, None, hits)
    }

    /// Countries whose bodies have this generic key.
    pub fn countries_of_generic_key(&self, key: &str) -> Vec<CountryCode> {
        let hits = self.gazetteer.generic_hits(key);
        hits.into_iter().map(|hit| hit.posting.country).collect()
    }

    fn candidates(
        &mut self,
        name: &str,
        kind: Kind,
        date: Option<PartialDate>,
        hits: Vec<Hit>,
    ) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        for hit in hits.into_iter().filter(|hit| hit.posting.kind == kind) {
            let Some(entity) = self.entity(hit.entity) else {
                continue;
            };
            let sort = hit.posting.sort;
            let acronym = sort == NameSort::Alias(AliasType::Acronym);
            if acronym && !writes_acronym(name, written_name(&entity, &hit.posting)) {
                continue;
            }
            if date.is_some_and(|date| !in_use(&entity, hit.posting.name, date)) {
                continue;
            }
            // The hits of one key come sorted by entity: where it was met before, it was the last.
            match found
                .last_mut()
                .filter(|candidate| candidate.reference == hit.entity)
            {
                Some(known) => {
                    // A weak short alias that repeats the canonical name says that the name itself is weak.
                    let itself = hit.posting.weak && sort == NameSort::Alias(AliasType::Short);
                    let itself = itself && known.sort == NameSort::Canonical;
                    let stronger = known.weak && !hit.posting.weak;
                    let weaker = !known.weak && hit.posting.weak;
                    if stronger || (!weaker && rank(sort) < rank(known.sort)) {
                        known.sort = sort;
                    }
                    known.weak = (known.weak && hit.posting.weak) || itself;
                }
                None => found.push(Candidate {
                    reference: hit.entity,
                    entity,
                    sort,
                    weak: hit.posting.weak,
                }),
            }
        }
        found
    }
}

/// Which sort of name explains a match best, where several do.
fn rank(sort: NameSort) -> u8 {
    match sort {
        NameSort::Canonical => 0,
        NameSort::Alias(AliasType::Acronym) => 1,
        NameSort::Alias(AliasType::Demonym | AliasType::Adjective) => 2,
        NameSort::Alias(AliasType::Capital) => 4,
        NameSort::Alias(_) => 3,
        NameSort::Surname => 5,
        NameSort::Generic => 6,
    }
}

/// Whether the name may be meant at `date`: an entity or name not yet there is not.
///
/// What has ended may still be spoken of, so only the beginnings count; where two entities share a name, the
/// caller prefers the one whose time it is.
fn in_use(entity: &Entity, name: u32, date: PartialDate) -> bool {
    let alias = (name as usize)
        .checked_sub(1)
        .and_then(|at| entity.aliases.get(at));
    let begun = |from: Option<PartialDate>| from.is_none_or(|from| from.earliest() <= date.latest());
    begun(entity.from) && begun(alias.and_then(|alias| alias.from))
}
