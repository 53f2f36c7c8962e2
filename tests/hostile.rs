//! Thousands of malformed files go from reader to writer: nothing panics, nothing hangs, nothing is lost, and memory stays.
//!
//! One test alone in its program, so that the memory measured is its own.

mod corpora;
mod malformed;

use std::collections::HashSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use corpora::pipeline;
use malformed::{Content, Generator, Malformed, Packing};
use nomenclator::corpus::tagged::{TaggedLine, read_lines};
use nomenclator::corpus::{InputFormat, Inputs, ReadOptions, Rejection, Selection};
use nomenclator::document::Document;
use nomenclator::output::jsonl::JsonLines;
use nomenclator::output::{DocumentFormat, OffsetUnit};
use nomenclator::panics::silence_caught;
use nomenclator::pipeline::Pipeline;

const SEED: u64 = 20_241_029;
const INPUTS: u64 = 10_450;
/// Files for the program itself.
const FILES: u64 = 400;
/// No input may take longer.
const PATIENCE: Duration = Duration::from_secs(60);
const DOCUMENT: u64 = 16 << 10;
const LINE: u64 = 64 << 10;

#[test]
fn hostile_input_does_no_harm() {
    // As the program does: to print one with its stack takes memory of its own.
    silence_caught();
    let generator = Generator::new(SEED);
    let folder = tempfile::tempdir().unwrap();
    ten_thousand_inputs_in_one_process(&generator, folder.path());
    the_program_passes_over_what_is_no_document(&generator);
    hostile_ids_stay_in_their_folder();
    deep_nesting_is_refused();
    rows_without_end_are_refused(folder.path());
}

fn options(content: Content) -> ReadOptions {
    let mut options = ReadOptions::default();
    if content == Content::Lines {
        options.format = InputFormat::Lines;
    }
    (options.limits.document, options.limits.line) = (DOCUMENT, LINE);
    options
}

fn read(path: &Path, content: Content) -> Vec<Result<Document, Rejection>> {
    let inputs = Inputs::find(&[path], &Selection::default()).unwrap();
    inputs.read(options(content), Arc::default()).collect()
}

/// What came of all inputs.
#[derive(Debug, Default)]
struct Totals {
    documents: usize,
    mentions: usize,
    rejections: usize,
    /// Files of which nothing was rejected, and those of which nothing was read.
    whole: usize,
    refused: usize,
    bytes: usize,
}

fn ten_thousand_inputs_in_one_process(generator: &Generator, folder: &Path) {
    let pipeline = pipeline("tests/golden/uncased");
    // The tokenizer keeps 65,536 words for each thread. Full from the beginning, they are no growth, and what is one shows.
    let words = |from: usize| {
        (from..from + 66_000)
            .map(|word| format!("w{word:09x} "))
            .collect::<String>()
    };
    pipeline
        .tag(
            (0..4)
                .map(|part| corpora::document(words(part * 66_000)))
                .collect(),
        )
        .unwrap();
    let begun = Instant::now();
    let current = watchdog(begun);
    let mut totals = Totals::default();
    let mut reasons = HashSet::new();
    let mut after_a_tenth = None;
    let (mut slowest, mut slowest_at) = (Duration::ZERO, 0);
    for number in 0..INPUTS {
        let start = Instant::now();
        current.number.store(number, Ordering::Relaxed);
        current
            .since
            .store(begun.elapsed().as_millis() as u64, Ordering::Relaxed);
        let input = generator.input(number);
        let path = folder.join(format!("a.{}", input.extension()));
        fs::write(&path, &input.bytes).unwrap();
        let passed = catch_unwind(AssertUnwindSafe(|| {
            pass(&pipeline, &input, &path, &mut totals, &mut reasons);
        }));
        if passed.is_err() {
            // To look at.
            let kept = std::env::temp_dir().join(format!("hostile-{number}.{}", input.extension()));
            fs::write(&kept, &input.bytes).unwrap();
            eprintln!("kept as {}", kept.display());
            panic!(
                "the panic above came with input {number} of seed {SEED}, a {}",
                input.extension()
            );
        }
        if start.elapsed() > slowest {
            (slowest, slowest_at) = (start.elapsed(), number);
        }
        if number == INPUTS / 10 {
            after_a_tenth = resident();
        }
    }
    current.since.store(u64::MAX, Ordering::Relaxed);
    println!("{INPUTS} inputs of seed {SEED}: {totals:?}");
    println!(
        "{} sorts of reasons, {:.1} s in all, the slowest {} ms (input {slowest_at})",
        reasons.len(),
        begun.elapsed().as_secs_f64(),
        slowest.as_millis(),
    );
    // It is the files that are malformed, not the test.
    assert!(totals.documents > 1000 && totals.mentions > 1000, "{totals:?}");
    assert!(
        totals.rejections > INPUTS as usize / 3 && reasons.len() > 40,
        "{totals:?}"
    );
    assert!(totals.whole > 100 && totals.refused > 1000, "{totals:?}");
    if let (Some(before), Some(after)) = (after_a_tenth, resident()) {
        let growth = after as f64 / before as f64;
        println!("resident after a tenth {before} KiB, at the end {after} KiB: {growth:.3} times");
        assert!(growth <= 1.10, "memory grows from {before} to {after} KiB");
    }
}

/// One file from the reader to the writer.
fn pass(
    pipeline: &Pipeline,
    input: &Malformed,
    path: &Path,
    totals: &mut Totals,
    reasons: &mut HashSet<String>,
) {
    let place = path.display().to_string();
    let items = read(path, input.content);
    assert!(
        !items.is_empty() || may_be_empty(input),
        "neither document nor rejection"
    );
    if let Some(expected) = pieces(input) {
        assert_eq!(
            items.len(),
            expected,
            "as many documents and rejections as there are pieces"
        );
    }
    totals.bytes += input.bytes.len();
    let (mut documents, mut rejections) = (Vec::new(), 0);
    for item in items {
        match item {
            Ok(document) => {
                assert!(document.text.len() as u64 <= DOCUMENT);
                documents.push(document);
            }
            Err(rejection) => {
                rejections += 1;
                check_rejection(&rejection, &place, input);
                reasons.insert(
                    rejection
                        .reason
                        .chars()
                        .filter(|c| c.is_ascii_lowercase())
                        .take(24)
                        .collect(),
                );
            }
        }
    }
    totals.rejections += rejections;
    totals.documents += documents.len();
    totals.whole += usize::from(rejections == 0);
    totals.refused += usize::from(documents.is_empty());
    let format = JsonLines {
        offsets: OffsetUnit::Char,
        text: true,
    };
    for tagged in pipeline.tag(documents).unwrap() {
        totals.mentions += tagged.mentions.len();
        let mut line = Vec::new();
        format.write(&tagged, &mut line).unwrap();
        let line = String::from_utf8(line).unwrap();
        assert_eq!(line.find('\n'), Some(line.len() - 1), "a line is a line");
        let back = TaggedLine::parse(&line)
            .and_then(TaggedLine::into_document)
            .unwrap();
        assert_eq!(
            (&back.document.id, &back.document.text),
            (&tagged.document.id, &tagged.document.text)
        );
        let spans = |tagged: &nomenclator::document::TaggedDocument| {
            tagged
                .mentions
                .iter()
                .map(|mention| mention.span.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(spans(&back), spans(&tagged));
    }
}

/// A rejection says where and why.
fn check_rejection(rejection: &Rejection, place: &str, input: &Malformed) {
    assert_eq!(rejection.source, place);
    assert!(rejection.reason.contains("expected"), "{rejection}");
    assert!(!rejection.reason.contains("panic"), "{rejection}");
    if input.packing == Packing::Plain && input.content != Content::Parquet {
        let lines = input.bytes.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
        assert!(
            rejection.line.is_none_or(|line| (1..=lines).contains(&line)),
            "{rejection}"
        );
        assert!(
            rejection.offset.is_none_or(|at| at <= input.bytes.len() as u64),
            "{rejection}"
        );
    }
}

/// A table of which only the header is left, and a file of nothing but space, hold no documents.
fn may_be_empty(input: &Malformed) -> bool {
    match (input.content, input.packing) {
        (Content::Text | Content::Parquet, _) => false,
        (Content::Csv | Content::Tsv, Packing::Plain) => true,
        (_, Packing::Plain) => {
            input.bytes.trim_ascii().is_empty() || input.bytes.starts_with(b"\xEF\xBB\xBF")
        }
        // What is in them is known to the generator alone.
        (_, Packing::Gzip | Packing::Zstd) => true,
    }
}

/// How many documents and rejections there must be, where that can be said.
fn pieces(input: &Malformed) -> Option<usize> {
    if input.packing != Packing::Plain {
        return None;
    }
    match input.content {
        Content::Text => Some(1),
        Content::Lines | Content::Jsonl => {
            let bytes = input.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&input.bytes);
            let most = if input.content == Content::Lines {
                DOCUMENT
            } else {
                LINE
            };
            // What is too long may be blank: nobody looks.
            let counts = |line: &&[u8]| !line.trim_ascii().is_empty() || line.len() as u64 > most;
            Some(bytes.split(|&byte| byte == b'\n').filter(counts).count())
        }
        Content::Csv | Content::Tsv | Content::Parquet => None,
    }
}

/// What the watchdog looks at.
#[derive(Default)]
struct Current {
    number: AtomicU64,
    /// Milliseconds since the beginning.
    since: AtomicU64,
}

/// Ends the program, with seed and number, where one input takes too long.
fn watchdog(begun: Instant) -> Arc<Current> {
    let current = Arc::new(Current::default());
    let watched = Arc::clone(&current);
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_millis(500));
            let since = watched.since.load(Ordering::Relaxed);
            let taken = begun.elapsed().as_millis() as u64;
            if taken.saturating_sub(since) > PATIENCE.as_millis() as u64 {
                let number = watched.number.load(Ordering::Relaxed);
                eprintln!("input {number} of seed {SEED} hangs");
                process::abort();
            }
        }
    });
    current
}

/// Resident memory of this process in KiB, where the system tells.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn nomenclator(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("nomenclator").unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/uncased");
    command
        .args(["tag", "--no-link", "--model"])
        .arg(model)
        .args(arguments);
    command.timeout(PATIENCE);
    command
}

/// The program answers as the library does, and says what it left out.
fn the_program_passes_over_what_is_no_document(generator: &Generator) {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    let (mut documents, mut rejections) = (0, Vec::new());
    for number in INPUTS..INPUTS + FILES {
        let input = generator.input(number);
        if input.content == Content::Lines {
            continue;
        }
        let path = inputs.join(format!("{number:06}.{}", input.extension()));
        fs::write(&path, &input.bytes).unwrap();
        for item in read(&path, input.content) {
            match item {
                Ok(_) => documents += 1,
                Err(rejection) => rejections.push(rejection),
            }
        }
    }
    let output = folder.path().join("out.jsonl");
    let [output_, inputs_] = [&output, &inputs].map(|path| path.to_str().unwrap());
    let (document, line) = (DOCUMENT.to_string(), LINE.to_string());
    let run = nomenclator(&[
        "--max-document",
        &document,
        "--max-line",
        &line,
        "-o",
        output_,
        inputs_,
    ])
    .assert()
    .code(6);
    let messages = String::from_utf8_lossy(&run.get_output().stderr);
    assert!(!messages.contains("panicked"), "{messages}");
    let steering = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!messages.contains(steering), "{messages:?}");

    let told = fs::read_to_string(folder.path().join("out.jsonl.rejected.jsonl")).unwrap();
    let told: Vec<Rejection> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told, rejections);
    for rejection in &told {
        // A file that is refused as a whole has no line and no offset: its name is its place.
        let whole = rejections
            .iter()
            .filter(|other| other.source == rejection.source)
            .count()
            == 1;
        let placed = rejection.line.is_some() || rejection.offset.is_some();
        assert!(placed || whole, "{rejection}");
        assert!(rejection.source.starts_with(inputs_) && !rejection.reason.is_empty());
    }
    let tagged: Result<Vec<_>, _> = read_lines(&output, None).unwrap().collect();
    assert_eq!(tagged.unwrap().len(), documents);
    println!("the program: {documents} documents, {} rejections", told.len());
    assert!(documents > 50 && told.len() > 100);
}

/// Ids that would lead out of the folder name files in it.
fn hostile_ids_stay_in_their_folder() {
    let ids = [
        "../../escaped",
        "/tmp/escaped",
        "..",
        "",
        "a/b\\c:d",
        "NUL",
        "a\u{0}b",
        "\u{202e}\n",
        "-rf",
        ".hidden",
    ];
    let lines: Vec<String> = ids
        .iter()
        .map(|id| serde_json::json!({"id": id, "text": "Lena Okafor met Zoë in Geneva."}).to_string())
        .collect();
    for (format, files) in [("brat", 3), ("html", 1)] {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("a/b/out/");
        fs::create_dir_all(output.parent().unwrap()).unwrap();
        nomenclator(&["--input-format", "jsonl", "--format", format, "-o"])
            .arg(format!("{}/", output.display()))
            .write_stdin(lines.join("\n"))
            .assert()
            .success();
        let names: Vec<String> = fs::read_dir(&output)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let of_documents = names
            .iter()
            .filter(|name| name.starts_with(|first: char| first.is_ascii_digit()));
        assert_eq!(of_documents.count(), files * ids.len(), "{format}: {names:?}");
        assert!(
            !names.iter().any(|name| name.starts_with('.')),
            "{format}: {names:?}"
        );
        for (outer, entries) in [("", 1), ("a", 1), ("a/b", 1)] {
            let found = fs::read_dir(folder.path().join(outer)).unwrap();
            assert_eq!(found.count(), entries, "{format}: in '{outer}'");
        }
    }
    assert!(!Path::new("/tmp/escaped").exists());
}

/// Nesting is counted, not followed: the stack stays.
fn deep_nesting_is_refused() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!("{{\"text\":\"Geneva\",\"a\":{open}{close}}}\n")
    };
    for (most, within, beyond) in [("128", 127, 10_000), ("5", 4, 5)] {
        let input = nested(within) + &nested(beyond) + &nested(1_000_000) + &nested(1);
        let arguments = [
            "--input-format",
            "jsonl",
            "--format",
            "jsonl",
            "--max-nesting",
            most,
        ];
        let run = nomenclator(&arguments).write_stdin(input).assert().code(6);
        let output = String::from_utf8_lossy(&run.get_output().stdout);
        assert_eq!(output.lines().count(), 2, "--max-nesting {most}");
        let messages = String::from_utf8_lossy(&run.get_output().stderr);
        let refused = format!("expected at most {most} objects and arrays inside each other");
        assert_eq!(messages.matches(&refused).count(), 2, "{messages}");
    }
}

/// Few bytes of Parquet can hold any number of rows that are alike: its ratio counts by what comes out.
fn rows_without_end_are_refused(folder: &Path) {
    let path = folder.join("rows.parquet");
    for (row, count) in [(None, 400_000), (Some("x".repeat(2000)), 20_000)] {
        let bytes = malformed::parquet_of_one_row(row.as_deref(), count);
        fs::write(&path, &bytes).unwrap();
        let items = read(&path, Content::Parquet);
        let end = items.last().unwrap().as_ref().unwrap_err();
        assert!(
            end.reason.contains("more than 1000 times the file's size"),
            "{end}"
        );
        assert_eq!(end.line, Some(items.len() as u64));
        assert!(
            items.len() < count,
            "{} rows of {} bytes",
            items.len(),
            bytes.len()
        );
        // With room it is read whole.
        let mut options = options(Content::Parquet);
        options.limits.ratio = u64::MAX;
        let inputs = Inputs::find(&[&path], &Selection::default()).unwrap();
        assert_eq!(inputs.read(options, Arc::default()).count(), count);
    }
}
