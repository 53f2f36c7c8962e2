//! Any alias of an entity finds the documents of all of its aliases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nomenclator::document::{Document, Kind, Link, Mention, TaggedDocument, Via};
use nomenclator::gazetteer::Gazetteer;
use nomenclator::gazetteer::entity::Entity;
use nomenclator::search::reader::SearchIndex;
use nomenclator::search::results::Request;
use tempfile::TempDir;

use super::world::feed;

/// A document that mentions an entity once, under this name.
fn document(id: String, entity: &Entity, name: &str) -> TaggedDocument {
    let text = format!("It was said of {name} that nothing is known.");
    let start = "It was said of ".len();
    let link = Link {
        id: Some(entity.id.as_str().into()),
        kind: entity.kind,
        name: entity.name.as_str().into(),
        country: entity.country.as_deref().map(Into::into),
        role: entity.subkind.as_deref().map(Into::into),
        via: Via::Alias,
        confidence: 0.9,
    };
    TaggedDocument {
        mentions: vec![Mention {
            span: start..start + name.len(),
            label: "MISC".into(),
            score: 0.9,
            link: Some(Box::new(link)),
        }],
        document: Document {
            id,
            text,
            ..Document::default()
        },
        considerations: Vec::new(),
    }
}

#[test]
fn any_alias_finds_the_documents_of_all() {
    let gazetteer = Arc::new(Gazetteer::embedded().unwrap());
    let mut entities: Vec<Entity> = Vec::new();
    for kind in Kind::ALL {
        let of_kind = gazetteer
            .references()
            .filter_map(|reference| gazetteer.entity(reference));
        let mut of_kind: Vec<Entity> = of_kind
            .filter(|entity| entity.kind == kind && entity.aliases.len() >= 2)
            .collect();
        let step = of_kind.len() / 70;
        let every: Vec<Entity> = of_kind.drain(..).step_by(step).take(70).collect();
        entities.extend(every);
    }
    assert!(entities.len() >= 200, "{}", entities.len());

    let mut documents = Vec::new();
    let mut of_key: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (number, entity) in entities.iter().enumerate() {
        let key = entity.entity_key();
        let names = [entity.name.as_str()]
            .into_iter()
            .chain(entity.aliases.iter().map(|alias| &*alias.text));
        for (at, name) in names.enumerate() {
            let id = format!("{number}-{at}");
            of_key.entry(key.clone()).or_default().insert(id.clone());
            documents.push(document(id, entity, name));
        }
    }
    let folder = TempDir::new().unwrap();
    feed(folder.path(), documents, 500);
    let index = SearchIndex::open(folder.path(), gazetteer).unwrap();

    let mut asked = 0;
    for entity in &entities {
        let key = entity.entity_key();
        let names = [entity.name.as_str(), entity.id.as_str()]
            .into_iter()
            .chain(entity.aliases.iter().map(|alias| &*alias.text));
        for name in names {
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            for field in [entity.kind.as_str(), "entity"] {
                let query = format!("{field}:\"{quoted}\"");
                let answer = index
                    .search(&Request {
                        limit: 100_000,
                        ..Request::new(query.clone())
                    })
                    .unwrap_or_else(|error| panic!("{query}: {error}"));
                let found: BTreeSet<String> = answer.hits.iter().map(|hit| hit.id.clone()).collect();
                // A name can mean others too: exactly the documents of all that it was taken for are found.
                let meant: Vec<&str> = answer.resolved[0]
                    .entities
                    .iter()
                    .map(|row| row.entity.key.as_str())
                    .collect();
                assert!(meant.contains(&key.as_str()), "{query}: {meant:?} lacks {key}");
                let expected: BTreeSet<String> = meant
                    .iter()
                    .flat_map(|key| of_key.get(*key).into_iter().flatten().cloned())
                    .collect();
                assert!(of_key[&key].is_subset(&found), "{query}");
                assert_eq!(found, expected, "{query}");
                asked += 1;
            }
        }
    }
    assert!(asked > 1000, "{asked}");
}
