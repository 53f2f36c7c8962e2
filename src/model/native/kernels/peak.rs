//! What a core can do at best: products of registers, and nothing else.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::arch::Kernels;
use super::tile::Units;

/// Products that do not wait for each other: enough for four cycles of latency and two a cycle, with some to spare. There are
/// Arms with four a cycle, and registers for it.
const INDEPENDENT: usize = if cfg!(target_arch = "aarch64") { 20 } else { 12 };

/// Multiplies registers `rounds` times; gives how many operations that were (a product and a sum are two).
///
/// # Safety
/// The CPU has the instructions of `U`.
#[inline(always)]
pub unsafe fn multiply_registers<U: Units>(rounds: u64, numbers_in_a_unit: usize) -> u64 {
    let (a, b) = (U::splat(black_box(0x3f80_3f80)), U::splat(black_box(0x0101_0101)));
    let mut sums = [U::zero(); INDEPENDENT];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = a.dot(b, *sum);
        }
    }
    let mut kept = [0u32; 16];
    for sum in sums {
        U::store(sum, kept.as_mut_ptr());
        black_box(&kept);
    }
    rounds * (INDEPENDENT * U::COUNT * numbers_in_a_unit * 2) as u64
}

/// How long one look at the clock is worth: little beside the time that is measured, much beside the look.
const STRETCH: Duration = Duration::from_millis(1);

impl Kernels {
    /// Operations a second of one core that multiplies registers for about `duration`.
    pub fn peak(self, duration: Duration) -> f64 {
        let mut rounds = 1_000;
        // The core comes to its speed meanwhile.
        loop {
            let start = Instant::now();
            self.multiply_registers(rounds);
            if start.elapsed() >= STRETCH {
                break;
            }
            rounds *= 2;
        }
        let start = Instant::now();
        let mut operations = 0;
        loop {
            operations += self.multiply_registers(rounds);
            let took = start.elapsed();
            if took >= duration {
                return operations as f64 / took.as_secs_f64();
            }
        }
    }
}
