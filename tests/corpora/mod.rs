//! Documents to test with: real ones where ../shared is there, generated ones elsewhere.

#![allow(dead_code, reason = "each test file uses a part")]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use nomenclator::document::Document;
use nomenclator::model::folder::ModelFolder;
use nomenclator::model::native::NativeClassifier;
use nomenclator::pipeline::Pipeline;
use nomenclator::tokenize::Tokenizer;

/// A pipeline without gazetteer over a model folder of the repository.
pub fn pipeline(folder: &str) -> Pipeline {
    let folder = ModelFolder::open(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let tokenizer = Tokenizer::new(&folder).unwrap();
    let classifier = Box::new(NativeClassifier::new(&folder, None).unwrap());
    Pipeline::new(&folder, tokenizer, classifier)
}

/// The model that ships, loaded once.
pub fn shipped() -> &'static Pipeline {
    static SHIPPED: OnceLock<Pipeline> = OnceLock::new();
    SHIPPED.get_or_init(|| pipeline("models/newswire"))
}

pub fn document(text: impl Into<String>) -> Document {
    Document {
        text: text.into(),
        ..Document::default()
    }
}

/// The first texts of a JSON Lines file under ../shared; `None`, said aloud, where it is not there.
fn shared_texts(file: &str, count: usize) -> Option<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(file);
    let Ok(lines) = fs::read_to_string(&path) else {
        eprintln!("SKIPPED: ../shared is not there, generated texts stand in for {file}");
        return None;
    };
    let text = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        value["text"].as_str().unwrap().to_owned()
    };
    Some(lines.lines().take(count).map(text).collect())
}

/// Single sentences.
pub fn sentences(count: usize) -> Vec<String> {
    shared_texts("data/text/newsmtsc_sentences.jsonl", count).unwrap_or_else(|| {
        (0..count)
            .map(|seed| generated(seed, 6 + seed * 7 % 40))
            .collect()
    })
}

/// Whole articles, longer than a window.
pub fn articles(count: usize) -> Vec<String> {
    shared_texts("data/linking/msnbc-updated.jsonl", count).unwrap_or_else(|| {
        (0..count)
            .map(|seed| generated(seed + 1000, 300 + seed * 173 % 900))
            .collect()
    })
}

/// Prose of a kind: words drawn without a pattern, so that every text is another.
pub fn generated(seed: usize, words: usize) -> String {
    const WORDS: [&str; 32] = [
        "the",
        "Foreign",
        "Ministry",
        "of",
        "Estonia",
        "said",
        "on",
        "Tuesday",
        "that",
        "President",
        "Lena",
        "Okafor",
        "would",
        "visit",
        "Geneva",
        ",",
        "U.S.",
        "officials",
        "told",
        "Reuters",
        ".",
        "pro-Beijing",
        "O’Brien",
        "3.5%",
        "NATO",
        "in",
        "a",
        "statement",
        "’s",
        "Québec",
        "\n",
        "unconstitutional",
    ];
    let mut state = seed as u32 * 2 + 1;
    let mut text = String::new();
    for _ in 0..words {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.push_str(WORDS[(state >> 27) as usize]);
        text.push(' ');
    }
    text
}
