//! Judging candidates: the best by the [`Ranking`](super::ranking::Ranking), or none; and the record of it, for explanations.

use super::context::{Decision, Reading};
use super::ranking::{Feature, Features, Question, THRESHOLD, probability};
use crate::document::{Consideration, Considered, Reason, Via};
use crate::gazetteer::entity::Entity;

impl Reading<'_> {
    /// The likeliest of `candidates` and how likely it is; `None` where that is less than [`THRESHOLD`].
    ///
    /// Of equal ones the first wins, so that the answer depends on nothing else.
    pub fn judge<T: AsRef<Entity>>(
        &mut self,
        at: usize,
        question: Question,
        candidates: Vec<(T, Features)>,
    ) -> Option<(T, f32)> {
        let ranking = self.ranking;
        let mut weighed: Vec<(T, Features, f32)> = candidates
            .into_iter()
            .map(|(candidate, features)| {
                let sum = ranking.sum(question, &features);
                (candidate, features, sum)
            })
            .collect();
        weighed.sort_by(|(.., a), (.., b)| b.total_cmp(a));
        let rival = weighed.get(1).map(|(.., sum)| *sum);
        if let (Some(rival), Some((_, features, sum))) = (rival, weighed.first_mut()) {
            let close = (rival - *sum).exp();
            *features = std::mem::take(features).with(Feature::Rival, close);
            *sum += ranking.weight(question, Feature::Rival) * close;
        }
        if let Some(trace) = self.trace.as_mut().filter(|_| !weighed.is_empty()) {
            let candidates = weighed.iter().map(|(candidate, features, sum)| {
                let entity = candidate.as_ref();
                let reasons = features.iter().map(|(feature, value)| Reason {
                    feature: feature.as_str(),
                    value,
                    adds: ranking.weight(question, feature) * value,
                });
                Considered {
                    id: (!entity.id.is_empty()).then(|| entity.id.clone()),
                    kind: entity.kind,
                    name: entity.name.clone(),
                    country: entity.country.clone(),
                    probability: probability(*sum),
                    bias: ranking.bias(question),
                    reasons: reasons.collect(),
                }
            });
            trace.push(Consideration {
                mention: at,
                question: question.as_str(),
                candidates: candidates.collect(),
            });
        }
        let (candidate, _, sum) = weighed.into_iter().next()?;
        let probability = probability(sum);
        (probability >= THRESHOLD).then_some((candidate, probability))
    }

    /// Decides that a mention means what `source` does, where that is likely by `features`.
    pub fn echo(&mut self, at: usize, source: &Decision, via: Via, features: Features) {
        let candidates = vec![(source.clone(), features)];
        if let Some((decision, confidence)) = self.judge(at, Question::Echo, candidates) {
            let decision = Decision {
                via,
                confidence,
                ..decision
            };
            self.decide(at, decision);
        }
    }
}
