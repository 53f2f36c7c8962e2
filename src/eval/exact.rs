//! The baseline: a mention is whoever the gazetteer gives its exact text to, whatever the document says.

use super::linking::Linking;
use crate::document::{Document, Link, Mention};
use crate::gazetteer::key::{fold, writes_acronym};
use crate::gazetteer::posting::NameSort;
use crate::gazetteer::record::AliasType;
use crate::gazetteer::{Gazetteer, Hit, written_name};

/// Links by exact name or alias, without context.
///
/// The mention's text is folded as the gazetteer's keys are; acronyms keep their case. Of several records strong names
/// go before weak ones, then canonical names before other sorts, higher office before lower, and then the earlier
/// record. Nothing is linked by surname or by a name that lacks its country.
#[derive(Debug)]
pub struct ExactLookup {
    gazetteer: Gazetteer,
}

impl ExactLookup {
    /// A baseline over `gazetteer`.
    pub fn new(gazetteer: Gazetteer) -> Self {
        ExactLookup { gazetteer }
    }

    fn find(&self, text: &str) -> Option<Link> {
        let mut hits = self.gazetteer.hits(&fold(text));
        hits.sort_by_key(|hit| {
            let Hit { entity, posting } = *hit;
            let standing = std::cmp::Reverse(posting.standing);
            (posting.weak, posting.sort, standing, entity)
        });
        hits.iter().find_map(|hit| {
            let entity = self.gazetteer.entity(hit.entity)?;
            let acronym = hit.posting.sort == NameSort::Alias(AliasType::Acronym);
            let meant = !acronym || writes_acronym(text, written_name(&entity, &hit.posting));
            meant.then(|| Link {
                id: Some(entity.id.as_str().into()),
                kind: entity.kind,
                name: entity.name.as_str().into(),
                country: entity.country.as_deref().map(Into::into),
                role: entity.subkind.as_deref().map(Into::into),
                via: hit.posting.sort.via(),
                confidence: 1.0,
            })
        })
    }
}

impl Linking for ExactLookup {
    fn link(&self, document: &Document, mentions: &mut [Mention]) {
        for mention in mentions {
            let text = document.text.get(mention.span.clone()).unwrap_or_default();
            mention.link = self.find(text).map(Box::new);
        }
    }

    fn gazetteer(&self) -> &Gazetteer {
        &self.gazetteer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline() -> ExactLookup {
        let record = |line: &str| serde_json::from_str(line).unwrap();
        let mut gazetteer = Gazetteer::default();
        let records = [
            r#"{"id":"Q230","kind":"country","name":"Georgia","country":"GE","sources":["own"],
                "aliases":[{"text":"Georgian","type":"demonym"}]}"#,
            r#"{"id":"nom:ge-mia","kind":"agency","name":"Ministry of Internal Affairs","country":"GE","sources":["own"],
                "aliases":[{"text":"MIA","type":"acronym"},{"text":"Georgian","type":"short","weak":true}]}"#,
        ];
        gazetteer.add(records.map(record).into()).unwrap();
        ExactLookup::new(gazetteer)
    }

    #[test]
    fn takes_the_strongest_exact_name_and_nothing_else() {
        let baseline = baseline();
        let id = |text: &str| baseline.find(text).and_then(|link| link.id);
        assert_eq!(id("GEORGIA").as_deref(), Some("Q230"));
        assert_eq!(id("Georgian").as_deref(), Some("Q230"));
        assert_eq!(id("MIA").as_deref(), Some("nom:ge-mia"));
        for text in ["Mia", "Georgias", "Tbilisi", ""] {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
