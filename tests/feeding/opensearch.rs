//! A server that speaks what is documented of OpenSearch's and Elasticsearch's protocol, and fails as they do.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Chance;

/// How the server behaves.
#[derive(Clone)]
pub struct Behaviour {
    /// Of a hundred requests, how many fail in one way or another.
    pub faults: usize,
    /// Where the faults come from.
    pub seed: u64,
    /// Of the documents of every `_bulk`, about a half is not taken for now.
    pub busy: bool,
    /// Bytes of a body, at most.
    pub most_bytes: usize,
    /// Whether it has the plugin for annotated text.
    pub plugin: bool,
    /// What `Authorization` has to say.
    pub authorization: Option<String>,
    /// Every `_bulk` fails with this status.
    pub broken: Option<u16>,
    /// The first `_bulk` is answered 429 with this `Retry-After`.
    pub retry_after: Option<u64>,
    /// How long the slowest answers take.
    pub slow: Duration,
}

impl Default for Behaviour {
    fn default() -> Self {
        Behaviour {
            faults: 0,
            seed: 1,
            busy: false,
            most_bytes: usize::MAX,
            plugin: true,
            authorization: None,
            broken: None,
            retry_after: None,
            slow: Duration::from_millis(700),
        }
    }
}

/// What the server has, and what it was sent.
#[derive(Default)]
pub struct State {
    /// Mappings of the index, as it was made.
    pub index: Option<Value>,
    /// Documents by `_id`.
    pub documents: BTreeMap<String, Value>,
    /// The ids of each `_bulk` request, what became of each and when it came.
    pub requests: Vec<(Vec<(String, u16)>, Instant)>,
    /// Faults by their name.
    pub faults: BTreeMap<&'static str, usize>,
    pub refreshed: bool,
    pub gzipped: usize,
}

pub struct Server {
    pub port: u16,
    pub state: Arc<Mutex<State>>,
    behaviour: Arc<Mutex<Behaviour>>,
}

struct Request {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// How a request goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    TooMany,
    TooManyForNow,
    Unavailable,
    BadGateway,
    DropBefore,
    DropAfter,
    Truncated,
    Slow,
    OtherAnswer,
    Items,
}

const FAULTS: [(Fault, &str); 10] = [
    (Fault::TooMany, "429"),
    (Fault::TooManyForNow, "429 with Retry-After"),
    (Fault::Unavailable, "503"),
    (Fault::BadGateway, "502"),
    (Fault::DropBefore, "dropped before applying"),
    (Fault::DropAfter, "dropped after applying"),
    (Fault::Truncated, "truncated answer"),
    (Fault::Slow, "slow answer"),
    (Fault::OtherAnswer, "another answer"),
    (Fault::Items, "single items"),
];

impl Server {
    pub fn start(behaviour: Behaviour) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
            behaviour: Arc::new(Mutex::new(behaviour.clone())),
        };
        let (state, behaviour) = (Arc::clone(&server.state), Arc::clone(&server.behaviour));
        let chance = Arc::new(Mutex::new(Chance::new(behaviour.lock().unwrap().seed)));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let connection = Connection {
                    state: Arc::clone(&state),
                    behaviour: Arc::clone(&behaviour),
                    chance: Arc::clone(&chance),
                };
                thread::spawn(move || connection.serve(stream));
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("opensearch://127.0.0.1:{}/news", self.port)
    }

    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().unwrap());
    }

    pub fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }
}

struct Connection {
    state: Arc<Mutex<State>>,
    behaviour: Arc<Mutex<Behaviour>>,
    chance: Arc<Mutex<Chance>>,
}

fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|&bytes| bytes > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|&bytes| bytes > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    assert!(
        !headers.contains_key("transfer-encoding"),
        "bodies of a known length are expected"
    );
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        path,
        headers,
        body,
    })
}

fn error(sort: &str, reason: &str) -> Value {
    json!({"error": {"root_cause": [], "type": sort, "reason": reason}})
}

impl Connection {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        while let Some(request) = read(&mut reader) {
            if self.answer(&request, &mut stream).is_none() {
                return;
            }
        }
    }

    /// `None` where the connection is to be dropped.
    fn answer(&self, request: &Request, stream: &mut TcpStream) -> Option<()> {
        let behaviour = self.behaviour.lock().unwrap().clone();
        let given = request.headers.get("authorization");
        if behaviour.authorization.is_some() && given != behaviour.authorization.as_ref() {
            // Some proxies show what they were sent.
            let reason = format!("unable to authenticate with {given:?} for {}", request.path);
            return send(stream, 401, "", &error("security_exception", &reason).to_string());
        }
        if request.body.len() > behaviour.most_bytes {
            return send(stream, 413, "", "<html>Request Entity Too Large</html>");
        }
        let fault = self.fault(&behaviour, request);
        match fault {
            Some(Fault::TooMany) => {
                return send(
                    stream,
                    429,
                    "",
                    &error("es_rejected_execution_exception", "busy").to_string(),
                );
            }
            Some(Fault::TooManyForNow) => return send(stream, 429, "Retry-After: 0\r\n", ""),
            Some(Fault::Unavailable) => {
                return send(
                    stream,
                    503,
                    "",
                    &error("cluster_block_exception", "no master").to_string(),
                );
            }
            Some(Fault::BadGateway) => return send(stream, 502, "", "<html>Bad Gateway</html>"),
            Some(Fault::DropBefore) => return None,
            _ => {}
        }
        let (status, headers, answer) =
            self.handle(request, fault == Some(Fault::Items) || behaviour.busy, &behaviour);
        match fault {
            Some(Fault::DropAfter) => return None,
            Some(Fault::Truncated) => {
                let head = format!(
                    "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n",
                    answer.len() + 10
                );
                let _ = stream.write_all(head.as_bytes());
                let _ = stream.write_all(&answer.as_bytes()[..answer.len() / 2]);
                return None;
            }
            Some(Fault::Slow) => thread::sleep(behaviour.slow),
            Some(Fault::OtherAnswer) => return send(stream, 200, "", r#"{"errors":false,"items":[]}"#),
            _ => {}
        }
        send(stream, status, &headers, &answer)
    }

    fn fault(&self, behaviour: &Behaviour, request: &Request) -> Option<Fault> {
        let mut chance = self.chance.lock().unwrap();
        let bulk = request.path.contains("/_bulk");
        // Before the index is known to be there, a wrong address is to be told at once.
        let asks = request.path.contains("_mapping") || request.method == "PUT";
        if asks || chance.below(100) >= behaviour.faults {
            return None;
        }
        let (fault, name) = FAULTS[chance.below(if bulk { FAULTS.len() } else { 7 })];
        *self.state.lock().unwrap().faults.entry(name).or_default() += 1;
        Some(fault)
    }

    fn handle(&self, request: &Request, items: bool, behaviour: &Behaviour) -> (u16, String, String) {
        let mut state = self.state.lock().unwrap();
        let path = request.path.split('?').next().unwrap();
        let plain = |status: u16, answer: Value| (status, String::new(), answer.to_string());
        match (request.method.as_str(), path) {
            ("PUT", "/news") => {
                if state.index.is_some() {
                    return plain(
                        400,
                        error("resource_already_exists_exception", "index [news] already exists"),
                    );
                }
                let index: Value = serde_json::from_slice(&request.body).unwrap();
                if !behaviour.plugin
                    && index["mappings"]["properties"]["annotated"]["type"] == "annotated_text"
                {
                    let reason = "No handler for type [annotated_text] declared on field [annotated]";
                    return plain(400, error("mapper_parsing_exception", reason));
                }
                state.index = Some(json!({"mappings": index["mappings"]}));
                plain(
                    200,
                    json!({"acknowledged": true, "shards_acknowledged": true, "index": "news"}),
                )
            }
            (_, _) if state.index.is_none() => {
                plain(404, error("index_not_found_exception", "no such index [news]"))
            }
            ("GET", "/news/_mapping") => plain(200, json!({"news-000001": state.index})),
            ("POST", "/news/_refresh") => {
                state.refreshed = true;
                plain(
                    200,
                    json!({"_shards": {"total": 2, "successful": 1, "failed": 0}}),
                )
            }
            ("GET", "/news/_count") => plain(200, json!({"count": state.documents.len()})),
            ("POST", "/news/_mget") => {
                let asked: Value = serde_json::from_slice(&request.body).unwrap();
                let found = asked["ids"].as_array().unwrap().iter().map(|id| {
                    match state.documents.get(id.as_str().unwrap()) {
                        Some(source) => json!({"_id": id, "found": true, "_source": {"fingerprint": source["fingerprint"]}}),
                        None => json!({"_id": id, "found": false}),
                    }
                });
                let found: Vec<Value> = found.collect();
                plain(200, json!({"docs": found}))
            }
            ("POST", "/news/_bulk") => self.bulk(&mut state, request, items, behaviour),
            _ => plain(405, error("illegal_argument_exception", &request.path)),
        }
    }

    fn bulk(
        &self,
        state: &mut State,
        request: &Request,
        items: bool,
        behaviour: &Behaviour,
    ) -> (u16, String, String) {
        let mut body = Vec::new();
        match request.headers.get("content-encoding").map(String::as_str) {
            Some("gzip") => {
                state.gzipped += 1;
                flate2::read::GzDecoder::new(&request.body[..])
                    .read_to_end(&mut body)
                    .unwrap();
            }
            _ => body.clone_from(&request.body),
        }
        assert_eq!(request.headers["content-type"], "application/x-ndjson");
        assert_eq!(body.last(), Some(&b'\n'));
        let lines: Vec<Value> = body
            .strip_suffix(b"\n")
            .unwrap()
            .split(|&byte| byte == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        let mut seen = Vec::new();
        let first = state.requests.is_empty();
        let whole = match (behaviour.broken, behaviour.retry_after) {
            (Some(status), _) => Some((status, String::new())),
            (None, Some(seconds)) if first => Some((429, format!("Retry-After: {seconds}\r\n"))),
            _ if lines
                .iter()
                .any(|line| line["id"].as_str().is_some_and(|id| id.contains("poison"))) =>
            {
                Some((400, String::new()))
            }
            _ => None,
        };
        let mut answers = Vec::new();
        let mut rest = lines.as_slice();
        while let [action, after @ ..] = rest {
            assert_eq!(action.as_object().unwrap().len(), 1);
            // One that is deleted has no second line.
            let (name, source, after) = match (action.get("delete"), after) {
                (Some(_), _) => ("delete", &Value::Null, after),
                (None, [source, after @ ..]) => ("index", source, after),
                (None, []) => panic!("an action without its document"),
            };
            rest = after;
            let id = action[name]["_id"].as_str().unwrap();
            let absent = name == "delete" && !state.documents.contains_key(id);
            let busy = items
                .then(|| [None, None, Some(429), Some(503)][self.chance.lock().unwrap().below(4)])
                .flatten();
            let status = match whole {
                Some((status, _)) => status,
                None => busy.unwrap_or_else(|| match name {
                    "delete" => [200, 404][usize::from(absent)],
                    _ => check(id, source),
                }),
            };
            seen.push((id.to_owned(), status));
            if whole.is_some() {
                continue;
            }
            let mut answer = json!({"_index": "news", "_id": id, "status": status});
            match status {
                404 if absent => answer["result"] = "not_found".into(),
                200..300 if name == "delete" => drop(state.documents.remove(id)),
                400.. => {
                    let said = error("mapper_parsing_exception", "failed to parse");
                    answer["error"] = said["error"].clone();
                }
                _ => {
                    state.documents.insert(id.to_owned(), source.clone());
                }
            }
            answers.push(json!({name: answer}));
        }
        state.requests.push((seen, Instant::now()));
        match whole {
            Some((status, headers)) => (
                status,
                headers,
                error("illegal_argument_exception", "as a whole").to_string(),
            ),
            None => {
                let errors = answers
                    .iter()
                    .flat_map(|answer| answer.as_object().unwrap().values())
                    .any(|answer| answer["error"].is_object());
                (
                    200,
                    String::new(),
                    json!({"took": 1, "errors": errors, "items": answers}).to_string(),
                )
            }
        }
    }
}

/// The status that a document gets: by the rules of the mapping.
fn check(id: &str, source: &Value) -> u16 {
    let is_day = |day: &Value| day.is_null() || day.as_str().is_some_and(|day| day.len() == 10);
    let annotated = source["annotated"].as_str().unwrap();
    let mark = regex::Regex::new(r"\[([^\]\[]*)\]\(([^)(]*)\)").unwrap();
    let marks = mark.captures_iter(annotated).all(|mark| !mark[2].contains('='));
    let good = (1..=512).contains(&id.len())
        && !id.contains("refuse")
        && marks
        && is_day(&source["date_first"])
        && is_day(&source["date_last"])
        && source["extra"]
            .as_str()
            .is_none_or(|extra| serde_json::from_str::<serde::de::IgnoredAny>(extra).is_ok());
    if good { 201 } else { 400 }
}

fn send(stream: &mut TcpStream, status: u16, headers: &str, body: &str) -> Option<()> {
    let head = format!(
        "HTTP/1.1 {status} X\r\n{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // In one piece: in two, the second would wait for the first one's receipt.
    stream.write_all((head + body).as_bytes()).ok()
}
