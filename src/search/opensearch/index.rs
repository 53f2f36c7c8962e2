//! The index: made where there is none, and known by its `_meta`.

use serde_json::{Value, json};
use ureq::http::Method;

use super::bulk::MAPPING;
use super::client::{Answer, Body, Client};
use crate::search::FeedError;

/// The version in the `_meta` of [`MAPPING`].
const VERSION: u64 = 1;

/// Sees to it that the index is there with the mapping. Gives what there is to tell about it.
///
/// # Errors
/// Where it holds something else, or cannot be made.
pub fn ready(client: &mut Client) -> Result<Option<String>, FeedError> {
    let mut notice = None;
    // Somebody else may make it, or unmake it, between the questions.
    for _ in 0..3 {
        let answer = client.ask(&Method::GET, "_mapping", Body::Empty)?;
        match answer.status {
            200 => {
                check(client, &answer)?;
                return Ok(notice);
            }
            404 => {}
            _ => return Err(client.unusable(&client.said(&answer), "an index")),
        }
        notice = make(client)?;
    }
    Err(client.failed("an index that comes and goes", "an index that stays"))
}

fn check(client: &Client, answer: &Answer) -> Result<(), FeedError> {
    const EXPECTED: &str = "a new name, or an index that nomenclator made";
    let indexes = answer
        .json
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::values);
    let mut any = false;
    for index in indexes {
        any = true;
        let ours = &index["mappings"]["_meta"]["nomenclator"];
        let version = (ours["kind"] == "documents")
            .then(|| ours["version"].as_u64())
            .flatten();
        match version {
            Some(VERSION) => {}
            Some(version) => {
                let why = format!("a mapping of version {version}");
                return Err(client.unusable(&why, &format!("version {VERSION}, or a new name")));
            }
            None => return Err(client.unusable("an index with another mapping", EXPECTED)),
        }
    }
    match any {
        true => Ok(()),
        false => Err(client.unusable("an answer without a mapping", EXPECTED)),
    }
}

/// Makes the index, without the annotated text where the server has no plugin for it.
fn make(client: &mut Client) -> Result<Option<String>, FeedError> {
    let answer = client.ask(&Method::PUT, "", Body::Json(MAPPING))?;
    let reason = client.said(&answer);
    match answer.status {
        200 | 201 => return Ok(None),
        400 if answer.error_type() == "resource_already_exists_exception" => return Ok(None),
        400 if reason.contains("annotated_text") => {}
        _ => return Err(client.unusable(&reason, "a server that makes the index")),
    }
    let answer = client.ask(&Method::PUT, "", Body::Json(&without_plugin().to_string()))?;
    let exists = answer.error_type() == "resource_already_exists_exception";
    match answer.status {
        200 | 201 => {}
        400 if exists => {}
        _ => return Err(client.unusable(&client.said(&answer), "a server that makes the index")),
    }
    Ok(Some(format!(
        "{}: the server has no plugin mapper-annotated-text: 'annotated' is kept and not searched; words are searched in 'text', \
         entities in 'entities' and 'mentions'",
        client.place()
    )))
}

fn without_plugin() -> Value {
    let mut mapping: Value = serde_json::from_str(MAPPING).unwrap_or_default();
    mapping["mappings"]["properties"]["annotated"] = json!({"type": "text", "index": false});
    mapping
}
