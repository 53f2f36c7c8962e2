//! The arithmetic of the encoder: everything here works on [`Rows`] of numbers and knows nothing of text.
//!
//! Each kernel is written once, over [`lanes::Lanes`], and compiled for each set of instructions ([`arch`]); which one
//! runs is decided when the weights are packed. What callers rely on: each output row depends on its own input row
//! alone and is the same to the last bit whatever rows stand beside it, so a text's scores do not depend on its batch.
//!
//! This is the only place in the program with `unsafe`: registers and pointers. Public functions check what they are
//! given, and hold a proof of the CPU's instructions.
#![allow(unsafe_code)]
// A kernel is unsafe from end to end: a block around every intrinsic would say nothing.
#![allow(unsafe_op_in_unsafe_fn)]

#[cfg(target_arch = "x86_64")]
mod amx;
mod arch;
mod attention;
mod elementwise;
mod finish;
mod isa;
mod lanes;
mod linear;
mod math;
mod near;
#[cfg(target_arch = "aarch64")]
mod neon;
mod peak;
mod portable;
mod rows;
mod share;
mod softmax;
mod tile;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use arch::Kernels;
pub use attention::{AttentionScratch, attention};
pub use elementwise::{Activation, Narrowing, Normalization};
pub use finish::Then;
pub use isa::{Isa, Precision};
pub use linear::Linear;
pub use math::padded;
pub use near::bring_near;
pub use rows::{Format, Rows};

/// Numbers in `[-1, 1)` without a pattern (a linear congruential generator).
#[cfg(test)]
fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}
