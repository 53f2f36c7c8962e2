//! How an index lies in its file, and the writer that lays it so. [`super::index`] reads it.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | [`MAGIC`] |
//! | 4 | [`VERSION`], little-endian as all numbers here |
//! | 32 | SHA-256 of the rest of the header followed by the table of blocks |
//! | 8 | the file's length in bytes |
//! | 4, 4 | entities; how many of them, standing first, are countries |
//! | 16 × [`SECTIONS`] | each section's offset in the file and its length, 8 bytes each |
//! | … | zeros up to [`HEADER`] |
//! | … | the sections, one behind the other: the content |
//! | 32 × blocks | the table of blocks: SHA-256 of each [`BLOCK`] of the content, whose last may be shorter |
//!
//! So the checksum in the header stands for every byte of the file, and names the gazetteer; and a part of the content
//! can be verified alone. The sections in the order of [`Part`]:
//!
//! 1. an `fst` map of keys to offsets in the postings;
//! 2. another of the same keys with their characters in reverse, for fuzzy lookup;
//! 3. the slots (`slots.rs`) of the keys, for exact lookup;
//! 4. the postings: for each key its bytes and its list, each with its length before it;
//! 5. an `fst` map of ids to ordinals;
//! 6. offsets of the entities in their section, 8 bytes each and one more;
//! 7. the entities in postcard's encoding, decoded one at a time when asked for.
//!
//! Keys hold only letters and digits, so a punctuation mark in front parts the namespaces: plain names,
//! [`NAMESPACE_SURNAME`], [`NAMESPACE_HEADS`] and [`NAMESPACE_GENERIC`].

use std::io::{self, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};

/// First bytes of an index.
pub const MAGIC: &[u8; 8] = b"NOMNAMES";
/// The layout's version; another one is refused.
pub const VERSION: u32 = 2;
/// Bytes of the header: a page, so that blocks begin where pages do.
pub const HEADER: usize = 4096;
/// Bytes of the content that one checksum of the table covers. A name touches some ten blocks when it is first looked
/// up, so they are small; and the table of a file of 1 GB, which is read whole at opening, has only 2 MB.
pub const BLOCK: usize = 16 << 10;
/// Bytes of a checksum.
pub const CHECKSUM: usize = 32;
/// Sections of the layout.
pub const SECTIONS: usize = 7;
/// Offset of the first byte that the header's checksum covers.
pub const CHECKED_FROM: usize = 8 + 4 + CHECKSUM;
/// Stands before the key of a family name, kept apart from full names.
pub const NAMESPACE_SURNAME: &str = "~";
/// Stands before a country's code in small letters, under which its heads are listed.
pub const NAMESPACE_HEADS: &str = "@";
/// Stands before the key of a body's name without its country.
pub const NAMESPACE_GENERIC: &str = "=";

/// The sections by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Keys to offsets in the postings.
    Names,
    /// Reversed keys to offsets in the postings.
    Reversed,
    /// Hashes of keys to offsets in the postings.
    Slots,
    /// Keys with their lists of postings.
    Postings,
    /// Ids to ordinals.
    Ids,
    /// Offsets of the entities.
    Offsets,
    /// The entities.
    Entities,
}

/// What the header says, its checksum aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The file's length, bytes.
    pub length: u64,
    /// Number of entities.
    pub entities: u32,
    /// Number of countries among them, which stand first.
    pub countries: u32,
    /// Each section's offset in the file and its length, bytes.
    pub sections: [(u64, u64); SECTIONS],
}

impl Header {
    /// The header's bytes over a table of blocks.
    fn encode(&self, table: &[u8]) -> Vec<u8> {
        let mut rest = Vec::with_capacity(HEADER);
        rest.extend(self.length.to_le_bytes());
        rest.extend(self.entities.to_le_bytes());
        rest.extend(self.countries.to_le_bytes());
        for (offset, length) in self.sections {
            rest.extend(offset.to_le_bytes());
            rest.extend(length.to_le_bytes());
        }
        rest.resize(HEADER - CHECKED_FROM, 0);
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(checksum(&rest, table));
        bytes.extend(rest);
        bytes
    }

    /// Reads what stands behind the checksum; `None` where the bytes end early.
    pub fn decode(mut rest: &[u8]) -> Option<Self> {
        let mut header = Header {
            length: take_u64(&mut rest)?,
            entities: take_u32(&mut rest)?,
            countries: take_u32(&mut rest)?,
            sections: Default::default(),
        };
        for section in &mut header.sections {
            *section = (take_u64(&mut rest)?, take_u64(&mut rest)?);
        }
        Some(header)
    }
}

/// The checksum of a header, from [`CHECKED_FROM`] on, and a table of blocks.
pub fn checksum(rest: &[u8], table: &[u8]) -> [u8; CHECKSUM] {
    Sha256::new()
        .chain_update(rest)
        .chain_update(table)
        .finalize()
        .into()
}

fn take_u64(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*number))
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*number))
}

/// Writes sections one behind the other, with the checksum of each block, and the header when all is there.
pub struct Writer<W> {
    into: W,
    block: Vec<u8>,
    /// Bytes of the content so far.
    length: u64,
    table: Vec<u8>,
    sections: [(u64, u64); SECTIONS],
    finished: usize,
}

impl<W: Write + Seek> Writer<W> {
    /// A writer into `into`, which is empty.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn new(mut into: W) -> io::Result<Self> {
        // Until the real header stands there, the file begins with zeros and is no index.
        into.write_all(&[0; HEADER])?;
        Ok(Writer {
            into,
            block: Vec::with_capacity(BLOCK),
            length: 0,
            table: Vec::new(),
            sections: Default::default(),
            finished: 0,
        })
    }

    /// Ends the section that was being written; the next bytes are the next one's.
    ///
    /// # Panics
    /// Where there are more than [`SECTIONS`].
    pub fn end_section(&mut self) {
        let start = self.finished.checked_sub(1).map_or(HEADER as u64, |last| {
            let (offset, length) = self.sections[last];
            offset + length
        });
        self.sections[self.finished] = (start, HEADER as u64 + self.length - start);
        self.finished += 1;
    }

    /// Writes the table of blocks and the header.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn finish(mut self, entities: u32, countries: u32) -> io::Result<W> {
        debug_assert_eq!(self.finished, SECTIONS);
        if !self.block.is_empty() {
            self.end_block()?;
        }
        self.into.write_all(&self.table)?;
        let header = Header {
            length: HEADER as u64 + self.length + self.table.len() as u64,
            entities,
            countries,
            sections: self.sections,
        };
        self.into.seek(SeekFrom::Start(0))?;
        self.into.write_all(&header.encode(&self.table))?;
        self.into.flush()?;
        Ok(self.into)
    }

    fn end_block(&mut self) -> io::Result<()> {
        self.table.extend(Sha256::digest(&self.block));
        self.into.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }
}

impl<W: Write + Seek> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        self.length += taken as u64;
        if self.block.len() == BLOCK {
            self.end_block()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
