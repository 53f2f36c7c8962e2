//! Layer normalisation and the activations' names.

use super::lanes::Lanes;
use super::math;

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
    rows: &'a mut [f32],
    width: usize,
    weight: &'a [f32],
    bias: &'a [f32],
    eps: f32,
}

impl<'a> Normalization<'a> {
    /// Of `rows`, `[tokens, width]`, in place; `weight` and `bias` are [`math::padded`].
    pub fn new(rows: &'a mut [f32], width: usize, weight: &'a [f32], bias: &'a [f32], eps: f32) -> Self {
        assert_eq!(rows.len() % width, 0, "whole rows");
        assert_eq!(
            (weight.len(), bias.len()),
            (width.next_multiple_of(16), weight.len())
        );
        Normalization {
            rows,
            width,
            weight,
            bias,
            eps,
        }
    }
}

/// # Safety
/// The CPU has the instructions of `L`.
#[inline(always)]
pub unsafe fn normalize<L: Lanes>(normalization: &mut Normalization<'_>) {
    let Normalization {
        rows,
        width,
        weight,
        bias,
        eps,
    } = normalization;
    for row in rows.chunks_exact_mut(*width) {
        math::layer_norm::<L>(row, weight, bias, *eps);
    }
}

#[cfg(test)]
mod tests {
    use super::super::arch::Kernels;
    use super::super::isa::{Isa, Precision};
    use super::super::linear::{Linear, Narrow, Then};
    use super::*;

    /// The instructions that compute in f32; AMX does not, and leaves all that is tested here to AVX-512.
    fn able() -> impl Iterator<Item = Isa> {
        Kernels::available().filter_map(|(isa, precision)| (precision == Precision::F32).then_some(isa))
    }

    /// Numbers from `from` to `to`, through the activation of a layer that changes nothing else.
    fn activated(isa: Isa, activation: Activation, from: f32, to: f32) -> impl Iterator<Item = (f64, f64)> {
        let steps: Vec<f32> = (0..=20_000)
            .map(|i| from + (to - from) * i as f32 / 20_000.0)
            .collect();
        let identity = Linear::side_by_side(
            Kernels::of(isa, Precision::F32).unwrap(),
            1,
            &[(vec![1.0], vec![0.0])],
        );
        let mut values = vec![0.0; steps.len()];
        identity.apply(
            &steps,
            &mut values,
            Then::Activate(activation),
            &mut Narrow::default(),
        );
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
            let mut row: Vec<f32> = (0..37).map(|i| (i * i % 11) as f32).collect();
            let (weight, bias) = (math::padded(vec![2.0; 37]), math::padded(vec![1.0; 37]));
            let mut job = Normalization::new(&mut row, 37, &weight, &bias, 1e-12);
            Kernels::of(isa, Precision::F32).unwrap().normalize(&mut job);
            let mean = row.iter().sum::<f32>() / 37.0;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 37.0;
            assert!(
                (mean - 1.0).abs() < 1e-5 && (variance - 4.0).abs() < 1e-4,
                "{isa}"
            );
        }
    }
}
