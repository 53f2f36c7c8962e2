//! The most frequent items of a stream, in memory that does not grow with it.

use std::collections::HashMap;
use std::hash::Hash;

/// Counts items, exactly while no more than `capacity` different ones come, and within known bounds after that.
///
/// The method is that of Anderson, Bevan, Lang, Liberty, Rhodes and Thaler, "A High-Performance Algorithm for Identifying
/// Frequent Items in Data Streams" (IMC 2017), a Misra-Gries summary that drops half of its counters at once: where they
/// are full, the smaller half goes, and the largest count that went is the most that any item outside can have.
pub struct FrequentItems<K> {
    capacity: usize,
    counters: HashMap<K, Counter>,
    floor: u64,
}

/// What is known of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Its weight at most.
    pub at_most: u64,
    /// Its weight at least.
    pub at_least: u64,
    /// How often it was added, at least.
    pub additions: u64,
}

impl<K: Hash + Eq> FrequentItems<K> {
    /// `capacity` in different items, at least one.
    pub fn new(capacity: usize) -> Self {
        FrequentItems {
            capacity: capacity.max(1),
            counters: HashMap::new(),
            floor: 0,
        }
    }

    /// Counts `item` with a weight above 0.
    pub fn add(&mut self, item: K, weight: u64) {
        if let Some(counter) = self.counters.get_mut(&item) {
            counter.at_most += weight;
            counter.at_least += weight;
            counter.additions += 1;
            return;
        }
        if self.counters.len() >= self.capacity {
            self.drop_half();
        }
        let counter = Counter {
            at_most: self.floor + weight,
            at_least: weight,
            additions: 1,
        };
        self.counters.insert(item, counter);
    }

    fn drop_half(&mut self) {
        let mut counts: Vec<u64> = self.counters.values().map(|counter| counter.at_most).collect();
        let middle = counts.len() / 2;
        let (_, &mut median, _) = counts.select_nth_unstable(middle);
        self.floor = median;
        self.counters.retain(|_, counter| counter.at_most > median);
    }

    /// What is known of `item`; `None` where it is not among those kept.
    pub fn get(&self, item: &K) -> Option<Counter> {
        self.counters.get(item).copied()
    }

    /// The most that an item can have that is not kept, and the most that a count can be too high: 0 while all counts are
    /// exact, and never more than twice the stream's weight over the capacity.
    pub fn error(&self) -> u64 {
        self.floor
    }

    /// The items that are kept, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, Counter)> {
        self.counters.iter().map(|(item, &counter)| (item, counter))
    }

    /// How many items are kept: all there were, while [`FrequentItems::error`] is 0.
    pub fn len(&self) -> usize {
        self.counters.len()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.counters.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exact_while_there_is_room() {
        let mut items = FrequentItems::new(3);
        for (item, weight) in [("a", 2), ("b", 1), ("a", 3), ("c", 1)] {
            items.add(item, weight);
        }
        let counter = items.get(&"a").unwrap();
        assert_eq!(
            (
                counter.at_most,
                counter.at_least,
                counter.additions,
                items.error()
            ),
            (5, 5, 2, 0)
        );
    }

    proptest! {
        #[test]
        fn bounds_hold(stream in prop::collection::vec((0u8..60, 1u64..4), 0..2000), capacity in 2usize..40) {
            let mut items = FrequentItems::new(capacity);
            let mut counts = HashMap::<u8, u64>::new();
            for &(item, weight) in &stream {
                items.add(item, weight);
                *counts.entry(item).or_default() += weight;
                prop_assert!(items.len() <= capacity);
            }
            for (item, count) in &counts {
                match items.get(item) {
                    Some(counter) => prop_assert!(counter.at_least <= *count && *count <= counter.at_most),
                    None => prop_assert!(*count <= items.error()),
                }
            }
            let total: u64 = counts.values().sum();
            prop_assert!(items.error() <= 2 * total / capacity as u64);
        }
    }
}
