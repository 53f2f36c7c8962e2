//! spaCy's JSON, one document a line: `Doc(nlp.vocab).from_json(json.loads(line))` makes a `Doc` of it.
//!
//! Of [`Doc.from_json`](https://spacy.io/api/doc#from_json) (3.8) these parts are written:
//!
//! | key | what |
//! |---|---|
//! | `text` | the text |
//! | `tokens` | `id`, `start`, `end`: the words, and a token for white space that is more than a space after a word |
//! | `ents` | `start`, `end`, `label`, `kb_id`: the mentions, as `doc.ents`; spaCy reads no `kb_id` here |
//! | `spans` | `{"mentions": […]}`: the same, as `doc.spans["mentions"]`, where spaCy reads `kb_id` (empty: not linked) |
//! | `nomenclator` | the line of JSON Lines without its text, with scores and links; spaCy passes over it |
//!
//! The place for other programs' values would be `_`, but spaCy refuses a document with an attribute there that was not
//! registered before (`Doc.set_extension`).
//!
//! All offsets count characters.

use std::io::{self, Write};
use std::iter::Peekable;
use std::ops::Range;

use serde::Serialize;
use serde::ser::Serializer;

use super::DocumentFormat;
use super::jsonl::{Line, ShowSteering};
use super::offsets::{OffsetCounter, OffsetUnit};
use crate::document::{Mention, TaggedDocument};
use crate::tokenize::words::WordSegmenter;

/// The format that spaCy's `Doc.from_json` reads, one document a line.
///
/// Tokens are the words of the text's own segmentation, cut where a mention begins or ends inside one. A mention that
/// begins or ends with white space is no span of spaCy's tokens: it stands in `nomenclator` alone.
pub struct Spacy {
    segmenter: WordSegmenter,
}

impl Spacy {
    /// `segmenter` must be the one that the documents were tagged with.
    pub fn new(segmenter: WordSegmenter) -> Self {
        Spacy { segmenter }
    }
}

impl DocumentFormat for Spacy {
    fn write(&self, tagged: &TaggedDocument, into: &mut dyn Write) -> io::Result<()> {
        let line = Line {
            tagged,
            offsets: OffsetUnit::Char,
            text: false,
        };
        let doc = Doc {
            nomenclator: line,
            text: &tagged.document.text,
            ents: Ents { tagged },
            spans: Spans {
                mentions: Ents { tagged },
            },
            tokens: Tokens {
                tagged,
                segmenter: &self.segmenter,
            },
        };
        let mut serializer = serde_json::Serializer::with_formatter(&mut *into, ShowSteering);
        doc.serialize(&mut serializer)?;
        into.write_all(b"\n")
    }
}

#[derive(Serialize)]
struct Doc<'a> {
    /// First, so that a reader knows the format by it.
    nomenclator: Line<'a>,
    text: &'a str,
    ents: Ents<'a>,
    spans: Spans<'a>,
    tokens: Tokens<'a>,
}

#[derive(Serialize)]
struct Spans<'a> {
    mentions: Ents<'a>,
}

/// The mentions that are spans of tokens, one after the other.
struct Ents<'a> {
    tagged: &'a TaggedDocument,
}

impl Serialize for Ents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = &self.tagged.document.text;
        let mut offsets = OffsetCounter::new(text, OffsetUnit::Char);
        let mentions = self.tagged.mentions.iter();
        serializer.collect_seq(
            mentions
                .filter(|mention| is_span_of_tokens(text, mention))
                .map(|mention| {
                    let span = offsets.span(&mention.span);
                    Ent {
                        start: span.start,
                        end: span.end,
                        label: &mention.label,
                        kb_id: mention
                            .link
                            .as_ref()
                            .and_then(|link| link.id.as_deref())
                            .unwrap_or_default(),
                    }
                }),
        )
    }
}

#[derive(Serialize)]
struct Ent<'a> {
    start: usize,
    end: usize,
    label: &'a str,
    kb_id: &'a str,
}

fn is_span_of_tokens(text: &str, mention: &Mention) -> bool {
    let surface = &text[mention.span.clone()];
    !surface.is_empty() && !surface.starts_with(is_space) && !surface.ends_with(is_space)
}

/// What Python's `str.isspace` takes for white space: spaCy tells words from the space between them by it.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// The tokens one after the other.
struct Tokens<'a> {
    tagged: &'a TaggedDocument,
    segmenter: &'a WordSegmenter,
}

impl Serialize for Tokens<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = &self.tagged.document.text;
        let mut offsets = OffsetCounter::new(text, OffsetUnit::Char);
        let mentions = self.tagged.mentions.iter().map(|mention| mention.span.clone());
        let tokens = TokenSpans::new(text, self.segmenter.spans(text), mentions);
        serializer.collect_seq(tokens.enumerate().map(|(id, span)| {
            let span = offsets.span(&span);
            Token {
                id,
                start: span.start,
                end: span.end,
            }
        }))
    }
}

#[derive(Serialize)]
struct Token {
    id: usize,
    start: usize,
    end: usize,
}

/// The text in tokens as spaCy's `get_words_and_spaces` rebuilds them: a space after a word belongs to the word, what
/// other white space there is up to the next word is one token.
struct TokenSpans<'a, W: Iterator, M: Iterator> {
    text: &'a str,
    words: Peekable<W>,
    mentions: Peekable<M>,
    at: usize,
    /// Where the white space or the text without white space that `at` lies in ends.
    run_end: usize,
    after_word: bool,
}

impl<'a, W: Iterator<Item = Range<usize>>, M: Iterator<Item = Range<usize>>> TokenSpans<'a, W, M> {
    fn new(text: &'a str, words: W, mentions: M) -> Self {
        TokenSpans {
            text,
            words: words.peekable(),
            mentions: mentions.peekable(),
            at: 0,
            run_end: 0,
            after_word: false,
        }
    }
}

/// The first start or end of a span after `at`.
fn next_edge(spans: &mut Peekable<impl Iterator<Item = Range<usize>>>, at: usize) -> Option<usize> {
    while spans.next_if(|span| span.end <= at).is_some() {}
    spans
        .peek()
        .map(|span| if span.start > at { span.start } else { span.end })
}

impl<W: Iterator<Item = Range<usize>>, M: Iterator<Item = Range<usize>>> Iterator for TokenSpans<'_, W, M> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            let start = self.at;
            let rest = &self.text[start..];
            let first = rest.chars().next()?;
            let space = is_space(first);
            if self.run_end <= start {
                let length = rest.find(|c| is_space(c) != space).unwrap_or(rest.len());
                self.run_end = start + length;
            }
            if !space {
                let edges = [
                    next_edge(&mut self.words, start),
                    next_edge(&mut self.mentions, start),
                ];
                self.at = edges.into_iter().flatten().fold(self.run_end, usize::min);
                self.after_word = true;
                return Some(start..self.at);
            }
            self.at = self.run_end;
            let taken = usize::from(std::mem::take(&mut self.after_word) && first == ' ');
            if start + taken < self.at {
                return Some(start + taken..self.at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use crate::tokenize::WORD_PATTERN;

    #[test]
    fn white_space_beyond_a_space_after_a_word_is_a_token() {
        let segmenter = WordSegmenter::new(WORD_PATTERN.trim_end()).unwrap();
        for (text, mention, expected) in [
            ("", None, vec![]),
            (" ", None, vec![" "]),
            (
                "The U.N. met  in\n\nSeoul. ",
                None,
                vec!["The", "U.N.", "met", " ", "in", "\n\n", "Seoul", "."],
            ),
            (" a \nb\u{1c} c", None, vec![" ", "a", "\n", "b", "\u{1c} ", "c"]),
            ("Seoulites met", Some(0..5), vec!["Seoul", "ites", "met"]),
            ("a b", Some(1..2), vec!["a", "b"]),
        ] {
            let tokens: Vec<&str> = TokenSpans::new(text, segmenter.spans(text), mention.into_iter())
                .map(|span| &text[span])
                .collect();
            assert_eq!(tokens, expected, "{text:?}");
        }
    }

    #[test]
    fn a_mention_at_white_space_stands_in_the_details_alone() {
        let mention = |span| Mention {
            span,
            label: "LOC".into(),
            score: 0.5,
            link: None,
        };
        let tagged = TaggedDocument {
            document: Document {
                text: "é Seoul ".to_owned(),
                ..Document::default()
            },
            mentions: vec![mention(0..2), mention(3..9)],
            considerations: Vec::new(),
        };
        let mut into = Vec::new();
        let spacy = Spacy::new(WordSegmenter::new(WORD_PATTERN.trim_end()).unwrap());
        spacy.write(&tagged, &mut into).unwrap();
        let doc: serde_json::Value = serde_json::from_slice(&into).unwrap();
        assert_eq!(
            doc["ents"],
            serde_json::json!([{"start": 0, "end": 1, "label": "LOC", "kb_id": ""}])
        );
        assert_eq!(doc["spans"]["mentions"], doc["ents"]);
        assert_eq!(doc["nomenclator"]["mentions"][1]["text"], "Seoul ");
        assert_eq!(doc["nomenclator"].get("text"), None);
    }
}
