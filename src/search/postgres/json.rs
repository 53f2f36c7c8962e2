//! JSON as a `jsonb` of PostgreSQL can hold it.

use std::borrow::Cow;

/// What stands for U+0000, which PostgreSQL holds in no text: SYMBOL FOR NULL, so that characters keep their count.
const NULL: &str = "\u{2400}";
/// Digits, and the power of ten, to which a number stays one: PostgreSQL's `numeric` ends a little beyond.
const DIGITS: usize = 10_000;

/// A text without U+0000.
pub fn storable(text: &str) -> Cow<'_, str> {
    match text.contains('\0') {
        true => Cow::Owned(text.replace('\0', NULL)),
        false => Cow::Borrowed(text),
    }
}

/// JSON with what `jsonb` refuses replaced: `\u0000` by `\u2400`, half a surrogate pair by `\ufffd`, and a number of more
/// than [`DIGITS`] digits or such an exponent by a string of the same characters. `json` must be JSON.
pub fn storable_json(json: &str) -> Cow<'_, str> {
    let long = |json: &str| json.len() > DIGITS || json.contains(['e', 'E']);
    if !json.contains("\\u") && !long(json) {
        return Cow::Borrowed(json);
    }
    let mut into = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => push_string(&mut into, rest),
            '-' | '0'..='9' => push_number(&mut into, rest),
            c => {
                into.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Cow::Owned(into)
}

/// Writes the string that `json` begins with, and says how long it was.
fn push_string(into: &mut String, json: &str) -> usize {
    into.push('"');
    let mut at = 1;
    loop {
        let rest = &json[at..];
        let plain = rest.find(['\\', '"']).unwrap_or(rest.len());
        into.push_str(&rest[..plain]);
        at += plain;
        let rest = &json[at..];
        match rest.as_bytes() {
            [b'\\', b'u', ..] => at += push_escape(into, rest),
            [b'\\', ..] => {
                // A backslash and the ASCII character that it escapes.
                into.push_str(rest.get(..2).unwrap_or(rest));
                at += rest.len().min(2);
            }
            [_, ..] => {
                into.push('"');
                return at + 1;
            }
            [] => return at,
        }
    }
}

/// Writes `\uXXXX`, or two of them that make one character, and says how many bytes that was.
fn push_escape(into: &mut String, json: &str) -> usize {
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    match (unit(0), unit(6)) {
        (Some(0), _) => into.push_str("\\u2400"),
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => {
            into.push_str(&json[..12]);
            return 12;
        }
        (Some(0xD800..=0xDFFF), _) => into.push_str("\\ufffd"),
        (Some(_), _) => into.push_str(&json[..6]),
        (None, _) => {
            into.push_str("\\\\u");
            return 2;
        }
    }
    6
}

/// Writes the number that `json` begins with, and says how long it was.
fn push_number(into: &mut String, json: &str) -> usize {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
    let length = json.find(|c| !is_part(c)).unwrap_or(json.len());
    let number = &json[..length];
    let exponent = number
        .split_once(['e', 'E'])
        .map_or("0", |(_, exponent)| exponent);
    let fits = exponent
        .parse()
        .is_ok_and(|exponent: i64| exponent.unsigned_abs() <= DIGITS as u64);
    match length <= DIGITS && fits {
        true => into.push_str(number),
        false => into.extend(["\"", number, "\""]),
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jsonb_refuses_is_replaced_and_nothing_else() {
        let long = "1".repeat(DIGITS + 1);
        for (json, stored) in [
            (r#"{"a":[1.10,-2e5,null,"x"]}"#, r#"{"a":[1.10,-2e5,null,"x"]}"#),
            (r#""\u0000 \\u0000 \" \u00e9""#, r#""\u2400 \\u0000 \" \u00e9""#),
            (
                r#""\ud83d\ude42 \ud83d \ude42x""#,
                r#""\ud83d\ude42 \ufffd \ufffdx""#,
            ),
            (r#"{"e":1e400000}"#, r#"{"e":"1e400000"}"#),
            (r#"[1E-99999999999999999999]"#, r#"["1E-99999999999999999999"]"#),
            (&long, &format!("\"{long}\"")),
            (r#""é🙂\n""#, r#""é🙂\n""#),
        ] {
            assert_eq!(storable_json(json), stored);
        }
        assert_eq!(storable("a\0b"), "a␀b");
    }
}
