//! What the tests of the feeds share: tagged documents, ordinary and hostile, and chance from a seed.

#![allow(dead_code)]

pub mod opensearch;
pub mod postgres;

use nomenclator::document::{Document, Kind, Link, Mention, TaggedDocument, Via};

/// Numbers from a seed (xorshift64*).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % end
    }
}

/// A piece of a text: plain, or a mention with its label and its entity.
pub type Piece<'a> = (&'a str, Option<(&'a str, Option<Link>)>);

pub fn link(kind: Kind, id: Option<&str>, name: &str, country: Option<&str>) -> Link {
    Link {
        id: id.map(Into::into),
        kind,
        name: name.into(),
        country: country.map(Into::into),
        role: None,
        via: Via::Name,
        confidence: 0.9,
    }
}

/// A document of pieces.
pub fn pieces(id: &str, pieces: &[Piece]) -> TaggedDocument {
    let mut text = String::new();
    let mut mentions = Vec::new();
    for (at, (piece, mention)) in pieces.iter().enumerate() {
        if let Some((label, link)) = mention {
            mentions.push(Mention {
                span: text.len()..text.len() + piece.len(),
                label: (*label).into(),
                score: 0.5 + f32::from(u16::try_from(at % 40).unwrap()) / 100.0,
                link: link.clone().map(Box::new),
            });
        }
        text.push_str(piece);
    }
    TaggedDocument {
        document: Document {
            id: id.to_owned(),
            text,
            ..Document::default()
        },
        mentions,
        considerations: Vec::new(),
    }
}

/// A few entities, one of them without an id and under two names.
fn entity(chance: &mut Chance) -> (&'static str, &'static str, Link) {
    let official = |name: &str| Link {
        role: Some("foreign minister".into()),
        via: Via::Role,
        confidence: 0.71239,
        ..link(Kind::Official, None, name, Some("KR"))
    };
    match chance.below(6) {
        0 => (
            "Pyongyang",
            "LOC",
            link(Kind::Country, Some("Q423"), "North Korea", Some("KP")),
        ),
        1 => (
            "Moscow",
            "LOC",
            link(Kind::Country, Some("Q159"), "Russia", Some("RU")),
        ),
        2 => (
            "NIS",
            "ORG",
            link(
                Kind::Agency,
                Some("Q494200"),
                "National Intelligence Service",
                Some("KR"),
            ),
        ),
        3 => (
            "Choe Son Hui",
            "PER",
            link(Kind::Official, Some("Q26234538"), "Choe Son-hui", Some("KP")),
        ),
        4 => ("Kim Yong-hwan", "PER", official("Kim Yong-hwan")),
        _ => ("Kim Yong Hwan", "PER", official("Kim Yong Hwan")),
    }
}

/// Ordinary documents: `count` of them, the same for the same `seed`.
pub fn ordinary(seed: u64, count: usize) -> Vec<TaggedDocument> {
    let mut chance = Chance::new(seed);
    (0..count).map(|number| article(&mut chance, number)).collect()
}

fn article(chance: &mut Chance, number: usize) -> TaggedDocument {
    let mut parts: Vec<Piece> = vec![("The talks", None)];
    for _ in 0..1 + chance.below(30) {
        parts.push((" began, said ", None));
        let (surface, label, link) = entity(chance);
        let link = (chance.below(4) > 0).then_some(link);
        parts.push((surface, Some((label, link))));
        parts.push([(" in Séoul 🙂.", None), (" and others\nagreed.", None)][chance.below(2)].clone());
    }
    let mut tagged = pieces(&format!("article-{number}"), &parts);
    let dates = ["2024", "2024-02", "2024-10-29", "0000", "9999-12"];
    tagged.document.date = dates.get(chance.below(6)).map(|date| date.parse().unwrap());
    tagged.document.title = (chance.below(3) > 0).then(|| format!("Talks, part {number}"));
    tagged.document.source = (chance.below(2) > 0).then(|| "Example Wire".to_owned());
    tagged
}

/// Documents with what breaks formats: separators, escapes, controls, long values, odd ids, odd JSON.
pub fn hostile() -> Vec<TaggedDocument> {
    let kp = || Some(link(Kind::Country, Some("Q423"), "North Korea", Some("KP")));
    let long_name = "x".repeat(3000);
    let texts: Vec<(&str, Vec<Piece>)> = vec![
        ("empty", vec![]),
        ("7", vec![("7", Some(("MISC", None)))]),
        (
            "tab\tline\nback\\slash",
            vec![
                ("a\tb\\N\n", None),
                ("\\.", Some(("PER", kp()))),
                ("\r\n\\t", None),
            ],
        ),
        (
            "quote'\"",
            vec![("'\"", Some(("ORG", kp()))), ("{\"a\":1}, '', $$;--", None)],
        ),
        (
            "nul",
            vec![
                ("\0é", None),
                ("a\0b", Some(("PER", kp()))),
                ("\0", None),
                ("x", Some(("LOC", kp()))),
            ],
        ),
        ("nul\0id", vec![("x", Some(("LOC", None)))]),
        ("", vec![("no id", None)]),
        (
            "emoji",
            vec![
                ("👩‍👩‍👧 🇰🇵 ", None),
                ("🙂🙂", Some(("PER", kp()))),
                ("\u{10FFFF}\u{FFFF}", None),
            ],
        ),
        (
            "rtl",
            vec![
                ("\u{202e}قال ", None),
                ("محمد", Some(("PER", kp()))),
                ("\u{feff}\u{200b}", None),
            ],
        ),
        (
            "markup",
            vec![
                ("[a](b) ", None),
                ("[Kim](x&y=%2F)", Some(("PER", kp()))),
                (" ] ( ) [", None),
                ("a]b", Some(("ORG", None))),
            ],
        ),
        (
            "controls",
            vec![
                ("\u{1}\u{1b}[2J\u{7f}", Some(("PER", kp()))),
                ("\u{85}\u{2028}", None),
            ],
        ),
        (
            "label",
            vec![("x", Some(("a,b\"\\\n", kp()))), ("y", Some(("", None)))],
        ),
        (
            "adjacent",
            vec![
                ("Kim", Some(("PER", kp()))),
                ("Lee", Some(("PER", None))),
                ("", Some(("PER", None))),
            ],
        ),
        (
            "key",
            vec![(
                "x",
                Some(("PER", Some(link(Kind::Official, None, &long_name, Some("KR"))))),
            )],
        ),
        (
            "key2",
            vec![(
                "x",
                Some((
                    "PER",
                    Some(link(Kind::Official, Some("a\0\"{}',\\/ b"), "N\0", None)),
                )),
            )],
        ),
    ];
    let mut documents: Vec<TaggedDocument> = texts.iter().map(|(id, parts)| pieces(id, parts)).collect();
    let long_id = "é".repeat(2000);
    documents.push(pieces(&long_id, &[("long id", Some(("MISC", kp())))]));
    documents.push(pieces("sha256:pretender", &[("hash", Some(("MISC", kp())))]));
    let mut huge = String::new();
    let mut chance = Chance::new(7);
    while huge.len() < 1 << 20 {
        huge += &format!("w{:x} ", chance.below(1 << 30));
    }
    documents.push(pieces("huge", &[(&huge, None), ("Kim", Some(("PER", kp())))]));
    documents.push(pieces("one word", &[(&"y".repeat(100_000), Some(("PER", kp())))]));
    let extra = [
        ("id", "7"),
        ("n", "12345678901234567890123.10"),
        ("nul\0", r#""a\u0000b \ud800 \ud83d\ude42""#),
        ("huge", "1e400000"),
        ("deep", r#"[{"a":[null,true,{"":"\\u0000"}]},1.0]"#),
        ("text", r#""an input's own field of this name is not passed on""#),
    ];
    let mut odd = pieces("extra", &[("x", Some(("PER", kp())))]);
    odd.document.extra = extra.map(|(name, json)| (name.to_owned(), json.into())).to_vec();
    odd.document.title = Some("T\0itle\t".repeat(50_000));
    odd.document.source = Some("source\\".repeat(50_000));
    odd.document.date = "2023-02".parse().ok();
    documents.push(odd);
    documents
}
