//! The words around a mention, as the rules read them.

use std::collections::HashMap;
use std::ops::Range;

/// A text cut into words and punctuation marks, with small letters for comparing.
///
/// `'s` is a word of its own, as are a line's end (`\n`) and every mark; `U.S.` stays whole. A word takes five bytes, since a
/// text has one in about five.
#[derive(Debug)]
pub struct Words<'t> {
    text: &'t str,
    /// Where every [`BLOCK`]th word begins.
    blocks: Vec<usize>,
    /// Where each word begins, from its block's beginning. In a block that spans 4 GiB, the last words are nothing.
    starts: Vec<u32>,
    /// Each word's length in bytes, at most [`LONG`], and [`LOWERED`] for one that small letters make another.
    lengths: Vec<u8>,
    /// Those in small letters.
    lowered: HashMap<&'t str, Box<str>>,
}

const BLOCK: usize = 1 << 12;
/// The length of a word of so many bytes or more, which is measured anew.
const LONG: u8 = 0x7f;
const LOWERED: u8 = 0x80;

/// What stands beyond the text's ends: equal to no word.
const NOTHING: &str = "";

/// Words on either side that a sentence is looked for in.
const SENTENCE: usize = 120;

impl<'t> Words<'t> {
    /// Cuts `text`.
    pub fn new(text: &'t str) -> Self {
        let mut words = Words {
            text,
            blocks: Vec::new(),
            starts: Vec::new(),
            lengths: Vec::new(),
            lowered: HashMap::new(),
        };
        let mut rest = 0;
        while let Some(c) = text[rest..].chars().next() {
            let end = rest + word_length(&text[rest..], c);
            if c == '\n' || !c.is_whitespace() {
                words.push(rest, &text[rest..end]);
            }
            rest = end;
        }
        words
    }

    fn push(&mut self, start: usize, word: &'t str) {
        if self.starts.len().is_multiple_of(BLOCK) {
            self.blocks.push(start);
        }
        let block = self.blocks.last().copied().unwrap_or_default();
        self.starts.push(u32::try_from(start - block).unwrap_or(u32::MAX));
        let mut length = u8::try_from(word.len()).unwrap_or(LONG).min(LONG);
        if self.lowered.contains_key(word) {
            length |= LOWERED;
        } else if !word
            .bytes()
            .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
        {
            let lower = lowered(word);
            if *lower != *word {
                self.lowered.insert(word, lower);
                length |= LOWERED;
            }
        }
        self.lengths.push(length);
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    fn start(&self, at: usize) -> usize {
        self.blocks[at / BLOCK] + self.starts[at] as usize
    }

    fn span(&self, at: usize) -> Option<Range<usize>> {
        let length = *self.lengths.get(at)? & !LOWERED;
        let start = self.start(at);
        let length = match length {
            LONG => {
                let rest = self.text.get(start..)?;
                word_length(rest, rest.chars().next()?)
            }
            short => short.into(),
        };
        Some(start..start + length)
    }

    /// The word at `at` in small letters; empty beyond the ends.
    pub fn lower(&self, at: usize) -> &str {
        let written = self.written(at);
        match self.lengths.get(at) {
            Some(length) if length & LOWERED != 0 => self.lowered.get(written).map_or(NOTHING, |word| word),
            _ => written,
        }
    }

    /// The word at `at` as written; empty beyond the ends.
    pub fn written(&self, at: usize) -> &'t str {
        let span = self.span(at);
        span.and_then(|span| self.text.get(span)).unwrap_or(NOTHING)
    }

    /// The text from the first to the last of some words.
    pub fn text(&self, words: Range<usize>) -> &'t str {
        let (Some(last), false) = (words.end.checked_sub(1), words.is_empty()) else {
            return NOTHING;
        };
        let (Some(first), Some(last)) = (self.span(words.start), self.span(last)) else {
            return NOTHING;
        };
        self.text.get(first.start..last.end).unwrap_or(NOTHING)
    }

    /// The words that a span of bytes touches.
    pub fn within(&self, span: &Range<usize>) -> Range<usize> {
        let starting_before = |byte: usize| {
            let block = self
                .blocks
                .partition_point(|&start| start < byte)
                .saturating_sub(1);
            let first = (block * BLOCK).min(self.len());
            let words = &self.starts[first..self.len().min(first + BLOCK)];
            let base = self.blocks.get(block).copied().unwrap_or_default();
            first + words.partition_point(|&start| base + (start as usize) < byte)
        };
        // The word before the first one that begins in the span may reach into it.
        let mut first = starting_before(span.start);
        if let Some(before) = first.checked_sub(1)
            && self.span(before).is_some_and(|word| word.end > span.start)
        {
            first = before;
        }
        first..starting_before(span.end).max(first)
    }

    /// The `distance`-th word before `at` (1 is the neighbour), in small letters.
    pub fn before(&self, at: usize, distance: usize) -> &str {
        at.checked_sub(distance).map_or(NOTHING, |at| self.lower(at))
    }

    /// Whether a line begins at `at`.
    pub fn begins_line(&self, at: usize) -> bool {
        at == 0 || self.lower(at - 1) == "\n"
    }

    /// The sentence around `at`, as a range of words: from the last mark that ends one to the next, at most
    /// [`SENTENCE`] words away, so that a text without marks costs no more.
    pub fn sentence(&self, at: usize) -> Range<usize> {
        let ends = |word: &str| matches!(word, "\n" | "." | "!" | "?");
        let at = at.min(self.len());
        let start = (at.saturating_sub(SENTENCE)..at)
            .rev()
            .find(|&word| ends(self.lower(word)))
            .map_or(at.saturating_sub(SENTENCE), |word| word + 1);
        let end = (at..self.len().min(at + SENTENCE))
            .find(|&word| ends(self.lower(word)))
            .unwrap_or(self.len().min(at + SENTENCE));
        start..end
    }
}

fn lowered(word: &str) -> Box<str> {
    match word {
        "’s" => "'s".into(),
        "–" | "‑" | "−" => "-".into(),
        "’" | "‘" => "'".into(),
        _ => word.to_lowercase().into(),
    }
}

/// Bytes of the word that begins `text` with `c`.
fn word_length(text: &str, c: char) -> usize {
    if let Some(length) = abbreviation_length(text) {
        return length;
    }
    if matches!(c, '\'' | '’') {
        let mut rest = text.chars().skip(1);
        if matches!(rest.next(), Some('s' | 'S')) && !rest.next().is_some_and(char::is_alphanumeric) {
            return c.len_utf8() + 1;
        }
    }
    if !c.is_alphanumeric() {
        return c.len_utf8();
    }
    let marks = |c: char| !c.is_ascii() && unicode_normalization::char::is_combining_mark(c);
    let letters = |c: char| c.is_alphanumeric() || marks(c);
    text.find(|c| !letters(c)).unwrap_or(text.len())
}

/// `U.S.`, `D.C.`: single letters, each with its period, two at the least.
fn abbreviation_length(text: &str) -> Option<usize> {
    let mut length = 0;
    let mut letters = 0;
    let mut chars = text.chars();
    while let (Some(letter), Some('.')) = (chars.next(), chars.next()) {
        if !letter.is_alphabetic() {
            break;
        }
        length += letter.len_utf8() + 1;
        letters += 1;
    }
    (letters >= 2).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let words = Words::new(text);
        (0..words.len()).map(|at| words.written(at).to_owned()).collect()
    }

    #[test]
    fn words_and_marks_part() {
        assert_eq!(
            cut("The U.S.-backed plan, Kenya’s own.\nEnd"),
            [
                "The", "U.S.", "-", "backed", "plan", ",", "Kenya", "’s", "own", ".", "\n", "End"
            ]
        );
        assert_eq!(cut("d'Ivoire"), ["d", "'", "Ivoire"]);
        assert_eq!(cut(""), [""; 0]);
    }

    /// Every way to a word against the words as they were cut, over several blocks.
    #[test]
    fn words_are_found_wherever_they_stand() {
        let long = "Überlang".repeat(40);
        let text = format!("a {long} U.S. ’S é\n").repeat(3000);
        let words = Words::new(&text);
        assert!(words.len() > 4 * BLOCK);
        let mut at = 0;
        for _ in 0..3000 {
            for (written, lower) in [
                ("a", "a".to_owned()),
                (&long, long.to_lowercase()),
                ("U.S.", "u.s.".to_owned()),
                ("’S", "’s".to_owned()),
                ("é", "é".to_owned()),
                ("\n", "\n".to_owned()),
            ] {
                assert_eq!((words.written(at), words.lower(at)), (written, &lower[..]));
                let span = words.span(at).unwrap();
                assert_eq!(words.within(&span), at..at + 1);
                assert_eq!(words.within(&(span.start..span.start)), at..at);
                assert_eq!(words.within(&(span.start..span.end + 1)).start, at);
                assert_eq!(words.text(at..at + 1), written);
                at += 1;
            }
        }
        assert_eq!(at, words.len());
        assert_eq!(words.text(0..at).len(), text.len());
        assert_eq!(words.within(&(0..text.len())), 0..at);
        assert_eq!(words.text(3..at + 1), "");
        assert_eq!(words.text(3..3), "");
    }

    #[test]
    fn spans_find_their_words() {
        let text = "In Oslo, ministers met. They left.";
        let words = Words::new(text);
        assert_eq!(words.within(&(3..7)), 1..2);
        assert_eq!(words.before(1, 1), "in");
        assert_eq!(words.before(1, 2), "");
        assert_eq!(words.lower(99), "");
        assert_eq!(words.sentence(7), 6..8);
        assert_eq!(words.within(&(400..500)), words.len()..words.len());
    }
}
