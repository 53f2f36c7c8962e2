//! Which instructions the CPU has, found out once, and proofs of it.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use super::amx::Amx;

/// The environment variable that forces a path, by [`Isa::name`].
pub const VARIABLE: &str = "NOMENCLATOR_ISA";

/// A set of instructions that the kernels are written for. On one CPU each later one needs all of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isa {
    /// Whatever the target has; the path of every CPU but those of x86-64 and 64-bit Arm, and the oracle of these.
    Scalar,
    /// NEON: every 64-bit Arm. Whole numbers want its SDOT: Arm since Cortex-A76 and Neoverse N1, Apple since M1.
    Neon,
    /// AVX2 and FMA: Intel since Haswell, AMD since Zen.
    Avx2,
    /// AVX-512 F, BW, DQ and VL: Intel servers since Skylake, AMD since Zen 4.
    Avx512,
    /// AMX for bf16 and bytes: Intel servers since Sapphire Rapids.
    Amx,
}

impl Isa {
    /// All, the plainest first.
    pub const ALL: [Isa; 5] = [Isa::Scalar, Isa::Neon, Isa::Avx2, Isa::Avx512, Isa::Amx];

    /// The name that [`VARIABLE`] takes.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Scalar => "scalar",
            Isa::Neon => "neon",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
            Isa::Amx => "amx",
        }
    }

    /// Those that this CPU has, the plainest first.
    pub fn available() -> &'static [Isa] {
        static AVAILABLE: OnceLock<Vec<Isa>> = OnceLock::new();
        AVAILABLE.get_or_init(|| Isa::ALL.into_iter().filter(|isa| isa.is_there()).collect())
    }

    /// What [`VARIABLE`] says; nothing where it is not set.
    ///
    /// # Errors
    /// One line where the variable names no instruction set, or one that this CPU lacks.
    pub fn forced() -> Result<Option<Isa>, String> {
        let Some(wanted) = std::env::var_os(VARIABLE).filter(|wanted| !wanted.is_empty()) else {
            return Ok(None);
        };
        let wanted = wanted.to_string_lossy();
        let isa: Isa = wanted
            .parse()
            .map_err(|reason| format!("{VARIABLE}={wanted}: {reason}"))?;
        if !isa.is_there() {
            return Err(format!(
                "{VARIABLE}={wanted}: this CPU does not have it: expected one of {}",
                names(Isa::available())
            ));
        }
        Ok(Some(isa))
    }

    #[cfg(target_arch = "x86_64")]
    fn is_there(self) -> bool {
        match self {
            Isa::Scalar => true,
            Isa::Neon => false,
            Isa::Avx2 => Avx2::detect().is_some(),
            Isa::Avx512 => Avx512::detect().is_some(),
            Isa::Amx => Amx::detect().is_some(),
        }
    }

    #[cfg(target_arch = "aarch64")]
    fn is_there(self) -> bool {
        match self {
            Isa::Scalar => true,
            Isa::Neon => Neon::detect().is_some(),
            Isa::Avx2 | Isa::Avx512 | Isa::Amx => false,
        }
    }

    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn is_there(self) -> bool {
        self == Isa::Scalar
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Isa {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Isa::ALL
            .into_iter()
            .find(|isa| isa.name() == name)
            .ok_or_else(|| format!("expected one of {}", names(&Isa::ALL)))
    }
}

fn names(isas: &[Isa]) -> String {
    isas.iter().map(|isa| isa.name()).collect::<Vec<_>>().join(", ")
}

/// What the linear layers compute with; everything else is f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// 32-bit floating point.
    F32,
    /// Inputs and weights in bf16, sums in f32.
    Bf16,
    /// Inputs and weights as whole numbers of eight bits with a scale for each token and each output; exact sums.
    Int8,
}

impl Precision {
    /// All, the most precise first.
    pub const ALL: [Precision; 3] = [Precision::F32, Precision::Bf16, Precision::Int8];

    /// `f32`, `bf16` or `int8`.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
            Precision::Int8 => "int8",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A proof of instructions: there is no other way to get one than to look.
macro_rules! proof {
    ($architecture:literal by $look:ident: $(#[$doc:meta])* $name:ident$(: $all_of:ident)?, $($feature:tt),+) => {
        $(#[$doc])*
        #[cfg(target_arch = $architecture)]
        #[derive(Clone, Copy, Debug)]
        pub struct $name(());

        #[cfg(target_arch = $architecture)]
        impl $name {
            /// Looks.
            pub fn detect() -> Option<Self> {
                $($all_of::detect()?;)?
                ($(std::arch::$look!($feature))&&+).then_some($name(()))
            }
        }
    };
}

proof! {
    "x86_64" by is_x86_feature_detected:
    /// AVX2 and FMA.
    Avx2, "avx2", "fma"
}
proof! {
    "x86_64" by is_x86_feature_detected:
    /// All of [`Avx2`] and AVX-VNNI, which multiplies bytes in its registers: Intel since Alder Lake, AMD since Zen 5.
    AvxVnni: Avx2, "avxvnni"
}
proof! {
    "x86_64" by is_x86_feature_detected:
    /// All of [`Avx2`] and AVX-512 F, BW, DQ and VL.
    Avx512: Avx2, "avx512f", "avx512bw", "avx512dq", "avx512vl"
}
proof! {
    "x86_64" by is_x86_feature_detected:
    /// All of [`Avx512`] and AVX-512 VNNI, which multiplies bytes.
    Vnni: Avx512, "avx512vnni"
}
proof! {
    "x86_64" by is_x86_feature_detected:
    /// All of [`Avx512`] and AVX-512 BF16, which multiplies bf16.
    Avx512Bf16: Avx512, "avx512bf16"
}

proof! {
    "aarch64" by is_aarch64_feature_detected:
    /// NEON.
    Neon, "neon"
}
proof! {
    "aarch64" by is_aarch64_feature_detected:
    /// All of [`Neon`] and SDOT, which multiplies bytes.
    DotProd: Neon, "dotprod"
}

/// Proof of [`Avx512Bf16`] on a CPU where it is twice as fast as f32: AMD's since Zen 4. On Intel's it is half as fast.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub struct FastBf16(());

#[cfg(target_arch = "x86_64")]
impl FastBf16 {
    /// Looks.
    pub fn detect() -> Option<Self> {
        Avx512Bf16::detect()?;
        let maker = std::arch::x86_64::__cpuid(0);
        let name = [maker.ebx, maker.edx, maker.ecx].map(u32::to_le_bytes);
        (name.as_flattened() == b"AuthenticAMD").then_some(FastBf16(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_refused() {
        for isa in Isa::ALL {
            assert_eq!(isa.name().parse::<Isa>(), Ok(isa));
        }
        assert_eq!(
            "sse".parse::<Isa>(),
            Err("expected one of scalar, neon, avx2, avx512, amx".to_owned())
        );
        assert_eq!(Isa::available()[0], Isa::Scalar);
    }
}
