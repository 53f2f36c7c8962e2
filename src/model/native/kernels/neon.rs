//! Registers of Arm's NEON, and its products of bytes (SDOT).

// Plain loops over the registers: they must come apart into single instructions.
#![allow(clippy::needless_range_loop)]

use std::arch::aarch64::*;
use std::arch::asm;

use super::lanes::Lanes;
use super::tile::Units;

/// Four lanes.
#[derive(Clone, Copy)]
pub struct Lanes128(float32x4_t);

/// Methods of two registers, each one instruction.
macro_rules! of_two {
    ($($method:ident => $intrinsic:ident),*) => {
        $(
            #[inline(always)]
            unsafe fn $method(self, other: Self) -> Self {
                Lanes128($intrinsic(self.0, other.0))
            }
        )*
    };
}

impl Lanes for Lanes128 {
    const COUNT: usize = 4;

    of_two! {
        add => vaddq_f32, sub => vsubq_f32, mul => vmulq_f32, div => vdivq_f32, max => vmaxq_f32, min => vminq_f32
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Lanes128(vdupq_n_f32(x))
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Lanes128(vld1q_f32(from))
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        vst1q_f32(to, self.0);
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Lanes128(vabsq_f32(self.0))
    }
    #[inline(always)]
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self {
        Lanes128(vfmaq_f32(plus.0, self.0, by.0))
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        Lanes128(vrndnq_f32(self.0))
    }
    #[inline(always)]
    unsafe fn times_power_of_two(self, n: Self) -> Self {
        let biased = vaddq_s32(vcvtnq_s32_f32(n.0), vdupq_n_s32(127));
        Lanes128(vmulq_f32(
            self.0,
            vreinterpretq_f32_s32(vshlq_n_s32::<23>(biased)),
        ))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        vaddvq_f32(self.0)
    }
    #[inline(always)]
    unsafe fn highest(self) -> f32 {
        vmaxvq_f32(self.0)
    }
    #[inline(always)]
    unsafe fn first(self, count: usize, rest: Self) -> Self {
        let lanes = vld1q_u32([0, 1, 2, 3].as_ptr());
        let first = vcltq_u32(lanes, vdupq_n_u32(count as u32));
        Lanes128(vbslq_f32(first, self.0, rest.0))
    }
    #[inline(always)]
    unsafe fn load_difference(from: *const i32, less: *const i32) -> Self {
        Lanes128(vcvtq_f32_s32(vsubq_s32(vld1q_s32(from), vld1q_s32(less))))
    }
    #[inline(always)]
    unsafe fn store_four_signed_bytes([a, b, c, d]: [Self; 4], to: *mut i8) {
        let first = vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(a.0)), vqmovn_s32(vcvtnq_s32_f32(b.0)));
        let last = vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(c.0)), vqmovn_s32(vcvtnq_s32_f32(d.0)));
        vst1q_s8(to, vcombine_s8(vqmovn_s16(first), vqmovn_s16(last)));
    }
    #[inline(always)]
    unsafe fn store_bf16(self, to: *mut u16) {
        let bits = vreinterpretq_u32_f32(self.0);
        let odd = vandq_u32(vshrq_n_u32::<16>(bits), vdupq_n_u32(1));
        let rounded = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7fff)), odd);
        vst1_u16(to, vshrn_n_u32::<16>(rounded));
    }
    #[inline(always)]
    unsafe fn halves(self) -> (Self, Self) {
        let bits = vreinterpretq_u32_f32(self.0);
        let high = vandq_u32(bits, vdupq_n_u32(0xffff_0000));
        (
            Lanes128(vreinterpretq_f32_u32(vshlq_n_u32::<16>(bits))),
            Lanes128(vreinterpretq_f32_u32(high)),
        )
    }
    #[inline(always)]
    unsafe fn transpose(from: *const u32, from_stride: usize, to: *mut u32, to_stride: usize) {
        let a = vld1q_u32(from);
        let b = vld1q_u32(from.add(from_stride));
        let c = vld1q_u32(from.add(2 * from_stride));
        let d = vld1q_u32(from.add(3 * from_stride));
        // Columns 0 and 2 of two rows, columns 1 and 3 of them; then those of all four.
        let (ab, cd) = (vtrn1q_u32(a, b), vtrn1q_u32(c, d));
        let (ab_odd, cd_odd) = (vtrn2q_u32(a, b), vtrn2q_u32(c, d));
        let columns = [
            pairs::<false>(ab, cd),
            pairs::<false>(ab_odd, cd_odd),
            pairs::<true>(ab, cd),
            pairs::<true>(ab_odd, cd_odd),
        ];
        for column in 0..4 {
            vst1q_u32(to.add(column * to_stride), columns[column]);
        }
    }
}

/// The lower halves of two registers, or the upper ones.
#[inline(always)]
unsafe fn pairs<const UPPER: bool>(a: uint32x4_t, b: uint32x4_t) -> uint32x4_t {
    let (a, b) = (vreinterpretq_u64_u32(a), vreinterpretq_u64_u32(b));
    vreinterpretq_u32_u64(if UPPER { vtrn2q_u64(a, b) } else { vtrn1q_u64(a, b) })
}

/// Units of which one lane of a register can be a factor for all lanes of another.
trait ByLane: Units {
    /// As [`Units::dot`], of one lane of `self`.
    unsafe fn dot_of_lane<const LANE: i32>(self, other: Self, sums: Self::Sums) -> Self::Sums;
}

/// As [`Units::add_all`]: a register holds four columns of a row of A, of which each product takes one.
#[inline(always)]
unsafe fn add_by_lane<U: ByLane, const ROWS: usize, const VECTORS: usize>(
    a: *const u32,
    a_stride: usize,
    b: *const u32,
    depth: usize,
    sums: &mut [[U::Sums; VECTORS]; ROWS],
) {
    let width = VECTORS * U::COUNT;
    let mut k = 0;
    while k + 4 <= depth {
        let mut rows = [U::splat(0); ROWS];
        for row in 0..ROWS {
            rows[row] = U::load(a.add(row * a_stride + k));
        }
        add_lane::<U, ROWS, VECTORS, 0>(&rows, b.add(k * width), sums);
        add_lane::<U, ROWS, VECTORS, 1>(&rows, b.add((k + 1) * width), sums);
        add_lane::<U, ROWS, VECTORS, 2>(&rows, b.add((k + 2) * width), sums);
        add_lane::<U, ROWS, VECTORS, 3>(&rows, b.add((k + 3) * width), sums);
        k += 4;
    }
    while k < depth {
        U::add_products(a.add(k), a_stride, b.add(k * width), sums);
        k += 1;
    }
}

/// Adds one of the four columns of A times one row of B.
#[inline(always)]
unsafe fn add_lane<U: ByLane, const ROWS: usize, const VECTORS: usize, const LANE: i32>(
    rows: &[U; ROWS],
    b: *const u32,
    sums: &mut [[U::Sums; VECTORS]; ROWS],
) {
    for v in 0..VECTORS {
        let column = U::load(b.add(v * U::COUNT));
        for row in 0..ROWS {
            sums[row][v] = rows[row].dot_of_lane::<LANE>(column, sums[row][v]);
        }
    }
}

/// Implements [`Units`] and [`ByLane`]: registers, and what multiplies two of them.
macro_rules! units {
    ($(#[$doc:meta])* $name:ident, whole $whole:literal, sums $sums:ty: $zero:ident, $store:ident as $stored:ty;
     factors $register:ty: $of_units:ident; $dot:item $dot_of_lane:item) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name($register);

        impl Units for $name {
            const COUNT: usize = 4;
            const WHOLE: bool = $whole;
            type Sums = $sums;

            #[inline(always)]
            unsafe fn zero() -> $sums {
                $zero(Default::default())
            }
            #[inline(always)]
            unsafe fn splat(unit: u32) -> Self {
                $name($of_units(vdupq_n_u32(unit)))
            }
            #[inline(always)]
            unsafe fn load(from: *const u32) -> Self {
                $name($of_units(vld1q_u32(from)))
            }
            #[inline(always)]
            $dot
            #[inline(always)]
            unsafe fn store(sums: $sums, to: *mut u32) {
                $store(to.cast::<$stored>(), sums);
            }
            #[inline(always)]
            unsafe fn add_all<const ROWS: usize, const VECTORS: usize>(
                a: *const u32,
                a_stride: usize,
                b: *const u32,
                depth: usize,
                sums: &mut [[$sums; VECTORS]; ROWS],
            ) {
                add_by_lane::<Self, ROWS, VECTORS>(a, a_stride, b, depth, sums);
            }
        }

        impl ByLane for $name {
            #[inline(always)]
            $dot_of_lane
        }
    };
}

units! {
    /// Numbers of f32.
    Singles128, whole false, sums float32x4_t: vdupq_n_f32, vst1q_f32 as f32;
    factors float32x4_t: vreinterpretq_f32_u32;
    unsafe fn dot(self, other: Self, sums: float32x4_t) -> float32x4_t {
        vfmaq_f32(sums, other.0, self.0)
    }
    unsafe fn dot_of_lane<const LANE: i32>(self, other: Self, sums: float32x4_t) -> float32x4_t {
        vfmaq_laneq_f32::<LANE>(sums, other.0, self.0)
    }
}

units! {
    /// Four bytes to a unit, all with a sign.
    Bytes128, whole true, sums int32x4_t: vdupq_n_s32, vst1q_s32 as i32;
    factors int8x16_t: vreinterpretq_s8_u32;
    unsafe fn dot(self, other: Self, sums: int32x4_t) -> int32x4_t {
        add_products_of_bytes(self.0, other.0, sums)
    }
    unsafe fn dot_of_lane<const LANE: i32>(self, other: Self, sums: int32x4_t) -> int32x4_t {
        add_products_of_lane::<LANE>(self.0, other.0, sums)
    }
}

/// The intrinsics of SDOT are not stable yet.
#[inline]
#[target_feature(enable = "neon,dotprod")]
unsafe fn add_products_of_bytes(a: int8x16_t, b: int8x16_t, mut sums: int32x4_t) -> int32x4_t {
    // SAFETY: registers alone.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {b:v}.16b, {a:v}.16b",
            a = in(vreg) a,
            b = in(vreg) b,
            sums = inout(vreg) sums,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// The same of one lane's four bytes of `a`.
#[inline]
#[target_feature(enable = "neon,dotprod")]
unsafe fn add_products_of_lane<const LANE: i32>(
    a: int8x16_t,
    b: int8x16_t,
    mut sums: int32x4_t,
) -> int32x4_t {
    // SAFETY: registers alone.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {b:v}.16b, {a:v}.4b[{lane}]",
            a = in(vreg) a,
            b = in(vreg) b,
            sums = inout(vreg) sums,
            lane = const LANE,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}
