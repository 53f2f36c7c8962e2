//! Text to words: what a label is given to.

use std::ops::Range;

use regex::Regex;

use super::{CaseShape, Word};

/// Cuts text into words by a regular expression.
#[derive(Clone, Debug)]
pub struct WordSegmenter {
    pattern: Regex,
}

impl WordSegmenter {
    /// Takes the pattern whose leftmost-first matches are the words.
    ///
    /// # Errors
    /// Where the pattern is no regular expression.
    pub fn new(pattern: &str) -> Result<Self, regex::Error> {
        Ok(WordSegmenter {
            pattern: Regex::new(pattern)?,
        })
    }

    /// The words of `text` in order; they do not overlap. Empty matches are none.
    pub fn words(&self, text: &str) -> Vec<Word> {
        let mut words: Vec<Word> = self
            .spans(text)
            .map(|span| Word {
                shape: CaseShape::of(&text[span.clone()]),
                span,
            })
            .collect();
        for word in 1..words.len().saturating_sub(1) {
            let span = words[word].span.clone();
            let glued = words[word - 1].span.end == span.start && span.end == words[word + 1].span.start;
            // Hyphen-minus, hyphen, non-breaking hyphen.
            if glued && matches!(&text[span], "-" | "\u{2010}" | "\u{2011}") {
                words[word].shape = CaseShape::Joiner;
            }
        }
        words
    }

    /// The bytes of each word of `text` in order, found as they are asked for.
    pub fn spans<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let found = self.pattern.find_iter(text);
        found.filter(|found| !found.is_empty()).map(|found| found.range())
    }
}

impl CaseShape {
    /// How many shapes there are: the token types that a model must have to take them.
    pub const COUNT: usize = 6;

    /// The shape of a word, by its cased letters alone, so never [`CaseShape::Joiner`]: `U.S.` is [`CaseShape::Upper`], `A` is [`CaseShape::Title`].
    pub fn of(word: &str) -> CaseShape {
        let mut upper = 0;
        let mut lower = 0;
        let mut first_is_upper = false;
        for letter in word.chars() {
            if letter.is_uppercase() {
                first_is_upper |= upper + lower == 0;
                upper += 1;
            } else if letter.is_lowercase() {
                lower += 1;
            }
        }
        match (upper, lower) {
            (0, 0) => CaseShape::Other,
            (0, _) => CaseShape::Lower,
            (1, _) if first_is_upper => CaseShape::Title,
            (_, 0) => CaseShape::Upper,
            _ => CaseShape::Mixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::WORD_PATTERN;
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let segmenter = WordSegmenter::new(WORD_PATTERN.trim_end()).unwrap();
        segmenter
            .words(text)
            .into_iter()
            .map(|word| &text[word.span])
            .collect()
    }

    #[test]
    fn knows_how_news_is_written() {
        for (text, expected) in [
            ("The U.S. said.", vec!["The", "U.S.", "said", "."]),
            ("Choe's visit", vec!["Choe", "'s", "visit"]),
            ("Choe’s “visit”", vec!["Choe", "’s", "“", "visit", "”"]),
            ("pro-Beijing", vec!["pro", "-", "Beijing"]),
            ("Russia-North Korea", vec!["Russia", "-", "North", "Korea"]),
            ("O’Brien and D'Arcy", vec!["O’Brien", "and", "D'Arcy"]),
            (
                "10,000 at 3.5% -- AT&T…",
                vec!["10,000", "at", "3.5", "%", "--", "AT&T", "…"],
            ),
            ("北京 in 2024", vec!["北", "京", "in", "2024"]),
            ("e\u{301}te\u{301}", vec!["e\u{301}te\u{301}"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn a_hyphen_joins_only_what_it_touches() {
        let segmenter = WordSegmenter::new(WORD_PATTERN.trim_end()).unwrap();
        let joiners = |text: &str| {
            let words = segmenter.words(text);
            words
                .iter()
                .filter(|word| word.shape == CaseShape::Joiner)
                .count()
        };
        for (text, expected) in [
            ("pro-Beijing", 1),
            ("Ban Ki\u{2011}moon", 1),
            ("Seoul - Tokyo", 0),
            ("-5", 0),
            ("mid- and late", 0),
            ("a--b", 0),
            ("state-of-the-art", 3),
        ] {
            assert_eq!(joiners(text), expected, "{text}");
        }
    }

    #[test]
    fn shapes_look_at_cased_letters_alone() {
        for (word, shape) in [
            ("10,000", CaseShape::Other),
            ("北", CaseShape::Other),
            ("visit", CaseShape::Lower),
            ("'s", CaseShape::Lower),
            ("Moscow", CaseShape::Title),
            ("A", CaseShape::Title),
            ("’Tis", CaseShape::Title),
            ("U.S.", CaseShape::Upper),
            ("KCNA", CaseShape::Upper),
            ("AT&T", CaseShape::Upper),
            ("iPhone", CaseShape::Mixed),
            ("McCain", CaseShape::Mixed),
            ("Élysée", CaseShape::Title),
        ] {
            assert_eq!(CaseShape::of(word), shape, "{word}");
        }
    }
}
