//! The gold of `shared/gold`: documents whose mentions were annotated by reading.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::dates::PartialDate;
use crate::document::{Document, Kind, Mention};

/// A document with its mentions annotated by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct GoldDocument {
    /// The document.
    pub document: Document,
    /// Its mentions, in order.
    pub mentions: Vec<GoldMention>,
    /// Whether every name in it is one of the mentions; where not, a link that touches none of them is not scored.
    pub exhaustive: bool,
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
    /// How the mention counts where there is no entity.
    pub aside: Aside,
}

/// How a gold mention counts that means no country, official or agency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Aside {
    /// As NIL: every link is a false one.
    #[default]
    No,
    /// As NIL; but a link to just this entity is neither right nor false, since only the list of kinds lacks it.
    Other {
        /// Its name.
        name: String,
        /// Its Wikidata id, where the gold has one.
        id: Option<String>,
    },
    /// As NIL: the gold does not say who it is.
    Unknown,
    /// As NIL, a city; but a link to the country with this code, whose capital it is, is counted apart.
    Capital(String),
    /// Not at all, linked or not: a team that bears a country's name.
    Team,
    /// Not at all, linked or not.
    LeftOut,
}

/// Who a gold mention is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoldEntity {
    /// country, official or agency.
    pub kind: Kind,
    /// The canonical name.
    pub name: String,
    /// Wikidata's ids of which each means it; empty where none was looked up.
    pub ids: Vec<String>,
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
    #[error("{}:{line}: {reason}; expected {expected}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
        /// What the line should be.
        expected: &'static str,
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
    const EXPECTED: &str =
        "a JSON object with id, text and mentions [{start, end, label, kind, name}], offsets in characters";
    documents(path, EXPECTED, annotated)
}

/// Reads one JSON object a line and makes a document of each.
pub(super) fn documents<L: DeserializeOwned>(
    path: &Path,
    expected: &'static str,
    document: impl Fn(L) -> Result<GoldDocument, String>,
) -> Result<Vec<GoldDocument>, GoldError> {
    let text = std::fs::read_to_string(path).map_err(|source| GoldError::Io {
        path: path.to_owned(),
        source,
    })?;
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            serde_json::from_str(line)
                .map_err(|error| error.to_string())
                .and_then(&document)
                .map_err(|reason| GoldError::Line {
                    path: path.to_owned(),
                    line: at + 1,
                    reason,
                    expected,
                })
        })
        .collect()
}

/// The byte ranges of `mentions`: start, end (in characters) and, where given, the text that must stand there.
pub(super) fn spans<'m>(
    id: &str,
    text: &str,
    mentions: impl Iterator<Item = (usize, usize, Option<&'m str>)>,
) -> Result<Vec<Range<usize>>, String> {
    let mut bytes: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
    bytes.push(text.len());
    let span = |(start, end, surface): (usize, usize, Option<&str>)| {
        let span = match (bytes.get(start), bytes.get(end)) {
            (Some(&from), Some(&to)) if from < to => from..to,
            _ => {
                return Err(format!(
                    "the span {start}..{end} does not fit the text of '{id}', which has {} characters",
                    bytes.len() - 1
                ));
            }
        };
        let there = &text[span.clone()];
        match surface {
            Some(surface) if surface != there => Err(format!(
                "the span {start}..{end} of '{id}' is '{there}', not the surface given"
            )),
            _ => Ok(span),
        }
    };
    mentions.map(span).collect()
}

fn annotated(line: GoldLine) -> Result<GoldDocument, String> {
    let offsets = line
        .mentions
        .iter()
        .map(|mention| (mention.start, mention.end, mention.surface.as_deref()));
    let spans = spans(&line.id, &line.text, offsets)?;
    let mut mentions = Vec::with_capacity(line.mentions.len());
    for (mention, span) in line.mentions.into_iter().zip(spans) {
        let entity = match (mention.kind, mention.name) {
            (None, _) => None,
            (Some(kind), Some(name)) => Some(GoldEntity {
                kind,
                name,
                ids: mention.qid.into_iter().collect(),
                country: mention.country,
            }),
            (Some(_), None) => {
                return Err(format!(
                    "the mention {}..{} of '{}' has a kind but no name",
                    mention.start, mention.end, line.id
                ));
            }
        };
        mentions.push(GoldMention {
            span,
            label: mention.label.into(),
            entity,
            aside: Aside::No,
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
        exhaustive: true,
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
