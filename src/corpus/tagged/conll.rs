//! A word and its label a line.

use super::super::Rejection;
use super::super::lines::Lines;
use super::super::rejection::Place;
use super::{Located, TaggedLine, TaggedMention};
use crate::output::OffsetUnit;

/// Documents of one CoNLL stream: words joined by spaces, a line for each run of words between blank lines.
///
/// The label is a line's last column. A mention goes on over a blank line where the next word's label says so (`I-`), as
/// it does where a line end stands in a name. A line that cannot be read spoils its document, and no other.
pub(super) struct Conll {
    lines: Lines,
    reading: Reading,
}

impl Conll {
    /// `most` bytes are the most that a document's text may have.
    pub(super) fn new(lines: Lines, most: u64) -> Self {
        let reading = Reading {
            most,
            ..Reading::default()
        };
        Conll { lines, reading }
    }
}

impl Iterator for Conll {
    type Item = Located;

    fn next(&mut self) -> Option<Located> {
        let Conll { lines, reading } = self;
        loop {
            let Some(advanced) = lines.advance() else {
                return reading.end();
            };
            let line = advanced.and_then(|()| lines.text());
            if let Some(document) = reading.take(line, lines.number(), || lines.place()) {
                return Some(document);
            }
        }
    }
}

/// The document that is being read.
#[derive(Default)]
struct Reading {
    /// The most bytes that its text may have.
    most: u64,
    /// What of it is read, and where it began.
    current: Option<(Place, TaggedLine)>,
    /// Characters of its text so far.
    characters: usize,
    /// The line that was taken last.
    line: u64,
    /// A blank line came since the last word.
    blank: bool,
    /// The last word's label, without its prefix.
    open: Option<String>,
    /// Why it is none.
    wrong: Option<String>,
}

impl Reading {
    fn begin(&mut self, place: Place) {
        let line = TaggedLine {
            id: place.to_string(),
            text: Some(String::new()),
            offsets: OffsetUnit::Char,
            ..TaggedLine::default()
        };
        self.current = Some((place, line));
        (self.characters, self.blank, self.open) = (0, false, None);
    }

    /// The document that was being read.
    fn end(&mut self) -> Option<Located> {
        let (place, mut line) = self.current.take()?;
        if let Some(reason) = self.wrong.take() {
            return Some(Err(place.reject(reason)));
        }
        // A line ends with a line end, the last one too, where there are words at all.
        if let Some(text) = line.text.as_mut().filter(|text| !text.is_empty()) {
            text.push('\n');
        }
        Some(Ok((place, line)))
    }

    /// Takes the line `number`, which is not blank and stands at `place`; a document where one ends before it.
    fn take(
        &mut self,
        line: Result<&str, Rejection>,
        number: u64,
        place: impl Fn() -> Place,
    ) -> Option<Located> {
        // Blank lines are passed over, but counted.
        self.blank |= number > self.line + 1;
        self.line = number;
        let mut before = None;
        let starts = line.as_ref().is_ok_and(|line| line.starts_with("-DOCSTART-"));
        if starts || self.current.is_none() {
            before = self.end();
            self.begin(place());
        }
        if starts || self.wrong.is_some() {
            return before;
        }
        let taken = match line {
            Ok(line) => self.columns(line),
            Err(rejection) => Err(rejection.reason),
        };
        if let Err(reason) = taken {
            self.wrong = Some(format!("line {number}: {reason}"));
            // Nobody will see what is read of it.
            if let Some((_, line)) = &mut self.current {
                *line = TaggedLine::default();
            }
        }
        before
    }

    fn columns(&mut self, line: &str) -> Result<(), String> {
        let separator = if line.contains('\t') { '\t' } else { ' ' };
        let line = line.trim_end_matches(['\t', ' ', '\r']);
        match line.split_once(separator) {
            Some((word, rest)) if !word.is_empty() => {
                self.word(word, rest.rsplit(separator).next().unwrap_or_default())
            }
            _ => Err("no word with a label: expected both".to_owned()),
        }
    }

    fn word(&mut self, word: &str, label: &str) -> Result<(), String> {
        let Some((_, line)) = &mut self.current else {
            return Ok(());
        };
        let text = line.text.get_or_insert_default();
        let before = text.len();
        // A space before the word, and a line end behind the last one.
        if (before + word.len() + 2) as u64 > self.most {
            return Err(format!(
                "the text has more than {} bytes: expected at most that",
                self.most
            ));
        }
        if before > 0 {
            text.push(if self.blank { '\n' } else { ' ' });
            self.characters += 1;
        }
        self.blank = false;
        let start = self.characters;
        text.push_str(word);
        self.characters += word.chars().count();
        let (begins, name) = match label.split_once('-') {
            _ if label == "O" => {
                self.open = None;
                return Ok(());
            }
            Some(("B" | "S", name)) => (true, name),
            Some(("I" | "E", name)) => (self.open.as_deref() != Some(name), name),
            _ => {
                return Err(format!(
                    "'{label}' is no label: expected O, or B- or I- and a name"
                ));
            }
        };
        match line.mentions.last_mut().filter(|_| !begins) {
            Some(mention) => {
                mention.text.push_str(&text[before..]);
                mention.end = self.characters;
            }
            None => line.mentions.push(TaggedMention {
                start,
                end: self.characters,
                text: word.to_owned(),
                label: name.to_owned(),
                score: 1.0,
                link: None,
            }),
        }
        self.open = Some(name.to_owned());
        Ok(())
    }
}
