//! A record a line.

use super::super::lines::Lines;
use super::super::rejection::Place;
use super::{Located, TaggedLine};

/// Lines of one stream, each read by `parse`, which is given the line's JSON and its place.
pub(super) struct JsonLines<P> {
    lines: Lines,
    parse: P,
}

impl<P: Fn(&str, &Place) -> Result<TaggedLine, String>> JsonLines<P> {
    pub(super) fn new(lines: Lines, parse: P) -> Self {
        JsonLines { lines, parse }
    }
}

impl<P: Fn(&str, &Place) -> Result<TaggedLine, String>> Iterator for JsonLines<P> {
    type Item = Located;

    fn next(&mut self) -> Option<Located> {
        if let Err(rejection) = self.lines.advance()? {
            return Some(Err(rejection));
        }
        let place = self.lines.place();
        let line = self.lines.text().and_then(|json| {
            let line = (self.parse)(json, &place);
            line.map_err(|reason| self.lines.refused(reason))
        });
        self.lines.release();
        Some(line.map(|line| (place, line)))
    }
}
