//! `vocab.txt`, which older BERT checkpoints bring in place of `tokenizer.json`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ModelError;

/// What `tokenizer_config.json` says of BERT's normalisation; the defaults are Hugging Face's.
#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Normalisation {
    do_lower_case: bool,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: bool,
}

impl Default for Normalisation {
    fn default() -> Self {
        Normalisation {
            do_lower_case: true,
            strip_accents: None,
            tokenize_chinese_chars: true,
        }
    }
}

impl Normalisation {
    /// Reads `tokenizer_config.json`; `place` names the file in errors.
    pub(super) fn parse(json: &[u8], place: &str) -> Result<Self, ModelError> {
        serde_json::from_slice(json).map_err(|error| ModelError::Config {
            place: place.to_owned(),
            reason: error.to_string(),
            expected: "the tokenizer configuration of a Hugging Face BERT".to_owned(),
        })
    }
}

/// The `tokenizer.json` of a WordPiece vocabulary, one token a line, its id the line's number from 0.
pub(super) fn tokenizer_json(vocabulary: &str, normalisation: &Normalisation) -> Vec<u8> {
    let ids: Map<String, Value> = vocabulary
        .lines()
        .enumerate()
        .map(|(id, token)| (token.to_owned(), json!(id)))
        .collect();
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let added_tokens: Vec<Value> = special
        .iter()
        .filter_map(|&token| {
            Some(json!({
                "id": ids.get(token)?, "content": token, "single_word": false,
                "lstrip": false, "rstrip": false, "normalized": false, "special": true,
            }))
        })
        .collect();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": added_tokens,
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true,
            "handle_chinese_chars": normalisation.tokenize_chinese_chars,
            "strip_accents": normalisation.strip_accents, "lowercase": normalisation.do_lower_case,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": null, "decoder": null,
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": ids,
        },
    });
    tokenizer.to_string().into_bytes()
}
