//! Requests to a server: sent again where that can help.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use flate2::write::GzEncoder;
use serde_json::Value;
use ureq::http::{Method, Request};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Error};

use super::address::Address;
use super::credentials::Credentials;
use crate::search::FeedError;
use crate::search::backoff::Backoff;

/// Bytes of an answer that are read, at most.
const ANSWER: u64 = 64 << 20;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// Characters of what the server says in a message.
const SAID: usize = 500;

/// A server, and how it has answered lately.
pub struct Client {
    agent: Agent,
    address: Address,
    credentials: Credentials,
    patience: Duration,
    timeout: Duration,
    backoff: Backoff,
    /// Whether it has ever answered: before, an address may be wrong, and waiting does not help.
    reached: bool,
}

/// What a server answered.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, `Null` where it is no JSON.
    pub json: Value,
    retry_after: Option<Duration>,
}

impl Answer {
    /// The kind of its error, such as `mapper_parsing_exception`.
    pub fn error_type(&self) -> &str {
        self.json["error"]["type"].as_str().unwrap_or_default()
    }
}

/// A body.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// Nothing.
    Empty,
    /// A JSON value.
    Json(&'a str),
    /// `_bulk` lines.
    Lines(&'a [u8]),
}

/// A request that was not answered.
enum Lost {
    /// It may be another time.
    Again(String),
    /// It never will.
    Never(String),
}

impl Client {
    /// A client for `address` that waits for an answer for `timeout`, and goes on for `patience` where there are failures.
    ///
    /// # Errors
    /// Where the file of certificates cannot be read.
    pub fn new(
        address: Address,
        credentials: Credentials,
        patience: Duration,
        timeout: Duration,
    ) -> Result<Self, FeedError> {
        let roots = match &address.ca {
            Some(file) => certificates(file).map_err(|reason| FeedError::Unusable {
                place: file.display().to_string(),
                reason,
            })?,
            None => RootCerts::PlatformVerifier,
        };
        let tls = TlsConfig::builder()
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(timeout))
            .tls_config(tls);
        if address.local {
            config = config.proxy(None);
        }
        Ok(Client {
            agent: config.build().new_agent(),
            address,
            credentials,
            patience,
            timeout,
            backoff: Backoff::new(patience),
            reached: false,
        })
    }

    /// Another one for the same server.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn another(&self) -> Result<Self, FeedError> {
        let mut another = Client::new(
            self.address.clone(),
            self.credentials.clone(),
            self.patience,
            self.timeout,
        )?;
        another.reached = self.reached;
        Ok(another)
    }

    /// What messages call the index.
    pub fn place(&self) -> &str {
        &self.address.place
    }

    /// Asks once, and again where the server is away or busy. The answer has a status below 500 that is neither 401, 403,
    /// 408 nor 429, and where it is good its body is JSON.
    ///
    /// # Errors
    /// Where it stays so for longer than the patience lasts, or the server does not let us in.
    pub fn ask(&mut self, method: &Method, path: &str, body: Body) -> Result<Answer, FeedError> {
        let answer = self.ask_on(method, path, body)?;
        self.backoff.succeeded();
        Ok(answer)
    }

    /// As [`Client::ask`], but an answer ends no row of failures: [`Client::succeeded`] and [`Client::failed_again`] do.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn ask_on(&mut self, method: &Method, path: &str, body: Body) -> Result<Answer, FeedError> {
        loop {
            let (why, asked) = match self.call(method, path, body) {
                Err(Lost::Never(why)) => return Err(self.failed(&why, "a server that answers")),
                Err(Lost::Again(why)) if !self.reached => {
                    return Err(self.failed(&why, "a server that answers"));
                }
                Err(Lost::Again(why)) => (why, None),
                Ok(answer) => {
                    self.reached = true;
                    match answer.status {
                        401 | 403 => return Err(self.not_let_in(&answer)),
                        408 | 429 | 500.. => (self.said(&answer), answer.retry_after),
                        200..300 if answer.json.is_null() => ("an answer that is no JSON".to_owned(), None),
                        _ => return Ok(answer),
                    }
                }
            };
            self.wait(&why, asked)?;
        }
    }

    /// Some of what was sent was taken.
    pub fn succeeded(&mut self) {
        self.backoff.succeeded();
    }

    /// Some of what was sent was not taken for now: waits.
    ///
    /// # Errors
    /// Where the patience is at its end.
    pub fn failed_again(&mut self, why: &str) -> Result<(), FeedError> {
        let why = self.credentials.redacted(why);
        self.wait(&why, None)
    }

    fn wait(&mut self, why: &str, asked: Option<Duration>) -> Result<(), FeedError> {
        match self.backoff.wait(asked) {
            true => Ok(()),
            false => {
                let why = format!(
                    "{why}, {} times in {} s",
                    self.backoff.failures(),
                    self.patience.as_secs()
                );
                Err(self.failed(&why, "a server that takes the documents; what it took is there"))
            }
        }
    }

    /// An error that ends the work, with what was expected.
    pub fn failed(&self, why: &str, expected: &str) -> FeedError {
        FeedError::Failed {
            place: self.address.place.clone(),
            reason: format!("{}: expected {expected}", self.credentials.redacted(why)),
        }
    }

    /// As [`Client::failed`], for what is there but cannot be used.
    pub fn unusable(&self, why: &str, expected: &str) -> FeedError {
        FeedError::Unusable {
            place: self.address.place.clone(),
            reason: format!("{}: expected {expected}", self.credentials.redacted(why)),
        }
    }

    /// A text of the server's without secrets.
    pub fn shown(&self, text: &str) -> String {
        self.credentials.redacted(text)
    }

    /// What an answer says is wrong, in one line and without secrets.
    pub fn said(&self, answer: &Answer) -> String {
        let said = told(&answer.json["error"]);
        self.shown(&format!("status {}{said}", answer.status))
    }

    fn not_let_in(&self, answer: &Answer) -> FeedError {
        let prefix = self.address.prefix;
        let given = match self.credentials.header() {
            Some(_) => "the credentials do not suffice",
            None => "no credentials were given",
        };
        self.failed(
            &format!("{}, {given}", self.said(answer)),
            &format!(
                "{prefix}_USERNAME and {prefix}_PASSWORD, {prefix}_API_KEY or {prefix}_CREDENTIALS_FILE of somebody who may \
                 make the index and write it"
            ),
        )
    }

    fn call(&self, method: &Method, path: &str, body: Body) -> Result<Answer, Lost> {
        let never = |error: ureq::http::Error| Lost::Never(error.to_string());
        let uri = format!("{}/{}/{path}", self.address.base, self.address.index);
        let mut request = Request::builder()
            .method(method)
            .uri(uri.trim_end_matches('/'))
            .header("Accept", "application/json");
        if let Some(header) = self.credentials.header() {
            request = request.header("Authorization", header);
        }
        let answer = match body {
            Body::Empty if method == Method::GET => self.agent.run(request.body(()).map_err(never)?),
            // With a length of 0: of no body at all the client makes chunks.
            Body::Empty => self.agent.run(request.body(&[][..]).map_err(never)?),
            Body::Json(json) => {
                let request = request.header("Content-Type", "application/json");
                self.agent.run(request.body(json).map_err(never)?)
            }
            Body::Lines(lines) => {
                let request = request.header("Content-Type", "application/x-ndjson");
                match self.address.gzip {
                    false => self.agent.run(request.body(lines).map_err(never)?),
                    true => {
                        let lines = gzipped(lines).map_err(|error| Lost::Never(error.to_string()))?;
                        let request = request.header("Content-Encoding", "gzip");
                        self.agent.run(request.body(&*lines).map_err(never)?)
                    }
                }
            }
        };
        let mut answer = answer.map_err(lost)?;
        let retry_after = answer.headers().get("retry-after");
        let seconds = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let body = answer.body_mut().with_config().limit(ANSWER).read_to_vec();
        Ok(Answer {
            status: answer.status().as_u16(),
            json: serde_json::from_slice(&body.map_err(lost)?).unwrap_or(Value::Null),
            retry_after: seconds.map(Duration::from_secs),
        })
    }
}

/// An error of the server's in words, with a colon before it.
pub fn told(error: &Value) -> String {
    let said = match (error["type"].as_str(), error["reason"].as_str()) {
        (Some(sort), Some(reason)) => format!(": {sort}: {reason}"),
        (Some(said), None) | (None, Some(said)) => format!(": {said}"),
        (None, None) => error.as_str().map(|said| format!(": {said}")).unwrap_or_default(),
    };
    let cause = error["caused_by"]["reason"]
        .as_str()
        .map(|cause| format!(" ({cause})"));
    let said = said + &cause.unwrap_or_default();
    said.chars()
        .take(SAID)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn lost(error: Error) -> Lost {
    let never = match &error {
        Error::Rustls(_) | Error::Tls(_) | Error::Pem(_) | Error::BadUri(_) | Error::Http(_) => true,
        // How a certificate that is not trusted comes out of the connection.
        Error::Io(error) => error.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    };
    match never {
        true => Lost::Never(error.to_string()),
        false => Lost::Again(error.to_string()),
    }
}

fn gzipped(lines: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(lines)?;
    encoder.finish()
}

fn certificates(file: &std::path::Path) -> Result<RootCerts, String> {
    let pem = std::fs::read(file).map_err(|error| format!("{error}: expected a PEM file of certificates"))?;
    let mut found: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| error.to_string())? {
            found.push(certificate);
        }
    }
    match found.is_empty() {
        true => Err("no certificate in it: expected PEM".to_owned()),
        false => Ok(RootCerts::from(found)),
    }
}
