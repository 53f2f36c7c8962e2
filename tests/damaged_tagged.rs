//! Tagged files with random damage are read to their end, and no panic is heard of.

use std::fs;
use std::io::Write;
use std::panic::set_hook;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use nomenclator::corpus::tagged;
use nomenclator::document::{Document, Mention, TaggedDocument};
use nomenclator::output::brat::BratSink;
use nomenclator::output::conll::Conll;
use nomenclator::output::jsonl::JsonLines;
use nomenclator::output::parquet::{ParquetOptions, ParquetSink};
use nomenclator::output::sink::Sink;
use nomenclator::output::spacy::Spacy;
use nomenclator::output::{DocumentFormat, OffsetUnit};
use nomenclator::panics::silence_caught;
use nomenclator::tokenize::WORD_PATTERN;
use nomenclator::tokenize::words::WordSegmenter;

mod damage;

use damage::{Numbers, damage};

/// Panics that were heard of; in a file of its own, since the hook is the whole process's.
static HEARD: AtomicUsize = AtomicUsize::new(0);

fn documents() -> Vec<TaggedDocument> {
    (0..12)
        .map(|number| {
            let text = format!("Seoul 🙂 and Oslo signed treaty {number}.\nThe rest follows. ");
            let oslo = text.find("Oslo").unwrap();
            let mention = |span, label: &str| Mention {
                span,
                label: label.into(),
                score: 0.9,
                link: None,
            };
            TaggedDocument {
                mentions: vec![mention(0..5, "LOC"), mention(oslo..oslo + 4, "LOC")],
                document: Document {
                    id: format!("news/{number}"),
                    text: text.repeat(1 + number % 3),
                    title: (number % 2 > 0).then(|| "A title".to_owned()),
                    extra: vec![("n".into(), "[1.10]".into())],
                    ..Document::default()
                },
                considerations: Vec::new(),
            }
        })
        .collect()
}

fn drain(mut sink: impl Sink) {
    for document in documents() {
        sink.write(&document).unwrap();
    }
    Box::new(sink).finish().unwrap();
}

fn written(format: &dyn DocumentFormat) -> Vec<u8> {
    let mut into = Vec::new();
    for document in documents() {
        format.write(&document, &mut into).unwrap();
    }
    into
}

/// How many documents are read of `path`, and how many rejections.
fn read(path: &Path) -> (usize, usize) {
    let Ok(documents) = tagged::read(path, None) else {
        return (0, 1);
    };
    let (mut read, mut rejected) = (0, 0);
    for (number, document) in documents.enumerate() {
        assert!(number < 10_000, "{} does not end", path.display());
        match document {
            Ok(_) => read += 1,
            Err(rejection) => {
                rejected += 1;
                assert!(!rejection.source.is_empty() && !rejection.reason.is_empty());
            }
        }
    }
    (read, rejected)
}

#[test]
fn damaged_files_are_read_to_their_end_in_silence() {
    const EACH: usize = 1500;
    set_hook(Box::new(|about| {
        HEARD.fetch_add(1, Ordering::Relaxed);
        eprintln!("{about}");
    }));
    silence_caught();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (offsets, text) = (OffsetUnit::Char, true);
    let segmenter = || WordSegmenter::new(WORD_PATTERN.trim_end()).unwrap();
    let lines = written(&JsonLines { offsets, text });
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&lines).unwrap();
    let options = ParquetOptions { offsets, text };
    drain(ParquetSink::open(&at("whole"), options, None).unwrap());
    drain(BratSink::open(&at("brat"), None).unwrap());
    let annotations = fs::read_dir(at("brat"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "ann"))
        .unwrap();
    let files = [
        (at("a.jsonl"), lines.clone()),
        (at("a.jsonl.gz"), gzip.finish().unwrap()),
        (
            at("a.spacy.zst"),
            zstd::encode_all(&written(&Spacy::new(segmenter()))[..], 1).unwrap(),
        ),
        (at("a.conll"), written(&Conll::new(segmenter()))),
        (at("a.parquet"), fs::read(at("whole")).unwrap()),
        (annotations.clone(), fs::read(&annotations).unwrap()),
    ];
    let mut numbers = Numbers(31);
    for (path, bytes) in files {
        let place = if path == annotations {
            at("brat")
        } else {
            path.clone()
        };
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&place), (12, 0), "{}", path.display());
        let (mut all, mut rejected) = (0, 0);
        for _ in 0..EACH {
            let mut damaged = bytes.clone();
            damage(&mut damaged, &mut numbers);
            // A new file each time: some file systems flush one that is written over.
            fs::remove_file(&path).unwrap();
            fs::write(&path, &damaged).unwrap();
            let (good, bad) = read(&place);
            all += good;
            rejected += bad;
        }
        // It is the files that are damaged, not the test.
        assert!(
            all > EACH / 20 && rejected > EACH / 20,
            "{}: {all}, {rejected}",
            path.display()
        );
    }
    assert_eq!(HEARD.load(Ordering::Relaxed), 0);
}
