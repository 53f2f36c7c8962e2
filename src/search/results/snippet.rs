//! The part of a text that shows most of what was asked for.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde::{Serialize, Serializer};

use crate::document::{Kind, TaggedDocument};
use crate::gazetteer::key::fold;
use crate::search::analysis::{self, Word};
use crate::search::query::ast::Node;
use crate::search::query::resolve::Sought;

/// Characters of a snippet.
const LENGTH: usize = 240;
/// Characters between the beginning of its first match and the end of its last one.
const CORE: usize = 200;

/// A part of a text. Offsets count characters of [`Snippet::text`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Snippet {
    /// As it stands in the document.
    pub text: String,
    /// Where it begins in the document's text, in characters.
    pub start: usize,
    /// What was asked for: ascending, apart from one another.
    #[serde(serialize_with = "pairs")]
    pub matches: Vec<Range<usize>>,
    /// All mentions that lie whole in it.
    pub entities: Vec<Marked>,
    /// Whether the document's text goes on behind it.
    pub goes_on: bool,
}

/// A mention in a snippet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Marked {
    /// Its first character.
    pub start: usize,
    /// Behind its last one.
    pub end: usize,
    /// The entity's key, where it is linked.
    pub key: Option<String>,
    /// The entity's kind.
    pub kind: Option<Kind>,
    /// The mention's label.
    pub label: String,
}

fn pairs<S: Serializer>(ranges: &[Range<usize>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ranges.iter().map(|range| [range.start, range.end]))
}

/// What of a query can be seen in a text. Each thing that was asked for has a number.
#[derive(Debug, Default)]
pub struct Sights {
    /// Phrases by their first word.
    phrases: HashMap<String, Vec<(Vec<String>, usize)>>,
    keys: HashMap<String, usize>,
    surfaces: HashMap<String, usize>,
}

impl Sights {
    /// What a document is found by.
    pub fn of(node: &Node<Sought>) -> Self {
        let mut sights = Sights::default();
        let mut number = 0;
        node.wanted(&mut |leaf| {
            number += 1;
            match leaf {
                Sought::Phrase { words, .. } => sights.phrase(words.clone(), number),
                Sought::AnyWord { words, .. } => {
                    for word in words {
                        sights.phrase(vec![word.clone()], number);
                    }
                }
                Sought::Entities(keys) => {
                    sights.keys.extend(keys.iter().map(|key| (key.clone(), number)));
                }
                Sought::Surface(surface) => {
                    sights.surfaces.insert(surface.clone(), number);
                }
                Sought::Label(_) | Sought::Source(_) | Sought::Id(_) | Sought::Days { .. } => {}
            }
        });
        sights
    }

    fn phrase(&mut self, words: Vec<String>, number: usize) {
        if let Some(first) = words.first() {
            self.phrases
                .entry(first.clone())
                .or_default()
                .push((words, number));
        }
    }

    /// Where it is seen, by bytes, in order, with its number.
    fn seen(&self, tagged: &TaggedDocument, words: &[Word]) -> Vec<(Range<usize>, usize)> {
        let mut seen = Vec::new();
        for (at, word) in words.iter().enumerate() {
            for (phrase, number) in self.phrases.get(&word.term).into_iter().flatten() {
                let here = words[at..].iter().take(phrase.len());
                let end = here
                    .clone()
                    .next_back()
                    .map_or(word.span.end, |last| last.span.end);
                if here.map(|word| &word.term).eq(phrase) {
                    seen.push((word.span.start..end, *number));
                }
            }
        }
        for mention in &tagged.mentions {
            let key = mention.link.as_ref().map(|link| link.entity_key());
            let by_key = key.and_then(|key| self.keys.get(&key));
            let by_surface = || match self.surfaces.is_empty() {
                true => None,
                false => self
                    .surfaces
                    .get(&fold(&tagged.document.text[mention.span.clone()])),
            };
            if let Some(&number) = by_key.or_else(by_surface) {
                seen.push((mention.span.clone(), number));
            }
        }
        seen.retain(|(span, _)| !span.is_empty());
        seen.sort_by_key(|(span, number)| (span.start, span.end, *number));
        seen
    }
}

impl Snippet {
    /// The part of a document's text that shows the most different things that were asked for, then the most of them, then
    /// comes first; where there are none, the beginning.
    pub fn cut(tagged: &TaggedDocument, sights: &Sights) -> Self {
        let text = &tagged.document.text;
        let words: Vec<Word> = analysis::words(text).collect();
        let characters = Characters::new(text);
        let seen: Vec<(Range<usize>, usize)> = sights
            .seen(tagged, &words)
            .into_iter()
            .map(|(span, number)| (characters.range(&span), number))
            .collect();
        let core = core(&seen).unwrap_or_else(|| {
            let first = words.first().map_or(0, |word| characters.of(word.span.start));
            first..first
        });
        let words: Vec<Range<usize>> = words.iter().map(|word| characters.range(&word.span)).collect();
        let window = window(&core, &words, characters.count());
        Snippet {
            text: text[characters.bytes(&window)].to_owned(),
            start: window.start,
            matches: matches(&seen, &window),
            entities: marked(tagged, &characters, &window),
            goes_on: !text[characters.byte(window.end)..].trim().is_empty(),
        }
    }
}

/// What is seen within a window, counted from its beginning; what overlaps is one.
fn matches(seen: &[(Range<usize>, usize)], window: &Range<usize>) -> Vec<Range<usize>> {
    let mut matches: Vec<Range<usize>> = Vec::new();
    for (range, _) in seen {
        let (start, end) = (range.start.max(window.start), range.end.min(window.end));
        if start >= end {
            continue;
        }
        let range = start - window.start..end - window.start;
        match matches.last_mut().filter(|last| range.start < last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => matches.push(range),
        }
    }
    matches
}

/// The mentions that lie whole within a window, counted from its beginning.
fn marked(tagged: &TaggedDocument, characters: &Characters, window: &Range<usize>) -> Vec<Marked> {
    let marked = tagged.mentions.iter().filter_map(|mention| {
        let range = characters.range(&mention.span);
        let whole = window.start <= range.start && range.end <= window.end;
        whole.then(|| Marked {
            start: range.start - window.start,
            end: range.end - window.start,
            key: mention.link.as_ref().map(|link| link.entity_key()),
            kind: mention.link.as_ref().map(|link| link.kind),
            label: mention.label.to_string(),
        })
    });
    marked.collect()
}

/// The characters from the first to the last match of the best part.
fn core(seen: &[(Range<usize>, usize)]) -> Option<Range<usize>> {
    let mut best: Option<((usize, usize), Range<usize>)> = None;
    let mut numbers = HashSet::new();
    for (at, (first, _)) in seen.iter().enumerate() {
        numbers.clear();
        let mut end = first.end.min(first.start + CORE);
        let mut count = 0;
        for (range, number) in &seen[at..] {
            if range.end > first.start + CORE && count > 0 {
                break;
            }
            numbers.insert(*number);
            count += 1;
            end = end.max(range.end.min(first.start + CORE));
        }
        let worth = (numbers.len(), count);
        if best.as_ref().is_none_or(|(most, _)| worth > *most) {
            best = Some((worth, first.start..end));
        }
    }
    best.map(|(_, core)| core)
}

/// The core with words around it; `total` is the text's length. All in characters.
fn window(core: &Range<usize>, words: &[Range<usize>], total: usize) -> Range<usize> {
    let spare = LENGTH.saturating_sub(core.len());
    let earliest = core.start.saturating_sub(spare / 3);
    // What is not needed behind is given to what stands before.
    let earliest = earliest.min(total.saturating_sub(LENGTH));
    let earliest = earliest.max(core.end.saturating_sub(LENGTH));
    let first = words.partition_point(|word| word.start < earliest);
    let start = words
        .get(first)
        .map_or(core.start, |word| word.start.min(core.start));
    let latest = (start + LENGTH).min(total);
    let behind = words.partition_point(|word| word.end <= latest);
    let last = behind.checked_sub(1).and_then(|last| words.get(last));
    let end = last.map_or(0, |word| word.end).max(core.end);
    // A word that is longer than the snippet is cut.
    let end = if end <= start { latest } else { end };
    // Punctuation behind the last word of all belongs to it.
    let end = if behind == words.len() {
        latest.max(end)
    } else {
        end
    };
    start..end
}

/// Bytes to characters and back.
struct Characters {
    /// Where each begins, and where the text ends.
    starts: Vec<usize>,
}

impl Characters {
    fn new(text: &str) -> Self {
        let starts = text.char_indices().map(|(at, _)| at);
        Characters {
            starts: starts.chain([text.len()]).collect(),
        }
    }

    fn count(&self) -> usize {
        self.starts.len() - 1
    }

    fn of(&self, byte: usize) -> usize {
        self.starts.partition_point(|&start| start < byte)
    }

    fn range(&self, bytes: &Range<usize>) -> Range<usize> {
        self.of(bytes.start)..self.of(bytes.end)
    }

    fn byte(&self, character: usize) -> usize {
        self.starts
            .get(character)
            .or(self.starts.last())
            .copied()
            .unwrap_or(0)
    }

    fn bytes(&self, characters: &Range<usize>) -> Range<usize> {
        self.byte(characters.start)..self.byte(characters.end)
    }
}
