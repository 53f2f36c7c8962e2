//! Linear layers over `[tokens, features]`.
//!
//! The product is ndarray's, that is the crate `matrixmultiply`: it cuts the sum over `in` at fixed places whatever the
//! number of rows, hence rows are bit-identical in any batch. The crate `gemm` ran some 12 % faster on these shapes
//! (Zen 4, one core: 94 to 84 GFLOPS), but cuts the sum where the machine's caches suggest, and takes other ways for
//! few rows.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2};

/// `x · W + b`.
pub struct Linear {
    /// Shape `[in, out]`: the checkpoint's matrix transposed, so that the product reads it row by row.
    weight: Array2<f32>,
    /// Shape `[out]`.
    bias: Array1<f32>,
}

impl Linear {
    /// From one or more checkpoint layers that read the same input, side by side: each a row-major matrix
    /// `[outputs, inputs]` and a bias `[outputs]`.
    pub fn side_by_side(inputs: usize, parts: &[(Vec<f32>, Vec<f32>)]) -> Self {
        let outputs = parts.iter().map(|(_, bias)| bias.len()).sum();
        let mut weight = Array2::zeros((inputs, outputs));
        let rows = parts.iter().flat_map(|(part, _)| part.chunks_exact(inputs));
        for (row, mut column) in rows.zip(weight.columns_mut()) {
            column.iter_mut().zip(row).for_each(|(to, from)| *to = *from);
        }
        let bias = parts.iter().flat_map(|(_, bias)| bias.iter().copied()).collect();
        Linear { weight, bias }
    }

    /// How many features come out.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// `output = input · W + b`; `input` is `[tokens, in]`, `output` `[tokens, out]`.
    pub fn apply(&self, input: ArrayView2<'_, f32>, mut output: ArrayViewMut2<'_, f32>) {
        output.assign(&self.bias);
        general_mat_mul(1.0, &input, &self.weight, 1.0, &mut output);
    }

    /// `output += input · W + b`: the layer with a residual connection around it.
    pub fn add_to(&self, input: ArrayView2<'_, f32>, mut output: ArrayViewMut2<'_, f32>) {
        output += &self.bias;
        general_mat_mul(1.0, &input, &self.weight, 1.0, &mut output);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::s;

    /// Numbers in `[-1, 1)` without a pattern (a linear congruential generator).
    fn noise(count: usize) -> Vec<f32> {
        let mut state = 1u32;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect()
    }

    #[test]
    fn agrees_with_a_plain_triple_loop() {
        let (tokens, inputs, outputs) = (7, 600, 13);
        let (matrix, bias) = (noise(inputs * outputs), noise(outputs));
        let input = Array2::from_shape_vec((tokens, inputs), noise(tokens * inputs)).unwrap();
        let linear = Linear::side_by_side(
            inputs,
            &[
                (matrix[..5 * inputs].to_vec(), bias[..5].to_vec()),
                (matrix[5 * inputs..].to_vec(), bias[5..].to_vec()),
            ],
        );
        let mut output = Array2::from_elem((tokens, outputs), f32::NAN);
        linear.apply(input.view(), output.view_mut());
        for t in 0..tokens {
            for o in 0..outputs {
                let sum: f64 = (0..inputs)
                    .map(|i| f64::from(input[[t, i]]) * f64::from(matrix[o * inputs + i]))
                    .sum();
                assert!((f64::from(output[[t, o]] - bias[o]) - sum).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_the_rows_beside_it() {
        let (inputs, outputs) = (600, 40);
        let linear = Linear::side_by_side(inputs, &[(noise(inputs * outputs), noise(outputs))]);
        let input = Array2::from_shape_vec((300, inputs), noise(300 * inputs)).unwrap();
        let mut together = Array2::zeros((300, outputs));
        linear.apply(input.view(), together.view_mut());
        for rows in [1, 2, 3, 7, 8, 9, 64, 65, 299] {
            let start = 300 - rows;
            let mut alone = Array2::zeros((rows, outputs));
            linear.apply(input.slice(s![start.., ..]), alone.view_mut());
            assert_eq!(alone, together.slice(s![start.., ..]), "{rows} rows");
        }
    }
}
