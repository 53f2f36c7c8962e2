//! Mentions that hold two names, parted where the gazetteer knows one of them.
//!
//! A tagger may read *Lyon, France* or *Russia-North Korea* as one place and *Turkish Foreign Ministry* as one
//! body. By the guidelines of CoNLL-2003 each of these is two mentions.

use std::ops::Range;
use std::sync::Arc;

use super::context::Label;
use super::places::country_of_place;
use crate::document::{Document, Mention};
use crate::gazetteer::body::{CountryWords, NameOfCountry};

/// Parts the mentions that hold two names; the others stay as they are. Order is kept.
pub fn part(countries: &CountryWords, document: &Document, mentions: Vec<Mention>) -> Vec<Mention> {
    let mut parted = Vec::with_capacity(mentions.len());
    for mention in mentions {
        let label = Label::read(&mention.label);
        let text = document.text.get(mention.span.clone()).unwrap_or_default();
        let parts = match label {
            Label::Person => None,
            Label::Place => at_comma(countries, text)
                .or_else(|| at_hyphen(countries, text))
                .or_else(|| at_possessive(countries, text)),
            Label::Organisation => after_demonym(countries, text).or_else(|| at_possessive(countries, text)),
            Label::Other => at_hyphen(countries, text),
        };
        let Some(parts) = parts else {
            parted.push(mention);
            continue;
        };
        // A model of other labels keeps them.
        let own_labels = !matches!(&*mention.label, "ORG" | "LOC" | "MISC");
        for (range, label) in parts {
            let label = label.filter(|_| !own_labels);
            parted.push(Mention {
                span: mention.span.start + range.start..mention.span.start + range.end,
                label: label.map_or_else(|| Arc::clone(&mention.label), Arc::from),
                score: mention.score,
                link: None,
            });
        }
    }
    parted
}

/// Two ranges of a mention's bytes, each with its label where it is not the mention's.
type Parts = [(Range<usize>, Option<&'static str>); 2];

fn two(text: &str, first: usize, second: usize, labels: [Option<&'static str>; 2]) -> Option<Parts> {
    let apart = first > 0 && second < text.len();
    apart.then(|| [(0..first, labels[0]), (second..text.len(), labels[1])])
}

/// *Lyon, France*; *Austin, Texas*.
fn at_comma(countries: &CountryWords, text: &str) -> Option<Parts> {
    let comma = text.rfind(", ")?;
    let after = &text[comma + 2..];
    let known = countries.name_of(after) == Some(NameOfCountry::Name) || country_of_place(after).is_some();
    // A name of one country may have a comma: "Korea, Republic of".
    (known && countries.code(text).is_none()).then(|| two(text, comma, comma + 2, [None, None]))?
}

/// *Russia-North Korea*, where white space says that the whole is no one word.
fn at_hyphen(countries: &CountryWords, text: &str) -> Option<Parts> {
    if !text.contains(' ') || countries.code(text).is_some() {
        return None;
    }
    let label = |kind| match kind {
        NameOfCountry::Name => Some("LOC"),
        NameOfCountry::Demonym => Some("MISC"),
    };
    text.char_indices()
        .filter(|&(_, c)| matches!(c, '-' | '‑' | '–'))
        .find_map(|(at, c)| {
            let after = at + c.len_utf8();
            let first = countries.name_of(&text[..at])?;
            let second = countries.name_of(&text[after..])?;
            two(text, at, after, [label(first), label(second)])
        })
}

/// *Kenya's Supreme Court*.
fn at_possessive(countries: &CountryWords, text: &str) -> Option<Parts> {
    ["'s ", "’s "].iter().find_map(|possessive| {
        let at = text.find(possessive)?;
        let country = countries.name_of(&text[..at])? == NameOfCountry::Name;
        country.then(|| two(text, at, at + possessive.len(), [Some("LOC"), None]))?
    })
}

/// *Turkish Foreign Ministry*, *Thai Ministry of Labour*: a demonym before a ministry is a mention of its own.
fn after_demonym(countries: &CountryWords, text: &str) -> Option<Parts> {
    let spaces: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
    let at = spaces
        .iter()
        .rev()
        .copied()
        .find(|&at| countries.name_of(&text[..at]) == Some(NameOfCountry::Demonym))?;
    let rest = text[at + 1..].to_lowercase();
    let ministry = rest.starts_with("ministry of ") || rest.ends_with(" ministry");
    ministry.then(|| two(text, at, at + 1, [Some("MISC"), None]))?
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::gazetteer::Gazetteer;

    #[track_caller]
    fn check(text: &str, label: &str, expected: &[(&str, &str)]) {
        let mut gazetteer = Gazetteer::default();
        gazetteer
            .add_file(Path::new("tests/fixtures/gazetteer.jsonl"))
            .unwrap();
        let document = Document {
            text: format!("é {text} é"),
            ..Document::default()
        };
        let mention = Mention {
            span: 3..3 + text.len(),
            label: label.into(),
            score: 0.5,
            link: None,
        };
        let parted = part(&gazetteer.country_words(), &document, vec![mention]);
        let found: Vec<(&str, &str)> = parted
            .iter()
            .map(|mention| (&document.text[mention.span.clone()], &*mention.label))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn two_names_become_two_mentions() {
        check("Lyon, France", "LOC", &[("Lyon", "LOC"), ("France", "LOC")]);
        check(
            "Russia-North Korea",
            "LOC",
            &[("Russia", "LOC"), ("North Korea", "LOC")],
        );
        check(
            "U.S.–South Korean",
            "MISC",
            &[("U.S.", "LOC"), ("South Korean", "MISC")],
        );
        check(
            "South Korea’s National Assembly",
            "ORG",
            &[("South Korea", "LOC"), ("National Assembly", "ORG")],
        );
        check(
            "Turkish Foreign Ministry",
            "ORG",
            &[("Turkish", "MISC"), ("Foreign Ministry", "ORG")],
        );
        check(
            "South Korean Ministry of Defence",
            "ORG",
            &[("South Korean", "MISC"), ("Ministry of Defence", "ORG")],
        );
    }

    #[test]
    fn one_name_stays_whole() {
        for (text, label) in [
            ("U.S.-China", "MISC"),
            ("Franco-German", "MISC"),
            ("Congo-Brazzaville", "LOC"),
            ("Kim, North Korea", "PER"),
            ("Chinese Navy", "ORG"),
            ("US State Department", "ORG"),
            ("Lyon, Rhône", "LOC"),
            (", France", "LOC"),
            ("France's ", "LOC"),
            ("", "LOC"),
        ] {
            check(text, label, &[(text, label)]);
        }
    }
}
