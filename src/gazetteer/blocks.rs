//! An index's bytes, wherever they lie, verified block by block when they are first used.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use mmap_guard::FileData;
use sha2::{Digest, Sha256};

use super::index::IndexError;
use super::layout::{BLOCK, CHECKSUM, HEADER};
use super::posting::read_varint;

/// The most bytes of a varint.
const VARINT_MOST: usize = 10;

/// Where an index's bytes lie.
#[derive(Clone)]
pub(super) enum Bytes {
    /// Inside the program.
    Embedded(&'static [u8]),
    /// In memory.
    Owned(Arc<[u8]>),
    /// In a file that is mapped into memory.
    Mapped(Arc<FileData>),
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Bytes::Embedded(bytes) => bytes,
            Bytes::Owned(bytes) => bytes,
            Bytes::Mapped(file) => file,
        }
    }
}

const NONE: usize = 0;
/// Damage that no checksum shows: where it is, is not known.
const UNPLACED: usize = usize::MAX;

/// The content's blocks and what is known of them.
pub(super) struct Blocks {
    bytes: Bytes,
    /// Where the content ends and the table of blocks begins.
    content_end: usize,
    /// A bit for each block that was found whole; absent where the bytes are trusted.
    whole: Option<Box<[AtomicU64]>>,
    /// What damage was met: [`NONE`], a block's offset, or [`UNPLACED`].
    damage: AtomicUsize,
}

impl Blocks {
    /// Blocks of bytes whose header and table were checked; `trusted` ones are never verified.
    pub fn new(bytes: Bytes, content_end: usize, trusted: bool) -> Self {
        let words = (content_end - HEADER).div_ceil(BLOCK).div_ceil(64);
        Blocks {
            bytes,
            content_end,
            whole: (!trusted).then(|| (0..words).map(|_| AtomicU64::new(0)).collect()),
            damage: AtomicUsize::new(NONE),
        }
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// Whether all blocks that `range` touches are whole, each computed on its first use. `range` lies in the content.
    fn verify(&self, range: Range<usize>) -> bool {
        let Some(whole) = &self.whole else { return true };
        if range.is_empty() {
            return true;
        }
        let (first, last) = ((range.start - HEADER) / BLOCK, (range.end - 1 - HEADER) / BLOCK);
        (first..=last).all(|block| {
            // Nothing is published with a bit: a thread that misses it computes the same again.
            let known = whole[block / 64].load(Ordering::Relaxed) & (1 << (block % 64)) != 0;
            known || self.verify_block(block, whole)
        })
    }

    #[cold]
    fn verify_block(&self, block: usize, whole: &[AtomicU64]) -> bool {
        let start = HEADER + block * BLOCK;
        let content = &self.bytes()[start..(start + BLOCK).min(self.content_end)];
        let expected = &self.bytes()[self.content_end + block * CHECKSUM..][..CHECKSUM];
        if Sha256::digest(content)[..] != *expected {
            self.damage.store(start, Ordering::Relaxed);
            return false;
        }
        whole[block / 64].fetch_or(1 << (block % 64), Ordering::Relaxed);
        true
    }

    /// Verifies every block.
    ///
    /// # Errors
    /// Names the first that is damaged.
    pub fn verify_all(&self) -> Result<(), IndexError> {
        for start in (HEADER..self.content_end).step_by(BLOCK) {
            if !self.verify(start..start + 1) {
                return Err(IndexError::Block { offset: start });
            }
        }
        Ok(())
    }

    /// The damage that was met last, if any.
    pub fn damage(&self) -> Option<IndexError> {
        match self.damage.load(Ordering::Relaxed) {
            NONE => None,
            UNPLACED => Some(IndexError::Damaged { part: "content" }),
            offset => Some(IndexError::Block { offset }),
        }
    }

    /// Notes damage that no checksum shows.
    #[cold]
    pub fn note_damage(&self) {
        self.damage.store(UNPLACED, Ordering::Relaxed);
    }
}

/// One section of an index.
#[derive(Clone)]
pub(super) struct Section {
    blocks: Arc<Blocks>,
    range: Range<usize>,
}

impl Section {
    /// The section at `range` of the file, which lies in the content.
    pub fn new(blocks: Arc<Blocks>, range: Range<usize>) -> Self {
        Section { blocks, range }
    }

    /// Bytes in the section.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// The bytes at `start..end` of the section; `None` where it is shorter or they are damaged.
    pub fn get(&self, start: usize, end: usize) -> Option<&[u8]> {
        if start > end || end > self.len() {
            return None;
        }
        let range = self.range.start + start..self.range.start + end;
        self.blocks
            .verify(range.clone())
            .then(|| &self.blocks.bytes()[range])
    }

    /// The number of 8 bytes at `start` of the section.
    pub fn number(&self, start: usize) -> Option<u64> {
        let bytes = self.get(start, start.checked_add(8)?)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    /// The bytes whose length stands before them as a varint at `start` of the section, and where they end.
    pub fn sized(&self, start: usize) -> Option<(&[u8], usize)> {
        let most = self.get(start, start.checked_add(VARINT_MOST)?.min(self.len()))?;
        let mut rest = most;
        let length = usize::try_from(read_varint(&mut rest)?).ok()?;
        let start = start + most.len() - rest.len();
        let end = start.checked_add(length)?;
        Some((self.get(start, end)?, end))
    }

    /// Notes damage that no checksum shows.
    pub fn note_damage(&self) {
        self.blocks.note_damage();
    }
}

/// Unverified: for `fst`, whose nodes are verified before they are read.
impl AsRef<[u8]> for Section {
    fn as_ref(&self) -> &[u8] {
        &self.blocks.bytes()[self.range.clone()]
    }
}
