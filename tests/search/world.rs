//! Made-up news: documents of known words and mentions, and the gazetteer that knows some of their entities.

use std::path::Path;
use std::sync::Arc;

use nomenclator::document::{Document, Kind, Link, Mention, TaggedDocument, Via};
use nomenclator::gazetteer::Gazetteer;
use nomenclator::search::index::feed::IndexFeed;
use nomenclator::search::reader::SearchIndex;
use nomenclator::search::{Feed, Fingerprint};
use tempfile::TempDir;

/// Numbers that look random, the same at each run (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) % limit as u64) as usize
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Small numbers most often.
    pub fn skewed(&mut self, limit: usize) -> usize {
        let first = self.below(limit);
        self.below(first + 1)
    }
}

/// Words as written, and as they are found.
pub const WORDS: [(&str, &[&str]); 22] = [
    ("Missile", &["missile"]),
    ("test", &["test"]),
    ("TESTS", &["tests"]),
    ("talks", &["talks"]),
    ("talking", &["talking"]),
    ("the", &["the"]),
    ("of", &["of"]),
    ("summit", &["summit"]),
    ("café", &["cafe"]),
    ("U.N.", &["u", "n"]),
    ("and", &["and"]),
    ("北京", &["北", "京"]),
    ("Straße", &["strasse"]),
    ("sanctions", &["sanctions"]),
    ("sanction", &["sanction"]),
    ("10:30", &["10", "30"]),
    ("said", &["said"]),
    ("not", &["not"]),
    ("minister", &["minister"]),
    ("trade", &["trade"]),
    ("border", &["border"]),
    ("near", &["near"]),
];

/// An entity: kind, id, canonical name, country, the key that the index gives it, and how it is mentioned.
pub struct Who {
    pub kind: Kind,
    pub id: Option<&'static str>,
    pub name: &'static str,
    pub country: Option<&'static str>,
    pub key: &'static str,
    /// As written, with the words of each.
    pub aliases: &'static [(&'static str, &'static [&'static str])],
    /// Whether the gazetteer of the tests has it.
    pub recorded: bool,
}

pub const WHO: [Who; 10] = [
    Who {
        kind: Kind::Country,
        id: Some("Q423"),
        name: "North Korea",
        country: Some("KP"),
        key: "country/KP",
        aliases: &[
            ("North Korea", &["north", "korea"]),
            ("DPRK", &["dprk"]),
            ("Pyongyang", &["pyongyang"]),
        ],
        recorded: true,
    },
    Who {
        kind: Kind::Country,
        id: Some("Q159"),
        name: "Russia",
        country: Some("RU"),
        key: "country/RU",
        aliases: &[("Russia", &["russia"]), ("Russian", &["russian"])],
        recorded: true,
    },
    Who {
        kind: Kind::Country,
        id: Some("Q15180"),
        name: "Soviet Union",
        country: None,
        key: "country/Q15180",
        aliases: &[("Soviet Union", &["soviet", "union"]), ("USSR", &["ussr"])],
        recorded: true,
    },
    Who {
        kind: Kind::Official,
        id: Some("Q1"),
        name: "Choe Son Hui",
        country: Some("KP"),
        key: "official/Q1",
        aliases: &[
            ("Choe Son-hui", &["choe", "son", "hui"]),
            ("Choe", &["choe"]),
            ("CHOI SUN HEE", &["choi", "sun", "hee"]),
        ],
        recorded: true,
    },
    Who {
        kind: Kind::Official,
        id: Some("Q2"),
        name: "Choe Ryong Hae",
        country: Some("KP"),
        key: "official/Q2",
        aliases: &[("Choe Ryong Hae", &["choe", "ryong", "hae"]), ("Choe", &["choe"])],
        recorded: true,
    },
    Who {
        kind: Kind::Official,
        id: None,
        name: "Kim Yong-hwan",
        country: Some("KR"),
        key: "official/~kimyonghwan@KR",
        aliases: &[("Kim Yong-hwan", &["kim", "yong", "hwan"]), ("Kim", &["kim"])],
        recorded: false,
    },
    Who {
        kind: Kind::Official,
        id: Some("Q77"),
        name: "Jane Roe",
        country: Some("US"),
        key: "official/Q77",
        aliases: &[("Jane Roe", &["jane", "roe"]), ("Roe", &["roe"])],
        recorded: false,
    },
    Who {
        kind: Kind::Agency,
        id: Some("Q494200"),
        name: "National Intelligence Service",
        country: Some("KR"),
        key: "agency/Q494200",
        aliases: &[
            (
                "National Intelligence Service",
                &["national", "intelligence", "service"],
            ),
            ("NIS", &["nis"]),
        ],
        recorded: true,
    },
    Who {
        kind: Kind::Agency,
        id: Some("Q3"),
        name: "State Duma",
        country: Some("RU"),
        key: "agency/Q3",
        aliases: &[("State Duma", &["state", "duma"]), ("Duma", &["duma"])],
        recorded: true,
    },
    Who {
        kind: Kind::Agency,
        id: Some("own:x/1"),
        name: "Border Office",
        country: None,
        key: "agency/own:x/1",
        aliases: &[("Border Office", &["border", "office"])],
        recorded: true,
    },
];

/// Names without a link, with their words.
pub const NOBODY: [(&str, &str, &[&str]); 3] = [
    ("Busan", "LOC", &["busan"]),
    ("Mike  Johnson", "PER", &["mike", "johnson"]),
    ("Acme Corp.", "ORG", &["acme", "corp"]),
];

pub const SOURCES: [&str; 4] = ["Reuters", "Yonhap News Agency", "yonhap news-agency", "Le Monde"];
pub const DATES: [&str; 9] = [
    "2023",
    "2024",
    "2024-02",
    "2024-09-30",
    "2024-10",
    "2024-10-03",
    "2024-10-31",
    "2024-12",
    "2025-01-01",
];

/// A document, and what is known of it apart from it.
#[derive(Clone)]
pub struct Known {
    pub tagged: TaggedDocument,
    pub title_words: Vec<String>,
    pub words: Vec<String>,
    /// Each mention's first and last word, and its entity's place in [`WHO`].
    pub mentions: Vec<(usize, usize, Option<usize>)>,
}

pub fn gazetteer() -> Arc<Gazetteer> {
    let mut gazetteer = Gazetteer::default();
    let records = WHO.iter().filter(|who| who.recorded).map(|who| {
        let aliases: Vec<_> = who
            .aliases
            .iter()
            .filter(|(alias, _)| *alias != who.name)
            .map(|(alias, _)| {
                let acronym = alias.chars().all(char::is_uppercase);
                serde_json::json!({"text": alias, "type": if acronym { "acronym" } else { "short" }})
            })
            .collect();
        let mut record = serde_json::json!({
            "id": who.id, "kind": who.kind, "name": who.name, "sources": ["own"], "aliases": aliases,
        });
        if let Some(country) = who.country {
            record["country"] = country.into();
        }
        if who.kind == Kind::Official {
            record["tenures"] = serde_json::json!([{"position": "Minister", "country": who.country}]);
        }
        serde_json::from_value(record).unwrap()
    });
    gazetteer.add(records.collect()).unwrap();
    Arc::new(gazetteer)
}

pub fn link(who: &Who, confidence: f32) -> Link {
    Link {
        id: who.id.map(Into::into),
        kind: who.kind,
        name: who.name.into(),
        country: who.country.map(Into::into),
        role: None,
        via: Via::Name,
        confidence,
    }
}

/// A document of random words and mentions.
pub fn document(id: String, random: &mut Random) -> Known {
    let mut known = Known {
        tagged: TaggedDocument {
            document: Document {
                id,
                ..Document::default()
            },
            mentions: Vec::new(),
            considerations: Vec::new(),
        },
        title_words: Vec::new(),
        words: Vec::new(),
        mentions: Vec::new(),
    };
    let mut text = String::new();
    for _ in 0..random.below(60) {
        let (surface, words): (&str, &[&str]) = match random.below(6) {
            0 => {
                let at = random.skewed(WHO.len());
                let (surface, words) = random.one(WHO[at].aliases);
                let confidence = 0.5 + random.below(51) as f32 / 100.0;
                mention(&mut known, &text, surface, words, "PER", Some((at, confidence)));
                (surface, words)
            }
            1 if random.below(2) == 0 => {
                let (surface, label, words) = random.one(&NOBODY);
                mention(&mut known, &text, surface, words, label, None);
                (surface, words)
            }
            _ => WORDS[random.skewed(WORDS.len())],
        };
        text.push_str(surface);
        text.push_str(random.one(&[" ", " ", " ", ", ", "\n", "! — "]));
        known.words.extend(words.iter().map(|word| (*word).to_owned()));
    }
    known.tagged.document.text = text;
    if random.below(3) > 0 {
        let mut title = String::new();
        for _ in 0..=random.below(5) {
            let (surface, words) = random.one(&WORDS);
            title = title + surface + " ";
            known
                .title_words
                .extend(words.iter().map(|word| (*word).to_owned()));
        }
        known.tagged.document.title = Some(title);
    }
    if random.below(4) > 0 {
        known.tagged.document.source = Some(random.one(&SOURCES).to_owned());
    }
    if random.below(5) > 0 {
        known.tagged.document.date = random.one(&DATES).parse().ok();
    }
    known
}

fn mention(
    known: &mut Known,
    text: &str,
    surface: &str,
    words: &[&str],
    label: &str,
    who: Option<(usize, f32)>,
) {
    let first = known.words.len();
    known
        .mentions
        .push((first, first + words.len() - 1, who.map(|(at, _)| at)));
    let label = match who.map(|(at, _)| WHO[at].kind) {
        Some(Kind::Country) => "LOC",
        Some(Kind::Agency) => "ORG",
        _ => label,
    };
    known.tagged.mentions.push(Mention {
        span: text.len()..text.len() + surface.len(),
        label: label.into(),
        score: 0.9,
        link: who.map(|(at, confidence)| Box::new(link(&WHO[at], confidence))),
    });
}

/// Three hundred documents, a third of them in place of earlier ones, in several segments.
pub fn documents() -> (Vec<Known>, Vec<Known>) {
    let mut random = Random(11);
    let first: Vec<Known> = (0..300)
        .map(|at| document(format!("d{at}"), &mut random))
        .collect();
    let mut now = first.clone();
    for at in (0..300).step_by(3) {
        now[at] = document(format!("d{at}"), &mut random);
    }
    (first, now)
}

pub fn feed(folder: &Path, documents: impl IntoIterator<Item = TaggedDocument>, each: usize) {
    let mut feed = IndexFeed::open(folder).unwrap();
    for (at, tagged) in documents.into_iter().enumerate() {
        feed.add(&tagged, Fingerprint::of_tagged(&tagged)).unwrap();
        if at % each == each - 1 {
            feed.commit().unwrap();
        }
    }
    feed.finish().unwrap();
}

/// The index of [`documents`], and the documents as they are in it.
pub fn index() -> (TempDir, SearchIndex, Vec<Known>) {
    let folder = TempDir::new().unwrap();
    let (first, now) = documents();
    feed(folder.path(), first.into_iter().map(|known| known.tagged), 70);
    let replaced = now.iter().step_by(3).map(|known| known.tagged.clone());
    feed(folder.path(), replaced, 60);
    let index = SearchIndex::open(folder.path(), gazetteer()).unwrap();
    (folder, index, now)
}
