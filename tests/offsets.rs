//! Offsets on whatever text: words and mentions lie where they say, in order, and nothing of the text is left out.

mod corpora;

use std::sync::OnceLock;

use corpora::{document, pipeline, shipped};
use nomenclator::model::folder::ModelFolder;
use nomenclator::pipeline::Pipeline;
use nomenclator::tokenize::windows::most_central;
use nomenclator::tokenize::{TokenizedDocument, Tokenizer};
use proptest::prelude::*;

/// A small model with short windows: cheap, and every longer text needs several.
fn small() -> &'static (Pipeline, Tokenizer, usize) {
    static SMALL: OnceLock<(Pipeline, Tokenizer, usize)> = OnceLock::new();
    SMALL.get_or_init(|| {
        let folder = ModelFolder::open("tests/golden/uncased").unwrap();
        (
            pipeline("tests/golden/uncased"),
            Tokenizer::new(&folder).unwrap(),
            folder.config().feeding.window,
        )
    })
}

fn check_words(text: &str, tokenized: &TokenizedDocument) {
    let mut uncovered = text.char_indices().filter(|(_, c)| !c.is_whitespace()).peekable();
    let mut last_end = 0;
    for word in &tokenized.words {
        assert!(last_end <= word.span.start, "words in order, apart");
        last_end = word.span.end;
        let spelling = text
            .get(word.span.clone())
            .expect("words on character boundaries");
        assert!(!spelling.is_empty());
        for (offset, c) in spelling.char_indices() {
            assert_eq!(
                uncovered.next(),
                Some((word.span.start + offset, c)),
                "each character in one word"
            );
        }
    }
    assert_eq!(uncovered.next(), None, "no character left out");
}

fn check_windows(tokenized: &TokenizedDocument, longest: usize) {
    let mut covered = 0;
    let mut last_start = None;
    for window in &tokenized.windows {
        assert!(
            window.token_ids.len() <= longest,
            "{} tokens",
            window.token_ids.len()
        );
        assert_eq!(window.token_ids.len(), window.token_types.len());
        assert_eq!(window.first_tokens.len(), window.words.len());
        assert!(
            window.words.start <= covered && window.words.end > covered,
            "each window brings new words"
        );
        assert!(last_start < Some(window.words.start), "and starts later");
        last_start = Some(window.words.start);
        covered = window.words.end;
    }
    assert_eq!(covered, tokenized.words.len(), "all words are in a window");
    let sources = most_central(tokenized.words.len(), &tokenized.windows);
    for (word, source) in sources.into_iter().enumerate() {
        if let Some((window, token)) = source {
            let window = &tokenized.windows[window];
            assert_eq!(window.first_tokens[word - window.words.start], Some(token as u32));
        }
    }
}

fn check_mentions(text: &str, pipeline: &Pipeline) {
    let tagged = pipeline.tag(vec![document(text)]).unwrap().remove(0);
    assert_eq!(tagged.document.text, text);
    let mut last_end = 0;
    for mention in &tagged.mentions {
        assert!(last_end <= mention.span.start, "mentions in order, apart");
        last_end = mention.span.end;
        let surface = text
            .get(mention.span.clone())
            .expect("mentions on character boundaries");
        assert!(!surface.is_empty() && surface.trim() == surface, "{surface:?}");
        assert!((0.0..=1.0).contains(&mention.score), "{}", mention.score);
    }
}

fn check(text: &str) {
    let (pipeline, tokenizer, window) = small();
    let tokenized = tokenizer.tokenize(text).unwrap();
    check_words(text, &tokenized);
    check_windows(&tokenized, *window);
    check_mentions(text, pipeline);
}

/// Pieces in which offsets go wrong.
fn pieces() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "U.S.",
        "Choe’s",
        "O'Brien",
        "pro-Beijing",
        "AT&T",
        "10,000.5",
        "...",
        "--",
        "—",
        "“",
        "PARIS (AP)",
        "\n",
        "\r\n",
        "\t|",
        "  ",
        "\u{a0}",
        "\u{2028}",
        "\u{200b}",
        "\u{feff}",
        "\u{0}",
        "\u{ad}",
        "e\u{301}",
        "\u{301}\u{302}",
        "ﬁ",
        "İ",
        "ß",
        "Ǆ",
        "北京",
        "ソウル",
        "한국",
        "กรุงเทพ",
        "ქ",
        "العربية",
        "👩‍👩‍👧",
        "🇨🇭",
        "👍🏽",
        "𝐁𝐨𝐥𝐝",
        "½",
        "x²",
        "[SEP]",
        "[CLS]",
        "##s",
        "[UNK]",
        "http://x.y/?q=1&b",
        "@user",
        "#tag",
    ])
    .prop_map(str::to_owned);
    let piece = prop_oneof![4 => odd, 2 => any::<String>(), 2 => "[A-Za-z]{1,12}", 1 => "[A-Z ]{1,30}", 3 => Just(" ".to_owned())];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn odd_text(text in pieces()) {
        check(&text);
    }

    #[test]
    fn long_odd_text(pieces in prop::collection::vec(pieces(), 5..20)) {
        check(&pieces.concat());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn odd_text_on_the_shipped_model(text in pieces()) {
        check_mentions(&text, shipped());
    }
}

#[test]
fn text_that_is_not_prose() {
    for text in [
        "",
        " ",
        "\n\n\n",
        "\u{feff}",
        "\u{200b}\u{200b}",
        "NORTHLAND CABINET RESIGNS\nPRESIDENT CALLS ELECTION",
        "|Team|P|W|\n|---|--:|--:|\n|Iceland|10|7|\n|Faroe Islands|10|2|",
        "a\u{301}\u{302}\u{303}\u{304}\u{305}",
        "👩‍👩‍👧‍👦🏳️‍🌈🇨🇭",
        "\u{10ffff}\u{fffd}\u{e000}",
    ] {
        check(text);
        check_mentions(text, shipped());
    }
}

#[test]
fn a_megabyte_without_a_space() {
    for (piece, bytes) in [
        ("a", 1 << 20),
        ("\u{301}", 1 << 20),
        ("e\u{301}", 1 << 20),
        ("👍", 1 << 20),
        ("ab1", 1 << 20),
    ] {
        check(&piece.repeat(bytes / piece.len()));
    }
    for (piece, bytes) in [("北京", 1 << 20), ("Ab-", 1 << 19), ("A.b", 1 << 18)] {
        check(&piece.repeat(bytes / piece.len()));
    }
}
