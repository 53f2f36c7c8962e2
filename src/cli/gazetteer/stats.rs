//! `nomenclator gazetteer stats`: what a gazetteer is made of.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde::Serialize;

use crate::cli::engine::{GazetteerArguments, whole};
use crate::cli::{Outcome, print};
use crate::gazetteer::{EDITION, Gazetteer};
use crate::output::visible;

/// Arguments of `gazetteer stats`.
#[derive(Args)]
pub struct Stats {
    #[command(flatten)]
    gazetteer: GazetteerArguments,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Licences of the sources that the gazetteer's README lists.
const LICENCES: [(&str, &str); 12] = [
    ("curated", "Apache-2.0"),
    ("rigour", "MIT"),
    ("country-codes", "PDDL"),
    ("factbook", "public domain"),
    ("wikidata", "CC0"),
    ("congress-legislators", "CC0"),
    ("ifg", "CC BY 4.0"),
    ("internacia", "MIT"),
    ("ror", "CC0"),
    ("misp", "CC0 or BSD-2-Clause"),
    ("gsa", "US government work"),
    ("openregister", "OGL 3.0"),
];

#[derive(Default, Serialize)]
struct Layer {
    records: usize,
    keys: usize,
    bytes: usize,
}

#[derive(Default, Serialize)]
struct Source {
    records: usize,
    licence: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Counts {
    edition: &'static str,
    sha256: Vec<String>,
    records: usize,
    with_wikidata_id: BTreeMap<&'static str, usize>,
    kinds: BTreeMap<&'static str, usize>,
    subkinds: BTreeMap<String, usize>,
    countries: BTreeMap<String, usize>,
    aliases: BTreeMap<&'static str, usize>,
    weak_aliases: usize,
    tenures: usize,
    relations: usize,
    sources: BTreeMap<String, Source>,
    layers: Vec<Layer>,
}

/// Runs `gazetteer stats`.
///
/// # Errors
/// As [`Exit`](super::super::Exit) lists them.
pub fn run(arguments: &Stats) -> Outcome {
    let gazetteer = arguments.gazetteer.open()?;
    let counts = count(&gazetteer);
    whole(&gazetteer)?;
    if arguments.json {
        let counts = serde_json::to_value(counts).unwrap_or_default();
        return print(&format!("{counts}\n"));
    }
    print(&text(&counts))
}

fn count(gazetteer: &Gazetteer) -> Counts {
    let hex = |sum: [u8; 32]| sum.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut counts = Counts {
        edition: EDITION,
        sha256: gazetteer.checksums().into_iter().map(hex).collect(),
        ..Counts::default()
    };
    counts.layers.extend(gazetteer.layers().iter().map(|index| Layer {
        records: index.len(),
        keys: index.key_count(),
        bytes: index.size(),
    }));
    for record in gazetteer
        .references()
        .filter_map(|reference| gazetteer.record(reference))
    {
        let kind = record.kind.as_str();
        counts.records += 1;
        *counts.kinds.entry(kind).or_default() += 1;
        if record
            .id
            .strip_prefix('Q')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        {
            *counts.with_wikidata_id.entry(kind).or_default() += 1;
        }
        if let Some(subkind) = record.subkind {
            *counts.subkinds.entry(format!("{kind} {subkind}")).or_default() += 1;
        }
        *counts
            .countries
            .entry(record.country.unwrap_or_else(|| "-".to_owned()))
            .or_default() += 1;
        for alias in &record.aliases {
            *counts.aliases.entry(alias.alias_type.as_str()).or_default() += 1;
            counts.weak_aliases += usize::from(alias.weak);
        }
        counts.tenures += record.tenures.len();
        counts.relations += record.relations.len();
        // "page:https://…" is counted as a page, else every page would be a source of its own.
        let sources = record
            .sources
            .iter()
            .map(|source| source.split(':').next().unwrap_or(source));
        for source in sources.collect::<BTreeSet<_>>() {
            let licence = LICENCES.iter().find(|&&(name, _)| name == source);
            let counted = counts.sources.entry(source.to_owned()).or_default();
            counted.records += 1;
            counted.licence = licence.map(|&(_, licence)| licence);
        }
    }
    counts
}

fn text(counts: &Counts) -> String {
    let mut out = format!("edition  {}\n", counts.edition);
    for (layer, sum) in counts.layers.iter().zip(&counts.sha256) {
        let Layer { records, keys, bytes } = layer;
        out += &format!("layer    {records} records, {keys} keys, {bytes} bytes, sha256 {sum}\n");
    }
    let aliases: usize = counts.aliases.values().sum();
    out += &format!(
        "records  {}\naliases  {aliases}, {} of them weak\ntenures  {}\nrelations  {}\n",
        counts.records, counts.weak_aliases, counts.tenures, counts.relations
    );
    let list = |title: &str, rows: Vec<(String, usize)>| {
        let rows: String = rows
            .iter()
            .map(|(name, count)| format!("  {count:>6}  {}\n", visible(name)))
            .collect();
        format!("\n{title}\n{rows}")
    };
    let owned = |map: &BTreeMap<&'static str, usize>| {
        map.iter()
            .map(|(&name, &count)| (name.to_owned(), count))
            .collect()
    };
    out += &list("Kinds", owned(&counts.kinds));
    out += &list("With a Wikidata id", owned(&counts.with_wikidata_id));
    out += &list(
        "Subkinds",
        counts
            .subkinds
            .iter()
            .map(|(name, &count)| (name.clone(), count))
            .collect(),
    );
    out += &list("Aliases by type", owned(&counts.aliases));
    let mut countries: Vec<(String, usize)> = counts
        .countries
        .iter()
        .map(|(code, &count)| (code.clone(), count))
        .collect();
    countries.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    countries.truncate(20);
    out += &list("Most records by country", countries);
    let sources = counts.sources.iter().map(|(name, source)| {
        let licence = source
            .licence
            .map_or(String::new(), |licence| format!(" ({licence})"));
        (format!("{name}{licence}"), source.records)
    });
    out += &list("Records by source", sources.collect());
    out
}
