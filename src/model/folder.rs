//! A model folder as Hugging Face writes it, on disk or inside the binary.

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use bytes::Bytes;

use super::ModelError;
use super::config::ModelConfig;
use super::digest::digest;
use super::labels::LabelSet;
use super::vocabulary::{self, Normalisation};
use super::weights::Weights;

/// `config.json`, `tokenizer.json` and `model.safetensors` of a token classifier.
pub struct ModelFolder {
    place: String,
    config: ModelConfig,
    config_json: Cow<'static, [u8]>,
    tokenizer_json: Cow<'static, [u8]>,
    safetensors: Bytes,
    hash: OnceLock<String>,
}

impl ModelFolder {
    /// Reads a folder's three files into memory; `vocab.txt` with `tokenizer_config.json`, where there is one, stands
    /// in for a missing `tokenizer.json`.
    ///
    /// # Errors
    /// Where a file cannot be read or the configuration cannot be run; tensors are looked at by [`Self::weights`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let read = |name: &str| {
            let file = path.join(name);
            fs::read(&file)
                .map(Cow::Owned)
                .map_err(|source| ModelError::Read {
                    place: file.display().to_string(),
                    source,
                })
        };
        let config = read("config.json")?;
        let tokenizer = if !path.join("tokenizer.json").exists() && path.join("vocab.txt").exists() {
            let vocabulary = read("vocab.txt")?;
            let normalisation = match read("tokenizer_config.json") {
                Ok(json) => {
                    let place = path.join("tokenizer_config.json").display().to_string();
                    Normalisation::parse(&json, &place)?
                }
                Err(_) => Normalisation::default(),
            };
            let json = vocabulary::tokenizer_json(&String::from_utf8_lossy(&vocabulary), &normalisation);
            Cow::Owned(json)
        } else {
            read("tokenizer.json")?
        };
        let safetensors = read("model.safetensors")?;
        let safetensors = Bytes::from(safetensors.into_owned());
        Self::from_bytes(path.display().to_string(), config, tokenizer, safetensors)
    }

    /// The model inside the binary.
    ///
    /// # Errors
    /// [`ModelError::NotEmbedded`] in a build without the feature `embed`.
    #[cfg(feature = "embed")]
    pub fn embedded() -> Result<Self, ModelError> {
        let folder = Self::from_bytes(
            "the model in the program".to_owned(),
            Cow::Borrowed(include_bytes!("../../models/newswire/config.json")),
            Cow::Borrowed(include_bytes!("../../models/newswire/tokenizer.json")),
            Bytes::from_static(include_bytes!("../../models/newswire/model.safetensors")),
        )?;
        // Taken when the program was built: to take it costs as long as to load the model.
        Ok(ModelFolder {
            hash: env!("NOMENCLATOR_MODEL_DIGEST").to_owned().into(),
            ..folder
        })
    }

    /// The model inside the binary: this build has none.
    ///
    /// # Errors
    /// Always [`ModelError::NotEmbedded`].
    #[cfg(not(feature = "embed"))]
    pub fn embedded() -> Result<Self, ModelError> {
        Err(ModelError::NotEmbedded)
    }

    fn from_bytes(
        place: String,
        config_json: Cow<'static, [u8]>,
        tokenizer_json: Cow<'static, [u8]>,
        safetensors: Bytes,
    ) -> Result<Self, ModelError> {
        let config = ModelConfig::parse(&config_json, &format!("{place}/config.json"))?;
        Ok(ModelFolder {
            place,
            config,
            config_json,
            tokenizer_json,
            safetensors,
            hash: OnceLock::new(),
        })
    }

    /// Where the folder lies, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The shape of the model and how text is fed to it.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// What the classifier's outputs mean.
    pub fn labels(&self) -> &LabelSet {
        &self.config.labels
    }

    /// The bytes of `tokenizer.json`.
    pub fn tokenizer_json(&self) -> &[u8] {
        &self.tokenizer_json
    }

    /// The tensors.
    ///
    /// # Errors
    /// Where `model.safetensors` is not a whole safetensors file.
    pub fn weights(&self) -> Result<Weights<'_>, ModelError> {
        Weights::parse(&self.safetensors, &format!("{}/model.safetensors", self.place))
    }

    /// The model's own version, or `unversioned`.
    pub fn version(&self) -> &str {
        self.config.version.as_deref().unwrap_or("unversioned")
    }

    /// SHA-256 over the three files with their lengths, in hexadecimal; the first 12 digits name the model.
    pub fn hash(&self) -> &str {
        self.hash
            .get_or_init(|| digest([&self.config_json, &self.tokenizer_json, &self.safetensors]))
    }

    /// The hash's first 12 digits.
    pub fn short_hash(&self) -> &str {
        &self.hash()[..12]
    }
}

#[cfg(all(test, feature = "embed"))]
mod tests {
    use super::*;

    #[test]
    fn the_program_knows_the_digest_of_its_model() {
        let folder = ModelFolder::embedded().unwrap();
        let files = [&*folder.config_json, &folder.tokenizer_json, &folder.safetensors];
        assert_eq!(folder.hash(), digest(files));
    }
}
