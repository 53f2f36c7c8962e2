//! How much of the world a gazetteer covers.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::key::folded_words;
use super::record::{AliasType, Record, Tenure};
use crate::document::Kind;

/// Every ISO country with what coverage asks of it.
const COUNTRIES: &str = include_str!("../../models/gazetteer/iso_countries.tsv");

/// Records per kind and country, and what countries lack.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Coverage {
    /// Records per kind.
    pub kinds: BTreeMap<&'static str, usize>,
    /// Records per country's code and kind; records without a country stand under `-`.
    pub countries: BTreeMap<String, BTreeMap<&'static str, usize>>,
    /// Number of members of the United Nations that are looked at.
    pub un_members: usize,
    /// Members without a current head of state.
    pub without_head_of_state: Vec<String>,
    /// Members without a current head of government.
    pub without_head_of_government: Vec<String>,
    /// ISO countries without a demonym or adjective.
    pub without_demonym: Vec<String>,
    /// ISO countries without a capital.
    pub without_capital: Vec<String>,
}

impl Coverage {
    /// Counts over records.
    pub fn of<'r>(records: impl IntoIterator<Item = &'r Record>) -> Self {
        let mut coverage = Coverage::default();
        let (mut state, mut government) = (BTreeSet::new(), BTreeSet::new());
        let (mut demonym, mut capital) = (BTreeSet::new(), BTreeSet::new());
        for record in records {
            let kind = record.kind.as_str();
            *coverage.kinds.entry(kind).or_default() += 1;
            let code = record.country.clone().unwrap_or_else(|| "-".to_owned());
            *coverage
                .countries
                .entry(code.clone())
                .or_default()
                .entry(kind)
                .or_default() += 1;
            if record.kind == Kind::Country {
                for alias in &record.aliases {
                    match alias.alias_type {
                        AliasType::Demonym | AliasType::Adjective => demonym.insert(code.clone()),
                        AliasType::Capital => capital.insert(code.clone()),
                        _ => false,
                    };
                }
                // A city is its own capital: Singapore, Monaco.
                if CITY_STATES.contains(&code.as_str()) {
                    capital.insert(code);
                }
            }
            for tenure in record.tenures.iter().filter(|tenure| tenure.to.is_none()) {
                let (heads_state, heads_government) = heads(tenure);
                state.extend(heads_state.then(|| tenure.country.clone()));
                government.extend(heads_government.then(|| tenure.country.clone()));
            }
        }
        for line in COUNTRIES.lines().filter(|line| !line.starts_with('#')) {
            let mut cells = line.split('\t');
            let mut cell = || cells.next().unwrap_or_default();
            let (code, member, leaders) = (cell().to_owned(), cell() == "un", cell());
            if !demonym.contains(&code) {
                coverage.without_demonym.push(code.clone());
            }
            if !capital.contains(&code) && !WITHOUT_CAPITAL.contains(&code.as_str()) {
                coverage.without_capital.push(code.clone());
            }
            if !member {
                continue;
            }
            coverage.un_members += 1;
            let has_state = state.contains(&code) || (leaders == "GB" && state.contains("GB"));
            if !has_state {
                coverage.without_head_of_state.push(code.clone());
            }
            let one_person = leaders == "president" && state.contains(&code);
            if !one_person && !government.contains(&code) {
                coverage.without_head_of_government.push(code);
            }
        }
        coverage
    }

    /// Whether every country has what is asked of it.
    pub fn is_whole(&self) -> bool {
        self.lacks().iter().all(|(_, codes)| codes.is_empty())
    }

    /// What is lacking, in words, and where.
    pub fn lacks(&self) -> [(&'static str, &[String]); 4] {
        [
            (
                "UN members without a current head of state",
                &self.without_head_of_state,
            ),
            (
                "UN members without a current head of government",
                &self.without_head_of_government,
            ),
            ("ISO countries without a demonym", &self.without_demonym),
            ("ISO countries without a capital", &self.without_capital),
        ]
    }
}

const CITY_STATES: [&str; 6] = ["GI", "HK", "MC", "MO", "SG", "VA"];

/// Antarctica, uninhabited islands, and islands without a seat of government of their own.
const WITHOUT_CAPITAL: [&str; 5] = ["AQ", "BV", "HM", "TK", "UM"];

const HEADS_OF_STATE: [&str; 24] = [
    "president",
    "king",
    "queen",
    "emir",
    "amir",
    "sultan",
    "emperor",
    "pope",
    "grand duke",
    "prince",
    "supreme leader",
    "head of state",
    "monarch",
    "yang di pertuan agong",
    "governor general",
    "co prince",
    "captain regent",
    "o le ao o le malo",
    "chairman of the presidency",
    "chairman of the presidential leadership council",
    "president of the presidential leadership council",
    "chairman of the transitional sovereignty council",
    "chairman of the sovereignty council",
    "chairman of the presidential council",
];

const HEADS_OF_GOVERNMENT: [&str; 15] = [
    "prime minister",
    "premier",
    "chancellor",
    "federal chancellor",
    "taoiseach",
    "chief executive",
    "head of government",
    "minister of state",
    "president of the government",
    "president of the council of ministers",
    "president of the federal government",
    "chairman of the council of ministers",
    "chairwoman of the council of ministers",
    "chairperson of the council of ministers",
    "chairman of the cabinet of ministers",
];

/// Whether a term makes its holder head of the state, and of the government.
fn heads(tenure: &Tenure) -> (bool, bool) {
    // A body's president is not the country's; a council of state's may be, and says so in the title.
    if tenure.organisation.as_deref().is_some_and(|body| {
        let words = folded_words(body);
        !words.iter().any(|word| {
            matches!(
                word.as_str(),
                "government" | "state" | "council" | "cabinet" | "presidency" | "office"
            )
        })
    }) {
        return (false, false);
    }
    let words = folded_words(&tenure.position);
    let acting = [
        "acting",
        "interim",
        "transitional",
        "caretaker",
        "transition",
        "sovereign",
        "reigning",
    ];
    let start = words
        .iter()
        .take_while(|word| acting.contains(&word.as_str()))
        .count();
    let title = words[start..].join(" ");
    let is = |wanted: &[&str]| {
        wanted.iter().any(|wanted| {
            title == *wanted
                || title.strip_prefix(wanted).is_some_and(|rest| {
                    rest.starts_with(" and ")
                        || rest == " of the republic"
                        || rest.starts_with(" of the transition")
                })
        })
    };
    (
        is(&HEADS_OF_STATE),
        is(&HEADS_OF_GOVERNMENT) || title.ends_with(" and prime minister"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaders_are_told_by_their_titles() {
        for (position, expected) in [
            ("President", (true, false)),
            ("Acting President", (true, false)),
            ("President of the Republic", (true, false)),
            ("President of the Senate", (false, false)),
            ("President and Prime Minister", (true, true)),
            ("Vice President", (false, false)),
            ("King", (true, false)),
            ("Prime Minister", (false, true)),
            ("Prime Minister and Minister of Defence", (false, true)),
            ("Deputy Prime Minister", (false, false)),
            ("Premier of Ontario", (false, false)),
            ("President of the Government", (false, true)),
        ] {
            let tenure = Tenure {
                position: position.to_owned(),
                organisation: None,
                country: "PE".to_owned(),
                from: None,
                to: None,
            };
            assert_eq!(heads(&tenure), expected, "{position}");
        }
    }

    #[test]
    fn what_countries_lack_is_listed() {
        let lines = [
            r#"{"id":"Q419","kind":"country","name":"Peru","country":"PE","sources":[],
                "aliases":[{"text":"Peruvian","type":"adjective"},{"text":"Lima","type":"capital"}]}"#,
            r#"{"id":"A","kind":"official","name":"Jane Doe","country":"PE","sources":[],
                "tenures":[{"position":"President","country":"PE","from":"2020"}]}"#,
            r#"{"id":"B","kind":"official","name":"John Roe","country":"FR","sources":[],
                "tenures":[{"position":"President","country":"FR","from":"2020"}]}"#,
        ];
        let records: Vec<Record> = lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let coverage = Coverage::of(&records);
        assert_eq!((coverage.un_members, coverage.kinds["official"]), (193, 2));
        let lacks = |list: &[String], code: &str| list.iter().any(|other| other == code);
        // Peru's president heads its government, France's does not.
        assert!(
            !lacks(&coverage.without_head_of_state, "PE")
                && !lacks(&coverage.without_head_of_government, "PE")
        );
        assert!(
            !lacks(&coverage.without_head_of_state, "FR")
                && lacks(&coverage.without_head_of_government, "FR")
        );
        assert!(!lacks(&coverage.without_demonym, "PE") && lacks(&coverage.without_capital, "FR"));
        assert!(!coverage.is_whole());
    }
}
