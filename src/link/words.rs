//! The words around a mention, as the rules read them.

use std::ops::Range;

/// A text cut into words and punctuation marks, with small letters for comparing.
///
/// `'s` is a word of its own, as are a line's end (`\n`) and every mark; `U.S.` stays whole.
#[derive(Debug)]
pub struct Words<'t> {
    text: &'t str,
    spans: Vec<Range<usize>>,
    lower: Vec<Box<str>>,
}

/// What stands beyond the text's ends: equal to no word.
const NOTHING: &str = "";

/// Words on either side that a sentence is looked for in.
const SENTENCE: usize = 120;

impl<'t> Words<'t> {
    /// Cuts `text`.
    pub fn new(text: &'t str) -> Self {
        let mut spans = Vec::new();
        let mut rest = 0;
        while let Some(c) = text[rest..].chars().next() {
            let end = rest + word_length(&text[rest..], c);
            if c == '\n' || !c.is_whitespace() {
                spans.push(rest..end);
            }
            rest = end;
        }
        let lower = spans.iter().map(|span| lowered(&text[span.clone()])).collect();
        Words { text, spans, lower }
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// The word at `at` in small letters; empty beyond the ends.
    pub fn lower(&self, at: usize) -> &str {
        self.lower.get(at).map_or(NOTHING, |word| word)
    }

    /// The word at `at` as written; empty beyond the ends.
    pub fn written(&self, at: usize) -> &'t str {
        self.spans
            .get(at)
            .map_or(NOTHING, |span| &self.text[span.clone()])
    }

    /// The text from the first to the last of some words.
    pub fn text(&self, words: Range<usize>) -> &'t str {
        match self.spans.get(words) {
            Some([first, .., last]) => &self.text[first.start..last.end],
            Some([only]) => &self.text[only.clone()],
            _ => NOTHING,
        }
    }

    /// The words that a span of bytes touches.
    pub fn within(&self, span: &Range<usize>) -> Range<usize> {
        let first = self.spans.partition_point(|word| word.end <= span.start);
        let end = self.spans.partition_point(|word| word.start < span.end);
        first..end.max(first)
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
