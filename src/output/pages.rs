//! A folder with a page for each document, and an `index.html` that leads to them.
//!
//! Each page is self-contained, as [`super::html`] says, and links to the one before, the one after and the index.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::Counted;
use super::file_name::{file_name, number_of};
use super::html::{END, TITLE, counted, escape, name, write_article, write_footer, write_head};
use super::sink::{Mark, Sink};
use crate::document::{EntityCount, TaggedDocument};

/// Bytes at a page's end that hold its links to other pages: they are written again where they lie when the next page is
/// known. Two file names of some 100 bytes and the markup fit in.
const TURN: usize = 640;

/// Entities of a document that the index names.
const NAMED: usize = 5;

const INDEX: &str = "index.html";
const INDEX_PART: &str = "index.html.part";

/// Writes tagged documents as a folder of pages.
pub struct PagesSink {
    folder: PathBuf,
    made_with: String,
    /// Written as documents come; it gets its name when it is whole.
    index: BufWriter<File>,
    /// The file names of the last page but one and the last one.
    last: [Option<String>; 2],
    written: Mark,
}

impl PagesSink {
    /// Begins a folder, which is made where it is missing, or goes on with one where it stood at `mark`: pages of documents
    /// after it are written again, nothing is deleted. `made_with` names program, model and gazetteer in each page's last
    /// line.
    ///
    /// # Errors
    /// Where the folder cannot be made or written, or lacks what `mark` says it has.
    pub fn open(folder: &Path, made_with: String, mark: Option<&Mark>) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let part = folder.join(INDEX_PART);
        let Some(mark) = mark.filter(|mark| mark.length > 0) else {
            let mut index = Counted::new(BufWriter::new(File::create(part)?));
            write_index_head(&mut index)?;
            let (index, length) = index.into_parts();
            return Ok(PagesSink {
                folder: folder.to_owned(),
                made_with,
                index,
                last: [None, None],
                written: Mark {
                    length,
                    ..Mark::default()
                },
            });
        };
        let finished = folder.join(INDEX);
        if !part.exists() && finished.exists() {
            // The run was killed when all was written and before anyone was told.
            fs::rename(finished, &part)?;
        }
        let mut index = OpenOptions::new().write(true).open(&part)?;
        let there = index.metadata()?.len();
        if there < mark.length {
            let message = format!(
                "{}: {there} bytes long: expected at least the {} that were written before",
                part.display(),
                mark.length
            );
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
        }
        index.set_len(mark.length)?;
        index.seek(SeekFrom::End(0))?;
        Ok(PagesSink {
            folder: folder.to_owned(),
            made_with,
            index: BufWriter::new(index),
            last: last_pages(folder, mark.documents)?,
            written: mark.clone(),
        })
    }

    /// Writes the links of the last page, in their place at its end.
    fn turn_last(&self, next: &str) -> io::Result<()> {
        let [before, Some(last)] = &self.last else {
            return Ok(());
        };
        let mut page = OpenOptions::new().write(true).open(self.folder.join(last))?;
        page.seek(SeekFrom::End(-(TURN as i64)))?;
        page.write_all(&turn(before.as_deref(), Some(next)))
    }
}

/// The names of the pages number `documents - 1` and `documents`.
fn last_pages(folder: &Path, documents: u64) -> io::Result<[Option<String>; 2]> {
    let mut last = [None, None];
    for entry in fs::read_dir(folder)? {
        let Ok(name) = entry?.file_name().into_string() else {
            continue;
        };
        let number = number_of(&name).filter(|_| name.ends_with(".html"));
        match number {
            Some(number) if number == documents => last[1] = Some(name),
            Some(number) if number + 1 == documents => last[0] = Some(name),
            _ => {}
        }
    }
    if documents > 0 && last[1].is_none() {
        let message = format!(
            "{}: no page of document {documents}: expected the pages that were written before",
            folder.display()
        );
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    Ok(last)
}

impl Sink for PagesSink {
    fn write(&mut self, tagged: &TaggedDocument) -> io::Result<bool> {
        let file = file_name(self.written.documents + 1, &tagged.document.id) + ".html";
        let entities = tagged.entities();
        let page = File::create(self.folder.join(&file))?;
        let mut page = Counted::new(BufWriter::new(page));
        write_head(&mut page, name(tagged))?;
        write_article(&mut page, 1, tagged, &entities)?;
        write_footer(&mut page, &self.made_with)?;
        page.write_all(&turn(self.last[1].as_deref(), None))?;
        page.flush()?;
        let (_, bytes) = page.into_parts();
        // Only now: the page before must not lead to one that is not whole.
        self.turn_last(&file)?;
        let mut row = Vec::new();
        write_index_row(&mut row, &file, tagged, &entities)?;
        self.index.write_all(&row)?;
        self.last.swap(0, 1);
        self.last[1] = Some(file);
        self.written.documents += 1;
        self.written.length += row.len() as u64;
        self.written.bytes += bytes + row.len() as u64;
        Ok(true)
    }

    fn mark(&mut self) -> io::Result<Mark> {
        self.index.flush()?;
        self.index.get_ref().sync_data()?;
        Ok(self.written.clone())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let documents = usize::try_from(self.written.documents).unwrap_or(usize::MAX);
        writeln!(
            self.index,
            "</tbody></table>\n<p class=\"count\">{}</p>",
            counted(documents, "document", "documents")
        )?;
        write_footer(&mut self.index, &self.made_with)?;
        self.index.write_all(END)?;
        self.index.flush()?;
        self.index.get_ref().sync_data()?;
        fs::rename(self.folder.join(INDEX_PART), self.folder.join(INDEX))
    }

    fn bytes(&self) -> u64 {
        self.written.bytes
    }
}

/// A page's end, always [`TURN`] bytes long. File names are safe in an attribute as they are.
fn turn(previous: Option<&str>, next: Option<&str>) -> Vec<u8> {
    let link = |relation: &str, to: Option<&str>, shown: &str| match to {
        Some(to) => format!("<a rel=\"{relation}\" href=\"{to}\">{shown}</a>"),
        None => format!("<span>{shown}</span>"),
    };
    let mut end = format!(
        "<nav class=\"turn\" aria-label=\"Pages\"><a href=\"{INDEX}\">All documents</a>{}{}</nav>\n",
        link("prev", previous, "← Previous"),
        link("next", next, "Next →"),
    )
    .into_bytes();
    end.resize(TURN - END.len(), b' ');
    end.extend_from_slice(END);
    end
}

fn write_index_head(into: &mut impl Write) -> io::Result<()> {
    write_head(into, TITLE)?;
    into.write_all(
        b"<table class=\"documents\"><thead><tr><th scope=\"col\">Document</th><th scope=\"col\">Date</th>\
          <th scope=\"col\">Mentions</th><th scope=\"col\">Who and what</th></tr></thead>\n<tbody>\n",
    )
}

fn write_index_row(
    into: &mut impl Write,
    file: &str,
    tagged: &TaggedDocument,
    entities: &[EntityCount],
) -> io::Result<()> {
    let document = &tagged.document;
    let title = match name(tagged).trim() {
        "" => file,
        title => title,
    };
    write!(into, "<tr><td><a href=\"{file}\">{}</a>", escape(title))?;
    let id = (title != document.id && !document.id.is_empty()).then_some(document.id.as_str());
    let about: Vec<_> = [document.source.as_deref(), id]
        .into_iter()
        .flatten()
        .map(escape)
        .collect();
    if !about.is_empty() {
        write!(into, "<small>{}</small>", about.join(" · "))?;
    }
    let date = document.date.map(|date| date.to_string()).unwrap_or_default();
    write!(
        into,
        "</td><td>{date}</td><td>{}</td><td><ul>",
        tagged.mentions.len()
    )?;
    for (row, entity) in entities.iter().take(NAMED).enumerate() {
        write!(
            into,
            "<li><a class=\"m {}\" href=\"{file}#d1-e{row}\">{}</a></li>",
            entity.kind.as_str(),
            escape(&entity.name)
        )?;
    }
    into.write_all(b"</ul></td></tr>\n")
}
