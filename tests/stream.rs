//! Memory does not grow with the corpus, a slow reader of the output slows the input, and a huge document works.

#![cfg(target_os = "linux")]

mod corpora;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use corpora::generated;

/// Added to the logit of `O`.
const OUTSIDE_BIAS: f64 = 1.0;

/// The `tag` command with a small model, standard input a pipe.
fn tag(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nomenclator"));
    command
        .arg("tag")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    command
}

/// A figure of a process in bytes: `VmHWM` is the most memory that it held, `VmRSS` what it holds.
fn memory(child: &Child, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line
        .trim_start_matches(':')
        .trim()
        .strip_suffix("kB")?
        .trim()
        .parse()
        .ok()?;
    Some(kilobytes * 1024)
}

/// Waits for the end; the most memory that it held.
fn peak(mut child: Child) -> u64 {
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = memory(&child, "VmHWM").unwrap_or(0).max(peak);
        thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    assert!(peak > 0);
    peak
}

/// Sends so many megabytes of JSON Lines through reader and writer.
fn peak_of(megabytes: usize) -> u64 {
    let mut child = tag(&["--input-format", "jsonl", "--backend", "none", "--threads", "2"])
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeder = thread::spawn(move || {
        let lines: String = (0..200)
            .map(|n| format!("{{\"text\":\"{}\"}}\n", generated(n, 400).replace('\n', "\\n")))
            .collect();
        for _ in 0..megabytes * 1_000_000 / lines.len() {
            stdin.write_all(lines.as_bytes()).unwrap();
        }
    });
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let drain = thread::spawn(move || stdout.lines().map(|line| line.unwrap().len()).sum::<usize>());
    let peak = peak(child);
    feeder.join().unwrap();
    assert!(drain.join().unwrap() > megabytes * 900_000);
    peak
}

#[test]
fn memory_is_that_of_a_smaller_corpus() {
    let (small, large) = (peak_of(60), peak_of(300));
    println!("peak memory: {small} bytes for 60 MB, {large} for 300 MB");
    assert!(large as f64 <= 1.10 * small as f64, "{small} and {large}");
}

#[test]
fn a_slow_reader_of_the_output_slows_the_input() {
    let mut child = tag(&["--input-format", "jsonl", "--backend", "none"])
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let fed = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&fed);
    let line = format!("{{\"text\":\"{}\"}}\n", "Seoul said so. ".repeat(1000));
    let feeder = thread::spawn(move || {
        for _ in 0..20_000 {
            stdin.write_all(line.as_bytes()).unwrap();
            count.fetch_add(line.len() as u64, Ordering::Relaxed);
        }
    });
    // Nobody reads: the program takes in what its bounds allow, and waits.
    let mut before = u64::MAX;
    while before != fed.load(Ordering::Relaxed) || before == 0 {
        before = fed.load(Ordering::Relaxed);
        thread::sleep(Duration::from_millis(500));
    }
    assert!(before < 150_000_000, "{before} bytes taken in of 300,000,000");
    let held = memory(&child, "VmRSS").unwrap();
    assert!(held < 400_000_000, "{held}");
    let mut written = 0;
    let mut stdout = child.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match stdout.read(&mut buffer).unwrap() {
            0 => break,
            bytes => written += bytes,
        }
    }
    feeder.join().unwrap();
    assert!(child.wait().unwrap().success());
    assert!(written > 300_000_000);
}

#[test]
fn a_document_of_twenty_megabytes_takes_six_times_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("huge.txt"), folder.path().join("huge.jsonl"));
    let mut text = String::new();
    let mut seed = 0;
    while text.len() < 20_000_000 {
        text.push_str(&generated(seed, 500));
        text.push_str("\n\n");
        seed += 1;
    }
    // A model that finds as many names as there are in the news, one in some eighty bytes: the small one's weights are random.
    let model = folder.path().join("model");
    fs::create_dir(&model).unwrap();
    for entry in fs::read_dir("tests/golden/uncased").unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, model.join(path.file_name().unwrap())).unwrap();
    }
    let config = fs::read_to_string(model.join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&config).unwrap();
    config["nomenclator"]["calibration"] =
        serde_json::json!({"temperature": 1.0, "outside_bias": OUTSIDE_BIAS});
    fs::write(model.join("config.json"), config.to_string()).unwrap();
    let run = |text: &str| {
        fs::write(&input, text).unwrap();
        let paths = [&input, &model, &output].map(|path| path.to_str().unwrap());
        let [input, model, output] = paths;
        peak(
            tag(&[
                input,
                "--model",
                model,
                "--output",
                output,
                "--log",
                "none",
                "--threads",
                "2",
            ])
            .spawn()
            .unwrap(),
        )
    };
    // What the program holds while it works on any text that is read in sections.
    let base = run(&text[..2_000_000]);
    let peak = run(&text);
    println!(
        "peak memory: {base} bytes for 2 MB, {peak} for {} bytes",
        text.len()
    );
    assert!(
        peak <= base + 6 * text.len() as u64,
        "{peak} > {base} + 6 * {}",
        text.len()
    );
    let tagged = fs::read_to_string(&output).unwrap();
    let tagged: serde_json::Value = serde_json::from_str(&tagged).unwrap();
    assert_eq!(tagged["text"], text);
    let chars: Vec<char> = text.chars().collect();
    let mentions = tagged["mentions"].as_array().unwrap();
    println!("a mention in {} bytes", text.len() / mentions.len());
    assert!(
        (50..150).contains(&(text.len() / mentions.len())),
        "{}",
        mentions.len()
    );
    let mut end = 0;
    for mention in mentions {
        let at = |name: &str| mention[name].as_u64().unwrap() as usize;
        assert!(end <= at("start") && at("start") < at("end"));
        end = at("end");
        assert_eq!(
            mention["text"],
            chars[at("start")..end].iter().collect::<String>()
        );
    }
}
