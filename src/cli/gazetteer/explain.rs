//! `nomenclator gazetteer explain`: why the names of a text are linked as they are.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::engine::{EngineArguments, whole};
use crate::cli::{Exit, OrExit, Outcome, failure, print};
use crate::dates::PartialDate;
use crate::document::Document;
use crate::gazetteer::key::fold;
use crate::output::explain::explain;
use crate::output::jsonl::JsonLines;
use crate::output::{DocumentWriter, FormatWriter, OffsetUnit};

const AFTER_HELP: &str = "\
Each question that the linker asked of a mention stands with its candidates: how likely each is the one meant (below \
0.50 none is taken, nor one that another outdoes), and what spoke for and against it in log-odds: each feature's weight times \
its value, from a bias on. models/linking/README.md of the source says what the features mean.

Examples:
  nomenclator gazetteer explain 'Moscow rejected it, Foreign Minister Sergei Lavrov told Reuters.'
  nomenclator gazetteer explain --file article.txt --date 2024-10-29 --mention Lavrov";

/// Arguments of `gazetteer explain`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Explain {
    /// The text; its words need no quotes.
    #[arg(value_name = "TEXT", required_unless_present = "file")]
    text: Vec<String>,
    /// Read the text from FILE, or from standard input where it is '-'.
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
    /// When it was published (YYYY-MM-DD, YYYY-MM or YYYY): it decides who held an office.
    #[arg(long, value_name = "DATE")]
    date: Option<PartialDate>,
    /// Only mentions that are written so; case and accents do not matter.
    #[arg(long, value_name = "NAME")]
    mention: Option<String>,
    /// Print JSON: what 'tag --explain' gives.
    #[arg(long, conflicts_with = "mention")]
    json: bool,
    #[command(flatten)]
    engine: EngineArguments,
}

/// Runs `gazetteer explain`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(arguments: &Explain) -> Outcome {
    let text = match &arguments.file {
        Some(path) => read(path)?,
        None => arguments.text.join(" "),
    };
    let folder = arguments.engine.folder()?;
    let linker = arguments.engine.linker(arguments.engine.gazetteer()?)?;
    let pipeline = arguments.engine.pipeline(&folder, Some(linker))?.explaining(true);
    let document = Document {
        id: arguments
            .file
            .as_deref()
            .unwrap_or(Path::new("-"))
            .display()
            .to_string(),
        text,
        date: arguments.date,
        ..Document::default()
    };
    let tagged = pipeline.tag(vec![document]).or_exit(Exit::Model)?;
    if let Some(linker) = pipeline.linker() {
        whole(linker.gazetteer())?;
    }
    let mut out = String::new();
    for tagged in &tagged {
        if arguments.json {
            let mut line = Vec::new();
            FormatWriter::new(
                &mut line,
                JsonLines {
                    offsets: OffsetUnit::Char,
                    text: true,
                },
            )
            .write(tagged)
            .or_exit(Exit::Output)?;
            out += &String::from_utf8_lossy(&line);
        } else {
            let wanted = arguments.mention.as_deref().map(fold);
            out += &explain(tagged, |surface| {
                wanted.as_ref().is_none_or(|wanted| fold(surface) == *wanted)
            });
        }
    }
    if out.is_empty() {
        out = "the text has no such mention\n".to_owned();
    }
    print(&out)
}

fn read(path: &Path) -> Result<String, crate::cli::Failure> {
    let cannot = |reason: String| failure(Exit::Input, format!("cannot read {}: {reason}", path.display()));
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| cannot(error.to_string()))?;
    } else {
        bytes = std::fs::read(path).map_err(|error| cannot(error.to_string()))?;
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        cannot(format!("not UTF-8 from byte {at}; expected UTF-8"))
    })
}
