//! `nomenclator tag`: texts in, linked entities out.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::engine::{EngineArguments, whole};
use super::target::{Target, cannot_write};
use super::{ColorChoice, Exit, Failure, OrExit, Outcome, failure, print};
use crate::corpus::{Documents, InputFormat, Inputs};
use crate::dates::PartialDate;
use crate::document::Document;
use crate::model::ModelError;
use crate::output::conll::ConllWriter;
use crate::output::html::HtmlWriter;
use crate::output::jsonl::{JsonLinesWriter, SCHEMA};
use crate::output::pretty::PrettyWriter;
use crate::output::{DocumentWriter, OffsetUnit};
use crate::pipeline::Pipeline;
use crate::tokenize::words::WordSegmenter;

/// Columns of a page where no terminal says its own.
const COLUMNS: usize = 80;

const AFTER_HELP: &str = "\
Inputs are read as UTF-8. A byte order mark at a file's start is no part of the text: offsets do not count it.

Unknown fields of JSON Lines are passed on as they were written; those called schema, offsets, mentions or entities \
give way to the program's own. A line that is no document ends the run with exit code 3, after all documents before it \
were written; under --output these are then in FILE.partial.

Examples:
  nomenclator tag article.txt                       show who is in an article
  nomenclator tag --format html -o page.html news/  a page of a folder's articles
  nomenclator tag corpus.jsonl -o tagged.jsonl      JSON Lines for the next program
  curl -s ... | nomenclator tag --date 2024-10-29   the date decides who held which office";

/// Arguments of `tag`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// Files (.txt: one document each; .jsonl: one document a line with "text" and, where known, "id", "date",
    /// "title", "source"), folders of such files, or '-' for standard input, which is also read where none is given.
    #[arg(value_name = "FILES|DIR|-")]
    inputs: Vec<PathBuf>,
    /// How inputs are read: 'auto' goes by the file's extension and takes standard input as text; 'text', 'jsonl'.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        hide_possible_values = true
    )]
    input_format: InputChoice,
    /// The date of documents that have none (YYYY-MM-DD, YYYY-MM or YYYY): it decides who held an office.
    #[arg(long, value_name = "DATE")]
    date: Option<PartialDate>,
    /// Write to FILE, which appears only when it is whole. Its extension (.html, .conll) says the format.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// 'pretty' (text in colours and a table, the default on a terminal), 'jsonl' (the default elsewhere), 'conll'
    /// (a word and its label a line), 'html' (a page that needs nothing beside itself).
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
    /// Whether 'pretty' is in colours: 'auto' (on a terminal where NO_COLOR is not set), 'always', 'never'.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true
    )]
    color: ColorChoice,
    /// What offsets count: 'char' (Unicode characters, as Python does; the default), 'byte' (of UTF-8), 'utf16'
    /// (as JavaScript and Java do).
    #[arg(long, value_enum, value_name = "UNIT", hide_possible_values = true)]
    offsets: Option<OffsetChoice>,
    /// Leave the text out of JSON Lines.
    #[arg(long)]
    no_text: bool,
    /// Find mentions, but do not link them.
    #[arg(long, conflicts_with = "gazetteer")]
    no_link: bool,
    /// Say why: with each mention the candidates that were weighed, and what spoke for and against each (JSON Lines
    /// and 'pretty').
    #[arg(long, conflicts_with = "no_link")]
    explain: bool,
    /// Print the JSON Schema of the JSON Lines, and do nothing else.
    #[arg(long, exclusive = true)]
    print_schema: bool,
    #[command(flatten)]
    engine: EngineArguments,
}

/// `--input-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum InputChoice {
    #[default]
    Auto,
    Text,
    Jsonl,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Jsonl,
    Pretty,
    Conll,
    Html,
}

/// `--offsets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OffsetChoice {
    Char,
    Byte,
    Utf16,
}

/// Runs `tag`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(arguments: Arguments) -> Outcome {
    if arguments.print_schema {
        return print(SCHEMA);
    }
    let format = arguments.format()?;
    let documents = arguments.documents()?;
    arguments.engine.start_threads()?;
    let folder = arguments.engine.folder()?;
    let gazetteer = if arguments.no_link {
        None
    } else {
        Some(arguments.engine.gazetteer()?)
    };
    let made_with = match format {
        Format::Html => arguments.engine.made_with(&folder, gazetteer.as_ref()),
        _ => String::new(),
    };
    let linker = gazetteer
        .map(|gazetteer| arguments.engine.linker(gazetteer))
        .transpose()?;
    let pipeline = arguments
        .engine
        .pipeline(&folder, linker)?
        .explaining(arguments.explain);

    let mut target = match &arguments.output {
        Some(path) => Target::file(path)?,
        None => Target::stdout(),
    };
    let place = target.place().to_owned();
    let into = &mut target;
    let writer: Box<dyn DocumentWriter + '_> = match format {
        Format::Jsonl => {
            let offsets = arguments.offsets.unwrap_or(OffsetChoice::Char).into();
            Box::new(JsonLinesWriter::new(into, offsets, !arguments.no_text))
        }
        Format::Pretty => {
            let color = colored(arguments.color, arguments.output.is_none());
            Box::new(PrettyWriter::new(into, columns(), color))
        }
        Format::Conll => {
            let segmenter = WordSegmenter::new(&folder.config().feeding.word_pattern).or_exit(Exit::Model)?;
            Box::new(ConllWriter::new(into, segmenter))
        }
        Format::Html => Box::new(HtmlWriter::new(into, made_with)),
    };
    let dated = documents.map(|document| {
        let document = document.or_exit(Exit::Input)?;
        Ok(Document {
            date: document.date.or(arguments.date),
            ..document
        })
    });
    match tag(&pipeline, dated, writer, &place) {
        Ok(()) => target.finish(),
        Err(failed) if failed.exit == Exit::Output => Err(failed),
        Err(failed) => Err(match target.abandon()? {
            Some(partial) => {
                let whole = format!(
                    "{}; the documents before are in {}",
                    failed.error,
                    partial.display()
                );
                failure(failed.exit, whole)
            }
            None => failed,
        }),
    }
}

/// Writes every document as it is tagged. What came before an error is written whole, before the error is returned.
fn tag(
    pipeline: &Pipeline,
    documents: impl Iterator<Item = Result<Document, Failure>>,
    mut writer: Box<dyn DocumentWriter + '_>,
    place: &str,
) -> Outcome {
    let mut outcome = Ok(());
    for tagged in pipeline.tag_stream(documents) {
        match tagged {
            Ok(tagged) => {
                // Before the document is written: its links may lack what could not be read.
                if let Some(linker) = pipeline.linker()
                    && let Err(damaged) = whole(linker.gazetteer())
                {
                    outcome = Err(damaged);
                    break;
                }
                writer
                    .write(&tagged)
                    .map_err(|error| cannot_write(place, error))?;
            }
            Err(failed) => {
                outcome = Err(failed);
                break;
            }
        }
    }
    writer.finish().map_err(|error| cannot_write(place, error))?;
    outcome
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Failure {
            exit: Exit::Model,
            error: error.into(),
        }
    }
}

impl Arguments {
    fn format(&self) -> Result<Format, Failure> {
        let for_jsonl = self.no_text || self.offsets.is_some();
        let format = match self.format {
            Some(format) => format,
            None if for_jsonl => Format::Jsonl,
            None => match &self.output {
                Some(path) => format_of(path),
                None if io::stdout().is_terminal() => Format::Pretty,
                None => Format::Jsonl,
            },
        };
        if for_jsonl && format != Format::Jsonl {
            let option = if self.no_text { "--no-text" } else { "--offsets" };
            return Err(failure(
                Exit::Usage,
                format!("{option} is for JSON Lines: expected --format jsonl with it"),
            ));
        }
        Ok(format)
    }

    fn documents(&self) -> Result<Documents, Failure> {
        let stdin = Path::new("-");
        if self.inputs.is_empty() && io::stdin().is_terminal() {
            let message =
                "nothing to read: expected files, folders, or a text on standard input; --help says more";
            return Err(failure(Exit::Usage, message));
        }
        if self.inputs.iter().filter(|&input| input == stdin).count() > 1 {
            return Err(failure(
                Exit::Usage,
                "'-' is given twice: expected standard input once",
            ));
        }
        let inputs = if self.inputs.is_empty() {
            Inputs::find(&[stdin])
        } else {
            Inputs::find(&self.inputs)
        };
        let inputs = inputs.or_exit(Exit::Input)?;
        Ok(inputs.read(match self.input_format {
            InputChoice::Auto => InputFormat::Auto,
            InputChoice::Text => InputFormat::Text,
            InputChoice::Jsonl => InputFormat::Jsonl,
        }))
    }
}

/// The format that a file's extension asks for.
fn format_of(path: &Path) -> Format {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_lowercase();
    match extension.as_str() {
        "html" | "htm" => Format::Html,
        "conll" | "bio" | "iob" => Format::Conll,
        _ => Format::Jsonl,
    }
}

fn colored(choice: ColorChoice, to_stdout: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            to_stdout && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
        }
    }
}

/// The terminal's width, else what `COLUMNS` says.
fn columns() -> usize {
    let terminal = terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| columns.into());
    let variable = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(variable).unwrap_or(COLUMNS)
}

impl From<OffsetChoice> for OffsetUnit {
    fn from(choice: OffsetChoice) -> Self {
        match choice {
            OffsetChoice::Char => OffsetUnit::Char,
            OffsetChoice::Byte => OffsetUnit::Byte,
            OffsetChoice::Utf16 => OffsetUnit::Utf16,
        }
    }
}
