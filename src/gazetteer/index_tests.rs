use std::collections::BTreeSet;
use std::fs;
use std::panic::{set_hook, take_hook};

use proptest::prelude::*;

use super::super::compile::compile;
use super::super::key::fold;
use super::super::layout::SECTIONS;
use super::super::record::Record;
use super::*;

fn records() -> Vec<Record> {
    include_str!("../../tests/fixtures/gazetteer.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn bytes() -> Vec<u8> {
    compile(&records(), &[]).unwrap()
}

/// An index whose keys are these words.
fn index_of(words: &BTreeSet<String>) -> Index {
    let record = |(at, word): (usize, &String)| -> Record {
        serde_json::from_value(serde_json::json!(
            {"id": format!("nom:{at}"), "kind": "country", "name": word, "sources": ["test"]}
        ))
        .unwrap()
    };
    let records: Vec<Record> = words.iter().enumerate().map(record).collect();
    Index::open(compile(&records, &[]).unwrap()).unwrap()
}

#[test]
fn every_entity_is_found_by_its_name_and_id() {
    let index = Index::open(bytes()).unwrap();
    assert!(index.len() > 20);
    for ordinal in 0..index.len() as u32 {
        let entity = index.entity(ordinal).unwrap();
        assert_eq!(index.ordinal(&entity.id), Some(ordinal));
        assert_eq!(index.id(ordinal), Some(entity.id.as_str()));
        let key = fold(&entity.name);
        assert!(
            index.postings("", &key).any(|posting| posting.entity == ordinal),
            "{}",
            entity.name
        );
    }
    for none in [index.len() as u32, u32::MAX] {
        assert_eq!(index.entity(none), None);
        assert_eq!(index.id(none), None);
    }
    assert!(index.damage().is_none());
}

#[test]
fn an_index_in_a_file_answers_as_one_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("names.idx");
    fs::write(&path, bytes()).unwrap();
    let (mapped, memory) = (Index::open_file(&path).unwrap(), Index::open(bytes()).unwrap());
    assert_eq!(mapped.checksum(), memory.checksum());
    for key in ["northkorea", "us", "aims", "nothing"] {
        let found: Vec<Posting> = mapped.postings("", key).collect();
        assert_eq!(found, memory.postings("", key).collect::<Vec<_>>(), "{key}");
    }
    mapped.verify_all().unwrap();
}

#[test]
fn what_is_no_index_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("names.idx");
    for (content, part) in [
        (&b""[..], "no gazetteer index"),
        (b"PK", "no gazetteer index"),
        (b"something else", "no gazetteer index"),
        (b"NOMNAMES\x01\0\0\0 as version 1 was", "format version 1"),
        (b"NOMNAMES\x02\0\0\0", "header"),
    ] {
        fs::write(&path, content).unwrap();
        let message = Index::open_file(&path).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
    let missing = Index::open_file(&folder.path().join("none.idx")).unwrap_err();
    assert!(matches!(missing, IndexError::Open(_)), "{missing}");
}

#[test]
fn a_file_of_another_length_is_refused() {
    let good = bytes();
    for cut in (0..good.len()).step_by(97) {
        assert!(
            Index::open_bytes(Bytes::Owned(good[..cut].into()), false).is_err(),
            "cut at {cut}"
        );
    }
    let mut longer = good.clone();
    longer.push(0);
    let error = Index::open_bytes(Bytes::Owned(longer.into()), false).unwrap_err();
    assert!(matches!(error, IndexError::Length { .. }), "{error}");
}

#[test]
fn each_damaged_byte_is_found_at_opening_or_on_first_use() {
    let good = bytes();
    let content_end = good.len() - (good.len() - HEADER).div_ceil(BLOCK + CHECKSUM) * CHECKSUM;
    let names: Vec<String> = records().iter().map(|record| fold(&record.name)).collect();
    for at in (0..HEADER).step_by(5).chain((HEADER..good.len()).step_by(41)) {
        let mut flipped = good.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(Index::open(flipped.clone()).is_err(), "byte {at}");
        match Index::open_bytes(Bytes::Owned(flipped.into()), false) {
            Err(_) => {}
            Ok(index) => {
                assert!((HEADER..content_end).contains(&at), "byte {at}");
                for name in &names {
                    for posting in index.postings("", name) {
                        index.entity(posting.entity);
                    }
                }
                for record in records() {
                    index.ordinal(&record.id);
                }
                assert!(index.damage().is_some(), "byte {at}");
                let error = index.verify_all().unwrap_err();
                assert!(matches!(error, IndexError::Block { .. }), "{error}");
            }
        }
    }
}

/// With the checksums made right again, so that what is read is wrong and not known to be.
#[test]
fn a_forged_index_does_not_panic() {
    let good = bytes();
    let header = Header::decode(&good[CHECKED_FROM..]).unwrap();
    let content_end = header.sections[SECTIONS - 1].0 + header.sections[SECTIONS - 1].1;
    let silent = take_hook();
    set_hook(Box::new(|_| {}));
    let outcome = std::panic::catch_unwind(|| {
        for at in (CHECKED_FROM..200).chain((HEADER..content_end as usize).step_by(13)) {
            for mask in [1, 0x80, 0xff] {
                let mut forged = good.clone();
                forged[at] ^= mask;
                for (block, start) in (HEADER..content_end as usize).step_by(BLOCK).enumerate() {
                    let end = (start + BLOCK).min(content_end as usize);
                    let of_block = checksum(&forged[start..end], &[]);
                    forged[content_end as usize + block * CHECKSUM..][..CHECKSUM].copy_from_slice(&of_block);
                }
                let whole = checksum(&forged[CHECKED_FROM..HEADER], &forged[content_end as usize..]);
                forged[12..CHECKED_FROM].copy_from_slice(&whole);
                if let Ok(index) = Index::open(forged) {
                    for key in ["northkorea", "us", "aims", "zz"] {
                        for posting in index.postings("", key) {
                            index.entity(posting.entity);
                            index.id(posting.entity);
                        }
                        index.fuzzy("", key);
                    }
                    index.ordinal("Q423");
                }
            }
        }
    });
    set_hook(silent);
    assert!(outcome.is_ok());
}

/// The distance as the textbook has it: insertions, deletions, substitutions, and exchanges of neighbours that no other
/// edit touches.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut table = vec![vec![0; other.len() + 1]; one.len() + 1];
    for row in 0..=one.len() {
        for column in 0..=other.len() {
            table[row][column] = if row == 0 || column == 0 {
                row + column
            } else {
                let differ = usize::from(one[row - 1] != other[column - 1]);
                let mut least = (table[row - 1][column] + 1)
                    .min(table[row][column - 1] + 1)
                    .min(table[row - 1][column - 1] + differ);
                if row > 1
                    && column > 1
                    && one[row - 1] == other[column - 2]
                    && one[row - 2] == other[column - 1]
                {
                    least = least.min(table[row - 2][column - 2] + 1);
                }
                least
            };
        }
    }
    table[one.len()][other.len()]
}

proptest! {
    #[test]
    fn fuzzy_finds_what_brute_force_finds(
        words in prop::collection::btree_set("[abéя中]{1,8}", 1..60),
        asked in "[abéя中]{0,8}",
        chosen in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        letter in "[aя]",
        edit in 0..4,
    ) {
        let keys: BTreeSet<String> = words.iter().map(|word| fold(word)).collect();
        let index = index_of(&words);
        let mut near: Vec<char> = keys.iter().nth(chosen.index(keys.len())).unwrap().chars().collect();
        let at = at.index(near.len());
        match edit {
            0 => near.insert(at, letter.chars().next().unwrap()),
            1 => { near.remove(at); }
            2 if at > 0 => near.swap(at, at - 1),
            _ => near[at] = letter.chars().next().unwrap(),
        }
        for asked in [fold(&asked), near.into_iter().collect::<String>()] {
            let found: Vec<String> = (index.fuzzy("", &asked).iter())
                .map(|posting| fold(&index.entity(posting.entity).unwrap().name))
                .collect();
            let long = |key: &str| key.chars().count() >= FUZZY_LEAST;
            let expected: BTreeSet<String> = (keys.iter())
                .filter(|key| long(key) && long(&asked) && distance(key, &asked) == 1)
                .cloned()
                .collect();
            let unique: BTreeSet<String> = found.iter().cloned().collect();
            prop_assert_eq!(&unique, &expected, "{}", asked);
        }
    }
}

#[test]
fn a_key_is_found_once_and_acronyms_never() {
    let words: BTreeSet<String> = ["aaaaaa", "aaaaab", "abaaaa"].map(str::to_owned).into();
    let index = index_of(&words);
    for asked in ["aaaaa", "aaaaaaa", "baaaaa", "aaaaba"] {
        let mut entities: Vec<u32> = index
            .fuzzy("", asked)
            .iter()
            .map(|posting| posting.entity)
            .collect();
        let all = entities.len();
        entities.sort_unstable();
        entities.dedup();
        assert_eq!(entities.len(), all, "{asked}");
        assert!(all > 0, "{asked}");
    }
    let record: Record = serde_json::from_str(
        r#"{"id":"nom:a","kind":"agency","name":"Some Body","aliases":[{"text":"ABCDEF","type":"acronym"}],
            "sources":["test"]}"#,
    )
    .unwrap();
    let index = Index::open(compile(&[record], &[]).unwrap()).unwrap();
    assert_eq!(index.postings("", "abcdef").count(), 1);
    assert_eq!(index.fuzzy("", "abcdex"), []);
    assert_eq!(index.fuzzy("", "somebodi").len(), 1);
    assert_eq!(index.fuzzy("", "somebody"), []);
}
