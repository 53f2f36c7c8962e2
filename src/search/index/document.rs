//! A tagged document as a document of the index.
//!
//! What is stored and the names are made where a document comes in, its words where it is indexed: a stretch of the text at a
//! time, so that the words of a huge text never lie in memory at once.

use std::collections::BTreeMap;
use std::iter::Empty;
use std::ops::Range;
use std::sync::Arc;

use tantivy::Document;
use tantivy::schema::document::{ReferenceValue, ReferenceValueLeaf};
use tantivy::schema::{Facet, Field, Value};
use tantivy::tokenizer::{PreTokenizedString, Token};

use super::schema::{ENTITY_MARK, FURTHER_MARK, Fields};
use crate::document::{Kind, Link, TaggedDocument};
use crate::gazetteer::compile::surnames;
use crate::gazetteer::key::fold;
use crate::output::jsonl::JsonLines;
use crate::output::{DocumentFormat, OffsetUnit};
use crate::search::analysis::{self, clipped};
use crate::search::{Fingerprint, days};

/// How a tagged document is stored.
const STORED: JsonLines = JsonLines {
    offsets: OffsetUnit::Byte,
    text: true,
};
/// Bytes of text whose words are in memory at once; they take some twenty times that.
const STRETCH: usize = 1 << 20;

/// What the index keeps of a document.
pub struct Indexed {
    values: Vec<(Field, Kept)>,
    words: Words,
    body: Field,
}

/// A value that is ready.
enum Kept {
    Text(String),
    Facet(String),
    Day(i64),
    Fingerprint(u64),
    Bytes(Vec<u8>),
    /// A text whose words are looked for when they are indexed.
    Words(String),
}

/// The text and who is where in it.
struct Words {
    text: String,
    /// Of the linked mentions in order: the bytes, and the [term](entity_term).
    linked: Vec<(Range<usize>, Arc<str>)>,
    stretches: Vec<Range<usize>>,
}

/// What the index keeps of a document.
pub fn document(fields: &Fields, tagged: &TaggedDocument, fingerprint: Fingerprint) -> Indexed {
    let document = &tagged.document;
    let mut values = vec![
        (fields.id, Kept::Text(document.id.clone())),
        (fields.fingerprint, Kept::Fingerprint(fingerprint.0)),
        (fields.tagged, Kept::Bytes(line(tagged))),
    ];
    if let Some(title) = &document.title {
        values.push((fields.title, Kept::Words(title.clone())));
    }
    if let Some(date) = document.date {
        let (first, last) = days(date);
        values.push((fields.first_day, Kept::Day(first)));
        values.push((fields.last_day, Kept::Day(last)));
    }
    if let Some(source) = &document.source {
        values.push((fields.source, Kept::Text(keyword(source))));
    }
    let mut texts = |field: Field, mut terms: Vec<String>| {
        terms.sort_unstable();
        terms.dedup();
        values.extend(terms.into_iter().map(|term| (field, Kept::Text(term))));
    };
    let mentions = || tagged.mentions.iter();
    texts(
        fields.label,
        mentions().map(|mention| label(&mention.label)).collect(),
    );
    let surfaces = mentions().map(|mention| surface(&document.text[mention.span.clone()]));
    texts(fields.surface, surfaces.collect());
    let linked = entities(fields, tagged, &mut values);
    Indexed {
        values,
        words: Words {
            text: document.text.clone(),
            linked,
            stretches: stretches(&document.text, STRETCH),
        },
        body: fields.body,
    }
}

/// Adds what the linked mentions say, and gives their places in the text.
fn entities(
    fields: &Fields,
    tagged: &TaggedDocument,
    values: &mut Vec<(Field, Kept)>,
) -> Vec<(Range<usize>, Arc<str>)> {
    let mut linked = Vec::new();
    let mut entities: BTreeMap<String, (f32, Vec<String>, Arc<str>)> = BTreeMap::new();
    for mention in &tagged.mentions {
        let Some(link) = &mention.link else { continue };
        let key = link.entity_key();
        values.push((fields.entity, Kept::Text(key.clone())));
        let (confidence, _, shared) = entities
            .entry(key)
            .or_insert_with_key(|key| (0.0, names(link), key.as_str().into()));
        *confidence = confidence.max(link.confidence);
        linked.push((mention.span.clone(), Arc::clone(shared)));
    }
    for (key, (confidence, names, _)) in entities {
        let facet = Facet::from_path(key.splitn(2, '/'));
        values.push((fields.facet, Kept::Facet(facet.encoded_str().to_owned())));
        values.extend(names.into_iter().map(|name| (fields.name, Kept::Text(name))));
        for tenth in TENTHS.filter(|&tenth| reaches(confidence, tenth)) {
            values.push((fields.confident, Kept::Text(confident(&key, tenth))));
        }
    }
    linked
}

fn line(tagged: &TaggedDocument) -> Vec<u8> {
    let mut line = Vec::new();
    // A line in memory can be written, always.
    let _ = STORED.write(tagged, &mut line);
    line
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
    clipped(words.join(" "))
}

/// A term of [`Fields::label`].
pub fn label(label: &str) -> String {
    clipped(label.to_owned())
}

/// A term of [`Fields::surface`].
pub fn surface(mention: &str) -> String {
    clipped(fold(mention))
}

/// A term of [`Fields::name`].
pub fn name(kind: Kind, name: &str) -> String {
    clipped(format!("{}/{}", kind.as_str(), fold(name)))
}

/// The terms of [`Fields::name`] of a link's entity: the canonical name, and an official's family names.
pub fn names(link: &Link) -> Vec<String> {
    let mut names = vec![name(link.kind, &link.name)];
    if link.kind == Kind::Official {
        let surnames = surnames(&link.name, link.country.as_deref());
        names.extend(surnames.iter().map(|surname| name(link.kind, surname)));
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// A term of [`Fields::body`] that stands for an entity, at the first word of a mention.
pub fn entity_term(key: &str) -> String {
    format!("{ENTITY_MARK}{key}")
}

/// The same at the further words.
pub fn further_term(key: &str) -> String {
    format!("{FURTHER_MARK}{key}")
}

/// Cuts a text between words into parts of about `most` bytes. Each has a word, so that positions go on from one to the next
/// without a gap.
fn stretches(text: &str, most: usize) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut start = 0;
    let mut wanted = most;
    while wanted < text.len() {
        let from = text.ceil_char_boundary(wanted);
        let is_between = |c: char| !analysis::is_of_word(c);
        let Some(gap) = text[from..].find(is_between) else {
            break;
        };
        let end = from + gap;
        if analysis::words(&text[start..end]).next().is_some() {
            stretches.push(start..end);
            start = end;
        }
        wanted = end + most;
    }
    stretches.push(start..text.len());
    stretches
}

impl Words {
    /// The words of a stretch, and the entities of mentions at their places.
    fn of(&self, stretch: &Range<usize>) -> PreTokenizedString {
        let mut tokens = Vec::new();
        let first = self.linked.partition_point(|(span, _)| span.end <= stretch.start);
        let mut linked = self.linked[first..].iter().peekable();
        for (position, word) in analysis::words(&self.text[stretch.clone()]).enumerate() {
            let span = word.span.start + stretch.start..word.span.end + stretch.start;
            while linked.next_if(|(linked, _)| linked.end <= span.start).is_some() {}
            if let Some((mention, key)) = linked.peek().filter(|(linked, _)| linked.start < span.end) {
                let before = self.text.get(mention.start..span.start).unwrap_or_default();
                let is_first = analysis::words(before).next().is_none();
                let term = if is_first {
                    entity_term(key)
                } else {
                    further_term(key)
                };
                tokens.push(token(position, term));
            }
            tokens.push(token(position, word.term));
        }
        pre_tokenized(tokens)
    }
}

fn token(position: usize, text: String) -> Token {
    Token {
        position,
        text,
        // With the gap of one that tantivy leaves between the values of a field, the next stretch's first word comes next.
        position_length: 0,
        // Nothing asks for the place in the text.
        ..Token::default()
    }
}

/// The text itself is not looked at by the index.
fn pre_tokenized(tokens: Vec<Token>) -> PreTokenizedString {
    PreTokenizedString {
        text: String::new(),
        tokens,
    }
}

/// A value as tantivy asks for it.
#[derive(Clone, Debug)]
pub struct Part<'a>(Borrowed<'a>);

#[derive(Clone)]
enum Borrowed<'a> {
    Kept(&'a Kept),
    Stretch(&'a Words, &'a Range<usize>),
}

impl std::fmt::Debug for Borrowed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Borrowed::Kept(_) => "a value",
            Borrowed::Stretch(..) => "words",
        })
    }
}

impl<'a> Value<'a> for Part<'a> {
    type ArrayIter = Empty<Self>;
    type ObjectIter = Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        let words = |text| {
            let words = analysis::words(text).enumerate();
            pre_tokenized(words.map(|(position, word)| token(position, word.term)).collect())
        };
        ReferenceValue::Leaf(match self.0 {
            Borrowed::Kept(Kept::Text(text)) => ReferenceValueLeaf::Str(text),
            Borrowed::Kept(Kept::Facet(facet)) => ReferenceValueLeaf::Facet(facet),
            Borrowed::Kept(Kept::Day(day)) => ReferenceValueLeaf::I64(*day),
            Borrowed::Kept(Kept::Fingerprint(print)) => ReferenceValueLeaf::U64(*print),
            Borrowed::Kept(Kept::Bytes(bytes)) => ReferenceValueLeaf::Bytes(bytes),
            Borrowed::Kept(Kept::Words(text)) => ReferenceValueLeaf::PreTokStr(Box::new(words(text))),
            Borrowed::Stretch(all, stretch) => ReferenceValueLeaf::PreTokStr(Box::new(all.of(stretch))),
        })
    }
}

impl Document for Indexed {
    type Value<'a> = Part<'a>;
    type FieldsValuesIter<'a> = Box<dyn Iterator<Item = (Field, Part<'a>)> + 'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        let kept = self.values.iter();
        let kept = kept.map(|(field, kept)| (*field, Part(Borrowed::Kept(kept))));
        let words = self.words.stretches.iter();
        let words = words.map(|stretch| (self.body, Part(Borrowed::Stretch(&self.words, stretch))));
        Box::new(kept.chain(words))
    }
}

impl Indexed {
    /// About how many bytes it takes until it is indexed.
    pub fn bytes(&self) -> usize {
        let of_value = |(_, kept): &(Field, Kept)| {
            size_of::<(Field, Kept)>()
                + match kept {
                    Kept::Text(text) | Kept::Facet(text) | Kept::Words(text) => text.len(),
                    Kept::Bytes(bytes) => bytes.len(),
                    Kept::Day(_) | Kept::Fingerprint(_) => 0,
                }
        };
        let linked = self.words.linked.len() * size_of::<(Range<usize>, Arc<str>)>();
        self.values.iter().map(of_value).sum::<usize>() + self.words.text.len() + linked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_words(text: &str, most: usize) -> Vec<(u32, String)> {
        let words = Words {
            text: text.to_owned(),
            linked: Vec::new(),
            stretches: stretches(text, most),
        };
        // As tantivy counts positions over the values of a field.
        let mut begin = 0;
        let mut found = Vec::new();
        for stretch in &words.stretches {
            let mut end = begin;
            for token in words.of(stretch).tokens {
                let position = begin + token.position as u32;
                end = end.max(position + token.position_length as u32);
                found.push((position, token.text));
            }
            begin = end + 1;
        }
        found
    }

    #[test]
    fn words_are_the_same_in_stretches_of_any_size() {
        let texts = [
            "Kim Jong-un met — 北京 — Erdoğan's envoy, on cafe\u{301} 5.",
            "--------------------------------- one ----------------------------- two ----",
            "no-gap-".repeat(40).leak(),
            "北京".repeat(30).leak(),
            "",
            "-",
        ];
        for text in texts {
            let whole: Vec<String> = analysis::words(text).map(|word| word.term).collect();
            let whole: Vec<(u32, String)> = (0..).zip(whole).collect();
            for most in [1, 2, 3, 7, 20, 1000] {
                assert_eq!(all_words(text, most), whole, "{text} in {most}");
            }
        }
    }
}
