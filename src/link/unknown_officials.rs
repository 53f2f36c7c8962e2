//! Officials whom the gazetteer does not know: the document says which office they hold.
//!
//! *Pentagon spokesperson Ann Example*, *Ann Example, a lawmaker of South Korea's …*: the words of the office stand right
//! before the name or after a comma. Such a link has no id; its role and country are read from those words.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::context::{Decision, Label, Reading};
use super::persons::is_open_person;
use super::places::country_of_place;
use super::ranking::{Feature, Features, Question, log_odds};
use super::roles::is_other_occupation;
use super::spelling::without_titles;
use crate::document::{Kind, Via};
use crate::gazetteer::entity::{Entity, EntityTenure};
use crate::gazetteer::key::folded_words;
use crate::gazetteer::office::Office;

/// Links persons by the office named beside them, wherever the document names them in full again too. Says whether
/// there were any.
pub fn link_by_office(reading: &mut Reading<'_>) -> bool {
    let mut linked: HashMap<Vec<String>, Decision> = HashMap::new();
    for at in 0..reading.mentions.len() {
        if reading.mentions[at].label != Label::Person || !is_open_person(reading, at) {
            continue;
        }
        let Some(phrase) = phrase_before(reading, at).or_else(|| phrase_after(reading, at)) else {
            continue;
        };
        let name = without_titles(reading.mentions[at].name);
        let country = phrase.country.clone().or_else(|| country_around(reading, at));
        let features = phrase
            .features
            .with(
                Feature::Share,
                country.as_deref().map_or(0.0, |country| reading.share(country)),
            )
            .when(Feature::Weak, !name.contains(' '))
            .when(Feature::Sports, reading.sports);
        let decision = Decision {
            entity: Rc::new(official(name, &phrase.role, country)),
            via: Via::Role,
            confidence: 1.0,
        };
        let judged = reading.judge(at, Question::Role, vec![(decision, features)]);
        if let Some((decision, confidence)) = judged {
            let decision = Decision {
                confidence,
                ..decision
            };
            linked
                .entry(folded_words(name))
                .or_insert_with(|| decision.clone());
            reading.decide(at, decision);
        }
    }
    for at in 0..reading.mentions.len() {
        if reading.mentions[at].label != Label::Person || !is_open_person(reading, at) {
            continue;
        }
        let name = folded_words(without_titles(reading.mentions[at].name));
        if let Some(source) = linked.get(&name).filter(|_| name.len() > 1) {
            let features = Features::default()
                .with(Feature::Source, log_odds(source.confidence))
                .when(Feature::Repeated, true);
            reading.echo(at, source, Via::Role, features);
        }
    }
    !linked.is_empty()
}

/// A record of what the text says: without an id.
fn official(name: &str, role: &str, country: Option<String>) -> Entity {
    let tenure = EntityTenure {
        position: role.to_owned(),
        organisation: None,
        country: country.clone().unwrap_or_default(),
        from: None,
        to: None,
    };
    Entity {
        id: String::new(),
        kind: Kind::Official,
        subkind: None,
        name: name.to_owned(),
        country,
        aliases: Vec::new(),
        tenures: vec![tenure],
        from: None,
        to: None,
        seen: false,
    }
}

/// Whose office it is where the words of it do not say: the country, or the place of a country, that stands last before the
/// name in its sentence, else first after it; in a sentence that names a place whose country is unknown none, else the country
/// that the document is about.
fn country_around(reading: &Reading<'_>, at: usize) -> Option<String> {
    let here = reading.mentions[at].words.start;
    let sentence = reading.words.sentence(here);
    let inside = reading.mentions_in(&sentence);
    let country_of = |other: usize| -> Option<String> {
        let decided = reading.decisions[other]
            .as_ref()
            .map(|decision| decision.country().to_owned());
        let capital = reading.capital_of[other].as_deref().map(str::to_owned);
        let place = || country_of_place(reading.mentions[other].name).map(str::to_owned);
        decided
            .filter(|country| !country.is_empty())
            .or(capital)
            .or_else(place)
    };
    let before = inside.clone().filter(|&other| other < at).rev();
    let after = inside.clone().filter(|&other| other > at);
    let named = before.chain(after).find_map(country_of);
    let elsewhere = inside
        .clone()
        .any(|other| reading.mentions[other].label == Label::Place);
    match named {
        Some(country) => Some(country),
        None if elsewhere => None,
        None => reading.leading_country(),
    }
}

/// The words of an office beside a name.
struct Phrase {
    role: String,
    country: Option<String>,
    features: Features,
}

/// Words of a phrase at most.
const REACH: usize = 12;

/// Small words inside the name of an office.
const JOINING: [&str; 12] = [
    "'s", "-", "and", "at", "for", "from", "in", "of", "on", "the", "to", "with",
];

/// Small words that qualify an office.
#[rustfmt::skip]
const QUALIFIERS: [&str; 110] = [
    "acting", "affairs", "agriculture", "army", "assistant", "associate", "attorney", "border", "cabinet",
    "caretaker", "central", "chief", "civil", "coast", "communications", "county", "crown", "cultural", "culture",
    "defence", "defense", "deputy", "development", "district", "economic", "economy", "education", "election",
    "emergency", "energy", "environment", "federal", "finance", "fire", "first", "fisheries", "foreign", "forestry",
    "former", "general", "government", "health", "home", "house", "housing", "human", "immigration", "incoming",
    "intelligence", "interim", "interior", "junior", "justice", "labor", "labour", "late", "local", "longtime",
    "majority", "military", "mining", "minority", "national", "naval", "navy", "nuclear", "oil", "opposition",
    "outgoing", "parliamentary", "party-list", "pensions", "permanent", "petroleum", "planning", "police",
    "presidential", "press", "prime", "principal", "provincial", "provisional", "public", "regional", "rights",
    "ruling", "science", "second", "security", "senior", "shadow", "social", "special", "sport", "sports", "state",
    "technology", "then", "third", "top", "tourism", "trade", "transitional", "transport", "under", "veteran", "vice",
    "water", "work", "works",
];

/// Offices that clubs and companies have as well as states.
const MANAGERS: [&str; 10] = [
    "adviser",
    "advisor",
    "aide",
    "chair",
    "chairman",
    "chairwoman",
    "chief",
    "director",
    "head",
    "leader",
];

/// Words that make a body or an office private.
#[rustfmt::skip]
const PRIVATE: [&str; 47] = [
    "airline", "airport", "association", "bank", "brand", "business", "campaign", "cartel", "charity", "church",
    "club", "college", "company", "corporate", "corporation", "family", "federation", "festival", "film", "firm",
    "foundation", "gang", "group", "guerrilla", "hospital", "industry", "insurgent", "league", "mall", "militant",
    "militia", "museum", "newspaper", "rebel", "rebels", "sales", "school", "separatist", "shop", "store", "strategy",
    "studio", "team", "trust", "union", "university", "website",
];

/// Words in the names of public bodies: one that the gazetteer does not know is still one.
#[rustfmt::skip]
const PUBLIC: [&str; 48] = [
    "administration", "agency", "army", "assembly", "authority", "board", "border", "bureau", "cabinet", "chamber",
    "coast", "commission", "committee", "congress", "council", "court", "customs", "defence", "defense", "department",
    "directorate", "embassy", "force", "forces", "government", "guard", "house", "intelligence", "interior",
    "judiciary", "justice", "legislature", "ministry", "mission", "municipality", "navy", "office", "parliament",
    "police", "prosecutor", "prosecutors", "secretariat", "senate", "service", "state", "subcommittee", "treasury",
    "tribunal",
];

/// The office right before the name: *Deputy Foreign Minister …*, *the ministry's spokesman, …*.
fn phrase_before(reading: &Reading<'_>, at: usize) -> Option<Phrase> {
    let words = &reading.words;
    let name = reading.mentions[at].words.start;
    let comma = words.before(name, 1) == ",";
    let end = name - usize::from(comma);
    let mut start = end;
    while start > 0 && end - start < REACH {
        let before = start - 1;
        if let Some(mention) = mention_over(reading, before) {
            if reading.mentions[mention].label == Label::Person {
                break;
            }
            start = reading.mentions[mention].words.start;
            continue;
        }
        let abbreviation = words.lower(before) == "." && words.before(before, 1).len() <= 4;
        if !abbreviation && !is_of_office(words.written(before), words.lower(before)) {
            break;
        }
        start = before;
    }
    // Without a comma the office is the last word, or its abbreviation.
    let last = end.checked_sub(1 + usize::from(words.before(end, 1) == "."))?;
    let adjacent = Office::of_word(words.lower(last)).is_some() && last >= start;
    if !adjacent && !comma {
        return None;
    }
    read_phrase(reading, start..end, false)
}

/// The office after a comma or in parentheses: *…, the spokesman for …*.
fn phrase_after(reading: &Reading<'_>, at: usize) -> Option<Phrase> {
    let words = &reading.words;
    let comma = reading.mentions[at].words.end;
    if !matches!(words.lower(comma), "," | "(") {
        return None;
    }
    let start = comma
        + 1
        + usize::from(matches!(
            words.lower(comma + 1),
            "a" | "an" | "the" | "now" | "then"
        ));
    let mut end = start;
    while end < words.len() && end - start < REACH {
        if let Some(mention) = mention_over(reading, end) {
            if reading.mentions[mention].label == Label::Person {
                break;
            }
            end = reading.mentions[mention].words.end;
        } else if is_of_office(words.written(end), words.lower(end)) {
            end += 1;
        } else {
            break;
        }
    }
    // "…, the president said": the office is not the person's.
    let goes_on = matches!(
        words.lower(end),
        "," | ")" | "." | "" | "\n" | ";" | "who" | "whose" | "—" | "-"
    );
    let office = (start..end).find(|&word| Office::of_word(words.lower(word)).is_some())?;
    let near = (start..office).all(|word| words.lower(word) != ",") && office - start <= 6;
    (goes_on && near).then(|| read_phrase(reading, start..end, true))?
}

/// The mention that a word stands in.
fn mention_over(reading: &Reading<'_>, word: usize) -> Option<usize> {
    let next = reading.mentions.partition_point(|seen| seen.words.end <= word);
    let over = reading.mentions.get(next)?.words.contains(&word);
    over.then_some(next)
}

fn is_of_office(written: &str, lower: &str) -> bool {
    let capital = written.chars().next().is_some_and(char::is_uppercase);
    capital
        || Office::of_word(lower).is_some()
        || JOINING.contains(&lower)
        || QUALIFIERS.binary_search(&lower).is_ok()
        || PRIVATE.binary_search(&lower).is_ok()
        || is_other_occupation(lower)
}

fn read_phrase(reading: &Reading<'_>, phrase: Range<usize>, after: bool) -> Option<Phrase> {
    let words = &reading.words;
    let mut phrase = phrase;
    let joins = |word: &str| JOINING.contains(&word) || !word.contains(char::is_alphanumeric);
    while !phrase.is_empty() && joins(words.lower(phrase.start)) {
        phrase.start += 1;
    }
    while !phrase.is_empty() && joins(words.lower(phrase.end - 1)) {
        phrase.end -= 1;
    }
    let inside: Vec<usize> = reading.mentions_in(&phrase).collect();
    let in_mention = |word: usize| {
        inside
            .iter()
            .any(|&other| reading.mentions[other].words.contains(&word))
    };
    // The office nearest to the name says what the person is: "aide to the president" is an aide.
    let is_office = |&word: &usize| !in_mention(word) && Office::of_word(words.lower(word)).is_some();
    let office_word = if after {
        phrase.clone().find(is_office)
    } else {
        phrase.clone().rev().find(is_office)
    }?;
    let office = Office::of_word(words.lower(office_word))?;
    let local = matches!(words.lower(office_word), "mayor" | "sheriff" | "councillor");
    let manager = MANAGERS.contains(&words.lower(office_word));
    if phrase.clone().any(|word| words.lower(word) == "candidate") {
        return None;
    }
    let mut country = None;
    let (mut of_body, mut of_country, mut of_private) = (false, false, false);
    let mut start = phrase.start;
    for &other in &inside {
        let seen = &reading.mentions[other];
        match &reading.decisions[other] {
            Some(decision) if decision.entity.kind != Kind::Official => {
                country = Some(decision.country().to_owned())
                    .filter(|country| !country.is_empty())
                    .or(country);
                of_body |= decision.entity.kind == Kind::Agency;
                of_country |= decision.entity.kind == Kind::Country;
                if decision.entity.kind == Kind::Country && seen.words.start == start {
                    start = seen.words.end + usize::from(words.lower(seen.words.end) == "'s");
                }
            }
            Some(_) => {}
            None => {
                let public = folded_words(seen.name)
                    .iter()
                    .any(|word| PUBLIC.binary_search(&word.as_str()).is_ok());
                // A member of parliament or a minister may be a party's.
                let of_party = matches!(office, Office::Legislator | Office::Minister | Office::Judge);
                of_body |= seen.label == Label::Organisation && public;
                of_private |= seen.label == Label::Organisation && !public && !of_party;
                if seen.label == Label::Place {
                    country = country.or_else(|| country_of_place(seen.name).map(str::to_owned));
                }
            }
        }
    }
    of_private |= phrase
        .clone()
        .any(|word| PRIVATE.binary_search(&words.lower(word)).is_ok() && !in_mention(word));
    let otherwise = phrase.clone().any(|word| is_other_occupation(words.lower(word)));
    let role = words
        .text(start..phrase.end)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if role.is_empty() {
        return None;
    }
    let features = Features::default()
        .when(Feature::HeadNamed, office == Office::Head)
        .when(Feature::MinisterNamed, office == Office::Minister)
        .when(Feature::Legislator, office == Office::Legislator || local)
        .when(Feature::Officer, office == Office::Officer)
        .when(Feature::Spokesperson, office == Office::Spokesperson)
        .when(Feature::Judge, office == Office::Judge)
        .when(Feature::OtherNamed, office == Office::Other && !local && !manager)
        .when(Feature::Manager, office == Office::Other && manager)
        .when(Feature::OfBody, of_body)
        .when(Feature::OfCountry, of_country)
        .when(Feature::OfPrivate, of_private)
        .when(Feature::Otherwise, otherwise)
        .when(Feature::After, after);
    Some(Phrase {
        role,
        country,
        features,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        for list in [&QUALIFIERS[..], &PRIVATE, &PUBLIC] {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
    }
}
