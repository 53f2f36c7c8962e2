//! Model folders that cannot be used: each is refused with what is wrong, where, and what was expected.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use nomenclator::model::ModelError;
use nomenclator::model::folder::ModelFolder;
use nomenclator::model::native::NativeClassifier;
use nomenclator::tokenize::Tokenizer;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use tempfile::TempDir;

const WHOLE: &str = "tests/golden/uncased";

/// A copy of a whole model to break.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(Path::new(WHOLE).join(file), folder.path().join(file)).unwrap();
    }
    folder
}

/// Loads everything, as the program does.
fn load(folder: &Path) -> Result<(), ModelError> {
    let folder = ModelFolder::open(folder)?;
    Tokenizer::new(&folder)?;
    NativeClassifier::new(&folder, None)?;
    Ok(())
}

#[track_caller]
fn refused(folder: &TempDir, parts: &[&str]) {
    let message = load(folder.path()).expect_err("refused").to_string();
    assert!(!message.contains('\n'), "one line: {message}");
    for part in parts {
        assert!(message.contains(part), "'{part}' in: {message}");
    }
}

fn change_json(folder: &TempDir, file: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.path().join(file);
    let mut value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    fs::write(&path, serde_json::to_vec(&value).unwrap()).unwrap();
}

type Tensors = HashMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

fn change_tensors(folder: &TempDir, change: impl FnOnce(&mut Tensors)) {
    let path = folder.path().join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    let mut tensors: Tensors = SafeTensors::deserialize(&bytes)
        .unwrap()
        .iter()
        .map(|(name, view)| {
            (
                name.to_owned(),
                (view.dtype(), view.shape().to_vec(), view.data().to_vec()),
            )
        })
        .collect();
    change(&mut tensors);
    let views = tensors
        .iter()
        .map(|(name, (dtype, shape, data))| (name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
    fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
}

#[test]
fn a_whole_folder_loads() {
    let folder = copy();
    load(folder.path()).unwrap();
    change_json(&folder, "config.json", |config| {
        config.as_object_mut().unwrap().remove("nomenclator");
    });
    load(folder.path()).unwrap();
}

#[test]
fn a_vocabulary_stands_in_for_the_tokenizer() {
    let text = "Élysée spokeswoman Zoë Núñez (46) met İsmail in München; 北京 weren’t amused. [SEP]\n";
    for (model, lower_case) in [("tests/golden/cased", false), ("tests/golden/bare-f16", true)] {
        let folder = tempfile::tempdir().unwrap();
        for file in ["config.json", "model.safetensors"] {
            fs::copy(Path::new(model).join(file), folder.path().join(file)).unwrap();
        }
        let whole = ModelFolder::open(model).unwrap();
        let tokenizer: Value = serde_json::from_slice(whole.tokenizer_json()).unwrap();
        let mut tokens: Vec<_> = tokenizer["model"]["vocab"].as_object().unwrap().iter().collect();
        tokens.sort_by_key(|(_, id)| id.as_u64());
        let lines: String = tokens.iter().map(|(token, _)| format!("{token}\n")).collect();
        fs::write(folder.path().join("vocab.txt"), lines).unwrap();
        if !lower_case {
            fs::write(
                folder.path().join("tokenizer_config.json"),
                "{\"do_lower_case\": false}",
            )
            .unwrap();
        }
        let tokenize = |folder: &ModelFolder| Tokenizer::new(folder).unwrap().tokenize(text).unwrap();
        assert_eq!(
            tokenize(&ModelFolder::open(folder.path()).unwrap()),
            tokenize(&whole),
            "{model}"
        );
        fs::write(folder.path().join("tokenizer_config.json"), "[").unwrap();
        refused(
            &folder,
            &["tokenizer_config.json", "expected the tokenizer configuration"],
        );
    }
}

#[test]
fn a_file_is_missing() {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let folder = copy();
        fs::remove_file(folder.path().join(file)).unwrap();
        refused(&folder, &[file, "expected a folder with config.json"]);
    }
}

#[test]
fn the_weights_are_cut_short_or_none() {
    let whole = fs::read(Path::new(WHOLE).join("model.safetensors")).unwrap();
    for length in [0, 4, 8, 100, whole.len() / 2, whole.len() - 1] {
        let folder = copy();
        fs::write(folder.path().join("model.safetensors"), &whole[..length]).unwrap();
        refused(
            &folder,
            &[
                "model.safetensors",
                "not a whole safetensors file",
                &format!("{length} bytes"),
            ],
        );
    }
}

#[test]
fn a_tensor_is_missing_or_wrong() {
    let name = "bert.encoder.layer.1.intermediate.dense.weight";
    let folder = copy();
    change_tensors(&folder, |tensors| {
        tensors.remove(name);
    });
    refused(&folder, &[name, "missing", "[64, 32]"]);

    let folder = copy();
    change_tensors(&folder, |tensors| tensors.get_mut(name).unwrap().1 = vec![32, 64]);
    refused(&folder, &[name, "shape [32, 64]", "expected [64, 32]"]);

    let folder = copy();
    change_tensors(&folder, |tensors| tensors.get_mut(name).unwrap().0 = Dtype::I16);
    refused(&folder, &[name, "I16", "expected F32, F16 or BF16"]);

    let folder = copy();
    change_tensors(&folder, |tensors| {
        tensors.get_mut(name).unwrap().2[20..22].copy_from_slice(&[0x80, 0x7f])
    });
    refused(&folder, &[name, "inf at element 10", "expected finite"]);

    let folder = copy();
    change_tensors(&folder, |tensors| {
        tensors.remove("classifier.bias");
    });
    refused(&folder, &["classifier.bias", "missing", "[9]"]);
}

#[test]
fn the_configuration_is_bad() {
    let folder = copy();
    fs::write(folder.path().join("config.json"), "{\"hidden_size\": 32").unwrap();
    refused(
        &folder,
        &[
            "config.json",
            "EOF",
            "expected the configuration of a Hugging Face BertForTokenClassification",
        ],
    );

    type Change = fn(&mut Value);
    let cases: [(Change, &[&str]); 17] = [
        (
            |c| drop(c.as_object_mut().unwrap().remove("hidden_size")),
            &["missing field `hidden_size`"],
        ),
        (
            |c| c["hidden_size"] = json!("big"),
            &["invalid type", "BertForTokenClassification"],
        ),
        (|c| c["hidden_size"] = json!(0), &["hidden_size is 0", "positive"]),
        (
            |c| c["num_hidden_layers"] = json!(0),
            &["num_hidden_layers is 0", "positive"],
        ),
        (
            |c| c["num_attention_heads"] = json!(5),
            &["hidden_size 32", "num_attention_heads 5"],
        ),
        (
            |c| c["hidden_act"] = json!("swish"),
            &["hidden_act is 'swish'", "'gelu'"],
        ),
        (
            |c| c["model_type"] = json!("roberta"),
            &["model_type is 'roberta'", "expected 'bert'"],
        ),
        (
            |c| c["position_embedding_type"] = json!("relative_key"),
            &["'relative_key'", "'absolute'"],
        ),
        (
            |c| c["id2label"] = json!({"0": "O", "1": "PER"}),
            &["label 1 is 'PER'", "BIO2"],
        ),
        (
            |c| c["id2label"] = json!({"0": "O", "1": "I-PER"}),
            &["'I-PER' has no 'B-PER'", "BIO2"],
        ),
        (
            |c| c["id2label"] = json!({"0": "O", "2": "B-PER"}),
            &["none for id 1", "ids 0, 1, 2"],
        ),
        (
            |c| c["nomenclator"]["window"] = json!(500),
            &["500 tokens", "max_position_embeddings 192"],
        ),
        (
            |c| c["nomenclator"]["window"] = json!(3),
            &["window has 3 tokens", "at least"],
        ),
        (
            |c| c["nomenclator"]["overlap"] = json!(150),
            &["overlap is 150", "half a window"],
        ),
        (
            |c| c["nomenclator"]["word_pattern"] = json!("[a-"),
            &["word_pattern", "regular expression"],
        ),
        (
            |c| c["nomenclator"]["token_types"] = json!("pos"),
            &["token_types is 'pos'", "'case_shape'"],
        ),
        (
            |c| c["type_vocab_size"] = json!(2),
            &["type_vocab_size is 2", "at least 6"],
        ),
    ];
    for (change, parts) in cases {
        let folder = copy();
        change_json(&folder, "config.json", change);
        refused(&folder, &[&["config.json"], parts].concat());
    }
}

#[test]
fn tables_do_not_fit_the_configuration() {
    let folder = copy();
    change_json(&folder, "config.json", |config| {
        config["max_position_embeddings"] = json!(512)
    });
    refused(
        &folder,
        &["position_embeddings.weight", "[192, 32]", "expected [512, 32]"],
    );

    let folder = copy();
    change_json(&folder, "config.json", |config| config["vocab_size"] = json!(100));
    refused(
        &folder,
        &["tokenizer.json", "has no embedding", "vocab_size is 100"],
    );

    let folder = copy();
    change_json(&folder, "config.json", |config| {
        config["num_hidden_layers"] = json!(3)
    });
    refused(&folder, &["bert.encoder.layer.2", "missing"]);
}

#[test]
fn the_tokenizer_is_bad() {
    let folder = copy();
    fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();
    refused(&folder, &["tokenizer.json", "expected a BERT tokenizer"]);

    let folder = copy();
    change_json(&folder, "tokenizer.json", |tokenizer| {
        let vocabulary = tokenizer["model"]["vocab"].as_object_mut().unwrap();
        let id = vocabulary.remove("[SEP]").unwrap();
        vocabulary.insert("[sep]".to_owned(), id);
        tokenizer["added_tokens"] = json!([]);
        tokenizer["post_processor"] = Value::Null;
    });
    refused(&folder, &["tokenizer.json", "no [SEP]"]);
}

#[test]
fn the_hash_names_the_content() {
    let (folder, same) = (copy(), copy());
    let hash = |folder: &TempDir| ModelFolder::open(folder.path()).unwrap().hash().to_owned();
    assert_eq!(hash(&folder), hash(&same));
    assert_eq!(hash(&folder).len(), 64);
    change_json(&same, "config.json", |config| {
        config["nomenclator"]["version"] = json!("2")
    });
    assert_ne!(hash(&folder), hash(&same));
}
