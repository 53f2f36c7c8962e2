//! The report for a terminal.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::report::{Named, Point, Report, Timeline};
use crate::output::pretty::{cut, pad};
use crate::output::visible;

/// Columns that a course over time takes at most.
const COURSE: usize = 60;
/// Entities whose course is shown.
const COURSES: usize = 12;
/// Columns that a name keeps however narrow the terminal is.
const NARROWEST_NAME: usize = 12;

/// The report as aligned tables, `width` columns wide at most where names allow it.
pub fn text(report: &Report, width: usize) -> String {
    let mut out = summary(report);
    let sections = [
        labels(report),
        kinds(report),
        entities(report, width),
        names(report, width),
        pairs(report, width),
        report
            .timeline
            .as_ref()
            .map_or(String::new(), |timeline| courses(timeline, width)),
    ];
    for section in sections.into_iter().filter(|section| !section.is_empty()) {
        out.push('\n');
        out += &section;
    }
    let notes = notes(report);
    if !notes.is_empty() {
        out.push('\n');
    }
    for note in notes {
        out += &format!("note: {note}\n");
    }
    out
}

/// A number with a comma before each three digits.
pub fn separated(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// So many of something, such as `1 document` or `1,234 documents`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", separated(count), if count == 1 { one } else { many })
}

/// A share of a whole, `45.7 %`; nothing of nothing is a dash.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{:.1} %", 100.0 * part as f64 / whole as f64)
}

/// What must be known to read the numbers rightly: where a limit was reached, and what was left out.
pub fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    let selection = &report.selection;
    if !selection.is_empty() {
        let kinds = selection.kinds.iter().map(|kind| kind.as_str().to_owned());
        let countries = selection.countries.iter().map(|code| format!("country {code}"));
        let labels = selection.labels.iter().map(|label| format!("label {label}"));
        let asked: Vec<String> = kinds.chain(countries).chain(labels).collect();
        notes.push(format!("only mentions of {} are counted", asked.join(", ")));
    }
    if report.documents.rejected > 0 {
        notes.push(format!(
            "documents that could not be read and are not counted: {}",
            separated(report.documents.rejected)
        ));
    }
    if report.names.error > 0 {
        notes.push(format!(
            "too many different names to keep them all: a name's mentions may be up to {} fewer than shown",
            separated(report.names.error)
        ));
    }
    if report.pairs.error > 0 {
        notes.push(format!(
            "too many different pairs to keep them all: a pair may be together in up to {} documents more than shown",
            separated(report.pairs.error)
        ));
    }
    if report.documents.partly_paired > 0 {
        notes.push(format!(
            "documents with very many entities, of which only the most mentioned were paired: {}",
            separated(report.documents.partly_paired)
        ));
    }
    if report.documents.undated > 0 {
        notes.push(format!(
            "documents without a date, which are not in the timeline: {}",
            separated(report.documents.undated)
        ));
    }
    if let Some(timeline) = &report.timeline {
        if timeline.too_coarse > 0 {
            notes.push(format!(
                "documents whose date does not say the {}, which are not in the timeline: {}",
                timeline.by.as_str(),
                separated(timeline.too_coarse)
            ));
        }
        if let Some(asked) = timeline.asked {
            notes.push(format!(
                "too many entities and dates for a timeline by {}: it is by {}",
                asked.as_str(),
                timeline.by.as_str()
            ));
        }
    }
    notes
}

fn summary(report: &Report) -> String {
    let (documents, mentions) = (&report.documents, &report.mentions);
    let mut out = format!(
        "{}, {} with a linked entity ({})\n{}, {} linked ({}), to {}\n",
        counted(documents.total, "document", "documents"),
        separated(documents.with_entity),
        percent(documents.with_entity, documents.total),
        counted(mentions.total, "mention", "mentions"),
        separated(mentions.linked),
        percent(mentions.linked, mentions.total),
        counted(mentions.entities, "entity", "entities"),
    );
    if let Some([first, .., last]) = report.timeline.as_ref().map(|timeline| &timeline.documents[..]) {
        let _ = writeln!(out, "{} to {}", first.date, last.date);
    }
    out
}

fn labels(report: &Report) -> String {
    let mut table = Table::new("", [left("label"), right("mentions"), right("linked")]);
    for row in &report.labels {
        table.row([
            row.label.clone(),
            separated(row.mentions),
            percent(row.linked, row.mentions),
        ]);
    }
    table.text(usize::MAX)
}

fn kinds(report: &Report) -> String {
    let mut table = Table::new(
        "",
        [left("kind"), right("mentions"), right("share"), right("entities")],
    );
    for row in report.kinds.iter().filter(|row| row.mentions > 0) {
        let share = percent(row.mentions, report.mentions.linked);
        table.row([
            row.kind.as_str().to_owned(),
            separated(row.mentions),
            share,
            separated(row.entities),
        ]);
    }
    table.text(usize::MAX)
}

fn entities(report: &Report, width: usize) -> String {
    let columns = [
        right(""),
        name("entity"),
        left("kind"),
        left("country"),
        right("documents"),
        right("mentions"),
    ];
    let mut table = Table::new("Most mentioned", columns);
    for (row, counted) in report.entities.iter().enumerate() {
        let entity = &counted.entity;
        table.row([
            (row + 1).to_string(),
            entity.name.clone(),
            entity.kind.as_str().to_owned(),
            entity.country.clone().unwrap_or_default(),
            separated(counted.documents),
            separated(counted.mentions),
        ]);
    }
    table.text(width)
}

fn names(report: &Report, width: usize) -> String {
    let columns = [
        right(""),
        name("name"),
        left("label"),
        right("documents"),
        right("mentions"),
    ];
    let mut table = Table::new("Most mentioned, not linked", columns);
    for (row, named) in report.names.rows.iter().enumerate() {
        table.row([
            (row + 1).to_string(),
            named.name.clone(),
            named.label.clone(),
            separated(named.documents),
            separated(named.mentions),
        ]);
    }
    table.text(width)
}

fn pairs(report: &Report, width: usize) -> String {
    let columns = [
        right(""),
        name("entity"),
        name("with"),
        right("documents"),
        right("by chance"),
        right("G²"),
        right("NPMI"),
    ];
    let title =
        "Together more than by chance (log-likelihood ratio, normalised pointwise mutual information)";
    let mut table = Table::new(title, columns);
    for (row, pair) in report.pairs.rows.iter().enumerate() {
        table.row([
            (row + 1).to_string(),
            pair.first.name.clone(),
            pair.second.name.clone(),
            separated(pair.documents),
            format!("{:.1}", pair.expected),
            format!("{:.1}", pair.log_likelihood),
            format!("{:.2}", pair.npmi),
        ]);
    }
    table.text(width)
}

/// A line of blocks an entity, each on its own scale.
fn courses(timeline: &Timeline, width: usize) -> String {
    let Some((from, to)) = ends(&timeline.documents) else {
        return String::new();
    };
    let columns = [left(""), left("course"), left("peak"), right("documents")];
    let mut table = Table::new(&format!("Over time, by {}", timeline.by.as_str()), columns);
    // Name, peak and count take what is left.
    let course = usize::try_from(to - from + 1).unwrap_or(COURSE);
    let course = course.min(COURSE).min(width.saturating_sub(54).max(8));
    let title = |entity: &Named| cut(&visible(&entity.name), 28);
    let all = [("all".to_owned(), &timeline.documents)];
    let entities = timeline.entities.iter().take(COURSES);
    for (title, points) in all
        .into_iter()
        .chain(entities.map(|series| (title(&series.entity), &series.points)))
    {
        let Some(peak) = peak(points) else { continue };
        table.row([
            title,
            blocks(points, from, to, course),
            peak.date.to_string(),
            separated(peak.documents),
        ]);
    }
    table.text(usize::MAX)
}

/// The numbers of the first and the last date.
pub(super) fn ends(points: &[Point]) -> Option<(i64, i64)> {
    Some((points.first()?.date.ordinal(), points.last()?.date.ordinal()))
}

/// The point with the most documents, the first of equal ones.
pub(super) fn peak(points: &[Point]) -> Option<Point> {
    points.iter().copied().reduce(|peak, point| {
        if point.documents > peak.documents {
            point
        } else {
            peak
        }
    })
}

/// Documents over time, in `width` blocks from no document to the most.
fn blocks(points: &[Point], from: i64, to: i64, width: usize) -> String {
    let mut sums = vec![0u64; width];
    let span = (to - from + 1).max(1);
    for point in points {
        let at = (point.date.ordinal() - from) * width as i64 / span;
        if let Some(sum) = usize::try_from(at).ok().and_then(|at| sums.get_mut(at)) {
            *sum += point.documents;
        }
    }
    let most = sums.iter().copied().max().unwrap_or(0).max(1);
    let block = |&sum: &u64| match sum {
        0 => '·',
        _ => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][((sum * 8).div_ceil(most) - 1).min(7) as usize],
    };
    sums.iter().map(block).collect()
}

#[derive(Clone, Copy)]
struct Column {
    heading: &'static str,
    is_number: bool,
    /// Whether it is cut where the table would be too wide.
    gives_way: bool,
}

fn left(heading: &'static str) -> Column {
    Column {
        heading,
        is_number: false,
        gives_way: false,
    }
}

fn right(heading: &'static str) -> Column {
    Column {
        heading,
        is_number: true,
        gives_way: false,
    }
}

fn name(heading: &'static str) -> Column {
    Column {
        heading,
        is_number: false,
        gives_way: true,
    }
}

/// Rows under headings, in columns as wide as their widest cell.
struct Table<const COLUMNS: usize> {
    title: String,
    columns: [Column; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    fn new(title: &str, columns: [Column; COLUMNS]) -> Self {
        Table {
            title: title.to_owned(),
            columns,
            rows: Vec::new(),
        }
    }

    fn row(&mut self, cells: [String; COLUMNS]) {
        self.rows.push(cells.map(|cell| visible(&cell).into_owned()));
    }

    /// Nothing where there is no row.
    fn text(&self, width: usize) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let mut widths = self.columns.map(|column| column.heading.width());
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let whole: usize = widths.iter().sum::<usize>() + 2 * COLUMNS;
        let yielding: Vec<usize> = (0..COLUMNS).filter(|&at| self.columns[at].gives_way).collect();
        for _ in width..whole {
            // The widest gives way.
            if let Some(&at) = yielding.iter().max_by_key(|&&at| widths[at])
                && widths[at] > NARROWEST_NAME
            {
                widths[at] -= 1;
            }
        }
        let line = |cells: [&str; COLUMNS]| {
            let cells = cells
                .iter()
                .zip(self.columns)
                .zip(widths)
                .map(|((cell, column), width)| {
                    if column.is_number {
                        format!("  {}{cell}", " ".repeat(width.saturating_sub(cell.width())))
                    } else {
                        format!("  {}", pad(cell, width))
                    }
                });
            cells.collect::<String>().trim_end().to_owned() + "\n"
        };
        let mut out = String::new();
        if !self.title.is_empty() {
            out += &format!("{}\n", self.title);
        }
        out += &line(self.columns.map(|column| column.heading));
        for row in &self.rows {
            out += &line(row.each_ref().map(String::as_str));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_separated() {
        let numbers = [0, 999, 1000, 1_234_567].map(separated);
        assert_eq!(numbers, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            (percent(1, 3), percent(0, 0)),
            ("33.3 %".to_owned(), "–".to_owned())
        );
    }

    #[test]
    fn a_name_gives_way_and_steers_nothing() {
        let mut table = Table::new("", [name("name"), right("n")]);
        table.row(["A Name That Is Much Too Long\x1b".to_owned(), "1".to_owned()]);
        table.row(["北京".to_owned(), "1,000".to_owned()]);
        let expected = [
            "  name                  n",
            "  A Name That Is …      1",
            "  北京              1,000",
            "",
        ];
        assert_eq!(table.text(25), expected.join("\n"));
    }

    #[test]
    fn blocks_bin_and_scale() {
        let point = |date: &str, documents| Point {
            date: date.parse().unwrap(),
            documents,
            mentions: 0,
        };
        let points = [point("2000", 1), point("2001", 8), point("2003", 4)];
        assert_eq!(blocks(&points, 2000, 2003, 4), "▁█·▄");
        assert_eq!(blocks(&points, 2000, 2003, 2), "█▄");
    }
}
