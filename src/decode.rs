//! Label scores to mentions.
//!
//! The best label sequence under BIO2's rule, that `I-X` follows `B-X` or `I-X` alone (Viterbi over log
//! probabilities); a mention is a `B-X` with the `I-X` after it, without commas at its ends. Its score is the probability
//! of just this stretch and label, words taken as independent: the product of its words' probabilities and of the
//! probability that the next word does not go on with it.

use ndarray::{Array2, ArrayView1, ArrayViewMut1};

use crate::document::Mention;
use crate::model::config::Calibration;
use crate::model::labels::{LabelSet, Tag};
use crate::tokenize::Word;

/// Turns the label scores of one model into mentions.
#[derive(Clone, Debug)]
pub struct Decoder {
    labels: LabelSet,
    calibration: Calibration,
}

impl Decoder {
    /// For a model's labels; calibrated, scores mean what they say.
    pub fn new(labels: LabelSet, calibration: Calibration) -> Self {
        Decoder { labels, calibration }
    }

    /// The labels that it reads.
    pub fn labels(&self) -> &LabelSet {
        &self.labels
    }

    /// The log probabilities of one word's labels, from its logits; both of shape `[labels]`.
    pub fn log_probabilities(&self, logits: ArrayView1<'_, f32>, mut into: ArrayViewMut1<'_, f32>) {
        let Calibration {
            temperature,
            outside_bias,
        } = self.calibration;
        into.assign(&logits);
        for (logit, tag) in into.iter_mut().zip(self.labels.tags()) {
            let bias = if *tag == Tag::Outside { outside_bias } else { 0.0 };
            *logit = (*logit + bias) / temperature;
        }
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

    /// Mentions in order, from log probabilities of shape `[words, labels]`; `text` is what the words are of.
    pub fn mentions(&self, text: &str, words: &[Word], log_p: &Array2<f32>) -> Vec<Mention> {
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
            // No name begins or ends so, but "BUSAN, South Korea" tempts the model.
            let parts_names =
                |word: &usize| matches!(text.get(words[*word].span.clone()), Some("," | ";" | ":"));
            let Some(start) = (first..word).find(|word| !parts_names(word)) else {
                continue;
            };
            let end = (start..word)
                .rfind(|word| !parts_names(word))
                .map_or(start, |word| word + 1);
            let named: f32 = (start..end).map(|word| log_p[[word, tags[word]]]).sum();
            let ended = 1.0 - self.goes_on(entity, word, log_p);
            mentions.push(Mention {
                span: words[start].span.start..words[end - 1].span.end,
                label: self.labels.entity(entity).clone(),
                score: named.exp() * ended,
                link: None,
            });
        }
        mentions
    }

    /// The probability that a mention of `entity` goes on with `word`; 0 after the last word.
    fn goes_on(&self, entity: usize, word: usize, log_p: &Array2<f32>) -> f32 {
        if word == log_p.nrows() {
            return 0.0;
        }
        let tags = self.labels.tags().iter();
        let inside = tags
            .zip(log_p.row(word))
            .filter(|(tag, _)| **tag == Tag::Inside(entity));
        inside.map(|(_, log_p)| log_p.exp()).sum::<f32>().min(1.0)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenize::CaseShape;

    fn decoder(labels: &[&str]) -> Decoder {
        Decoder::new(
            LabelSet::new(labels.iter().map(|label| label.to_string()).collect()).unwrap(),
            Calibration::default(),
        )
    }

    /// Words of one letter with a space between.
    fn words(count: usize) -> Vec<Word> {
        (0..count)
            .map(|word| Word {
                span: 2 * word..2 * word + 1,
                shape: CaseShape::Lower,
            })
            .collect()
    }

    fn log_p(decoder: &Decoder, logits: &[&[f32]]) -> Array2<f32> {
        let mut log_p = Array2::zeros((logits.len(), decoder.labels.len()));
        for (logits, row) in logits.iter().zip(log_p.rows_mut()) {
            decoder.log_probabilities(ArrayView1::from(*logits), row);
        }
        log_p
    }

    fn found(decoder: &Decoder, logits: &[&[f32]]) -> Vec<(usize, usize, String)> {
        decoder
            .mentions("", &words(logits.len()), &log_p(decoder, logits))
            .into_iter()
            .map(|mention| {
                (
                    mention.span.start / 2,
                    mention.span.end / 2 + 1,
                    mention.label.to_string(),
                )
            })
            .collect()
    }

    #[test]
    fn mentions_are_a_begin_and_what_goes_on() {
        let decoder = decoder(&["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]);
        let (o, bp, ip, bl) = (
            &[9.0, 0.0, 0.0, 0.0, 0.0][..],
            &[0.0, 9.0, 0.0, 0.0, 0.0][..],
            &[0.0, 0.0, 9.0, 0.0, 0.0][..],
            &[0.0, 0.0, 0.0, 9.0, 0.0][..],
        );
        let per = |from, to| (from, to, "PER".to_owned());
        assert_eq!(found(&decoder, &[o, bp, ip, ip, o]), [per(1, 4)]);
        assert_eq!(found(&decoder, &[bp, bp, ip]), [per(0, 1), per(1, 3)]);
        assert_eq!(found(&decoder, &[bp, bl]), [per(0, 1), (1, 2, "LOC".to_owned())]);
        assert_eq!(found(&decoder, &[o, o]), []);
        assert_eq!(found(&decoder, &[]), []);
    }

    #[test]
    fn what_may_not_follow_is_repaired_by_the_cheapest_change() {
        let decoder = decoder(&["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]);
        // I-PER is the best label of every word, but the first must begin.
        let inside: &[f32] = &[2.0, 1.0, 9.0, 0.0, 0.0];
        assert_eq!(found(&decoder, &[inside, inside]), [(0, 2, "PER".to_owned())]);
        // B-LOC I-PER: the second word's I-LOC is nearly as good.
        let (begin_loc, torn): (&[f32], &[f32]) = (&[0.0, 0.0, 0.0, 9.0, 0.0], &[0.0, 0.0, 5.0, 0.0, 4.5]);
        assert_eq!(found(&decoder, &[begin_loc, torn]), [(0, 2, "LOC".to_owned())]);
    }

    #[test]
    fn commas_at_the_ends_are_no_part_of_a_name() {
        let decoder = decoder(&["O", "B-LOC", "I-LOC"]);
        let (begin, inside): (&[f32], &[f32]) = (&[0.0, 9.0, 0.0], &[0.0, 0.0, 9.0]);
        let log_p = log_p(&decoder, &[begin, inside, inside, inside]);
        let named = |text: &str| -> Vec<String> {
            let mentions = decoder.mentions(text, &words(4), &log_p);
            let names = mentions.into_iter().map(|mention| text[mention.span].to_owned());
            names.collect()
        };
        assert_eq!(named("A , B ,"), ["A , B"]);
        assert_eq!(named(", A B ;"), ["A B"]);
        assert!(named(", , , ,").is_empty());
    }

    #[test]
    fn the_score_is_the_probability_of_these_words_and_no_more() {
        let decoder = decoder(&["O", "B-X", "I-X"]);
        let log_p = Array2::from_shape_fn((3, 3), |(word, label)| match (word, label) {
            (0, 1) => 0.8f32.ln(),
            (1, 2) => 0.5f32.ln(),
            (2, 0) => 0.7f32.ln(),
            (2, 2) => 0.25f32.ln(),
            _ => 0.1f32.ln(),
        });
        let score = |words_there| {
            let log_p = log_p.slice(ndarray::s![..words_there, ..]).to_owned();
            decoder.mentions("", &words(words_there), &log_p)[0].score
        };
        assert!((score(3) - 0.8 * 0.5 * 0.75).abs() < 1e-6);
        assert!((score(2) - 0.8 * 0.5).abs() < 1e-6);
    }

    #[test]
    fn the_calibration_counts_and_words_unseen_are_outside() {
        let mut decoder = decoder(&["B-X", "O", "I-X"]);
        let mut row = ndarray::Array1::zeros(3);
        decoder.certainly_outside(row.view_mut());
        assert_eq!(row.to_vec(), [f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY]);
        decoder.calibration = Calibration {
            temperature: 2.0,
            outside_bias: 0.5,
        };
        decoder.log_probabilities(ArrayView1::from(&[2.0 * 6f32.ln(), -0.5, 2.0]), row.view_mut());
        assert!((row[0].exp() - 6.0 / (7.0 + 1f32.exp())).abs() < 1e-6);
        assert!((row.mapv(f32::exp).sum() - 1.0).abs() < 1e-6);
    }

    /// Every sequence of labels tried, against Viterbi.
    #[test]
    fn no_allowed_sequence_is_more_probable() {
        let decoder = decoder(&["I-A", "B-B", "O", "B-A", "I-B"]);
        let tags = decoder.labels.tags();
        let mut state = 7u32;
        for _ in 0..50 {
            let log_p = Array2::from_shape_simple_fn((5, 5), || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                -((state >> 8) as f32 / (1 << 22) as f32)
            });
            let total = |path: &[usize]| -> f64 {
                path.iter()
                    .enumerate()
                    .map(|(word, &label)| f64::from(log_p[[word, label]]))
                    .sum()
            };
            let allowed = |path: &[usize]| {
                (0..path.len()).all(|word| match tags[path[word]] {
                    Tag::Inside(entity) => word > 0 && tags[path[word - 1]].goes_on_as(entity),
                    _ => true,
                })
            };
            let found = decoder.best_tags(&log_p);
            assert!(allowed(&found));
            for code in 0..5usize.pow(5) {
                let path: Vec<usize> = (0..5).map(|word| code / 5usize.pow(word) % 5).collect();
                assert!(
                    !allowed(&path) || total(&path) <= total(&found) + 1e-9,
                    "{path:?} {found:?}"
                );
            }
        }
    }
}
