//! The softmax of attention, over [`Lanes`]: all but the division by the sum.

use super::lanes::Lanes;
use super::math::{STRANDS, exp, gather};

/// Logits of a softmax: `count` of them, in as many registers as they begin, which can all be read.
#[derive(Clone, Copy)]
pub struct Logits {
    /// The first.
    pub from: *const f32,
    /// How many; at least one.
    pub count: usize,
}

impl Logits {
    /// A register of them; what stands beyond the last one becomes `fill`.
    #[inline(always)]
    unsafe fn load<L: Lanes>(self, at: usize, fill: f32) -> L {
        let whole = L::load(self.from.add(at));
        if at + L::COUNT <= self.count {
            whole
        } else {
            whole.first(self.count - at, L::splat(fill))
        }
    }

    #[inline(always)]
    unsafe fn highest<L: Lanes>(self) -> f32 {
        const LEAST: f32 = f32::NEG_INFINITY;
        let Logits { from, count } = self;
        gather!(
            from,
            count,
            LEAST,
            |highest, x| highest.max(x),
            |at| self.load::<L>(at, LEAST),
            max
        )
        .highest()
    }

    /// Writes `e^(scale · (x - max))` of each to `to` and gives their sum: probabilities but for the division.
    #[inline(always)]
    pub unsafe fn numerators<L: Lanes>(self, scale: f32, to: *mut f32) -> f32 {
        let (scale, highest) = (L::splat(scale), L::splat(self.highest::<L>() * scale));
        let mut sum = L::splat(0.0);
        let mut at = 0;
        while at < self.count {
            // What fills up the last register becomes e^-87, which no sum of f32 that holds a 1 notices.
            let x = self.load::<L>(at, f32::NEG_INFINITY);
            let x = exp(x.mul(scale).sub(highest));
            sum = sum.add(x);
            x.store(to.add(at));
            at += L::COUNT;
        }
        sum.sum()
    }

    /// The same by [`Lanes::exp2_coarse`], times some number that is the same for all; in bf16 if so wanted. Zeros follow up
    /// to `filled` numbers, and to the end of the register that is the last then.
    ///
    /// Attention's logits are seldom so large or so small that they need their maximum taken off.
    #[inline(always)]
    pub unsafe fn coarse_numerators<L: Lanes, const BRAINS: bool>(
        self,
        scale: f32,
        to: *mut u16,
        filled: usize,
    ) -> f32 {
        let scale = scale * std::f32::consts::LOG2_E;
        let sum = self.powers_of_two::<L, BRAINS>(scale, 0.0, to, filled);
        // Below, numbers beside the highest could be lost; above, a product of them could be infinite.
        if (LEAST_SUM..=HIGHEST_SUM).contains(&sum) {
            return sum;
        }
        let highest = self.highest::<L>() * scale;
        self.powers_of_two::<L, BRAINS>(scale, -highest, to, filled)
    }

    /// `2^(scale · x + plus)` of each, and their sum; as above.
    #[inline(always)]
    unsafe fn powers_of_two<L: Lanes, const BRAINS: bool>(
        self,
        scale: f32,
        plus: f32,
        to: *mut u16,
        filled: usize,
    ) -> f32 {
        let (scale, plus, nothing) = (L::splat(scale), L::splat(plus), L::splat(0.0));
        let mut sum = nothing;
        let mut at = 0;
        while at + L::COUNT <= self.count {
            let x = L::load(self.from.add(at)).mul_add(scale, plus).exp2_coarse();
            sum = sum.add(x);
            store_as::<L, BRAINS>(x, to, at);
            at += L::COUNT;
        }
        while at < filled {
            let mut x = nothing;
            if at < self.count {
                let logits = self.load::<L>(at, 0.0);
                x = logits.mul_add(scale, plus).exp2_coarse();
                x = x.first(self.count - at, nothing);
                sum = sum.add(x);
            }
            store_as::<L, BRAINS>(x, to, at);
            at += L::COUNT;
        }
        sum.sum()
    }
}

/// A register as the numbers from `at` on: bf16, or f32.
#[inline(always)]
unsafe fn store_as<L: Lanes, const BRAINS: bool>(lanes: L, to: *mut u16, at: usize) {
    if BRAINS {
        lanes.store_bf16(to.add(at));
    } else {
        lanes.store(to.cast::<f32>().add(at));
    }
}

/// 2^-60: what is lost below 2^-126 is no more than that in f32's last digit.
const LEAST_SUM: f32 = 1.0 / (1u64 << 60) as f32;
/// 2^100: values of which each is below 2^27 may be weighted by it.
const HIGHEST_SUM: f32 = (1u128 << 100) as f32;

#[cfg(test)]
mod tests {
    use super::super::lanes::Portable;
    use super::*;

    /// With room for a whole register, in which stands what no result may depend on.
    fn filled_up(row: &[f32]) -> Vec<f32> {
        let mut row = row.to_vec();
        row.extend([f32::NAN, 1e30, f32::NAN, 1e30, f32::INFINITY, 1e30, 1e30, 1e30]);
        row
    }

    fn logits(row: &[f32], count: usize) -> Logits {
        Logits {
            from: row.as_ptr(),
            count,
        }
    }

    #[test]
    fn a_coarse_softmax_is_the_same_but_for_its_digits() {
        for length in [1, 7, 8, 9, 33, 256] {
            // As they are, and so high or low that their maximum has to go.
            for offset in [0.0, 400.0, -400.0, 1e30] {
                let row: Vec<f32> = (0..length)
                    .map(|i| (i * 5 % 17) as f32 * 0.7 - 3.0 + offset)
                    .collect();
                let row = filled_up(&row);
                let logits = logits(&row, length);
                let room = length + 5 + 8;
                let (mut exact, mut single, mut brains) =
                    (vec![0.0f32; room], vec![f32::NAN; room], vec![0xffff_u16; room]);
                // SAFETY: the portable lanes need no instructions; there is room for whole registers.
                let (total, single_total, brains_total) = unsafe {
                    (
                        logits.numerators::<Portable>(0.3, exact.as_mut_ptr()),
                        logits.coarse_numerators::<Portable, false>(
                            0.3,
                            single.as_mut_ptr().cast(),
                            length + 5,
                        ),
                        logits.coarse_numerators::<Portable, true>(0.3, brains.as_mut_ptr(), length + 5),
                    )
                };
                for (i, exact) in exact[..length].iter().enumerate() {
                    let exact = exact / total;
                    let single = single[i] / single_total;
                    assert!(
                        (single / exact - 1.0).abs() < 2.4e-4,
                        "{length}, {offset}: {single} {exact}"
                    );
                    let brain = f32::from_bits(u32::from(brains[i]) << 16) / brains_total;
                    assert!(
                        (brain / exact - 1.0).abs() < 4.3e-3,
                        "{length}, {offset}: {brain} {exact}"
                    );
                }
                assert!(single[length..length + 5].iter().all(|x| *x == 0.0), "{length}");
                assert!(brains[length..length + 5].iter().all(|x| *x == 0), "{length}");
            }
        }
    }

    #[test]
    fn softmax_sums_to_one_and_takes_extremes() {
        for length in [1, 7, 8, 9, 256] {
            let row: Vec<f32> = (0..length).map(|i| (i % 7) as f32 * 30.0 - 100.0).collect();
            let row = filled_up(&row);
            let mut found = vec![0.0; length + 8];
            // SAFETY: as above.
            let sum = unsafe { logits(&row, length).numerators::<Portable>(1.0, found.as_mut_ptr()) };
            let found = &found[..length];
            assert!((found.iter().sum::<f32>() / sum - 1.0).abs() < 1e-5);
            let highest = found.iter().fold(0.0f32, |highest, x| highest.max(*x));
            assert_eq!(highest, 1.0);
        }
    }
}
