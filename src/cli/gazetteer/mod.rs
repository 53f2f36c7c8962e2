//! `nomenclator gazetteer`: what the gazetteer knows, and how it is made.

mod build;
mod explain;
mod lookup;

use clap::Subcommand;

use super::Outcome;

/// Subcommands of `gazetteer`.
#[derive(Subcommand)]
pub enum Command {
    /// Compile records into an index, which --gazetteer then opens at once however large it is.
    Build(build::Build),
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
        Command::Build(arguments) => build::run(&arguments),
        Command::Lookup(arguments) => lookup::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
    }
}
