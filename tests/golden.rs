//! The native engine against Hugging Face: words, tokens and logits of small random models and of the one that ships.
//!
//! `scripts/make_golden.py` writes the answers.

use std::fs;
use std::path::{Path, PathBuf};

use nomenclator::batch::PackedBatch;
use nomenclator::model::TokenClassifier;
use nomenclator::model::folder::ModelFolder;
use nomenclator::model::native::{NativeClassifier, Precision};
use nomenclator::tokenize::Tokenizer;
use serde::Deserialize;

/// The largest absolute difference between two logits that counts as the same.
const TOLERANCE: f32 = 1e-4;

#[derive(Deserialize)]
struct Golden {
    model: String,
    texts: Vec<GoldenText>,
}

#[derive(Deserialize)]
struct GoldenText {
    text: String,
    /// Start and end in bytes, case shape, position of the first sub-word.
    words: Vec<(usize, usize, u8, Option<u32>)>,
    token_ids: Vec<u32>,
    token_types: Vec<u32>,
    logits: Vec<Vec<f32>>,
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn check(model: &Path, answers: &Path, regenerate: &str) {
    let golden: Golden = serde_json::from_slice(&fs::read(answers).unwrap()).unwrap();
    let folder = ModelFolder::open(model).unwrap();
    assert_eq!(
        folder.hash(),
        golden.model,
        "{} is of another model: run `scripts/make_golden.py {regenerate}`",
        answers.display()
    );
    let tokenizer = Tokenizer::new(&folder).unwrap();
    // Every path that this machine can take.
    let classifiers: Vec<NativeClassifier> = NativeClassifier::available()
        .filter(|(_, precision)| *precision == Precision::F32)
        .map(|(isa, precision)| NativeClassifier::with(&folder, isa, precision).unwrap())
        .collect();
    let mut largest = vec![0.0f32; classifiers.len()];
    for expected in &golden.texts {
        let text = &expected.text;
        let tokenized = tokenizer.tokenize(text).unwrap();
        let words: Vec<_> = tokenized
            .words
            .iter()
            .map(|word| (word.span.start, word.span.end, word.shape as u8))
            .collect();
        let expected_words: Vec<_> = expected
            .words
            .iter()
            .map(|&(start, end, shape, _)| (start, end, shape))
            .collect();
        assert_eq!(words, expected_words, "words of {text:?}");
        if words.is_empty() {
            assert!(tokenized.windows.is_empty());
            continue;
        }
        let [window] = &tokenized.windows[..] else {
            panic!("one window holds {text:?}")
        };
        assert_eq!(window.token_ids, expected.token_ids, "tokens of {text:?}");
        assert_eq!(
            window.token_types, expected.token_types,
            "token types of {text:?}"
        );
        let first_tokens: Vec<_> = expected.words.iter().map(|&(_, _, _, first)| first).collect();
        assert_eq!(window.first_tokens, first_tokens, "first sub-words of {text:?}");

        for (classifier, largest) in classifiers.iter().zip(&mut largest) {
            let logits = classifier.scores(&PackedBatch::pack([window])).unwrap();
            assert_eq!(logits.dim(), (expected.token_ids.len(), folder.labels().len()));
            for (row, expected) in logits.rows().into_iter().zip(&expected.logits) {
                for (logit, expected) in row.iter().zip(expected) {
                    *largest = largest.max((logit - expected).abs());
                }
            }
        }
    }
    for (classifier, largest) in classifiers.iter().zip(largest) {
        let (isa, place) = (classifier.isa(), answers.display());
        println!("{place}: largest difference of a logit {largest:e} ({isa})");
        assert!(
            largest <= TOLERANCE,
            "{isa}: largest difference {largest:e} > {TOLERANCE:e}"
        );
    }
}

fn check_small(name: &str) {
    let model = root("tests/golden").join(name);
    check(&model, &model.join("golden.json"), "small");
    check_narrow(&model, &model.join("golden.json"), usize::MAX);
}

/// Narrow numbers differ from f32 by a little, and from the portable path's by less.
fn check_narrow(model: &Path, answers: &Path, texts: usize) {
    let golden: Golden = serde_json::from_slice(&fs::read(answers).unwrap()).unwrap();
    let folder = ModelFolder::open(model).unwrap();
    let tokenizer = Tokenizer::new(&folder).unwrap();
    let answers = answers.display();
    for precision in [Precision::Bf16, Precision::Int8] {
        let classifiers: Vec<NativeClassifier> = NativeClassifier::available()
            .filter(|(_, able)| *able == precision)
            .map(|(isa, precision)| NativeClassifier::with(&folder, isa, precision).unwrap())
            .collect();
        // Against f32, against the portable path.
        let mut largest = vec![[0.0f32; 2]; classifiers.len()];
        for expected in golden.texts.iter().take(texts) {
            let tokenized = tokenizer.tokenize(&expected.text).unwrap();
            let Some(window) = tokenized.windows.first() else {
                continue;
            };
            let mut portable = None;
            for (classifier, largest) in classifiers.iter().zip(&mut largest) {
                let logits = classifier.scores(&PackedBatch::pack([window])).unwrap();
                let portable = portable.get_or_insert_with(|| logits.clone());
                for ((logit, expected), portable) in logits
                    .iter()
                    .zip(expected.logits.iter().flatten())
                    .zip(portable.iter())
                {
                    largest[0] = largest[0].max((logit - expected).abs());
                    largest[1] = largest[1].max((logit - portable).abs());
                }
            }
        }
        for (classifier, [from_f32, from_portable]) in classifiers.iter().zip(largest) {
            let isa = classifier.isa();
            println!(
                "{answers}: {precision} with {isa}: {from_f32:e} from f32, {from_portable:e} from the portable path"
            );
            assert!(from_f32 <= 0.5 && from_portable <= 0.5, "{precision} with {isa}");
        }
    }
}

#[test]
fn shipped_model() {
    check(
        &root("models/newswire"),
        &root("tests/golden/newswire.json"),
        "newswire",
    );
}

#[test]
fn shipped_model_in_narrow_numbers() {
    check_narrow(&root("models/newswire"), &root("tests/golden/newswire.json"), 1);
}

#[test]
fn uncased_with_case_shapes_and_line_breaks_in_bf16() {
    check_small("uncased");
}

#[test]
fn ordinary_cased_checkpoint_with_other_labels() {
    check_small("cased");
}

#[test]
fn old_layer_norm_names_and_relu() {
    check_small("gamma-beta");
}

#[test]
fn bare_encoder_names_in_f16_and_gelu_new() {
    check_small("bare-f16");
}
