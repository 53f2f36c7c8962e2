//! rust-bert's own token-classification pipeline over a file of JSON Lines, for `scripts/compare_peers.py` to time.
//!
//! Its labels are wrong from the second batch on (`tests/rust_bert_batches.rs` shows it), and it takes no token types:
//! for speed only.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use rust_bert::pipelines::common::{ModelResource, ModelType};
use rust_bert::pipelines::token_classification::{
    LabelAggregationOption, TokenClassificationConfig, TokenClassificationModel,
};
use rust_bert::resources::LocalResource;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(model), Some(corpus)) = (arguments.next(), arguments.next()) else {
        return Err("expected the model's folder and a file of JSON Lines".into());
    };
    let texts = fs::read_to_string(corpus)?
        .lines()
        .map(|line| {
            let document: Value = serde_json::from_str(line)?;
            Ok(document["text"].as_str().unwrap_or_default().to_owned())
        })
        .collect::<Result<Vec<String>, serde_json::Error>>()?;
    let vocabulary = std::env::temp_dir().join(format!("vocabulary-{}.txt", std::process::id()));
    fs::write(
        &vocabulary,
        vocabulary_lines(&fs::read(model.join("tokenizer.json"))?)?,
    )?;
    let loaded = load(&model, &vocabulary);
    fs::remove_file(&vocabulary)?;
    let tokens: usize = loaded?.predict(&texts, false, true).iter().map(Vec::len).sum();
    println!("{} documents, {tokens} tokens", texts.len());
    Ok(())
}

fn load(model: &Path, vocabulary: &Path) -> Result<TokenClassificationModel, Box<dyn Error>> {
    let file = |path: PathBuf| LocalResource { local_path: path };
    Ok(TokenClassificationModel::new(TokenClassificationConfig::new(
        ModelType::Bert,
        ModelResource::Torch(Box::new(file(model.join("model.safetensors")))),
        file(model.join("config.json")),
        file(vocabulary.to_path_buf()),
        None,
        true,
        None,
        None,
        LabelAggregationOption::First,
    ))?)
}

/// The vocabulary of a `tokenizer.json` as the older file that rust-bert reads: a token a line, by id.
fn vocabulary_lines(tokenizer: &[u8]) -> Result<String, Box<dyn Error>> {
    let tokenizer: Value = serde_json::from_slice(tokenizer)?;
    let vocabulary = tokenizer["model"]["vocab"]
        .as_object()
        .ok_or("tokenizer.json has no vocabulary")?;
    let mut tokens: Vec<(&String, u64)> = vocabulary
        .iter()
        .filter_map(|(token, id)| Some((token, id.as_u64()?)))
        .collect();
    tokens.sort_by_key(|&(_, id)| id);
    let lines: Vec<&str> = tokens.iter().map(|(token, _)| token.as_str()).collect();
    Ok(lines.join("\n") + "\n")
}
