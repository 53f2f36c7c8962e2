//! The tokenizer's own ways are quicker than the library's, and give what the library gives.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use nomenclator::model::folder::ModelFolder;
use nomenclator::tokenize::Tokenizer;

/// All texts of the throughput corpora; nothing, said aloud, where they are not there.
fn texts() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/text");
    let mut texts = Vec::new();
    for name in [
        "reuters21578.jsonl.gz",
        "bbc.jsonl.gz",
        "newsmtsc_sentences.jsonl",
    ] {
        let Ok(file) = File::open(folder.join(name)) else {
            eprintln!("SKIPPED: ../shared is not there, so no words of {name}");
            continue;
        };
        let reader: Box<dyn Read> = if name.ends_with(".gz") {
            Box::new(GzDecoder::new(file))
        } else {
            Box::new(file)
        };
        for line in BufReader::new(reader).lines() {
            let document: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
            texts.push(document["text"].as_str().unwrap().to_owned());
        }
    }
    texts
}

/// Words that the cache must not mix up, and more of them than it holds.
fn hard_words() -> String {
    let mut text =
        "Élysée elysee ÉLYSÉE e\u{301} café cafe\u{301} 北京 x\u{200b}y ' ’s 10,000 ﬁ İstanbul ".to_owned();
    for number in 0..150_000 {
        text += &format!("w{number} ");
    }
    text + &"long".repeat(40) + " Élysée café w1 w149999"
}

#[test]
fn sub_words_are_the_librarys_for_every_word_of_the_corpora() {
    let folder = ModelFolder::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/newswire")).unwrap();
    let tokenizer = Tokenizer::new(&folder).unwrap();
    let mut library = tokenizers::Tokenizer::from_bytes(folder.tokenizer_json()).unwrap();
    library.with_truncation(None).unwrap();
    library.with_padding(None);
    let longest_word = (folder.config().feeding.window - 3) / 2;

    let mut of_word: HashMap<String, Vec<u32>> = HashMap::new();
    let mut words = 0;
    for text in texts().into_iter().chain([hard_words()]) {
        let tokenized = tokenizer.tokenize(&text).unwrap();
        words += tokenized.words.len();
        for window in &tokenized.windows {
            let spans = tokenized.words[window.words.clone()]
                .iter()
                .map(|word| &word.span);
            for (span, first) in spans.zip(&window.first_tokens) {
                let word = &text[span.clone()];
                let expected = of_word.entry(word.to_owned()).or_insert_with(|| {
                    let ids = library.encode(word, false).unwrap().get_ids().to_vec();
                    ids[..ids.len().min(longest_word)].to_vec()
                });
                match first {
                    Some(first) => {
                        let found = &window.token_ids[*first as usize..][..expected.len()];
                        assert_eq!(found, expected, "{word}");
                    }
                    None => assert!(expected.is_empty(), "{word}"),
                }
            }
        }
    }
    assert!(words > 150_000 && of_word.len() > 150_000);
}
