//! Records of one's own, and the commands around records, from outside.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use nomenclator::gazetteer::Gazetteer;
use nomenclator::gazetteer::key::fold;
use serde_json::Value;
use tempfile::TempDir;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nomenclator"))
        .arg("gazetteer")
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs what must succeed; gives what it printed.
#[track_caller]
fn ok(arguments: &[&str]) -> String {
    let output = run(arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), message.as_ref()), (Some(0), ""));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs what must fail with this code and one line that holds these words; gives what it printed.
#[track_caller]
fn refused(arguments: &[&str], code: i32, words: &[&str]) -> String {
    let output = run(arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(
        message.starts_with("nomenclator: ") && message.lines().count() == 1,
        "{message:?}"
    );
    for word in words {
        assert!(message.contains(word), "{word:?} in {message:?}");
    }
    String::from_utf8(output.stdout).unwrap()
}

/// A folder with one file of records, and the file's path.
fn file(name: &str, text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// Ids of what a name can mean, with a file of records on top.
fn ids(file: &str, arguments: &[&str]) -> Vec<String> {
    let found: Value = serde_json::from_str(&ok(
        &[&["lookup", "--json", "--gazetteer", file], arguments].concat()
    ))
    .unwrap();
    found
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_table_adds_extends_and_suppresses() {
    let (_folder, path) = file(
        "own.csv",
        "id,kind,name,country,short,former,extends,suppress,remove,sources\n\
         nom:xa-harbour-board,agency,Harbour Board of Atlantis,GB,Atlantean Harbour Board,Port Board@1990..2004,,,,press\n\
         Q423,,,,Hermit Realm,,yes,,DPRK,\n\
         Q30,,,,,,,yes,,\n",
    );
    assert_eq!(ids(&path, &["Atlantean Harbour Board"]), ["nom:xa-harbour-board"]);
    assert_eq!(ids(&path, &["Hermit Realm"]), ["Q423"]);
    assert!(
        ids(&path, &["North Korea"]).contains(&"Q423".to_owned()),
        "what is extended keeps its names"
    );
    assert!(ids(&path, &["DPRK"]).is_empty());
    assert!(!ids(&path, &["United States"]).contains(&"Q30".to_owned()));
    // Names have their time.
    assert_eq!(
        ids(&path, &["Port Board", "--date", "1995-06"]),
        ["nom:xa-harbour-board"]
    );
    assert!(ids(&path, &["Port Board", "--date", "2010"]).is_empty());
    assert!(ids(&path, &["Hermit Realm", "--kind", "agency"]).is_empty());
    assert!(ids(&path, &["Hermit Realm", "--country", "KR"]).is_empty());
    assert_eq!(
        ids(&path, &["Hermit Realm", "--kind", "country", "--country", "kp"]),
        ["Q423"]
    );
}

#[test]
fn lines_extend_and_suppress_as_rows_do() {
    let (_folder, path) = file(
        "own.jsonl",
        "{\"id\":\"Q423\",\"extends\":true,\"aliases\":[{\"text\":\"Hermit Realm\",\"type\":\"short\"}],\"remove\":[\"DPRK\"]}\n\
         {\"id\":\"Q30\",\"suppress\":true}\n",
    );
    assert_eq!(ids(&path, &["Hermit Realm"]), ["Q423"]);
    assert!(ids(&path, &["DPRK"]).is_empty());
    let records = ok(&["export", "--gazetteer", &path, "--kind", "country"]);
    assert!(!records.contains("{\"id\":\"Q30\",") && records.contains("{\"id\":\"Q423\","));
}

#[test]
fn a_change_that_cannot_be_made_is_named() {
    for (name, text, words) in [
        (
            "own.csv",
            "id,extends\nQ999999999,yes\n",
            &["own.csv:2: ", "'Q999999999'"][..],
        ),
        (
            "own.csv",
            "id,extends,remove\nQ423,yes,Nowhere\n",
            &["own.csv:2: ", "'Nowhere' cannot be removed"],
        ),
        ("own.csv", "id,colour\n", &["own.csv:1: ", "'colour'", "expected"]),
        (
            "own.jsonl",
            "\n{\"id\":\"Q999999999\",\"suppress\":true}\n",
            &["own.jsonl:2: "],
        ),
        (
            "own.jsonl",
            "{\"id\":\"Q423\",\"extends\":true,\"from\":\"2001\",\"to\":\"1999\"}",
            &["own.jsonl:1: ", "backwards"],
        ),
    ] {
        let (_folder, path) = file(name, text);
        refused(&["lookup", "x", "--gazetteer", &path], 4, words);
    }
}

#[test]
fn the_gazetteer_that_ships_passes_its_check() {
    let checked: Value = serde_json::from_str(&ok(&["check", "--json"])).unwrap();
    assert_eq!(checked["faults"], Value::from(Vec::<Value>::new()));
    assert_eq!(checked["coverage"]["un_members"], 193);
    assert!(checked["coverage"]["kinds"]["official"].as_u64().unwrap() > 20_000);
    assert!(checked["coverage"]["countries"]["FR"]["agency"].as_u64().unwrap() > 10);
    let text = ok(&["check", "models/gazetteer", "--alone"]);
    assert!(
        text.contains("; 0 faults") && text.contains("UN members without a current head of state"),
        "{text}"
    );
}

#[test]
fn every_fault_of_a_file_is_told_with_its_line() {
    let (_folder, path) = file(
        "own.csv",
        "id,kind,name,country,from,to\n\
         nom:a,agency,Port Board of Kent,GB,,\n\
         nom:b,agency,Port board of Kent,GB,,\n\
         nom:c,agency,Board,ZZ,,\n\
         nom:d,agency,Harbour Office of Kent,GB,2001,2000\n\
         nom:a,agency,Customs of Kent,GB,,\n\
         nom:e,planet,Mars,GB,,\n",
    );
    let (_table, ambiguous) = file(
        "ambiguous.tsv",
        "Port Board of Kent\tagency\tGB\tnom:a;nom:z\twrong ids\n",
    );
    // Ids that are not the row's let nothing pass.
    for arguments in [
        &["check", &path][..],
        &["check", &path, "--ambiguous", &ambiguous],
    ] {
        let out = refused(arguments, 1, &["faults in the gazetteer"]);
        for (line, part) in [
            (4, "unknown country 'ZZ'"),
            (4, "'Board' is a common word"),
            (5, "runs backwards"),
            (6, "the id stands at"),
            (7, "planet"),
        ] {
            let told = out
                .lines()
                .any(|told| told.contains(&format!("own.csv:{line}: ")) && told.contains(part));
            assert!(told, "{line} {part}: {out}");
        }
    }
    let (_folder, path) = file(
        "own.csv",
        "id,kind,name,country\nnom:a,agency,Port Board of Kent,GB\nnom:b,agency,Port board of Kent,GB\n",
    );
    assert!(
        refused(&["check", &path], 1, &["1 fault"])
            .contains("own.csv:3: nom:b: 'Port board of Kent' is also a strong name of nom:a")
    );
    let (_table, ambiguous) = file(
        "ambiguous.tsv",
        "Port Board of Kent\tagency\tGB\tnom:a;nom:b\ttwo bodies of one name\n",
    );
    let (_gb, country) = file("gb.csv", "id,kind,name,country\nQ145,country,United Kingdom,GB\n");
    let passes = ok(&["check", "--alone", &path, &country, "--ambiguous", &ambiguous]);
    assert!(
        passes.contains("3 records: 2 agency, 1 country; 0 faults"),
        "{passes}"
    );
    refused(
        &["check", "--alone", &path, &country, "--ambiguous", &path],
        4,
        &["own.csv:1: ", "expected name, kind"],
    );
    refused(&["check", "no/such.csv"], 4, &["no/such.csv"]);
    refused(&["check", "--alone"], 2, &["FILE"]);
}

#[test]
fn an_export_gives_the_same_gazetteer() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = Gazetteer::embedded().unwrap();
    for name in ["all.jsonl", "all.csv"] {
        let path: PathBuf = folder.path().join(name);
        ok(&["export", "--output", path.to_str().unwrap()]);
        let mut again = Gazetteer::default();
        again.add_file(&path).unwrap();
        assert_eq!(again.len(), shipped.len());
        for reference in shipped.references().step_by(7) {
            let record = shipped.record(reference).unwrap();
            let copy = again.record(again.reference(&record.id).unwrap()).unwrap();
            assert_eq!(
                (&copy.tenures, &copy.sources, &copy.relations),
                (&record.tenures, &record.sources, &record.relations)
            );
            let names = record
                .aliases
                .iter()
                .map(|alias| alias.text.as_str())
                .chain([record.name.as_str()]);
            for name in names {
                let found = |gazetteer: &Gazetteer| {
                    let hits = gazetteer
                        .hits(&fold(name))
                        .into_iter()
                        .chain(gazetteer.surname_hits(&fold(name)));
                    let mut found: Vec<_> = (hits
                        .map(|hit| (gazetteer.entity(hit.entity).unwrap().id, hit.posting)))
                    .map(|(id, posting)| (id, posting.sort, posting.weak, posting.country, posting.standing))
                    .collect();
                    found.sort();
                    found
                };
                assert_eq!(found(&again), found(&shipped), "{name}");
            }
        }
    }
}

#[test]
fn an_export_is_filtered() {
    let lines = ok(&["export", "--kind", "agency", "--country", "NZ"]);
    assert!(lines.lines().count() > 10);
    for line in lines.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&record["kind"], &record["country"]),
            (&"agency".into(), &"NZ".into())
        );
        assert!(!record["sources"].as_array().unwrap().is_empty());
    }
    let table = ok(&["export", "--kind", "agency", "--country", "NZ", "--format", "csv"]);
    assert!(table.starts_with("id,kind,subkind,name,country,"));
    assert_eq!(table.lines().count(), lines.lines().count() + 1);
    refused(
        &["export", "--output", "no/such/folder/all.csv"],
        5,
        &["no/such/folder/all.csv"],
    );
}

#[test]
fn stats_count_what_export_writes() {
    let stats: Value = serde_json::from_str(&ok(&["stats", "--json"])).unwrap();
    let records = ok(&["export"]);
    assert_eq!(stats["records"], records.lines().count());
    assert_eq!(
        stats["aliases"]["acronym"],
        records.matches("\"type\":\"acronym\"").count()
    );
    assert_eq!(stats["sources"]["wikidata"]["licence"], "CC0");
    assert_eq!(stats["sha256"][0].as_str().unwrap().len(), 64);
    let text = ok(&["stats"]);
    assert!(
        text.contains("Aliases by type") && text.contains("wikidata (CC0)"),
        "{text}"
    );
}

#[test]
fn a_lookup_says_where_the_record_is_from() {
    let found: Value =
        serde_json::from_str(&ok(&["lookup", "--json", "North Korea", "--kind", "country"])).unwrap();
    assert!(
        found[0]["sources"].as_array().unwrap().contains(&"rigour".into()),
        "{found}"
    );
}
