//! The program from outside: what it prints, what it refuses, and the exit code it ends with.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

mod eval;
mod input;
mod models;
mod output;
#[path = "../program/mod.rs"]
mod program;

use models::{small_model, with_model};

/// Runs the program with `input` on standard input.
fn run(arguments: &[&str], input: &[u8]) -> Output {
    program::run(None, arguments, input)
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
        let output = program::run(Some(isa), &["model", "info", "--json"], b"");
        assert_eq!(output.status.code(), Some(0), "{isa}");
        let info = lines(&output).remove(0);
        (
            info["isa"].as_str().unwrap().to_owned(),
            info["precision"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(computes("scalar"), ("scalar".to_owned(), "f32".to_owned()));
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        assert_eq!(computes("avx2"), ("avx2".to_owned(), "int8".to_owned()));
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("dotprod") {
        assert_eq!(computes("neon"), ("neon".to_owned(), "int8".to_owned()));
    }
    let unknown = program::run(Some("mmx"), &["tag"], b"Oslo.");
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert_eq!(unknown.status.code(), Some(4));
    assert!(
        said.contains("NOMENCLATOR_ISA=mmx: expected one of scalar, neon, avx2, avx512, amx"),
        "{said}"
    );

    let model = small_model(|_, _| ());
    let arguments = [&["tag", "--no-link"], &with_model(&model)[1..]].concat();
    let found = |precision| {
        let arguments = [&arguments[..], &["--precision", precision]].concat();
        let output = program::run(Some("scalar"), &arguments, b"Anna Larsen said.");
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
        &["bench", &corpus, "--whole", "--threads", "2", "--no-link"],
        &with_model(&model)[1..],
    ]
    .concat();
    let report = lines(&ok(&[&arguments[..], &["--json"]].concat(), b"")).remove(0);
    assert_eq!(report["corpus"], json!({"documents": 2, "bytes": 18}));
    assert_eq!(report["runs"].as_array().unwrap().len(), 2);
    let scaling = &report["scaling"];
    assert_eq!(scaling["threads"], 2);
    assert!(scaling["tokens"].as_f64().unwrap() > 0.0 && scaling["peak"].as_f64().unwrap() > 0.0);
    let encoder = &report["encoder_on_one_thread"];
    for share in [
        "share_of_peak",
        "linear_share_of_time",
        "linear_share_of_peak",
        "attention_share_of_time",
    ] {
        let share = encoder[share].as_f64().unwrap();
        assert!(share > 0.0 && share < 1.0, "{encoder}");
    }
    let run = &report["runs"][0];
    assert_eq!((&run["threads"], &run["documents"]), (&json!(1), &json!(2)));
    assert!(run["tokens"].as_u64().unwrap() >= 6 && run["tokens_per_second"].as_f64().unwrap() > 0.0);
    assert_eq!(report["alone"]["documents"], 2);
    let words = ok(&arguments, b"");
    for part in [
        "tokens/s",
        "encode",
        "99th percentile",
        "native, ",
        "linear layers",
        "2 threads: ",
    ] {
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
