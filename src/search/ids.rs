//! Ids that every server can hold: OpenSearch takes 512 bytes, a B-tree of PostgreSQL 2,704, neither takes U+0000 in one.

use std::borrow::Cow;
use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The longest id that is kept as it is, in bytes of UTF-8: OpenSearch's and Elasticsearch's limit.
pub const LONGEST: usize = 512;
/// What an id begins with that stands for another.
const HASHED: &str = "sha256:";

/// The id under which a document stands: its own, or `sha256:` and the 64 hex digits of its UTF-8's SHA-256.
///
/// The latter where it is empty, longer than [`LONGEST`] bytes, holds U+0000, or begins with `sha256:` itself: no two ids
/// become the same.
pub fn stored(id: &str) -> Cow<'_, str> {
    let fits = !id.is_empty() && id.len() <= LONGEST && !id.contains('\0') && !id.starts_with(HASHED);
    match fits {
        true => Cow::Borrowed(id),
        false => Cow::Owned(hashed(id)),
    }
}

/// An entity's key, its part after the kind likewise: `official/sha256:…` where the whole is longer than [`LONGEST`].
pub fn stored_key(key: String) -> String {
    if key.len() <= LONGEST && !key.contains('\0') {
        return key;
    }
    let (kind, own) = key.split_once('/').unwrap_or(("", &key));
    format!("{kind}/{}", hashed(own))
}

fn hashed(text: &str) -> String {
    let mut stored = HASHED.to_owned();
    for byte in Sha256::digest(text) {
        // A string takes whatever it is given.
        let _ = write!(stored, "{byte:02x}");
    }
    stored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_what_they_are_where_they_can() {
        let longest = "é".repeat(LONGEST / 2);
        for id in ["a", "7", "a\tb", &longest] {
            assert_eq!(stored(id), id);
        }
        let long = format!("{longest}a");
        let ids = ["", "a\0", "sha256:ab", &long, "a"];
        let kept: std::collections::HashSet<String> = ids.iter().map(|id| stored(id).into_owned()).collect();
        assert_eq!(kept.len(), ids.len());
        assert_eq!(
            stored(""),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(stored_key("country/KP".to_owned()), "country/KP");
        let key = stored_key(format!("official/~{long}@KR"));
        assert!(key.starts_with("official/sha256:") && key.len() < LONGEST);
    }
}
