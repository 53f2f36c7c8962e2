//! The tables beneath the plots.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use super::{heading, plots};
use crate::dates::PartialDate;
use crate::output::html::{escape, wikidata};
use crate::stats::report::{EntityRow, Named, Report};
use crate::stats::text::{percent, separated};

/// Dates that the table shows; the CSV has all.
const DATES: usize = 400;
/// Entities that are named with a date.
const WITH_DATE: usize = 3;

/// What on the page can be led to.
pub(super) struct Anchors {
    tabled: HashSet<u32>,
    plotted: HashSet<u32>,
    paired: HashSet<u32>,
}

impl Anchors {
    pub(super) fn of(report: &Report) -> Self {
        let tabled = report.kinds.iter().flat_map(|row| &row.top);
        let plotted = report
            .timeline
            .iter()
            .flat_map(|timeline| timeline.entities.iter().take(plots::COURSES))
            .filter(|series| !series.points.is_empty());
        let paired = match &report.matrix.entities[..] {
            [] | [_] => &[],
            paired => paired,
        };
        Anchors {
            tabled: tabled.map(|row| row.entity.number).collect(),
            plotted: plotted.map(|series| series.entity.number).collect(),
            paired: paired.iter().map(|(entity, _)| entity.number).collect(),
        }
    }

    /// An entity's name that leads to its row, where it has one.
    fn name(&self, entity: &Named) -> String {
        let (kind, name) = (entity.kind.as_str(), escape(&entity.name));
        if self.tabled.contains(&entity.number) {
            format!("<a class=\"dot {kind}\" href=\"#e{}\">{name}</a>", entity.number)
        } else {
            format!("<span class=\"dot {kind}\">{name}</span>")
        }
    }
}

pub(super) fn entities(report: &Report, anchors: &Anchors) -> String {
    let mut out = String::new();
    for row in report.kinds.iter().filter(|row| !row.top.is_empty()) {
        let _ = writeln!(
            out,
            "<table class=\"rows {}\"><caption>{}</caption>\n<thead><tr><th scope=\"col\">name</th><th scope=\"col\"></th>\
             <th scope=\"col\" class=\"n\">documents</th><th scope=\"col\" class=\"n\">mentions</th></tr></thead><tbody>",
            row.kind.as_str(),
            heading(row.kind)
        );
        row.top.iter().for_each(|row| out += &entity(row, anchors));
        out += "</tbody></table>\n";
    }
    if out.is_empty() {
        return out;
    }
    format!(
        "<p>Names lead to Wikidata where the entity's id is Wikidata's.</p>\n<div class=\"columns3\">{out}</div>\n"
    )
}

fn entity(row: &EntityRow, anchors: &Anchors) -> String {
    let EntityRow {
        entity,
        documents,
        mentions,
    } = row;
    let number = entity.number;
    let name = escape(&entity.name);
    let name = match entity.id.as_deref().and_then(wikidata) {
        Some(address) => format!("<a href=\"{address}\" rel=\"noreferrer\">{name}</a>"),
        None => name.into_owned(),
    };
    let mut see = Vec::new();
    if anchors.plotted.contains(&number) {
        see.push(format!("<a href=\"#t{number}\">over time</a>"));
    }
    if anchors.paired.contains(&number) {
        see.push(format!("<a href=\"#m{number}\">together</a>"));
    }
    let see = if see.is_empty() {
        String::new()
    } else {
        format!("<small>{}</small>", see.join(" · "))
    };
    format!(
        "<tr id=\"e{number}\"><td>{name}{see}</td><td><span class=\"code\">{country}</span></td>\
         <td class=\"n\">{documents}</td><td class=\"n\">{mentions}</td></tr>\n",
        country = escape(entity.country.as_deref().unwrap_or_default()),
        documents = separated(*documents),
        mentions = separated(*mentions),
    )
}

pub(super) fn pairs(report: &Report, anchors: &Anchors) -> String {
    if report.pairs.rows.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<p>Entities that are named in the same documents, the surest first: by the log-likelihood ratio G² (Dunning 1993), \
         which says how unlikely chance is. NPMI (Bouma 2009) is 1 where each comes only with the other, and 0 where chance \
         explains it.</p>\n<div class=\"scroll\"><table class=\"rows\"><thead><tr><th scope=\"col\">entity</th><th scope=\"col\">with</th>\
         <th scope=\"col\" class=\"n\">documents</th><th scope=\"col\" class=\"n\">by chance</th><th scope=\"col\" class=\"n\">G²</th>\
         <th scope=\"col\" class=\"n\">NPMI</th></tr></thead><tbody>\n",
    );
    for pair in &report.pairs.rows {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{:.1}</td><td class=\"n\">{:.1}</td><td class=\"n\">{:.2}</td></tr>",
            anchors.name(&pair.first),
            anchors.name(&pair.second),
            separated(pair.documents),
            pair.expected,
            pair.log_likelihood,
            pair.npmi
        );
    }
    out + "</tbody></table></div>\n"
}

pub(super) fn names(report: &Report) -> String {
    if report.names.rows.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<table class=\"rows\"><thead><tr><th scope=\"col\">name</th><th scope=\"col\">label</th>\
         <th scope=\"col\" class=\"n\">documents</th><th scope=\"col\" class=\"n\">mentions</th></tr></thead><tbody>\n",
    );
    for row in &report.names.rows {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td><span class=\"code\">{}</span></td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escape(&row.name),
            escape(&row.label),
            separated(row.documents),
            separated(row.mentions)
        );
    }
    out + "</tbody></table>\n"
}

/// Each date with the entities that most of its documents name.
pub(super) fn dates(report: &Report, anchors: &Anchors) -> String {
    let Some(timeline) = &report.timeline else {
        return String::new();
    };
    let mut named: BTreeMap<PartialDate, Vec<(u64, &Named)>> = BTreeMap::new();
    for series in &timeline.entities {
        for point in &series.points {
            let row = named.entry(point.date).or_default();
            row.push((point.documents, &series.entity));
            // The most named first; equal ones stay in the order of the whole corpus.
            row.sort_by_key(|&(documents, _)| std::cmp::Reverse(documents));
            row.truncate(WITH_DATE);
        }
    }
    let shown = &timeline.documents[..timeline.documents.len().min(DATES)];
    let mut rows = String::new();
    for point in shown {
        let most = named.get(&point.date).map_or(&[][..], Vec::as_slice);
        let most: Vec<String> = most
            .iter()
            .map(|&(documents, entity)| format!("{} {}", anchors.name(entity), separated(documents)))
            .collect();
        let _ = writeln!(
            rows,
            "<tr><td class=\"date\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
            point.date,
            separated(point.documents),
            separated(point.mentions),
            most.join(", ")
        );
    }
    let all = timeline.documents.len();
    let summary = if all > shown.len() {
        format!(
            "The first {} of {} dates",
            separated(shown.len() as u64),
            separated(all as u64)
        )
    } else {
        format!("All dates ({})", separated(all as u64))
    };
    format!(
        "<details><summary>{summary}</summary><div class=\"scroll\"><table class=\"rows\"><thead><tr><th scope=\"col\">{}</th>\
         <th scope=\"col\" class=\"n\">documents</th><th scope=\"col\" class=\"n\">mentions</th>\
         <th scope=\"col\">named in most documents</th></tr></thead><tbody>\n{rows}</tbody></table></div></details>\n",
        timeline.by.as_str()
    )
}

pub(super) fn labels(report: &Report) -> String {
    if report.labels.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<table class=\"rows\"><thead><tr><th scope=\"col\">label</th><th scope=\"col\" class=\"n\">mentions</th>\
         <th scope=\"col\" class=\"n\">linked</th></tr></thead><tbody>\n",
    );
    for row in &report.labels {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escape(&row.label),
            separated(row.mentions),
            percent(row.linked, row.mentions)
        );
    }
    out + "</tbody></table>\n"
}
