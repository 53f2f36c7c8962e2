//! Text to the words that are searched: what is written and what is asked for meet here.
//!
//! A word is a run of letters, digits and marks; of scripts that do not part words, each character is one. Case and
//! diacritics do not count. Nothing is stemmed and nothing is left out, so that every answer can be checked by reading. A
//! word of more than [`LONGEST`] bytes is found by its first ones.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::gazetteer::key::push_folded;

/// Bytes of a term; what no name and no word has. Indexes keep longer ones badly or not at all (tantivy drops them from
/// 65,531 bytes on, PostgreSQL's trees refuse them from 2,704), so that all of them cut here.
pub const LONGEST: usize = 512;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// What it is found by: small letters without diacritics, and digits.
    pub term: String,
}

/// The words of `text` in order; a word's place in this list is its position in the index.
pub fn words(text: &str) -> impl Iterator<Item = Word> + '_ {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (start, first) = rest.find(|(_, c)| c.is_alphanumeric())?;
            let mut end = start + first.len_utf8();
            if !is_word_itself(first) {
                while let Some((at, c)) = rest.next_if(|&(_, c)| goes_on(c)) {
                    end = at + c.len_utf8();
                }
            }
            let span = start..end;
            let term = term(&text[span.clone()]);
            if !term.is_empty() {
                return Some(Word { span, term });
            }
        }
    })
}

/// Whether a word that has begun takes `c` in.
fn goes_on(c: char) -> bool {
    is_of_word(c) && !is_word_itself(c)
}

/// Letters, digits, marks, and what stands between letters and is not seen: soft hyphen, joiners.
pub(crate) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric()
        || is_combining_mark(c)
        || matches!(c, '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}')
}

/// Han, Hiragana, Katakana, Thai, Lao, Khmer, Burmese: scripts without spaces between words.
fn is_word_itself(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3041..=0x30FF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF)
}

/// A term cut to its first [`LONGEST`] bytes, at a character's end.
pub fn clipped(mut term: String) -> String {
    if term.len() > LONGEST {
        term.truncate(term.floor_char_boundary(LONGEST));
    }
    term
}

fn term(word: &str) -> String {
    clipped(whole_term(word))
}

fn whole_term(word: &str) -> String {
    let mut term = String::with_capacity(word.len());
    if word.is_ascii() {
        term.push_str(word);
        term.make_ascii_lowercase();
        return term;
    }
    for c in word.nfkd().filter(|c| c.is_alphanumeric()) {
        push_folded(&mut term, c);
    }
    term
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        words(text).map(|word| word.term).collect()
    }

    #[test]
    fn case_and_diacritics_do_not_count() {
        assert_eq!(
            terms("Erdoğan's U.N. speech"),
            ["erdogan", "s", "u", "n", "speech"]
        );
        assert_eq!(terms("Łukasz STRASSE straße"), ["lukasz", "strasse", "strasse"]);
        assert_eq!(terms("cafe\u{301} — café"), ["cafe", "cafe"]);
        assert_eq!(
            terms("par\u{ad}lia\u{ad}ment zero\u{200d}width"),
            ["parliament", "zerowidth"]
        );
    }

    #[test]
    fn spans_cut_words_out_of_the_text() {
        let text = "—Kim Jong-un, 2024";
        let cut: Vec<&str> = words(text).map(|word| &text[word.span]).collect();
        assert_eq!(cut, ["Kim", "Jong", "un", "2024"]);
    }

    #[test]
    fn scripts_without_spaces_are_found_by_any_run_of_characters() {
        assert_eq!(terms("北京 Beijing市"), ["北", "京", "beijing", "市"]);
        assert_eq!(
            terms("서울 회담"),
            terms("서울 회담".nfd().collect::<String>().as_str())
        );
    }

    #[test]
    fn a_word_of_any_length_is_found_by_its_beginning() {
        let long = "é".repeat(70_000);
        let found: Vec<Word> = words(&long).collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].span, 0..long.len());
        assert_eq!(found[0].term, "e".repeat(LONGEST));
        assert_eq!(clipped("я".repeat(300)).len(), LONGEST);
        assert_eq!(clipped(format!("a{}", "я".repeat(300))).len(), LONGEST - 1);
    }

    #[test]
    fn a_text_of_no_words_has_none() {
        assert!(terms("— … \u{301}").is_empty());
    }
}
