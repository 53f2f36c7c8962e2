//! Tagged documents into what searches them: the embedded [`index`], PostgreSQL, OpenSearch and Elasticsearch.
//!
//! Each is a [`Feed`]: documents go in one by one, replace those of the same id, and are there for good after a commit. The
//! names of entities ([`entity_key`]) are the same in all of them.

use std::fmt;
use std::io;

use sha2::{Digest, Sha256};

use crate::dates::PartialDate;
use crate::document::{Document, Kind, Link, TaggedDocument};
use crate::gazetteer::entity::Entity;
use crate::gazetteer::key::fold;
use crate::output::jsonl::JsonLines;
use crate::output::{DocumentFormat, OffsetUnit};

pub mod analysis;
pub mod backoff;
pub mod ids;
pub mod index;
pub mod opensearch;
pub mod postgres;
pub mod query;
pub mod reader;
pub mod results;
pub mod show;
pub mod unchanged;

/// Takes tagged documents into a search system.
pub trait Feed: Send {
    /// Takes a document in place of the one with its id, if there is one; it is there for good after the next
    /// [`Feed::commit`], or before.
    ///
    /// # Errors
    /// Where the system fails or refuses; what was committed stays.
    fn add(&mut self, tagged: &TaggedDocument, fingerprint: Fingerprint) -> Result<(), FeedError>;

    /// Takes the document of this id out, if there is one; it is gone for good after the next [`Feed::commit`], or before.
    ///
    /// # Errors
    /// As [`Feed::add`].
    fn remove(&mut self, id: &str) -> Result<(), FeedError>;

    /// All that was added is there for good, and found.
    ///
    /// # Errors
    /// As [`Feed::add`].
    fn commit(&mut self) -> Result<(), FeedError>;

    /// Commits, and waits for what goes on in the background.
    ///
    /// # Errors
    /// As [`Feed::add`].
    fn finish(&mut self) -> Result<(), FeedError>;

    /// Documents that the system refused one by one since the last call.
    fn refused(&mut self) -> Vec<Refused> {
        Vec::new()
    }

    /// What there is to tell about the documents since the last call, each in a line: what the system cannot hold as it was.
    fn notices(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// What knows the documents that are there already, for another thread.
    ///
    /// # Errors
    /// As [`Feed::add`].
    fn known(&self) -> Result<Box<dyn Known>, FeedError>;

    /// How many documents it holds, as of the last commit.
    ///
    /// # Errors
    /// As [`Feed::add`].
    fn documents(&mut self) -> Result<u64, FeedError>;
}

/// Knows the documents of a [`Feed`].
pub trait Known: Send {
    /// What the document of this id was taken in with; `None` where there is none.
    ///
    /// # Errors
    /// Where the system fails.
    fn fingerprint(&mut self, id: &str) -> Result<Option<Fingerprint>, FeedError>;
}

/// A document that a feed did not take, while it takes others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its id.
    pub id: String,
    /// What is wrong with it, and what was expected.
    pub reason: String,
}

/// Why a feed cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// What is there is not what it should be: damaged, of another schema, not an index.
    #[error("{place}: {reason}")]
    Unusable {
        /// The folder or the address, without credentials.
        place: String,
        /// What is wrong, and what was expected.
        reason: String,
    },
    /// Another process writes it.
    #[error("{place}: another process is writing it: expected one at a time")]
    Locked {
        /// The folder.
        place: String,
    },
    /// It cannot be read or written: a full disk, a server that does not answer.
    #[error("{place}: {reason}")]
    Failed {
        /// The folder or the address, without credentials.
        place: String,
        /// What the system said, and what was expected.
        reason: String,
    },
}

/// Tells whether a document is there already as it would be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// Of a tagged document: whatever is in it counts.
    pub fn of_tagged(tagged: &TaggedDocument) -> Self {
        let mut digest = Digesting(Sha256::new());
        let lines = JsonLines {
            offsets: OffsetUnit::Byte,
            text: true,
        };
        // A digest takes whatever it is given.
        let _ = lines.write(tagged, &mut digest);
        digest.fingerprint()
    }

    /// Of a document that is yet to be tagged; `settings` says with what.
    pub fn of_input(document: &Document, settings: &str) -> Self {
        let mut digest = Digesting(Sha256::new());
        let date = document.date.map(|date| date.to_string()).unwrap_or_default();
        let known = [&document.id, &document.text, &date, settings];
        let given = [&document.title, &document.source];
        for part in known {
            digest.part(part);
        }
        for part in given {
            digest.part(part.as_deref().unwrap_or_default());
            digest.0.update([u8::from(part.is_some())]);
        }
        for (name, json) in &document.extra {
            digest.part(name);
            digest.part(json);
        }
        digest.fingerprint()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

struct Digesting(Sha256);

impl Digesting {
    /// A part with its length before it, so that two never run together.
    fn part(&mut self, part: &str) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    fn fingerprint(self) -> Fingerprint {
        let digest = self.0.finalize();
        let first = digest
            .iter()
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        Fingerprint(first)
    }
}

impl io::Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The name of a linked entity in every index: `country/KP`, `official/Q26234538`, `agency/Q494200`.
///
/// A country that has a code of its own goes by it, others by the record's id: England is not `country/GB`. Who has no record
/// (an official that only the document shows to be one) goes by the folded name and the country: `official/~kimyonghwan@KR`.
/// `role` is as in [`Link::role`]. What stands behind the kind is cut as [`analysis::clipped`] does, and has no NUL.
pub fn entity_key(
    kind: Kind,
    id: Option<&str>,
    name: &str,
    country: Option<&str>,
    role: Option<&str>,
) -> String {
    let own = match (kind, id, country) {
        (Kind::Country, _, Some(code)) if has_own_code(role) => code.to_owned(),
        (_, Some(id), _) => id.to_owned(),
        (_, None, Some(code)) => format!("~{}@{code}", fold(name)),
        (_, None, None) => format!("~{}", fold(name)),
    };
    let own = analysis::clipped(own.replace('\0', ""));
    format!("{}/{own}", kind.as_str())
}

/// Whether the code of a country with this role stands for it alone: a part of a country has the whole's.
pub fn has_own_code(role: Option<&str>) -> bool {
    role != Some("constituent")
}

impl Link {
    /// Its entity, as [`entity_key`] names it.
    pub fn entity_key(&self) -> String {
        entity_key(
            self.kind,
            self.id.as_deref(),
            &self.name,
            self.country.as_deref(),
            self.role.as_deref(),
        )
    }
}

impl Entity {
    /// The key of links to it, as [`entity_key`] names it.
    pub fn entity_key(&self) -> String {
        entity_key(
            self.kind,
            Some(&self.id),
            &self.name,
            self.country.as_deref(),
            self.subkind.as_deref(),
        )
    }
}

/// The first and the last day that a date can mean, each as the number YYYYMMDD.
pub fn days(date: PartialDate) -> (i64, i64) {
    let number = |(year, month, day): (i16, u8, u8)| {
        i64::from(year) * 10_000 + i64::from(month) * 100 + i64::from(day)
    };
    (number(date.earliest()), number(date.latest()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_go_by_code_id_or_name() {
        assert_eq!(
            entity_key(Kind::Country, Some("Q423"), "North Korea", Some("KP"), None),
            "country/KP"
        );
        assert_eq!(
            entity_key(Kind::Country, Some("Q15180"), "Soviet Union", None, None),
            "country/Q15180"
        );
        assert_eq!(
            entity_key(Kind::Agency, Some("Q494200"), "NIS", Some("KR"), None),
            "agency/Q494200"
        );
        assert_eq!(
            entity_key(Kind::Official, None, "Kim Yong-hwan", Some("KR"), None),
            "official/~kimyonghwan@KR"
        );
        assert_eq!(
            entity_key(Kind::Official, None, "Jane Roe", None, None),
            "official/~janeroe"
        );
        assert_eq!(
            entity_key(
                Kind::Country,
                Some("Q22"),
                "Scotland",
                Some("GB"),
                Some("constituent")
            ),
            "country/Q22"
        );
        let long = "Q\0".repeat(analysis::LONGEST);
        assert_eq!(
            entity_key(Kind::Agency, Some(&long), "", None, None),
            format!("agency/{}", "Q".repeat(analysis::LONGEST))
        );
    }

    #[test]
    fn whatever_is_in_a_document_changes_its_fingerprint() {
        let document = Document {
            id: "a".to_owned(),
            text: "bc".to_owned(),
            ..Document::default()
        };
        let changes: [fn(&mut Document); 6] = [
            |document| document.id = "ab".to_owned(),
            |document| document.text = "c".to_owned(),
            |document| document.date = "2024".parse().ok(),
            |document| document.title = Some(String::new()),
            |document| document.source = Some(String::new()),
            |document| document.extra.push(("a".to_owned(), "1".into())),
        ];
        let mut prints = vec![
            Fingerprint::of_input(&document, ""),
            Fingerprint::of_input(&document, "model"),
        ];
        for change in changes {
            let mut changed = document.clone();
            change(&mut changed);
            prints.push(Fingerprint::of_input(&changed, ""));
        }
        let different: std::collections::HashSet<_> = prints.iter().collect();
        assert_eq!(different.len(), prints.len());
        assert_eq!(prints[0], Fingerprint::of_input(&document.clone(), ""));
    }
}
