//! PostgreSQL as a feed, against a real server: what goes in comes back, whatever ends on either side.
//!
//! Skipped where no server is installed, unless `NOMENCLATOR_TEST_POSTGRES=required`.

mod feeding;

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use feeding::postgres::{PASSWORD, Server};
use feeding::{Chance, hostile, ordinary};
use nomenclator::document::TaggedDocument;
use nomenclator::search::postgres::{Options, open_with};
use nomenclator::search::{Feed, FeedError, Fingerprint, ids};
use postgres::Client;

/// The address of a child process's server, and what it is to write.
const CHILD: &str = "NOMENCLATOR_TEST_CHILD";
const DOCUMENTS: usize = 600;

/// A mention as a line: every value that a tagged document has of it.
type Mentions = BTreeMap<String, Vec<String>>;

fn small() -> Options {
    Options {
        documents: 20,
        ..Options::default()
    }
}

fn open(url: &str) -> Box<dyn Feed> {
    open_with(url, &small()).unwrap()
}

fn add_all(feed: &mut dyn Feed, documents: &[TaggedDocument]) -> Result<(), FeedError> {
    for document in documents {
        feed.add(document, Fingerprint::of_tagged(document))?;
    }
    feed.finish()
}

fn shown(text: &str) -> String {
    text.replace('\0', "\u{2400}")
}

/// What should be there of `documents`, by the id that it is stored under.
fn expected(documents: &[TaggedDocument]) -> Mentions {
    let decimals = |share: f32| (f64::from(share) * 1e4).round() / 1e4;
    let mut all = Mentions::new();
    for tagged in documents {
        let text = &tagged.document.text;
        let lines = tagged.mentions.iter().map(|mention| {
            let start = text[..mention.span.start].chars().count();
            let surface = &text[mention.span.clone()];
            let link = mention.link.as_ref().map(|link| {
                format!(
                    "{:?}",
                    (
                        link.id.as_deref().map(shown),
                        link.kind.as_str(),
                        shown(&link.name),
                        link.country.as_deref(),
                        link.role.as_deref(),
                        link.via.as_str(),
                        decimals(link.confidence),
                    )
                )
            });
            let end = start + surface.chars().count();
            format!(
                "{:?}",
                (
                    start,
                    end,
                    shown(surface),
                    &*mention.label,
                    decimals(mention.score),
                    link
                )
            )
        });
        all.insert(ids::stored(&tagged.document.id).into_owned(), lines.collect());
    }
    all
}

/// What is there; that the columns agree with each other is checked on the way.
fn there(client: &mut Client, schema: &str) -> Mentions {
    let mut all = Mentions::new();
    let documents = format!(
        "select id, entities = array(select entity from {schema}.mentions m where m.document = d.number
             and entity is not null group by entity order by entity collate \"C\") from {schema}.documents d"
    );
    for row in client.query(&documents, &[]).unwrap() {
        assert!(row.get::<_, bool>(1), "entities of {}", row.get::<_, String>(0));
        all.insert(row.get(0), Vec::new());
    }
    let mentions = format!(
        "select d.id, ordinal, start_char, end_char, m.text, label, score, entity, entity_id, e.kind, m.name, m.country, role,
             via, confidence, substring(d.text from start_char + 1 for end_char - start_char) = m.text
         from {schema}.mentions m join {schema}.documents d on d.number = m.document
             left join {schema}.entities e on e.key = m.entity
         order by d.id, ordinal"
    );
    for row in client.query(&mentions, &[]).unwrap() {
        let text = |at: usize| row.get::<_, Option<String>>(at);
        let link = text(7).map(|_| {
            let kind = text(9).unwrap();
            let confidence: f64 = row.get(14);
            format!(
                "{:?}",
                (
                    text(8),
                    kind.as_str(),
                    text(10).unwrap(),
                    text(11).as_deref(),
                    text(12).as_deref(),
                    text(13).unwrap().as_str(),
                    confidence
                )
            )
        });
        let (start, end): (i32, i32) = (row.get(2), row.get(3));
        assert!(row.get::<_, bool>(15), "{:?}", text(0));
        let lines = all.get_mut(&text(0).unwrap()).unwrap();
        assert_eq!(usize::try_from(row.get::<_, i32>(1)).unwrap(), lines.len());
        lines.push(format!(
            "{:?}",
            (
                start,
                end,
                text(4).unwrap(),
                &*text(5).unwrap(),
                row.get::<_, f64>(6),
                link
            )
        ));
    }
    all
}

fn assert_same(there: &Mentions, expected: &Mentions) {
    let missing: Vec<_> = expected.keys().filter(|id| !there.contains_key(*id)).collect();
    assert!(
        missing.is_empty(),
        "{} missing: {:?}",
        missing.len(),
        missing.first()
    );
    for (id, lines) in there {
        assert_eq!(Some(lines), expected.get(id), "{id}");
    }
}

fn running() -> Option<Server> {
    let mut server = Server::start()?;
    server.run();
    Some(server)
}

#[test]
fn mentions_come_back_from_ordinary_and_hostile_documents() {
    let Some(server) = running() else { return };
    let mut documents = hostile();
    documents.extend(ordinary(1, 100));
    let mut feed = open(&server.url(""));
    add_all(&mut *feed, &documents).unwrap();
    assert_eq!(feed.refused(), []);
    let notices = feed.notices();
    assert!(
        notices.len() == 1 && notices[0].contains("U+0000 in documents (3 of them)"),
        "{notices:?}"
    );
    assert_eq!(feed.documents().unwrap(), documents.len() as u64);
    let mut client = server.client();
    assert_same(&there(&mut client, "nomenclator"), &expected(&documents));
    check_columns(&mut client);

    let mut known = feed.known().unwrap();
    for document in &documents {
        let print = known.fingerprint(&document.document.id).unwrap();
        assert_eq!(print, Some(Fingerprint::of_tagged(document)));
    }
    assert_eq!(known.fingerprint("nobody's").unwrap(), None);
}

/// What the tables hold beside mentions.
fn check_columns(client: &mut Client) {
    let one =
        |client: &mut Client, query: &str| -> Option<String> { client.query_one(query, &[]).unwrap().get(0) };
    let extra = one(
        client,
        "select extra::text from nomenclator.documents where id = 'extra'",
    )
    .unwrap();
    let extra: serde_json::Value = serde_json::from_str(&extra).unwrap();
    assert_eq!(extra["nul␀"], "a␀b \u{fffd} 🙂");
    assert_eq!(extra["huge"], "1e400000");
    assert_eq!(extra["deep"][0]["a"][2][""], "\\u0000");
    assert_eq!((extra.get("text"), extra.get("id")), (None, None));
    let exact = one(
        client,
        "select extra ->> 'n' from nomenclator.documents where id = 'extra'",
    );
    assert_eq!(exact.as_deref(), Some("12345678901234567890123.10"));
    for (query, value) in [
        (
            "select date_first || ' ' || date_last from nomenclator.documents where id = 'extra'",
            "2023-02-01 2023-02-28",
        ),
        (
            "select distinct date_last::text from nomenclator.documents where date = '2024-02'",
            "2024-02-29",
        ),
        (
            "select distinct date_first::text from nomenclator.documents where date = '0000'",
            "0001-01-01 BC",
        ),
        (
            "select (length(long_id) || left(id, 7)) from nomenclator.documents where text = 'long id'",
            "2000sha256:",
        ),
        (
            "select long_id from nomenclator.documents where id like 'sha256:%' and text = 'hash'",
            "sha256:pretender",
        ),
        (
            "select name from nomenclator.entities where key = 'country/KP'",
            "North Korea",
        ),
        // The text's end is left out, its beginning found.
        (
            "select count(*)::text from nomenclator.documents where id = 'huge'
                 and search @@ plainto_tsquery('simple', split_part(text, ' ', 1))",
            "1",
        ),
    ] {
        assert_eq!(one(client, query).as_deref(), Some(value), "{query}");
    }
}

#[test]
fn documents_are_replaced_by_their_id() {
    let Some(server) = running() else { return };
    let mut client = server.client();
    let documents = ordinary(2, 60);
    let mut feed = open(&server.url("&schema=of%20%22mine%22"));
    let schema = r#""of ""mine""""#;
    add_all(&mut *feed, &documents).unwrap();
    let numbers = format!("select string_agg(number::text, ' ' order by id) from {schema}.documents");
    let numbers = |client: &mut Client| -> String { client.query_one(&numbers, &[]).unwrap().get(0) };
    let before = numbers(&mut client);
    add_all(&mut *feed, &documents).unwrap();
    assert_same(&there(&mut client, schema), &expected(&documents));

    // Other contents under the same ids, one id twice in a batch: the last one counts.
    let mut others = ordinary(3, 60);
    others.push(others[0].clone());
    others[0].mentions.clear();
    add_all(&mut *feed, &others).unwrap();
    assert_same(&there(&mut client, schema), &expected(&others));
    assert_eq!(numbers(&mut client), before);

    // Taken out, with their mentions: one that is there, one that is not, one that waits.
    let waits = others.pop().unwrap();
    let gone = others.pop().unwrap();
    others.retain(|tagged| tagged.document.id != waits.document.id);
    feed.add(&waits, Fingerprint::of_tagged(&waits)).unwrap();
    for id in [&waits.document.id, &gone.document.id, "never there"] {
        feed.remove(id).unwrap();
    }
    feed.commit().unwrap();
    assert_same(&there(&mut client, schema), &expected(&others));
}

#[test]
fn two_writers_do_not_hinder_each_other() {
    let Some(server) = running() else { return };
    let documents = ordinary(4, 400);
    let url = server.url("");
    thread::scope(|scope| {
        for writer in 0..3 {
            let (mut documents, url) = (documents.clone(), &url);
            match writer {
                0 => documents.reverse(),
                1 => documents.rotate_left(150),
                _ => {}
            }
            scope.spawn(move || add_all(&mut *open(url), &documents).unwrap());
        }
    });
    assert_same(&there(&mut server.client(), "nomenclator"), &expected(&documents));
}

#[test]
fn a_document_that_is_refused_takes_no_other_with_it() {
    let Some(server) = running() else { return };
    let documents = ordinary(5, 50);
    let mut feed = open(&server.url(""));
    server
        .client()
        .batch_execute(
            "create function nomenclator.refuse() returns trigger language plpgsql as $$ begin
                 if new.id in ('article-3', 'article-33') then
                     raise exception 'too odd' using errcode = 'data_exception';
                 end if;
                 return new;
             end $$;
             create trigger refuse before insert on nomenclator.documents for each row execute function nomenclator.refuse()",
        )
        .unwrap();
    add_all(&mut *feed, &documents).unwrap();
    let refused = feed.refused();
    let ids: Vec<&str> = refused.iter().map(|refused| &*refused.id).collect();
    assert_eq!(ids, ["article-3", "article-33"]);
    assert!(refused[0].reason.contains("too odd") && refused[0].reason.contains("expected"));
    let mut kept = expected(&documents);
    kept.retain(|id, _| !ids.contains(&&**id));
    let mut client = server.client();
    assert_same(&there(&mut client, "nomenclator"), &kept);

    // What is wrong with the server is no document's fault: the work ends, and what was committed stays.
    let full = "create or replace function nomenclator.refuse() returns trigger language plpgsql as $$ begin
            raise exception 'could not extend file' using errcode = 'disk_full';
        end $$";
    client.batch_execute(full).unwrap();
    let more = ordinary(10, 10);
    let error = add_all(&mut *feed, &more).unwrap_err().to_string();
    assert!(
        error.contains("could not extend file [53100]: expected room on the server's disk"),
        "{error}"
    );
    assert_eq!(feed.refused(), []);
    assert_same(&there(&mut client, "nomenclator"), &kept);
    client
        .batch_execute("drop function nomenclator.refuse cascade")
        .unwrap();
    feed.finish().unwrap();
    kept.extend(expected(&more));
    assert_same(&there(&mut client, "nomenclator"), &kept);
}

#[test]
fn schemas_that_are_not_ours_or_newer_are_refused_and_left_alone() {
    let Some(server) = running() else { return };
    let mut client = server.client();
    let refused = |query: &str| match open_with(&server.url(query), &small()) {
        Err(FeedError::Unusable { reason, .. }) => reason,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("opened"),
    };
    client
        .batch_execute("create schema other; create table other.documents (id int)")
        .unwrap();
    assert!(refused("&schema=other").contains("\"documents\" already exists [42P07]: expected"));
    let tables: i64 = client
        .query_one("select count(*) from pg_tables where schemaname = 'other'", &[])
        .unwrap()
        .get(0);
    assert_eq!(tables, 1);

    drop(open(&server.url("")));
    drop(open(&server.url("")));
    let version = client.query_one(
        "select string_agg(version::text, ' ') from nomenclator.schema_version",
        &[],
    );
    assert_eq!(version.unwrap().get::<_, String>(0), "1");
    // What a migration began and did not end is begun again.
    client
        .batch_execute("create schema begun; create table begun.schema_version (version int primary key, since timestamptz default now())")
        .unwrap();
    add_all(&mut *open(&server.url("&schema=begun")), &ordinary(1, 3)).unwrap();
    client
        .execute("insert into nomenclator.schema_version values (99)", &[])
        .unwrap();
    assert!(refused("").contains("version 99: expected 1 or older"));

    client
        .batch_execute("create database latin encoding 'LATIN1' locale 'C' template template0")
        .unwrap();
    let latin = server.url("").replace("/postgres?", "/latin?");
    let error = open_with(&latin, &small()).err().unwrap().to_string();
    assert!(error.contains("LATIN1: expected one in UTF8"), "{error}");
}

#[test]
fn a_server_that_crashes_and_comes_back_loses_nothing() {
    let Some(mut server) = running() else { return };
    let documents = ordinary(6, DOCUMENTS);
    let expected = expected(&documents);
    let mut chance = Chance::new(6);
    for round in 0..5 {
        let url = server.url(&format!("&schema=round{round}"));
        let added = AtomicUsize::new(0);
        let crash_at = 30 + chance.below(DOCUMENTS - 60);
        thread::scope(|scope| {
            let feeding = scope.spawn(|| {
                let mut feed = open(&url);
                for document in &documents {
                    added.fetch_add(1, Ordering::Relaxed);
                    feed.add(document, Fingerprint::of_tagged(document))?;
                }
                feed.finish()
            });
            while added.load(Ordering::Relaxed) < crash_at && !feeding.is_finished() {
                thread::yield_now();
            }
            assert!(!feeding.is_finished(), "crashed too late to see anything");
            server.crash();
            thread::sleep(Duration::from_millis(chance.below(300) as u64));
            server.run();
            feeding.join().unwrap().unwrap();
        });
        assert_same(&there(&mut server.client(), &format!("round{round}")), &expected);
    }
}

#[test]
fn a_server_that_stays_away_is_given_up_with_a_clear_error() {
    let Some(mut server) = running() else { return };
    let options = Options {
        patience: Duration::from_millis(300),
        ..small()
    };
    let mut feed = open_with(&server.url(""), &options).unwrap();
    let documents = ordinary(7, 30);
    server.crash();
    let error = add_all(&mut *feed, &documents).unwrap_err().to_string();
    assert!(
        error.contains("times in") && error.contains("expected a server that answers"),
        "{error}"
    );
    assert!(!error.contains("s3cret"));
    // What was not sent is sent once it is back.
    server.run();
    feed.finish().unwrap();
    let there = there(&mut server.client(), "nomenclator");
    assert_eq!(there.len(), 20);
}

/// Runs this program's `child` with these variables.
fn process(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]);
    command.envs(variables.iter().copied());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a child process does: writes documents and says how far it is. In the tests' own process there is nothing to do.
#[test]
fn child() {
    let Ok(url) = std::env::var(CHILD) else { return };
    let mut feed = match open_with(&url, &small()) {
        Ok(feed) => feed,
        Err(error) => {
            println!("error {error} {error:?}");
            return;
        }
    };
    let mut known = feed.known().unwrap();
    for (number, document) in ordinary(8, DOCUMENTS).iter().enumerate() {
        let print = Fingerprint::of_tagged(document);
        if known.fingerprint(&document.document.id).unwrap() == Some(print) {
            println!("known");
            continue;
        }
        println!("added {number}");
        feed.add(document, print).unwrap();
        if number % 50 == 49 {
            feed.commit().unwrap();
            println!("committed {number}");
        }
    }
    feed.finish().unwrap();
    println!("finished");
}

#[test]
fn a_client_that_is_killed_loses_nothing_that_was_committed() {
    let Some(server) = running() else { return };
    let documents = ordinary(8, DOCUMENTS);
    let expected = expected(&documents);
    let mut client = server.client();
    drop(open(&server.url("")));
    let mut chance = Chance::new(8);
    let mut between = 0;
    for round in 0..20 {
        client
            .batch_execute("truncate nomenclator.documents, nomenclator.entities cascade")
            .unwrap();
        let kill_at = 20 + chance.below(DOCUMENTS - 80);
        let mut writer = process(&[(CHILD, &server.url(""))]).spawn().unwrap();
        let mut committed = None;
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some(number) = line.strip_prefix("committed ") {
                committed = number.parse::<usize>().ok();
            }
            let added = line.strip_prefix("added ").and_then(|number| number.parse().ok());
            if added.is_some_and(|number: usize| number >= kill_at) {
                break;
            }
        }
        // Anywhere within the next documents.
        thread::sleep(Duration::from_micros(chance.below(3000) as u64));
        writer.kill().unwrap();
        for line in lines.map_while(Result::ok) {
            if let Some(number) = line.strip_prefix("committed ") {
                committed = number.parse().ok();
            }
        }
        writer.wait().unwrap();
        // The server may be at the end of a transaction of the dead client's still.
        let others = "select count(*) from pg_stat_activity where application_name = 'nomenclator'";
        while client.query_one(others, &[]).unwrap().get::<_, i64>(0) > 0 {
            thread::sleep(Duration::from_millis(5));
        }

        let after = there(&mut client, "nomenclator");
        let survived = after.len();
        between += usize::from(survived > 0 && survived < DOCUMENTS);
        for document in documents.iter().take(committed.map_or(0, |number| number + 1)) {
            assert!(
                after.contains_key(&document.document.id),
                "round {round}: {} is lost",
                document.document.id
            );
        }
        for (id, lines) in &after {
            assert_eq!(Some(lines), expected.get(id), "round {round}: {id} is half there");
        }
        let again = process(&[(CHILD, &server.url(""))]).output().unwrap();
        let said = String::from_utf8_lossy(&again.stdout);
        assert!(said.contains("finished"), "{said}");
        // The test's name stands before the first line.
        let known = said.lines().filter(|line| line.ends_with("known")).count();
        assert_eq!(known, survived);
        assert_same(&there(&mut client, "nomenclator"), &expected);
    }
    println!("{between} of 20 kills between the first and the last write");
    assert!(
        between >= 15,
        "{between} of 20 kills were between the first and the last write"
    );
}

#[test]
fn passwords_come_from_where_libpq_takes_them_and_are_never_shown() {
    let Some(server) = running() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgpass");
    let line = format!("127.0.0.1:{}:postgres:tester:{PASSWORD}\n", server.port());
    std::fs::write(&file, line).unwrap();
    set_mode(&file, 0o600);
    let file = file.display().to_string();
    let url = server.open_url("");
    let wrong = server.url("").replace("s3cret", "s3cret-not");
    let away = server.url("").replace(&format!(":{}/", server.port()), ":1/");
    let said = |url: &str, variables: &[(&str, &str)]| {
        let mut all = vec![(CHILD, url), ("PGPASSWORD", ""), ("PGPASSFILE", ""), ("HOME", "")];
        all.extend(variables);
        let Output { stdout, stderr, .. } = process(&all).output().unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr)
        );
        assert!(!said.contains("s3cret"), "{said}");
        said
    };
    assert!(said(&url, &[("PGPASSWORD", PASSWORD)]).contains("finished"));
    assert!(said(&url, &[("PGPASSFILE", &file)]).contains("finished"));
    assert!(said(&format!("{url}&passfile={file}"), &[]).contains("finished"));
    assert!(said(&server.url(""), &[("PGPASSWORD", "wrong s3cret")]).contains("finished"));
    assert!(said(&url, &[]).contains("error"));
    set_mode(file.as_ref(), 0o644);
    assert!(said(&url, &[("PGPASSFILE", &file)]).contains("expected permissions 0600"));
    assert!(
        said(&url, &[("PGPASSWORD", "wrong s3cret")])
            .contains("expected a user and a password that the server knows")
    );
    assert!(said(&wrong, &[]).contains("28P01"));
    assert!(said(&away, &[]).contains("expected a server that answers"));
    assert!(said("postgres://tester:s3cret@pass@localhost/x", &[]).contains("stray '@'"));
    let no_database = server.url("").replace("/postgres?", "/nowhere?");
    assert!(said(&no_database, &[]).contains("expected a database that is there"));
}

fn set_mode(file: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn tls_is_what_sslmode_asks_for() {
    let Some(mut server) =
        Server::start_with(&["ssl=on", "ssl_cert_file=../cert.pem", "ssl_key_file=../key.pem"])
    else {
        return;
    };
    let made = Command::new("openssl")
        .current_dir(server.folder())
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=CA:FALSE",
        ])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    set_mode(&server.folder().join("key.pem"), 0o600);
    server.own();
    server.run();
    let certificate = server.folder().join("cert.pem").display().to_string();
    let encrypted = |query: &str| -> Result<i64, String> {
        let url = server.url(query).replace("127.0.0.1", "localhost");
        let _feed = open_with(&url, &small()).map_err(|error| error.to_string())?;
        let query = "select count(*) from pg_stat_ssl join pg_stat_activity using (pid)
            where ssl and application_name = 'nomenclator'";
        Ok(server.client().query_one(query, &[]).unwrap().get(0))
    };
    assert_eq!(encrypted("&sslmode=disable"), Ok(0));
    assert_eq!(encrypted(""), Ok(1));
    assert_eq!(encrypted("&sslmode=require"), Ok(1));
    assert_eq!(
        encrypted(&format!("&sslmode=verify-full&sslrootcert={certificate}")),
        Ok(1)
    );
    let refused = encrypted("&sslmode=verify-full").unwrap_err();
    assert!(refused.contains("certificate"), "{refused}");
    let url = server.url(&format!("&sslmode=verify-full&sslrootcert={certificate}"));
    let refused = open_with(&url, &small()).err().unwrap().to_string();
    assert!(
        refused.contains("certificate"),
        "another name than the certificate's: {refused}"
    );
}

/// The queries of the README, each of which finds something.
#[test]
fn queries_of_the_readme_run() {
    let Some(server) = running() else { return };
    let mut documents = ordinary(9, 300);
    for (number, document) in documents.iter_mut().enumerate() {
        let day = format!("2024-{:02}-{:02}", number % 12 + 1, number % 28 + 1);
        document.document.date = day.parse().ok();
    }
    add_all(&mut *open(&server.url("")), &documents).unwrap();
    let readme = include_str!("../src/search/README.md");
    let queries: Vec<&str> = readme
        .split("```sql\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(queries.len() >= 6, "{} queries", queries.len());
    let mut client = server.client();
    for query in queries {
        let rows = client
            .query(query, &[])
            .unwrap_or_else(|error| panic!("{query}{error:?}"));
        assert!(!rows.is_empty(), "nothing found: {query}");
    }
    let plans: HashMap<&str, &str> = HashMap::from([
        (
            "documents_by_words",
            "select from nomenclator.documents where search @@ to_tsquery('simple', 'talks')",
        ),
        (
            "documents_by_entity",
            "select from nomenclator.documents where entities @> array['country/KP']",
        ),
    ]);
    client.batch_execute("set enable_seqscan to off").unwrap();
    for (index, query) in plans {
        let plan = client.query(&format!("explain {query}"), &[]).unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        assert!(plan.join("\n").contains(index), "{plan:?}");
    }
}
