//! `nomenclator gazetteer`: what the gazetteer knows, and how it is made.

mod build;
mod check;
mod explain;
mod export;
mod filter;
mod lookup;
mod stats;

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
    /// Check records, and print how much of the world they cover.
    Check(check::Check),
    /// Count records, names, sources and sizes.
    Stats(stats::Stats),
    /// Write the records, those of your own applied, as JSON Lines or CSV.
    Export(export::Export),
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
        Command::Check(arguments) => check::run(&arguments),
        Command::Stats(arguments) => stats::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
    }
}
