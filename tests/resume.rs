//! Whatever ends a run, the same command goes on, and the output is that of a run that nothing ended.

#![cfg(unix)]

mod corpora;
mod disk;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use corpora::generated;
use disk::SmallDisk;
use tempfile::TempDir;

/// Documents of the corpus: four row groups, and about as many members as will be killed.
const DOCUMENTS: usize = 3600;
/// A line of so many is no document.
const BROKEN: usize = 97;

/// A folder with a corpus in it, and where outputs go.
struct Bench {
    folder: TempDir,
    options: Vec<&'static str>,
}

impl Bench {
    fn new(documents: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut corpus = String::new();
        for number in 0..documents {
            if number % BROKEN == BROKEN - 1 {
                corpus.push_str("{\"text\": 5}\n");
                continue;
            }
            let text = generated(number, 40 + number * 7 % 80);
            let line = serde_json::json!({"id": format!("d{number}"), "text": text, "date": "2024-04-18", "n": number});
            corpus.push_str(&format!("{line}\n"));
        }
        fs::write(folder.path().join("corpus.jsonl"), corpus).unwrap();
        Bench {
            folder,
            options: vec!["--checkpoint", "0.01"],
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, input: &str, output: &str) -> Command {
        let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/uncased");
        let mut command = Command::new(env!("CARGO_BIN_EXE_nomenclator"));
        command
            .args(["tag", input, "--output", output, "--model", model])
            .args(&self.options)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    fn spawn(&self, output: &str) -> Child {
        self.command("corpus.jsonl", output).spawn().unwrap()
    }

    fn run(&self, output: &str) -> Output {
        self.command("corpus.jsonl", output).output().unwrap()
    }

    /// Runs to the end; some documents are rejected, always.
    fn complete(&self, output: &str) {
        let ended = self.run(output);
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(6), "{told}");
        assert!(told.contains("rejected"), "{told}");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Output and rejections are those of `whole`, and nothing else is left.
    fn same(&self, output: &str, whole: &str) {
        assert!(
            self.read(output) == self.read(whole),
            "{output} differs from {whole}"
        );
        let rejected = |name: &str| self.read(&format!("{name}.rejected.jsonl"));
        assert!(
            rejected(output) == rejected(whole),
            "rejections of {output} differ"
        );
        for suffix in [
            "partial",
            "journal",
            "lock",
            "rejected.jsonl.partial",
            "partial.groups",
        ] {
            assert!(
                !self.path(&format!("{output}.{suffix}")).exists(),
                "{output}.{suffix} is left"
            );
        }
    }

    fn clean(&self, output: &str) {
        let mine = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(output);
        for entry in fs::read_dir(self.folder.path())
            .unwrap()
            .map(Result::unwrap)
            .filter(mine)
        {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

/// Numbers without a pattern.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |there| there.len())
}

/// Waits until the condition holds; false where the process ended before.
fn until(child: &mut Child, condition: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "nothing is written");
        thread::sleep(Duration::from_micros(300));
    }
}

#[test]
fn killed_at_fifty_moments_the_output_is_the_same() {
    let bench = Bench::new(DOCUMENTS);
    let (mut kills, mut between) = (0, 0);
    let mut random = Random(20_261_127);
    for (extension, share) in [("jsonl", 17), ("jsonl.zst", 17), ("parquet", 16)] {
        let (whole, output) = (format!("whole.{extension}"), format!("killed.{extension}"));
        let start = Instant::now();
        bench.complete(&whole);
        let time = start.elapsed().as_micros() as u64;
        let partial = bench.path(&format!("{output}.partial"));
        let mut done = 0;
        while done < share {
            let mut child = bench.spawn(&output);
            // One in six at any moment, before the first write and while the program starts too; the others while
            // there is something new behind what the last run left.
            if done % 6 > 0 {
                let before = length(&partial);
                until(&mut child, || {
                    length(&partial) > before || before == 0 && partial.exists()
                });
            }
            thread::sleep(Duration::from_micros(random.below(time / 8)));
            child.kill().unwrap();
            let ended = child.wait().unwrap();
            if ended.signal() != Some(9) {
                // It was over: the next kills are of a run from the beginning.
                bench.same(&output, &whole);
                bench.clean(&output);
                continue;
            }
            assert!(
                !bench.path(&output).exists() || !partial.exists(),
                "{output} and its partial"
            );
            between += u32::from(length(&partial) > 0);
            done += 1;
        }
        kills += done;
        bench.complete(&output);
        bench.same(&output, &whole);
    }
    println!("{kills} kills, {between} of them between the first and the last write");
    assert_eq!(kills, 50);
    assert!(between >= 40, "{between}");
}

#[test]
fn a_signal_ends_it_in_order_and_it_goes_on() {
    let bench = Bench::new(2000);
    bench.complete("whole.jsonl.gz");
    let mut child = bench.spawn("stopped.jsonl.gz");
    let partial = bench.path("stopped.jsonl.gz.partial");
    assert!(until(&mut child, || length(&partial) > 0));
    // The crate that sends signals by a safe call is not worth a dependency.
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    if ended.status.code() != Some(6) {
        assert_eq!(ended.status.code(), Some(130), "{told}");
        assert!(told.contains("the same command goes on"), "{told}");
        assert!(bench.path("stopped.jsonl.gz.journal").exists());
        assert!(!bench.path("stopped.jsonl.gz.lock").exists());
        bench.complete("stopped.jsonl.gz");
    }
    bench.same("stopped.jsonl.gz", "whole.jsonl.gz");
}

#[test]
fn a_damaged_journal_costs_work_and_nothing_else() {
    let bench = Bench::new(1500);
    bench.complete("whole.jsonl");
    let mut random = Random(7);
    let (mut refused, mut gone_on) = (0, 0);
    for _ in 0..12 {
        let mut child = bench.spawn("damaged.jsonl");
        let partial = bench.path("damaged.jsonl.partial");
        until(&mut child, || length(&partial) > 100_000);
        child.kill().unwrap();
        child.wait().unwrap();
        let journal = bench.path("damaged.jsonl.journal");
        if let Ok(mut bytes) = fs::read(&journal) {
            let at = random.below(bytes.len() as u64) as usize;
            match random.below(3) {
                0 => bytes.truncate(at),
                1 => bytes[at] ^= 1 << random.below(8),
                _ => {
                    bytes.splice(at..at, *b"\n{}\n");
                }
            }
            fs::write(&journal, bytes).unwrap();
        }
        let ended = bench.run("damaged.jsonl");
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        match ended.status.code() {
            Some(6) => gone_on += 1,
            code => {
                refused += 1;
                assert_eq!(code, Some(5), "{told}");
                assert!(told.contains("--restart starts over"), "{told}");
                let mut again = bench.command("corpus.jsonl", "damaged.jsonl");
                assert_eq!(again.arg("--restart").output().unwrap().status.code(), Some(6));
            }
        }
        bench.same("damaged.jsonl", "whole.jsonl");
        bench.clean("damaged.jsonl");
    }
    println!("{gone_on} gone on with, {refused} refused until --restart");
    assert!(gone_on > 0);
}

#[test]
fn a_full_disk_loses_nothing() {
    let bench = Bench::new(3000);
    for extension in ["jsonl", "jsonl.zst", "parquet"] {
        let whole = format!("whole.{extension}");
        bench.complete(&whole);
        let size = length(&bench.path(&whole));
        let small = SmallDisk::new(&bench.path(&format!("disk-{extension}")), size / 2);
        let output = small.path.join(format!("full.{extension}"));
        let output = output.to_str().unwrap();
        let ended = small.run(bench.command("corpus.jsonl", output));
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(5), "{told}");
        assert!(told.contains("expected a place that can be written"), "{told}");
        assert!(!Path::new(output).exists());
        small.grow(4 * size + (4 << 20));
        let ended = bench.command("corpus.jsonl", output).output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(6), "{told}");
        assert!(fs::read(output).unwrap() == bench.read(&whole), "{output}");
    }
}

#[test]
fn standard_input_is_fed_again_and_known_by_its_hash() {
    let bench = Bench::new(1200);
    let corpus = bench.read("corpus.jsonl");
    let fed = |input: &[u8], until_killed: bool| {
        let mut command = bench.command("-", "fed.jsonl");
        let mut child = command
            .args(["--input-format", "jsonl"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        if until_killed {
            stdin.write_all(&input[..input.len() * 2 / 3]).unwrap();
            stdin.flush().unwrap();
            let partial = bench.path("fed.jsonl.partial");
            assert!(until(&mut child, || length(&partial) > 100_000));
            child.kill().unwrap();
        } else {
            // It may refuse before all is read.
            let _ = stdin.write_all(input);
        }
        drop(stdin);
        child.wait_with_output().unwrap()
    };
    assert_eq!(fed(&corpus, false).status.code(), Some(6));
    fs::rename(bench.path("fed.jsonl"), bench.path("whole.jsonl")).unwrap();
    fs::rename(
        bench.path("fed.jsonl.rejected.jsonl"),
        bench.path("whole.jsonl.rejected.jsonl"),
    )
    .unwrap();
    fed(&corpus, true);
    let mut other = corpus.clone();
    other[12] = b'x';
    let refused = fed(&other, false);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3), "{told}");
    assert!(told.contains("are not those of the run"), "{told}");
    assert_eq!(fed(&corpus, false).status.code(), Some(6));
    bench.same("fed.jsonl", "whole.jsonl");
}

#[test]
fn another_run_is_refused_by_name_until_restart() {
    let bench = Bench::new(1500);
    let mut child = bench.spawn("a.jsonl");
    let partial = bench.path("a.jsonl.partial");
    assert!(until(&mut child, || length(&partial) > 50_000));
    child.kill().unwrap();
    child.wait().unwrap();
    for (options, name) in [
        (&["--no-link"][..], "--no-link"),
        (&["--offsets", "byte"], "--offsets"),
        (&["--date", "2020"], "--date"),
        (&["--precision", "bf16"], "ISA and precision"),
        (&["--max-line", "5MB"], "limits"),
    ] {
        let ended = bench
            .command("corpus.jsonl", "a.jsonl")
            .args(options)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{options:?}: {told}");
        assert!(told.contains(&format!("begun with {name}")), "{told}");
    }
    let ended = bench
        .command("corpus.jsonl", "a.jsonl")
        .args(["--no-link", "--restart"])
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(6));
    assert!(
        !String::from_utf8(bench.read("a.jsonl"))
            .unwrap()
            .contains("\"kind\"")
    );
}

#[test]
fn the_second_on_the_same_output_is_refused() {
    let bench = Bench::new(10);
    let mut first = bench
        .command("-", "a.jsonl")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let lock = bench.path("a.jsonl.lock");
    assert!(until(&mut first, || lock.exists()));
    let mut told = String::new();
    // The lock's file is there a moment before the lock is.
    for _ in 0..50 {
        let second = bench.command("corpus.jsonl", "a.jsonl").output().unwrap();
        told = String::from_utf8_lossy(&second.stderr).into_owned();
        if second.status.code() == Some(5) {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    assert!(told.contains("another process is writing this output"), "{told}");
    first.stdin.take().unwrap().write_all(b"Seoul said so.").unwrap();
    assert!(first.wait().unwrap().success());
}

#[test]
fn shards_are_whole_one_by_one_and_the_same_after_a_kill() {
    let bench = Bench::new(1000);
    let shards = |output: &str, kills: usize| {
        for kill in 0..=kills {
            let mut command = bench.command("corpus.jsonl", output);
            let mut child = command.args(["--shard-size", "150"]).spawn().unwrap();
            if kill < kills {
                let third = bench.path(&format!("killed-0000{}.jsonl.gz", kill + 2));
                until(&mut child, || third.exists());
                child.kill().unwrap();
            }
            child.wait().unwrap();
        }
        let stem = output.split('.').next().unwrap();
        (1..20)
            .map(|number| bench.path(&format!("{stem}-{number:05}.jsonl.gz")))
            .take_while(|path| path.exists())
            .map(|path| fs::read(path).unwrap())
            .collect::<Vec<_>>()
    };
    let whole = shards("whole.jsonl.gz", 0);
    assert_eq!(whole.len(), 7);
    assert!(shards("killed.jsonl.gz", 4) == whole);
    assert!(!bench.path("whole.jsonl.gz").exists());
}

#[test]
fn strict_stops_at_the_first_and_goes_on_when_it_is_mended() {
    let bench = Bench::new(300);
    let ended = bench
        .command("corpus.jsonl", "a.jsonl")
        .arg("--strict")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{told}");
    assert!(told.contains("corpus.jsonl:97: \"text\" is a number"), "{told}");
    assert!(!bench.path("a.jsonl").exists());
    let mended = String::from_utf8(bench.read("corpus.jsonl"))
        .unwrap()
        .replace("{\"text\": 5}", "{\"text\":\"x\"}");
    File::create(bench.path("corpus.jsonl"))
        .unwrap()
        .write_all(mended.as_bytes())
        .unwrap();
    let ended = bench
        .command("corpus.jsonl", "a.jsonl")
        .arg("--strict")
        .output()
        .unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert_eq!(
        bench
            .read("a.jsonl")
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count(),
        300
    );
}
