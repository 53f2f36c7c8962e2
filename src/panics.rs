//! Crates that hold damage in their input for impossible, and panic.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives; `None` where it panics. What it changed until then must not be used any more.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    let outer = CAUGHT.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(outer);
    done.ok()
}

/// Has no more said of panics that are caught: they become errors like any other. For a program's beginning.
pub fn silence_caught() {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !CAUGHT.get() {
            tell(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_none_and_only_within_is_it_caught() {
        assert_eq!(caught(|| 1), Some(1));
        let inner = caught(|| {
            assert_eq!(caught(|| -> i32 { panic!("caught") }), None);
            CAUGHT.get()
        });
        assert_eq!(inner, Some(true));
        assert!(!CAUGHT.get());
    }
}
