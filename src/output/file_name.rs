//! A document's name in a folder of documents.

/// The most bytes of an id that stand in a name; with number and extension that stays far below what any disk takes.
const ID_BYTES: usize = 80;

/// `00000001-news_a.txt` for the first document if its id is `news/a.txt`: unique by the number, which also keeps the
/// order, and safe on any disk.
///
/// The name never leaves the folder, is never hidden and none that a system reserves: but for ASCII letters, digits, dots
/// and hyphens every run of characters is one underscore, and it begins with a digit. Of a long id its end is kept.
pub(super) fn file_name(number: u64, id: &str) -> String {
    let mut escaped = String::new();
    for c in id.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => escaped.push(c),
            '.' if !escaped.ends_with('.') => escaped.push(c),
            _ if escaped.ends_with('_') => {}
            _ => escaped.push('_'),
        }
    }
    let end = &escaped[escaped.len().saturating_sub(ID_BYTES)..];
    match end.trim_matches(['.', '_', '-']) {
        "" => format!("{number:08}"),
        id => format!("{number:08}-{id}"),
    }
}

/// The number that a name made by [`file_name`] begins with.
pub(super) fn number_of(name: &str) -> Option<u64> {
    let digits = name.split_once(['-', '.']).map_or(name, |(digits, _)| digits);
    let number = digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if number { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_ids_become_harmless_names() {
        let long = "x".repeat(300);
        let end = format!("00000001-{}", "x".repeat(80));
        for (id, expected) in [
            ("news/2024/a.txt", "00000001-news_2024_a.txt"),
            ("../../etc/passwd", "00000001-etc_passwd"),
            ("C:\\x", "00000001-C_x"),
            ("a\0b\u{202e}\n", "00000001-a_b"),
            (&long, &end),
            ("🙂", "00000001"),
            ("CON", "00000001-CON"),
            (".", "00000001"),
            ("..", "00000001"),
            ("", "00000001"),
            (".ssh", "00000001-ssh"),
            ("a....b ", "00000001-a._._b"),
        ] {
            assert_eq!(file_name(1, id), expected, "{id:?}");
        }
        assert_eq!(file_name(123_456_789, "é"), "123456789");
    }

    proptest! {
        #[test]
        fn names_stay_in_the_folder(number in 1u64..1 << 40, id in "\\PC{0,200}|.{0,9}") {
            let name = file_name(number, &id);
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)), "{}", name);
            prop_assert!(name.len() <= 100 && !name.ends_with('.') && !name.contains(".."), "{}", name);
            prop_assert_eq!(number_of(&name), Some(number));
            prop_assert_eq!(number_of(&format!("{name}.ann")), Some(number));
        }
    }
}
