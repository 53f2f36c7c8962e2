//! The gold of `shared/gold`: documents whose mentions were annotated by reading.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::dates::PartialDate;
use crate::document::{Document, Kind, Mention};

/// A document with its mentions annotated by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct GoldDocument {
    /// The document.
    pub document: Document,
    /// Its mentions, in order.
    pub mentions: Vec<GoldMention>,
}

/// A mention as annotated.
#[derive(Clone, Debug, PartialEq)]
pub struct GoldMention {
    /// Bytes of the document's text.
    pub span: Range<usize>,
    /// PER, ORG, LOC or MISC.
    pub label: Arc<str>,
    /// Who it is; `None` where the gold says that no country, official or agency is meant.
    pub entity: Option<GoldEntity>,
}

/// Who a gold mention is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoldEntity {
    /// country, official or agency.
    pub kind: Kind,
    /// The canonical name.
    pub name: String,
    /// Wikidata's id, where it was looked up.
    pub qid: Option<String>,
    /// ISO 3166-1 alpha-2, or XK, EU, INT.
    pub country: Option<String>,
}

/// Why a gold file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GoldError {
    /// The file cannot be read.
    #[error("cannot read the gold file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is no annotated document.
    #[error("{}:{line}: {reason}; expected a JSON object with id, text and mentions [{{start, end, label, kind, name}}], offsets in characters", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
struct GoldLine {
    id: String,
    text: String,
    #[serde(default)]
    date: Option<PartialDate>,
    #[serde(default)]
    source: Option<String>,
    mentions: Vec<GoldLineMention>,
}

#[derive(Deserialize)]
struct GoldLineMention {
    start: usize,
    end: usize,
    surface: Option<String>,
    label: String,
    kind: Option<Kind>,
    name: Option<String>,
    qid: Option<String>,
    country: Option<String>,
}

/// Reads annotated documents, one JSON object a line.
///
/// # Errors
/// Where the file cannot be read, and with file and line where a line is no annotated document or a span does
/// not fit its text.
pub fn read_gold(path: &Path) -> Result<Vec<GoldDocument>, GoldError> {
    let text = std::fs::read_to_string(path).map_err(|source| GoldError::Io {
        path: path.to_owned(),
        source,
    })?;
    let mut documents = Vec::new();
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let wrong = |reason: String| GoldError::Line {
            path: path.to_owned(),
            line: at + 1,
            reason,
        };
        let line: GoldLine = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        documents.push(annotated(line).map_err(wrong)?);
    }
    Ok(documents)
}

fn annotated(line: GoldLine) -> Result<GoldDocument, String> {
    let mut bytes: Vec<usize> = line.text.char_indices().map(|(byte, _)| byte).collect();
    bytes.push(line.text.len());
    let mut mentions = Vec::with_capacity(line.mentions.len());
    for mention in line.mentions {
        let (start, end) = (mention.start, mention.end);
        let span = match (bytes.get(start), bytes.get(end)) {
            (Some(&from), Some(&to)) if from < to => from..to,
            _ => {
                return Err(format!(
                    "the span {start}..{end} does not fit the text of '{}', which has {} characters",
                    line.id,
                    bytes.len() - 1
                ));
            }
        };
        let text = &line.text[span.clone()];
        if mention.surface.as_deref().is_some_and(|surface| surface != text) {
            return Err(format!(
                "the span {start}..{end} of '{}' is '{text}', not the surface given",
                line.id
            ));
        }
        let entity = match (mention.kind, mention.name) {
            (None, _) => None,
            (Some(kind), Some(name)) => Some(GoldEntity {
                kind,
                name,
                qid: mention.qid,
                country: mention.country,
            }),
            (Some(_), None) => {
                return Err(format!(
                    "the mention {start}..{end} of '{}' has a kind but no name",
                    line.id
                ));
            }
        };
        mentions.push(GoldMention {
            span,
            label: mention.label.into(),
            entity,
        });
    }
    mentions.sort_by_key(|mention| (mention.span.start, mention.span.end));
    Ok(GoldDocument {
        document: Document {
            id: line.id,
            text: line.text,
            date: line.date,
            source: line.source,
            ..Document::default()
        },
        mentions,
    })
}

impl GoldMention {
    /// The mention as a tagger would find it.
    pub(super) fn unlinked(&self) -> Mention {
        Mention {
            span: self.span.clone(),
            label: Arc::clone(&self.label),
            score: 1.0,
            link: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<Vec<GoldDocument>, GoldError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gold.jsonl");
        std::fs::write(&path, lines).unwrap();
        read_gold(&path)
    }

    #[test]
    fn wrong_gold_is_named() {
        for (line, part) in [
            (
                r#"{"id":"a","text":"ab","mentions":[{"start":0,"end":9,"label":"LOC"}]}"#,
                "0..9",
            ),
            (
                r#"{"id":"a","text":"ab","mentions":[{"start":0,"end":1,"surface":"b","label":"LOC"}]}"#,
                "surface",
            ),
            (
                r#"{"id":"a","text":"ab","mentions":[{"start":0,"end":1,"label":"LOC","kind":"country"}]}"#,
                "no name",
            ),
            (r#"{"id":"a"}"#, "missing field"),
        ] {
            let message = read(line).unwrap_err().to_string();
            assert!(
                message.contains("gold.jsonl:1: ") && message.contains(part),
                "{message}"
            );
        }
    }
}
