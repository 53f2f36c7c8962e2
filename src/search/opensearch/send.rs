//! Documents in `_bulk` requests: what was taken is done, what was not is sent again, what is refused is told.

use std::collections::HashMap;

use serde_json::Value;
use ureq::http::Method;

use super::Options;
use super::client::{Answer, Body, Client, told};
use crate::search::{FeedError, Refused};

/// The answer's parts that are looked at.
const BULK: &str = "_bulk?filter_path=errors,items.*._id,items.*.status,items.*.error";

/// A document that waits.
pub struct Item {
    /// The document's own id.
    pub own_id: String,
    /// The id under which it stands.
    pub id: String,
    /// What is done with it: `index` or `delete`.
    pub action: &'static str,
    /// Its two lines; of one that is deleted there is one.
    pub lines: Vec<u8>,
}

/// Documents that wait, each id once.
pub struct Waiting {
    items: Vec<Item>,
    places: HashMap<String, usize>,
    bytes: usize,
    /// Documents that the next request has, at most.
    most: usize,
    /// Bytes of a request that the server was seen to take, or [`Options::bytes`].
    most_bytes: usize,
    options: Options,
}

/// What became of a document of a request.
enum Fate {
    Taken,
    Again(String),
    Refused(String),
}

impl Waiting {
    /// None yet.
    pub fn new(options: Options) -> Self {
        Waiting {
            items: Vec::new(),
            places: HashMap::new(),
            bytes: 0,
            most: options.documents,
            most_bytes: options.bytes,
            options,
        }
    }

    /// Takes a document, in place of one of the same id that waits; `true` where it is time to send.
    pub fn add(&mut self, item: Item) -> bool {
        self.bytes += item.lines.len();
        match self.places.get(&item.id) {
            Some(&place) => self.items[place] = item,
            None => {
                self.places.insert(item.id.clone(), self.items.len());
                self.items.push(item);
            }
        }
        self.items.len() >= self.options.documents || self.bytes >= self.options.bytes
    }

    /// Sends all that waits. What an error leaves is sent the next time.
    ///
    /// # Errors
    /// Where the server fails for good.
    pub fn send(&mut self, client: &mut Client, refused: &mut Vec<Refused>) -> Result<(), FeedError> {
        self.places.clear();
        let sent = self.send_all(client, refused);
        self.bytes = self.items.iter().map(|item| item.lines.len()).sum();
        let places = self.items.iter().enumerate();
        self.places = places.map(|(place, item)| (item.id.clone(), place)).collect();
        sent
    }

    fn send_all(&mut self, client: &mut Client, refused: &mut Vec<Refused>) -> Result<(), FeedError> {
        while !self.items.is_empty() {
            let (count, body) = self.request();
            let answer = client.ask_on(&Method::POST, BULK, Body::Lines(&body))?;
            match answer.status {
                200 => self.settle(count, &answer, client, refused)?,
                // Larger than the server takes, or refused as a whole: in halves, until it is known for what document.
                400 | 413 if count > 1 => {
                    client.succeeded();
                    self.most = count / 2;
                    if answer.status == 413 {
                        self.most_bytes = body.len() / 2;
                    }
                }
                400 | 413 => {
                    client.succeeded();
                    let item = self.items.remove(0);
                    refused.push(Refused {
                        id: item.own_id,
                        reason: format!(
                            "{}: expected a document that the server takes",
                            client.said(&answer)
                        ),
                    });
                }
                _ => return Err(client.failed(&client.said(&answer), "an index that can be written")),
            }
        }
        Ok(())
    }

    /// The next request, and how many of the documents are in it.
    fn request(&self) -> (usize, Vec<u8>) {
        let mut body = Vec::new();
        let mut count = 0;
        for item in self.items.iter().take(self.most.max(1)) {
            if count > 0 && body.len() + item.lines.len() > self.most_bytes {
                break;
            }
            body.extend_from_slice(&item.lines);
            count += 1;
        }
        (count, body)
    }

    /// Keeps of the first `count` documents those that are to be sent again.
    fn settle(
        &mut self,
        count: usize,
        answer: &Answer,
        client: &mut Client,
        refused: &mut Vec<Refused>,
    ) -> Result<(), FeedError> {
        let fates = fates(&self.items[..count], &answer.json, client)?;
        let Some(fates) = fates else {
            return client.failed_again("an answer that is not about the documents sent");
        };
        let mut again = None;
        let mut rest = Vec::new();
        let tail = self.items.split_off(count);
        for (item, fate) in self.items.drain(..).zip(fates) {
            match fate {
                Fate::Taken => {}
                Fate::Again(why) => {
                    again.get_or_insert(why);
                    rest.push(item);
                }
                Fate::Refused(reason) => refused.push(Refused {
                    id: item.own_id,
                    reason,
                }),
            }
        }
        let left = rest.len();
        rest.extend(tail);
        self.items = rest;
        if left < count {
            client.succeeded();
            self.most = (self.most * 2).clamp(1, self.options.documents.max(1));
        }
        match again {
            Some(why) => client.failed_again(&why),
            None => Ok(()),
        }
    }
}

/// What became of each; `None` where the answer is about something else.
fn fates(items: &[Item], answer: &Value, client: &Client) -> Result<Option<Vec<Fate>>, FeedError> {
    let Some(answers) = answer["items"]
        .as_array()
        .filter(|answers| answers.len() == items.len())
    else {
        return Ok(None);
    };
    let mut fates = Vec::with_capacity(items.len());
    for (item, answer) in items.iter().zip(answers) {
        let answer = &answer[item.action];
        let status = answer["status"].as_u64();
        let (Some(status), true) = (status, answer["_id"] == *item.id) else {
            return Ok(None);
        };
        let said = || format!("status {status}{}", told(&answer["error"]));
        fates.push(match status {
            200..300 => Fate::Taken,
            // It was not there.
            404 if item.action == "delete" && answer["error"].is_null() => Fate::Taken,
            408 | 429 | 500.. => Fate::Again(said()),
            // Not the document's fault: blocked for writing, or gone.
            401 | 403 | 404 => return Err(client.failed(&said(), "an index that can be written")),
            _ => Fate::Refused(
                client.shown(&format!("{}: expected a document that the mapping takes", said())),
            ),
        });
    }
    Ok(Some(fates))
}
