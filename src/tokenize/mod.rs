//! Text to words and windows of sub-word tokens.
//!
//! A *word* is what a label is given to: a match of the word pattern ([`words`]). A *window* is what the model reads at
//! once ([`windows`]). Of a long text one stretch after the other is cut so ([`sections`]).

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use tokenizers::InputSequence;

use crate::model::ModelError;
use crate::model::folder::ModelFolder;

pub mod sections;
pub mod windows;
pub mod words;

use sections::Section;
use windows::{SubWords, WindowCutter};
use words::WordSegmenter;

/// The word pattern, read by the training script too.
pub const WORD_PATTERN: &str = include_str!("word_pattern.regex");

/// The letters' case in a word: what an uncased encoder does not see.
///
/// Fed to the shipped model as the token type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CaseShape {
    /// No cased letter.
    Other = 0,
    /// All letters lower case.
    Lower = 1,
    /// First letter upper case, the rest lower case (or no rest).
    Title = 2,
    /// Two or more letters, all upper case.
    Upper = 3,
    /// Any other mixture, such as `iPhone`.
    Mixed = 4,
    /// A hyphen that glues two words: `pro-Beijing` is one adjective, `a - b` is not.
    Joiner = 5,
}

/// A unit of text that gets one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Bytes of the document's text.
    pub span: Range<usize>,
    /// The case of its letters.
    pub shape: CaseShape,
}

/// One input of the model: consecutive words of one document between `[CLS]` and `[SEP]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Sub-word ids with the special tokens, shape `[tokens]`.
    pub token_ids: Vec<u32>,
    /// Token types, shape `[tokens]`: case shapes for a model that takes them, zeros otherwise.
    pub token_types: Vec<u32>,
    /// The words it holds, as indices into [`TokenizedDocument::words`].
    pub words: Range<usize>,
    /// For each of `words` the position in `token_ids` of its first sub-word; `None` for a word of no tokens.
    pub first_tokens: Vec<Option<u32>>,
}

/// A document ready for the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenizedDocument {
    /// All words in order.
    pub words: Vec<Word>,
    /// Windows that cover all words, overlapping where there are several.
    pub windows: Vec<Window>,
    /// Sub-words of all words: those of the windows, without special ones, each counted once.
    pub tokens: usize,
}

/// A section of a document ready for the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenizedSection {
    /// What is read of the text.
    pub document: TokenizedDocument,
    /// Its own words, as indices into the document's: the others are another section's.
    pub own: Range<usize>,
}

/// Turns text into the windows of one model.
pub struct Tokenizer {
    place: String,
    segmenter: WordSegmenter,
    sub_words: tokenizers::Tokenizer,
    cutter: WindowCutter,
    /// Caches that no thread is using.
    caches: Mutex<Vec<SubWordCache>>,
}

/// Sub-words of words seen before: news repeats itself, and a look costs a tenth of what WordPiece does.
#[derive(Default)]
struct SubWordCache {
    /// Where a word's ids lie in `ids`.
    places: HashMap<Box<str>, Range<usize>>,
    ids: Vec<u32>,
}

/// Words in a thread's cache, some megabytes; a full one starts anew, so that it follows the corpus.
const CACHED_WORDS: usize = 1 << 16;
/// Longer words are rare, and not kept.
const LONGEST_CACHED: usize = 32;

impl Tokenizer {
    /// Reads the folder's `tokenizer.json` and word pattern.
    ///
    /// # Errors
    /// Where either does not parse, a special token is missing, or the vocabulary is bigger than the embedding table.
    pub fn new(folder: &ModelFolder) -> Result<Self, ModelError> {
        let place = format!("{}/tokenizer.json", folder.place());
        let refuse = |reason: String| ModelError::Tokenizer {
            place: place.clone(),
            reason,
        };
        let mut sub_words = tokenizers::Tokenizer::from_bytes(folder.tokenizer_json())
            .map_err(|error| refuse(error.to_string()))?;
        // A checkpoint may bring its training's cut at 128 tokens, and padding to it: windows are cut here instead.
        sub_words
            .with_truncation(None)
            .map_err(|error| refuse(error.to_string()))?;
        sub_words.with_padding(None);

        let config = folder.config();
        let biggest = sub_words.get_vocab(true).into_values().max().unwrap_or(0) as usize;
        if biggest >= config.vocab_size {
            return Err(refuse(format!(
                "token id {biggest} has no embedding, as config.json's vocab_size is {}",
                config.vocab_size
            )));
        }
        let special = |token: &str| {
            sub_words
                .token_to_id(token)
                .ok_or_else(|| refuse(format!("its vocabulary has no {token}")))
        };
        let (begin, end) = (special("[CLS]")?, special("[SEP]")?);
        special("[UNK]")?;
        let segmenter = WordSegmenter::new(&config.feeding.word_pattern).map_err(|error| {
            // The crate draws the place over several lines; the last one says what is wrong.
            let reason = error.to_string();
            let reason = reason
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            ModelError::Config {
                place: format!("{}/config.json", folder.place()),
                reason: format!(
                    "nomenclator.word_pattern '{}': {reason}",
                    config.feeding.word_pattern
                ),
                expected: "a regular expression".to_owned(),
            }
        })?;
        let cutter = WindowCutter::new(&config.feeding, begin, end);
        Ok(Tokenizer {
            place,
            segmenter,
            sub_words,
            cutter,
            caches: Mutex::default(),
        })
    }

    /// Words and windows of a text. A text without words has no window.
    ///
    /// Of a word longer than half a window in sub-words the rest is left out: its label hangs on the first.
    ///
    /// # Errors
    /// Where the vocabulary cannot express the text (it has an `[UNK]`, but its model uses another).
    pub fn tokenize(&self, text: &str) -> Result<TokenizedDocument, ModelError> {
        let words = self.segmenter.words(text);
        let sub_words = self.encode(text, &words)?;
        let windows = self.cutter.cut(text, &words, &sub_words);
        Ok(TokenizedDocument {
            words,
            windows,
            tokens: sub_words.ids.len(),
        })
    }

    /// Words and windows of a section of a text: those of what is read of it, as bytes of the whole text, and which of the
    /// words are its own, those that begin in its core. Of the tokens only those of its own words are counted.
    ///
    /// # Errors
    /// As [`Tokenizer::tokenize`].
    pub fn tokenize_section(&self, text: &str, section: &Section) -> Result<TokenizedSection, ModelError> {
        let read = &text[section.read.clone()];
        let mut words = self.segmenter.words(read);
        let sub_words = self.encode(read, &words)?;
        let windows = self.cutter.cut(read, &words, &sub_words);
        for word in &mut words {
            word.span = section.read.start + word.span.start..section.read.start + word.span.end;
        }
        let first = words.partition_point(|word| word.span.start < section.core.start);
        let end = words.partition_point(|word| word.span.start < section.core.end);
        Ok(TokenizedSection {
            document: TokenizedDocument {
                words,
                windows,
                tokens: sub_words.bounds[end] - sub_words.bounds[first],
            },
            own: first..end,
        })
    }

    fn encode(&self, text: &str, words: &[Word]) -> Result<SubWords, ModelError> {
        let caches = || self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cache = caches().pop().unwrap_or_default();
        let mut sub_words = SubWords {
            ids: Vec::with_capacity(2 * words.len()),
            bounds: Vec::with_capacity(words.len() + 1),
        };
        sub_words.bounds.push(0);
        for word in words {
            let word = &text[word.span.clone()];
            if let Some(place) = cache.places.get(word) {
                sub_words.ids.extend_from_slice(&cache.ids[place.clone()]);
            } else {
                let start = sub_words.ids.len();
                self.encode_word(word, &mut sub_words.ids)?;
                if word.len() <= LONGEST_CACHED {
                    cache.keep(word, &sub_words.ids[start..]);
                }
            }
            sub_words.bounds.push(sub_words.ids.len());
        }
        caches().push(cache);
        Ok(sub_words)
    }

    /// A word's sub-words, alone: its neighbours never change them.
    fn encode_word(&self, word: &str, into: &mut Vec<u32>) -> Result<(), ModelError> {
        let encoding = self.sub_words.encode_fast(InputSequence::from(word), false);
        let encoding = encoding.map_err(|error| ModelError::Tokenizer {
            place: self.place.clone(),
            reason: error.to_string(),
        })?;
        let ids = encoding.get_ids();
        into.extend_from_slice(&ids[..ids.len().min(self.cutter.longest_word())]);
        Ok(())
    }
}

impl SubWordCache {
    fn keep(&mut self, word: &str, ids: &[u32]) {
        if self.places.len() == CACHED_WORDS {
            self.places.clear();
            self.ids.clear();
        }
        let start = self.ids.len();
        self.ids.extend_from_slice(ids);
        self.places.insert(word.into(), start..self.ids.len());
    }
}
