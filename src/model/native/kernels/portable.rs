//! Narrow numbers without special instructions: the oracle of the paths that have them.

// Plain loops over the lanes, as in `tile`.
#![allow(clippy::needless_range_loop)]

use super::tile::Units;

/// Four whole numbers to a unit: bytes without a sign times bytes with one, as VNNI multiplies them.
#[derive(Clone, Copy)]
pub struct PortableBytes([u32; 8]);

impl Units for PortableBytes {
    const COUNT: usize = 8;
    const WHOLE: bool = true;
    type Sums = [i32; 8];

    #[inline(always)]
    unsafe fn zero() -> [i32; 8] {
        [0; 8]
    }
    #[inline(always)]
    unsafe fn splat(unit: u32) -> Self {
        PortableBytes([unit; 8])
    }
    #[inline(always)]
    unsafe fn load(from: *const u32) -> Self {
        PortableBytes(from.cast::<[u32; 8]>().read_unaligned())
    }
    #[inline(always)]
    unsafe fn dot(self, other: Self, mut sums: [i32; 8]) -> [i32; 8] {
        for lane in 0..8 {
            let (a, b) = (self.0[lane].to_le_bytes(), other.0[lane].to_le_bytes());
            for part in 0..4 {
                sums[lane] += i32::from(a[part]) * i32::from(b[part] as i8);
            }
        }
        sums
    }
    #[inline(always)]
    unsafe fn store(sums: [i32; 8], to: *mut u32) {
        to.cast::<[i32; 8]>().write_unaligned(sums);
    }
}
