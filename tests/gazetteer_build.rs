//! `nomenclator gazetteer build` and its indexes, from the command line.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

const AGENCY: &str = r#"{"id":"nom:a","kind":"agency","name":"Harbour Authority of Ruritania","country":"XX",
"aliases":[{"text":"HAR","type":"acronym"}],"sources":["own"]}"#;
const COUNTRY: &str =
    r#"{"id":"nom:b","kind":"country","name":"Ruritania","country":"XX","sources":["own"]}"#;

fn nomenclator() -> Command {
    Command::cargo_bin("nomenclator").unwrap()
}

fn records(folder: &Path, name: &str, lines: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let lines: Vec<String> = lines.iter().map(|line| line.replace('\n', " ")).collect();
    fs::write(&path, lines.join("\n")).unwrap();
    path
}

fn build(records: &Path, index: &Path) -> assert_cmd::assert::Assert {
    nomenclator()
        .args(["gazetteer", "build"])
        .arg(records)
        .arg("--output")
        .arg(index)
        .assert()
}

fn lookup(name: &str, arguments: &[&str]) -> assert_cmd::assert::Assert {
    nomenclator()
        .args(["gazetteer", "lookup", "--json", name])
        .args(arguments)
        .assert()
}

#[test]
fn an_index_is_built_of_a_folder_and_looked_up_alone_or_on_top() {
    let folder = tempfile::tempdir().unwrap();
    let sources = folder.path().join("sources");
    fs::create_dir(&sources).unwrap();
    records(&sources, "agencies.jsonl", &[AGENCY]);
    records(&sources, "countries.jsonl", &[COUNTRY]);
    fs::write(sources.join("README.md"), "no records").unwrap();
    let index = folder.path().join("names.idx");
    build(&sources, &index).success().stdout("").stderr("");
    let index = index.to_str().unwrap();

    let on_top = ["--gazetteer", index];
    let alone = ["--gazetteer", index, "--no-default-gazetteer"];
    for arguments in [&on_top[..], &alone] {
        lookup("harbour authority of ruritania", arguments)
            .success()
            .stdout(contains(r#""id":"nom:a""#));
        // The countries among the records are known in the names of its bodies.
        lookup("Harbour Authority", arguments)
            .success()
            .stdout(contains(r#""type":"generic""#));
    }
    lookup("Spain", &on_top)
        .success()
        .stdout(contains(r#""id":"Q29""#));
    lookup("Spain", &alone).success().stdout("[]\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_known_id_is_replaced_by_an_index_on_top() {
    let folder = tempfile::tempdir().unwrap();
    let spain = r#"{"id":"Q29","kind":"country","name":"Hispania","country":"ES","sources":["own"]}"#;
    let index = folder.path().join("names.idx");
    build(&records(folder.path(), "own.jsonl", &[spain]), &index).success();
    let on_top = ["--gazetteer", index.to_str().unwrap()];
    lookup("Hispania", &on_top)
        .success()
        .stdout(contains(r#""id":"Q29""#));
    lookup("Spain", &on_top)
        .success()
        .stdout(contains(r#""id":"Q29""#).not());
}

#[test]
fn bad_records_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("names.idx");
    let other = AGENCY.replace("Harbour", "Port");
    for (lines, message) in [
        (&[AGENCY, r#"{"id":"nom:c"}"#][..], "own.jsonl:2: "),
        (&[AGENCY, COUNTRY, "", "{"], "own.jsonl:4: "),
        (
            &[AGENCY, &other],
            "'nom:a' stands on two records ('Harbour Authority of Ruritania' and 'Port Authority of Ruritania')",
        ),
    ] {
        let own = records(folder.path(), "own.jsonl", lines);
        let refused = build(&own, &index).failure().code(3).stdout("");
        refused.stderr(contains(message).and(predicate::function(|text: &str| text.lines().count() == 1)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{message}");
    }

    let missing = folder.path().join("none.jsonl");
    build(&missing, &index)
        .failure()
        .code(3)
        .stderr(contains("none.jsonl"));
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    build(&empty, &index)
        .failure()
        .code(3)
        .stderr(contains("*.jsonl"));

    // An index that is there stays what it is.
    build(&records(folder.path(), "own.jsonl", &[AGENCY]), &index).success();
    let before = fs::read(&index).unwrap();
    build(&records(folder.path(), "own.jsonl", &["{"]), &index)
        .failure()
        .code(3);
    assert!(fs::read(&index).unwrap() == before);
    let nowhere = folder.path().join("no folder").join("names.idx");
    build(&records(folder.path(), "own.jsonl", &[AGENCY]), &nowhere)
        .failure()
        .code(5);
}

#[test]
fn an_unusable_index_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("names.idx");
    build(&records(folder.path(), "own.jsonl", &[AGENCY]), &index).success();
    let good = fs::read(&index).unwrap();
    let mut older = good.clone();
    older[8] = 1;
    let mut header = good.clone();
    header[100] ^= 1;
    let mut content = good.clone();
    content[4200] ^= 1;
    for (bytes, message) in [
        (&older[..], "format version 1, this program reads version"),
        (&header, "checksum of its header"),
        (&content, "from byte 4096 on"),
        (&good[..good.len() - 1], "bytes, expected"),
        (&good[..20], "header"),
        (b"", "no gazetteer index"),
        (b"{}", "no gazetteer index"),
    ] {
        fs::write(&index, bytes).unwrap();
        lookup("HAR", &["--gazetteer", index.to_str().unwrap()])
            .failure()
            .code(4)
            .stdout("")
            .stderr(contains("names.idx: ").and(contains(message)))
            .stderr(predicate::function(|text: &str| text.lines().count() == 1));
    }
}

#[test]
fn no_default_gazetteer_needs_another() {
    lookup("Spain", &["--no-default-gazetteer"])
        .failure()
        .code(2)
        .stderr(contains("--gazetteer"));
}
