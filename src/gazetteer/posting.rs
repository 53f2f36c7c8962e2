//! Postings: which entities a key means, and as what.

use super::office::Standing;
use super::record::AliasType;
use crate::document::{Kind, Via};

/// One entity under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posting {
    /// The entity's ordinal in its index.
    pub entity: u32,
    /// The entity's kind, known without decoding it.
    pub kind: Kind,
    /// The entity's country, known without decoding it.
    pub country: CountryCode,
    /// What sort of name the key is made of.
    pub sort: NameSort,
    /// Which name: 0 the canonical one, `n` the alias `n - 1`.
    pub name: u32,
    /// An official's highest standing ever.
    pub standing: Standing,
    /// Whether the name needs support from the document.
    pub weak: bool,
    /// Whether the name or its record was added after reading a gold article.
    pub seen: bool,
}

/// A country's code as two bytes: ISO 3166-1 alpha-2, XK or EU; `INT` and no country are marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    const INTERNATIONAL: CountryCode = CountryCode(*b"**");

    /// From a record's code; anything but two letters or `INT` counts as none.
    pub fn new(code: Option<&str>) -> Self {
        match code.map(str::as_bytes) {
            Some(b"INT") => CountryCode::INTERNATIONAL,
            Some(&[first, second]) if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
                CountryCode([first, second])
            }
            _ => CountryCode::default(),
        }
    }

    /// The code as records write it; empty for none.
    pub fn as_str(&self) -> &str {
        match self {
            &CountryCode::INTERNATIONAL => "INT",
            CountryCode([0, 0]) => "",
            CountryCode(letters) => std::str::from_utf8(letters).unwrap_or_default(),
        }
    }
}

/// What sort of name a key is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameSort {
    /// The canonical name.
    Canonical,
    /// A further name of the record.
    Alias(AliasType),
    /// A family name taken from the full name.
    Surname,
    /// A body's name without its country.
    Generic,
}

impl NameSort {
    /// How a link by such a name is made.
    pub fn via(self) -> Via {
        match self {
            NameSort::Canonical | NameSort::Alias(AliasType::Transliteration) => Via::Name,
            NameSort::Alias(AliasType::Acronym) => Via::Acronym,
            NameSort::Alias(AliasType::Demonym | AliasType::Adjective) => Via::Demonym,
            NameSort::Alias(AliasType::Capital) => Via::Capital,
            NameSort::Alias(AliasType::Metonym) => Via::Metonym,
            NameSort::Surname | NameSort::Alias(AliasType::Surname) => Via::Surname,
            NameSort::Generic => Via::InDocument,
            NameSort::Alias(_) => Via::Alias,
        }
    }

    fn code(self) -> u8 {
        match self {
            NameSort::Canonical => 0,
            NameSort::Surname => 1,
            NameSort::Generic => 2,
            NameSort::Alias(alias) => {
                let position = AliasType::ALL.iter().position(|&known| known == alias);
                3 + position.unwrap_or_default() as u8
            }
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => NameSort::Canonical,
            1 => NameSort::Surname,
            2 => NameSort::Generic,
            _ => NameSort::Alias(*AliasType::ALL.get(usize::from(code - 3))?),
        })
    }
}

/// Appends `value` in little-endian groups of seven bits.
pub fn write_varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Takes a varint off the front of `bytes`; `None` where they end early or it is over 64 bits.
pub fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Appends one posting: entity, name, sort, country and flags.
pub fn write_posting(posting: &Posting, bytes: &mut Vec<u8>) {
    write_varint(posting.entity.into(), bytes);
    write_varint(posting.name.into(), bytes);
    bytes.push(posting.sort.code());
    bytes.extend(posting.country.0);
    bytes.push(
        posting.kind as u8
            | u8::from(posting.weak) << 2
            | u8::from(posting.seen) << 3
            | (posting.standing as u8) << 4,
    );
}

/// Takes one posting off the front of `bytes`; `None` where it is damaged.
pub fn read_posting(bytes: &mut &[u8]) -> Option<Posting> {
    let entity = u32::try_from(read_varint(bytes)?).ok()?;
    let name = u32::try_from(read_varint(bytes)?).ok()?;
    let (&[sort, first, second, flags], rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(Posting {
        entity,
        kind: *Kind::ALL.get(usize::from(flags & 3))?,
        country: CountryCode([first, second]),
        sort: NameSort::from_code(sort)?,
        name,
        standing: *Standing::ALL.get(usize::from(flags >> 4))?,
        weak: flags & 4 != 0,
        seen: flags & 8 != 0,
    })
}

/// The postings of one key, decoded one at a time; a damaged one ends them.
#[derive(Clone, Debug, Default)]
pub struct Postings<'i> {
    bytes: &'i [u8],
}

impl<'i> Postings<'i> {
    /// From the bytes of a whole list, as [`write_posting`] appends them.
    pub fn new(bytes: &'i [u8]) -> Self {
        Postings { bytes }
    }
}

impl Iterator for Postings<'_> {
    type Item = Posting;

    fn next(&mut self) -> Option<Posting> {
        if self.bytes.is_empty() {
            return None;
        }
        let posting = read_posting(&mut self.bytes);
        if posting.is_none() {
            self.bytes = &[];
        }
        posting
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // Six bytes are the least that a posting takes, eleven what most do.
        (self.bytes.len() / 16, Some(self.bytes.len() / 6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postings_come_back() {
        let postings: Vec<Posting> = (AliasType::ALL.iter().map(|&alias| NameSort::Alias(alias)))
            .chain([NameSort::Canonical, NameSort::Surname, NameSort::Generic])
            .enumerate()
            .map(|(at, sort)| Posting {
                entity: at as u32 * 1_000_003,
                kind: Kind::ALL[at % 3],
                country: CountryCode::new([Some("INT"), None, Some("NZ"), Some("EU")][at % 4]),
                sort,
                name: at as u32,
                standing: Standing::ALL[at % 4],
                weak: at % 2 == 0,
                seen: at % 5 == 0,
            })
            .collect();
        let mut bytes = Vec::new();
        let mut ends = vec![0];
        for posting in &postings {
            write_posting(posting, &mut bytes);
            ends.push(bytes.len());
        }
        for cut in 0..=bytes.len() {
            let whole = ends.iter().filter(|&&end| end > 0 && end <= cut).count();
            let read: Vec<Posting> = Postings::new(&bytes[..cut]).collect();
            assert_eq!(read, postings[..whole], "{cut}");
        }
    }

    #[test]
    fn country_codes_come_back() {
        for code in ["NZ", "INT", "EU", "XK"] {
            assert_eq!(CountryCode::new(Some(code)).as_str(), code);
        }
        for none in [None, Some(""), Some("nz"), Some("NZL")] {
            assert_eq!(CountryCode::new(none).as_str(), "");
        }
    }

    #[test]
    fn a_varint_of_over_64_bits_is_refused() {
        let mut bytes = Vec::new();
        write_varint(u64::MAX, &mut bytes);
        assert_eq!(read_varint(&mut bytes.as_slice()), Some(u64::MAX));
        assert_eq!(read_varint(&mut &[0xff_u8; 11][..]), None);
    }
}
