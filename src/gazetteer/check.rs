//! What records must satisfy before people can trust them.
//!
//! Always: dates run forwards, codes are those of countries there are, relations lead to records there are. Unless
//! `ambiguous.tsv` lists it with a reason: no name that needs no support is shared by two records of one kind and
//! country at one time, and none is a common word.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::key::{acronym_form, fold, folded_words, writes_acronym};
use super::read::check_record;
use super::record::{Alias, AliasType, Record};
use crate::dates::PartialDate;
use crate::document::Kind;

/// A record and where it stands, for messages: `own.jsonl:7`, or `embedded`.
#[derive(Clone, Debug)]
pub struct Located {
    /// The place.
    pub at: String,
    /// The record.
    pub record: Record,
}

/// Something wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Fault {
    /// The place of the record.
    pub at: String,
    /// The record's id; empty where a line is none.
    pub id: String,
    /// What is wrong, and what was expected.
    pub fault: String,
}

/// English words that a name should not be, by their keys.
#[derive(Debug, Default)]
pub struct CommonWords(HashSet<String>);

impl CommonWords {
    /// From a list, one word a line, `#` before remarks.
    pub fn parse(list: &str) -> Self {
        let words = list.lines().filter(|line| !line.starts_with('#'));
        CommonWords(words.map(fold).filter(|word| !word.is_empty()).collect())
    }
}

/// What `ambiguous.tsv` lets pass: `name ⇥ kind ⇥ country ⇥ ids, parted by semicolons ⇥ reason`.
#[derive(Debug, Default)]
pub struct Exceptions {
    rows: Vec<Row>,
    /// Rows by name's key, kind and country.
    by_name: HashMap<(String, Kind, String), Vec<usize>>,
}

#[derive(Debug)]
struct Row {
    line: usize,
    name: String,
    ids: BTreeSet<String>,
}

/// A line of `ambiguous.tsv` that says nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}:{line}: {reason}; expected name, kind, country, ids parted by ';', and a reason, parted by tabs", path.display())]
pub struct BadException {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl Exceptions {
    /// From the table's text; `path` names it in errors. A row without a reason is refused.
    ///
    /// # Errors
    /// With the line of the first row that cannot be read.
    pub fn parse(path: &Path, table: &str) -> Result<Self, BadException> {
        let mut exceptions = Exceptions::default();
        for (at, line) in table.lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let wrong = |reason: String| BadException {
                path: path.to_owned(),
                line: at + 1,
                reason,
            };
            let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
            let [name, kind, country, ids, reason] = cells[..] else {
                return Err(wrong(format!("{} columns", cells.len())));
            };
            if name.is_empty() || ids.is_empty() || reason.is_empty() {
                return Err(wrong("an empty name, list of ids or reason".to_owned()));
            }
            let kind: Kind = serde_json::from_value(kind.into())
                .map_err(|_| wrong(format!("'{kind}' is none of country, official and agency")))?;
            let key = (fold(name), kind, country.to_owned());
            exceptions
                .by_name
                .entry(key)
                .or_default()
                .push(exceptions.rows.len());
            exceptions.rows.push(Row {
                line: at + 1,
                name: name.to_owned(),
                ids: ids.split(';').map(|id| id.trim().to_owned()).collect(),
            });
        }
        Ok(exceptions)
    }

    /// The row that lets records share a name, or one record have it.
    fn row(&self, name: &str, record: &Record, ids: &[&str]) -> Option<usize> {
        let key = (
            fold(name),
            record.kind,
            record.country.clone().unwrap_or_default(),
        );
        let rows = self.by_name.get(&key)?;
        (rows.iter().copied()).find(|&row| ids.iter().all(|&id| self.rows[row].ids.contains(id)))
    }
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Report {
    /// Faults, by place.
    pub faults: Vec<Fault>,
    /// Rows of `ambiguous.tsv` that let nothing pass: line and name.
    pub unused: Vec<(usize, String)>,
}

/// A name that needs no support from the text.
struct StrongName<'r> {
    located: &'r Located,
    text: &'r str,
    acronym: bool,
    from: Option<PartialDate>,
    to: Option<PartialDate>,
}

/// Checks records, which must have different ids, against each other.
pub fn check(records: &[Located], words: &CommonWords, exceptions: &Exceptions) -> Report {
    let mut checker = Checker {
        exceptions,
        used: HashSet::new(),
        faults: Vec::new(),
    };
    checker.each_alone(records);
    checker.common_words(records, words);
    checker.overlaps(records);
    let unused = (exceptions.rows.iter().enumerate())
        .filter(|(at, _)| !checker.used.contains(at))
        .map(|(_, row)| (row.line, row.name.clone()));
    let unused = unused.collect();
    checker.faults.sort();
    checker.faults.dedup();
    Report {
        faults: checker.faults,
        unused,
    }
}

struct Checker<'e> {
    exceptions: &'e Exceptions,
    used: HashSet<usize>,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn fault(&mut self, located: &Located, fault: String) {
        self.faults.push(Fault {
            at: located.at.clone(),
            id: located.record.id.clone(),
            fault,
        });
    }

    fn passes(&mut self, name: &str, record: &Record, ids: &[&str]) -> bool {
        let row = self.exceptions.row(name, record, ids);
        self.used.extend(row);
        row.is_some()
    }

    fn each_alone(&mut self, records: &[Located]) {
        let ids: HashSet<&str> = records.iter().map(|located| located.record.id.as_str()).collect();
        let mut codes: HashSet<&str> = HashSet::from(["INT", "EU"]);
        let countries = records
            .iter()
            .filter(|located| located.record.kind == Kind::Country);
        codes.extend(countries.filter_map(|located| located.record.country.as_deref()));
        for located in records {
            let record = &located.record;
            // An index can hold what no file would be read with.
            if let Err(reason) = check_record(record) {
                self.fault(located, reason);
            }
            let tenures = record.tenures.iter().map(|tenure| tenure.country.as_str());
            let unknown: BTreeSet<&str> = record
                .country
                .as_deref()
                .into_iter()
                .chain(tenures)
                .filter(|code| !codes.contains(code))
                .collect();
            for code in unknown {
                self.fault(
                    located,
                    format!("unknown country '{code}': expected the code of a country on record, EU or INT"),
                );
            }
            for relation in record
                .relations
                .iter()
                .filter(|relation| !ids.contains(relation.id.as_str()))
            {
                let (sort, to) = (&relation.relation, &relation.id);
                self.fault(
                    located,
                    format!("{sort} '{to}', which is not on record: expected the id of a record"),
                );
            }
        }
    }

    fn common_words(&mut self, records: &[Located], words: &CommonWords) {
        let given = given_names(records);
        for located in records {
            let record = &located.record;
            for name in strong_names(located).iter().filter(|name| !name.acronym) {
                let [word] = &folded_words(name.text)[..] else {
                    continue;
                };
                let what = if words.0.contains(word) {
                    "common word"
                } else if record.kind != Kind::Official && given.contains(word) {
                    "common given name"
                } else {
                    continue;
                };
                if !self.passes(name.text, record, &[&record.id]) {
                    self.fault(
                        located,
                        format!(
                            "'{}' is a {what}: expected it to be weak, or a reason in ambiguous.tsv",
                            name.text
                        ),
                    );
                }
            }
        }
    }

    fn overlaps(&mut self, records: &[Located]) {
        let mut holders: BTreeMap<(Kind, &str, String), Vec<StrongName>> = BTreeMap::new();
        for located in records {
            let record = &located.record;
            for name in strong_names(located) {
                let key = (
                    record.kind,
                    record.country.as_deref().unwrap_or_default(),
                    fold(name.text),
                );
                holders.entry(key).or_default().push(name);
            }
        }
        for names in holders.values().filter(|names| names.len() > 1) {
            let mut told = HashSet::new();
            for (at, one) in names.iter().enumerate() {
                for other in &names[at + 1..] {
                    let (first, second) = (&one.located.record, &other.located.record);
                    if first.id == second.id || !meet(one, other) || !told.insert((&first.id, &second.id)) {
                        continue;
                    }
                    if !self.passes(one.text, first, &[&first.id, &second.id]) {
                        let message = format!(
                            "'{}' is also a strong name of {} '{}' ({}): expected one of them to be weak or dated, or a reason \
                             in ambiguous.tsv",
                            other.text, first.id, first.name, one.located.at
                        );
                        self.fault(other.located, message);
                    }
                }
            }
        }
    }
}

/// Whether two names with one key can be mistaken for each other: acronyms by their case, dated ones by their time.
fn meet(one: &StrongName, other: &StrongName) -> bool {
    let written = match (one.acronym, other.acronym) {
        (true, true) => acronym_form(one.text) == acronym_form(other.text),
        (true, false) => writes_acronym(other.text, one.text),
        (false, true) => writes_acronym(one.text, other.text),
        (false, false) => true,
    };
    // Of two dates in one year neither is sure to be the earlier: only a sure overlap counts.
    let ends_first = |one: &StrongName, other: &StrongName| match (one.to, other.from) {
        (Some(to), Some(from)) => to.earliest() <= from.latest(),
        _ => false,
    };
    written && !ends_first(one, other) && !ends_first(other, one)
}

/// Names that decide alone. Family names are none: the linker takes them after a full name or beside an office only.
fn strong_names(located: &Located) -> Vec<StrongName<'_>> {
    let record = &located.record;
    let own_name_is_weak =
        |alias: &Alias| alias.weak && alias.alias_type == AliasType::Short && alias.text == record.name;
    let later = |one: Option<PartialDate>, other: Option<PartialDate>| one.max(other);
    let earlier =
        |one: Option<PartialDate>, other: Option<PartialDate>| [one, other].into_iter().flatten().min();
    let mut names = Vec::new();
    if !record.aliases.iter().any(own_name_is_weak) {
        names.push(StrongName {
            located,
            text: &record.name,
            acronym: false,
            from: record.from,
            to: record.to,
        });
    }
    let strong = |alias: &&Alias| !alias.weak && alias.alias_type != AliasType::Surname;
    names.extend(record.aliases.iter().filter(strong).map(|alias| StrongName {
        located,
        text: &alias.text,
        acronym: alias.alias_type == AliasType::Acronym,
        from: later(record.from, alias.from),
        to: earlier(record.to, alias.to),
    }));
    names
}

/// Officials that must bear a given name before it counts as common.
const BEARERS: usize = 2;

/// First words of several officials' names: *Chad*, *Jordan*, *Santiago*.
fn given_names(records: &[Located]) -> HashSet<String> {
    let mut bearers: HashMap<String, usize> = HashMap::new();
    for located in records
        .iter()
        .filter(|located| located.record.kind == Kind::Official)
    {
        if let Some((given, _)) = located.record.name.split_once(' ') {
            *bearers.entry(fold(given)).or_default() += 1;
        }
    }
    // Initials are none.
    bearers.retain(|name, &mut bearers| bearers >= BEARERS && name.chars().count() > 2);
    bearers.into_keys().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(lines: &[&str]) -> Vec<Located> {
        let record = |(at, line): (usize, &&str)| Located {
            at: format!("own.jsonl:{}", at + 1),
            record: serde_json::from_str(line).unwrap(),
        };
        lines.iter().enumerate().map(record).collect()
    }

    fn faults(lines: &[&str], exceptions: &str) -> Vec<String> {
        let exceptions = Exceptions::parse(Path::new("ambiguous.tsv"), exceptions).unwrap();
        let report = check(
            &records(lines),
            &CommonWords::parse("# words\nturkey\nboard\n"),
            &exceptions,
        );
        report
            .faults
            .into_iter()
            .map(|fault| format!("{}: {}", fault.at, fault.fault))
            .collect()
    }

    const GB: &str = r#"{"id":"Q145","kind":"country","name":"United Kingdom","country":"GB","sources":[]}"#;

    fn agency(id: &str, rest: &str) -> String {
        format!(r#"{{"id":"{id}","kind":"agency","country":"GB","sources":[],{rest}}}"#)
    }

    #[test]
    fn shared_strong_names_are_faults_unless_listed() {
        let one = agency("A", r#""name":"Port Board""#);
        let other = agency(
            "B",
            r#""name":"Harbour Office","aliases":[{"text":"Port-Board","type":"short"}]"#,
        );
        let found = faults(&[GB, &one, &other], "");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("own.jsonl:3: 'Port-Board' is also a strong name of A"),
            "{found:?}"
        );
        assert!(faults(&[GB, &one, &other], "# x\nport board\tagency\tGB\tA; B\tknown\n").is_empty());
        assert_eq!(
            faults(&[GB, &one, &other], "port board\tagency\tGB\tA;C\tknown\n").len(),
            1
        );
    }

    #[test]
    fn weak_names_other_times_and_other_cases_do_not_meet() {
        let dated = |id: &str, span: &str| agency(id, &format!(r#""name":"Port Board",{span}"#));
        let (old, new) = (dated("A", r#""to":"1990""#), dated("B", r#""from":"1990-05""#));
        assert!(faults(&[GB, &old, &new], "").is_empty());
        assert_eq!(faults(&[GB, &old, &dated("B", r#""from":"1989""#)], "").len(), 1);
        let alias =
            |id: &str, alias: &str| agency(id, &format!(r#""name":"Office {id}","aliases":[{alias}]"#));
        for (one, other, met) in [
            (
                r#"{"text":"AIMS","type":"acronym"}"#,
                r#"{"text":"aims","type":"short"}"#,
                0,
            ),
            (
                r#"{"text":"AIMS","type":"acronym"}"#,
                r#"{"text":"A.I.M.S.","type":"acronym"}"#,
                1,
            ),
            (
                r#"{"text":"Port","type":"short"}"#,
                r#"{"text":"Port","type":"short","weak":true}"#,
                0,
            ),
            (
                r#"{"text":"Port","type":"surname"}"#,
                r#"{"text":"Port","type":"surname"}"#,
                0,
            ),
        ] {
            assert_eq!(
                faults(&[GB, &alias("A", one), &alias("B", other)], "").len(),
                met,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn common_words_and_given_names_are_faults_unless_weak_or_listed() {
        let turkey = r#"{"id":"Q43","kind":"country","name":"Turkey","country":"TR","sources":[]}"#;
        assert!(faults(&[turkey], "")[0].contains("'Turkey' is a common word"));
        assert!(faults(&[turkey], "Turkey\tcountry\tTR\tQ43\tthe state's English name\n").is_empty());
        let weak = agency(
            "A",
            r#""name":"Harbour","aliases":[{"text":"Board","type":"short","weak":true}]"#,
        );
        assert!(faults(&[GB, &weak], "").is_empty());
        let person = |id: &str, name: &str| {
            format!(r#"{{"id":"{id}","kind":"official","name":"{name}","country":"GB","sources":[]}}"#)
        };
        let jordan = r#"{"id":"Q810","kind":"country","name":"Jordan","country":"JO","sources":[]}"#;
        let found = faults(
            &[GB, jordan, &person("A", "Jordan Doe"), &person("B", "Jordan Roe")],
            "",
        );
        assert!(found.len() == 1 && found[0].contains("given name"), "{found:?}");
    }

    #[test]
    fn countries_and_relations_must_be_on_record() {
        let away =
            agency("A", r#""name":"Port","relations":[{"type":"part_of","id":"Q9"}]"#).replace("GB", "ZZ");
        let found = faults(&[GB, &away], "");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].contains("'Q9'") && found[1].contains("'ZZ'"),
            "{found:?}"
        );
    }

    #[test]
    fn a_row_that_says_nothing_is_refused_and_an_unused_one_told() {
        for (row, part) in [
            ("a\tb", "2 columns"),
            ("a\tplanet\tGB\tA\tr", "planet"),
            ("a\tagency\tGB\tA\t ", "empty"),
        ] {
            let error = Exceptions::parse(Path::new("a.tsv"), &format!("# x\n{row}"))
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("a.tsv:2: ") && error.contains(part), "{error}");
        }
        let rows = Exceptions::parse(Path::new("a.tsv"), "Port\tagency\tGB\tA\tgone\n").unwrap();
        let report = check(&records(&[GB]), &CommonWords::default(), &rows);
        assert_eq!(report.unused, [(1, "Port".to_owned())]);
    }
}
