//! One document of the page: heading, text with its mentions, and the table of who is in it.

use std::io::{self, Write};
use std::ops::Range;

use super::LIT_TOGETHER;
use super::escape::{escape, escape_text};
use crate::document::{EntityCount, Kind, Link, Mention, TaggedDocument, Via};
use crate::output::{shown_end, shown_role};

/// The most characters of a first line that is taken for a headline.
const HEADLINE: usize = 120;

/// Writes one document.
pub(super) struct Article<'a, W> {
    into: &'a mut W,
    /// Its number on the page: anchors begin with it.
    number: usize,
    tagged: &'a TaggedDocument,
    entities: &'a [EntityCount],
}

impl<'a, W: Write> Article<'a, W> {
    /// `entities` are those of `tagged`.
    pub(super) fn new(
        into: &'a mut W,
        number: usize,
        tagged: &'a TaggedDocument,
        entities: &'a [EntityCount],
    ) -> Self {
        Article {
            into,
            number,
            tagged,
            entities,
        }
    }

    pub(super) fn write(mut self) -> io::Result<()> {
        writeln!(self.into, "<article id=\"d{}\">", self.number)?;
        let start = self.heading()?;
        self.into.write_all(b"<div class=\"columns\">\n")?;
        self.text(start)?;
        self.table()?;
        self.into.write_all(b"</div>\n</article>\n")
    }

    /// Title, or the text's own headline, or the id; and what there is to say of the document. Returns how much of the
    /// text stands in it.
    fn heading(&mut self) -> io::Result<usize> {
        let tagged = self.tagged;
        let document = &tagged.document;
        let headline = headline(tagged);
        self.into.write_all(b"<header><h2 dir=\"auto\">")?;
        match &document.title {
            _ if headline > 0 => self.marked(0..headline)?,
            Some(title) => self.into.write_all(escape(title).as_bytes())?,
            None => self.into.write_all(escape(&document.id).as_bytes())?,
        }
        self.into.write_all(b"</h2>\n<p class=\"meta\">")?;
        let date = document.date.map(|date| date.to_string());
        let id = (document.title.is_some() || headline > 0).then_some(document.id.as_str());
        for part in [date.as_deref(), document.source.as_deref(), id]
            .into_iter()
            .flatten()
        {
            write!(self.into, "<span>{}</span>", escape(part))?;
        }
        writeln!(
            self.into,
            "<span>{}</span><span>{}</span></p></header>",
            counted(tagged.mentions.len(), "mention", "mentions"),
            counted(self.entities.len(), "linked entity", "linked entities")
        )?;
        Ok(headline)
    }

    /// The text from `start` on, a paragraph a line; a line end inside a mention is no paragraph's end.
    fn text(&mut self, start: usize) -> io::Result<()> {
        let tagged = self.tagged;
        self.into.write_all(b"<div class=\"text\">\n<p dir=\"auto\">")?;
        let text = &tagged.document.text;
        let start = start + (text[start..].len() - text[start..].trim_start_matches(['\n', '\r']).len());
        let end = shown_end(tagged).max(start);
        self.marked(start..end)?;
        self.into.write_all(b"</p>\n</div>\n")
    }

    /// A stretch of the text with the mentions in it.
    fn marked(&mut self, stretch: Range<usize>) -> io::Result<()> {
        let tagged = self.tagged;
        let text = &tagged.document.text;
        let mut end = stretch.start;
        for (place, mention) in tagged.mentions.iter().enumerate() {
            if stretch.start <= mention.span.start && mention.span.end <= stretch.end {
                self.plain(&text[end..mention.span.start])?;
                self.mention(place, mention, &text[mention.span.clone()])?;
                end = mention.span.end;
            }
        }
        self.plain(&text[end..stretch.end])
    }

    fn plain(&mut self, text: &str) -> io::Result<()> {
        for (place, line) in text.split('\n').enumerate() {
            if place > 0 {
                self.into.write_all(b"</p>\n<p dir=\"auto\">")?;
            }
            self.into
                .write_all(escape_text(line.trim_end_matches('\r')).as_bytes())?;
        }
        Ok(())
    }

    fn mention(&mut self, place: usize, mention: &Mention, surface: &str) -> io::Result<()> {
        let (number, entities) = (self.number, self.entities);
        let (surface, label) = (escape_text(surface), escape(&mention.label));
        let found = format!("found as {label}, {:.2}", mention.score);
        let Some(link) = &mention.link else {
            return write!(
                self.into,
                "<span class=\"m none\" tabindex=\"0\">{surface}<span class=\"tip\" role=\"tooltip\">\
                 <b>Not linked</b><span>{found}</span></span></span>"
            );
        };
        let row = entities
            .iter()
            .position(|entity| link.is_same(entity))
            .unwrap_or_default();
        write!(
            self.into,
            "<a class=\"m {kind}{lit}\" id=\"d{number}-m{place}\" href=\"#d{number}-e{row}\">{surface}\
             <span class=\"tip\" role=\"tooltip\"><b>{name}</b>{about}<span>{via}, {confidence:.2} · {found}</span></span></a>",
            kind = link.kind.as_str(),
            lit = lit(row),
            name = escape(&link.name),
            about = about(link),
            via = via(link.via),
            confidence = link.confidence,
        )
    }

    /// The entities by kind, the most mentioned first.
    fn table(&mut self) -> io::Result<()> {
        let entities = self.entities;
        self.into.write_all(b"<aside class=\"who\">\n")?;
        if entities.is_empty() {
            self.into
                .write_all(b"<p>No country, official or agency that the gazetteer knows.</p>\n")?;
        } else {
            self.into.write_all(b"<table><caption>Who and what</caption>\n")?;
        }
        let mut column = "mentions";
        for (kind, heading) in [
            (Kind::Country, "Countries"),
            (Kind::Official, "Officials"),
            (Kind::Agency, "Agencies"),
        ] {
            let of_kind = entities
                .iter()
                .enumerate()
                .filter(|(_, entity)| entity.kind == kind);
            for (place, (row, entity)) in of_kind.enumerate() {
                if place == 0 {
                    let kind = kind.as_str();
                    writeln!(
                        self.into,
                        "<tbody class=\"{kind}\"><tr><th scope=\"col\">{heading}</th><th scope=\"col\"></th>\
                         <th scope=\"col\">{column}</th></tr>"
                    )?;
                    column = "";
                }
                self.row(row, entity)?;
            }
            if entities.iter().any(|entity| entity.kind == kind) {
                self.into.write_all(b"</tbody>\n")?;
            }
        }
        if !entities.is_empty() {
            self.into.write_all(b"</table>\n")?;
        }
        self.others()?;
        self.into.write_all(b"</aside>\n")
    }

    fn row(&mut self, row: usize, entity: &EntityCount) -> io::Result<()> {
        let (number, tagged) = (self.number, self.tagged);
        let first = tagged
            .mentions
            .iter()
            .position(|mention| mention.link.as_ref().is_some_and(|link| link.is_same(entity)));
        let name = escape(&entity.name);
        let name = match entity.id.as_deref().and_then(wikidata) {
            Some(address) => format!("<a href=\"{address}\" rel=\"noreferrer\">{name}</a>"),
            None => name.into_owned(),
        };
        let role = shown_role(entity.kind, entity.role.as_deref());
        let role = role.map_or_else(String::new, |role| format!("<small>{}</small>", escape(&role)));
        writeln!(
            self.into,
            "<tr id=\"d{number}-e{row}\" class=\"{lit}\"><td>{name}{role}</td><td><span class=\"code\">{country}</span></td>\
             <td><a href=\"#d{number}-m{first}\">{count}</a></td></tr>",
            lit = lit(row).trim_start(),
            country = escape(entity.country.as_deref().unwrap_or("")),
            first = first.unwrap_or_default(),
            count = entity.count,
        )
    }

    fn others(&mut self) -> io::Result<()> {
        let others = self.tagged.unlinked();
        if others.is_empty() {
            return Ok(());
        }
        self.into.write_all(b"<p class=\"others\">Not linked: ")?;
        for (place, (surface, label, count)) in others.iter().enumerate() {
            let separator = if place > 0 { ", " } else { "" };
            let times = if *count > 1 {
                format!(" ×{count}")
            } else {
                String::new()
            };
            write!(
                self.into,
                "{separator}<b>{}</b> <small>{}{times}</small>",
                escape(surface),
                escape(label)
            )?;
        }
        self.into.write_all(b"</p>\n")
    }
}

/// The length of a text's own headline: a first line that repeats the title or, where there is no title, one of some
/// words without a full stop and with a blank line below.
fn headline(tagged: &TaggedDocument) -> usize {
    let text = &tagged.document.text;
    let Some((line, rest)) = text.split_once('\n') else {
        return 0;
    };
    let is_headline = match &tagged.document.title {
        Some(title) => title.trim() == line.trim(),
        None => {
            let blank_below = rest.split('\n').next().is_some_and(|next| next.trim().is_empty());
            let words = (1..=HEADLINE).contains(&line.trim().chars().count());
            blank_below && words && !line.trim_end().ends_with('.')
        }
    };
    let crosses = |span: &Range<usize>| span.start < line.len() && span.end > line.len();
    let crossed = tagged.mentions.iter().any(|mention| crosses(&mention.span));
    if is_headline && !crossed {
        line.trim_end().len()
    } else {
        0
    }
}

/// What the list of documents calls one.
pub(in crate::output) fn name(tagged: &TaggedDocument) -> &str {
    let document = &tagged.document;
    match (&document.title, headline(tagged)) {
        (Some(title), _) => title,
        (None, 0) => &document.id,
        (None, headline) => document.text[..headline].trim(),
    }
}

fn lit(row: usize) -> String {
    if row < LIT_TOGETHER {
        format!(" e{row}")
    } else {
        String::new()
    }
}

fn about(link: &Link) -> String {
    let role = shown_role(link.kind, link.role.as_deref());
    let about = [Some(link.kind.as_str()), role.as_deref(), link.country.as_deref()];
    let about: Vec<_> = about.into_iter().flatten().map(escape).collect();
    format!("<span>{}</span>", about.join(" · "))
}

fn via(via: Via) -> &'static str {
    match via {
        Via::Name => "by name",
        Via::Alias => "by another name",
        Via::Acronym => "by acronym",
        Via::Demonym => "by demonym",
        Via::Capital => "by capital",
        Via::Surname => "by surname",
        Via::Metonym => "by metonym",
        Via::Role => "by office in the text",
        Via::InDocument => "by this document",
    }
}

/// Wikidata's page for a record whose id is Wikidata's.
pub(crate) fn wikidata(id: &str) -> Option<String> {
    let digits = id.strip_prefix('Q')?;
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    number.then(|| format!("https://www.wikidata.org/wiki/{id}"))
}

pub(in crate::output) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wikidatas_ids_lead_to_wikidata() {
        assert_eq!(
            wikidata("Q423").as_deref(),
            Some("https://www.wikidata.org/wiki/Q423")
        );
        assert_eq!(
            (wikidata("Q"), wikidata("Q1\" onclick=\""), wikidata("ror:1")),
            (None, None, None)
        );
    }
}
