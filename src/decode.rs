//! Label scores to mentions.
//!
//! The best label sequence under BIO2's rule, that `I-X` follows `B-X` or `I-X` alone (Viterbi over log
//! probabilities); a mention is a `B-X` with the `I-X` after it.

use ndarray::{Array2, ArrayView1, ArrayViewMut1};

use crate::document::Mention;
use crate::model::labels::{LabelSet, Tag};
use crate::tokenize::Word;

/// Turns the label scores of one model into mentions.
#[derive(Clone, Debug)]
pub struct Decoder {
    labels: LabelSet,
    temperature: f32,
}

impl Decoder {
    /// For a model's labels; `temperature` divides the logits, so that scores mean what they say.
    pub fn new(labels: LabelSet, temperature: f32) -> Self {
        Decoder { labels, temperature }
    }

    /// The labels that it reads.
    pub fn labels(&self) -> &LabelSet {
        &self.labels
    }

    /// The log probabilities of one word's labels, from its logits; both of shape `[labels]`.
    pub fn log_probabilities(&self, logits: ArrayView1<'_, f32>, mut into: ArrayViewMut1<'_, f32>) {
        into.assign(&logits);
        into.map_inplace(|logit| *logit /= self.temperature);
        let highest = into.fold(f32::NEG_INFINITY, |highest, &logit| highest.max(logit));
        into.map_inplace(|logit| *logit -= highest);
        let log_sum = into.fold(0.0, |sum, &logit| sum + logit.exp()).ln();
        into.map_inplace(|logit| *logit -= log_sum);
    }

    /// The log probabilities of a word that the model does not see: `O` for sure.
    pub fn certainly_outside(&self, mut into: ArrayViewMut1<'_, f32>) {
        for (log_p, tag) in into.iter_mut().zip(self.labels.tags()) {
            *log_p = if *tag == Tag::Outside {
                0.0
            } else {
                f32::NEG_INFINITY
            };
        }
    }

    /// Mentions in order, from log probabilities of shape `[words, labels]`.
    pub fn mentions(&self, words: &[Word], log_p: &Array2<f32>) -> Vec<Mention> {
        let tags = self.best_tags(log_p);
        let mut mentions = Vec::new();
        let mut word = 0;
        while word < tags.len() {
            let first = word;
            word += 1;
            let Tag::Begin(entity) = self.labels.tags()[tags[first]] else {
                continue;
            };
            while word < tags.len() && self.labels.tags()[tags[word]] == Tag::Inside(entity) {
                word += 1;
            }
            let sum: f32 = (first..word).map(|word| log_p[[word, tags[word]]]).sum();
            mentions.push(Mention {
                span: words[first].span.start..words[word - 1].span.end,
                label: self.labels.entity(entity).clone(),
                score: (sum / (word - first) as f32).exp(),
                link: None,
            });
        }
        mentions
    }

    /// The most probable sequence of labels that keeps BIO2's rule; of equal ones the label that stands first.
    fn best_tags(&self, log_p: &Array2<f32>) -> Vec<usize> {
        let (words, labels) = log_p.dim();
        // f64, since sums over the words of a long document must still tell small differences.
        let mut totals = vec![0.0f64; labels];
        let mut previous = vec![0.0f64; labels];
        let mut came_from = Array2::<u32>::zeros((words, labels));
        for word in 0..words {
            std::mem::swap(&mut totals, &mut previous);
            let anywhere = if word == 0 { 0 } else { best(&previous, 0..labels) };
            for (label, tag) in self.labels.tags().iter().enumerate() {
                let from = match *tag {
                    Tag::Inside(_) if word == 0 => None,
                    Tag::Inside(entity) => Some(best(
                        &previous,
                        (0..labels).filter(|&from| self.labels.tags()[from].goes_on_as(entity)),
                    )),
                    Tag::Outside | Tag::Begin(_) => Some(anywhere),
                };
                totals[label] = match from {
                    Some(from) => {
                        came_from[[word, label]] = from as u32;
                        previous[from] + f64::from(log_p[[word, label]])
                    }
                    None => f64::NEG_INFINITY,
                };
            }
        }
        let mut path = vec![0; words];
        let mut label = best(&totals, 0..labels);
        for word in (0..words).rev() {
            path[word] = label;
            label = came_from[[word, label]] as usize;
        }
        path
    }
}

impl Tag {
    /// Whether `I` of `entity` may follow.
    fn goes_on_as(self, entity: usize) -> bool {
        matches!(self, Tag::Begin(own) | Tag::Inside(own) if own == entity)
    }
}

/// The first of the candidates with the highest total.
fn best(totals: &[f64], candidates: impl Iterator<Item = usize>) -> usize {
    candidates
        .reduce(|best, candidate| {
            if totals[candidate] > totals[best] {
                candidate
            } else {
                best
            }
        })
        .unwrap_or(0)
}
