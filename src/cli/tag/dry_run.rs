//! `tag --dry-run`: what would be read and written.

use std::path::PathBuf;
use std::sync::Arc;

use indicatif::HumanBytes;

use super::Arguments;
use crate::cli::destination::Destination;
use crate::cli::form::Form;
use crate::cli::progress::counted;
use crate::cli::running::told;
use crate::cli::{Exit, Outcome, failure, print};
use crate::corpus::{Inputs, Pace};
use crate::output::visible;
use crate::run::names;

/// Rejections that are shown.
const SHOWN: u64 = 10;

/// What would be written.
pub struct Written {
    /// In which form, and where to.
    form: String,
    place: String,
    /// The journal of a run that is not at its end.
    begun: Option<PathBuf>,
}

impl Written {
    /// An output.
    pub fn form(form: &Form) -> Self {
        let journal = names::journal(&form.path);
        Written {
            form: form.description(),
            place: form.path.display().to_string(),
            begun: Some(journal).filter(|journal| form.journaled && journal.exists()),
        }
    }

    /// Documents to be searched.
    pub fn searched(destination: &Destination) -> Self {
        Written {
            form: "documents to be searched".to_owned(),
            place: destination.to_string(),
            begun: None,
        }
    }
}

/// Reads the input through, and says what is in it.
pub fn run(arguments: &Arguments, written: &Written, inputs: Inputs) -> Outcome {
    let places = inputs.places().len() as u64;
    let (mut documents, mut bytes, mut rejected) = (0, 0, 0);
    let mut largest = (0, String::new());
    let mut text = String::new();
    for item in inputs.read(arguments.input.options(), Arc::new(Pace::default())) {
        match item {
            Ok(document) => {
                documents += 1;
                bytes += document.text.len() as u64;
                if document.text.len() > largest.0 {
                    largest = (document.text.len(), document.id);
                }
            }
            Err(rejection) if arguments.run.strict => {
                return Err(failure(Exit::Input, rejection.to_string()));
            }
            Err(rejection) => {
                rejected += 1;
                if rejected <= SHOWN {
                    text += &format!("rejected  {}\n", visible(&rejection.to_string()));
                }
            }
        }
    }
    if rejected > SHOWN {
        text += &format!("rejected  and {} more\n", rejected - SHOWN);
    }
    text += &format!(
        "read      {} in {}, {} of text, {rejected} rejected\n",
        counted(documents, "document"),
        counted(places, "input"),
        HumanBytes(bytes)
    );
    if documents > 0 {
        text += &format!(
            "largest   {} ({})\n",
            visible(&largest.1),
            HumanBytes(largest.0 as u64)
        );
    }
    text += &format!("write     {} to {}\n", written.form, written.place);
    if let Some(journal) = &written.begun {
        text += &format!(
            "begun     {} says how far: the run goes on there{}\n",
            journal.display(),
            if arguments.run.restart {
                ", but --restart starts over"
            } else {
                ""
            }
        );
    }
    print(&text)?;
    told(rejected, documents, None)
}
