//! Tagged documents into PostgreSQL, 12 or later.
//!
//! Documents are gathered and go in batches, each in one transaction, so that a document is there with all its mentions or
//! as it was before. A batch whose fate a lost connection leaves open is sent again: everything is replaced by its id. The
//! tables, and what they cannot hold, are described in `src/search/README.md`.

use std::collections::HashMap;
use std::time::Duration;

use super::backoff::PATIENCE;
use super::{Feed, FeedError, Fingerprint, Known, Refused, ids};
use crate::document::TaggedDocument;

mod address;
mod json;
mod migrate;
mod passfile;
mod rows;
mod session;
mod tls;
mod write;

use address::{Address, environment};
use rows::DocumentRow;
use session::{Failure, Session};

/// How documents are sent.
#[derive(Clone, Debug)]
pub struct Options {
    /// Documents in a batch, at most.
    pub documents: usize,
    /// About how many bytes a batch has, at most, unless one document has more.
    pub bytes: usize,
    /// How long a server is tried that fails.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            documents: 500,
            bytes: 8 << 20,
            patience: PATIENCE,
        }
    }
}

/// Opens the database at `postgres://USER@HOST:PORT/DATABASE`, makes the tables where there are none, and brings older ones
/// to the newest version.
///
/// # Errors
/// Where the URL is none, the server cannot be reached or refuses, or the schema holds something else. No message has a
/// password in it.
pub fn open(url: &str) -> Result<Box<dyn Feed>, FeedError> {
    open_with(url, &Options::default())
}

/// As [`open`], with batches of another size and other patience.
///
/// # Errors
/// As [`open`].
pub fn open_with(url: &str, options: &Options) -> Result<Box<dyn Feed>, FeedError> {
    let address = Address::parse(url, &environment)?;
    let notices: Vec<String> = address.notice.clone().into_iter().collect();
    let mut session = Session::open(address, options.patience).map_err(|error| hinted(error, &notices))?;
    migrate::migrate(&mut session)?;
    Ok(Box::new(PostgresFeed {
        session,
        options: options.clone(),
        batch: Vec::new(),
        places: HashMap::new(),
        bytes: 0,
        refused: Vec::new(),
        replaced: 0,
        notices,
    }))
}

/// A file of passwords that was passed over may be why the server refuses.
fn hinted(error: FeedError, notices: &[String]) -> FeedError {
    match error {
        FeedError::Failed { place, reason } if !notices.is_empty() => FeedError::Failed {
            place,
            reason: format!("{reason}; {}", notices.join("; ")),
        },
        error => error,
    }
}

/// A database that is written; any number of processes may write it at once.
struct PostgresFeed {
    session: Session,
    options: Options,
    batch: Vec<DocumentRow>,
    /// Where in the batch the document of an id is.
    places: HashMap<String, usize>,
    bytes: usize,
    refused: Vec<Refused>,
    /// Documents since the last notice with U+0000 in them.
    replaced: usize,
    notices: Vec<String>,
}

impl PostgresFeed {
    fn send(&mut self) -> Result<(), FeedError> {
        if !self.batch.is_empty() {
            send(&mut self.session, &self.batch, &mut self.refused)?;
        }
        // Only what was sent: after an error the next commit tries again.
        self.batch.clear();
        self.places.clear();
        self.bytes = 0;
        Ok(())
    }

    fn gather(&mut self, row: DocumentRow) {
        self.replaced += usize::from(row.replaced);
        self.bytes += row.bytes();
        match self.places.get(&row.id) {
            // The later one replaces the earlier.
            Some(&place) => self.batch[place] = row,
            None => {
                self.places.insert(row.id.clone(), self.batch.len());
                self.batch.push(row);
            }
        }
    }
}

/// Writes a batch; where a value in it is refused, halves it until the document is found that has it.
fn send(session: &mut Session, batch: &[DocumentRow], refused: &mut Vec<Refused>) -> Result<(), FeedError> {
    match session.run(|client| write::write(client, batch)) {
        Ok(()) => Ok(()),
        Err(Failure::Feed(error)) => Err(error),
        Err(Failure::Data(reason)) => {
            if let [document] = batch {
                refused.push(Refused {
                    id: document.own_id.clone(),
                    reason: format!("{reason}: expected a document that PostgreSQL can hold"),
                });
                return Ok(());
            }
            let (first, second) = batch.split_at(batch.len() / 2);
            send(session, first, refused)?;
            send(session, second, refused)
        }
    }
}

impl Feed for PostgresFeed {
    fn add(&mut self, tagged: &TaggedDocument, fingerprint: Fingerprint) -> Result<(), FeedError> {
        match DocumentRow::new(tagged, fingerprint) {
            Ok(row) => self.gather(row),
            Err(reason) => self.refused.push(Refused {
                id: tagged.document.id.clone(),
                reason,
            }),
        }
        match self.batch.len() >= self.options.documents || self.bytes >= self.options.bytes {
            true => self.send(),
            false => Ok(()),
        }
    }

    fn remove(&mut self, id: &str) -> Result<(), FeedError> {
        // What waits may have the id.
        self.send()?;
        let id = ids::stored(id);
        // Its mentions go with it.
        let removed = self
            .session
            .run(|client| client.execute("delete from documents where id = $1", &[&id]));
        removed.map(drop).map_err(|failure| self.session.whole(failure))
    }

    fn commit(&mut self) -> Result<(), FeedError> {
        self.send()
    }

    fn finish(&mut self) -> Result<(), FeedError> {
        self.send()
    }

    fn refused(&mut self) -> Vec<Refused> {
        std::mem::take(&mut self.refused)
    }

    fn notices(&mut self) -> Vec<String> {
        let mut notices = std::mem::take(&mut self.notices);
        match std::mem::take(&mut self.replaced) {
            0 => {}
            documents => notices.push(format!(
                "{}: U+0000 in documents ({documents} of them), which PostgreSQL cannot hold: U+2400 stands for it, offsets \
                 are the same",
                self.session.place()
            )),
        }
        notices
    }

    fn known(&self) -> Result<Box<dyn Known>, FeedError> {
        Ok(Box::new(KnownInPostgres {
            session: self.session.another()?,
        }))
    }

    fn documents(&mut self) -> Result<u64, FeedError> {
        let counted = self.session.run(|client| {
            client
                .query_one("select count(*) from documents", &[])?
                .try_get::<_, i64>(0)
        });
        let counted = counted.map_err(|failure| self.session.whole(failure))?;
        Ok(counted.unsigned_abs())
    }
}

struct KnownInPostgres {
    session: Session,
}

impl Known for KnownInPostgres {
    fn fingerprint(&mut self, id: &str) -> Result<Option<Fingerprint>, FeedError> {
        let id = ids::stored(id);
        let found = self.session.run(|client| {
            let row = client.query_opt("select fingerprint from documents where id = $1", &[&id])?;
            row.map(|row| row.try_get::<_, i64>(0)).transpose()
        });
        let found = found.map_err(|failure| self.session.whole(failure))?;
        Ok(found.map(|number| Fingerprint(number.cast_unsigned())))
    }
}
