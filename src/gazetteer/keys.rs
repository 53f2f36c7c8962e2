//! Maps of keys to numbers: an `fst`, walked by hand, so that only blocks that were verified are read, and so that
//! keys one edit away are found beside the exact one.

use fst::raw::{Fst, Node, Output};

use super::blocks::Section;
use crate::panics::caught;

/// The most bytes of a node: state, number and sizes (1 each), 256 inputs and their index, 256 addresses and
/// outputs, final output (8 each).
const NODE_BYTES: usize = 3 + 2 * 256 + (2 * 256 + 1) * 8;
/// Bytes around an `fst`'s nodes: two numbers in front; behind, length, root and checksum.
const FST_FRONT: usize = 16;
const FST_BACK: usize = 20;

/// Characters that a key must have, and one that is found, before a single edit is no other name.
pub const FUZZY_LEAST: usize = 5;

/// A map of keys to numbers.
pub(super) struct Keys {
    fst: Fst<Section>,
}

/// A node, and the sum of the outputs on the way to it.
#[derive(Clone, Copy)]
struct State<'k> {
    node: Node<'k>,
    output: Output,
}

impl Keys {
    /// The map in a section; `None` where that is damaged.
    pub fn new(section: Section) -> Option<Self> {
        let length = section.len();
        section.get(0, FST_FRONT)?;
        section.get(length.saturating_sub(NODE_BYTES + FST_BACK), length)?;
        Some(Keys {
            fst: Fst::new(section).ok()?,
        })
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.fst.len()
    }

    /// The number of the key that is `namespace` and `key` one behind the other.
    pub fn get(&self, namespace: &str, key: &str) -> Option<u64> {
        self.guarded(|| {
            let start = self.follow(self.root(), namespace.as_bytes())?;
            final_output(&self.follow(start, key.as_bytes())?)
        })
        .flatten()
    }

    /// Gives `found` the numbers of keys of `namespace` that become `key` by inserting, deleting or substituting one
    /// character or exchanging two neighbours, where the first `exact` characters of `key` stay as they are; `key` itself is not among them, nor is any shorter than [`FUZZY_LEAST`] characters.
    ///
    /// The way to the edit and the way after it are exact, so that only the characters that follow a prefix of `key` are
    /// tried, not every character there is.
    pub fn one_edit_away(&self, namespace: &str, key: &str, exact: usize, found: &mut impl FnMut(u64)) {
        let at = |character: usize| key.char_indices().nth(character).map_or(key.len(), |(at, _)| at);
        let (exact, rest) = key.split_at(at(exact));
        let may_shrink = key.chars().count() > FUZZY_LEAST;
        self.guarded(|| {
            let start = self.follow(self.root(), namespace.as_bytes());
            let start = start.and_then(|start| self.follow(start, exact.as_bytes()));
            if let Some(start) = start {
                self.edit(start, rest, may_shrink, found);
            }
        });
    }

    fn edit<'k>(&'k self, mut state: State<'k>, key: &str, may_shrink: bool, found: &mut impl FnMut(u64)) {
        let mut before = None;
        let mut rest = key;
        loop {
            let mut ahead = rest.chars();
            let next = ahead.next();
            let after = ahead.as_str();
            let mut end = |from: &State<'_>, bytes: &str| {
                let end = self.follow(*from, bytes.as_bytes());
                if let Some(number) = end.as_ref().and_then(final_output) {
                    found(number);
                }
            };
            // Deleting either of two equal neighbours is the same.
            if next.is_some() && next != before && may_shrink {
                end(&state, after);
            }
            if let (Some(one), Some(other)) = (next, ahead.next())
                && one != other
                && let Some(exchanged) = self.follow_char(state, other)
                && let Some(exchanged) = self.follow_char(exchanged, one)
            {
                end(&exchanged, ahead.as_str());
            }
            self.each_char(state, &mut |character, there| {
                // One in the place of itself is no edit; one before itself is the same as one behind itself, which is
                // found further on. Punctuation parts namespaces.
                if Some(character) == next || !character.is_alphanumeric() {
                    return;
                }
                if next.is_some() {
                    end(&there, after);
                }
                end(&there, rest);
            });
            let Some(character) = next else { return };
            match self.follow_char(state, character) {
                Some(there) => state = there,
                None => return,
            }
            (before, rest) = (next, after);
        }
    }

    /// Gives `visit` every character that leads on from `state`, with the state that it leads to.
    fn each_char<'k>(&'k self, state: State<'k>, visit: &mut impl FnMut(char, State<'k>)) {
        for transition in state.node.transitions() {
            let Some(node) = self.node(transition.addr) else {
                continue;
            };
            let there = State {
                node,
                output: state.output.cat(transition.out),
            };
            match transition.inp {
                byte @ ..0x80 => visit(char::from(byte), there),
                byte => self.rest_of_char([byte, 0, 0, 0], 1, there, visit),
            }
        }
    }

    fn rest_of_char<'k>(
        &'k self,
        bytes: [u8; 4],
        length: usize,
        state: State<'k>,
        visit: &mut impl FnMut(char, State<'k>),
    ) {
        if let Some(character) = std::str::from_utf8(&bytes[..length])
            .ok()
            .and_then(|text| text.chars().next())
        {
            return visit(character, state);
        }
        if length == bytes.len() {
            return;
        }
        for transition in state.node.transitions() {
            if let Some(node) = self.node(transition.addr) {
                let mut longer = bytes;
                longer[length] = transition.inp;
                let output = state.output.cat(transition.out);
                self.rest_of_char(longer, length + 1, State { node, output }, visit);
            }
        }
    }

    fn root(&self) -> State<'_> {
        State {
            node: self.fst.root(),
            output: Output::zero(),
        }
    }

    fn follow_char<'k>(&'k self, state: State<'k>, character: char) -> Option<State<'k>> {
        self.follow(state, character.encode_utf8(&mut [0; 4]).as_bytes())
    }

    fn follow<'k>(&'k self, mut state: State<'k>, bytes: &[u8]) -> Option<State<'k>> {
        for &byte in bytes {
            let transition = state.node.transition(state.node.find_input(byte)?);
            state = State {
                node: self.node(transition.addr)?,
                output: state.output.cat(transition.out),
            };
        }
        Some(state)
    }

    /// The node at `address`, which is its last byte's; `None` where it is damaged.
    fn node(&self, address: usize) -> Option<Node<'_>> {
        let start = address.saturating_sub(NODE_BYTES);
        self.fst.as_inner().get(start, address + 1)?;
        Some(self.fst.node(address))
    }

    /// A map forged with right checksums can lead `fst` out of its bounds, where it panics: such a map holds nothing.
    fn guarded<T>(&self, walk: impl FnOnce() -> T) -> Option<T> {
        let walked = caught(walk);
        if walked.is_none() {
            self.fst.as_inner().note_damage();
        }
        walked
    }
}

fn final_output(state: &State<'_>) -> Option<u64> {
    state
        .node
        .is_final()
        .then(|| state.output.cat(state.node.final_output()).value())
}
