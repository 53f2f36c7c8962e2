//! Officials whom the gazetteer does not know: the document says which office they hold.
//!
//! *Pentagon spokesperson Ann Example*, *Ann Example, a lawmaker of South Korea's …*: the words of the office stand right
//! before the name or after a comma. Such a link has no id; its role and country are read from those words.

use std::ops::Range;
use std::rc::Rc;

use super::context::{Decision, Label, Reading};
use super::persons::is_open_person;
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
    let mut linked: Vec<(Vec<String>, Decision)> = Vec::new();
    for at in 0..reading.mentions.len() {
        if reading.mentions[at].label != Label::Person || !is_open_person(reading, at) {
            continue;
        }
        let Some(phrase) = phrase_before(reading, at).or_else(|| phrase_after(reading, at)) else {
            continue;
        };
        let name = without_titles(reading.mentions[at].name);
        let country = phrase.country.clone().or_else(|| clear_country(reading));
        let features = phrase
            .features
            .with(Feature::Share, country.as_deref().map_or(0.0, |country| reading.share(country)))
            .when(Feature::Weak, !name.contains(' '))
            .when(Feature::Sports, reading.sports);
        let decision = Decision {
            entity: Rc::new(official(name, &phrase.role, country)),
            via: Via::Role,
            confidence: 1.0,
        };
        let judged = reading.judge(at, Question::Role, vec![(decision, features)]);
        if let Some((decision, confidence)) = judged {
            let decision = Decision { confidence, ..decision };
            linked.push((folded_words(name), decision.clone()));
            reading.decide(at, decision);
        }
    }
    for at in 0..reading.mentions.len() {
        if reading.mentions[at].label != Label::Person || !is_open_person(reading, at) {
            continue;
        }
        let name = folded_words(without_titles(reading.mentions[at].name));
        let same = linked.iter().find(|(other, _)| *other == name);
        if let Some((_, source)) = same.filter(|_| name.len() > 1) {
            let features = Features::default()
                .with(Feature::Source, log_odds(source.confidence))
                .when(Feature::Repeated, true);
            reading.echo(at, &source.clone(), Via::Role, features);
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

/// The country that the document is about, where no other comes near.
fn clear_country(reading: &Reading<'_>) -> Option<String> {
    let leading = reading.leading_country()?;
    (reading.share(&leading) >= 0.5).then_some(leading)
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
const JOINING: [&str; 12] = ["'s", "-", "and", "at", "for", "from", "in", "of", "on", "the", "to", "with"];

/// Small words that qualify an office.
#[rustfmt::skip]
const QUALIFIERS: [&str; 64] = [
    "acting", "affairs", "army", "assistant", "associate", "border", "cabinet", "central", "chief", "civil", "coast",
    "communications", "county", "defence", "defense", "deputy", "district", "economic", "election", "emergency", "environment",
    "federal", "finance", "fire", "first", "foreign", "former", "government", "health", "house", "intelligence", "interim",
    "interior", "junior", "justice", "labor", "labour", "local", "longtime", "majority", "military", "minority", "national",
    "naval", "navy", "nuclear", "opposition", "parliamentary", "police", "presidential", "press", "prime", "provincial",
    "public", "regional", "ruling", "second", "security", "senior", "special", "state", "then", "trade", "vice",
];

/// Words that make a body or an office private.
#[rustfmt::skip]
const PRIVATE: [&str; 40] = [
    "airline", "airport", "association", "bank", "brand", "business", "campaign", "charity", "church", "club", "college",
    "company", "corporate", "corporation", "family", "federation", "firm", "foundation", "group", "hospital", "industry",
    "league", "mall", "militant", "museum", "newspaper", "rebel", "rebels", "sales", "school", "separatist", "shop", "store",
    "strategy", "studio", "team", "trust", "union", "university", "website",
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
    let start = comma + 1 + usize::from(matches!(words.lower(comma + 1), "a" | "an" | "the" | "now" | "then"));
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
    let goes_on = matches!(words.lower(end), "," | ")" | "." | "" | "\n" | ";" | "who" | "whose" | "—" | "-");
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
    while !phrase.is_empty() && JOINING.contains(&words.lower(phrase.start)) {
        phrase.start += 1;
    }
    while !phrase.is_empty() && JOINING.contains(&words.lower(phrase.end - 1)) {
        phrase.end -= 1;
    }
    let inside: Vec<usize> = reading.mentions_in(&phrase).collect();
    let in_mention = |word: usize| inside.iter().any(|&other| reading.mentions[other].words.contains(&word));
    // The office nearest to the name says what the person is: "aide to the president" is an aide.
    let mut offices = phrase.clone().filter(|&word| !in_mention(word));
    let office = if after {
        offices.find_map(|word| Office::of_word(words.lower(word)))
    } else {
        offices.rev().find_map(|word| Office::of_word(words.lower(word)))
    }?;
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
                country = Some(decision.country().to_owned()).filter(|country| !country.is_empty()).or(country);
                of_body |= decision.entity.kind == Kind::Agency;
                of_country |= decision.entity.kind == Kind::Country;
                if decision.entity.kind == Kind::Country && seen.words.start == start {
                    start = seen.words.end + usize::from(words.lower(seen.words.end) == "'s");
                }
            }
            Some(_) => {}
            None => {
                of_private |= seen.label == Label::Organisation;
                if seen.label == Label::Place {
                    country = country.or_else(|| super::places::country_of_place(seen.name).map(str::to_owned));
                }
            }
        }
    }
    of_private |= phrase.clone().any(|word| PRIVATE.binary_search(&words.lower(word)).is_ok() && !in_mention(word));
    let otherwise = phrase.clone().any(|word| is_other_occupation(words.lower(word)));
    let role = words.text(start..phrase.end).split_whitespace().collect::<Vec<_>>().join(" ");
    if role.is_empty() {
        return None;
    }
    let features = Features::default()
        .when(Feature::HeadNamed, office == Office::Head)
        .when(Feature::MinisterNamed, office == Office::Minister)
        .when(Feature::Legislator, office == Office::Legislator)
        .when(Feature::Officer, office == Office::Officer)
        .when(Feature::Spokesperson, office == Office::Spokesperson)
        .when(Feature::Judge, office == Office::Judge)
        .when(Feature::OtherNamed, office == Office::Other)
        .when(Feature::OfBody, of_body)
        .when(Feature::OfCountry, of_country)
        .when(Feature::OfPrivate, of_private)
        .when(Feature::Otherwise, otherwise)
        .when(Feature::After, after);
    Some(Phrase { role, country, features })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(QUALIFIERS.is_sorted_by(|a, b| a < b) && PRIVATE.is_sorted_by(|a, b| a < b));
    }
}
