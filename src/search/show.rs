//! An answer for people at a terminal.

use std::io::{self, Write};

use anstyle::Style;
use indicatif::HumanCount;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::query::QueryError;
use super::results::facets::Together;
use super::results::snippet::{Marked, Snippet};
use super::results::{Answer, EntityRow, Hit, Resolved};
use crate::output::pretty::{DIM, UNLINKED, cut, pad, style_of};
use crate::output::visible;
use crate::output::wrap::Wrap;

/// Narrower and wider than this nothing is laid out.
const WIDTHS: (usize, usize) = (48, 110);
/// Entities that a line names of those that a term can mean.
const MEANINGS: usize = 5;
const INDENT: &str = "    ";
/// Spaces between columns.
const GAP: usize = 2;

/// How an answer is shown.
#[derive(Clone, Copy, Debug)]
pub struct Show {
    /// The terminal's columns.
    pub width: usize,
    /// Whether matches and entities are coloured. Without, matches stand between asterisks and entities between brackets
    /// with what finds them: `[Pyongyang|country:KP]`.
    pub color: bool,
}

/// A run of characters of a snippet.
struct Piece {
    text: String,
    style: Option<Style>,
}

impl Show {
    /// Writes an answer.
    ///
    /// # Errors
    /// Where `into` cannot be written.
    pub fn write(self, answer: &Answer, into: &mut dyn Write) -> io::Result<()> {
        let width = self.width.clamp(WIDTHS.0, WIDTHS.1);
        for resolved in &answer.resolved {
            for line in wrapped(&meaning(resolved), width) {
                writeln!(into, "{}", self.styled(DIM, &line))?;
            }
        }
        if !answer.resolved.is_empty() {
            writeln!(into)?;
        }
        for (hit, number) in answer.hits.iter().zip(answer.offset + 1..) {
            self.hit(hit, number, width, into)?;
        }
        self.facets(answer, width, into)?;
        writeln!(into, "{}", self.styled(DIM, &counted(answer)))
    }

    fn styled(self, style: Style, text: &str) -> String {
        match self.color {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }

    fn hit(self, hit: &Hit, number: usize, width: usize, into: &mut dyn Write) -> io::Result<()> {
        let title = hit.title.as_deref().unwrap_or(&hit.id);
        let title = cut(&visible(title), width - INDENT.len());
        let bold = Style::new().bold();
        writeln!(into, "{number:>2}  {}", self.styled(bold, &title))?;
        let date = hit.date.map(|date| date.to_string());
        let id = hit.title.is_some().then_some(&hit.id);
        let about = [date.as_ref(), hit.source.as_ref(), id].into_iter().flatten();
        let mut about: Vec<String> = about.map(|text| visible(text).into_owned()).collect();
        about.push(format!("{:.2}", hit.score));
        let about = cut(&about.join(" · "), width - INDENT.len());
        writeln!(into, "{INDENT}{}", self.styled(DIM, &about))?;
        let mut wrapped = Vec::new();
        let mut wrap = Wrap::new(&mut wrapped, width - INDENT.len(), self.color);
        for piece in self.pieces(&hit.snippet) {
            wrap.push(&piece.text, piece.style)?;
        }
        wrap.finish()?;
        for line in String::from_utf8_lossy(&wrapped).lines() {
            writeln!(into, "{INDENT}{line}")?;
        }
        writeln!(into)
    }

    /// A snippet's text, its white space folded, with its marks.
    fn pieces(self, snippet: &Snippet) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut push = |text: &str, style| {
            pieces.push(Piece {
                text: text.to_owned(),
                style,
            });
        };
        if snippet.start > 0 {
            push("…", None);
        }
        let runs = Runs::of(snippet);
        for run in runs {
            let text = run.text.split(char::is_whitespace).collect::<Vec<_>>().join(" ");
            if self.color {
                push(&text, run.style());
                continue;
            }
            let open = if run.begins { "[" } else { "" };
            let star = if run.matched { "*" } else { "" };
            let close = match (run.ends, run.entity) {
                (true, Some(entity)) => format!("|{}]", found_by(entity)),
                _ => String::new(),
            };
            push(&format!("{open}{star}{text}{star}{close}"), None);
        }
        if snippet.goes_on {
            push("…", None);
        }
        pieces
    }

    fn facets(self, answer: &Answer, width: usize, into: &mut dyn Write) -> io::Result<()> {
        let facets = &answer.facets;
        // No facet has more documents than were found.
        let digits = answer.total.to_string().len();
        let row = |documents: u64, name: &str| format!("{documents:>digits$}  {}", visible(name));
        let rows = |rows: &[EntityRow]| -> Vec<String> {
            rows.iter()
                .map(|own| row(own.documents, &own.entity.name))
                .collect()
        };
        let labels = facets.label.iter().map(|own| row(own.documents, &own.label));
        let columns: Vec<(&str, Vec<String>)> = [
            ("countries", rows(&facets.country)),
            ("officials", rows(&facets.official)),
            ("agencies", rows(&facets.agency)),
            ("labels", labels.collect()),
        ]
        .into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
        if !columns.is_empty() {
            self.columns(&columns, digits + 2, width, into)?;
        }
        if !answer.together.is_empty() {
            let heading = "together more often than by chance: documents here, in all, log-likelihood";
            writeln!(into, "{}", self.styled(DIM, &cut(heading, width)))?;
            for row in &answer.together {
                writeln!(into, "{}", cut(&together(row), width))?;
            }
            writeln!(into)?;
        }
        Ok(())
    }

    /// Columns beside each other, headings `indent` to the right.
    fn columns(
        self,
        columns: &[(&str, Vec<String>)],
        indent: usize,
        width: usize,
        into: &mut dyn Write,
    ) -> io::Result<()> {
        let wide = |(name, rows): &(&str, Vec<String>)| {
            let rows = rows.iter().map(|row| row.width());
            rows.fold(name.width() + indent, usize::max)
        };
        let mut widths: Vec<usize> = columns.iter().map(wide).collect();
        let room = width.saturating_sub(GAP * (columns.len() - 1));
        // The widest gives way first.
        while widths.iter().sum::<usize>() > room.max(columns.len()) {
            if let Some(widest) = widths.iter_mut().max() {
                *widest -= 1;
            }
        }
        let line = |cell: &dyn Fn(usize) -> String| {
            let cells = widths
                .iter()
                .enumerate()
                .map(|(at, width)| pad(&cell(at), *width));
            cells
                .collect::<Vec<_>>()
                .join(&" ".repeat(GAP))
                .trim_end()
                .to_owned()
        };
        let heading = line(&|at| format!("{:indent$}{}", "", columns[at].0));
        writeln!(into, "{}", self.styled(DIM, &heading))?;
        let most = columns.iter().map(|(_, rows)| rows.len()).max().unwrap_or(0);
        for row in 0..most {
            writeln!(
                into,
                "{}",
                line(&|at| columns[at].1.get(row).cloned().unwrap_or_default())
            )?;
        }
        writeln!(into)
    }
}

/// `official:"Choe" = Choe Son Hui (official:Q26234538, 12 documents), …`.
fn meaning(resolved: &Resolved) -> String {
    let named = |row: &EntityRow| {
        let documents = documents(row.documents);
        format!("{} ({}, {documents})", row.entity.name, as_term(&row.entity.key))
    };
    // The most frequent come first.
    let there = resolved.entities.iter().filter(|row| row.documents > 0).count();
    let shown = match there {
        0 => resolved.entities.len(),
        there => there,
    };
    let shown = shown.min(MEANINGS);
    let named: Vec<String> = resolved.entities.iter().take(shown).map(named).collect();
    let more = match (
        there.saturating_sub(shown),
        resolved.entities.len() - there.max(shown),
    ) {
        (0, 0) => String::new(),
        (0, absent) => format!(", and {absent} more that are in no document"),
        (more, 0) => format!(", and {more} more"),
        (more, absent) => format!(", and {more} more, and {absent} that are in no document"),
    };
    visible(&format!("{} = {}{more}", resolved.term, named.join(", "))).into_owned()
}

/// Lines of at most `width` columns, broken between words; those after the first are indented.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(cut(&format!("{INDENT}{word}"), width)),
            None => lines.push(cut(word, width)),
        }
    }
    lines
}

/// `country/KP` as it is asked for.
fn as_term(key: &str) -> String {
    key.replacen('/', ":", 1)
}

fn found_by(entity: &Marked) -> String {
    entity
        .key
        .as_deref()
        .map_or_else(|| entity.label.clone(), as_term)
}

fn together(row: &Together) -> String {
    let name = visible(&row.entity.name).into_owned();
    let kind = row.entity.kind.as_str();
    format!(
        "{:>6} {:>6} {:>8.1}  {name} ({kind})",
        row.documents, row.in_all, row.log_likelihood
    )
}

/// `1 document`, `2,000 documents`.
fn documents(count: u64) -> String {
    match count {
        1 => "1 document".to_owned(),
        _ => format!("{} documents", HumanCount(count)),
    }
}

fn counted(answer: &Answer) -> String {
    let milliseconds = answer.took.as_secs_f64() * 1e3;
    let took = match milliseconds < 10.0 {
        true => format!("{milliseconds:.1} ms"),
        false => format!("{milliseconds:.0} ms"),
    };
    let total = HumanCount(answer.total as u64);
    let documents = documents(answer.documents);
    match answer.hits.len() {
        0 if answer.total == 0 => format!("nothing in {documents} ({took})"),
        0 if answer.offset == 0 => format!("{total} found in {documents} ({took})"),
        0 => format!(
            "{total} found in {documents}, none behind the first {} ({took})",
            answer.offset
        ),
        shown => format!(
            "{}-{} of {total} found in {documents} ({took})",
            answer.offset + 1,
            answer.offset + shown
        ),
    }
}

/// A run of a snippet's characters that are marked alike.
struct Run<'s> {
    text: &'s str,
    matched: bool,
    entity: Option<&'s Marked>,
    /// Whether the entity begins with it.
    begins: bool,
    /// Whether the entity ends with it.
    ends: bool,
}

impl Run<'_> {
    fn style(&self) -> Option<Style> {
        let style = match self.entity.map(|entity| entity.kind) {
            None => None,
            Some(None) => Some(UNLINKED),
            Some(Some(kind)) => Some(style_of(kind)),
        };
        match self.matched {
            true => Some(style.unwrap_or_default().invert()),
            false => style,
        }
    }
}

/// The runs of a snippet in order.
struct Runs<'s> {
    snippet: &'s Snippet,
    /// Byte offset of each character, and of the end.
    bytes: Vec<usize>,
    /// Characters where a mark begins or ends, in order.
    borders: Vec<usize>,
    at: usize,
}

impl<'s> Runs<'s> {
    fn of(snippet: &'s Snippet) -> Self {
        let bytes: Vec<usize> = snippet
            .text
            .char_indices()
            .map(|(at, _)| at)
            .chain([snippet.text.len()])
            .collect();
        let matches = snippet.matches.iter().flat_map(|range| [range.start, range.end]);
        let entities = snippet
            .entities
            .iter()
            .flat_map(|entity| [entity.start, entity.end]);
        let mut borders: Vec<usize> = matches.chain(entities).chain([0, bytes.len() - 1]).collect();
        borders.sort_unstable();
        borders.dedup();
        Runs {
            snippet,
            bytes,
            borders,
            at: 0,
        }
    }
}

impl<'s> Iterator for Runs<'s> {
    type Item = Run<'s>;

    fn next(&mut self) -> Option<Run<'s>> {
        let (start, end) = (*self.borders.get(self.at)?, *self.borders.get(self.at + 1)?);
        self.at += 1;
        let mut entities = self.snippet.entities.iter();
        let entity = entities.find(|entity| entity.start <= start && end <= entity.end);
        Some(Run {
            text: &self.snippet.text[*self.bytes.get(start)?..*self.bytes.get(end)?],
            matched: self
                .snippet
                .matches
                .iter()
                .any(|range| range.start <= start && end <= range.end),
            entity,
            begins: entity.is_some_and(|entity| entity.start == start),
            ends: entity.is_some_and(|entity| entity.end == end),
        })
    }
}

/// The query with a mark under what is wrong; of a long one only what stands around it.
pub fn pointed_at(query: &str, error: &QueryError, width: usize) -> String {
    let width = width.max(WIDTHS.0) - 2 * INDENT.len();
    let chars: Vec<char> = query.chars().collect();
    let begin = match chars.len() > width {
        true => error.span.start.saturating_sub(width / 2),
        false => 0,
    };
    let end = chars.len().min(begin + width);
    let columns = |from: usize, to: usize| -> usize {
        let chars = chars.get(from..to.max(from)).unwrap_or_default();
        chars
            .iter()
            .map(|c| {
                visible(&c.to_string())
                    .chars()
                    .map(|c| c.width().unwrap_or(0))
                    .sum::<usize>()
            })
            .sum()
    };
    let shown: String = chars[begin.min(end)..end].iter().collect();
    let before = columns(begin, error.span.start.min(end));
    let marked = columns(error.span.start, error.span.end.min(end)).max(1);
    format!(
        "{INDENT}{}\n{INDENT}{}{}\n",
        visible(&shown),
        " ".repeat(before),
        "^".repeat(marked)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Kind;

    #[test]
    fn marks_stand_around_what_they_mark() {
        let snippet = Snippet {
            text: "minister\nChoe Son Hui in Busan".to_owned(),
            start: 3,
            matches: std::iter::once(0..13).collect(),
            entities: vec![
                Marked {
                    start: 9,
                    end: 21,
                    key: Some("official/Q26234538".to_owned()),
                    kind: Some(Kind::Official),
                    label: "PER".to_owned(),
                },
                Marked {
                    start: 25,
                    end: 30,
                    key: None,
                    kind: None,
                    label: "LOC".to_owned(),
                },
            ],
            goes_on: true,
        };
        let show = Show {
            width: 80,
            color: false,
        };
        let text: String = show
            .pieces(&snippet)
            .into_iter()
            .map(|piece| piece.text)
            .collect();
        assert_eq!(
            text,
            "…*minister *[*Choe* Son Hui|official:Q26234538] in [Busan|LOC]…"
        );
    }

    #[test]
    fn the_mark_stands_under_what_is_wrong() {
        let error = |span| QueryError {
            span,
            reason: String::new(),
        };
        assert_eq!(
            pointed_at("北京 OR OR", &error(6..8), 80),
            "    北京 OR OR\n            ^^\n"
        );
        let long = "word ".repeat(100) + "(";
        let pointed = pointed_at(&long, &error(500..501), 80);
        let [query, mark]: [&str; 2] = pointed.lines().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(query.rfind('('), mark.find('^'));
        assert!(query.width() <= 80);
    }
}
