//! Officials by family or given name alone.

use super::candidates::Candidate;
use super::context::{Decision, Reading};
use super::cues::is_of_state;
use super::full_names::FullNames;
use super::persons::{countries_of, is_open_person};
use super::ranking::{Feature, Features, Question, log_odds};
use super::roles::{Described, described, leads, prominence};
use super::spelling::{is_title, without_titles};
use crate::document::Via;
use crate::gazetteer::compile::surnames;
use crate::gazetteer::entity::Entity;
use crate::gazetteer::key::{fold, folded_words};
use crate::gazetteer::office::{Office, Standing};
use crate::gazetteer::record::AliasType;

/// Links family and given names: to whom the document has named in full, else to a leader whom everyone knows.
pub fn link_short_names(reading: &mut Reading<'_>) {
    let mut full_names = FullNames::of(reading);
    for at in 0..reading.mentions.len() {
        if !is_open_person(reading, at) {
            continue;
        }
        let said = described(reading, at);
        // "President Clinton", "the Clinton government": no other bearer of the name that the document has.
        let heads = said.offices.contains(&Office::Head) || rules(reading, at);
        match introduced(reading, &mut full_names, at, &said) {
            Introduced::Official(decision, namesake) => {
                let other = heads && prominence(reading, &decision.entity) < 0.5;
                match known_leader(reading, at, &said).filter(|_| other) {
                    Some(leader) => reading.decide(at, leader),
                    None => {
                        let family = decision.via == Via::Surname;
                        let agrees = |tenure| said.offices.contains(&reading.office(tenure));
                        let same_office = decision.entity.tenures.iter().any(agrees);
                        let features = Features::default()
                            .with(Feature::Source, log_odds(decision.confidence))
                            .when(Feature::FamilyName, family)
                            .when(Feature::GivenName, !family)
                            .when(
                                Feature::Namesake,
                                namesake && prominence(reading, &decision.entity) < 0.5,
                            )
                            .when(
                                Feature::LeadersNamesake,
                                namesake && prominence(reading, &decision.entity) >= 0.5,
                            )
                            .when(Feature::SameOffice, same_office)
                            .when(Feature::OtherOffice, !said.offices.is_empty() && !same_office)
                            .when(Feature::Otherwise, said.otherwise);
                        reading.echo(at, &decision, decision.via, features);
                    }
                }
            }
            Introduced::Unknown if !heads => {}
            Introduced::Unknown | Introduced::Nobody => {
                if let Some(leader) = known_leader(reading, at, &said) {
                    reading.decide(at, leader);
                }
            }
        }
        full_names.note(reading, at);
    }
}

/// *the Macron government*
fn rules(reading: &Reading<'_>, at: usize) -> bool {
    is_of_state(reading.words.lower(reading.mentions[at].words.end))
}

/// Whom the document has named in full with this name in it.
enum Introduced {
    /// An official, and whether somebody who is none bears the name and stands nearer.
    Official(Decision, bool),
    /// Somebody who is no official.
    Unknown,
    /// Nobody.
    Nobody,
}

/// Finds the full name that a short one stands for: of several the one with the office named beside the short
/// name, else the last before it, else the first after it.
fn introduced(reading: &Reading<'_>, full_names: &mut FullNames, at: usize, said: &Described) -> Introduced {
    let short = folded_words(without_titles(reading.mentions[at].name));
    let may_be_given = may_be_given_name(reading, at, &short);
    let Some(bearers) = full_names.bearers(reading, short.clone()) else {
        return Introduced::Nobody;
    };
    if !bearers.any_but(at) {
        return Introduced::Nobody;
    }
    let Some(nearest) = bearers.nearest(at, may_be_given) else {
        return Introduced::Unknown;
    };
    let namesake = match nearest < at {
        true => bearers.others_in(nearest + 1..at, at),
        false => bearers.others_in(0..nearest, at),
    };
    let in_office = bearers.nearest_with(at, may_be_given, said.offices.iter().copied().collect());
    let full = in_office.unwrap_or(nearest);
    let Some(decision) = &reading.decisions[full] else {
        return Introduced::Unknown;
    };
    let family = is_family_name(&decision.entity, &short, reading.mentions[full].name);
    let decision = Decision {
        via: if family { Via::Surname } else { Via::InDocument },
        ..decision.clone()
    };
    Introduced::Official(decision, namesake)
}

/// Whether a given name alone can mean the person named in full before it, if that is the only one with that name in the
/// document: no relative or monarch, and no name that every other document has.
fn may_be_given_name(reading: &Reading<'_>, at: usize, short: &[String]) -> bool {
    let start = reading.mentions[at].words.start;
    let related = (1..=2).any(|distance| {
        let word = reading.words.before(start, distance);
        RELATED.contains(&word) || (distance == 1 && word == "-")
    });
    let common = short
        .first()
        .is_some_and(|word| COMMON_GIVEN_NAMES.binary_search(&word.as_str()).is_ok());
    !related && !common
}

/// Words before the given name of somebody else.
const RELATED: [&str; 24] = [
    "son",
    "daughter",
    "brother",
    "sister",
    "wife",
    "husband",
    "father",
    "mother",
    "king",
    "queen",
    "prince",
    "princess",
    "pope",
    "saint",
    "st",
    "uncle",
    "aunt",
    "cousin",
    "grandson",
    "granddaughter",
    "named",
    "called",
    "baby",
    "child",
];

/// Given names that alone say nothing.
#[rustfmt::skip]
const COMMON_GIVEN_NAMES: [&str; 48] = [
    "adam", "alan", "alex", "andrew", "anna", "anne", "anthony", "ben", "bill", "bob", "brian", "charles", "chris",
    "christopher", "daniel", "david", "edward", "elizabeth", "george", "henry", "jack", "james", "jean", "jim", "joe",
    "john", "jose", "joseph", "juan", "karen", "kevin", "maria", "mark", "martin", "mary", "matthew", "michael",
    "muhammad", "patrick", "paul", "peter", "richard", "robert", "sarah", "stephen", "steven", "thomas", "william",
];

/// Whether the short name is the family name: a surname of the record, else the last word.
pub fn is_family_name(entity: &Entity, short: &[String], full: &str) -> bool {
    let short_key = short.concat();
    let given: Vec<String> = (entity.aliases.iter())
        .filter(|alias| alias.alias_type == AliasType::Surname)
        .map(|alias| fold(&alias.text))
        .collect();
    if !given.is_empty() {
        return given.contains(&short_key);
    }
    let country = entity.country.as_deref();
    surnames(&entity.name, country).contains(&short_key) || surnames(full, country).contains(&short_key)
}

/// A leader whom news names without introduction: *Putin*, *President Macron*.
fn known_leader(reading: &mut Reading<'_>, at: usize, said: &Described) -> Option<Decision> {
    let name = without_titles(reading.mentions[at].name);
    let name = name
        .rsplit_once(' ')
        .filter(|(title, _)| is_title(title))
        .map_or(name, |(_, last)| last);
    let candidates = reading
        .finder
        .by_surname(name, |posting| posting.standing == Standing::Head);
    let rules = rules(reading, at);
    let mut weighed: Vec<(Candidate, Features)> = Vec::new();
    let leaders: Vec<Candidate> = candidates
        .into_iter()
        .filter(|candidate| leads(reading, &candidate.entity))
        .collect();
    let heads = said.offices.contains(&Office::Head);
    // "President Macron" is known everywhere, if no other leader has the name.
    let only = heads && leaders.len() == 1;
    for candidate in leaders {
        let countries = countries_of(&candidate.entity);
        let share = countries
            .iter()
            .map(|country| reading.share(country))
            .fold(0.0, f32::max);
        let governed = said
            .countries
            .iter()
            .any(|country| countries.contains(&country.as_str()));
        let features = Features::default()
            .with(Feature::Share, share)
            .when(Feature::Rules, rules)
            .when(Feature::HeadNamed, heads)
            .when(Feature::OnlyHead, only)
            .when(Feature::Governed, governed)
            .when(Feature::AbsentLeader, share == 0.0 && !governed)
            .when(Feature::Otherwise, said.otherwise)
            .when(Feature::OtherOffice, !heads && !said.offices.is_empty())
            .when(Feature::Sports, reading.sports);
        weighed.push((candidate, features));
    }
    let (best, confidence) = reading.judge(at, Question::Leader, weighed)?;
    Some(Decision::new(&best, Via::Surname, confidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_names_are_sorted() {
        assert!(COMMON_GIVEN_NAMES.is_sorted_by(|a, b| a < b));
    }
}
