//! The innermost loop of every product: some rows of A times one panel of B, all sums in registers.

// Plain loops over the registers: they must come apart into single instructions.
#![allow(clippy::needless_range_loop)]

use super::lanes::Lanes;

/// The most rows of any [`Arch::ROWS`].
pub const MOST_ROWS: usize = 32;
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
    /// Bytes of rows that go through all panels of a product before the next ones do: they stay in the second-level cache.
    const BLOCK_BYTES: usize;

    /// The rows of so many bytes each that are in a block: whole tiles.
    fn block(row_bytes: usize) -> usize {
        (Self::BLOCK_BYTES / row_bytes / Self::ROWS).max(1) * Self::ROWS
    }
}

/// What multiplies numbers of one kind. Narrow numbers lie several to a unit of 32 bits, along the sum.
pub trait Dots: Copy {
    /// Whether the numbers are whole, so that sums are i32.
    const WHOLE: bool;
    /// Units that a sum's length must be a multiple of.
    const DEPTH: usize = 1;

    /// Readies the thread for the tiles of one job.
    ///
    /// # Safety
    /// The CPU has the instructions.
    unsafe fn begin() {}

    /// Ends what [`Dots::begin`] began.
    ///
    /// # Safety
    /// As there.
    unsafe fn end() {}

    /// Computes the first `rows` rows of `tile`, or fewer, and says how many. While it waits for products it may do some
    /// of `aside`, whose sums are not the tile's.
    ///
    /// # Safety
    /// The CPU has the instructions, `tile` is good for `rows`, and for narrow numbers for a whole tile's rows.
    unsafe fn tile<F: Aside>(rows: usize, tile: &Tile, aside: &mut F) -> usize;
}

/// Work of many small parts that may be done while others wait.
pub trait Aside {
    /// Does so many parts, or as many as are left.
    ///
    /// # Safety
    /// As its maker says.
    unsafe fn some(&mut self, parts: usize);
}

/// Nothing to do aside.
pub struct Nothing;

impl Aside for Nothing {
    #[inline(always)]
    unsafe fn some(&mut self, _: usize) {}
}

/// The sums of a tile, on whole lines.
#[repr(C, align(64))]
pub struct Sums(pub [u32; MOST_ROWS * WIDEST_PANEL]);

/// Registers of 32-bit sums, and of the units that are multiplied into them.
///
/// # Safety
/// As for [`Lanes`].
pub trait Units: Copy {
    /// How many lanes there are.
    const COUNT: usize;
    /// Whether the numbers are whole.
    const WHOLE: bool = false;
    /// Sums, [`Units::COUNT`] of them.
    type Sums: Copy;

    unsafe fn zero() -> Self::Sums;
    unsafe fn splat(unit: u32) -> Self;
    unsafe fn load(from: *const u32) -> Self;
    /// Adds, lane by lane, the product of the units' numbers.
    unsafe fn dot(self, other: Self, sums: Self::Sums) -> Self::Sums;
    /// Writes the sums' bits: f32, or i32 where the numbers are whole.
    unsafe fn store(sums: Self::Sums, to: *mut u32);

    /// Adds one column of A, a row every `a_stride`, times one row of B.
    ///
    /// No closures here or in any kernel: the compiler would make functions of them that lack the kernel's instructions.
    #[inline(always)]
    unsafe fn add_products<const ROWS: usize, const VECTORS: usize>(
        a: *const u32,
        a_stride: usize,
        b: *const u32,
        sums: &mut [[Self::Sums; VECTORS]; ROWS],
    ) {
        let mut columns = [Self::splat(0); VECTORS];
        for v in 0..VECTORS {
            columns[v] = Self::load(b.add(v * Self::COUNT));
        }
        for row in 0..ROWS {
            let x = Self::splat(*a.add(row * a_stride));
            for v in 0..VECTORS {
                sums[row][v] = x.dot(columns[v], sums[row][v]);
            }
        }
    }

    /// Adds all `depth` columns of A times as many rows of B.
    #[inline(always)]
    unsafe fn add_all<const ROWS: usize, const VECTORS: usize>(
        a: *const u32,
        a_stride: usize,
        b: *const u32,
        depth: usize,
        sums: &mut [[Self::Sums; VECTORS]; ROWS],
    ) {
        let width = VECTORS * Self::COUNT;
        let mut k = 0;
        // Four at once, since the addresses of the rows cost as much as two products.
        while k + 4 <= depth {
            for step in k..k + 4 {
                Self::add_products(a.add(step), a_stride, b.add(step * width), sums);
            }
            k += 4;
        }
        while k < depth {
            Self::add_products(a.add(k), a_stride, b.add(k * width), sums);
            k += 1;
        }
    }
}

/// `to[r, c] = Σ_k a[r, k] · b[k, c]` for a few rows and [`Arch::PANEL`] columns; all row-major, in units.
///
/// The sum goes through `k` in order in one accumulator, so that a row's result is the same in a tile of any height.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "AMX looks ahead"))]
pub struct Tile {
    /// `[rows, depth]`, a row every `a_stride` units.
    pub a: *const u32,
    /// See `a`.
    pub a_stride: usize,
    /// `[depth, PANEL]`, without gaps.
    pub b: *const u32,
    /// The length of the sums.
    pub depth: usize,
    /// `[rows, PANEL]`, a row every `to_stride` sums.
    pub to: *mut u32,
    /// See `to`.
    pub to_stride: usize,
    /// Lines that are wanted next, to be brought near while this is computed: from where on. Need not be readable.
    pub ahead: *const u32,
    /// How many of them for each sixteen of `depth`.
    pub ahead_lines: usize,
}

/// A tile of `ROWS` rows and `VECTORS` registers across.
///
/// # Safety
/// As for [`Dots::tile`].
#[inline(always)]
pub unsafe fn tile<U: Units, const ROWS: usize, const VECTORS: usize>(tile: &Tile) {
    let Tile {
        a,
        a_stride,
        b,
        depth,
        to,
        to_stride,
        ..
    } = *tile;
    let mut sums = [[U::zero(); VECTORS]; ROWS];
    U::add_all(a, a_stride, b, depth, &mut sums);
    for row in 0..ROWS {
        for v in 0..VECTORS {
            U::store(sums[row][v], to.add(row * to_stride + v * U::COUNT));
        }
    }
}

/// Units whose sums are of f32, one to a lane.
macro_rules! summed_in_lanes {
    ($(#[$doc:meta])* $name:ident: ($a:ident, $b:ident, $sums:ident) => $dot:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<L>(L);

        impl<L: Lanes> Units for $name<L> {
            const COUNT: usize = L::COUNT;
            type Sums = L;

            #[inline(always)]
            unsafe fn zero() -> L {
                L::splat(0.0)
            }
            #[inline(always)]
            unsafe fn splat(unit: u32) -> Self {
                $name(L::splat(f32::from_bits(unit)))
            }
            #[inline(always)]
            unsafe fn load(from: *const u32) -> Self {
                $name(L::load(from.cast()))
            }
            #[inline(always)]
            unsafe fn dot(self, other: Self, $sums: L) -> L {
                let ($a, $b) = (self.0, other.0);
                $dot
            }
            #[inline(always)]
            unsafe fn store(sums: L, to: *mut u32) {
                sums.store(to.cast());
            }
        }
    };
}

summed_in_lanes! {
    /// Units that are numbers of f32.
    Single: (a, b, sums) => a.mul_add(b, sums)
}

summed_in_lanes! {
    /// Units of two bf16 numbers, multiplied as f32: for what has no products of bf16.
    WideBrains: (a, b, sums) => {
        let ((a_low, a_high), (b_low, b_high)) = (a.halves(), b.halves());
        a_low.mul_add(b_low, a_high.mul_add(b_high, sums))
    }
}
