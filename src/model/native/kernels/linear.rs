//! Linear layers over `[tokens, features]`.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::arch::Kernels;
use super::elementwise::Narrowing;
use super::finish::{Destination, Finishing, Then};
use super::rows::{Format, Line, Rows, Units};
use super::share::shared;
use super::tile::{Arch, Dots, Sums, Tile};

/// Weights of `x · W + b`, packed for one set of instructions.
pub struct Linear {
    kernels: Kernels,
    inputs: usize,
    outputs: usize,
    /// `[panels, units of a column, panel width]`: each panel holds some columns of W, row by row; the last is filled up
    /// with zeros.
    panels: Units,
    /// Shape `[outputs]`, filled up to whole panels.
    bias: Vec<f32>,
    /// What whole numbers need beside; empty in other precisions. Shape `[outputs]`, filled up to whole panels.
    whole: WholeNumbers,
}

/// Weights are whole numbers in [-127, 127] times a scale for each output; inputs the same times a scale for each token,
/// quantised on the fly. VNNI wants one factor without a sign, so its inputs are stored plus 128.
#[derive(Default)]
struct WholeNumbers {
    /// What a weight of 1 is worth.
    scales: Vec<f32>,
    /// What the 128 add to each sum, else zeros.
    excess: Vec<i32>,
}

impl Linear {
    /// Of a matrix `[outputs, inputs]`, whose rows `read` gives by number, and a bias `[outputs]`.
    ///
    /// # Errors
    /// What `read` answers.
    pub fn new<E>(
        kernels: Kernels,
        inputs: usize,
        mut bias: Vec<f32>,
        mut read: impl FnMut(usize, &mut [f32]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let outputs = bias.len();
        let width = kernels.panel();
        let padded = outputs.next_multiple_of(width);
        bias.resize(padded, 0.0);
        let format = kernels.format();
        let units = kernels.units(inputs);
        let mut panels = Units::zeros(padded * units);
        let mut whole = WholeNumbers::default();
        if format.is_whole() {
            whole.scales.resize(padded, 0.0);
            whole.excess.resize(padded, 0);
        }
        let mut weights = Rows::default();
        weights.shape(1, inputs);
        let mut narrow = Rows::new(format);
        for column in 0..outputs {
            read(column, weights.f32_mut())?;
            let panel = &mut panels.as_mut_slice()[column / width * width * units..];
            let places = panel
                .chunks_exact_mut(width)
                .map(|units| &mut units[column % width]);
            let units = if format.is_narrow() {
                kernels.narrow(&mut Narrowing::new(&weights, 0..1, &mut narrow));
                narrow.units(0)
            } else {
                weights.units(0)
            };
            let mut excess = 0;
            for (to, &unit) in places.zip(units) {
                *to = unit;
                if format == Format::Bytes {
                    // Weights have a sign.
                    *to ^= 0x8080_8080;
                    excess += to
                        .to_le_bytes()
                        .map(|byte| 128 * i32::from(byte as i8))
                        .iter()
                        .sum::<i32>();
                }
            }
            if format.is_whole() {
                whole.scales[column] = narrow.scales(0)[0];
                whole.excess[column] = excess;
            }
        }
        Ok(Linear {
            kernels,
            inputs,
            outputs,
            panels,
            bias,
            whole,
        })
    }

    /// Of a row-major matrix in memory.
    #[cfg(test)]
    pub fn of(kernels: Kernels, inputs: usize, matrix: &[f32], bias: Vec<f32>) -> Self {
        let read = |row: usize, to: &mut [f32]| {
            to.copy_from_slice(&matrix[row * inputs..][..inputs]);
            Ok::<_, std::convert::Infallible>(())
        };
        let Ok(linear) = Linear::new(kernels, inputs, bias, read);
        linear
    }

    /// How many features come out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Runs over some rows of `input`, `[tokens, inputs]`, in the format of the weights, into as many of `output`,
    /// `[tokens, outputs]`, from `first` on: f32, or bf16 where nothing is added.
    pub fn apply(&self, input: &Rows, rows: Range<usize>, output: &mut Rows, first: usize, then: Then) {
        assert_eq!(input.format(), self.kernels.format());
        assert_eq!((input.width(), output.width()), (self.inputs, self.outputs));
        assert!(
            rows.start <= rows.end && rows.end <= input.count(),
            "rows of input"
        );
        assert!(first + rows.len() <= output.count(), "as many rows of output");
        match output.format() {
            Format::Single => {}
            Format::Brains => assert_ne!(then, Then::Add, "sums are f32"),
            Format::Bytes | Format::SignedBytes | Format::Words => {
                panic!("f32 or bf16: the scale of a row is known when it is whole")
            }
        }
        let to = Destination {
            format: output.format(),
            to: output.row_mut(first),
            stride: output.stride(),
        };
        let product = Product {
            linear: self,
            input,
            rows,
            to,
            then,
        };
        let panels = self.outputs.div_ceil(self.kernels.panel());
        shared(0..panels, &|panels| {
            self.kernels.multiply(&mut (&product, panels))
        });
    }

    /// Whether its inputs and weights are narrower than f32.
    pub(super) fn is_narrow(&self) -> bool {
        self.kernels.format().is_narrow()
    }

    /// The bias of some outputs, as far as the widest register goes.
    pub(super) fn bias(&self, column: usize) -> *const f32 {
        self.bias[column..].as_ptr()
    }

    /// What 1 is worth in the sums of some outputs, for an input of 1, and what the 128 add to them; of whole numbers.
    pub(super) fn whole(&self, column: usize) -> (*const f32, *const i32) {
        let WholeNumbers { scales, excess } = &self.whole;
        (scales[column..].as_ptr(), excess[column..].as_ptr())
    }
}

/// One use of a [`Linear`], its buffers checked.
pub struct Product<'a> {
    linear: &'a Linear,
    input: &'a Rows,
    rows: Range<usize>,
    to: Destination,
    then: Then,
}

// SAFETY: threads that share a product compute different panels of it, which are different columns of the destination.
unsafe impl Sync for Product<'_> {}

/// Some panels of a product.
///
/// # Safety
/// The CPU has the instructions of `A` and `D`, and the weights are packed in its panels and for `D`'s numbers. Nobody else
/// computes these panels.
#[inline(always)]
pub unsafe fn multiply<A: Arch, D: Dots>((product, panels_wanted): &mut (&Product<'_>, Range<usize>)) {
    let Product {
        linear,
        input,
        rows,
        to,
        then,
    } = product;
    let outputs = linear.outputs;
    let depth = linear.kernels.units(linear.inputs);
    let (count, a, a_stride) = (rows.len(), input.row(rows.start), input.stride());
    let scales = input.scales(rows.start);
    let panels = linear.panels.as_slice().as_ptr();
    // One tile is finished while the next is computed; each writes what is read of it.
    let mut sums = [const { MaybeUninit::<Sums>::uninit() }; 2];
    let mut finishing = Finishing::<A::Lanes, D>::nothing(linear, *then, *to);
    let mut tiles = 0;
    let most = A::block(4 * a_stride);
    D::begin();
    let mut block = 0;
    while block < count {
        let end = count.min(block + most);
        // The lines of a panel, over the tiles that go before the next one's.
        let ahead_lines = (A::PANEL * D::DEPTH / Line::UNITS).div_ceil((end - block).div_ceil(A::ROWS));
        for number in panels_wanted.clone() {
            let column = number * A::PANEL;
            let width = A::PANEL.min(outputs - column);
            let panel = panels.add(column * depth);
            let mut ahead = panel.wrapping_add(A::PANEL * depth);
            let mut row = block;
            while row < end {
                let sums = sums[tiles % 2].as_mut_ptr().cast();
                let tile = Tile {
                    a: a.add(row * a_stride),
                    a_stride,
                    b: panel,
                    depth,
                    to: sums,
                    to_stride: A::PANEL,
                    ahead,
                    ahead_lines,
                };
                let done = D::tile((end - row).min(A::ROWS), &tile, &mut finishing);
                finishing.rest();
                let place = match to.format {
                    Format::Single => to.to.add(row * to.stride + column),
                    _ => to.to.add(row * to.stride).cast::<u16>().add(column).cast(),
                };
                finishing.begin(
                    sums,
                    A::PANEL,
                    done,
                    column,
                    width,
                    scales.get(row..).unwrap_or_default(),
                    Destination { to: place, ..*to },
                );
                ahead = ahead.wrapping_add(depth / D::DEPTH * ahead_lines * Line::UNITS);
                row += done;
                tiles += 1;
            }
        }
        block = end;
    }
    finishing.rest();
    D::end();
}

#[cfg(test)]
mod tests {
    use super::super::elementwise::Activation;
    use super::super::isa::{Isa, Precision};
    use super::super::lanes::to_bf16;
    use super::super::noise;
    use super::*;

    fn linear(kernels: Kernels, inputs: usize, outputs: usize) -> (Linear, Vec<f32>, Vec<f32>) {
        let (matrix, bias) = (noise(inputs * outputs, 1), noise(outputs, 2));
        (Linear::of(kernels, inputs, &matrix, bias.clone()), matrix, bias)
    }

    fn rows(kernels: Kernels, numbers: &[f32], width: usize) -> Rows {
        let mut rows = Rows::default();
        rows.shape(numbers.len() / width, width);
        rows.f32_mut().copy_from_slice(numbers);
        let mut narrow = Rows::new(kernels.format());
        if kernels.format() == Format::Single {
            return rows;
        }
        kernels.narrow(&mut Narrowing::new(&rows, 0..rows.count(), &mut narrow));
        narrow
    }

    fn apply(linear: &Linear, input: &[f32], output: Vec<f32>, then: Then) -> Vec<f32> {
        let input = rows(linear.kernels, input, linear.inputs);
        let mut into = rows(linear.kernels.in_f32(), &output, linear.outputs);
        linear.apply(&input, 0..input.count(), &mut into, 0, then);
        into.f32().to_vec()
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
        for kernels in Kernels::every() {
            let bound = match kernels.precision() {
                Precision::F32 => 1e-6,
                Precision::Bf16 => 1e-2,
                // Half a step of both factors, and a step is 1/127 of the highest.
                Precision::Int8 => 2e-2,
            };
            for (tokens, inputs, outputs) in SHAPES {
                let (linear, matrix, bias) = linear(kernels, inputs, outputs);
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
                            "{kernels:?} {tokens}×{inputs}×{outputs}: {error} of {magnitude}"
                        );
                    }
                }
            }
        }
    }

    /// Whole numbers are exact, so every path that multiplies them gives the same bits but for the last scaling.
    #[test]
    fn whole_numbers_agree_with_the_portable_path() {
        let portable = Kernels::of(Isa::Scalar, Precision::Int8).unwrap();
        for kernels in Kernels::every().filter(|kernels| kernels.precision() == Precision::Int8) {
            for (tokens, inputs, outputs) in SHAPES {
                let input = noise(tokens * inputs, 7);
                let of = |kernels| {
                    apply(
                        &linear(kernels, inputs, outputs).0,
                        &input,
                        vec![0.0; tokens * outputs],
                        Then::Store,
                    )
                };
                for (x, expected) in of(kernels).iter().zip(of(portable)) {
                    assert!(
                        (x - expected).abs() <= 1e-5 * (1.0 + expected.abs()),
                        "{kernels:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_the_rows_beside_it() {
        for kernels in Kernels::every() {
            let (inputs, outputs) = (600, 40);
            let (linear, ..) = linear(kernels, inputs, outputs);
            let input = noise(300 * inputs, 5);
            let gelu = Then::Activate(Activation::Gelu);
            let together = apply(&linear, &input, vec![0.0; 300 * outputs], gelu);
            for rows in [1, 2, 3, 7, 8, 9, 64, 65, 299] {
                let start = 300 - rows;
                let alone = apply(&linear, &input[start * inputs..], vec![0.0; rows * outputs], gelu);
                assert_eq!(alone, together[start * outputs..], "{kernels:?}, {rows} rows");
            }
        }
    }

    #[test]
    fn bf16_comes_out_as_f32_rounded() {
        for kernels in Kernels::every() {
            for (tokens, inputs, outputs) in SHAPES {
                let (linear, ..) = linear(kernels, inputs, outputs);
                let input = noise(tokens * inputs, 8);
                let expected = apply(&linear, &input, vec![0.0; tokens * outputs], Then::Store);
                let mut output = Rows::new(Format::Brains);
                output.shape(tokens + 2, outputs);
                let input = rows(linear.kernels, &input, inputs);
                linear.apply(&input, 0..tokens, &mut output, 2, Then::Store);
                for (token, expected) in expected.chunks_exact(outputs).enumerate() {
                    let expected: Vec<u16> = expected.iter().copied().map(to_bf16).collect();
                    assert_eq!(
                        output.brains(2 + token),
                        expected,
                        "{kernels:?} {tokens}×{inputs}×{outputs}"
                    );
                }
            }
        }
    }

    #[test]
    fn some_rows_go_where_they_should() {
        for kernels in Kernels::every() {
            let (linear, ..) = linear(kernels, 50, 41);
            let input = noise(70 * 50, 10);
            let all = apply(&linear, &input, vec![0.0; 70 * 41], Then::Store);
            let input = rows(linear.kernels, &input, 50);
            let mut output = rows(linear.kernels.in_f32(), &vec![7.0; 60 * 41], 41);
            linear.apply(&input, 13..62, &mut output, 5, Then::Store);
            let found = output.f32();
            assert_eq!(found[5 * 41..54 * 41], all[13 * 41..62 * 41], "{kernels:?}");
            let outside = found[..5 * 41].iter().chain(&found[54 * 41..]);
            assert!(outside.into_iter().all(|x| *x == 7.0), "{kernels:?}");
        }
    }

    #[test]
    fn what_comes_after_is_done() {
        for kernels in Kernels::every() {
            let (linear, ..) = linear(kernels, 20, 21);
            let input = noise(3 * 20, 6);
            let plain = apply(&linear, &input, vec![f32::NAN; 3 * 21], Then::Store);
            let relu = Then::Activate(Activation::Relu);
            let relu = apply(&linear, &input, vec![f32::NAN; 3 * 21], relu);
            assert!(
                plain.iter().zip(&relu).all(|(x, relu)| x.max(0.0) == *relu),
                "{kernels:?}"
            );
            assert!(plain.iter().any(|x| *x < 0.0));
        }
    }

    #[test]
    fn a_row_of_zeros_is_no_trouble() {
        for kernels in Kernels::every() {
            let (linear, _, bias) = linear(kernels, 30, 5);
            assert_eq!(
                apply(&linear, &[0.0; 30], vec![1.0; 5], Then::Store),
                bias,
                "{kernels:?}"
            );
        }
    }
}
