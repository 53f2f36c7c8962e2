//! The compiled index: a block of bytes in which names are found without decoding the rest.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | [`MAGIC`] |
//! | 4 | [`VERSION`], little-endian as all numbers here |
//! | 32 | SHA-256 of all that follows |
//! | 16 × [`SECTIONS`] | each section's offset from the block's start and its length, 8 bytes each |
//! | … | the sections |
//!
//! The sections in order: counts (entities, and how many of them, standing first, are countries); an `fst` map
//! of keys to offsets in the postings; the postings; an `fst` map of ids to ordinals; offsets of the entities,
//! 8 bytes each and one more; the entities in postcard's encoding, decoded one at a time when asked for.
//!
//! Keys hold only letters and digits, so a punctuation mark in front parts the namespaces: plain names,
//! [`NAMESPACE_SURNAME`], [`NAMESPACE_HEADS`] and [`NAMESPACE_GENERIC`].

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::entity::Entity;
use super::posting::{Posting, read_postings, read_varint};

/// First bytes of an index.
pub const MAGIC: &[u8; 8] = b"NOMNAMES";
/// The layout's version; another one is refused.
pub const VERSION: u32 = 1;
/// Sections of the layout.
pub const SECTIONS: usize = 6;
/// Offset of the first byte that the checksum covers.
pub const CHECKED_FROM: usize = 8 + 4 + 32;
/// Stands before the key of a family name, kept apart from full names.
pub const NAMESPACE_SURNAME: &str = "~";
/// Stands before a country's code in small letters, under which its heads are listed.
pub const NAMESPACE_HEADS: &str = "@";
/// Stands before the key of a body's name without its country.
pub const NAMESPACE_GENERIC: &str = "=";

/// Why bytes are no index.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum IndexError {
    /// The first bytes are not an index's.
    #[error("this is no gazetteer index: expected it to begin with 'NOMNAMES'")]
    NoIndex,
    /// Written by a program of another version.
    #[error(
        "the gazetteer index has format version {found}, this program reads version {VERSION}: compile it again"
    )]
    Version {
        /// The version found.
        found: u32,
    },
    /// The checksum does not agree.
    #[error("the gazetteer index is damaged: its SHA-256 checksum does not agree with its content")]
    Checksum,
    /// A part does not hold what it should.
    #[error("the gazetteer index is damaged: its {part} cannot be read")]
    Damaged {
        /// Which part.
        part: &'static str,
    },
}

/// Bytes inside the program or read from elsewhere.
#[derive(Clone)]
enum Bytes {
    Embedded(&'static [u8]),
    Shared(Arc<[u8]>),
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Bytes::Embedded(bytes) => bytes,
            Bytes::Shared(bytes) => bytes,
        }
    }
}

/// One section of an index; all sections share its bytes.
#[derive(Clone)]
struct Section {
    bytes: Bytes,
    range: Range<usize>,
}

impl AsRef<[u8]> for Section {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref().get(self.range.clone()).unwrap_or_default()
    }
}

/// An opened index.
pub struct Index {
    names: fst::Map<Section>,
    postings: Section,
    ids: fst::Map<Section>,
    offsets: Section,
    entities: Section,
    entity_count: u32,
    country_count: u32,
    checksum: [u8; 32],
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index")
            .field("names", &self.names.len())
            .field("entities", &self.entity_count)
            .finish_non_exhaustive()
    }
}

impl Index {
    /// Opens an index whose bytes may have changed since they were compiled: reads them all once.
    ///
    /// # Errors
    /// Where they are no index, of another version, or damaged.
    pub fn open(bytes: impl Into<Arc<[u8]>>) -> Result<Self, IndexError> {
        let bytes = bytes.into();
        let index = Self::open_bytes(&Bytes::Shared(Arc::clone(&bytes)))?;
        if Sha256::digest(&bytes[CHECKED_FROM..])[..] != index.checksum {
            return Err(IndexError::Checksum);
        }
        Ok(index)
    }

    /// Opens the index inside the program. Those bytes are trusted: the checksum is not computed anew, so that
    /// opening takes microseconds.
    ///
    /// # Errors
    /// As [`Index::open`], the checksum aside.
    pub fn open_embedded(bytes: &'static [u8]) -> Result<Self, IndexError> {
        Self::open_bytes(&Bytes::Embedded(bytes))
    }

    fn open_bytes(bytes: &Bytes) -> Result<Self, IndexError> {
        let damaged = |part| IndexError::Damaged { part };
        let (magic, rest) = bytes
            .as_ref()
            .split_first_chunk::<8>()
            .ok_or(IndexError::NoIndex)?;
        if magic != MAGIC {
            return Err(IndexError::NoIndex);
        }
        let (version, rest) = rest.split_first_chunk::<4>().ok_or(damaged("header"))?;
        let found = u32::from_le_bytes(*version);
        if found != VERSION {
            return Err(IndexError::Version { found });
        }
        let (&checksum, rest) = rest.split_first_chunk::<32>().ok_or(damaged("header"))?;

        let section = |at: usize, part| {
            let table = rest.get(at * 16..at * 16 + 16).ok_or(damaged(part))?;
            let number = |range: Range<usize>| {
                let bytes = table[range].try_into().map_err(|_| damaged(part))?;
                usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| damaged(part))
            };
            let (start, length) = (number(0..8)?, number(8..16)?);
            let end = start
                .checked_add(length)
                .filter(|&end| end <= bytes.as_ref().len())
                .ok_or(damaged(part))?;
            Ok(Section {
                bytes: bytes.clone(),
                range: start..end,
            })
        };
        let map = |at, part| fst::Map::new(section(at, part)?).map_err(|_| damaged(part));
        let counts = section(0, "table of counts")?;
        let mut counts = counts.as_ref();
        let mut count = || read_varint(&mut counts).and_then(|count| u32::try_from(count).ok());
        let entity_count = count().ok_or(damaged("table of counts"))?;
        let country_count = count()
            .filter(|&countries| countries <= entity_count)
            .ok_or(damaged("table of counts"))?;
        Ok(Index {
            names: map(1, "table of names")?,
            postings: section(2, "table of postings")?,
            ids: map(3, "table of ids")?,
            offsets: section(4, "table of offsets")?,
            entities: section(5, "table of entities")?,
            entity_count,
            country_count,
            checksum,
        })
    }

    /// The SHA-256 of the content, which names this gazetteer.
    pub fn checksum(&self) -> [u8; 32] {
        self.checksum
    }

    /// Number of entities.
    pub fn len(&self) -> usize {
        self.entity_count as usize
    }

    /// Whether there are no entities.
    pub fn is_empty(&self) -> bool {
        self.entity_count == 0
    }

    /// Number of different keys, those of family names and generic names among them.
    pub fn key_count(&self) -> usize {
        self.names.len()
    }

    /// Ordinals of the countries.
    pub fn countries(&self) -> Range<u32> {
        0..self.country_count
    }

    /// The entities under `key` in `namespace`; none where the index is damaged.
    pub fn postings(&self, namespace: &str, key: &str) -> Vec<Posting> {
        get(&self.names, &format!("{namespace}{key}"))
            .and_then(|offset| usize::try_from(offset).ok())
            .and_then(|offset| self.postings.as_ref().get(offset..))
            .and_then(read_postings)
            .unwrap_or_default()
    }

    /// The ordinal of the entity with this id.
    pub fn ordinal(&self, id: &str) -> Option<u32> {
        get(&self.ids, id).and_then(|ordinal| u32::try_from(ordinal).ok())
    }

    /// Decodes one entity; `None` where there is none or the index is damaged.
    pub fn entity(&self, ordinal: u32) -> Option<Entity> {
        let offset = |at: usize| -> Option<usize> {
            let start = at.checked_mul(8)?;
            let bytes = self.offsets.as_ref().get(start..start.checked_add(8)?)?;
            usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()
        };
        let at = usize::try_from(ordinal).ok()?;
        let blob = self.entities.as_ref().get(offset(at)?..offset(at + 1)?)?;
        postcard::from_bytes(blob).ok()
    }
}

/// Looks a key up. A map forged with a right checksum can lead `fst` out of its bounds, where it panics:
/// such a map holds nothing.
fn get(map: &fst::Map<Section>, key: &str) -> Option<u64> {
    catch_unwind(AssertUnwindSafe(|| map.get(key))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::compile::compile;
    use super::super::record::Record;
    use super::*;

    fn bytes() -> Vec<u8> {
        let lines = include_str!("../../tests/fixtures/gazetteer.jsonl");
        let records: Vec<Record> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        compile(&records, &[]).unwrap()
    }

    #[test]
    fn every_entity_is_found_by_its_name_and_id() {
        let index = Index::open(bytes()).unwrap();
        assert!(index.len() > 20);
        for ordinal in 0..index.len() as u32 {
            let entity = index.entity(ordinal).unwrap();
            assert_eq!(index.ordinal(&entity.id), Some(ordinal));
            let key = super::super::key::fold(&entity.name);
            assert!(
                index
                    .postings("", &key)
                    .iter()
                    .any(|posting| posting.entity == ordinal),
                "{}",
                entity.name
            );
        }
        assert_eq!(index.entity(index.len() as u32), None);
        assert_eq!(index.entity(u32::MAX), None);
    }

    #[test]
    fn damage_and_other_versions_are_named() {
        let good = bytes();
        assert_eq!(Index::open(b"PK".to_vec()).unwrap_err(), IndexError::NoIndex);
        assert_eq!(
            Index::open(b"something else".to_vec()).unwrap_err(),
            IndexError::NoIndex
        );
        let mut other = good.clone();
        other[8] = 9;
        assert_eq!(Index::open(other).unwrap_err(), IndexError::Version { found: 9 });
        for at in [20, 60, good.len() / 2, good.len() - 1] {
            let mut flipped = good.clone();
            flipped[at] ^= 1;
            assert!(Index::open(flipped).is_err(), "byte {at}");
        }
        for cut in (0..good.len()).step_by(97) {
            assert!(Index::open(good[..cut].to_vec()).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn a_forged_index_does_not_panic() {
        let good = bytes();
        let silent = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        for at in (CHECKED_FROM..good.len()).step_by(13) {
            for mask in [1, 0x80, 0xff] {
                let mut forged = good.clone();
                forged[at] ^= mask;
                let checksum = Sha256::digest(&forged[CHECKED_FROM..]);
                forged[12..CHECKED_FROM].copy_from_slice(&checksum);
                if let Ok(index) = Index::open(forged) {
                    for key in ["northkorea", "us", "aims", "zz"] {
                        for posting in index.postings("", key) {
                            index.entity(posting.entity);
                        }
                    }
                    index.ordinal("Q423");
                }
            }
        }
        std::panic::set_hook(silent);
    }
}
