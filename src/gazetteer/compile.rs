//! Records to index bytes. See [`super::index`] for the layout.

use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::body::{CountryWords, generic_name};
use super::entity::Entity;
use super::index::{
    CHECKED_FROM, MAGIC, NAMESPACE_GENERIC, NAMESPACE_HEADS, NAMESPACE_SURNAME, SECTIONS, VERSION,
};
use super::key::{fold, folded_words};
use super::office::{Standing, standing};
use super::posting::{CountryCode, NameSort, Posting, write_postings, write_varint};
use super::record::{AliasType, Record};
use crate::document::Kind;

/// Why records cannot become an index.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Two records claim one id.
    #[error("the id '{id}' stands on two records ('{first}' and '{second}'): ids must be unique")]
    DuplicateId {
        /// The id.
        id: String,
        /// The first record's name.
        first: String,
        /// The second record's name.
        second: String,
    },
    /// A name without letter or digit.
    #[error("the record '{id}' has the name '{name}', which holds neither letter nor digit")]
    EmptyName {
        /// The record's id.
        id: String,
        /// The name.
        name: String,
    },
    /// The index library refused.
    #[error("the index could not be built: {0}")]
    Build(String),
}

/// Compiles records into the bytes of an index.
///
/// `outside` are countries known from elsewhere, so that a user's records find them in the names of their bodies.
///
/// # Errors
/// On two records of one id and on names that have no key.
pub fn compile(records: &[Record], outside: &[Entity]) -> Result<Vec<u8>, CompileError> {
    let mut entities: Vec<Entity> = records.iter().map(Entity::from).collect();
    // Countries stand first: the linker reads them all when it starts.
    entities.sort_by_key(|entity| entity.kind);
    check_ids(&entities)?;

    let countries = CountryWords::new(entities.iter().chain(outside));
    let mut names: BTreeMap<String, Vec<Posting>> = BTreeMap::new();
    for (ordinal, entity) in entities.iter().enumerate() {
        let ordinal =
            u32::try_from(ordinal).map_err(|_| CompileError::Build("over 4 billion records".into()))?;
        add_names(entity, ordinal, &countries, &mut names)?;
    }

    let mut ids: BTreeMap<&str, u64> = BTreeMap::new();
    let mut blobs = Vec::new();
    let mut offsets = Vec::new();
    for (ordinal, entity) in entities.iter().enumerate() {
        ids.insert(&entity.id, ordinal as u64);
        offsets.extend((blobs.len() as u64).to_le_bytes());
        blobs.extend(postcard::to_stdvec(entity).map_err(|error| CompileError::Build(error.to_string()))?);
    }
    offsets.extend((blobs.len() as u64).to_le_bytes());

    let mut postings = Vec::new();
    let mut keys = Vec::with_capacity(names.len());
    for (key, mut of_key) in names {
        of_key.sort();
        of_key.dedup_by_key(|posting| (posting.entity, posting.sort));
        keys.push((key, postings.len() as u64));
        write_postings(&of_key, &mut postings);
    }

    let country_count = entities
        .iter()
        .take_while(|entity| entity.kind == Kind::Country)
        .count();
    let mut counts = Vec::new();
    write_varint(entities.len() as u64, &mut counts);
    write_varint(country_count as u64, &mut counts);

    Ok(assemble([
        counts,
        map(keys)?,
        postings,
        map(ids.into_iter().map(|(id, ordinal)| (id.to_owned(), ordinal)))?,
        offsets,
        blobs,
    ]))
}

fn check_ids(entities: &[Entity]) -> Result<(), CompileError> {
    let mut names: HashMap<&str, &str> = HashMap::new();
    for entity in entities {
        if let Some(first) = names.insert(&entity.id, &entity.name) {
            return Err(CompileError::DuplicateId {
                id: entity.id.clone(),
                first: first.to_owned(),
                second: entity.name.clone(),
            });
        }
    }
    Ok(())
}

fn map(entries: impl IntoIterator<Item = (String, u64)>) -> Result<Vec<u8>, CompileError> {
    let build = |error: fst::Error| CompileError::Build(error.to_string());
    let mut builder = fst::MapBuilder::memory();
    builder.extend_iter(entries).map_err(build)?;
    builder.into_inner().map_err(build)
}

fn assemble(sections: [Vec<u8>; SECTIONS]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut offset = CHECKED_FROM as u64 + SECTIONS as u64 * 16;
    for section in &sections {
        body.extend(offset.to_le_bytes());
        body.extend((section.len() as u64).to_le_bytes());
        offset += section.len() as u64;
    }
    for section in sections {
        body.extend(section);
    }
    let mut bytes = Vec::with_capacity(CHECKED_FROM + body.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(Sha256::digest(&body));
    bytes.extend(body);
    bytes
}

fn add_names(
    entity: &Entity,
    ordinal: u32,
    countries: &CountryWords,
    names: &mut BTreeMap<String, Vec<Posting>>,
) -> Result<(), CompileError> {
    let standing = standing(entity, countries);
    let mut add = |namespace: &str, key: &str, sort, name: usize, weak, seen| {
        if !key.is_empty() {
            names
                .entry(format!("{namespace}{key}"))
                .or_default()
                .push(Posting {
                    entity: ordinal,
                    kind: entity.kind,
                    country: CountryCode::new(entity.country.as_deref()),
                    sort,
                    name: name as u32,
                    standing,
                    weak,
                    seen: seen || entity.seen,
                });
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

    #[test]
    fn two_records_of_one_id_are_refused() {
        let record: Record = serde_json::from_str(
            r#"{"id":"Q1","kind":"country","name":"Ruritania","country":"XX","sources":["test"]}"#,
        )
        .unwrap();
        let error = compile(&[record.clone(), record], &[]).unwrap_err();
        assert!(error.to_string().contains("'Q1'"), "{error}");
    }
}
