//! The whole way of a document.

use std::vec;

use ndarray::{Array2, s};
use rayon::prelude::*;

use crate::batch::{self, PackedBatch};
use crate::decode::Decoder;
use crate::document::{Document, TaggedDocument};
use crate::link::Linker;
use crate::measure::{Stage, StageClock};
use crate::model::config::Calibration;
use crate::model::folder::ModelFolder;
use crate::model::{ModelError, TokenClassifier};
use crate::tokenize::windows::most_central;
use crate::tokenize::{TokenizedDocument, Tokenizer, Window};

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
    clock: StageClock,
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
        let tokenized = documents
            .iter()
            .map(|document| self.tokenize(document))
            .collect::<Result<Vec<_>, _>>()?;
        let windows: Vec<&Window> = tokenized.iter().flat_map(|document| &document.windows).collect();
        let mut logits = self.score(&windows)?.into_iter();
        let tagged = documents
            .into_iter()
            .zip(&tokenized)
            .map(|(document, tokenized)| {
                let logits: Vec<Array2<f32>> = logits.by_ref().take(tokenized.windows.len()).collect();
                let mut mentions = self.clock.time(Stage::Decode, || {
                    let log_p = self.word_scores(tokenized, &logits);
                    self.decoder.mentions(&document.text, &tokenized.words, &log_p)
                });
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
            });
        Ok(tagged.collect())
    }

    fn tokenize(&self, document: &Document) -> Result<TokenizedDocument, ModelError> {
        let tokenized = self
            .clock
            .time(Stage::Tokenize, || self.tokenizer.tokenize(&document.text))?;
        self.clock.count_document(tokenized.tokens);
        Ok(tokenized)
    }

    /// Logits of each window, `[tokens, labels]`, in order; computed in batches of windows of like length.
    fn score(&self, windows: &[&Window]) -> Result<Vec<Array2<f32>>, ModelError> {
        let lengths: Vec<usize> = windows.iter().map(|window| window.token_ids.len()).collect();
        let batches = batch::plan(&lengths, rayon::current_num_threads())
            .into_par_iter()
            .map(|members| {
                self.clock.time(Stage::Encode, || {
                    let batch = PackedBatch::pack(members.iter().map(|&window| windows[window]));
                    let slots = self.classifier.slots(&batch);
                    self.clock.count_batch(batch.tokens(), slots);
                    Ok((self.classifier.scores(&batch)?, batch.bounds, members))
                })
            })
            .collect::<Result<Vec<_>, ModelError>>()?;
        let mut logits = vec![Array2::default((0, 0)); windows.len()];
        for (scores, bounds, members) in batches {
            for (window, rows) in members.into_iter().zip(bounds.windows(2)) {
                logits[window] = scores.slice(s![rows[0]..rows[1], ..]).to_owned();
            }
        }
        Ok(logits)
    }

    /// Log probabilities of a document's words, `[words, labels]`, each from the window in which it is most central.
    fn word_scores(&self, document: &TokenizedDocument, logits: &[Array2<f32>]) -> Array2<f32> {
        let mut log_p = Array2::zeros((document.words.len(), self.decoder.labels().len()));
        let sources = most_central(document.words.len(), &document.windows);
        for (source, into) in sources.into_iter().zip(log_p.rows_mut()) {
            match source {
                Some((window, token)) => self.decoder.log_probabilities(logits[window].row(token), into),
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
