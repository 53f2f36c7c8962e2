//! The kernels, compiled for each set of instructions, behind one dispatch.

use super::attention::{Attention, attend};
use super::elementwise::{self, Normalization};
use super::isa::Isa;
#[cfg(target_arch = "x86_64")]
use super::isa::{Avx2, Avx512};
use super::lanes::Portable;
use super::linear::{Product, multiply};
use super::tile::{Arch, Tile, tile};
#[cfg(target_arch = "x86_64")]
use super::x86::{Lanes256, Lanes512};

/// The portable path.
#[derive(Clone, Copy)]
struct Scalar;

impl Arch for Scalar {
    type Lanes = Portable;
    const ROWS: usize = 4;
    const PANEL: usize = 8;

    unsafe fn tile(rows: usize, job: &Tile) -> usize {
        match rows {
            4.. => {
                tile::<Portable, 4, 1>(job);
                4
            }
            _ => {
                tile::<Portable, 1, 1>(job);
                1
            }
        }
    }
}

/// The functions of one set of instructions: a tile of each height, and what is made of them.
macro_rules! compiled {
    ($module:ident, $arch:ty, $lanes:ty, $features:literal, $panel:literal, $vectors:literal, $tallest:literal, [$($rows:literal),*]) => {
        mod $module {
            use super::*;

            #[target_feature(enable = $features)]
            unsafe fn rows<const ROWS: usize>(job: &Tile) {
                tile::<$lanes, ROWS, $vectors>(job);
            }

            impl Arch for $arch {
                type Lanes = $lanes;
                const ROWS: usize = $tallest;
                const PANEL: usize = $panel;

                #[inline(always)]
                unsafe fn tile(wanted: usize, job: &Tile) -> usize {
                    $(
                        if wanted >= $rows {
                            rows::<$rows>(job);
                            return $rows;
                        }
                    )*
                    0
                }
            }

            #[target_feature(enable = $features)]
            pub unsafe fn multiply_here(product: &Product<'_>) {
                multiply::<$arch>(product);
            }

            #[target_feature(enable = $features)]
            pub unsafe fn attend_here(attention: &mut Attention<'_>) {
                attend::<$arch>(attention);
            }

            #[target_feature(enable = $features)]
            pub unsafe fn normalize_here(normalization: &mut Normalization<'_>) {
                elementwise::normalize::<$lanes>(normalization);
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
compiled!(avx2, Avx2, Lanes256, "avx2,fma", 16, 2, 6, [6, 4, 2, 1]);
#[cfg(target_arch = "x86_64")]
compiled!(
    avx512,
    Avx512,
    Lanes512,
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma",
    32,
    2,
    14,
    [14, 8, 4, 2, 1]
);

/// The kernels of one set of instructions that the CPU has.
#[derive(Clone, Copy)]
pub struct Kernels(Proven);

#[derive(Clone, Copy)]
enum Proven {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

/// Calls the function of that name that is compiled for the CPU.
macro_rules! dispatch {
    ($kernels:expr, $function:ident, $portable:expr, $job:expr) => {
        match $kernels.0 {
            // SAFETY: needs no instructions; the job is checked by its constructor.
            Proven::Scalar => unsafe { $portable($job) },
            // SAFETY: the token proves the instructions; the job is checked by its constructor.
            #[cfg(target_arch = "x86_64")]
            Proven::Avx2(_) => unsafe { avx2::$function($job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Proven::Avx512(_) => unsafe { avx512::$function($job) },
        }
    };
}

impl Kernels {
    /// Those of `isa`, if the CPU has it.
    pub fn of(isa: Isa) -> Option<Self> {
        Some(Kernels(match isa {
            Isa::Scalar => Proven::Scalar,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => Proven::Avx2(Avx2::detect()?),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Proven::Avx512(Avx512::detect()?),
            #[cfg(not(target_arch = "x86_64"))]
            _ => return None,
        }))
    }

    /// Columns of a packed panel of weights.
    pub fn panel(self) -> usize {
        match self.0 {
            Proven::Scalar => Scalar::PANEL,
            #[cfg(target_arch = "x86_64")]
            Proven::Avx2(_) => Avx2::PANEL,
            #[cfg(target_arch = "x86_64")]
            Proven::Avx512(_) => Avx512::PANEL,
        }
    }

    /// A linear layer over some tokens.
    pub fn multiply(self, product: &Product<'_>) {
        assert_eq!(
            product.panel(),
            self.panel(),
            "weights packed for other instructions"
        );
        dispatch!(self, multiply_here, multiply::<Scalar>, product);
    }

    /// Self-attention within one window.
    pub fn attend(self, attention: &mut Attention<'_>) {
        dispatch!(self, attend_here, attend::<Scalar>, attention);
    }

    /// Layer normalisation of each row.
    pub fn normalize(self, normalization: &mut Normalization<'_>) {
        dispatch!(
            self,
            normalize_here,
            elementwise::normalize::<Portable>,
            normalization
        );
    }
}
