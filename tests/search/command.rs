//! `nomenclator search` from outside.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::world::{documents, feed};

fn search(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nomenclator"))
        .arg("search")
        .arg(folder)
        .args(arguments)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env("COLUMNS", "100")
        .output()
        .unwrap()
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    (
        output.status.code(),
        String::from_utf8(output.stdout.clone()).unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
    )
}

fn indexed() -> TempDir {
    let folder = TempDir::new().unwrap();
    let (_, now) = documents();
    feed(folder.path(), now.into_iter().map(|known| known.tagged), 100);
    folder
}

#[test]
fn prints_documents_facets_and_what_names_mean() {
    let folder = indexed();
    let (code, out, err) = told(&search(folder.path(), &["country:DPRK test", "--limit", "2"]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(
        out.starts_with("country:DPRK = North Korea (country:KP, "),
        "{out}"
    );
    assert!(out.contains("|country:KP]") && out.contains("*test*"), "{out}");
    assert!(
        out.contains("countries") && out.contains("officials") && out.contains("labels"),
        "{out}"
    );
    assert!(
        out.contains("\n1-2 of ") && out.contains(" found in 300 documents ("),
        "{out}"
    );
    let (_, colored, _) = told(&search(folder.path(), &["country:KP", "--color", "always"]));
    assert!(colored.contains("\u{1b}["), "{colored}");

    let (code, out, err) = told(&search(folder.path(), &["zebra"]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("nothing in 300 documents ("), "{out}");
    let (code, out, _) = told(&search(
        folder.path(),
        &["-zebra", "--limit", "0", "--facets", "2"],
    ));
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn json_is_one_object_a_query() {
    let folder = indexed();
    let (code, out, err) = told(&search(
        folder.path(),
        &["country:KP test", "--json", "--offset", "1", "--limit", "3"],
    ));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["resolved"][0]["entities"][0]["key"], "country/KP");
    assert_eq!(answer["hits"].as_array().unwrap().len(), 3);
    assert!(answer["total"].as_u64().unwrap() > 4 && answer["took_ms"].is_number());
    let snippet = &answer["hits"][0]["snippet"];
    let [start, end] = [0, 1].map(|at| snippet["matches"][0][at].as_u64().unwrap() as usize);
    let text: Vec<char> = snippet["text"].as_str().unwrap().chars().collect();
    assert!(start < end && end <= text.len());
    assert!(answer["facets"]["label"][0]["documents"].is_u64());
    let total = |query: &str| -> Option<u64> {
        let (_, out, _) = told(&search(folder.path(), &[query, "--json"]));
        serde_json::from_str::<Value>(&out).unwrap()["total"].as_u64()
    };
    assert_eq!(total("label:loc"), total("label:LOC"));
    assert!(total("label:LOC") > Some(0));
}

#[test]
fn queries_of_a_file_are_answered_in_order() {
    let folder = indexed();
    let file = folder.path().with_extension("queries");
    fs::write(&file, "test\n\nAND\ncountry:KP\n").unwrap();
    let name = file.to_str().unwrap();
    let (code, out, err) = told(&search(
        folder.path(),
        &["--queries", name, "--json", "--limit", "1"],
    ));
    let lines: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(code, Some(2));
    assert!(
        err.contains(": 1 of 3 queries are wrong: expected ") && err.lines().count() == 1,
        "{err}"
    );
    assert_eq!(lines.len(), 3);
    assert_eq!(
        (&lines[0]["query"], &lines[2]["query"]),
        (&"test".into(), &"country:KP".into())
    );
    assert_eq!(lines[1]["error"]["column"], 1);
    fs::remove_file(file).unwrap();
}

#[test]
fn a_wrong_query_is_told_in_a_line_and_shown_below() {
    let folder = indexed();
    let (code, out, err) = told(&search(folder.path(), &["missile AND (test"]));
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert_eq!(
        err,
        "nomenclator: query, column 13: this parenthesis is not closed: expected a ')'\n    missile AND (test\n    \
         ____________^\n"
            .replace('_', " ")
    );
    let (code, _, err) = told(&search(folder.path(), &["test", "--min-confidence", "0.85"]));
    assert_eq!(code, Some(2));
    assert!(err.contains("expected 0.5, 0.6, 0.7, 0.8 or 0.9"), "{err}");
}

#[test]
fn a_folder_that_is_no_index_is_refused() {
    let empty = TempDir::new().unwrap();
    for (folder, wrong) in [
        (empty.path().to_owned(), "no index: expected "),
        (empty.path().join("nothing"), "no such folder: expected "),
    ] {
        let (code, _, err) = told(&search(&folder, &["test"]));
        assert_eq!((code, err.lines().count()), (Some(3), 1), "{err}");
        assert!(err.contains(wrong), "{err}");
    }
    let (code, _, err) = told(&search(empty.path(), &["test", "me"]));
    assert_eq!(code, Some(2));
    assert!(
        err.contains("'me' stands behind the query: expected the whole query in quotes"),
        "{err}"
    );
}

/// Bytes of each file are spoilt in turn: an answer or an error in one line, never a panic.
#[test]
fn a_damaged_index_is_told() {
    let folder = indexed();
    let mut refused = 0;
    let files: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    for file in files {
        let whole = fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if whole.is_empty() || name.ends_with("lock") {
            continue;
        }
        for (at, cut) in [
            (0, false),
            (whole.len() / 2, false),
            (whole.len() - 1, false),
            (whole.len() / 3, true),
        ] {
            let mut damaged = whole.clone();
            match cut {
                true => damaged.truncate(at),
                false => damaged[at] ^= 0x5a,
            }
            fs::write(&file, damaged).unwrap();
            let (code, _, err) = told(&search(
                folder.path(),
                &["country:KP \"the of\" NEAR/9 test", "--offset", "1"],
            ));
            assert!(matches!(code, Some(0 | 3)), "{name} at {at}: {code:?} {err}");
            assert!(
                err.lines().count() <= 1 && !err.contains("panicked"),
                "{name} at {at}: {err}"
            );
            assert!(
                code == Some(0) || err.contains(": expected "),
                "{name} at {at}: {err}"
            );
            refused += usize::from(code == Some(3));
        }
        fs::write(&file, whole).unwrap();
    }
    assert!(refused > 10, "{refused}");
    assert_eq!(told(&search(folder.path(), &["test"])).0, Some(0));
}
