//! AMX: tiles of 16 rows of 64 bytes, multiplied four at a time.
//!
//! The intrinsics are unstable in Rust 1.95, the instructions in `asm!` are not. A tile of B is read from the same panels
//! that AVX-512 reads, since both want the numbers of one unit side by side.

use std::arch::asm;
use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
use std::sync::OnceLock;

use super::rows::Line;
use super::tile::{Aside, Nothing, Tile};

/// Units of a tile's row: the depth of a product is filled up to a multiple of it.
pub const DEPTH: usize = Line::UNITS;
/// Rows of four tiles of sums.
pub const ROWS: usize = 32;
/// Columns of four tiles of sums, and of a panel.
pub const PANEL: usize = 32;

/// Proof that the CPU has AMX for bf16 and bytes, that the system lets this process use it, and of AVX-512 with
/// bf16, which every CPU with AMX has.
#[derive(Clone, Copy, Debug)]
pub struct Amx(());

impl Amx {
    /// Looks, and asks the system, once a process.
    pub fn detect() -> Option<Self> {
        static THERE: OnceLock<bool> = OnceLock::new();
        let there = *THERE.get_or_init(|| {
            super::isa::Avx512Bf16::detect().is_some() && cpu_has_it() && permitted() && computes()
        });
        there.then_some(Amx(()))
    }
}

/// CPUID leaf 7: EDX bits 22 (AMX-BF16), 24 (AMX-TILE) and 25 (AMX-INT8).
fn cpu_has_it() -> bool {
    const BITS: u32 = 1 << 22 | 1 << 24 | 1 << 25;
    let highest = std::arch::x86_64::__cpuid(0).eax;
    highest >= 7 && std::arch::x86_64::__cpuid_count(7, 0).edx & BITS == BITS
}

/// Linux gives a process the tiles' state on request: `arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)`.
#[cfg(target_os = "linux")]
fn permitted() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const XFEATURE_XTILEDATA: u64 = 18;
    let mut result = ARCH_PRCTL;
    // SAFETY: the call takes two numbers and writes nothing; a kernel without it answers with an error.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") result,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    result == 0
}

#[cfg(not(target_os = "linux"))]
fn permitted() -> bool {
    false
}

/// Whether the tiles multiply as they should: a small product of each kind of number, with sums that are exact.
///
/// Emulators and hypervisors have had AMX that loses tiles or takes a factor's signs for something else; where it does, the
/// CPU counts as one without it.
fn computes() -> bool {
    const STEPS: usize = 2;
    const UNITS: usize = STEPS * DEPTH;
    let small = |row: usize, unit: usize, at: usize| ((row * 7 + unit * 3 + at * 5) % 11) as i32;
    let bf16 = |number: i32| (number as f32).to_bits() >> 16;
    let pack = |numbers: usize, number: &dyn Fn(usize) -> u32| {
        (0..numbers).fold(0, |unit, at| unit | number(at) << (32 / numbers * at))
    };
    let right =
        |numbers: usize, tile: unsafe fn(&Tile, &mut Nothing), rows: usize, is: &dyn Fn(u32, i32) -> bool| {
            let units =
                |rows: usize, columns: usize, number: &dyn Fn(usize, usize, usize) -> u32| -> Vec<u32> {
                    let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
                    places
                        .map(|(row, column)| pack(numbers, &|at| number(row, column, at)))
                        .collect()
                };
            // Whole numbers: A's bytes are without a sign and reach beyond 127, B's have one. bf16: small ones of both signs.
            let a = |row, unit, at| {
                if numbers == 4 {
                    200 + small(row, unit, at)
                } else {
                    small(row, unit, at) - 5
                }
            };
            let b = |unit, column, at| small(column, unit, at) - 6;
            let write = |number: i32| {
                if numbers == 4 {
                    number as u32 & 0xff
                } else {
                    bf16(number)
                }
            };
            let left = units(rows, UNITS, &|row, unit, at| write(a(row, unit, at)));
            let panel = units(UNITS, PANEL, &|unit, column, at| write(b(unit, column, at)));
            let mut to = vec![0u32; rows * PANEL];
            // SAFETY: the CPU has AMX and the process may use it; the buffers hold `rows` rows of whole tiles.
            unsafe {
                configure();
                let tile_of_all = Tile {
                    a: left.as_ptr(),
                    a_stride: UNITS,
                    b: panel.as_ptr(),
                    depth: UNITS,
                    to: to.as_mut_ptr(),
                    to_stride: PANEL,
                    ahead: panel.as_ptr(),
                    ahead_lines: 1,
                };
                tile(&tile_of_all, &mut Nothing);
                release();
            }
            to.iter().enumerate().all(|(place, &bits)| {
                let (row, column) = (place / PANEL, place % PANEL);
                let terms = (0..UNITS).flat_map(|unit| (0..numbers).map(move |at| (unit, at)));
                is(
                    bits,
                    terms
                        .map(|(unit, at)| a(row, unit, at) * b(unit, column, at))
                        .sum(),
                )
            })
        };
    let whole = |bits: u32, sum: i32| bits as i32 == sum;
    let float = |bits: u32, sum: i32| f32::from_bits(bits) == sum as f32;
    right(4, int8_of_32, ROWS, &whole)
        && right(4, int8_of_16, ROWS / 2, &whole)
        && right(2, bf16_of_32, ROWS, &float)
        && right(2, bf16_of_16, ROWS / 2, &float)
}

/// What `ldtilecfg` reads: palette 1, eight tiles of 16 rows of 64 bytes.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

static CONFIGURATION: Configuration = {
    let (mut row_bytes, mut rows) = ([0; 16], [0; 16]);
    let mut tile = 0;
    while tile < 8 {
        row_bytes[tile] = 64;
        rows[tile] = 16;
        tile += 1;
    }
    Configuration {
        palette: 1,
        start_row: 0,
        reserved: [0; 14],
        row_bytes,
        rows,
    }
};

/// Readies this thread's tiles.
///
/// # Safety
/// The CPU has AMX and the process may use it.
pub unsafe fn configure() {
    asm!("ldtilecfg [{}]", in(reg) &raw const CONFIGURATION, options(nostack, readonly));
}

/// Gives this thread's tiles back, so that the system need not save them.
///
/// # Safety
/// The CPU has AMX and the process may use it.
pub unsafe fn release() {
    asm!("tilerelease", options(nostack, nomem));
}

/// Products of 32 or 16 rows and a panel of 32 columns; the instruction is the argument.
///
/// The tiles keep their sums from one `asm!` to the next: nothing between them is compiled for AMX, so that nothing there
/// touches a tile. In between, while the products of a step go their way, the vector units do some of the work aside.
macro_rules! products {
    ($two:ident, $one:ident, $instruction:literal) => {
        /// 32 rows, whether they are all wanted or not.
        ///
        /// # Safety
        /// The tiles are configured; `a` holds 32 rows, `to` has room for them; the depth is a multiple of [`DEPTH`].
        #[inline(always)]
        pub unsafe fn $two<F: Aside>(tile: &Tile, aside: &mut F) {
            asm!(
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                options(nostack, nomem)
            );
            let steps = tile.depth / DEPTH;
            let share = ROWS.div_ceil(steps);
            for step in 0..steps {
                let a = tile.a.add(step * DEPTH);
                asm!(
                    "tileloadd tmm4, [{a} + {a_stride}]",
                    "tileloadd tmm6, [{b} + {b_stride}]",
                    concat!($instruction, " tmm0, tmm4, tmm6"),
                    "tileloadd tmm7, [{b} + {b_stride} + 64]",
                    concat!($instruction, " tmm1, tmm4, tmm7"),
                    "tileloadd tmm5, [{a_below} + {a_stride}]",
                    concat!($instruction, " tmm2, tmm5, tmm6"),
                    concat!($instruction, " tmm3, tmm5, tmm7"),
                    a = in(reg) a,
                    a_below = in(reg) a.add(16 * tile.a_stride),
                    a_stride = in(reg) 4 * tile.a_stride,
                    b = in(reg) tile.b.add(step * DEPTH * PANEL),
                    b_stride = in(reg) 4 * PANEL,
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack, readonly)
                );
                look_ahead(tile, step);
                aside.some(share);
            }
            asm!(
                "tilestored [{to} + {to_stride}], tmm0",
                "tilestored [{to} + {to_stride} + 64], tmm1",
                "tilestored [{to_below} + {to_stride}], tmm2",
                "tilestored [{to_below} + {to_stride} + 64], tmm3",
                to = in(reg) tile.to,
                to_below = in(reg) tile.to.add(16 * tile.to_stride),
                to_stride = in(reg) 4 * tile.to_stride,
                options(nostack)
            );
        }

        /// The same for 16 rows.
        ///
        /// # Safety
        /// As above, of 16 rows.
        #[inline(always)]
        pub unsafe fn $one<F: Aside>(tile: &Tile, aside: &mut F) {
            asm!(
                "tilezero tmm0",
                "tilezero tmm1",
                out("tmm0") _, out("tmm1") _,
                options(nostack, nomem)
            );
            let steps = tile.depth / DEPTH;
            let share = ROWS.div_ceil(steps);
            for step in 0..steps {
                asm!(
                    "tileloadd tmm4, [{a} + {a_stride}]",
                    "tileloadd tmm6, [{b} + {b_stride}]",
                    concat!($instruction, " tmm0, tmm4, tmm6"),
                    "tileloadd tmm7, [{b} + {b_stride} + 64]",
                    concat!($instruction, " tmm1, tmm4, tmm7"),
                    a = in(reg) tile.a.add(step * DEPTH),
                    a_stride = in(reg) 4 * tile.a_stride,
                    b = in(reg) tile.b.add(step * DEPTH * PANEL),
                    b_stride = in(reg) 4 * PANEL,
                    out("tmm0") _, out("tmm1") _, out("tmm4") _, out("tmm6") _, out("tmm7") _,
                    options(nostack, readonly)
                );
                look_ahead(tile, step);
                aside.some(share);
            }
            asm!(
                "tilestored [{to} + {to_stride}], tmm0",
                "tilestored [{to} + {to_stride} + 64], tmm1",
                to = in(reg) tile.to,
                to_stride = in(reg) 4 * tile.to_stride,
                options(nostack)
            );
        }
    };
}

/// Asks for the lines that are wanted after this tile, some at each step.
#[inline(always)]
unsafe fn look_ahead(tile: &Tile, step: usize) {
    let first = step * tile.ahead_lines;
    for line in first..first + tile.ahead_lines {
        // Into the second-level cache, past the end of what is there, too: an address that cannot be read does no harm.
        _mm_prefetch::<_MM_HINT_T1>(tile.ahead.wrapping_add(line * Line::UNITS).cast());
    }
}

products!(bf16_of_32, bf16_of_16, "tdpbf16ps");
// The first factor's bytes are without a sign, as for VNNI.
products!(int8_of_32, int8_of_16, "tdpbusd");

/// Multiplies tiles `rounds` times, four that do not wait for each other; gives how many operations that were.
///
/// # Safety
/// The CPU has AMX and the process may use it.
pub unsafe fn multiply_tiles(rounds: u64, int8: bool) -> u64 {
    configure();
    macro_rules! rounds {
        ($instruction:literal) => {
            asm!(
                "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
                "tilezero tmm4", "tilezero tmm5", "tilezero tmm6", "tilezero tmm7",
                "2:",
                concat!($instruction, " tmm0, tmm4, tmm6"),
                concat!($instruction, " tmm1, tmm4, tmm7"),
                concat!($instruction, " tmm2, tmm5, tmm6"),
                concat!($instruction, " tmm3, tmm5, tmm7"),
                "dec {rounds}",
                "jnz 2b",
                rounds = inout(reg) rounds.max(1) => _,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, nomem)
            )
        };
    }
    if int8 {
        rounds!("tdpbusd");
    } else {
        rounds!("tdpbf16ps");
    }
    release();
    // 16 × 16 sums of 16 units each.
    let numbers_in_a_unit = if int8 { 4 } else { 2 };
    rounds.max(1) * 4 * 16 * 16 * 16 * numbers_in_a_unit * 2
}
