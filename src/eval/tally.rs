//! Links counted against gold mentions.

use std::collections::BTreeMap;

use super::calibration::Reliability;
use super::gold::{Aside, GoldDocument, GoldMention};
use super::identity::{Identity, Verdict};
use super::linking::{Apart, Judgement, KnownScores, LinkScores, Mistake, NilScores, Scores};
use crate::document::{Kind, Link, Mention};

/// Counts of one way of scoring.
#[derive(Default)]
pub(super) struct Tally {
    right: BTreeMap<Kind, usize>,
    found: BTreeMap<Kind, usize>,
    gold: BTreeMap<Kind, usize>,
    nil: NilScores,
    apart: Apart,
    /// Links that are wrong on mentions of which the gold does not say who they are.
    on_unknown: BTreeMap<Kind, usize>,
    reliability: Reliability,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) judgements: Vec<Judgement>,
}

/// A mention's bytes, start and end.
type Span = (usize, usize);

impl Tally {
    /// Counts the links of a document's `mentions`.
    pub(super) fn add(&mut self, gold: &GoldDocument, mentions: &[Mention], identity: &Identity<'_>) {
        let links: BTreeMap<Span, &Link> = mentions
            .iter()
            .filter_map(|mention| Some(((mention.span.start, mention.span.end), mention.link.as_deref()?)))
            .collect();
        let known: BTreeMap<Span, &GoldMention> = gold
            .mentions
            .iter()
            .map(|mention| ((mention.span.start, mention.span.end), mention))
            .collect();
        let mut spans: Vec<Span> = links.keys().chain(known.keys()).copied().collect();
        spans.sort_unstable();
        spans.dedup();
        for span in spans {
            let link = links.get(&span).copied();
            let mention = known.get(&span).copied();
            let touches = |known: &Span| known.0 < span.1 && span.0 < known.1;
            if !gold.exhaustive && mention.is_none() && !known.keys().any(touches) {
                self.apart.links_elsewhere += 1;
                continue;
            }
            let verdict = link.map(|link| identity.verdict(link, mention));
            self.count(link, mention, verdict);
            let entity = mention.and_then(|mention| mention.entity.as_ref());
            if verdict == Some(Verdict::False) || verdict.is_none() && entity.is_some() {
                self.mistakes.push(Mistake {
                    document: gold.document.id.clone(),
                    span: span.0..span.1,
                    text: gold
                        .document
                        .text
                        .get(span.0..span.1)
                        .unwrap_or_default()
                        .to_owned(),
                    gold: entity.cloned(),
                    link: link.cloned(),
                });
            }
            if let Some(mention) = mention {
                self.judgements.push(Judgement {
                    document: gold.document.id.clone(),
                    mention: mention.clone(),
                    link: link.cloned(),
                    outcome: outcome(mention, verdict),
                });
            }
        }
    }

    fn count(&mut self, link: Option<&Link>, mention: Option<&GoldMention>, verdict: Option<Verdict>) {
        if let Some(entity) = mention.and_then(|mention| mention.entity.as_ref()) {
            *self.gold.entry(entity.kind).or_default() += 1;
        }
        if let (Some(link), Some(verdict)) = (link, verdict) {
            match verdict {
                Verdict::Right | Verdict::False => {
                    let right = verdict == Verdict::Right;
                    *self.found.entry(link.kind).or_default() += 1;
                    *self.right.entry(link.kind).or_default() += usize::from(right);
                    self.reliability.add(link.confidence, right);
                }
                Verdict::CapitalAsCountry => self.apart.capitals_as_countries += 1,
                Verdict::Other => self.apart.unlisted_entities += 1,
                Verdict::LeftOut => self.apart.links_left_out += 1,
            }
        }
        let Some(mention) = mention else { return };
        let is_nil = mention.entity.is_none();
        match (verdict, &mention.aside) {
            (_, Aside::Team | Aside::LeftOut) => self.apart.mentions_left_out += 1,
            (None, _) => {
                self.nil.answers += 1;
                self.nil.gold += usize::from(is_nil);
                self.nil.right += usize::from(is_nil);
            }
            (Some(Verdict::False), aside) => {
                self.nil.gold += usize::from(is_nil);
                if let (Some(link), Aside::Unknown) = (link, aside) {
                    *self.on_unknown.entry(link.kind).or_default() += 1;
                }
            }
            (Some(_), _) => {}
        }
    }

    /// The scores of what was counted.
    pub(super) fn scores(&self) -> LinkScores {
        let of = |counts: &BTreeMap<Kind, usize>, kind| counts.get(&kind).copied().unwrap_or_default();
        let by_kind = |left_out: &BTreeMap<Kind, usize>| -> BTreeMap<Kind, Scores> {
            let scores = |kind| {
                let found = of(&self.found, kind) - of(left_out, kind);
                Scores::new(of(&self.right, kind), found, of(&self.gold, kind))
            };
            Kind::ALL.into_iter().map(|kind| (kind, scores(kind))).collect()
        };
        let known = by_kind(&self.on_unknown);
        let by_kind = by_kind(&BTreeMap::new());
        LinkScores {
            overall: Scores::sum(by_kind.values()),
            by_kind,
            known: KnownScores {
                overall: Scores::sum(known.values()),
                by_kind: known,
            },
            nil: self.nil.finished(),
            apart: self.apart,
            reliability: self.reliability.clone(),
        }
    }
}

/// A judgement in a word.
fn outcome(mention: &GoldMention, verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Right) => "right",
        Some(Verdict::False) => "false",
        Some(Verdict::CapitalAsCountry) => "capital_as_country",
        Some(Verdict::Other) => "unlisted_entity",
        Some(Verdict::LeftOut) => "left_out",
        None if mention.entity.is_some() => "missed",
        None if matches!(mention.aside, Aside::Team | Aside::LeftOut) => "left_out",
        None => "nil",
    }
}
