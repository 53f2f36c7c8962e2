//! Public bodies: by name, by acronym, and by the short names that only a country or the document makes clear.

use std::collections::HashSet;

use super::acronyms::{defined_otherwise, explains_itself, is_acronym};
use super::candidates::Candidate;
use super::capitals::acts_after;
use super::context::{Decision, Label, Reading};
use super::cues::is_place_preposition;
use super::echoes::{link_coordinated, link_definitions, link_repeated};
use super::ranking::{Feature, Features, Question};
use crate::document::{Kind, Via};
use crate::gazetteer::body::generic_name;
use crate::gazetteer::key::{acronym_form, folded_words};
use crate::gazetteer::posting::{CountryCode, NameSort, Posting};
use crate::gazetteer::record::AliasType;

/// Links bodies whose names need no context.
pub fn link_named(reading: &mut Reading<'_>) {
    for at in 0..reading.mentions.len() {
        if !is_open(reading, at) {
            continue;
        }
        let mut candidates = named(reading, at, |posting| !posting.weak);
        candidates.retain(|candidate| !candidate.weak);
        let mention = &reading.mentions[at];
        if candidates.is_empty() && mention.label == Label::Organisation && !is_acronym(mention.name) {
            candidates = reading
                .finder
                .by_misspelling(mention.name, Kind::Agency, reading.date);
            candidates.retain(|candidate| !is_broadcaster(candidate));
        }
        if let Some((best, confidence)) = best_named(reading, at, candidates) {
            let via = best.via();
            reading.decide(at, Decision::new(&best, via, confidence));
        }
    }
}

/// Links bodies whose names several countries' bodies share, and those that the document itself explains.
pub fn link_in_document(reading: &mut Reading<'_>) {
    link_definitions(reading);
    for at in 0..reading.mentions.len() {
        if is_open(reading, at)
            && let Some((best, confidence)) = shared_name(reading, at)
        {
            let via = if best.via() == Via::Acronym {
                Via::Acronym
            } else {
                Via::InDocument
            };
            reading.decide(at, Decision::new(&best, via, confidence));
        }
    }
    link_coordinated(reading);
    link_repeated(reading);
}

pub fn is_open(reading: &Reading<'_>, at: usize) -> bool {
    reading.decisions[at].is_none() && reading.mentions[at].label != Label::Person
}

fn named(reading: &mut Reading<'_>, at: usize, keep: impl Fn(&Posting) -> bool) -> Vec<Candidate> {
    let name = reading.mentions[at].name;
    let mut found = reading
        .finder
        .by_name_where(name, Kind::Agency, reading.date, keep);
    let mention = &reading.mentions[at];
    let start = mention.words.start;
    let article = usize::from(reading.words.before(start, 1) == "the");
    let place =
        mention.label == Label::Place && is_place_preposition(reading.words.before(start - article, 1));
    // "at the Pentagon" is the building.
    found.retain(|candidate| {
        let building = place && candidate.via() == Via::Metonym;
        !building && !is_broadcaster(candidate)
    });
    found
}

/// Broadcasters are no agencies, not even a state's: they can be looked up and are not linked.
fn is_broadcaster(candidate: &Candidate) -> bool {
    candidate.entity.subkind.as_deref() == Some("broadcaster")
}

fn international(candidate: &Candidate) -> bool {
    matches!(candidate.country(), "INT" | "EU" | "")
}

/// The best of several bodies with one strong name, and how sure it is.
fn best_named(reading: &mut Reading<'_>, at: usize, candidates: Vec<Candidate>) -> Option<(Candidate, f32)> {
    let mention = reading.mentions[at].clone();
    let governing = reading.governing_country(at);
    let generic = generic_name(mention.name, reading.countries);
    let acronym_text = is_acronym(mention.name);
    let sounding =
        !acronym_text && sounds_generic(mention.name) && generic.country.is_none() && governing.is_none();
    if sounding && follows_unknown_place(reading, at) {
        return None;
    }
    // What a body of the document's country may be called too is decided with the rest of the document in view.
    let rival = match &generic.key {
        Some(key) if sounding => {
            let rivals = reading.finder.countries_of_generic_key(key);
            let shares = rivals.iter().map(|rival| reading.share(rival.as_str()));
            shares.fold(0.0, f32::max)
        }
        _ => 0.0,
    };
    let others_present = !reading.weights.is_empty();
    // A world body's name is not lent to a country's.
    let of_the_world = candidates.iter().any(international);
    let weighed: Vec<(Candidate, Features)> = candidates
        .into_iter()
        .filter(|candidate| !of_the_world || international(candidate))
        .filter_map(|candidate| {
            let world = international(&candidate);
            let governed = governing.as_deref() == Some(candidate.country());
            let elsewhere = governing.is_some() && !governed && !world;
            let share = reading.share(candidate.country());
            if sounding && !world && rival > share + 0.05 {
                return None;
            }
            let acronym = candidate.via() == Via::Acronym || acronym_text;
            let letters = acronym_form(mention.name).chars().count();
            let abroad = !world || (candidate.country() == "EU" && acronym && mention.name.trim() != "EU");
            let absent = abroad && !reading.has_country(candidate.country());
            let native = candidate.sort == NameSort::Alias(AliasType::Native);
            let features = Features::default()
                .when(Feature::Acronym, acronym)
                .when(Feature::Governed, governed)
                .with(Feature::Share, share)
                .when(Feature::Elsewhere, elsewhere)
                .when(Feature::Misspelt, candidate.is_misspelt())
                .when(Feature::Generic, sounding && !world && others_present)
                .when(Feature::GenericAlone, sounding && !world && !others_present)
                .with(
                    Feature::GenericShare,
                    if sounding && !world { share } else { 0.0 },
                )
                .when(
                    Feature::Unexplained,
                    world && acronym && letters <= 3 && !explains_itself(mention.name, &candidate),
                )
                .when(Feature::AbsentAcronym, absent && acronym)
                .when(Feature::AbsentShort, absent && acronym && letters <= 3)
                .when(Feature::Absent, absent && others_present)
                .when(Feature::AbsentNative, absent && native)
                .when(
                    Feature::AbsentPlace,
                    absent && mention.label == Label::Place && candidate.via() != Via::Metonym,
                )
                .when(
                    Feature::DefinedOtherwise,
                    acronym && defined_otherwise(reading, at, &candidate),
                )
                .when(
                    Feature::LabelPlace,
                    mention.label == Label::Place && candidate.via() != Via::Metonym,
                )
                .when(
                    Feature::LabelOther,
                    mention.label == Label::Other && mention.compound.is_empty(),
                )
                .when(Feature::Sports, reading.sports && !world)
                .when(
                    Feature::SportsAbsent,
                    reading.sports && !world && (absent || (acronym && !governed)),
                );
            Some((candidate, features))
        })
        .collect();
    reading.judge(at, Question::Body, weighed)
}

/// Words of which many countries make the names of their bodies.
#[rustfmt::skip]
const GENERIC_WORDS: [&str; 78] = [
    "administration", "affairs", "agency", "agriculture", "air", "and", "appeal", "appeals", "archives", "armed",
    "army", "assembly", "attorney", "authority", "aviation", "bank", "board", "border", "bureau", "cabinet", "center",
    "central", "centre", "chamber", "civil", "coast", "command", "commerce", "commission", "committee", "congress",
    "constitutional", "council", "court", "customs", "defence", "defense", "department", "deputies", "education",
    "election", "electoral", "energy", "federal", "finance", "for", "force", "forces", "foreign", "government",
    "guard", "health", "high", "house", "immigration", "institute", "intelligence", "interior", "justice", "labor",
    "labour", "ministry", "national", "navy", "of", "office", "parliament", "police", "reserve", "security", "senate",
    "service", "staff", "state", "statistics", "supreme", "transport", "treasury",
];

/// Whether nothing in a body's name says whose it is: *Supreme Court*, *National Election Commission*.
fn sounds_generic(name: &str) -> bool {
    let words = folded_words(name);
    let known = |word: &String| {
        GENERIC_WORDS.binary_search(&word.as_str()).is_ok()
            || matches!(
                word.as_str(),
                "representatives" | "general" | "public" | "the" | "republic" | "people" | "joint"
            )
    };
    !words.is_empty() && words.iter().all(known)
}

/// *the Bavarian Interior Ministry*: a name right before that is of no country. *the Republican Congress* is not
/// such a name.
pub fn follows_unknown_place(reading: &Reading<'_>, at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else {
        return false;
    };
    let seen = &reading.mentions[before];
    let adjacent = seen.words.end == reading.mentions[at].words.start && reading.decisions[before].is_none();
    let party = [
        "republican",
        "democrat",
        "liberal",
        "conservative",
        "communist",
        "socialist",
        "labour",
        "islamist",
    ];
    let text = seen.text.to_lowercase();
    adjacent
        && match seen.label {
            Label::Place => true,
            Label::Other => !party.iter().any(|&name| text.starts_with(name)),
            Label::Person | Label::Organisation => false,
        }
}

/// A name that bodies of several countries share: the country in the name, beside it, or of the document decides.
pub fn shared_name(reading: &mut Reading<'_>, at: usize) -> Option<(Candidate, f32)> {
    let mention = reading.mentions[at].clone();
    if mention.label == Label::Other && mention.compound.is_empty() {
        return None;
    }
    let generic = generic_name(mention.name, reading.countries);
    let explicit = generic.country.clone().or_else(|| reading.governing_country(at));
    if explicit.is_none() && follows_unknown_place(reading, at) {
        return None;
    }
    // Two hundred countries have a Foreign Ministry: only those that can be meant are looked at.
    let present: HashSet<CountryCode> = {
        let everywhere = ["INT", "EU", ""];
        let named = reading.weights.keys().map(String::as_str).chain(everywhere);
        let countries: Vec<&str> = match &explicit {
            Some(country) => vec![country],
            None => named.collect(),
        };
        let codes = countries
            .into_iter()
            .map(|country| (CountryCode::new(Some(country)), country));
        codes
            .filter(|(code, country)| code.as_str() == *country)
            .map(|(code, _)| code)
            .collect()
    };
    let can_be_meant = |posting: &Posting| present.contains(&posting.country);
    let mut candidates = named(reading, at, can_be_meant);
    if let Some(key) = &generic.key
        && !is_acronym(mention.name)
    {
        for candidate in reading.finder.by_generic_key(key, can_be_meant) {
            let new = candidates
                .iter()
                .all(|known| known.reference != candidate.reference);
            if new && !is_broadcaster(&candidate) {
                candidates.push(candidate);
            }
        }
    }
    let acts = acts_after(reading, mention.words.end);
    candidates.retain(|candidate| {
        candidate.via() != Via::Metonym || (mention.label == Label::Organisation && acts && !reading.sports)
    });
    // Of bodies of one country the one whose name matched most closely.
    candidates.sort_by_key(|candidate| match candidate.via() {
        Via::Name => 0,
        Via::Alias => 1,
        Via::Acronym => 2,
        _ => 3,
    });
    let mut countries: Vec<String> = Vec::new();
    candidates.retain(|candidate| {
        let new = international(candidate) || countries.iter().all(|country| country != candidate.country());
        countries.push(candidate.country().to_owned());
        new
    });
    let earlier: Vec<bool> = candidates
        .iter()
        .map(|candidate| reading.has_decided(&candidate.entity.id))
        .collect();
    let sentence = reading.words.sentence(mention.words.start);
    let near: Vec<String> = (reading.mentions_in(&sentence))
        .filter_map(|other| reading.decisions[other].as_ref())
        .map(|decision| decision.country().to_owned())
        .collect();
    let world_present = reading.has_world_body();
    let weighed = candidates
        .into_iter()
        .zip(earlier)
        .map(|(candidate, earlier)| {
            let country = candidate.country();
            let (world, acronym) = (international(&candidate), candidate.via() == Via::Acronym);
            let share = reading.share(country);
            let beside = near.iter().any(|code| code == country);
            let written_there = reading.dateline.as_deref() == Some(country);
            let features = Features::default()
                .when(Feature::Explicit, explicit.is_some())
                .when(Feature::Earlier, earlier)
                .with(Feature::Share, if world { 0.0 } else { share })
                .when(Feature::Beside, beside && !world)
                .when(Feature::WrittenThere, written_there && !world)
                .when(Feature::World, world && world_present)
                .when(Feature::WorldAlone, world && !world_present)
                .when(Feature::Weak, candidate.weak)
                .when(Feature::Acronym, acronym)
                .when(
                    Feature::DefinedOtherwise,
                    acronym && defined_otherwise(reading, at, &candidate),
                )
                .when(Feature::LabelPlace, mention.label == Label::Place)
                .when(Feature::Sports, reading.sports);
            (candidate, features)
        })
        .collect();
    reading.judge(at, Question::SharedBody, weighed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sound_generic_or_not() {
        assert!(GENERIC_WORDS.is_sorted_by(|a, b| a < b));
        assert!(sounds_generic("Supreme Court") && !sounds_generic("Bundestag"));
    }
}
