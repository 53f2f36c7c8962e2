//! Label scores to mentions.
//!
//! The best label sequence under BIO2's rule, that `I-X` follows `B-X` or `I-X` alone (Viterbi over log
//! probabilities); a mention is a `B-X` with the `I-X` after it, without commas at its ends. Its score is the probability
//! of just this stretch and label, words taken as independent: the product of its words' probabilities and of the
//! probability that the next word does not go on with it.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1};

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
    ///
    /// Logits that give none, as where one is not a number, make it [`Decoder::certainly_outside`].
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
        if log_sum.is_nan() {
            return self.certainly_outside(into);
        }
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
        let mut decoding = self.begin();
        decoding.push(text, words, log_p.view());
        decoding.finish(text)
    }

    /// Begins with a text whose words come piece by piece.
    pub fn begin(&self) -> Decoding<'_> {
        Decoding {
            decoder: self,
            begun: false,
            totals: vec![0.0; self.labels.len()],
            words: Vec::new(),
            log_p: Vec::new(),
            came_from: Vec::new(),
            mentions: Vec::new(),
        }
    }
}

/// A text being decoded: its words come in pieces, and what is found is what they would give at once.
///
/// The paths to all labels of the last word have one beginning in common, mostly up to a few words before it: what
/// lies there is decided for good, and only the words after it are kept.
#[derive(Clone, Debug)]
pub struct Decoding<'d> {
    decoder: &'d Decoder,
    /// Whether any word has come.
    begun: bool,
    /// The log probability of the best path to each label of the last word, `[labels]`: f64, since sums over the words of
    /// a long document must still tell small differences.
    totals: Vec<f64>,
    /// Words that are not decided yet.
    words: Vec<Word>,
    /// Their log probabilities, `[words, labels]`.
    log_p: Vec<f32>,
    /// From which label of the word before the best path comes, `[words, labels]`.
    came_from: Vec<u32>,
    mentions: Vec<Mention>,
}

impl Decoding<'_> {
    /// Takes the next words and their log probabilities, of shape `[words, labels]`.
    pub fn push(&mut self, text: &str, words: &[Word], log_p: ArrayView2<'_, f32>) {
        self.words.extend_from_slice(words);
        self.log_p.extend(log_p.iter());
        self.follow(log_p);
        let decided = self.decided();
        self.take(text, decided, false);
    }

    /// The mentions of all words, in order.
    pub fn finish(mut self, text: &str) -> Vec<Mention> {
        let last = best(&self.totals, 0..self.totals.len());
        let tags = self.path(self.words.len(), last);
        self.take(text, tags, true);
        self.mentions
    }

    /// Viterbi's steps over words that have come; of equal labels the one that stands first.
    fn follow(&mut self, log_p: ArrayView2<'_, f32>) {
        let tags = self.decoder.labels.tags();
        let labels = tags.len();
        let mut previous = vec![0.0f64; labels];
        self.came_from.reserve(log_p.len());
        for log_p in log_p.rows() {
            std::mem::swap(&mut self.totals, &mut previous);
            let anywhere = if self.begun { best(&previous, 0..labels) } else { 0 };
            for (label, tag) in tags.iter().enumerate() {
                let from = match *tag {
                    Tag::Inside(_) if !self.begun => None,
                    Tag::Inside(entity) => Some(best(
                        &previous,
                        (0..labels).filter(|&from| tags[from].goes_on_as(entity)),
                    )),
                    Tag::Outside | Tag::Begin(_) => Some(anywhere),
                };
                self.came_from.push(from.unwrap_or(0) as u32);
                self.totals[label] = match from {
                    Some(from) => previous[from] + f64::from(log_p[label]),
                    None => f64::NEG_INFINITY,
                };
            }
            self.begun = true;
        }
    }

    /// The best path to `label` of the last of the first `words`.
    fn path(&self, words: usize, label: usize) -> Vec<usize> {
        let mut path = vec![0; words];
        let mut label = label;
        for word in (0..words).rev() {
            path[word] = label;
            label = self.came_from[word * self.totals.len() + label] as usize;
        }
        path
    }

    /// The labels of the first words, as far as they are the same whatever comes.
    fn decided(&self) -> Vec<usize> {
        let labels = self.totals.len();
        let mut alive = vec![true; labels];
        for word in (0..self.words.len()).rev() {
            let mut left = (0..labels).filter(|&label| alive[label]);
            if let (Some(only), None) = (left.next(), left.next()) {
                return self.path(word + 1, only);
            }
            let mut before = vec![false; labels];
            for label in (0..labels).filter(|&label| alive[label]) {
                before[self.came_from[word * labels + label] as usize] = true;
            }
            alive = before;
        }
        Vec::new()
    }

    /// Takes the mentions that `tags`, those of the first words, are sure to hold whole, and forgets their words. At the
    /// text's end they are of all words.
    fn take(&mut self, text: &str, tags: Vec<usize>, end: bool) {
        let inside = |tag: usize| matches!(self.decoder.labels.tags()[tag], Tag::Inside(_));
        // A mention is whole where the next word does not go on with it; its score wants that word's row too.
        let whole = match end {
            true => tags.len(),
            false => (0..tags.len())
                .rev()
                .find(|&word| !inside(tags[word]))
                .unwrap_or(0),
        };
        self.find(text, &tags[..whole]);
        self.words.drain(..whole);
        self.log_p.drain(..whole * self.totals.len());
        self.came_from.drain(..whole * self.totals.len());
    }

    /// Adds the mentions of the first words, which have `tags`.
    fn find(&mut self, text: &str, tags: &[usize]) {
        let labels = &self.decoder.labels;
        let mut word = 0;
        while word < tags.len() {
            let first = word;
            word += 1;
            let Tag::Begin(entity) = labels.tags()[tags[first]] else {
                continue;
            };
            while word < tags.len() && labels.tags()[tags[word]] == Tag::Inside(entity) {
                word += 1;
            }
            // No name begins or ends so, but "BUSAN, South Korea" tempts the model.
            let parts_names =
                |word: &usize| matches!(text.get(self.words[*word].span.clone()), Some("," | ";" | ":"));
            let Some(start) = (first..word).find(|word| !parts_names(word)) else {
                continue;
            };
            let end = (start..word)
                .rfind(|word| !parts_names(word))
                .map_or(start, |word| word + 1);
            let named: f32 = (start..end)
                .map(|word| self.log_p[word * labels.len() + tags[word]])
                .sum();
            let mention = Mention {
                span: self.words[start].span.start..self.words[end - 1].span.end,
                label: labels.entity(entity).clone(),
                score: named.exp() * (1.0 - self.goes_on(entity, word)),
                link: None,
            };
            self.mentions.push(mention);
        }
    }

    /// The probability that a mention of `entity` goes on with `word`; 0 after the last word.
    fn goes_on(&self, entity: usize, word: usize) -> f32 {
        let labels = &self.decoder.labels;
        let Some(log_p) = self.log_p.get(word * labels.len()..(word + 1) * labels.len()) else {
            return 0.0;
        };
        let inside = (labels.tags().iter().zip(log_p)).filter(|(tag, _)| **tag == Tag::Inside(entity));
        inside.map(|(_, log_p)| log_p.exp()).sum::<f32>().min(1.0)
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

    #[test]
    fn logits_that_are_no_numbers_find_nothing() {
        let decoder = decoder(&["O", "B-X", "I-X"]);
        let (nan, infinite, lowest) = (f32::NAN, f32::INFINITY, f32::NEG_INFINITY);
        let begin: &[f32] = &[0.0, 9.0, 0.0];
        for broken in [[0.0, nan, 9.0], [nan; 3], [0.0, infinite, infinite], [lowest; 3]] {
            assert_eq!(found(&decoder, &[&broken, begin]), [(1, 2, "X".to_owned())]);
            let log_p = log_p(&decoder, &[begin, &broken]);
            assert!(decoder.mentions("", &words(2), &log_p)[0].score > 0.99);
        }
        // A label that is ruled out is an answer.
        assert_eq!(found(&decoder, &[&[lowest, 1.0, 0.0]]), [(0, 1, "X".to_owned())]);
    }

    fn best_tags(decoder: &Decoder, log_p: &Array2<f32>) -> Vec<usize> {
        let mut decoding = decoder.begin();
        decoding.words = words(log_p.nrows());
        decoding.follow(log_p.view());
        decoding.path(log_p.nrows(), best(&decoding.totals, 0..log_p.ncols()))
    }

    /// However the words are parted, and though the best path turns on words that come late.
    #[test]
    fn pieces_give_what_the_whole_gives() {
        let decoder = decoder(&["I-A", "B-B", "O", "B-A", "I-B"]);
        let mut state = 11u32;
        let mut random = |range: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % range
        };
        let (mut kept, mut come) = (0, 0);
        for round in 0..200 {
            // From names of one word to such as fill the text.
            let goes_on = (round % 10) as f32;
            let log_p = Array2::from_shape_fn((40, 5), |(_, label)| {
                // At most 0 with what is added, as logarithms of probabilities are.
                let log_p = -9.0 - random(1000) as f32 / 100.0;
                if matches!(label, 0 | 4) {
                    log_p + goes_on
                } else {
                    log_p
                }
            });
            let words = words(40);
            let whole = decoder.mentions("", &words, &log_p);
            let mut decoding = decoder.begin();
            let mut from = 0;
            while from < 40 {
                let to = (from + random(7) as usize).min(40);
                decoding.push("", &words[from..to], log_p.slice(ndarray::s![from..to, ..]));
                kept += decoding.words.len();
                come += to;
                from = to;
            }
            assert!(decoding.finish("") == whole);
        }
        // Though names fill some of the texts, and nothing of a name is decided before its end.
        assert!(2 * kept < come, "{kept} of {come} words were kept");
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
            let found = best_tags(&decoder, &log_p);
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
