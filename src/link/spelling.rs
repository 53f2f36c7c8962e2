//! Spellings of a person's name.

use crate::gazetteer::key::fold;

/// Whether two given names are one, or spellings of one: the same first letter and at most two edits in six or
/// more letters, one in four or five.
pub fn is_like(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let allowed = match one.chars().count().min(other.chars().count()) {
        0..=3 => return false,
        4..=5 => 1,
        _ => 2,
    };
    one.chars().next() == other.chars().next() && edits(one, other) <= allowed
}

/// Levenshtein's distance.
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, c) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, &d) in other.iter().enumerate() {
            let substituted = diagonal + usize::from(c != d);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

/// Titles that a tagger may leave inside a name.
const TITLES: [&str; 30] = [
    "president",
    "minister",
    "prime",
    "foreign",
    "sen",
    "senator",
    "rep",
    "gen",
    "general",
    "mr",
    "mrs",
    "ms",
    "dr",
    "sir",
    "lord",
    "king",
    "queen",
    "prince",
    "princess",
    "sheikh",
    "ayatollah",
    "pope",
    "chancellor",
    "secretary",
    "justice",
    "judge",
    "congressman",
    "lady",
    "dame",
    "col",
];

/// The name without titles before it.
pub fn without_titles(name: &str) -> &str {
    let mut rest = name.trim();
    while let Some((first, after)) = rest.split_once(' ') {
        if !TITLES.contains(&fold(first).as_str()) || !after.contains(' ') {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

/// Whether a word is a title such as *President* or *Sen.*
pub fn is_title(word: &str) -> bool {
    TITLES.contains(&fold(word).as_str())
}

/// The given names that a short form such as *Dan* stands for, and the short forms of *Daniel*.
pub fn full_forms(given: &str) -> impl Iterator<Item = &'static str> {
    let key = fold(given);
    let known = key.clone();
    NICKNAMES
        .iter()
        .filter(move |names| names.contains(&known.as_str()))
        .flat_map(|names| names.iter().copied())
        .filter(move |&name| name != key)
}

/// Given names and their short forms, small letters.
#[rustfmt::skip]
const NICKNAMES: [&[&str]; 48] = [
    &["alexander", "alex", "alec", "sandy"], &["alexei", "alexey"], &["andrew", "andy", "drew"], &["anthony", "tony"],
    &["arthur", "art"], &["benjamin", "ben"], &["bernard", "bernie"], &["catherine", "cathy", "kate"],
    &["charles", "charlie", "chuck"], &["christine", "chris"], &["christopher", "chris"], &["daniel", "dan", "danny"],
    &["david", "dave"], &["deborah", "debbie", "deb"], &["donald", "don"], &["douglas", "doug"],
    &["edward", "ed", "ted", "eddie"], &["elizabeth", "liz", "beth", "betsy"], &["francis", "frank"],
    &["franklin", "frank"], &["frederick", "fred"], &["gerald", "jerry"], &["gregory", "greg"], &["henry", "harry", "hank"],
    &["james", "jim", "jimmy", "jamie"], &["jeffrey", "jeff"], &["john", "jack", "johnny"], &["jonathan", "jon"],
    &["joseph", "joe"], &["katherine", "kathy", "kate", "katie"], &["kenneth", "ken"], &["lawrence", "larry"],
    &["leonard", "len"], &["margaret", "maggie", "peggy"], &["matthew", "matt"], &["michael", "mike", "mick"],
    &["nicholas", "nick"], &["patricia", "pat", "patty"], &["patrick", "pat"], &["peter", "pete"],
    &["richard", "dick", "rick", "rich"], &["robert", "bob", "rob", "bobby"], &["ronald", "ron"],
    &["samuel", "sam"], &["stephen", "steve"], &["steven", "steve"], &["thomas", "tom"], &["william", "bill", "will"],
];

/// Articles and particles of family names: alone before one they make no given name.
pub fn is_particle(word: &str) -> bool {
    let key = fold(word);
    let particles = [
        "abu", "al", "bin", "da", "de", "del", "della", "den", "der", "di", "dos", "du", "el", "ibn", "la",
        "le", "ten", "ter", "ul", "van", "von", "zu",
    ];
    particles.contains(&key.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_given_name_are_alike() {
        assert!(is_like("georgy", "georgiy") && is_like("massoud", "masoud") && is_like("omar", "omar"));
        assert!(!is_like("bill", "hillary") && !is_like("ann", "anna") && !is_like("john", "jean"));
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
    }

    #[test]
    fn nicknames_have_full_forms() {
        let forms = |name: &str| full_forms(name).collect::<Vec<_>>();
        assert_eq!(forms("Dan"), ["daniel", "danny"]);
        assert_eq!(forms("Pat"), ["patricia", "patty", "patrick"]);
        assert!(forms("Ursula").is_empty());
    }

    #[test]
    fn titles_come_off() {
        assert_eq!(without_titles("President Ann Example"), "Ann Example");
        assert_eq!(without_titles("Ann Example"), "Ann Example");
        assert_eq!(without_titles("King Example"), "King Example");
    }
}
