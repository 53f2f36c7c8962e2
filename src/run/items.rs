//! What the reader hands on: documents and rejections in their order, each with a digest of all up to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::corpus::{Pace, Rejection};
use crate::document::Document;

/// Documents of a block for each thread that tags: enough for windows of like length to meet.
const DOCUMENTS_A_THREAD: usize = 32;
/// Bytes of text after which a block is full, for each thread: a second's work or two of the slowest cores, so that no more
/// than that is lost in a crash or waited for after Ctrl-C.
const BYTES_A_THREAD: usize = 64 << 10;

/// A document, or what is none.
pub type Item = Result<Document, Rejection>;

/// Where in its input a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Items before.
    pub items: u64,
    /// Of all of them.
    pub digest: Digest,
}

/// A hash over items in their order: each is hashed with the digest before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest with one more item.
    fn with(self, item: &Item) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        match item {
            Ok(document) => {
                part(document.id.as_bytes());
                part(document.text.as_bytes());
                let date = document.date.map(|date| date.to_string());
                for field in [&date, &document.title, &document.source] {
                    part(field.as_deref().unwrap_or("\0").as_bytes());
                }
                for (name, json) in &document.extra {
                    part(name.as_bytes());
                    part(json.as_bytes());
                }
            }
            Err(rejection) => part(rejection.to_string().as_bytes()),
        }
        let mut digest = Digest::default();
        digest.0.copy_from_slice(&hash.finalize()[..16]);
        digest
    }
}

impl Place {
    /// Behind one more item.
    fn after(self, item: &Item) -> Self {
        Place {
            items: self.items + 1,
            digest: self.digest.with(item),
        }
    }
}

/// Items that go their way together, each with the place behind it.
#[derive(Debug, Default)]
pub struct Block {
    /// In their order.
    pub items: Vec<(Item, Place)>,
    /// Bytes of their texts.
    pub bytes: usize,
}

/// How reading ended, or why it did not go on.
#[derive(Debug)]
pub enum Read {
    /// Some items.
    Block(Block),
    /// The input is read to its end.
    End,
    /// The items that an earlier run read are not those of today.
    Changed {
        /// How many there were.
        items: u64,
    },
    /// Asked to stop at the first rejection, and here it is; it counts as not read.
    Refused(Rejection),
}

/// Reads items and sends them in blocks, for as long as there is somebody to take them.
pub struct Reader {
    /// How far ahead it may be.
    pub pace: Arc<Pace>,
    /// Whether it is to stop.
    pub stop: Arc<AtomicBool>,
    /// How many threads tag.
    pub threads: usize,
    /// Whether the first rejection ends it.
    pub strict: bool,
    /// Where an earlier run stood: the items before are read and passed over, and must give the same digest.
    pub done: Place,
}

impl Reader {
    /// Goes through `items` to their end.
    pub fn run(self, items: impl Iterator<Item = Item>, into: &SyncSender<Read>) {
        let mut place = Place::default();
        let mut block = Block::default();
        let mut end = Read::End;
        let done = self.done.items;
        let documents = self.threads * DOCUMENTS_A_THREAD;
        let bytes = self.threads * BYTES_A_THREAD;
        for item in items {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            match item {
                Err(rejection) if self.strict && place.items >= done => {
                    end = Read::Refused(rejection);
                    break;
                }
                item => {
                    place = place.after(&item);
                    if place.items < done {
                        continue;
                    }
                    if place.items == done {
                        if place != self.done {
                            break;
                        }
                        continue;
                    }
                    block.bytes += item.as_ref().map_or(0, |document| document.text.len());
                    block.items.push((item, place));
                }
            }
            // Whoever waits for a document gets it at once: an input that comes slowly is tagged as it comes.
            let full = block.items.len() >= documents || block.bytes >= bytes;
            if (full || !block.items.is_empty() && self.pace.is_idle()) && !self.send(&mut block, into) {
                return;
            }
        }
        let stopped = self.stop.load(Ordering::Relaxed);
        if !stopped && place.items < done || place.items == done && place != self.done {
            end = Read::Changed { items: done };
        }
        if block.items.is_empty() || self.send(&mut block, into) {
            let _ = into.send(end);
        }
    }

    /// Hands a block on when there is room for it; false where nobody takes it.
    fn send(&self, block: &mut Block, into: &SyncSender<Read>) -> bool {
        let block = std::mem::take(block);
        self.pace.enter(block.bytes);
        into.send(Read::Block(block)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    fn item(number: usize) -> Item {
        match number % 5 {
            4 => Err(Rejection {
                source: "f".to_owned(),
                line: Some(number as u64),
                ..Rejection::default()
            }),
            _ => Ok(Document {
                id: number.to_string(),
                text: "x".to_owned(),
                ..Document::default()
            }),
        }
    }

    fn read(count: usize, done: Place, strict: bool) -> (Vec<Place>, Read) {
        let (send, receive) = sync_channel(1000);
        let reader = Reader {
            pace: Arc::default(),
            stop: Arc::default(),
            threads: 2,
            strict,
            done,
        };
        reader.run((0..count).map(item), &send);
        let mut places = Vec::new();
        loop {
            match receive.recv().unwrap() {
                Read::Block(block) => places.extend(block.items.iter().map(|(_, place)| *place)),
                end => return (places, end),
            }
        }
    }

    #[test]
    fn goes_on_behind_what_was_done_where_it_is_the_same() {
        let (whole, end) = read(1000, Place::default(), false);
        assert!(matches!(end, Read::End) && whole.len() == 1000);
        for done in [1, 4, 5, 256, 999, 1000] {
            let (rest, end) = read(1000, whole[done - 1], false);
            assert!(matches!(end, Read::End));
            assert_eq!(rest, whole[done..]);
        }
        let other = Place { items: 5, ..whole[5] };
        for (count, done) in [(1000, other), (4, whole[6])] {
            let (rest, end) = read(count, done, false);
            assert!(rest.is_empty() && matches!(end, Read::Changed { .. }), "{end:?}");
        }
    }

    #[test]
    fn strict_reading_stops_before_the_first_rejection() {
        let (read_, end) = read(1000, Place::default(), true);
        assert!(matches!(end, Read::Refused(_)) && read_.len() == 4, "{end:?}");
        // What was rejected before is no news.
        let (whole, _) = read(9, Place::default(), false);
        let (rest, end) = read(1000, whole[7], true);
        assert!(matches!(end, Read::Refused(_)) && rest.len() == 1, "{end:?}");
    }

    #[test]
    fn every_field_counts() {
        let document = Document {
            id: "a".to_owned(),
            text: "b".to_owned(),
            ..Document::default()
        };
        let place = |document: &Document| Place::default().after(&Ok(document.clone()));
        let other = [
            Document {
                id: "ab".to_owned(),
                text: String::new(),
                ..document.clone()
            },
            Document {
                title: Some(String::new()),
                ..document.clone()
            },
            Document {
                source: Some("b".to_owned()),
                ..document.clone()
            },
            Document {
                date: Some("2024".parse().unwrap()),
                ..document.clone()
            },
            Document {
                extra: vec![("a".to_owned(), "1".into())],
                ..document.clone()
            },
        ];
        let mut digests: Vec<[u8; 16]> = other.iter().map(|other| place(other).digest.0).collect();
        digests.push(place(&document).digest.0);
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 6);
    }
}
