//! `nomenclator gazetteer`: what the gazetteer knows.

mod lookup;

use clap::Subcommand;

use super::Outcome;

/// Subcommands of `gazetteer`.
#[derive(Subcommand)]
pub enum Command {
    /// Show what a name can mean.
    Lookup(lookup::Lookup),
}

/// Runs `gazetteer`.
///
/// # Errors
/// As [`Exit`](super::Exit) lists them.
pub fn run(command: Command) -> Outcome {
    match command {
        Command::Lookup(arguments) => lookup::run(&arguments),
    }
}
