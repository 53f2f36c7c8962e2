//! Bytes as a file of every input format and compression: documents are sound, rejections have a place, and it ends.

#![no_main]

use std::io::Write;
use std::sync::Arc;

use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use nomenclator::corpus::{Inputs, Limits, ReadOptions, Selection};
use nomenclator::document::TaggedDocument;
use nomenclator_fuzz::{check_document, check_rejection, check_tagged, file, pass_caught};

/// By the first byte. `+` compresses the bytes first, so that what is damaged stands in a whole stream.
const NAMES: [&str; 17] = [
    "a.txt",
    "a.jsonl",
    "a.csv",
    "a.tsv",
    "a.parquet",
    "a.txt.gz",
    "a.jsonl.gz",
    "a.csv.gz",
    "a.txt.zst",
    "a.jsonl.zst",
    "a.tsv.zst",
    "+a.jsonl.gz",
    "+a.csv.gz",
    "+a.txt.gz",
    "+a.jsonl.zst",
    "+a.tsv.zst",
    "unknown",
];

fn compressed(name: &str, bytes: &[u8]) -> Vec<u8> {
    if name.ends_with(".gz") {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("memory takes all");
        return encoder.finish().expect("memory takes all");
    }
    zstd::encode_all(bytes, 1).expect("memory takes all")
}

fuzz_target!(|data: &[u8]| {
    pass_caught();
    let Some((&[choice, form], bytes)) = data.split_first_chunk() else {
        return;
    };
    let name = NAMES[usize::from(choice) % NAMES.len()];
    let (path, name) = match name.strip_prefix('+') {
        Some(name) => (file(name, &compressed(name, bytes)), name),
        None => (file(name, bytes), name),
    };
    let mut options = ReadOptions::default();
    if form & 1 == 1 && name.starts_with("a.txt") {
        options.format = nomenclator::corpus::InputFormat::Lines;
    }
    if form & 2 == 2 {
        options.limits = Limits {
            document: 200,
            line: 300,
            nesting: 4,
            ratio: 20,
        };
    }
    if form & 4 == 4 {
        options.fields.text = "body".to_owned();
        options.fields.source = "id".to_owned();
    }
    let inputs = Inputs::find(&[&path], &Selection::default()).expect("the file is there");
    for (count, item) in inputs.read(options.clone(), Arc::default()).enumerate() {
        assert!(count < 1 << 20, "it does not end");
        match item {
            Ok(document) => {
                check_document(&document);
                assert!(document.text.len() as u64 <= options.limits.document);
                check_tagged(&TaggedDocument {
                    document,
                    mentions: Vec::new(),
                    considerations: Vec::new(),
                });
            }
            Err(rejection) => check_rejection(&rejection, name),
        }
    }
});
