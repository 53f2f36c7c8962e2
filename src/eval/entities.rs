//! Which entities of a public linking set are countries, officials or agencies: `benches/linking/entities.tsv`.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use super::EvalError;
use crate::corpus::text_of;
use crate::document::Kind;

/// The header that a table of entities begins with.
const HEADER: &str = "title\tkind\tcountry\tids\tbasis";

/// What an entity counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntitySort {
    /// A country, official or agency: scored.
    Scored(Kind),
    /// A city that is a capital; it may stand for the government of its country.
    Capital,
    /// A team that plays for a country: not scored.
    Team,
    /// The people of a country, or an article on what many countries have: not scored.
    LeftOut,
}

/// An entity that a set names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEntity {
    /// The set's name for it, a Wikipedia title.
    pub title: String,
    /// What it counts as.
    pub sort: EntitySort,
    /// ISO 3166-1 alpha-2, EU, INT; `None` where the list does not say.
    pub country: Option<String>,
    /// The Wikidata ids of which each means it.
    pub ids: BTreeSet<String>,
}

/// The listed entities; one that is not there is neither country, nor official, nor agency.
#[derive(Clone, Debug, Default)]
pub struct EntityList {
    entities: Vec<ListedEntity>,
    by_title: HashMap<String, usize>,
    by_id: HashMap<String, usize>,
}

impl EntityList {
    /// Reads a table with the columns `title`, `kind`, `country`, `ids` (parted by `|`) and `basis`.
    ///
    /// # Errors
    /// Where the file cannot be read, and with file and line where a line is no such row.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        let place = path.display().to_string();
        let bytes = fs::read(path).map_err(|source| EvalError::Read {
            place: place.clone(),
            source,
        })?;
        Self::parse(&text_of(bytes, &place)?, &place)
    }

    fn parse(table: &str, place: &str) -> Result<Self, EvalError> {
        let mut list = EntityList::default();
        for (at, line) in table.lines().enumerate() {
            let wrong = || EvalError::EntityLine {
                place: format!("{place}:{}", at + 1),
                line: line.chars().take(60).collect(),
            };
            if at == 0 {
                if line != HEADER {
                    return Err(wrong());
                }
                continue;
            }
            list.push(row(line).ok_or_else(wrong)?);
        }
        Ok(list)
    }

    fn push(&mut self, entity: ListedEntity) {
        let at = self.entities.len();
        self.by_title.insert(entity.title.clone(), at);
        for id in &entity.ids {
            self.by_id.entry(id.clone()).or_insert(at);
        }
        self.entities.push(entity);
    }

    /// The entity that a set calls by `title` and, where it has ids, by `id`. The title decides: what has two
    /// articles is two entities, also where sources give both one id.
    pub fn find(&self, title: Option<&str>, id: Option<&str>) -> Option<&ListedEntity> {
        let at = title
            .and_then(|title| self.by_title.get(title))
            .or_else(|| id.and_then(|id| self.by_id.get(id)))?;
        self.entities.get(*at)
    }
}

fn row(line: &str) -> Option<ListedEntity> {
    let columns: Vec<&str> = line.split('\t').collect();
    let &[title, kind, country, ids, _basis] = columns.as_slice() else {
        return None;
    };
    let sort = match kind {
        "country" => EntitySort::Scored(Kind::Country),
        "official" => EntitySort::Scored(Kind::Official),
        "agency" => EntitySort::Scored(Kind::Agency),
        "capital" => EntitySort::Capital,
        "team" => EntitySort::Team,
        "people" | "unclear" => EntitySort::LeftOut,
        _ => return None,
    };
    let named = !title.is_empty() && (sort != EntitySort::Capital || !country.is_empty());
    named.then(|| ListedEntity {
        title: title.to_owned(),
        sort,
        country: (!country.is_empty()).then(|| country.to_owned()),
        ids: ids
            .split('|')
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "title\tkind\tcountry\tids\tbasis\n\
        Denmark\tcountry\tDK\tQ35|Q756617\trigour\n\
        Oslo\tcapital\tNO\tQ585\tfactbook\n\
        Denmark national football team\tteam\t\t\ttitle\n";

    #[test]
    fn finds_by_title_and_by_any_id() {
        let list = EntityList::parse(TABLE, "t").unwrap();
        let sort = |title, id| list.find(title, id).map(|entity| entity.sort);
        assert_eq!(
            sort(Some("Denmark"), None),
            Some(EntitySort::Scored(Kind::Country))
        );
        assert_eq!(
            sort(None, Some("Q756617")),
            Some(EntitySort::Scored(Kind::Country))
        );
        assert_eq!(
            sort(Some("Denmark national football team"), Some("Q35")),
            Some(EntitySort::Team)
        );
        assert_eq!(sort(Some("Oslo"), None), Some(EntitySort::Capital));
        assert_eq!(sort(Some("Bergen"), Some("Q26793")), None);
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (table, line) in [
            ("Denmark\tcountry\tDK\tQ35\trigour\n".to_owned(), "t:1"),
            (format!("{TABLE}Bergen\tcity\tNO\t\tnone\n"), "t:5"),
            (format!("{TABLE}Oslo\tcapital\t\t\tnone\n"), "t:5"),
            (format!("{TABLE}Oslo\n"), "t:5"),
        ] {
            let message = EntityList::parse(&table, "t").unwrap_err().to_string();
            assert!(message.starts_with(&format!("{line}: '")), "{message}");
        }
    }
}
