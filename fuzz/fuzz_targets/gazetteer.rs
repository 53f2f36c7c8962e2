//! Records as JSON Lines and as tables, and bytes of an index: what is damaged is refused, or answers.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nomenclator::gazetteer::Gazetteer;
use nomenclator::gazetteer::compile::compile;
use nomenclator::gazetteer::index::Index;
use nomenclator::gazetteer::read::read_bytes;
use nomenclator_fuzz::{file, pass_caught};

const RECORDS: &str = include_str!("../../tests/fixtures/gazetteer.jsonl");

/// A whole index of a few records.
static INDEX: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let records = read_bytes(Path::new("records.jsonl"), RECORDS.as_bytes()).expect("the records are whole");
    compile(&records, &[]).expect("the records can be compiled")
});

/// The whole index with bytes exchanged: three bytes say where and one what, as often as there are four.
fn damaged(bytes: &[u8]) -> Vec<u8> {
    let mut index = INDEX.clone();
    for &[high, middle, low, byte] in bytes.as_chunks().0 {
        let at = u32::from_be_bytes([0, high, middle, low]) as usize % index.len();
        index[at] = byte;
    }
    index
}

/// Asks for everything that an index can be asked for.
fn ask(gazetteer: &Gazetteer) {
    for name in [
        "Seoul",
        "Russian Federation",
        "DPRK",
        "Ministry of Defense",
        "Kim",
        "",
        "\u{301}",
        "ROK",
    ] {
        gazetteer.lookup(name);
        gazetteer.fuzzy_hits(name);
        gazetteer.surname_hits(name);
        gazetteer.heads(name);
        gazetteer.by_id(name);
    }
    let (mut entities, most) = (0, 1000);
    for reference in gazetteer.references().take(most) {
        if let Some(entity) = gazetteer.entity(reference) {
            entities += 1;
            gazetteer.by_id(&entity.id);
            gazetteer.lookup(&entity.name);
        }
        gazetteer.record(reference);
    }
    assert!(entities <= most);
}

fuzz_target!(|data: &[u8]| {
    pass_caught();
    let Some((&choice, bytes)) = data.split_first() else {
        return;
    };
    let mut gazetteer = Gazetteer::default();
    match choice % 6 {
        0..3 => {
            let name = ["records.jsonl", "records.csv", "records.tsv"][usize::from(choice % 6)];
            match gazetteer.add_file(&file(name, bytes)) {
                Ok(()) => {
                    ask(&gazetteer);
                    gazetteer.verify().expect("what was compiled is whole");
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
        3 => {
            if let Ok(index) = Index::open(bytes.to_vec()) {
                ask(&Gazetteer::from_index(index));
            }
        }
        4 => {
            let bytes = damaged(bytes);
            let whole = bytes == *INDEX;
            match Index::open(bytes.clone()) {
                Ok(_) => assert!(whole, "damage that nobody sees"),
                Err(_) => assert!(!whole),
            }
            // Mapped, its blocks are looked at when they are needed.
            if gazetteer.add_file(&file("records.idx", &bytes)).is_ok() {
                ask(&gazetteer);
                assert!(whole || gazetteer.verify().is_err());
            }
        }
        // As if somebody had computed the checksums anew.
        _ => {
            if let Ok(index) = Index::open_compiled(damaged(bytes)) {
                ask(&Gazetteer::from_index(index));
            }
        }
    }
});
