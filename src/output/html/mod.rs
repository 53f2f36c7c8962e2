//! One self-contained page: the texts with their entities highlighted, and a table of them beside each.
//!
//! The page holds no script and loads nothing; its Content-Security-Policy says so, and allows the one style sheet by
//! its hash. What came from outside is escaped wherever it stands.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::DocumentWriter;
use crate::document::{EntityCount, Kind, TaggedDocument};

mod article;
mod escape;

use article::Article;
pub(crate) use article::wikidata;
pub(super) use article::{counted, name};
use escape::base64;
pub(crate) use escape::escape;

/// The style sheet.
const STYLE: &str = include_str!("page.css");

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
        write_head(&mut self.into, TITLE)
    }
}

impl<W: Write> DocumentWriter for HtmlWriter<W> {
    fn write(&mut self, tagged: &TaggedDocument) -> io::Result<()> {
        self.start()?;
        self.index.push((name(tagged).to_owned(), tagged.mentions.len()));
        let number = self.index.len();
        let entities = tagged.entities();
        write_article(&mut self.into, number, tagged, &entities)
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
        write_footer(&mut self.into, &self.made_with)?;
        self.into.write_all(END)?;
        self.into.flush()
    }
}

/// What a page is called where it is no single document's.
pub(super) const TITLE: &str = "Nomenclator: who is in the news";

/// What a page ends with.
pub(crate) const END: &[u8] = b"</body>\n</html>\n";

/// A page's beginning, up to the line with the program's name and what the colours mean.
pub(super) fn write_head(into: &mut impl Write, title: &str) -> io::Result<()> {
    write_styled_head(into, title, &style())
}

/// As [`write_head`], for a page with rules of its own: they stand after the style sheet, and are none of outside.
pub(crate) fn write_head_with(into: &mut impl Write, title: &str, rules: &str) -> io::Result<()> {
    write_styled_head(into, title, &format!("{STYLE}{rules}"))
}

fn write_styled_head(into: &mut impl Write, title: &str, style: &str) -> io::Result<()> {
    let hash = base64(&Sha256::digest(style.as_bytes()));
    write!(
        into,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n\
         <header class=\"top\"><h1>Nomenclator</h1>\n<ul class=\"legend\">",
        title = escape(title),
    )?;
    for kind in Kind::ALL {
        write!(into, "<li><span class=\"m {0}\">{0}</span></li>", kind.as_str())?;
    }
    into.write_all(b"<li><span class=\"m none\">not linked</span></li></ul></header>\n")
}

/// A document, the `number`th of its page; `entities` are its own.
pub(super) fn write_article(
    into: &mut impl Write,
    number: usize,
    tagged: &TaggedDocument,
    entities: &[EntityCount],
) -> io::Result<()> {
    Article::new(into, number, tagged, entities).write()
}

/// A page's last line.
pub(crate) fn write_footer(into: &mut impl Write, made_with: &str) -> io::Result<()> {
    writeln!(into, "<footer>{}</footer>", escape(made_with))
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
