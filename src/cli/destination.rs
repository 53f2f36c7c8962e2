//! Where documents go to be searched: `--into` a folder, `--to` a server.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, Failure, failure};
use crate::run::RunError;
use crate::search::index::feed::{IndexFeed, Options};
use crate::search::{Feed, FeedError, opensearch, postgres};

/// Seconds of work that a crash may cost where --checkpoint does not say.
pub const CHECKPOINT: f64 = 10.0;

/// Where documents go.
#[derive(Args)]
#[command(next_help_heading = "Search")]
pub struct DestinationArguments {
    /// Put the documents into the index in the folder DIR, which is made where it is not there: `nomenclator search DIR`
    /// finds them. A document takes the place of the one with its id; what is there already is passed over.
    #[arg(long, value_name = "DIR", conflicts_with = "to")]
    into: Option<PathBuf>,
    /// Put the documents into a server in the same way: postgres://..., opensearch://... or elasticsearch://... (with +https
    /// for a connection that is encrypted: opensearch+https://...).
    // Read later: clap would tell a wrong one whole, password and all.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

/// What `--into` and `--to` say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The folder of an index.
    Folder(PathBuf),
    /// `postgres://` or `postgresql://`.
    Postgres(Url),
    /// `opensearch://`, `elasticsearch://`, and both with `+https`.
    OpenSearch(Url),
}

/// An address, which may hold a password: only [`fmt::Display`] is for other eyes.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The whole address, for who connects.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Url {
    /// Scheme, host and path: what stands before an `@` or behind a `?` may be secret. Where it is not clear which part is
    /// which, the scheme alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let (server, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let server = match server.rsplit_once('@') {
            Some((_, host)) if !path.contains('@') => host,
            None if !path.contains('@') => server,
            _ => return write!(f, "{scheme}://..."),
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        write!(f, "{scheme}://{server}{path}")
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn server(text: &str) -> Result<Destination, Failure> {
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    let url = Url(text.to_owned());
    match scheme {
        "postgres" | "postgresql" => Ok(Destination::Postgres(url)),
        "opensearch" | "opensearch+https" | "elasticsearch" | "elasticsearch+https" => {
            Ok(Destination::OpenSearch(url))
        }
        _ => Err(failure(
            Exit::Usage,
            "--to: no address of a server: expected postgres://..., opensearch://... or elasticsearch://...",
        )),
    }
}

impl DestinationArguments {
    /// Where to, if that is said.
    ///
    /// # Errors
    /// Where no server is at such an address.
    pub fn resolve(&self) -> Result<Option<Destination>, Failure> {
        match (&self.into, &self.to) {
            (Some(folder), _) => Ok(Some(Destination::Folder(folder.clone()))),
            (None, Some(url)) => server(url).map(Some),
            (None, None) => Ok(None),
        }
    }
}

impl Destination {
    /// Opens it.
    ///
    /// # Errors
    /// Where it cannot be used, or another process writes it.
    pub fn open(&self, options: Options) -> Result<Box<dyn Feed>, Failure> {
        match self {
            Destination::Folder(folder) => Ok(Box::new(IndexFeed::open_with(folder, options)?)),
            Destination::Postgres(url) => Ok(postgres::open(url.reveal())?),
            Destination::OpenSearch(url) => Ok(opensearch::open(url.reveal())?),
        }
    }

    /// Bytes that it takes on this machine's disk.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Destination::Folder(folder) => Some(bytes_in(folder)),
            Destination::Postgres(_) | Destination::OpenSearch(_) => None,
        }
    }

    /// The folder, where it is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Destination::Folder(folder) => Some(folder),
            Destination::Postgres(_) | Destination::OpenSearch(_) => None,
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Folder(folder) => write!(f, "{}", folder.display()),
            Destination::Postgres(url) | Destination::OpenSearch(url) => write!(f, "{url}"),
        }
    }
}

fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let length = |entry: fs::DirEntry| entry.metadata().map_or(0, |there| there.len());
    entries.filter_map(Result::ok).map(length).sum()
}

impl From<FeedError> for Failure {
    fn from(error: FeedError) -> Self {
        RunError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            (
                "postgres://ann:s3cret@db.example:5432/news",
                "postgres://db.example:5432/news",
            ),
            (
                "opensearch+https://ann:s3@cret@host/index",
                "opensearch+https://host/index",
            ),
            (
                "postgres://host/news?user=ann&password=s3cret",
                "postgres://host/news",
            ),
            ("elasticsearch://host#s3cret", "elasticsearch://host"),
            ("postgres://host/news?password=s3@cret", "postgres://..."),
            ("postgres://ann:s3/c@r?e#t@host", "postgres://..."),
            ("postgres://ann:s3?cret@host", "postgres://..."),
            ("opensearch://localhost:9200", "opensearch://localhost:9200"),
        ] {
            let Ok(destination) = server(url) else {
                panic!("{url}")
            };
            assert_eq!(destination.to_string(), shown);
            assert!(!format!("{destination:?}").contains("s3"), "{destination:?}");
        }
        let Err(refused) = server("mysql://ann:s3cret@host") else {
            panic!("another kind of server")
        };
        assert!(!format!("{refused:?}").contains("s3cret"));
    }
}
