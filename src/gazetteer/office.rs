//! Offices: what sort of office a title names.

use super::body::CountryWords;
use super::entity::{Entity, EntityTenure};
use super::key::folded_words;

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

/// How far an office makes its holder known; ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Legislators, and persons without a known office.
    #[default]
    Member,
    /// Other office holders.
    Holder,
    /// Ministers, ambassadors, governors.
    Minister,
    /// Heads of state and government.
    Head,
}

impl Standing {
    /// All, from the least known up.
    pub const ALL: [Standing; 4] = [
        Standing::Member,
        Standing::Holder,
        Standing::Minister,
        Standing::Head,
    ];
}

impl Office {
    /// The office's standing.
    pub fn standing(self) -> Standing {
        match self {
            Office::Head => Standing::Head,
            Office::Minister => Standing::Minister,
            Office::Legislator => Standing::Member,
            Office::Officer | Office::Spokesperson | Office::Judge | Office::Other => Standing::Holder,
        }
    }

    /// The sort of office that a word names beside a person: *Sen.*, *spokesman*.
    pub fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "president" | "premier" | "pm" | "chancellor" | "king" | "queen" | "emir" | "sultan"
            | "taoiseach" | "prince" | "pope" | "pontiff" | "ayatollah" | "emperor" | "monarch"
            | "dictator" | "strongman" => Office::Head,
            "minister" | "secretary" | "ambassador" | "envoy" | "governor" | "undersecretary"
            | "ministers" | "treasurer" | "exchequer" | "attorney" | "gov" | "diplomat" | "consul"
            | "negotiator" => Office::Minister,
            "senator" | "sen" | "rep" | "representative" | "mp" | "mep" | "lawmaker" | "congressman"
            | "congresswoman" | "legislator" | "councillor" | "parliamentarian" | "lord" | "baroness"
            | "speaker" | "senators" | "reps" | "mps" | "assemblyman" | "backbencher" | "candidate"
            | "whip" => Office::Legislator,
            "general" | "gen" | "admiral" | "adm" | "colonel" | "col" | "commander" | "marshal" | "lt"
            | "maj" | "major" | "brigadier" | "commandant" => Office::Officer,
            "spokesman" | "spokeswoman" | "spokesperson" | "spokesmen" => Office::Spokesperson,
            "judge" | "justice" | "prosecutor" | "magistrate" | "judges" => Office::Judge,
            "director" | "chief" | "head" | "chairman" | "chairwoman" | "chair" | "official"
            | "commissioner" | "mayor" | "leader" | "politician" | "deputy" | "adviser" | "advisor"
            | "administrator" | "inspector" | "sheriff" | "counsellor" | "aide" | "governing" | "member" => {
                Office::Other
            }
            _ => return None,
        })
    }

    /// The sort of office that a tenure is, by its title.
    ///
    /// *President* alone heads a state, and so does *President of Peru*; *President of the Senate* does not.
    pub fn of_tenure(tenure: &EntityTenure, countries: &CountryWords) -> Self {
        let words = folded_words(&tenure.position);
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
        if has(&["spokesman", "spokeswoman", "spokesperson"]) {
            return Office::Spokesperson;
        }
        if has(&[
            "member",
            "senator",
            "representative",
            "mp",
            "speaker",
            "whip",
            "deputies",
            "senate",
            "assembly",
        ]) {
            return Office::Legislator;
        }
        let second = has(&[
            "deputy",
            "vice",
            "assistant",
            "under",
            "junior",
            "shadow",
            "parliamentary",
            "adviser",
            "advisor",
            "spouse",
            "counselor",
            "counsellor",
            "lieutenant",
            "chief",
        ]);
        if !second && heads(&words, &tenure.country, countries) {
            return Office::Head;
        }
        if has(&[
            "minister",
            "secretary",
            "ambassador",
            "governor",
            "chancellor",
            "premier",
            "exchequer",
        ]) {
            return Office::Minister;
        }
        // What is left of "Vice President" is no head.
        let named = words.iter().find_map(|word| Office::of_word(word));
        named
            .filter(|&office| office != Office::Head)
            .unwrap_or(Office::Other)
    }
}

/// Titles of heads, as words.
const HEADS: [&[&str]; 20] = [
    &["president"],
    &["prime", "minister"],
    &["premier"],
    &["federal", "chancellor"],
    &["chancellor"],
    &["king"],
    &["queen"],
    &["emir"],
    &["amir"],
    &["sultan"],
    &["emperor"],
    &["pope"],
    &["crown", "prince"],
    &["prince"],
    &["supreme", "leader"],
    &["taoiseach"],
    &["grand", "duke"],
    &["secretary", "general"],
    &["director", "general"],
    &["chief", "executive"],
];

/// Bodies and things whose *president* or *premier* heads a state or a union of states.
const HEADED: [&str; 12] = [
    "republic",
    "government",
    "europeancommission",
    "europeancouncil",
    "swissconfederation",
    "federalcouncil",
    "statecouncil",
    "councilofministers",
    "unitednations",
    "islamicrepublic",
    "revolution",
    "federation",
];

fn heads(words: &[String], country: &str, countries: &CountryWords) -> bool {
    let start = words
        .iter()
        .take_while(|word| {
            matches!(
                word.as_str(),
                "acting" | "interim" | "reigning" | "sovereign" | "transitional"
            )
        })
        .count();
    let title = &words[start..];
    let international = matches!(country, "INT" | "EU");
    let Some(head) = HEADS.iter().find(|head| {
        title.len() >= head.len() && title.iter().zip(head.iter()).all(|(word, part)| word == part)
    }) else {
        return false;
    };
    if matches!(head, ["secretary" | "director", "general"]) {
        return international;
    }
    let rest = &title[head.len()..];
    match rest.first().map(String::as_str) {
        None | Some("and") => true,
        Some("of") => {
            let of: Vec<String> = rest[1..].iter().filter(|word| *word != "the").cloned().collect();
            let key = of.concat();
            countries.has_key(&key) || HEADED.contains(&key.as_str())
        }
        Some(_) => false,
    }
}

/// The highest standing among an official's tenures.
pub fn standing(entity: &Entity, countries: &CountryWords) -> Standing {
    let standings = entity
        .tenures
        .iter()
        .map(|tenure| Office::of_tenure(tenure, countries).standing());
    standings.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Kind;

    fn countries() -> CountryWords {
        let country = Entity {
            id: "iso:PE".to_owned(),
            kind: Kind::Country,
            subkind: None,
            name: "Peru".to_owned(),
            country: Some("PE".to_owned()),
            aliases: Vec::new(),
            tenures: Vec::new(),
            from: None,
            to: None,
            seen: false,
        };
        CountryWords::new(&[country])
    }

    #[test]
    fn titles_sort_into_offices() {
        for (title, country, expected) in [
            ("President", "PE", Office::Head),
            ("President of Peru", "PE", Office::Head),
            ("Acting President", "PE", Office::Head),
            ("Prime Minister", "ES", Office::Head),
            ("President of the European Commission", "EU", Office::Head),
            ("Secretary-General of the United Nations", "INT", Office::Head),
            ("Secretary-General to the President", "NL", Office::Minister),
            ("Deputy Prime Minister", "ES", Office::Minister),
            ("Minister of Foreign Affairs", "ES", Office::Minister),
            ("Chancellor of the Exchequer", "GB", Office::Minister),
            ("President of the Senate", "PE", Office::Legislator),
            ("Member of the House of Commons", "GB", Office::Legislator),
            ("Vice President", "BR", Office::Other),
            ("President of the Central Bank", "BR", Office::Other),
            (
                "Deputy Pentagon Press Secretary and spokesperson",
                "US",
                Office::Spokesperson,
            ),
            ("something unheard of", "BR", Office::Other),
        ] {
            let tenure = EntityTenure {
                position: title.to_owned(),
                organisation: None,
                country: country.to_owned(),
                from: None,
                to: None,
            };
            assert_eq!(Office::of_tenure(&tenure, &countries()), expected, "{title}");
        }
    }
}
