//! Records of countries, officials and agencies, compiled into one index of names.
//!
//! [`record`] is the format people write; [`read`] takes it from files; [`key`] and [`body`] fold names, [`office`] sorts titles;
//! [`compile`] makes an [`index`] of [`posting`]s and [`entity`] blobs; [`Gazetteer`] layers a user's index over
//! the embedded one.

pub mod body;
pub mod compile;
pub mod entity;
pub mod index;
pub mod key;
pub mod office;
pub mod posting;
pub mod read;
pub mod record;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use body::CountryWords;
use compile::CompileError;
use entity::Entity;
use index::{Index, IndexError, NAMESPACE_GENERIC, NAMESPACE_HEADS, NAMESPACE_SURNAME};
use key::{fold, writes_acronym};
use posting::{NameSort, Posting};
use read::ReadError;
use record::{AliasType, Record};

/// The edition of the gazetteer that ships, counted up with its records.
pub const EDITION: &str = "1";

/// What can go wrong with a gazetteer.
#[derive(Debug, thiserror::Error)]
pub enum GazetteerError {
    /// Bytes that are no usable index.
    #[error(transparent)]
    Index(#[from] IndexError),
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
    hidden: HashSet<EntityRef>,
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

    /// From one index, as [`Index::open`] takes it.
    ///
    /// # Errors
    /// As [`Index::open`].
    pub fn from_index(bytes: Vec<u8>) -> Result<Self, GazetteerError> {
        let mut gazetteer = Gazetteer::default();
        gazetteer.push(Index::open(bytes)?);
        Ok(gazetteer)
    }

    /// Lays records over what is there: new ids are added, known ones replaced. Of two records of one id the
    /// later counts.
    ///
    /// # Errors
    /// Where a record cannot be compiled.
    pub fn add(&mut self, records: Vec<Record>) -> Result<(), GazetteerError> {
        if self.layers.len() >= usize::from(u16::MAX) {
            return Err(CompileError::Build("over 65,534 layers".to_owned()).into());
        }
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
        self.push(Index::open(compile::compile(&unique, &countries)?)?);
        Ok(())
    }

    /// [`Gazetteer::add`] of a JSON Lines file.
    ///
    /// # Errors
    /// Where the file cannot be read, with file and line where a line is no record.
    pub fn add_file(&mut self, path: &Path) -> Result<(), GazetteerError> {
        self.add(read::read_file(path)?)
    }

    /// Leaves out the names and records that were added after reading a gold article.
    pub fn without_seen(mut self) -> Self {
        self.without_seen = true;
        self
    }

    fn push(&mut self, index: Index) {
        let above = self.layers.len();
        for (layer, below) in self.layers.iter().enumerate() {
            for ordinal in 0..index.len() as u32 {
                let replaced = index.entity(ordinal).and_then(|entity| below.ordinal(&entity.id));
                self.hidden.extend(replaced.map(|ordinal| EntityRef {
                    layer: layer as u16,
                    ordinal,
                }));
            }
        }
        debug_assert!(above <= usize::from(u16::MAX));
        self.layers.push(index);
    }

    /// The checksum of each layer, lowest first: together they name the gazetteer.
    pub fn checksums(&self) -> Vec<[u8; 32]> {
        self.layers.iter().map(Index::checksum).collect()
    }

    /// Number of entities in all layers, hidden ones aside.
    pub fn len(&self) -> usize {
        self.layers.iter().map(Index::len).sum::<usize>() - self.hidden.len()
    }

    /// Whether there is no entity.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        if self.hidden.contains(&reference) {
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
        self.layers.iter().enumerate().rev().find_map(|(layer, index)| {
            self.entity(EntityRef {
                layer: layer as u16,
                ordinal: index.ordinal(id)?,
            })
        })
    }

    /// Entities whose full name or alias has this key. Acronyms among them are not yet compared by case.
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

    fn hits_in(&self, namespace: &str, key: &str) -> Vec<Hit> {
        if key.is_empty() {
            return Vec::new();
        }
        let mut hits = Vec::new();
        for (layer, index) in self.layers.iter().enumerate() {
            for posting in index.postings(namespace, key) {
                let entity = EntityRef {
                    layer: layer as u16,
                    ordinal: posting.entity,
                };
                let left_out = self.without_seen && posting.seen;
                if !left_out && !self.hidden.contains(&entity) {
                    hits.push(Hit { entity, posting });
                }
            }
        }
        hits
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
