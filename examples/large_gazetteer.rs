//! Makes large gazetteers out of real name parts, and measures lookups in their indexes. `scripts/bench_gazetteer.py` runs
//! it at several sizes.
//!
//!     large_gazetteer make NAMES models/gazetteer/officials.jsonl > records.jsonl
//!     large_gazetteer queries COUNT records.jsonl > queries.tsv
//!     large_gazetteer measure records.idx queries.tsv
//!
//! `make` recombines the given and family names of the officials it reads: each record has a full name and one alias, so
//! there are half as many records as NAMES. The same NAMES gives the same records. `queries` draws names of them: on each
//! line the name as written, its normalised key, and that key misspelt by one edit. `measure` prints one JSON object.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use nomenclator::gazetteer::Gazetteer;
use nomenclator::gazetteer::index::{FUZZY_LEAST, Index};
use nomenclator::gazetteer::key::fold;
use nomenclator::gazetteer::record::Record;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["make", names, officials] => make(names.parse()?, Path::new(officials)),
        ["queries", count, records] => queries(count.parse()?, Path::new(records)),
        ["measure", index, queries] => measure(Path::new(index), Path::new(queries)),
        _ => Err("expected: make NAMES OFFICIALS, queries COUNT RECORDS, or measure INDEX QUERIES".into()),
    }
}

/// Numbers that look random and are the same each time: SplitMix64 (Steele, Lea and Flood 2014).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

fn make(names: usize, officials: &Path) -> Result<(), Box<dyn Error>> {
    let (mut given, mut family) = (BTreeSet::new(), BTreeSet::new());
    for line in fs::read_to_string(officials)?.lines() {
        let record: Record = serde_json::from_str(line)?;
        let words: Vec<&str> = record.name.split_whitespace().collect();
        if let [first, .., last] = words[..] {
            given.insert(first.to_owned());
            family.insert(last.to_owned());
        }
    }
    let (given, family) = (Vec::from_iter(given), Vec::from_iter(family));
    let countries = ["DE", "FR", "GB", "IN", "JP", "KR", "NG", "US"];
    let mut numbers = Numbers(5);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    for at in 0..names / 2 {
        let (one, two) = (
            &given[numbers.below(given.len())],
            &given[numbers.below(given.len())],
        );
        let last = &family[numbers.below(family.len())];
        let country = countries[numbers.below(countries.len())];
        let from = 1990 + numbers.below(35);
        let record = json!({
            "id": format!("nom:made-{at}"),
            "kind": "official",
            "name": format!("{one} {two} {last}"),
            "country": country,
            "aliases": [{"text": format!("{one} {last}"), "type": "transliteration"}],
            "tenures": [{"position": "Member of Parliament", "country": country, "from": from.to_string()}],
            "sources": ["made"],
        });
        serde_json::to_writer(&mut out, &record)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

fn queries(count: usize, records: &Path) -> Result<(), Box<dyn Error>> {
    let mut numbers = Numbers(6);
    let total = BufReader::new(File::open(records)?).lines().count();
    let every = (total / count).max(1);
    let mut names = Vec::new();
    for line in BufReader::new(File::open(records)?).lines().step_by(every) {
        let record: Record = serde_json::from_str(&line?)?;
        let alias = record.aliases.into_iter().next();
        names.push(match alias {
            Some(alias) if numbers.below(2) == 0 => alias.text,
            _ => record.name,
        });
    }
    // In an order that has nothing to do with where the names lie in the index.
    for at in (1..names.len()).rev() {
        names.swap(at, numbers.below(at + 1));
    }
    let mut out = BufWriter::new(io::stdout().lock());
    for name in names {
        let key = fold(&name);
        let mut near: Vec<char> = key.chars().collect();
        while key.chars().eq(near.iter().copied()) {
            let at = numbers.below(near.len());
            let letter = char::from(b'a' + numbers.below(26) as u8);
            match numbers.below(4) {
                0 => near.insert(at, letter),
                1 if near.len() > FUZZY_LEAST => drop(near.remove(at)),
                2 if at > 0 => near.swap(at, at - 1),
                _ => near[at] = letter,
            }
        }
        writeln!(out, "{name}\t{key}\t{}", String::from_iter(near))?;
    }
    out.flush()?;
    Ok(())
}

fn measure(path: &Path, queries: &Path) -> Result<(), Box<dyn Error>> {
    let queries = fs::read_to_string(queries)?;
    let queries: Vec<(&str, &str)> = (queries.lines())
        .filter_map(|line| line.split_once('\t')?.1.split_once('\t'))
        .collect();
    let private_before = private_bytes()?;
    let start = Instant::now();
    let index = Index::open_file(path)?;
    let opened = start.elapsed();
    let (size, keys, entities) = (index.size(), index.key_count(), index.len());
    let gazetteer = Gazetteer::from_index(index);

    // The first round verifies blocks and brings pages in; the second is what a run over many documents sees.
    let first = timed(&queries, |(exact, _)| gazetteer.hits(exact).len());
    let exact = timed(&queries, |(exact, _)| gazetteer.hits(exact).len());
    let private_after = private_bytes()?;
    timed(&queries, |(_, near)| gazetteer.fuzzy_hits(near).len());
    let fuzzy = timed(&queries, |(_, near)| gazetteer.fuzzy_hits(near).len());
    gazetteer.check_met_damage()?;

    let start = Instant::now();
    Index::open_file(path)?.verify_all()?;
    let verified = start.elapsed();
    println!(
        "{}",
        json!({
            "bytes": size,
            "keys": keys,
            "entities": entities,
            "queries": queries.len(),
            "open_ms": opened.as_secs_f64() * 1e3,
            "verify_all_s": verified.as_secs_f64(),
            "private_bytes": private_after.saturating_sub(private_before),
            "first": first,
            "exact": exact,
            "fuzzy": fuzzy,
        })
    );
    Ok(())
}

/// Microseconds at the median and the 99th percentile, and the share of queries that find something.
fn timed<'q>(
    queries: &[(&'q str, &'q str)],
    look: impl Fn(&(&'q str, &'q str)) -> usize,
) -> serde_json::Value {
    let mut times = Vec::with_capacity(queries.len());
    let mut found = 0;
    for query in queries {
        let start = Instant::now();
        let hits = black_box(look(black_box(query)));
        times.push(start.elapsed());
        found += usize::from(hits > 0);
    }
    times.sort_unstable();
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    json!({
        "median_us": micros(times[times.len() / 2]),
        "p99_us": micros(times[times.len() * 99 / 100]),
        "found": found as f64 / queries.len() as f64,
    })
}

/// Bytes of this process that no other shares and that the system cannot drop: anonymous memory.
fn private_bytes() -> Result<u64, Box<dyn Error>> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = |name: &str| -> Option<u64> {
        let rest = rollup.lines().find_map(|line| line.strip_prefix(name))?;
        rest.trim().strip_suffix(" kB")?.parse().ok()
    };
    Ok(line("Private_Dirty:").ok_or("no Private_Dirty in smaps_rollup")? * 1024)
}
