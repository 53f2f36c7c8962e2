//! `nomenclator tag`: texts in, linked entities out.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Args;

use super::destination::DestinationArguments;
use super::engine::{Backend, EngineArguments};
use super::form::{Form, FormArguments, Format};
use super::input::{InputArguments, size};
use super::progress::{Log, Reporter, counted};
use super::running::{rejections, seconds, stop_on_signals, told};
use super::target::Target;
use super::{ColorChoice, Exit, Failure, OrExit, Outcome, failure, print};
use crate::corpus::{Documents, Inputs, Pace};
use crate::dates::PartialDate;
use crate::gazetteer::Gazetteer;
use crate::model::folder::ModelFolder;
use crate::output::jsonl::SCHEMA;
use crate::pipeline::Pipeline;
use crate::run::direct::Direct;
use crate::run::items::Place;
use crate::run::journal::{JournalError, Settings};
use crate::run::journaled::{Journaled, Opened, Plan, ShardSize};
use crate::run::{Counts, End, Output, Run, RunError, names};
use crate::tokenize::WORD_PATTERN;
use crate::tokenize::words::WordSegmenter;

mod dry_run;
mod fed;

/// Seconds of work that a crash may cost where --checkpoint does not say.
const CHECKPOINT: f64 = 1.0;

const AFTER_HELP: &str = "\
Inputs are read as UTF-8. A byte order mark at a file's start is no part of the text: offsets do not count it. Unknown \
fields and columns are passed on as they were written; those called schema, offsets, mentions or entities give way to the \
program's own.

What is no document is passed over: it goes to PATH.rejected.jsonl with its place and the reason (without --output to \
standard error), and the exit code is 6.

With --output nothing is lost: PATH.partial holds what is done and PATH.journal how far it goes. After a crash, a kill, a \
full disk or Ctrl-C the same command goes on with the next document, and the output is the same to the byte. PATH appears \
when it is whole. Pages of one file (--format html) and 'pretty' are written in one go and start over.

Examples:
  nomenclator tag article.txt                           show who is in an article
  nomenclator tag corpus.jsonl.gz -o tagged.jsonl.zst   a corpus, compressed on both sides
  nomenclator tag news.csv --text-field body -o tagged.parquet
  nomenclator tag news/ --glob '2024/**/*.txt' -o tagged.jsonl --shard-size 100000
  nomenclator tag --format html -o page.html news/      one page of a folder's articles
  nomenclator tag --format html -o pages/ news/         a page for each
  nomenclator tag corpus/ --into news.index             to be searched: what is there already is not tagged again
  curl -s ... | nomenclator tag --date 2024-10-29       the date decides who held which office";

/// Arguments of `tag`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(flatten)]
    input: InputArguments,
    #[command(flatten)]
    form: FormArguments,
    /// Begin a new file PATH-00001, PATH-00002 ... (before the extension) after so many documents, or so many bytes of
    /// output before compression, such as 500MB.
    #[arg(long, value_name = "N|SIZE", requires = "output", conflicts_with_all = ["into", "to"], value_parser = shard_size, help_heading = "Output")]
    shard_size: Option<ShardSize>,
    /// The date of documents that have none (YYYY-MM-DD, YYYY-MM or YYYY): it decides who held an office.
    #[arg(long, value_name = "DATE")]
    date: Option<PartialDate>,
    /// Whether 'pretty' is in colours: 'auto' (on a terminal where NO_COLOR is not set), 'always', 'never'.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true
    )]
    color: ColorChoice,
    /// Find mentions, but do not link them.
    #[arg(long, conflicts_with = "gazetteer")]
    no_link: bool,
    /// Say why: with each mention the candidates that were weighed, and what spoke for and against each (JSON Lines
    /// and 'pretty').
    #[arg(long, conflicts_with = "no_link")]
    explain: bool,
    /// Reuse the scores of windows that were seen before, as wires repeat themselves: the output is the same.
    #[arg(long)]
    dedupe: bool,
    #[command(flatten)]
    destination: DestinationArguments,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    run: RunArguments,
    /// Print the JSON Schema of the JSON Lines, and do nothing else.
    #[arg(long, exclusive = true)]
    print_schema: bool,
}

/// How a run behaves.
#[derive(Args)]
#[command(next_help_heading = "Run")]
struct RunArguments {
    /// Start over, whatever an earlier run of the same output has done.
    #[arg(long, requires = "output", conflicts_with_all = ["into", "to"])]
    restart: bool,
    /// Stop at the first piece of input that is no document, with exit code 3.
    #[arg(long)]
    strict: bool,
    /// Where rejected input goes (JSON Lines); PATH.rejected.jsonl where there is an --output.
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
    /// How many seconds of work a crash may cost: how often the journal is written (1 where it is not given), or with --into
    /// and --to what is done is committed (10).
    #[arg(long, value_name = "S", value_parser = seconds)]
    checkpoint: Option<f64>,
    /// Read everything, say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// What is told on standard error: 'text' (progress on a terminal, and a summary where there is an --output), 'json'
    /// (events, one a line), 'none'.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORM",
        hide_possible_values = true
    )]
    log: Log,
}

/// A number is one of documents, anything else a size in bytes.
fn shard_size(text: &str) -> Result<ShardSize, String> {
    let size = match text.parse::<u64>() {
        Ok(documents) => ShardSize::Documents(documents),
        Err(_) => ShardSize::Bytes(size(text)?),
    };
    match size {
        ShardSize::Documents(0) | ShardSize::Bytes(0) => Err("expected more than 0".to_owned()),
        size => Ok(size),
    }
}

/// What documents are tagged with.
struct Engine {
    /// `None` with `--backend none`: documents pass as they are.
    pipeline: Option<Pipeline>,
    folder: Option<ModelFolder>,
    /// Model and gazetteer by version and hash.
    model: String,
    gazetteer: String,
    /// Backend, precision and instructions.
    computes: String,
}

impl Engine {
    /// Program, model and gazetteer by version and hash, on one line.
    fn made_with(&self) -> String {
        let program = env!("CARGO_PKG_VERSION");
        format!("nomenclator {program}, model {}, {}", self.model, self.gazetteer)
    }

    /// What the model takes for words.
    fn words(&self) -> Result<WordSegmenter, Failure> {
        let pattern = match &self.folder {
            Some(folder) => &folder.config().feeding.word_pattern,
            None => WORD_PATTERN.trim_end(),
        };
        WordSegmenter::new(pattern).or_exit(Exit::Model)
    }
}

/// Runs `tag`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(arguments: Arguments) -> Outcome {
    if arguments.print_schema {
        return print(SCHEMA);
    }
    let log = arguments.run.log;
    log.told(tag(arguments))
}

fn tag(arguments: Arguments) -> Outcome {
    if let Some(destination) = arguments.destination.resolve()? {
        return fed::run(&arguments, &destination);
    }
    let form = arguments.form.resolve()?;
    arguments.check(&form)?;
    let inputs = arguments.input.find()?;
    let output = names::full(&form.path);
    let inputs = inputs.without(|path| form.beside && names::belongs_to(&output, &names::full(path)));
    if arguments.run.dry_run {
        return dry_run::run(&arguments, &dry_run::Written::form(&form), inputs);
    }
    arguments.engine.start_threads()?;
    // The model's hash costs a pass over its bytes, which the first result of a short text does not wait for.
    let engine = arguments.engine(form.to_file || form.format == Format::Html)?;
    let stop = stop_on_signals()?;
    match form.journaled {
        true => arguments.journaled(&form, inputs, &engine, stop),
        false => arguments.direct(&form, inputs, &engine, stop),
    }
}

impl Arguments {
    /// Refuses options that this form does not take.
    fn check(&self, form: &Form) -> Outcome {
        if self.explain && !form.explains() {
            let message = "--explain is for JSON Lines and 'pretty': expected one of these with it";
            return Err(failure(Exit::Usage, message));
        }
        let output = form.beside.then(|| names::full(&form.path));
        let rejected = self.run.rejected.as_deref().map(names::full);
        let twice = |path: &Path, also: &str| {
            let message = format!("{}: is written and {also}: expected two places", path.display());
            Err(failure(Exit::Usage, message))
        };
        for input in self.input.named() {
            let input = names::full(input);
            if Some(&input) == output.as_ref() || Some(&input) == rejected.as_ref() {
                return twice(&input, "read");
            }
        }
        if let (Some(output), true) = (&output, output == rejected) {
            return twice(output, "is to take what is rejected");
        }
        if self.shard_size.is_some() && !form.journaled {
            let message = format!(
                "--shard-size is for files and folders that a run can go on with: expected another --format than {}",
                form.description()
            );
            return Err(failure(Exit::Usage, message));
        }
        Ok(())
    }

    /// What tags; `named` where it is to be told by version and hash.
    fn engine(&self, named: bool) -> Result<Engine, Failure> {
        if self.engine.backend == Backend::None {
            return Ok(Engine {
                pipeline: None,
                folder: None,
                model: "none".to_owned(),
                gazetteer: "no gazetteer".to_owned(),
                computes: "nothing is tagged".to_owned(),
            });
        }
        let folder = self.engine.folder()?;
        let gazetteer: Option<Gazetteer> = match self.no_link {
            true => None,
            false => Some(self.engine.gazetteer()?),
        };
        let gazetteer_name = match named {
            true => EngineArguments::gazetteer_name(gazetteer.as_ref()),
            false => String::new(),
        };
        let linker = gazetteer
            .map(|gazetteer| self.engine.linker(gazetteer))
            .transpose()?;
        // To hash a folder's model takes as long as to load it.
        let (model, pipeline) = rayon::join(
            || match named {
                true => self.engine.model_name(&folder),
                false => String::new(),
            },
            || self.engine.pipeline(&folder, linker),
        );
        let pipeline = pipeline?.explaining(self.explain).deduping(self.dedupe);
        Ok(Engine {
            computes: pipeline.classifier().description(),
            pipeline: Some(pipeline),
            folder: Some(folder),
            model,
            gazetteer: gazetteer_name,
        })
    }

    /// What the output's bytes depend on.
    fn settings(&self, form: &Form, engine: &Engine) -> Result<Settings, Failure> {
        let date = self
            .date
            .map_or_else(|| "none".to_owned(), |date| date.to_string());
        let settings = self
            .tagged_with(engine)?
            .with("--explain", self.explain)
            .with("--date", date)
            .with("--rejected", self.rejected(form).display());
        let shards = match self.shard_size {
            None => "none".to_owned(),
            Some(ShardSize::Documents(documents)) => documents.to_string(),
            Some(ShardSize::Bytes(bytes)) => format!("{bytes}B"),
        };
        let settings = settings.with("--shard-size", shards);
        Ok(self.input.settings(form.settings(settings)))
    }

    /// What is found in a document depends on.
    fn tagged_with(&self, engine: &Engine) -> Result<Settings, Failure> {
        let weights = match &self.engine.linking_weights {
            Some(path) => {
                let bytes = std::fs::read(path).or_exit(Exit::Model)?;
                super::engine::short_hash(&bytes)
            }
            None => "those that ship".to_owned(),
        };
        Ok(Settings::default()
            .with("program", env!("CARGO_PKG_VERSION"))
            .with("model", &engine.model)
            .with("--no-link", self.no_link)
            .with("gazetteer", &engine.gazetteer)
            .with("--linking-weights", weights)
            .with("ISA and precision", &engine.computes))
    }

    /// A run that can be gone on with.
    fn journaled(&self, form: &Form, inputs: Inputs, engine: &Engine, stop: Arc<AtomicBool>) -> Outcome {
        let settings = self.settings(form, engine)?;
        let rejected = self.rejected(form);
        let plan = Plan {
            output: form.path.clone(),
            open: form.open_sink(engine.words()?, engine.made_with()),
            shard_size: self.shard_size,
            rejected: rejected.clone(),
            every: Duration::from_secs_f64(self.run.checkpoint.unwrap_or(CHECKPOINT)),
        };
        let watched = Watched::new(self, inputs, true);
        let mut output = match Journaled::open(plan, &settings, self.run.restart)? {
            Opened::Ready(output) => output,
            Opened::Complete(summary) => {
                let place = form.path.display().to_string();
                watched
                    .reporter
                    .summary(&summary, &place, rejected.to_str(), &engine.computes);
                return told(summary.rejected, summary.documents, Some(&rejected));
            }
        };
        let done = output.place();
        if done.items > 0 {
            watched.reporter.teller().resumed(done.items);
        }
        let place = form.path.display().to_string();
        let place = Some(place.as_str());
        let ended = self.go(watched, engine, done, stop, &mut *output, place, Some(&rejected));
        match ended {
            Err(failed) if failed.exit == Exit::Input && !self.run.strict => Err(failed),
            Err(failed) if failed.exit != Exit::Rejected && names::journal(&form.path).exists() => {
                Err(failed.with_hint("what is done is kept: the same command goes on with it"))
            }
            ended => ended,
        }
    }

    /// A run that is written in one go.
    fn direct(&self, form: &Form, inputs: Inputs, engine: &Engine, stop: Arc<AtomicBool>) -> Outcome {
        let mut target = match form.to_file {
            true => Target::file(&form.path)?,
            false => Target::stdout(),
        };
        let place = target.place().to_owned();
        let rejected = self.rejected(form);
        let rejected = (form.beside || self.run.rejected.is_some()).then_some(&*rejected);
        // On a terminal the documents themselves show how far it is.
        let watched = Watched::new(self, inputs, form.to_file || !io::stdout().is_terminal());
        let rejections = rejections(rejected, watched.reporter.teller())?;
        let writer = form.writer(&mut target, engine.words()?, engine.made_with(), self.color);
        let mut output = Direct::new(writer, place.clone(), rejections);
        let told = form.to_file || self.run.log == Log::Json;
        let told = told.then_some(place.as_str());
        let ended = self.go(
            watched,
            engine,
            Place::default(),
            stop,
            &mut output,
            told,
            rejected,
        );
        drop(output);
        match ended {
            Ok(()) => target.finish(),
            Err(failed) if failed.exit == Exit::Rejected => {
                target.finish()?;
                Err(failed)
            }
            Err(failed) if failed.exit == Exit::Output => Err(failed),
            Err(failed) => Err(match target.abandon()? {
                Some(partial) => {
                    failed.with_hint(&format!("the documents before are in {}", partial.display()))
                }
                None => failed,
            }),
        }
    }

    /// Where rejections go.
    fn rejected(&self, form: &Form) -> PathBuf {
        let default = || names::rejected(&form.path);
        self.run.rejected.clone().unwrap_or_else(default)
    }

    /// The run itself, and what is told of it: a summary where it has a `place`.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call each from the two ways to write"
    )]
    fn go(
        &self,
        watched: Watched,
        engine: &Engine,
        done: Place,
        stop: Arc<AtomicBool>,
        output: &mut dyn Output,
        place: Option<&str>,
        rejected: Option<&Path>,
    ) -> Outcome {
        let Watched {
            mut reporter,
            documents,
            pace,
            counts,
        } = watched;
        let run = Run {
            pipeline: engine.pipeline.as_ref(),
            date: self.date,
            strict: self.run.strict,
            done,
            pace,
            stop,
            counts,
        };
        let ended = run.run(documents, output);
        reporter.stop();
        let summary = output.summary();
        if ended? == End::Interrupted {
            return Err(failure(
                Exit::Interrupted,
                format!("interrupted: {} done", counted(output.kept(), "document")),
            ));
        }
        if let Some(place) = place {
            reporter.summary(summary, place, rejected.and_then(Path::to_str), &engine.computes);
        }
        told(summary.rejected, summary.documents, rejected)
    }
}

/// An input, and who tells how far it is read.
struct Watched {
    reporter: Reporter,
    documents: Documents,
    pace: Arc<Pace>,
    counts: Arc<Counts>,
}

impl Watched {
    fn new(arguments: &Arguments, inputs: Inputs, show: bool) -> Self {
        let pace = Arc::new(Pace::default());
        let counts = Arc::new(Counts::default());
        let total = inputs.total_bytes();
        Watched {
            reporter: Reporter::start(
                arguments.run.log,
                show,
                total,
                Arc::clone(&pace),
                Arc::clone(&counts),
            ),
            documents: inputs.read(arguments.input.options(), Arc::clone(&pace)),
            pace,
            counts,
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::Output { .. } | RunError::Feed(_) | RunError::Thread(_) => Exit::Output,
            RunError::Journal(JournalError::Changed { .. }) => Exit::Usage,
            RunError::Journal(_) => Exit::Output,
            RunError::Model(_) | RunError::Gazetteer(_) => Exit::Model,
            RunError::Changed { .. } | RunError::Refused(_) => Exit::Input,
        };
        let error = match error {
            // Still known as a pipe that was closed, where it was.
            RunError::Output { place, source } => return super::target::cannot_write(&place, source),
            error => error.into(),
        };
        Failure { exit, error }
    }
}
