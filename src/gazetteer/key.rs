//! Names to keys: what makes *Choe Son-hui* and *CHOE SON HUI* meet.
//!
//! A key holds only small letters and digits. Case, diacritics, hyphens, apostrophes, periods and white space
//! do not count, nor does a leading *the* or a trailing possessive.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The key of a name; empty where the name has neither letter nor digit.
///
/// ```
/// # use nomenclator::gazetteer::key::fold;
/// assert_eq!(fold("Choe Son-hui"), fold("CHOE SON HUI"));
/// assert_eq!(fold("Côte d’Ivoire"), "cotedivoire");
/// assert_eq!(fold("the U.S."), "us");
/// ```
pub fn fold(name: &str) -> String {
    folded_words(name).concat()
}

/// The words of a name as the key sees them, in order: `["choe", "son", "hui"]`.
///
/// Hyphens, slashes and white space part words; apostrophes and periods do not.
pub fn folded_words(name: &str) -> Vec<String> {
    let name = without_possessive(name.trim());
    let mut words = vec![String::new()];
    if name.is_ascii() {
        name.chars().for_each(|c| fold_into(&mut words, c));
    } else {
        name.nfkd()
            .filter(|&c| !is_combining_mark(c))
            .for_each(|c| fold_into(&mut words, c));
    }
    words.retain(|word| !word.is_empty());
    if words.len() > 1 && words[0] == "the" {
        words.remove(0);
    }
    if words.len() > 1 && words[0] == "st" {
        words[0] = "saint".to_owned();
    }
    words
}

fn fold_into(words: &mut Vec<String>, c: char) {
    match c {
        '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | '`' | '´' | '.' => {}
        '&' => words.extend(["and".to_owned(), String::new()]),
        _ if c.is_alphanumeric() => {
            if let Some(word) = words.last_mut() {
                push_folded(word, c);
            }
        }
        _ if words.last().is_some_and(String::is_empty) => {}
        _ => words.push(String::new()),
    }
}

/// The name without a trailing `'s` or `’s`, which belongs to the sentence.
pub fn without_possessive(name: &str) -> &str {
    ["'s", "’s", "'S", "’S"]
        .iter()
        .find_map(|possessive| name.strip_suffix(possessive))
        .unwrap_or(name)
}

/// Letters that NFKD leaves whole although English prints them otherwise.
pub(crate) fn push_folded(word: &mut String, c: char) {
    if c.is_ascii() {
        word.push(c.to_ascii_lowercase());
        return;
    }
    let plain = match c {
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'þ' | 'Þ' => "th",
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ı' => "i",
        'ħ' | 'Ħ' => "h",
        'ŧ' | 'Ŧ' => "t",
        'ŋ' | 'Ŋ' => "n",
        'ə' | 'Ə' => "a",
        _ => {
            word.extend(c.to_lowercase().filter(|&lower| !is_combining_mark(lower)));
            return;
        }
    };
    word.push_str(plain);
}

/// An acronym without periods, white space and possessive, its case kept: `U.S.` and `US` meet, `us` stays away.
pub fn acronym_form(text: &str) -> String {
    without_possessive(text.trim())
        .chars()
        .filter(|c| !matches!(c, '.' | ' ' | '\u{a0}'))
        .collect()
}

/// Whether `text` writes the acronym `acronym`, given that their keys agree.
///
/// Case counts, except that newspapers write a spoken acronym of four letters or more as a word (*Nato*).
pub fn writes_acronym(text: &str, acronym: &str) -> bool {
    let (text, acronym) = (acronym_form(text), acronym_form(acronym));
    text == acronym || (acronym.chars().count() >= 4 && is_title(&text) && !is_title(&acronym))
}

/// Whether the first letter alone is a capital.
fn is_title(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.all(|c| !c.is_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_meet() {
        for (one, other) in [
            ("Choe Son-hui", "CHOE SON HUI"),
            ("Côte d'Ivoire", "Cote d’Ivoire"),
            ("Jens Bjørn Łukasz Đorđe", "Jens Bjorn Lukasz Dorde"),
            ("Straße", "STRASSE"),
            ("The Gambia", "Gambia"),
            ("U. S.", "US"),
            ("J. D. Vance", "J.D. Vance"),
            ("St. Lucia", "Saint Lucia"),
            ("Trinidad & Tobago", "Trinidad and Tobago"),
            ("Kenya's", "Kenya"),
            ("Kenya’s", "Kenya"),
            ("İstanbul", "Istanbul"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} / {other}");
        }
    }

    #[test]
    fn a_key_of_nothing_is_empty() {
        assert_eq!(fold(""), "");
        assert_eq!(fold(" .-’ "), "");
        assert_eq!(fold("the"), "the");
    }

    #[test]
    fn acronyms_keep_their_case() {
        assert!(writes_acronym("U.S.", "US"));
        assert!(writes_acronym("US's", "U.S."));
        assert!(!writes_acronym("us", "US"));
        assert!(!writes_acronym("Us", "US"));
        assert!(!writes_acronym("aims", "AIMS"));
        assert!(writes_acronym("Nato", "NATO"));
        assert!(!writes_acronym("Who", "WHO"));
    }
}
