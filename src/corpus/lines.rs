//! Lines of a stream, with their place, and documents of a line each.

use super::options::ReadOptions;
use super::rejection::Place;
use super::source::{self, Line, Source};
use super::{Rejection, not_utf8};
use crate::document::Document;

/// Lines that are not blank, one at a time.
pub(super) struct Lines {
    source: Source,
    limit: u64,
    /// Of the line in the buffer, from 1.
    number: u64,
    /// Where it begins.
    offset: u64,
    buffer: Vec<u8>,
    ended: bool,
}

impl Lines {
    /// `limit` bytes are the most that a line may have.
    pub(super) fn new(source: Source, limit: u64) -> Self {
        Lines {
            source,
            limit,
            number: 0,
            offset: 0,
            buffer: Vec::new(),
            ended: false,
        }
    }

    /// Goes to the next line. After a rejection the lines go on, where the stream does.
    pub(super) fn advance(&mut self) -> Option<Result<(), Rejection>> {
        while !self.ended {
            self.buffer.clear();
            self.number += 1;
            self.offset = self.source.offset();
            match self.source.line(&mut self.buffer, self.limit) {
                Ok(Line::Read) if self.buffer.trim_ascii().is_empty() => {}
                Ok(Line::Read) => return Some(Ok(())),
                Ok(Line::TooLong(bytes)) => {
                    let reason = format!("a line of {bytes} bytes: expected at most {}", self.limit);
                    return Some(Err(self.refused(reason)));
                }
                Ok(Line::End) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    source::release(&mut self.buffer);
                    return Some(Err(self.source.broken(&error, Some(self.number))));
                }
            }
        }
        None
    }

    /// The line.
    pub(super) fn text(&self) -> Result<&str, Rejection> {
        std::str::from_utf8(&self.buffer).map_err(|error| self.no_text(&self.buffer, error.valid_up_to()))
    }

    /// The line, which is then the caller's: one that is large is not copied.
    fn take_text(&mut self) -> Result<String, Rejection> {
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        if self.buffer.len() < 1 << 16 {
            return self.text().map(str::to_owned);
        }
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.shrink_to_fit();
        String::from_utf8(bytes)
            .map_err(|error| self.no_text(error.as_bytes(), error.utf8_error().valid_up_to()))
    }

    fn no_text(&self, bytes: &[u8], at: usize) -> Rejection {
        Rejection {
            offset: Some(self.offset + at as u64),
            ..self.refused(not_utf8(bytes, at, self.offset))
        }
    }

    /// The line, refused for this reason.
    pub(super) fn refused(&self, reason: String) -> Rejection {
        self.place().reject(reason)
    }

    /// Where the line stands.
    pub(super) fn place(&self) -> Place {
        Place {
            source: self.source.place().to_owned(),
            line: Some(self.number),
            offset: Some(self.offset),
        }
    }

    /// The line's number, from 1; blank lines count.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Gives back what a large line needed.
    pub(super) fn release(&mut self) {
        source::release(&mut self.buffer);
    }
}

/// Documents of a line each.
pub(super) struct TextLines(Lines);

impl TextLines {
    pub(super) fn new(source: Source, options: &ReadOptions) -> Self {
        let limits = &options.limits;
        TextLines(Lines::new(source, limits.line.min(limits.document)))
    }
}

impl Iterator for TextLines {
    type Item = Result<Document, Rejection>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(rejection) = self.0.advance()? {
            return Some(Err(rejection));
        }
        let text = self.0.take_text();
        self.0.release();
        Some(text.map(|text| Document {
            id: self.0.place().to_string(),
            text,
            ..Document::default()
        }))
    }
}
