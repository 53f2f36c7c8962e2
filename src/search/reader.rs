//! The index, opened to be searched: once for many questions, from any number of threads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use tantivy::query::{EnableScoring, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, Index, IndexReader, Searcher, TERMINATED, TantivyDocument, TantivyError, Term};

use super::index::feed::stored;
use super::index::open::{guarded, open_to_read, reader};
use super::index::schema::Fields;
use super::query::QueryError;
use super::results::entities::EntityTable;
use super::results::{Answer, Named, Request, answer};
use super::{FeedError, has_own_code};
use crate::corpus::tagged::TaggedLine;
use crate::document::{Kind, Link, TaggedDocument};
use crate::gazetteer::Gazetteer;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The query is wrong.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The index cannot be read.
    #[error(transparent)]
    Index(#[from] FeedError),
    /// What tantivy says, before the place is known.
    #[error(transparent)]
    Reading(#[from] TantivyError),
}

/// An index that is searched. It shows what was committed when it was opened or last [reloaded](SearchIndex::reload).
pub struct SearchIndex {
    place: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Fields,
    gazetteer: Arc<Gazetteer>,
    /// Id and name of the countries by code.
    countries: HashMap<String, (String, String)>,
    held: RwLock<Arc<Held>>,
}

/// One state of the index.
struct Held {
    searcher: Searcher,
    entities: OnceLock<EntityTable>,
}

impl SearchIndex {
    /// Opens the index in `folder`. Names in queries mean what `gazetteer` says.
    ///
    /// # Errors
    /// Where there is none, where it is damaged or of another schema.
    pub fn open(folder: &Path, gazetteer: Arc<Gazetteer>) -> Result<Self, FeedError> {
        let (index, fields) = open_to_read(folder)?;
        let reader = reader(folder, &index)?;
        let countries = gazetteer.countries().filter_map(|(_, country)| {
            let is_its = has_own_code(country.subkind.as_deref()) && country.to.is_none();
            let code = country.country.filter(|_| is_its)?;
            Some((code, (country.id, country.name)))
        });
        Ok(SearchIndex {
            place: folder.to_owned(),
            held: RwLock::new(Arc::new(Held {
                searcher: reader.searcher(),
                entities: OnceLock::new(),
            })),
            countries: countries.collect(),
            index,
            reader,
            fields,
            gazetteer,
        })
    }

    /// Shows what was committed since.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn reload(&self) -> Result<(), FeedError> {
        guarded(&self.place, &self.index, || self.reader.reload())?;
        let searcher = self.reader.searcher();
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.searcher.generation().generation_id() != searcher.generation().generation_id() {
            *held = Arc::new(Held {
                searcher,
                entities: OnceLock::new(),
            });
        }
        Ok(())
    }

    /// Answers a question.
    ///
    /// # Errors
    /// Where the query is wrong, or the index cannot be read.
    pub fn search(&self, request: &Request) -> Result<Answer, SearchError> {
        // What tantivy says of the index may be damage; what is wrong with the query is not.
        let answered = guarded(&self.place, &self.index, || match answer(&self.view(), request) {
            Err(SearchError::Reading(error)) => Err(error),
            answered => Ok(answered),
        });
        answered?
    }

    fn view(&self) -> View<'_> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        View {
            index: self,
            held: Arc::clone(&held),
        }
    }
}

/// One state of the index, for as long as a question takes.
pub struct View<'i> {
    index: &'i SearchIndex,
    held: Arc<Held>,
}

impl View<'_> {
    /// Its segments.
    pub fn searcher(&self) -> &Searcher {
        &self.held.searcher
    }

    /// Its fields.
    pub fn fields(&self) -> &Fields {
        &self.index.fields
    }

    /// What names mean.
    pub fn gazetteer(&self) -> &Gazetteer {
        &self.index.gazetteer
    }

    /// Id and name of the country with this code.
    pub fn country(&self, code: &str) -> Option<&(String, String)> {
        self.index.countries.get(code)
    }

    /// The entities of the whole index, counted when they are first asked for.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn entities(&self) -> Result<&EntityTable, SearchError> {
        if let Some(table) = self.held.entities.get() {
            return Ok(table);
        }
        let table = EntityTable::count(self.searcher())?;
        Ok(self.held.entities.get_or_init(|| table))
    }

    /// Whether a document has this term.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn occurs(&self, field: Field, text: &str) -> Result<bool, SearchError> {
        let term = Term::from_field_text(field, text);
        let found = self.first(&TermQuery::new(term, IndexRecordOption::Basic))?;
        Ok(found.is_some())
    }

    /// Any document that a query finds.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn first(&self, query: &dyn Query) -> Result<Option<DocAddress>, SearchError> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(self.searcher()))?;
        for (ordinal, segment) in (0..).zip(self.searcher().segment_readers()) {
            let mut scorer = weight.scorer(segment, 1.0)?;
            let mut doc = scorer.doc();
            while doc != TERMINATED {
                if !segment.is_deleted(doc) {
                    return Ok(Some(DocAddress::new(ordinal, doc)));
                }
                doc = scorer.advance();
            }
        }
        Ok(None)
    }

    /// A document as it was tagged.
    ///
    /// # Errors
    /// Where the index cannot be read, or the document in it is damaged.
    pub fn tagged(&self, address: DocAddress) -> Result<TaggedDocument, SearchError> {
        let document: TantivyDocument = self.searcher().doc(address)?;
        let line = stored(self.fields(), &document)
            .and_then(|line| std::str::from_utf8(line).ok())
            .ok_or_else(|| "no stored line".to_owned());
        let read = line.and_then(|line| TaggedLine::parse(line)?.into_document());
        read.map_err(|reason| {
            let reason = format!("a document in it is damaged ({reason}): expected it as it was indexed");
            SearchError::Index(FeedError::Unusable {
                place: self.index.place.display().to_string(),
                reason,
            })
        })
    }

    /// What the entity with this key is called: as the gazetteer has it, else as a document does.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn named(&self, key: &str) -> Result<Named, SearchError> {
        if let Some(named) = self.recorded(key) {
            return Ok(named);
        }
        let term = Term::from_field_text(self.fields().entity, key);
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        let link = match self.first(&query)? {
            Some(address) => linked(&self.tagged(address)?, key),
            None => None,
        };
        let (kind, own) = split(key);
        Ok(match link {
            Some(link) => Named {
                key: key.to_owned(),
                kind: link.kind,
                id: link.id.as_deref().map(str::to_owned),
                name: link.name.to_string(),
                country: link.country.as_deref().map(str::to_owned),
            },
            None => Named {
                key: key.to_owned(),
                kind,
                id: None,
                name: own.to_owned(),
                country: None,
            },
        })
    }

    fn recorded(&self, key: &str) -> Option<Named> {
        let (kind, own) = split(key);
        if let Some((id, name)) = self.country(own).filter(|_| kind == Kind::Country) {
            return Some(Named {
                key: key.to_owned(),
                kind,
                id: Some(id.clone()),
                name: name.clone(),
                country: Some(own.to_owned()),
            });
        }
        let entity = self.gazetteer().by_id(own)?;
        let its_key = entity.entity_key();
        (its_key == key).then_some(Named {
            key: its_key,
            kind,
            id: Some(entity.id),
            name: entity.name,
            country: entity.country,
        })
    }
}

fn linked(tagged: &TaggedDocument, key: &str) -> Option<Link> {
    let mut links = tagged
        .mentions
        .iter()
        .filter_map(|mention| mention.link.as_deref());
    links.find(|link| link.entity_key() == key).cloned()
}

/// Kind and own part of a key.
fn split(key: &str) -> (Kind, &str) {
    let (kind, own) = key.split_once('/').unwrap_or(("", key));
    let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind);
    (kind.unwrap_or(Kind::Country), own)
}
