//! Words to windows that overlap, and which window speaks for which word.

use std::ops::Range;

use super::{Window, Word};
use crate::model::config::Feeding;

/// Sub-words of a document's words: word `w` has `ids[bounds[w]..bounds[w + 1]]`, possibly none.
#[derive(Debug, Default)]
pub(super) struct SubWords {
    pub ids: Vec<u32>,
    pub bounds: Vec<usize>,
}

impl SubWords {
    fn of(&self, word: usize) -> &[u32] {
        &self.ids[self.bounds[word]..self.bounds[word + 1]]
    }
}

/// Cuts a document into windows.
pub(super) struct WindowCutter {
    pub begin: u32,
    pub end: u32,
    /// Stands between two words that a line break parts, where the model knows such a token.
    pub line_break: Option<u32>,
    pub case_shapes: bool,
    /// Tokens of a window besides `begin` and `end`.
    pub room: usize,
    pub overlap: usize,
}

impl WindowCutter {
    pub fn new(feeding: &Feeding, begin: u32, end: u32) -> Self {
        WindowCutter {
            begin,
            end,
            line_break: feeding.line_break.then_some(end),
            case_shapes: feeding.case_shapes,
            room: feeding.window - 2,
            overlap: feeding.overlap,
        }
    }

    /// The most sub-words kept of one word, so that any two words fit in one window with a break between them.
    pub fn longest_word(&self) -> usize {
        (self.room - 1) / 2
    }

    /// Windows that cover all words. Each holds as many whole words as fit; the next goes back as few words as share
    /// `overlap` tokens with it, or fewer where it could not reach a new word otherwise.
    pub fn cut(&self, text: &str, words: &[Word], sub_words: &SubWords) -> Vec<Window> {
        // `cost[w]`: tokens of word `w` and of the break before it.
        let breaks: Vec<bool> = (0..words.len())
            .map(|word| {
                self.line_break.is_some()
                    && word > 0
                    && text[words[word - 1].span.end..words[word].span.start].contains('\n')
            })
            .collect();
        let length = |word: usize| sub_words.of(word).len();
        let cost = |word: usize| length(word) + usize::from(breaks[word]);

        let mut windows = Vec::new();
        let mut start = 0;
        while start < words.len() {
            let mut tokens = length(start);
            let mut stop = start + 1;
            while stop < words.len() && tokens + cost(stop) <= self.room {
                tokens += cost(stop);
                stop += 1;
            }
            windows.push(self.window(start..stop, words, sub_words, &breaks));
            if stop == words.len() {
                break;
            }
            let mut next = stop;
            let mut shared = 0;
            while next - 1 > start && shared < self.overlap {
                next -= 1;
                // The break before the window's first word falls away.
                shared += length(next)
                    + if next + 1 < stop {
                        usize::from(breaks[next + 1])
                    } else {
                        0
                    };
            }
            let mut needed = shared + cost(stop);
            while next < stop && needed > self.room {
                needed -= length(next) + usize::from(breaks[next + 1]);
                next += 1;
            }
            start = next;
        }
        windows
    }

    fn window(&self, range: Range<usize>, words: &[Word], sub_words: &SubWords, breaks: &[bool]) -> Window {
        let mut window = Window {
            token_ids: vec![self.begin],
            token_types: vec![0],
            words: range.clone(),
            first_tokens: Vec::with_capacity(range.len()),
        };
        for word in range.clone() {
            if let (Some(token), true, true) = (self.line_break, breaks[word], word > range.start) {
                window.token_ids.push(token);
                window.token_types.push(0);
            }
            let ids = sub_words.of(word);
            window
                .first_tokens
                .push((!ids.is_empty()).then_some(window.token_ids.len() as u32));
            window.token_ids.extend_from_slice(ids);
            let token_type = if self.case_shapes {
                words[word].shape as u32
            } else {
                0
            };
            window.token_types.resize(window.token_ids.len(), token_type);
        }
        window.token_ids.push(self.end);
        window.token_types.push(0);
        window
    }
}

/// Where each word's label comes from: `(window, token)`, or `None` for a word of no tokens.
///
/// Of the windows that hold a word, the one in which its first sub-word is furthest from the nearer end, the earlier
/// of two equal ones: there the model sees most on both sides.
pub fn most_central(words: usize, windows: &[Window]) -> Vec<Option<(usize, usize)>> {
    let mut sources: Vec<Option<(usize, usize)>> = vec![None; words];
    let mut best = vec![0; words];
    for (index, window) in windows.iter().enumerate() {
        let last_content = window.token_ids.len() - 2;
        for (word, token) in window.words.clone().zip(&window.first_tokens) {
            let Some(token) = token.map(|token| token as usize) else {
                continue;
            };
            let distance = (token - 1).min(last_content - token);
            if sources[word].is_none() || distance > best[word] {
                sources[word] = Some((index, token));
                best[word] = distance;
            }
        }
    }
    sources
}
