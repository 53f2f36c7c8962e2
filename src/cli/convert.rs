//! `nomenclator convert`: tagged documents from one format to another.

use std::fs;
use std::iter::Peekable;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::form::{Form, FormArguments};
use super::target::{Target, cannot_write};
use super::{ColorChoice, Exit, Failure, OrExit, Outcome, failure, tell};
use crate::corpus::tagged::{self, Located, TaggedFormat};
use crate::document::TaggedDocument;
use crate::output::OffsetUnit;
use crate::run::lock::Lock;
use crate::run::names;
use crate::tokenize::WORD_PATTERN;
use crate::tokenize::words::WordSegmenter;

const AFTER_HELP: &str = "\
JSON Lines, Parquet, spaCy JSON and brat hold all that is known of a document but for what --explain added; CoNLL holds \
words and labels, html and pages are for people and are not read back. Documents need their text: what was written with \
--no-text cannot be converted.

A record that cannot be read is told on standard error and left out; the exit code is then 6. Words of CoNLL and spaCy \
JSON are those of the model that ships.

Examples:
  nomenclator convert tagged.jsonl.zst -o tagged.parquet
  nomenclator convert tagged.parquet -o tagged.spacy          Doc(nlp.vocab).from_json(...) loads each line
  nomenclator convert tagged.jsonl --format brat -o folder    a folder to look at, and correct, in brat
  nomenclator convert folder -o corrected.jsonl";

/// Arguments of `convert`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// A file of tagged documents, also compressed (.gz, .zst), a folder of brat's, or '-' for standard input.
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    #[command(flatten)]
    form: FormArguments,
    /// What INPUT is, where its name and its first bytes do not say so: 'jsonl', 'parquet', 'conll', 'spacy', 'brat'.
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    input_format: Option<InputChoice>,
}

/// `--input-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum InputChoice {
    Jsonl,
    Parquet,
    Conll,
    Spacy,
    Brat,
}

/// Runs `convert`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(arguments: Arguments) -> Outcome {
    let mut form = arguments.form.resolve()?;
    let input = arguments.input_format.map(TaggedFormat::from);
    let mut records = tagged::read_located(&arguments.input, input)
        .or_exit(Exit::Input)?
        .peekable();
    if form.offsets.is_none() {
        form.offsets = Some(unit_of(&mut records));
    }
    let mut documents = Documents {
        records,
        taken: 0,
        rejected: 0,
    };
    match form.journaled {
        true => to_sink(&mut documents, &form)?,
        false => to_writer(&mut documents, &form)?,
    }
    documents.outcome()
}

/// What the first document's offsets count.
fn unit_of(records: &mut Peekable<impl Iterator<Item = Located>>) -> OffsetUnit {
    match records.peek() {
        Some(Ok((_, line))) => line.offsets,
        _ => OffsetUnit::default(),
    }
}

fn segmenter() -> Result<WordSegmenter, Failure> {
    WordSegmenter::new(WORD_PATTERN.trim_end()).or_exit(Exit::Model)
}

fn made_with() -> String {
    format!("nomenclator {}", env!("CARGO_PKG_VERSION"))
}

/// The documents of the input; what is none is told on standard error.
struct Documents<I: Iterator> {
    records: Peekable<I>,
    taken: u64,
    rejected: u64,
}

impl<I: Iterator<Item = Located>> Iterator for Documents<I> {
    type Item = TaggedDocument;

    fn next(&mut self) -> Option<TaggedDocument> {
        loop {
            match self.records.next()?.and_then(tagged::document) {
                Ok(document) => {
                    self.taken += 1;
                    return Some(document);
                }
                Err(rejection) => {
                    self.rejected += 1;
                    tell(&rejection);
                }
            }
        }
    }
}

impl<I: Iterator> Documents<I> {
    fn outcome(&self) -> Outcome {
        match self.rejected {
            0 => Ok(()),
            rejected => Err(failure(
                Exit::Rejected,
                format!(
                    "{rejected} of {} documents were rejected: expected each with its text and offsets that lie in it",
                    self.taken + rejected
                ),
            )),
        }
    }
}

/// Writes documents in one go.
fn to_writer(documents: &mut impl Iterator<Item = TaggedDocument>, form: &Form) -> Outcome {
    let mut target = match form.to_file {
        true => Target::file(&form.path)?,
        false => Target::stdout(),
    };
    let place = target.place().to_owned();
    let failed = |error| cannot_write(&place, error);
    let mut writer = form.writer(&mut target, segmenter()?, made_with(), ColorChoice::Auto);
    for document in documents {
        writer.write(&document).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    drop(writer);
    target.finish()
}

/// Writes documents to a file or folder, which gets its name when it is whole.
fn to_sink(documents: &mut impl Iterator<Item = TaggedDocument>, form: &Form) -> Outcome {
    let partial = names::partial(&form.path);
    let place = form.path.display().to_string();
    let _lock = Lock::take(&names::lock(&form.path)).or_exit(Exit::Output)?;
    let journal = names::journal(&form.path);
    if journal.exists() {
        return Err(failure(
            Exit::Output,
            format!(
                "{}: a run of 'tag' into this output is not at its end: expected another output, or the run to be gone on with",
                journal.display()
            ),
        ));
    }
    let failed = |error| cannot_write(&place, error);
    let open = form.open_sink(segmenter()?, made_with());
    let mut sink = open(&partial, None).map_err(failed)?;
    for document in documents {
        sink.write(&document).map_err(failed)?;
    }
    sink.finish()
        .and_then(|()| fs::rename(partial, &form.path))
        .map_err(failed)
}

impl From<InputChoice> for TaggedFormat {
    fn from(choice: InputChoice) -> Self {
        match choice {
            InputChoice::Jsonl => TaggedFormat::Jsonl,
            InputChoice::Parquet => TaggedFormat::Parquet,
            InputChoice::Conll => TaggedFormat::Conll,
            InputChoice::Spacy => TaggedFormat::Spacy,
            InputChoice::Brat => TaggedFormat::Brat,
        }
    }
}
