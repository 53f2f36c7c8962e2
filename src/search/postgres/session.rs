//! A connection that comes back: what was asked is asked again after a lost connection, a restart or a deadlock.

use std::io;
use std::time::Duration;

use postgres::error::SqlState;
use postgres::{Client, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use crate::search::FeedError;
use crate::search::backoff::Backoff;

/// A session with a server.
pub struct Session {
    address: Address,
    connector: MakeRustlsConnect,
    client: Option<Client>,
    backoff: Backoff,
    patience: Duration,
}

/// Why a server did not do what it was asked.
pub enum Failure {
    /// Something that was sent is the reason: without it the rest may go.
    Data(String),
    /// Everything else.
    Feed(FeedError),
}

impl Session {
    /// Connects. A server that is starting is waited for, one that is not there is an error at once.
    ///
    /// # Errors
    /// Where it cannot be reached, or refuses.
    pub fn open(address: Address, patience: Duration) -> Result<Self, FeedError> {
        let connector = address.trust.connector().map_err(|reason| FeedError::Unusable {
            place: address.place.clone(),
            reason,
        })?;
        let mut session = Session {
            address,
            connector,
            client: None,
            backoff: Backoff::new(patience),
            patience,
        };
        loop {
            match session.connect() {
                Ok(client) => {
                    session.client = Some(client);
                    session.backoff.succeeded();
                    return Ok(session);
                }
                Err(error) => {
                    let starting = error.code() == Some(&SqlState::CANNOT_CONNECT_NOW);
                    if !starting || !session.backoff.wait(None) {
                        return Err(session.failed(&error));
                    }
                }
            }
        }
    }

    /// Another one with the same server.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn another(&self) -> Result<Self, FeedError> {
        Session::open(self.address.clone(), self.patience)
    }

    /// What messages call the server.
    pub fn place(&self) -> &str {
        &self.address.place
    }

    /// The schema of the tables.
    pub fn schema(&self) -> &str {
        &self.address.schema
    }

    /// Does `work`, again and again where what goes wrong can go well another time: `work` must be such that doing it twice
    /// is doing it once.
    ///
    /// # Errors
    /// Where it goes wrong for good, or for longer than the patience lasts.
    pub fn run<T>(&mut self, mut work: impl FnMut(&mut Client) -> Result<T, Error>) -> Result<T, Failure> {
        loop {
            let outcome = match &mut self.client {
                Some(client) => work(client),
                None => self.connect().and_then(|client| work(self.client.insert(client))),
            };
            let error = match outcome {
                Ok(done) => {
                    self.backoff.succeeded();
                    return Ok(done);
                }
                Err(error) => error,
            };
            let lost = is_lost(&error);
            if lost {
                self.client = None;
            }
            if !(lost || is_conflict(&error)) {
                self.backoff.succeeded();
                return Err(match is_data(&error) {
                    true => Failure::Data(told(&error)),
                    false => Failure::Feed(self.failed(&error)),
                });
            }
            if !self.backoff.wait(None) {
                return Err(Failure::Feed(self.failed(&error)));
            }
        }
    }

    /// A failure of something that is no document.
    pub fn whole(&self, failure: Failure) -> FeedError {
        match failure {
            Failure::Feed(error) => error,
            Failure::Data(reason) => FeedError::Failed {
                place: self.address.place.clone(),
                reason,
            },
        }
    }

    fn connect(&self) -> Result<Client, Error> {
        let mut client = self.address.config.connect(self.connector.clone())?;
        // What is committed is on the disk, whatever the server does otherwise.
        client.batch_execute(&format!(
            "set client_min_messages to warning;
             set search_path to {};
             select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
            quoted(&self.address.schema)
        ))?;
        Ok(client)
    }

    fn failed(&self, error: &Error) -> FeedError {
        let tries = match self.backoff.failures() {
            0 | 1 => String::new(),
            failures => format!(", {failures} times in {} s", self.patience.as_secs()),
        };
        FeedError::Failed {
            place: self.address.place.clone(),
            reason: format!("{}{tries}: expected {}", told(error), expected(error)),
        }
    }
}

/// An identifier as SQL takes any.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What the server or the connection said, in one line.
pub fn told(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        let detail = said
            .detail()
            .map(|detail| format!(" ({detail})"))
            .unwrap_or_default();
        return format!("{}{detail} [{}]", said.message(), said.code().code()).replace('\n', " ");
    }
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !told.ends_with(&said) {
            told = format!("{told}: {said}");
        }
        cause = error.source();
    }
    told.replace('\n', " ")
}

fn expected(error: &Error) -> &'static str {
    match error.code().map(SqlState::code) {
        Some(code) if code.starts_with("28") => {
            "a user and a password that the server knows, from the URL, PGPASSWORD or a file as PGPASSFILE"
        }
        Some("3D000") => "a database that is there",
        Some("42501") => "a user who may make the schema and its tables, and write them",
        Some("53100") => "room on the server's disk; what was committed is there",
        Some("25006") => "a server that can be written",
        Some(_) => "a server that takes the documents; what was committed is there",
        None if error.to_string().contains("password missing") => {
            "one in PGPASSWORD, in a file as PGPASSFILE or ~/.pgpass, or in the URL"
        }
        None => "a server that answers",
    }
}

/// Whether there is no connection any more, or none for now.
fn is_lost(error: &Error) -> bool {
    if let Some(code) = error.code() {
        return code.code().starts_with("08")
            || [
                SqlState::ADMIN_SHUTDOWN,
                SqlState::CRASH_SHUTDOWN,
                SqlState::CANNOT_CONNECT_NOW,
                SqlState::TOO_MANY_CONNECTIONS,
            ]
            .contains(code);
    }
    // A certificate that is not trusted comes as invalid data.
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    let is_timeout = error.to_string().starts_with("timeout");
    error.is_closed()
        || is_timeout
        || cause.is_some_and(|error| {
            !matches!(
                error.kind(),
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
            )
        })
}

/// Whether another transaction was in the way.
fn is_conflict(error: &Error) -> bool {
    let conflicts = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    error.code().is_some_and(|code| conflicts.contains(code))
}

/// Whether a value that was sent is the reason: data exceptions and limits.
fn is_data(error: &Error) -> bool {
    error.as_db_error().is_some_and(|said| {
        let code = said.code().code();
        let too_large = said.message().starts_with("invalid memory alloc request size");
        code.starts_with("22") || code.starts_with("54") || too_large
    })
}
