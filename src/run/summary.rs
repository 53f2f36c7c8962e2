//! What a run found, counted as it goes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::{Kind, TaggedDocument};

/// Counts over documents. Bounded: only entities of the gazetteer are told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Documents written.
    pub documents: u64,
    /// Pieces of input that were no documents.
    pub rejected: u64,
    /// Bytes of text in the documents.
    pub text_bytes: u64,
    /// Mentions by label.
    pub mentions: BTreeMap<String, u64>,
    /// Linked mentions by kind.
    pub links: BTreeMap<Kind, u64>,
    /// Mentions of entities with a record, by its id.
    pub entities: BTreeMap<String, Counted>,
}

/// An entity and how often it was mentioned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The canonical name.
    pub name: String,
    /// Mentions.
    pub count: u64,
}

impl Summary {
    /// Counts a document.
    pub fn count(&mut self, tagged: &TaggedDocument) {
        self.documents += 1;
        self.text_bytes += tagged.document.text.len() as u64;
        for mention in &tagged.mentions {
            add(&mut self.mentions, &mention.label, 1);
            let Some(link) = &mention.link else { continue };
            *self.links.entry(link.kind).or_default() += 1;
            let Some(id) = &link.id else { continue };
            match self.entities.get_mut(&**id) {
                Some(counted) => counted.count += 1,
                None => {
                    let counted = Counted {
                        name: link.name.to_string(),
                        count: 1,
                    };
                    self.entities.insert(id.to_string(), counted);
                }
            }
        }
    }

    /// Adds what another part of the run counted.
    pub fn add(&mut self, other: &Summary) {
        self.documents += other.documents;
        self.rejected += other.rejected;
        self.text_bytes += other.text_bytes;
        for (label, count) in &other.mentions {
            add(&mut self.mentions, label, *count);
        }
        for (kind, count) in &other.links {
            *self.links.entry(*kind).or_default() += count;
        }
        for (id, counted) in &other.entities {
            self.entities
                .entry(id.clone())
                .and_modify(|own| own.count += counted.count)
                .or_insert_with(|| counted.clone());
        }
    }

    /// All mentions.
    pub fn mentions_in_all(&self) -> u64 {
        self.mentions.values().sum()
    }

    /// All linked mentions.
    pub fn links_in_all(&self) -> u64 {
        self.links.values().sum()
    }

    /// The entities mentioned most: id, name, mentions; ties by id.
    pub fn top_entities(&self, most: usize) -> Vec<(&str, &str, u64)> {
        let mut entities: Vec<_> = self
            .entities
            .iter()
            .map(|(id, counted)| (id.as_str(), counted.name.as_str(), counted.count))
            .collect();
        entities.sort_by_key(|&(_, _, count)| std::cmp::Reverse(count));
        entities.truncate(most);
        entities
    }
}

/// Adds to a count by name, without a new string where the name is known.
fn add(counts: &mut BTreeMap<String, u64>, name: &str, count: u64) {
    match counts.get_mut(name) {
        Some(known) => *known += count,
        None => {
            counts.insert(name.to_owned(), count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Link, Mention, Via};

    #[test]
    fn parts_add_up_to_the_whole() {
        let link = Link {
            id: Some("Q884".into()),
            kind: Kind::Country,
            name: "South Korea".into(),
            country: None,
            role: None,
            via: Via::Name,
            confidence: 0.9,
        };
        let mention = |link: Option<Link>| Mention {
            span: 0..5,
            label: "LOC".into(),
            score: 0.9,
            link: link.map(Box::new),
        };
        let tagged = TaggedDocument {
            document: Document {
                text: "Seoul".to_owned(),
                ..Document::default()
            },
            mentions: vec![mention(Some(link.clone())), mention(None)],
            considerations: Vec::new(),
        };
        let mut whole = Summary::default();
        whole.count(&tagged);
        let part = whole.clone();
        whole.count(&tagged);
        let mut sum = Summary::default();
        sum.add(&part);
        sum.add(&part);
        assert_eq!(sum, whole);
        assert_eq!((sum.mentions_in_all(), sum.links_in_all()), (4, 2));
        assert_eq!(sum.top_entities(5), [("Q884", "South Korea", 2)]);
    }
}
