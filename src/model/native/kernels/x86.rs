//! Registers of AVX2, AVX-512, and their extensions for bytes (VNNI) and bf16.

// Plain loops over the registers: they must come apart into single instructions.
#![allow(clippy::needless_range_loop)]

use std::arch::asm;
use std::arch::x86_64::*;

use super::lanes::Lanes;
use super::tile::Units;

macro_rules! lanes {
    ($(#[$doc:meta])* $name:ident, $register:ty, $count:literal; $($method:ident => $intrinsic:ident),*;
     $splat:ident, $load:ident, $store:ident, $fused:ident; $($rest:item)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name($register);

        impl Lanes for $name {
            const COUNT: usize = $count;

            #[inline(always)]
            unsafe fn splat(x: f32) -> Self {
                $name($splat(x))
            }
            #[inline(always)]
            unsafe fn load(from: *const f32) -> Self {
                $name($load(from))
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut f32) {
                $store(to, self.0);
            }
            #[inline(always)]
            unsafe fn mul_add(self, by: Self, plus: Self) -> Self {
                $name($fused(self.0, by.0, plus.0))
            }
            $(
                #[inline(always)]
                unsafe fn $method(self, other: Self) -> Self {
                    $name($intrinsic(self.0, other.0))
                }
            )*
            $($rest)*
        }
    };
}

lanes! {
    /// Eight lanes.
    Lanes256, __m256, 8;
    add => _mm256_add_ps, sub => _mm256_sub_ps, mul => _mm256_mul_ps, div => _mm256_div_ps,
    max => _mm256_max_ps, min => _mm256_min_ps;
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps;

    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Lanes256(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0))
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        Lanes256(_mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0))
    }
    #[inline(always)]
    unsafe fn times_power_of_two(self, n: Self) -> Self {
        let biased = _mm256_add_epi32(_mm256_cvtps_epi32(n.0), _mm256_set1_epi32(127));
        Lanes256(_mm256_mul_ps(self.0, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        let half = _mm_add_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
        let quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
        _mm_cvtss_f32(_mm_add_ss(quarter, _mm_shuffle_ps::<1>(quarter, quarter)))
    }
    #[inline(always)]
    unsafe fn highest(self) -> f32 {
        let half = _mm_max_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
        let quarter = _mm_max_ps(half, _mm_movehl_ps(half, half));
        _mm_cvtss_f32(_mm_max_ss(quarter, _mm_shuffle_ps::<1>(quarter, quarter)))
    }
    #[inline(always)]
    unsafe fn first(self, count: usize, rest: Self) -> Self {
        let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        let first = _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), lanes);
        Lanes256(_mm256_blendv_ps(rest.0, self.0, _mm256_castsi256_ps(first)))
    }
    #[inline(always)]
    unsafe fn load_difference(from: *const i32, less: *const i32) -> Self {
        let (from, less) = (_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(less.cast()));
        Lanes256(_mm256_cvtepi32_ps(_mm256_sub_epi32(from, less)))
    }
    #[inline(always)]
    unsafe fn store_bytes_plus_128(self, to: *mut u8) {
        let whole = _mm256_cvtps_epi32(self.0);
        let words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256::<1>(whole));
        // Plus 128 is the other sign bit.
        let bytes = _mm_xor_si128(_mm_packs_epi16(words, words), _mm_set1_epi8(-128));
        _mm_storel_epi64(to.cast(), bytes);
    }
    #[inline(always)]
    unsafe fn store_four_bytes_plus_128([a, b, c, d]: [Self; 4], to: *mut u8) {
        let first = _mm256_packs_epi32(_mm256_cvtps_epi32(a.0), _mm256_cvtps_epi32(b.0));
        let last = _mm256_packs_epi32(_mm256_cvtps_epi32(c.0), _mm256_cvtps_epi32(d.0));
        // Each half has four bytes of each register.
        let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        let bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(first, last), order);
        _mm256_storeu_si256(to.cast(), _mm256_xor_si256(bytes, _mm256_set1_epi8(-128)));
    }
    #[inline(always)]
    unsafe fn store_four_words([a, b, c, d]: [Self; 4], to: *mut i16) {
        // Each half has four words of both registers.
        let first = _mm256_packs_epi32(_mm256_cvtps_epi32(a.0), _mm256_cvtps_epi32(b.0));
        let last = _mm256_packs_epi32(_mm256_cvtps_epi32(c.0), _mm256_cvtps_epi32(d.0));
        _mm256_storeu_si256(to.cast(), _mm256_permute4x64_epi64::<0b11_01_10_00>(first));
        _mm256_storeu_si256(to.add(16).cast(), _mm256_permute4x64_epi64::<0b11_01_10_00>(last));
    }
    #[inline(always)]
    unsafe fn store_words(self, to: *mut i16) {
        let whole = _mm256_cvtps_epi32(self.0);
        let words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256::<1>(whole));
        _mm_storeu_si128(to.cast(), words);
    }
    #[inline(always)]
    unsafe fn store_bf16(self, to: *mut u16) {
        let bits = _mm256_castps_si256(self.0);
        let odd = _mm256_and_si256(_mm256_srli_epi32::<16>(bits), _mm256_set1_epi32(1));
        let rounded = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), odd);
        let high = _mm256_srli_epi32::<16>(rounded);
        let both = _mm_packus_epi32(_mm256_castsi256_si128(high), _mm256_extracti128_si256::<1>(high));
        _mm_storeu_si128(to.cast(), both);
    }
    #[inline(always)]
    unsafe fn halves(self) -> (Self, Self) {
        let bits = _mm256_castps_si256(self.0);
        let high = _mm256_and_si256(bits, _mm256_set1_epi32(0xffff_0000_u32 as i32));
        (
            Lanes256(_mm256_castsi256_ps(_mm256_slli_epi32::<16>(bits))),
            Lanes256(_mm256_castsi256_ps(high)),
        )
    }
    #[inline(always)]
    unsafe fn interleave(low: *const u16, high: *const u16, to: *mut u32) {
        let low = _mm256_cvtepu16_epi32(_mm_loadu_si128(low.cast()));
        let high = _mm256_cvtepu16_epi32(_mm_loadu_si128(high.cast()));
        _mm256_storeu_si256(to.cast(), _mm256_or_si256(low, _mm256_slli_epi32::<16>(high)));
    }
    #[inline(always)]
    unsafe fn transpose(from: *const u32, from_stride: usize, to: *mut u32, to_stride: usize) {
        // Four columns of four rows in each half, then the halves of like columns together.
        let mut quads = [[_mm256_setzero_si256(); 4]; 2];
        for (quad, columns) in quads.iter_mut().enumerate() {
            let first = from.add(4 * quad * from_stride);
            let a = _mm256_loadu_si256(first.cast());
            let b = _mm256_loadu_si256(first.add(from_stride).cast());
            let c = _mm256_loadu_si256(first.add(2 * from_stride).cast());
            let d = _mm256_loadu_si256(first.add(3 * from_stride).cast());
            let (ab, cd) = (_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d));
            let (ab_high, cd_high) = (_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d));
            *columns = [
                _mm256_unpacklo_epi64(ab, cd),
                _mm256_unpackhi_epi64(ab, cd),
                _mm256_unpacklo_epi64(ab_high, cd_high),
                _mm256_unpackhi_epi64(ab_high, cd_high),
            ];
        }
        for column in 0..4 {
            let (upper, lower) = (quads[0][column], quads[1][column]);
            let to = to.add(column * to_stride);
            _mm256_storeu_si256(to.cast(), _mm256_permute2x128_si256::<0x20>(upper, lower));
            let to = to.add(4 * to_stride);
            _mm256_storeu_si256(to.cast(), _mm256_permute2x128_si256::<0x31>(upper, lower));
        }
    }
}

/// Sixteen lanes; `store_bf16` is its own.
macro_rules! sixteen_lanes {
    ($(#[$doc:meta])* $name:ident, $store_bf16:item) => {
        lanes! {
            $(#[$doc])*
            $name, __m512, 16;
            add => _mm512_add_ps, sub => _mm512_sub_ps, mul => _mm512_mul_ps, div => _mm512_div_ps,
            max => _mm512_max_ps, min => _mm512_min_ps;
            _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps;

            #[inline(always)]
            unsafe fn abs(self) -> Self {
                $name(_mm512_abs_ps(self.0))
            }
            #[inline(always)]
            unsafe fn round(self) -> Self {
                $name(_mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0))
            }
            #[inline(always)]
            unsafe fn times_power_of_two(self, n: Self) -> Self {
                $name(_mm512_scalef_ps(self.0, n.0))
            }
            #[inline(always)]
            unsafe fn sum(self) -> f32 {
                _mm512_reduce_add_ps(self.0)
            }
            #[inline(always)]
            unsafe fn highest(self) -> f32 {
                _mm512_reduce_max_ps(self.0)
            }
            #[inline(always)]
            unsafe fn first(self, count: usize, rest: Self) -> Self {
                let first = u16::MAX >> (16 - count.min(16));
                $name(_mm512_mask_mov_ps(rest.0, first, self.0))
            }
            #[inline(always)]
            unsafe fn gelu_coarse(self) -> Self {
                $name(gelu_by_parabolas(self.0))
            }
            #[inline(always)]
            unsafe fn exp2_coarse(self) -> Self {
                $name(exp2_by_parts(self.0))
            }
            #[inline(always)]
            unsafe fn load_difference(from: *const i32, less: *const i32) -> Self {
                let (from, less) = (_mm512_loadu_si512(from.cast()), _mm512_loadu_si512(less.cast()));
                $name(_mm512_cvtepi32_ps(_mm512_sub_epi32(from, less)))
            }
            #[inline(always)]
            unsafe fn store_bytes_plus_128(self, to: *mut u8) {
                let bytes = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(self.0));
                // Plus 128 is the other sign bit.
                _mm_storeu_si128(to.cast(), _mm_xor_si128(bytes, _mm_set1_epi8(-128)));
            }
            #[inline(always)]
            unsafe fn store_four_bytes_plus_128([a, b, c, d]: [Self; 4], to: *mut u8) {
                let first = _mm512_packs_epi32(_mm512_cvtps_epi32(a.0), _mm512_cvtps_epi32(b.0));
                let last = _mm512_packs_epi32(_mm512_cvtps_epi32(c.0), _mm512_cvtps_epi32(d.0));
                // Each quarter has four bytes of each register.
                let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
                let bytes = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(first, last));
                _mm512_storeu_si512(to.cast(), _mm512_xor_si512(bytes, _mm512_set1_epi8(-128)));
            }
            #[inline(always)]
            $store_bf16
            #[inline(always)]
            unsafe fn halves(self) -> (Self, Self) {
                let bits = _mm512_castps_si512(self.0);
                let high = _mm512_and_si512(bits, _mm512_set1_epi32(0xffff_0000_u32 as i32));
                (
                    $name(_mm512_castsi512_ps(_mm512_slli_epi32::<16>(bits))),
                    $name(_mm512_castsi512_ps(high)),
                )
            }
            #[inline(always)]
            unsafe fn interleave(low: *const u16, high: *const u16, to: *mut u32) {
                let low = _mm512_cvtepu16_epi32(_mm256_loadu_si256(low.cast()));
                let high = _mm512_cvtepu16_epi32(_mm256_loadu_si256(high.cast()));
                _mm512_storeu_si512(to.cast(), _mm512_or_si512(low, _mm512_slli_epi32::<16>(high)));
            }
            #[inline(always)]
            unsafe fn transpose(from: *const u32, from_stride: usize, to: *mut u32, to_stride: usize) {
                transpose_16(from, from_stride, to, to_stride);
            }
        }
    };
}

sixteen_lanes! {
    /// Sixteen lanes.
    Lanes512,
    unsafe fn store_bf16(self, to: *mut u16) {
        let bits = _mm512_castps_si512(self.0);
        let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
        let rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
        _mm256_storeu_si256(to.cast(), _mm512_cvtepi32_epi16(_mm512_srli_epi32::<16>(rounded)));
    }
}

sixteen_lanes! {
    /// Sixteen lanes of a CPU that makes bf16 of them in one instruction; numbers below 2^-126 become zeros.
    Lanes512Brains,
    unsafe fn store_bf16(self, to: *mut u16) {
        // SAFETY: the same 256 bits.
        let brains = std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(self.0));
        _mm256_storeu_si256(to.cast(), brains);
    }
}

/// `x · Φ(x)`; maximum absolute error 9e-5, in half the instructions of the polynomial.
///
/// It is x/2 and an even function, of which each stretch of |x| has a parabola, found by a permutation; fitted for the least
/// error by linear programming. The first goes through 0, the last is straight.
#[inline(always)]
unsafe fn gelu_by_parabolas(x: __m512) -> __m512 {
    const STRETCH: f32 = 0.28;
    /// 2^23: a sum with it has the nearest whole number in its last bits.
    const WHOLE: f32 = 8_388_608.0;
    // The constants, the slopes, and what the squares count.
    #[rustfmt::skip]
    static PARABOLAS: [[f32; 16]; 3] = [
        [
            0.0, -9.919_624e-4, -1.601_174e-2, -6.810_85e-2, -0.164_972, -0.284_379_3, -0.384_493_2, -0.429_322_1,
            -0.408_017_7, -0.336_707_4, -0.244_496_2, -0.157_762_5, -9.105_261e-2, -4.722_353e-2, -2.213_858e-2,
            -4.980_881e-5,
        ],
        [
            1.236_07e-4, 1.100_188e-2, 8.018_729e-2, 0.228_114_1, 0.426_195_8, 0.616_923_1, 0.748_286_2, 0.798_584_3,
            0.778_865, 0.719_110_7, 0.649_713_6, 0.590_561_2, 0.548_983_9, 0.523_839_5, 0.510_510_5, 0.5,
        ],
        [
            0.396_856, 0.367_218, 0.286_910_6, 0.181_562_7, 8.012_623e-2, 3.889_858e-3, -3.922_724e-2, -5.333_731e-2,
            -4.877_682e-2, -3.625_571e-2, -2.319_593e-2, -1.310_857e-2, -6.629_318e-3, -3.022_622e-3, -1.251_83e-3,
            0.0,
        ],
    ];
    let magnitude = _mm512_abs_ps(x);
    let held = _mm512_min_ps(magnitude, _mm512_set1_ps(15.0 * STRETCH));
    let stretch = _mm512_fmadd_ps(held, _mm512_set1_ps(1.0 / STRETCH), _mm512_set1_ps(WHOLE));
    let stretch = _mm512_castps_si512(stretch);
    let constant = _mm512_permutexvar_ps(stretch, _mm512_loadu_ps(PARABOLAS[0].as_ptr()));
    let slope = _mm512_permutexvar_ps(stretch, _mm512_loadu_ps(PARABOLAS[1].as_ptr()));
    let bend = _mm512_permutexvar_ps(stretch, _mm512_loadu_ps(PARABOLAS[2].as_ptr()));
    let even = _mm512_fmadd_ps(_mm512_fmadd_ps(bend, magnitude, slope), magnitude, constant);
    _mm512_fmadd_ps(x, _mm512_set1_ps(0.5), even)
}

/// 2^x; maximum relative error 8.6e-5: one instruction takes the part behind the point, for a polynomial that is 1 at 0 and
/// whose relative error on [0, 1] is least, another scales by the part before it.
#[inline(always)]
unsafe fn exp2_by_parts(x: __m512) -> __m512 {
    const DOWN: i32 = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
    let part = _mm512_reduce_ps::<DOWN>(x);
    let p = _mm512_fmadd_ps(part, _mm512_set1_ps(0.077_067_24), _mm512_set1_ps(0.227_644_98));
    let p = _mm512_fmadd_ps(part, p, _mm512_set1_ps(0.695_116_6));
    _mm512_scalef_ps(_mm512_fmadd_ps(part, p, _mm512_set1_ps(1.0)), x)
}

/// Four columns of four rows in each quarter, then the quarters of like columns together.
#[inline(always)]
unsafe fn transpose_16(from: *const u32, from_stride: usize, to: *mut u32, to_stride: usize) {
    let mut quads = [[_mm512_setzero_si512(); 4]; 4];
    for (quad, columns) in quads.iter_mut().enumerate() {
        let first = from.add(4 * quad * from_stride);
        let a = _mm512_loadu_si512(first.cast());
        let b = _mm512_loadu_si512(first.add(from_stride).cast());
        let c = _mm512_loadu_si512(first.add(2 * from_stride).cast());
        let d = _mm512_loadu_si512(first.add(3 * from_stride).cast());
        let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
        let (ab_high, cd_high) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
        *columns = [
            _mm512_unpacklo_epi64(ab, cd),
            _mm512_unpackhi_epi64(ab, cd),
            _mm512_unpacklo_epi64(ab_high, cd_high),
            _mm512_unpackhi_epi64(ab_high, cd_high),
        ];
    }
    for column in 0..4 {
        let upper = (quads[0][column], quads[1][column]);
        let lower = (quads[2][column], quads[3][column]);
        let even = (
            _mm512_shuffle_i32x4::<0x88>(upper.0, upper.1),
            _mm512_shuffle_i32x4::<0x88>(lower.0, lower.1),
        );
        let odd = (
            _mm512_shuffle_i32x4::<0xdd>(upper.0, upper.1),
            _mm512_shuffle_i32x4::<0xdd>(lower.0, lower.1),
        );
        let to = to.add(column * to_stride);
        _mm512_storeu_si512(to.cast(), _mm512_shuffle_i32x4::<0x88>(even.0, even.1));
        let to = to.add(4 * to_stride);
        _mm512_storeu_si512(to.cast(), _mm512_shuffle_i32x4::<0x88>(odd.0, odd.1));
        let to = to.add(4 * to_stride);
        _mm512_storeu_si512(to.cast(), _mm512_shuffle_i32x4::<0xdd>(even.0, even.1));
        let to = to.add(4 * to_stride);
        _mm512_storeu_si512(to.cast(), _mm512_shuffle_i32x4::<0xdd>(odd.0, odd.1));
    }
}

/// Registers of whole numbers, whose products `dot` adds to `sums`.
macro_rules! whole_numbers {
    ($(#[$doc:meta])* $name:ident, $register:ty, $count:literal; $zero:ident, $splat:ident, $load:ident, $store:ident;
     $dot:item) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name($register);

        impl Units for $name {
            const COUNT: usize = $count;
            const WHOLE: bool = true;
            type Sums = $register;

            #[inline(always)]
            unsafe fn zero() -> $register {
                $zero()
            }
            #[inline(always)]
            unsafe fn splat(unit: u32) -> Self {
                $name($splat(unit as i32))
            }
            #[inline(always)]
            unsafe fn load(from: *const u32) -> Self {
                $name($load(from.cast()))
            }
            #[inline(always)]
            $dot
            #[inline(always)]
            unsafe fn store(sums: $register, to: *mut u32) {
                $store(to.cast(), sums);
            }
        }
    };
}

whole_numbers! {
    /// Four bytes to a unit, multiplied by AVX-512 VNNI: the first factor's are without a sign.
    Bytes512, __m512i, 16;
    _mm512_setzero_si512, _mm512_set1_epi32, _mm512_loadu_si512, _mm512_storeu_si512;
    unsafe fn dot(self, other: Self, sums: __m512i) -> __m512i {
        _mm512_dpbusd_epi32(sums, self.0, other.0)
    }
}

whole_numbers! {
    /// The same by AVX-VNNI.
    Bytes256, __m256i, 8;
    _mm256_setzero_si256, _mm256_set1_epi32, _mm256_loadu_si256, _mm256_storeu_si256;
    unsafe fn dot(self, other: Self, sums: __m256i) -> __m256i {
        _mm256_dpbusd_avx_epi32(sums, self.0, other.0)
    }
}

whole_numbers! {
    /// Two words to a unit: AVX2 has products of bytes, too, but their sums of two go no further than sixteen bits.
    Words256, __m256i, 8;
    _mm256_setzero_si256, _mm256_set1_epi32, _mm256_loadu_si256, _mm256_storeu_si256;
    unsafe fn dot(self, other: Self, sums: __m256i) -> __m256i {
        add_products_of_words(self.0, other.0, sums)
    }
}

/// As intrinsics the compiler would add products to each other first, and have no registers left for them.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn add_products_of_words(a: __m256i, b: __m256i, mut sums: __m256i) -> __m256i {
    // SAFETY: registers alone.
    unsafe {
        asm!(
            "vpmaddwd {products}, {a}, {b}",
            "vpaddd {sums}, {sums}, {products}",
            a = in(ymm_reg) a,
            b = in(ymm_reg) b,
            sums = inout(ymm_reg) sums,
            products = lateout(ymm_reg) _,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// Two bf16 numbers to a unit.
#[derive(Clone, Copy)]
pub struct Brains512(__m512i);

impl Units for Brains512 {
    const COUNT: usize = 16;
    type Sums = __m512;

    #[inline(always)]
    unsafe fn zero() -> __m512 {
        _mm512_setzero_ps()
    }
    #[inline(always)]
    unsafe fn splat(unit: u32) -> Self {
        Brains512(_mm512_set1_epi32(unit as i32))
    }
    #[inline(always)]
    unsafe fn load(from: *const u32) -> Self {
        Brains512(_mm512_loadu_si512(from.cast()))
    }
    #[inline(always)]
    unsafe fn dot(self, other: Self, sums: __m512) -> __m512 {
        // SAFETY: the same 512 bits, under the name that the instruction wants.
        let a = std::mem::transmute::<__m512i, __m512bh>(self.0);
        let b = std::mem::transmute::<__m512i, __m512bh>(other.0);
        _mm512_dpbf16_ps(sums, a, b)
    }
    #[inline(always)]
    unsafe fn store(sums: __m512, to: *mut u32) {
        _mm512_storeu_ps(to.cast(), sums);
    }
}
