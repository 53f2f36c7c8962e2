//! Random queries: what the index finds and counts is what plain loops over the documents do.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use nomenclator::document::Kind;
use nomenclator::search::results::{Answer, Request};
use nomenclator::stats::association::log_likelihood;

use super::world::{DATES, Known, NOBODY, Random, SOURCES, WHO, WORDS, index};

/// A query that is written and evaluated apart from the program.
#[derive(Debug)]
enum Query {
    All,
    Phrase(String, Vec<String>),
    Title(String, Vec<String>),
    Prefix(String),
    Entity(String, Vec<usize>),
    Label(&'static str),
    Name(&'static str),
    Source(&'static str),
    Id(String),
    Days(String, i64, i64),
    Near(Vec<Query>, Vec<usize>),
    Not(Box<Query>),
    And(Vec<Query>),
    Or(Vec<Query>),
}

const ENDLESS: i64 = 99_999_999;

impl Query {
    fn random(random: &mut Random, depth: usize) -> Self {
        let choice = if depth == 0 {
            random.below(12)
        } else {
            random.below(20)
        };
        let some = |random: &mut Random| {
            let count = 2 + random.below(2);
            (0..count)
                .map(|_| Query::random(random, depth.saturating_sub(1)))
                .collect()
        };
        match choice {
            0..=2 => Query::phrase(random),
            3 => {
                let (written, words) = WORDS[random.below(WORDS.len())];
                Query::Title(
                    format!("\"{written}\""),
                    words.iter().map(|word| (*word).to_owned()).collect(),
                )
            }
            4 => Query::Prefix(random.one(&["te", "TALK", "sanc", "no", "caf", "zz"]).to_owned()),
            5 | 6 => Query::entity(random),
            7 => match random.below(4) {
                0 => Query::All,
                1 => Query::Label(random.one(&["PER", "LOC", "ORG", "MISC"])),
                2 => Query::Id(format!("d{}", random.below(320))),
                _ => Query::Source(random.one(&SOURCES)),
            },
            8 => Query::Name(random.one(&[NOBODY[0].0, NOBODY[1].0, "Choe", "DPRK", "nobody"])),
            9 => Query::days(random),
            10 | 11 => {
                let count = 2 + random.below(2);
                let sides = (0..count).map(|_| match random.below(2) {
                    0 => Query::phrase(random),
                    _ => Query::entity(random),
                });
                let sides = sides.collect();
                Query::Near(sides, (1..count).map(|_| 1 + random.below(8)).collect())
            }
            12..=14 => Query::Not(Box::new(Query::random(random, depth - 1))),
            15..=17 => Query::And(some(random)),
            _ => Query::Or(some(random)),
        }
    }

    fn phrase(random: &mut Random) -> Self {
        let picked: Vec<_> = (0..=random.below(2))
            .map(|_| WORDS[random.skewed(WORDS.len())])
            .collect();
        let written: Vec<&str> = picked.iter().map(|(written, _)| *written).collect();
        let words = picked
            .iter()
            .flat_map(|(_, words)| words.iter().map(|word| (*word).to_owned()));
        Query::Phrase(format!("\"{}\"", written.join(" ")), words.collect())
    }

    fn entity(random: &mut Random) -> Self {
        let at = random.below(WHO.len());
        let (who, kind) = (&WHO[at], WHO[at].kind.as_str());
        let field = if random.below(4) == 0 { "entity" } else { kind };
        let (name, meant) = match random.below(4) {
            0 => (who.name, vec![at]),
            1 => (who.key.split_once('/').unwrap().1, vec![at]),
            2 => (who.key, vec![at]),
            // An alias means everybody who has it; who has no record has a name and a family name.
            _ => {
                let (alias, _) = random.one(who.aliases);
                let has = |other: &usize| {
                    let other = &WHO[*other];
                    other.aliases.iter().any(|(name, _)| *name == alias)
                };
                (alias, (0..WHO.len()).filter(has).collect())
            }
        };
        Query::Entity(format!("{field}:\"{name}\""), meant)
    }

    fn days(random: &mut Random) -> Self {
        let mut dates = [random.below(DATES.len()), random.below(DATES.len())];
        dates.sort_unstable();
        let [from, to] = dates.map(|at| DATES[at]);
        let (first, last) = (day(from, "0101"), day(to, "1231"));
        match random.below(5) {
            0 => Query::Days(format!("date:{to}"), day(to, "0101"), last),
            1 => Query::Days(format!("date:{from}.."), first, ENDLESS),
            2 => Query::Days(format!("date:<={to}"), 0, last),
            3 if first <= last => Query::Days(format!("date:{from}..{to}"), first, last),
            _ => Query::Days(format!("date:<{from}"), 0, first - 1),
        }
    }

    fn written(&self) -> String {
        let joined = |queries: &[Query], with: &str| {
            let queries: Vec<String> = queries.iter().map(Query::in_parentheses).collect();
            queries.join(with)
        };
        match self {
            Query::All => "*".to_owned(),
            Query::Phrase(written, _) | Query::Entity(written, _) | Query::Days(written, ..) => {
                written.clone()
            }
            Query::Title(written, _) => format!("title:{written}"),
            Query::Prefix(prefix) => format!("{prefix}*"),
            Query::Label(label) => format!("label:{label}"),
            Query::Name(name) => format!("name:\"{name}\""),
            Query::Source(source) => format!("source:\"{source}\""),
            Query::Id(id) => format!("id:{id}"),
            Query::Near(sides, within) => {
                let mut written = sides[0].written();
                for (side, within) in sides[1..].iter().zip(within) {
                    written = format!("{written} NEAR/{within} {}", side.written());
                }
                written
            }
            Query::Not(query) => format!("NOT {}", query.in_parentheses()),
            Query::And(queries) if queries.len() % 2 == 0 => joined(queries, " "),
            Query::And(queries) => joined(queries, " AND "),
            Query::Or(queries) => joined(queries, " OR "),
        }
    }

    fn in_parentheses(&self) -> String {
        match self {
            Query::And(_) | Query::Or(_) => format!("({})", self.written()),
            _ => self.written(),
        }
    }

    fn finds(&self, known: &Known, least: f32) -> bool {
        let document = &known.tagged.document;
        let mut mentions = known.tagged.mentions.iter();
        match self {
            Query::All => true,
            Query::Phrase(_, words) => {
                !occurrences(&known.words, words).is_empty()
                    || !occurrences(&known.title_words, words).is_empty()
            }
            Query::Title(_, words) => !occurrences(&known.title_words, words).is_empty(),
            Query::Prefix(prefix) => {
                let prefix = prefix.to_lowercase();
                let mut words = known.words.iter().chain(&known.title_words);
                words.any(|word| word.starts_with(&prefix))
            }
            Query::Entity(_, meant) => meant.iter().any(|&who| is_sure(known, who, least)),
            Query::Label(label) => mentions.any(|mention| &*mention.label == *label),
            Query::Name(name) => {
                let plain = |text: &str| text.to_lowercase().replace([' ', '-', '.'], "");
                mentions.any(|mention| plain(&document.text[mention.span.clone()]) == plain(name))
            }
            Query::Source(source) => {
                let plain = |text: &str| text.to_lowercase().replace('-', " ");
                document.source.as_deref().map(plain) == Some(plain(source))
            }
            Query::Id(id) => document.id == *id,
            Query::Days(_, from, to) => document.date.is_some_and(|date| {
                let date = date.to_string();
                *from <= day(&date, "0101") && day(&date, "1231") <= *to
            }),
            Query::Near(sides, within) => (0..within.len()).all(|at| {
                let [one, other] = [at, at + 1].map(|side| sides[side].places(known, least));
                let near = |p: &Range<usize>, q: &Range<usize>| {
                    let apart = p.end <= q.start || q.end <= p.start;
                    let close = |p: usize| q.clone().any(|q| p.abs_diff(q) <= within[at]);
                    apart && p.clone().any(close)
                };
                one.iter().any(|p| other.iter().any(|q| near(p, q)))
            }),
            Query::Not(query) => !query.finds(known, least),
            Query::And(queries) => queries.iter().all(|query| query.finds(known, least)),
            Query::Or(queries) => queries.iter().any(|query| query.finds(known, least)),
        }
    }

    /// The words of the text that it covers, each time that it stands there.
    fn places(&self, known: &Known, least: f32) -> Vec<Range<usize>> {
        match self {
            Query::Phrase(_, words) => occurrences(&known.words, words)
                .into_iter()
                .map(|start| start..start + words.len())
                .collect(),
            Query::Entity(_, meant) => known
                .mentions
                .iter()
                .filter(|(.., who)| who.is_some_and(|who| meant.contains(&who) && is_sure(known, who, least)))
                .map(|&(first, last, _)| first..last + 1)
                .collect(),
            _ => unreachable!("nothing else stands beside NEAR"),
        }
    }

    /// The entities that a document is found by.
    fn asked_for(&self, who: &mut BTreeSet<usize>) {
        match self {
            Query::Entity(_, meant) => who.extend(meant),
            Query::Near(queries, _) | Query::And(queries) | Query::Or(queries) => {
                queries.iter().for_each(|query| query.asked_for(who));
            }
            _ => {}
        }
    }
}

/// A date as YYYYMMDD with what is missing from `rest`; months end with their 31st.
fn day(date: &str, rest: &str) -> i64 {
    let digits = date.replace('-', "");
    let rest = match (digits.len(), rest) {
        (4, rest) => rest,
        (6, "0101") => "01",
        (6, _) => "31",
        _ => "",
    };
    (digits + rest).parse().unwrap()
}

fn occurrences(text: &[String], words: &[String]) -> Vec<usize> {
    (0..text.len())
        .filter(|&start| text[start..].starts_with(words))
        .collect()
}

fn is_sure(known: &Known, who: usize, least: f32) -> bool {
    let links = known.mentions.iter().zip(&known.tagged.mentions);
    let mut links = links.filter(|((.., at), _)| *at == Some(who));
    links.any(|(_, mention)| {
        mention
            .link
            .as_ref()
            .is_some_and(|link| link.confidence >= least - 1e-6)
    })
}

#[test]
fn finds_and_counts_what_plain_loops_do() {
    let (_folder, index, documents) = index();
    let mut random = Random(29);
    let (mut some, mut near, mut of_all) = (0, 0, 0);
    for round in 0..600 {
        let query = Query::random(&mut random, 1 + round % 3);
        let written = query.written();
        let tenths = [None, None, Some(7), Some(9)][random.below(4)];
        let least = f32::from(tenths.unwrap_or(0)) / 10.0;
        let expected: Vec<&Known> = documents
            .iter()
            .filter(|known| query.finds(known, least))
            .collect();
        let answer = index
            .search(&Request {
                limit: 1000,
                facets: 7,
                least_tenths: tenths,
                ..Request::new(written.clone())
            })
            .unwrap_or_else(|error| panic!("{written}: {error}"));
        let ids = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        let found = ids(answer.hits.iter().map(|hit| hit.id.as_str()).collect());
        let sought = ids(expected
            .iter()
            .map(|known| known.tagged.document.id.as_str())
            .collect());
        assert_eq!(found, sought, "{written} at {tenths:?}");
        assert_eq!(
            (answer.total, answer.hits.len()),
            (sought.len(), found.len()),
            "{written}"
        );
        assert_eq!(answer.documents, 300);
        counts_agree(&query, &answer, &expected, &documents);
        let is_some = !sought.is_empty() && sought.len() < 300;
        some += usize::from(is_some);
        near += usize::from(is_some && written.contains("NEAR"));
        of_all += usize::from(sought.len() == 300);
    }
    // Queries that find nothing or everything would show little.
    assert!(some > 400 && near > 50 && of_all < 100, "{some} {near} {of_all}");
}

fn counts_agree(query: &Query, answer: &Answer, found: &[&Known], all: &[Known]) {
    let written = &answer.query;
    let count = |documents: &mut dyn Iterator<Item = &Known>| -> BTreeMap<usize, u64> {
        let mut counts = BTreeMap::new();
        for known in documents {
            let who: BTreeSet<usize> = known.mentions.iter().filter_map(|(.., who)| *who).collect();
            who.into_iter()
                .for_each(|who| *counts.entry(who).or_default() += 1);
        }
        counts
    };
    let here = count(&mut found.iter().copied());
    let everywhere = count(&mut all.iter());
    for (kind, rows) in [
        (Kind::Country, &answer.facets.country),
        (Kind::Official, &answer.facets.official),
        (Kind::Agency, &answer.facets.agency),
    ] {
        let mut expected: Vec<(u64, &str)> = here
            .iter()
            .filter(|(who, _)| WHO[**who].kind == kind)
            .map(|(who, count)| (*count, WHO[*who].key))
            .collect();
        expected.sort_by_key(|&(count, key)| (std::cmp::Reverse(count), key));
        let rows: Vec<(u64, &str)> = rows
            .iter()
            .map(|row| (row.documents, row.entity.key.as_str()))
            .collect();
        assert_eq!(rows, expected, "{written}");
    }
    for label in ["PER", "LOC", "ORG"] {
        let has = |known: &&&Known| {
            known
                .tagged
                .mentions
                .iter()
                .any(|mention| &*mention.label == label)
        };
        let expected = found.iter().filter(has).count() as u64;
        let row = answer.facets.label.iter().find(|row| row.label == label);
        assert_eq!(row.map_or(0, |row| row.documents), expected, "{written}: {label}");
    }
    let mut asked_for = BTreeSet::new();
    query.asked_for(&mut asked_for);
    let mut expected: Vec<(&str, u64, u64)> = Vec::new();
    for (&who, &documents) in here.iter().filter(|(who, _)| !asked_for.contains(who)) {
        let in_all = everywhere[&who];
        if log_likelihood(documents, found.len() as u64, in_all, all.len() as u64) > 0.0 {
            expected.push((WHO[who].key, documents, in_all));
        }
    }
    let mut together: Vec<(&str, u64, u64)> = answer
        .together
        .iter()
        .map(|row| (row.entity.key.as_str(), row.documents, row.in_all))
        .collect();
    let in_order = answer
        .together
        .windows(2)
        .all(|pair| pair[0].log_likelihood >= pair[1].log_likelihood);
    assert!(in_order, "{written}");
    expected.sort_unstable();
    together.sort_unstable();
    match expected.len() {
        0..=7 => assert_eq!(together, expected, "{written}"),
        _ => assert!(
            together.len() == 7 && together.iter().all(|row| expected.contains(row)),
            "{written}"
        ),
    }
}
