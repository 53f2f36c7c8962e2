//! Roles: what is said of a person beside the name, and what an office is.

use std::ops::Range;

use super::context::{Label, Reading};
use crate::dates::PartialDate;
use crate::document::Kind;
use crate::gazetteer::body::CountryWords;
use crate::gazetteer::entity::{Entity, EntityTenure};
use crate::gazetteer::office::{Office, Standing};

/// Words that say the person is something else.
#[rustfmt::skip]
const OTHERWISE: [&str; 214] = [
    "academic", "activist", "actor", "actress", "analyst", "analysts", "anchor", "architect", "artist", "author",
    "baker", "banker", "barber", "barista", "bartender", "batsman", "beekeeper", "biologist", "blogger", "bookseller",
    "bouncer", "bowler", "boxer", "brewer", "bricklayer", "broker", "builder", "businessman", "businesswoman",
    "butcher", "caretaker", "carpenter", "cashier", "cellist", "ceo", "champion", "chef", "chemist", "choreographer",
    "cleaner", "clerk", "clown", "coach", "columnist", "comedian", "composer", "conductor", "cook",
    "correspondent", "courier", "cricketer", "critic", "cyclist", "dancer", "dealer", "defender", "dentist",
    "designer", "detective", "diver", "doctor", "doorman", "driver", "drummer",
    "economist", "editor", "electrician", "engineer", "entrepreneur", "executive", "farmer", "farmworker", "fighter",
    "filmmaker", "firefighter", "fireman", "fisherman", "florist", "footballer", "foreman", "gardener", "geologist",
    "goalkeeper", "golfer", "grocer", "guitarist", "gymnast", "hairdresser", "historian", "housewife", "hunter",
    "illustrator", "inventor", "janitor", "jeweller", "jockey", "journalist", "juggler", "lawyer", "lecturer",
    "librarian", "lifeguard", "locksmith", "lumberjack", "magician", "manager", "mason", "masseur", "mathematician",
    "mechanic", "midfielder", "midwife", "milkman", "miner", "mountaineer", "musician",
    "nanny", "neurologist", "novelist", "numismatist", "nun", "nurse", "nutritionist", "optician",
    "organist", "painter", "paramedic", "pensioner", "pharmacist", "philosopher", "photographer",
    "physician", "physicist", "physiotherapist", "pianist", "pilot", "player", "playwright", "plumber", "poet",
    "postman", "potter", "priest", "professor", "programmer", "psychiatrist", "psychologist", "publisher", "rancher",
    "rapper", "referee", "reporter", "researcher", "resident", "restaurateur", "retiree", "roofer", "rower", "runner",
    "sailor", "salesman", "saleswoman", "schoolboy", "schoolgirl", "schoolteacher", "scientist", "sculptor",
    "seamstress", "shepherd", "shopkeeper", "singer", "skater", "skier", "skipper", "sociologist",
    "songwriter", "sprinter", "striker", "student", "stuntman", "stylist", "surfer", "surgeon", "swimmer", "tailor",
    "teacher", "teenager", "tenor", "therapist", "tourist", "trader", "trainer", "translator",
    "trombonist", "trucker", "tutor", "typist", "undergraduate", "vet", "veterinarian", "victim", "violinist",
    "vlogger", "vocalist", "waiter", "waitress", "weaver", "welder", "winemaker", "winger", "wrestler",
    "yachtsman", "youtuber", "zoologist",
];

/// Words before an office that is none of the state's: *company spokesman*.
const PRIVATE: [&str; 11] = [
    "company",
    "group",
    "airline",
    "firm",
    "club",
    "league",
    "family",
    "hospital",
    "university",
    "college",
    "team",
];

/// Whether a word says that the person is something else than an official.
pub fn is_other_occupation(word: &str) -> bool {
    OTHERWISE.binary_search(&word).is_ok()
}

/// What the text beside a person's name says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Described {
    /// Offices named beside it.
    pub offices: Vec<Office>,
    /// Countries of the mentions among those words.
    pub countries: Vec<String>,
    /// Whether another occupation is named.
    pub otherwise: bool,
}

/// Reads the words before a name (*South Korean President …*, *Foreign Minister, …*) and after it (*…, the
/// spokesman for …*).
pub fn described(reading: &Reading<'_>, at: usize) -> Described {
    let mut found = Described::default();
    let before = words_before(reading, at);
    let after = words_after(reading, at);
    for span in [before, after] {
        for word in span.clone() {
            let lower = reading.words.lower(word);
            let private = PRIVATE.contains(&reading.words.before(word, 1));
            if let Some(office) = Office::of_word(lower).filter(|_| !private) {
                found.offices.push(office);
            }
            found.otherwise |= private && Office::of_word(lower).is_some();
            found.otherwise |= OTHERWISE.binary_search(&lower).is_ok();
        }
        for decision in reading
            .mentions_in(&span)
            .filter_map(|other| reading.decisions[other].as_ref())
        {
            if decision.entity.kind != Kind::Official {
                found.countries.push(decision.country().to_owned());
            }
        }
    }
    // "President" alone is also a company's; an office of state beside another occupation wins nothing.
    found.otherwise &= found.offices.is_empty();
    found
}

const REACH: usize = 9;

/// Up to [`REACH`] words before the name, to the sentence's begin, the last verb of saying, or another person.
fn words_before(reading: &Reading<'_>, at: usize) -> Range<usize> {
    let end = reading.mentions[at].words.start;
    let mut start = end;
    while start > 0 && end - start < REACH {
        let word = reading.words.lower(start - 1);
        let title = reading.words.before(start - 1, 1);
        let abbreviated = word == "." && (is_title(title) || Office::of_word(title).is_some());
        let comma = word == "," && start == end;
        let joins = matches!(
            word,
            "said" | "told" | "says" | "and" | "by" | "with" | "who" | "that" | "met"
        );
        if (is_mark(word) && !abbreviated && !comma) || joins || is_inside_person(reading, start - 1) {
            break;
        }
        start -= 1;
    }
    start..end
}

/// Up to [`REACH`] words after a comma or in parentheses after the name.
fn words_after(reading: &Reading<'_>, at: usize) -> Range<usize> {
    let start = reading.mentions[at].words.end;
    if !matches!(reading.words.lower(start), "," | "(") {
        return start..start;
    }
    let mut end = start + 1;
    while end < reading.words.len() && end - start <= REACH {
        let word = reading.words.lower(end);
        if is_mark(word) && word != "'s"
            || is_inside_person(reading, end)
            || matches!(word, "said" | "told" | "who" | "says")
        {
            break;
        }
        end += 1;
    }
    start + 1..end
}

/// Abbreviated titles, after whose period the name goes on.
fn is_title(word: &str) -> bool {
    matches!(
        word,
        "mr" | "mrs" | "ms" | "dr" | "prof" | "hon" | "st" | "rev" | "amb" | "atty"
    )
}

fn is_mark(word: &str) -> bool {
    !matches!(word, "'s" | "-" | "'") && !word.chars().any(char::is_alphanumeric)
}

fn is_inside_person(reading: &Reading<'_>, word: usize) -> bool {
    let next = reading.mentions.partition_point(|seen| seen.words.end <= word);
    reading
        .mentions
        .get(next)
        .is_some_and(|seen| seen.label == Label::Person && seen.words.contains(&word))
}

/// How well known the person is by office at a date: the highest standing by then (or ever, without a date).
pub fn prominence(reading: &Reading<'_>, entity: &Entity) -> f32 {
    let begun = |tenure: &&EntityTenure| {
        reading
            .date
            .is_none_or(|date| tenure.from.is_none_or(|from| from.earliest() <= date.latest()))
    };
    let standings = entity
        .tenures
        .iter()
        .filter(begun)
        .map(|tenure| reading.office(tenure).standing());
    match standings.max().unwrap_or_default() {
        Standing::Head => 0.55,
        Standing::Minister => 0.35,
        Standing::Holder => 0.2,
        Standing::Member => 0.0,
    }
}

/// Whether the person leads a state, government or international body on the document's date.
pub fn leads(reading: &Reading<'_>, entity: &Entity) -> bool {
    entity.tenures.iter().any(|tenure| {
        reading.office(tenure) == Office::Head
            && match reading.date {
                Some(date) => tenure.covers(date, 12),
                None => tenure.to.is_none(),
            }
    })
}

/// The tenure that says what a person is on `date`: of those that cover it the one of the highest standing (the
/// latest begun among equals), else the last begun before it, else the first after it; without a date the latest.
pub fn tenure_at<'e>(
    entity: &'e Entity,
    date: Option<PartialDate>,
    countries: &CountryWords,
) -> Option<&'e EntityTenure> {
    let begin = |tenure: &EntityTenure| tenure.from.map_or((i16::MIN, 0, 0), PartialDate::earliest);
    let tenures = entity.tenures.iter();
    let Some(date) = date else {
        return tenures.max_by_key(|tenure| begin(tenure));
    };
    let covering = tenures.clone().filter(|tenure| tenure.covers(date, 30));
    covering
        .max_by_key(|tenure| (Office::of_tenure(tenure, countries).standing(), begin(tenure)))
        .or_else(|| {
            tenures
                .clone()
                .filter(|tenure| begin(tenure) <= date.latest())
                .max_by_key(|tenure| begin(tenure))
        })
        .or_else(|| tenures.min_by_key(|tenure| begin(tenure)))
}

/// How likely a person is spoken of as an official at `date`, by the nearest tenure.
pub fn date_doubt(entity: &Entity, date: Option<PartialDate>) -> f32 {
    let Some(date) = date else { return 1.0 };
    let nearest = entity.tenures.iter().map(|tenure| {
        if tenure.covers(date, 30) {
            return 1.0;
        }
        let year = i32::from(date.year());
        match (tenure.from, tenure.to) {
            (Some(from), _) if from.earliest() > date.latest() => match i32::from(from.year()) - year {
                0..=4 => 0.9,
                5..=12 => 0.65,
                13..=20 => 0.4,
                _ => 0.2,
            },
            (_, Some(to)) => match year - i32::from(to.year()) {
                0..=10 => 0.97,
                11..=30 => 0.85,
                31..=60 => 0.6,
                _ => 0.4,
            },
            _ => 0.9,
        }
    });
    nearest
        .fold(None, |best: Option<f32>, doubt| {
            Some(best.map_or(doubt, |best| best.max(doubt)))
        })
        .unwrap_or(0.9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenure(position: &str) -> EntityTenure {
        EntityTenure {
            position: position.to_owned(),
            organisation: None,
            country: "XX".to_owned(),
            from: None,
            to: None,
        }
    }

    #[test]
    fn the_office_depends_on_the_date() {
        let mut person = nobody();
        let term = |position: &str, from: &str, to: Option<&str>| EntityTenure {
            from: Some(from.parse().unwrap()),
            to: to.map(|to| to.parse().unwrap()),
            ..tenure(position)
        };
        person.tenures = vec![
            term("Minister of Health", "2009-06-01", Some("2012")),
            term("Member of Parliament", "2010", None),
        ];
        let at = |date: &str| {
            let date = Some(date.parse().unwrap());
            tenure_at(&person, date, &CountryWords::default())
                .unwrap()
                .position
                .as_str()
        };
        assert_eq!(at("1999"), "Minister of Health");
        assert_eq!(at("2011"), "Minister of Health");
        assert_eq!(at("2014-01-01"), "Member of Parliament");
        let latest = tenure_at(&person, None, &CountryWords::default()).unwrap();
        assert_eq!(latest.position, "Member of Parliament");
        assert!(OTHERWISE.is_sorted_by(|a, b| a < b));
    }

    fn nobody() -> Entity {
        let record = r#"{"id":"nom:p","kind":"official","name":"P Q","country":"XX","sources":["own"]}"#;
        Entity::from(&serde_json::from_str::<crate::gazetteer::record::Record>(record).unwrap())
    }

    #[test]
    fn the_date_raises_doubt() {
        let mut person = nobody();
        person.tenures = vec![EntityTenure {
            from: Some("1990".parse().unwrap()),
            to: Some("1994".parse().unwrap()),
            ..tenure("President")
        }];
        let doubt = |date: &str| date_doubt(&person, Some(date.parse().unwrap()));
        assert_eq!(doubt("1992"), 1.0);
        assert!(doubt("1970") < doubt("1987") && doubt("2040") < doubt("2000"));
        assert_eq!(date_doubt(&person, None), 1.0);
    }
}
