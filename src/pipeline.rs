//! The whole way of a document.
//!
//! A text that is longer than a section ([`SECTION_BYTES`]) is tokenized and scored section by section, a few at once, so
//! that words, windows and scores of a few exist at any time. The scores of a word are those of the section in whose core
//! it stands; decoding goes on over the cuts, so that no name is lost there or found twice, and the linker reads the
//! document whole.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::vec;

use ndarray::{Array2, ArrayView1, s};
use rayon::prelude::*;

use crate::batch::{self, PackedBatch};
use crate::decode::Decoder;
use crate::document::{Document, Mention, TaggedDocument};
use crate::link::Linker;
use crate::measure::{Stage, StageClock};
use crate::model::config::Calibration;
use crate::model::folder::ModelFolder;
use crate::model::{ModelError, TokenClassifier};
use crate::repeats::{CACHE_BYTES, WindowScores};
use crate::tokenize::sections::{SECTION_BYTES, Section, sections};
use crate::tokenize::windows::most_central;
use crate::tokenize::{TokenizedDocument, TokenizedSection, Tokenizer, Window, Word};

/// Documents that a stream reads before it tags: enough for windows of like length to meet in a batch.
pub const LOOK_AHEAD_DOCUMENTS: usize = 256;
/// Bytes of text after which it reads no further document.
pub const LOOK_AHEAD_BYTES: usize = 4 << 20;

/// Into how many shares the documents of a call are parted for each thread.
const SHARES: usize = 8;

/// Text to mentions, and mentions to entities.
pub struct Pipeline {
    tokenizer: Tokenizer,
    classifier: Box<dyn TokenClassifier>,
    decoder: Decoder,
    linker: Option<Linker>,
    explain: bool,
    section_bytes: usize,
    repeats: Option<WindowScores>,
    clock: StageClock,
}

/// Logits of a window's words, `[words, labels]`: those of their first sub-words, zeros for a word of none.
type WordLogits = Arc<Array2<f32>>;

/// The words of a section's core and their log probabilities, `[words, labels]`.
struct ScoredSection {
    words: Vec<Word>,
    log_p: Array2<f32>,
}

impl Pipeline {
    /// Puts the stages together; the tokenizer and the classifier must be of the same folder.
    pub fn new(folder: &ModelFolder, tokenizer: Tokenizer, classifier: Box<dyn TokenClassifier>) -> Self {
        let config = folder.config();
        let decoder = Decoder::new(config.labels.clone(), config.calibration);
        Pipeline {
            tokenizer,
            classifier,
            decoder,
            linker: None,
            explain: false,
            section_bytes: SECTION_BYTES,
            repeats: None,
            clock: StageClock::default(),
        }
    }

    /// Links the mentions too.
    pub fn with_linker(mut self, linker: Linker) -> Self {
        self.linker = Some(linker);
        self
    }

    /// Keeps what the linker weighed with each document.
    pub fn explaining(self, explain: bool) -> Self {
        Pipeline { explain, ..self }
    }

    /// Computes the scores of equal windows once, as far as they are remembered: of the last ones seen, some megabytes of
    /// text. With a classifier whose scores do not depend on the batch, as the native one's, the output is the same with
    /// and without.
    pub fn deduping(self, dedupe: bool) -> Self {
        let repeats = dedupe.then(|| WindowScores::new(CACHE_BYTES));
        Pipeline { repeats, ..self }
    }

    /// Reads texts of more than `bytes` in sections of at most so many, in place of [`SECTION_BYTES`].
    pub fn with_sections(self, bytes: usize) -> Self {
        Pipeline {
            section_bytes: bytes,
            ..self
        }
    }

    /// The linker, where there is one.
    pub fn linker(&self) -> Option<&Linker> {
        self.linker.as_ref()
    }

    /// Makes probabilities of logits by `calibration` in place of what the model's folder says.
    pub fn with_calibration(mut self, calibration: Calibration) -> Self {
        let labels = self.decoder.labels().clone();
        self.decoder = Decoder::new(labels, calibration);
        self
    }

    /// What its classifier is and computes with.
    pub fn classifier(&self) -> &dyn TokenClassifier {
        &*self.classifier
    }

    /// Where the time went so far.
    pub fn clock(&self) -> &StageClock {
        &self.clock
    }

    /// Tags documents, in order. The work is spread over rayon's current threads.
    ///
    /// What is found in a document, and its scores to the last bit, do not depend on the documents beside it or on the
    /// number of threads.
    ///
    /// # Errors
    /// Where the classifier fails.
    pub fn tag(&self, documents: Vec<Document>) -> Result<Vec<TaggedDocument>, ModelError> {
        // Each share goes its whole way on one thread, so that none waits for the others between stages; a thread that
        // runs out of shares helps with the batches of another's.
        let share = documents
            .len()
            .div_ceil(SHARES * rayon::current_num_threads())
            .max(1);
        let mut shares = Vec::new();
        let mut documents = documents.into_iter();
        while documents.len() > 0 {
            shares.push(documents.by_ref().take(share).collect::<Vec<_>>());
        }
        let tagged = shares.into_par_iter().map(|share| self.tag_share(share));
        Ok(tagged
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect())
    }

    fn tag_share(&self, documents: Vec<Document>) -> Result<Vec<TaggedDocument>, ModelError> {
        // Long documents are read apart.
        let tokenized = documents
            .iter()
            .map(|document| {
                let short = document.text.len() <= self.section_bytes;
                short.then(|| self.tokenize(document)).transpose()
            })
            .collect::<Result<Vec<_>, _>>()?;
        let windows = tokenized.iter().flatten().flat_map(|document| &document.windows);
        let mut logits = self.score(&windows.collect::<Vec<_>>())?.into_iter();
        let tagged = documents.into_iter().zip(tokenized).map(|(document, tokenized)| {
            let mentions = match tokenized {
                Some(tokenized) => {
                    let logits = logits.by_ref().take(tokenized.windows.len()).map(Some);
                    self.decode(&document, &tokenized, &logits.collect::<Vec<_>>())
                }
                None => self.read_in_sections(&document.text)?,
            };
            Ok(self.link(document, mentions))
        });
        tagged.collect()
    }

    fn tokenize(&self, document: &Document) -> Result<TokenizedDocument, ModelError> {
        let tokenized = self
            .clock
            .time(Stage::Tokenize, || self.tokenizer.tokenize(&document.text))?;
        self.clock.count_tokens(tokenized.tokens);
        Ok(tokenized)
    }

    fn decode(
        &self,
        document: &Document,
        tokenized: &TokenizedDocument,
        logits: &[Option<WordLogits>],
    ) -> Vec<Mention> {
        self.clock.time(Stage::Decode, || {
            let words = &tokenized.words;
            let sources = most_central(words.len(), &tokenized.windows);
            let log_p = self.word_scores(tokenized, 0..words.len(), &sources, logits);
            self.decoder.mentions(&document.text, words, &log_p)
        })
    }

    fn link(&self, document: Document, mut mentions: Vec<Mention>) -> TaggedDocument {
        let mut considerations = Vec::new();
        if let Some(linker) = &self.linker {
            mentions = self.clock.time(Stage::Link, || {
                let mut mentions = linker.part(&document, mentions);
                match self.explain {
                    true => considerations = linker.explain(&document, &mut mentions),
                    false => linker.link(&document, &mut mentions),
                }
                mentions
            });
        }
        TaggedDocument {
            document,
            mentions,
            considerations,
        }
    }

    /// The mentions of a text that is read in sections.
    fn read_in_sections(&self, text: &str) -> Result<Vec<Mention>, ModelError> {
        let sections = sections(text, self.section_bytes);
        // All threads help with the batches of each.
        let at_once = rayon::current_num_threads() / 2 + 1;
        let mut decoding = self.decoder.begin();
        let mut decode = |scored: Vec<ScoredSection>, end: usize| {
            self.clock.time(Stage::Decode, || {
                scored
                    .into_iter()
                    .fold(end, |end, ScoredSection { words, log_p }| {
                        // A word over a cut without white space is the earlier section's.
                        let first = words.partition_point(|word| word.span.start < end);
                        decoding.push(text, &words[first..], log_p.slice(s![first.., ..]));
                        words.last().map_or(end, |word| word.span.end.max(end))
                    })
            })
        };
        let (mut scored, mut end) = (Vec::new(), 0);
        for sections in sections.chunks(at_once) {
            let before = std::mem::take(&mut scored);
            let (decoded, next) = rayon::join(
                || decode(before, end),
                || {
                    let scored = sections
                        .par_iter()
                        .map(|section| self.score_section(text, section));
                    scored.collect::<Result<Vec<_>, _>>()
                },
            );
            (scored, end) = (next?, decoded);
        }
        decode(scored, end);
        Ok(self.clock.time(Stage::Decode, || decoding.finish(text)))
    }

    fn score_section(&self, text: &str, section: &Section) -> Result<ScoredSection, ModelError> {
        let TokenizedSection { document, own } = self
            .clock
            .time(Stage::Tokenize, || self.tokenizer.tokenize_section(text, section))?;
        self.clock.count_tokens(document.tokens);
        let sources = most_central(document.words.len(), &document.windows);
        let sources = &sources[own.clone()];
        // Windows in which no word of the core is most central are there for nothing.
        let mut speaks = vec![false; document.windows.len()];
        for &(window, _) in sources.iter().flatten() {
            speaks[window] = true;
        }
        let windows = document.windows.iter().zip(&speaks);
        let windows: Vec<&Window> = windows
            .filter(|(_, speaks)| **speaks)
            .map(|(window, _)| window)
            .collect();
        let mut logits = self.score(&windows)?.into_iter();
        let logits: Vec<Option<WordLogits>> = (speaks.into_iter())
            .map(|speaks| if speaks { logits.next() } else { None })
            .collect();
        Ok(self.clock.time(Stage::Decode, || ScoredSection {
            log_p: self.word_scores(&document, own.clone(), sources, &logits),
            words: document.words[own].to_vec(),
        }))
    }

    /// Logits of each window's words, in order; computed in batches of windows of like length.
    fn score(&self, windows: &[&Window]) -> Result<Vec<WordLogits>, ModelError> {
        let Some(repeats) = &self.repeats else {
            return self.compute(windows);
        };
        let mut known: Vec<Option<WordLogits>> = windows.iter().map(|window| repeats.get(window)).collect();
        // Of equal windows the first is computed.
        let mut first = HashMap::new();
        let mut unknown: Vec<&Window> = Vec::new();
        let mut computed_as = vec![0; windows.len()];
        for (at, window) in windows.iter().enumerate().filter(|(at, _)| known[*at].is_none()) {
            let whole = (
                &window.token_ids[..],
                &window.token_types[..],
                &window.first_tokens[..],
            );
            computed_as[at] = *first.entry(whole).or_insert_with(|| {
                unknown.push(window);
                unknown.len() - 1
            });
        }
        self.clock.count_reused(windows.len() - unknown.len());
        let computed = self.compute(&unknown)?;
        for (window, logits) in unknown.iter().zip(&computed) {
            repeats.keep(window, Arc::clone(logits));
        }
        let logits = known.iter_mut().zip(computed_as);
        Ok(logits
            .map(|(known, at)| known.take().unwrap_or_else(|| Arc::clone(&computed[at])))
            .collect())
    }

    fn compute(&self, windows: &[&Window]) -> Result<Vec<WordLogits>, ModelError> {
        let lengths: Vec<usize> = windows.iter().map(|window| window.token_ids.len()).collect();
        let batches = batch::plan(&lengths, rayon::current_num_threads())
            .into_par_iter()
            .map(|members| {
                self.clock.time(Stage::Encode, || {
                    let batch = PackedBatch::pack_for_words(members.iter().map(|&window| windows[window]));
                    self.clock.count_batch(&batch, self.classifier.slots(&batch));
                    let scores = self.classifier.scores(&batch)?;
                    let mut scores = scores.rows().into_iter();
                    let logits = members.into_iter().map(|window| {
                        let logits = of_words(windows[window], self.decoder.labels().len(), &mut scores);
                        (window, Arc::new(logits))
                    });
                    Ok(logits.collect::<Vec<_>>())
                })
            })
            .collect::<Result<Vec<_>, ModelError>>()?;
        let mut logits: Vec<(usize, WordLogits)> = batches.into_iter().flatten().collect();
        logits.sort_unstable_by_key(|&(window, _)| window);
        Ok(logits.into_iter().map(|(_, logits)| logits).collect())
    }

    /// Log probabilities of some of a document's words, `[words, labels]`, each from the window in which it is most central:
    /// that of `sources`, which are of these words alone.
    fn word_scores(
        &self,
        document: &TokenizedDocument,
        words: Range<usize>,
        sources: &[Option<(usize, usize)>],
        logits: &[Option<WordLogits>],
    ) -> Array2<f32> {
        let mut log_p = Array2::zeros((words.len(), self.decoder.labels().len()));
        for ((word, source), into) in words.zip(sources).zip(log_p.rows_mut()) {
            let logits = source.and_then(|(window, _)| {
                let place = word - document.windows[window].words.start;
                Some(logits[window].as_ref()?.row(place))
            });
            match logits {
                Some(logits) => self.decoder.log_probabilities(logits, into),
                None => self.decoder.certainly_outside(into),
            }
        }
        log_p
    }

    /// Tags a stream of documents in order, reading [`LOOK_AHEAD_DOCUMENTS`] or [`LOOK_AHEAD_BYTES`] ahead.
    ///
    /// An error of the source is passed on in its place, after the documents that came before it.
    pub fn tag_stream<I, E>(&self, documents: I) -> TagStream<'_, I::IntoIter, E>
    where
        I: IntoIterator<Item = Result<Document, E>>,
        E: From<ModelError>,
    {
        TagStream {
            pipeline: self,
            documents: documents.into_iter(),
            tagged: Vec::new().into_iter(),
            error: None,
        }
    }
}

/// Tagged documents of a stream, in order; see [`Pipeline::tag_stream`].
pub struct TagStream<'a, I, E> {
    pipeline: &'a Pipeline,
    documents: I,
    tagged: vec::IntoIter<TaggedDocument>,
    error: Option<E>,
}

impl<I, E> Iterator for TagStream<'_, I, E>
where
    I: Iterator<Item = Result<Document, E>>,
    E: From<ModelError>,
{
    type Item = Result<TaggedDocument, E>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(tagged) = self.tagged.next() {
                return Some(Ok(tagged));
            }
            if let Some(error) = self.error.take() {
                return Some(Err(error));
            }
            let mut ahead = Vec::new();
            let mut bytes = 0;
            while ahead.len() < LOOK_AHEAD_DOCUMENTS && bytes < LOOK_AHEAD_BYTES && self.error.is_none() {
                match self.documents.next() {
                    Some(Ok(document)) => {
                        bytes += document.text.len();
                        ahead.push(document);
                    }
                    Some(Err(error)) => self.error = Some(error),
                    None => break,
                }
            }
            if ahead.is_empty() && self.error.is_none() {
                return None;
            }
            match self.pipeline.tag(ahead) {
                Ok(tagged) => self.tagged = tagged.into_iter(),
                Err(error) => return Some(Err(error.into())),
            }
        }
    }
}

/// Scores of a window's words, `[words, labels]`: the next ones, and zeros for words of no tokens.
fn of_words<'a>(
    window: &Window,
    labels: usize,
    scores: &mut impl Iterator<Item = ArrayView1<'a, f32>>,
) -> Array2<f32> {
    let mut logits = Array2::zeros((window.first_tokens.len(), labels));
    for (token, mut row) in window.first_tokens.iter().zip(logits.rows_mut()) {
        if token.is_some()
            && let Some(scores) = scores.next()
        {
            row.assign(&scores);
        }
    }
    logits
}
