//! What a public body is called once its country is taken out of its name.
//!
//! *Ministry of Foreign Affairs of Japan*, *Japanese Foreign Ministry* and *Foreign Ministry* share the generic
//! key `ministry foreign`; which country's it is, the name or the document says.

use std::collections::HashMap;

use super::entity::Entity;
use super::key::{fold, folded_words};
use super::record::AliasType;
use crate::document::Kind;

/// As what a word names a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOfCountry {
    /// A name, short form or acronym.
    Name,
    /// A demonym or adjective.
    Demonym,
}

/// The words that name countries: strong names and demonyms, by key.
#[derive(Clone, Debug, Default)]
pub struct CountryWords {
    codes: HashMap<String, (String, NameOfCountry)>,
    longest: usize,
}

impl CountryWords {
    /// From the countries among `entities`, other kinds left aside.
    pub fn new<'a>(entities: impl IntoIterator<Item = &'a Entity>) -> Self {
        let mut words = CountryWords::default();
        for entity in entities.into_iter().filter(|entity| entity.kind == Kind::Country) {
            let Some(code) = &entity.country else { continue };
            words.add(&entity.name, code, NameOfCountry::Name);
            for alias in &entity.aliases {
                if !alias.weak && !matches!(alias.alias_type, AliasType::Capital | AliasType::Metonym) {
                    let sort = match alias.alias_type {
                        AliasType::Demonym | AliasType::Adjective => NameOfCountry::Demonym,
                        _ => NameOfCountry::Name,
                    };
                    words.add(&alias.text, code, sort);
                }
            }
        }
        words
    }

    fn add(&mut self, name: &str, code: &str, sort: NameOfCountry) {
        let parts = folded_words(name);
        if !parts.is_empty() && parts.len() <= 6 {
            self.longest = self.longest.max(parts.len());
            self.codes
                .entry(parts.concat())
                .or_insert_with(|| (code.to_owned(), sort));
        }
    }

    /// The code of the country that `name` means as a whole.
    pub fn code(&self, name: &str) -> Option<&str> {
        self.codes.get(&fold(name)).map(|(code, _)| code.as_str())
    }

    /// Whether `name` means a country as a whole, and as what. Letters written small name none: *us*.
    pub fn name_of(&self, name: &str) -> Option<NameOfCountry> {
        let capital = name.chars().next().is_some_and(char::is_uppercase);
        self.codes
            .get(&fold(name))
            .filter(|_| capital)
            .map(|&(_, sort)| sort)
    }

    /// Whether a name with this key means a country.
    pub fn has_key(&self, key: &str) -> bool {
        self.codes.contains_key(key)
    }

    /// Takes the first, longest country name or demonym out of `words`; returns its code and what is left.
    fn take_out(&self, words: &[String]) -> Option<(&str, Vec<String>)> {
        for start in 0..words.len() {
            for end in (start + 1..=words.len().min(start + self.longest)).rev() {
                if let Some((code, _)) = self.codes.get(&words[start..end].concat()) {
                    let rest = words[..start].iter().chain(&words[end..]).cloned().collect();
                    return Some((code, rest));
                }
            }
        }
        None
    }
}

/// A body's name parted into its country and its generic key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenericName {
    /// The country that the name itself gives.
    pub country: Option<String>,
    /// Function words dropped, synonyms joined, words sorted; `None` where too little is left to mean a body.
    pub key: Option<String>,
}

/// Parts a body's name. A parenthesis counts only for its country: *National Intelligence Service (South Korea)*.
pub fn generic_name(name: &str, countries: &CountryWords) -> GenericName {
    let (outside, inside) = match name.split_once('(') {
        Some((outside, inside)) => (outside, inside.trim_end_matches([')', ' '])),
        None => (name, ""),
    };
    let outside = outside.replace("'s ", " ").replace("’s ", " ");
    let words = folded_words(&outside);
    let mut country = countries.code(inside).map(str::to_owned);
    let words = match countries.take_out(&words) {
        Some((code, rest)) => {
            country.get_or_insert_with(|| code.to_owned());
            rest
        }
        None => words,
    };
    GenericName {
        key: generic_key(words, country.is_some()),
        country,
    }
}

/// Words that carry nothing in a body's name.
const EMPTY_WORDS: [&str; 11] = [
    "of", "the", "for", "and", "on", "in", "to", "affairs", "republic", "kingdom", "royal",
];

/// One-word remainders that mean a body where the country stands in the name or in the text.
const LONE_WORDS: [&str; 22] = [
    "parliament",
    "senate",
    "congress",
    "army",
    "navy",
    "police",
    "military",
    "marines",
    "airforce",
    "coastguard",
    "treasury",
    "cabinet",
    "legislature",
    "presidency",
    "gendarmerie",
    "knesset",
    "duma",
    "bundestag",
    "majlis",
    "diet",
    "sejm",
    "storting",
];

fn generic_key(words: Vec<String>, country_in_name: bool) -> Option<String> {
    let mut kept: Vec<String> = words
        .into_iter()
        .filter(|word| !EMPTY_WORDS.contains(&word.as_str()))
        .map(|word| synonym(&word).map(str::to_owned).unwrap_or(word))
        .collect();
    let ministry = kept.iter().any(|word| word == "ministry");
    if ministry {
        kept.retain(|word| {
            !matches!(
                word.as_str(),
                "national" | "public" | "relations" | "federal" | "union"
            )
        });
    }
    kept.sort();
    kept.dedup();
    match kept.as_slice() {
        [] => None,
        [lone] => {
            let means_a_body = LONE_WORDS.contains(&lone.as_str())
                || (country_in_name && lone == "government")
                || lone.len() > 12;
            means_a_body.then(|| lone.clone())
        }
        _ => Some(kept.join(" ")),
    }
}

/// The word under which several of one meaning meet.
fn synonym(word: &str) -> Option<&'static str> {
    Some(match word {
        "ministries" => "ministry",
        "external" => "foreign",
        "internal" | "home" => "interior",
        "defense" => "defence",
        "labour" => "labor",
        "centre" => "center",
        "organisation" => "organization",
        "parliamentary" => "parliament",

        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gazetteer::entity::EntityAlias;

    fn countries() -> CountryWords {
        let country = |code: &str, name: &str, adjective: &str| Entity {
            id: format!("iso:{code}"),
            kind: Kind::Country,
            subkind: None,
            name: name.to_owned(),
            country: Some(code.to_owned()),
            aliases: vec![EntityAlias {
                text: adjective.to_owned(),
                alias_type: AliasType::Adjective,
                weak: false,
                from: None,
                to: None,
                seen: false,
            }],
            tenures: Vec::new(),
            from: None,
            to: None,
            seen: false,
        };
        CountryWords::new(&[
            country("JP", "Japan", "Japanese"),
            country("KR", "South Korea", "South Korean"),
            country("PE", "Peru", "Peruvian"),
        ])
    }

    #[test]
    fn names_of_one_function_meet() {
        let countries = countries();
        for name in [
            "Ministry of Foreign Affairs (Japan)",
            "Ministry of Foreign Affairs of Japan",
            "Japanese Foreign Ministry",
            "Japan's Ministry of External Affairs",
        ] {
            let generic = generic_name(name, &countries);
            assert_eq!(generic.country.as_deref(), Some("JP"), "{name}");
            assert_eq!(generic.key.as_deref(), Some("foreign ministry"), "{name}");
        }
        let bare = generic_name("Foreign Ministry", &countries);
        assert_eq!(
            (bare.country, bare.key.as_deref()),
            (None, Some("foreign ministry"))
        );
        assert_eq!(
            generic_name("Ministry of National Defense", &countries).key,
            generic_name("Defence Ministry", &countries).key
        );
    }

    #[test]
    fn a_remainder_too_general_is_no_body() {
        let countries = countries();
        assert_eq!(generic_name("Bank of Japan", &countries).key, None);
        assert_eq!(
            generic_name("Peruvian Navy", &countries).key.as_deref(),
            Some("navy")
        );
        assert_eq!(generic_name("Japan", &countries).key, None);
        assert_eq!(generic_name("", &countries).key, None);
    }
}
