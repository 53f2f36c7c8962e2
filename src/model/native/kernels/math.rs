//! Exponential, GELU, layer normalisation and whole numbers over [`Lanes`].

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

/// `x · Φ(x)`; maximum absolute error 2e-4: a bf16 number's half last digit from 0.1 on.
///
/// The plain way of [`Lanes::gelu_coarse`]. Φ - 1/2 is odd: `x · p(x²)` with the polynomial of degree 6 whose error times x is least on [-4, 4], and which gives 0
/// and 1 at their ends, where x is held; fitted for this by linear programming.
#[inline(always)]
pub unsafe fn gelu_by_polynomial<L: Lanes>(x: L) -> L {
    let x = x.max(L::splat(-4.0));
    let held = x.min(L::splat(4.0));
    let square = held.mul(held);
    let mut p = L::splat(2.258_825_8e-8);
    for coefficient in [
        -1.588_83e-6,
        4.776_394_7e-5,
        -8.121_881_2e-4,
        8.763_694e-3,
        -6.455_442e-2,
        0.397_870_28,
    ] {
        p = p.mul_add(square, L::splat(coefficient));
    }
    x.mul(held.mul_add(p, L::splat(0.5)))
}

/// The plain way of [`Lanes::exp2_coarse`]: 2^n · 2^r for the nearest n, with the polynomial of degree 3 that is 1 at 0 and
/// whose relative error is least. Held at 2^-126 below and at 2^127 above.
#[inline(always)]
pub unsafe fn exp2_by_polynomial<L: Lanes>(x: L) -> L {
    let x = x.max(L::splat(-126.0)).min(L::splat(127.0));
    let n = x.round();
    let r = x.sub(n);
    let mut p = L::splat(0.055_009_1);
    for coefficient in [0.242_210_98, 0.693_282_9, 1.0] {
        p = p.mul_add(r, L::splat(coefficient));
    }
    p.times_power_of_two(n)
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

/// An addition takes four cycles, and one or two begin in each.
pub const STRANDS: usize = 4;

/// Goes through `$count` numbers from `$from` on in [`STRANDS`] strands that do not wait for each other: what `$take` makes
/// of what a strand has gathered and the next register, beginning with `$start`, brought together by `$join`. `$last` loads
/// a register that may be the last, and not whole.
///
/// A macro, since closures would lack the kernel's instructions.
macro_rules! gather {
    ($from:expr, $count:expr, $start:expr, |$gathered:ident, $x:ident| $take:expr, |$at:ident| $last:expr, $join:ident) => {{
        let mut strands = [L::splat($start); STRANDS];
        let mut $at = 0;
        while $at + STRANDS * L::COUNT <= $count {
            for (strand, gathered) in strands.iter_mut().enumerate() {
                let ($gathered, $x) = (*gathered, L::load($from.add($at + strand * L::COUNT)));
                *gathered = $take;
            }
            $at += STRANDS * L::COUNT;
        }
        while $at < $count {
            let ($gathered, $x) = (strands[0], $last);
            strands[0] = $take;
            $at += L::COUNT;
        }
        let [a, b, c, d] = strands;
        a.$join(b).$join(c.$join(d))
    }};
}

pub(super) use gather;

/// The same over a slice, whose last register is filled up with `$fill`.
macro_rules! gather_row {
    ($row:expr, $start:expr, $fill:expr, |$gathered:ident, $x:ident| $take:expr, $join:ident) => {
        gather!(
            $row.as_ptr(),
            $row.len(),
            $start,
            |$gathered, $x| $take,
            |at| load_row::<L>($row, at, $fill),
            $join
        )
    };
}

/// The highest magnitude in a row.
#[inline(always)]
pub unsafe fn highest_magnitude<L: Lanes>(row: &[f32]) -> f32 {
    gather_row!(row, 0.0, 0.0, |highest, x| highest.max(x.abs()), max).highest()
}

/// Brings a row to mean 0 and variance 1, then scales and shifts each feature; gives the highest magnitude that comes out.
/// `weight` and `bias` are padded with zeros to whole registers ([`padded`]).
#[inline(always)]
pub unsafe fn layer_norm<L: Lanes>(row: &mut [f32], weight: &[f32], bias: &[f32], eps: f32) -> f32 {
    debug_assert!(weight.len() >= row.len() && weight.len().is_multiple_of(16) && bias.len() == weight.len());
    let length = row.len() as f32;
    let mean = gather_row!(row, 0.0, 0.0, |sum, x| sum.add(x), add).sum() / length;
    let shift = L::splat(mean);
    let squares = gather_row!(
        row,
        0.0,
        mean,
        |sum, x| x.sub(shift).mul_add(x.sub(shift), sum),
        add
    );
    let scale = L::splat(1.0 / (squares.sum() / length + eps).sqrt());
    let (weight, bias) = (weight.as_ptr(), bias.as_ptr());
    let mut highest = [L::splat(0.0); STRANDS];
    let mut at = 0;
    while at + STRANDS * L::COUNT <= row.len() {
        for (strand, highest) in highest.iter_mut().enumerate() {
            let at = at + strand * L::COUNT;
            let x = L::load(row.as_ptr().add(at)).sub(shift).mul(scale);
            let x = x.mul_add(L::load(weight.add(at)), L::load(bias.add(at)));
            *highest = highest.max(x.abs());
            x.store(row.as_mut_ptr().add(at));
        }
        at += STRANDS * L::COUNT;
    }
    while at < row.len() {
        // What fills the last register up becomes 0, as its weight and bias are.
        let x = load_row::<L>(row, at, 0.0).sub(shift).mul(scale);
        let x = x.mul_add(L::load(weight.add(at)), L::load(bias.add(at)));
        highest[0] = highest[0].max(x.abs());
        store_row(x, row, at);
        at += L::COUNT;
    }
    let [a, b, c, d] = highest;
    a.max(b).max(c.max(d)).highest()
}

/// A row as bf16.
#[inline(always)]
pub unsafe fn to_bf16<L: Lanes>(row: &[f32], to: *mut u16) {
    let mut at = 0;
    while at + L::COUNT <= row.len() {
        L::load(row.as_ptr().add(at)).store_bf16(to.add(at));
        at += L::COUNT;
    }
    if at < row.len() {
        store_bf16_part(load_row::<L>(row, at, 0.0), to.add(at), row.len() - at);
    }
}

/// A register's first `count` lanes as bf16.
#[inline(always)]
pub unsafe fn store_bf16_part<L: Lanes>(value: L, to: *mut u16, count: usize) {
    let mut rest = [0u16; 16];
    value.store_bf16(rest.as_mut_ptr());
    std::ptr::copy_nonoverlapping(rest.as_ptr(), to, count);
}

/// Whole numbers in [-127, 127] as they are stored.
pub trait Whole: Copy + Default {
    /// A register's lanes, rounded.
    unsafe fn store<L: Lanes>(lanes: L, to: *mut Self);
    /// Those of four registers, one behind the other.
    unsafe fn store_four<L: Lanes>(four: [L; 4], to: *mut Self);
}

macro_rules! whole {
    ($($number:ident: $store:ident, $store_four:ident;)*) => {
        $(
            impl Whole for $number {
                #[inline(always)]
                unsafe fn store<L: Lanes>(lanes: L, to: *mut $number) {
                    lanes.$store(to);
                }
                #[inline(always)]
                unsafe fn store_four<L: Lanes>(four: [L; 4], to: *mut $number) {
                    L::$store_four(four, to);
                }
            }
        )*
    };
}

whole! {
    u8: store_bytes_plus_128, store_four_bytes_plus_128;
    i8: store_signed_bytes, store_four_signed_bytes;
    i16: store_words, store_four_words;
}

/// A row as whole numbers in [-127, 127], of which `highest` is the highest magnitude; gives what 1 is worth. What fills up
/// the last 32 bits stands for 0.
#[inline(always)]
pub unsafe fn to_whole<L: Lanes, W: Whole>(row: &[f32], highest: f32, to: *mut W) -> f32 {
    // A row of zeros has a scale, too, and one whose inverse is a number.
    let highest = highest.max(1e-30);
    let per_number = L::splat(127.0 / highest);
    let mut at = 0;
    while at + 4 * L::COUNT <= row.len() {
        let mut four = [per_number; 4];
        for (number, lanes) in four.iter_mut().enumerate() {
            *lanes = L::load(row.as_ptr().add(at + number * L::COUNT)).mul(per_number);
        }
        W::store_four(four, to.add(at));
        at += 4 * L::COUNT;
    }
    while at + L::COUNT <= row.len() {
        W::store(L::load(row.as_ptr().add(at)).mul(per_number), to.add(at));
        at += L::COUNT;
    }
    if at < row.len() {
        let mut rest = [W::default(); 16];
        W::store(load_row::<L>(row, at, 0.0).mul(per_number), rest.as_mut_ptr());
        let count = (row.len() - at).next_multiple_of(4 / size_of::<W>());
        std::ptr::copy_nonoverlapping(rest.as_ptr(), to.add(at), count);
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
    fn coarse_powers_of_two_are_within_their_error() {
        for i in 0..=100_000 {
            let x = -126.0 + 253.0 * i as f32 / 100_000.0;
            let mut y = [0.0f32; 8];
            // SAFETY: as above.
            unsafe { Portable::splat(x).exp2_coarse().store(y.as_mut_ptr()) };
            let exact = f64::from(x).exp2();
            assert!(
                (f64::from(y[0]) / exact - 1.0).abs() < 1.1e-4,
                "{x}: {} {exact}",
                y[0]
            );
        }
    }
}
