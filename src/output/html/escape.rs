//! Text from outside, made safe to stand in the page.

use std::borrow::Cow;

use crate::output::visible;

/// Text for an element or a quoted attribute, on one line.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    escape_shown(visible(text))
}

/// Text for an element, its line ends and tabs kept.
pub(super) fn escape_text(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\t']) {
        return escape(text);
    }
    let lines = text
        .split_inclusive(['\n', '\t'])
        .map(|part| match part.char_indices().next_back() {
            Some((at, last @ ('\n' | '\t'))) => format!("{}{last}", escape(&part[..at])),
            _ => escape(part).into_owned(),
        });
    Cow::Owned(lines.collect())
}

fn escape_shown(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// Base64 with padding (RFC 4648), as Content-Security-Policy writes hashes.
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let six = (bits >> (18 - 6 * place)) & 63;
            encoded.push(if place <= three.len() {
                char::from(ALPHABET[six as usize])
            } else {
                '='
            });
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_as_the_rfc_does() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn escapes_markup_and_shows_escapes() {
        assert_eq!(
            escape("<a title=\"x\" b='&'>\x1b\n"),
            "&lt;a title=&quot;x&quot; b=&#39;&amp;&#39;&gt;␛␊"
        );
        assert_eq!(escape_text("a\t<\n\x07"), "a\t&lt;\n␇");
    }
}
