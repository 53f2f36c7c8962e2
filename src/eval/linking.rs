//! Links against the gold of `shared/gold`: precision, recall and F1 of each kind.
//!
//! A hit needs the gold mention's exact start, end and kind, and the same identity: equal Wikidata ids where both
//! sides have one, else one of the linked entity's names equal to the gold name by key, within one country. Every
//! other link counts against precision, one on a mention whose gold is null too; every gold mention without a hit
//! counts against recall.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

pub use super::gold::{GoldDocument, GoldEntity, GoldError, GoldMention, read_gold};
use crate::document::{Document, Kind, Link, Mention};
use crate::gazetteer::Gazetteer;
use crate::gazetteer::body::{CountryWords, generic_name};
use crate::gazetteer::key::fold;
use crate::link::Linker;

/// Precision, recall and F1, fractions in `[0, 1]`; 0 where nothing was there to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Right links among all links.
    pub precision: f64,
    /// Right links among all gold mentions of the kind.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
    /// Right links.
    #[serde(skip)]
    pub right: usize,
    /// Links made.
    #[serde(skip)]
    pub found: usize,
    /// Gold mentions.
    #[serde(skip)]
    pub gold: usize,
}

impl Scores {
    fn new(right: usize, found: usize, gold: usize) -> Self {
        let share = |part: usize, whole: usize| {
            if whole == 0 {
                0.0
            } else {
                part as f64 / whole as f64
            }
        };
        Scores {
            precision: share(right, found),
            recall: share(right, gold),
            f1: share(2 * right, found + gold),
            right,
            found,
            gold,
        }
    }
}

/// Scores of each kind, all three always there.
pub type KindScores = BTreeMap<Kind, Scores>;

/// A gold mention linked wrongly or not at all, or a link that should not be.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// The document's id.
    pub document: String,
    /// Bytes of the document's text.
    pub span: Range<usize>,
    /// The text there.
    pub text: String,
    /// Who the gold says it is; `None` for null or no gold mention.
    pub gold: Option<GoldEntity>,
    /// What was linked, if anything.
    pub link: Option<Link>,
}

impl Mistake {
    /// Whether the mistake counts for `kind`: on the gold's side or the link's.
    pub fn concerns(&self, kind: Kind) -> bool {
        self.gold.as_ref().is_some_and(|gold| gold.kind == kind)
            || self.link.as_ref().is_some_and(|link| link.kind == kind)
    }
}

/// Linking scores of a set of documents.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkingReport {
    /// With the tagger's own mentions.
    pub end_to_end: KindScores,
    /// With the gold's spans and labels given.
    pub gold_mentions: KindScores,
    /// The same without records and names marked as added after reading the gold.
    pub without_seen: WithoutSeen,
    /// What went wrong end to end, in document order.
    #[serde(skip)]
    pub mistakes: Vec<Mistake>,
    /// What went wrong on gold mentions.
    #[serde(skip)]
    pub gold_mention_mistakes: Vec<Mistake>,
}

/// Scores with a gazetteer that knows nothing from the gold.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WithoutSeen {
    /// With the tagger's own mentions.
    pub end_to_end: KindScores,
    /// With the gold's spans and labels given.
    pub gold_mentions: KindScores,
}

impl LinkingReport {
    /// Whether every gold mention of `kind` is linked rightly end to end and no link of it is false.
    pub fn holds(&self, kind: Kind) -> bool {
        !self.mistakes.iter().any(|mistake| mistake.concerns(kind))
    }
}

/// Scores `linker` on `gold`: end to end on the mentions that `tag` finds in each document, whose links are
/// ignored, and on the gold's own mentions. `unseen` is a linker whose gazetteer is
/// [`without_seen`](Gazetteer::without_seen).
///
/// # Errors
/// Whatever `tag` returns as one.
pub fn score<E>(
    gold: &[GoldDocument],
    linker: &Linker,
    unseen: &Linker,
    mut tag: impl FnMut(&Document) -> Result<Vec<Mention>, E>,
) -> Result<LinkingReport, E> {
    let [mut end_to_end, mut given, mut unseen_end_to_end, mut unseen_given] =
        [(); 4].map(|()| Tally::default());
    // With all names, also where the linker knows fewer.
    let identity = Identity {
        gazetteer: linker.gazetteer(),
        countries: linker.gazetteer().country_words(),
    };
    for gold in gold {
        let tagged = tag(&gold.document)?;
        let own: Vec<Mention> = gold.mentions.iter().map(GoldMention::unlinked).collect();
        for (tally, linker, mentions) in [
            (&mut end_to_end, linker, &tagged),
            (&mut given, linker, &own),
            (&mut unseen_end_to_end, unseen, &tagged),
            (&mut unseen_given, unseen, &own),
        ] {
            let mut mentions = mentions.clone();
            linker.link(&gold.document, &mut mentions);
            tally.add(gold, &mentions, &identity);
        }
    }
    Ok(LinkingReport {
        end_to_end: end_to_end.scores(),
        gold_mentions: given.scores(),
        without_seen: WithoutSeen {
            end_to_end: unseen_end_to_end.scores(),
            gold_mentions: unseen_given.scores(),
        },
        mistakes: end_to_end.mistakes,
        gold_mention_mistakes: given.mistakes,
    })
}

/// Counts of one way of scoring.
#[derive(Default)]
struct Tally {
    right: BTreeMap<Kind, usize>,
    found: BTreeMap<Kind, usize>,
    gold: BTreeMap<Kind, usize>,
    mistakes: Vec<Mistake>,
}

impl Tally {
    fn add(&mut self, gold: &GoldDocument, mentions: &[Mention], identity: &Identity<'_>) {
        let links: BTreeMap<(usize, usize), &Link> = mentions
            .iter()
            .filter_map(|mention| Some(((mention.span.start, mention.span.end), mention.link.as_ref()?)))
            .collect();
        let known: BTreeMap<(usize, usize), Option<&GoldEntity>> = gold
            .mentions
            .iter()
            .map(|mention| ((mention.span.start, mention.span.end), mention.entity.as_ref()))
            .collect();
        let mut spans: Vec<(usize, usize)> = links.keys().chain(known.keys()).copied().collect();
        spans.sort_unstable();
        spans.dedup();
        for (start, end) in spans {
            let link = links.get(&(start, end)).copied();
            let entity = known.get(&(start, end)).copied().flatten();
            if let Some(link) = link {
                *self.found.entry(link.kind).or_default() += 1;
            }
            if let Some(entity) = entity {
                *self.gold.entry(entity.kind).or_default() += 1;
            }
            match (link, entity) {
                (None, None) => {}
                (Some(link), Some(entity)) if identity.is_same(link, entity) => {
                    *self.right.entry(entity.kind).or_default() += 1;
                }
                _ => self.mistakes.push(Mistake {
                    document: gold.document.id.clone(),
                    span: start..end,
                    text: gold.document.text.get(start..end).unwrap_or_default().to_owned(),
                    gold: entity.cloned(),
                    link: link.cloned(),
                }),
            }
        }
    }

    fn scores(&self) -> KindScores {
        let of = |counts: &BTreeMap<Kind, usize>, kind| counts.get(&kind).copied().unwrap_or_default();
        Kind::ALL
            .into_iter()
            .map(|kind| {
                (
                    kind,
                    Scores::new(of(&self.right, kind), of(&self.found, kind), of(&self.gold, kind)),
                )
            })
            .collect()
    }
}

/// Tells whether a link means the gold's entity.
struct Identity<'g> {
    gazetteer: &'g Gazetteer,
    countries: CountryWords,
}

impl Identity<'_> {
    fn is_same(&self, link: &Link, gold: &GoldEntity) -> bool {
        if link.kind != gold.kind {
            return false;
        }
        if let Some(qid) = gold
            .qid
            .as_deref()
            .filter(|_| link.id.as_deref().is_some_and(is_wikidata))
        {
            return link.id.as_deref() == Some(qid);
        }
        let entity = link.id.as_deref().and_then(|id| self.gazetteer.by_id(id));
        let own = entity.iter().flat_map(|entity| entity.country.iter());
        let held = entity
            .iter()
            .flat_map(|entity| entity.tenures.iter().map(|tenure| &tenure.country));
        let mut countries = link.country.iter().chain(own).chain(held);
        if gold
            .country
            .as_ref()
            .is_some_and(|country| !countries.any(|other| other == country))
        {
            return false;
        }
        let aliases = entity
            .iter()
            .flat_map(|entity| entity.aliases.iter().map(|alias| alias.text.as_str()));
        let mut names = std::iter::once(link.name.as_str()).chain(aliases);
        names.any(|name| self.is_one_name(link.kind, name, &gold.name))
    }

    /// By key. What only tells records apart does not count, a parenthesis and, in a body's name, its country:
    /// *National Security Council* and *United States National Security Council* are one within one country.
    fn is_one_name(&self, kind: Kind, one: &str, other: &str) -> bool {
        let same = |one: &str, other: &str| fold(one) == fold(other);
        if same(one, other) || same(without_parenthesis(one), without_parenthesis(other)) {
            return true;
        }
        let generic = |name| generic_name(name, &self.countries).key;
        kind == Kind::Agency && generic(one).is_some_and(|key| generic(other) == Some(key))
    }
}

fn is_wikidata(id: &str) -> bool {
    id.strip_prefix('Q')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// *National Intelligence Service (South Korea)* without what only tells records apart.
fn without_parenthesis(name: &str) -> &str {
    name.split(" (").next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn gazetteer() -> Gazetteer {
        let mut gazetteer = Gazetteer::default();
        gazetteer
            .add_file(Path::new("tests/fixtures/gazetteer.jsonl"))
            .unwrap();
        gazetteer
    }

    fn gold(lines: &str) -> Result<Vec<GoldDocument>, GoldError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gold.jsonl");
        std::fs::write(&path, lines).unwrap();
        read_gold(&path)
    }

    const LINE: &str = r#"{"id":"a","date":"2024-10-29","text":"Türkiye met France in Lyon.","mentions":[
        {"start":0,"end":7,"surface":"Türkiye","label":"LOC","kind":"country","name":"Turkey","qid":"Q43","country":"TR"},
        {"start":12,"end":18,"surface":"France","label":"LOC","kind":"country","name":"France","country":"FR"},
        {"start":22,"end":26,"surface":"Lyon","label":"LOC","kind":null}]}"#;

    #[test]
    fn hits_and_mistakes_are_counted() {
        let documents = gold(&LINE.replace('\n', "")).unwrap();
        let (linker, unseen) = (Linker::new(gazetteer()), Linker::new(gazetteer().without_seen()));
        // The tagger cuts "Türkiye" short and finds "France" and "Lyon".
        let tag = |document: &Document| -> Result<Vec<Mention>, ()> {
            let mention = |text: &str| {
                let start = document.text.find(text).unwrap();
                Mention {
                    span: start..start + text.len(),
                    label: "LOC".into(),
                    score: 1.0,
                    link: None,
                }
            };
            Ok(vec![mention("Türk"), mention("France"), mention("Lyon")])
        };
        let report = score(&documents, &linker, &unseen, tag).unwrap();
        let country = report.end_to_end[&Kind::Country];
        assert_eq!((country.right, country.found, country.gold), (1, 1, 2));
        assert_eq!(report.gold_mentions[&Kind::Country].f1, 1.0);
        assert!(!report.holds(Kind::Country) && report.holds(Kind::Agency));
        assert_eq!(report.mistakes.len(), 1);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["end_to_end"]["country"]["recall"], 0.5);
        assert_eq!(json["gold_mentions"]["official"]["f1"], 0.0);
    }
}
