//! The document as the rules read it: its mentions, what has been decided, and what it is about.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::candidates::{Candidate, Finder};
use super::ranking::Ranking;
use super::words::Words;
use crate::dates::PartialDate;
use crate::document::{Consideration, Document, Kind, Mention, Via};
use crate::gazetteer::body::CountryWords;
use crate::gazetteer::entity::{Entity, EntityTenure};
use crate::gazetteer::office::Office;

/// What a label says of its mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// A person.
    Person,
    /// An organisation.
    Organisation,
    /// A place.
    Place,
    /// Anything else that has a name: peoples, adjectives, events.
    Other,
}

impl Label {
    /// Reads CoNLL-2003's labels and those of OntoNotes.
    pub fn read(label: &str) -> Self {
        match label {
            "PER" | "PERSON" => Label::Person,
            "ORG" | "ORGANIZATION" | "ORGANISATION" => Label::Organisation,
            "LOC" | "LOCATION" | "GPE" | "FAC" => Label::Place,
            _ => Label::Other,
        }
    }
}

/// A mention with the words it stands on.
#[derive(Clone, Debug)]
pub struct Seen<'t> {
    /// The whole mention.
    pub text: &'t str,
    /// What to look up: the mention, or the name inside a hyphen compound.
    pub name: &'t str,
    /// The compound's other part in small letters, such as `backed` or `pro`; empty where there is none.
    pub compound: Box<str>,
    /// The words it stands on.
    pub words: Range<usize>,
    /// Its label.
    pub label: Label,
}

/// A link decided on.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The entity.
    pub entity: Rc<Entity>,
    /// How it was found.
    pub via: Via,
    /// How sure it is.
    pub confidence: f32,
}

impl Decision {
    /// Takes a candidate.
    pub fn new(candidate: &Candidate, via: Via, confidence: f32) -> Self {
        Decision {
            entity: Rc::clone(&candidate.entity),
            via,
            confidence,
        }
    }

    /// The entity's country; empty where it has none.
    pub fn country(&self) -> &str {
        self.entity.country.as_deref().unwrap_or_default()
    }
}

impl AsRef<Entity> for Decision {
    fn as_ref(&self) -> &Entity {
        &self.entity
    }
}

/// Decisions that count.
#[derive(Debug, Default)]
struct Decided {
    /// By the entity's id.
    entities: HashMap<String, usize>,
    /// Of bodies of the world or of Europe.
    world_bodies: usize,
    /// Of countries, by code, where the tagger says place.
    places: HashMap<String, usize>,
}

impl Decided {
    /// Counts a decision in (1) or out (−1).
    fn count(&mut self, decision: &Decision, label: Label, by: isize) {
        let add = |count: &mut usize| *count = count.saturating_add_signed(by);
        let add_to = |counts: &mut HashMap<String, usize>, key: &str| match counts.get_mut(key) {
            Some(count) => add(count),
            None => add(counts.entry(key.to_owned()).or_default()),
        };
        add_to(&mut self.entities, &decision.entity.id);
        match decision.entity.kind {
            Kind::Agency if matches!(decision.country(), "INT" | "EU") => add(&mut self.world_bodies),
            Kind::Country if label == Label::Place => add_to(&mut self.places, decision.country()),
            _ => {}
        }
    }
}

/// What a rule wants to know of the whole text, found once.
#[derive(Debug, Default)]
pub struct OfText {
    /// Whether it names something of the Caucasus.
    pub caucasus: OnceCell<bool>,
    /// Whether it names something of the American South.
    pub south: OnceCell<bool>,
    /// Whether India or its capital is a mention.
    pub india: OnceCell<bool>,
}

/// A document being linked.
pub struct Reading<'a> {
    /// Looks names up.
    pub finder: Finder<'a>,
    /// The words that name countries.
    pub countries: &'a CountryWords,
    /// The text in words.
    pub words: Words<'a>,
    /// When it was published.
    pub date: Option<PartialDate>,
    /// Its mentions.
    pub mentions: Vec<Seen<'a>>,
    /// What has been decided of each; `None` is open or NIL.
    pub decisions: Vec<Option<Decision>>,
    /// The country whose capital's name each mention is.
    pub capital_of: Vec<Option<Box<str>>>,
    /// How much of the document each country has, by code.
    pub weights: HashMap<String, f32>,
    /// Their sum: halves of whole numbers, so that none is lost.
    weight: f64,
    /// What has been decided so far, counted: no rule goes through all decisions.
    decided: Decided,
    /// Answers to what is asked of the whole text.
    pub of_text: OfText,
    /// The country of the dateline.
    pub dateline: Option<String>,
    /// Acronyms that the text explains, by their letters: the mention of the long form.
    pub definitions: HashMap<String, usize>,
    /// Whether it reports sport.
    pub sports: bool,
    /// What weighs the candidates.
    pub ranking: &'a Ranking,
    /// What was weighed so far, where somebody asks.
    pub trace: Option<Vec<Consideration>>,
}

impl<'a> Reading<'a> {
    /// Begins to read.
    pub fn new(
        mut finder: Finder<'a>,
        countries: &'a CountryWords,
        ranking: &'a Ranking,
        document: &'a Document,
        mentions: &[Mention],
    ) -> Self {
        let words = Words::new(&document.text);
        let seen = mentions
            .iter()
            .map(|mention| {
                let text = document.text.get(mention.span.clone()).unwrap_or_default();
                let mut label = Label::read(&mention.label);
                if label == Label::Person && is_surely_place(&mut finder, text) {
                    label = Label::Place;
                }
                let (name, compound) = match part_compound(text) {
                    Some(parts) if label != Label::Person && !finder.knows(text) => parts,
                    _ => (text, Box::default()),
                };
                Seen {
                    text,
                    name,
                    compound,
                    words: words.within(&mention.span),
                    label,
                }
            })
            .collect();
        let sports = reports_sport(&words);
        Reading {
            finder,
            countries,
            words,
            date: document.date,
            mentions: seen,
            decisions: vec![None; mentions.len()],
            capital_of: vec![None; mentions.len()],
            weights: HashMap::new(),
            weight: 0.0,
            decided: Decided::default(),
            of_text: OfText::default(),
            definitions: HashMap::new(),
            dateline: None,
            sports,
            ranking,
            trace: None,
        }
    }

    /// Decides on a mention and counts the country towards the document's.
    ///
    /// A country named in the first line or paragraph weighs more: news begins with what it is about.
    pub fn decide(&mut self, at: usize, decision: Decision) {
        let opening = self.mentions[at].words.start < 60;
        if !matches!(decision.country(), "" | "INT") {
            self.weigh(decision.country(), if opening { 2.0 } else { 1.0 });
        }
        self.reopen(at);
        self.decided.count(&decision, self.mentions[at].label, 1);
        self.decisions[at] = Some(decision);
    }

    /// Takes a decision back; its country keeps its weight.
    pub fn reopen(&mut self, at: usize) {
        if let Some(decision) = self.decisions[at].take() {
            self.decided.count(&decision, self.mentions[at].label, -1);
        }
    }

    /// Notes that the document was written in a country, whose capital stands in its dateline.
    pub fn set_in(&mut self, country: &str) {
        self.weigh(country, 1.5);
        self.dateline.get_or_insert_with(|| country.to_owned());
    }

    /// Notes a place inside a country: less than the country's name, more than nothing.
    pub fn passes_through(&mut self, country: &str) {
        self.weigh(country, 0.5);
    }

    fn weigh(&mut self, country: &str, weight: f32) {
        self.weight += f64::from(weight);
        match self.weights.get_mut(country) {
            Some(known) => *known += weight,
            None => {
                self.weights.insert(country.to_owned(), weight);
            }
        }
    }

    /// A country's share of the document, in `[0, 1]`.
    pub fn share(&self, country: &str) -> f32 {
        let all = self.weight as f32;
        if all > 0.0 {
            self.weights.get(country).copied().unwrap_or_default() / all
        } else {
            0.0
        }
    }

    /// Whether any mention means the entity.
    pub fn has_decided(&self, id: &str) -> bool {
        self.decided.entities.get(id).is_some_and(|&count| count > 0)
    }

    /// Whether any mention means a body of the world or of Europe.
    pub fn has_world_body(&self) -> bool {
        self.decided.world_bodies > 0
    }

    /// Whether the country is named as a place.
    pub fn has_place(&self, country: &str) -> bool {
        self.decided.places.get(country).is_some_and(|&count| count > 0)
    }

    /// Whether the document names the country or something of it.
    pub fn has_country(&self, country: &str) -> bool {
        self.weights.contains_key(country)
    }

    /// The country with the largest share.
    pub fn leading_country(&self) -> Option<String> {
        let (country, _) = self
            .weights
            .iter()
            .max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)))?;
        Some(country.clone())
    }

    /// The sort of office that a tenure is.
    pub fn office(&self, tenure: &EntityTenure) -> Office {
        Office::of_tenure(tenure, self.countries)
    }

    /// The mentions that stand whole within a range of words, in order.
    pub fn mentions_in(&self, words: &Range<usize>) -> Range<usize> {
        let first = self
            .mentions
            .partition_point(|seen| seen.words.start < words.start);
        let end = self.mentions.partition_point(|seen| seen.words.end <= words.end);
        first..end.max(first)
    }

    /// The country decided for a mention, where it is one.
    pub fn country_at(&self, at: usize) -> Option<&str> {
        let decision = self.decisions.get(at)?.as_ref()?;
        (decision.entity.kind == Kind::Country).then(|| decision.country())
    }

    /// The country that governs a mention: *South Korea's …*, *the Turkish …*, *… of Iran*, *Ottawa's …*.
    pub fn governing_country(&self, at: usize) -> Option<String> {
        self.country_before(at).or_else(|| self.country_after(at))
    }

    /// The country right before a mention, with at most a possessive and three plain words between.
    fn country_before(&self, at: usize) -> Option<String> {
        let here = self.mentions[at].words.start;
        // Mentions do not overlap: before the first that is too far away all are.
        let mut near = (0..at)
            .rev()
            .take_while(|&before| self.mentions[before].words.end + 4 >= here);
        let (before, governing) = near.find_map(|before| {
            let code = self.country_at(before)?;
            Some((before, code))
        })?;
        let gap = self.mentions[before].words.end..here;
        let possessive = gap
            .clone()
            .next()
            .is_some_and(|word| matches!(self.words.lower(word), "'s" | "'"));
        let adjective = {
            let decision = self.decisions[before].as_ref()?;
            // "Turkish", "U.S." and "Russia" before a noun alike; a list ("Iran, Foreign …") is parted by a mark.
            !gap.is_empty() || decision.via != Via::Capital
        };
        let rest = if possessive {
            gap.start + 1..gap.end
        } else {
            gap.clone()
        };
        let plain = rest
            .clone()
            .all(|word| is_plain_modifier(self.words.written(word)));
        (plain && (possessive || (adjective && rest.len() <= 2))).then(|| governing.to_owned())
    }

    /// The country right after a mention: *of (the) Iran*, *in Kenya*, *(Japan)*.
    fn country_after(&self, at: usize) -> Option<String> {
        let end = self.mentions[at].words.end;
        let link = self.words.lower(end);
        if !matches!(link, "of" | "in" | "(" | "for") {
            return None;
        }
        let start = end + 1 + usize::from(self.words.lower(end + 1) == "the");
        let next = (at + 1..self.mentions.len()).find(|&next| self.mentions[next].words.start >= end)?;
        let governs = self.mentions[next].words.start == start && self.mentions[next].compound.is_empty();
        // "the Foreign Ministry in Beijing"
        let capital = self.capital_of[next]
            .as_deref()
            .filter(|_| matches!(link, "in" | "of"));
        governs
            .then(|| self.country_at(next).or(capital).map(str::to_owned))
            .flatten()
    }
}

/// A word that can stand between a country and its body: *South Korea's main …*, *the Turkish state …*.
fn is_plain_modifier(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_lowercase)
        && !matches!(
            word,
            "and"
                | "or"
                | "but"
                | "with"
                | "of"
                | "in"
                | "at"
                | "by"
                | "the"
                | "a"
                | "an"
                | "to"
                | "from"
                | "for"
                | "as"
                | "that"
                | "which"
                | "who"
                | "said"
                | "says"
                | "told"
                | "is"
                | "was"
                | "has"
                | "had"
                | "will"
                | "on"
                | "against"
                | "over"
                | "after"
                | "before"
                | "when"
                | "while"
                | "between"
                | "are"
                | "were"
        )
}

/// Names of places that people bear too.
const NAMES_OF_BOTH: [&str; 30] = [
    "adelaide",
    "america",
    "austin",
    "chad",
    "cuba",
    "douglas",
    "florence",
    "georgia",
    "hamilton",
    "havana",
    "holland",
    "india",
    "ireland",
    "israel",
    "jamaica",
    "jordan",
    "kenya",
    "kingston",
    "lima",
    "london",
    "malta",
    "martinique",
    "paris",
    "rome",
    "san marino",
    "santiago",
    "sofia",
    "stanley",
    "sydney",
    "victoria",
];

/// Whether a mention labelled as a person is a country's or capital's name that no official bears.
fn is_surely_place(finder: &mut Finder<'_>, text: &str) -> bool {
    !text.contains(' ')
        && NAMES_OF_BOTH
            .binary_search(&text.to_lowercase().as_str())
            .is_err()
        && finder
            .by_name(text, Kind::Country, None)
            .iter()
            .any(|candidate| !candidate.weak)
        && finder.bearers(text) == 0
}

/// Prefixes that may be written with a capital where a sentence begins.
const PREFIXES: [&str; 14] = [
    "pro", "anti", "non", "ex", "pre", "post", "neo", "mid", "trans", "intra", "inter", "former", "un",
    "then",
];

/// Parts a hyphen compound with one name inside into that name and the rest in small letters: *pro-Beijing*,
/// *U.S.-backed*, *South Korea-based*. `None` where there is no hyphen, no name or more than one.
fn part_compound(text: &str) -> Option<(&str, Box<str>)> {
    let is_hyphen = |c: char| matches!(c, '-' | '‑' | '–');
    if !text.contains(is_hyphen) {
        return None;
    }
    let mut name: Option<&str> = None;
    let mut others: Vec<String> = Vec::new();
    for part in text.split(is_hyphen) {
        let capital = part.chars().next().is_some_and(char::is_uppercase);
        let lower = part.to_lowercase();
        if !capital || PREFIXES.contains(&lower.as_str()) {
            others.push(lower);
        } else if name.replace(part).is_some() {
            return None;
        }
    }
    let name = name?;
    let words = others
        .iter()
        .all(|other| !other.is_empty() && other.chars().all(char::is_alphabetic));
    (words && !others.is_empty()).then(|| (name, others.join("-").into()))
}

/// Words of match reports and results. Three different ones, or a fiftieth of all words, make a sports report.
#[rustfmt::skip]
const SPORT: [&str; 64] = [
    "athlete", "athletes", "batsman", "bowled", "bowler", "champion", "champions", "championship",
    "championships", "coach", "cricket", "cup", "cyclist", "defeated", "defender", "doubles", "fixture",
    "fixtures", "football", "footballer", "goal", "goalkeeper", "goals", "golf", "halftime", "heat",
    "hockey", "injury", "inning", "innings", "lap", "league", "match", "matches", "medal", "midfielder",
    "olympic", "olympics", "playoff", "playoffs", "qualifier", "qualifying", "quarterfinal",
    "quarterfinals", "relay", "rugby", "runners", "scored", "scorer", "seeded", "semifinal", "semifinals",
    "singles", "soccer", "sprint", "squad", "striker", "tennis", "tournament", "tries", "umpire",
    "unbeaten", "wicket", "wickets",
];

fn reports_sport(words: &Words<'_>) -> bool {
    let mut found: Vec<&str> = Vec::new();
    let mut count = 0;
    for at in 0..words.len() {
        let word = words.lower(at);
        if let Ok(known) = SPORT.binary_search(&word) {
            count += 1;
            if !found.contains(&SPORT[known]) {
                found.push(SPORT[known]);
            }
        }
    }
    found.len() >= 3 && count * 60 >= words.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compounds_part_into_one_name_and_the_rest() {
        assert_eq!(part_compound("pro-Beijing"), Some(("Beijing", "pro".into())));
        assert_eq!(part_compound("Pro-Kremlin"), Some(("Kremlin", "pro".into())));
        assert_eq!(part_compound("U.S.–backed"), Some(("U.S.", "backed".into())));
        assert_eq!(
            part_compound("South Korea-based"),
            Some(("South Korea", "based".into()))
        );
        assert_eq!(part_compound("Franco-German"), None);
        assert_eq!(part_compound("Beijing"), None);
        assert_eq!(part_compound("all-girl"), None);
        assert_eq!(part_compound("-"), None);
        assert_eq!(part_compound("CNB-120"), None);
    }

    #[test]
    fn sports_reports_are_known_by_their_words() {
        let sport = "Peru beat Chile 2-1 in a World Cup qualifying match; the striker scored both goals.";
        assert!(reports_sport(&Words::new(sport)));
        let politics = "The league of ministers discussed the match between words and deeds.";
        assert!(!reports_sport(&Words::new(politics)));
        assert!(SPORT.is_sorted_by(|a, b| a < b) && NAMES_OF_BOTH.is_sorted_by(|a, b| a < b));
    }
}
