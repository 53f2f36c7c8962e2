//! Formats whose documents stand one after the other, plain or compressed, as an output that can be gone on with.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::write::GzEncoder;

use crate::compression::Compression;
use crate::document::TaggedDocument;
use crate::output::sink::{Mark, Sink};
use crate::output::{Counted, DocumentFormat};

/// Uncompressed bytes after which a member ends with the document: a run that is gone on with does at most so much again,
/// and gzip loses less than a hundredth by starting anew.
const MEMBER: u64 = 1 << 20;
/// Bytes that gather before a write: documents are small, system calls are not.
const BUFFER: usize = 1 << 16;

/// Writes a [`DocumentFormat`] to a file.
pub struct StreamSink {
    format: Box<dyn DocumentFormat>,
    compression: Option<Compression>,
    into: Option<Encoder>,
    /// Uncompressed bytes of the open member.
    member: u64,
    documents: u64,
    bytes: u64,
}

enum Encoder {
    /// Between members, or without compression.
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl StreamSink {
    /// Begins `partial` anew, or goes on where `mark` says.
    ///
    /// # Errors
    /// Where the file cannot be written, or is shorter than its mark.
    pub fn open(
        partial: &Path,
        format: Box<dyn DocumentFormat>,
        compression: Option<Compression>,
        mark: Option<&Mark>,
    ) -> io::Result<Self> {
        let file = open_at(partial, mark.map(|mark| mark.length))?;
        let mark = mark.cloned().unwrap_or_default();
        Ok(StreamSink {
            format,
            compression,
            into: Some(Encoder::Plain(BufWriter::with_capacity(BUFFER, file))),
            member: 0,
            documents: mark.documents,
            bytes: mark.bytes,
        })
    }

    /// The encoder within a member: a new one where none is open.
    fn open_member(&mut self) -> io::Result<&mut Encoder> {
        let encoder = match (self.into.take(), self.compression) {
            (Some(Encoder::Plain(file)), Some(Compression::Gzip)) => {
                Encoder::Gzip(GzEncoder::new(file, flate2::Compression::default()))
            }
            (Some(Encoder::Plain(file)), Some(Compression::Zstd)) => {
                let mut encoder = zstd::Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Encoder::Zstd(encoder)
            }
            (Some(open), _) => open,
            (None, _) => return Err(broken()),
        };
        Ok(self.into.insert(encoder))
    }

    fn end_member(&mut self) -> io::Result<()> {
        let file = match self.into.take().ok_or_else(broken)? {
            Encoder::Plain(file) => file,
            Encoder::Gzip(encoder) => encoder.finish()?,
            Encoder::Zstd(encoder) => encoder.finish()?,
        };
        self.into = Some(Encoder::Plain(file));
        self.member = 0;
        Ok(())
    }

    /// Flushes and carries to the disk; the length of the file. Between members only.
    fn sync(&mut self) -> io::Result<u64> {
        let Some(Encoder::Plain(file)) = &mut self.into else {
            return Err(broken());
        };
        file.flush()?;
        file.get_ref().sync_data()?;
        file.get_mut().stream_position()
    }
}

/// Opens a file to write it anew, or to go on at `length`, where what stands behind is cut off.
///
/// # Errors
/// Where it cannot be written, or is shorter than `length`.
pub fn open_at(path: &Path, length: Option<u64>) -> io::Result<File> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(length.is_none())
        .truncate(length.is_none())
        .open(path)?;
    if let Some(length) = length {
        let found = file.metadata()?.len();
        if found < length {
            return Err(io::Error::other(format!(
                "{found} bytes long, and {length} were written: somebody cut it since; --restart starts over"
            )));
        }
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
    }
    Ok(file)
}

/// After an error in the middle of a member there is nothing to write to.
fn broken() -> io::Error {
    io::Error::other("an earlier write to it failed")
}

impl Sink for StreamSink {
    fn write(&mut self, tagged: &TaggedDocument) -> io::Result<bool> {
        self.open_member()?;
        let encoder = self.into.as_mut().ok_or_else(broken)?;
        let mut into = Counted::new(encoder);
        self.format.write(tagged, &mut into)?;
        let (_, bytes) = into.into_parts();
        self.bytes += bytes;
        self.member += bytes;
        self.documents += 1;
        if self.compression.is_none() {
            return Ok(true);
        }
        let full = self.member >= MEMBER;
        if full {
            self.end_member()?;
        }
        Ok(full)
    }

    fn mark(&mut self) -> io::Result<Mark> {
        Ok(Mark {
            documents: self.documents,
            bytes: self.bytes,
            length: self.sync()?,
            beside: 0,
        })
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if self.documents == 0 {
            // An empty compressed file has one member of nothing.
            self.open_member()?;
        }
        self.end_member()?;
        self.sync().map(|_| ())
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Write for Encoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Encoder::Plain(into) => into.write(bytes),
            Encoder::Gzip(into) => into.write(bytes),
            Encoder::Zstd(into) => into.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // A flush in the middle would change what the encoder writes.
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;

    use super::*;
    use crate::document::Document;
    use crate::output::OffsetUnit;
    use crate::output::jsonl::JsonLines;

    fn document(number: usize) -> TaggedDocument {
        TaggedDocument {
            document: Document {
                id: format!("d{number}"),
                text: format!("Text {number} ").repeat(3000),
                ..Document::default()
            },
            mentions: Vec::new(),
            considerations: Vec::new(),
        }
    }

    fn open(path: &Path, mark: Option<&Mark>) -> Box<StreamSink> {
        let format = JsonLines {
            offsets: OffsetUnit::Char,
            text: true,
        };
        Box::new(StreamSink::open(path, Box::new(format), Compression::of(path), mark).unwrap())
    }

    #[test]
    fn what_is_gone_on_with_is_the_same_to_the_byte() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"] {
            let whole = folder.path().join(name);
            let mut sink = open(&whole, None);
            let boundaries: Vec<usize> = (0..120).filter(|&n| sink.write(&document(n)).unwrap()).collect();
            sink.finish().unwrap();
            assert!(boundaries.len() >= 2, "{name}: {boundaries:?}");
            let whole = fs::read(whole).unwrap();

            let partial = folder.path().join(format!("partial-{name}"));
            let mut sink = open(&partial, None);
            let mut mark = sink.mark().unwrap();
            let mut number = 0;
            for stop in [50, 51, 90, 119] {
                let start = number;
                for n in start..=stop {
                    if sink.write(&document(n)).unwrap() {
                        mark = sink.mark().unwrap();
                        number = n + 1;
                    }
                }
                // Killed here: what is in no mark is written again.
                drop(sink);
                sink = open(&partial, Some(&mark));
                assert_eq!(mark.documents, number as u64);
            }
            for n in number..120 {
                sink.write(&document(n)).unwrap();
            }
            sink.finish().unwrap();
            assert!(fs::read(&partial).unwrap() == whole, "{name}");
            if name.ends_with("gz") {
                let mut text = String::new();
                flate2::read::MultiGzDecoder::new(&whole[..])
                    .read_to_string(&mut text)
                    .unwrap();
                assert_eq!(text.lines().count(), 120);
            }
        }
    }

    #[test]
    fn a_file_cut_short_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let mut sink = open(&path, None);
        sink.write(&document(1)).unwrap();
        let mark = sink.mark().unwrap();
        drop(sink);
        fs::write(&path, "x").unwrap();
        let error = open_at(&path, Some(mark.length)).unwrap_err();
        assert!(error.to_string().contains("1 bytes long"), "{error}");
    }

    #[test]
    fn nothing_is_a_whole_compressed_file_too() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.jsonl.gz", "a.jsonl.zst"] {
            let path = folder.path().join(name);
            open(&path, None).finish().unwrap();
            let bytes = fs::read(&path).unwrap();
            let empty = match Compression::of(&path) {
                Some(Compression::Gzip) => {
                    let mut text = String::new();
                    flate2::read::GzDecoder::new(&bytes[..])
                        .read_to_string(&mut text)
                        .unwrap()
                }
                _ => zstd::decode_all(&bytes[..]).unwrap().len(),
            };
            assert_eq!(empty, 0);
        }
    }
}
