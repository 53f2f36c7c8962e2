//! Entities as the index holds them: a record without what only its keepers read.

use serde::{Deserialize, Serialize};

use super::record::{AliasType, Record, Tenure};
use crate::dates::PartialDate;
use crate::document::Kind;

/// An entity of the gazetteer.
///
/// Every field is always written: the index's encoding has no names to leave out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// As in [`Record::id`].
    pub id: String,
    /// country, official or agency.
    pub kind: Kind,
    /// As in [`Record::subkind`].
    pub subkind: Option<String>,
    /// The canonical name.
    pub name: String,
    /// ISO 3166-1 alpha-2, or XK, EU, INT.
    pub country: Option<String>,
    /// Further names, in the record's order.
    pub aliases: Vec<EntityAlias>,
    /// An official's terms of office, latest last.
    pub tenures: Vec<EntityTenure>,
    /// First day of existence, where it matters.
    pub from: Option<PartialDate>,
    /// Last day of existence.
    pub to: Option<PartialDate>,
    /// Whether the record was added after reading a gold article.
    pub seen: bool,
}

/// A further name of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityAlias {
    /// The name as written.
    pub text: String,
    /// What sort of name.
    pub alias_type: AliasType,
    /// Whether it needs support from the document.
    pub weak: bool,
    /// First day of use.
    pub from: Option<PartialDate>,
    /// Last day of use.
    pub to: Option<PartialDate>,
    /// Whether it was added after reading a gold article.
    pub seen: bool,
}

/// A person's term in an office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityTenure {
    /// The office's title.
    pub position: String,
    /// The body, where the title does not say it.
    pub organisation: Option<String>,
    /// ISO 3166-1 alpha-2, or XK, EU, INT.
    pub country: String,
    /// First day, where known.
    pub from: Option<PartialDate>,
    /// Last day; absent while in office or unknown.
    pub to: Option<PartialDate>,
}

impl From<&Record> for Entity {
    fn from(record: &Record) -> Self {
        Entity {
            id: record.id.clone(),
            kind: record.kind,
            subkind: record.subkind.clone(),
            name: record.name.clone(),
            country: record.country.clone(),
            aliases: record
                .aliases
                .iter()
                .map(|alias| EntityAlias {
                    text: alias.text.clone(),
                    alias_type: alias.alias_type,
                    weak: alias.weak,
                    from: alias.from,
                    to: alias.to,
                    seen: alias.seen.is_some(),
                })
                .collect(),
            tenures: record.tenures.iter().map(EntityTenure::from).collect(),
            from: record.from,
            to: record.to,
            seen: record.seen.is_some(),
        }
    }
}

impl From<&Tenure> for EntityTenure {
    fn from(tenure: &Tenure) -> Self {
        EntityTenure {
            position: tenure.position.clone(),
            organisation: tenure.organisation.clone(),
            country: tenure.country.clone(),
            from: tenure.from,
            to: tenure.to,
        }
    }
}

impl EntityTenure {
    /// Whether the office was held on `date`; unknown ends count as open for `years_if_unknown` years.
    pub fn covers(&self, date: PartialDate, years_if_unknown: i16) -> bool {
        let day = date.latest();
        let begun = self.from.is_none_or(|from| from.earliest() <= day);
        let over = match (self.to, self.from) {
            (Some(to), _) => to.latest() < date.earliest(),
            (None, Some(from)) => date.year() > from.year().saturating_add(years_if_unknown),
            (None, None) => false,
        };
        begun && !over
    }
}

impl Entity {
    /// The tenure that says what the person is on `date`: one that covers it (the latest begun), else the last
    /// begun before it, else the first after it; without a date the latest.
    pub fn tenure_at(&self, date: Option<PartialDate>) -> Option<&EntityTenure> {
        let begin = |tenure: &EntityTenure| tenure.from.map_or((i16::MIN, 0, 0), PartialDate::earliest);
        let Some(date) = date else {
            return self.tenures.iter().max_by_key(|tenure| begin(tenure));
        };
        let latest_begun = |covering: bool| {
            self.tenures
                .iter()
                .filter(|tenure| begin(tenure) <= date.latest())
                .filter(|tenure| !covering || tenure.covers(date, 30))
                .max_by_key(|tenure| begin(tenure))
        };
        latest_begun(true)
            .or_else(|| latest_begun(false))
            .or_else(|| self.tenures.iter().min_by_key(|tenure| begin(tenure)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenure(position: &str, from: Option<&str>, to: Option<&str>) -> EntityTenure {
        EntityTenure {
            position: position.to_owned(),
            organisation: None,
            country: "NZ".to_owned(),
            from: from.map(|date| date.parse().unwrap()),
            to: to.map(|date| date.parse().unwrap()),
        }
    }

    #[test]
    fn the_office_depends_on_the_date() {
        let person = Entity {
            id: "nom:x".to_owned(),
            kind: Kind::Official,
            subkind: None,
            name: "Ann Example".to_owned(),
            country: Some("NZ".to_owned()),
            aliases: Vec::new(),
            tenures: vec![
                tenure("member of parliament", Some("2001"), Some("2009-05")),
                tenure("minister", Some("2009-06-01"), None),
            ],
            from: None,
            to: None,
            seen: false,
        };
        let at = |date: &str| {
            person
                .tenure_at(Some(date.parse().unwrap()))
                .unwrap()
                .position
                .as_str()
        };
        assert_eq!(at("1999"), "member of parliament");
        assert_eq!(at("2005-01-01"), "member of parliament");
        assert_eq!(at("2012-01-01"), "minister");
        assert_eq!(person.tenure_at(None).unwrap().position, "minister");
    }
}
