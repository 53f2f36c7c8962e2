//! Long texts, read in sections: nothing is lost at a cut, nothing is found twice, and the cuts depend on the text alone.

mod corpora;

use corpora::{document, generated, sentences};
use ndarray::{Array2, concatenate};
use nomenclator::batch::PackedBatch;
use nomenclator::decode::Decoder;
use nomenclator::document::Mention;
use nomenclator::model::TokenClassifier;
use nomenclator::model::folder::ModelFolder;
use nomenclator::model::native::NativeClassifier;
use nomenclator::pipeline::Pipeline;
use nomenclator::tokenize::Tokenizer;
use nomenclator::tokenize::sections::{SECTION_BYTES, sections};
use nomenclator::tokenize::windows::most_central;
use rayon::ThreadPoolBuilder;

const SMALL: &str = "tests/golden/uncased";

fn pipeline(model: &str, section_bytes: usize) -> Pipeline {
    corpora::pipeline(model).with_sections(section_bytes)
}

fn mentions(pipeline: &Pipeline, text: &str) -> Vec<Mention> {
    let mut tagged = pipeline.tag(vec![document(text)]).unwrap();
    tagged.remove(0).mentions
}

/// What must hold of any text.
#[track_caller]
fn check(text: &str, mentions: &[Mention]) {
    for mention in mentions {
        assert!(!text[mention.span.clone()].trim().is_empty());
    }
    for pair in mentions.windows(2) {
        assert!(pair[0].span.end <= pair[1].span.start, "{pair:?}");
    }
}

/// Each section scored by itself, one window at a time, and all words decoded at once.
fn expected(model: &str, text: &str, section_bytes: usize) -> Vec<Mention> {
    let folder = ModelFolder::open(model).unwrap();
    let classifier = NativeClassifier::new(&folder, None).unwrap();
    let tokenizer = Tokenizer::new(&folder).unwrap();
    let decoder = Decoder::new(folder.labels().clone(), folder.config().calibration);
    let mut words = Vec::new();
    let mut log_p = Array2::zeros((0, folder.labels().len()));
    for section in sections(text, section_bytes) {
        let tokenized = tokenizer.tokenize(&text[section.read.clone()]).unwrap();
        let sources = most_central(tokenized.words.len(), &tokenized.windows);
        for (mut word, source) in tokenized.words.into_iter().zip(sources) {
            word.span = word.span.start + section.read.start..word.span.end + section.read.start;
            if !section.core.contains(&word.span.start) {
                continue;
            }
            let mut row = Array2::zeros((1, folder.labels().len()));
            match source {
                Some((window, token)) => {
                    let window = &tokenized.windows[window];
                    let scores = classifier.scores(&PackedBatch::pack([window])).unwrap();
                    decoder.log_probabilities(scores.row(token), row.row_mut(0));
                }
                None => decoder.certainly_outside(row.row_mut(0)),
            }
            words.push(word);
            log_p = concatenate![ndarray::Axis(0), log_p, row];
        }
    }
    decoder.mentions(text, &words, &log_p)
}

/// Paragraphs, lines, and stretches without either.
fn mixed() -> String {
    let mut text = String::new();
    for seed in 0..12 {
        text += &generated(seed, 60);
        text += ["\n\n", "\n", " ", "\r\n \r\n"][seed % 4];
    }
    text
}

#[test]
fn every_word_is_scored_in_its_section_and_decoding_minds_no_cut() {
    let text = mixed();
    assert!(text.len() > 4_000);
    for bytes in [300, 701, 2048] {
        let found = mentions(&pipeline(SMALL, bytes), &text);
        check(&text, &found);
        assert!(
            found.len() > 50 && found == expected(SMALL, &text, bytes),
            "{bytes} bytes"
        );
    }
}

#[test]
fn text_without_any_place_to_cut_loses_nothing() {
    for text in [
        "Nordland".repeat(500),
        "北京上海，".repeat(700),
        format!("{} Oslo {}", "x1y2".repeat(900), "y-".repeat(900)),
        "é".repeat(3001),
        "\n".repeat(5000),
        "a\u{301}".repeat(2000),
    ] {
        // Far less than the margins around them, each of which is read anew.
        for bytes in [64, 500] {
            let found = mentions(&pipeline(SMALL, bytes), &text);
            check(&text, &found);
        }
    }
}

#[test]
fn threads_and_neighbours_change_nothing_in_a_long_text() {
    let long = generated(3, 4000);
    let texts = [
        &long[..],
        "Oslo",
        "",
        long[long.len() / 2..].trim_start_matches(|c| c != ' '),
    ];
    let documents: Vec<_> = texts.iter().copied().map(document).collect();
    let pipeline = pipeline(SMALL, 4096);
    let alone: Vec<Vec<Mention>> = texts.iter().map(|text| mentions(&pipeline, text)).collect();
    assert!(alone[0].len() > 100 && alone[3].len() > 50);
    for threads in [1, 2, 3, 8] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let tagged = pool.install(|| pipeline.tag(documents.clone())).unwrap();
        for ((tagged, alone), text) in tagged.into_iter().zip(&alone).zip(texts) {
            assert!(tagged.mentions == *alone, "{threads} threads");
            assert_eq!(tagged.document.text, text);
        }
    }
}

#[test]
fn ordinary_documents_are_read_whole() {
    let text = generated(8, 3000);
    assert!(text.len() < SECTION_BYTES);
    let whole = mentions(&pipeline(SMALL, usize::MAX), &text);
    assert!(mentions(&corpora::pipeline(SMALL), &text) == whole);
    assert!(mentions(&pipeline(SMALL, text.len()), &text) == whole);
    assert!(
        mentions(&pipeline(SMALL, text.len() - 1), &text) != whole,
        "two sections have other windows"
    );
}

/// Windows of a section begin elsewhere than those of the whole, so that scores differ a little everywhere; a trained
/// model finds the same names.
#[test]
fn sections_find_the_names_that_the_whole_has() {
    let text = sentences(300).join("\n\n");
    let spans = |bytes| -> Vec<_> {
        let found = mentions(&pipeline("models/newswire", bytes), &text);
        check(&text, &found);
        let spans = found.into_iter().map(|mention| (mention.span, mention.label));
        spans.collect()
    };
    let (whole, parts) = (spans(usize::MAX), spans(4096));
    let same = whole.iter().filter(|found| parts.contains(found)).count();
    assert!(whole.len() > 100);
    assert!(
        same * 100 >= 98 * whole.len().max(parts.len()),
        "{same} of {} and {}",
        whole.len(),
        parts.len()
    );
}
