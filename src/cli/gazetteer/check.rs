//! `nomenclator gazetteer check`: whether records can be trusted, and how much of the world they cover.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::cli::{Exit, Failure, OrExit, Outcome, failure, print};
use crate::gazetteer::change::{Entry, resolve};
use crate::gazetteer::check::{CommonWords, Exceptions, Fault, Located, Report, check};
use crate::gazetteer::coverage::Coverage;
use crate::gazetteer::read::{self, ReadError};
use crate::gazetteer::record::Record;
use crate::gazetteer::{Gazetteer, GazetteerError};
use crate::output::visible;

const WORDS: &str = include_str!("../../../models/gazetteer/common_words.txt");
const SHIPPED_EXCEPTIONS: &str = include_str!("../../../models/gazetteer/ambiguous.tsv");

/// Arguments of `gazetteer check`.
#[derive(Args)]
pub struct Check {
    /// Files of records (JSON Lines, .csv, .tsv), or folders of them, checked as they lie over the gazetteer that
    /// ships; without any, that is checked alone.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Check the files by themselves, without the gazetteer that ships.
    #[arg(long, requires = "files")]
    alone: bool,
    /// Names that may be ambiguous, each with its reason; by default those of the gazetteer that ships, or the
    /// ambiguous.tsv of a folder that is checked.
    #[arg(long, value_name = "FILE")]
    ambiguous: Option<PathBuf>,
    /// Refuse records without a source, and gaps in the coverage, too.
    #[arg(long)]
    strict: bool,
    /// Print JSON: faults and coverage.
    #[arg(long)]
    json: bool,
}

/// Runs `gazetteer check`.
///
/// # Errors
/// As [`Exit`] lists them; a fault is [`Exit::CheckFailed`].
pub fn run(arguments: &Check) -> Outcome {
    let files = files_of(&arguments.files)?;
    let mut faults = Vec::new();
    let mut world = World::default();
    if !arguments.alone {
        let gazetteer = Gazetteer::embedded().or_exit(Exit::Model)?;
        faults.extend(gazetteer.verify().err().map(|error| Fault {
            at: EMBEDDED.to_owned(),
            id: String::new(),
            fault: error.to_string(),
        }));
        world.fill(&gazetteer);
    }
    for file in &files {
        world.lay(file, &mut faults)?;
    }
    let (path, table) = exceptions(arguments)?;
    let exceptions = Exceptions::parse(&path, &table).or_exit(Exit::Model)?;
    let records: Vec<Located> = world.records.into_values().collect();
    let report = check(&records, &CommonWords::parse(WORDS), &exceptions);
    faults.extend(report.faults.iter().cloned());
    let coverage = Coverage::of(records.iter().map(|located| &located.record));
    if arguments.strict {
        faults.extend(strict(&records, &coverage));
    }
    faults.sort_by_cached_key(|fault| in_order(&fault.at));
    let printed = if arguments.json {
        format!(
            "{}\n",
            json!({"records": records.len(), "faults": faults, "coverage": coverage})
        )
    } else {
        text(&faults, &report, &path, records.len(), &coverage)
    };
    print(&printed)?;
    match faults.len() {
        0 => Ok(()),
        1 => Err(failure(Exit::CheckFailed, "1 fault in the gazetteer")),
        count => Err(failure(
            Exit::CheckFailed,
            format!("{count} faults in the gazetteer"),
        )),
    }
}

/// A place to sort by: its file, then its line as a number.
fn in_order(at: &str) -> (String, usize) {
    let (file, line) = at.rsplit_once(':').unwrap_or((at, ""));
    (file.to_owned(), line.parse().unwrap_or_default())
}

const EMBEDDED: &str = "embedded";

/// Records by id, each with the place that it was last given in.
#[derive(Default)]
struct World {
    records: BTreeMap<String, Located>,
    /// Ids that the files gave whole records for, to tell one that stands there twice.
    given: BTreeMap<String, String>,
}

impl World {
    fn fill(&mut self, gazetteer: &Gazetteer) {
        for record in gazetteer
            .references()
            .filter_map(|reference| gazetteer.record(reference))
        {
            let at = EMBEDDED.to_owned();
            self.records.insert(record.id.clone(), Located { at, record });
        }
    }

    /// Lays a file's entries over the records; all of its faults are told, not the first alone.
    fn lay(&mut self, file: &Path, faults: &mut Vec<Fault>) -> Result<(), Failure> {
        let place = |line: usize| format!("{}:{line}", file.display());
        let fault = |at: String, id: &str, fault: String| Fault {
            at,
            id: id.to_owned(),
            fault,
        };
        let mut entries = Vec::new();
        let lines = match read::open(file) {
            Ok(lines) => lines,
            // A header that says nothing leaves no rows to read.
            Err(error) => Box::new(std::iter::once(Err(error))),
        };
        for entry in lines {
            match entry {
                Ok((line, entry)) => {
                    if let Entry::Record(record) = &entry
                        && let Some(first) = self.given.insert(record.id.clone(), place(line))
                    {
                        let message = format!("the id stands at {first} too: expected each id once");
                        faults.push(fault(place(line), &record.id, message));
                    }
                    entries.push((line, entry));
                }
                Err(ReadError::Line { line, reason, .. }) => faults.push(fault(place(line), "", reason)),
                Err(error) => return Err(GazetteerError::from(error)).or_exit(Exit::Model),
            }
        }
        let below = |id: &str| -> Option<Record> { Some(self.records.get(id)?.record.clone()) };
        let resolved = resolve(entries, below);
        for (line, reason) in resolved.faults {
            faults.push(fault(place(line), "", reason));
        }
        for id in resolved.suppressed {
            self.records.remove(&id);
        }
        for (line, record) in resolved.records {
            let at = place(line);
            self.records.insert(record.id.clone(), Located { at, record });
        }
        Ok(())
    }
}

/// The files, and those of the folders in the order of their names.
fn files_of(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |error| {
            failure(
                Exit::Model,
                format!("cannot read the folder {}: {error}", path.display()),
            )
        };
        let mut inside = BTreeSet::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            let ending = file.extension().and_then(|ending| ending.to_str());
            if matches!(ending, Some("jsonl" | "csv")) {
                inside.insert(file);
            }
        }
        if inside.is_empty() {
            let message = format!(
                "no records in the folder {}: expected files .jsonl or .csv",
                path.display()
            );
            return Err(failure(Exit::Model, message));
        }
        files.extend(inside);
    }
    Ok(files)
}

/// The table of exceptions, and where it is from.
fn exceptions(arguments: &Check) -> Result<(PathBuf, String), Failure> {
    let beside = arguments
        .files
        .iter()
        .map(|path| path.join("ambiguous.tsv"))
        .find(|path| path.is_file());
    match arguments.ambiguous.clone().or(beside) {
        Some(path) => match std::fs::read_to_string(&path) {
            Ok(table) => Ok((path, table)),
            Err(error) => Err(failure(
                Exit::Model,
                format!("cannot read {}: {error}", path.display()),
            )),
        },
        None => Ok(("ambiguous.tsv".into(), SHIPPED_EXCEPTIONS.to_owned())),
    }
}

fn strict(records: &[Located], coverage: &Coverage) -> Vec<Fault> {
    let sourceless = records
        .iter()
        .filter(|located| located.record.sources.is_empty())
        .map(|located| Fault {
            at: located.at.clone(),
            id: located.record.id.clone(),
            fault: "no source: expected one at least".to_owned(),
        });
    let gaps = coverage
        .lacks()
        .into_iter()
        .filter(|(_, codes)| !codes.is_empty())
        .map(|(what, codes)| Fault {
            at: "coverage".to_owned(),
            id: String::new(),
            fault: format!("{what}: {}; expected none", codes.join(" ")),
        });
    sourceless.chain(gaps).collect()
}

fn text(faults: &[Fault], report: &Report, table: &Path, records: usize, coverage: &Coverage) -> String {
    let mut out = String::new();
    for Fault { at, id, fault } in faults {
        let id = if id.is_empty() {
            String::new()
        } else {
            format!("{id}: ")
        };
        out += &format!("{}\n", visible(&format!("{at}: {id}{fault}")));
    }
    for (line, name) in &report.unused {
        let row = format!(
            "{}:{line}: '{name}' lets nothing pass: the row can go",
            table.display()
        );
        out += &format!("{}\n", visible(&row));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let kinds: Vec<String> = coverage
        .kinds
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    out += &format!(
        "{records} records: {}; {} faults\n\n",
        kinds.join(", "),
        faults.len()
    );
    for (what, codes) in coverage.lacks() {
        let codes = if codes.is_empty() {
            "none".to_owned()
        } else {
            codes.join(" ")
        };
        out += &format!("{what}: {codes}\n");
    }
    out += "\nRecords per country: countries, agencies, officials\n";
    out += &table_of(&coverage.countries);
    out
}

/// Codes with their three counts, five to a line.
fn table_of(countries: &BTreeMap<String, BTreeMap<&'static str, usize>>) -> String {
    let cells: Vec<String> = (countries.iter())
        .map(|(code, kinds)| {
            let count = |kind| kinds.get(kind).copied().unwrap_or_default();
            let counts = [count("country"), count("agency"), count("official")];
            format!("  {code:3} {:>2} {:>4} {:>5}", counts[0], counts[1], counts[2])
        })
        .collect();
    cells.chunks(5).map(|row| format!("{}\n", row.concat())).collect()
}
