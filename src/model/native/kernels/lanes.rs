//! What a vector register does, so that each kernel is written once for all of them.

/// A register of `f32` lanes.
///
/// # Safety
/// Every method needs the instructions that the type stands for: callers are functions that were entered by way of a
/// proof (see [`super::isa`]) and compiled for them. Pointers must be good for [`Lanes::COUNT`] numbers.
pub trait Lanes: Copy {
    /// How many numbers it holds.
    const COUNT: usize;

    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    unsafe fn max(self, other: Self) -> Self;
    unsafe fn min(self, other: Self) -> Self;
    unsafe fn abs(self) -> Self;
    /// `self · by + plus`; in one rounding where the CPU has such an instruction.
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self;
    /// To the nearest whole number, for lanes of magnitude below 2^22.
    unsafe fn round(self) -> Self;
    /// `self · 2^n` for whole `n` in [-126, 127].
    unsafe fn times_power_of_two(self, n: Self) -> Self;
    /// The sum of all lanes, in an order that is the same each time.
    unsafe fn sum(self) -> f32;
    /// The highest lane.
    unsafe fn highest(self) -> f32;
    /// The first `count` lanes, at least one, and of `rest` those after them.
    unsafe fn first(self, count: usize, rest: Self) -> Self;
    /// `x · Φ(x)` as narrow layers want it; maximum absolute error 2e-4.
    #[inline(always)]
    unsafe fn gelu_coarse(self) -> Self {
        super::math::gelu_by_polynomial(self)
    }
    /// 2^x; maximum relative error 1.1e-4, which no bf16 number shows. Below 2^-126 as good as nothing, above 2^127 as high or
    /// infinite.
    #[inline(always)]
    unsafe fn exp2_coarse(self) -> Self {
        super::math::exp2_by_polynomial(self)
    }
    /// The differences of whole numbers, as f32.
    unsafe fn load_difference(from: *const i32, less: *const i32) -> Self;
    /// Lanes rounded to the nearest whole number, which is in [-128, 127], plus 128 as bytes.
    #[inline(always)]
    unsafe fn store_bytes_plus_128(self, to: *mut u8) {
        self.store_signed_bytes(to.cast());
        for lane in 0..Self::COUNT {
            *to.add(lane) ^= 0x80;
        }
    }
    /// The same of four registers, one behind the other.
    #[inline(always)]
    unsafe fn store_four_bytes_plus_128(four: [Self; 4], to: *mut u8) {
        for (number, lanes) in four.into_iter().enumerate() {
            lanes.store_bytes_plus_128(to.add(number * Self::COUNT));
        }
    }
    /// Without the 128.
    #[inline(always)]
    unsafe fn store_signed_bytes(self, to: *mut i8) {
        let mut lanes = [0.0f32; 16];
        self.store(lanes.as_mut_ptr());
        for (lane, x) in lanes.iter().enumerate().take(Self::COUNT) {
            *to.add(lane) = x.round_ties_even() as i8;
        }
    }
    /// The same of four registers, one behind the other.
    #[inline(always)]
    unsafe fn store_four_signed_bytes(four: [Self; 4], to: *mut i8) {
        for (number, lanes) in four.into_iter().enumerate() {
            lanes.store_signed_bytes(to.add(number * Self::COUNT));
        }
    }
    /// As words, without the 128.
    #[inline(always)]
    unsafe fn store_words(self, to: *mut i16) {
        let mut lanes = [0.0f32; 16];
        self.store(lanes.as_mut_ptr());
        for (lane, x) in lanes.iter().enumerate().take(Self::COUNT) {
            *to.add(lane) = x.round_ties_even() as i16;
        }
    }
    /// The same of four registers, one behind the other.
    #[inline(always)]
    unsafe fn store_four_words(four: [Self; 4], to: *mut i16) {
        for (number, lanes) in four.into_iter().enumerate() {
            lanes.store_words(to.add(number * Self::COUNT));
        }
    }
    /// Lanes rounded to the nearest bf16, of two equally near ones to the even one; for finite lanes.
    unsafe fn store_bf16(self, to: *mut u16);
    /// Of bf16 numbers, two to each lane's bits, those in the lower halves and those in the upper ones.
    unsafe fn halves(self) -> (Self, Self);
    /// Two rows of bf16, number beside number: `low`'s in the lower half of each 32 bits. [`Lanes::COUNT`] of each.
    #[inline(always)]
    unsafe fn interleave(low: *const u16, high: *const u16, to: *mut u32) {
        for lane in 0..Self::COUNT {
            *to.add(lane) = u32::from(*high.add(lane)) << 16 | u32::from(*low.add(lane));
        }
    }
    /// A square of [`Lanes::COUNT`] rows of as many units, its rows made columns.
    #[inline(always)]
    unsafe fn transpose(from: *const u32, from_stride: usize, to: *mut u32, to_stride: usize) {
        for row in 0..Self::COUNT {
            for column in 0..Self::COUNT {
                *to.add(column * to_stride + row) = from.add(row * from_stride + column).read_unaligned();
            }
        }
    }
}

/// The nearest bf16's bits, of two equally near ones the even one's; for finite numbers.
#[inline(always)]
pub fn to_bf16(x: f32) -> u16 {
    let bits = x.to_bits();
    ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16
}

/// Lanes that any CPU has: the compiler makes of them what the target offers.
#[derive(Clone, Copy)]
pub struct Portable([f32; 8]);

impl Portable {
    #[inline(always)]
    fn with(self, other: Self, operation: impl Fn(f32, f32) -> f32) -> Self {
        Portable(std::array::from_fn(|lane| operation(self.0[lane], other.0[lane])))
    }
}

impl Lanes for Portable {
    const COUNT: usize = 8;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Portable([x; 8])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Portable(from.cast::<[f32; 8]>().read_unaligned())
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        to.cast::<[f32; 8]>().write_unaligned(self.0);
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.with(other, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.with(other, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.with(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        self.with(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Portable(self.0.map(f32::abs))
    }
    #[inline(always)]
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self {
        // Two roundings: without an instruction for one, `f32::mul_add` is a slow call.
        Portable(std::array::from_fn(|lane| {
            self.0[lane] * by.0[lane] + plus.0[lane]
        }))
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        /// 1.5 · 2^23: a sum with it has no room for a fraction.
        const ROUND: f32 = 12_582_912.0;
        Portable(self.0.map(|x| (x + ROUND) - ROUND))
    }
    #[inline(always)]
    unsafe fn times_power_of_two(self, n: Self) -> Self {
        self.with(n, |x, n| x * f32::from_bits(((n as i32 + 127) as u32) << 23))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        let [a, b, c, d, e, f, g, h] = self.0;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }
    #[inline(always)]
    unsafe fn highest(self) -> f32 {
        self.0.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
    #[inline(always)]
    unsafe fn first(self, count: usize, rest: Self) -> Self {
        Portable(std::array::from_fn(|lane| {
            if lane < count { self.0[lane] } else { rest.0[lane] }
        }))
    }
    #[inline(always)]
    unsafe fn load_difference(from: *const i32, less: *const i32) -> Self {
        let (from, less) = (
            from.cast::<[i32; 8]>().read_unaligned(),
            less.cast::<[i32; 8]>().read_unaligned(),
        );
        Portable(std::array::from_fn(|lane| (from[lane] - less[lane]) as f32))
    }
    #[inline(always)]
    unsafe fn store_bf16(self, to: *mut u16) {
        to.cast::<[u16; 8]>().write_unaligned(self.0.map(to_bf16));
    }
    #[inline(always)]
    unsafe fn halves(self) -> (Self, Self) {
        // bf16 is the upper half of f32.
        (
            Portable(self.0.map(|x| f32::from_bits(x.to_bits() << 16))),
            Portable(self.0.map(|x| f32::from_bits(x.to_bits() & 0xffff_0000))),
        )
    }
}
