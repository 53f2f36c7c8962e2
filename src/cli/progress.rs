//! What a long run tells on standard error while it works, and at its end.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::{Outcome, tell};
use crate::corpus::{Pace, Rejection};
use crate::output::visible;
use crate::run::Counts;
use crate::run::fed::Changes;
use crate::run::summary::Summary;

/// How often a terminal's line is drawn anew.
const TICK: Duration = Duration::from_millis(200);
/// How often a log tells.
const LOG_EVERY: Duration = Duration::from_secs(5);
/// Entities in a summary.
const TOP: usize = 10;

/// `--log`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Log {
    /// A line on a terminal, and a summary.
    #[default]
    Text,
    /// JSON Lines: events `resumed`, `progress`, `rejected`, `notice`, `summary`, `indexed`, `error`.
    Json,
    /// Nothing but errors.
    None,
}

impl Log {
    /// How a run ended, an error told as an event where events are asked for.
    pub fn told(self, outcome: Outcome) -> Outcome {
        match outcome {
            Err(failed) if self == Log::Json => Err(failed.into_event()),
            ended => ended,
        }
    }
}

/// Says single things, beside the line on a terminal.
#[derive(Clone)]
pub struct Teller {
    log: Log,
    bar: ProgressBar,
}

/// Tells of a run.
pub struct Reporter {
    teller: Teller,
    counts: Arc<Counts>,
    started: Instant,
    over: Arc<AtomicBool>,
    ticking: Option<JoinHandle<()>>,
}

impl Reporter {
    /// Begins to tell; `total` are the input's bytes, where they are known. Without `show` there is no line on a terminal.
    pub fn start(log: Log, show: bool, total: Option<u64>, pace: Arc<Pace>, counts: Arc<Counts>) -> Self {
        let show = show && log == Log::Text && io::stderr().is_terminal();
        let bar = match total {
            Some(total) => ProgressBar::new(total)
                .with_style(style("{bar:24.cyan/blue} {percent:>3} %  {msg}  {eta} left")),
            None => ProgressBar::no_length().with_style(style("{spinner} {msg}  {elapsed}")),
        };
        bar.set_draw_target(match show {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        });
        let over = Arc::new(AtomicBool::new(false));
        let mut reporter = Reporter {
            teller: Teller {
                log,
                bar: bar.clone(),
            },
            counts: Arc::clone(&counts),
            started: Instant::now(),
            over: Arc::clone(&over),
            ticking: None,
        };
        if show || log == Log::Json {
            let started = reporter.started;
            let every = if show { TICK } else { LOG_EVERY };
            reporter.ticking = Some(thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    thread::park_timeout(every);
                    let now = Now::of(&counts, &pace, started);
                    if show {
                        bar.set_position(now.read);
                        bar.set_message(now.to_string());
                        bar.tick();
                    } else if !over.load(Ordering::Relaxed) {
                        event(&now.as_json(total));
                    }
                }
            }));
        }
        reporter
    }

    /// Who says single things.
    pub fn teller(&self) -> &Teller {
        &self.teller
    }

    /// Ends the line on the terminal.
    pub fn stop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(ticking) = self.ticking.take() {
            ticking.thread().unpark();
            let _ = ticking.join();
        }
        self.teller.bar.finish_and_clear();
    }

    /// Tells what a run found. `computes` says what with; `output` and `rejected` are where.
    pub fn summary(&self, summary: &Summary, output: &str, rejected: Option<&str>, computes: &str) {
        let seconds = self.started.elapsed().as_secs_f64();
        let load = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        let (documents, tokens) = (load(&self.counts.documents), load(&self.counts.tokens));
        match self.teller.log {
            Log::None => {}
            Log::Json => event(&json!({
                "event": "summary",
                "output": output,
                "computes": computes,
                "seconds": seconds,
                "documents_per_second": documents as f64 / seconds,
                "tokens_per_second": tokens as f64 / seconds,
                "windows_reused": load(&self.counts.windows_reused),
                "documents": summary.documents,
                "text_bytes": summary.text_bytes,
                "mentions": summary.mentions,
                "links": summary.links,
                "entities": summary.top_entities(TOP).iter()
                    .map(|(id, name, count)| json!({"id": id, "name": name, "count": count}))
                    .collect::<Vec<_>>(),
                "rejected": summary.rejected,
                "rejected_file": rejected.filter(|_| summary.rejected > 0),
            })),
            Log::Text => {
                let speed = match documents {
                    0 => String::new(),
                    _ => format!(
                        " in {}: {:.1} documents/s, {} tokens/s",
                        HumanDuration(self.started.elapsed()),
                        documents as f64 / seconds,
                        HumanCount((tokens as f64 / seconds) as u64)
                    ),
                };
                let reused = match load(&self.counts.windows_reused) {
                    0 => String::new(),
                    reused => format!(", {} reused", counted(reused, "window")),
                };
                let mut text = format!(
                    "{output}: {}, {} of text{speed}; {computes}{reused}\n",
                    counted(summary.documents, "document"),
                    HumanBytes(summary.text_bytes)
                );
                text += &row(
                    "mentions",
                    summary.mentions_in_all(),
                    summary
                        .mentions
                        .iter()
                        .map(|(label, count)| (label.as_str(), *count)),
                );
                text += &row(
                    "linked",
                    summary.links_in_all(),
                    summary.links.iter().map(|(kind, count)| (kind.as_str(), *count)),
                );
                let top = summary.top_entities(TOP);
                if !top.is_empty() {
                    let top: Vec<String> = top
                        .iter()
                        .map(|(_, name, count)| format!("{} {}", visible(name), HumanCount(*count)))
                        .collect();
                    text += &format!("{:<9} {}\n", "most", top.join(", "));
                }
                let _ = io::stderr().write_all(text.as_bytes());
            }
        }
    }

    /// Tells what a search system has to say, each in a line.
    pub fn notices(&self, notices: &[String]) {
        for notice in notices {
            match self.teller.log {
                Log::None => {}
                Log::Json => event(&json!({"event": "notice", "message": notice})),
                Log::Text => self.teller.line(&visible(notice)),
            }
        }
    }

    /// Tells what a run did to the documents that are searched at `place`, which takes so many bytes of this machine's disk.
    pub fn changes(&self, changes: Changes, removed: u64, rejected: u64, place: &str, bytes: Option<u64>) {
        let seconds = self.started.elapsed().as_secs_f64();
        let read = changes.new + changes.replaced + changes.unchanged;
        let speed = read as f64 / seconds.max(1e-9);
        match self.teller.log {
            Log::None => {}
            Log::Json => event(&json!({
                "event": "indexed",
                "into": place,
                "new": changes.new,
                "replaced": changes.replaced,
                "unchanged": changes.unchanged,
                "removed": removed,
                "rejected": rejected,
                "documents": changes.documents,
                "bytes": bytes,
                "seconds": seconds,
                "documents_per_second": speed,
            })),
            Log::Text => self.teller.line(&format!(
                "{place}: {} new, {} replaced, {} unchanged{}, {} rejected: {} in all{}; {speed:.1} documents/s",
                HumanCount(changes.new),
                HumanCount(changes.replaced),
                HumanCount(changes.unchanged),
                match removed {
                    0 => String::new(),
                    _ => format!(", {} removed", HumanCount(removed)),
                },
                HumanCount(rejected),
                counted(changes.documents, "document"),
                bytes.map_or_else(String::new, |bytes| format!(", {}", HumanBytes(bytes))),
            )),
        }
    }
}

impl Teller {
    /// Tells where the run begins, where that is not its beginning.
    pub fn resumed(&self, done: u64) {
        match self.log {
            Log::Json => event(&json!({"event": "resumed", "items": done})),
            Log::Text => self.line(&format!(
                "going on behind the first {}, as the journal says",
                counted(done, "document")
            )),
            Log::None => {}
        }
    }

    /// Tells of a rejection.
    pub fn rejected(&self, rejection: &Rejection) {
        match self.log {
            Log::Json => {
                let mut value = json!(rejection);
                value["event"] = "rejected".into();
                event(&value);
            }
            Log::Text | Log::None => self.bar.suspend(|| tell(rejection)),
        }
    }

    fn line(&self, line: &str) {
        self.bar.suspend(|| {
            // A closed standard error is no reason to stop.
            let _ = writeln!(io::stderr(), "{line}");
        });
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A row of a summary: its name, the sum and what it is made of.
fn row<'a>(name: &str, sum: u64, parts: impl Iterator<Item = (&'a str, u64)>) -> String {
    let parts: Vec<String> = parts
        .map(|(name, count)| format!("{} {}", visible(name), HumanCount(count)))
        .collect();
    match parts.is_empty() {
        true => format!("{name:<9} {}\n", HumanCount(sum)),
        false => format!("{name:<9} {} ({})\n", HumanCount(sum), parts.join(", ")),
    }
}

/// `1 document`, `2,000 documents`.
pub fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{} {what}s", HumanCount(count)),
    }
}

/// Where a run stands.
struct Now {
    read: u64,
    documents: u64,
    text_bytes: u64,
    rejected: u64,
    tokens_per_second: f64,
    seconds: f64,
}

impl Now {
    fn of(counts: &Counts, pace: &Pace, started: Instant) -> Self {
        let seconds = started.elapsed().as_secs_f64();
        Now {
            read: pace.bytes_read(),
            documents: counts.documents.load(Ordering::Relaxed),
            text_bytes: counts.text_bytes.load(Ordering::Relaxed),
            rejected: counts.rejected.load(Ordering::Relaxed),
            tokens_per_second: counts.tokens.load(Ordering::Relaxed) as f64 / seconds.max(1e-9),
            seconds,
        }
    }

    fn as_json(&self, total: Option<u64>) -> Value {
        json!({
            "event": "progress",
            "seconds": self.seconds,
            "documents": self.documents,
            "text_bytes": self.text_bytes,
            "tokens_per_second": self.tokens_per_second,
            "input_bytes": self.read,
            "input_bytes_in_all": total,
            "rejected": self.rejected,
        })
    }
}

impl std::fmt::Display for Now {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}, {}",
            counted(self.documents, "document"),
            HumanBytes(self.text_bytes),
        )?;
        // Documents that are tagged already have none.
        if self.tokens_per_second > 0.0 {
            write!(f, ", {} tokens/s", HumanCount(self.tokens_per_second as u64))?;
        }
        match self.rejected {
            0 => Ok(()),
            rejected => write!(f, ", {} rejected", HumanCount(rejected)),
        }
    }
}

fn event(value: &Value) {
    let _ = writeln!(io::stderr(), "{value}");
}

/// The template is ours, and right.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
