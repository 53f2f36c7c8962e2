//! The report as CSV, a table a file.

use std::borrow::Cow;
use std::io::{self, Write};

use super::report::{EntityRow, Named, Report};

/// The tables: what each file is called, and what writes it.
pub const TABLES: [(&str, Table); 4] = [
    ("entities.csv", entities),
    ("names.csv", names),
    ("pairs.csv", pairs),
    ("timeline.csv", timeline),
];

/// Writes a table: a header line, and a line a row.
pub type Table = fn(&Report, &mut dyn Write) -> io::Result<()>;

fn entities(report: &Report, into: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(into);
    table.write_record(["rank", "id", "kind", "name", "country", "documents", "mentions"])?;
    for (
        row,
        EntityRow {
            entity,
            documents,
            mentions,
        },
    ) in report.entities.iter().enumerate()
    {
        table.write_record([
            (row + 1).to_string().as_str(),
            &id(entity),
            entity.kind.as_str(),
            &cell(&entity.name),
            &country(entity),
            &documents.to_string(),
            &mentions.to_string(),
        ])?;
    }
    table.flush()
}

fn names(report: &Report, into: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(into);
    table.write_record([
        "rank",
        "label",
        "name",
        "documents",
        "mentions",
        "mentions_at_least",
    ])?;
    for (row, name) in report.names.rows.iter().enumerate() {
        table.write_record([
            (row + 1).to_string().as_str(),
            &cell(&name.label),
            &cell(&name.name),
            &name.documents.to_string(),
            &name.mentions.to_string(),
            &name.mentions_at_least.to_string(),
        ])?;
    }
    table.flush()
}

fn pairs(report: &Report, into: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(into);
    table.write_record([
        "rank",
        "first_id",
        "first_kind",
        "first_name",
        "second_id",
        "second_kind",
        "second_name",
        "documents",
        "documents_at_most",
        "expected",
        "log_likelihood",
        "npmi",
    ])?;
    for (row, pair) in report.pairs.rows.iter().enumerate() {
        table.write_record([
            (row + 1).to_string().as_str(),
            &id(&pair.first),
            pair.first.kind.as_str(),
            &cell(&pair.first.name),
            &id(&pair.second),
            pair.second.kind.as_str(),
            &cell(&pair.second.name),
            &pair.documents.to_string(),
            &pair.documents_at_most.to_string(),
            &format!("{:.3}", pair.expected),
            &format!("{:.3}", pair.log_likelihood),
            &format!("{:.4}", pair.npmi),
        ])?;
    }
    table.flush()
}

/// A line a date for all documents (kind `all`), and one a date for each entity that is named then.
fn timeline(report: &Report, into: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(into);
    table.write_record(["date", "id", "kind", "name", "country", "documents", "mentions"])?;
    let Some(timeline) = &report.timeline else {
        return table.flush();
    };
    let all = [Cow::from(""), "all".into(), "".into(), "".into()];
    let series = timeline.entities.iter().map(|series| {
        let entity = &series.entity;
        let named = [
            id(entity),
            entity.kind.as_str().into(),
            cell(&entity.name),
            country(entity),
        ];
        (named, &series.points)
    });
    for ([id, kind, name, country], points) in [(all, &timeline.documents)].into_iter().chain(series) {
        for point in points {
            table.write_record([
                point.date.to_string().as_str(),
                &id,
                &kind,
                &name,
                &country,
                &point.documents.to_string(),
                &point.mentions.to_string(),
            ])?;
        }
    }
    table.flush()
}

fn id(entity: &Named) -> Cow<'_, str> {
    cell(entity.id.as_deref().unwrap_or_default())
}

fn country(entity: &Named) -> Cow<'_, str> {
    cell(entity.country.as_deref().unwrap_or_default())
}

/// Text from outside, for a cell. One that a spreadsheet would run as a formula gets an apostrophe in front, as OWASP's
/// "CSV Injection" has it, the full-width signs too.
fn cell(text: &str) -> Cow<'_, str> {
    let runs = |c: char| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
        )
    };
    if text.starts_with(runs) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        for text in ["Seoul", "a=b", " =1", "", "'=1"] {
            assert_eq!(cell(text), text);
        }
    }
}
