//! Linear layers over `[tokens, features]`.

use super::arch::Kernels;
use super::elementwise::Activation;
use super::isa::Precision;
use super::lanes::{Lanes, to_bf16};
use super::math;
use super::tile::{Arch, Dots, MOST_ROWS, Tile, WIDEST_PANEL};

/// Weights of `x · W + b`, packed for one set of instructions.
pub struct Linear {
    kernels: Kernels,
    inputs: usize,
    outputs: usize,
    /// `[panels, units of a column, panel width]`: each panel holds some columns of W, row by row; the last is filled up
    /// with zeros.
    panels: Vec<u32>,
    /// Shape `[outputs]`, filled up to whole panels.
    bias: Vec<f32>,
    /// What whole numbers need beside; empty in other precisions. Shape `[outputs]`, filled up to whole panels.
    whole: WholeNumbers,
}

/// Weights are whole numbers in [-127, 127] times a scale for each output; inputs the same times a scale for each token,
/// quantised on the fly, and stored plus 128, since VNNI wants one factor without a sign.
#[derive(Default)]
struct WholeNumbers {
    /// What a weight of 1 is worth.
    scales: Vec<f32>,
    /// What the 128 add to each sum.
    excess: Vec<i32>,
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

/// Room for the input of a product in narrow numbers, kept from call to call.
#[derive(Default)]
pub struct Narrow {
    units: Vec<u32>,
    scales: Vec<f32>,
}

impl Linear {
    /// From one or more checkpoint layers that read the same input, side by side: each a row-major matrix
    /// `[outputs, inputs]` and a bias `[outputs]`.
    pub fn side_by_side(kernels: Kernels, inputs: usize, parts: &[(Vec<f32>, Vec<f32>)]) -> Self {
        let mut bias: Vec<f32> = parts.iter().flat_map(|(_, bias)| bias.iter().copied()).collect();
        let outputs = bias.len();
        let width = kernels.panel();
        let padded = outputs.next_multiple_of(width);
        bias.resize(padded, 0.0);
        let precision = kernels.precision();
        let units = kernels.units(inputs);
        let mut panels = vec![0; padded * units];
        let mut whole = WholeNumbers::default();
        if precision == Precision::Int8 {
            whole.scales.resize(padded, 0.0);
            whole.excess.resize(padded, 0);
        }
        let columns = parts.iter().flat_map(|(part, _)| part.chunks_exact(inputs));
        for (column, weights) in columns.enumerate() {
            let panel = &mut panels[column / width * width * units..];
            let places = panel.iter_mut().skip(column % width).step_by(width);
            match precision {
                Precision::F32 => {
                    for (to, weight) in places.zip(weights) {
                        *to = weight.to_bits();
                    }
                }
                Precision::Bf16 => {
                    for (to, pair) in places.zip(weights.chunks(2)) {
                        let second = pair.get(1).map_or(0, |weight| u32::from(to_bf16(*weight)));
                        *to = second << 16 | u32::from(to_bf16(pair[0]));
                    }
                }
                Precision::Int8 => {
                    let highest = weights
                        .iter()
                        .fold(0.0f32, |highest, weight| highest.max(weight.abs()));
                    let scale = highest.max(f32::MIN_POSITIVE) / 127.0;
                    let mut sum = 0;
                    for (to, weights) in places.zip(weights.chunks(4)) {
                        let mut bytes = [0; 4];
                        for (byte, weight) in bytes.iter_mut().zip(weights) {
                            let weight = (weight / scale).round_ties_even() as i8;
                            *byte = weight as u8;
                            sum += i32::from(weight);
                        }
                        *to = u32::from_le_bytes(bytes);
                    }
                    whole.scales[column] = scale;
                    whole.excess[column] = 128 * sum;
                }
            }
        }
        Linear {
            kernels,
            inputs,
            outputs,
            panels,
            bias,
            whole,
        }
    }

    /// How many features come out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Runs over `input`, `[tokens, inputs]`, into `output`, `[tokens, outputs]`.
    pub fn apply(&self, input: &[f32], output: &mut [f32], then: Then, narrow: &mut Narrow) {
        let tokens = input.len() / self.inputs;
        assert_eq!(input.len(), tokens * self.inputs, "whole rows of input");
        assert_eq!(
            output.len(),
            tokens * self.outputs,
            "a row of output for each row of input"
        );
        self.kernels.multiply(&mut Product {
            linear: self,
            input,
            output,
            then,
            narrow,
        });
    }
}

/// One use of a [`Linear`], its buffers checked.
pub struct Product<'a> {
    linear: &'a Linear,
    input: &'a [f32],
    output: &'a mut [f32],
    then: Then,
    narrow: &'a mut Narrow,
}

/// # Safety
/// The CPU has the instructions of `A` and `D`, and the weights are packed in its panels and for `D`'s numbers.
#[inline(always)]
pub unsafe fn multiply<A: Arch, D: Dots>(product: &mut Product<'_>) {
    let Product {
        linear,
        input,
        output,
        then,
        narrow,
    } = product;
    let (inputs, outputs) = (linear.inputs, linear.outputs);
    let precision = linear.kernels.precision();
    let depth = linear.kernels.units(inputs);
    let tokens = input.len() / inputs;
    narrow.scales.resize(A::BLOCK, 0.0);
    if precision != Precision::F32 {
        narrow.units.resize(A::BLOCK * depth, 0);
    }
    let mut sums = [0u32; MOST_ROWS * WIDEST_PANEL];
    D::begin();
    let mut block = 0;
    while block < tokens {
        let rows = A::BLOCK.min(tokens - block);
        let block_input = &input[block * inputs..(block + rows) * inputs];
        let a = match precision {
            Precision::F32 => block_input.as_ptr().cast(),
            Precision::Bf16 | Precision::Int8 => {
                narrow_rows::<A::Lanes>(block_input, inputs, depth, precision, narrow);
                narrow.units.as_ptr()
            }
        };
        for (number, panel) in linear.panels.chunks_exact(A::PANEL * depth).enumerate() {
            let column = number * A::PANEL;
            let width = A::PANEL.min(outputs - column);
            let mut row = 0;
            while row < rows {
                let done = D::tile(
                    (rows - row).min(A::ROWS),
                    &Tile {
                        a: a.add(row * depth),
                        a_stride: depth,
                        b: panel.as_ptr(),
                        depth,
                        to: sums.as_mut_ptr(),
                        to_stride: A::PANEL,
                    },
                );
                for offset in 0..done {
                    let to = &mut output[(block + row + offset) * outputs + column..][..width];
                    let scale = narrow.scales[row + offset];
                    let sums = sums.as_ptr().add(offset * A::PANEL);
                    finish::<A::Lanes>(linear, sums, column, scale, *then, to);
                }
                row += done;
            }
        }
        block += rows;
    }
    D::end();
}

/// Rows of `[rows, inputs]` as units, each row `depth` of them.
#[inline(always)]
unsafe fn narrow_rows<L: Lanes>(
    input: &[f32],
    inputs: usize,
    depth: usize,
    precision: Precision,
    narrow: &mut Narrow,
) {
    for (number, row) in input.chunks_exact(inputs).enumerate() {
        // Whatever fills the row up meets weights of zero.
        let units = inputs.div_ceil(precision.numbers_in_a_unit());
        let to = &mut narrow.units[number * depth..][..units];
        if precision == Precision::Bf16 {
            math::to_brains::<L>(row, to);
        } else {
            narrow.scales[number] = math::to_bytes::<L>(row, to);
        }
    }
}

/// Makes numbers of sums, adds the bias and does what comes after; `to` may be shorter than a panel.
#[inline(always)]
unsafe fn finish<L: Lanes>(
    linear: &Linear,
    sums: *const u32,
    column: usize,
    row_scale: f32,
    then: Then,
    to: &mut [f32],
) {
    let WholeNumbers { scales, excess } = &linear.whole;
    let bias = linear.bias.as_ptr().add(column);
    let mut at = 0;
    while at < to.len() {
        let bias = L::load(bias.add(at));
        let value = if scales.is_empty() {
            L::load(sums.add(at).cast()).add(bias)
        } else {
            let sum = L::load_difference(sums.add(at).cast(), excess.as_ptr().add(column + at));
            let scale = L::load(scales.as_ptr().add(column + at)).mul(L::splat(row_scale));
            sum.mul_add(scale, bias)
        };
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

    fn linear(
        (isa, precision): (Isa, Precision),
        inputs: usize,
        outputs: usize,
    ) -> (Linear, Vec<f32>, Vec<f32>) {
        let (matrix, bias) = (noise(inputs * outputs, 1), noise(outputs, 2));
        let split = outputs / 3;
        let parts = [
            (matrix[..split * inputs].to_vec(), bias[..split].to_vec()),
            (matrix[split * inputs..].to_vec(), bias[split..].to_vec()),
        ];
        let kernels = Kernels::of(isa, precision).unwrap();
        (Linear::side_by_side(kernels, inputs, &parts), matrix, bias)
    }

    fn apply(linear: &Linear, input: &[f32], mut output: Vec<f32>, then: Then) -> Vec<f32> {
        linear.apply(input, &mut output, then, &mut Narrow::default());
        output
    }

    /// Shapes that fit no tile, and those of the shipped model.
    const SHAPES: [(usize, usize, usize); 9] = [
        (1, 1, 1),
        (1, 384, 9),
        (2, 7, 33),
        (5, 63, 31),
        (14, 384, 96),
        (29, 130, 65),
        (113, 600, 13),
        (513, 65, 40),
        (3, 1536, 384),
    ];

    /// Every path that this CPU has, against f64.
    #[test]
    fn error_is_small_beside_the_sum_of_magnitudes() {
        for path in Kernels::available() {
            let bound = match path.1 {
                Precision::F32 => 1e-6,
                Precision::Bf16 => 1e-2,
                // Half a step of both factors, and a step is 1/127 of the highest.
                Precision::Int8 => 2e-2,
            };
            for (tokens, inputs, outputs) in SHAPES {
                let (linear, matrix, bias) = linear(path, inputs, outputs);
                let input = noise(tokens * inputs, 3);
                let before = noise(tokens * outputs, 4);
                let output = apply(&linear, &input, before.clone(), Then::Add);
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
                            error <= bound * magnitude + 1e-6 * (1.0 + rest.abs()),
                            "{path:?} {tokens}×{inputs}×{outputs}: {error} of {magnitude}"
                        );
                    }
                }
            }
        }
    }

    /// Whole numbers are exact, so every path that multiplies them gives the same bits but for the last scaling.
    #[test]
    fn whole_numbers_agree_with_the_portable_path() {
        for path in Kernels::available().filter(|path| path.1 == Precision::Int8) {
            for (tokens, inputs, outputs) in SHAPES {
                let input = noise(tokens * inputs, 7);
                let of = |path| {
                    apply(
                        &linear(path, inputs, outputs).0,
                        &input,
                        vec![0.0; tokens * outputs],
                        Then::Store,
                    )
                };
                for (x, expected) in of(path).iter().zip(of((Isa::Scalar, Precision::Int8))) {
                    assert!((x - expected).abs() <= 1e-5 * (1.0 + expected.abs()), "{path:?}");
                }
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_the_rows_beside_it() {
        for path in Kernels::available() {
            let (inputs, outputs) = (600, 40);
            let (linear, ..) = linear(path, inputs, outputs);
            let input = noise(300 * inputs, 5);
            let gelu = Then::Activate(Activation::Gelu);
            let together = apply(&linear, &input, vec![0.0; 300 * outputs], gelu);
            for rows in [1, 2, 3, 7, 8, 9, 64, 65, 299] {
                let start = 300 - rows;
                let alone = apply(&linear, &input[start * inputs..], vec![0.0; rows * outputs], gelu);
                assert_eq!(alone, together[start * outputs..], "{path:?}, {rows} rows");
            }
        }
    }

    #[test]
    fn what_comes_after_is_done() {
        for path in Kernels::available() {
            let (linear, ..) = linear(path, 20, 21);
            let input = noise(3 * 20, 6);
            let plain = apply(&linear, &input, vec![f32::NAN; 3 * 21], Then::Store);
            let relu = Then::Activate(Activation::Relu);
            let relu = apply(&linear, &input, vec![f32::NAN; 3 * 21], relu);
            assert!(
                plain.iter().zip(&relu).all(|(x, relu)| x.max(0.0) == *relu),
                "{path:?}"
            );
            assert!(plain.iter().any(|x| *x < 0.0));
        }
    }

    #[test]
    fn a_row_of_zeros_is_no_trouble() {
        for path in Kernels::available() {
            let (linear, _, bias) = linear(path, 30, 5);
            assert_eq!(
                apply(&linear, &[0.0; 30], vec![1.0; 5], Then::Store),
                bias,
                "{path:?}"
            );
        }
    }
}
