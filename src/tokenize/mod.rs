//! Text to words and windows of sub-word tokens.
//!
//! A *word* is what a label is given to: a match of the word pattern. A *window* is what the model reads at once.

use std::ops::Range;

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
    /// Anything else, such as `iPhone`.
    Mixed = 4,
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
}
