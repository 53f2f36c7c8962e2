//! Work that threads share: parts that do not depend on each other.

use std::ops::Range;

/// Does `parts`, in one piece for each of rayon's current threads; a thread that is busy leaves its piece to the one that
/// calls, at the price of some nanoseconds. So one small batch is computed by all threads, and many by each on its own.
pub fn shared(parts: Range<usize>, work: &(impl Fn(Range<usize>) + Sync)) {
    pieces(parts, rayon::current_num_threads(), work);
}

fn pieces(parts: Range<usize>, threads: usize, work: &(impl Fn(Range<usize>) + Sync)) {
    if threads < 2 || parts.len() < 2 {
        if !parts.is_empty() {
            work(parts);
        }
        return;
    }
    let half = threads / 2;
    let middle = parts.start + (parts.len() * half).div_ceil(threads);
    rayon::join(
        || pieces(parts.start..middle, half, work),
        || pieces(middle..parts.end, threads - half, work),
    );
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn each_part_is_done_once() {
        for threads in [1, 2, 3, 5, 16] {
            for count in [0, 1, 2, 3, 12, 48] {
                let done = Mutex::new(Vec::new());
                let pieces_done = Mutex::new(0);
                pieces(0..count, threads, &|parts| {
                    done.lock().unwrap().extend(parts);
                    *pieces_done.lock().unwrap() += 1;
                });
                let mut done = done.into_inner().unwrap();
                done.sort_unstable();
                assert_eq!(done, (0..count).collect::<Vec<_>>());
                assert!(
                    pieces_done.into_inner().unwrap() <= threads.min(count),
                    "{threads}"
                );
            }
        }
    }
}
