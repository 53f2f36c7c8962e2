//! AVX2 and AVX-512 registers.

use std::arch::x86_64::*;

use super::lanes::Lanes;

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
    unsafe fn power_of_two(self) -> Self {
        let biased = _mm256_add_epi32(_mm256_cvtps_epi32(self.0), _mm256_set1_epi32(127));
        Lanes256(_mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased)))
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
}

lanes! {
    /// Sixteen lanes.
    Lanes512, __m512, 16;
    add => _mm512_add_ps, sub => _mm512_sub_ps, mul => _mm512_mul_ps, div => _mm512_div_ps,
    max => _mm512_max_ps, min => _mm512_min_ps;
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps;

    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Lanes512(_mm512_abs_ps(self.0))
    }
    #[inline(always)]
    unsafe fn power_of_two(self) -> Self {
        let biased = _mm512_add_epi32(_mm512_cvtps_epi32(self.0), _mm512_set1_epi32(127));
        Lanes512(_mm512_castsi512_ps(_mm512_slli_epi32::<23>(biased)))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        _mm512_reduce_add_ps(self.0)
    }
    #[inline(always)]
    unsafe fn highest(self) -> f32 {
        _mm512_reduce_max_ps(self.0)
    }
}
