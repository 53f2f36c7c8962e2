//! Plots as SVG. Numbers and names are text in them, so that they can be searched and read out.

use std::fmt::Write;

use super::heading;
use crate::output::html::escape;
use crate::output::pretty::cut;
use crate::stats::report::{EntityRow, KindRow, Matrix, Named, Point, Report};
use crate::stats::text::{ends, peak, separated};

/// Bars of a kind.
const BARS: usize = 10;
/// Entities with a course of their own.
pub(super) const COURSES: usize = 16;
/// More points than this get no tips: each is an element of its own.
const TIPS: i64 = 120;

/// Bars of a kind's most mentioned entities, each with its name above.
pub(super) fn bars(row: &KindRow) -> String {
    const WIDTH: usize = 360;
    const STEP: usize = 37;
    let shown = &row.top[..row.top.len().min(BARS)];
    let most = shown.first().map_or(1, |first| first.mentions.max(1));
    let (kind, title) = (row.kind.as_str(), heading(row.kind));
    let mut out = format!(
        "<figure class=\"bars {kind}\"><h3>{title}</h3>\n<svg viewBox=\"0 0 {WIDTH} {}\" role=\"group\" \
         aria-label=\"{title} by mentions\">\n",
        shown.len() * STEP
    );
    for (
        place,
        EntityRow {
            entity,
            documents,
            mentions,
        },
    ) in shown.iter().enumerate()
    {
        let y = place * STEP;
        let length = (WIDTH as f64 * *mentions as f64 / most as f64).max(2.0);
        let (mentions, documents) = (separated(*mentions), separated(*documents));
        let _ = writeln!(
            out,
            "<a href=\"#e{number}\"><title>{full}: {mentions} mentions in {documents} documents</title>\
             <text class=\"name\" y=\"{text}\">{name}</text><text class=\"value\" x=\"{WIDTH}\" y=\"{text}\">{mentions}</text>\
             <rect class=\"track\" y=\"{bar}\" width=\"{WIDTH}\" height=\"6\" rx=\"3\"/>\
             <rect class=\"bar\" y=\"{bar}\" width=\"{length:.1}\" height=\"6\" rx=\"3\"/></a>",
            number = entity.number,
            full = escape(&entity.name),
            name = escape(&cut(&entity.name, 40)),
            text = y + 14,
            bar = y + 21,
        );
    }
    out + "</svg></figure>\n"
}

/// All documents over time, and the most mentioned entities each on its own scale.
pub(super) fn timeline(report: &Report) -> String {
    let Some((timeline, (from, to))) = report
        .timeline
        .as_ref()
        .and_then(|timeline| Some((timeline, ends(&timeline.documents)?)))
    else {
        return String::new();
    };
    let span = (from, to);
    let mut out = format!(
        "<p>Documents by {}: all of them, and those that name each of the most mentioned entities. Every plot has its own \
         scale; its highest point is told beside its name.</p>\n",
        timeline.by.as_str()
    );
    out += &course("all", "", "<b>All documents</b>", &timeline.documents, span);
    out += "<div class=\"multiples\">\n";
    for series in timeline.entities.iter().take(COURSES) {
        let Named {
            number, kind, name, ..
        } = &series.entity;
        let name = escape(name);
        let title = format!("<a href=\"#e{number}\" title=\"{name}\">{name}</a>");
        let id = format!(" id=\"t{number}\"");
        out += &course(kind.as_str(), &id, &title, &series.points, span);
    }
    out + "</div>\n"
}

fn course(class: &str, id: &str, title: &str, points: &[Point], (from, to): (i64, i64)) -> String {
    let Some(peak) = peak(points) else {
        return String::new();
    };
    let x = |ordinal: i64| 1000.0 * (ordinal - from) as f64 / (to - from).max(1) as f64;
    let y = |documents: u64| 100.0 - 96.0 * documents as f64 / peak.documents.max(1) as f64;
    let mut line = String::new();
    for (ordinal, documents) in corners(points, from, to) {
        let sign = if line.is_empty() { 'M' } else { 'L' };
        let _ = write!(line, "{sign}{:.1} {:.1}", x(ordinal), y(documents));
    }
    if from == to {
        let _ = write!(line, "L1000 {:.1}", y(peak.documents));
    }
    let mut tips = String::new();
    if to - from < TIPS {
        let width = 1000.0 / (to - from).max(1) as f64;
        for point in points {
            let left = (x(point.date.ordinal()) - width / 2.0).max(0.0);
            let right = (x(point.date.ordinal()) + width / 2.0).min(1000.0);
            let _ = write!(
                tips,
                "<rect class=\"hit\" x=\"{left:.1}\" width=\"{:.1}\" height=\"100\"><title>{}: {} documents, {} mentions</title></rect>",
                right - left,
                point.date,
                separated(point.documents),
                separated(point.mentions)
            );
        }
    }
    let (first, last) = (points.first(), points.last());
    let ends = |point: Option<&Point>| point.map_or(String::new(), |point| point.date.to_string());
    let axis = if class == "all" {
        format!(
            "<p class=\"axis\"><span>{}</span><span>{}</span></p>",
            ends(first),
            ends(last)
        )
    } else {
        String::new()
    };
    format!(
        "<figure class=\"course {class}\"{id}><figcaption>{title}<span>{} in {}</span></figcaption>\
         <svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path class=\"area\" d=\"{line}L1000 100L0 100Z\"/>\
         <path class=\"line\" d=\"{line}\"/>{tips}</svg>{axis}</figure>\n",
        separated(peak.documents),
        peak.date,
    )
}

/// Where the line turns: the points, and the dates without a document on both sides of each gap.
fn corners(points: &[Point], from: i64, to: i64) -> Vec<(i64, u64)> {
    let mut corners = Vec::with_capacity(points.len() + 2);
    let mut next = from;
    for point in points {
        let at = point.date.ordinal();
        if at > next {
            corners.push((next, 0));
            if at - 1 > next {
                corners.push((at - 1, 0));
            }
        }
        corners.push((at, point.documents));
        next = at + 1;
    }
    if next <= to {
        corners.push((next, 0));
        if next < to {
            corners.push((to, 0));
        }
    }
    corners
}

/// Who is named together with whom.
pub(super) fn matrix(matrix: &Matrix) -> String {
    const LEFT: usize = 190;
    const TOP: usize = 138;
    const WIDE: usize = 38;
    const HIGH: usize = 28;
    let order = seriation(matrix);
    // The last column's name leans out to the right.
    let (width, height) = (LEFT + WIDE * order.len() + 90, TOP + HIGH * order.len());
    let mut out = format!(
        "<figure class=\"matrix\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Documents that name both\">\
         <svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n"
    );
    for (row, &a) in order.iter().enumerate() {
        let (entity, documents) = &matrix.entities[a];
        let (number, kind) = (entity.number, entity.kind.as_str());
        let (x, y) = (LEFT + WIDE * row, TOP + HIGH * row);
        let full = escape(&entity.name);
        let name = escape(&cut(&entity.name, 25)).into_owned();
        let above = escape(&cut(&entity.name, 20)).into_owned();
        let _ = writeln!(
            out,
            "<g id=\"m{number}\"><a class=\"{kind}\" href=\"#e{number}\"><title>{full}</title><text class=\"name row\" x=\"{}\" y=\"{}\">{name}</text></a>\
             <a class=\"{kind}\" href=\"#e{number}\"><title>{full}</title><text class=\"name\" transform=\"translate({} {}) rotate(-48)\">{above}</text></a>",
            LEFT - 10,
            y + HIGH / 2 + 4,
            x + WIDE / 2 + 3,
            TOP - 8,
        );
        for (column, &b) in order.iter().enumerate() {
            out += &cell(
                matrix,
                a,
                b,
                *documents,
                (LEFT + WIDE * column, y),
                (WIDE - 2, HIGH - 2),
            );
        }
        out += "</g>\n";
    }
    out += "</svg></div>\n<p class=\"scale\"><span>NPMI 0</span><svg width=\"130\" height=\"14\" aria-hidden=\"true\">";
    for step in 0..10 {
        let _ = write!(
            out,
            "<rect x=\"{}\" width=\"12\" height=\"14\" rx=\"2\" fill-opacity=\"{:.2}\"/>",
            step * 13,
            opacity(step as f64 / 10.0 + 0.05)
        );
    }
    out + "</svg><span>1</span></p></figure>\n"
}

fn cell(
    matrix: &Matrix,
    a: usize,
    b: usize,
    documents: u64,
    (x, y): (usize, usize),
    (wide, high): (usize, usize),
) -> String {
    let (middle, base) = (x + wide / 2, y + high / 2 + 4);
    let place = format!("x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" rx=\"3\"");
    let Some((together, npmi)) = matrix.cells[a][b] else {
        return format!(
            "<text class=\"count own\" x=\"{middle}\" y=\"{base}\">{}</text>",
            separated(documents)
        );
    };
    let (one, other) = (
        escape(&matrix.entities[a].0.name),
        escape(&matrix.entities[b].0.name),
    );
    let tip = format!(
        "<title>{one} and {other}: {} documents, NPMI {npmi:.2}</title>",
        separated(together)
    );
    let mut out = format!("<rect class=\"ground\" {place}>{tip}</rect>");
    if npmi > 0.0 {
        let opacity = opacity(npmi);
        let _ = write!(
            out,
            "<rect class=\"cell\" {place} fill-opacity=\"{opacity:.2}\">{tip}</rect>"
        );
    }
    if together > 0 {
        let _ = write!(
            out,
            "<text class=\"count\" x=\"{middle}\" y=\"{base}\">{}</text>",
            separated(together)
        );
    }
    out
}

/// Colour for an association in `[0, 1]`: numbers on the strongest are still read.
fn opacity(npmi: f64) -> f64 {
    0.06 + 0.72 * npmi.clamp(0.0, 1.0)
}

/// Puts beside each entity the one that it goes with most, of those that are left: what belongs together stands together.
fn seriation(matrix: &Matrix) -> Vec<usize> {
    let mut left: Vec<usize> = (0..matrix.entities.len()).collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let with = |&at: &usize| -> f64 {
            let last = order.last().and_then(|&last: &usize| matrix.cells[last][at]);
            last.map_or(0.0, |(_, npmi)| npmi)
        };
        let mut best = 0;
        for place in 1..left.len() {
            if with(&left[place]) > with(&left[best]) {
                best = place;
            }
        }
        order.push(left.remove(best));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_down_in_gaps() {
        let point = |date: &str, documents| Point {
            date: date.parse().unwrap(),
            documents,
            mentions: 0,
        };
        let points = [point("2002", 3), point("2003", 1), point("2007", 2)];
        assert_eq!(
            corners(&points, 2000, 2009),
            [
                (2000, 0),
                (2001, 0),
                (2002, 3),
                (2003, 1),
                (2004, 0),
                (2006, 0),
                (2007, 2),
                (2008, 0),
                (2009, 0)
            ]
        );
        assert_eq!(corners(&points[..1], 2002, 2002), [(2002, 3)]);
    }
}
