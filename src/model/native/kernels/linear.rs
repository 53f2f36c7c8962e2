//! Linear layers over `[tokens, features]`.

use super::arch::Kernels;
use super::elementwise::Activation;
use super::lanes::Lanes;
use super::math;
use super::tile::{Arch, MOST_ROWS, Tile, WIDEST_PANEL};

/// Rows that go through all panels before the next ones do: with the widest input (1,536 features, f32) they stay in a
/// second-level cache of a megabyte.
const BLOCK_ROWS: usize = 112;

/// Weights of `x · W + b`, packed for one set of instructions.
pub struct Linear {
    kernels: Kernels,
    inputs: usize,
    outputs: usize,
    /// `[panels, inputs, panel width]`: each panel holds some columns of W, row by row; the last is filled with zeros.
    panels: Vec<f32>,
    /// Shape `[outputs]`, filled up to whole panels.
    bias: Vec<f32>,
}

/// What becomes of a product's values, after the bias is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// They replace the output.
    Store,
    /// They replace the output after the activation.
    Activate(Activation),
    /// They are added to the output: a residual connection.
    Add,
}

impl Linear {
    /// From one or more checkpoint layers that read the same input, side by side: each a row-major matrix
    /// `[outputs, inputs]` and a bias `[outputs]`.
    pub fn side_by_side(kernels: Kernels, inputs: usize, parts: &[(Vec<f32>, Vec<f32>)]) -> Self {
        let bias: Vec<f32> = parts.iter().flat_map(|(_, bias)| bias.iter().copied()).collect();
        let outputs = bias.len();
        let width = kernels.panel();
        let mut panels = vec![0.0; outputs.div_ceil(width) * width * inputs];
        let columns = parts.iter().flat_map(|(part, _)| part.chunks_exact(inputs));
        for (column, weights) in columns.enumerate() {
            let panel = &mut panels[column / width * width * inputs..];
            for (row, weight) in weights.iter().enumerate() {
                panel[row * width + column % width] = *weight;
            }
        }
        let mut padded = bias;
        padded.resize(outputs.next_multiple_of(width), 0.0);
        Linear {
            kernels,
            inputs,
            outputs,
            panels,
            bias: padded,
        }
    }

    /// How many features come out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Runs over `input`, `[tokens, inputs]`, into `output`, `[tokens, outputs]`.
    pub fn apply(&self, input: &[f32], output: &mut [f32], then: Then) {
        let tokens = input.len() / self.inputs;
        assert_eq!(input.len(), tokens * self.inputs, "whole rows of input");
        assert_eq!(
            output.len(),
            tokens * self.outputs,
            "a row of output for each row of input"
        );
        self.kernels.multiply(&Product {
            linear: self,
            input: input.as_ptr(),
            output: output.as_mut_ptr(),
            tokens,
            then,
        });
    }
}

/// One use of a [`Linear`], its buffers checked.
pub struct Product<'a> {
    linear: &'a Linear,
    input: *const f32,
    output: *mut f32,
    tokens: usize,
    then: Then,
}

impl Product<'_> {
    /// The width that the weights are packed in.
    pub fn panel(&self) -> usize {
        self.linear.kernels.panel()
    }
}

/// # Safety
/// The CPU has the instructions of `A`, and the weights are packed in its panels.
#[inline(always)]
pub unsafe fn multiply<A: Arch>(product: &Product<'_>) {
    let Linear {
        inputs,
        outputs,
        panels,
        bias,
        ..
    } = product.linear;
    let (inputs, outputs) = (*inputs, *outputs);
    let mut sums = [0.0f32; MOST_ROWS * WIDEST_PANEL];
    let mut block = 0;
    while block < product.tokens {
        let block_end = (block + BLOCK_ROWS).min(product.tokens);
        for (number, panel) in panels.chunks_exact(A::PANEL * inputs).enumerate() {
            let column = number * A::PANEL;
            let mut row = block;
            while row < block_end {
                let done = A::tile(
                    (block_end - row).min(A::ROWS),
                    &Tile {
                        a: product.input.add(row * inputs),
                        a_stride: inputs,
                        b: panel.as_ptr(),
                        depth: inputs,
                        to: sums.as_mut_ptr(),
                        to_stride: A::PANEL,
                    },
                );
                let width = A::PANEL.min(outputs - column);
                for (offset, sums) in sums.chunks_exact(A::PANEL).take(done).enumerate() {
                    let to = product.output.add((row + offset) * outputs + column);
                    let to = std::slice::from_raw_parts_mut(to, width);
                    finish::<A::Lanes>(sums, &bias[column..column + A::PANEL], product.then, to);
                }
                row += done;
            }
        }
        block = block_end;
    }
}

/// Adds the bias and does what comes after; `to` may be shorter than a panel.
#[inline(always)]
unsafe fn finish<L: Lanes>(sums: &[f32], bias: &[f32], then: Then, to: &mut [f32]) {
    let mut at = 0;
    while at < to.len() {
        let value = L::load(sums.as_ptr().add(at)).add(L::load(bias.as_ptr().add(at)));
        let value = match then {
            Then::Store => value,
            Then::Add => value.add(math::load_row(to, at, 0.0)),
            Then::Activate(Activation::Gelu) => math::gelu(value),
            Then::Activate(Activation::GeluNew) => math::gelu_new(value),
            Then::Activate(Activation::Relu) => value.max(L::splat(0.0)),
        };
        math::store_row(value, to, at);
        at += L::COUNT;
    }
}

#[cfg(test)]
mod tests {
    use super::super::isa::Isa;
    use super::super::noise;
    use super::*;

    fn linear(isa: Isa, inputs: usize, outputs: usize) -> (Linear, Vec<f32>, Vec<f32>) {
        let (matrix, bias) = (noise(inputs * outputs, 1), noise(outputs, 2));
        let split = outputs / 3;
        let parts = [
            (matrix[..split * inputs].to_vec(), bias[..split].to_vec()),
            (matrix[split * inputs..].to_vec(), bias[split..].to_vec()),
        ];
        let kernels = Kernels::of(isa).unwrap();
        (Linear::side_by_side(kernels, inputs, &parts), matrix, bias)
    }

    /// Every path that this CPU has, on shapes that fit no tile, against f64.
    #[test]
    fn error_is_small_beside_the_sum_of_magnitudes() {
        for &isa in Isa::available() {
            for (tokens, inputs, outputs) in [
                (1, 1, 1),
                (1, 384, 9),
                (2, 7, 33),
                (5, 63, 31),
                (14, 384, 96),
                (29, 130, 65),
                (113, 600, 13),
                (513, 65, 40),
                (3, 1536, 384),
            ] {
                let (linear, matrix, bias) = linear(isa, inputs, outputs);
                let input = noise(tokens * inputs, 3);
                let before = noise(tokens * outputs, 4);
                let mut output = before.clone();
                linear.apply(&input, &mut output, Then::Add);
                for token in 0..tokens {
                    for column in 0..outputs {
                        let products = (0..inputs).map(|i| {
                            f64::from(input[token * inputs + i]) * f64::from(matrix[column * inputs + i])
                        });
                        let (sum, magnitude) = products.fold((0.0, 0.0), |(sum, magnitude), product| {
                            (sum + product, magnitude + product.abs())
                        });
                        let rest = f64::from(bias[column]) + f64::from(before[token * outputs + column]);
                        let error = (f64::from(output[token * outputs + column]) - sum - rest).abs();
                        assert!(
                            error <= 1e-6 * (magnitude + rest.abs()) + 1e-6,
                            "{isa} {tokens}×{inputs}×{outputs}: {error} of {magnitude}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_the_rows_beside_it() {
        for &isa in Isa::available() {
            let (inputs, outputs) = (600, 40);
            let (linear, ..) = linear(isa, inputs, outputs);
            let input = noise(300 * inputs, 5);
            let mut together = vec![0.0; 300 * outputs];
            linear.apply(&input, &mut together, Then::Activate(Activation::Gelu));
            for rows in [1, 2, 3, 7, 8, 9, 64, 65, 299] {
                let start = 300 - rows;
                let mut alone = vec![0.0; rows * outputs];
                linear.apply(
                    &input[start * inputs..],
                    &mut alone,
                    Then::Activate(Activation::Gelu),
                );
                assert_eq!(alone, together[start * outputs..], "{isa}, {rows} rows");
            }
        }
    }

    #[test]
    fn what_comes_after_is_done() {
        for &isa in Isa::available() {
            let (linear, ..) = linear(isa, 20, 21);
            let input = noise(3 * 20, 6);
            let mut plain = vec![f32::NAN; 3 * 21];
            linear.apply(&input, &mut plain, Then::Store);
            let mut relu = vec![f32::NAN; 3 * 21];
            linear.apply(&input, &mut relu, Then::Activate(Activation::Relu));
            assert!(
                plain.iter().zip(&relu).all(|(x, relu)| x.max(0.0) == *relu),
                "{isa}"
            );
            assert!(plain.iter().any(|x| *x < 0.0));
        }
    }
}
