//! `nomenclator stats`: what a tagged corpus speaks of.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::target::{Target, cannot_write};
use super::{Exit, OrExit, Outcome, failure, print, tell};
use crate::corpus::tagged;
use crate::dates::Precision;
use crate::document::Kind;
use crate::stats::{Documents, Limits, Report, Selection, Statistics, page, tables, text};

/// Columns where standard output is no terminal.
const WIDTH: usize = 110;

const AFTER_HELP: &str = "\
Tables: the most mentioned entities, names that are not linked, pairs of entities that are named in one document more \
often than by chance (Dunning's log-likelihood ratio; Bouma's normalised pointwise mutual information beside it), and \
documents over time. Any number of documents passes through: memory grows with the different entities alone. Where names \
or pairs are too many to keep them all (131,072 and 524,288 different ones), a note says how much a count can be wrong.

A record that cannot be read is told on standard error and left out; the exit code is then 6.

Examples:
  nomenclator stats tagged.jsonl.zst
  nomenclator stats tagged.parquet --kind official --country KR --top 50
  nomenclator stats 2024/*.jsonl --by month --csv tables --html report.html
  nomenclator tag corpus.jsonl | nomenclator stats - --json";

/// Arguments of `stats`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// Files of tagged documents (JSON Lines, Parquet, CoNLL, spaCy JSON, also .gz and .zst), folders of brat's, or '-' for
    /// standard input.
    #[arg(value_name = "TAGGED", required = true)]
    inputs: Vec<PathBuf>,
    /// Count links to this kind alone: 'country', 'official', 'agency'. May be given several times, as the next two.
    #[arg(long, value_enum, value_name = "KIND", hide_possible_values = true)]
    kind: Vec<KindChoice>,
    /// Count mentions with this label alone, such as PER.
    #[arg(long, value_name = "LABEL")]
    label: Vec<String>,
    /// Count links to entities of this country alone (ISO 3166-1 alpha-2, or XK, EU, INT).
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Vec<String>,
    /// Rows of each table, in CSV and JSON too.
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// What the timeline is by: 'year', 'month', 'day'; what fits the dates where it is not given.
    #[arg(long, value_enum, value_name = "SPAN", hide_possible_values = true)]
    by: Option<SpanChoice>,
    /// Write the tables to entities.csv, names.csv, pairs.csv and timeline.csv in this folder, which is made where it is
    /// not there. Text that a spreadsheet would run as a formula gets an apostrophe in front.
    #[arg(long, value_name = "DIR")]
    csv: Option<PathBuf>,
    /// Write a page with plots and tables, which needs nothing beside itself.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `--kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KindChoice {
    Country,
    Official,
    Agency,
}

/// `--by`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SpanChoice {
    Year,
    Month,
    Day,
}

/// A country's code in capitals.
fn country(text: &str) -> Result<String, String> {
    match text.to_ascii_uppercase().as_str() {
        // What people write, and ISO 3166-1 only reserves.
        "UK" => Ok("GB".to_owned()),
        code if (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            Ok(code.to_owned())
        }
        _ => Err("expected ISO 3166-1 alpha-2 such as KP, or XK, EU, INT".to_owned()),
    }
}

/// Runs `stats`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(arguments: Arguments) -> Outcome {
    let mut statistics = Statistics::new(
        arguments.selection(),
        arguments.by.map(Precision::from),
        Limits::default(),
    );
    for input in &arguments.inputs {
        for read in tagged::read_lines(input, None).or_exit(Exit::Input)? {
            match read {
                Ok(line) => statistics.add(&line),
                Err(rejection) => {
                    statistics.add_rejected();
                    tell(&rejection);
                }
            }
        }
    }
    let report = statistics.report(arguments.top);
    if let Some(folder) = &arguments.csv {
        write_tables(&report, folder)?;
    }
    if let Some(path) = &arguments.html {
        write_page(&report, path)?;
    }
    if arguments.json {
        let json = serde_json::to_string(&report).or_exit(Exit::Output)?;
        print(&format!("{json}\n"))?;
    } else {
        let width = terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0));
        print(&text::text(&report, width))?;
    }
    let Documents { total, rejected, .. } = report.documents;
    match rejected {
        0 => Ok(()),
        _ => Err(failure(
            Exit::Rejected,
            format!(
                "{rejected} of {} documents were rejected: expected each as `nomenclator tag` writes it",
                total + rejected
            ),
        )),
    }
}

/// Writes every table before the first one gets its name.
fn write_tables(report: &Report, folder: &Path) -> Outcome {
    fs::create_dir_all(folder).map_err(|error| cannot_write(&folder.display().to_string(), error))?;
    let mut written = Vec::new();
    for (name, table) in tables::TABLES {
        let mut target = Target::file(&folder.join(name))?;
        let place = target.place().to_owned();
        table(report, &mut target).map_err(|error| cannot_write(&place, error))?;
        written.push(target);
    }
    written.into_iter().try_for_each(Target::finish)
}

fn write_page(report: &Report, path: &Path) -> Outcome {
    let mut target = Target::file(path)?;
    let place = target.place().to_owned();
    let made_with = format!("nomenclator {}", env!("CARGO_PKG_VERSION"));
    page::write(report, &made_with, &mut target).map_err(|error| cannot_write(&place, error))?;
    target.finish()
}

impl Arguments {
    fn selection(&self) -> Selection {
        Selection {
            kinds: self.kind.iter().copied().map(Kind::from).collect(),
            labels: self.label.clone(),
            countries: self.country.clone(),
        }
    }
}

impl From<KindChoice> for Kind {
    fn from(choice: KindChoice) -> Self {
        match choice {
            KindChoice::Country => Kind::Country,
            KindChoice::Official => Kind::Official,
            KindChoice::Agency => Kind::Agency,
        }
    }
}

impl From<SpanChoice> for Precision {
    fn from(choice: SpanChoice) -> Self {
        match choice {
            SpanChoice::Year => Precision::Year,
            SpanChoice::Month => Precision::Month,
            SpanChoice::Day => Precision::Day,
        }
    }
}
