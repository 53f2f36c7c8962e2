//! A long text in sections that are read one after the other.
//!
//! Words, windows and logits take many times the bytes of their text, so that a text is never read at once that is
//! longer than a section. The words of a text stand each in the *core* of one section; a section is read with a margin
//! on both sides of its core, so that words near a cut have as much around them as any. Where the cuts lie depends on
//! the text alone.

use std::ops::Range;

/// Bytes of a section's core, at most; a text no longer than this is one section.
pub const SECTION_BYTES: usize = 1 << 20;
/// Cuts are looked for in so many of a core's last bytes.
const LOOK_BACK: usize = 64 << 10;
/// Bytes that are read on either side of a core: more than a window holds of any text in words.
const MARGIN: usize = 8 << 10;
/// Of these at least so many are read, if white space may be found so.
const LEAST_MARGIN: usize = MARGIN / 2;

/// A stretch of a text; both ranges are bytes, on character boundaries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The words that begin here are this section's.
    pub core: Range<usize>,
    /// What is read: the core and its margins.
    pub read: Range<usize>,
}

/// Sections that cover `text`, of cores of at most `size` bytes (and at least one character).
///
/// A core ends after the last blank line of its last 64 KiB (of its last half, where it is shorter), else after the last
/// line's end, else after the last white space, else anywhere.
pub fn sections(text: &str, size: usize) -> Vec<Section> {
    let mut sections = Vec::with_capacity(text.len() / size.max(1) + 1);
    let mut start = 0;
    while start < text.len() {
        let end = if text.len() - start <= size {
            text.len()
        } else {
            cut(text, start, size)
        };
        sections.push(Section {
            core: start..end,
            read: margin_before(text, start)..margin_after(text, end),
        });
        start = end;
    }
    sections
}

/// Where the core that begins at `start`, with more than `size` bytes of text after it, ends.
fn cut(text: &str, start: usize, size: usize) -> usize {
    let next = text.ceil_char_boundary(start + 1);
    let latest = text.floor_char_boundary(start + size).max(next);
    let from = text
        .ceil_char_boundary(start + size - size.min(LOOK_BACK).min(size / 2))
        .clamp(next, latest);
    let last = &text[from..latest];
    let after = last_blank_line(last)
        .or_else(|| last.rfind('\n').map(|at| at + 1))
        .or_else(|| {
            let (at, space) = last.char_indices().rfind(|(_, c)| c.is_whitespace())?;
            Some(at + space.len_utf8())
        });
    after.map_or(latest, |after| from + after)
}

/// The byte after the last line of white space alone, with the line's end before it in `text` too.
fn last_blank_line(text: &str) -> Option<usize> {
    let mut end = text.rfind('\n')?;
    while let Some(start) = text[..end].rfind('\n') {
        if text[start + 1..end].trim().is_empty() {
            return Some(end + 1);
        }
        end = start;
    }
    None
}

fn margin_before(text: &str, core: usize) -> usize {
    let most = text.floor_char_boundary(core.saturating_sub(MARGIN));
    if most == 0 {
        return 0;
    }
    let least = text.floor_char_boundary(core - LEAST_MARGIN);
    // A word that is read from its middle would be another.
    text[most..least]
        .find(char::is_whitespace)
        .map_or(most, |space| most + space)
}

fn margin_after(text: &str, core: usize) -> usize {
    let most = text.floor_char_boundary((core + MARGIN).min(text.len()));
    if most == text.len() {
        return most;
    }
    let least = text.floor_char_boundary(core + LEAST_MARGIN);
    text[least..most]
        .rfind(char::is_whitespace)
        .map_or(most, |space| least + space)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores(text: &str, size: usize) -> Vec<&str> {
        let sections = sections(text, size);
        sections.into_iter().map(|section| &text[section.core]).collect()
    }

    #[test]
    fn cuts_prefer_blank_lines_then_lines_then_spaces() {
        assert_eq!(cores("", 16), [""; 0]);
        assert_eq!(cores("one two", 16), ["one two"]);
        assert_eq!(
            cores("aa bb cc\n \ndd\nee ff gg", 16),
            ["aa bb cc\n \n", "dd\nee ff gg"]
        );
        assert_eq!(
            cores("aa bb cc\r\n\r\ndd ee ff", 16),
            ["aa bb cc\r\n\r\n", "dd ee ff"]
        );
        assert_eq!(cores("aa bb cc\ndd ee ff gg", 16), ["aa bb cc\n", "dd ee ff gg"]);
        assert_eq!(cores("aaaa bbbb cccc dddd", 16), ["aaaa bbbb cccc ", "dddd"]);
        assert_eq!(cores("aaaaaaaaaa", 4), ["aaaa", "aaaa", "aa"]);
        assert_eq!(cores("北京北京", 4), ["北", "京", "北", "京"]);
        assert_eq!(cores("北京", 1), ["北", "京"]);
        assert_eq!(cores("é\u{3000}é", 6), ["é\u{3000}", "é"]);
    }

    #[test]
    fn cores_cover_the_text_and_margins_are_read_from_white_space() {
        let mut text = String::new();
        for line in 0..40_000 {
            text += &format!("Línea {line} of words\n{}", if line % 7 == 0 { "\n" } else { "" });
        }
        for size in [1 << 10, 40_000, 300_001, SECTION_BYTES] {
            let sections = sections(&text, size);
            assert!(sections.len() >= text.len() / size);
            let mut end = 0;
            for section in &sections {
                assert_eq!(section.core.start, end);
                assert!(!section.core.is_empty() && section.core.len() <= size);
                assert!(section.core.len() > size / 4 || section.core.end == text.len());
                end = section.core.end;
                let (before, after) = (
                    section.core.start - section.read.start,
                    section.read.end - section.core.end,
                );
                assert!(before <= MARGIN + 3 && after <= MARGIN);
                assert!(before >= LEAST_MARGIN || section.read.start == 0);
                assert!(after + 3 >= LEAST_MARGIN || section.read.end == text.len());
                let at_space =
                    |at: usize| at == 0 || text[at..].chars().next().is_none_or(char::is_whitespace);
                assert!(at_space(section.read.start) && at_space(section.read.end));
            }
            assert_eq!(end, text.len());
        }
    }
}
