//! The form of an output of tagged documents: format, offsets, and who writes it.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::target::cannot_write;
use super::{ColorChoice, Exit, Failure, failure};
use crate::compression::Compression;
use crate::output::brat::BratSink;
use crate::output::conll::Conll;
use crate::output::html::HtmlWriter;
use crate::output::jsonl::JsonLines;
use crate::output::pages::PagesSink;
use crate::output::parquet::{ParquetOptions, ParquetSink};
use crate::output::pretty::PrettyWriter;
use crate::output::spacy::Spacy;
use crate::output::{DocumentFormat, DocumentWriter, FormatWriter, OffsetUnit};
use crate::run::journal::Settings;
use crate::run::journaled::OpenSink;
use crate::run::names;
use crate::run::stream::StreamSink;
use crate::search::opensearch::bulk::Bulk;
use crate::tokenize::words::WordSegmenter;

/// Columns of a page where no terminal says its own.
const COLUMNS: usize = 80;

/// What is written, and where to.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub struct FormArguments {
    /// Write to PATH, which appears only when it is whole. Its extension says the format: .jsonl, .parquet, .conll, .spacy,
    /// .html, .bulk, also .gz and .zst behind it where the format is text.
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// 'pretty' (text in colours and a table, the default on a terminal), 'jsonl' (the default elsewhere), 'parquet'
    /// (nested mentions), 'conll' (a word and its label a line), 'spacy' (JSON Lines for spaCy's Doc.from_json), 'brat' (a
    /// folder of stand-off annotations), 'bulk' (lines for _bulk of OpenSearch and Elasticsearch), 'html' (a page that needs
    /// nothing beside itself), 'pages' (a folder with a page for each document; so is 'html' where PATH ends with '/').
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
    /// What offsets count: 'char' (Unicode characters, as Python does), 'byte' (of UTF-8), 'utf16' (as JavaScript and Java
    /// do). 'tag' counts characters where it is not given, 'convert' what its input counts.
    #[arg(long, value_enum, value_name = "UNIT", hide_possible_values = true)]
    offsets: Option<OffsetChoice>,
    /// Leave the text out of JSON Lines and Parquet.
    #[arg(long)]
    no_text: bool,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// JSON Lines.
    Jsonl,
    /// For a terminal.
    Pretty,
    /// A word a line.
    Conll,
    /// A page.
    Html,
    /// A folder of pages.
    Pages,
    /// Columns.
    Parquet,
    /// For spaCy.
    Spacy,
    /// A folder of stand-off annotations.
    Brat,
    /// For `_bulk` of OpenSearch and Elasticsearch.
    Bulk,
}

/// `--offsets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OffsetChoice {
    Char,
    Byte,
    Utf16,
}

/// What is to be written, decided.
pub struct Form {
    /// The format.
    pub format: Format,
    /// What offsets count, where that is given.
    pub offsets: Option<OffsetUnit>,
    text: bool,
    compression: Option<Compression>,
    /// Where to; `standard output` where there is no file.
    pub path: PathBuf,
    pub to_file: bool,
    /// Whether other files can stand beside it: not beside standard output, a pipe or a device.
    pub beside: bool,
    /// Whether a run of it can be gone on with.
    pub journaled: bool,
}

impl FormArguments {
    /// The first option of these that is given.
    pub fn given(&self) -> Option<&'static str> {
        let options = [
            ("--output", self.output.is_some()),
            ("--format", self.format.is_some()),
            ("--offsets", self.offsets.is_some()),
            ("--no-text", self.no_text),
        ];
        options.iter().find(|(_, given)| *given).map(|(name, _)| *name)
    }

    /// Decides what the options leave open.
    ///
    /// # Errors
    /// Where they contradict each other.
    pub fn resolve(&self) -> Result<Form, Failure> {
        let usage = |message: String| Err(failure(Exit::Usage, message));
        let mut format = self.format();
        if (self.no_text || self.offsets.is_some()) && !matches!(format, Format::Jsonl | Format::Parquet) {
            let option = if self.no_text { "--no-text" } else { "--offsets" };
            return usage(format!(
                "{option} is for JSON Lines and Parquet: expected --format jsonl or parquet with it"
            ));
        }
        let path = self.output.as_deref().unwrap_or(Path::new("standard output"));
        let there = self
            .output
            .as_deref()
            // Of a file behind whose name a slash stands the system says only that it is no folder.
            .and_then(|path| fs::metadata(path.components().collect::<PathBuf>()).ok());
        let is_folder = there.as_ref().is_some_and(fs::Metadata::is_dir);
        let slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        if format == Format::Html && (slash || is_folder) {
            format = Format::Pages;
        }
        let folder = matches!(format, Format::Brat | Format::Pages);
        if self.output.is_none() && (folder || format == Format::Parquet) {
            return usage(format!(
                "--format {} does not go to standard output: expected --output with it",
                name_of(format)
            ));
        }
        if (slash || is_folder) && !folder {
            return usage(format!(
                "{}: a folder: expected a file for --format {}",
                path.display(),
                name_of(format)
            ));
        }
        if folder && is_folder && !is_empty(path) {
            return usage(format!(
                "{}: a folder with something in it: expected a new or an empty one",
                path.display()
            ));
        }
        if self.output.is_some() && slash && there.as_ref().is_some_and(|there| !there.is_dir()) {
            return usage(format!(
                "{}: a file: expected a folder or a new name",
                path.display()
            ));
        }
        if self.output.is_some() && there.is_none() {
            let full = names::full(path);
            let parent = full.parent().unwrap_or(Path::new("."));
            if let Err(error) = fs::metadata(parent) {
                return Err(cannot_write(&path.display().to_string(), error));
            }
        }
        // A folder's name is needed without its slash.
        let mut path: PathBuf = path.components().collect();
        // A link stays a link: the file that it leads to is replaced.
        let leads_on =
            fs::symlink_metadata(&path).is_ok_and(|there| there.is_symlink()) || path.file_name().is_none();
        if leads_on && self.output.is_some() {
            path = fs::canonicalize(&path).unwrap_or(path);
        }
        let compression = Compression::of(&path).filter(|_| self.output.is_some());
        if compression.is_some()
            && !matches!(
                format,
                Format::Jsonl | Format::Conll | Format::Spacy | Format::Bulk
            )
        {
            return usage(format!(
                "{}: --format {} is not compressed so: expected a name without .gz or .zst",
                path.display(),
                name_of(format)
            ));
        }
        let regular = there.is_none_or(|there| there.is_file() || there.is_dir());
        let one_go = matches!(format, Format::Pretty | Format::Html);
        let journaled = self.output.is_some() && regular && !one_go;
        if !journaled
            && self.output.is_some()
            && (compression.is_some() || folder || format == Format::Parquet)
        {
            return usage(format!(
                "{}: no regular file: expected one for this format",
                path.display()
            ));
        }
        Ok(Form {
            format,
            offsets: self.offsets.map(OffsetUnit::from),
            text: !self.no_text,
            compression,
            path,
            to_file: self.output.is_some(),
            beside: self.output.is_some() && regular,
            journaled,
        })
    }

    fn format(&self) -> Format {
        match (self.format, &self.output) {
            (Some(format), _) => format,
            (None, Some(path)) => format_of(path),
            (None, None) if self.no_text || self.offsets.is_some() => Format::Jsonl,
            (None, None) if io::stdout().is_terminal() => Format::Pretty,
            (None, None) => Format::Jsonl,
        }
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// A format's name on the command line.
fn name_of(format: Format) -> String {
    format
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

/// The format that a file's extension asks for, beneath that of its compression.
fn format_of(path: &Path) -> Format {
    let stem = match Compression::of(path) {
        Some(_) => path.with_extension(""),
        None => path.to_owned(),
    };
    let extension = stem.extension().unwrap_or_default();
    match extension.to_string_lossy().to_ascii_lowercase().as_str() {
        "html" | "htm" => Format::Html,
        "conll" | "bio" | "iob" => Format::Conll,
        "parquet" => Format::Parquet,
        "spacy" => Format::Spacy,
        "bulk" => Format::Bulk,
        "jsonl" if has_extension(&stem.with_extension(""), "spacy") => Format::Spacy,
        "ndjson" if has_extension(&stem.with_extension(""), "bulk") => Format::Bulk,
        _ if path.as_os_str().as_encoded_bytes().ends_with(b"/") => Format::Pages,
        _ => Format::Jsonl,
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|own| own == extension)
}

impl Form {
    /// In words, for a dry run.
    pub fn description(&self) -> String {
        let format = name_of(self.format);
        match self.compression {
            Some(compression) => format!("{format}, {}", compression.as_str()),
            None => format,
        }
    }

    /// What of it a run's output depends on.
    pub fn settings(&self, settings: Settings) -> Settings {
        settings
            .with("--format", self.description())
            .with("--offsets", self.offsets.unwrap_or_default().as_str())
            .with("--no-text", !self.text)
    }

    /// Whether it can say why a mention is linked as it is.
    pub fn explains(&self) -> bool {
        matches!(self.format, Format::Jsonl | Format::Pretty)
    }

    /// Opens the sink of an output that can be gone on with. `words` are the model's, `made_with` says what with.
    pub fn open_sink(&self, words: WordSegmenter, made_with: String) -> OpenSink {
        let (format, compression) = (self.format, self.compression);
        let (offsets, text) = (self.offsets.unwrap_or_default(), self.text);
        Box::new(move |partial, mark| {
            let stream = |format: Box<dyn DocumentFormat>| {
                StreamSink::open(partial, format, compression, mark).map(|sink| Box::new(sink) as _)
            };
            match format {
                Format::Conll => stream(Box::new(Conll::new(words.clone()))),
                Format::Spacy => stream(Box::new(Spacy::new(words.clone()))),
                Format::Bulk => stream(Box::new(Bulk)),
                Format::Parquet => {
                    let options = ParquetOptions { offsets, text };
                    ParquetSink::open(partial, options, mark).map(|sink| Box::new(sink) as _)
                }
                Format::Brat => BratSink::open(partial, mark).map(|sink| Box::new(sink) as _),
                Format::Pages => {
                    PagesSink::open(partial, made_with.clone(), mark).map(|sink| Box::new(sink) as _)
                }
                Format::Jsonl | Format::Pretty | Format::Html => {
                    stream(Box::new(JsonLines { offsets, text }))
                }
            }
        })
    }

    /// The writer of an output in one go.
    pub fn writer<'a>(
        &self,
        into: &'a mut (dyn Write + Send),
        words: WordSegmenter,
        made_with: String,
        color: ColorChoice,
    ) -> Box<dyn DocumentWriter + Send + 'a> {
        let (offsets, text) = (self.offsets.unwrap_or_default(), self.text);
        let stream: Box<dyn DocumentFormat> = match self.format {
            Format::Pretty => {
                let color = colored(color, !self.to_file);
                return Box::new(PrettyWriter::new(into, columns(), color));
            }
            Format::Html => return Box::new(HtmlWriter::new(into, made_with)),
            Format::Conll => Box::new(Conll::new(words)),
            Format::Spacy => Box::new(Spacy::new(words)),
            Format::Bulk => Box::new(Bulk),
            Format::Jsonl | Format::Parquet | Format::Brat | Format::Pages => {
                Box::new(JsonLines { offsets, text })
            }
        };
        Box::new(FormatWriter::new(into, stream))
    }
}

pub(super) fn colored(choice: ColorChoice, to_stdout: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            to_stdout && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
        }
    }
}

/// The terminal's width, else what `COLUMNS` says.
pub(super) fn columns() -> usize {
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
