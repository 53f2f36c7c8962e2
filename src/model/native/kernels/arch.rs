//! The kernels, compiled for each set of instructions, behind one dispatch.

use std::ops::Range;

#[cfg(target_arch = "x86_64")]
use super::amx::{self, Amx};
use super::attention::{Heads, attend, attend_in_bf16};
use super::elementwise::{self, Narrowing, Normalization};
#[cfg(target_arch = "x86_64")]
use super::isa::{Avx2, Avx512, Avx512Bf16, AvxVnni, FastBf16, Vnni};
#[cfg(target_arch = "aarch64")]
use super::isa::{DotProd, Neon};
use super::isa::{Isa, Precision};
use super::lanes::Portable;
use super::linear::{Product, multiply};
#[cfg(target_arch = "aarch64")]
use super::neon::{Bytes128, Lanes128, Singles128};
use super::peak::multiply_registers;
use super::portable::PortableBytes;
use super::rows::Format;
use super::tile::{Arch, Aside, Dots, Single, Tile, Units, WideBrains, tile};
#[cfg(target_arch = "x86_64")]
use super::x86::{Brains512, Bytes256, Bytes512, Lanes256, Lanes512, Lanes512Brains, Words256};

/// An item with the attributes that stand in brackets before it.
macro_rules! with {
    ([$(#[$attribute:meta])*] $($item:tt)*) => { $(#[$attribute])* $($item)* };
}

/// Implements [`Arch`] for a path, and [`Dots`] for each kind of number that it multiplies; compiles what is made of them.
macro_rules! compiled {
    ($features:tt $module:ident, $lanes:ty, panel $panel:literal = $vectors:literal registers,
     rows $tallest:literal of $rows:tt in blocks of $block:literal KiB, $($dots:ident: $units:ty => $multiply:ident, $peak:ident $numbers:literal),+) => {
        mod $module {
            use super::*;

            #[derive(Clone, Copy)]
            pub struct Here;

            impl Arch for Here {
                type Lanes = $lanes;
                const ROWS: usize = $tallest;
                const PANEL: usize = $panel;
                const BLOCK_BYTES: usize = $block << 10;
            }

            $(
                compiled!(@dots $features $vectors $rows $dots: $units);

                with! {
                    $features
                    pub unsafe fn $multiply(product: &mut (&Product<'_>, Range<usize>)) {
                        multiply::<Here, $dots>(product);
                    }
                }

                with! {
                    $features
                    pub unsafe fn $peak(rounds: u64) -> u64 {
                        multiply_registers::<$units>(rounds, $numbers)
                    }
                }
            )+

            with! {
                $features
                pub unsafe fn attend_here(attention: &mut Heads<'_>) {
                    attend::<Here, Singles>(attention);
                }
            }

            with! {
                $features
                pub unsafe fn normalize_here(normalization: &mut Normalization<'_>) {
                    elementwise::normalize::<$lanes>(normalization);
                }
            }

            with! {
                $features
                pub unsafe fn narrow_here(narrowing: &mut Narrowing<'_>) {
                    elementwise::narrow::<$lanes>(narrowing);
                }
            }
        }
    };
    (@dots $features:tt $vectors:literal [$($rows:literal),*] $dots:ident: $units:ty) => {
        #[derive(Clone, Copy)]
        pub struct $dots;

        impl $dots {
            with! {
                $features
                unsafe fn rows<const ROWS: usize>(job: &Tile) {
                    tile::<$units, ROWS, $vectors>(job);
                }
            }
        }

        impl Dots for $dots {
            const WHOLE: bool = <$units as Units>::WHOLE;

            #[inline(always)]
            unsafe fn tile<F: Aside>(wanted: usize, job: &Tile, _: &mut F) -> usize {
                $(
                    if wanted >= $rows {
                        $dots::rows::<$rows>(job);
                        return $rows;
                    }
                )*
                0
            }
        }
    };
}

compiled!(
    [] scalar, Portable, panel 8 = 1 registers, rows 4 of [4, 1] in blocks of 640 KiB,
    Singles: Single<Portable> => multiply_f32, peak_f32 1,
    Brains: WideBrains<Portable> => multiply_bf16, peak_bf16 2,
    Bytes: PortableBytes => multiply_int8, peak_int8 4
);

#[cfg(target_arch = "aarch64")]
compiled!(
    [#[target_feature(enable = "neon")]]
    neon, Lanes128, panel 8 = 2 registers, rows 8 of [8, 4, 2, 1] in blocks of 512 KiB,
    Singles: Singles128 => multiply_f32, peak_f32 1,
    Brains: WideBrains<Lanes128> => multiply_bf16, peak_bf16 2
);

#[cfg(target_arch = "aarch64")]
compiled!(
    [#[target_feature(enable = "neon,dotprod")]]
    dot_prod, Lanes128, panel 8 = 2 registers, rows 8 of [8, 4, 2, 1] in blocks of 512 KiB,
    Singles: Singles128 => multiply_f32, peak_f32 1,
    Bytes: Bytes128 => multiply_int8, peak_int8 4
);

#[cfg(target_arch = "x86_64")]
compiled!(
    [#[target_feature(enable = "avx2,fma")]]
    avx2, Lanes256, panel 16 = 2 registers, rows 6 of [6, 4, 2, 1] in blocks of 576 KiB,
    Singles: Single<Lanes256> => multiply_f32, peak_f32 1,
    Brains: WideBrains<Lanes256> => multiply_bf16, peak_bf16 2,
    Words: Words256 => multiply_int8, peak_int8 2
);

#[cfg(target_arch = "x86_64")]
compiled!(
    [#[target_feature(enable = "avx2,fma,avxvnni")]]
    avx_vnni, Lanes256, panel 16 = 2 registers, rows 6 of [6, 4, 2, 1] in blocks of 576 KiB,
    Singles: Single<Lanes256> => multiply_f32, peak_f32 1,
    Bytes: Bytes256 => multiply_int8, peak_int8 4
);

#[cfg(target_arch = "x86_64")]
compiled!(
    [#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]]
    avx512, Lanes512, panel 32 = 2 registers, rows 14 of [14, 8, 4, 2, 1] in blocks of 640 KiB,
    Singles: Single<Lanes512> => multiply_f32, peak_f32 1,
    Brains: WideBrains<Lanes512> => multiply_bf16, peak_bf16 2
);

#[cfg(target_arch = "x86_64")]
compiled!(
    [#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]]
    vnni, Lanes512, panel 32 = 2 registers, rows 14 of [14, 8, 4, 2, 1] in blocks of 640 KiB,
    Singles: Single<Lanes512> => multiply_f32, peak_f32 1,
    Bytes: Bytes512 => multiply_int8, peak_int8 4
);

#[cfg(target_arch = "x86_64")]
compiled!(
    [#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]]
    bf16, Lanes512Brains, panel 32 = 2 registers, rows 14 of [14, 8, 4, 2, 1] in blocks of 640 KiB,
    Singles: Single<Lanes512Brains> => multiply_f32, peak_f32 1,
    Brains: Brains512 => multiply_bf16, peak_bf16 2
);

/// AMX multiplies narrow numbers; everything else is AVX-512's with bf16.
#[cfg(target_arch = "x86_64")]
mod tiles {
    use super::*;

    #[derive(Clone, Copy)]
    pub struct Here;

    impl Arch for Here {
        type Lanes = Lanes512Brains;
        const ROWS: usize = amx::ROWS;
        const PANEL: usize = amx::PANEL;
        // Of two megabytes.
        const BLOCK_BYTES: usize = 896 << 10;
    }

    macro_rules! dots {
        ($dots:ident, whole $whole:literal, $of_32:ident, $of_16:ident, $multiply:ident) => {
            #[derive(Clone, Copy)]
            pub struct $dots;

            impl Dots for $dots {
                const WHOLE: bool = $whole;
                const DEPTH: usize = amx::DEPTH;

                #[inline(always)]
                unsafe fn begin() {
                    amx::configure();
                }
                #[inline(always)]
                unsafe fn end() {
                    amx::release();
                }
                #[inline(always)]
                unsafe fn tile<F: Aside>(wanted: usize, job: &Tile, aside: &mut F) -> usize {
                    // Rows beyond the wanted ones are computed from what stands there, and left alone.
                    if wanted > 16 {
                        amx::$of_32(job, aside);
                    } else {
                        amx::$of_16(job, aside);
                    }
                    wanted.min(amx::ROWS)
                }
            }

            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
            pub unsafe fn $multiply(product: &mut (&Product<'_>, Range<usize>)) {
                multiply::<Here, $dots>(product);
            }
        };
    }

    dots!(Brains, whole false, bf16_of_32, bf16_of_16, multiply_bf16);
    dots!(Bytes, whole true, int8_of_32, int8_of_16, multiply_int8);

    pub unsafe fn peak_bf16(rounds: u64) -> u64 {
        amx::multiply_tiles(rounds, false)
    }

    pub unsafe fn peak_int8(rounds: u64) -> u64 {
        amx::multiply_tiles(rounds, true)
    }
}

/// Attention in bf16, for the paths that multiply it.
pub(super) mod narrow_attention {
    use super::*;

    pub unsafe fn portable(attention: &mut Heads<'_>) {
        attend_in_bf16::<scalar::Here, scalar::Brains>(attention);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
    pub unsafe fn avx512(attention: &mut Heads<'_>) {
        attend_in_bf16::<bf16::Here, bf16::Brains>(attention);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
    pub unsafe fn tiles(attention: &mut Heads<'_>) {
        attend_in_bf16::<tiles::Here, tiles::Brains>(attention);
    }
}

/// The kernels of one set of instructions that the CPU has, in one precision.
#[derive(Clone, Copy, Debug)]
pub struct Kernels {
    path: Path,
    precision: Precision,
}

/// A set of instructions with the proof that they are there.
#[derive(Clone, Copy, Debug)]
enum Path {
    Scalar,
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
    #[cfg(target_arch = "aarch64")]
    DotProd(DotProd),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    AvxVnni(AvxVnni),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Vnni(Vnni, Option<FastBf16>),
    #[cfg(target_arch = "x86_64")]
    Bf16(Avx512Bf16),
    #[cfg(target_arch = "x86_64")]
    Amx(Amx),
}

/// Calls the function of that name that is compiled for the path.
macro_rules! dispatch {
    ($path:expr, $function:ident, $job:expr) => {
        match $path {
            // SAFETY: needs no instructions; the job is checked by its constructor.
            Path::Scalar => unsafe { scalar::$function($job) },
            // SAFETY: the token proves the instructions; the job is checked by its constructor.
            #[cfg(target_arch = "aarch64")]
            Path::Neon(_) => unsafe { neon::$function($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Path::DotProd(_) => unsafe { dot_prod::$function($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Path::Avx2(_) => unsafe { avx2::$function($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Path::AvxVnni(_) => unsafe { avx_vnni::$function($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Path::Avx512(_) => unsafe { avx512::$function($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Path::Vnni(..) => unsafe { vnni::$function($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Path::Bf16(_) => unsafe { bf16::$function($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Path::Amx(_) => unsafe { bf16::$function($job) },
        }
    };
}

/// Calls one of three functions, each compiled for the paths that have the precision.
macro_rules! by_precision {
    ($kernels:expr, $job:expr, $f32:ident, $bf16:ident, $int8:ident) => {
        match ($kernels.precision, $kernels.path) {
            (Precision::F32, path) => dispatch!(path, $f32, $job),
            // SAFETY: needs no instructions; the job is checked by its constructor.
            (Precision::Bf16, Path::Scalar) => unsafe { scalar::$bf16($job) },
            // SAFETY: as above.
            (Precision::Int8, Path::Scalar) => unsafe { scalar::$int8($job) },
            // SAFETY: the token proves the instructions; the job is checked by its constructor.
            #[cfg(target_arch = "aarch64")]
            (Precision::Bf16, Path::Neon(_)) => unsafe { neon::$bf16($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            (Precision::Int8, Path::DotProd(_)) => unsafe { dot_prod::$int8($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            (Precision::Bf16, Path::Avx2(_)) => unsafe { avx2::$bf16($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            (Precision::Int8, Path::Avx2(_)) => unsafe { avx2::$int8($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            (Precision::Int8, Path::AvxVnni(_)) => unsafe { avx_vnni::$int8($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            (Precision::Bf16, Path::Avx512(_)) => unsafe { avx512::$bf16($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            (Precision::Bf16, Path::Bf16(_)) => unsafe { bf16::$bf16($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            (Precision::Int8, Path::Vnni(..)) => unsafe { vnni::$int8($job) },
            // SAFETY: the tokens prove the instructions and that the system lets us; the job is checked.
            #[cfg(target_arch = "x86_64")]
            (Precision::Bf16, Path::Amx(_)) => unsafe { tiles::$bf16($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            (Precision::Int8, Path::Amx(_)) => unsafe { tiles::$int8($job) },
            #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
            _ => unreachable!("`of` makes no such pair"),
        }
    };
}

impl Kernels {
    /// Those of `isa` in `precision`, where there are such and the CPU has what they need.
    pub fn of(isa: Isa, precision: Precision) -> Option<Self> {
        let path = match (isa, precision) {
            (Isa::Scalar, _) => Path::Scalar,
            #[cfg(target_arch = "aarch64")]
            (Isa::Neon, Precision::F32 | Precision::Bf16) => Path::Neon(Neon::detect()?),
            #[cfg(target_arch = "aarch64")]
            (Isa::Neon, Precision::Int8) => Path::DotProd(DotProd::detect()?),
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx2, Precision::F32 | Precision::Bf16) => Path::Avx2(Avx2::detect()?),
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx2, Precision::Int8) => match AvxVnni::detect() {
                Some(vnni) => Path::AvxVnni(vnni),
                None => Path::Avx2(Avx2::detect()?),
            },
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx512, Precision::F32) => Path::Avx512(Avx512::detect()?),
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx512, Precision::Bf16) => match Avx512Bf16::detect() {
                Some(brains) => Path::Bf16(brains),
                None => Path::Avx512(Avx512::detect()?),
            },
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx512, Precision::Int8) => Path::Vnni(Vnni::detect()?, FastBf16::detect()),
            #[cfg(target_arch = "x86_64")]
            (Isa::Amx, Precision::Bf16 | Precision::Int8) => Path::Amx(Amx::detect()?),
            _ => return None,
        };
        Some(Kernels { path, precision })
    }

    /// Every one that this CPU can run.
    pub fn available() -> impl Iterator<Item = (Isa, Precision)> {
        let pairs = Isa::available()
            .iter()
            .flat_map(|&isa| Precision::ALL.map(|precision| (isa, precision)));
        pairs.filter(|&(isa, precision)| Kernels::of(isa, precision).is_some())
    }

    /// Those of [`Kernels::available`], and such as [`Kernels::of`] passes over for better ones.
    #[cfg(test)]
    pub fn every() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let plainer = [
            AvxVnni::detect().and(Avx2::detect()).map(|avx2| Kernels {
                path: Path::Avx2(avx2),
                precision: Precision::Int8,
            }),
            Avx512Bf16::detect().and(Avx512::detect()).map(|avx512| Kernels {
                path: Path::Avx512(avx512),
                precision: Precision::Bf16,
            }),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let plainer = [None];
        let chosen = Kernels::available().filter_map(|(isa, precision)| Kernels::of(isa, precision));
        chosen.chain(plainer.into_iter().flatten())
    }

    /// The same instructions in f32.
    pub fn in_f32(self) -> Self {
        Kernels {
            precision: Precision::F32,
            ..self
        }
    }

    /// What linear layers compute with.
    pub fn precision(self) -> Precision {
        self.precision
    }

    /// How what linear layers read lies.
    pub fn format(self) -> Format {
        match self.precision {
            Precision::F32 => Format::Single,
            Precision::Bf16 => Format::Brains,
            Precision::Int8 => match self.path {
                #[cfg(target_arch = "aarch64")]
                Path::DotProd(_) => Format::SignedBytes,
                #[cfg(target_arch = "x86_64")]
                Path::Avx2(_) => Format::Words,
                _ => Format::Bytes,
            },
        }
    }

    /// Columns of a packed panel of weights.
    pub fn panel(self) -> usize {
        match self.path {
            Path::Scalar => scalar::Here::PANEL,
            #[cfg(target_arch = "aarch64")]
            Path::Neon(_) | Path::DotProd(_) => neon::Here::PANEL,
            #[cfg(target_arch = "x86_64")]
            Path::Avx2(_) | Path::AvxVnni(_) => avx2::Here::PANEL,
            #[cfg(target_arch = "x86_64")]
            Path::Avx512(_) | Path::Vnni(..) | Path::Bf16(_) | Path::Amx(_) => avx512::Here::PANEL,
        }
    }

    /// Units that a row of so many numbers takes, filled up where the instructions want it.
    pub(super) fn units(self, numbers: usize) -> usize {
        let units = numbers.div_ceil(self.format().numbers_in_a_unit());
        match self.path {
            #[cfg(target_arch = "x86_64")]
            Path::Amx(_) if self.precision != Precision::F32 => units.next_multiple_of(amx::DEPTH),
            _ => units,
        }
    }

    /// Some panels of a linear layer over some tokens.
    pub(super) fn multiply(self, product: &mut (&Product<'_>, Range<usize>)) {
        by_precision!(self, product, multiply_f32, multiply_bf16, multiply_int8);
    }

    /// See [`Kernels::peak`].
    pub(super) fn multiply_registers(self, rounds: u64) -> u64 {
        by_precision!(self, rounds, peak_f32, peak_bf16, peak_int8)
    }

    /// What queries, keys and values of [`Kernels::attend`] are: bf16 where it multiplies them as fast as the layers do.
    pub fn attention_format(self) -> Format {
        match (self.path, self.precision) {
            (Path::Scalar, Precision::Bf16) => Format::Brains,
            #[cfg(target_arch = "x86_64")]
            (Path::Bf16(_) | Path::Vnni(_, Some(_)) | Path::Amx(_), Precision::Bf16 | Precision::Int8) => {
                Format::Brains
            }
            _ => Format::Single,
        }
    }

    /// Some heads of the attention of one window, of numbers in [`Kernels::attention_format`].
    pub(super) fn attend(self, attention: &mut Heads<'_>) {
        match (self.path, self.attention_format()) {
            (path, Format::Single) => dispatch!(path, attend_here, attention),
            // SAFETY: needs no instructions; the job is checked by its constructor.
            (Path::Scalar, _) => unsafe { narrow_attention::portable(attention) },
            // SAFETY: the tokens prove the instructions; the job is checked by its constructor.
            #[cfg(target_arch = "x86_64")]
            (Path::Bf16(_) | Path::Vnni(..), _) => unsafe { narrow_attention::avx512(attention) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            (Path::Amx(_), _) => unsafe { narrow_attention::tiles(attention) },
            #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
            _ => unreachable!("in f32"),
        }
    }

    /// Rows of so many bytes that stay in the second-level cache between two products.
    pub fn rows_at_once(self, row_bytes: usize) -> usize {
        match self.path {
            Path::Scalar => scalar::Here::block(row_bytes),
            #[cfg(target_arch = "aarch64")]
            Path::Neon(_) | Path::DotProd(_) => neon::Here::block(row_bytes),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2(_) | Path::AvxVnni(_) => avx2::Here::block(row_bytes),
            #[cfg(target_arch = "x86_64")]
            Path::Avx512(_) | Path::Vnni(..) | Path::Bf16(_) => avx512::Here::block(row_bytes),
            #[cfg(target_arch = "x86_64")]
            Path::Amx(_) => tiles::Here::block(row_bytes),
        }
    }

    /// Rows of f32 in another precision.
    pub fn narrow(self, narrowing: &mut Narrowing<'_>) {
        dispatch!(self.path, narrow_here, narrowing);
    }

    /// Layer normalisation of each row.
    pub fn normalize(self, normalization: &mut Normalization<'_>) {
        dispatch!(self.path, normalize_here, normalization);
    }
}
