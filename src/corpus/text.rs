//! Plain text: one document a file.

use super::options::Limits;
use super::source::{self, Source};
use super::{Rejection, not_utf8, too_long};
use crate::document::Document;

/// The whole source as one document.
pub(super) fn read(mut source: Source, limits: &Limits) -> Result<Document, Rejection> {
    let text = text_of(&mut source, limits.document)?;
    Ok(Document {
        id: source.place().to_owned(),
        text,
        ..Document::default()
    })
}

/// All of the source as text, of at most `limit` bytes.
pub(super) fn text_of(source: &mut Source, limit: u64) -> Result<String, Rejection> {
    // A file says its size: it need not be read to be refused.
    if let Some(size) = source.size()
        && size.saturating_sub(source.offset()) > limit
    {
        return Err(source::whole(source.place(), &too_long(size, limit)));
    }
    let mut bytes = Vec::new();
    let start = source.offset();
    if let Some(size) = source.size() {
        bytes.reserve_exact(usize::try_from(size - start.min(size)).unwrap_or_default());
    }
    if let Err(error) = source.append(&mut bytes, limit.saturating_add(1)) {
        return Err(source.broken(&error, None));
    }
    if bytes.len() as u64 > limit {
        let reason = format!("the text has more than {limit} bytes: expected at most that");
        return Err(source::whole(source.place(), &reason));
    }
    bytes.shrink_to_fit();
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Rejection {
            offset: Some(start + at as u64),
            ..source::whole(source.place(), &not_utf8(error.as_bytes(), at, start))
        }
    })
}
