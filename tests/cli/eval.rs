//! `eval` on sets that it can and cannot read.

use super::*;

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
