//! Why each mention is linked as it is, for people to read.

use std::fmt::Write;

use super::visible;
use crate::document::{Consideration, Considered, Link, TaggedDocument};

/// Candidates that are shown of a question; of a hundred namesakes the last say nothing.
const SHOWN: usize = 4;

/// What was weighed for the mentions whose text `wanted` takes: for each the answer, every question that was asked of it, the
/// candidates with their probabilities, and what spoke for and against each, in the sum's own unit (log-odds).
pub fn explain(tagged: &TaggedDocument, wanted: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    for (at, mention) in tagged.mentions.iter().enumerate() {
        let surface = &tagged.document.text[mention.span.clone()];
        if !wanted(surface) {
            continue;
        }
        let answer = mention
            .link
            .as_deref()
            .map_or("no one we know".to_owned(), answer);
        let _ = writeln!(
            out,
            "{}  {}  →  {answer}",
            visible(surface),
            visible(&mention.label)
        );
        let mut asked = false;
        for consideration in tagged.considerations.iter().filter(|asked| asked.mention == at) {
            asked = true;
            question(&mut out, consideration);
        }
        if !asked {
            out += "    nothing was weighed: there is no record of this name, or none that passed the rules (a capital that does not act, a family name \
                    without its bearer, a broadcaster, a label that does not fit …)\n";
        }
    }
    out
}

fn answer(link: &Link) -> String {
    let parts = [
        link.id.as_deref(),
        Some(link.kind.as_str()),
        link.role.as_deref(),
        link.country.as_deref(),
    ];
    let about: Vec<&str> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    let text = format!("{} ({})", link.name, about.join(", "));
    format!("{} {:.2}", visible(&text), link.confidence)
}

fn question(out: &mut String, consideration: &Consideration) {
    for (place, candidate) in consideration.candidates.iter().take(SHOWN).enumerate() {
        let name = if place == 0 { consideration.question } else { "" };
        let mark = if place == 0 && candidate.probability >= 0.5 {
            "✓"
        } else {
            "✗"
        };
        let about: Vec<&str> = [candidate.id.as_deref(), candidate.country.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        let who = format!("{} ({})", candidate.name, about.join(", "));
        let _ = writeln!(
            out,
            "    {name:12} {mark} {:.2}  {}",
            candidate.probability,
            visible(&who)
        );
        let _ = writeln!(out, "    {:12}         {}", "", reasons(candidate));
    }
    let more = consideration.candidates.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = writeln!(out, "    {:12}         and {more} less likely", "");
    }
}

/// `bias −1.5, head +2.1, share 0.40 → +1.2`
fn reasons(candidate: &Considered) -> String {
    let mut parts = vec![format!("bias {:+.1}", candidate.bias)];
    for reason in &candidate.reasons {
        let value = if reason.value == 1.0 {
            String::new()
        } else {
            format!(" {:.2} →", reason.value)
        };
        parts.push(format!(
            "{}{value} {:+.1}",
            reason.feature.replace('_', " "),
            reason.adds
        ));
    }
    parts.join(", ").replace('-', "−")
}
