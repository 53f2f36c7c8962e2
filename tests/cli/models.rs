//! Models, backends and gazetteers of one's own.

use super::*;

/// Writes a model folder of one small layer; `edit` may change its configuration and the tensors' shapes first.
pub fn small_model(edit: impl FnOnce(&mut Value, &mut Vec<(String, Vec<usize>)>)) -> TempDir {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/newswire");
    let mut config: Value = serde_json::from_slice(&fs::read(shipped.join("config.json")).unwrap()).unwrap();
    let (hidden, inner) = (8, 16);
    for (key, value) in [
        ("hidden_size", hidden),
        ("num_hidden_layers", 1),
        ("num_attention_heads", 2),
        ("intermediate_size", inner),
    ] {
        config[key] = json!(value);
    }
    let size = |key: &str| config[key].as_u64().unwrap() as usize;
    let labels = config["id2label"].as_object().unwrap().len();
    let mut tensors: Vec<(String, Vec<usize>)> = vec![
        (
            "bert.embeddings.word_embeddings.weight".into(),
            vec![size("vocab_size"), hidden],
        ),
        (
            "bert.embeddings.position_embeddings.weight".into(),
            vec![size("max_position_embeddings"), hidden],
        ),
        (
            "bert.embeddings.token_type_embeddings.weight".into(),
            vec![size("type_vocab_size"), hidden],
        ),
        ("classifier.weight".into(), vec![labels, hidden]),
        ("classifier.bias".into(), vec![labels]),
    ];
    let layer = "bert.encoder.layer.0";
    for norm in [
        "bert.embeddings.LayerNorm",
        &format!("{layer}.attention.output.LayerNorm"),
        &format!("{layer}.output.LayerNorm"),
    ] {
        tensors.push((format!("{norm}.weight"), vec![hidden]));
        tensors.push((format!("{norm}.bias"), vec![hidden]));
    }
    for (name, out, into) in [
        ("attention.self.query", hidden, hidden),
        ("attention.self.key", hidden, hidden),
        ("attention.self.value", hidden, hidden),
        ("attention.output.dense", hidden, hidden),
        ("intermediate.dense", inner, hidden),
        ("output.dense", hidden, inner),
    ] {
        tensors.push((format!("{layer}.{name}.weight"), vec![out, into]));
        tensors.push((format!("{layer}.{name}.bias"), vec![out]));
    }
    edit(&mut config, &mut tensors);

    let zeros = vec![
        0;
        4 * tensors
            .iter()
            .map(|(_, shape)| shape.iter().product::<usize>())
            .max()
            .unwrap()
    ];
    let views = tensors.iter().map(|(name, shape)| {
        let bytes = 4 * shape.iter().product::<usize>();
        (
            name.clone(),
            TensorView::new(Dtype::F32, shape.clone(), &zeros[..bytes]).unwrap(),
        )
    });
    let bytes = safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap();
    let folder = folder(&[
        ("model.safetensors", &bytes),
        ("config.json", config.to_string().as_bytes()),
    ]);
    fs::copy(
        shipped.join("tokenizer.json"),
        folder.path().join("tokenizer.json"),
    )
    .unwrap();
    folder
}

pub fn with_model(model: &TempDir) -> [&str; 3] {
    ["tag", "--model", model.path().to_str().unwrap()]
}

#[test]
fn a_model_of_ones_own() {
    let model = small_model(|_, _| {});
    ok(&with_model(&model), b"Seoul");
    let info = ok(
        &[
            "model",
            "info",
            "--json",
            "--model",
            model.path().to_str().unwrap(),
        ],
        b"",
    );
    let info = &lines(&info)[0];
    assert_eq!(
        (&info["layers"], &info["hidden_size"], &info["weight_types"]),
        (&json!(1), &json!(8), &json!("F32"))
    );
}

#[test]
fn a_missing_tensor_and_a_wrong_shape_are_named() {
    let model = small_model(|_, tensors| tensors.retain(|(name, _)| !name.ends_with("self.key.bias")));
    refused(
        &with_model(&model),
        b"",
        4,
        &["'bert.encoder.layer.0.attention.self.key.bias' is missing", "[8]"],
    );
    let model = small_model(|_, tensors| tensors[3].1 = vec![7, 8]);
    refused(
        &with_model(&model),
        b"",
        4,
        &["'classifier.weight' has shape [7, 8]: expected"],
    );
}

#[test]
fn labels_that_are_not_bio_are_named() {
    let model = small_model(|config, _| config["id2label"]["1"] = json!("PERSON"));
    refused(&with_model(&model), b"", 4, &["config.json", "PERSON", "BIO"]);
}

#[test]
fn a_cut_file_and_a_missing_one_are_told() {
    let model = small_model(|_, _| {});
    let weights = model.path().join("model.safetensors");
    let bytes = fs::read(&weights).unwrap();
    fs::write(&weights, &bytes[..bytes.len() - 100]).unwrap();
    refused(
        &with_model(&model),
        b"",
        4,
        &["model.safetensors", "not a whole safetensors file"],
    );
    fs::remove_file(&weights).unwrap();
    refused(
        &with_model(&model),
        b"",
        4,
        &["model.safetensors", "No such file"],
    );
    refused(
        &["tag", "--model", "no/such"],
        b"",
        4,
        &["no/such/config.json", "expected a folder with config.json"],
    );
}

#[test]
fn unknown_backends_are_told_with_what_there_is() {
    refused(
        &["tag", "--backend", "tpu"],
        b"",
        2,
        &["'tpu'", "native", "rust-bert"],
    );
    #[cfg(not(feature = "rust-bert"))]
    refused(
        &["tag", "--backend", "rust-bert"],
        b"",
        4,
        &["--features rust-bert", "setup_libtorch.sh"],
    );
}

#[test]
fn records_of_ones_own_lie_on_top() {
    let record =
        br#"{"id":"nom:atlantis","kind":"country","name":"Atlantis","country":"XA","sources":["own"]}"#;
    let folder = folder(&[
        ("own.jsonl", record),
        ("bad.jsonl", b"{\"id\":\"x\"}\n"),
        ("worse.jsonl", b"\n\n{"),
    ]);
    let own = path(&folder, "own.jsonl");
    let found = &lines(&ok(
        &["gazetteer", "lookup", "--json", "--gazetteer", &own, "Atlantis"],
        b"",
    ))[0];
    assert_eq!(
        (&found[0]["id"], &found[0]["matched"]["type"]),
        (&json!("nom:atlantis"), &json!("name"))
    );
    refused(
        &["tag", "--gazetteer", &path(&folder, "bad.jsonl")],
        b"",
        4,
        &["bad.jsonl:1"],
    );
    refused(
        &["tag", "--gazetteer", &path(&folder, "worse.jsonl")],
        b"",
        4,
        &["worse.jsonl:3"],
    );
    refused(
        &["gazetteer", "lookup", "x", "--gazetteer", "no/such.jsonl"],
        b"",
        4,
        &["no/such.jsonl"],
    );
}

#[test]
fn the_gazetteer_answers() {
    let found = &lines(&ok(&["gazetteer", "lookup", "--json", "North", "Korea"], b""))[0];
    assert_eq!(
        (&found[0]["id"], &found[0]["kind"], &found[0]["country"]),
        (&json!("Q423"), &json!("country"), &json!("KP"))
    );
    assert!(stdout(&ok(&["gazetteer", "lookup", "DPRK"], b"")).starts_with("North Korea  Q423 (country"));
    assert_eq!(
        stdout(&ok(&["gazetteer", "lookup", "Xyzzy\u{1b}"], b"")),
        "nothing is called 'Xyzzy␛'\n"
    );
    assert_eq!(
        stdout(&ok(&["gazetteer", "lookup", "Xyzzy", "--json"], b"")),
        "[]\n"
    );
}
