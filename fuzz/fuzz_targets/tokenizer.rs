//! Any text through the tokenizers of the small models: offsets are exact, and windows cover all words.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nomenclator::model::folder::ModelFolder;
use nomenclator::tokenize::Tokenizer;
use nomenclator::tokenize::sections::sections;
use nomenclator::tokenize::windows::most_central;

/// Tokenizers with the most tokens of their windows.
static TOKENIZERS: LazyLock<[(Tokenizer, usize); 2]> = LazyLock::new(|| {
    ["uncased", "cased"].map(|model| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../tests/golden")
            .join(model);
        let folder = ModelFolder::open(path).expect("the golden model opens");
        let tokenizer = Tokenizer::new(&folder).expect("the golden tokenizer opens");
        (tokenizer, folder.config().feeding.window)
    })
});

fuzz_target!(|data: &[u8]| {
    let Some((&choice, bytes)) = data.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(bytes);
    // Said again and again it fills several windows.
    let text = text.repeat(1 + usize::from(choice >> 4) * 4);
    let (tokenizer, most) = &TOKENIZERS[usize::from(choice) % 2];
    let tokenized = tokenizer.tokenize(&text).expect("every text can be expressed");

    let mut end = 0;
    for word in &tokenized.words {
        let written = text.get(word.span.clone()).expect("words end between characters");
        assert!(word.span.start >= end && !written.is_empty());
        assert!(
            text[end..word.span.start].chars().all(char::is_whitespace),
            "nothing but space is left out"
        );
        end = word.span.end;
    }
    assert!(text[end..].chars().all(char::is_whitespace));

    let (mut start, mut covered) = (None, 0);
    for window in &tokenized.windows {
        assert!(start < Some(window.words.start) && window.words.start <= covered);
        assert!(window.words.end > covered, "each window has a new word");
        (start, covered) = (Some(window.words.start), window.words.end);
        assert!(window.token_ids.len() <= *most && window.token_ids.len() == window.token_types.len());
        assert_eq!(window.first_tokens.len(), window.words.len());
        let firsts: Vec<usize> = window
            .first_tokens
            .iter()
            .flatten()
            .map(|&at| at as usize)
            .collect();
        assert!(firsts.is_sorted_by(|a, b| a < b));
        assert!(
            firsts
                .iter()
                .all(|&at| (1..window.token_ids.len() - 1).contains(&at))
        );
    }
    assert_eq!(covered, tokenized.words.len());

    let sources = most_central(tokenized.words.len(), &tokenized.windows);
    for (word, source) in sources.iter().enumerate() {
        if let Some((window, token)) = *source {
            let window = &tokenized.windows[window];
            assert_eq!(window.first_tokens[word - window.words.start], Some(token as u32));
        }
    }

    // In sections: their cores are the text, and each has its own words in its core.
    let mut end = 0;
    for section in sections(&text, 64 << (choice >> 6)) {
        assert_eq!(section.core.start, end);
        assert!(section.core.end > end, "each section goes on");
        end = section.core.end;
        assert!(section.read.start <= section.core.start && section.read.end >= section.core.end);
        assert!(text.get(section.read.clone()).is_some() && text.get(section.core.clone()).is_some());
        let of_section = tokenizer
            .tokenize_section(&text, &section)
            .expect("every text can be expressed");
        let own = &of_section.document.words[of_section.own];
        assert!(own.iter().all(|word| section.core.contains(&word.span.start)));
    }
    assert_eq!(end, text.len());
});
