//! How likely a candidate is the one meant.
//!
//! Every decision of the linker answers a [`Question`]; what speaks for and against a candidate are its [`Features`].
//! Each question has a linear model (logistic regression):
//!
//! `p = σ(bias + Σ weight · value)`
//!
//! The weights stand in `models/linking/weights.tsv`, one a line, so that they can be read; `scripts/fit_linking.py` fits
//! them on annotated articles. Below [`THRESHOLD`] the answer is NIL.

use std::collections::HashMap;
use std::path::Path;

/// Below it the answer is NIL.
pub const THRESHOLD: f32 = 0.5;

/// An enumeration whose members have names, as the file of weights writes them.
macro_rules! named {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $member:ident = $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $member,)* }

        impl $name {
            /// All, in order.
            pub const ALL: &'static [$name] = &[$($name::$member,)*];

            /// The name in the file of weights and in explanations.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$member => $text,)* }
            }

            fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|member| member.as_str() == name)
            }
        }
    };
}

named! {
    /// What is to be decided of a mention; each has a model of its own.
    Question {
        /// Is a country meant by its name or demonym?
        Country = "country",
        /// Does the capital stand for its government?
        Capital = "capital",
        /// Is a body meant by a name of its own?
        Body = "body",
        /// Whose body is meant by a name that bodies of several countries share?
        SharedBody = "shared_body",
        /// Is an official meant by a full name?
        Person = "person",
        /// Is a leader meant by the family name alone?
        Leader = "leader",
        /// Does the mention mean what the document has named before?
        Echo = "echo",
        /// Does the document show the person to be an official whom the gazetteer does not know?
        Role = "role",
    }
}

named! {
    /// What speaks for or against a candidate. A value is 1 where nothing else is said.
    Feature {
        /// The name decides nothing alone: `weak` in the record.
        Weak = "weak",
        /// The country's share of what the document names, in `[0, 1]`.
        Share = "share",
        /// The name is an acronym.
        Acronym = "acronym",
        /// The name is a demonym or an adjective.
        Demonym = "demonym",
        /// The document reports sport.
        Sports = "sports",
        /// The name is one slip away from the record's.
        Misspelt = "misspelt",
        /// How close the second best candidate comes: `exp(−difference of the two sums)`, in `[0, 1]`.
        Rival = "rival",
        /// The tagger says organisation, and nothing shows that it acts.
        Organisation = "organisation",
        /// The tagger says organisation, and the country acts or is named as a place elsewhere.
        OrganisationActs = "organisation_acts",
        /// The tagger says place.
        LabelPlace = "label_place",
        /// The tagger says neither place, person nor organisation.
        LabelOther = "label_other",
        /// A language is meant.
        Language = "language",
        /// Part of another place's name.
        PartOfPlace = "part_of_place",
        /// A people of another continent is meant.
        Indigenous = "indigenous",
        /// A report of sport, and the country plays: *… beat …*.
        Team = "team",
        /// Capitalised words beside it make a longer name of it: *Bank of …*, *… Herald*.
        PartOfName = "part_of_name",
        /// Strength of the marks of a government beside a capital, in `[0, 1]`.
        Acts = "acts",
        /// Strength of the marks of a city beside a capital, in `[0, 1]`.
        Placed = "placed",
        /// The candidate's country stands beside the name.
        Governed = "governed",
        /// Another country stands beside the name.
        Elsewhere = "elsewhere",
        /// Nothing in the name says whose the body is, and the document names other countries.
        Generic = "generic",
        /// The same, where the document names no country.
        GenericAlone = "generic_alone",
        /// The country's share, for such a name.
        GenericShare = "generic_share",
        /// Three letters or fewer of a world body that do not abbreviate its name.
        Unexplained = "unexplained",
        /// The document names other countries than the candidate's.
        Absent = "absent",
        /// An acronym of a country that the document does not name.
        AbsentAcronym = "absent_acronym",
        /// The same, of three letters or fewer.
        AbsentShort = "absent_short",
        /// A name in the country's own language, and the document does not name the country.
        AbsentNative = "absent_native",
        /// The tagger says place, and the document does not name the country.
        AbsentPlace = "absent_place",
        /// The document explains the acronym as something else.
        DefinedOtherwise = "defined_otherwise",
        /// A report of sport, of a body whose country it does not name.
        SportsAbsent = "sports_absent",
        /// The country stands in the name or beside it, for a name that countries share.
        Explicit = "explicit",
        /// The document has named the same body with its country.
        Earlier = "earlier",
        /// The country is named in the same sentence.
        Beside = "beside",
        /// The document was written in the country.
        WrittenThere = "written_there",
        /// A body of the world, and the document names others.
        World = "world",
        /// A body of the world, and the document names no other.
        WorldAlone = "world_alone",
        /// The person has led a state, a government or a world body.
        Head = "head",
        /// The person has been a minister, ambassador or governor.
        Minister = "minister",
        /// The person has held another office.
        Holder = "holder",
        /// The document names the person's country.
        Present = "present",
        /// An office that the person has held is named beside.
        SameOffice = "same_office",
        /// Another office is named beside.
        OtherOffice = "other_office",
        /// At most three officials bear the family name.
        RareName = "rare_name",
        /// How far the terms lie from the document's date, in `[0, 1]`.
        OutOfTime = "out_of_time",
        /// Another occupation is named beside.
        Otherwise = "otherwise",
        /// A weak name with neither country nor office beside it.
        WeakAlone = "weak_alone",
        /// A head or minister, where another country stands beside the name.
        Foreign = "foreign",
        /// A legislator, where another country stands beside the name.
        ForeignMember = "foreign_member",
        /// A legislator of a common family name, without an office beside it.
        CommonMember = "common_member",
        /// A legislator in a report of sport, without an office beside the name.
        SportsMember = "sports_member",
        /// *the … government*
        Rules = "rules",
        /// A head's title stands beside the name.
        HeadNamed = "head_named",
        /// A head's title, and no other leader has the name.
        OnlyHead = "only_head",
        /// Neither the document nor the words beside name the leader's country.
        AbsentLeader = "absent_leader",
        /// How sure the link is that is repeated: `ln(p / (1 − p))`.
        Source = "source",
        /// By a definition in the text: *Long Name (LN)*.
        Definition = "definition",
        /// The same writing.
        Repeated = "repeated",
        /// By the body's noun alone: *the Commission*.
        Noun = "noun",
        /// Two bodies share a noun: *the State and Defence Departments*.
        Coordinated = "coordinated",
        /// By the family name.
        FamilyName = "family_name",
        /// By the given name.
        GivenName = "given_name",
        /// Somebody else of the name, who is no official, was named in full more lately.
        Namesake = "namesake",
        /// The same, where the official has led a state: papers name leaders' relatives too.
        LeadersNamesake = "leaders_namesake",
        /// By a direction alone: *the North*.
        Direction = "direction",
        /// The office is a legislator's.
        Legislator = "legislator",
        /// The office is a spokesperson's.
        Spokesperson = "spokesperson",
        /// The office is an officer's of a force.
        Officer = "officer",
        /// The office is a judge's or prosecutor's.
        Judge = "judge",
        /// The office is a minister's, ambassador's or governor's.
        MinisterNamed = "minister_named",
        /// The office is another one that only states have: *official*, *commissioner*.
        OtherNamed = "other_named",
        /// The office is one that clubs and companies have too: *director*, *chairman*.
        Manager = "manager",
        /// A public body stands among the words of the office.
        OfBody = "of_body",
        /// A country stands among the words of the office.
        OfCountry = "of_country",
        /// A company, club or other private body stands there.
        OfPrivate = "of_private",
        /// The office stands after the name.
        After = "after",
    }
}

/// What speaks for and against a candidate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features(Vec<(Feature, f32)>);

impl Features {
    /// Adds a feature where it applies.
    pub fn when(self, feature: Feature, applies: bool) -> Self {
        self.with(feature, if applies { 1.0 } else { 0.0 })
    }

    /// Adds a feature of a value; 0 is left out.
    pub fn with(mut self, feature: Feature, value: f32) -> Self {
        if value != 0.0 {
            self.0.push((feature, value));
        }
        self
    }

    /// The features with their values, in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = (Feature, f32)> + '_ {
        self.0.iter().copied()
    }
}

/// Why a file of weights cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}:{line}: {reason}; expected question, feature and weight, tab-separated, under a header line")]
pub struct RankingError {
    /// The file.
    path: String,
    /// The line, from 1.
    line: usize,
    /// What is wrong.
    reason: String,
}

/// The weights of every question.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// `[question][feature]`
    weights: Vec<Vec<f32>>,
    biases: Vec<f32>,
}

/// The weights that ship.
const SHIPPED: &str = include_str!("../../models/linking/weights.tsv");

impl Default for Ranking {
    /// The weights that ship.
    fn default() -> Self {
        // A test reads them.
        Ranking::read("weights.tsv", SHIPPED).unwrap_or_else(|_| Ranking::zero())
    }
}

impl Ranking {
    fn zero() -> Self {
        Ranking {
            weights: vec![vec![0.0; Feature::ALL.len()]; Question::ALL.len()],
            biases: vec![0.0; Question::ALL.len()],
        }
    }

    /// From a file of weights; what it does not list weighs nothing.
    ///
    /// # Errors
    /// Where the file cannot be read, with its line where a line is no weight.
    pub fn from_file(path: &Path) -> Result<Self, RankingError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| RankingError {
            path: name.clone(),
            line: 1,
            reason: error.to_string(),
        })?;
        Ranking::read(&name, &text)
    }

    /// Reads lines of `question ⇥ feature ⇥ weight`; further columns are for people. `bias` is a feature of every question.
    fn read(path: &str, text: &str) -> Result<Self, RankingError> {
        let mut ranking = Ranking::zero();
        let mut given: HashMap<(&str, &str), usize> = HashMap::new();
        let lines = text.lines().enumerate().skip(1);
        for (at, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let wrong = |reason: String| RankingError {
                path: path.to_owned(),
                line: at + 1,
                reason,
            };
            let mut cells = line.split('\t');
            let (question, feature) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
            let weight = cells.next().unwrap_or_default();
            let weight: f32 = weight
                .parse()
                .ok()
                .filter(|weight: &f32| weight.is_finite())
                .ok_or_else(|| wrong(format!("'{weight}' is no number")))?;
            if let Some(first) = given.insert((question, feature), at + 1) {
                return Err(wrong(format!(
                    "{question} {feature} stands on line {first} already"
                )));
            }
            let row = Question::named(question)
                .ok_or_else(|| wrong(format!("there is no question '{question}'")))?;
            if feature == "bias" {
                ranking.biases[row as usize] = weight;
            } else {
                let column = Feature::named(feature)
                    .ok_or_else(|| wrong(format!("there is no feature '{feature}'")))?;
                ranking.weights[row as usize][column as usize] = weight;
            }
        }
        Ok(ranking)
    }

    /// What a feature weighs for a question, for a value of 1.
    pub fn weight(&self, question: Question, feature: Feature) -> f32 {
        self.weights[question as usize][feature as usize]
    }

    /// Where a question's sum begins.
    pub fn bias(&self, question: Question) -> f32 {
        self.biases[question as usize]
    }

    /// `bias + Σ weight · value`
    pub fn sum(&self, question: Question, features: &Features) -> f32 {
        let weights = &self.weights[question as usize];
        self.bias(question)
            + features
                .iter()
                .map(|(feature, value)| weights[feature as usize] * value)
                .sum::<f32>()
    }
}

/// `1 / (1 + exp(−sum))`
pub fn probability(sum: f32) -> f32 {
    1.0 / (1.0 + (-sum).exp())
}

/// The inverse of [`probability`], held within ±6.
pub fn log_odds(probability: f32) -> f32 {
    (probability / (1.0 - probability)).ln().clamp(-6.0, 6.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_that_ship_are_read_whole() {
        let ranking = Ranking::read("weights.tsv", SHIPPED).unwrap();
        for &question in Question::ALL {
            assert!(ranking.bias(question) != 0.0, "{} has no bias", question.as_str());
        }
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (line, part) in [
            ("country\tshare\theavy", "'heavy' is no number"),
            ("country\tcolour\t1", "no feature 'colour'"),
            ("planet\tshare\t1", "no question 'planet'"),
            ("country\tbias\t2", "stands on line 2 already"),
        ] {
            let text = format!("question\tfeature\tweight\ncountry\tbias\t1\n{line}\n");
            let message = Ranking::read("own.tsv", &text).unwrap_err().to_string();
            assert!(
                message.starts_with("own.tsv:3: ") && message.contains(part),
                "{message}"
            );
        }
    }

    #[test]
    fn sums_and_probabilities_agree() {
        let text = "question\tfeature\tweight\nleader\tbias\t-1\nleader\tshare\t4\n";
        let ranking = Ranking::read("own.tsv", text).unwrap();
        let features = Features::default()
            .with(Feature::Share, 0.5)
            .when(Feature::Rules, true);
        assert!((ranking.sum(Question::Leader, &features) - 1.0).abs() < 1e-6);
        assert!((log_odds(probability(1.5)) - 1.5).abs() < 1e-4);
        assert_eq!(log_odds(1.0), 6.0);
    }
}
