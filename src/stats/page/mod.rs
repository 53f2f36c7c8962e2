//! The report as one self-contained page: plots as inline SVG, and the tables beneath, linked with each other.
//!
//! As every page of [`crate::output::html`] it holds no script, loads nothing and says so in its
//! Content-Security-Policy; since that allows no style in an attribute either, plots say their colours by class.

use std::io::{self, Write};

use super::report::Report;
use super::text::{counted, notes, percent, separated};
use crate::document::Kind;
use crate::output::html::{END, escape, write_footer, write_head_with};

mod plots;
mod tables;

use tables::Anchors;

/// The rules that this page has beyond those of every page.
const STYLE: &str = include_str!("page.css");

/// Writes the page. `made_with` names the program in its last line.
///
/// # Errors
/// Where `into` cannot be written.
pub fn write(report: &Report, made_with: &str, into: &mut impl Write) -> io::Result<()> {
    write_head_with(into, "Nomenclator: statistics of a corpus", STYLE)?;
    let anchors = Anchors::of(report);
    into.write_all(lead(report).as_bytes())?;
    let parts = [
        part("entities", "Who is named", who(report)),
        part("timeline", "Over time", plots::timeline(report)),
        part("together", "Together", together(report)),
        part("tables", "Entities", tables::entities(report, &anchors)),
        part("pairs", "Pairs", tables::pairs(report, &anchors)),
        part("names", "Names that are not linked", tables::names(report)),
        part("dates", "Dates", tables::dates(report, &anchors)),
        part("labels", "Labels", tables::labels(report)),
        part("notes", "Notes", noted(report)),
    ];
    let parts: Vec<Part> = parts.into_iter().flatten().collect();
    into.write_all(b"<nav class=\"parts\" aria-label=\"Parts of the page\">")?;
    for Part { id, title, .. } in &parts {
        write!(into, "<a href=\"#{id}\">{title}</a>")?;
    }
    into.write_all(b"</nav>\n")?;
    for Part { id, title, html } in &parts {
        writeln!(into, "<section id=\"{id}\"><h2>{title}</h2>\n{html}</section>")?;
    }
    write_footer(into, made_with)?;
    into.write_all(END)
}

struct Part {
    id: &'static str,
    title: &'static str,
    html: String,
}

/// A part of the page; `None` where there is nothing in it.
fn part(id: &'static str, title: &'static str, html: String) -> Option<Part> {
    (!html.is_empty()).then_some(Part { id, title, html })
}

/// What kinds are called as headings.
fn heading(kind: Kind) -> &'static str {
    match kind {
        Kind::Country => "Countries",
        Kind::Official => "Officials",
        Kind::Agency => "Agencies",
    }
}

fn lead(report: &Report) -> String {
    let (documents, mentions) = (&report.documents, &report.mentions);
    let dates = report.timeline.as_ref().map(|timeline| &timeline.documents[..]);
    let title = counted(documents.total, "document", "documents");
    let title = match dates {
        Some([first, .., last]) => format!("{title}, {} to {}", first.date, last.date),
        Some([only]) => format!("{title}, {}", only.date),
        _ => title,
    };
    let mut out = format!("<section class=\"lead\"><h2>{title}</h2>\n<dl class=\"figures\">");
    let figure = |name: &str, number: u64, about: String| {
        format!(
            "<div><dt>{name}</dt><dd>{}<small>{about}</small></dd></div>",
            separated(number)
        )
    };
    let with_entity = percent(documents.with_entity, documents.total);
    out += &figure(
        "Documents",
        documents.total,
        format!("{with_entity} with a linked entity"),
    );
    let linked = percent(mentions.linked, mentions.total);
    out += &figure("Mentions", mentions.total, format!("{linked} linked"));
    for row in report.kinds.iter().filter(|row| row.mentions > 0) {
        let about = format!("in {}", counted(row.mentions, "mention", "mentions"));
        out += &figure(heading(row.kind), row.entities, about);
    }
    out + "</dl></section>\n"
}

fn who(report: &Report) -> String {
    let bars: String = report
        .kinds
        .iter()
        .filter(|row| !row.top.is_empty())
        .map(plots::bars)
        .collect();
    if bars.is_empty() {
        return bars;
    }
    format!("<p>Mentions of the most mentioned of each kind.</p>\n<div class=\"columns3\">{bars}</div>\n")
}

fn together(report: &Report) -> String {
    if report.matrix.entities.len() < 2 {
        return String::new();
    }
    format!(
        "<p>How many documents name both of the most mentioned entities. The stronger the colour, the more often that is \
         than by chance (normalised pointwise mutual information, <a href=\"#pairs\">NPMI</a>); no colour is chance or \
         less. On the diagonal stand all documents of each.</p>\n{}",
        plots::matrix(&report.matrix)
    )
}

fn noted(report: &Report) -> String {
    let notes: String = notes(report)
        .iter()
        .map(|note| format!("<li>{}</li>", escape(note)))
        .collect();
    if notes.is_empty() {
        return notes;
    }
    format!("<ul class=\"notes\">{notes}</ul>\n")
}
