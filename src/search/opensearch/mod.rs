//! Tagged documents into OpenSearch and Elasticsearch.
//!
//! Documents go in `_bulk` requests and are indexed by their id, so that what is sent twice is there once. What the server
//! could not take for now is sent again, and nothing else; what it refuses is told. The mapping and example queries are
//! described in `src/search/README.md`.

use std::time::Duration;

use serde_json::json;
use ureq::http::Method;

use super::backoff::PATIENCE;
use super::{Feed, FeedError, Fingerprint, Known, Refused, ids};
use crate::document::TaggedDocument;

mod address;
mod annotated;
pub mod bulk;
mod client;
mod credentials;
mod index;
mod send;

use address::Address;
use client::{Body, Client};
use credentials::Credentials;
use send::{Item, Waiting};

/// How documents are sent.
#[derive(Clone, Debug)]
pub struct Options {
    /// Documents in a request, at most.
    pub documents: usize,
    /// Bytes of a request, at most, unless one document has more.
    pub bytes: usize,
    /// How long a server is tried that fails.
    pub patience: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            documents: 1000,
            bytes: 5 << 20,
            patience: PATIENCE,
            timeout: Duration::from_secs(90),
        }
    }
}

/// Opens the index at `opensearch://HOST:9200/INDEX`, `opensearch+https://…`, or the same with `elasticsearch`, and makes it
/// where there is none.
///
/// # Errors
/// Where the URL is none, the server cannot be reached or does not let us in, or the index is another program's. No message
/// has a password in it.
pub fn open(url: &str) -> Result<Box<dyn Feed>, FeedError> {
    open_with(url, &Options::default())
}

/// As [`open`], with requests of another size and other patience.
///
/// # Errors
/// As [`open`].
pub fn open_with(url: &str, options: &Options) -> Result<Box<dyn Feed>, FeedError> {
    let address = Address::parse(url)?;
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let credentials = Credentials::find(address.prefix, &variable)?;
    let mut client = Client::new(address, credentials, options.patience, options.timeout)?;
    let notice = index::ready(&mut client)?;
    Ok(Box::new(OpenSearchFeed {
        client,
        waiting: Waiting::new(options.clone()),
        refused: Vec::new(),
        notices: notice.into_iter().collect(),
    }))
}

/// An index that is written; any number of processes may write it at once.
struct OpenSearchFeed {
    client: Client,
    waiting: Waiting,
    refused: Vec<Refused>,
    notices: Vec<String>,
}

impl OpenSearchFeed {
    fn send(&mut self) -> Result<(), FeedError> {
        self.waiting.send(&mut self.client, &mut self.refused)
    }
}

impl Feed for OpenSearchFeed {
    fn add(&mut self, tagged: &TaggedDocument, fingerprint: Fingerprint) -> Result<(), FeedError> {
        let mut lines = Vec::new();
        bulk::write_lines(tagged, fingerprint, &mut lines).map_err(|error| {
            self.client
                .failed(&error.to_string(), "a document that can be written")
        })?;
        let full = self.waiting.add(Item {
            own_id: tagged.document.id.clone(),
            id: ids::stored(&tagged.document.id).into_owned(),
            action: "index",
            lines,
        });
        match full {
            true => self.send(),
            false => Ok(()),
        }
    }

    fn remove(&mut self, id: &str) -> Result<(), FeedError> {
        let stored = ids::stored(id).into_owned();
        let full = self.waiting.add(Item {
            own_id: id.to_owned(),
            action: "delete",
            lines: format!("{}\n", json!({ "delete": { "_id": stored } })).into_bytes(),
            id: stored,
        });
        match full {
            true => self.send(),
            false => Ok(()),
        }
    }

    /// A refresh is part of it: what was added is found.
    fn commit(&mut self) -> Result<(), FeedError> {
        self.send()?;
        let answer = self.client.ask(&Method::POST, "_refresh", Body::Empty)?;
        match answer.status {
            200 => Ok(()),
            _ => Err(self
                .client
                .failed(&self.client.said(&answer), "an index that can be refreshed")),
        }
    }

    fn finish(&mut self) -> Result<(), FeedError> {
        self.commit()
    }

    fn refused(&mut self) -> Vec<Refused> {
        std::mem::take(&mut self.refused)
    }

    fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    fn known(&self) -> Result<Box<dyn Known>, FeedError> {
        Ok(Box::new(KnownInOpenSearch {
            client: self.client.another()?,
        }))
    }

    fn documents(&mut self) -> Result<u64, FeedError> {
        let answer = self.client.ask(&Method::GET, "_count", Body::Empty)?;
        match (answer.status, answer.json["count"].as_u64()) {
            (200, Some(count)) => Ok(count),
            _ => Err(self
                .client
                .failed(&self.client.said(&answer), "an index that can be counted")),
        }
    }
}

struct KnownInOpenSearch {
    client: Client,
}

impl Known for KnownInOpenSearch {
    fn fingerprint(&mut self, id: &str) -> Result<Option<Fingerprint>, FeedError> {
        let body = json!({ "ids": [ids::stored(id)] }).to_string();
        // Not by the id's own address: an id may be '..'.
        let path = "_mget?_source_includes=fingerprint";
        let answer = self.client.ask(&Method::POST, path, Body::Json(&body))?;
        let document = &answer.json["docs"][0];
        match (answer.status, document["found"].as_bool()) {
            (200, Some(true)) => {
                let print = document["_source"]["fingerprint"].as_str();
                Ok(print
                    .and_then(|print| u64::from_str_radix(print, 16).ok())
                    .map(Fingerprint))
            }
            (200, Some(false)) => Ok(None),
            _ => Err(self
                .client
                .failed(&self.client.said(&answer), "an index that can be read")),
        }
    }
}
