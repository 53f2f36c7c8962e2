//! Acronyms that the text itself explains.

use super::candidates::Candidate;
use super::context::{Label, Reading};
use crate::gazetteer::key::{acronym_form, folded_words};
use crate::gazetteer::record::AliasType;

/// Letters written as an acronym: no small ones, two capitals at least.
pub fn is_acronym(text: &str) -> bool {
    let form = acronym_form(text);
    let capitals = form.chars().filter(|c| c.is_uppercase()).count();
    capitals >= 2
        && form.chars().count() <= 10
        && !form.contains(' ')
        && !form.chars().skip(1).all(char::is_lowercase)
        && form.chars().filter(|c| c.is_lowercase()).count() <= capitals / 2
}

/// Whether the letters of an acronym stand in a name's words in order, the first one first.
fn abbreviates(acronym: &str, name: &str) -> bool {
    let letters: Vec<char> = acronym_form(acronym).to_lowercase().chars().collect();
    let words = folded_words(name);
    let Some(first) = letters.first() else {
        return false;
    };
    let initials: Vec<char> = words.iter().filter_map(|word| word.chars().next()).collect();
    if !initials.contains(first) || words.len() < 2 {
        return false;
    }
    let mut wanted = letters.iter().peekable();
    for letter in words.concat().chars() {
        wanted.next_if(|&&next| next == letter);
    }
    let in_initials = letters.iter().filter(|letter| initials.contains(letter)).count();
    wanted.peek().is_none() && in_initials * 2 >= letters.len()
}

/// Whether one of the entity's names has the acronym's letters.
pub fn explains_itself(acronym: &str, candidate: &Candidate) -> bool {
    let aliases = candidate
        .entity
        .aliases
        .iter()
        .filter(|alias| alias.alias_type != AliasType::Native);
    abbreviates(acronym, &candidate.entity.name)
        || aliases.into_iter().any(|alias| abbreviates(acronym, &alias.text))
}

/// Finds *Long Name (LN)*, *Long Name \[LN\]* and *LN (Long Name)*.
pub fn find_definitions(reading: &mut Reading<'_>) {
    for at in 0..reading.mentions.len() {
        let mention = &reading.mentions[at];
        if mention.label == Label::Person {
            continue;
        }
        let end = mention.words.end;
        let quoted = matches!(reading.words.lower(end), "\"" | "”" | "'s");
        let open = end + usize::from(quoted);
        if !matches!(reading.words.lower(open), "(" | "[") {
            continue;
        }
        let inside = open + 1;
        let inside = inside + usize::from(matches!(reading.words.lower(inside), "\"" | "“" | "the"));
        let word = reading.words.written(inside);
        if is_acronym(word) && abbreviates(word, mention.text) {
            let (key, long) = (acronym_form(word), at);
            reading.definitions.entry(key).or_insert(long);
        } else if is_acronym(mention.text) {
            let mentions = &reading.mentions;
            let long = mentions.partition_point(|other| other.words.start < inside);
            if mentions
                .get(long)
                .is_some_and(|other| other.words.start == inside && abbreviates(mention.text, other.text))
            {
                reading
                    .definitions
                    .entry(acronym_form(reading.mentions[at].text))
                    .or_insert(long);
            }
        }
    }
}

/// Whether the document defines the acronym as another thing than `candidate`.
pub fn defined_otherwise(reading: &Reading<'_>, at: usize, candidate: &Candidate) -> bool {
    let Some(&long) = reading.definitions.get(&acronym_form(reading.mentions[at].name)) else {
        return false;
    };
    match &reading.decisions[long] {
        Some(decision) => decision.entity.id != candidate.entity.id,
        None => !shares_words(reading.mentions[long].text, candidate),
    }
}

/// Whether at least half of a name's words stand in one of the entity's names.
fn shares_words(name: &str, candidate: &Candidate) -> bool {
    let words = folded_words(name);
    let shared = |other: &str| {
        let other = folded_words(other);
        words.iter().filter(|word| other.contains(word)).count() * 2 >= words.len().max(other.len())
    };
    shared(&candidate.entity.name) || candidate.entity.aliases.iter().any(|alias| shared(&alias.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acronyms_abbreviate_their_names() {
        assert!(abbreviates("KCNA", "Korean Central News Agency"));
        assert!(abbreviates("NIS", "National Intelligence Service"));
        assert!(abbreviates("MoD", "Ministry of Defence"));
        assert!(!abbreviates("NIS", "Example"));
        assert!(!abbreviates("XYZ", "Korean Central News Agency"));
        assert!(is_acronym("U.N.") && is_acronym("MoD") && !is_acronym("Army") && !is_acronym("USA Today"));
    }
}
