//! Links against gold: precision, recall and F1 of each kind, of NIL, and how far confidences can be believed.
//!
//! A hit needs the gold mention's exact start, end and kind, and the same identity: equal Wikidata ids where both
//! sides have one, else one of the linked entity's names equal to the gold name by key, within one country. Every
//! other link counts against precision, one on a mention whose gold is null too; every gold mention without a hit
//! counts against recall. Public sets have mentions that count [otherwise](Aside).

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Serialize, Serializer};

use super::calibration::Reliability;
pub use super::gold::{Aside, GoldDocument, GoldEntity, GoldError, GoldMention, read_gold};
use super::identity::Identity;
use super::tally::Tally;
use crate::document::{Document, Kind, Link, Mention};
use crate::gazetteer::Gazetteer;
use crate::link::Linker;

/// Something that links mentions, so that variants and baselines are scored as the linker is.
pub trait Linking {
    /// Sets the link of each mention, as [`Linker::link`] does.
    fn link(&self, document: &Document, mentions: &mut [Mention]);
    /// The gazetteer it links against.
    fn gazetteer(&self) -> &Gazetteer;
}

impl Linking for Linker {
    fn link(&self, document: &Document, mentions: &mut [Mention]) {
        Linker::link(self, document, mentions);
    }

    fn gazetteer(&self) -> &Gazetteer {
        Linker::gazetteer(self)
    }
}

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
    pub right: usize,
    /// Links made.
    pub found: usize,
    /// Gold mentions.
    pub gold: usize,
}

impl Scores {
    pub(super) fn new(right: usize, found: usize, gold: usize) -> Self {
        Scores {
            precision: share(right, found),
            recall: share(right, gold),
            f1: share(2 * right, found + gold),
            right,
            found,
            gold,
        }
    }

    pub(super) fn sum<'s>(scores: impl Iterator<Item = &'s Scores>) -> Self {
        let [right, found, gold] = scores.fold([0; 3], |sums, scores| {
            [
                sums[0] + scores.right,
                sums[1] + scores.found,
                sums[2] + scores.gold,
            ]
        });
        Scores::new(right, found, gold)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// How well mentions of no country, official or agency stay unlinked, over the gold's mentions that are scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct NilScores {
    /// Of the answers NIL, the share that is right, in `[0, 1]`.
    pub precision: f64,
    /// Of the mentions whose gold is NIL, the share that stays unlinked, in `[0, 1]`.
    pub recall: f64,
    /// Mentions unlinked whose gold is NIL.
    pub right: usize,
    /// Mentions unlinked.
    pub answers: usize,
    /// Mentions whose gold is NIL.
    pub gold: usize,
}

impl NilScores {
    pub(super) fn finished(self) -> Self {
        NilScores {
            precision: share(self.right, self.answers),
            recall: share(self.right, self.gold),
            ..self
        }
    }
}

/// What public sets have and no score counts: numbers of links, and of mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Apart {
    /// Links of a capital to its country, where the gold has the city: neither right nor false.
    pub capitals_as_countries: usize,
    /// Links to just the entity that the gold has, which the list of kinds lacks: neither right nor false.
    pub unlisted_entities: usize,
    /// Links on mentions that are not scored.
    pub links_left_out: usize,
    /// Gold mentions that are not scored.
    pub mentions_left_out: usize,
    /// Links that touch no mention of a gold that does not have every name.
    pub links_elsewhere: usize,
}

/// The scores of one way of linking.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkScores {
    /// Of each kind, all three always there.
    #[serde(flatten)]
    pub by_kind: BTreeMap<Kind, Scores>,
    /// Of all kinds together.
    pub overall: Scores,
    /// The same without the links on mentions of which the gold does not say who they are.
    pub known: KnownScores,
    /// Of NIL.
    pub nil: NilScores,
    /// What is not in the scores.
    pub apart: Apart,
    /// Links that are right, by confidence.
    #[serde(rename = "calibration", serialize_with = "reliability")]
    pub reliability: Reliability,
}

/// Scores on the mentions that the gold names, as in most of the literature on public sets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KnownScores {
    /// Of each kind, all three always there.
    #[serde(flatten)]
    pub by_kind: BTreeMap<Kind, Scores>,
    /// Of all kinds together.
    pub overall: Scores,
}

fn reliability<S: Serializer>(reliability: &Reliability, serializer: S) -> Result<S::Ok, S::Error> {
    reliability
        .as_json("links", "mean_confidence")
        .serialize(serializer)
}

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

/// A gold mention with the link that it was given and what that counts as.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The document's id.
    pub document: String,
    /// The mention.
    pub mention: GoldMention,
    /// What it was linked to.
    pub link: Option<Link>,
    /// `right`, `false`, `missed` or `nil`, or what of [`Apart`] it is.
    pub outcome: &'static str,
}

/// Linking scores of a set of documents.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkingReport {
    /// With the tagger's own mentions.
    pub end_to_end: LinkScores,
    /// With the gold's spans and labels given.
    pub gold_mentions: LinkScores,
    /// The same without records and names marked as added after reading the gold.
    pub without_seen: WithoutSeen,
    /// What went wrong end to end, in document order.
    #[serde(skip)]
    pub mistakes: Vec<Mistake>,
    /// What went wrong on gold mentions.
    #[serde(skip)]
    pub gold_mention_mistakes: Vec<Mistake>,
    /// All gold mentions, linked as such, in document order.
    #[serde(skip)]
    pub judgements: Vec<Judgement>,
}

/// Scores with a gazetteer that knows nothing from the gold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WithoutSeen {
    /// With the tagger's own mentions.
    pub end_to_end: LinkScores,
    /// With the gold's spans and labels given.
    pub gold_mentions: LinkScores,
}

impl LinkingReport {
    /// Whether every gold mention of `kind` is linked rightly end to end and no link of it is false.
    pub fn holds(&self, kind: Kind) -> bool {
        !self.mistakes.iter().any(|mistake| mistake.concerns(kind))
    }
}

/// Scores `linker` on `gold`: end to end on the mentions that `tag` finds in each document, whose links are
/// ignored, and on the gold's own mentions. `unseen` is the same with a gazetteer that is
/// [`without_seen`](Gazetteer::without_seen).
///
/// # Errors
/// Whatever `tag` returns as one.
pub fn score<E>(
    gold: &[GoldDocument],
    linker: &dyn Linking,
    unseen: &dyn Linking,
    mut tag: impl FnMut(&Document) -> Result<Vec<Mention>, E>,
) -> Result<LinkingReport, E> {
    let [mut end_to_end, mut given, mut unseen_end_to_end, mut unseen_given] =
        [(); 4].map(|()| Tally::default());
    // With all names, also where the linker knows fewer.
    let identity = Identity::new(linker.gazetteer());
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
        judgements: given.judgements,
    })
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
        let country = report.end_to_end.by_kind[&Kind::Country];
        assert_eq!((country.right, country.found, country.gold), (1, 1, 2));
        assert_eq!(report.gold_mentions.by_kind[&Kind::Country].f1, 1.0);
        assert!(!report.holds(Kind::Country) && report.holds(Kind::Agency));
        assert_eq!(report.mistakes.len(), 1);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["end_to_end"]["country"]["recall"], 0.5);
        assert_eq!(json["gold_mentions"]["official"]["f1"], 0.0);
    }
}
