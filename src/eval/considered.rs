//! What the linker weighed, with what the gold says of each candidate: what its weights are fitted on.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::gold::{Aside, GoldDocument, GoldMention};
use super::identity::{Identity, Verdict};
use crate::document::{Considered, Kind, Link, Mention, Via};
use crate::link::Linker;

/// A question that was asked of a gold mention.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgedQuestion {
    /// The document's id.
    pub document: String,
    /// What was to be decided.
    pub question: &'static str,
    /// The candidates, the likeliest first.
    pub candidates: Vec<JudgedCandidate>,
}

/// A candidate that was weighed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgedCandidate {
    /// The record's id.
    pub id: Option<String>,
    /// Whether the gold means it; `None` where the gold does not tell.
    pub right: Option<bool>,
    /// How likely the linker took it to be.
    pub probability: f32,
    /// The features' values.
    pub features: BTreeMap<&'static str, f32>,
}

/// Links the gold's own mentions and judges all that was weighed.
pub fn judge(gold: &[GoldDocument], linker: &Linker) -> Vec<JudgedQuestion> {
    let identity = Identity::new(linker.gazetteer());
    let mut judged = Vec::new();
    let mut unknown: Vec<(usize, usize)> = Vec::new();
    for gold in gold {
        let mut mentions: Vec<Mention> = gold.mentions.iter().map(GoldMention::unlinked).collect();
        for consideration in linker.explain(&gold.document, &mut mentions) {
            let Some(mention) = gold.mentions.get(consideration.mention) else {
                continue;
            };
            let candidates = consideration.candidates.iter().map(|candidate| JudgedCandidate {
                id: candidate.id.as_deref().map(Into::into),
                right: is_right(&identity, candidate, mention),
                probability: candidate.probability,
                features: (candidate.reasons.iter())
                    .map(|reason| (reason.feature, reason.value))
                    .collect(),
            });
            let candidates: Vec<JudgedCandidate> = candidates.collect();
            if mention.aside == Aside::Unknown {
                let persons = consideration.candidates.iter().enumerate();
                // Of a spokesman without an entry no set says that another is meant.
                let persons = persons.filter(|(_, candidate)| {
                    let listed = candidate.id.as_ref().is_some_and(|id| id.starts_with('Q'));
                    candidate.kind == Kind::Official && listed
                });
                unknown.extend(persons.map(|(at, _)| (judged.len(), at)));
            }
            judged.push(JudgedQuestion {
                document: gold.document.id.clone(),
                question: consideration.question,
                candidates,
            });
        }
    }
    // An official whom the set names elsewhere it has only missed here; another one is a namesake.
    let named: HashSet<String> = judged
        .iter()
        .flat_map(|question| &question.candidates)
        .filter(|candidate| candidate.right == Some(true))
        .filter_map(|candidate| candidate.id.clone())
        .collect();
    for (question, candidate) in unknown {
        let candidate = &mut judged[question].candidates[candidate];
        let missed = candidate.id.as_ref().is_some_and(|id| named.contains(id));
        candidate.right = (!missed).then_some(false);
    }
    judged
}

fn is_right(identity: &Identity<'_>, candidate: &Considered, mention: &GoldMention) -> Option<bool> {
    let link = Link {
        id: candidate.id.as_deref().map(Into::into),
        kind: candidate.kind,
        name: candidate.name.as_str().into(),
        country: candidate.country.as_deref().map(Into::into),
        role: None,
        via: Via::Name,
        confidence: candidate.probability,
    };
    match identity.verdict(&link, Some(mention)) {
        Verdict::Right => Some(true),
        // What a public set leaves open it may only have missed: AIDA train lacks every "Turkey".
        Verdict::False if mention.aside == Aside::Unknown => None,
        Verdict::False => Some(false),
        // Not scored, but known: the team is not the country.
        Verdict::LeftOut if mention.aside == Aside::Team => Some(false),
        Verdict::CapitalAsCountry | Verdict::Other | Verdict::LeftOut => None,
    }
}
