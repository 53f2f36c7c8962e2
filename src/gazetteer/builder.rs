//! Records to an index, one at a time, in memory that does not grow with them. [`super::layout`] is what comes out.
//!
//! 1. Each record is put aside with those of its kind, since countries stand first and all names of bodies are read with
//!    the countries known.
//! 2. They are read back in order, which gives them their ordinals; their names and ids go to two [`Sorter`]s.
//! 3. The sorted names become an `fst` and lists of postings, the ids another `fst`. What the other tables of names hold is
//!    sorted on the way.

use std::io::{self, Seek, Write};

use super::body::CountryWords;
use super::compile::add_names;
use super::entity::{Entity, Provenance};
use super::layout::Writer;
use super::posting::{Posting, read_posting, write_posting, write_varint};
use super::record::Record;
use super::slots;
use super::sort::{RUN_BYTES, Scratch, Sorter, Spool, read_sized, write_sized};
use crate::document::Kind;

/// Why records cannot become an index.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Two records claim one id.
    #[error("the id '{id}' stands on two records ('{first}' and '{second}'): ids must be unique")]
    DuplicateId {
        /// The id.
        id: String,
        /// The first record's name.
        first: String,
        /// The second record's name.
        second: String,
    },
    /// A name without letter or digit.
    #[error("the record '{id}' has the name '{name}', which holds neither letter nor digit")]
    EmptyName {
        /// The record's id.
        id: String,
        /// The name.
        name: String,
    },
    /// What was to be put aside or written could not be.
    #[error("the index could not be written: {0}")]
    Write(#[from] io::Error),
    /// The index library refused.
    #[error("the index could not be built: {0}")]
    Build(String),
}

impl From<fst::Error> for CompileError {
    fn from(error: fst::Error) -> Self {
        match error {
            fst::Error::Io(error) => CompileError::Write(error),
            error => CompileError::Build(error.to_string()),
        }
    }
}

impl From<postcard::Error> for CompileError {
    fn from(error: postcard::Error) -> Self {
        CompileError::Build(error.to_string())
    }
}

/// Takes records and writes an index of them.
pub struct Builder {
    scratch: Scratch,
    run_bytes: usize,
    outside: Vec<Entity>,
    countries: Vec<Entity>,
    /// Encoded entities, their provenance behind them, by kind, each in its order of arrival.
    of_kind: [Spool; Kind::ALL.len()],
    counts: [u32; Kind::ALL.len()],
}

impl Builder {
    /// A builder that puts aside into `scratch`. `outside` are countries known from elsewhere, so that records find them
    /// in the names of their bodies.
    ///
    /// # Errors
    /// Where nothing can be put aside.
    pub fn new(scratch: Scratch, outside: &[Entity]) -> Result<Self, CompileError> {
        let spool = || Spool::new(&scratch);
        Ok(Builder {
            of_kind: [spool()?, spool()?, spool()?],
            run_bytes: RUN_BYTES,
            outside: outside.to_vec(),
            countries: Vec::new(),
            counts: [0; Kind::ALL.len()],
            scratch,
        })
    }

    /// Takes a record.
    ///
    /// # Errors
    /// Where it cannot be put aside, and beyond four billion.
    pub fn add(&mut self, record: &Record) -> Result<(), CompileError> {
        let total: u64 = self.counts.iter().map(|&count| u64::from(count)).sum();
        if total == u64::from(u32::MAX) {
            return Err(CompileError::Build("over 4 billion records".to_owned()));
        }
        let entity = Entity::from(record);
        let kind = entity.kind as usize;
        let blob = postcard::to_stdvec(&(&entity, Provenance::from(record)))?;
        write_sized(&blob, &mut self.of_kind[kind])?;
        self.counts[kind] += 1;
        if entity.kind == Kind::Country {
            self.countries.push(entity);
        }
        Ok(())
    }

    /// Writes the index into `into`, which is empty.
    ///
    /// # Errors
    /// On two records of one id, on names that have no key, and where it cannot be written.
    pub fn finish<W: Write + Seek>(mut self, into: W) -> Result<W, CompileError> {
        let countries = CountryWords::new(self.countries.iter().chain(&self.outside));
        self.countries = Vec::new();
        let mut names = Sorter::new(self.scratch.clone(), self.run_bytes);
        let mut ids = Sorter::new(self.scratch.clone(), self.run_bytes);
        let mut offsets = Spool::new(&self.scratch)?;
        let (mut ordinal, mut offset) = (0_u32, 0_u64);
        self.each(|entity, blob| {
            let mut value = Vec::new();
            let mut put = Ok(());
            add_names(entity, ordinal, &countries, &mut |namespace, key, posting| {
                value.clear();
                write_posting(posting, &mut value);
                if put.is_ok() {
                    put = names.push([namespace.as_bytes(), key.as_bytes()], &value);
                }
            })?;
            put?;
            ids.push([entity.id.as_bytes(), b""], &ordinal.to_le_bytes())?;
            offsets.write_all(&offset.to_le_bytes())?;
            offset += blob.len() as u64;
            ordinal += 1;
            Ok(())
        })?;
        offsets.write_all(&offset.to_le_bytes())?;

        let mut writer = Writer::new(into)?;
        let mut tables = Tables {
            postings: Spool::new(&self.scratch)?,
            length: 0,
            keys: 0,
            reversed: Sorter::new(self.scratch.clone(), self.run_bytes),
            slots: Sorter::new(self.scratch.clone(), self.run_bytes),
        };
        write_names(names, &mut writer, &mut tables)?;
        writer.end_section();
        write_reversed(tables.reversed, &mut writer)?;
        writer.end_section();
        slots::write(tables.keys, tables.slots, &mut writer)?;
        writer.end_section();
        io::copy(&mut tables.postings.reader()?, &mut writer)?;
        drop(tables.postings);
        writer.end_section();
        self.write_ids(ids, &mut writer)?;
        writer.end_section();
        io::copy(&mut offsets.reader()?, &mut writer)?;
        writer.end_section();
        self.each_blob(|blob| Ok(writer.write_all(blob)?))?;
        writer.end_section();
        Ok(writer.finish(ordinal, self.counts[Kind::Country as usize])?)
    }

    fn write_ids<W: Write + Seek>(&mut self, ids: Sorter, into: &mut Writer<W>) -> Result<(), CompileError> {
        let mut map = fst::MapBuilder::new(into)?;
        let mut ids = ids.finish()?;
        let mut last: Option<(Vec<u8>, u32)> = None;
        while let Some((id, ordinal)) = ids.pull()? {
            let ordinal = ordinal.try_into().map(u32::from_le_bytes);
            let ordinal = ordinal.map_err(|_| CompileError::Build("an id without its ordinal".to_owned()))?;
            if let Some((before, first)) = &mut last {
                if before == id {
                    let (first, second) = (ordinal.min(*first), ordinal.max(*first));
                    let id = String::from_utf8_lossy(id).into_owned();
                    return Err(self.duplicate(id, first, second)?);
                }
                before.clear();
                before.extend_from_slice(id);
                *first = ordinal;
            } else {
                last = Some((id.to_vec(), ordinal));
            }
            map.insert(id, ordinal.into())?;
        }
        Ok(map.finish()?)
    }

    /// What to say of two records of one id.
    fn duplicate(&mut self, id: String, first: u32, second: u32) -> Result<CompileError, CompileError> {
        let (mut at, mut names) = (0, Vec::new());
        self.each(|entity, _| {
            if at == first || at == second {
                names.push(entity.name.clone());
            }
            at += 1;
            Ok(())
        })?;
        let mut names = names.into_iter();
        let mut name = || names.next().unwrap_or_default();
        Ok(CompileError::DuplicateId {
            id,
            first: name(),
            second: name(),
        })
    }

    /// Gives `visit` all entities with their encoded bytes, in the order of their ordinals.
    fn each(
        &mut self,
        mut visit: impl FnMut(&Entity, &[u8]) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        self.each_blob(|blob| visit(&postcard::from_bytes(blob)?, blob))
    }

    fn each_blob(
        &mut self,
        mut visit: impl FnMut(&[u8]) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        let mut blob = Vec::new();
        for spool in &mut self.of_kind {
            let mut reader = spool.reader()?;
            while read_sized(&mut reader, &mut blob)? {
                visit(&blob)?;
            }
        }
        Ok(())
    }
}

/// What is gathered for the other tables of names while the first is written.
struct Tables {
    postings: Spool,
    /// Bytes of the postings so far.
    length: u64,
    keys: u64,
    reversed: Sorter,
    slots: Sorter,
}

impl Tables {
    /// Takes a key with its postings, which are emptied; returns where they stand.
    fn add(&mut self, key: &[u8], of_key: &mut Vec<Posting>) -> Result<u64, CompileError> {
        of_key.sort_unstable();
        of_key.dedup_by_key(|posting| (posting.entity, posting.sort));
        let mut list = Vec::new();
        for posting in of_key.drain(..) {
            write_posting(&posting, &mut list);
        }
        let mut sized = Vec::new();
        for part in [key, &list] {
            write_varint(part.len() as u64, &mut sized);
            sized.extend_from_slice(part);
        }
        self.postings.write_all(&sized)?;
        let offset = self.length;
        self.length += sized.len() as u64;
        self.keys += 1;

        let key = std::str::from_utf8(key).map_err(|error| CompileError::Build(error.to_string()))?;
        let namespace = key.len() - key.trim_start_matches(|c: char| !c.is_alphanumeric()).len();
        let (namespace, name) = key.split_at(namespace);
        let reversed: String = name.chars().rev().collect();
        let value = offset.to_le_bytes();
        self.reversed
            .push([namespace.as_bytes(), reversed.as_bytes()], &value)?;
        let hash = slots::hash([namespace, name]);
        self.slots.push([&hash.to_be_bytes(), b""], &value)?;
        Ok(offset)
    }
}

/// Writes the map of names into `into`, and what the other tables need into `tables`.
fn write_names<W: Write + Seek>(
    names: Sorter,
    into: &mut Writer<W>,
    tables: &mut Tables,
) -> Result<(), CompileError> {
    let mut map = fst::MapBuilder::new(into)?;
    let mut names = names.finish()?;
    let mut key = Vec::new();
    let mut of_key: Vec<Posting> = Vec::new();
    loop {
        let next = names.pull()?;
        if !of_key.is_empty() && next.is_none_or(|(next, _)| next != key) {
            map.insert(&key, tables.add(&key, &mut of_key)?)?;
        }
        let Some((next, mut posting)) = next else { break };
        key.clear();
        key.extend_from_slice(next);
        let posting = read_posting(&mut posting);
        of_key.push(posting.ok_or_else(|| CompileError::Build("a name without its posting".to_owned()))?);
    }
    Ok(map.finish()?)
}

fn write_reversed<W: Write + Seek>(reversed: Sorter, into: &mut Writer<W>) -> Result<(), CompileError> {
    let mut map = fst::MapBuilder::new(into)?;
    let mut reversed = reversed.finish()?;
    while let Some((key, offset)) = reversed.pull()? {
        let offset = offset.try_into().map(u64::from_le_bytes);
        map.insert(
            key,
            offset.map_err(|_| CompileError::Build("a name without its offset".to_owned()))?,
        )?;
    }
    Ok(map.finish()?)
}

#[cfg(test)]
mod tests {
    use super::super::compile::compile;
    use super::*;

    fn records() -> Vec<Record> {
        let lines = include_str!("../../tests/fixtures/gazetteer.jsonl");
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn two_records_of_one_id_are_refused() {
        let record: Record = serde_json::from_str(
            r#"{"id":"Q1","kind":"country","name":"Ruritania","country":"XX","sources":["test"]}"#,
        )
        .unwrap();
        let mut other = record.clone();
        other.name = "Grand Fenwick".to_owned();
        let error = compile(&[record, other], &[]).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("'Q1'"), "{message}");
        assert!(message.contains("'Ruritania' and 'Grand Fenwick'"), "{message}");
    }

    #[test]
    fn runs_on_disk_give_the_same_bytes_as_memory() {
        let records = records();
        let folder = tempfile::tempdir().unwrap();
        let mut builder = Builder::new(Scratch::Folder(folder.path().to_owned()), &[]).unwrap();
        builder.run_bytes = 700;
        for record in &records {
            builder.add(record).unwrap();
        }
        let bytes = builder.finish(io::Cursor::new(Vec::new())).unwrap().into_inner();
        assert!(bytes == compile(&records, &[]).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
