//! The embedded index loses nothing, whatever ends a run, and says what is wrong with it.

#![cfg(unix)]

mod corpora;
mod damage;
mod disk;
mod indexed;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use corpora::generated;
use damage::{Numbers, damage};
use disk::SmallDisk;
use indexed::{Bench, Lines, Opened, Random, committed, held, line, lines, tagged, until};
use nomenclator::document::TaggedDocument;
use nomenclator::search::index::feed::IndexFeed;
use nomenclator::search::index::schema::Fields;
use nomenclator::search::{Feed, FeedError, Fingerprint};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/uncased");

fn corpus(documents: usize) -> Vec<TaggedDocument> {
    (0..documents).map(|number| tagged(number, 0)).collect()
}

/// What one kill found, and whether it fell between the first and the last write.
struct Killed {
    between: bool,
    over: bool,
}

/// Runs a command that writes the index `into`, and kills it: at any moment, or `after_write` at one when something new is
/// committed. What was committed is there afterwards, as `whole` has it, and nothing twice.
fn killed(
    bench: &Bench,
    arguments: &str,
    into: &Path,
    whole: &Lines,
    wait: Duration,
    after_write: bool,
) -> Killed {
    let before = committed(into);
    let mut child = bench.command(arguments).spawn().unwrap();
    if after_write {
        until(&mut child, || committed(into) > before);
    }
    thread::sleep(wait);
    let sure = committed(into);
    child.kill().unwrap();
    let ended = child.wait().unwrap();
    if ended.signal() != Some(9) {
        assert_eq!(ended.code(), Some(0));
    }
    let found = match into.join("meta.json").exists() {
        true => held(into),
        false => Lines::new(),
    };
    assert!(found.len() as u64 >= sure, "{} of {sure} are there", found.len());
    for (id, line) in &found {
        assert_eq!(Some(line), whole.get(id), "{id}");
    }
    Killed {
        between: !found.is_empty() && found.len() < whole.len(),
        over: found.len() == whole.len(),
    }
}

#[test]
fn killed_at_twenty_moments_nothing_is_lost_and_nothing_twice() {
    let bench = Bench::new();
    let documents = corpus(2500);
    bench.write("tagged.jsonl", &documents);
    let whole = lines(&documents);
    let arguments = "index tagged.jsonl --into killed --checkpoint 0.05";
    let into = bench.path("killed");
    let start = Instant::now();
    bench.done("index tagged.jsonl --into whole --checkpoint 0.05");
    let time = start.elapsed().as_micros() as u64;
    assert!(held(&bench.path("whole")) == whole);
    let mut random = Random(20_261_128);
    let (mut between, mut series) = (0, 1);
    for kill in 0..20 {
        // One in six at any moment, while the program starts too.
        let wait = Duration::from_micros(random.below(time / 8));
        let killed = killed(&bench, arguments, &into, &whole, wait, kill % 6 > 0);
        between += u32::from(killed.between);
        if killed.over {
            fs::remove_dir_all(&into).unwrap();
            series += 1;
        }
    }
    bench.done(arguments);
    assert!(held(&into) == whole);
    let told = bench.done(arguments);
    assert!(told.contains("0 new, 0 replaced, 2,500 unchanged"), "{told}");
    println!("20 kills in {series} runs, {between} of them between the first and the last write");
    assert!(between >= 15, "{between}");
}

/// Texts that are not tagged yet.
fn texts(bench: &Bench, name: &str, numbers: impl Iterator<Item = usize>) {
    let line = |number: usize| {
        let text = generated(number, 30 + number * 7 % 60);
        serde_json::json!({"id": format!("d{number}"), "text": text, "date": "2024-04-18"}).to_string() + "\n"
    };
    fs::write(bench.path(name), numbers.map(line).collect::<String>()).unwrap();
}

/// What `tag` writes.
fn output(bench: &Bench, name: &str) -> Lines {
    let text = fs::read_to_string(bench.path(name)).unwrap();
    let id = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    text.lines().map(|line| (id(line), line.to_owned())).collect()
}

#[test]
fn tagging_into_an_index_goes_on_after_kills_and_tags_only_what_is_new() {
    let bench = Bench::new();
    texts(&bench, "first.jsonl", 0..900);
    texts(&bench, "grown.jsonl", 0..1000);
    let into = bench.path("index");
    for name in ["first", "grown"] {
        bench.done(&format!(
            "tag {name}.jsonl -o {name}.tagged.jsonl --offsets byte --model {MODEL}"
        ));
    }
    let whole = output(&bench, "first.tagged.jsonl");
    let arguments = format!("tag first.jsonl --into index --checkpoint 0.05 --model {MODEL}");
    let mut random = Random(5);
    let mut between = 0;
    for _ in 0..5 {
        let wait = Duration::from_micros(random.below(100_000));
        between += u32::from(killed(&bench, &arguments, &into, &whole, wait, true).between);
    }
    assert!(between >= 3, "{between}");
    bench.done(&arguments);
    assert!(held(&into) == whole);
    let told = bench.done(&format!("tag grown.jsonl --into index --model {MODEL}"));
    assert!(told.contains("100 new, 0 replaced, 900 unchanged"), "{told}");
    assert!(held(&into) == output(&bench, "grown.tagged.jsonl"));
    // Another date for documents that have one changes nothing; other links do.
    let told = bench.done(&format!(
        "tag first.jsonl --into index --date 2020 --model {MODEL}"
    ));
    assert!(told.contains("0 new, 0 replaced, 900 unchanged"), "{told}");
    let told = bench.done(&format!("tag first.jsonl --into index --no-link --model {MODEL}"));
    assert!(told.contains("0 new, 900 replaced, 0 unchanged"), "{told}");
}

#[test]
fn it_is_read_while_it_is_written() {
    let bench = Bench::new();
    let documents = corpus(2500);
    bench.write("tagged.jsonl", &documents);
    let whole = lines(&documents);
    let into = bench.path("index");
    let mut child = bench
        .command("index tagged.jsonl --into index --checkpoint 0.02")
        .spawn()
        .unwrap();
    assert!(until(&mut child, || committed(&into) > 0));
    let (mut before, mut sizes) = (0, 0);
    let mut running = true;
    while running {
        running = child.try_wait().unwrap().is_none();
        let found = held(&into);
        assert!(found.len() >= before, "{} after {before}", found.len());
        sizes += u32::from(found.len() > before);
        before = found.len();
        assert!(found.iter().all(|(id, line)| whole.get(id) == Some(line)));
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(before, whole.len());
    assert!(sizes > 2, "it was seen at {sizes} sizes");
}

#[test]
fn one_writer_at_a_time_and_standard_input_is_read() {
    let bench = Bench::new();
    let documents = corpus(20);
    bench.write("tagged.jsonl", &documents);
    let into = bench.path("index");
    let mut first = bench
        .command("index - --into index --checkpoint 0")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = first.stdin.take().unwrap();
    let (begin, rest) = documents.split_at(10);
    for tagged in begin {
        writeln!(stdin, "{}", line(tagged)).unwrap();
    }
    stdin.flush().unwrap();
    assert!(until(&mut first, || committed(&into) == 10));
    let told = bench.fails("index tagged.jsonl --into index", 5);
    assert!(told.contains("another process is writing it"), "{told}");
    assert!(matches!(IndexFeed::open(&into), Err(FeedError::Locked { .. })));
    for tagged in rest {
        writeln!(stdin, "{}", line(tagged)).unwrap();
    }
    drop(stdin);
    assert!(first.wait().unwrap().success());
    assert!(held(&into) == lines(&documents));
    let told = bench.done("index tagged.jsonl --into index");
    assert!(told.contains("0 new, 0 replaced, 20 unchanged"), "{told}");
}

#[test]
fn a_signal_ends_it_in_order() {
    let bench = Bench::new();
    let documents = corpus(30);
    let into = bench.path("index");
    let mut child = bench
        .command("index - --into index --checkpoint 3600")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for tagged in &documents {
        writeln!(stdin, "{}", line(tagged)).unwrap();
    }
    stdin.flush().unwrap();
    // Nothing says from outside that the last line was taken; a moment suffices, and less would fail aloud.
    thread::sleep(Duration::from_secs(2));
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{told}");
    assert!(told.contains("interrupted: 30 documents indexed"), "{told}");
    assert!(held(&into) == lines(&documents));
}

#[test]
fn a_run_does_what_is_new_and_of_one_id_the_last_stays() {
    let bench = Bench::new();
    let mut documents = corpus(300);
    bench.write("a.jsonl", &documents);
    let into = bench.path("index");
    let told = bench.done("index a.jsonl --into index");
    assert!(
        told.contains("300 new, 0 replaced, 0 unchanged, 0 rejected: 300 documents in all"),
        "{told}"
    );
    let meta = fs::read(into.join("meta.json")).unwrap();
    // Whoever may read one of its files may read all.
    let entries = fs::read_dir(&into).unwrap();
    let mode = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().metadata().unwrap().mode() & 0o444;
    let modes: BTreeSet<u32> = entries.map(mode).collect();
    assert_eq!(modes.len(), 1, "{modes:?}");
    let told = bench.done("index a.jsonl --into index");
    assert!(told.contains("0 new, 0 replaced, 300 unchanged"), "{told}");
    assert!(
        fs::read(into.join("meta.json")).unwrap() == meta,
        "nothing was written"
    );
    for changed in (0..300).step_by(10) {
        documents[changed] = tagged(changed, 1);
    }
    documents.extend((300..350).map(|number| tagged(number, 0)));
    bench.write("b.jsonl", &documents);
    let told = bench.done("index b.jsonl --into index");
    assert!(told.contains("50 new, 30 replaced, 270 unchanged"), "{told}");
    assert!(held(&into) == lines(&documents));
    // As a made index: not one word of what was replaced is found.
    bench.done("index b.jsonl --into new");
    let (index, new) = (
        Opened::new(&into).unwrap(),
        Opened::new(&bench.path("new")).unwrap(),
    );
    assert_eq!(answers(&index).unwrap(), answers(&new).unwrap());
    // Two with one id: the later one, also where the earlier or the later is there already.
    let (old, newer) = (tagged(7, 0), tagged(7, 1));
    for (first, last) in [(&newer, &old), (&old, &newer), (&newer, &old)] {
        bench.write("twice.jsonl", [first, last]);
        bench.done("index twice.jsonl --into index");
        assert_eq!(held(&into)["d7"], line(last));
    }
    assert_eq!(held(&into).len(), 350);
    let told = bench.done("index b.jsonl twice.jsonl --into twice --log json");
    let event: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(event["event"], "indexed");
    assert_eq!(
        (&event["new"], &event["documents"]),
        (&350.into(), &350.into()),
        "{event}"
    );
    assert_eq!(event["replaced"], 2, "{event}");
}

#[test]
fn a_full_disk_loses_nothing() {
    let bench = Bench::new();
    let documents = corpus(2500);
    bench.write("tagged.jsonl", &documents);
    bench.done("index tagged.jsonl --into whole");
    let size: u64 = fs::read_dir(bench.path("whole"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    let disk = SmallDisk::new(&bench.path("disk"), size / 2);
    let into = disk.path.join("index");
    let arguments = "index tagged.jsonl --into disk/index --checkpoint 0.02";
    for _ in 0..2 {
        let ended = disk.run(bench.command(arguments));
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(5), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(
            told.contains("expected a place that can be read and written"),
            "{told}"
        );
        assert!(
            told.contains("No space left") || told.contains("too large"),
            "{told}"
        );
        let found = held(&into);
        assert!(
            !found.is_empty() && found.len() < documents.len(),
            "{}",
            found.len()
        );
    }
    disk.grow(6 * size + (8 << 20));
    bench.done(arguments);
    assert!(held(&into) == lines(&documents));
}

#[test]
fn documents_are_taken_out() {
    let bench = Bench::new();
    let documents = corpus(40);
    bench.write("tagged.jsonl", &documents);
    bench.done("index tagged.jsonl --into index");
    fs::write(bench.path("ids"), "d2\n\nd3\nnobody\n").unwrap();
    let told = bench.done("index --remove d1 --remove d2 --remove-from ids --into index");
    assert!(
        told.contains("0 unchanged, 3 removed, 0 rejected: 37 documents in all"),
        "{told}"
    );
    let into = bench.path("index");
    let rest = documents
        .iter()
        .filter(|tagged| !["d1", "d2", "d3"].contains(&&*tagged.document.id));
    assert!(held(&into) == lines(rest));
    // Out, and in again.
    let told = bench.done("index tagged.jsonl --remove d5 --into index");
    assert!(
        told.contains("4 new, 0 replaced, 36 unchanged, 1 removed"),
        "{told}"
    );
    assert!(held(&into) == lines(&documents));
    let told = bench.fails("index --remove-from missing --into index", 3);
    assert!(told.contains("missing: No such file"), "{told}");
}

type FieldOf = fn(&Fields) -> tantivy::schema::Field;

/// What some words and names find.
fn answers(opened: &Opened) -> Result<Vec<usize>, FeedError> {
    let fields: [(FieldOf, &[&str]); 6] = [
        (
            |fields| fields.body,
            &["nato", "lena", "quebec", "\u{1}country/EE", "nothing"],
        ),
        (|fields| fields.title, &["title", "7"]),
        (|fields| fields.entity, &["agency/Q7184", "official/~lena@CH"]),
        (|fields| fields.surface, &["geneva", "estonia"]),
        (|fields| fields.source, &["bbc news"]),
        (|fields| fields.confident, &["9/country/EE"]),
    ];
    let mut answers = Vec::new();
    for (field, terms) in fields {
        for term in terms {
            answers.push(opened.count(field, term)?);
        }
    }
    Ok(answers)
}

/// An index of a few segments, with documents that were replaced.
fn small_index(folder: &Path) {
    let mut feed = IndexFeed::open(folder).unwrap();
    // Fewer are replaced than make it write a segment anew.
    for (version, numbers) in [(0, 0..30), (1, 27..37), (2, 36..45)] {
        for number in numbers {
            feed.add(&tagged(number, version), Fingerprint(version as u64))
                .unwrap();
        }
        feed.commit().unwrap();
    }
    feed.finish().unwrap();
}

#[test]
fn damage_is_told_and_never_answered_from() {
    const EACH: usize = 60;
    nomenclator::panics::silence_caught();
    let bench = Bench::new();
    let (good, bad) = (bench.path("good"), bench.path("bad"));
    small_index(&good);
    let all = |folder: &Path| {
        let opened = Opened::new(folder)?;
        Ok::<_, FeedError>((opened.lines()?, answers(&opened)?))
    };
    let right = all(&good).unwrap();
    assert_eq!(right.0.len(), 45);
    let names: Vec<_> = fs::read_dir(&good)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(names.iter().any(|name| name.to_string_lossy().ends_with(".del")));
    let mut numbers = Numbers(11);
    let (mut told, mut answered) = (0, 0);
    for name in names {
        let bytes = fs::read(good.join(&name)).unwrap();
        if bytes.is_empty() {
            continue;
        }
        for round in 0..=EACH {
            let mut damaged = bytes.clone();
            while damaged == bytes && round < EACH {
                damage(&mut damaged, &mut numbers);
            }
            copy(&good, &bad);
            fs::remove_file(bad.join(&name)).unwrap();
            // At last the file is missing.
            if round < EACH {
                fs::write(bad.join(&name), &damaged).unwrap();
            }
            match all(&bad) {
                Ok(found) => {
                    assert!(found == right, "{name:?}, round {round}: a wrong answer");
                    answered += 1;
                }
                Err(FeedError::Unusable { reason, .. }) => {
                    assert!(reason.contains("expected") && !reason.contains('\n'), "{reason}");
                    told += 1;
                }
                Err(other) => panic!("{name:?}: {other}"),
            }
            if round % 10 == 0 {
                write_on(&bad, &right.0);
            }
        }
    }
    println!("{told} damages told, {answered} of no account");
    assert!(told > answered, "{told}, {answered}");
}

/// Writing on what may be damaged: it is refused, or all is there afterwards.
fn write_on(folder: &Path, right: &Lines) {
    let new = tagged(100, 0);
    let written = IndexFeed::open(folder).and_then(|mut feed| {
        feed.add(&new, Fingerprint(0))?;
        feed.finish()
    });
    match written {
        Ok(()) => {
            let mut expected = right.clone();
            expected.insert(new.document.id.clone(), line(&new));
            assert!(held(folder) == expected, "written on, and something is lost");
        }
        Err(FeedError::Unusable { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

fn copy(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).unwrap();
    }
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn what_is_no_index_is_refused_and_left_alone() {
    let bench = Bench::new();
    bench.write("tagged.jsonl", &corpus(3));
    let read = |name: &str| match Opened::new(&bench.path(name)) {
        Err(FeedError::Unusable { reason, .. }) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("{name} is an index"),
    };
    fs::create_dir(bench.path("photos")).unwrap();
    fs::write(bench.path("photos/cat.png"), "cat").unwrap();
    let told = bench.fails("index tagged.jsonl --into photos", 5);
    assert!(
        told.contains("photos: holds other files, such as cat.png: expected"),
        "{told}"
    );
    assert_eq!(fs::read_dir(bench.path("photos")).unwrap().count(), 1);
    let told = bench.fails("index tagged.jsonl --into tagged.jsonl", 5);
    assert!(told.contains("a file: expected a folder"), "{told}");
    for name in ["photos", "tagged.jsonl"] {
        assert!(read(name).contains("no index: expected a folder"), "{name}");
    }
    assert!(read("nowhere").contains("no such folder: expected one"));
    // Nothing is made for what cannot be read, or to take something out of it.
    fs::write(bench.path("a.txt"), "Seoul said so.").unwrap();
    for (arguments, code) in [
        ("index a.txt --into new", 3),
        ("index photos --into new", 3),
        ("index --remove d1 --into new", 5),
    ] {
        bench.fails(arguments, code);
        assert!(!bench.path("new").exists(), "{arguments}");
    }
    bench.done("index tagged.jsonl --into old");
    let marker = bench.path("old/nomenclator.json");
    let now = fs::read_to_string(&marker).unwrap();
    fs::write(&marker, now.replace("\"schema\":1", "\"schema\":0")).unwrap();
    let told = bench.fails("index tagged.jsonl --into old", 5);
    let expected = "an index of schema 0: expected 1; index the tagged documents again into a new folder";
    assert!(told.contains(expected), "{told}");
    assert!(read("old").contains(expected));
    fs::write(&marker, now).unwrap();
    assert_eq!(held(&bench.path("old")).len(), 3);
    // An index that has lost its beginning is none to begin anew.
    fs::remove_file(bench.path("old/meta.json")).unwrap();
    let told = bench.fails("index tagged.jsonl --into old", 5);
    assert!(told.contains("meta.json is missing"), "{told}");
}

#[test]
fn usage_is_told_in_a_line() {
    let bench = Bench::new();
    bench.write("tagged.jsonl", &corpus(3));
    fs::write(bench.path("a.txt"), "Seoul said so.").unwrap();
    for (arguments, code, expected) in [
        ("index tagged.jsonl", 2, "expected --into DIR or --to URL"),
        (
            "index missing.jsonl --into index",
            3,
            "missing.jsonl: No such file",
        ),
        ("index - - --into index", 2, "expected standard input once"),
        (
            "index a.txt --into index",
            3,
            "not in a format that is known here",
        ),
        ("index tagged.jsonl --into index --to postgres://h/d", 2, "--to"),
        (
            "index tagged.jsonl --to mysql://ann:s3cret@h/d",
            2,
            "expected postgres://",
        ),
        (
            "tag a.txt --into index --format conll --backend none",
            2,
            "--format does not go with --into",
        ),
        (
            "tag a.txt --into index --explain --backend none",
            2,
            "--explain does not go with --into",
        ),
    ] {
        let told = bench.fails(arguments, code);
        assert!(
            told.contains(expected) && !told.contains("s3cret"),
            "{arguments}: {told}"
        );
    }
    let ended = bench
        .command("tag a.txt --into index --backend none --dry-run")
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(told.contains("documents to be searched to index"), "{told}");
    assert!(!bench.path("index").exists());
}

#[test]
fn ids_of_any_length_and_names_of_any_kind() {
    let bench = Bench::new();
    let mut documents = corpus(6);
    documents[0].document.id = "x".repeat(65_530);
    documents[1].document.id = "x".repeat(65_531);
    documents[2].document.id = String::new();
    documents[3].document.text = format!("{} {} end", "é".repeat(70_000), "-".repeat(2_000_000));
    documents[3].mentions.clear();
    documents[3].document.source = Some("s".repeat(70_000));
    if let Some(link) = documents[4]
        .mentions
        .iter_mut()
        .find_map(|mention| mention.link.as_mut())
    {
        link.id = Some("Q\0/1".repeat(30_000).into());
        link.name = "n".repeat(70_000).into();
    }
    let labels = documents[5].mentions.iter_mut();
    labels.for_each(|mention| mention.label = "L".repeat(70_000).into());
    bench.write("tagged.jsonl", &documents);
    let ended = bench.run("index tagged.jsonl --into index --rejected rejected.jsonl");
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(6), "{told}");
    assert!(
        told.contains("5 new, 0 replaced, 0 unchanged, 1 rejected"),
        "{told}"
    );
    let rejected = fs::read_to_string(bench.path("rejected.jsonl")).unwrap();
    assert!(
        rejected.contains("an id of 65531 bytes: expected at most 65530"),
        "{rejected}"
    );
    documents.remove(1);
    let found = held(&bench.path("index"));
    assert!(found == lines(&documents), "{} are there", found.len());
    let opened = Opened::new(&bench.path("index")).unwrap();
    assert_eq!(opened.count(|fields| fields.body, "end").unwrap(), 1);
    assert_eq!(opened.count(|fields| fields.body, &"e".repeat(512)).unwrap(), 1);
    assert_eq!(opened.count(|fields| fields.label, &"L".repeat(512)).unwrap(), 1);
    let ended = bench.run("index tagged.jsonl --into index --rejected rejected.jsonl");
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(
        told.contains("0 new, 0 replaced, 5 unchanged, 1 rejected"),
        "{told}"
    );
}
