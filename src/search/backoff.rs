//! Waiting for a server that is away or has too much to do: longer each time, and not in step with others.

use std::hash::{BuildHasher, Hasher};
use std::thread;
use std::time::{Duration, Instant};

/// How long a feed tries to reach a server that fails before it gives up.
pub const PATIENCE: Duration = Duration::from_secs(300);
/// The first wait.
const FIRST: Duration = Duration::from_millis(50);
/// The longest wait, unless the server asks for a longer one.
const LONGEST: Duration = Duration::from_secs(15);

/// Failures in a row, and how long they have lasted.
#[derive(Debug)]
pub struct Backoff {
    patience: Duration,
    wait: Duration,
    since: Option<Instant>,
    failures: u32,
}

impl Backoff {
    /// Gives up when failures have lasted for `patience`.
    pub fn new(patience: Duration) -> Self {
        Backoff {
            patience,
            wait: FIRST,
            since: None,
            failures: 0,
        }
    }

    /// Something went well: the next failure is the first again.
    pub fn succeeded(&mut self) {
        *self = Backoff::new(self.patience);
    }

    /// Failures since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Waits after a failure, at least as long as the server `asked` for; `false` where the time is up.
    ///
    /// The wait doubles each time. A random half of it is left out ("equal jitter"), so that clients that a server turned
    /// away at once do not come back at once.
    pub fn wait(&mut self, asked: Option<Duration>) -> bool {
        self.failures += 1;
        let since = *self.since.get_or_insert_with(Instant::now);
        let wait = asked.unwrap_or_default().max(jittered(self.wait));
        // The first failure always gets its second try.
        if self.failures > 1 && since.elapsed() + wait > self.patience {
            return false;
        }
        thread::sleep(wait.min(self.patience));
        self.wait = (self.wait * 2).min(LONGEST);
        true
    }
}

/// Between a half and the whole of `wait`.
fn jittered(wait: Duration) -> Duration {
    // The standard library's hasher is the one source of chance at hand; no secret hangs on it.
    let chance = std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish();
    let share = f64::from(chance as u32) / f64::from(u32::MAX);
    wait.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_until_the_time_is_up() {
        let mut backoff = Backoff::new(Duration::ZERO);
        assert!(backoff.wait(Some(Duration::from_secs(3600))), "a second try");
        assert!(!backoff.wait(None));
        assert_eq!(backoff.failures(), 2);
        backoff.succeeded();
        assert_eq!(backoff.failures(), 0);
        for _ in 0..100 {
            let wait = jittered(LONGEST);
            assert!((LONGEST / 2..=LONGEST).contains(&wait), "{wait:?}");
        }
    }
}
