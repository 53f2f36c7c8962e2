//! Officials by full name.

use std::rc::Rc;

use super::candidates::Candidate;
use super::context::{Decision, Label, Reading};
use super::ranking::{Feature, Features, Question};
use super::roles::{Described, date_doubt, described, leads, prominence};
use super::spelling::{full_forms, is_like, is_particle, without_titles};
use crate::document::{Kind, Via};
use crate::gazetteer::entity::Entity;
use crate::gazetteer::key::{fold, folded_words};
use crate::gazetteer::office::{Office, Standing};
use crate::gazetteer::posting::Posting;
use crate::gazetteer::record::AliasType;

/// Links mentions of full names.
pub fn link_full_names(reading: &mut Reading<'_>) {
    for at in 0..reading.mentions.len() {
        let name = reading.mentions[at].name;
        // "von der Leyen", "bin Salman": a family name that the particle makes long.
        let particle = name.starts_with(char::is_lowercase);
        if !is_open_person(reading, at) || particle || folded_words(name).len() < 2 {
            continue;
        }
        let mut candidates = full_name_candidates(reading, at);
        let said = described(reading, at);
        if candidates.is_empty() && said.offices.contains(&Office::Head) {
            candidates = holders_by_sound(reading, at, &said);
        }
        let weighed = (candidates.into_iter())
            .map(|candidate| {
                let features = weigh(reading, &candidate, &said);
                (candidate, features)
            })
            .collect();
        if let Some((best, confidence)) = reading.judge(at, Question::Person, weighed) {
            let via = match best.via() {
                Via::Surname => Via::Alias,
                via => via,
            };
            reading.decide(at, Decision::new(&best, via, confidence));
        }
    }
}

pub fn is_open_person(reading: &Reading<'_>, at: usize) -> bool {
    let mention = &reading.mentions[at];
    let inside_compound = mention.label == Label::Other && !mention.compound.is_empty();
    reading.decisions[at].is_none() && (mention.label == Label::Person || inside_compound)
}

fn full_name_candidates(reading: &mut Reading<'_>, at: usize) -> Vec<Candidate> {
    let name = reading.mentions[at].name;
    let plain = without_titles(name);
    let mut forms = vec![name.to_owned()];
    if plain != name {
        forms.push(plain.to_owned());
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    // "Donald J. Trump", "Robert Kennedy Jr."
    let shorter: Vec<&str> = (words.iter().enumerate())
        .filter(|&(place, word)| {
            let key = fold(word);
            let initial = place > 0 && place + 1 < words.len() && key.chars().count() == 1;
            let suffix = place > 1 && matches!(key.as_str(), "jr" | "sr" | "ii" | "iii");
            !initial && !suffix
        })
        .map(|(_, &word)| word)
        .collect();
    if shorter.len() >= 2 && shorter.len() < words.len() {
        forms.push(shorter.join(" "));
    }
    let mut found = Vec::new();
    for form in &forms {
        found = reading.finder.by_name(form, Kind::Official, None);
        if !found.is_empty() {
            break;
        }
    }
    if found.is_empty() {
        found = nickname_candidates(reading, &shorter);
    }
    if found.is_empty() {
        found = turned_name_candidates(reading, &words);
    }
    if found.is_empty() {
        found = reading.finder.by_misspelling(plain, Kind::Official, None);
    }
    // A head of state may be known by fewer names than the record has: *Daniel Ortega*, *George Bush*.
    if !found
        .iter()
        .any(|candidate| prominence(reading, &candidate.entity) > 0.5)
    {
        for candidate in part_name_candidates(reading, &words) {
            if found.iter().all(|known| known.reference != candidate.reference) {
                found.push(candidate);
            }
        }
    }
    found
}

/// Heads of the country named beside the mention, or of the document's, whose names are spellings of it:
/// *Prime Minister Moustafa Madbouli*.
fn holders_by_sound(reading: &mut Reading<'_>, at: usize, said: &Described) -> Vec<Candidate> {
    let mut words = folded_words(without_titles(reading.mentions[at].name));
    words.retain(|word| word.chars().count() > 3);
    let country = said
        .countries
        .first()
        .cloned()
        .or_else(|| reading.leading_country());
    let (Some(country), [given, .., family]) = (country, &words[..]) else {
        return Vec::new();
    };
    let mut found = reading.finder.heads(&country);
    found.retain(|candidate| {
        let own = folded_words(&candidate.entity.name);
        let sounds = |word: &str| own.iter().any(|other| is_like(word, other));
        leads(reading, &candidate.entity) && sounds(family) && sounds(given)
    });
    found
}

/// *Dan Example* for *Daniel Example*: weak, for another Dan may be meant.
fn nickname_candidates(reading: &mut Reading<'_>, words: &[&str]) -> Vec<Candidate> {
    let Some((first, rest)) = words.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for full in full_forms(first) {
        let name = format!("{full} {}", rest.join(" "));
        found.extend(reading.finder.by_name(&name, Kind::Official, None));
    }
    found.iter_mut().for_each(|candidate| candidate.weak = true);
    found
}

/// Family name first or last, where both orders are usual: *Abe Shinzo*, *Kim Dae-jung*.
fn turned_name_candidates(reading: &mut Reading<'_>, words: &[&str]) -> Vec<Candidate> {
    let [first, rest @ ..] = words else {
        return Vec::new();
    };
    if rest.is_empty() || rest.len() > 2 {
        return Vec::new();
    }
    let last = rest.len() - 1;
    for form in [
        format!("{} {first}", rest.join(" ")),
        format!("{} {first} {}", rest[last], rest[..last].join(" ")),
    ] {
        let mut found = reading.finder.by_name(form.trim(), Kind::Official, None);
        found.retain(|candidate| {
            let country = country_of(&candidate.entity);
            matches!(
                country,
                "JP" | "CN" | "KR" | "KP" | "TW" | "VN" | "HK" | "HU" | "KH" | "MO"
            )
        });
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// More bearers of a family name than this are not gone through.
const MOST_BEARERS: usize = 400;

/// Ministers and heads whose names hold all words of the mention, the given names perhaps spelled otherwise.
fn part_name_candidates(reading: &mut Reading<'_>, words: &[&str]) -> Vec<Candidate> {
    let particles = words
        .split_last()
        .is_some_and(|(_, given)| given.iter().all(|word| is_particle(word)));
    if particles {
        return Vec::new();
    }
    let Some((last, given)) = words.split_last().filter(|(_, given)| !given.is_empty()) else {
        return Vec::new();
    };
    if reading.finder.bearers(last) > MOST_BEARERS {
        return Vec::new();
    }
    let given: Vec<String> = given.iter().flat_map(|word| folded_words(word)).collect();
    let weights = std::mem::take(&mut reading.weights);
    let is_present = |posting: &Posting| {
        posting.standing >= Standing::Minister && weights.contains_key(posting.country.as_str())
    };
    let mut found = reading.finder.by_surname(last, is_present);
    reading.weights = weights;
    found.retain_mut(|candidate| {
        let entity = Rc::clone(&candidate.entity);
        let names = std::iter::once(entity.name.as_str()).chain(
            (entity.aliases.iter())
                .filter(|alias| alias.alias_type != AliasType::Surname)
                .map(|alias| alias.text.as_str()),
        );
        let present = countries_of(&entity)
            .iter()
            .any(|country| reading.has_country(country));
        candidate.weak = true;
        present
            && prominence(reading, &entity) > 0.3
            && names
                .map(folded_words)
                .any(|full| given.iter().all(|word| full.iter().any(|own| is_like(word, own))))
    });
    found
}

fn country_of(entity: &Entity) -> &str {
    entity
        .country
        .as_deref()
        .or(entity.tenures.last().map(|tenure| tenure.country.as_str()))
        .unwrap_or_default()
}

/// The evidence for a full name.
fn weigh(reading: &Reading<'_>, candidate: &Candidate, said: &Described) -> Features {
    let entity = &candidate.entity;
    let known = prominence(reading, entity);
    let countries: Vec<&str> = countries_of(entity);
    let share = countries
        .iter()
        .map(|country| reading.share(country))
        .fold(0.0, f32::max);
    let present = countries.iter().any(|country| reading.has_country(country));
    let governed = said
        .countries
        .iter()
        .any(|country| countries.contains(&country.as_str()));
    let foreign = !said.countries.is_empty()
        && !governed
        && !countries.iter().any(|&code| matches!(code, "EU" | "INT"));
    let office_named = !said.offices.is_empty();
    // A judge or a spokesman was hardly ever a minister or legislator.
    let appointed =
        |office: &Office| matches!(office, Office::Judge | Office::Officer | Office::Spokesperson);
    let elected = known == 0.0 || known > 0.3;
    let other_office = said.offices.iter().any(|office| !(elected && appointed(office)));
    let same_office = entity
        .tenures
        .iter()
        .any(|tenure| said.offices.contains(&reading.office(tenure)));
    let surname = entity.name.split_whitespace().last().unwrap_or_default();
    let bearers = reading.finder.bearers(surname);
    let legislator_only = known == 0.0;
    let in_doubt = date_doubt(entity, reading.date);
    Features::default()
        .when(Feature::Weak, candidate.weak)
        .when(Feature::Misspelt, candidate.is_misspelt())
        .when(Feature::Head, known >= 0.5)
        .when(Feature::Minister, (0.3..0.5).contains(&known))
        .when(Feature::Holder, (0.1..0.3).contains(&known))
        .when(Feature::Present, present)
        .with(Feature::Share, share)
        .when(Feature::Governed, governed)
        .when(Feature::SameOffice, same_office)
        .when(Feature::OtherOffice, other_office && !same_office)
        .when(Feature::RareName, bearers <= 3)
        .with(Feature::OutOfTime, 1.0 - in_doubt)
        .when(Feature::Otherwise, said.otherwise)
        .when(Feature::WeakAlone, candidate.weak && !governed && !same_office)
        .when(Feature::Foreign, foreign && !legislator_only)
        .when(Feature::ForeignMember, foreign && legislator_only)
        .when(
            Feature::CommonMember,
            legislator_only && bearers > 10 && !office_named,
        )
        .when(
            Feature::SportsMember,
            legislator_only && reading.sports && !office_named,
        )
}

pub fn countries_of(entity: &Entity) -> Vec<&str> {
    let mut countries: Vec<&str> = entity
        .tenures
        .iter()
        .map(|tenure| tenure.country.as_str())
        .collect();
    countries.extend(entity.country.as_deref());
    countries.sort_unstable();
    countries.dedup();
    countries
}
