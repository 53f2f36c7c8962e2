//! Bytes of one input: opened, decompressed, counted, and bounded.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::options::Limits;
use super::rejection::Place;
use super::{Pace, Rejection};
use crate::compression::Compression;

/// Bytes that are decompressed, or read, at once.
const BLOCK: usize = 1 << 17;
/// A buffer with more room than this is given back after the document that needed it.
const SPARE: usize = 1 << 20;

/// Counts bytes as they are stored, for this input and for the run.
#[derive(Clone, Default)]
pub(super) struct Meter {
    pace: Arc<Pace>,
    read: Arc<AtomicU64>,
}

impl Meter {
    pub(super) fn new(pace: Arc<Pace>) -> Self {
        let read = Arc::default();
        Meter { pace, read }
    }

    pub(super) fn count(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
        self.pace.count_read(bytes);
    }

    /// Counts what nobody will read any more of a file of `size` bytes, so that progress comes to its end.
    pub(super) fn finish(&self, size: u64) {
        self.count(size.saturating_sub(self.read()));
    }

    pub(super) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }
}

/// A reader whose bytes are counted.
struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.meter.count(read as u64);
        Ok(read)
    }
}

/// The decompressed bytes of one input, without a byte order mark at their start.
pub(super) struct Source {
    inner: Box<dyn Read + Send>,
    buffer: Box<[u8]>,
    /// What of `buffer` is read and not yet consumed.
    from: usize,
    to: usize,
    /// Decompressed bytes consumed, a byte order mark included.
    offset: u64,
    /// Decompressed bytes that came out so far.
    out: u64,
    /// Bytes that the file's size promises, where it is not compressed.
    size: Option<u64>,
    compression: Option<Compression>,
    bomb: bool,
    ratio: u64,
    meter: Meter,
    place: String,
}

impl Source {
    /// Opens a file, or standard input where there is no path. Where nothing says how it is compressed, its first bytes do.
    ///
    /// # Errors
    /// Where it does not open or its first bytes do not read.
    pub(super) fn open(
        path: Option<&Path>,
        compression: Option<Compression>,
        limits: &Limits,
        meter: &Meter,
        place: String,
    ) -> Result<Self, Rejection> {
        let mut size = None;
        let mut opened = || -> io::Result<Box<dyn Read + Send>> {
            let Some(path) = path else {
                return Ok(Box::new(io::stdin()));
            };
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            size = metadata.is_file().then_some(metadata.len());
            Ok(Box::new(file))
        };
        let raw = opened().map_err(|error| whole(&place, &unreadable(&error)))?;
        Self::new(raw, size, compression, limits, meter, place)
    }

    pub(super) fn new(
        raw: Box<dyn Read + Send>,
        size: Option<u64>,
        compression: Option<Compression>,
        limits: &Limits,
        meter: &Meter,
        place: String,
    ) -> Result<Self, Rejection> {
        let mut raw = Metered {
            inner: raw,
            meter: meter.clone(),
        };
        let io = |error: io::Error| whole(&place, &unreadable(&error));
        let (head, compression) = match compression {
            Some(_) => (Vec::new(), compression),
            None => {
                let mut head = Vec::with_capacity(4);
                raw.by_ref().take(4).read_to_end(&mut head).map_err(io)?;
                let compression = Compression::of_bytes(&head);
                (head, compression)
            }
        };
        let raw = io::Cursor::new(head).chain(raw);
        let inner: Box<dyn Read + Send> = match compression {
            Some(Compression::Gzip) => Box::new(MultiGzDecoder::new(BufReader::with_capacity(BLOCK, raw))),
            Some(Compression::Zstd) => Box::new(zstd::stream::read::Decoder::new(raw).map_err(io)?),
            None => Box::new(raw),
        };
        let mut source = Source {
            inner,
            buffer: vec![0; BLOCK].into_boxed_slice(),
            from: 0,
            to: 0,
            offset: 0,
            out: 0,
            size: size.filter(|_| compression.is_none()),
            compression,
            bomb: false,
            ratio: limits.ratio,
            meter: meter.clone(),
            place,
        };
        match source.skip_byte_order_mark() {
            Ok(()) => Ok(source),
            Err(error) => Err(source.broken(&error, None)),
        }
    }

    fn skip_byte_order_mark(&mut self) -> io::Result<()> {
        if self.peek(3)?.starts_with(b"\xEF\xBB\xBF") {
            self.consume(3);
        }
        Ok(())
    }

    /// Reads on behind what is there; whether anything came.
    fn more(&mut self) -> io::Result<bool> {
        let read = loop {
            match self.inner.read(&mut self.buffer[self.to..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.to += read;
        self.out += read as u64;
        if self.compression.is_some()
            && self.out > Limits::FREE
            && self.out / self.ratio.max(1) > self.meter.read()
        {
            self.bomb = true;
            return Err(io::Error::other("decompresses without end"));
        }
        Ok(read > 0)
    }

    /// What comes next, of which `least` bytes are read where there are so many; it is left in the source. Before anything
    /// is taken from it.
    pub(super) fn peek(&mut self, least: usize) -> io::Result<&[u8]> {
        while self.to - self.from < least && self.more()? {}
        Ok(&self.buffer[self.from..self.to])
    }

    /// The decompressed byte that comes next, from 0.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The file's size, where it is neither compressed nor a stream.
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// What an error while reading means: the input ends here.
    pub(super) fn broken(&self, error: &io::Error, line: Option<u64>) -> Rejection {
        // An error that the system did not number is the decoder's.
        let decoder = self.compression.filter(|_| error.raw_os_error().is_none());
        let reason = match decoder.map(Compression::as_str) {
            _ if self.bomb => format!(
                "decompresses to more than {} times its size, {} bytes so far: expected at most that",
                self.ratio, self.out
            ),
            None => unreadable(error),
            Some(name) if error.kind() == io::ErrorKind::UnexpectedEof => format!(
                "the {name} stream ends too early, after {} decompressed bytes: expected the rest of it",
                self.out
            ),
            Some(name) => format!(
                "the {name} stream is damaged after {} decompressed bytes ({error}): expected a whole one",
                self.out
            ),
        };
        Rejection {
            source: self.place.clone(),
            line,
            offset: Some(self.out),
            reason,
        }
    }

    /// Appends bytes to `into` until it holds `limit`, or the input ends. Waits until no other document is on its way
    /// where there is much to come.
    ///
    /// # Errors
    /// The system's, and the decoder's.
    pub(super) fn append(&mut self, into: &mut Vec<u8>, limit: u64) -> io::Result<()> {
        loop {
            let room = usize::try_from(limit - into.len() as u64).unwrap_or(usize::MAX);
            let taken = self.fill_buf()?.len().min(room);
            if taken == 0 {
                return Ok(());
            }
            if into.len() <= Pace::LARGE && into.len() + taken > Pace::LARGE {
                self.meter.pace().wait_until_idle();
            }
            reserve(into, taken);
            into.extend_from_slice(&self.buffer[self.from..self.from + taken]);
            self.consume(taken);
        }
    }

    /// Reads a line into `into`, which is empty, without its line end.
    ///
    /// A line of more than `limit` bytes is read to its end all the same, but not kept.
    ///
    /// # Errors
    /// The system's, and the decoder's.
    pub(super) fn line(&mut self, into: &mut Vec<u8>, limit: u64) -> io::Result<Line> {
        let start = self.offset;
        loop {
            let before = into.len();
            // One more than the limit tells a line that exceeds it from one that does not; one more is the line end.
            let room = (limit.saturating_add(2)).saturating_sub(before as u64);
            let step = match before <= Pace::LARGE {
                true => (Pace::LARGE + 1 - before) as u64,
                false => {
                    reserve(into, BLOCK);
                    (into.capacity() - before) as u64
                }
            };
            self.by_ref().take(step.min(room)).read_until(b'\n', into)?;
            let ended = into.last() == Some(&b'\n');
            if ended {
                into.pop();
            }
            if into.len() as u64 > limit {
                into.clear();
                release(into);
                if !ended {
                    self.skip_until(b'\n')?;
                }
                return Ok(Line::TooLong(self.offset - start));
            }
            if ended {
                return Ok(Line::Read);
            }
            if into.len() == before {
                return Ok(if before == 0 { Line::End } else { Line::Read });
            }
            if before <= Pace::LARGE && into.len() > Pace::LARGE {
                self.meter.pace().wait_until_idle();
            }
        }
    }

    pub(super) fn pace(&self) -> &Pace {
        self.meter.pace()
    }
}

/// What [`Source::line`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, now in the buffer.
    Read,
    /// A line of so many bytes, line end included, which exceed the limit; it is passed over.
    TooLong(u64),
    /// Nothing more.
    End,
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let read = available.len().min(into.len());
        into[..read].copy_from_slice(&available[..read]);
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
            self.more()?;
        }
        Ok(&self.buffer[self.from..self.to])
    }

    fn consume(&mut self, bytes: usize) {
        self.from += bytes;
        self.offset += bytes as u64;
    }
}

/// Makes room for `more` bytes. A large buffer grows by a quarter: doubled, half of it would lie idle.
pub(super) fn reserve(buffer: &mut Vec<u8>, more: usize) {
    if buffer.capacity() - buffer.len() < more {
        match buffer.len() > Pace::LARGE {
            true => buffer.reserve_exact(more.max(buffer.len() / 4)),
            false => buffer.reserve(more),
        }
    }
}

/// Empties a buffer, and gives it back where it is large.
pub(super) fn release(buffer: &mut Vec<u8>) {
    buffer.clear();
    if buffer.capacity() > SPARE {
        *buffer = Vec::new();
    }
}

/// A whole input that is refused.
pub(super) fn whole(place: &str, reason: &str) -> Rejection {
    Place::whole(place).reject(reason)
}

/// Why a file cannot be read.
pub(super) fn unreadable(error: &io::Error) -> String {
    format!("{error}: expected a readable file")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn source(bytes: Vec<u8>) -> Source {
        let meter = Meter::new(Arc::default());
        let raw = Box::new(Cursor::new(bytes));
        Source::new(raw, None, None, &Limits::default(), &meter, "f".to_owned()).unwrap()
    }

    #[test]
    fn a_line_that_is_too_long_is_not_held() {
        let mut bytes = vec![b'x'; 3 * Pace::LARGE];
        bytes.extend_from_slice(b"\nabc\nabcd\nabcde\n\nend");
        let (mut source, mut line) = (source(bytes), Vec::new());
        let long = 3 * Pace::LARGE as u64 + 1;
        assert_eq!(source.line(&mut line, 4).unwrap(), Line::TooLong(long));
        assert!(line.capacity() <= SPARE);
        let mut read = Vec::new();
        loop {
            line.clear();
            match source.line(&mut line, 4).unwrap() {
                Line::Read => read.push(String::from_utf8(line.clone()).unwrap()),
                Line::TooLong(bytes) => read.push(bytes.to_string()),
                Line::End => break,
            }
        }
        assert_eq!(read, ["abc", "abcd", "6", "", "end"]);
        assert_eq!(source.offset(), long + 19);
    }

    #[test]
    fn a_large_line_is_whole_and_its_buffer_is_given_back() {
        let bytes: Vec<u8> = (0..3 * Pace::LARGE).map(|at| b'a' + (at % 23) as u8).collect();
        let (mut source, mut line) = (source(bytes.clone()), Vec::new());
        assert_eq!(source.line(&mut line, u64::MAX).unwrap(), Line::Read);
        assert_eq!(line, bytes);
        assert!(line.capacity() < bytes.len() + bytes.len() / 3);
        release(&mut line);
        assert_eq!(line.capacity(), 0);
    }

    #[test]
    fn a_byte_order_mark_counts_but_is_not_read() {
        let mut source = source(b"\xEF\xBB\xBFa".to_vec());
        let mut bytes = Vec::new();
        assert_eq!(source.offset(), 3);
        source.append(&mut bytes, 10).unwrap();
        assert_eq!((bytes.as_slice(), source.offset()), (b"a".as_slice(), 4));
    }
}
