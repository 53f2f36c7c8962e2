//! Officials: by full name, by family name after it, by given name in the document.

use std::rc::Rc;

use super::candidates::Candidate;
use super::context::{Decision, Label, Reading};
use super::evidence::{Evidence, THRESHOLD};
use super::roles::{Described, Office, date_doubt, described, leads_at, office, prominence};
use crate::document::{Kind, Via};
use crate::gazetteer::entity::Entity;
use crate::gazetteer::key::{fold, folded_words};
use crate::gazetteer::record::AliasType;

/// Links mentions of full names.
pub fn link_full_names(reading: &mut Reading<'_>) {
    for at in 0..reading.mentions.len() {
        if !is_open_person(reading, at) || folded_words(reading.mentions[at].name).len() < 2 {
            continue;
        }
        let candidates = full_name_candidates(reading, at);
        let said = described(reading, at);
        if let Some((best, confidence)) = best_person(reading, candidates, &said) {
            let via = match best.via() {
                Via::Surname => Via::Alias,
                via => via,
            };
            reading.decide(at, Decision::new(&best, via, confidence));
        }
    }
}

/// Links family and given names: to whom the document has named in full, else to a leader whom everyone knows.
pub fn link_short_names(reading: &mut Reading<'_>) {
    for at in 0..reading.mentions.len() {
        if !is_open_person(reading, at) {
            continue;
        }
        match introduced(reading, at) {
            Introduced::Official(decision) => reading.decide(at, decision),
            Introduced::Unknown => {}
            Introduced::Nobody => {
                if let Some((best, confidence)) = known_leader(reading, at) {
                    reading.decide(at, Decision::new(&best, Via::Surname, confidence));
                }
            }
        }
    }
}

fn is_open_person(reading: &Reading<'_>, at: usize) -> bool {
    let mention = &reading.mentions[at];
    let inside_compound = mention.label == Label::Other && !mention.compound.is_empty();
    reading.decisions[at].is_none() && (mention.label == Label::Person || inside_compound)
}

/// Titles that a tagger may leave inside a name.
const TITLES: [&str; 30] = [
    "president",
    "minister",
    "prime",
    "foreign",
    "sen",
    "senator",
    "rep",
    "gen",
    "general",
    "mr",
    "mrs",
    "ms",
    "dr",
    "sir",
    "lord",
    "king",
    "queen",
    "prince",
    "princess",
    "sheikh",
    "ayatollah",
    "pope",
    "chancellor",
    "secretary",
    "justice",
    "judge",
    "congressman",
    "lady",
    "dame",
    "col",
];

/// The name without titles before it.
fn without_titles(name: &str) -> &str {
    let mut rest = name.trim();
    while let Some((first, after)) = rest.split_once(' ') {
        if !TITLES.contains(&fold(first).as_str()) || !after.contains(' ') {
            break;
        }
        rest = after.trim_start();
    }
    rest
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
    for form in &forms {
        let found = reading.finder.by_name(form, Kind::Official, None);
        if !found.is_empty() {
            return found;
        }
    }
    // Family name first or last, where both orders are usual.
    if let [first, rest @ ..] = &words[..]
        && !rest.is_empty()
        && rest.len() <= 2
    {
        let turned = [format!("{} {first}", rest.join(" ")), {
            let last = rest.len() - 1;
            format!("{} {first} {}", rest[last], rest[..last].join(" "))
        }];
        for form in turned {
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
    }
    Vec::new()
}

fn country_of(entity: &Entity) -> &str {
    entity
        .country
        .as_deref()
        .or(entity.tenures.last().map(|tenure| tenure.country.as_str()))
        .unwrap_or_default()
}

/// The best candidate for a full name, and how sure it is.
fn best_person(
    reading: &Reading<'_>,
    candidates: Vec<Candidate>,
    said: &Described,
) -> Option<(Candidate, f32)> {
    let mut scored: Vec<(Candidate, f32)> = candidates
        .into_iter()
        .map(|candidate| {
            let confidence = weigh(reading, &candidate, said).confidence();
            (candidate, confidence)
        })
        .collect();
    scored.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let rival = scored.get(1).map_or(0.0, |(_, confidence)| *confidence);
    let (best, confidence) = scored.into_iter().next()?;
    // Namesakes as likely: it may be a third one.
    let confidence = if rival > confidence * 0.9 {
        confidence * 0.85
    } else {
        confidence
    };
    (confidence >= THRESHOLD).then_some((best, confidence))
}

/// The evidence for a full name.
fn weigh(reading: &Reading<'_>, candidate: &Candidate, said: &Described) -> Evidence {
    let entity = &candidate.entity;
    let known = prominence(entity, reading.date);
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
    let same_office = entity
        .tenures
        .iter()
        .any(|tenure| said.offices.contains(&office(tenure)));
    let surname = entity.name.split_whitespace().last().unwrap_or_default();
    let bearers = reading.finder.bearers(surname);
    let legislator_only = known == 0.0;
    Evidence::of(if candidate.weak { 0.2 } else { 0.35 })
        .and(known)
        .and_if(present, 0.2 + 0.4 * share)
        .and_if(governed, 0.4)
        .and_if(same_office, 0.5)
        .and_if(office_named && !same_office, 0.25)
        .and_if(bearers <= 3, 0.15)
        .but(date_doubt(entity, reading.date))
        .but_if(said.otherwise, 0.5)
        .but_if(foreign, if legislator_only { 0.6 } else { 0.85 })
        .but_if(legislator_only && bearers > 10 && !office_named, 0.75)
        .but_if(legislator_only && reading.sports && !office_named, 0.6)
}

fn countries_of(entity: &Entity) -> Vec<&str> {
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

/// Whom the document has named in full with this name in it.
enum Introduced {
    /// An official.
    Official(Decision),
    /// Somebody who is no official.
    Unknown,
    /// Nobody.
    Nobody,
}

/// Finds the full name that a short one stands for: the last one before it, else the first one after it.
fn introduced(reading: &Reading<'_>, at: usize) -> Introduced {
    let short = folded_words(without_titles(reading.mentions[at].name));
    if short.is_empty() {
        return Introduced::Nobody;
    }
    let full = |other: usize| -> Option<usize> {
        let seen = &reading.mentions[other];
        let longer = || folded_words(seen.name);
        let is_person = seen.label == Label::Person && other != at;
        (is_person && seen.name.len() > reading.mentions[at].name.len() && contains_name(&longer(), &short))
            .then_some(other)
    };
    let before = (0..at).rev().filter_map(full);
    let after = (at + 1..reading.mentions.len()).filter_map(full);
    let mut nobody = true;
    for other in before.chain(after) {
        nobody = false;
        if let Some(decision) = &reading.decisions[other] {
            let via = if is_family_name(&decision.entity, &short, reading.mentions[other].name) {
                Via::Surname
            } else {
                Via::InDocument
            };
            return Introduced::Official(Decision {
                entity: Rc::clone(&decision.entity),
                via,
                confidence: decision.confidence,
            });
        }
    }
    if nobody {
        Introduced::Nobody
    } else {
        Introduced::Unknown
    }
}

/// Whether `short` is the first words or the last words of `full`, or its last without an article (*al-*).
fn contains_name(full: &[String], short: &[String]) -> bool {
    short.len() < full.len()
        && (full.ends_with(short)
            || full.starts_with(short)
            || (short.len() == 1 && full.contains(&short[0]) && short[0].len() > 3))
}

/// Whether the short name is the family name: a surname of the record, else the last word.
fn is_family_name(entity: &Entity, short: &[String], full: &str) -> bool {
    let short_key = short.concat();
    let surnames: Vec<String> = (entity.aliases.iter())
        .filter(|alias| alias.alias_type == AliasType::Surname)
        .map(|alias| fold(&alias.text))
        .collect();
    if !surnames.is_empty() {
        return surnames.contains(&short_key);
    }
    let country = entity.country.as_deref();
    crate::gazetteer::compile::surnames(&entity.name, country).contains(&short_key)
        || crate::gazetteer::compile::surnames(full, country).contains(&short_key)
}

/// A leader whom news names without introduction: *Putin*, *President Macron*.
fn known_leader(reading: &mut Reading<'_>, at: usize) -> Option<(Candidate, f32)> {
    let name = without_titles(reading.mentions[at].name);
    let name = name
        .rsplit_once(' ')
        .filter(|(title, _)| TITLES.contains(&fold(title).as_str()))
        .map_or(name, |(_, last)| last);
    let candidates = reading.finder.by_surname(name);
    let said = described(reading, at);
    let mut scored: Vec<(Candidate, f32)> = candidates
        .into_iter()
        .filter(|candidate| leads_at(&candidate.entity, reading.date))
        .map(|candidate| {
            let countries = countries_of(&candidate.entity);
            let share = countries
                .iter()
                .map(|country| reading.share(country))
                .fold(0.0, f32::max);
            let governed = said
                .countries
                .iter()
                .any(|country| countries.contains(&country.as_str()));
            let confidence = Evidence::of(0.2)
                .and(share * 0.8)
                .and_if(said.offices.contains(&Office::Head), 0.4)
                .and_if(governed, 0.5)
                .but_if(reading.sports, 0.6)
                .confidence();
            (candidate, confidence)
        })
        .collect();
    scored.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let rival = scored.get(1).map_or(0.0, |(_, confidence)| *confidence);
    let (best, confidence) = scored.into_iter().next()?;
    (confidence >= THRESHOLD && rival < confidence * 0.8).then_some((best, confidence))
}
