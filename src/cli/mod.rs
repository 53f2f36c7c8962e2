//! The command line: one file for each subcommand.
//!
//! Data goes to standard output, messages to standard error, one line each. Exit codes are [`Exit`]'s.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::corpus::Rejection;
use crate::output::visible;

pub mod bench;
pub mod convert;
mod destination;
mod engine;
pub mod eval;
mod form;
pub mod gazetteer;
pub mod index;
mod input;
pub mod model;
mod progress;
mod running;
pub mod search;
pub mod stats;
pub mod tag;
mod target;

/// Finds who is named in the news: countries, officials and agencies, as linked entities.
///
/// Nothing is sent anywhere: the model and the gazetteer are inside the program.
#[derive(Parser)]
#[command(name = "nomenclator", version, max_term_width = 100, after_help = EXIT_CODES, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Subcommand)]
pub enum Command {
    /// Find and link the entities of texts.
    Tag(tag::Arguments),
    /// Turn tagged documents from one format into another.
    Convert(convert::Arguments),
    /// Put tagged documents where they can be searched.
    Index(index::Arguments),
    /// Count who is named in tagged documents, with whom and when.
    Stats(stats::Arguments),
    /// Find the documents of an index by words, entities and dates.
    Search(search::Arguments),
    /// Score recognition and linking against gold.
    Eval(eval::Arguments),
    /// Measure how fast this machine tags.
    Bench(bench::Arguments),
    /// Look at a model.
    #[command(subcommand)]
    Model(model::Command),
    /// Look into the gazetteer.
    #[command(subcommand)]
    Gazetteer(gazetteer::Command),
}

/// Whether output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, where NO_COLOR is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  all went well (a reader of the output that goes away early is no error)
  1  a check did not hold (eval --require, gazetteer check)
  2  the command line is wrong
  3  an input cannot be read (no such file, not UTF-8, no valid JSON, ...)
  4  the model or the gazetteer cannot be used
  5  the output cannot be written, or another process is writing it
  6  some documents were rejected; all others are written
  130  interrupted (Ctrl-C, SIGTERM)

Environment:
  NOMENCLATOR_ISA  the instructions to compute with, in place of the best that the CPU has: scalar, avx2, avx512,
                   amx; on Arm scalar, neon";

/// How the program ends when it does not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// A check that the user asked for did not hold.
    CheckFailed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// An input cannot be read.
    Input = 3,
    /// The model or the gazetteer cannot be used.
    Model = 4,
    /// The output cannot be written.
    Output = 5,
    /// Some documents were rejected.
    Rejected = 6,
    /// Somebody stopped it.
    Interrupted = 130,
}

/// An error with the exit code that tells its sort.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    /// Told as a line of JSON in place of words.
    fn into_event(self) -> Self {
        if self.is_closed_pipe() {
            return self;
        }
        let message = self.error.to_string();
        if !message.is_empty() {
            let exit = self.exit as u8;
            let event = serde_json::json!({"event": "error", "message": message, "exit_code": exit});
            // Nothing is left to do where standard error is closed.
            let _ = writeln!(io::stderr(), "{event}");
        }
        failure(self.exit, "")
    }

    /// Whether a reader of the output went away, which is no error.
    fn is_closed_pipe(&self) -> bool {
        let closed = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        self.exit == Exit::Output && self.error.downcast_ref::<io::Error>().is_some_and(closed)
    }

    /// With a few more words behind its message.
    fn with_hint(self, hint: &str) -> Self {
        let message = format!("{}; {hint}", self.error);
        Failure {
            exit: self.exit,
            error: self.error.context(message),
        }
    }
}

/// What a subcommand returns.
pub type Outcome = Result<(), Failure>;

/// Gives errors their exit code.
pub(crate) trait OrExit<T> {
    /// The value, or the error as a failure of this sort.
    fn or_exit(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrExit<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            exit,
            error: error.into(),
        })
    }
}

/// A failure with this message.
pub(crate) fn failure(exit: Exit, message: impl Into<String>) -> Failure {
    Failure {
        exit,
        error: anyhow::Error::msg(message.into()),
    }
}

/// Reads the command line.
///
/// # Errors
/// Where it asks for help or the version, or is wrong: the answer is given already, its exit code remains.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, ExitCode> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let parsed = Cli::command()
        .try_get_matches_from(&arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| match error.kind() {
        ErrorKind::DisplayVersion => {
            let long = arguments.iter().any(|argument| argument == "--version");
            report(print(&if long {
                engine::long_version()
            } else {
                engine::short_version()
            }))
        }
        ErrorKind::DisplayHelp => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(Exit::Usage as u8)
        }
        _ => report(Err(failure(Exit::Usage, usage_line(&error)))),
    })
}

/// The first paragraph of clap's answer, on one line.
fn usage_line(error: &clap::Error) -> String {
    let answer = error.to_string();
    let paragraph = answer
        .trim_start_matches("error: ")
        .lines()
        .take_while(|line| !line.trim().is_empty());
    let line = paragraph.map(str::trim).collect::<Vec<_>>().join(" ");
    format!("{line}; --help says more")
}

/// Tells a rejection on standard error, in one line.
pub(crate) fn tell(rejection: &Rejection) {
    // Nothing is left to do where standard error is closed.
    let _ = writeln!(io::stderr(), "nomenclator: {}", visible(&rejection.to_string()));
}

/// Prints text to standard output.
pub(crate) fn print(text: &str) -> Outcome {
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| target::cannot_write("standard output", error))
}

/// Tells a failure on standard error, in one line, and gives the exit code.
pub fn report(outcome: Outcome) -> ExitCode {
    let Err(failed) = outcome else {
        return ExitCode::SUCCESS;
    };
    if failed.is_closed_pipe() {
        return ExitCode::SUCCESS;
    }
    let Failure { exit, error } = failed;
    let message = error.to_string();
    // One that is told already has none.
    if !message.is_empty() {
        // Nothing is left to do where standard error is closed too.
        let _ = writeln!(io::stderr(), "nomenclator: {}", visible(&message));
    }
    ExitCode::from(exit as u8)
}
