//! Records as a table: a header row, then one record a row, with further names in a column for each of their types.
//!
//! ```csv
//! id,kind,name,country,short,acronym,tenures
//! nom:gb-harbour-board,agency,Harbour Board,GB,Board?;Port Board@1990..2004,HB,
//! nom:jane-doe,official,Jane Doe,GB,,,Chair @ Harbour Board | 2021-05..; Member @ Harbour Board | 2015..2021
//! ```
//!
//! Cells with several entries part them by `;`. A `?` after a name makes it weak, `@from..to` says when it was used.
//! A term is `position @ organisation | from..to | country`; what stands behind the position may be left out, and the
//! country is then the row's. A relation is `type id`. A backslash takes the next character as it is.
//! Columns are parted by what parts them in the header: comma, semicolon or tab.

use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use csv::{ErrorKind, StringRecord};

use super::change::{Entry, Extension};
use super::read::{Entries, ReadError, check};
use super::record::{Alias, AliasType, Record, Relation, Tenure};
use crate::dates::PartialDate;

/// The columns, in the order in which they are written; only `id` must be there.
pub const COLUMNS: [&str; 26] = [
    "id",
    "kind",
    "subkind",
    "name",
    "country",
    "official",
    "short",
    "acronym",
    "former",
    "demonym",
    "adjective",
    "surname",
    "transliteration",
    "native",
    "metonym",
    "capital",
    "misspelling",
    "tenures",
    "relations",
    "from",
    "to",
    "sources",
    "seen",
    "extends",
    "suppress",
    "remove",
];

/// Opens a table.
///
/// # Errors
/// Where the header has no `id`, a column twice, or one that is none of [`COLUMNS`]. Each row has its own.
pub(super) fn read(path: PathBuf, mut reader: impl BufRead + 'static) -> Result<Entries, ReadError> {
    let io = |source| ReadError::Io {
        path: path.clone(),
        source,
    };
    // The header alone tells what parts the columns; it is handed on to the parser with the rest.
    let mut header = Vec::new();
    reader.read_until(b'\n', &mut header).map_err(io)?;
    let header = match header.strip_prefix(b"\xef\xbb\xbf") {
        Some(plain) => plain.to_vec(),
        None => header,
    };
    let delimiter = (*b",;\t")
        .into_iter()
        .find(|mark| header.contains(mark))
        .unwrap_or(b',');
    let mut table = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        // At "\r\n" the reader would count the line's end to the next row, and name the wrong line; trimmed is either.
        .terminator(csv::Terminator::Any(b'\n'))
        .trim(csv::Trim::All)
        .from_reader(std::io::Cursor::new(header).chain(reader));
    let wrong = |reason| ReadError::Line {
        path: path.clone(),
        line: 1,
        reason,
    };
    let header = match table.headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(parse_error(&path, 1, error)),
    };
    for (at, column) in header.iter().enumerate() {
        if !COLUMNS.contains(&column) {
            return Err(wrong(format!(
                "unknown column '{column}'; expected some of {}",
                COLUMNS.join(", ")
            )));
        }
        if header.iter().take(at).any(|other| other == column) {
            return Err(wrong(format!(
                "the column '{column}' stands there twice; expected each column once"
            )));
        }
    }
    if !header.iter().any(|column| column == "id") {
        return Err(wrong(
            "no column 'id'; expected a header row that names the columns".to_owned(),
        ));
    }
    let mut line = 1;
    Ok(Box::new(table.into_records().filter_map(move |row| {
        let row = match row {
            Ok(row) => row,
            Err(error) => return Some(Err(parse_error(&path, line, error))),
        };
        line = row.position().map_or(line, |position| position.line() as usize);
        if row.iter().all(str::is_empty) {
            return None;
        }
        let made = Row(&header, &row).entry();
        Some(made.map(|entry| (line, entry)).map_err(|reason| ReadError::Line {
            path: path.clone(),
            line,
            reason,
        }))
    })))
}

fn parse_error(path: &Path, line: usize, error: csv::Error) -> ReadError {
    let path = path.to_owned();
    let at = |position: &Option<csv::Position>| position.as_ref().map_or(line, |at| at.line() as usize);
    let (line, reason) = match error.kind() {
        ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => (
            at(pos),
            format!("{len} cells; expected {expected_len}, as in the header"),
        ),
        ErrorKind::Utf8 { pos, .. } => (
            at(pos),
            "not UTF-8; expected a table saved as UTF-8 ('CSV UTF-8' in spreadsheet programs)".to_owned(),
        ),
        _ => match error.into_kind() {
            ErrorKind::Io(source) => return ReadError::Io { path, source },
            kind => (
                line,
                format!("no row of a table: {kind:?}; expected comma-separated values"),
            ),
        },
    };
    ReadError::Line { path, line, reason }
}

/// A row with its header.
struct Row<'t>(&'t StringRecord, &'t StringRecord);

impl Row<'_> {
    /// The cell of a column; empty where there is no such column.
    fn cell(&self, column: &str) -> &str {
        let at = self.0.iter().position(|name| name == column);
        at.and_then(|at| self.1.get(at)).unwrap_or_default()
    }

    fn given(&self, column: &str) -> Option<String> {
        Some(self.cell(column).to_owned()).filter(|cell| !cell.is_empty())
    }

    fn mark(&self, column: &str) -> Result<bool, String> {
        match self.cell(column).to_ascii_lowercase().as_str() {
            "" | "no" | "false" | "0" => Ok(false),
            "yes" | "true" | "1" | "x" => Ok(true),
            other => Err(format!(
                "'{other}' in the column '{column}'; expected yes or nothing"
            )),
        }
    }

    fn date(&self, column: &str) -> Result<Option<PartialDate>, String> {
        date(self.cell(column))
    }

    fn list(&self, column: &str) -> Vec<String> {
        (split(self.cell(column), ';').iter().map(|part| unescape(part))).collect()
    }

    fn entry(&self) -> Result<Entry, String> {
        let id = self.cell("id").to_owned();
        let entry = if self.mark("suppress")? {
            let other = self
                .0
                .iter()
                .find(|&column| !matches!(column, "id" | "suppress") && !self.cell(column).is_empty());
            if let Some(column) = other {
                return Err(format!(
                    "'{id}' is suppressed, but '{column}' is filled in; expected the id alone"
                ));
            }
            Entry::Suppress(id)
        } else if self.mark("extends")? {
            if !self.cell("kind").is_empty() {
                return Err(format!(
                    "'{id}' is extended, so its kind stays; expected an empty cell in 'kind'"
                ));
            }
            Entry::Extend(Extension {
                id,
                extends: true,
                remove: self.list("remove"),
                aliases: self.aliases()?,
                tenures: self.tenures()?,
                relations: self.relations()?,
                sources: self.list("sources"),
                name: self.given("name"),
                subkind: self.given("subkind"),
                country: self.given("country"),
                from: self.date("from")?,
                to: self.date("to")?,
                seen: self.given("seen"),
            })
        } else {
            if !self.cell("remove").is_empty() {
                return Err("'remove' is filled in; expected 'yes' in 'extends' with it".to_owned());
            }
            let kind = serde_json::from_value(self.cell("kind").into()).map_err(|_| {
                format!(
                    "the kind '{}'; expected country, official or agency",
                    self.cell("kind")
                )
            })?;
            Entry::Record(Record {
                id,
                kind,
                subkind: self.given("subkind"),
                name: self.cell("name").to_owned(),
                country: self.given("country"),
                aliases: self.aliases()?,
                tenures: self.tenures()?,
                relations: self.relations()?,
                from: self.date("from")?,
                to: self.date("to")?,
                sources: self.list("sources"),
                seen: self.given("seen"),
            })
        };
        check(&entry)?;
        Ok(entry)
    }

    fn aliases(&self) -> Result<Vec<Alias>, String> {
        let mut aliases = Vec::new();
        for alias_type in AliasType::ALL {
            for part in split(self.cell(alias_type.as_str()), ';') {
                aliases.push(alias(&part, alias_type)?);
            }
        }
        Ok(aliases)
    }

    fn tenures(&self) -> Result<Vec<Tenure>, String> {
        let parts = split(self.cell("tenures"), ';');
        parts
            .iter()
            .map(|part| tenure(part, self.cell("country")))
            .collect()
    }

    fn relations(&self) -> Result<Vec<Relation>, String> {
        (split(self.cell("relations"), ';').iter())
            .map(|part| match part.split_once(' ') {
                Some((relation, id)) => Ok(Relation {
                    relation: relation.to_owned(),
                    id: unescape(id.trim()),
                }),
                None => Err(format!(
                    "the relation '{part}'; expected a type and an id, such as 'part_of Q30'"
                )),
            })
            .collect()
    }
}

fn alias(written: &str, alias_type: AliasType) -> Result<Alias, String> {
    let parts = split(written, '@');
    let (name, span) = match &parts[..] {
        [name] => (name.as_str(), (None, None)),
        [name, span] => (name.as_str(), dates(span)?),
        _ => {
            return Err(format!(
                "the name '{written}'; expected name@from..to, and \\@ for an @ of its own"
            ));
        }
    };
    let (name, weak) = match name.strip_suffix('?') {
        Some(name) if !name.ends_with('\\') => (name, true),
        _ => (name, false),
    };
    Ok(Alias {
        text: unescape(name.trim()),
        alias_type,
        weak,
        from: span.0,
        to: span.1,
        seen: None,
    })
}

fn tenure(written: &str, country: &str) -> Result<Tenure, String> {
    let parts = split(written, '|');
    let office = split(parts.first().map_or("", String::as_str), '@');
    let (position, organisation) = match &office[..] {
        [position] => (position, None),
        [position, organisation] => (position, Some(unescape(organisation))),
        _ => {
            return Err(format!(
                "the term '{written}'; expected position @ organisation | from..to | country"
            ));
        }
    };
    let (from, to) = match parts.get(1) {
        Some(span) => dates(span)?,
        None => (None, None),
    };
    if parts.len() > 3 {
        return Err(format!(
            "the term '{written}'; expected position @ organisation | from..to | country"
        ));
    }
    Ok(Tenure {
        position: unescape(position),
        organisation,
        country: parts.get(2).map_or(country, String::as_str).to_owned(),
        from,
        to,
    })
}

fn dates(span: &str) -> Result<(Option<PartialDate>, Option<PartialDate>), String> {
    let (from, to) = span
        .split_once("..")
        .ok_or_else(|| format!("the dates '{span}'; expected from..to, of which one may be left out"))?;
    Ok((date(from.trim())?, date(to.trim())?))
}

fn date(text: &str) -> Result<Option<PartialDate>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|error: crate::dates::InvalidDate| error.to_string())
}

/// The parts between marks that no backslash stands before, trimmed, empty ones left out; still escaped.
fn split(cell: &str, mark: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in cell.chars() {
        if c == mark && !escaped {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    let parts = parts.iter().map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        plain.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    plain
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | ';' | '@' | '?' | '|') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A record's cells, in the order of [`COLUMNS`]. An alias's own `seen` has no cell.
pub fn cells(record: &Record) -> Vec<String> {
    let plain = |text: &Option<String>| text.clone().unwrap_or_default();
    let day = |date: Option<PartialDate>| date.map_or(String::new(), |date| date.to_string());
    let span = |from, to| format!("{}..{}", day(from), day(to));
    let cell = |column: &str| match column {
        "id" => record.id.clone(),
        "kind" => record.kind.as_str().to_owned(),
        "subkind" => plain(&record.subkind),
        "name" => record.name.clone(),
        "country" => plain(&record.country),
        "from" => day(record.from),
        "to" => day(record.to),
        "sources" => join(record.sources.iter().map(|source| escape(source))),
        "seen" => plain(&record.seen),
        "relations" => join(
            (record.relations.iter())
                .map(|relation| format!("{} {}", relation.relation, escape(&relation.id))),
        ),
        "tenures" => join(record.tenures.iter().map(|tenure| {
            let mut written = escape(&tenure.position);
            if let Some(organisation) = &tenure.organisation {
                written += &format!(" @ {}", escape(organisation));
            }
            written += &format!(" | {}", span(tenure.from, tenure.to));
            if record.country.as_ref() != Some(&tenure.country) {
                written += &format!(" | {}", tenure.country);
            }
            written
        })),
        _ => join(
            (record.aliases.iter())
                .filter(|alias| alias.alias_type.as_str() == column)
                .map(|alias| {
                    let mut written = escape(&alias.text);
                    if alias.weak {
                        written.push('?');
                    }
                    if alias.from.is_some() || alias.to.is_some() {
                        written += &format!("@{}", span(alias.from, alias.to));
                    }
                    written
                }),
        ),
    };
    COLUMNS.iter().map(|column| cell(column)).collect()
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(table: &[u8]) -> Vec<Result<(usize, Entry), ReadError>> {
        read("own.csv".into(), std::io::Cursor::new(table.to_vec()))
            .unwrap()
            .collect()
    }

    #[test]
    fn a_row_is_a_record() {
        let table = "\u{feff}id,kind,name,country,short,acronym,tenures\r\n\
            nom:b,agency,Harbour Board,GB,Board?;Port Board@1990..2004,HB,\r\n,,,,,,\r\n\
            nom:j,official,\"Doe, Jane\",GB,Who\\?,,Chair @ Harbour Board | 2021-05..; Envoy|..2020|FR\r\n";
        let rows: Vec<(usize, Entry)> = rows(table.as_bytes()).into_iter().map(Result::unwrap).collect();
        let lines = r#"{"id":"nom:b","kind":"agency","name":"Harbour Board","country":"GB","aliases":[
                {"text":"Board","type":"short","weak":true},
                {"text":"Port Board","type":"short","from":"1990","to":"2004"},
                {"text":"HB","type":"acronym"}],"sources":[]}
            {"id":"nom:j","kind":"official","name":"Doe, Jane","country":"GB",
                "aliases":[{"text":"Who?","type":"short"}],"tenures":[
                {"position":"Chair","organisation":"Harbour Board","country":"GB","from":"2021-05"},
                {"position":"Envoy","country":"FR","to":"2020"}],"sources":[]}"#;
        let expected: Vec<Entry> = serde_json::Deserializer::from_str(lines)
            .into_iter::<Record>()
            .map(|record| Entry::Record(record.unwrap()))
            .collect();
        assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(
            rows.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn semicolons_and_tabs_part_columns_too() {
        for table in [
            "id;extends;short\nQ30;yes;\"Uncle Sam;Sam?\"\n",
            "id\textends\tshort\nQ30\tx\tUncle Sam;Sam?\n",
        ] {
            let rows = rows(table.as_bytes());
            let Ok((2, Entry::Extend(extension))) = &rows[0] else {
                panic!("{rows:?}")
            };
            assert_eq!((extension.aliases.len(), extension.aliases[1].weak), (2, true));
        }
    }

    #[test]
    fn a_wrong_row_is_named() {
        for (row, part) in [
            ("nom:b,planet,B,,,,", "country, official or agency"),
            ("nom:b,agency,B", "3 cells; expected 7"),
            ("nom:b,agency,B,uk,,,", "'uk'"),
            ("nom:b,agency,B,,A@B@C,,", "expected name@from..to"),
            ("nom:b,agency,B,,A@2001..2000,,", "runs backwards"),
            ("nom:b,agency,B,,A@soon..,,", "'soon' is not a date"),
            ("nom:b,official,B,GB,,Chair | 2001,", "expected from..to"),
            ("nom:b,agency,B,,,,maybe", "expected yes"),
            ("nom:b,,B,,,,yes", "the id alone"),
        ] {
            let table = format!("id,kind,name,country,short,tenures,suppress\nnom:a,agency,A,,,,\n{row}\n");
            let message = rows(table.as_bytes())[1].as_ref().unwrap_err().to_string();
            assert!(
                message.starts_with("own.csv:3: ") && message.contains(part),
                "{message}"
            );
        }
        let message = rows(b"id,kind,name\nnom:a,agency,\xff\n")[0]
            .as_ref()
            .unwrap_err()
            .to_string();
        assert!(message.starts_with("own.csv:2: not UTF-8"), "{message}");
    }

    #[test]
    fn a_wrong_header_is_named() {
        for (header, part) in [
            ("id,colour", "'colour'"),
            ("id,id", "twice"),
            ("name", "no column 'id'"),
            ("", "'id'"),
        ] {
            let table = std::io::Cursor::new(header.as_bytes().to_vec());
            let message = read("own.csv".into(), table).err().unwrap().to_string();
            assert!(
                message.starts_with("own.csv:1: ") && message.contains(part),
                "{message}"
            );
            assert!(message.contains("expected"), "{message}");
        }
    }

    proptest::proptest! {
        #[test]
        fn records_come_back(name in "[A-Za-z;@?|\\\\,\" é.]{0,12}x", weak: bool, from in proptest::option::of(1800u16..2100)) {
            let from: Option<PartialDate> = from.map(|year| year.to_string().parse().unwrap());
            let name = name.trim().to_owned();
            let record = Record {
                id: "nom:a".to_owned(), kind: crate::document::Kind::Official, subkind: None, name: name.clone(),
                country: Some("GB".to_owned()),
                aliases: vec![Alias { text: name.clone(), alias_type: AliasType::Short, weak, from, to: None, seen: None }],
                tenures: vec![Tenure { position: name.clone(), organisation: Some(name.clone()), country: "INT".to_owned(), from, to: from }],
                relations: vec![Relation { relation: "part_of".to_owned(), id: name.clone() }],
                from, to: None, sources: vec![name], seen: None,
            };
            let mut table = csv::Writer::from_writer(Vec::new());
            table.write_record(COLUMNS).unwrap();
            table.write_record(cells(&record)).unwrap();
            let mut rows = rows(&table.into_inner().unwrap());
            proptest::prop_assert_eq!(rows.remove(0).unwrap().1, Entry::Record(record));
        }
    }
}
