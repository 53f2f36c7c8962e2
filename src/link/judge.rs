//! Judging candidates: the best by the [`Ranking`](super::ranking::Ranking), or none; and the record of it, for explanations.

use serde::Serialize;

use super::context::{Decision, Reading};
use super::ranking::{Feature, Features, Question, THRESHOLD, probability};
use crate::document::{Kind, Via};
use crate::gazetteer::entity::Entity;

/// One question about a mention, with every candidate that was weighed.
#[derive(Clone, Debug, PartialEq)]
pub struct Consideration {
    /// Which mention, in the document's order.
    pub mention: usize,
    /// What was to be decided.
    pub question: Question,
    /// The candidates, the likeliest first.
    pub candidates: Vec<Considered>,
}

/// A candidate that was weighed.
#[derive(Clone, Debug, PartialEq)]
pub struct Considered {
    /// The record's id; empty for an official without one.
    pub id: String,
    /// country, official or agency.
    pub kind: Kind,
    /// The canonical name.
    pub name: String,
    /// The country's code.
    pub country: Option<String>,
    /// What speaks for and against it.
    pub features: Features,
    /// How likely it is the one meant, in `[0, 1]`.
    pub probability: f32,
    pub old: f32,
}

/// How much one feature moved a candidate, as explanations show it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Contribution {
    /// The feature.
    pub feature: Feature,
    /// Its value.
    pub value: f32,
    /// What it adds to the candidate's sum: weight · value.
    pub adds: f32,
}

impl Reading<'_> {
    /// The likeliest of `candidates` and how likely it is; `None` where that is less than [`THRESHOLD`].
    ///
    /// Of equal ones the first wins, so that the answer depends on nothing else.
    pub fn judge<T: AsRef<Entity>>(
        &mut self,
        at: usize,
        question: Question,
        candidates: Vec<(T, Features, f32)>,
    ) -> Option<(T, f32)> {
        let ranking = self.ranking;
        let old = ranking.bias(question) == 0.0;
        let mut weighed: Vec<(T, Features, f32, f32)> = candidates
            .into_iter()
            .map(|(candidate, features, was)| {
                let sum = ranking.sum(question, &features);
                (candidate, features, if old { was } else { sum }, was)
            })
            .collect();
        weighed.sort_by(|(.., a, _), (.., b, _)| b.total_cmp(a));
        let rival = weighed.get(1).map(|(.., sum, _)| *sum);
        if let (Some(rival), Some((_, features, sum, _))) = (rival, weighed.first_mut()) {
            let close = if old { rival / *sum } else { (rival - *sum).exp() };
            *features = std::mem::take(features).with(Feature::Rival, close);
            if !old {
                *sum += ranking.weight(question, Feature::Rival) * close;
            }
        }
        let chance = |sum: f32| if old { sum } else { probability(sum) };
        if let Some(trace) = self.trace.as_mut().filter(|_| !weighed.is_empty()) {
            let candidates = weighed.iter().map(|(candidate, features, sum, was)| {
                let entity = candidate.as_ref();
                Considered {
                    id: entity.id.clone(),
                    kind: entity.kind,
                    name: entity.name.clone(),
                    country: entity.country.clone(),
                    features: features.clone(),
                    probability: chance(*sum),
                    old: *was,
                }
            });
            trace.push(Consideration {
                mention: at,
                question,
                candidates: candidates.collect(),
            });
        }
        let (candidate, _, sum, _) = weighed.into_iter().next()?;
        let probability = chance(sum);
        (probability >= THRESHOLD).then_some((candidate, probability))
    }

    /// Decides that a mention means what `source` does, where that is likely by `features`. Says whether it is.
    pub fn echo(&mut self, at: usize, source: &Decision, via: Via, features: Features, old: f32) -> bool {
        let candidates = vec![(source.clone(), features, old)];
        let Some((decision, confidence)) = self.judge(at, Question::Echo, candidates) else {
            return false;
        };
        self.decide(at, Decision { via, confidence, ..decision });
        true
    }
}
