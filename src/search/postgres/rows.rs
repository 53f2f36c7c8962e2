//! A tagged document as rows of the tables.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::json::{storable, storable_json};
use crate::document::{Link, TaggedDocument};
use crate::output::jsonl::{four_decimals, passed_on};
use crate::output::offsets::{OffsetCounter, OffsetUnit};
use crate::search::{Fingerprint, ids};

/// A row of `documents` and its rows of `mentions`.
pub struct DocumentRow {
    /// The document's own id.
    pub own_id: String,
    /// The id under which it stands.
    pub id: String,
    /// Without U+0000, as all texts here.
    pub title: Option<String>,
    /// The text.
    pub text: String,
    /// As written.
    pub date: Option<String>,
    /// The first and the last day, as PostgreSQL reads them.
    pub days: Option<(String, String)>,
    /// Who published it.
    pub source: Option<String>,
    /// A JSON object.
    pub extra: String,
    /// Keys of its entities, each once.
    pub entities: Vec<String>,
    /// Its 64 bits.
    pub fingerprint: i64,
    /// In their order.
    pub mentions: Vec<MentionRow>,
    /// Whether a text had a character that PostgreSQL cannot hold.
    pub replaced: bool,
}

/// A row of `mentions`.
pub struct MentionRow {
    /// Characters.
    pub start: i32,
    /// Characters.
    pub end: i32,
    /// The text between.
    pub text: String,
    /// The model's label.
    pub label: String,
    /// With four decimals.
    pub score: f64,
    /// Who or what it is.
    pub link: Option<LinkRow>,
}

/// What `mentions` has of a link; the fields but the key are those of [`Link`].
pub struct LinkRow {
    /// The entity's key.
    pub key: String,
    pub kind: &'static str,
    pub id: Option<String>,
    pub name: String,
    pub country: Option<String>,
    pub role: Option<String>,
    pub via: &'static str,
    pub confidence: f64,
}

impl DocumentRow {
    /// The rows of a document.
    ///
    /// # Errors
    /// Why the tables cannot hold it: more characters than an `integer` counts.
    pub fn new(tagged: &TaggedDocument, fingerprint: Fingerprint) -> Result<Self, String> {
        let document = &tagged.document;
        let mut replaced = false;
        let mut stored = |text: &str| {
            let stored = storable(text);
            replaced |= matches!(stored, Cow::Owned(_));
            stored.into_owned()
        };
        let title = document.title.as_deref().map(&mut stored);
        let text = stored(&document.text);
        let source = document.source.as_deref().map(&mut stored);
        let mentions = mentions(tagged, &mut stored)?;
        let entities: BTreeSet<&String> = mentions
            .iter()
            .filter_map(|mention| Some(&mention.link.as_ref()?.key))
            .collect();
        let entities = entities.into_iter().cloned().collect();
        let extra = extra(tagged);
        Ok(DocumentRow {
            own_id: document.id.clone(),
            id: ids::stored(&document.id).into_owned(),
            title,
            text,
            date: document.date.map(|date| date.to_string()),
            days: document
                .date
                .map(|date| (day(date.earliest()), day(date.last_day()))),
            source,
            extra,
            entities,
            // All 64 bits: the sign is one of them.
            fingerprint: fingerprint.0.cast_signed(),
            mentions,
            replaced,
        })
    }

    /// The document's own id, where it stands under another.
    pub fn long_id(&self) -> Option<Cow<'_, str>> {
        (self.id != self.own_id).then(|| storable(&self.own_id))
    }

    /// About how many bytes are sent for it.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.extra.len() + self.mentions.len() * 128 + 256
    }
}

/// A day; the year before 1 is 1 BC.
fn day((year, month, day): (i16, u8, u8)) -> String {
    match year {
        0 => format!("0001-{month:02}-{day:02} BC"),
        year => format!("{year:04}-{month:02}-{day:02}"),
    }
}

fn extra(tagged: &TaggedDocument) -> String {
    let mut extra = String::from("{");
    for (name, value) in passed_on(&tagged.document) {
        if extra.len() > 1 {
            extra.push(',');
        }
        let name = serde_json::Value::from(name).to_string();
        extra.extend([&*storable_json(&name), ":", &*storable_json(value.get())]);
    }
    extra.push('}');
    extra
}

fn mentions(
    tagged: &TaggedDocument,
    stored: &mut impl FnMut(&str) -> String,
) -> Result<Vec<MentionRow>, String> {
    let text = &tagged.document.text;
    let mut offsets = OffsetCounter::new(text, OffsetUnit::Char);
    let mut rows = Vec::with_capacity(tagged.mentions.len());
    for mention in &tagged.mentions {
        let span = offsets.span(&mention.span);
        let (Ok(start), Ok(end)) = (i32::try_from(span.start), i32::try_from(span.end)) else {
            return Err(format!(
                "a mention at character {}: expected a text of at most {} characters",
                span.start,
                i32::MAX
            ));
        };
        rows.push(MentionRow {
            start,
            end,
            text: stored(&text[mention.span.clone()]),
            label: stored(&mention.label),
            score: four_decimals(mention.score),
            link: mention.link.as_deref().map(|link| LinkRow::new(link, stored)),
        });
    }
    Ok(rows)
}

impl LinkRow {
    fn new(link: &Link, stored: &mut impl FnMut(&str) -> String) -> Self {
        LinkRow {
            key: ids::stored_key(link.entity_key()),
            kind: link.kind.as_str(),
            id: link.id.as_deref().map(&mut *stored),
            name: stored(&link.name),
            country: link.country.as_deref().map(&mut *stored),
            role: link.role.as_deref().map(&mut *stored),
            via: link.via.as_str(),
            confidence: four_decimals(link.confidence),
        }
    }
}
