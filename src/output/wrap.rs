//! Text with styles, broken into lines between words.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::push_visible;

/// A tab reaches to the next multiple of this column.
const TAB: usize = 4;

/// Writes pieces of text one after the other, and begins a new line where a word would not fit.
///
/// Line ends of the text stay; a word wider than the whole line is broken inside. Steering characters are shown.
pub(crate) struct Wrap<'w, W> {
    into: &'w mut W,
    width: usize,
    color: bool,
    column: usize,
    space: Vec<Piece>,
    word: Vec<Piece>,
}

/// A run of characters in one style.
struct Piece {
    text: String,
    style: Option<Style>,
}

impl<'w, W: Write> Wrap<'w, W> {
    /// `width` in columns; styles are left out without `color`.
    pub(crate) fn new(into: &'w mut W, width: usize, color: bool) -> Self {
        Wrap {
            into,
            width,
            color,
            column: 0,
            space: Vec::new(),
            word: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, text: &str, style: Option<Style>) -> io::Result<()> {
        let style = style.filter(|_| self.color);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\n' => self.end_line()?,
                '\r' if chars.peek() == Some(&'\n') => {}
                ' ' | '\t' => {
                    self.end_word()?;
                    let column = self.column + width_of(&self.space);
                    let columns = if c == '\t' { TAB - column % TAB } else { 1 };
                    (0..columns).for_each(|_| append(&mut self.space, ' ', style));
                }
                _ => append(&mut self.word, c, style),
            }
        }
        Ok(())
    }

    /// Ends the last line.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.end_line()
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.end_word()?;
        self.space.clear();
        self.break_line()
    }

    fn break_line(&mut self) -> io::Result<()> {
        self.column = 0;
        self.into.write_all(b"\n")
    }

    fn end_word(&mut self) -> io::Result<()> {
        if self.word.is_empty() {
            return Ok(());
        }
        let (space, word) = (std::mem::take(&mut self.space), std::mem::take(&mut self.word));
        let (space_width, word_width) = (width_of(&space), width_of(&word));
        if self.column > 0 && self.column + space_width + word_width > self.width {
            self.break_line()?;
        } else if space_width < self.width {
            self.write(&space)?;
        }
        self.write(&word)
    }

    fn write(&mut self, pieces: &[Piece]) -> io::Result<()> {
        for Piece { text, style } in pieces {
            let (on, off) = match style {
                Some(style) => (style.render().to_string(), style.render_reset().to_string()),
                None => Default::default(),
            };
            self.into.write_all(on.as_bytes())?;
            for c in text.chars() {
                let columns = c.width().unwrap_or(0);
                if self.column + columns > self.width && self.column > 0 {
                    self.break_line()?;
                }
                self.column += columns;
                self.into.write_all(c.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
            self.into.write_all(off.as_bytes())?;
        }
        Ok(())
    }
}

fn append(pieces: &mut Vec<Piece>, c: char, style: Option<Style>) {
    match pieces.last_mut().filter(|piece| piece.style == style) {
        Some(piece) => push_visible(&mut piece.text, c),
        None => {
            let mut text = String::new();
            push_visible(&mut text, c);
            pieces.push(Piece { text, style });
        }
    }
}

fn width_of(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.text.width()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(pieces: &[(&str, Option<Style>)], width: usize) -> String {
        let mut into = Vec::new();
        let mut wrap = Wrap::new(&mut into, width, true);
        for (text, style) in pieces {
            wrap.push(text, *style).unwrap();
        }
        wrap.finish().unwrap();
        String::from_utf8(into).unwrap()
    }

    #[test]
    fn breaks_between_words_and_inside_words_that_are_too_wide() {
        assert_eq!(wrapped(&[("one two three", None)], 7), "one two\nthree\n");
        assert_eq!(wrapped(&[("abcdefghij k", None)], 4), "abcd\nefgh\nij k\n");
        assert_eq!(wrapped(&[("北京北京", None)], 5), "北京\n北京\n");
        assert_eq!(wrapped(&[("  a\r\n\n\tb \n", None)], 9), "  a\n\n    b\n\n");
    }

    #[test]
    fn a_word_of_two_styles_stays_whole() {
        let bold = Style::new().bold();
        assert_eq!(
            wrapped(
                &[("in the pro-", None), ("Beijing", Some(bold)), (" camp", None)],
                12
            ),
            "in the\npro-\u{1b}[1mBeijing\u{1b}[0m\ncamp\n"
        );
    }

    #[test]
    fn escapes_are_shown() {
        assert_eq!(wrapped(&[("a\u{1b}[2Jb\u{202e}", None)], 40), "a␛[2Jb\\u{202e}\n");
    }
}
