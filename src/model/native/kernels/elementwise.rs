//! Layer normalisation, softmax and activations, in loops without branches that the compiler vectorises.

use std::f32::consts::FRAC_1_SQRT_2;

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

    /// Replaces each value.
    pub fn apply(self, values: &mut [f32]) {
        match self {
            Activation::Gelu => values.iter_mut().for_each(|x| *x = gelu(*x)),
            Activation::GeluNew => values.iter_mut().for_each(|x| *x = gelu_new(*x)),
            Activation::Relu => values.iter_mut().for_each(|x| *x = x.max(0.0)),
        }
    }
}

/// Brings a row to mean 0 and variance 1, then scales and shifts each feature; all of the same length.
pub fn layer_norm(row: &mut [f32], weight: &[f32], bias: &[f32], eps: f32) {
    let length = row.len() as f32;
    let mean = sum(row, |x| x) / length;
    let variance = sum(row, |x| (x - mean) * (x - mean)) / length;
    let scale = 1.0 / (variance + eps).sqrt();
    for ((x, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
        *x = (*x - mean) * scale * weight + bias;
    }
}

/// Turns a row of logits into probabilities.
pub fn softmax(row: &mut [f32]) {
    let highest = row.iter().fold(f32::NEG_INFINITY, |highest, &x| highest.max(x));
    row.iter_mut().for_each(|x| *x = exp(*x - highest));
    let scale = 1.0 / sum(row, |x| x);
    row.iter_mut().for_each(|x| *x *= scale);
}

/// Sums in 16 lanes, so that the compiler may use vectors; the order is the same for rows of one length.
fn sum(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; 16];
    let chunks = row.chunks_exact(16);
    let rest: f32 = chunks.remainder().iter().map(|&x| term(x)).sum();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += term(x);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// e^x; maximum error 2 ULP on [-87, 88], clamped to that interval outside.
///
/// Cody–Waite reduction to |r| ≤ ln 2 / 2, then the polynomial of Cephes' `expf` (Moshier 1989).
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// 1.5 · 2^23: adding it rounds to an integer, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + coefficient;
    }
    let e_r = p * r * r + r + 1.0;
    let exponent = (rounded.to_bits() as i32)
        .wrapping_sub(ROUND.to_bits() as i32)
        .wrapping_add(127);
    e_r * f32::from_bits((exponent as u32) << 23)
}

/// `x · Φ(x)`; maximum absolute error 5e-7 on [-10, 10].
///
/// Φ from the complementary error function's approximation 7.1.26 in Abramowitz & Stegun (absolute error 1.5e-7).
#[inline(always)]
fn gelu(x: f32) -> f32 {
    let z = x.abs() * FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let mut p = 1.061_405_4;
    for coefficient in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
        p = p * t + coefficient;
    }
    let tail = 0.5 * p * t * exp(-z * z);
    x.max(0.0) - x.abs() * tail
}

/// `0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))`, the tanh by way of e^x.
#[inline(always)]
fn gelu_new(x: f32) -> f32 {
    let inner = 0.797_884_6 * (x + 0.044_715 * x * x * x);
    x - x / (1.0 + exp(2.0 * inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(from: f32, to: f32) -> impl Iterator<Item = f32> {
        (0..=200_000).map(move |i| from + (to - from) * i as f32 / 200_000.0)
    }

    #[test]
    fn exp_is_within_2_ulp() {
        for x in steps(-87.0, 88.0) {
            let exact = f64::from(x).exp();
            let ulp = f64::from((exact as f32).next_up()) - f64::from(exact as f32);
            assert!(
                (f64::from(exp(x)) - exact).abs() <= 2.0 * ulp,
                "{x}: {} {exact}",
                exp(x)
            );
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e30) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37);
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
        for x in steps(-5.0, 5.0).step_by(10) {
            let x64 = f64::from(x);
            let exact = 0.5 * x64 * (1.0 + erf(x64 * std::f64::consts::FRAC_1_SQRT_2));
            assert!(
                (f64::from(gelu(x)) - exact).abs() < 5e-7,
                "{x}: {} {exact}",
                gelu(x)
            );
        }
        assert_eq!((gelu(0.0), gelu(20.0), gelu(1e30)), (0.0, 20.0, 1e30));
        assert!(gelu(-1e30).abs() < 1e-6);
    }

    #[test]
    fn gelu_new_is_the_tanh_form() {
        for x in steps(-10.0, 10.0).step_by(10) {
            let x64 = f64::from(x);
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x64 + 0.044715 * x64.powi(3));
            let exact = 0.5 * x64 * (1.0 + inner.tanh());
            assert!(
                (f64::from(gelu_new(x)) - exact).abs() < 2e-6,
                "{x}: {} {exact}",
                gelu_new(x)
            );
        }
    }

    #[test]
    fn softmax_sums_to_one_and_takes_extremes() {
        for length in [1, 15, 16, 17, 256] {
            let mut row: Vec<f32> = (0..length).map(|i| (i % 7) as f32 * 30.0 - 100.0).collect();
            softmax(&mut row);
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn layer_norm_gives_mean_and_variance() {
        let mut row: Vec<f32> = (0..37).map(|i| (i * i % 11) as f32).collect();
        layer_norm(&mut row, &[2.0; 37], &[1.0; 37], 1e-12);
        let mean = row.iter().sum::<f32>() / 37.0;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 37.0;
        assert!((mean - 1.0).abs() < 1e-5 && (variance - 4.0).abs() < 1e-4);
    }
}
