//! The compiled index: a block of bytes in which names are found without decoding the rest.
//!
//! [`super::layout`] says how the bytes lie. An index in a file is mapped into memory, so that it costs no heap however
//! large it is, and its pages are shared between programs. Opening verifies the header and the table of blocks; each
//! block of the content is verified when it is first used, or all of them by [`Index::verify_all`].

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blocks::{Blocks, Bytes, Section};
use super::entity::{Entity, Provenance};
use super::keys::Keys;
use super::layout::{BLOCK, CHECKED_FROM, CHECKSUM, HEADER, Header, MAGIC, Part, VERSION, checksum};
use super::posting::{NameSort, Posting, Postings};
use super::record::AliasType;
use super::slots::{self, SLOT};

pub use super::keys::FUZZY_LEAST;
pub use super::layout::{NAMESPACE_GENERIC, NAMESPACE_HEADS, NAMESPACE_SURNAME};

/// Why bytes are no index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The file cannot be opened or mapped.
    #[error("cannot open the gazetteer index: {0}")]
    Open(#[from] std::io::Error),
    /// The first bytes are not an index's.
    #[error(
        "this is no gazetteer index: expected it to begin with 'NOMNAMES', as 'nomenclator gazetteer build' writes it"
    )]
    NoIndex,
    /// Written by a program of another version.
    #[error(
        "format version {found}, this program reads version {VERSION}: build it again with 'nomenclator gazetteer build'"
    )]
    Version {
        /// The version found.
        found: u32,
    },
    /// The file ends early, or goes on behind its end.
    #[error("the gazetteer index is damaged: it has {found} bytes, expected {expected}")]
    Length {
        /// Bytes found.
        found: u64,
        /// Bytes that the header says.
        expected: u64,
    },
    /// The header's checksum does not agree.
    #[error("the gazetteer index is damaged: the SHA-256 checksum of its header does not agree with it")]
    Checksum,
    /// A block's checksum does not agree.
    #[error(
        "the gazetteer index is damaged: the SHA-256 checksum of the {BLOCK} bytes from byte {offset} on does not agree \
         with them"
    )]
    Block {
        /// Where the block begins, bytes from the file's start.
        offset: usize,
    },
    /// A part does not hold what it should.
    #[error("the gazetteer index is damaged: its {part} cannot be read")]
    Damaged {
        /// Which part.
        part: &'static str,
    },
}

/// An opened index.
pub struct Index {
    blocks: Arc<Blocks>,
    names: Keys,
    reversed: Keys,
    slots: Section,
    postings: Section,
    ids: Keys,
    offsets: Section,
    entities: Section,
    entity_count: u32,
    country_count: u32,
    checksum: [u8; CHECKSUM],
    path: Option<PathBuf>,
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
        let index = Self::open_bytes(Bytes::Owned(bytes.into()), false)?;
        index.verify_all()?;
        Ok(index)
    }

    /// Opens the index in a file, mapped into memory.
    ///
    /// The file must not be written to while it is open: a program that shortens it makes this one end with SIGBUS,
    /// as with every mapped file. `nomenclator gazetteer build` never writes to one that is there but puts a new file in
    /// its place, and a lock (advisory, shared) keeps those away that ask for it.
    ///
    /// # Errors
    /// Where it cannot be opened, is no index, of another version, or its header is damaged.
    pub fn open_file(path: &Path) -> Result<Self, IndexError> {
        if std::fs::metadata(path)?.len() == 0 {
            return Err(IndexError::NoIndex);
        }
        let file = Arc::new(mmap_guard::map_file(path)?);
        Ok(Index {
            path: Some(path.to_owned()),
            ..Self::open_bytes(Bytes::Mapped(file), false)?
        })
    }

    /// Opens the index inside the program. Those bytes are trusted: no checksum is computed, so that opening takes
    /// microseconds.
    ///
    /// # Errors
    /// As [`Index::open`], the checksums aside.
    pub fn open_embedded(bytes: &'static [u8]) -> Result<Self, IndexError> {
        Self::open_bytes(Bytes::Embedded(bytes), true)
    }

    /// Opens an index that this program has just compiled; its bytes are trusted too.
    ///
    /// # Errors
    /// As [`Index::open`], the checksums aside.
    pub fn open_compiled(bytes: Vec<u8>) -> Result<Self, IndexError> {
        Self::open_bytes(Bytes::Owned(bytes.into()), true)
    }

    fn open_bytes(bytes: Bytes, trusted: bool) -> Result<Self, IndexError> {
        let damaged = |part| IndexError::Damaged { part };
        let all = bytes.as_ref();
        let (magic, rest) = all.split_first_chunk::<8>().ok_or(IndexError::NoIndex)?;
        if magic != MAGIC {
            return Err(IndexError::NoIndex);
        }
        let (version, rest) = rest.split_first_chunk::<4>().ok_or(damaged("header"))?;
        let found = u32::from_le_bytes(*version);
        if found != VERSION {
            return Err(IndexError::Version { found });
        }
        let (&expected, _) = rest.split_first_chunk::<CHECKSUM>().ok_or(damaged("header"))?;
        let rest = all.get(CHECKED_FROM..HEADER).ok_or(damaged("header"))?;
        let header = Header::decode(rest).ok_or(damaged("header"))?;
        if header.length != all.len() as u64 {
            return Err(IndexError::Length {
                found: all.len() as u64,
                expected: header.length,
            });
        }
        let (last_start, last_length) = header.sections[Part::Entities as usize];
        let content_end = (last_start.checked_add(last_length))
            .and_then(|end| usize::try_from(end).ok())
            .filter(|&end| (HEADER..=all.len()).contains(&end))
            .ok_or(damaged("header"))?;
        let table = &all[content_end..];
        if table.len() != (content_end - HEADER).div_ceil(BLOCK) * CHECKSUM {
            return Err(damaged("table of blocks"));
        }
        if !trusted && checksum(rest, table) != expected {
            return Err(IndexError::Checksum);
        }
        if header.countries > header.entities {
            return Err(damaged("header"));
        }

        let blocks = Arc::new(Blocks::new(bytes, content_end, trusted));
        let section = |part: Part, name| {
            let (start, length) = header.sections[part as usize];
            let start = usize::try_from(start).map_err(|_| damaged(name))?;
            let length = usize::try_from(length).map_err(|_| damaged(name))?;
            let end = start
                .checked_add(length)
                .filter(|&end| start >= HEADER && end <= content_end)
                .ok_or(damaged(name))?;
            Ok::<_, IndexError>(Section::new(Arc::clone(&blocks), start..end))
        };
        let keys = |part, name| {
            let keys = Keys::new(section(part, name)?);
            keys.ok_or_else(|| blocks.damage().unwrap_or(damaged(name)))
        };
        let offsets = section(Part::Offsets, "table of offsets")?;
        if offsets.len() as u64 != (u64::from(header.entities) + 1) * 8 {
            return Err(damaged("table of offsets"));
        }
        Ok(Index {
            names: keys(Part::Names, "table of names")?,
            reversed: keys(Part::Reversed, "table of reversed names")?,
            slots: section(Part::Slots, "table of slots")?,
            postings: section(Part::Postings, "table of postings")?,
            ids: keys(Part::Ids, "table of ids")?,
            offsets,
            entities: section(Part::Entities, "table of entities")?,
            blocks: Arc::clone(&blocks),
            entity_count: header.entities,
            country_count: header.countries,
            checksum: expected,
            path: None,
        })
    }

    /// Verifies every block of the content: reads the whole index once.
    ///
    /// # Errors
    /// Where one is damaged.
    pub fn verify_all(&self) -> Result<(), IndexError> {
        self.blocks.verify_all()
    }

    /// The damage that a lookup has met since the index was opened. What is damaged counts as absent, so that whoever
    /// uses the answers looks here before they believe them.
    pub fn damage(&self) -> Option<IndexError> {
        self.blocks.damage()
    }

    /// The file that the index is in.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The SHA-256 of the content, which names this gazetteer.
    pub fn checksum(&self) -> [u8; CHECKSUM] {
        self.checksum
    }

    /// Size in bytes.
    pub fn size(&self) -> usize {
        self.blocks.bytes().len()
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
    pub fn postings(&self, namespace: &str, key: &str) -> Postings<'_> {
        self.exact(namespace, key).unwrap_or_default()
    }

    fn exact(&self, namespace: &str, key: &str) -> Option<Postings<'_>> {
        let hash = slots::hash([namespace, key]);
        // A forged number of homes leads anywhere.
        let home = usize::try_from(slots::home(hash, self.slots.number(0)?)).ok()?;
        let mut at = home.checked_add(1)?.checked_mul(SLOT)?;
        loop {
            let slot = self.slots.number(at)?;
            if slot == 0 {
                return None;
            }
            if let Some(offset) = slots::offset(slot, hash)
                && let Some((stored, postings)) = self.postings_at(offset)
                && stored.strip_prefix(namespace.as_bytes()) == Some(key.as_bytes())
            {
                return Some(postings);
            }
            at += SLOT;
        }
    }

    /// The entities under keys that are one edit away from `key` in `namespace`: a character inserted, deleted or
    /// substituted, or two neighbours exchanged (the restricted Damerau–Levenshtein distance of 1). Keys of the distance
    /// 0 are left to [`Index::postings`]. Acronyms are left out, and so are keys of fewer than [`FUZZY_LEAST`]
    /// characters, whether given or found: a letter makes another word of them.
    ///
    /// One edit leaves half of the key as it is. So the keys are searched from both ends, each time with the half that
    /// comes first exact: beyond it few ways lead on (Mihov and Schulz, Fast Approximate Search in Large Dictionaries,
    /// 2004).
    pub fn fuzzy(&self, namespace: &str, key: &str) -> Vec<Posting> {
        let length = key.chars().count();
        if length < FUZZY_LEAST {
            return Vec::new();
        }
        let mut offsets = Vec::new();
        let mut take = |offset| offsets.push(offset);
        let half = length / 2;
        // One less, for two neighbours that are exchanged across the middle.
        self.names.one_edit_away(namespace, key, half - 1, &mut take);
        let reversed: String = key.chars().rev().collect();
        self.reversed
            .one_edit_away(namespace, &reversed, length - half, &mut take);
        // An edit in the middle is found from both ends.
        offsets.sort_unstable();
        offsets.dedup();
        let lists = offsets.into_iter().filter_map(|offset| self.postings_at(offset));
        lists
            .flat_map(|(_, postings)| postings)
            .filter(|posting| posting.sort != NameSort::Alias(AliasType::Acronym))
            .collect()
    }

    /// The key at an offset of the postings, and its list.
    fn postings_at(&self, offset: u64) -> Option<(&[u8], Postings<'_>)> {
        let (key, end) = self.postings.sized(usize::try_from(offset).ok()?)?;
        let (list, _) = self.postings.sized(end)?;
        Some((key, Postings::new(list)))
    }

    /// The ordinal of the entity with this id.
    pub fn ordinal(&self, id: &str) -> Option<u32> {
        u32::try_from(self.ids.get("", id)?).ok()
    }

    /// Decodes one entity; `None` where there is none or the index is damaged.
    pub fn entity(&self, ordinal: u32) -> Option<Entity> {
        self.decode(ordinal)
    }

    /// The provenance of one entity, which stands behind it; `None` as for [`Index::entity`].
    pub fn provenance(&self, ordinal: u32) -> Option<Provenance> {
        let (_, provenance): (Entity, Provenance) = self.decode(ordinal)?;
        Some(provenance)
    }

    /// Decodes what an entity's bytes begin with.
    fn decode<T: serde::de::DeserializeOwned>(&self, ordinal: u32) -> Option<T> {
        let decoded = postcard::from_bytes(self.blob(ordinal)?).ok();
        if decoded.is_none() {
            self.blocks.note_damage();
        }
        decoded
    }

    /// The id of one entity, without decoding the rest.
    pub fn id(&self, ordinal: u32) -> Option<&str> {
        // The id is an entity's first field.
        let (id, _) = postcard::take_from_bytes(self.blob(ordinal)?).ok()?;
        Some(id)
    }

    fn blob(&self, ordinal: u32) -> Option<&[u8]> {
        if ordinal >= self.entity_count {
            return None;
        }
        let start = usize::try_from(ordinal).ok()? * 8;
        let (pair, _) = self.offsets.get(start, start + 16)?.as_chunks::<8>();
        let offset = |at: usize| usize::try_from(u64::from_le_bytes(pair[at])).ok();
        self.entities.get(offset(0)?, offset(1)?)
    }
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
