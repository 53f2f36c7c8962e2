//! What a user's file can ask for beside whole records: to extend one that is there, or to hide it.
//!
//! ```json
//! {"id":"Q423","extends":true,"aliases":[{"text":"Hermit Kingdom","type":"short"}],"remove":["Pyongyang"]}
//! {"id":"Q30","suppress":true}
//! ```

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::key::fold;
use super::read::check_record;
use super::record::{Alias, Record, Relation, Tenure};
use crate::dates::PartialDate;

/// One entry of a file of records.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A whole record: added, or put in the place of the one with its id.
    Record(Record),
    /// A change to the record with its id.
    Extend(Extension),
    /// The id of a record to hide.
    Suppress(String),
}

impl Entry {
    /// The id that the entry is about.
    pub fn id(&self) -> &str {
        match self {
            Entry::Record(record) => &record.id,
            Entry::Extend(extension) => &extension.id,
            Entry::Suppress(id) => id,
        }
    }
}

/// What to change of a record. What is given of its single fields takes the place of what is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// The record's id.
    pub id: String,
    /// Tells an extension from a record: always true.
    pub extends: bool,
    /// Names to take away, in all spellings with their keys; the canonical name is none of them.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Names to add; one that is there with this type is replaced (to make it weak, to date it).
    #[serde(default)]
    pub aliases: Vec<Alias>,
    /// Terms to add; one of the same position, country and first day is replaced.
    #[serde(default)]
    pub tenures: Vec<Tenure>,
    /// Relations to add.
    #[serde(default)]
    pub relations: Vec<Relation>,
    /// Sources to add.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Another canonical name.
    pub name: Option<String>,
    /// Another subkind.
    pub subkind: Option<String>,
    /// Another country.
    pub country: Option<String>,
    /// Another first day of existence.
    pub from: Option<PartialDate>,
    /// Another last day of existence.
    pub to: Option<PartialDate>,
    /// As in [`Record::seen`]: marks the names that are added.
    pub seen: Option<String>,
}

impl Extension {
    /// The record with the changes made.
    ///
    /// # Errors
    /// Where a name to take away is not among the record's further names.
    pub fn apply(self, mut record: Record) -> Result<Record, String> {
        for name in &self.remove {
            let before = record.aliases.len();
            let key = fold(name);
            record.aliases.retain(|alias| fold(&alias.text) != key);
            if record.aliases.len() == before {
                return Err(format!(
                    "'{name}' cannot be removed from '{}' ('{}'): expected one of its aliases",
                    record.id, record.name
                ));
            }
        }
        for mut alias in self.aliases {
            alias.seen = alias.seen.or_else(|| self.seen.clone());
            let same = |other: &Alias| other.alias_type == alias.alias_type && other.text == alias.text;
            match record.aliases.iter().position(same) {
                Some(at) => record.aliases[at] = alias,
                None => record.aliases.push(alias),
            }
        }
        for tenure in self.tenures {
            let same = |other: &Tenure| {
                other.country == tenure.country
                    && other.from == tenure.from
                    && fold(&other.position) == fold(&tenure.position)
            };
            match record.tenures.iter().position(same) {
                Some(at) => record.tenures[at] = tenure,
                None => record.tenures.push(tenure),
            }
        }
        record.tenures.sort_by_key(|tenure| tenure.from);
        (self.relations.into_iter()).for_each(|relation| push_new(&mut record.relations, relation));
        (self.sources.into_iter()).for_each(|source| push_new(&mut record.sources, source));
        record.name = self.name.unwrap_or(record.name);
        record.subkind = self.subkind.or(record.subkind);
        record.country = self.country.or(record.country);
        record.from = self.from.or(record.from);
        record.to = self.to.or(record.to);
        Ok(record)
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// What a file's entries come to: whole records, each id once, and the ids to hide.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    /// Records to lay over what is there, each with the line of its last entry.
    pub records: Vec<(usize, Record)>,
    /// Ids of records that are hidden and not given anew.
    pub suppressed: Vec<String>,
    /// Lines of entries that could not be carried out, and why.
    pub faults: Vec<(usize, String)>,
}

/// Carries the entries out in their order, each with its line; `below` gives the records that they lie over.
pub fn resolve(
    entries: impl IntoIterator<Item = (usize, Entry)>,
    below: impl Fn(&str) -> Option<Record>,
) -> Resolved {
    let mut position: HashMap<String, usize> = HashMap::new();
    // None where the id is hidden.
    let mut states: Vec<(usize, String, Option<Record>)> = Vec::new();
    let mut resolved = Resolved::default();
    for (line, entry) in entries {
        let id = entry.id().to_owned();
        let at = position.get(&id).copied();
        let there = || match at {
            Some(at) => states[at].2.clone(),
            None => below(&id),
        };
        let state = match carry_out(entry, there) {
            Ok(state) => state,
            Err(reason) => {
                resolved.faults.push((line, reason));
                continue;
            }
        };
        match at {
            Some(at) => states[at] = (line, id, state),
            None => {
                position.insert(id.clone(), states.len());
                states.push((line, id, state));
            }
        }
    }
    for (line, id, state) in states {
        match state {
            Some(record) => resolved.records.push((line, record)),
            None => resolved.suppressed.push(id),
        }
    }
    resolved
}

fn carry_out(entry: Entry, there: impl Fn() -> Option<Record>) -> Result<Option<Record>, String> {
    match entry {
        Entry::Record(record) => Ok(Some(record)),
        Entry::Extend(extension) => {
            let record = there().ok_or_else(|| missing("extended", &extension.id))?;
            let record = extension.apply(record)?;
            // Each part may be right and the whole still wrong: a first day behind the last that was there.
            check_record(&record)?;
            Ok(Some(record))
        }
        Entry::Suppress(id) => match there() {
            Some(_) => Ok(None),
            None => Err(missing("suppressed", &id)),
        },
    }
}

fn missing(what: &str, id: &str) -> String {
    format!("'{id}' cannot be {what}: expected the id of a record that lies below or stands further up")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str) -> Record {
        serde_json::from_value(serde_json::json!({
            "id": "Q1", "kind": "agency", "name": name, "country": "GB", "sources": ["own"],
            "aliases": [{"text": "AA", "type": "acronym"}, {"text": "Body A", "type": "short"}],
        }))
        .unwrap()
    }

    fn extension(json: &str) -> Entry {
        Entry::Extend(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn an_extension_adds_replaces_and_takes_away() {
        let change = extension(
            r#"{"id":"Q1","extends":true,"remove":["AA"],"sources":["own","press"],"from":"1990",
                "aliases":[{"text":"Body A","type":"short","weak":true},{"text":"Corps A","type":"native"}]}"#,
        );
        let resolved = resolve([(7, change)], |_| Some(record("A")));
        let (line, made) = &resolved.records[0];
        let names: Vec<_> = (made.aliases.iter())
            .map(|alias| (&alias.text[..], alias.weak))
            .collect();
        assert_eq!((*line, names), (7, vec![("Body A", true), ("Corps A", false)]));
        assert_eq!((made.sources.len(), made.from.is_some()), (2, true));
    }

    #[test]
    fn entries_count_in_their_order() {
        let hide = || Entry::Suppress("Q1".to_owned());
        let whole = |name| Entry::Record(record(name));
        let below = |_: &str| Some(record("below"));
        let hidden = resolve([(1, whole("A")), (2, hide())], below);
        assert_eq!(
            (hidden.records.len(), &hidden.suppressed[..]),
            (0, &["Q1".to_owned()][..])
        );
        let back = resolve([(1, hide()), (2, whole("A"))], below);
        assert_eq!((back.records[0].1.name.as_str(), back.suppressed.len()), ("A", 0));
        let renamed = extension(r#"{"id":"Q1","extends":true,"name":"B"}"#);
        let both = resolve([(1, whole("A")), (2, renamed)], |_| None);
        assert_eq!(both.records[0].1.name, "B");
    }

    #[test]
    fn a_change_of_nothing_is_told_with_its_line() {
        let bare = || extension(r#"{"id":"Q1","extends":true}"#);
        let first = |entries, there: bool| {
            let resolved = resolve(entries, |_| there.then(|| record("A")));
            resolved.faults.into_iter().next().unwrap()
        };
        let (line, message) = first(vec![(3, bare())], false);
        assert!(
            line == 3 && message.contains("'Q1' cannot be extended"),
            "{message}"
        );
        let hide = || Entry::Suppress("Q1".to_owned());
        assert_eq!(first(vec![(1, hide())], false).0, 1);
        assert_eq!(first(vec![(1, hide()), (2, bare())], true).0, 2);
        let wrong = extension(r#"{"id":"Q1","extends":true,"remove":["A"]}"#);
        let (_, message) = first(vec![(1, wrong)], true);
        assert!(message.contains("'A' cannot be removed"), "{message}");
        let backwards = |json: &str| first(vec![(1, extension(json))], true).1;
        let message = backwards(r#"{"id":"Q1","extends":true,"from":"2001","to":"2000"}"#);
        assert!(message.contains("backwards"), "{message}");
    }
}
