//! Byte offsets in the units that others count in.

use std::ops::Range;

use serde::Deserialize;

/// What an offset counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OffsetUnit {
    /// Unicode characters (scalar values), as Python counts.
    #[default]
    Char,
    /// Bytes of the UTF-8 text.
    Byte,
    /// UTF-16 code units, as JavaScript and Java count.
    Utf16,
}

impl OffsetUnit {
    /// The name as it stands in the output's `offsets`.
    pub fn as_str(self) -> &'static str {
        match self {
            OffsetUnit::Char => "char",
            OffsetUnit::Byte => "byte",
            OffsetUnit::Utf16 => "utf16",
        }
    }

    fn count(self, text: &str) -> usize {
        match self {
            OffsetUnit::Char => text.chars().count(),
            OffsetUnit::Byte => text.len(),
            OffsetUnit::Utf16 => text.chars().map(char::len_utf16).sum(),
        }
    }
}

/// Counts along one text: ascending offsets cost one pass over it in all.
pub struct OffsetCounter<'a> {
    text: &'a str,
    unit: OffsetUnit,
    byte: usize,
    count: usize,
}

impl<'a> OffsetCounter<'a> {
    /// Starts at the text's beginning.
    pub fn new(text: &'a str, unit: OffsetUnit) -> Self {
        OffsetCounter {
            text,
            unit,
            byte: 0,
            count: 0,
        }
    }

    /// The offset, in the unit, of a byte offset that is a character boundary.
    ///
    /// An offset that lies before the last one asked for is counted from the beginning again.
    pub fn offset(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.count) = (0, 0);
        }
        self.count += self.unit.count(&self.text[self.byte..byte]);
        self.byte = byte;
        self.count
    }

    /// A span's two offsets.
    pub fn span(&mut self, bytes: &Range<usize>) -> Range<usize> {
        let start = self.offset(bytes.start);
        start..self.offset(bytes.end)
    }
}

/// The way back: counts in a unit to bytes of one text. Ascending offsets cost one pass over it in all.
pub struct ByteCounter<'a> {
    text: &'a str,
    unit: OffsetUnit,
    byte: usize,
    count: usize,
}

impl<'a> ByteCounter<'a> {
    /// Starts at the text's beginning.
    pub fn new(text: &'a str, unit: OffsetUnit) -> Self {
        ByteCounter {
            text,
            unit,
            byte: 0,
            count: 0,
        }
    }

    /// The byte at which `offset` units have gone by; `None` where that is inside a character or after the text's end.
    pub fn byte(&mut self, offset: usize) -> Option<usize> {
        if self.unit == OffsetUnit::Byte {
            return self.text.is_char_boundary(offset).then_some(offset);
        }
        if offset < self.count {
            (self.byte, self.count) = (0, 0);
        }
        let mut rest = self.text[self.byte..].chars();
        while self.count < offset {
            let next = rest.next()?;
            self.count += match self.unit {
                OffsetUnit::Utf16 => next.len_utf16(),
                OffsetUnit::Char | OffsetUnit::Byte => 1,
            };
            self.byte += next.len_utf8();
        }
        (self.count == offset).then_some(self.byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_what_each_language_counts() {
        let text = "🙂 Séoul";
        let bytes = text.find('S').unwrap()..text.len();
        for (unit, expected) in [
            (OffsetUnit::Char, 2..7),
            (OffsetUnit::Byte, 5..11),
            (OffsetUnit::Utf16, 3..8),
        ] {
            assert_eq!(OffsetCounter::new(text, unit).span(&bytes), expected);
        }
    }

    #[test]
    fn finds_no_byte_inside_a_character_or_after_the_end() {
        let byte = |unit, offset| ByteCounter::new("é🙂", unit).byte(offset);
        assert_eq!(byte(OffsetUnit::Byte, 1), None);
        assert_eq!(
            (byte(OffsetUnit::Utf16, 2), byte(OffsetUnit::Utf16, 3)),
            (None, Some(6))
        );
        assert_eq!(
            (byte(OffsetUnit::Char, 2), byte(OffsetUnit::Char, 3)),
            (Some(6), None)
        );
        let mut back = ByteCounter::new("é🙂", OffsetUnit::Char);
        assert_eq!((back.byte(2), back.byte(1)), (Some(6), Some(2)));
    }

    proptest! {
        #[test]
        fn agrees_with_counting_from_the_start(text in ".{0,40}", picks in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
            let boundaries: Vec<usize> = (0..=text.len()).filter(|&byte| text.is_char_boundary(byte)).collect();
            let mut chars = OffsetCounter::new(&text, OffsetUnit::Char);
            let mut utf16 = OffsetCounter::new(&text, OffsetUnit::Utf16);
            for pick in picks {
                let byte = boundaries[pick.index(boundaries.len())];
                prop_assert_eq!(chars.offset(byte), text[..byte].chars().count());
                prop_assert_eq!(utf16.offset(byte), text[..byte].encode_utf16().count());
                for unit in [OffsetUnit::Char, OffsetUnit::Byte, OffsetUnit::Utf16] {
                    let offset = OffsetCounter::new(&text, unit).offset(byte);
                    prop_assert_eq!(ByteCounter::new(&text, unit).byte(offset), Some(byte));
                }
            }
        }
    }
}
