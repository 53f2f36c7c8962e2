//! Entities as the index holds them: a record without what only its keepers read.

use serde::{Deserialize, Serialize};

use super::record::{Alias, AliasType, Record, Relation, Tenure};
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

/// What only a record's keepers read: it stands behind the entity, so that the linker never decodes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// As in [`Record::sources`].
    pub sources: Vec<String>,
    /// As in [`Record::relations`].
    pub relations: Vec<Relation>,
    /// As in [`Record::seen`].
    pub seen: Option<String>,
    /// The positions of aliases that have a [`seen`](Alias::seen) of their own.
    pub seen_aliases: Vec<(u32, String)>,
}

impl From<&Record> for Provenance {
    fn from(record: &Record) -> Self {
        let seen = record
            .aliases
            .iter()
            .zip(0..)
            .filter_map(|(alias, at)| Some((at, alias.seen.clone()?)));
        Provenance {
            sources: record.sources.clone(),
            relations: record.relations.clone(),
            seen: record.seen.clone(),
            seen_aliases: seen.collect(),
        }
    }
}

impl Record {
    /// The record that an entity and its provenance were made of.
    pub fn from_parts(entity: Entity, provenance: Provenance) -> Self {
        let alias = |alias: EntityAlias| Alias {
            text: alias.text,
            alias_type: alias.alias_type,
            weak: alias.weak,
            from: alias.from,
            to: alias.to,
            seen: None,
        };
        let tenure = |tenure: EntityTenure| Tenure {
            position: tenure.position,
            organisation: tenure.organisation,
            country: tenure.country,
            from: tenure.from,
            to: tenure.to,
        };
        let mut record = Record {
            id: entity.id,
            kind: entity.kind,
            subkind: entity.subkind,
            name: entity.name,
            country: entity.country,
            aliases: entity.aliases.into_iter().map(alias).collect(),
            tenures: entity.tenures.into_iter().map(tenure).collect(),
            relations: provenance.relations,
            from: entity.from,
            to: entity.to,
            sources: provenance.sources,
            seen: provenance.seen,
        };
        for (at, seen) in provenance.seen_aliases {
            if let Some(alias) = record.aliases.get_mut(at as usize) {
                alias.seen = Some(seen);
            }
        }
        record
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
