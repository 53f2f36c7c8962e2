//! `nomenclator model`: what a model is.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Exit, OrExit, Outcome, failure, print};
use crate::model::folder::ModelFolder;
use crate::model::native::chosen;
use crate::output::visible;

/// Subcommands of `model`.
#[derive(Subcommand)]
pub enum Command {
    /// Show labels, sizes, windows and hash of a model.
    Info(Info),
}

/// Arguments of `model info`.
#[derive(Args)]
pub struct Info {
    /// The model's folder, in place of the model that ships.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `model`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(command: Command) -> Outcome {
    let Command::Info(arguments) = command;
    let folder = match &arguments.model {
        Some(path) => ModelFolder::open(path),
        None => ModelFolder::embedded(),
    }
    .or_exit(Exit::Model)?;
    let weights = folder.weights().or_exit(Exit::Model)?;
    let (parameters, bytes, number_types) = (
        weights.parameters(),
        weights.bytes(),
        weights.number_types().join(", "),
    );
    let (isa, precision) = chosen(None).map_err(|reason| failure(Exit::Model, reason))?;
    let config = folder.config();
    let feeding = &config.feeding;
    if arguments.json {
        let info = json!({
            "place": folder.place(),
            "version": folder.version(),
            "sha256": folder.hash(),
            "labels": config.labels.names(),
            "layers": config.num_hidden_layers,
            "hidden_size": config.hidden_size,
            "attention_heads": config.num_attention_heads,
            "intermediate_size": config.intermediate_size,
            "vocabulary": config.vocab_size,
            "parameters": parameters,
            "weight_bytes": bytes,
            "weight_types": number_types,
            "window": feeding.window,
            "overlap": feeding.overlap,
            "case_shapes": feeding.case_shapes,
            "line_break": feeding.line_break,
            "temperature": config.calibration.temperature,
            "outside_bias": config.calibration.outside_bias,
            "isa": isa.name(),
            "precision": precision.name(),
        });
        return print(&format!("{info}\n"));
    }
    let entities: Vec<&str> = config.labels.entities().iter().map(|label| &**label).collect();
    let yes = |condition: bool, yes: &'static str, no: &'static str| if condition { yes } else { no };
    let rows = [
        (
            "model",
            format!("{}, version {}", folder.place(), folder.version()),
        ),
        ("sha256", folder.hash().to_owned()),
        ("labels", format!("{} (BIO2)", entities.join(", "))),
        (
            "encoder",
            format!(
                "BERT, {} layers of {} with {} heads, feed-forward {}",
                config.num_hidden_layers,
                config.hidden_size,
                config.num_attention_heads,
                config.intermediate_size
            ),
        ),
        ("vocabulary", format!("{} sub-words", config.vocab_size)),
        (
            "weights",
            format!(
                "{:.1} million in {number_types}, {:.1} MB",
                parameters as f64 / 1e6,
                bytes as f64 / 1e6
            ),
        ),
        (
            "windows",
            format!(
                "{} tokens, {} shared with the next",
                feeding.window, feeding.overlap
            ),
        ),
        (
            "case",
            yes(
                feeding.case_shapes,
                "the shape of each word, as its token type",
                "as the vocabulary has it",
            )
            .into(),
        ),
        (
            "line breaks",
            yes(feeding.line_break, "a [SEP] in the window", "not seen").into(),
        ),
        (
            "calibration",
            format!(
                "temperature {}, bias of O {}",
                config.calibration.temperature, config.calibration.outside_bias
            ),
        ),
        (
            "on this CPU",
            format!("{precision} with {isa}, unless --precision says otherwise"),
        ),
    ];
    print(
        &rows
            .map(|(name, value)| format!("{name:12}{}\n", visible(&value)))
            .concat(),
    )
}
