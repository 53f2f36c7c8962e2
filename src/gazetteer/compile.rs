//! The names under which a record is found. [`super::builder`] makes an index of them.

use std::collections::HashSet;

use super::body::{CountryWords, generic_name};
use super::builder::{Builder, CompileError};
use super::entity::Entity;
use super::key::{fold, folded_words};
use super::layout::{NAMESPACE_GENERIC, NAMESPACE_HEADS, NAMESPACE_SURNAME};
use super::office::{Standing, standing};
use super::posting::{CountryCode, NameSort, Posting};
use super::record::{AliasType, Record};
use super::sort::Scratch;
use crate::document::Kind;

/// Compiles records into the bytes of an index, in memory.
///
/// `outside` are countries known from elsewhere, so that a user's records find them in the names of their bodies.
///
/// # Errors
/// On two records of one id and on names that have no key.
pub fn compile(records: &[Record], outside: &[Entity]) -> Result<Vec<u8>, CompileError> {
    let mut builder = Builder::new(Scratch::Memory, outside)?;
    for record in records {
        builder.add(record)?;
    }
    Ok(builder.finish(std::io::Cursor::new(Vec::new()))?.into_inner())
}

/// Gives `take` each name of an entity: its namespace, its key, and the posting that stands under them.
///
/// # Errors
/// Where the name has no key.
pub(super) fn add_names(
    entity: &Entity,
    ordinal: u32,
    countries: &CountryWords,
    take: &mut impl FnMut(&str, &str, &Posting),
) -> Result<(), CompileError> {
    let standing = standing(entity, countries);
    let country = CountryCode::new(entity.country.as_deref());
    let mut add = |namespace: &str, key: &str, sort, name: usize, weak, seen| {
        if !key.is_empty() {
            let posting = Posting {
                entity: ordinal,
                kind: entity.kind,
                country,
                sort,
                name: name as u32,
                standing,
                weak,
                seen: seen || entity.seen,
            };
            take(namespace, key, &posting);
        }
    };
    let key = fold(&entity.name);
    if key.is_empty() {
        return Err(CompileError::EmptyName {
            id: entity.id.clone(),
            name: entity.name.clone(),
        });
    }
    add("", &key, NameSort::Canonical, 0, false, false);
    // "National Intelligence Service (South Korea)": the parenthesis tells records apart, texts do not write it.
    if let Some((plain, _)) = entity.name.split_once(" (") {
        add(
            "",
            &fold(plain),
            NameSort::Canonical,
            0,
            entity.kind == Kind::Agency,
            false,
        );
    }
    let mut has_surname = false;
    for (position, alias) in entity.aliases.iter().enumerate() {
        let namespace = match alias.alias_type {
            AliasType::Surname => {
                has_surname = true;
                NAMESPACE_SURNAME
            }
            _ => "",
        };
        let sort = NameSort::Alias(alias.alias_type);
        add(
            namespace,
            &fold(&alias.text),
            sort,
            position + 1,
            alias.weak,
            alias.seen,
        );
    }
    match entity.kind {
        Kind::Country => {}
        Kind::Official => {
            if let Some(shorter) = without_initials(&entity.name) {
                add("", &fold(&shorter), NameSort::Canonical, 0, false, false);
            }
            if standing == Standing::Head {
                let countries: HashSet<&str> = entity
                    .tenures
                    .iter()
                    .map(|tenure| tenure.country.as_str())
                    .collect();
                for country in countries {
                    add(
                        NAMESPACE_HEADS,
                        &country.to_lowercase(),
                        NameSort::Canonical,
                        0,
                        true,
                        false,
                    );
                }
            }
            if !has_surname {
                let country = entity.country.as_deref();
                for surname in surnames(&entity.name, country) {
                    add(NAMESPACE_SURNAME, &surname, NameSort::Surname, 0, false, false);
                }
                if let Some(given) = monarchs_name(entity) {
                    add(NAMESPACE_SURNAME, &given, NameSort::Surname, 0, false, false);
                }
                for (position, alias) in entity.aliases.iter().enumerate() {
                    if alias.alias_type == AliasType::Transliteration {
                        for surname in surnames(&alias.text, country) {
                            add(
                                NAMESPACE_SURNAME,
                                &surname,
                                NameSort::Surname,
                                position + 1,
                                false,
                                alias.seen,
                            );
                        }
                    }
                }
            }
        }
        Kind::Agency => {
            let written = std::iter::once((0, entity.name.as_str(), false)).chain(
                (entity.aliases.iter().enumerate())
                    .filter(|(_, alias)| !matches!(alias.alias_type, AliasType::Acronym | AliasType::Metonym))
                    .map(|(position, alias)| (position + 1, alias.text.as_str(), alias.seen)),
            );
            let mut given = HashSet::new();
            for (position, name, seen) in written {
                if let Some(key) = generic_name(name, countries).key
                    && given.insert(key.clone())
                {
                    add(NAMESPACE_GENERIC, &key, NameSort::Generic, position, true, seen);
                }
            }
        }
    }
    Ok(())
}

/// *Ann B. Example* is *Ann Example* to most papers.
fn without_initials(name: &str) -> Option<String> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let inner = |at: usize| at > 0 && at + 1 < words.len();
    let kept: Vec<&str> = (words.iter().enumerate())
        .filter(|&(at, word)| !inner(at) || fold(word).chars().count() > 1)
        .map(|(_, &word)| word)
        .collect();
    (kept.len() >= 2 && kept.len() < words.len()).then(|| kept.join(" "))
}

/// A monarch goes by the given name: *King Birendra*.
fn monarchs_name(entity: &Entity) -> Option<String> {
    let reigns = entity.tenures.iter().any(|tenure| {
        let title = tenure.position.to_lowercase();
        [
            "king",
            "queen",
            "emir",
            "amir",
            "sultan",
            "emperor",
            "pope",
            "crown prince",
            "grand duke",
        ]
        .iter()
        .any(|&word| title == word || title.starts_with(&format!("{word} ")))
    });
    let titles = [
        "king", "queen", "emir", "amir", "sultan", "emperor", "pope", "prince", "sheikh", "shaykh",
    ];
    let words = folded_words(&entity.name);
    let given = words.into_iter().find(|word| !titles.contains(&word.as_str()))?;
    reigns.then_some(given)
}

/// Countries whose people's names begin with the family name, as news prints them.
const FAMILY_NAME_FIRST: [&str; 8] = ["CN", "HK", "KH", "KP", "KR", "MO", "TW", "VN"];

/// Keys of the family names that a full name can hide: the last word, with its particles, and for countries
/// that put it first the first word.
pub fn surnames(name: &str, country: Option<&str>) -> Vec<String> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let mut found = Vec::new();
    if words.len() < 2 {
        // Suharto has no other name.
        found.push(fold(name));
        found.retain(|key| !key.is_empty());
        return found;
    }
    let suffixes = ["jr", "sr", "ii", "iii", "iv"];
    let last = (1..words.len())
        .rev()
        .find(|&at| !suffixes.contains(&fold(words[at]).as_str()))
        .unwrap_or(words.len() - 1);
    let family_first = country.is_some_and(|code| FAMILY_NAME_FIRST.contains(&code));
    if family_first {
        found.push(fold(words[0]));
    }
    // "Xi Jinping" and "Leung Kwok-hung" have given names last, "Regina Ip" has not.
    if !family_first || matches!(country, Some("HK" | "TW" | "MO")) {
        let plain = words[last];
        found.push(fold(plain));
        if let Some((article, rest)) = plain.split_once(['-', '‑'])
            && matches!(
                article.to_lowercase().as_str(),
                "al" | "el" | "ar" | "as" | "ash" | "ad" | "an" | "at" | "ul"
            )
        {
            found.push(fold(rest));
        }
        let particles = [
            "de", "da", "do", "dos", "del", "della", "di", "du", "la", "le", "van", "von", "der", "den",
            "ter", "ten", "bin", "ibn", "al", "el", "ben", "mac", "st", "santa", "san", "zu",
        ];
        let first = (1..last)
            .rev()
            .take_while(|&at| particles.contains(&folded_words(words[at]).concat().as_str()))
            .last();
        if let Some(first) = first {
            found.push(fold(&words[first..=last].join(" ")));
        }
    }
    found.retain(|key| !key.is_empty());
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_inside_a_name_may_be_left_out() {
        assert_eq!(without_initials("Ann B. Example").as_deref(), Some("Ann Example"));
        assert_eq!(without_initials("A. Example"), None);
        assert_eq!(without_initials("Ann Example"), None);
        assert_eq!(without_initials("Ann B. C."), Some("Ann C.".to_owned()));
    }

    #[test]
    fn surnames_follow_the_country() {
        for (name, country, expected) in [
            ("Rishi Sunak", "GB", &["sunak"][..]),
            ("Yoon Suk Yeol", "KR", &["yoon"]),
            ("Regina Ip", "HK", &["ip", "regina"]),
            ("Ursula von der Leyen", "EU", &["leyen", "vonderleyen"]),
            ("Faisal al-Mekdad", "SY", &["almekdad", "mekdad"]),
            ("Robert F. Kennedy Jr.", "US", &["kennedy"]),
            ("Suharto", "ID", &["suharto"]),
        ] {
            assert_eq!(surnames(name, Some(country)), expected, "{name}");
        }
    }
}
