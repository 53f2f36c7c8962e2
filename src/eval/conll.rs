//! Gold in CoNLL files: a token and its label a line, read as text and aligned back.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use super::EvalError;
use super::calibration::Reliability;
use super::ner::{Chunk, NerScores, chunks};
use crate::corpus::text_of;
use crate::document::{Document, Mention};

/// A document of a CoNLL file, with the text that its tokens make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConllDocument {
    /// Tokens joined by spaces, a line a sentence.
    pub text: String,
    /// The tokens of each sentence.
    pub sentences: Vec<Vec<GoldToken>>,
}

/// A token with its gold label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoldToken {
    /// Bytes of the document's text.
    pub span: Range<usize>,
    /// `O`, or `B-`, `I-`, `E-`, `S-` and a name.
    pub label: String,
}

/// Reads a CoNLL file: the token first and the label last in each line, parted by tabs or spaces; a blank line after
/// each sentence. `-DOCSTART-` begins a document; a file without any is one document.
///
/// # Errors
/// Where the file cannot be read, or a line is no token with a label.
pub fn read(path: &Path) -> Result<Vec<ConllDocument>, EvalError> {
    let place = path.display().to_string();
    let bytes = fs::read(path).map_err(|source| EvalError::Read {
        place: place.clone(),
        source,
    })?;
    parse(&text_of(bytes, &place)?, &place)
}

fn parse(file: &str, place: &str) -> Result<Vec<ConllDocument>, EvalError> {
    let mut documents = Vec::new();
    let mut document = ConllDocument::default();
    let mut sentence = Vec::new();
    for (index, line) in file.lines().enumerate() {
        if line.trim_ascii().is_empty() {
            document.end_sentence(&mut sentence);
        } else if line.starts_with("-DOCSTART-") {
            document.end_sentence(&mut sentence);
            if !document.sentences.is_empty() {
                documents.push(std::mem::take(&mut document));
            }
        } else {
            let (token, label) = columns(line).ok_or_else(|| EvalError::Line {
                place: format!("{place}:{}", index + 1),
                line: shortened(line),
            })?;
            document.push(&mut sentence, token, label);
        }
    }
    document.end_sentence(&mut sentence);
    if !document.sentences.is_empty() {
        documents.push(document);
    }
    Ok(documents)
}

/// The token and the label of a line.
fn columns(line: &str) -> Option<(&str, &str)> {
    let separator = if line.contains('\t') { '\t' } else { ' ' };
    let line = line.trim_end_matches(['\r', ' ', '\t']);
    let (token, rest) = line.split_once(separator)?;
    let label = rest.rsplit(separator).next()?;
    let known = label == "O" || matches!(label.as_bytes(), [b'B' | b'I' | b'E' | b'S', b'-', _, ..]);
    (known && !token.trim_ascii().is_empty()).then_some((token, label))
}

fn shortened(line: &str) -> String {
    line.chars().take(60).collect()
}

impl ConllDocument {
    fn push(&mut self, sentence: &mut Vec<GoldToken>, token: &str, label: &str) {
        if !sentence.is_empty() {
            self.text.push(' ');
        } else if !self.text.is_empty() {
            self.text.push('\n');
        }
        let start = self.text.len();
        self.text.push_str(token);
        sentence.push(GoldToken {
            span: start..self.text.len(),
            label: label.to_owned(),
        });
    }

    fn end_sentence(&mut self, sentence: &mut Vec<GoldToken>) {
        if !sentence.is_empty() {
            self.sentences.push(std::mem::take(sentence));
        }
    }

    /// The text as a document to tag.
    pub fn document(&self, id: String) -> Document {
        Document {
            id,
            text: self.text.clone(),
            ..Document::default()
        }
    }

    /// Scores the mentions that were found in this document's text, and how far their scores can be believed.
    pub fn score(
        &self,
        mentions: &[Mention],
        labels: &LabelMap,
        into: &mut NerScores,
        reliability: &mut Reliability,
    ) {
        for (sentence, within) in self.sentences.iter().zip(self.mentions_of_tokens(mentions)) {
            let gold: Vec<String> = sentence
                .iter()
                .map(|token| labels.map_token(&token.label))
                .collect();
            let predicted: Vec<String> = within
                .iter()
                .map(|within| labels.map_token(&within.label(mentions)))
                .collect();
            let (gold, predicted) = (labels.kept(&gold), labels.kept(&predicted));
            into.add(&gold, &predicted);
            for chunk in &predicted {
                if let Some(mention) = within[chunk.start].mention {
                    reliability.add(mentions[mention].score, gold.contains(chunk));
                }
            }
        }
    }

    /// For each token of each sentence the mention that its word is of: the one that its first byte lies in.
    fn mentions_of_tokens(&self, mentions: &[Mention]) -> Vec<Vec<Within>> {
        let mut next = 0;
        let mut last = None;
        let mut within = |token: &GoldToken| {
            while mentions
                .get(next)
                .is_some_and(|mention| mention.span.end <= token.span.start)
            {
                next += 1;
            }
            let mention = mentions
                .get(next)
                .filter(|mention| mention.span.start <= token.span.start)
                .map(|_| next);
            let before = std::mem::replace(&mut last, mention);
            Within {
                mention,
                begins: before != mention,
            }
        };
        self.sentences
            .iter()
            .map(|sentence| sentence.iter().map(&mut within).collect())
            .collect()
    }
}

/// What a token is of.
struct Within {
    /// The mention, by its index.
    mention: Option<usize>,
    /// Whether the token before is of another one, or of none.
    begins: bool,
}

impl Within {
    fn label(&self, mentions: &[Mention]) -> String {
        match self.mention {
            Some(mention) if self.begins => format!("B-{}", mentions[mention].label),
            Some(mention) => format!("I-{}", mentions[mention].label),
            None => "O".to_owned(),
        }
    }
}

/// What to do with labels before they are compared, on both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelMap {
    renamed: HashMap<String, String>,
    ignored: Vec<String>,
}

impl LabelMap {
    /// `renamed` gives each label its new name, or `O` for none at all; chunks of an `ignored` label (by its new name)
    /// count on neither side.
    pub fn new(renamed: HashMap<String, String>, ignored: Vec<String>) -> Self {
        LabelMap { renamed, ignored }
    }

    /// Adds the lines `from=to`, or `from` and `to` parted by tabs or spaces. Blank lines and lines that begin with `#`
    /// are passed over.
    ///
    /// # Errors
    /// Where the file cannot be read, or a line is none of these.
    pub fn read(path: &Path, ignored: Vec<String>) -> Result<Self, EvalError> {
        let place = path.display().to_string();
        let bytes = fs::read(path).map_err(|source| EvalError::Read {
            place: place.clone(),
            source,
        })?;
        let mut renamed = HashMap::new();
        for (index, line) in text_of(bytes, &place)?.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let separator = if line.contains('\t') {
                '\t'
            } else if line.contains('=') {
                '='
            } else {
                ' '
            };
            match line
                .split_once(separator)
                .map(|(from, to)| (from.trim(), to.trim()))
            {
                Some((from, to))
                    if !from.is_empty() && !to.is_empty() && !to.contains(char::is_whitespace) =>
                {
                    renamed.insert(from.to_owned(), to.to_owned());
                }
                _ => {
                    return Err(EvalError::LabelMapLine {
                        place: format!("{place}:{}", index + 1),
                        line: shortened(line),
                    });
                }
            }
        }
        Ok(LabelMap { renamed, ignored })
    }

    /// A label's new name, without prefix; `None` where it is to be no label.
    pub fn map<'a>(&'a self, label: &'a str) -> Option<&'a str> {
        let label = self.renamed.get(label).map_or(label, String::as_str);
        (label != "O" && !self.ignored.iter().any(|ignored| ignored == label)).then_some(label)
    }

    fn map_token(&self, label: &str) -> String {
        match label
            .split_once('-')
            .and_then(|(prefix, name)| Some((prefix, self.renamed.get(name)?)))
        {
            Some((_, to)) if to == "O" => "O".to_owned(),
            Some((prefix, to)) => format!("{prefix}-{to}"),
            None => label.to_owned(),
        }
    }

    fn kept<'a>(&self, labels: &'a [String]) -> Vec<Chunk<'a>> {
        let mut kept = chunks(labels.iter().map(String::as_str));
        kept.retain(|chunk| !self.ignored.iter().any(|ignored| ignored == chunk.label));
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "-DOCSTART- -X- O\n\nThe O\nU.N. NNP B-ORG\nsaid O\n. O\n\npro-Seoul\tB-MISC\nKim\tB-PER\nJong\tI-PER\n\
                        \n-DOCSTART- O\n\nParis B-LOC\n";

    fn mention(text: &str, surface: &str, label: &str) -> Mention {
        let start = text.find(surface).unwrap();
        Mention {
            span: start..start + surface.len(),
            label: label.into(),
            score: 1.0,
            link: None,
        }
    }

    #[test]
    fn tokens_make_text_and_point_into_it() {
        let documents = parse(FILE, "f").unwrap();
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0].text, "The U.N. said .\npro-Seoul Kim Jong");
        let tokens: Vec<&str> = documents[0]
            .sentences
            .iter()
            .flatten()
            .map(|token| &documents[0].text[token.span.clone()])
            .collect();
        assert_eq!(tokens, ["The", "U.N.", "said", ".", "pro-Seoul", "Kim", "Jong"]);
        assert_eq!(documents[1].text, "Paris");
    }

    #[test]
    fn a_token_has_the_label_of_the_word_that_starts_it() {
        let document = &parse(FILE, "f").unwrap()[0];
        let text = &document.text;
        let mentions = [
            mention(text, "U.N. said", "ORG"),
            mention(text, "Seoul", "MISC"),
            mention(text, "Kim Jong", "PER"),
        ];
        let labels: Vec<Vec<String>> = document
            .mentions_of_tokens(&mentions)
            .iter()
            .map(|sentence| sentence.iter().map(|within| within.label(&mentions)).collect())
            .collect();
        assert_eq!(
            labels,
            [vec!["O", "B-ORG", "I-ORG", "O"], vec!["O", "B-PER", "I-PER"]]
        );
    }

    #[test]
    fn counts_a_score_as_right_where_the_chunk_is() {
        let document = &parse(FILE, "f").unwrap()[0];
        let text = &document.text;
        let mentions = [
            Mention {
                score: 0.55,
                ..mention(text, "U.N. said", "ORG")
            },
            Mention {
                score: 0.95,
                ..mention(text, "Kim Jong", "PER")
            },
        ];
        let (mut scores, mut reliability) = (NerScores::default(), Reliability::default());
        document.score(&mentions, &LabelMap::default(), &mut scores, &mut reliability);
        let of = |bin: usize| (reliability.bins[bin].mentions, reliability.bins[bin].right);
        assert_eq!((of(5), of(9)), ((1, 0), (1, 1)));
    }

    #[test]
    fn maps_and_ignores_labels_on_both_sides() {
        let document = &parse(FILE, "f").unwrap()[0];
        let mentions = [
            mention(&document.text, "U.N.", "organisation"),
            mention(&document.text, "said", "MISC"),
        ];
        let renamed =
            [("organisation", "ORG"), ("PER", "O")].map(|(from, to)| (from.to_owned(), to.to_owned()));
        let labels = LabelMap::new(renamed.into(), vec!["MISC".to_owned()]);
        let mut scores = NerScores::default();
        document.score(&mentions, &labels, &mut scores, &mut Reliability::default());
        assert_eq!(scores.per_label.keys().collect::<Vec<_>>(), ["ORG"]);
        assert_eq!(scores.overall().f1(), 1.0);
        assert_eq!(labels.map("organisation"), Some("ORG"));
        assert_eq!((labels.map("PER"), labels.map("MISC")), (None, None));
    }

    #[test]
    fn names_the_line_that_is_none() {
        for bad in ["Seoul", "Seoul\t", "Seoul LOC", "\tB-LOC", "Seoul B-"] {
            let message = parse(&format!("a O\n{bad}\n"), "f.conll")
                .unwrap_err()
                .to_string();
            assert!(message.starts_with("f.conll:2: '"), "{bad}: {message}");
        }
    }
}
