//! Text with its entities marked, as the annotated-text plugins of OpenSearch and Elasticsearch read it:
//! `[Choe Son Hui](official%2FQ26234538&PER)`.
//!
//! The [plugin](https://www.elastic.co/docs/reference/elasticsearch/plugins/mapper-annotated-text-usage) takes
//! `\[([^\]\[]*)\]\(([^)(]*)\)` for a mark, splits its second part at `&` and decodes each value as a URL's; a value with a
//! plain `=` makes it refuse the document. It knows no escape for brackets that are the text's own: they are written as
//! their full-width forms `［` and `］`, one UTF-16 unit for one, so that no mark begins there and offsets stay.

use std::fmt::Write;

use crate::document::{Mention, TaggedDocument};
use crate::search::ids;

/// The text with the mentions marked by their entity's key and their label. Empty mentions are left out.
pub fn annotated(tagged: &TaggedDocument) -> String {
    let text = &tagged.document.text;
    let mut into = String::with_capacity(text.len() + tagged.mentions.len() * 32);
    let mut at = 0;
    for mention in tagged.mentions.iter().filter(|mention| !mention.span.is_empty()) {
        push_text(&mut into, &text[at..mention.span.start]);
        push_mark(&mut into, &text[mention.span.clone()], mention);
        at = mention.span.end;
    }
    push_text(&mut into, &text[at..]);
    into
}

fn push_mark(into: &mut String, surface: &str, mention: &Mention) {
    let key = mention
        .link
        .as_ref()
        .map(|link| ids::stored_key(link.entity_key()));
    if key.is_none() && mention.label.is_empty() {
        return push_text(into, surface);
    }
    into.push('[');
    push_text(into, surface);
    into.push_str("](");
    push_value(into, key.as_deref().unwrap_or_default());
    if key.is_some() && !mention.label.is_empty() {
        into.push('&');
    }
    push_value(into, &mention.label);
    into.push(')');
}

fn push_text(into: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['[', ']']) {
        let (plain, bracket) = rest.split_at(at);
        into.push_str(plain);
        into.push(if bracket.starts_with('[') { '［' } else { '］' });
        rest = &bracket[1..];
    }
    into.push_str(rest);
}

/// A value, percent-encoded but for what stands for itself everywhere.
fn push_value(into: &mut String, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => into.push(char::from(byte)),
            // A string takes whatever it is given.
            byte => drop(write!(into, "%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::*;
    use crate::document::{Document, Kind, Link, Via};

    fn tagged(text: &str, mentions: &[(Range<usize>, &str, bool)]) -> TaggedDocument {
        let link = Link {
            id: Some("Q26234538".into()),
            kind: Kind::Official,
            name: "Choe Son-hui".into(),
            country: Some("KP".into()),
            role: None,
            via: Via::Name,
            confidence: 0.9,
        };
        let mentions = mentions.iter().map(|(span, label, linked)| Mention {
            span: span.clone(),
            label: (*label).into(),
            score: 0.9,
            link: linked.then(|| Box::new(link.clone())),
        });
        TaggedDocument {
            document: Document {
                text: text.to_owned(),
                ..Document::default()
            },
            mentions: mentions.collect(),
            considerations: Vec::new(),
        }
    }

    #[test]
    fn entities_and_labels_are_marked_and_brackets_are_no_marks() {
        let text = "Choe Son Hui met [a](b=c) Kim.";
        let marked = annotated(&tagged(
            text,
            &[
                (0..12, "PER", true),
                (26..29, "A&=)", false),
                (29..29, "PER", true),
            ],
        ));
        assert_eq!(
            marked,
            "[Choe Son Hui](official%2FQ26234538&PER) met ［a］(b=c) [Kim](A%26%3D%29)."
        );
        assert_eq!(annotated(&tagged("a]", &[(0..2, "", false)])), "a］");
    }

    /// The plugin's own reading: the text without marks, and the marks' surfaces and values.
    fn parsed(marked: &str) -> (String, Vec<(String, Vec<String>)>) {
        let mark = regex::Regex::new(r"\[([^\]\[]*)\]\(([^)(]*)\)").unwrap();
        let (mut text, mut marks, mut at) = (String::new(), Vec::new(), 0);
        for found in mark.captures_iter(marked) {
            let whole = found.get(0).unwrap();
            text += &marked[at..whole.start()];
            text += &found[1];
            let values = found[2].split('&').inspect(|value| assert!(!value.contains('=')));
            marks.push((found[1].to_owned(), values.map(decoded).collect()));
            at = whole.end();
        }
        (text + &marked[at..], marks)
    }

    fn decoded(value: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = value.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => u8::from_str_radix(&String::from_utf8(rest.by_ref().take(2).collect()).unwrap(), 16)
                    .unwrap(),
                byte => byte,
            });
        }
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn the_plugin_reads_the_text_and_the_marks_back(
            parts in prop::collection::vec(("[\\[\\]()&=%+a é🙂\n]{0,6}", prop::option::of("[\\[\\]()&=%+A ]{1,3}"), any::<bool>()), 0..8)
        ) {
            let (mut text, mut mentions, mut marks) = (String::new(), Vec::new(), Vec::new());
            let shown = |text: &str| text.replace('[', "［").replace(']', "］");
            for (part, label, linked) in &parts {
                let span = text.len()..text.len() + part.len();
                text += part;
                let Some(label) = label else { continue };
                if !part.is_empty() {
                    let key = linked.then(|| "official/Q26234538".to_owned());
                    marks.push((shown(part), key.into_iter().chain([label.clone()]).collect::<Vec<_>>()));
                }
                mentions.push((span, &**label, *linked));
            }
            let marked = annotated(&tagged(&text, &mentions));
            prop_assert_eq!(parsed(&marked), (shown(&text), marks));
        }
    }
}
