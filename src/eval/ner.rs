//! Entity-level precision, recall and F1 of recognition, as seqeval's default mode counts them.
//!
//! seqeval (github.com/chakki-works/seqeval, after conlleval.pl of the CoNLL shared tasks) cuts label sequences into
//! chunks by rules that forgive what is not quite BIO2: an `I-X` after `O` or after another label begins a chunk too.
//! A hit is a chunk with the same start, end and label on both sides.

use std::collections::{BTreeMap, HashSet};

/// A stretch of tokens of one label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chunk<'a> {
    /// The label without its prefix.
    pub label: &'a str,
    /// The first token.
    pub start: usize,
    /// One past the last token.
    pub end: usize,
}

/// The chunks of one sentence's labels (`O`, or `B-`, `I-`, `E-`, `S-` and a name), as seqeval's `get_entities` cuts
/// them.
pub fn chunks<'a>(labels: impl IntoIterator<Item = &'a str>) -> Vec<Chunk<'a>> {
    let mut chunks = Vec::new();
    let mut start = 0;
    let (mut before, mut label_before) = ('O', "");
    // The `O` at the end closes a chunk that is still open.
    for (token, label) in labels.into_iter().chain(["O"]).enumerate() {
        let (prefix, label) = split(label);
        if ends(before, prefix, label_before, label) {
            chunks.push(Chunk {
                label: label_before,
                start,
                end: token,
            });
        }
        if starts(before, prefix, label_before, label) {
            start = token;
        }
        (before, label_before) = (prefix, label);
    }
    chunks
}

/// `B-PER` to `B` and `PER`; a label without a name has the name `_`.
fn split(label: &str) -> (char, &str) {
    let mut chars = label.chars();
    let prefix = chars.next().unwrap_or('O');
    let rest = chars.as_str();
    let name = rest.split_once('-').map_or(rest, |(_, name)| name);
    (prefix, if name.is_empty() { "_" } else { name })
}

fn ends(before: char, now: char, label_before: &str, label: &str) -> bool {
    matches!((before, now), ('E' | 'S', _) | ('B' | 'I', 'B' | 'S' | 'O'))
        || (before != 'O' && before != '.' && label_before != label)
}

fn starts(before: char, now: char, label_before: &str, label: &str) -> bool {
    matches!((before, now), (_, 'B' | 'S') | ('E' | 'S' | 'O', 'E' | 'I'))
        || (now != 'O' && now != '.' && label_before != label)
}

/// How many there were, and how many of them were right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Found, with exact start, end and label.
    pub correct: usize,
    /// Found by the program.
    pub predicted: usize,
    /// In the gold.
    pub gold: usize,
}

impl Counts {
    /// The share of the found that is right, in `[0, 1]`; 0 where nothing was found.
    pub fn precision(&self) -> f64 {
        share(self.correct, self.predicted)
    }

    /// The share of the gold that was found, in `[0, 1]`; 0 where there is no gold.
    pub fn recall(&self) -> f64 {
        share(self.correct, self.gold)
    }

    /// The harmonic mean of precision and recall, in `[0, 1]`; 0 where both are. The order of the operations is
    /// seqeval's, so that the last digit is too.
    pub fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall == 0.0 {
            0.0
        } else {
            2.0 * precision * recall / (precision + recall)
        }
    }

    fn add(&mut self, other: &Counts) {
        self.correct += other.correct;
        self.predicted += other.predicted;
        self.gold += other.gold;
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// Counts per label, and over all (micro average).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NerScores {
    /// By label, in alphabetical order.
    pub per_label: BTreeMap<String, Counts>,
}

impl NerScores {
    /// Adds one sentence or document: what is in the gold and what was found, each as (label, start, end) of any unit.
    pub fn add(&mut self, gold: &[Chunk<'_>], predicted: &[Chunk<'_>]) {
        let gold: HashSet<&Chunk<'_>> = gold.iter().collect();
        let predicted: HashSet<&Chunk<'_>> = predicted.iter().collect();
        for chunk in &gold {
            self.of(chunk.label).gold += 1;
        }
        for chunk in &predicted {
            let counts = self.of(chunk.label);
            counts.predicted += 1;
            counts.correct += usize::from(gold.contains(chunk));
        }
    }

    fn of(&mut self, label: &str) -> &mut Counts {
        if !self.per_label.contains_key(label) {
            self.per_label.insert(label.to_owned(), Counts::default());
        }
        self.per_label
            .get_mut(label)
            .expect("was inserted if it was not there")
    }

    /// The sum over all labels.
    pub fn overall(&self) -> Counts {
        let mut overall = Counts::default();
        self.per_label.values().for_each(|counts| overall.add(counts));
        overall
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    /// What Python's seqeval says of label sequences, made by tests/fixtures/seqeval_cases.py. Numbers are kept as
    /// Python prints them: serde_json's quick reading of numbers may miss the last digit.
    #[derive(Deserialize)]
    struct Case {
        gold: Vec<Vec<String>>,
        predicted: Vec<Vec<String>>,
        overall: [String; 3],
        per_label: BTreeMap<String, [String; 3]>,
    }

    fn numbers(counts: &Counts) -> [f64; 3] {
        [counts.precision(), counts.recall(), counts.f1()]
    }

    fn parsed(printed: &[String; 3]) -> [f64; 3] {
        printed.each_ref().map(|number| number.parse().unwrap())
    }

    #[test]
    fn agrees_with_seqeval_to_the_last_digit() {
        let cases = include_str!("../../tests/fixtures/seqeval_cases.json");
        let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
        assert!(cases.len() >= 50);
        for (number, case) in cases.iter().enumerate() {
            let mut scores = NerScores::default();
            for (gold, predicted) in case.gold.iter().zip(&case.predicted) {
                let gold = chunks(gold.iter().map(String::as_str));
                let predicted = chunks(predicted.iter().map(String::as_str));
                scores.add(&gold, &predicted);
            }
            assert_eq!(numbers(&scores.overall()), parsed(&case.overall), "case {number}");
            assert!(scores.per_label.keys().eq(case.per_label.keys()), "case {number}");
            for (label, counts) in &scores.per_label {
                assert_eq!(
                    numbers(counts),
                    parsed(&case.per_label[label]),
                    "case {number}, {label}"
                );
            }
        }
    }

    #[test]
    fn nothing_is_worth_nothing() {
        assert_eq!(numbers(&NerScores::default().overall()), [0.0; 3]);
    }
}
