//! Records of countries, officials and agencies, compiled into one index of names.
//!
//! [`record`] is the format people write; [`read`] takes it from files, [`change`] carries out what they change; [`key`] and
//! [`body`] fold names, [`office`] sorts titles; [`compile`] finds the names of a record; [`builder`] makes an [`index`] of
//! [`posting`]s and [`entity`] blobs, which lies in its file as [`layout`] says; [`Gazetteer`] layers a user's index over the
//! embedded one.

mod blocks;
pub mod body;
pub mod builder;
pub mod change;
pub mod check;
pub mod compile;
pub mod coverage;
pub mod entity;
mod hidden;
pub mod index;
pub mod key;
mod keys;
pub mod layout;
pub mod office;
pub mod posting;
pub mod read;
pub mod record;
mod slots;
pub mod sort;
pub mod spreadsheet;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use body::CountryWords;
use builder::CompileError;
use entity::Entity;
use hidden::Hidden;
use index::{Index, IndexError, NAMESPACE_GENERIC, NAMESPACE_HEADS, NAMESPACE_SURNAME};
use key::{fold, writes_acronym};
use posting::{NameSort, Posting};
use read::ReadError;
use record::{AliasType, Record};

/// The edition of the gazetteer that ships, counted up with its records.
pub const EDITION: &str = "2";

/// What can go wrong with a gazetteer.
#[derive(Debug, thiserror::Error)]
pub enum GazetteerError {
    /// Bytes that are no usable index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A file that is no usable index.
    #[error("{}: {source}", path.display())]
    IndexFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: IndexError,
    },
    /// A file of records that does not parse.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Records that cannot be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The program was built without its gazetteer.
    #[error(
        "this program was built without the feature 'embed', so it has no gazetteer: name one with --gazetteer"
    )]
    NotEmbedded,
}

/// An entity of one layer of a gazetteer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityRef {
    layer: u16,
    ordinal: u32,
}

/// A posting with the layer it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The entity.
    pub entity: EntityRef,
    /// The rest of what the index says.
    pub posting: Posting,
}

/// An entity that a name can mean, as [`Gazetteer::lookup`] gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The entity, whole.
    pub entity: Entity,
    /// The name that matched, as the record writes it.
    pub name: String,
    /// What sort of name it is.
    pub sort: NameSort,
    /// Whether the linker wants support from the document before it takes this name.
    pub weak: bool,
}

/// Layers of indexes; a record of an upper layer hides those of the same id below.
#[derive(Debug, Default)]
pub struct Gazetteer {
    layers: Vec<Index>,
    hidden: Hidden,
    /// Hidden without being replaced, with their ids.
    suppressed: BTreeMap<EntityRef, String>,
    /// Names and records marked as `seen` are left out, as [`Gazetteer::without_seen`] says.
    without_seen: bool,
}

impl Gazetteer {
    /// The gazetteer inside the program.
    ///
    /// # Errors
    /// Where the program was built without it.
    pub fn embedded() -> Result<Self, GazetteerError> {
        #[cfg(feature = "embed")]
        {
            static BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/gazetteer.idx"));
            let mut gazetteer = Gazetteer::default();
            gazetteer.push(Index::open_embedded(BYTES)?);
            Ok(gazetteer)
        }
        #[cfg(not(feature = "embed"))]
        Err(GazetteerError::NotEmbedded)
    }

    /// From one index.
    pub fn from_index(index: Index) -> Self {
        let mut gazetteer = Gazetteer::default();
        gazetteer.push(index);
        gazetteer
    }

    /// Lays records over what is there: new ids are added, known ones replaced. Of two records of one id the
    /// later counts.
    ///
    /// # Errors
    /// Where a record cannot be compiled.
    pub fn add(&mut self, records: Vec<Record>) -> Result<(), GazetteerError> {
        self.check_layers()?;
        let mut position: HashMap<String, usize> = HashMap::new();
        let mut unique: Vec<Record> = Vec::new();
        for record in records {
            match position.get(&record.id) {
                Some(&at) => unique[at] = record,
                None => {
                    position.insert(record.id.clone(), unique.len());
                    unique.push(record);
                }
            }
        }
        let countries: Vec<Entity> = self.countries().map(|(_, entity)| entity).collect();
        self.push(Index::open_compiled(compile::compile(&unique, &countries)?)?);
        Ok(())
    }

    /// Lays a file of records over what is there and carries out the changes that it asks for; or an index, which is mapped
    /// into memory.
    ///
    /// # Errors
    /// Where the file cannot be read, with file and line where an entry is wrong or changes what is not there.
    pub fn add_file(&mut self, path: &Path) -> Result<(), GazetteerError> {
        if !is_index(path) {
            let entries = read::open(path)?.collect::<Result<Vec<_>, _>>()?;
            let resolved = change::resolve(entries, |id| self.record(self.reference(id)?));
            if let Some((line, reason)) = resolved.faults.into_iter().next() {
                let path = path.to_owned();
                return Err(ReadError::Line { path, line, reason }.into());
            }
            self.suppress(resolved.suppressed);
            return self.add(resolved.records.into_iter().map(|(_, record)| record).collect());
        }
        self.check_layers()?;
        let index = Index::open_file(path).map_err(|source| GazetteerError::IndexFile {
            path: path.to_owned(),
            source,
        })?;
        self.push(index);
        Ok(())
    }

    fn check_layers(&self) -> Result<(), CompileError> {
        if self.layers.len() < usize::from(u16::MAX) {
            return Ok(());
        }
        Err(CompileError::Build("over 65,534 layers".to_owned()))
    }

    /// Hides the records with these ids; ids that are not there are passed over.
    pub fn suppress(&mut self, ids: impl IntoIterator<Item = String>) {
        for id in ids {
            if let Some(reference) = self.reference(&id) {
                self.suppressed.insert(reference, id);
            }
        }
    }

    /// Leaves out the names and records that were added after reading a gold article.
    pub fn without_seen(mut self) -> Self {
        self.without_seen = true;
        self
    }

    fn push(&mut self, index: Index) {
        debug_assert!(self.layers.len() < usize::from(u16::MAX));
        self.layers.push(index);
        self.hidden = Hidden::new(&self.layers);
    }

    /// Fails where a lookup has met damage in an index since it was opened: what is damaged was taken for absent.
    ///
    /// # Errors
    /// Names the file and what is damaged.
    pub fn check_met_damage(&self) -> Result<(), GazetteerError> {
        let met = self
            .layers
            .iter()
            .find_map(|index| Some((index, index.damage()?)));
        match met {
            None => Ok(()),
            Some((index, source)) => Err(match index.path() {
                Some(path) => GazetteerError::IndexFile {
                    path: path.to_owned(),
                    source,
                },
                None => GazetteerError::Index(source),
            }),
        }
    }

    fn is_hidden(&self, reference: EntityRef) -> bool {
        self.hidden.contains(&self.layers, reference) || self.suppressed.contains_key(&reference)
    }

    /// The checksum of each layer, lowest first, and one of the ids that are suppressed: together they name the
    /// gazetteer.
    pub fn checksums(&self) -> Vec<[u8; 32]> {
        let mut checksums: Vec<[u8; 32]> = self.layers.iter().map(Index::checksum).collect();
        if !self.suppressed.is_empty() {
            let ids: Vec<&str> = self.suppressed.values().map(String::as_str).collect();
            checksums.push(Sha256::digest(ids.join("\n")).into());
        }
        checksums
    }

    /// Reads every layer whole and compares it with its checksum.
    ///
    /// # Errors
    /// Where a layer is damaged.
    pub fn verify(&self) -> Result<(), GazetteerError> {
        Ok(self.layers.iter().try_for_each(Index::verify_all)?)
    }

    /// The indexes, lowest first.
    pub fn layers(&self) -> &[Index] {
        &self.layers
    }

    /// Number of entities in all layers, hidden ones aside. Looks for the ids of each layer in those above, or the other
    /// way round where those are fewer.
    pub fn len(&self) -> usize {
        let replaced = |reference: EntityRef| self.hidden.contains(&self.layers, reference);
        let mut count = 0;
        for (at, (layer, below)) in (0u16..).zip(&self.layers).enumerate() {
            let above = &self.layers[at + 1..];
            let hidden = if above.iter().map(Index::len).sum::<usize>() < below.len() {
                let ids = above
                    .iter()
                    .flat_map(|index| (0..index.len() as u32).filter_map(|ordinal| index.id(ordinal)));
                ids.filter_map(|id| below.ordinal(id))
                    .collect::<HashSet<u32>>()
                    .len()
            } else {
                let all = (0..below.len() as u32).map(|ordinal| EntityRef { layer, ordinal });
                all.filter(|&reference| replaced(reference)).count()
            };
            count += below.len() - hidden;
        }
        let suppressed = self.suppressed.keys().filter(|&&reference| !replaced(reference));
        count - suppressed.count()
    }

    /// Whether there is no entity.
    pub fn is_empty(&self) -> bool {
        self.layers.iter().all(Index::is_empty)
    }

    /// All countries.
    pub fn countries(&self) -> impl Iterator<Item = (EntityRef, Entity)> + '_ {
        self.layers.iter().enumerate().flat_map(move |(layer, index)| {
            index.countries().filter_map(move |ordinal| {
                let reference = EntityRef {
                    layer: layer as u16,
                    ordinal,
                };
                Some((reference, self.entity(reference)?))
            })
        })
    }

    /// The words that name countries.
    pub fn country_words(&self) -> CountryWords {
        let countries: Vec<Entity> = self.countries().map(|(_, entity)| entity).collect();
        CountryWords::new(&countries)
    }

    /// Decodes an entity; `None` where it is hidden or left out.
    pub fn entity(&self, reference: EntityRef) -> Option<Entity> {
        if self.is_hidden(reference) {
            return None;
        }
        let entity = self
            .layers
            .get(usize::from(reference.layer))?
            .entity(reference.ordinal)?;
        if !self.without_seen {
            return Some(entity);
        }
        (!entity.seen).then(|| Entity {
            aliases: entity.aliases.into_iter().filter(|alias| !alias.seen).collect(),
            ..entity
        })
    }

    /// The entity with this id.
    pub fn by_id(&self, id: &str) -> Option<Entity> {
        self.entity(self.reference(id)?)
    }

    /// Where the entity with this id is; `None` where there is none or it is hidden.
    pub fn reference(&self, id: &str) -> Option<EntityRef> {
        let places = self.layers.iter().enumerate().rev().filter_map(|(layer, index)| {
            Some(EntityRef {
                layer: layer as u16,
                ordinal: index.ordinal(id)?,
            })
        });
        // What the topmost layer that has the id says counts, were it that the record is hidden.
        places.take(1).find(|&reference| !self.is_hidden(reference))
    }

    /// Where all entities are, layer by layer, hidden ones left out.
    pub fn references(&self) -> impl Iterator<Item = EntityRef> + '_ {
        let places = self.layers.iter().enumerate().flat_map(|(layer, index)| {
            (0..index.len() as u32).map(move |ordinal| EntityRef {
                layer: layer as u16,
                ordinal,
            })
        });
        places.filter(|&reference| !self.is_hidden(reference))
    }

    /// The record that an entity was made of.
    pub fn record(&self, reference: EntityRef) -> Option<Record> {
        let index = self.layers.get(usize::from(reference.layer))?;
        let provenance = index.provenance(reference.ordinal)?;
        Some(Record::from_parts(self.entity(reference)?, provenance))
    }

    /// Entities whose full name or alias has this key, in the order of their references, those of one entity together.
    /// Acronyms among them are not yet compared by case.
    pub fn hits(&self, key: &str) -> Vec<Hit> {
        self.hits_in("", key)
    }

    /// Officials whose family name has this key.
    pub fn surname_hits(&self, key: &str) -> Vec<Hit> {
        self.hits_in(NAMESPACE_SURNAME, key)
    }

    /// Officials who have led the country with this code.
    pub fn heads(&self, country: &str) -> Vec<Hit> {
        self.hits_in(NAMESPACE_HEADS, &country.to_lowercase())
    }

    /// Bodies with this generic key, as [`body::generic_name`] makes it.
    pub fn generic_hits(&self, key: &str) -> Vec<Hit> {
        self.hits_in(NAMESPACE_GENERIC, key)
    }

    /// Entities whose full name or alias is one edit away from this key, but for acronyms and very short keys, as
    /// [`Index::fuzzy`] says. Those of the key itself are not among them: they are [`Gazetteer::hits`].
    pub fn fuzzy_hits(&self, key: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (layer, index) in (0..).zip(&self.layers) {
            self.take(layer, index.fuzzy("", key).into_iter(), &mut hits);
        }
        hits
    }

    fn hits_in(&self, namespace: &str, key: &str) -> Vec<Hit> {
        if key.is_empty() {
            return Vec::new();
        }
        let mut hits = Vec::new();
        for (layer, index) in (0..).zip(&self.layers) {
            self.take(layer, index.postings(namespace, key), &mut hits);
        }
        hits
    }

    /// Appends what neither an upper layer nor [`Gazetteer::without_seen`] hides.
    fn take(&self, layer: u16, postings: impl Iterator<Item = Posting>, hits: &mut Vec<Hit>) {
        hits.extend(postings.filter_map(|posting| {
            let entity = EntityRef {
                layer,
                ordinal: posting.entity,
            };
            let left_out = self.without_seen && posting.seen;
            (!left_out && !self.is_hidden(entity)).then_some(Hit { entity, posting })
        }));
    }

    /// What `name` can mean: full names and aliases first, then bodies of that generic name, then officials of
    /// that family name; within each, names that need no support first.
    ///
    /// ```
    /// # use nomenclator::gazetteer::Gazetteer;
    /// # let mut gazetteer = Gazetteer::default();
    /// # gazetteer.add(vec![serde_json::from_str(
    /// #     r#"{"id":"Q29","kind":"country","name":"Spain","country":"ES","sources":["own"]}"#).unwrap()]).unwrap();
    /// let found = gazetteer.lookup("SPAIN");
    /// assert_eq!(found[0].entity.id, "Q29");
    /// ```
    pub fn lookup(&self, name: &str) -> Vec<Found> {
        let key = fold(name);
        let mut hits = self.hits(&key);
        hits.sort_by_key(|hit| (hit.posting.weak, hit.posting.kind));
        if let Some(generic) = body::generic_name(name, &self.country_words()).key {
            hits.extend(self.generic_hits(&generic));
        }
        hits.extend(self.surname_hits(&key));
        let mut given = HashSet::new();
        (hits.into_iter())
            .filter(|hit| given.insert(hit.entity))
            .filter_map(|hit| {
                let entity = self.entity(hit.entity)?;
                let matched = written_name(&entity, &hit.posting).to_owned();
                let acronym = hit.posting.sort == NameSort::Alias(AliasType::Acronym);
                (!acronym || writes_acronym(name, &matched)).then_some(Found {
                    name: matched,
                    sort: hit.posting.sort,
                    weak: hit.posting.weak,
                    entity,
                })
            })
            .collect()
    }
}

/// The name of `entity` that `posting` was made of.
pub fn written_name<'e>(entity: &'e Entity, posting: &Posting) -> &'e str {
    match (posting.name as usize)
        .checked_sub(1)
        .and_then(|at| entity.aliases.get(at))
    {
        Some(alias) => &alias.text,
        None => &entity.name,
    }
}

/// Whether a file is an index, by its first bytes or else by the ending of its name; a file that cannot be read says so
/// when it is read. From a pipe nothing is taken: its first bytes would be gone.
fn is_index(path: &Path) -> bool {
    let begins = || {
        let mut first = [0; layout::MAGIC.len()];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut first));
        read.is_ok() && &first == layout::MAGIC
    };
    path.extension().is_some_and(|ending| ending == "idx") || (path.is_file() && begins())
}
