//! Scores of windows seen before: wire services send the same paragraphs again.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::Array2;

use crate::tokenize::Window;

/// Bytes that a cache holds, about.
pub const CACHE_BYTES: usize = 64 << 20;
/// Parts with a lock each, so that threads seldom wait for one another.
const SHARDS: usize = 32;
/// Bytes of an entry besides its tokens and scores, about.
const ENTRY: usize = 128;

/// A window whole, so that no two have one key: what the model reads of it, and where its words begin.
type Key = Box<[u32]>;

/// Scores of windows' words, `[words, labels]`, in bounded memory.
///
/// Each part holds two generations: where the young one is full it becomes the old one, whose entries are forgotten unless
/// they were asked for meanwhile. What is found is what the model would compute: it looks at nothing but a window's tokens.
#[derive(Debug)]
pub struct WindowScores {
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
    /// Bytes of a shard's generation.
    generation: usize,
}

#[derive(Debug, Default)]
struct Shard {
    young: HashMap<Key, Arc<Array2<f32>>>,
    old: HashMap<Key, Arc<Array2<f32>>>,
    /// Bytes of the young ones.
    bytes: usize,
}

impl WindowScores {
    /// An empty cache of about `bytes`.
    pub fn new(bytes: usize) -> Self {
        WindowScores {
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            generation: bytes / SHARDS / 2,
        }
    }

    /// The scores of an equal window.
    pub fn get(&self, window: &Window) -> Option<Arc<Array2<f32>>> {
        let key = key(window);
        let mut shard = self.shard(&key);
        if let Some(scores) = shard.young.get(&key) {
            return Some(Arc::clone(scores));
        }
        let (key, scores) = shard.old.remove_entry(&key)?;
        shard.keep(key, Arc::clone(&scores), self.generation);
        Some(scores)
    }

    /// Keeps the scores of a window.
    pub fn keep(&self, window: &Window, scores: Arc<Array2<f32>>) {
        let key = key(window);
        self.shard(&key).keep(key, scores, self.generation);
    }

    fn shard(&self, key: &Key) -> std::sync::MutexGuard<'_, Shard> {
        let shard = self.hasher.hash_one(key) as usize % SHARDS;
        // A map is whole between any two calls, whatever panics.
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(window: &Window) -> Key {
    let tokens = window.token_ids.len();
    let mut key = Vec::with_capacity(1 + 2 * tokens + window.first_tokens.len());
    key.push(tokens as u32);
    key.extend_from_slice(&window.token_ids);
    key.extend_from_slice(&window.token_types);
    // "3.5" is one word and "3 . 5" are three, of the same tokens.
    key.extend(window.first_tokens.iter().map(|token| token.unwrap_or(u32::MAX)));
    key.into()
}

impl Shard {
    fn keep(&mut self, key: Key, scores: Arc<Array2<f32>>, generation: usize) {
        let bytes = ENTRY + size_of_val(&*key) + size_of::<f32>() * scores.len();
        if self.bytes + bytes > generation {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        if bytes <= generation && self.young.insert(key, scores).is_none() {
            self.bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(ids: &[u32], types: &[u32], first_tokens: &[Option<u32>]) -> Window {
        Window {
            token_ids: ids.to_vec(),
            token_types: types.to_vec(),
            words: 0..first_tokens.len(),
            first_tokens: first_tokens.to_vec(),
        }
    }

    fn scores(value: f32) -> Arc<Array2<f32>> {
        Arc::new(Array2::from_elem((10, 9), value))
    }

    #[test]
    fn ids_types_and_words_all_tell_windows_apart() {
        let windows = [
            window(&[1, 2], &[0, 0], &[Some(1)]),
            window(&[1, 2], &[0, 1], &[Some(1)]),
            window(&[2, 1], &[0, 0], &[Some(1)]),
            window(&[1, 2, 0], &[1, 2, 0], &[Some(1)]),
            window(&[1, 2, 3, 4], &[0; 4], &[Some(1)]),
            window(&[1, 2, 3, 4], &[0; 4], &[Some(1), Some(2)]),
            window(&[1, 2, 3, 4], &[0; 4], &[Some(1), None]),
        ];
        let cache = WindowScores::new(1 << 20);
        for (value, window) in windows.iter().enumerate() {
            assert!(cache.get(window).is_none(), "{window:?}");
            cache.keep(window, scores(value as f32));
        }
        for (value, window) in windows.iter().enumerate() {
            assert_eq!(cache.get(window).map(|scores| scores[[0, 0]]), Some(value as f32));
        }
    }

    #[test]
    fn memory_is_bounded_and_what_is_asked_for_stays() {
        let bytes = 400_000;
        let cache = WindowScores::new(bytes);
        let asked_for = window(&[7; 20], &[0; 20], &[None]);
        cache.keep(&asked_for, scores(7.0));
        for id in 100..20_000 {
            cache.keep(&window(&[id; 20], &[0; 20], &[None]), scores(0.0));
            assert!(cache.get(&asked_for).is_some(), "forgotten after {id}");
        }
        let kept: usize = (cache.shards.iter())
            .map(|shard| {
                shard
                    .lock()
                    .map(|shard| shard.young.len() + shard.old.len())
                    .unwrap()
            })
            .sum();
        let entry = ENTRY + 168 + 360;
        assert!(
            kept * entry <= bytes && kept * entry > bytes / 3,
            "{kept} entries"
        );
        let huge = Arc::new(Array2::zeros((10_000, 9)));
        cache.keep(&asked_for, huge);
        assert!(cache.get(&window(&[100; 20], &[0; 20], &[None])).is_none());
    }
}
