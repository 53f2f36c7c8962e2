//! Persons whom the document names in full, found by a part of the name.
//!
//! A document may name thousands of persons and one person thousands of times: everything here is found by a few
//! searches in sorted positions, never by going through the mentions.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::context::{Label, Reading};
use super::short_names::is_family_name;
use crate::document::Kind;
use crate::gazetteer::key::folded_words;
use crate::gazetteer::office::Office;

/// Mentions of persons of two words or more, by their words.
#[derive(Default)]
pub struct FullNames {
    /// Distinct names, as folded words.
    names: Vec<Name>,
    /// The names that hold a word, in the order of their first mention.
    by_word: HashMap<String, Vec<usize>>,
    /// The name of each mention that is one.
    name_at: HashMap<usize, usize>,
    /// Who bears each short name that was asked for.
    shorts: Vec<Bearers>,
    short_of: HashMap<Vec<String>, usize>,
}

struct Name {
    words: Vec<String>,
    /// Mentions of it, ascending.
    mentions: Vec<usize>,
    /// The short names asked for that it holds.
    shorts: Vec<usize>,
}

/// The mentions in full that hold a short name.
#[derive(Default)]
pub struct Bearers {
    short: Vec<String>,
    /// All, ascending.
    all: Vec<usize>,
    /// Those for which it is no given name, ascending.
    no_given_name: Vec<usize>,
    /// Whether all names with the short one's first word are one name.
    only: bool,
    /// Those of officials, by the offices that they have held.
    officials: Vec<(Offices, Officials)>,
}

#[derive(Default)]
struct Officials {
    /// Whom the short name means wherever it stands: it is the family name, or at least no given one.
    named: BTreeSet<usize>,
    /// Those for whom it is the given name.
    given: BTreeSet<usize>,
}

/// A set of offices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offices(u8);

impl FromIterator<Office> for Offices {
    fn from_iter<I: IntoIterator<Item = Office>>(offices: I) -> Self {
        Offices(offices.into_iter().fold(0, |set, office| set | 1 << office as u8))
    }
}

impl Offices {
    fn meet(self, other: Offices) -> bool {
        self.0 & other.0 != 0
    }
}

impl FullNames {
    /// Those of a document.
    pub fn of(reading: &Reading<'_>) -> Self {
        let mut full_names = FullNames::default();
        let mut known: HashMap<Vec<String>, usize> = HashMap::new();
        let mut as_written: HashMap<&str, Option<usize>> = HashMap::new();
        let persons = reading.mentions.iter().enumerate();
        for (at, seen) in persons.filter(|(_, seen)| seen.label == Label::Person) {
            let name = *as_written.entry(seen.name).or_insert_with(|| {
                let words = folded_words(seen.name);
                (words.len() >= 2).then(|| {
                    *known
                        .entry(words)
                        .or_insert_with_key(|words| full_names.add(words.clone()))
                })
            });
            if let Some(name) = name {
                full_names.names[name].mentions.push(at);
                full_names.name_at.insert(at, name);
            }
        }
        full_names
    }

    fn add(&mut self, words: Vec<String>) -> usize {
        let name = self.names.len();
        for word in &words {
            let names = self.by_word.entry(word.clone()).or_default();
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        self.names.push(Name {
            words,
            mentions: Vec::new(),
            shorts: Vec::new(),
        });
        name
    }

    /// Who bears a short name; `None` where nobody has its last word.
    pub fn bearers(&mut self, reading: &Reading<'_>, short: Vec<String>) -> Option<&Bearers> {
        let known = match self.short_of.get(&short) {
            Some(&known) => known,
            None => {
                let names = self.by_word.get(short.last()?)?;
                let mut names: Vec<usize> = names.clone();
                names.retain(|&name| contains_name(&self.names[name].words, &short));
                let mut bearers = Bearers {
                    only: self.by_word.get(&short[0]).is_some_and(|names| names.len() == 1),
                    short,
                    ..Bearers::default()
                };
                let known = self.shorts.len();
                for name in names {
                    let name = &mut self.names[name];
                    name.shorts.push(known);
                    bearers.all.extend(&name.mentions);
                    if !is_given_name(&name.words, &bearers.short) {
                        bearers.no_given_name.extend(&name.mentions);
                    }
                    for &at in &name.mentions {
                        bearers.note(reading, &name.words, at);
                    }
                }
                bearers.all.sort_unstable();
                bearers.no_given_name.sort_unstable();
                self.short_of.insert(bearers.short.clone(), known);
                self.shorts.push(bearers);
                known
            }
        };
        self.shorts.get(known)
    }

    /// To be called where a mention has been decided on since.
    pub fn note(&mut self, reading: &Reading<'_>, at: usize) {
        let Some(name) = self.name_at.get(&at).map(|&name| &self.names[name]) else {
            return;
        };
        for &short in &name.shorts {
            self.shorts[short].note(reading, &name.words, at);
        }
    }
}

impl Bearers {
    fn note(&mut self, reading: &Reading<'_>, words: &[String], at: usize) {
        let official = reading.decisions[at].as_ref();
        let Some(decision) = official.filter(|decision| decision.entity.kind == Kind::Official) else {
            return;
        };
        let tenures = decision.entity.tenures.iter();
        let offices: Offices = tenures.map(|tenure| reading.office(tenure)).collect();
        // The family name may stand first: "Choe" is then no given name.
        let given = is_given_name(words, &self.short)
            && !is_family_name(&decision.entity, &self.short, reading.mentions[at].name);
        let known = match self.officials.iter().position(|(known, _)| *known == offices) {
            Some(known) => known,
            None => {
                self.officials.push((offices, Officials::default()));
                self.officials.len() - 1
            }
        };
        let officials = &mut self.officials[known].1;
        let into = if given {
            &mut officials.given
        } else {
            &mut officials.named
        };
        into.insert(at);
    }

    /// Whether anybody but the mention itself bears the name.
    pub fn any_but(&self, at: usize) -> bool {
        self.all.len() > usize::from(self.all.binary_search(&at).is_ok())
    }

    /// The official whom the short name at `at` means: of several the last before it, else the first after it. Given
    /// names count where `by_given_name`, for those before it and the only ones of that name.
    pub fn nearest(&self, at: usize, by_given_name: bool) -> Option<usize> {
        self.nearest_of(at, by_given_name, |_| true)
    }

    /// As [`Bearers::nearest`], of those who have held one of some offices.
    pub fn nearest_with(&self, at: usize, by_given_name: bool, offices: Offices) -> Option<usize> {
        self.nearest_of(at, by_given_name, |held| held.meet(offices))
    }

    fn nearest_of(&self, at: usize, by_given_name: bool, keep: impl Fn(Offices) -> bool) -> Option<usize> {
        let kept = || {
            self.officials
                .iter()
                .filter(|(held, _)| keep(*held))
                .map(|(_, them)| them)
        };
        let before = kept().filter_map(|officials| {
            let given = by_given_name && self.only;
            let given = given.then(|| officials.given.range(..at).next_back()).flatten();
            given.max(officials.named.range(..at).next_back())
        });
        let after = kept().filter_map(|officials| officials.named.range(at + 1..).next());
        before.max().or_else(|| after.min()).copied()
    }

    /// Whether others than `at` bear the name, not as a given name, among some mentions.
    pub fn others_in(&self, mentions: Range<usize>, at: usize) -> bool {
        let place = |mention: usize| self.no_given_name.partition_point(|&other| other < mention);
        let found =
            &self.no_given_name[place(mentions.start)..place(mentions.end).max(place(mentions.start))];
        found.len() > usize::from(found.binary_search(&at).is_ok())
    }
}

/// Whether the short name is the full one's first word and not also its last.
fn is_given_name(full: &[String], short: &[String]) -> bool {
    matches!(short, [word] if full.first() == Some(word) && full.last() != Some(word))
}

/// Whether `short` is the first words or the last words of `full`, or its last without an article (*al-*).
fn contains_name(full: &[String], short: &[String]) -> bool {
    short.len() < full.len()
        && (full.ends_with(short)
            || full.starts_with(short)
            || (short.len() == 1 && full.contains(&short[0]) && short[0].len() > 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_stand_in_full_ones() {
        let words = |name: &str| folded_words(name);
        assert!(contains_name(
            &words("Ursula von der Leyen"),
            &words("von der Leyen")
        ));
        assert!(contains_name(&words("Faisal al-Mekdad"), &words("Mekdad")));
        assert!(!contains_name(&words("Ann Example"), &words("Ann Example")));
        assert!(!contains_name(&words("Ann Example"), &words("Exam")));
        assert!(is_given_name(&words("Ann Example"), &words("Ann")));
        assert!(!is_given_name(&words("Ann Example"), &words("Example")));
    }
}
