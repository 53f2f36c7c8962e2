//! The `nomenclator` binary.

use std::process::ExitCode;

use nomenclator::cli::{self, Command};
use nomenclator::panics;

fn main() -> ExitCode {
    panics::silence_caught();
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(answered) => return answered,
    };
    let result = match cli.command {
        Command::Tag(arguments) => cli::tag::run(arguments),
        Command::Convert(arguments) => cli::convert::run(arguments),
        Command::Index(arguments) => cli::index::run(arguments),
        Command::Stats(arguments) => cli::stats::run(arguments),
        Command::Search(arguments) => cli::search::run(&arguments),
        Command::Eval(arguments) => cli::eval::run(arguments),
        Command::Bench(arguments) => cli::bench::run(arguments),
        Command::Model(command) => cli::model::run(command),
        Command::Gazetteer(command) => cli::gazetteer::run(command),
    };
    cli::report(result)
}
