//! A hash table of keys in a file: exact lookup by two reads, whatever the number of keys.
//!
//! Walking an `fst` reads a node for each byte of a key, which at a million names is 2 µs of waiting for memory; a slot and
//! the key beside its postings are one wait each.
//!
//! The section is the number of home slots in 8 bytes, then slots of 8 bytes: 0 where empty, else an offset in the
//! postings and one more in the low 48 bits and a part of the key's hash in the high 16. Keys stand in the order of their
//! hashes, each in its home slot or the next that is free, as linear probing would place them; what is pushed over the
//! last home slot stands behind it, and one empty slot ends all.

use std::io::{self, Write};

use super::sort::Sorter;

/// Home slots for each two keys: a name that is not there meets five slots on average, one that is there two (Knuth,
/// The Art of Computer Programming, 6.4), most of them in one line of the cache.
const HOMES_FOR_TWO: u64 = 3;
/// Bytes of a slot.
pub const SLOT: usize = 8;
const OFFSET_BITS: u32 = 48;

/// The hash of a key that is `parts` one behind the other: FNV-1a in 64 bits, mixed since its high bits choose the slot.
pub fn hash(parts: [&str; 2]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.into_iter().flat_map(str::bytes) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // The finalizer of MurmurHash3.
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// The slot in which the search for a hash begins.
pub fn home(hash: u64, homes: u64) -> u64 {
    ((u128::from(hash) * u128::from(homes)) >> 64) as u64
}

/// The offset in a slot whose key may have this hash.
pub fn offset(slot: u64, hash: u64) -> Option<u64> {
    let offset = slot & ((1 << OFFSET_BITS) - 1);
    (slot >> OFFSET_BITS == hash & 0xffff).then_some(offset.checked_sub(1)?)
}

/// Writes the slots of `count` keys; `offsets` holds their offsets, 8 bytes little-endian, by their hashes, big-endian.
///
/// # Errors
/// Where they cannot be sorted or written.
pub fn write(count: u64, offsets: Sorter, into: &mut impl Write) -> io::Result<()> {
    let homes = (count * HOMES_FOR_TWO).div_ceil(2).max(1);
    into.write_all(&homes.to_le_bytes())?;
    let mut offsets = offsets.finish()?;
    let mut next = 0;
    while let Some((hash, offset)) = offsets.pull()? {
        let number = |bytes: &[u8]| bytes.try_into().map_err(|_| io::ErrorKind::InvalidData);
        let hash = u64::from_be_bytes(number(hash)?);
        let offset = u64::from_le_bytes(number(offset)?) + 1;
        if offset >> OFFSET_BITS != 0 {
            return Err(io::Error::other("over 256 TB of postings"));
        }
        let home = home(hash, homes);
        while next < home {
            into.write_all(&[0; SLOT])?;
            next += 1;
        }
        into.write_all(&((hash & 0xffff) << OFFSET_BITS | offset).to_le_bytes())?;
        next += 1;
    }
    while next < homes {
        into.write_all(&[0; SLOT])?;
        next += 1;
    }
    into.write_all(&[0; SLOT])
}
