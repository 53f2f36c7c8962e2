//! Queries that are wrong: told at their place, whatever they are.

use nomenclator::search::reader::{SearchError, SearchIndex};
use nomenclator::search::results::Request;

use tempfile::TempDir;

use super::world::{Random, WHO, document, feed, gazetteer, index};

const GOOD: [&str; 14] = [
    "missile test",
    "\"missile test\" OR talks",
    "country:KP AND official:\"Choe Son Hui\" -title:café",
    "-(a (b -c)) (a OR (\"b\" OR c)) NEAR/5 country:\"North Korea\"",
    "date:2024-10..2024-12 source:\"Yonhap News Agency\"",
    "date:>=2024-10 NOT date:<2023",
    "name:\"Mike Johnson\" label:PER",
    "entity:Q494200 id:d7",
    "kore* OR talk* OR *",
    "missile NEAR the NEAR/3 entity:Choe NEAR/999 of",
    "agency:NIS agency:\"own:x/1\"",
    "official:\"official/~kimyonghwan@KR\"",
    "\"a \\\" b \\\\ c\" 北京 Straße",
    "NOT NOT (NOT \"the\")",
];

const PIECES: [&str; 30] = [
    "(",
    ")",
    "\"",
    "“",
    "”",
    "-",
    ":",
    "*",
    "..",
    "\\",
    " AND ",
    " OR ",
    " NOT ",
    " NEAR/",
    "NEAR/5 ",
    "country:",
    "date:",
    "official:\"",
    "title:",
    "id:",
    "\0",
    "\u{202e}",
    "\u{301}",
    "🙂",
    "北",
    "é",
    "\n",
    "~",
    "@",
    "/",
];

fn mutated(random: &mut Random) -> String {
    let mut chars: Vec<char> = random.one(&GOOD).chars().collect();
    for _ in 0..=random.below(6) {
        let at = random.below(chars.len() + 1);
        match random.below(5) {
            0 if at < chars.len() => {
                chars.remove(at);
            }
            1 => chars.truncate(at),
            2 => {
                let other: Vec<char> = random.one(&GOOD).chars().collect();
                let cut = random.below(other.len());
                chars.splice(at..at, other[cut..].iter().copied());
            }
            3 => chars.insert(
                at,
                char::from_u32(random.below(0x11_0000) as u32).unwrap_or('\u{fffd}'),
            ),
            _ => {
                chars.splice(at..at, random.one(&PIECES).chars());
            }
        }
    }
    chars.into_iter().collect()
}

fn hostile(random: &mut Random) -> String {
    let piece = random.one(&PIECES);
    let count = [10, 100, 3000, 100_000][random.below(4)];
    match random.below(4) {
        0 => piece.repeat(count),
        1 => format!("{}a{}", "(".repeat(count), ")".repeat(count)),
        2 => format!("a{}", format!("{piece}a").repeat(count)),
        _ => (0..random.below(40)).map(|_| random.one(&PIECES)).collect(),
    }
}

fn try_one(index: &SearchIndex, query: &str, tenths: Option<u8>) -> bool {
    let request = Request {
        limit: 3,
        least_tenths: tenths,
        ..Request::new(query)
    };
    match index.search(&request) {
        Ok(answer) => {
            assert!(answer.total <= 300 && answer.hits.len() <= 3);
            true
        }
        Err(SearchError::Query(error)) => {
            let length = query.chars().count();
            let start: String = query.chars().take(200).collect();
            assert!(
                error.span.start < length.max(1) && error.span.end <= length && error.column() >= 1,
                "{start:?}: {error} at {:?}",
                error.span
            );
            assert!(error.reason.contains(": expected "), "{start:?}: {error}");
            assert!(error.reason.chars().count() < 400, "{error}");
            false
        }
        Err(error) => panic!("{query:?}: {error}"),
    }
}

#[test]
fn whatever_is_asked_there_is_an_answer_or_a_place() {
    let (_folder, index, _) = index();
    for query in GOOD {
        assert!(try_one(&index, query, None), "{query}");
    }
    let mut random = Random(3);
    let (mut answered, mut wrong) = (0, 0);
    while wrong < 1000 {
        let query = match random.below(4) {
            0 => hostile(&mut random),
            _ => mutated(&mut random),
        };
        match try_one(&index, &query, [None, Some(8)][random.below(2)]) {
            true => answered += 1,
            false => wrong += 1,
        }
    }
    assert!(answered > 200, "{answered}");
}

#[test]
fn typical_mistakes_are_told_with_what_would_be_right() {
    let (_folder, index, _) = index();
    for (query, message) in [
        (
            "missile AND",
            "query, column 9: the query ends here: expected a word, a phrase in quotes, a field such as country:KP, or '(' \
             behind it",
        ),
        (
            "(missile OR test",
            "query, column 1: this parenthesis is not closed: expected a ')'",
        ),
        (
            "missile) test",
            "query, column 8: this parenthesis closes nothing: expected a '(' before it",
        ),
        (
            "say \"missile test",
            "query, column 5: this quote is not closed: expected another one behind the phrase",
        ),
        (
            "agancy:NIS",
            "query, column 1: no field is called 'agancy': expected one of country, official, agency, entity, label, name, \
             source, title, id, date, or quotes around a word that has a colon",
        ),
        (
            "country: KP",
            "query, column 1: 'country:' has no value: expected it right behind the colon, in quotes where it has spaces",
        ),
        (
            "date:2024-13",
            "query, column 6: '2024-13' is not a date: expected YYYY, YYYY-MM or YYYY-MM-DD, two of them as \
             2024-10..2024-12, or one after >=, >, <= or <",
        ),
        (
            "date:2024-12..2024-10",
            "query, column 6: '2024-12..2024-10' ends before it begins: expected the earlier date first",
        ),
        (
            "missile NEAR/0 test",
            "query, column 9: 'NEAR/0' has no distance: expected a number of words from 1 to 1000, such as NEAR/5",
        ),
        (
            "missile NEAR label:PER",
            "query, column 14: this has no place in the text: expected a word, a phrase, an entity's field, or several of \
             them with OR in parentheses, beside NEAR",
        ),
        (
            "a OR OR b",
            "query, column 6: 'OR' has nothing before it to join: expected a word, a phrase in quotes, a field such as \
             country:KP, or '('; in quotes or small letters it is a word",
        ),
        (
            "missile & test",
            "query, column 9: '&' has no word in it: expected a letter or a digit",
        ),
        (
            "mis*ile",
            "query, column 1: the asterisk of 'mis*ile' does not stand at the end: expected it behind at least 2 letters of \
             one word, such as kore*",
        ),
        (
            "official:\"Choe Son Hu\"",
            "query, column 1: no official is called 'Choe Son Hu': expected perhaps official:\"Choe Son Hui\" or \
             official:\"Choe Son-hui\"",
        ),
        (
            "official:Russia",
            "query, column 1: no official is called 'Russia', but a country is: expected country:\"Russia\"",
        ),
        (
            "the country:Atlantis",
            "query, column 5: no country is called 'Atlantis' in the gazetteer or the index: expected a name, an alias or an \
             id; name:\"Atlantis\" finds any mention",
        ),
    ] {
        let error = index
            .search(&Request::new(query))
            .map(|answer| answer.total)
            .unwrap_err();
        assert_eq!(error.to_string(), message, "{query}");
    }
}

#[test]
fn names_are_told_by_what_they_were_taken_for() {
    let (_folder, index, _) = index();
    let resolved = |query: &str| -> Vec<(String, usize, Vec<String>)> {
        let answer = index.search(&Request::new(query)).unwrap();
        let rows = answer.resolved.into_iter().map(|resolved| {
            let mut keys: Vec<String> = resolved.entities.into_iter().map(|row| row.entity.key).collect();
            keys.sort_unstable();
            (resolved.term, resolved.column, keys)
        });
        rows.collect()
    };
    let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        resolved("é official:Choe -country:\"dprk\""),
        [
            (
                "official:Choe".to_owned(),
                3,
                keys(&["official/Q1", "official/Q2"])
            ),
            ("country:\"dprk\"".to_owned(), 18, keys(&["country/KP"])),
        ]
    );
    for (query, key) in [
        ("country:kp", "country/KP"),
        ("country:Q423", "country/KP"),
        ("country:USSR", "country/Q15180"),
        ("agency:nis", "agency/Q494200"),
        ("official:q1", "official/Q1"),
        // Without a record, and from another gazetteer.
        ("official:\"KIM YONG HWAN\"", "official/~kimyonghwan@KR"),
        ("entity:official/~kimyonghwan@KR", "official/~kimyonghwan@KR"),
        ("official:\"Jane Roe\"", "official/Q77"),
        ("official:Q77", "official/Q77"),
    ] {
        assert_eq!(resolved(query)[0].2, [key], "{query}");
    }
}

#[test]
fn who_was_in_replaced_documents_alone_is_nobody() {
    let folder = TempDir::new().unwrap();
    let mut random = Random(5);
    let mut known = document("d".to_owned(), &mut random);
    while !known
        .mentions
        .iter()
        .any(|(.., who)| who.is_some_and(|who| WHO[who].name == "Jane Roe"))
    {
        known = document("d".to_owned(), &mut random);
    }
    let mut now = known.tagged.clone();
    now.mentions.clear();
    let total = |query: &str| {
        let index = SearchIndex::open(folder.path(), gazetteer()).unwrap();
        index.search(&Request::new(query)).map(|answer| answer.total)
    };
    feed(folder.path(), [known.tagged], 10);
    assert_eq!(total("official:\"Jane Roe\"").unwrap(), 1);
    assert_eq!(total("official:Q77").unwrap(), 1);
    feed(folder.path(), [now], 10);
    assert_eq!(total("*").unwrap(), 1);
    for query in ["official:\"Jane Roe\"", "official:Q77"] {
        let error = total(query).unwrap_err().to_string();
        assert!(error.contains("no official is called"), "{error}");
    }
}
