//! CSV and TSV: one document a record, below a line with the columns' names.
//!
//! The records are found by the state machine of the crate `csv`, without its buffers, so that a record that is too
//! long is passed over without being held, and that the place of every byte is known.

use std::borrow::Cow;
use std::io::{self, BufRead};

use super::columns::{Columns, Role};
use super::jsonl::keep;
use super::options::{Limits, ReadOptions};
use super::rejection::Place;
use super::source::{self, Source};
use super::{Pace, Rejection, date_of, not_utf8_byte, too_long};
use crate::document::Document;

/// More columns than this are no table.
const MOST_COLUMNS: usize = 1 << 16;
/// Fields of a record with more bytes than this are moved rather than copied.
const LARGE_RECORD: usize = 1 << 20;

/// Documents of one table.
pub(super) struct Table {
    records: Records,
    options: ReadOptions,
    columns: Option<Columns>,
}

impl Table {
    pub(super) fn new(source: Source, delimiter: u8, options: &ReadOptions) -> Self {
        Table {
            records: Records::new(source, delimiter, options.limits.line),
            options: options.clone(),
            columns: None,
        }
    }

    fn read_header(&mut self) -> Option<Result<Columns, Rejection>> {
        if let Err(rejection) = self.records.advance(MOST_COLUMNS)? {
            return Some(Err(rejection));
        }
        let names = (0..self.records.fields)
            .map(|at| self.records.field(at).to_owned())
            .collect();
        let columns = Columns::new(names, &self.options.fields);
        Some(columns.map_err(|reason| self.records.refused(reason)))
    }
}

impl Iterator for Table {
    type Item = Result<Document, Rejection>;

    fn next(&mut self) -> Option<Self::Item> {
        let columns = match &self.columns {
            Some(columns) => columns,
            None => match self.read_header()? {
                Ok(columns) => self.columns.insert(columns),
                Err(rejection) => {
                    // Without names no record says anything.
                    self.records.ended = true;
                    return Some(Err(rejection));
                }
            },
        };
        if let Err(rejection) = self.records.advance(columns.names().len())? {
            return Some(Err(rejection));
        }
        let document = document_of(&mut self.records, columns, &self.options.limits);
        self.records.release();
        Some(document.map_err(|reason| self.records.refused(reason)))
    }
}

fn document_of(records: &mut Records, columns: &Columns, limits: &Limits) -> Result<Document, String> {
    if records.fields != columns.names().len() {
        return Err(format!(
            "{} fields: expected {}, as many as the first line names",
            records.fields,
            columns.names().len()
        ));
    }
    let mut document = Document::default();
    for (at, name) in columns.names().iter().enumerate() {
        let value = records.field(at);
        let filled = || (!value.is_empty()).then(|| value.to_owned());
        for role in columns.roles(at) {
            match role {
                Role::Text if value.len() as u64 > limits.document => {
                    return Err(too_long(value.len() as u64, limits.document));
                }
                Role::Text => {}
                Role::Id => document.id = value.to_owned(),
                Role::Date => document.date = date_of(name, value)?,
                Role::Title => document.title = filled(),
                Role::Source => document.source = filled(),
            }
        }
        if columns.is_extra(at) {
            let json = serde_json::to_string(value).map_err(|error| error.to_string())?;
            keep(&mut document.extra, Cow::Borrowed(name), json.into());
        }
    }
    if document.id.is_empty() {
        document.id = records.place().to_string();
    }
    document.text = records.take(columns.text());
    Ok(document)
}

/// The records of a source, one at a time.
struct Records {
    source: Source,
    parser: csv_core::Reader,
    limit: u64,
    /// The line that comes next, from 1.
    next_line: u64,
    /// Where the record begins.
    line: u64,
    offset: u64,
    /// The record's fields, one behind the other.
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// How many it has, those included that are not kept.
    fields: usize,
    ended: bool,
}

impl Records {
    fn new(source: Source, delimiter: u8, limit: u64) -> Self {
        Records {
            source,
            parser: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            limit,
            next_line: 1,
            line: 1,
            offset: 0,
            bytes: Vec::new(),
            ends: Vec::new(),
            fields: 0,
            ended: false,
        }
    }

    /// Goes to the next record. One with more than `most` fields is read, and its fields are counted, but not kept.
    fn advance(&mut self, most: usize) -> Option<Result<(), Rejection>> {
        if self.ended {
            return None;
        }
        match self.read(most) {
            Ok(Ok(true)) => Some(Ok(())),
            Ok(Ok(false)) => {
                self.ended = true;
                None
            }
            Ok(Err(rejection)) => Some(Err(rejection)),
            Err(error) => {
                self.ended = true;
                source::release(&mut self.bytes);
                Some(Err(self.source.broken(&error, Some(self.line))))
            }
        }
    }

    /// Whether there was a record.
    fn read(&mut self, most: usize) -> io::Result<Result<bool, Rejection>> {
        self.skip_line_ends()?;
        (self.line, self.offset) = (self.next_line, self.source.offset());
        self.fields = 0;
        // One more than there may be tells a record that has too many.
        self.ends.resize(most.saturating_add(1), 0);
        let (mut written, mut ends, mut read) = (0, 0, 0);
        let mut keeps = true;
        let mut utf8 = Utf8Check::default();
        loop {
            let offset = self.source.offset();
            let available = self.source.fill_buf()?.len();
            let at_end = available == 0;
            if at_end && read == 0 {
                return Ok(Ok(false));
            }
            // What comes out is never longer than what goes in.
            let length = available.max(1);
            if self.bytes.len() < written + length {
                let more = written + length - self.bytes.len();
                if written <= Pace::LARGE && written + length > Pace::LARGE {
                    self.source.pace().wait_until_idle();
                }
                source::reserve(&mut self.bytes, more);
                self.bytes.resize(written + length, 0);
            }
            let input = match at_end {
                // A line end in the place of the missing one: it ends the record, unless a quote is open.
                true => b"\n",
                false => self.source.fill_buf()?,
            };
            let (result, used, out, ended) =
                self.parser
                    .read_record(input, &mut self.bytes[written..], &mut self.ends[ends..]);
            if !at_end {
                let used_bytes = &input[..used];
                utf8.check(used_bytes, offset);
                self.next_line += used_bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
                self.source.consume(used);
            }
            read += used as u64;
            written += out;
            ends += ended;
            use csv_core::ReadRecordResult::{End, InputEmpty, OutputEndsFull, OutputFull, Record};
            match result {
                Record | End => break,
                InputEmpty if at_end => {
                    self.ended = true;
                    let reason = "a quote that never closes: expected its end".to_owned();
                    return Ok(Err(self.refused(reason)));
                }
                InputEmpty | OutputFull | OutputEndsFull => {}
            }
            if read > self.limit || ends > most {
                keeps = false;
            }
            if !keeps {
                self.fields += std::mem::take(&mut ends);
                written = 0;
            }
        }
        self.fields += ends;
        if read > self.limit {
            source::release(&mut self.bytes);
            let reason = format!("a record of {read} bytes: expected at most {}", self.limit);
            return Ok(Err(self.refused(reason)));
        }
        if let Some((at, byte)) = utf8.wrong() {
            return Ok(Err(Rejection {
                offset: Some(at),
                ..self.refused(not_utf8_byte(byte, at))
            }));
        }
        if self.fields > most {
            let expected = match self.ends.len() > MOST_COLUMNS {
                true => format!("at most {MOST_COLUMNS}"),
                false => format!("{most}, as many as the first line names"),
            };
            let reason = format!("{} fields: expected {expected}", self.fields);
            return Ok(Err(self.refused(reason)));
        }
        Ok(Ok(true))
    }

    /// Passes over empty lines, so that a record's place is where its first field begins.
    fn skip_line_ends(&mut self) -> io::Result<()> {
        loop {
            let input = self.source.fill_buf()?;
            let blank = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
            let (mut skipped, mut lines) = (0, 0);
            for byte in blank {
                skipped += 1;
                lines += u64::from(*byte == b'\n');
            }
            self.source.consume(skipped);
            self.next_line += lines;
            if skipped == 0 {
                return Ok(());
            }
        }
    }

    fn range(&self, field: usize) -> std::ops::Range<usize> {
        let start = field.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[field]
    }

    /// A field of the record; the record's bytes were checked.
    fn field(&self, at: usize) -> &str {
        std::str::from_utf8(&self.bytes[self.range(at)]).unwrap_or_default()
    }

    /// A field as the caller's own, after which the record is gone: a large one is not copied.
    fn take(&mut self, field: usize) -> String {
        let range = self.range(field);
        if range.len() < LARGE_RECORD {
            return self.field(field).to_owned();
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.truncate(range.end);
        bytes.drain(..range.start);
        bytes.shrink_to_fit();
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn release(&mut self) {
        if self.bytes.capacity() > LARGE_RECORD {
            source::release(&mut self.bytes);
        }
    }

    fn refused(&self, reason: String) -> Rejection {
        self.place().reject(reason)
    }

    /// Where the record begins.
    fn place(&self) -> Place {
        Place {
            source: self.source.place().to_owned(),
            line: Some(self.line),
            offset: Some(self.offset),
        }
    }
}

/// Finds the first byte that is no UTF-8 in bytes that come in pieces.
#[derive(Default)]
struct Utf8Check {
    /// The beginning of a character whose end is still to come, and where it stands.
    begun: Vec<u8>,
    begun_at: u64,
    wrong: Option<(u64, u8)>,
}

impl Utf8Check {
    /// `bytes` follow those before, and stand at `at`.
    fn check(&mut self, mut bytes: &[u8], mut at: u64) {
        while let (false, [first, rest @ ..]) = (self.begun.is_empty(), bytes) {
            self.begun.push(*first);
            match std::str::from_utf8(&self.begun) {
                Ok(_) => self.begun.clear(),
                Err(error) if error.error_len().is_some() => {
                    self.wrong = self.wrong.or(Some((self.begun_at, self.begun[0])));
                    return;
                }
                Err(_) => {}
            }
            (bytes, at) = (rest, at + 1);
        }
        if self.wrong.is_none()
            && let Err(error) = std::str::from_utf8(bytes)
        {
            let wrong = error.valid_up_to();
            if error.error_len().is_some() {
                self.wrong = Some((at + wrong as u64, bytes[wrong]));
            } else {
                self.begun.extend_from_slice(&bytes[wrong..]);
                self.begun_at = at + wrong as u64;
            }
        }
    }

    /// The first wrong byte and where it stands, once all bytes were checked.
    fn wrong(&self) -> Option<(u64, u8)> {
        let cut = || self.begun.first().map(|&byte| (self.begun_at, byte));
        self.wrong.or_else(cut)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::source::Meter;
    use super::*;

    /// Hands out its bytes a few at a time.
    struct Pieces(Vec<u8>, usize, usize);

    impl io::Read for Pieces {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let read = self.2.min(self.0.len() - self.1).min(into.len());
            into[..read].copy_from_slice(&self.0[self.1..self.1 + read]);
            self.1 += read;
            Ok(read)
        }
    }

    fn records(bytes: &[u8], piece: usize) -> Vec<Result<Vec<String>, Rejection>> {
        let meter = Meter::new(Arc::default());
        let pieces = Box::new(Pieces(bytes.to_vec(), 0, piece));
        let limits = Limits::default();
        let source = Source::new(pieces, None, None, &limits, &meter, "f".to_owned()).unwrap();
        let mut records = Records::new(source, b',', limits.line);
        let mut all = Vec::new();
        while let Some(record) = records.advance(20) {
            all.push(record.map(|()| {
                let fields = (0..records.fields).map(|at| records.field(at).to_owned());
                fields.collect()
            }));
        }
        all
    }

    proptest! {
        #[test]
        fn records_are_those_of_the_csv_crate(text in "[ab,\"\r\né]{0,40}", piece in 1usize..9) {
            let read = records(text.as_bytes(), piece);
            let mut reader = csv::ReaderBuilder::new()
                .flexible(true)
                .has_headers(false)
                .from_reader(text.as_bytes());
            let lines = |at: usize| text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count();
            let expected: Vec<Vec<String>> =
                reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
            prop_assert_eq!(read.len(), expected.len());
            for (at, (read, record)) in read.iter().zip(&expected).enumerate() {
                match read {
                    Ok(fields) => prop_assert_eq!(fields, record),
                    Err(rejection) => {
                        // The crate takes an open quote for closed where the file ends.
                        prop_assert!(
                            at + 1 == expected.len() && rejection.reason.contains("never closes"),
                            "{}", rejection
                        );
                        let offset = rejection.offset.unwrap() as usize;
                        prop_assert_eq!(rejection.line.unwrap() as usize, lines(offset) + 1);
                    }
                }
            }
        }

        #[test]
        fn the_first_wrong_byte_is_found_across_pieces(
            bytes in proptest::collection::vec(prop_oneof![Just(0xC3u8), Just(0xA9), Just(0xE2), Just(0x82), Just(0xAC),
                Just(0xF0), Just(0x9F), any::<u8>()], 0..12),
            piece in 1usize..5,
        ) {
            let mut check = Utf8Check::default();
            for (at, piece_of) in bytes.chunks(piece).enumerate() {
                check.check(piece_of, (at * piece) as u64);
            }
            let expected = std::str::from_utf8(&bytes).err().map(|error| {
                let at = error.valid_up_to();
                (at as u64, bytes[at])
            });
            prop_assert_eq!(check.wrong(), expected);
        }
    }

    #[test]
    fn an_open_quote_is_told_where_it_begins() {
        let read = records(b"a,b\n\nc,\"d\ne", 3);
        assert_eq!(read[0], Ok(vec!["a".to_owned(), "b".to_owned()]));
        let rejection = read[1].as_ref().unwrap_err();
        assert_eq!((rejection.line, rejection.offset), (Some(3), Some(5)));
        assert_eq!(read.len(), 2);
    }
}
