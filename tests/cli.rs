//! The program from outside: what it prints, what it refuses, and the exit code it ends with.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Runs the program with `input` on standard input.
fn run(arguments: &[&str], input: &[u8]) -> Output {
    run_with(None, arguments, input)
}

/// The same with instructions forced.
fn run_with(isa: Option<&str>, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nomenclator"))
        .args(arguments)
        .envs(isa.map(|isa| ("NOMENCLATOR_ISA", isa)))
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // On a thread of its own: the program may write before it has read all. One that refuses early reads nothing.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    stdout(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Runs what must succeed without a word on standard error.
#[track_caller]
fn ok(arguments: &[&str], input: &[u8]) -> Output {
    let output = run(arguments, input);
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).as_ref()
        ),
        (Some(0), "")
    );
    output
}

/// Runs what must fail: with this exit code, and one line on standard error that holds these words.
#[track_caller]
fn refused(arguments: &[&str], input: &[u8], code: i32, words: &[&str]) -> Output {
    let output = run(arguments, input);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(
        message.starts_with("nomenclator: ") && message.ends_with('\n') && message.lines().count() == 1,
        "{message:?}"
    );
    for word in words {
        assert!(message.contains(word), "{word:?} in {message:?}");
    }
    output
}

/// A folder with files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

// --- input ---

#[test]
fn a_missing_file_is_told_before_anything_is_done() {
    let folder = folder(&[("a.txt", b"Seoul")]);
    let output = refused(
        &["tag", &path(&folder, "a.txt"), "no/such.txt"],
        b"",
        3,
        &["no/such.txt", "No such file"],
    );
    assert_eq!(stdout(&output), "");
}

#[test]
fn a_folder_without_texts_is_told() {
    let folder = folder(&[("a.pdf", b"%PDF")]);
    refused(
        &["tag", folder.path().to_str().unwrap()],
        b"",
        3,
        &["no .txt", "expected at least one"],
    );
}

#[test]
fn text_that_is_not_utf8_is_told_with_the_byte() {
    let folder = folder(&[
        ("a.txt", b"Seoul \xE9t\xE9"),
        ("b.jsonl", b"{\"text\":\"a\"}\n{\"text\":\"\xFF\"}\n"),
    ]);
    refused(
        &["tag", &path(&folder, "a.txt")],
        b"",
        6,
        &["a.txt: not UTF-8 at byte 6 (0xE9): expected UTF-8"],
    );
    let output = refused(
        &["tag", &path(&folder, "b.jsonl")],
        b"",
        6,
        &["b.jsonl:2: not UTF-8 at byte 22 (0xFF)"],
    );
    assert_eq!(lines(&output).len(), 1);
    refused(
        &["tag"],
        b"\xFF\xFES\0",
        6,
        &["stdin: not UTF-8 at byte 0", "UTF-16"],
    );
}

#[test]
fn an_empty_file_is_a_document_of_nothing() {
    let folder = folder(&[("a.txt", b""), ("b.jsonl", b"\n \n")]);
    let tagged = lines(&ok(
        &["tag", &path(&folder, "a.txt"), &path(&folder, "b.jsonl")],
        b"",
    ));
    assert_eq!(tagged.len(), 1);
    assert_eq!(tagged[0]["text"], "");
    assert_eq!(
        (&tagged[0]["mentions"], &tagged[0]["entities"]),
        (&json!([]), &json!([]))
    );
}

#[test]
fn what_is_no_document_is_passed_over_and_told() {
    let input = "{\"id\":1,\"text\":\"a\"}\n{\"id\":\"two\",\"text\":\"b\"}\n{\"id\":3,\"text\":7}\n{\"id\":4,\"text\":\"d\"}\n";
    let folder = folder(&[("a.jsonl", input.as_bytes())]);
    let words = ["a.jsonl:3: \"text\" is a number: expected a string"];
    let output = refused(&["tag", &path(&folder, "a.jsonl")], b"", 6, &words);
    let ids = |lines: Vec<Value>| {
        lines
            .into_iter()
            .map(|line| line["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(lines(&output)), [json!(1), json!("two"), json!(4)]);

    // Beside a file it goes into one of its own, with its place.
    let (out, rejected) = (
        path(&folder, "out.jsonl"),
        path(&folder, "out.jsonl.rejected.jsonl"),
    );
    let output_ = run(&["tag", &path(&folder, "a.jsonl"), "-o", &out], b"");
    let told = String::from_utf8_lossy(&output_.stderr).into_owned();
    assert_eq!(output_.status.code(), Some(6), "{told}");
    assert!(
        told.contains("1 document rejected, 3 documents written: ") && told.contains("says which and why"),
        "{told}"
    );
    assert_eq!(fs::read_to_string(&out).unwrap(), stdout(&output));
    let rejection: Value = serde_json::from_str(&fs::read_to_string(&rejected).unwrap()).unwrap();
    assert_eq!(
        (&rejection["source"], &rejection["line"], &rejection["offset"]),
        (&json!(path(&folder, "a.jsonl")), &json!(3), &json!(44))
    );
    assert_eq!(rejection["reason"], "\"text\" is a number: expected a string");

    // And where nothing is rejected any more, it would tell of another run.
    assert!(run(&["tag", "-o", &out], b"Seoul").status.success());
    assert!(Path::new(&out).exists() && !Path::new(&rejected).exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

    let output = refused(&["tag", "--strict", &path(&folder, "a.jsonl")], b"", 3, &words);
    assert_eq!(ids(lines(&output)), [json!(1), json!("two")]);
}

#[test]
fn a_run_neither_reads_nor_overwrites_what_it_should_not() {
    let folder = folder(&[
        ("a.txt", b"Seoul said so."),
        ("b.jsonl", b"{\"text\":\"x\"}\n{}\n"),
    ]);
    let (here, output) = (path(&folder, ""), path(&folder, "tagged.jsonl"));
    for _ in 0..2 {
        let ended = run(&["tag", &here, "-o", &output, "--log", "none"], b"");
        assert_eq!(
            ended.status.code(),
            Some(6),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
        assert_eq!(fs::read_to_string(&output).unwrap().lines().count(), 2);
    }
    for shards in 0..2 {
        let ended = run(
            &["tag", &here, "-o", &path(&folder, "s.jsonl"), "--shard-size", "1"],
            b"",
        );
        assert_eq!(ended.status.code(), Some(6), "{shards}");
        // Those of the other output are read: they are documents as any.
        assert!(
            Path::new(&path(&folder, "s-00004.jsonl")).exists()
                && !Path::new(&path(&folder, "s-00005.jsonl")).exists()
        );
    }
    let a = path(&folder, "a.txt");
    for arguments in [
        &["tag", &a, "-o", &a][..],
        &["tag", &a, "-o", &output, "--rejected", &a],
    ] {
        refused(
            arguments,
            b"",
            2,
            &["a.txt: is written and read: expected two places"],
        );
    }
    refused(
        &["tag", &a, "-o", &output, "--rejected", &output],
        b"",
        2,
        &["expected two places"],
    );
    refused(
        &["tag", &a, "-o", &path(&folder, "b.jsonl/")],
        b"",
        2,
        &["a file: expected a folder"],
    );
    assert_eq!(fs::read(&a).unwrap(), b"Seoul said so.");
}

#[test]
fn windows_seen_before_are_reused_and_nothing_else_changes() {
    let lines = "{\"text\":\"Seoul said that Busan was ready.\"}\n".repeat(200);
    let options = ["tag", "--input-format", "jsonl", "--log", "json"];
    let reused = |output: &Output| {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let summary: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
        summary["windows_reused"].as_u64().unwrap()
    };
    let plain = run(&options, lines.as_bytes());
    let deduped = run(&[&options[..], &["--dedupe"]].concat(), lines.as_bytes());
    assert_eq!((reused(&plain), reused(&deduped)), (0, 199));
    assert!(stdout(&plain) == stdout(&deduped));
}

#[test]
fn what_comes_slowly_is_tagged_as_it_comes() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nomenclator"))
        .args(["tag", "-", "--lines"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for text in ["Seoul said so.", "Busan did not."] {
        writeln!(stdin, "{text}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.contains(text), "{line}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn folders_are_walked_in_order_and_streams_keep_theirs() {
    let folder = folder(&[
        ("b.txt", b"Seoul"),
        ("a/z.txt", b"Busan"),
        ("c.jsonl", b"{\"id\":\"c1\",\"text\":\"x\"}"),
    ]);
    let tagged = lines(&ok(&["tag", folder.path().to_str().unwrap()], b""));
    let ids: Vec<&str> = tagged.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&path(&folder, "a/z.txt"), &path(&folder, "b.txt"), "c1"]);

    let many: String = (0..600)
        .map(|n| format!("{{\"id\":{n},\"text\":\"Seoul {}\"}}\n", "word ".repeat(n % 5)))
        .collect();
    let tagged = lines(&ok(
        &["tag", "--input-format", "jsonl", "--threads", "2"],
        many.as_bytes(),
    ));
    assert!(tagged.iter().enumerate().all(|(n, line)| line["id"] == n) && tagged.len() == 600);
}

#[test]
fn standard_input_is_text_unless_told_otherwise() {
    let line = br#"{"text":"Seoul"}"#;
    assert_eq!(lines(&ok(&["tag"], line))[0]["text"], "{\"text\":\"Seoul\"}");
    let tagged = &lines(&ok(&["tag", "--input-format", "jsonl", "-"], line))[0];
    assert_eq!(
        (&tagged["text"], &tagged["id"]),
        (&json!("Seoul"), &json!("stdin:1"))
    );
    refused(&["tag", "-", "-"], b"", 2, &["'-' is given twice"]);
}

#[test]
fn fields_that_the_program_does_not_know_come_out_as_they_came_in() {
    let input = br#"{"url":"http://a","id":12345678901234567890123,"n":12345678901234567890123,"f":1.10,"text":"x","mentions":"old"}"#;
    let output = ok(&["tag", "--input-format", "jsonl"], input);
    assert!(stdout(&output).starts_with(r#"{"schema":1,"id":12345678901234567890123,"date":null,"#));
    assert!(stdout(&output).ends_with("\"url\":\"http://a\",\"n\":12345678901234567890123,\"f\":1.10}\n"));
    assert_eq!(stdout(&output).matches("\"mentions\"").count(), 1);
}

#[test]
fn the_date_is_for_documents_without_one() {
    let input = b"{\"text\":\"a\"}\n{\"text\":\"b\",\"date\":\"2020-01\"}\n";
    let tagged = lines(&ok(
        &["tag", "--input-format", "jsonl", "--date", "2024-10-29"],
        input,
    ));
    assert_eq!(
        (&tagged[0]["date"], &tagged[1]["date"]),
        (&json!("2024-10-29"), &json!("2020-01"))
    );
    refused(
        &["tag", "--date", "yesterday"],
        b"",
        2,
        &["'yesterday'", "expected YYYY"],
    );
}

// --- output ---

#[test]
fn offsets_cut_mentions_out_of_text_with_emoji() {
    let text = "🙂🙂 Seoul and Tokyo met North Korea’s Kim Jong Un 🙂 in Genève, the U.N. said.";
    for unit in ["char", "byte", "utf16"] {
        let tagged = &lines(&ok(&["tag", "--offsets", unit], text.as_bytes()))[0];
        assert_eq!(tagged["offsets"], unit);
        for mention in tagged["mentions"].as_array().unwrap() {
            let [start, end] = ["start", "end"].map(|key| mention[key].as_u64().unwrap() as usize);
            let cut = match unit {
                "char" => text.chars().skip(start).take(end - start).collect(),
                "byte" => text[start..end].to_owned(),
                _ => String::from_utf16(&text.encode_utf16().collect::<Vec<_>>()[start..end]).unwrap(),
            };
            assert_eq!(mention["text"], cut);
        }
    }
    let tagged = &lines(&ok(&["tag", "--no-text"], text.as_bytes()))[0];
    assert_eq!(tagged.get("text"), None);
    refused(
        &["tag", "--no-text", "--format", "html"],
        b"",
        2,
        &["--no-text", "expected --format jsonl"],
    );
}

#[test]
fn every_format_shows_escapes_and_obeys_none() {
    let input = "{\"id\":\"\\u001b[31mid\",\"title\":\"\\u001b]0;title\\u0007\",\"text\":\"Seoul \\u001b[2J\\u009b2J\\u202e Busan\"}";
    for format in ["jsonl", "pretty", "conll", "html"] {
        let output = ok(
            &[
                "tag",
                "--input-format",
                "jsonl",
                "--format",
                format,
                "--color",
                "never",
            ],
            input.as_bytes(),
        );
        let text = stdout(&output);
        assert!(
            !text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']),
            "{format}: {text:?}"
        );
        assert!(text.contains("Seoul"), "{format}: {text}");
    }
    refused(&["tag", "a\u{1b}[31m.txt"], b"", 3, &["a␛[31m.txt"]);
}

#[test]
fn colours_only_where_they_are_asked_for() {
    assert!(!stdout(&ok(&["tag", "--format", "pretty"], b"Seoul")).contains('\u{1b}'));
    assert!(stdout(&ok(&["tag", "--format", "pretty", "--color", "always"], b"Seoul")).contains('\u{1b}'));
}

#[test]
fn a_word_a_line_in_conll() {
    let output = ok(
        &["tag", "--format", "conll"],
        "Choe’s visit to\nthe U.S. ended.".as_bytes(),
    );
    let words: Vec<&str> = stdout(&output)
        .lines()
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    assert_eq!(
        words,
        [
            "-DOCSTART-",
            "",
            "Choe",
            "’s",
            "visit",
            "to",
            "",
            "the",
            "U.S.",
            "ended",
            ".",
            ""
        ]
    );
}

#[test]
fn the_extension_says_the_format_and_links_stay_links() {
    let folder = folder(&[("real.html", b"old")]);
    let page = path(&folder, "page.html");
    ok(&["tag", "--log", "none", "-o", &page], b"Seoul");
    assert!(fs::read_to_string(&page).unwrap().starts_with("<!DOCTYPE html>"));
    #[cfg(unix)]
    {
        let link = folder.path().join("link.html");
        std::os::unix::fs::symlink("real.html", &link).unwrap();
        ok(&["tag", "--log", "none", "-o", link.to_str().unwrap()], b"Seoul");
        assert!(
            link.is_symlink()
                && fs::read_to_string(path(&folder, "real.html"))
                    .unwrap()
                    .contains("Seoul")
        );
    }
}

#[test]
fn what_cannot_be_written_is_told() {
    let folder = folder(&[]);
    refused(
        &["tag", "-o", &path(&folder, "no/such/out.jsonl")],
        b"Seoul",
        5,
        &["no/such/out.jsonl", "No such file"],
    );
    refused(
        &["tag", "-o", folder.path().to_str().unwrap()],
        b"Seoul",
        2,
        &["a folder: expected a file"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_devices_are_written_directly() {
    refused(
        &["tag", "-o", "/dev/full"],
        b"Seoul",
        5,
        &["/dev/full", "No space left"],
    );
    assert!(Path::new("/dev/full").exists());
    ok(&["tag", "--log", "none", "-o", "/dev/null"], b"Seoul");
    let mut child = Command::new(env!("CARGO_BIN_EXE_nomenclator"))
        .args(["tag", "tests/articles/harbour-talks.txt"])
        .stdout(fs::File::options().write(true).open("/dev/full").unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut message = String::new();
    child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    assert_eq!(
        (child.wait().unwrap().code(), message.lines().count()),
        (Some(5), 1),
        "{message}"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    // A field that is passed on fills the pipe faster than text that must be tagged.
    let many: String = (0..900)
        .map(|n| {
            format!(
                "{{\"id\":{n},\"text\":\"Seoul\",\"pad\":\"{}\"}}\n",
                "x".repeat(1000)
            )
        })
        .collect();
    let folder = folder(&[("many.jsonl", many.as_bytes())]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_nomenclator"))
        .args(["tag", &path(&folder, "many.jsonl")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 100]).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).as_ref()
        ),
        (Some(0), "")
    );
}

#[test]
fn the_schema_is_there_to_print() {
    let schema: Value = serde_json::from_str(stdout(&ok(&["tag", "--print-schema"], b""))).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let article = "tests/articles/harbour-talks.txt";
    for options in [
        &["--offsets", "utf16"][..],
        &["--no-text"],
        &["--no-link"],
        &["--date", "2024-04-18"],
    ] {
        let tagged = lines(&ok(&[&["tag", article], options].concat(), b""));
        let errors: Vec<String> = validator
            .iter_errors(&tagged[0])
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        if options == ["--no-link"] {
            assert_eq!(tagged[0]["entities"], json!([]));
        }
    }
}

// --- models, backends, gazetteers ---

/// Writes a model folder of one small layer; `edit` may change its configuration and the tensors' shapes first.
fn small_model(edit: impl FnOnce(&mut Value, &mut Vec<(String, Vec<usize>)>)) -> TempDir {
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

fn with_model(model: &TempDir) -> [&str; 3] {
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

// --- eval ---

const GOLD_CONLL: &[u8] =
    b"-DOCSTART- O\n\nSeoul B-LOC\nsaid O\n. O\n\nKim B-PER\nIl I-PER\nSung I-PER\n. O\n";
const GOLD_JSONL: &str = "{\"id\":\"a\",\"date\":\"2024-01-01\",\"text\":\"Spain said so.\",\"mentions\":[{\"start\":0,\"end\":5,\
    \"surface\":\"Spain\",\"label\":\"LOC\",\"kind\":\"country\",\"name\":\"Spain\",\"qid\":\"Q29\",\"country\":\"ES\",\"via\":\"name\"}]}\n";

#[test]
fn eval_prints_tables_and_json() {
    let folder = folder(&[("a.conll", GOLD_CONLL), ("a.jsonl", GOLD_JSONL.as_bytes())]);
    let (conll, jsonl) = (path(&folder, "a.conll"), path(&folder, "a.jsonl"));
    assert!(stdout(&ok(&["eval", &conll], b"")).starts_with("Recognition, 1 document\n"));

    let report = &lines(&ok(&["eval", "--json", &conll], b""))[0];
    assert_eq!(report.as_object().unwrap().keys().collect::<Vec<_>>(), ["ner"]);
    assert!(report["ner"]["per_label"]["PER"]["recall"].is_number());

    let report = &lines(&ok(&["eval", "--json", &jsonl], b""))[0];
    for scores in [
        &report["ner"]["overall"],
        &report["linking"]["end_to_end"]["country"],
        &report["linking"]["end_to_end"]["overall"],
        &report["linking"]["gold_mentions"]["agency"],
    ] {
        let keys: Vec<&String> = scores.as_object().unwrap().keys().collect();
        assert!(keys.starts_with(&[&"precision".to_owned(), &"recall".to_owned(), &"f1".to_owned()]));
    }
    let given = &report["linking"]["gold_mentions"];
    assert_eq!(given["country"]["f1"], 1.0);
    assert_eq!(given["nil"]["gold"], 0);
    assert_eq!(given["calibration"]["bins"].as_array().unwrap().len(), 10);
}

const SET_JSONL: &[u8] = br#"{"id":"a","text":"Paris: Spain beat France. Spain objects.","mentions":[
    {"start":0,"end":5,"type":"LOC","wiki":"Paris","qid":"Q90"},
    {"start":7,"end":12,"type":"LOC","wiki":"Spain national football team"},
    {"start":18,"end":24,"type":"LOC","wiki":"France"},
    {"start":26,"end":31,"surface":"Spain","type":"LOC","wiki":null,"qid":"Q29"}]}"#;
const ENTITIES_TSV: &[u8] = b"title\tkind\tcountry\tids\tbasis\nSpain\tcountry\tES\tQ29\trigour\n\
    France\tcountry\tFR\t\trigour\nParis\tcapital\tFR\tQ90\tfactbook\nSpain national football team\tteam\t\t\ttitle\n";

#[test]
fn eval_scores_public_linking_sets() {
    let set: Vec<u8> = SET_JSONL.iter().copied().filter(|&byte| byte != b'\n').collect();
    let folder = folder(&[("set.jsonl", &set), ("entities.tsv", ENTITIES_TSV)]);
    let [set, entities, judged] =
        ["set.jsonl", "entities.tsv", "judged.jsonl"].map(|name| path(&folder, name));
    let arguments = [
        "eval",
        &set,
        "--entities",
        &entities,
        "--date",
        "1996-08",
        "--json",
    ];
    for linker in ["context", "exact"] {
        let output = ok(
            &[&arguments[..], &["--linker", linker, "--judgements", &judged]].concat(),
            b"",
        );
        let report = &lines(&output)[0];
        assert_eq!(
            report.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["linking"]
        );
        let given = &report["linking"]["gold_mentions"];
        assert_eq!(given["country"]["gold"], 2);
        assert_eq!(given["country"]["f1"], 1.0);
        assert_eq!(given["apart"]["mentions_left_out"], 1);
        let outcomes: Vec<String> = std::fs::read_to_string(&judged)
            .unwrap()
            .lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["outcome"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        assert_eq!(outcomes[1..], ["left_out", "right", "right"]);
    }
    refused(&["eval", &set], b"", 3, &["set.jsonl:1: missing field"]);
    refused(
        &["eval", &set, "--entities", &set],
        b"",
        3,
        &["set.jsonl:1: '", "expected title, kind"],
    );
    let nowhere = path(&folder, "no/such/file");
    refused(
        &[&arguments[..], &["--judgements", &nowhere]].concat(),
        b"",
        5,
        &["no/such/file"],
    );
}

#[test]
fn eval_maps_and_ignores_labels() {
    let folder = folder(&[
        ("a.conll", GOLD_CONLL),
        ("map.txt", b"# all to nothing\nPER=O\nLOC\tO\nORG O\nMISC=O\n"),
    ]);
    let (conll, map) = (path(&folder, "a.conll"), path(&folder, "map.txt"));
    let report = &lines(&ok(&["eval", "--json", "--label-map", &map, &conll], b""))[0];
    assert_eq!(report["ner"]["per_label"], json!({}));
    let report = &lines(&ok(&["eval", "--json", "--ignore-label", "PER", &conll], b""))[0];
    assert_eq!(report["ner"]["per_label"].get("PER"), None);
}

#[test]
fn eval_refuses_what_is_no_gold() {
    let folder = folder(&[
        ("a.conll", GOLD_CONLL),
        ("bad.conll", b"Seoul B-LOC\nsaid\n"),
        ("a.jsonl", GOLD_JSONL.as_bytes()),
        ("map.txt", b"PER\n"),
        ("bad.jsonl", b"{}\n"),
    ]);
    let [conll, bad, jsonl, map, bad_jsonl] =
        ["a.conll", "bad.conll", "a.jsonl", "map.txt", "bad.jsonl"].map(|name| path(&folder, name));
    refused(
        &["eval", &bad],
        b"",
        3,
        &["bad.conll:2: 'said'", "expected a token"],
    );
    refused(&["eval", &bad_jsonl], b"", 3, &["bad.jsonl:1"]);
    refused(
        &["eval", "no/such.conll"],
        b"",
        3,
        &["no/such.conll", "No such file"],
    );
    refused(
        &["eval", &conll, "--label-map", &map],
        b"",
        3,
        &["map.txt:1: 'PER'", "expected FROM=TO"],
    );
    refused(
        &["eval", &conll, "--require", "country"],
        b"",
        2,
        &["--require needs linking gold"],
    );
    refused(
        &["eval", &jsonl, "--doc", "b"],
        b"",
        3,
        &["no document 'b': expected one of a"],
    );
    refused(&["eval"], b"", 2, &["required", "<GOLD>"]);
}

#[test]
fn a_requirement_that_does_not_hold_ends_with_1() {
    let wrong = GOLD_JSONL.replace("Q29", "Q30");
    let folder = folder(&[("a.jsonl", wrong.as_bytes())]);
    let output = run(
        &[
            "eval",
            &path(&folder, "a.jsonl"),
            "--require",
            "country",
            "--json",
        ],
        b"",
    );
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{messages}");
    assert!(
        messages.starts_with("nomenclator: a: 'Spain' at 0..5: expected Spain (country, Q30, ES), found "),
        "{messages}"
    );
    assert!(
        messages.lines().all(|line| line.starts_with("nomenclator: ")) && messages.lines().count() == 2,
        "{messages}"
    );
    assert_eq!(lines(&output).len(), 1);
    ok(&["eval", &path(&folder, "a.jsonl"), "--require", "official"], b"");
}

// --- the rest ---

#[test]
fn versions_name_program_model_and_gazetteer() {
    let short = ok(&["-V"], b"");
    assert_eq!(
        stdout(&short),
        format!("nomenclator {}\n", env!("CARGO_PKG_VERSION"))
    );
    let long = ok(&["--version"], b"");
    let long: Vec<&str> = stdout(&long).lines().collect();
    assert!(
        long[0] == stdout(&short).trim_end() && long.len() == 3,
        "{long:?}"
    );
    assert!(
        long[1].starts_with("model newswire ") && long[1].contains("sha256 "),
        "{long:?}"
    );
    assert!(
        long[2].starts_with("gazetteer ") && long[2].contains("sha256 "),
        "{long:?}"
    );
}

#[test]
fn help_says_what_exit_codes_mean() {
    for arguments in [
        &["--help"][..],
        &["tag", "--help"],
        &["eval", "--help"],
        &["model", "info", "--help"],
        &["gazetteer", "lookup", "-h"],
    ] {
        assert!(stdout(&ok(arguments, b"")).contains("Usage: nomenclator"));
    }
    assert!(stdout(&ok(&["--help"], b"")).contains("Exit codes:"));
    let nothing = run(&[], b"");
    assert_eq!(nothing.status.code(), Some(2));
    refused(
        &["tag", "--no-such-option"],
        b"",
        2,
        &["--no-such-option", "--help says more"],
    );
    refused(&["tag", "--threads", "0"], b"", 2, &["0", "1..=1024"]);
    refused(&["tga"], b"", 2, &["tga"]);
}

#[test]
fn instructions_and_precision_are_forced_or_refused() {
    let computes = |isa| {
        let output = run_with(Some(isa), &["model", "info", "--json"], b"");
        assert_eq!(output.status.code(), Some(0), "{isa}");
        let info = lines(&output).remove(0);
        (
            info["isa"].as_str().unwrap().to_owned(),
            info["precision"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(computes("scalar"), ("scalar".to_owned(), "f32".to_owned()));
    let unknown = run_with(Some("mmx"), &["tag"], b"Oslo.");
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert_eq!(unknown.status.code(), Some(4));
    assert!(
        said.contains("NOMENCLATOR_ISA=mmx: expected one of scalar, avx2, avx512, amx"),
        "{said}"
    );

    let model = small_model(|_, _| ());
    let arguments = [&["tag", "--no-link"], &with_model(&model)[1..]].concat();
    let found = |precision| {
        let arguments = [&arguments[..], &["--precision", precision]].concat();
        let output = run_with(Some("scalar"), &arguments, b"Anna Larsen said.");
        assert_eq!(output.status.code(), Some(0), "{precision}");
        lines(&output)
    };
    for precision in ["auto", "f32", "bf16", "int8"] {
        assert_eq!(found(precision).len(), 1);
    }
    refused(&["tag", "--precision", "int4"], b"Oslo.", 2, &["int4"]);
}

#[test]
fn bench_reports_in_words_and_in_json() {
    let model = small_model(|_, _| ());
    let corpus = folder(&[(
        "a.jsonl",
        b"{\"text\": \"Oslo said no.\"}\n{\"text\": \"Rome.\"}\n",
    )]);
    let corpus = path(&corpus, "a.jsonl");
    let arguments = [
        &["bench", &corpus, "--whole", "--threads", "1", "--no-link"],
        &with_model(&model)[1..],
    ]
    .concat();
    let report = lines(&ok(&[&arguments[..], &["--json"]].concat(), b"")).remove(0);
    assert_eq!(report["corpus"], json!({"documents": 2, "bytes": 18}));
    assert_eq!(report["runs"].as_array().unwrap().len(), 1);
    let run = &report["runs"][0];
    assert_eq!((&run["threads"], &run["documents"]), (&json!(1), &json!(2)));
    assert!(run["tokens"].as_u64().unwrap() >= 6 && run["tokens_per_second"].as_f64().unwrap() > 0.0);
    assert_eq!(report["alone"]["documents"], 2);
    let words = ok(&arguments, b"");
    for part in ["tokens/s", "encode", "99th percentile", "native, "] {
        assert!(stdout(&words).contains(part), "{part}");
    }

    refused(&["bench", "--whole"], b"", 2, &["FILES"]);
    let empty = folder(&[("a.txt", b" ")]);
    let empty = path(&empty, "a.txt");
    refused(&["bench", &empty], b"", 3, &["expected documents with text"]);
}

#[test]
fn the_model_is_described() {
    let info = ok(&["model", "info"], b"");
    for row in ["model ", "sha256 ", "labels ", "encoder ", "weights ", "windows "] {
        assert!(
            stdout(&info).lines().any(|line| line.starts_with(row)),
            "{row}: {}",
            stdout(&info)
        );
    }
}

/// The article that the README tags.
#[test]
fn the_example_article_is_tagged() {
    let article = PathBuf::from("tests/articles/harbour-talks.txt");
    let tagged = &lines(&ok(&["tag", article.to_str().unwrap()], b""))[0];
    assert_eq!(tagged["text"], fs::read_to_string(&article).unwrap());
    assert_eq!(tagged["id"], "tests/articles/harbour-talks.txt");
}
