//! Options for what is read: files, formats, fields, limits.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use bytesize::ByteSize;
use clap::{Args, ValueEnum};

use super::{Exit, Failure, OrExit, failure};
use crate::corpus::{Fields, InputFormat, Inputs, Limits, ReadOptions, Selection};
use crate::run::journal::Settings;

/// How deep serde_json reads.
const DEEPEST: i64 = 128;

/// What is read, and how.
#[derive(Args)]
#[command(next_help_heading = "Input")]
pub struct InputArguments {
    /// Files, folders of such, or '-' for standard input, which is also read where nothing is given. By extension: .txt (one
    /// document each), .jsonl, .ndjson (one a line), .csv, .tsv, .parquet (one a row); all but Parquet also as .gz or .zst.
    #[arg(value_name = "FILE|DIR|-")]
    inputs: Vec<PathBuf>,
    /// Of the folders, take only files whose name or path below the folder matches, such as '*.txt' or '2024/**/*.jsonl.gz'.
    /// May be given several times.
    #[arg(long, value_name = "PATTERN")]
    glob: Vec<String>,
    /// How inputs are read: 'auto' goes by the extension and takes standard input as text; 'text' (a document a file),
    /// 'lines' (a document a line), 'jsonl', 'csv', 'tsv' (double quotes as in CSV), 'parquet'.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        hide_possible_values = true
    )]
    input_format: InputChoice,
    /// Text files hold a document a line: as --input-format lines.
    #[arg(long, conflicts_with = "input_format")]
    lines: bool,
    /// The field or column that holds the text.
    #[arg(long, value_name = "NAME", default_value = "text")]
    text_field: String,
    /// The field or column that holds the document's id; without one it is FILE:LINE.
    #[arg(long, value_name = "NAME", default_value = "id")]
    id_field: String,
    /// The field or column that holds the date (YYYY-MM-DD, YYYY-MM, YYYY, or an ISO 8601 time, whose day counts).
    #[arg(long, value_name = "NAME", default_value = "date")]
    date_field: String,
    /// The field or column that holds the headline.
    #[arg(long, value_name = "NAME", default_value = "title")]
    title_field: String,
    /// The field or column that says who published it.
    #[arg(long, value_name = "NAME", default_value = "source")]
    source_field: String,
    /// The largest text of a document.
    #[arg(long, value_name = "SIZE", default_value = "256MiB")]
    max_document: ByteSize,
    /// The longest line of JSON Lines, or record of a table.
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    max_line: ByteSize,
    /// How deep JSON may be nested.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=DEEPEST))]
    max_nesting: u32,
    /// How many times its size a compressed file may grow to, from 16 MiB on.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    max_ratio: u64,
}

/// `--input-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum InputChoice {
    #[default]
    Auto,
    Text,
    Lines,
    Jsonl,
    Csv,
    Tsv,
    Parquet,
}

impl InputArguments {
    /// The files to read.
    ///
    /// # Errors
    /// Where nothing is named, or what is named is not there.
    pub fn find(&self) -> Result<Inputs, Failure> {
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
        let selection = Selection::new(&self.glob).or_exit(Exit::Usage)?;
        let inputs = if self.inputs.is_empty() {
            Inputs::find(&[stdin], &selection)
        } else {
            Inputs::find(&self.inputs, &selection)
        };
        inputs.or_exit(Exit::Input)
    }

    /// The files that are named outright.
    pub fn named(&self) -> impl Iterator<Item = &Path> {
        self.inputs
            .iter()
            .map(PathBuf::as_path)
            .filter(|path| path.is_file())
    }

    /// How they are read.
    pub fn options(&self) -> ReadOptions {
        ReadOptions {
            format: match self.input_format {
                _ if self.lines => InputFormat::Lines,
                InputChoice::Auto => InputFormat::Auto,
                InputChoice::Text => InputFormat::Text,
                InputChoice::Lines => InputFormat::Lines,
                InputChoice::Jsonl => InputFormat::Jsonl,
                InputChoice::Csv => InputFormat::Csv,
                InputChoice::Tsv => InputFormat::Tsv,
                InputChoice::Parquet => InputFormat::Parquet,
            },
            fields: Fields {
                text: self.text_field.clone(),
                id: self.id_field.clone(),
                date: self.date_field.clone(),
                title: self.title_field.clone(),
                source: self.source_field.clone(),
            },
            limits: Limits {
                document: self.max_document.as_u64(),
                line: self.max_line.as_u64(),
                nesting: self.max_nesting,
                ratio: self.max_ratio,
            },
        }
    }

    /// What of it a run's output depends on.
    pub fn settings(&self, settings: Settings) -> Settings {
        let inputs: Vec<String> = self
            .inputs
            .iter()
            .map(|input| input.display().to_string())
            .collect();
        let options = self.options();
        settings
            .with("inputs", inputs.join(", "))
            .with("--glob", self.glob.join(", "))
            .with("--input-format", format!("{:?}", options.format))
            .with("fields", format!("{:?}", options.fields))
            .with("limits", format!("{:?}", options.limits))
    }
}

/// A size as the options take it.
pub fn size(text: &str) -> Result<u64, String> {
    ByteSize::from_str(text).map(|size| size.as_u64())
}
