//! One self-contained page: the texts with their entities highlighted, and a table of them beside each.
//!
//! The page holds no script and loads nothing; its Content-Security-Policy says so, and allows the one style sheet by
//! its hash. What came from outside is escaped wherever it stands.

use std::io::{self, Write};
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::{DocumentWriter, shown_end, shown_role};
use crate::document::{EntityCount, Kind, Link, Mention, TaggedDocument, Via};

mod escape;

use escape::{base64, escape, escape_text};

/// The style sheet.
const STYLE: &str = include_str!("page.css");

/// The most characters of a first line that is taken for a headline.
const HEADLINE: usize = 120;

/// Entities of one document whose mentions light up together: each needs a rule of its own.
const LIT_TOGETHER: usize = 40;

/// Writes the page's parts as documents come: the list of documents stands last in the file and first on the screen.
pub struct HtmlWriter<W> {
    into: W,
    made_with: String,
    /// Name and mention count of each document written.
    index: Vec<(String, usize)>,
    started: bool,
}

impl<W: Write> HtmlWriter<W> {
    /// `made_with` names program, model and gazetteer in the page's last line.
    pub fn new(into: W, made_with: String) -> Self {
        HtmlWriter {
            into,
            made_with,
            index: Vec::new(),
            started: false,
        }
    }

    fn start(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.started, true) {
            return Ok(());
        }
        let style = style();
        let hash = base64(&Sha256::digest(style.as_bytes()));
        write!(
            self.into,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; \
             base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>Nomenclator: who is in the news</title>\n<style>{style}</style>\n</head>\n<body>\n\
             <header class=\"top\"><h1>Nomenclator</h1>\n<ul class=\"legend\">"
        )?;
        for kind in Kind::ALL {
            write!(
                self.into,
                "<li><span class=\"m {0}\">{0}</span></li>",
                kind.as_str()
            )?;
        }
        self.into
            .write_all(b"<li><span class=\"m none\">not linked</span></li></ul></header>\n")
    }

    /// Title, or the text's own headline, or the id; and what there is to say of the document. Returns how much of the
    /// text stands in it.
    fn heading(
        &mut self,
        number: usize,
        tagged: &TaggedDocument,
        entities: &[EntityCount],
    ) -> io::Result<usize> {
        let document = &tagged.document;
        let headline = headline(tagged);
        self.into.write_all(b"<header><h2 dir=\"auto\">")?;
        match &document.title {
            _ if headline > 0 => self.marked(number, tagged, entities, 0..headline)?,
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
            counted(entities.len(), "linked entity", "linked entities")
        )?;
        Ok(headline)
    }

    /// The text from `start` on, a paragraph a line; a line end inside a mention is no paragraph's end.
    fn text(
        &mut self,
        number: usize,
        tagged: &TaggedDocument,
        entities: &[EntityCount],
        start: usize,
    ) -> io::Result<()> {
        self.into.write_all(b"<div class=\"text\">\n<p dir=\"auto\">")?;
        let text = &tagged.document.text;
        let start = start + (text[start..].len() - text[start..].trim_start_matches(['\n', '\r']).len());
        let end = shown_end(tagged).max(start);
        self.marked(number, tagged, entities, start..end)?;
        self.into.write_all(b"</p>\n</div>\n")
    }

    /// A stretch of the text with the mentions in it.
    fn marked(
        &mut self,
        number: usize,
        tagged: &TaggedDocument,
        entities: &[EntityCount],
        stretch: Range<usize>,
    ) -> io::Result<()> {
        let text = &tagged.document.text;
        let mut end = stretch.start;
        for (place, mention) in tagged.mentions.iter().enumerate() {
            if stretch.start <= mention.span.start && mention.span.end <= stretch.end {
                self.plain(&text[end..mention.span.start])?;
                self.mention(number, place, mention, &text[mention.span.clone()], entities)?;
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

    fn mention(
        &mut self,
        number: usize,
        place: usize,
        mention: &Mention,
        surface: &str,
        entities: &[EntityCount],
    ) -> io::Result<()> {
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
    fn table(&mut self, number: usize, tagged: &TaggedDocument, entities: &[EntityCount]) -> io::Result<()> {
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
                self.row(number, row, entity, tagged)?;
            }
            if entities.iter().any(|entity| entity.kind == kind) {
                self.into.write_all(b"</tbody>\n")?;
            }
        }
        if !entities.is_empty() {
            self.into.write_all(b"</table>\n")?;
        }
        self.others(tagged)?;
        self.into.write_all(b"</aside>\n")
    }

    fn row(
        &mut self,
        number: usize,
        row: usize,
        entity: &EntityCount,
        tagged: &TaggedDocument,
    ) -> io::Result<()> {
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

    fn others(&mut self, tagged: &TaggedDocument) -> io::Result<()> {
        let others = tagged.unlinked();
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

impl<W: Write> DocumentWriter for HtmlWriter<W> {
    fn write(&mut self, tagged: &TaggedDocument) -> io::Result<()> {
        self.start()?;
        self.index.push((name(tagged).to_owned(), tagged.mentions.len()));
        let number = self.index.len();
        let entities = tagged.entities();
        writeln!(self.into, "<article id=\"d{number}\">")?;
        let start = self.heading(number, tagged, &entities)?;
        self.into.write_all(b"<div class=\"columns\">\n")?;
        self.text(number, tagged, &entities, start)?;
        self.table(number, tagged, &entities)?;
        self.into.write_all(b"</div>\n</article>\n")
    }

    fn finish(&mut self) -> io::Result<()> {
        self.start()?;
        if self.index.len() > 1 {
            writeln!(
                self.into,
                "<nav aria-label=\"Documents\"><h2>{} documents</h2><ol>",
                self.index.len()
            )?;
            for (place, (name, mentions)) in self.index.iter().enumerate() {
                let (number, name) = (place + 1, escape(name));
                writeln!(
                    self.into,
                    "<li><a href=\"#d{number}\">{name}</a> <small>{mentions}</small></li>"
                )?;
            }
            self.into.write_all(b"</ol></nav>\n")?;
        }
        writeln!(
            self.into,
            "<footer>{}</footer>\n</body>\n</html>",
            escape(&self.made_with)
        )?;
        self.into.flush()
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
fn name(tagged: &TaggedDocument) -> &str {
    let document = &tagged.document;
    match (&document.title, headline(tagged)) {
        (Some(title), _) => title,
        (None, 0) => &document.id,
        (None, headline) => document.text[..headline].trim(),
    }
}

/// The style sheet, and the rules that light up all mentions of the entity under the pointer.
fn style() -> String {
    let mut style = STYLE.to_owned();
    for row in 0..LIT_TOGETHER {
        style += &format!(
            "article:has(.e{row}:hover) .m.e{row} {{ background: color-mix(in srgb, var(--hue) 34%, transparent); }}\n"
        );
    }
    style
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
fn wikidata(id: &str) -> Option<String> {
    let digits = id.strip_prefix('Q')?;
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    number.then(|| format!("https://www.wikidata.org/wiki/{id}"))
}

fn counted(count: usize, one: &str, many: &str) -> String {
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
