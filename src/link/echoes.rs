//! Bodies by what the document has said before: definitions, coordinations, repetitions.

use std::collections::HashMap;

use super::bodies::{follows_unknown_place, is_open, shared_name};
use super::context::{Decision, Label, Reading};
use super::ranking::{Feature, Features, log_odds};
use crate::document::{Kind, Via};
use crate::gazetteer::body::generic_name;
use crate::gazetteer::key::{acronym_form, folded_words};

/// Carries a definition's link from its long form to the acronym, or back where only the acronym is known.
pub fn link_definitions(reading: &mut Reading<'_>) {
    for at in 0..reading.mentions.len() {
        let Some(&long) = reading.definitions.get(&acronym_form(reading.mentions[at].name)) else {
            continue;
        };
        if at == long || reading.mentions[at].label == Label::Person {
            continue;
        }
        if reading.decisions[long].is_none()
            && let Some((best, confidence)) = shared_name(reading, long)
        {
            reading.decide(long, Decision::new(&best, Via::InDocument, confidence));
        }
        match (&reading.decisions[long], &reading.decisions[at]) {
            (Some(decision), _) if decision.entity.kind == Kind::Agency => {
                let source = decision.clone();
                let features = Features::default()
                    .with(Feature::Source, log_odds(source.confidence))
                    .when(Feature::Definition, true);
                reading.reopen(at);
                reading.echo(at, &source, Via::Acronym, features);
            }
            (None, Some(decision)) if decision.entity.kind == Kind::Agency && is_open(reading, long) => {
                let source = decision.clone();
                let features = Features::default()
                    .with(Feature::Source, log_odds(source.confidence))
                    .when(Feature::Definition, true);
                reading.echo(long, &source, Via::Alias, features);
            }
            _ => {}
        }
    }
}

/// *the State and Defence Departments*: each takes the shared noun.
pub fn link_coordinated(reading: &mut Reading<'_>) {
    for at in 1..reading.mentions.len() {
        let (first, second) = (&reading.mentions[at - 1], &reading.mentions[at]);
        let joined = matches!(reading.words.lower(first.words.end), "and" | "or")
            && first.words.end + 1 == second.words.start;
        let Some((head, plural)) = second.text.rsplit_once(' ') else {
            continue;
        };
        let Some(noun) = singular(plural).filter(|_| joined) else {
            continue;
        };
        let (first, second) = (format!("{} {noun}", first.text), format!("{head} {noun}"));
        for (at, name) in [(at - 1, first), (at, second)] {
            if is_open(reading, at) {
                let mut candidates = reading.finder.by_name(&name, Kind::Agency, reading.date);
                if let Some(key) = generic_name(&name, reading.countries).key {
                    candidates.extend(reading.finder.by_generic_key(&key, |_| true));
                }
                let governing = reading.governing_country(at.saturating_sub(1));
                candidates.retain(|candidate| match &governing {
                    Some(country) => candidate.country() == country,
                    None => reading.has_country(candidate.country()),
                });
                candidates.sort_by(|a, b| reading.share(b.country()).total_cmp(&reading.share(a.country())));
                if let Some(best) = candidates.first() {
                    let best = Decision::new(best, Via::InDocument, 1.0);
                    let features = Features::default()
                        .with(Feature::Share, reading.share(best.country()))
                        .when(Feature::Governed, governing.is_some())
                        .when(Feature::Coordinated, true);
                    reading.echo(at, &best, Via::InDocument, features);
                }
            }
        }
    }
}

fn singular(plural: &str) -> Option<&'static str> {
    Some(match plural.to_lowercase().as_str() {
        "departments" => "Department",
        "ministries" => "Ministry",
        "committees" => "Committee",
        "agencies" => "Agency",
        "commissions" => "Commission",
        "councils" => "Council",
        _ => return None,
    })
}

/// What is linked once is linked wherever the document writes it the same way, and by its noun alone after it.
pub fn link_repeated(reading: &mut Reading<'_>) {
    let mut linked: HashMap<&str, Decision> = HashMap::new();
    for (seen, decision) in reading.mentions.iter().zip(&reading.decisions) {
        if let Some(decision) = decision
            .as_ref()
            .filter(|decision| decision.entity.kind == Kind::Agency)
        {
            linked.entry(seen.text).or_insert_with(|| decision.clone());
        }
    }
    for at in 0..reading.mentions.len() {
        let seen = &reading.mentions[at];
        if !is_open(reading, at)
            || seen.label == Label::Place
            || follows_unknown_place(reading, at)
            || reading.governing_country(at).is_some()
        {
            continue;
        }
        let same = linked.get(seen.text).cloned();
        let noun = same.is_none();
        if let Some(source) = same.or_else(|| by_noun(reading, at)) {
            let features = Features::default()
                .with(Feature::Source, log_odds(source.confidence))
                .when(Feature::Repeated, !noun)
                .when(Feature::Noun, noun);
            reading.echo(at, &source, source.via, features);
        }
    }
}

/// Nouns that stand alone for a body named before: *the Commission*.
const NOUNS: [&str; 16] = [
    "agency",
    "army",
    "assembly",
    "authority",
    "bank",
    "board",
    "bureau",
    "commission",
    "committee",
    "council",
    "court",
    "department",
    "fund",
    "ministry",
    "navy",
    "secretariat",
];

/// Mentions that are looked back over for a noun's body.
const NOUN_REACH: usize = 30;

/// *the Commission* after *the European Commission*: the last body before it with the noun in its name.
fn by_noun(reading: &Reading<'_>, at: usize) -> Option<Decision> {
    let seen = &reading.mentions[at];
    let noun = seen.text.to_lowercase();
    if seen.label != Label::Organisation || NOUNS.binary_search(&noun.as_str()).is_err() {
        return None;
    }
    let before = (at.saturating_sub(NOUN_REACH)..at).rev().find(|&other| {
        let text = reading.mentions[other].text;
        let longer = reading.mentions[other].label == Label::Organisation && text.len() > noun.len();
        longer && folded_words(text).contains(&noun)
    })?;
    let decision = reading.decisions[before]
        .as_ref()
        .filter(|decision| decision.entity.kind == Kind::Agency)?;
    Some(Decision {
        via: Via::InDocument,
        ..decision.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_are_sorted() {
        assert!(NOUNS.is_sorted_by(|a, b| a < b));
    }
}
