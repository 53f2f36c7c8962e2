//! How far reading has come, and how far ahead of the rest it may run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Shared by the reader and those who take its documents further: bounds the bytes of text that are on their way.
///
/// Documents travel in blocks. A block that alone exceeds the bound goes alone; readers call [`Pace::wait_until_idle`]
/// before they gather more of one document than [`Pace::LARGE`] bytes, so that two huge ones never lie in memory at once.
#[derive(Debug, Default)]
pub struct Pace {
    read: AtomicU64,
    on_the_way: Mutex<OnTheWay>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct OnTheWay {
    bytes: usize,
    blocks: usize,
    /// Nobody takes blocks any more: a reader that waits would wait for ever.
    stopped: bool,
}

impl Pace {
    /// Bytes of one document above which it is large.
    pub const LARGE: usize = 8 << 20;
    /// Bytes of text that may be on their way from the reader to the writer.
    const BOUND: usize = 32 << 20;

    /// Counts bytes of the inputs as they are stored, before decompression.
    pub fn count_read(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes of the inputs that are read so far.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Whether no block is on its way: whoever tags has nothing to do.
    pub fn is_idle(&self) -> bool {
        self.lock().blocks == 0
    }

    /// Waits until no block is on its way.
    pub fn wait_until_idle(&self) {
        let on_the_way = self.lock();
        drop(self.wait(on_the_way, |on_the_way| on_the_way.blocks == 0));
    }

    /// Waits until there is room for a block of so many bytes, and takes it.
    pub fn enter(&self, bytes: usize) {
        let on_the_way = self.lock();
        let mut on_the_way = self.wait(on_the_way, |on_the_way| {
            on_the_way.blocks == 0 || on_the_way.bytes + bytes <= Self::BOUND
        });
        on_the_way.bytes += bytes;
        on_the_way.blocks += 1;
    }

    /// Gives back the room of a block that is written.
    pub fn leave(&self, bytes: usize) {
        let mut on_the_way = self.lock();
        on_the_way.bytes -= bytes;
        on_the_way.blocks -= 1;
        self.freed.notify_all();
    }

    /// Lets everyone who waits go on: the run has ended.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.freed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, OnTheWay> {
        self.on_the_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        on_the_way: MutexGuard<'a, OnTheWay>,
        ready: impl Fn(&OnTheWay) -> bool,
    ) -> MutexGuard<'a, OnTheWay> {
        self.freed
            .wait_while(on_the_way, |on_the_way| !on_the_way.stopped && !ready(on_the_way))
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_large_document_waits_until_it_is_alone() {
        let pace = Arc::new(Pace::default());
        pace.enter(100);
        let waits = thread::spawn({
            let pace = Arc::clone(&pace);
            move || pace.enter(2 * Pace::BOUND)
        });
        thread::sleep(Duration::from_millis(20));
        assert!(!waits.is_finished());
        pace.leave(100);
        waits.join().unwrap();
        let waits = thread::spawn({
            let pace = Arc::clone(&pace);
            move || pace.wait_until_idle()
        });
        thread::sleep(Duration::from_millis(20));
        assert!(!waits.is_finished());
        pace.stop();
        waits.join().unwrap();
    }
}
