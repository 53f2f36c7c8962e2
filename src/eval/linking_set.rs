//! Public linking sets: documents whose mentions name Wikipedia titles or Wikidata ids, and no kinds.
//!
//! AIDA CoNLL-YAGO (Hoffart et al., 2011) gives titles (`wiki`), its dev part ids (`qid`) too; MSNBC (Cucerzan, 2007),
//! as ELEVANT updated it, gives ids and their items' names (`name`). [`EntityList`] says which are scored, and
//! `benches/linking/README.md` states the mapping.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::entities::{EntityList, EntitySort};
use super::gold::{Aside, GoldDocument, GoldEntity, GoldError, GoldMention, documents, spans};
use crate::dates::PartialDate;
use crate::document::Document;

#[derive(Deserialize)]
struct SetLine {
    id: Value,
    text: String,
    mentions: Vec<SetMention>,
    /// The part that ELEVANT scores. It gives one where not every name is a mention.
    eval_span: Option<(usize, usize)>,
}

#[derive(Deserialize)]
struct SetMention {
    start: usize,
    end: usize,
    surface: Option<String>,
    /// A CoNLL label, or Wikidata's classes parted by `|`.
    #[serde(rename = "type")]
    sort: String,
    qid: Option<String>,
    /// The Wikipedia title.
    #[serde(alias = "name")]
    wiki: Option<String>,
}

/// Reads a public linking set, one JSON object a line. Its documents are of `date`: the sets give none.
///
/// # Errors
/// Where the file cannot be read, and with file and line where a line is no document of such a set or a span does not
/// fit its text.
pub fn read_linking_set(
    path: &Path,
    entities: &EntityList,
    date: Option<PartialDate>,
) -> Result<Vec<GoldDocument>, GoldError> {
    const EXPECTED: &str = "a JSON object with id, text and mentions [{start, end, type, wiki or name, qid}], offsets in characters";
    documents(path, EXPECTED, |line: SetLine| {
        let id = match line.id {
            Value::String(id) => id,
            other => other.to_string(),
        };
        let offsets = line
            .mentions
            .iter()
            .map(|mention| (mention.start, mention.end, mention.surface.as_deref()));
        let spans = spans(&id, &line.text, offsets)?;
        let mut mentions: Vec<GoldMention> = (line.mentions.iter().zip(spans))
            .map(|(mention, span)| {
                let (entity, aside) = meaning(mention, entities);
                GoldMention {
                    span,
                    label: label(&mention.sort).into(),
                    entity,
                    aside,
                }
            })
            .collect();
        mentions.sort_by_key(|mention| (mention.span.start, mention.span.end));
        Ok(GoldDocument {
            document: Document {
                id,
                text: line.text,
                date,
                ..Document::default()
            },
            mentions,
            exhaustive: line.eval_span.is_none(),
        })
    })
}

/// What the set's answer is to the three kinds.
fn meaning(mention: &SetMention, entities: &EntityList) -> (Option<GoldEntity>, Aside) {
    let title = mention.wiki.as_deref().filter(|title| *title != "Unknown");
    let id = mention.qid.as_deref();
    if title.is_none() && id.is_none() {
        return (None, Aside::Unknown);
    }
    match entities.find(title, id) {
        Some(listed) => match listed.sort {
            EntitySort::Scored(kind) => {
                let entity = GoldEntity {
                    kind,
                    name: listed.title.clone(),
                    ids: listed.ids.iter().cloned().collect(),
                    country: listed.country.clone(),
                };
                (Some(entity), Aside::No)
            }
            EntitySort::Capital => (None, Aside::Capital(listed.country.clone().unwrap_or_default())),
            EntitySort::Team => (None, Aside::Team),
            EntitySort::LeftOut => (None, Aside::LeftOut),
        },
        None => {
            let other = Aside::Other {
                name: title.unwrap_or_default().to_owned(),
                id: id.map(str::to_owned),
            };
            (None, other)
        }
    }
}

/// The CoNLL label of a mention: given as such, or by Wikidata's classes (person, geographic entity, organisation).
fn label(sort: &str) -> &'static str {
    const CLASSES: [(&str, &str); 3] = [("Q215627", "PER"), ("Q27096213", "LOC"), ("Q43229", "ORG")];
    let labels = ["PER", "ORG", "LOC", "MISC"];
    let own = labels.into_iter().find(|label| *label == sort);
    let of_class = || {
        CLASSES
            .iter()
            .find(|(class, _)| sort.split('|').any(|one| one == *class))
    };
    own.or_else(|| of_class().map(|(_, label)| *label))
        .unwrap_or("MISC")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::document::Kind;

    const LIST: &str = "title\tkind\tcountry\tids\tbasis\nNorway\tcountry\tNO\tQ20\trigour\nOslo\tcapital\tNO\tQ585\tfactbook\n\
                        Norway national football team\tteam\t\t\ttitle\n";

    fn read(line: &str) -> Result<Vec<GoldDocument>, GoldError> {
        let folder = tempfile::tempdir().unwrap();
        let (list, set) = (folder.path().join("list.tsv"), folder.path().join("set.jsonl"));
        fs::write(&list, LIST).unwrap();
        fs::write(&set, line).unwrap();
        read_linking_set(&set, &EntityList::read(&list).unwrap(), "1996-08".parse().ok())
    }

    #[test]
    fn titles_and_ids_become_kinds() {
        let line = r#"{"id": 7, "text": "Ås: Norway beat Norway, said Oslo. Grieg, Ibsen.", "mentions": [
            {"start": 4, "end": 10, "surface": "Norway", "type": "LOC", "wiki": "Norway", "qid": null},
            {"start": 16, "end": 22, "type": "LOC", "wiki": "Norway national football team", "qid": "Q20"},
            {"start": 29, "end": 33, "type": "Q27096213|Q43229", "name": "Oslo", "qid": "Q585"},
            {"start": 35, "end": 40, "type": "Q215627", "name": "Edvard Grieg", "qid": "Q80621"},
            {"start": 42, "end": 47, "type": "OTHER", "name": "Unknown", "qid": null}]}"#;
        let documents = read(&line.replace('\n', "")).unwrap();
        let document = &documents[0];
        assert_eq!(document.document.id, "7");
        assert_eq!(document.document.date, "1996-08".parse().ok());
        let mentions = &document.mentions;
        let norway = mentions[0].entity.as_ref().unwrap();
        assert_eq!(&document.document.text[mentions[0].span.clone()], "Norway");
        assert_eq!(
            (norway.kind, norway.ids.as_slice()),
            (Kind::Country, &["Q20".to_owned()][..])
        );
        assert!(mentions[1..].iter().all(|mention| mention.entity.is_none()));
        assert_eq!(mentions[1].aside, Aside::Team);
        assert_eq!(mentions[2].aside, Aside::Capital("NO".to_owned()));
        let grieg = Aside::Other {
            name: "Edvard Grieg".to_owned(),
            id: Some("Q80621".to_owned()),
        };
        assert_eq!(mentions[3].aside, grieg);
        assert_eq!(mentions[4].aside, Aside::Unknown);
        let labels: Vec<&str> = mentions.iter().map(|mention| &*mention.label).collect();
        assert_eq!(labels, ["LOC", "LOC", "LOC", "PER", "MISC"]);
    }

    #[test]
    fn a_span_that_does_not_fit_is_named() {
        let line = r#"{"id":"a","text":"Oslo","mentions":[{"start":0,"end":5,"type":"LOC","wiki":"Oslo"}]}"#;
        let message = read(line).unwrap_err().to_string();
        assert!(
            message.contains("set.jsonl:1: ") && message.contains("0..5"),
            "{message}"
        );
        let message = read(r#"{"id":"a"}"#).unwrap_err().to_string();
        assert!(message.contains("wiki or name"), "{message}");
    }
}
