//! Tensors out of a safetensors file, under any of the names that BERT checkpoints use.

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::ModelError;

/// The tensors of a model.
pub struct Weights<'a> {
    place: String,
    tensors: SafeTensors<'a>,
}

impl<'a> Weights<'a> {
    /// Reads the file's header; `place` names the file in errors.
    ///
    /// # Errors
    /// Where `bytes` is not a whole safetensors file.
    pub fn parse(bytes: &'a [u8], place: &str) -> Result<Self, ModelError> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| ModelError::Safetensors {
            place: place.to_owned(),
            bytes: bytes.len(),
            reason: error.to_string(),
        })?;
        Ok(Weights {
            place: place.to_owned(),
            tensors,
        })
    }

    /// Numbers in all tensors of the file.
    pub fn parameters(&self) -> usize {
        self.tensors
            .iter()
            .map(|(_, view)| view.shape().iter().product::<usize>())
            .sum()
    }

    /// Bytes of all tensors of the file.
    pub fn bytes(&self) -> usize {
        self.tensors.iter().map(|(_, view)| view.data().len()).sum()
    }

    /// The number types that occur in the file, such as `BF16`.
    pub fn number_types(&self) -> Vec<String> {
        let mut types: Vec<String> = self
            .tensors
            .iter()
            .map(|(_, view)| format!("{:?}", view.dtype()))
            .collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// A tensor as f32, row-major, by the name that Hugging Face gives it today
    /// (`bert.encoder.layer.0.output.LayerNorm.weight`).
    ///
    /// Files of bare encoders lack the prefix `bert.`, and old ones call LayerNorm's weight and bias `gamma` and
    /// `beta`: both are found too.
    ///
    /// # Errors
    /// Where the tensor is missing, of another shape or type, or not finite.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let (found_name, view) = self.find(name).ok_or_else(|| ModelError::MissingTensor {
            place: self.place.clone(),
            name: name.to_owned(),
            expected: shape.to_vec(),
        })?;
        if view.shape() != shape {
            return Err(ModelError::TensorShape {
                place: self.place.clone(),
                name: found_name,
                found: view.shape().to_vec(),
                expected: shape.to_vec(),
            });
        }
        let values = to_f32(&view).ok_or_else(|| ModelError::TensorType {
            place: self.place.clone(),
            name: found_name.clone(),
            found: format!("{:?}", view.dtype()),
        })?;
        match values.iter().position(|value| !value.is_finite()) {
            Some(index) => Err(ModelError::NotFinite {
                place: self.place.clone(),
                name: found_name,
                value: values[index],
                index,
            }),
            None => Ok(values),
        }
    }

    fn find(&self, name: &str) -> Option<(String, TensorView<'_>)> {
        let old = name
            .replace("LayerNorm.weight", "LayerNorm.gamma")
            .replace("LayerNorm.bias", "LayerNorm.beta");
        [name, &old]
            .into_iter()
            .flat_map(|spelling| [spelling, spelling.strip_prefix("bert.").unwrap_or(spelling)])
            .find_map(|spelling| Some((spelling.to_owned(), self.tensors.tensor(spelling).ok()?)))
    }
}

/// `None` for number types other than the three that checkpoints use.
fn to_f32(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let data = view.data();
    let pairs = || data.chunks_exact(2).map(|bytes| [bytes[0], bytes[1]]);
    Some(match view.dtype() {
        Dtype::F32 => data
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            .collect(),
        Dtype::F16 => pairs().map(|bytes| f16::from_le_bytes(bytes).to_f32()).collect(),
        Dtype::BF16 => pairs().map(|bytes| bf16::from_le_bytes(bytes).to_f32()).collect(),
        _ => return None,
    })
}
