//! Exponential, GELU, softmax and layer normalisation over [`Lanes`].

use super::lanes::Lanes;

/// e^x; maximum error 2 ULP on [-87, 88], clamped to that interval outside.
///
/// Cody–Waite reduction to |r| ≤ ln 2 / 2, then the polynomial of Cephes' `expf` (Moshier 1989).
#[inline(always)]
pub unsafe fn exp<L: Lanes>(x: L) -> L {
    let x = x.max(L::splat(-87.0)).min(L::splat(88.0));
    let n = x.mul(L::splat(std::f32::consts::LOG2_E)).round();
    let r = n.mul_add(L::splat(-0.693_359_4), x);
    let r = n.mul_add(L::splat(2.121_944_4e-4), r);
    let mut p = L::splat(1.987_569_1e-4);
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p.mul_add(r, L::splat(coefficient));
    }
    let e_r = p.mul(r).mul_add(r, r.add(L::splat(1.0)));
    e_r.times_power_of_two(n)
}

/// `x · Φ(x)`; maximum absolute error 5e-7 on [-10, 10].
///
/// Φ from the complementary error function's approximation 7.1.26 in Abramowitz & Stegun (absolute error 1.5e-7).
#[inline(always)]
pub unsafe fn gelu<L: Lanes>(x: L) -> L {
    let z = x.abs().mul(L::splat(std::f32::consts::FRAC_1_SQRT_2));
    let t = L::splat(1.0).div(z.mul_add(L::splat(0.327_591_1), L::splat(1.0)));
    let mut p = L::splat(1.061_405_4);
    for coefficient in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
        p = p.mul_add(t, L::splat(coefficient));
    }
    let tail = p.mul(t).mul(L::splat(0.5)).mul(exp(L::splat(0.0).sub(z.mul(z))));
    x.max(L::splat(0.0)).sub(x.abs().mul(tail))
}

/// `0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))`, the tanh by way of e^x.
#[inline(always)]
pub unsafe fn gelu_new<L: Lanes>(x: L) -> L {
    let cubed = x.mul(x).mul(x);
    let inner = cubed
        .mul_add(L::splat(0.044_715), x)
        .mul(L::splat(2.0 * 0.797_884_6));
    x.sub(x.div(exp(inner).add(L::splat(1.0))))
}

/// The numbers from `at` on in a register, filled up with `fill` where the row ends.
#[inline(always)]
pub unsafe fn load_row<L: Lanes>(row: &[f32], at: usize, fill: f32) -> L {
    if at + L::COUNT <= row.len() {
        return L::load(row.as_ptr().add(at));
    }
    let mut rest = [fill; 16];
    rest[..row.len() - at].copy_from_slice(&row[at..]);
    L::load(rest.as_ptr())
}

/// Writes a register to the numbers from `at` on, as far as the row goes.
#[inline(always)]
pub unsafe fn store_row<L: Lanes>(value: L, row: &mut [f32], at: usize) {
    if at + L::COUNT <= row.len() {
        value.store(row.as_mut_ptr().add(at));
        return;
    }
    let mut rest = [0.0; 16];
    value.store(rest.as_mut_ptr());
    let count = row.len() - at;
    row[at..].copy_from_slice(&rest[..count]);
}

/// Turns a row of logits into `e^(scale · (x - max))` and gives their sum: probabilities but for the division.
#[inline(always)]
pub unsafe fn softmax_numerators<L: Lanes>(row: &mut [f32], scale: f32) -> f32 {
    let mut highest = L::splat(f32::NEG_INFINITY);
    let mut at = 0;
    while at < row.len() {
        highest = highest.max(load_row::<L>(row, at, f32::NEG_INFINITY));
        at += L::COUNT;
    }
    let highest = L::splat(highest.highest() * scale);
    let mut sum = L::splat(0.0);
    at = 0;
    while at < row.len() {
        // What fills up the last register becomes e^-87, which no sum of f32 that holds a 1 notices.
        let x = load_row::<L>(row, at, f32::NEG_INFINITY);
        let x = exp(x.mul(L::splat(scale)).sub(highest));
        sum = sum.add(x);
        store_row(x, row, at);
        at += L::COUNT;
    }
    sum.sum()
}

/// Brings a row to mean 0 and variance 1, then scales and shifts each feature. `weight` and `bias` are padded with zeros
/// to whole registers ([`padded`]).
#[inline(always)]
pub unsafe fn layer_norm<L: Lanes>(row: &mut [f32], weight: &[f32], bias: &[f32], eps: f32) {
    debug_assert!(weight.len() >= row.len() && weight.len().is_multiple_of(16) && bias.len() == weight.len());
    let length = row.len() as f32;
    let mut sum = L::splat(0.0);
    let mut at = 0;
    while at < row.len() {
        sum = sum.add(load_row::<L>(row, at, 0.0));
        at += L::COUNT;
    }
    let mean = sum.sum() / length;
    let shift = L::splat(mean);
    let mut squares = L::splat(0.0);
    at = 0;
    while at < row.len() {
        let x = load_row::<L>(row, at, mean).sub(shift);
        squares = x.mul_add(x, squares);
        at += L::COUNT;
    }
    let scale = L::splat(1.0 / (squares.sum() / length + eps).sqrt());
    at = 0;
    while at < row.len() {
        let x = load_row::<L>(row, at, 0.0).sub(shift).mul(scale);
        let weight = L::load(weight.as_ptr().add(at));
        store_row(x.mul_add(weight, L::load(bias.as_ptr().add(at))), row, at);
        at += L::COUNT;
    }
}

/// A row as bf16, two to a unit; a last odd one has a zero beside it.
#[inline(always)]
pub unsafe fn to_brains<L: Lanes>(row: &[f32], to: &mut [u32]) {
    debug_assert_eq!(to.len(), row.len().div_ceil(2));
    let to = to.as_mut_ptr().cast::<u16>();
    let mut at = 0;
    while at + L::COUNT <= row.len() {
        L::load(row.as_ptr().add(at)).store_bf16(to.add(at));
        at += L::COUNT;
    }
    if at < row.len() {
        let mut rest = [0u16; 16];
        load_row::<L>(row, at, 0.0).store_bf16(rest.as_mut_ptr());
        let count = (row.len() - at).next_multiple_of(2);
        std::ptr::copy_nonoverlapping(rest.as_ptr(), to.add(at), count);
    }
}

/// A row as whole numbers in [-127, 127], stored plus 128 and four to a unit; gives what 1 is worth. What fills up the
/// last unit stands for 0.
#[inline(always)]
pub unsafe fn to_bytes<L: Lanes>(row: &[f32], to: &mut [u32]) -> f32 {
    debug_assert_eq!(to.len(), row.len().div_ceil(4));
    let mut highest = L::splat(0.0);
    let mut at = 0;
    while at < row.len() {
        highest = highest.max(load_row::<L>(row, at, 0.0).abs());
        at += L::COUNT;
    }
    let highest = highest.highest().max(f32::MIN_POSITIVE);
    let per_number = L::splat(127.0 / highest);
    let bytes = to.as_mut_ptr().cast::<i8>();
    at = 0;
    while at + L::COUNT <= row.len() {
        L::load(row.as_ptr().add(at))
            .mul(per_number)
            .store_bytes(bytes.add(at));
        at += L::COUNT;
    }
    if at < row.len() {
        let mut rest = [0i8; 16];
        load_row::<L>(row, at, 0.0)
            .mul(per_number)
            .store_bytes(rest.as_mut_ptr());
        let count = (row.len() - at).next_multiple_of(4);
        std::ptr::copy_nonoverlapping(rest.as_ptr(), bytes.add(at), count);
    }
    // Plus 128 is the other sign bit.
    for unit in to.iter_mut() {
        *unit ^= 0x8080_8080;
    }
    highest / 127.0
}

/// `values` filled up with zeros to a multiple of 16, the widest register.
pub fn padded(mut values: Vec<f32>) -> Vec<f32> {
    values.resize(values.len().next_multiple_of(16), 0.0);
    values
}

#[cfg(test)]
mod tests {
    use super::super::lanes::Portable;
    use super::*;

    #[test]
    fn exp_is_within_2_ulp() {
        for i in 0..=200_000 {
            let x = -87.0 + 175.0 * i as f32 / 200_000.0;
            let mut y = [0.0f32; 8];
            // SAFETY: the portable lanes need no instructions; there is room for eight.
            unsafe { exp(Portable::splat(x)).store(y.as_mut_ptr()) };
            let exact = f64::from(x).exp();
            let ulp = f64::from((exact as f32).next_up()) - f64::from(exact as f32);
            assert!(
                (f64::from(y[0]) - exact).abs() <= 2.0 * ulp,
                "{x}: {} {exact}",
                y[0]
            );
        }
    }

    #[test]
    fn softmax_sums_to_one_and_takes_extremes() {
        for length in [1, 7, 8, 9, 256] {
            let mut row: Vec<f32> = (0..length).map(|i| (i % 7) as f32 * 30.0 - 100.0).collect();
            // SAFETY: the portable lanes need no instructions.
            let sum = unsafe { softmax_numerators::<Portable>(&mut row, 1.0) };
            assert!((row.iter().sum::<f32>() / sum - 1.0).abs() < 1e-5);
            let highest = row.iter().fold(0.0f32, |highest, x| highest.max(*x));
            assert_eq!(highest, 1.0);
        }
    }
}
