//! OpenSearch and Elasticsearch as feeds, against a server that speaks their protocol with its failures; the bulk format.

mod feeding;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use feeding::opensearch::{Behaviour, Server, State};
use feeding::{hostile, ordinary, pieces};
use nomenclator::document::TaggedDocument;
use nomenclator::output::jsonl::JsonLines;
use nomenclator::output::{DocumentFormat, OffsetUnit};
use nomenclator::search::opensearch::bulk::{Bulk, MAPPING};
use nomenclator::search::opensearch::{Options, open_with};
use nomenclator::search::{Feed, FeedError, Fingerprint, ids};
use serde_json::{Value, json};

/// The address of a child process's server.
const CHILD: &str = "NOMENCLATOR_TEST_CHILD";

fn small() -> Options {
    Options {
        documents: 20,
        patience: Duration::from_secs(60),
        timeout: Duration::from_millis(500),
        ..Options::default()
    }
}

fn add_all(feed: &mut dyn Feed, documents: &[TaggedDocument]) -> Result<(), FeedError> {
    for document in documents {
        feed.add(document, Fingerprint::of_tagged(document))?;
    }
    feed.finish()
}

/// Mentions as JSON Lines has them, with the link's values beside the others and the entity's key.
fn mentions(tagged: &TaggedDocument) -> Vec<Value> {
    let mut line = Vec::new();
    let lines = JsonLines {
        offsets: OffsetUnit::Char,
        text: false,
    };
    let mut tagged = tagged.clone();
    tagged.document.extra.clear();
    lines.write(&tagged, &mut line).unwrap();
    let line: Value = serde_json::from_slice(&line).unwrap();
    let written = line["mentions"].as_array().unwrap().iter().zip(&tagged.mentions);
    let flat = written.map(|(written, mention)| {
        let mut flat = written.as_object().unwrap().clone();
        if let Some(Value::Object(link)) = flat.remove("link") {
            flat.extend(link);
            let key = mention.link.as_ref().unwrap().entity_key();
            flat.insert("entity".to_owned(), ids::stored_key(key).into());
        }
        Value::Object(flat)
    });
    flat.collect()
}

/// Whether a document is there as it was given.
fn assert_source(source: &Value, tagged: &TaggedDocument) {
    let document = &tagged.document;
    assert_eq!(
        source["mentions"],
        Value::from(mentions(tagged)),
        "{}",
        document.id
    );
    assert_eq!(source["text"], document.text.as_str());
    assert_eq!(source["title"], json!(document.title));
    assert_eq!(source["source"], json!(document.source));
    assert_eq!(source["date"], json!(document.date.map(|date| date.to_string())));
    let own = source.get("long_id").unwrap_or(&source["id"]);
    assert_eq!(own, document.id.as_str());
    assert_eq!(source["fingerprint"], Fingerprint::of_tagged(tagged).to_string());
    let keys: BTreeSet<&str> = source["mentions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|mention| mention["entity"].as_str())
        .collect();
    assert_eq!(source["entities"], json!(keys));
}

/// Whether the server has these documents, each once, and no others.
fn assert_has(state: &State, documents: &[TaggedDocument]) {
    let expected: BTreeMap<_, _> = documents
        .iter()
        .map(|tagged| (ids::stored(&tagged.document.id).into_owned(), tagged))
        .collect();
    let there: Vec<_> = state.documents.keys().collect();
    assert_eq!(there, expected.keys().collect::<Vec<_>>());
    for (id, tagged) in expected {
        assert_source(&state.documents[&id], tagged);
    }
}

#[test]
fn mentions_come_back_from_ordinary_and_hostile_documents() {
    for query in ["", "?gzip=yes"] {
        let server = Server::start(Behaviour::default());
        let mut documents = hostile();
        documents.extend(ordinary(1, 100));
        let options = Options {
            patience: Duration::from_secs(60),
            ..Options::default()
        };
        let mut feed = open_with(&format!("{}{query}", server.url()), &options).unwrap();
        add_all(&mut *feed, &documents).unwrap();
        assert_eq!((feed.refused(), feed.notices()), (vec![], vec![]));
        assert_eq!(feed.documents().unwrap(), documents.len() as u64);
        let mut known = feed.known().unwrap();
        for document in &documents {
            let print = known.fingerprint(&document.document.id).unwrap();
            assert_eq!(print, Some(Fingerprint::of_tagged(document)));
        }
        assert_eq!(known.fingerprint("..").unwrap(), None);
        server.state(|state| {
            assert_has(state, &documents);
            assert!(state.refreshed);
            assert_eq!(state.gzipped > 0, !query.is_empty());
        });
    }
}

#[test]
fn whatever_fails_all_is_there_once_and_refused_is_what_the_server_refuses() {
    let mut faults: BTreeMap<&str, usize> = BTreeMap::new();
    let runs: Vec<_> = (0..5)
        .map(|seed| thread::spawn(move || with_faults(seed)))
        .collect();
    for run in runs {
        for (name, count) in run.join().unwrap() {
            *faults.entry(name).or_default() += count;
        }
    }
    println!("{faults:?}");
    assert_eq!(faults.len(), 10, "every fault at least once: {faults:?}");
}

/// Documents into a server that fails at every turn; gives its faults.
fn with_faults(seed: u64) -> BTreeMap<&'static str, usize> {
    let server = Server::start(Behaviour {
        faults: 40,
        seed,
        most_bytes: 30_000,
        ..Behaviour::default()
    });
    let mut documents = ordinary(seed, 170);
    let bad: Vec<String> = ["refuse 1", "poison", "refuse 2", "refuse too large"]
        .map(str::to_owned)
        .to_vec();
    for (number, id) in bad.iter().enumerate() {
        let text = if id.ends_with("large") {
            "x ".repeat(20_000)
        } else {
            "x".to_owned()
        };
        documents.insert(40 * number + 7, pieces(id, &[(&text, Some(("PER", None)))]));
    }
    let mut feed = open_with(&server.url(), &small()).unwrap();
    add_all(&mut *feed, &documents).unwrap();
    let refused: BTreeSet<String> = feed.refused().into_iter().map(|refused| refused.id).collect();
    assert_eq!(refused, bad.iter().cloned().collect(), "seed {seed}");
    let mut known = feed.known().unwrap();
    assert!(known.fingerprint("article-7").unwrap().is_some());
    documents.retain(|tagged| !bad.contains(&tagged.document.id));
    // Every tenth goes again, one that is not there, and one that waits.
    let mut number = 0;
    documents.retain(|tagged| {
        number += 1;
        if number % 10 == 0 {
            feed.remove(&tagged.document.id).unwrap();
        }
        number % 10 != 0
    });
    feed.remove("never there").unwrap();
    let waits = pieces("waits", &[("x", None)]);
    feed.add(&waits, Fingerprint::of_tagged(&waits)).unwrap();
    feed.remove("waits").unwrap();
    feed.finish().unwrap();
    assert_eq!(feed.refused(), []);
    assert_eq!(feed.documents().unwrap(), documents.len() as u64);
    server.state(|state| {
        assert_has(state, &documents);
        std::mem::take(&mut state.faults)
    })
}

#[test]
fn only_documents_that_were_not_taken_are_sent_again() {
    let server = Server::start(Behaviour {
        busy: true,
        seed: 3,
        ..Behaviour::default()
    });
    let documents = ordinary(3, 20);
    let mut feed = open_with(&server.url(), &small()).unwrap();
    add_all(&mut *feed, &documents).unwrap();
    server.state(|state| {
        assert_has(state, &documents);
        assert!(state.requests.len() > 2);
        for pair in state.requests.windows(2) {
            let failed = pair[0].0.iter().filter(|(_, status)| *status >= 400);
            let failed: Vec<&String> = failed.map(|(id, _)| id).collect();
            let sent: Vec<&String> = pair[1].0.iter().map(|(id, _)| id).collect();
            assert_eq!(sent, failed);
        }
    });
}

#[test]
fn retry_after_is_honoured_and_the_wait_has_an_end() {
    let server = Server::start(Behaviour {
        retry_after: Some(1),
        ..Behaviour::default()
    });
    let documents = ordinary(4, 10);
    let mut feed = open_with(&server.url(), &small()).unwrap();
    add_all(&mut *feed, &documents).unwrap();
    server.state(|state| {
        assert_eq!(state.requests.len(), 2);
        assert!(state.requests[1].1 - state.requests[0].1 >= Duration::from_secs(1));
        assert_has(state, &documents);
    });

    server.behave(|behaviour| behaviour.broken = Some(503));
    let options = Options {
        patience: Duration::from_millis(300),
        ..small()
    };
    let mut feed = open_with(&server.url(), &options).unwrap();
    let more = ordinary(5, 30);
    let error = more
        .iter()
        .try_for_each(|document| feed.add(document, Fingerprint::of_tagged(document)));
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("status 503") && error.contains("times in 0 s: expected"),
        "{error}"
    );
    // What was not taken is kept, and sent when the server is well again.
    server.behave(|behaviour| behaviour.broken = None);
    feed.finish().unwrap();
    server.state(|state| assert_eq!(state.documents.len(), 20));
}

#[test]
fn without_the_plugin_the_text_is_not_annotated_and_that_is_told_once() {
    let server = Server::start(Behaviour {
        plugin: false,
        ..Behaviour::default()
    });
    let documents = ordinary(6, 5);
    let mut feed = open_with(&server.url(), &small()).unwrap();
    let notices = feed.notices();
    assert!(
        notices.len() == 1 && notices[0].contains("mapper-annotated-text"),
        "{notices:?}"
    );
    add_all(&mut *feed, &documents).unwrap();
    assert!(open_with(&server.url(), &small()).unwrap().notices().is_empty());
    server.state(|state| {
        let annotated = &state.index.as_ref().unwrap()["mappings"]["properties"]["annotated"];
        assert_eq!(annotated, &json!({"type": "text", "index": false}));
        assert_has(state, &documents);
    });
}

#[test]
fn indexes_that_are_not_ours_or_newer_are_refused_and_left_alone() {
    for (mapping, said) in [
        (
            json!({"mappings": {"properties": {}}}),
            "another mapping: expected a new name",
        ),
        (json!({}), "another mapping: expected a new name"),
        (
            json!({"mappings": {"_meta": {"nomenclator": {"kind": "documents", "version": 2}}}}),
            "version 2: expected version 1",
        ),
        (
            json!({"mappings": {"_meta": {"nomenclator": {"kind": "other", "version": 1}}}}),
            "another mapping",
        ),
    ] {
        let server = Server::start(Behaviour::default());
        server.state(|state| state.index = Some(mapping.clone()));
        let refused = open_with(&server.url(), &small()).err().unwrap();
        assert!(
            matches!(refused, FeedError::Unusable { .. }) && refused.to_string().contains(said),
            "{refused}"
        );
        server.state(|state| assert_eq!(state.index, Some(mapping)));
    }
    let error = open_with("opensearch://127.0.0.1:1/news", &small())
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("expected a server that answers"), "{error}");
}

/// What a child process does: writes a few documents. In the tests' own process there is nothing to do.
#[test]
fn child() {
    let Ok(url) = std::env::var(CHILD) else { return };
    let written = open_with(&url, &small()).and_then(|mut feed| add_all(&mut *feed, &ordinary(7, 5)));
    match written {
        Ok(()) => println!("finished"),
        Err(error) => println!("error {error} {error:?}"),
    }
}

#[test]
fn credentials_come_from_the_environment_or_a_file_and_are_never_shown() {
    let said = |url: &str, variables: &[(&str, &str)]| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--nocapture"]).env(CHILD, url);
        command.envs(variables.iter().copied());
        let Output { stdout, stderr, .. } = command.output().unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr)
        );
        assert!(
            !said.contains("s3cret") && !said.contains("YW5uOnMzY3JldA"),
            "{said}"
        );
        said
    };
    let server = Server::start(Behaviour {
        authorization: Some("Basic YW5uOnMzY3JldA==".to_owned()),
        ..Behaviour::default()
    });
    let url = server.url();
    let elastic = url.replace("opensearch", "elasticsearch");
    let (user, password) = (("OPENSEARCH_USERNAME", "ann"), ("OPENSEARCH_PASSWORD", "s3cret"));
    assert!(said(&url, &[user, password]).contains("finished"));
    let (elastic_user, elastic_password) = (
        ("ELASTICSEARCH_USERNAME", "ann"),
        ("ELASTICSEARCH_PASSWORD", "s3cret"),
    );
    assert!(said(&elastic, &[elastic_user, elastic_password]).contains("finished"));
    let wrong = said(&url, &[user, ("OPENSEARCH_PASSWORD", "s3cret, wrong")]);
    assert!(
        wrong.contains("the credentials do not suffice: expected OPENSEARCH_USERNAME")
            && wrong.contains("***"),
        "{wrong}"
    );
    let none = said(&elastic, &[user, password]);
    assert!(
        none.contains("no credentials were given: expected ELASTICSEARCH_USERNAME"),
        "{none}"
    );
    assert!(
        said(&url.replace("://", "://ann:s3cret@"), &[]).contains("expected them in OPENSEARCH_USERNAME")
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    std::fs::write(&file, "username=ann\npassword=s3cret\n").unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let file = ("OPENSEARCH_CREDENTIALS_FILE", file.to_str().unwrap());
    assert!(said(&url, &[file]).contains("finished"));
    server.behave(|behaviour| behaviour.authorization = Some("ApiKey s3cret-key".to_owned()));
    assert!(said(&url, &[("OPENSEARCH_API_KEY", "s3cret-key")]).contains("finished"));
    let wrong = said(&url, &[("OPENSEARCH_API_KEY", "s3cret-other")]);
    assert!(wrong.contains("do not suffice"), "{wrong}");
}

/// The sources of a bulk file by `_id`; every other line is an action.
fn sources(lines: &str) -> BTreeMap<String, Value> {
    let mut sources = BTreeMap::new();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for pair in lines.chunks(2) {
        let id = pair[0]["index"]["_id"].as_str().unwrap().to_owned();
        assert_eq!(pair[0], json!({"index": {"_id": id}}));
        assert_eq!(pair[1]["id"], *id);
        assert!(sources.insert(id, pair[1].clone()).is_none());
    }
    sources
}

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text),
        Some("zst") => zstd::Decoder::new(file).unwrap().read_to_string(&mut text),
        _ => { file }.read_to_string(&mut text),
    }
    .unwrap();
    text
}

fn nomenclator(arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin("nomenclator"));
    command.args(arguments).stdin(Stdio::null());
    command
}

#[test]
fn bulk_files_give_the_mentions_back_whatever_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut documents = ordinary(8, 60);
    documents.extend(hostile());
    // Half a surrogate pair and a number without end are JSON that is not read back.
    documents.retain(|tagged| tagged.document.id != "extra");
    let mut tagged = Vec::new();
    let mut expected = Vec::new();
    for document in &documents {
        let lines = JsonLines {
            offsets: OffsetUnit::Char,
            text: true,
        };
        lines.write(document, &mut tagged).unwrap();
        Bulk.write(document, &mut expected).unwrap();
    }
    std::fs::write(path("tagged.jsonl"), &tagged).unwrap();
    let expected = String::from_utf8(expected).unwrap();
    for document in &documents {
        let id = ids::stored(&document.document.id).into_owned();
        assert_source(&sources(&expected)[&id], document);
    }
    let input = path("tagged.jsonl").display().to_string();
    for name in [
        "a.bulk",
        "a.bulk.gz",
        "a.bulk.zst",
        "a.bulk.ndjson",
        "a.bulk.ndjson.gz",
    ] {
        let output = path(name).display().to_string();
        let said = nomenclator(&["convert", &input, "-o", &output]).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        let written = sources(&unpacked(&path(name)));
        assert_eq!(written.len(), documents.len());
        for document in &documents {
            let id = ids::stored(&document.document.id).into_owned();
            assert_eq!(
                written[&id]["mentions"],
                Value::from(mentions(document)),
                "{name}: {id}"
            );
        }
    }
    let said = nomenclator(&["convert", &input, "--format", "bulk"])
        .output()
        .unwrap();
    assert_eq!(
        sources(&String::from_utf8(said.stdout).unwrap()).len(),
        documents.len()
    );
}

#[test]
fn tag_writes_bulk_files_in_shards_and_goes_on_where_it_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut input = std::fs::File::create(folder.path().join("in.jsonl")).unwrap();
    for tagged in ordinary(9, 120) {
        let (id, text) = (tagged.document.id, tagged.document.text.repeat(2));
        writeln!(input, "{}", json!({"id": id, "text": text})).unwrap();
    }
    drop(input);
    let tag = |output: &str| {
        let mut command = nomenclator(&["tag", "in.jsonl", "--model"]);
        command.arg(std::env::current_dir().unwrap().join("tests/golden/uncased"));
        command.current_dir(folder.path()).args(["--output", output]);
        command
    };
    let said = tag("whole.bulk").output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let whole = std::fs::read_to_string(folder.path().join("whole.bulk")).unwrap();
    let documents = sources(&whole);
    assert_eq!(documents.len(), 120);
    assert!(
        documents
            .values()
            .any(|source| !source["mentions"].as_array().unwrap().is_empty())
    );

    let mut killed = tag("killed.bulk.gz").spawn().unwrap();
    while !folder.path().join("killed.bulk.gz.journal").exists() && killed.try_wait().unwrap().is_none() {
        thread::yield_now();
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(tag("killed.bulk.gz").status().unwrap().success());
    assert!(
        unpacked(&folder.path().join("killed.bulk.gz")) == whole,
        "the same as in one go"
    );

    assert!(
        tag("shards.bulk")
            .args(["--shard-size", "50"])
            .status()
            .unwrap()
            .success()
    );
    let mut shards: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("shards"))
        .filter(|path| path.extension().is_some_and(|extension| extension == "bulk"))
        .collect();
    shards.sort();
    assert_eq!(shards.len(), 3, "{shards:?}");
    let all: String = shards.iter().map(|shard| unpacked(shard)).collect();
    assert!(all == whole, "shards are the whole in pieces");
}

/// Fields that the README's queries name are fields of the mapping.
#[test]
fn queries_of_the_readme_fit_the_mapping() {
    let mapping: Value = serde_json::from_str(MAPPING).unwrap();
    let properties = mapping["mappings"]["properties"].as_object().unwrap();
    let mut fields: BTreeSet<String> = properties.keys().cloned().collect();
    for name in properties["mentions"]["properties"].as_object().unwrap().keys() {
        fields.insert(format!("mentions.{name}"));
    }
    let readme = include_str!("../src/search/README.md");
    let queries: Vec<Value> = readme
        .split("```json\n")
        .skip(1)
        .map(|rest| serde_json::from_str(rest.split("```").next().unwrap()).unwrap())
        .collect();
    assert!(queries.len() >= 4);
    for query in &queries {
        assert!(named(query, &fields) > 0, "{query}");
    }
}

/// How many fields a query names, each of which must be one of `fields`.
fn named(query: &Value, fields: &BTreeSet<String>) -> usize {
    let by_field = ["term", "range", "match_phrase", "span_term", "fields"];
    match query {
        Value::Array(all) => all.iter().map(|query| named(query, fields)).sum(),
        Value::Object(all) => all
            .iter()
            .map(|(key, value)| match value {
                Value::Object(inner) if by_field.contains(&&**key) => {
                    for field in inner.keys() {
                        assert!(fields.contains(field), "{field}");
                    }
                    inner.len()
                }
                Value::String(field) if key == "field" || key == "path" => {
                    assert!(fields.contains(field), "{field}");
                    1
                }
                value => named(value, fields),
            })
            .sum(),
        _ => 0,
    }
}
