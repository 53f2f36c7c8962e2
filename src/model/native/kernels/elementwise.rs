//! What is done with each row by itself: layer normalisation, and numbers made narrow.

use std::ops::Range;

use super::lanes::Lanes;
use super::math;
use super::rows::{Format, Rows};

/// What stands between the two products of the feed-forward part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `x · Φ(x)` with the normal distribution's Φ (Hendrycks & Gimpel 2016).
    Gelu,
    /// Its approximation by tanh, as in the first BERT code.
    GeluNew,
    /// `max(x, 0)`.
    Relu,
}

impl Activation {
    /// By Hugging Face's name, where it is one of the three.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "gelu" => Some(Activation::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" => Some(Activation::GeluNew),
            "relu" => Some(Activation::Relu),
            _ => None,
        }
    }
}

/// Layer normalisation of each row, its buffers checked.
pub struct Normalization<'a> {
    rows: &'a mut Rows,
    weight: &'a [f32],
    bias: &'a [f32],
    eps: f32,
    narrowed: Option<&'a mut Rows>,
}

impl<'a> Normalization<'a> {
    /// Of `rows`, f32, in place; `weight` and `bias` are [`math::padded`]. Where `narrowed` has another format, the same
    /// is written there, in it.
    pub fn new(
        rows: &'a mut Rows,
        weight: &'a [f32],
        bias: &'a [f32],
        eps: f32,
        narrowed: &'a mut Rows,
    ) -> Self {
        assert_eq!(rows.format(), Format::Single);
        assert_eq!(
            (weight.len(), bias.len()),
            (rows.width().next_multiple_of(16), weight.len())
        );
        let narrowed = narrowed.format().is_narrow().then(|| {
            narrowed.shape(rows.count(), rows.width());
            narrowed
        });
        Normalization {
            rows,
            weight,
            bias,
            eps,
            narrowed,
        }
    }
}

/// # Safety
/// The CPU has the instructions of `L`.
#[inline(always)]
pub unsafe fn normalize<L: Lanes>(normalization: &mut Normalization<'_>) {
    let Normalization {
        rows,
        weight,
        bias,
        eps,
        narrowed,
    } = normalization;
    let width = rows.width();
    for (number, row) in rows.f32_mut().chunks_exact_mut(width).enumerate() {
        let highest = math::layer_norm::<L>(row, weight, bias, *eps);
        if let Some(narrowed) = narrowed {
            narrow_row::<L>(row, highest, narrowed, number);
        }
    }
}

/// Rows of f32 to be written in another format, their buffers checked.
pub struct Narrowing<'a> {
    from: &'a Rows,
    rows: Range<usize>,
    to: &'a mut Rows,
}

impl<'a> Narrowing<'a> {
    /// Some of `from`'s rows, which become all of `to`'s.
    pub fn new(from: &'a Rows, rows: Range<usize>, to: &'a mut Rows) -> Self {
        assert_eq!(from.format(), Format::Single);
        assert!(to.format().is_narrow(), "narrower than f32");
        assert!(
            rows.start <= rows.end && rows.end <= from.count(),
            "rows that are there"
        );
        to.shape(rows.len(), from.width());
        Narrowing { from, rows, to }
    }
}

/// # Safety
/// The CPU has the instructions of `L`.
#[inline(always)]
pub unsafe fn narrow<L: Lanes>(narrowing: &mut Narrowing<'_>) {
    let Narrowing { from, rows, to } = narrowing;
    let width = from.width();
    let from = &from.f32()[rows.start * width..rows.end * width];
    for (number, row) in from.chunks_exact(width).enumerate() {
        let highest = if to.format().is_whole() {
            math::highest_magnitude::<L>(row)
        } else {
            0.0
        };
        narrow_row::<L>(row, highest, to, number);
    }
}

/// Writes a row; `highest` is its highest magnitude, which whole numbers want to know.
#[inline(always)]
unsafe fn narrow_row<L: Lanes>(row: &[f32], highest: f32, to: &mut Rows, number: usize) {
    let units = to.row_mut(number);
    match to.format() {
        Format::Single => unreachable!("narrower than f32"),
        Format::Brains => math::to_bf16::<L>(row, units.cast()),
        Format::Bytes => to.set_scale(number, math::to_whole::<L, u8>(row, highest, units.cast())),
        Format::SignedBytes => to.set_scale(number, math::to_whole::<L, i8>(row, highest, units.cast())),
        Format::Words => to.set_scale(number, math::to_whole::<L, i16>(row, highest, units.cast())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::arch::Kernels;
    use super::super::finish::Then;
    use super::super::isa::{Isa, Precision};
    use super::super::linear::Linear;
    use super::*;

    /// The instructions that compute in narrow numbers.
    fn narrow() -> impl Iterator<Item = (Isa, Precision)> {
        Kernels::available().filter(|(_, precision)| *precision != Precision::F32)
    }

    /// The instructions that compute in f32; AMX does not, and leaves all that is tested here to AVX-512.
    fn able() -> impl Iterator<Item = Isa> {
        Kernels::available().filter_map(|(isa, precision)| (precision == Precision::F32).then_some(isa))
    }

    /// Numbers from `from` to `to`, through the activation of a layer that changes nothing else.
    fn activated(isa: Isa, activation: Activation, from: f32, to: f32) -> impl Iterator<Item = (f64, f64)> {
        let steps: Vec<f32> = (0..=20_000)
            .map(|i| from + (to - from) * i as f32 / 20_000.0)
            .collect();
        let kernels = Kernels::of(isa, Precision::F32).unwrap();
        let identity = Linear::of(kernels, 1, &[1.0], vec![0.0]);
        let (mut input, mut output) = (Rows::default(), Rows::default());
        input.shape(steps.len(), 1);
        input.f32_mut().copy_from_slice(&steps);
        output.shape(steps.len(), 1);
        identity.apply(&input, 0..steps.len(), &mut output, 0, Then::Activate(activation));
        let values = output.f32().to_vec();
        steps
            .into_iter()
            .zip(values)
            .map(|(x, y)| (f64::from(x), f64::from(y)))
    }

    /// The error function by its Taylor series: slow and exact enough on [-4, 4].
    fn erf(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    }

    #[test]
    fn gelu_is_within_5e_7() {
        for isa in able() {
            for (x, y) in activated(isa, Activation::Gelu, -5.0, 5.0) {
                let exact = 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2));
                assert!((y - exact).abs() < 5e-7, "{isa} {x}: {y} {exact}");
            }
            let far: Vec<f64> = activated(isa, Activation::Gelu, -1e30, 1e30)
                .map(|(_, y)| y)
                .collect();
            assert!(far[0].abs() < 1e-6 && far[20_000] == f64::from(1e30f32), "{isa}");
        }
    }

    #[test]
    fn gelu_of_narrow_layers_is_within_2e_4() {
        for (isa, precision) in narrow() {
            // A layer without weights, so that only its bias is activated: in f32.
            let steps: Vec<f32> = (0..=4_000).map(|i| i as f32 / 200.0 - 10.0).collect();
            let kernels = Kernels::of(isa, precision).unwrap();
            let layer = Linear::of(kernels, 1, &vec![0.0; steps.len()], steps.clone());
            let (mut input, mut output) = (Rows::new(kernels.format()), Rows::default());
            input.shape(1, 1);
            output.shape(1, steps.len());
            let gelu = Then::Activate(Activation::Gelu);
            layer.apply(&input, 0..1, &mut output, 0, gelu);
            for (x, y) in steps.iter().zip(output.f32()) {
                let (x, y) = (f64::from(*x), f64::from(*y));
                let phi = 0.5 * (1.0 + erf(x.clamp(-4.5, 4.5) * std::f64::consts::FRAC_1_SQRT_2));
                assert!((y - x * phi).abs() < 2e-4, "{precision} with {isa}, {x}: {y}");
            }
        }
    }

    #[test]
    fn gelu_new_is_the_tanh_form() {
        for isa in able() {
            for (x, y) in activated(isa, Activation::GeluNew, -10.0, 10.0) {
                let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
                let exact = 0.5 * x * (1.0 + inner.tanh());
                assert!((y - exact).abs() < 2e-6, "{isa} {x}: {y} {exact}");
            }
        }
    }

    #[test]
    fn layer_norm_gives_mean_and_variance() {
        for isa in able() {
            let mut rows = Rows::default();
            rows.shape(1, 37);
            for (i, x) in rows.f32_mut().iter_mut().enumerate() {
                *x = (i * i % 11) as f32;
            }
            let (weight, bias) = (math::padded(vec![2.0; 37]), math::padded(vec![1.0; 37]));
            let mut none = Rows::default();
            let mut job = Normalization::new(&mut rows, &weight, &bias, 1e-12, &mut none);
            Kernels::of(isa, Precision::F32).unwrap().normalize(&mut job);
            let row = rows.f32();
            let mean = row.iter().sum::<f32>() / 37.0;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 37.0;
            assert!(
                (mean - 1.0).abs() < 1e-5 && (variance - 4.0).abs() < 1e-4,
                "{isa}"
            );
        }
    }
}
