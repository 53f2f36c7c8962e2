//! `nomenclator gazetteer export`: the records that a gazetteer is made of, layers applied.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::filter::Filter;
use crate::cli::engine::{GazetteerArguments, whole};
use crate::cli::target::{Target, cannot_write};
use crate::cli::{Exit, Failure, OrExit, Outcome, failure};
use crate::gazetteer::record::Record;
use crate::gazetteer::spreadsheet;

/// Arguments of `gazetteer export`.
#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    gazetteer: GazetteerArguments,
    #[command(flatten)]
    filter: Filter,
    /// The format: 'jsonl' or 'csv'; by default what the output's name ends in, else jsonl.
    #[arg(long, value_enum, value_name = "NAME", hide_possible_values = true)]
    format: Option<Format>,
    /// Where to write; standard output by default. The file appears when it is whole.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Jsonl,
    Csv,
}

/// Runs `gazetteer export`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(arguments: &Export) -> Outcome {
    let gazetteer = arguments.gazetteer.open()?;
    let records = gazetteer
        .references()
        .filter_map(|reference| gazetteer.record(reference));
    let records = records.filter(|record| arguments.filter.takes(record.kind, record.country.as_deref()));
    let ends_in_csv = |path: &PathBuf| {
        path.extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
    };
    if let Some(path) = arguments.output.as_ref().filter(|_| arguments.format.is_none()) {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        if !["csv", "json", "jsonl", "ndjson"]
            .iter()
            .any(|known| ending == *known)
        {
            let message = format!(
                "{}: its ending names no format: expected .jsonl or .csv, or --format",
                path.display()
            );
            return Err(failure(Exit::Usage, message));
        }
    }
    let by_name = if arguments.output.as_ref().is_some_and(ends_in_csv) {
        Format::Csv
    } else {
        Format::Jsonl
    };
    let mut target = match &arguments.output {
        Some(path) => Target::file(path)?,
        None => Target::stdout(),
    };
    match arguments.format.unwrap_or(by_name) {
        Format::Jsonl => json_lines(records, &mut target)?,
        Format::Csv => table(records, &mut target)?,
    }
    // What is damaged was taken for absent: such a file does not get its name.
    whole(&gazetteer)?;
    target.finish()
}

fn json_lines(records: impl Iterator<Item = Record>, target: &mut Target) -> Outcome {
    for record in records {
        let line = serde_json::to_string(&record).or_exit(Exit::Output)?;
        writeln!(target, "{line}").map_err(|error| cannot_write(target.place(), error))?;
    }
    Ok(())
}

fn table(records: impl Iterator<Item = Record>, target: &mut Target) -> Outcome {
    let place = target.place().to_owned();
    let failed = |error: csv::Error| -> Failure {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => cannot_write(&place, error),
            kind => cannot_write(&place, std::io::Error::other(format!("{kind:?}"))),
        }
    };
    let mut table = csv::Writer::from_writer(target);
    table.write_record(spreadsheet::COLUMNS).map_err(failed)?;
    for record in records {
        table.write_record(spreadsheet::cells(&record)).map_err(failed)?;
    }
    table.flush().map_err(|error| cannot_write(&place, error))
}
