//! Sorting more keys than memory should hold: sorted runs, put aside, and one merge of them.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// Bytes that a [`Sorter`] gathers before it puts a run aside.
///
/// Two bounds meet here: a million names (96 MB) are sorted without touching the disk, and ten million give so few
/// runs that the merge finds the least of their heads by looking at each.
pub const RUN_BYTES: usize = 256 << 20;

/// Where goes what is put aside.
#[derive(Clone, Debug)]
pub enum Scratch {
    /// Into memory: for small gazetteers.
    Memory,
    /// Into unnamed files in this folder, which are gone with the program however it ends.
    Folder(PathBuf),
}

/// Bytes put aside, written once and then read from the start as often as one likes.
pub enum Spool {
    /// In memory.
    Memory(Vec<u8>),
    /// In an unnamed file.
    File(BufWriter<File>),
}

impl Spool {
    /// An empty one.
    ///
    /// # Errors
    /// Where its file cannot be created.
    pub fn new(scratch: &Scratch) -> io::Result<Self> {
        Ok(match scratch {
            Scratch::Memory => Spool::Memory(Vec::new()),
            Scratch::Folder(folder) => {
                Spool::File(BufWriter::with_capacity(1 << 16, tempfile::tempfile_in(folder)?))
            }
        })
    }

    /// A reader from the start. Only one at a time: readers of a file share its position.
    ///
    /// # Errors
    /// Where the file cannot be written out or read.
    pub fn reader(&mut self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Spool::Memory(bytes) => Box::new(Cursor::new(bytes.as_slice())),
            Spool::File(file) => Box::new(file_reader(file)?),
        })
    }

    fn into_reader(self) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Spool::Memory(bytes) => Box::new(Cursor::new(bytes)),
            Spool::File(mut file) => Box::new(file_reader(&mut file)?),
        })
    }
}

fn file_reader(file: &mut BufWriter<File>) -> io::Result<BufReader<File>> {
    file.flush()?;
    let mut file = file.get_ref().try_clone()?;
    file.seek(SeekFrom::Start(0))?;
    Ok(BufReader::with_capacity(1 << 18, file))
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Spool::Memory(memory) => memory.write(bytes),
            Spool::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Spool::Memory(_) => Ok(()),
            Spool::File(file) => file.flush(),
        }
    }
}

/// Appends a length-prefixed run of bytes to a spool.
///
/// # Errors
/// Where it cannot be written.
pub fn write_sized(bytes: &[u8], into: &mut impl Write) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::Error::other("over 4 GB in one record"))?;
    into.write_all(&length.to_le_bytes())?;
    into.write_all(bytes)
}

/// Reads what [`write_sized`] wrote into `bytes`; `false` at the end.
///
/// # Errors
/// Where it cannot be read.
pub fn read_sized(from: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        read => read?,
    }
    bytes.resize(u32::from_le_bytes(length) as usize, 0);
    from.read_exact(bytes)?;
    Ok(true)
}

/// One pair in the arena. The first bytes of the key decide most comparisons without a look at the arena.
#[derive(Clone, Copy)]
struct Entry {
    /// The key's first eight bytes, big-endian.
    prefix: u64,
    /// Where the key starts, and behind it the value.
    start: u32,
    key: u32,
    value: u32,
}

impl Entry {
    fn key(self, arena: &[u8]) -> &[u8] {
        &arena[self.start as usize..][..self.key as usize]
    }

    fn value(self, arena: &[u8]) -> &[u8] {
        &arena[self.start as usize + self.key as usize..][..self.value as usize]
    }
}

/// Takes pairs of key and value in any order, and gives them back in the order of their keys.
pub struct Sorter {
    scratch: Scratch,
    limit: usize,
    arena: Vec<u8>,
    entries: Vec<Entry>,
    runs: Vec<Spool>,
}

impl Sorter {
    /// An empty one that puts runs of about `limit` bytes aside.
    pub fn new(scratch: Scratch, limit: usize) -> Self {
        Sorter {
            scratch,
            limit,
            arena: Vec::new(),
            entries: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Takes a pair; the key is `parts` one behind the other.
    ///
    /// # Errors
    /// Where a run cannot be written.
    pub fn push(&mut self, parts: [&[u8]; 2], value: &[u8]) -> io::Result<()> {
        let start = self.arena.len();
        self.arena.extend_from_slice(parts[0]);
        self.arena.extend_from_slice(parts[1]);
        let key = self.arena.len() - start;
        self.arena.extend_from_slice(value);
        if u32::try_from(self.arena.len()).is_err() {
            return Err(io::Error::other("a name or id of over 4 GB"));
        }
        let mut prefix = [0; 8];
        let shown = key.min(8);
        prefix[..shown].copy_from_slice(&self.arena[start..start + shown]);
        self.entries.push(Entry {
            prefix: u64::from_be_bytes(prefix),
            start: start as u32,
            key: key as u32,
            value: value.len() as u32,
        });
        if self.arena.len() + self.entries.len() * size_of::<Entry>() >= self.limit {
            self.put_aside()?;
        }
        Ok(())
    }

    fn sort(&mut self) {
        let arena = &self.arena;
        self.entries.sort_unstable_by(|one, other| {
            (one.prefix.cmp(&other.prefix)).then_with(|| one.key(arena).cmp(other.key(arena)))
        });
    }

    fn put_aside(&mut self) -> io::Result<()> {
        self.sort();
        let mut run = Spool::new(&self.scratch)?;
        for entry in &self.entries {
            write_sized(entry.key(&self.arena), &mut run)?;
            write_sized(entry.value(&self.arena), &mut run)?;
        }
        self.arena.clear();
        self.entries.clear();
        self.runs.push(run);
        Ok(())
    }

    /// The pairs by key; those of one key in no particular order.
    ///
    /// # Errors
    /// Where a run cannot be written or read.
    pub fn finish(mut self) -> io::Result<Sorted> {
        let mut heads = Vec::new();
        if self.runs.is_empty() {
            self.sort();
            heads.push(Head::new(Source::Arena {
                arena: self.arena,
                entries: self.entries.into_iter(),
            })?);
        } else {
            self.put_aside()?;
            for run in self.runs {
                heads.push(Head::new(Source::Run(run.into_reader()?))?);
            }
        }
        Ok(Sorted { heads, least: None })
    }
}

enum Source {
    Arena {
        arena: Vec<u8>,
        entries: std::vec::IntoIter<Entry>,
    },
    Run(Box<dyn Read>),
}

struct Head {
    source: Source,
    key: Vec<u8>,
    value: Vec<u8>,
    ended: bool,
}

impl Head {
    fn new(source: Source) -> io::Result<Self> {
        let mut head = Head {
            source,
            key: Vec::new(),
            value: Vec::new(),
            ended: false,
        };
        head.advance()?;
        Ok(head)
    }

    fn advance(&mut self) -> io::Result<()> {
        match &mut self.source {
            Source::Arena { arena, entries } => match entries.next() {
                Some(entry) => {
                    self.key.clear();
                    self.key.extend_from_slice(entry.key(arena));
                    self.value.clear();
                    self.value.extend_from_slice(entry.value(arena));
                }
                None => self.ended = true,
            },
            Source::Run(run) => {
                self.ended = !read_sized(run, &mut self.key)?;
                if !self.ended && !read_sized(run, &mut self.value)? {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
        Ok(())
    }
}

/// Sorted pairs, lent one at a time.
pub struct Sorted {
    heads: Vec<Head>,
    /// The head that was lent last.
    least: Option<usize>,
}

impl Sorted {
    /// The next pair.
    ///
    /// # Errors
    /// Where a run cannot be read.
    pub fn pull(&mut self) -> io::Result<Option<(&[u8], &[u8])>> {
        if let Some(lent) = self.least {
            self.heads[lent].advance()?;
        }
        let live = (0..self.heads.len()).filter(|&at| !self.heads[at].ended);
        self.least = live.min_by(|&one, &other| self.heads[one].key.cmp(&self.heads[other].key));
        Ok(self.least.map(|at| {
            let head = &self.heads[at];
            (head.key.as_slice(), head.value.as_slice())
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pairs_come_sorted_however_many_runs(
            keys in prop::collection::vec("[a-c]{0,12}", 0..60),
            limit in 1usize..2000,
            on_disk in any::<bool>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let scratch = if on_disk { Scratch::Folder(folder.path().to_owned()) } else { Scratch::Memory };
            let mut sorter = Sorter::new(scratch, limit);
            for (at, key) in keys.iter().enumerate() {
                let (one, other) = key.split_at(key.len() / 2);
                sorter.push([one.as_bytes(), other.as_bytes()], &[at as u8]).unwrap();
            }
            let mut sorted = sorter.finish().unwrap();
            let mut given = Vec::new();
            while let Some((key, value)) = sorted.pull().unwrap() {
                given.push((key.to_vec(), value.to_vec()));
            }
            prop_assert!(given.is_sorted_by(|one, other| one.0 <= other.0));
            given.sort();
            let mut expected: Vec<_> = keys.iter().enumerate()
                .map(|(at, key)| (key.as_bytes().to_vec(), vec![at as u8])).collect();
            expected.sort();
            prop_assert_eq!(given, expected);
            drop(sorted);
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
