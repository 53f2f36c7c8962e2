//! Which entities an upper layer hides, found out when somebody asks.

use std::sync::atomic::{AtomicU64, Ordering};

use super::EntityRef;
use super::index::Index;

/// What is known so far of the layers below the top one.
///
/// To compare all ids when a layer is laid on top would take seconds where either has millions; to compare them at each
/// look would cost a search for the id each time. So the first look decides, and two bits of memory keep the answer.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    /// For each layer, two bits an entity: asked before, and hidden.
    known: Vec<Box<[AtomicU64]>>,
}

const ASKED: u64 = 1;
const HIDDEN: u64 = 2;
const PER_WORD: u32 = 32;

impl Hidden {
    /// Knows nothing of these layers.
    pub fn new(layers: &[Index]) -> Self {
        let below = layers.split_last().map(|(_, below)| below).unwrap_or_default();
        let words = |index: &Index| index.len().div_ceil(PER_WORD as usize);
        Hidden {
            known: below
                .iter()
                .map(|index| (0..words(index)).map(|_| AtomicU64::new(0)).collect())
                .collect(),
        }
    }

    /// Whether a layer above has the entity's id.
    pub fn contains(&self, layers: &[Index], reference: EntityRef) -> bool {
        let layer = usize::from(reference.layer);
        let Some(known) = self.known.get(layer) else {
            return false;
        };
        let Some(word) = known.get((reference.ordinal / PER_WORD) as usize) else {
            return false;
        };
        let shift = reference.ordinal % PER_WORD * 2;
        let state = word.load(Ordering::Relaxed) >> shift;
        if state & ASKED != 0 {
            return state & HIDDEN != 0;
        }
        let id = layers[layer].id(reference.ordinal);
        let hidden = id.is_some_and(|id| {
            layers[layer + 1..]
                .iter()
                .any(|above| above.ordinal(id).is_some())
        });
        let state = ASKED | if hidden { HIDDEN } else { 0 };
        word.fetch_or(state << shift, Ordering::Relaxed);
        hidden
    }
}
