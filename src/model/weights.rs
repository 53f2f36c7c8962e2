//! Tensors out of a safetensors file, under any of the names that BERT checkpoints use.

use bytes::Bytes;
use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::ModelError;

/// The tensors of a model.
pub struct Weights<'a> {
    place: String,
    file: &'a Bytes,
    tensors: SafeTensors<'a>,
}

/// A tensor of two dimensions as the file has it: a row is made f32 when it is read.
pub struct Matrix {
    place: String,
    name: String,
    number_type: NumberType,
    columns: usize,
    /// The file's own bytes, shared with it.
    data: Bytes,
}

/// The number types that checkpoints use.
#[derive(Clone, Copy)]
enum NumberType {
    F32,
    F16,
    Bf16,
}

impl<'a> Weights<'a> {
    /// Reads the file's header; `place` names the file in errors.
    ///
    /// # Errors
    /// Where `file` is not a whole safetensors file.
    pub fn parse(file: &'a Bytes, place: &str) -> Result<Self, ModelError> {
        let tensors = SafeTensors::deserialize(file).map_err(|error| ModelError::Safetensors {
            place: place.to_owned(),
            bytes: file.len(),
            reason: error.to_string(),
        })?;
        Ok(Weights {
            place: place.to_owned(),
            file,
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
        let (name, number_type, data) = self.checked(name, shape)?;
        number_type.check(data, (&self.place, &name), 0)?;
        let mut values = vec![0.0; shape.iter().product()];
        number_type.read(data, &mut values);
        Ok(values)
    }

    /// The same for a tensor of two dimensions whose rows are read later.
    ///
    /// # Errors
    /// As [`Weights::tensor`], but that numbers are looked at when they are read.
    pub fn matrix(&self, name: &str, [rows, columns]: [usize; 2]) -> Result<Matrix, ModelError> {
        let (name, number_type, data) = self.checked(name, &[rows, columns])?;
        Ok(Matrix {
            place: self.place.clone(),
            name,
            number_type,
            columns,
            data: self.file.slice_ref(data),
        })
    }

    /// A tensor's name in the file, the type of its numbers, and their bytes.
    fn checked(&self, name: &str, shape: &[usize]) -> Result<(String, NumberType, &'a [u8]), ModelError> {
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
        match NumberType::of(view.dtype()) {
            Some(number_type) => Ok((found_name, number_type, view.data())),
            None => Err(ModelError::TensorType {
                place: self.place.clone(),
                name: found_name,
                found: format!("{:?}", view.dtype()),
            }),
        }
    }

    fn find(&self, name: &str) -> Option<(String, TensorView<'a>)> {
        let old = name
            .replace("LayerNorm.weight", "LayerNorm.gamma")
            .replace("LayerNorm.bias", "LayerNorm.beta");
        [name, &old]
            .into_iter()
            .flat_map(|spelling| [spelling, spelling.strip_prefix("bert.").unwrap_or(spelling)])
            .find_map(|spelling| Some((spelling.to_owned(), self.tensors.tensor(spelling).ok()?)))
    }
}

impl Matrix {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.data.len() / self.row_bytes()
    }

    /// The bytes in the file of a row that is there.
    pub fn row(&self, row: usize) -> &[u8] {
        &self.data[row * self.row_bytes()..][..self.row_bytes()]
    }

    /// Makes `to`, as long as a row, the numbers of a row that is there.
    pub fn read_row(&self, row: usize, to: &mut [f32]) {
        self.number_type.read(self.row(row), to);
    }

    /// The same, and looks at them.
    ///
    /// # Errors
    /// Where one is not finite.
    pub fn read_finite_row(&self, row: usize, to: &mut [f32]) -> Result<(), ModelError> {
        let before = row * self.columns;
        self.number_type
            .check(self.row(row), (&self.place, &self.name), before)?;
        self.read_row(row, to);
        Ok(())
    }

    /// Looks at all numbers.
    ///
    /// # Errors
    /// Where one is not finite.
    pub fn check(&self) -> Result<(), ModelError> {
        self.number_type.check(&self.data, (&self.place, &self.name), 0)
    }

    fn row_bytes(&self) -> usize {
        self.columns * self.number_type.bytes()
    }
}

impl NumberType {
    /// `None` for others than the three that checkpoints use.
    fn of(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::F32 => Some(NumberType::F32),
            Dtype::F16 => Some(NumberType::F16),
            Dtype::BF16 => Some(NumberType::Bf16),
            _ => None,
        }
    }

    fn bytes(self) -> usize {
        match self {
            NumberType::F32 => 4,
            NumberType::F16 | NumberType::Bf16 => 2,
        }
    }

    /// Looks at numbers of a tensor, which is named by its file's place and its own name; `before` stand ahead of them in it.
    fn check(self, bytes: &[u8], (place, name): (&str, &str), before: usize) -> Result<(), ModelError> {
        if self.all_finite(bytes) {
            return Ok(());
        }
        let mut values = vec![0.0; bytes.len() / self.bytes()];
        self.read(bytes, &mut values);
        let found = values.iter().position(|value| !value.is_finite());
        found.map_or(Ok(()), |index| {
            Err(ModelError::NotFinite {
                place: place.to_owned(),
                name: name.to_owned(),
                value: values[index],
                index: before + index,
            })
        })
    }

    /// Whether no number's exponent is all ones. Without a way out of the middle, so that the compiler takes many at once.
    fn all_finite(self, bytes: &[u8]) -> bool {
        fn all<const BYTES: usize>(bytes: &[u8], finite: impl Fn([u8; BYTES]) -> bool) -> bool {
            let numbers = bytes.as_chunks().0.iter();
            numbers.fold(true, |all, number| all & finite(*number))
        }
        match self {
            NumberType::F32 => all(bytes, |number| !u32::from_le_bytes(number) & 0x7f80_0000 != 0),
            NumberType::F16 => all(bytes, |number| !u16::from_le_bytes(number) & 0x7c00 != 0),
            NumberType::Bf16 => all(bytes, |number| !u16::from_le_bytes(number) & 0x7f80 != 0),
        }
    }

    fn read(self, bytes: &[u8], to: &mut [f32]) {
        match self {
            NumberType::F32 => {
                for (to, bytes) in to.iter_mut().zip(bytes.as_chunks().0) {
                    *to = f32::from_le_bytes(*bytes);
                }
            }
            NumberType::F16 => {
                for (to, bytes) in to.iter_mut().zip(bytes.as_chunks().0) {
                    *to = f16::from_le_bytes(*bytes).to_f32();
                }
            }
            NumberType::Bf16 => {
                for (to, bytes) in to.iter_mut().zip(bytes.as_chunks().0) {
                    // The upper half of f32.
                    *to = f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_not_finite_are_seen_in_every_type() {
        // The highest of f16 is 65,504.
        for (odd, finite) in [
            (f32::INFINITY, false),
            (f32::NEG_INFINITY, false),
            (f32::NAN, false),
            (-65_504.0, true),
            (-0.0, true),
        ] {
            let numbers = [1.0, -2.5, odd, 0.0, 6e-5];
            let singles = numbers.map(f32::to_le_bytes).concat();
            let halves = numbers.map(|number| f16::from_f32(number).to_le_bytes());
            let brains = numbers.map(|number| ((number.to_bits() >> 16) as u16).to_le_bytes());
            assert_eq!(NumberType::F32.all_finite(&singles), finite, "{odd}");
            assert_eq!(NumberType::F16.all_finite(&halves.concat()), finite, "{odd}");
            assert_eq!(NumberType::Bf16.all_finite(&brains.concat()), finite, "{odd}");
        }
    }
}
