//! `nomenclator gazetteer`: what the gazetteer knows.

mod explain;
mod lookup;

use clap::Subcommand;

use super::Outcome;

/// Subcommands of `gazetteer`.
#[derive(Subcommand)]
pub enum Command {
    /// Show what a name can mean.
    Lookup(lookup::Lookup),
    /// Show why the names of a text are linked as they are.
    Explain(explain::Explain),
}

/// Runs `gazetteer`.
///
/// # Errors
/// As [`Exit`](super::Exit) lists them.
pub fn run(command: Command) -> Outcome {
    match command {
        Command::Lookup(arguments) => lookup::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
    }
}
