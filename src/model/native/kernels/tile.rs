//! The innermost loop of every product: some rows of A times one panel of B, all sums in registers.

// Plain loops over the registers: they must come apart into single instructions.
#![allow(clippy::needless_range_loop)]

use super::lanes::Lanes;

/// The most rows of any [`Arch::ROWS`].
pub const MOST_ROWS: usize = 14;
/// The widest of any [`Arch::PANEL`].
pub const WIDEST_PANEL: usize = 32;

/// A set of instructions, and the tile that suits its registers.
pub trait Arch: Copy {
    /// Its registers.
    type Lanes: Lanes;
    /// Rows of a tile.
    const ROWS: usize;
    /// Columns of a tile and of a packed panel, a multiple of the lanes.
    const PANEL: usize;

    /// Computes the first `rows` rows of `tile`, or fewer, and says how many.
    ///
    /// # Safety
    /// The CPU has the instructions, and `tile` is good for `rows`.
    unsafe fn tile(rows: usize, tile: &Tile) -> usize;
}

/// `to[r, c] = Σ_k a[r, k] · b[k, c]` for a few rows and [`Arch::PANEL`] columns; all row-major.
///
/// The sum goes through `k` in order in one accumulator, so that a row's result is the same in a tile of any height.
#[derive(Clone, Copy)]
pub struct Tile {
    /// `[rows, depth]`, a row every `a_stride` numbers.
    pub a: *const f32,
    /// See `a`.
    pub a_stride: usize,
    /// `[depth, PANEL]`, without gaps.
    pub b: *const f32,
    /// The length of the sums.
    pub depth: usize,
    /// `[rows, PANEL]`, a row every `to_stride` numbers.
    pub to: *mut f32,
    /// See `to`.
    pub to_stride: usize,
}

/// A tile of `ROWS` rows and `VECTORS` registers across.
///
/// # Safety
/// As for [`Arch::tile`].
#[inline(always)]
pub unsafe fn tile<L: Lanes, const ROWS: usize, const VECTORS: usize>(tile: &Tile) {
    let Tile {
        a,
        a_stride,
        b,
        depth,
        to,
        to_stride,
    } = *tile;
    let mut sums = [[L::splat(0.0); VECTORS]; ROWS];
    let mut k = 0;
    // Four at once, since the addresses of the rows cost as much as two products.
    while k + 4 <= depth {
        for step in k..k + 4 {
            add_products(a.add(step), a_stride, b.add(step * VECTORS * L::COUNT), &mut sums);
        }
        k += 4;
    }
    while k < depth {
        add_products(a.add(k), a_stride, b.add(k * VECTORS * L::COUNT), &mut sums);
        k += 1;
    }
    for row in 0..ROWS {
        for v in 0..VECTORS {
            sums[row][v].store(to.add(row * to_stride + v * L::COUNT));
        }
    }
}

/// Adds one column of A times one row of B.
///
/// No closures here or in any kernel: the compiler would make functions of them that lack the kernel's instructions.
#[inline(always)]
unsafe fn add_products<L: Lanes, const ROWS: usize, const VECTORS: usize>(
    a: *const f32,
    a_stride: usize,
    b: *const f32,
    sums: &mut [[L; VECTORS]; ROWS],
) {
    let mut columns = [L::splat(0.0); VECTORS];
    for v in 0..VECTORS {
        columns[v] = L::load(b.add(v * L::COUNT));
    }
    for row in 0..ROWS {
        let x = L::splat(*a.add(row * a_stride));
        for v in 0..VECTORS {
            sums[row][v] = x.mul_add(columns[v], sums[row][v]);
        }
    }
}
