//! Characters that steer a terminal or turn the reading direction, made visible.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character is obeyed rather than shown: control characters, and those that override or isolate the
/// direction of text (the means of "Trojan source").
pub fn is_steering(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Appends `c` as it may be shown: a control picture such as `␛` (one column, as the layout expects), or `\u{202e}`.
pub fn push_visible(into: &mut String, c: char) {
    match c {
        '\0'..='\x1f' => into.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
        '\x7f' => into.push('\u{2421}'),
        _ if is_steering(c) => {
            let _ = write!(into, "\\u{{{:x}}}", c as u32);
        }
        _ => into.push(c),
    }
}

/// `text` with every steering character shown in place of being obeyed, line ends and tabs included.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_steering) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| push_visible(&mut shown, c));
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_would_be_obeyed() {
        assert_eq!(
            visible("\x1b[2J\r\n\x7f\u{9b}31m\u{202e}Seoul é 🙂"),
            "␛[2J␍␊␡\\u{9b}31m\\u{202e}Seoul é 🙂"
        );
        assert!(matches!(visible("Seoul é 🙂"), Cow::Borrowed(_)));
    }
}
