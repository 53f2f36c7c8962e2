//! The kernels, compiled for each set of instructions, behind one dispatch.

use super::attention::{Attention, attend};
use super::elementwise::{self, Normalization};
#[cfg(target_arch = "x86_64")]
use super::isa::{Avx2, Avx512, Avx512Bf16, Vnni};
use super::isa::{Isa, Precision};
use super::lanes::Portable;
use super::linear::{Product, multiply};
use super::peak::multiply_registers;
use super::portable::{PortableBrains, PortableBytes};
use super::tile::{Arch, Dots, Single, Tile, tile};
#[cfg(target_arch = "x86_64")]
use super::x86::{Brains512, Bytes512, Lanes256, Lanes512};

/// An item with the attributes that stand in brackets before it.
macro_rules! with {
    ([$(#[$attribute:meta])*] $($item:tt)*) => { $(#[$attribute])* $($item)* };
}

/// Implements [`Arch`] for a path, and [`Dots`] for each kind of number that it multiplies; compiles what is made of them.
macro_rules! compiled {
    ($features:tt $module:ident, $lanes:ty, panel $panel:literal = $vectors:literal registers,
     rows $tallest:literal of $rows:tt, $($dots:ident: $units:ty => $multiply:ident, $peak:ident $numbers:literal),+) => {
        mod $module {
            use super::*;

            #[derive(Clone, Copy)]
            pub struct Here;

            impl Arch for Here {
                type Lanes = $lanes;
                const ROWS: usize = $tallest;
                const PANEL: usize = $panel;
            }

            $(
                compiled!(@dots $features $vectors $rows $dots: $units);

                with! {
                    $features
                    pub unsafe fn $multiply(product: &mut Product<'_>) {
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
                pub unsafe fn attend_here(attention: &mut Attention<'_>) {
                    attend::<Here, Singles>(attention);
                }
            }

            with! {
                $features
                pub unsafe fn normalize_here(normalization: &mut Normalization<'_>) {
                    elementwise::normalize::<$lanes>(normalization);
                }
            }
        }
    };
    (@dots $features:tt $vectors:literal [$($rows:literal),*] $dots:ident: $units:ty) => {
        #[derive(Clone, Copy)]
        struct $dots;

        impl $dots {
            with! {
                $features
                unsafe fn rows<const ROWS: usize>(job: &Tile) {
                    tile::<$units, ROWS, $vectors>(job);
                }
            }
        }

        impl Dots for $dots {
            #[inline(always)]
            unsafe fn tile(wanted: usize, job: &Tile) -> usize {
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
    [] scalar, Portable, panel 8 = 1 registers, rows 4 of [4, 1],
    Singles: Single<Portable> => multiply_f32, peak_f32 1,
    Brains: PortableBrains => multiply_bf16, peak_bf16 2,
    Bytes: PortableBytes => multiply_int8, peak_int8 4
);

#[cfg(target_arch = "x86_64")]
compiled!(
    [#[target_feature(enable = "avx2,fma")]]
    avx2, Lanes256, panel 16 = 2 registers, rows 6 of [6, 4, 2, 1],
    Singles: Single<Lanes256> => multiply_f32, peak_f32 1
);

#[cfg(target_arch = "x86_64")]
compiled!(
    [#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]]
    avx512, Lanes512, panel 32 = 2 registers, rows 14 of [14, 8, 4, 2, 1],
    Singles: Single<Lanes512> => multiply_f32, peak_f32 1
);

#[cfg(target_arch = "x86_64")]
compiled!(
    [#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]]
    vnni, Lanes512, panel 32 = 2 registers, rows 14 of [14, 8, 4, 2, 1],
    Singles: Single<Lanes512> => multiply_f32, peak_f32 1,
    Bytes: Bytes512 => multiply_int8, peak_int8 4
);

#[cfg(target_arch = "x86_64")]
compiled!(
    [#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]]
    bf16, Lanes512, panel 32 = 2 registers, rows 14 of [14, 8, 4, 2, 1],
    Singles: Single<Lanes512> => multiply_f32, peak_f32 1,
    Brains: Brains512 => multiply_bf16, peak_bf16 2
);

/// The kernels of one set of instructions that the CPU has, in one precision.
#[derive(Clone, Copy)]
pub struct Kernels {
    path: Path,
    precision: Precision,
}

/// A set of instructions with the proof that they are there.
#[derive(Clone, Copy)]
enum Path {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Vnni(Vnni),
    #[cfg(target_arch = "x86_64")]
    Bf16(Avx512Bf16),
}

/// Calls the function of that name that is compiled for the path.
macro_rules! dispatch {
    ($path:expr, $function:ident, $job:expr) => {
        match $path {
            // SAFETY: needs no instructions; the job is checked by its constructor.
            Path::Scalar => unsafe { scalar::$function($job) },
            // SAFETY: the token proves the instructions; the job is checked by its constructor.
            #[cfg(target_arch = "x86_64")]
            Path::Avx2(_) => unsafe { avx2::$function($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Path::Avx512(_) => unsafe { avx512::$function($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Path::Vnni(_) => unsafe { vnni::$function($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Path::Bf16(_) => unsafe { bf16::$function($job) },
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
            #[cfg(target_arch = "x86_64")]
            (Precision::Bf16, Path::Bf16(_)) => unsafe { bf16::$bf16($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            (Precision::Int8, Path::Vnni(_)) => unsafe { vnni::$int8($job) },
            #[cfg(target_arch = "x86_64")]
            _ => unreachable!("`of` makes no such pair"),
        }
    };
}

impl Kernels {
    /// Those of `isa` in `precision`, where there are such and the CPU has what they need.
    pub fn of(isa: Isa, precision: Precision) -> Option<Self> {
        let path = match (isa, precision) {
            (Isa::Scalar, _) => Path::Scalar,
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx2, Precision::F32) => Path::Avx2(Avx2::detect()?),
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx512, Precision::F32) => Path::Avx512(Avx512::detect()?),
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx512, Precision::Bf16) => Path::Bf16(Avx512Bf16::detect()?),
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx512, Precision::Int8) => Path::Vnni(Vnni::detect()?),
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

    /// Columns of a packed panel of weights.
    pub fn panel(self) -> usize {
        match self.path {
            Path::Scalar => scalar::Here::PANEL,
            #[cfg(target_arch = "x86_64")]
            Path::Avx2(_) => avx2::Here::PANEL,
            #[cfg(target_arch = "x86_64")]
            Path::Avx512(_) | Path::Vnni(_) | Path::Bf16(_) => avx512::Here::PANEL,
        }
    }

    /// A linear layer over some tokens.
    pub fn multiply(self, product: &mut Product<'_>) {
        by_precision!(self, product, multiply_f32, multiply_bf16, multiply_int8);
    }

    /// See [`Kernels::peak`].
    pub(super) fn multiply_registers(self, rounds: u64) -> u64 {
        by_precision!(self, rounds, peak_f32, peak_bf16, peak_int8)
    }

    /// Self-attention within one window.
    pub fn attend(self, attention: &mut Attention<'_>) {
        dispatch!(self.path, attend_here, attention);
    }

    /// Layer normalisation of each row.
    pub fn normalize(self, normalization: &mut Normalization<'_>) {
        dispatch!(self.path, normalize_here, normalization);
    }
}
