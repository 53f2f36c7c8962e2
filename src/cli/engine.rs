//! What every subcommand that tags needs: model, backend, gazetteer, threads.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sha2::{Digest, Sha256};

use super::{Exit, Failure, OrExit, failure};
use crate::gazetteer::{EDITION, Gazetteer};
use crate::link::Linker;
use crate::link::ranking::Ranking;
use crate::model::folder::ModelFolder;
use crate::model::native::{NativeClassifier, Precision};
use crate::model::{ModelError, TokenClassifier};
use crate::pipeline::Pipeline;
use crate::tokenize::Tokenizer;

/// The name of the model that ships.
const SHIPPED_MODEL: &str = "newswire";

/// Which gazetteer: the one that ships, a user's own on top of it, or a user's alone.
#[derive(Args)]
pub struct GazetteerArguments {
    /// Records of your own (JSON Lines, .csv, .tsv, or an index of 'gazetteer build') on top of the gazetteer that ships:
    /// they add, replace, extend or suppress records. May be given several times.
    #[arg(long, value_name = "FILE")]
    gazetteer: Vec<PathBuf>,
    /// Leave the gazetteer that ships aside: only --gazetteer counts.
    #[arg(long, requires = "gazetteer")]
    no_default_gazetteer: bool,
}

impl GazetteerArguments {
    /// The layers in their order.
    pub fn open(&self) -> Result<Gazetteer, Failure> {
        let mut gazetteer = match self.no_default_gazetteer {
            true => Gazetteer::default(),
            false => Gazetteer::embedded().or_exit(Exit::Model)?,
        };
        for file in &self.gazetteer {
            gazetteer.add_file(file).or_exit(Exit::Model)?;
        }
        Ok(gazetteer)
    }
}

/// Options for model and gazetteer.
#[derive(Args)]
#[command(next_help_heading = "Model and gazetteer")]
pub struct EngineArguments {
    /// A folder with config.json, tokenizer.json and model.safetensors of a BERT token classifier, in place of the
    /// model that ships.
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// What computes: 'native', 'rust-bert' (libtorch) where the program is built with it, or 'none', which finds nothing
    /// and passes texts on ('tag' alone).
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "NAME",
        hide_possible_values = true
    )]
    pub backend: Backend,
    /// What the native backend's linear layers compute in: 'f32', 'bf16', 'int8', or 'auto', which goes by the CPU's
    /// instructions.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "NAME",
        hide_possible_values = true
    )]
    pub precision: PrecisionChoice,
    #[command(flatten)]
    gazetteer: GazetteerArguments,
    /// Weights of the linker's ranking, in place of those that ship: question, feature and weight, tab-separated, under a
    /// header line.
    #[arg(long, value_name = "FILE")]
    pub linking_weights: Option<PathBuf>,
    /// How many threads work; all cores by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// The backends by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// Pure Rust, on the CPU.
    #[default]
    Native,
    /// libtorch.
    RustBert,
    /// Nothing: texts pass as they are ('tag' alone).
    None,
}

/// `--precision`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PrecisionChoice {
    /// By the CPU's instructions.
    #[default]
    Auto,
    /// 32-bit floating point.
    F32,
    /// bf16 with sums in f32.
    Bf16,
    /// Whole numbers of eight bits.
    Int8,
}

impl PrecisionChoice {
    fn wanted(self) -> Option<Precision> {
        match self {
            PrecisionChoice::Auto => None,
            PrecisionChoice::F32 => Some(Precision::F32),
            PrecisionChoice::Bf16 => Some(Precision::Bf16),
            PrecisionChoice::Int8 => Some(Precision::Int8),
        }
    }
}

impl EngineArguments {
    /// The model's folder, read.
    pub fn folder(&self) -> Result<ModelFolder, Failure> {
        match &self.model {
            Some(path) => ModelFolder::open(path),
            None => ModelFolder::embedded(),
        }
        .or_exit(Exit::Model)
    }

    /// The gazetteer that ships with the user's records on top.
    pub fn gazetteer(&self) -> Result<Gazetteer, Failure> {
        self.gazetteer.open()
    }

    /// A linker over `gazetteer`.
    pub fn linker(&self, gazetteer: Gazetteer) -> Result<Linker, Failure> {
        let linker = Linker::new(gazetteer);
        Ok(match &self.linking_weights {
            Some(path) => linker.with_ranking(Ranking::from_file(path).or_exit(Exit::Model)?),
            None => linker,
        })
    }

    /// The pipeline of a model folder, with a linker where there is one.
    pub fn pipeline(&self, folder: &ModelFolder, linker: Option<Linker>) -> Result<Pipeline, Failure> {
        let (tokenizer, classifier) = rayon::join(|| Tokenizer::new(folder), || self.classifier(folder));
        let pipeline = Pipeline::new(folder, tokenizer.or_exit(Exit::Model)?, classifier?);
        Ok(match linker {
            Some(linker) => pipeline.with_linker(linker),
            None => pipeline,
        })
    }

    fn classifier(&self, folder: &ModelFolder) -> Result<Box<dyn TokenClassifier>, Failure> {
        if self.backend != Backend::Native && self.precision != PrecisionChoice::Auto {
            return Err(failure(
                Exit::Usage,
                "--precision is the native backend's: expected --backend native with it",
            ));
        }
        match self.backend {
            Backend::None => Err(failure(
                Exit::Usage,
                "--backend none finds nothing: expected --backend native here",
            )),
            Backend::Native => {
                let classifier =
                    NativeClassifier::new(folder, self.precision.wanted()).or_exit(Exit::Model)?;
                Ok(Box::new(classifier))
            }
            #[cfg(feature = "rust-bert")]
            Backend::RustBert => {
                let classifier =
                    crate::model::rust_bert::RustBertClassifier::new(folder).or_exit(Exit::Model)?;
                Ok(Box::new(classifier))
            }
            #[cfg(not(feature = "rust-bert"))]
            Backend::RustBert => Err(failure(
                Exit::Model,
                "the backend rust-bert is not in this program: expected --backend native, or a build with \
                 'cargo build --release --features rust-bert' after scripts/setup_libtorch.sh",
            )),
        }
    }

    /// Program, model and gazetteer by version and hash, on one line. The model's hash costs a pass over its bytes.
    pub fn made_with(&self, folder: &ModelFolder, gazetteer: Option<&Gazetteer>) -> String {
        let program = env!("CARGO_PKG_VERSION");
        let (model, gazetteer) = (self.model_name(folder), Self::gazetteer_name(gazetteer));
        format!("nomenclator {program}, model {model}, {gazetteer}")
    }

    /// The model's name, version and hash.
    pub fn model_name(&self, folder: &ModelFolder) -> String {
        let name = if self.model.is_none() {
            format!("{SHIPPED_MODEL} ")
        } else {
            String::new()
        };
        format!("{name}{} ({})", folder.version(), folder.short_hash())
    }

    /// `gazetteer`, its edition and the hashes of its layers.
    pub fn gazetteer_name(gazetteer: Option<&Gazetteer>) -> String {
        match gazetteer {
            Some(gazetteer) => format!("gazetteer {EDITION} ({})", gazetteer_hash(gazetteer)),
            None => "no gazetteer".to_owned(),
        }
    }

    /// Sets how many threads work from now on.
    pub fn start_threads(&self) -> Result<(), Failure> {
        let Some(threads) = self.threads else {
            return Ok(());
        };
        let started = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global();
        started.map_err(|error| failure(Exit::Usage, format!("cannot start {threads} threads: {error}")))
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Failure {
            exit: Exit::Model,
            error: error.into(),
        }
    }
}

/// Refuses what was answered from an index in which a lookup has met damage.
pub fn whole(gazetteer: &Gazetteer) -> Result<(), Failure> {
    gazetteer.check_met_damage().or_exit(Exit::Model)
}

/// The program's name and version.
pub fn short_version() -> String {
    format!("nomenclator {}\n", env!("CARGO_PKG_VERSION"))
}

/// Program, model and gazetteer, a line each, by version and hash.
pub fn long_version() -> String {
    let model = match ModelFolder::embedded() {
        Ok(folder) => format!(
            "{SHIPPED_MODEL} {} (sha256 {})",
            folder.version(),
            folder.short_hash()
        ),
        Err(ModelError::NotEmbedded) => "none built in".to_owned(),
        Err(error) => format!("unusable: {error}"),
    };
    let gazetteer = match Gazetteer::embedded() {
        Ok(gazetteer) => {
            format!(
                "{EDITION} (sha256 {}), {} records",
                gazetteer_hash(&gazetteer),
                gazetteer.len()
            )
        }
        Err(_) => "none built in".to_owned(),
    };
    format!("{}model {model}\ngazetteer {gazetteer}\n", short_version())
}

/// The first 12 digits of each layer's checksum.
fn gazetteer_hash(gazetteer: &Gazetteer) -> String {
    let layers = gazetteer.checksums();
    let layers = layers.iter().map(|sum| hexadecimal(&sum[..6]));
    layers.collect::<Vec<_>>().join("+")
}

/// The first 12 digits of the bytes' SHA-256.
pub fn short_hash(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes)[..6])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
