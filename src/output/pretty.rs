//! For people at a terminal: the text with its entities coloured, and a table of who they are.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::wrap::Wrap;
use super::{DocumentWriter, shown_end, shown_role, visible};
use crate::document::{Document, EntityCount, Kind, Mention, TaggedDocument};

/// Lines of text longer than this are hard to read, however wide the terminal.
const WIDEST_TEXT: usize = 100;
/// Past this a table's columns lie too far apart to be read across.
const WIDEST_TABLE: usize = 140;
/// Narrower than this no table fits.
const NARROWEST: usize = 48;
/// Columns of a table's line beside name and role, gaps among them.
const OTHER_COLUMNS: usize = 37;

pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const UNLINKED: Style = Style::new().underline();

/// The colour of a kind, on dark and light grounds alike.
pub(crate) fn style_of(kind: Kind) -> Style {
    let color = match kind {
        Kind::Country => AnsiColor::Green,
        Kind::Official => AnsiColor::Magenta,
        Kind::Agency => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(color.into()))
}

/// Writes text and table; colours are escape sequences, which a plain output strips before they get here or after.
pub struct PrettyWriter<W> {
    into: W,
    /// Columns for text.
    width: usize,
    /// Columns for the table.
    table_width: usize,
    color: bool,
    first: bool,
}

impl<W: Write> PrettyWriter<W> {
    /// `width` is the terminal's, in columns. Without `color`, mentions are marked `[Moscow:2]` with their row of the
    /// table, or `[Busan:LOC]` with their label.
    pub fn new(into: W, width: usize, color: bool) -> Self {
        PrettyWriter {
            into,
            width: width.clamp(NARROWEST, WIDEST_TEXT),
            table_width: width.clamp(NARROWEST, WIDEST_TABLE),
            color,
            first: true,
        }
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// A rule with the document's name, date and source on it, and the title below.
    fn heading(&mut self, document: &Document) -> io::Result<()> {
        let parts = [Some(document.id.as_str()), document.source.as_deref()];
        let mut name = parts
            .into_iter()
            .flatten()
            .map(visible)
            .collect::<Vec<_>>()
            .join(" · ");
        if let Some(date) = document.date {
            name = format!("{name} · {date}");
        }
        let name = cut(&name, self.width - 6);
        let rule = "─".repeat(self.width.saturating_sub(name.width() + 4));
        writeln!(self.into, "{}", self.styled(DIM, &format!("── {name} {rule}")))?;
        if let Some(title) = &document.title {
            writeln!(self.into, "{}", self.styled(Style::new().bold(), &visible(title)))?;
        }
        writeln!(self.into)
    }

    fn text(&mut self, tagged: &TaggedDocument, entities: &[EntityCount]) -> io::Result<()> {
        let mut wrap = Wrap::new(&mut self.into, self.width, self.color);
        let text = &tagged.document.text[..shown_end(tagged)];
        let mut end = 0;
        for mention in &tagged.mentions {
            wrap.push(&text[end..mention.span.start], None)?;
            let surface = &text[mention.span.clone()];
            let style = mention.link.as_ref().map_or(UNLINKED, |link| style_of(link.kind));
            if self.color {
                wrap.push(surface, Some(style))?;
            } else {
                wrap.push(&format!("[{surface}:{}]", mark_of(mention, entities)), None)?;
            }
            end = mention.span.end;
        }
        wrap.push(&text[end..], None)?;
        wrap.finish()
    }

    fn table(&mut self, entities: &[EntityCount]) -> io::Result<()> {
        let names: Vec<String> = entities
            .iter()
            .map(|entity| visible(&entity.name).into_owned())
            .collect();
        let role_of = |entity: &EntityCount| {
            let role = shown_role(entity.kind, entity.role.as_deref()).unwrap_or_default();
            visible(&role).into_owned()
        };
        let roles: Vec<String> = entities.iter().map(role_of).collect();
        let widest = |texts: &[String], heading: usize| {
            texts.iter().map(|text| text.width()).fold(heading, usize::max)
        };
        // Number, kind, country and count take what is left of a line when name and role have this much.
        let room = self.table_width.saturating_sub(OTHER_COLUMNS);
        let (wide_name, wide_role) = (widest(&names, 4), widest(&roles, 4));
        // Where both do not fit, the longer one gives way first, down to half of the room.
        let name_width = wide_name.min(room.saturating_sub(wide_role).max(room / 2));
        let role_width = wide_role.min(room - name_width.min(room));
        let heading = format!(
            "  {:>3}  {:8}  {:7}  {}  {}  {:>5}",
            "",
            "kind",
            "country",
            pad("name", name_width),
            pad("role", role_width),
            "count"
        );
        writeln!(self.into, "{}", self.styled(DIM, &heading))?;
        for (row, (entity, (name, role))) in entities.iter().zip(names.iter().zip(&roles)).enumerate() {
            let kind = self.styled(style_of(entity.kind), &format!("{:8}", entity.kind.as_str()));
            let country = visible(entity.country.as_deref().unwrap_or("")).into_owned();
            let (name, role) = (pad(name, name_width), pad(role, role_width));
            let row = self.styled(DIM, &format!("{:>3}", row + 1));
            writeln!(
                self.into,
                "  {row}  {kind}  {}  {name}  {role}  {:>5}",
                pad(&country, 7),
                entity.count
            )?;
        }
        Ok(())
    }

    /// Mentions that are no one we know, each name once.
    fn unlinked(&mut self, tagged: &TaggedDocument) -> io::Result<()> {
        let names = tagged.unlinked();
        if names.is_empty() {
            return Ok(());
        }
        let mut wrap = Wrap::new(&mut self.into, self.width, self.color);
        wrap.push("  not linked: ", Some(DIM))?;
        for (place, (name, label, count)) in names.iter().enumerate() {
            wrap.push(if place > 0 { ", " } else { "" }, None)?;
            wrap.push(&visible(name), Some(UNLINKED))?;
            let times = if *count > 1 {
                format!(" ×{count}")
            } else {
                String::new()
            };
            wrap.push(&format!(" {}{times}", visible(label)), Some(DIM))?;
        }
        wrap.finish()
    }
}

impl<W: Write> DocumentWriter for PrettyWriter<W> {
    fn write(&mut self, tagged: &TaggedDocument) -> io::Result<()> {
        if !std::mem::take(&mut self.first) {
            writeln!(self.into)?;
        }
        let entities = tagged.entities();
        self.heading(&tagged.document)?;
        self.text(tagged, &entities)?;
        writeln!(self.into)?;
        if entities.is_empty() {
            let nobody = "  no country, official or agency that the gazetteer knows";
            writeln!(self.into, "{}", self.styled(DIM, nobody))?;
        } else {
            self.table(&entities)?;
        }
        self.unlinked(tagged)?;
        if !tagged.considerations.is_empty() {
            write!(self.into, "\n{}", super::explain::explain(tagged, |_| true))?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

/// What stands for the colour where there is none.
fn mark_of(mention: &Mention, entities: &[EntityCount]) -> String {
    let row = mention
        .link
        .as_ref()
        .and_then(|link| entities.iter().position(|entity| link.is_same(entity)));
    row.map_or_else(|| mention.label.to_string(), |row| (row + 1).to_string())
}

/// `text` on at most `width` columns, the last an ellipsis where some of it is cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

/// `text` on exactly `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let gap = " ".repeat(width - text.width().min(width));
    text + &gap
}
