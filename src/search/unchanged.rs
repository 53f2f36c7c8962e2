//! Which documents need not be taken in again.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::{FeedError, Fingerprint, Known};

/// Compares what comes with what a [`Feed`](super::Feed) held at the beginning of a run.
pub struct Unchanged {
    known: Box<dyn Known>,
    /// Of the ids that came with something else than is known: hashes, since they are many and only a wrong "changed" could
    /// come of two that are equal.
    changed: HashSet<u64>,
    hashing: RandomState,
}

impl Unchanged {
    /// `known` is as of the run's beginning.
    pub fn new(known: Box<dyn Known>) -> Self {
        Unchanged {
            known,
            changed: HashSet::new(),
            hashing: RandomState::new(),
        }
    }

    /// Whether the document of this id is there as it would be taken in. It is not where the same run has replaced it: of two
    /// with one id the later one stays.
    ///
    /// # Errors
    /// Where what is known cannot be read.
    pub fn is(&mut self, id: &str, fingerprint: Fingerprint) -> Result<bool, FeedError> {
        match self.known.fingerprint(id)? {
            None => Ok(false),
            Some(_) if self.is_changed(id) => Ok(false),
            Some(known) if known == fingerprint => Ok(true),
            Some(_) => {
                self.changed.insert(self.hashing.hash_one(id));
                Ok(false)
            }
        }
    }

    fn is_changed(&self, id: &str) -> bool {
        !self.changed.is_empty() && self.changed.contains(&self.hashing.hash_one(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One;

    impl Known for One {
        fn fingerprint(&mut self, id: &str) -> Result<Option<Fingerprint>, FeedError> {
            Ok((id == "a").then_some(Fingerprint(1)))
        }
    }

    #[test]
    fn the_later_of_two_with_one_id_is_taken_in() {
        let mut unchanged = Unchanged::new(Box::new(One));
        let mut is = |id, print| unchanged.is(id, Fingerprint(print)).unwrap();
        assert!(is("a", 1) && is("a", 1));
        assert!(!is("b", 1) && !is("b", 1));
        assert!(!is("a", 2));
        assert!(!is("a", 1), "what is known was replaced");
    }
}
