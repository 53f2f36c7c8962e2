//! A tagged document as a document of the index.

use std::collections::BTreeMap;
use std::io;

use tantivy::TantivyDocument;
use tantivy::schema::Facet;
use tantivy::tokenizer::{PreTokenizedString, Token};

use super::schema::{ENTITY_MARK, Fields};
use crate::document::TaggedDocument;
use crate::gazetteer::key::fold;
use crate::output::jsonl::JsonLines;
use crate::output::{DocumentFormat, OffsetUnit};
use crate::search::{Fingerprint, analysis, days};

/// How a tagged document is stored.
const STORED: JsonLines = JsonLines {
    offsets: OffsetUnit::Byte,
    text: true,
};

/// What the index keeps of a document.
///
/// # Errors
/// Never: a line in memory can be written.
pub fn document(
    fields: &Fields,
    tagged: &TaggedDocument,
    fingerprint: Fingerprint,
) -> io::Result<TantivyDocument> {
    let mut indexed = TantivyDocument::default();
    indexed.add_text(fields.id, &tagged.document.id);
    indexed.add_pre_tokenized_text(fields.body, body(tagged));
    if let Some(title) = &tagged.document.title {
        indexed.add_pre_tokenized_text(fields.title, pre_tokenized(words(title)));
    }
    if let Some(date) = tagged.document.date {
        let (first, last) = days(date);
        indexed.add_i64(fields.first_day, first);
        indexed.add_i64(fields.last_day, last);
    }
    if let Some(source) = &tagged.document.source {
        indexed.add_text(fields.source, keyword(source));
    }
    let mut labels: Vec<&str> = tagged.mentions.iter().map(|mention| &*mention.label).collect();
    labels.sort_unstable();
    labels.dedup();
    for label in labels {
        indexed.add_text(fields.label, label);
    }
    let mut surfaces: Vec<String> = Vec::new();
    let mut entities: BTreeMap<String, (f32, String)> = BTreeMap::new();
    for mention in &tagged.mentions {
        surfaces.push(fold(&tagged.document.text[mention.span.clone()]));
        let Some(link) = &mention.link else { continue };
        let key = link.entity_key();
        indexed.add_text(fields.entity, &key);
        let name = format!("{}/{}", link.kind.as_str(), fold(&link.name));
        let entity = entities.entry(key).or_insert((0.0, name));
        entity.0 = entity.0.max(link.confidence);
    }
    surfaces.sort_unstable();
    surfaces.dedup();
    for surface in surfaces {
        indexed.add_text(fields.surface, surface);
    }
    for (key, (confidence, name)) in entities {
        indexed.add_facet(fields.facet, Facet::from_path(key.splitn(2, '/')));
        indexed.add_text(fields.name, name);
        for tenth in TENTHS.filter(|&tenth| reaches(confidence, tenth)) {
            indexed.add_text(fields.confident, confident(&key, tenth));
        }
    }
    indexed.add_u64(fields.fingerprint, fingerprint.0);
    let mut line = Vec::new();
    STORED.write(tagged, &mut line)?;
    indexed.add_bytes(fields.tagged, &line);
    Ok(indexed)
}

/// The tenths of confidence that can be asked for: no link has less than the first.
pub const TENTHS: std::ops::RangeInclusive<u8> = 5..=9;

/// Whether a confidence, as the output writes it, is at least so many tenths.
pub fn reaches(confidence: f32, tenths: u8) -> bool {
    (f64::from(confidence) * 1e4).round() >= f64::from(tenths) * 1e3
}

/// A term of [`Fields::confident`].
pub fn confident(key: &str, tenths: u8) -> String {
    format!("{tenths}/{key}")
}

/// A term of [`Fields::source`].
pub fn keyword(text: &str) -> String {
    let words: Vec<String> = analysis::words(text).map(|word| word.term).collect();
    words.join(" ")
}

/// A term of [`Fields::body`] that stands for an entity.
pub fn entity_term(key: &str) -> String {
    format!("{ENTITY_MARK}{key}")
}

fn words(text: &str) -> Vec<Token> {
    let word = |(position, word): (usize, analysis::Word)| token(position, word.span, word.term);
    analysis::words(text).enumerate().map(word).collect()
}

/// The words of the text, and the entities of mentions at their places.
fn body(tagged: &TaggedDocument) -> PreTokenizedString {
    let mut tokens = Vec::new();
    let mut mentions = tagged
        .mentions
        .iter()
        .filter(|mention| mention.link.is_some())
        .peekable();
    for (position, word) in analysis::words(&tagged.document.text).enumerate() {
        while mentions
            .next_if(|mention| mention.span.end <= word.span.start)
            .is_some()
        {}
        if let Some(mention) = mentions
            .peek()
            .filter(|mention| mention.span.start < word.span.end)
            && let Some(link) = &mention.link
        {
            tokens.push(token(
                position,
                word.span.clone(),
                entity_term(&link.entity_key()),
            ));
        }
        tokens.push(token(position, word.span, word.term));
    }
    pre_tokenized(tokens)
}

fn token(position: usize, span: std::ops::Range<usize>, text: String) -> Token {
    Token {
        offset_from: span.start,
        offset_to: span.end,
        position,
        text,
        position_length: 1,
    }
}

/// The text itself is not looked at by the index.
fn pre_tokenized(tokens: Vec<Token>) -> PreTokenizedString {
    PreTokenizedString {
        text: String::new(),
        tokens,
    }
}
