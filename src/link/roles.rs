//! Roles: what is said of a person beside the name, and what an office is.

use std::ops::Range;

use super::context::{Label, Reading};
use crate::dates::PartialDate;
use crate::document::Kind;
use crate::gazetteer::entity::{Entity, EntityTenure};

/// Sorts of office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Office {
    /// Head of state or government, or of an international body.
    Head,
    /// Minister, secretary, ambassador, governor.
    Minister,
    /// Member of a parliament.
    Legislator,
    /// Officer of an armed force or police.
    Officer,
    /// Spokesperson.
    Spokesperson,
    /// Judge or prosecutor.
    Judge,
    /// Any other office.
    Other,
}

/// The sort of office that a word names, in text or in a position's title.
fn office_of(word: &str) -> Option<Office> {
    Some(match word {
        "president" | "premier" | "pm" | "chancellor" | "king" | "queen" | "emir" | "sultan"
        | "taoiseach" | "prince" | "pope" | "pontiff" | "ayatollah" | "emperor" | "monarch" | "dictator"
        | "strongman" | "vice-president" => Office::Head,
        "minister" | "secretary" | "ambassador" | "envoy" | "governor" | "foreign" | "undersecretary"
        | "ministers" | "minister-designate" | "treasurer" | "exchequer" | "attorney" | "gov"
        | "diplomat" | "consul" | "negotiator" => Office::Minister,
        "senator" | "sen" | "rep" | "representative" | "mp" | "mep" | "lawmaker" | "congressman"
        | "congresswoman" | "legislator" | "councillor" | "parliamentarian" | "lord" | "baroness"
        | "speaker" | "senators" | "reps" | "mps" | "assemblyman" | "backbencher" | "candidate" | "whip" => {
            Office::Legislator
        }
        "general" | "gen" | "admiral" | "adm" | "colonel" | "col" | "commander" | "marshal" | "lt"
        | "maj" | "major" | "brigadier" | "commandant" | "captain" => Office::Officer,
        "spokesman" | "spokeswoman" | "spokesperson" | "spokesmen" => Office::Spokesperson,
        "judge" | "justice" | "prosecutor" | "magistrate" | "judges" => Office::Judge,
        "director" | "chief" | "head" | "chairman" | "chairwoman" | "chair" | "official" | "commissioner"
        | "mayor" | "leader" | "politician" | "deputy" | "adviser" | "advisor" | "administrator"
        | "inspector" | "sheriff" | "counsellor" | "aide" | "governing" | "member" => Office::Other,
        _ => return None,
    })
}

/// Words that say the person is something else.
#[rustfmt::skip]
const OTHERWISE: [&str; 66] = [
    "academic", "activist", "actor", "actress", "analyst", "analysts", "anchor", "architect", "artist", "author",
    "banker", "batsman", "blogger", "bowler", "boxer", "broker", "businessman", "businesswoman", "ceo", "champion",
    "coach", "columnist", "comedian", "composer", "correspondent", "critic", "dealer", "defender", "designer",
    "doctor", "driver", "economist", "editor", "executive", "farmer", "fighter", "filmmaker", "footballer",
    "goalkeeper", "golfer", "historian", "journalist", "lawyer", "lecturer", "manager", "midfielder", "musician",
    "novelist", "photographer", "physicist", "player", "playwright", "poet", "professor", "rapper", "reporter",
    "researcher", "scientist", "singer", "skipper", "striker", "student", "teacher", "trader", "victim", "winger",
];

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
            if let Some(office) = office_of(lower) {
                found.offices.push(office);
            }
            found.otherwise |= OTHERWISE.binary_search(&lower).is_ok();
        }
        for (seen, decision) in reading.mentions.iter().zip(&reading.decisions) {
            let inside = seen.words.start >= span.start && seen.words.end <= span.end;
            if let Some(decision) = decision.as_ref().filter(|_| inside)
                && decision.entity.kind != Kind::Official
            {
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
        let abbreviated = word == "." && office_of(reading.words.before(start - 1, 1)).is_some();
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

/// The sort of office that a tenure is, by its title.
pub fn office(tenure: &EntityTenure) -> Office {
    let title = tenure.position.to_lowercase();
    let words: Vec<&str> = title
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .collect();
    let has = |word: &str| words.contains(&word);
    let spokesperson = ["spokesman", "spokeswoman", "spokesperson"]
        .iter()
        .any(|&word| has(word));
    let deputy = [
        "deputy",
        "vice",
        "assistant",
        "under",
        "junior",
        "shadow",
        "parliamentary",
    ]
    .iter()
    .any(|&word| has(word));
    if spokesperson {
        Office::Spokesperson
    } else if has("member")
        || has("senator")
        || has("representative")
        || has("mp")
        || has("councillor")
        || has("speaker")
    {
        Office::Legislator
    } else if (title.contains("prime minister")
        || has("secretary-general")
        || title.contains("secretary general"))
        && !deputy
    {
        Office::Head
    } else if ["minister", "secretary", "ambassador", "governor", "exchequer"]
        .iter()
        .any(|&word| has(word))
    {
        Office::Minister
    } else if words.iter().any(|word| office_of(word) == Some(Office::Head)) && !deputy {
        Office::Head
    } else {
        // What is left of "Vice President" is no head.
        let named = words.iter().find_map(|word| office_of(word));
        named
            .filter(|&office| office != Office::Head)
            .unwrap_or(Office::Other)
    }
}

/// How well known the person is by office at a date: the highest sort held by then (or ever, without a date).
pub fn prominence(entity: &Entity, date: Option<PartialDate>) -> f32 {
    let begun = |tenure: &&EntityTenure| {
        date.is_none_or(|date| tenure.from.is_none_or(|from| from.earliest() <= date.latest()))
    };
    let strength = |tenure: &EntityTenure| match office(tenure) {
        Office::Head => 0.55,
        Office::Minister => 0.35,
        Office::Spokesperson | Office::Officer | Office::Judge | Office::Other => 0.2,
        Office::Legislator => 0.0,
    };
    entity
        .tenures
        .iter()
        .filter(begun)
        .map(strength)
        .fold(0.0, f32::max)
}

/// Whether the person leads a state, government or international body on the date, within two years.
pub fn leads_at(entity: &Entity, date: Option<PartialDate>) -> bool {
    entity.tenures.iter().any(|tenure| {
        office(tenure) == Office::Head
            && match date {
                Some(date) => tenure.covers(date, 12),
                None => tenure.to.is_none(),
            }
    })
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
    fn titles_sort_into_offices() {
        for (title, expected) in [
            ("President of Peru", Office::Head),
            ("Prime Minister of Spain", Office::Head),
            ("Deputy Prime Minister", Office::Minister),
            ("Minister of Foreign Affairs", Office::Minister),
            ("Secretary-General of the United Nations", Office::Head),
            ("Chancellor of the Exchequer", Office::Minister),
            ("member of the House of Commons", Office::Legislator),
            ("Vice President of Brazil", Office::Other),
            ("Pentagon deputy spokesperson", Office::Spokesperson),
            ("something unheard of", Office::Other),
        ] {
            assert_eq!(office(&tenure(title)), expected, "{title}");
        }
        assert!(OTHERWISE.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn the_date_raises_doubt() {
        let mut person: Entity = Entity::from(
            &serde_json::from_str(
                r#"{"id":"nom:p","kind":"official","name":"P Q","country":"XX","sources":["own"]}"#,
            )
            .unwrap(),
        );
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
