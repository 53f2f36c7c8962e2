//! Every format, held against what it promises: JSON Lines against the JSON Schema, the page against its own policy.

use jsonschema::Validator;
use nomenclator::corpus::parse_line;
use nomenclator::document::{Document, Kind, Link, Mention, TaggedDocument, Via};
use nomenclator::output::conll::Conll;
use nomenclator::output::html::HtmlWriter;
use nomenclator::output::jsonl::{JsonLines, SCHEMA};
use nomenclator::output::pretty::PrettyWriter;
use nomenclator::output::{DocumentWriter, FormatWriter, OffsetUnit, is_steering, visible};
use nomenclator::tokenize::WORD_PATTERN;
use nomenclator::tokenize::words::WordSegmenter;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn schema() -> Validator {
    jsonschema::draft202012::new(&serde_json::from_str(SCHEMA).unwrap()).unwrap()
}

fn mention(text: &str, surface: &str, label: &str, link: Option<Link>) -> Mention {
    let link = link.map(Box::new);
    let start = text.find(surface).unwrap();
    Mention {
        span: start..start + surface.len(),
        label: label.into(),
        score: 0.987_65,
        link,
    }
}

fn link(id: &str, kind: Kind, name: &str, country: &str, via: Via) -> Link {
    Link {
        id: Some(id.into()),
        kind,
        name: name.into(),
        country: Some(country.into()),
        role: (kind == Kind::Official).then(|| "Minister of <Foreign> Affairs".into()),
        via,
        confidence: 0.9,
    }
}

/// A document with what is awkward in it: emoji, markup, escapes, names at both ends, a line end inside a name.
fn awkward() -> TaggedDocument {
    let line = r#"{"id":"a<b>\u001b[31m","title":"<script>alert(1)</script> \"q\" 'q'","source":"wire & co",
        "date":"2024-04-18","text":"Seoul 🙂 said <b>Cho Tae-yul</b> & Kim\nIl Sung\u202e met\u001b[2J\n\n\tBusan's port","n":12345678901234567890}"#;
    let document = parse_line(&line.replace('\n', ""), "f:1".to_owned()).unwrap();
    let text = document.text.clone();
    let mentions = vec![
        mention(
            &text,
            "Seoul",
            "LOC",
            Some(link("Q884", Kind::Country, "South Korea", "KR", Via::Capital)),
        ),
        mention(
            &text,
            "Cho Tae-yul",
            "PER",
            Some(link("nom:x\"y", Kind::Official, "Cho <Tae-yul>", "KR", Via::Name)),
        ),
        mention(&text, "Kim\nIl Sung", "PER", None),
        mention(&text, "Busan", "LOC", None),
    ];
    TaggedDocument {
        document,
        mentions,
        considerations: Vec::new(),
    }
}

fn empty() -> TaggedDocument {
    TaggedDocument {
        document: Document {
            id: "empty.txt".to_owned(),
            ..Document::default()
        },
        mentions: Vec::new(),
        considerations: Vec::new(),
    }
}

/// What a writer makes of some documents.
macro_rules! written {
    ($documents:expr, $writer:expr) => {{
        let mut into = Vec::new();
        let mut writer = $writer(&mut into);
        for document in $documents {
            writer.write(document).unwrap();
        }
        writer.finish().unwrap();
        String::from_utf8(into).unwrap()
    }};
}

#[test]
fn every_line_meets_the_schema_in_every_unit_with_and_without_text() {
    let schema = schema();
    for unit in [OffsetUnit::Char, OffsetUnit::Byte, OffsetUnit::Utf16] {
        for text in [true, false] {
            let out = written!(&[awkward(), empty()], |into| FormatWriter::new(
                into,
                JsonLines { offsets: unit, text }
            ));
            assert_eq!(out.lines().count(), 2);
            for line in out.lines() {
                let line: Value = serde_json::from_str(line).unwrap();
                let errors: Vec<String> = schema.iter_errors(&line).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{errors:?} in {line}");
                assert_eq!(line.get("text").is_some(), text);
            }
        }
    }
}

#[test]
fn the_schema_refuses_what_is_not_so() {
    let schema = schema();
    let out = written!(&[awkward()], |into| FormatWriter::new(
        into,
        JsonLines {
            offsets: OffsetUnit::Char,
            text: true
        }
    ));
    let line: Value = serde_json::from_str(out.trim()).unwrap();
    for (pointer, wrong) in [
        ("/schema", json!(2)),
        ("/id", json!(null)),
        ("/date", json!("18 April")),
        ("/offsets", json!("word")),
        ("/mentions/0/start", json!(-1)),
        ("/mentions/0/score", json!(1.5)),
        ("/mentions/0/link/via", json!("magic")),
        ("/mentions/0/link/kind", json!("person")),
        ("/mentions/0/link", json!({})),
        ("/entities/0/count", json!(0)),
        ("/entities/0/country", json!("Korea")),
    ] {
        let mut line = line.clone();
        *line.pointer_mut(pointer).unwrap() = wrong;
        assert!(!schema.is_valid(&line), "{pointer}");
    }
}

#[test]
fn offsets_cut_the_mention_out_in_every_unit() {
    for unit in [OffsetUnit::Char, OffsetUnit::Byte, OffsetUnit::Utf16] {
        let out = written!(&[awkward()], |into| FormatWriter::new(
            into,
            JsonLines {
                offsets: unit,
                text: true
            }
        ));
        let line: Value = serde_json::from_str(out.trim()).unwrap();
        let text = line["text"].as_str().unwrap();
        assert_eq!(line["mentions"].as_array().unwrap().len(), 4);
        for mention in line["mentions"].as_array().unwrap() {
            let [start, end] = ["start", "end"].map(|key| mention[key].as_u64().unwrap() as usize);
            let cut = match unit {
                OffsetUnit::Char => text.chars().skip(start).take(end - start).collect(),
                OffsetUnit::Byte => text[start..end].to_owned(),
                OffsetUnit::Utf16 => {
                    String::from_utf16(&text.encode_utf16().collect::<Vec<_>>()[start..end]).unwrap()
                }
            };
            assert_eq!(mention["text"], cut);
        }
    }
}

#[test]
fn a_tagged_line_is_an_input_again() {
    let out = written!(&[awkward()], |into| FormatWriter::new(
        into,
        JsonLines {
            offsets: OffsetUnit::Char,
            text: true
        }
    ));
    let document = parse_line(out.trim(), "f:1".to_owned()).unwrap();
    let again = TaggedDocument {
        document,
        mentions: awkward().mentions,
        considerations: Vec::new(),
    };
    assert_eq!(
        written!(&[again], |into| FormatWriter::new(
            into,
            JsonLines {
                offsets: OffsetUnit::Char,
                text: true
            }
        )),
        out
    );
}

#[test]
fn the_page_keeps_its_policy_and_escapes_all() {
    let page = written!(&[awkward(), empty(), awkward()], |into| HtmlWriter::new(
        into,
        "nomenclator <0>".to_owned()
    ));
    let (_, style) = page.split_once("<style>").unwrap();
    let (style, body) = style.split_once("</style>").unwrap();
    let policy = page
        .split_once("style-src 'sha256-")
        .unwrap()
        .1
        .split_once('\'')
        .unwrap()
        .0;
    assert_eq!(
        decoded(policy),
        Sha256::digest(style.as_bytes()).as_slice(),
        "the style's hash"
    );
    for never in [
        "<script",
        "style=",
        "src=",
        "<link",
        "<img",
        "@import",
        "url(",
        "\u{1b}",
        "\u{202e}",
        "javascript:",
    ] {
        assert!(!page.contains(never), "{never}");
    }
    for escaped in [
        "&lt;script&gt;alert(1)&lt;/script&gt; &quot;q&quot; &#39;q&#39;",
        "wire &amp; co",
        "Cho &lt;Tae-yul&gt;",
        "Minister of &lt;Foreign&gt; Affairs",
        "said &lt;b&gt;",
        "met␛[2J",
        "nomenclator &lt;0&gt;",
    ] {
        assert!(body.contains(escaped), "{escaped}");
    }
    // Every address leads into the page or to Wikidata; the id that is none of Wikidata's leads nowhere.
    for address in body
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        assert!(
            address.starts_with('#') || address.starts_with("https://www.wikidata.org/wiki/Q"),
            "{address}"
        );
        if let Some(anchor) = address.strip_prefix('#') {
            assert!(body.contains(&format!("id=\"{anchor}\"")), "{anchor}");
        }
    }
    for tag in [
        "article", "p", "a", "span", "table", "tbody", "aside", "nav", "li", "div",
    ] {
        let opened = body.matches(&format!("<{tag}>")).count() + body.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, body.matches(&format!("</{tag}>")).count(), "<{tag}>");
    }
}

#[test]
fn a_page_of_nothing_is_a_page() {
    let page = written!(&[] as &[TaggedDocument], |into| HtmlWriter::new(
        into,
        String::new()
    ));
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
}

#[test]
fn pretty_marks_mentions_with_or_without_colour() {
    let plain = written!(&[awkward(), empty()], |into| PrettyWriter::new(into, 80, false));
    assert!(!plain.contains(['\u{1b}', '\u{202e}']), "{plain}");
    assert!(
        plain.contains("[Seoul:1]") && plain.contains("[Busan:LOC]") && plain.contains("␛[2J"),
        "{plain}"
    );
    assert!(plain.contains("  1  country   KR       South Korea"), "{plain}");
    assert!(
        plain.contains("not linked: Kim Il Sung PER, Busan LOC"),
        "{plain}"
    );

    let colored = written!(&[awkward()], |into| PrettyWriter::new(into, 80, true));
    assert!(
        colored.contains("\u{1b}[1m\u{1b}[32mSeoul\u{1b}[0m"),
        "{colored:?}"
    );
    let stripped = anstream::adapter::strip_str(&colored).to_string();
    assert!(
        !stripped.contains('\u{1b}') && stripped.contains("Seoul 🙂 said"),
        "{stripped}"
    );
    assert!(
        stripped.lines().all(|line| line.chars().count() <= 80),
        "{stripped}"
    );
}

/// Text of any characters, steering ones among them, with mentions anywhere that do not overlap.
fn any_tagged() -> impl Strategy<Value = TaggedDocument> {
    let character = prop_oneof![
        4 => prop::char::range(' ', '~'),
        2 => any::<char>(),
        1 => prop::sample::select(vec!['\n', '\r', '\t', '\u{1b}', '\u{9b}', '\u{202e}', '\u{2028}', '🙂', '\u{301}', '北']),
    ];
    let text = prop::collection::vec(character, 0..120).prop_map(String::from_iter);
    let marks = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..12);
    (text, marks, prop::option::of(".{0,20}"), ".{0,20}").prop_map(|(text, marks, title, id)| {
        let boundaries: Vec<usize> = (0..=text.len())
            .filter(|&byte| text.is_char_boundary(byte))
            .collect();
        let mut at: Vec<(usize, bool)> = marks
            .iter()
            .map(|(index, linked)| (boundaries[index.index(boundaries.len())], *linked))
            .collect();
        at.sort_unstable();
        at.dedup_by_key(|(byte, _)| *byte);
        let mentions = at.chunks_exact(2).map(|pair| Mention {
            span: pair[0].0..pair[1].0,
            label: "LOC".into(),
            score: 0.5,
            link: pair[0]
                .1
                .then(|| link("Q884", Kind::Country, "South Korea", "KR", Via::Name).into()),
        });
        let mentions = mentions.collect();
        TaggedDocument {
            document: Document {
                id,
                text,
                title,
                ..Document::default()
            },
            mentions,
            considerations: Vec::new(),
        }
    })
}

proptest! {
    #[test]
    fn offsets_are_exact_in_any_text(tagged in any_tagged()) {
        let text = tagged.document.text.clone();
        let utf16: Vec<u16> = text.encode_utf16().collect();
        for unit in [OffsetUnit::Char, OffsetUnit::Byte, OffsetUnit::Utf16] {
            let out = written!(std::slice::from_ref(&tagged), |into| FormatWriter::new(into, JsonLines { offsets: unit, text: true }));
            prop_assert_eq!(out.matches('\n').count(), 1);
            let line: Value = serde_json::from_str(&out).unwrap();
            prop_assert!(schema().is_valid(&line), "{}", line);
            prop_assert_eq!(line["text"].as_str().unwrap(), &text);
            for (found, mention) in line["mentions"].as_array().unwrap().iter().zip(&tagged.mentions) {
                let [start, end] = ["start", "end"].map(|key| found[key].as_u64().unwrap() as usize);
                let cut = match unit {
                    OffsetUnit::Char => text.chars().skip(start).take(end - start).collect(),
                    OffsetUnit::Byte => text[start..end].to_owned(),
                    OffsetUnit::Utf16 => String::from_utf16(&utf16[start..end]).unwrap(),
                };
                prop_assert_eq!(&cut, &text[mention.span.clone()]);
                prop_assert_eq!(found["text"].as_str().unwrap(), &cut);
            }
        }
    }

    #[test]
    fn no_format_lets_a_steering_character_through(tagged in any_tagged()) {
        let documents = [tagged];
        let segmenter = WordSegmenter::new(WORD_PATTERN.trim_end()).unwrap();
        for out in [
            written!(&documents, |into| FormatWriter::new(into, JsonLines { offsets: OffsetUnit::Char, text: true })),
            written!(&documents, |into| PrettyWriter::new(into, 60, false)),
            written!(&documents, |into| FormatWriter::new(into, Conll::new(segmenter))),
            written!(&documents, |into| HtmlWriter::new(into, "nomenclator".to_owned())),
        ] {
            let steering = out.chars().find(|&c| is_steering(c) && c != '\n' && c != '\t');
            prop_assert_eq!(steering, None, "{:?}", out);
        }
    }

    #[test]
    fn the_page_shows_the_whole_text(tagged in any_tagged()) {
        let page = written!(std::slice::from_ref(&tagged), |into| HtmlWriter::new(into, String::new()));
        let mut shown = String::new();
        let (_, article) = page.split_once("<article").unwrap();
        let (header, rest) = article.split_once("<div class=\"text\">").unwrap();
        // The text's own headline stands in the heading; a title that is not the text's does not belong to it.
        shown += header.split_once("<h2 dir=\"auto\">").unwrap().1.split_once("</h2>").unwrap().0;
        let whole = shown.clone() + rest.split_once("</div>").unwrap().0;
        let body = rest.split_once("</div>").unwrap().0;
        let wanted = squeezed(&visible(&tagged.document.text.replace(['\n', '\t', '\r'], " ")).replace('␍', " "));
        let shows = |html: &str| squeezed(&text_of(html).replace('␍', " "));
        prop_assert!([shows(body), shows(&whole)].contains(&wanted), "{:?}\n{:?}\n{}", wanted, shows(&whole), page);
    }
}

/// The text that a browser would show of a piece of the page, tooltips aside.
fn text_of(html: &str) -> String {
    let tooltip = regex::Regex::new("(?s)<span class=\"tip\".*?</span></span>").unwrap();
    let tag = regex::Regex::new("<[^>]*>").unwrap();
    let html = tooltip.replace_all(html, "");
    let text = tag.replace_all(&html, "").into_owned();
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(text, |text, (escaped, plain)| text.replace(escaped, plain))
}

/// Without white space, whose amount the page may change at a paragraph's end.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Base64 with padding (RFC 4648).
fn decoded(text: &str) -> Vec<u8> {
    let six = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("{c} in {text}"),
    };
    let bytes = text.trim_end_matches('=').as_bytes();
    let mut decoded = Vec::new();
    for four in bytes.chunks(4) {
        let bits = four.iter().fold(0u32, |bits, &c| bits << 6 | u32::from(six(c))) << (6 * (4 - four.len()));
        decoded.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    decoded
}
