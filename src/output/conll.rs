//! CoNLL: a word a line with its BIO2 label, as NER tools read it.

use std::io::{self, Write};

use super::{DocumentFormat, visible};
use crate::document::TaggedDocument;
use crate::tokenize::words::WordSegmenter;

/// `word⇥label` lines: a blank line where the text has a line end, `-DOCSTART-` before each document.
///
/// Words are those of the text's own segmentation, so that a mention never starts or ends inside one.
pub struct Conll {
    segmenter: WordSegmenter,
}

impl Conll {
    /// `segmenter` must be the one that the documents were tagged with.
    pub fn new(segmenter: WordSegmenter) -> Self {
        Conll { segmenter }
    }
}

impl DocumentFormat for Conll {
    fn write(&self, tagged: &TaggedDocument, into: &mut dyn Write) -> io::Result<()> {
        let text = &tagged.document.text;
        into.write_all(b"-DOCSTART-\tO\n\n")?;
        let mut mentions = tagged.mentions.iter().peekable();
        let mut written_to = 0;
        let mut any = false;
        for word in self.segmenter.spans(text) {
            if any && text[written_to..word.start].contains('\n') {
                into.write_all(b"\n")?;
            }
            while mentions
                .next_if(|mention| mention.span.end <= word.start)
                .is_some()
            {}
            let shown = visible(&text[word.clone()]);
            match mentions.peek().filter(|mention| mention.span.start <= word.start) {
                Some(mention) => {
                    let prefix = if mention.span.start == word.start {
                        'B'
                    } else {
                        'I'
                    };
                    writeln!(into, "{shown}\t{prefix}-{}", mention.label)?;
                }
                None => writeln!(into, "{shown}\tO")?,
            }
            written_to = word.end;
            any = true;
        }
        if any { into.write_all(b"\n") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Mention};
    use crate::output::{DocumentWriter, FormatWriter};
    use crate::tokenize::WORD_PATTERN;

    #[test]
    fn a_word_a_line() {
        let text = "The U.N. met in\n\nSouth Korea.\x1b";
        let mention = |surface: &str, label: &str| {
            let start = text.find(surface).unwrap();
            Mention {
                span: start..start + surface.len(),
                label: label.into(),
                score: 1.0,
                link: None,
            }
        };
        let tagged = TaggedDocument {
            document: Document {
                text: text.to_owned(),
                ..Document::default()
            },
            mentions: vec![mention("U.N.", "ORG"), mention("South Korea", "LOC")],
            considerations: Vec::new(),
        };
        let mut into = Vec::new();
        let mut writer = FormatWriter::new(
            &mut into,
            Conll::new(WordSegmenter::new(WORD_PATTERN.trim_end()).unwrap()),
        );
        writer.write(&tagged).unwrap();
        writer
            .write(&TaggedDocument {
                document: Document::default(),
                mentions: Vec::new(),
                considerations: Vec::new(),
            })
            .unwrap();
        writer.finish().unwrap();
        assert_eq!(
            String::from_utf8(into).unwrap(),
            "-DOCSTART-\tO\n\nThe\tO\nU.N.\tB-ORG\nmet\tO\nin\tO\n\nSouth\tB-LOC\nKorea\tI-LOC\n.\tO\n␛\tO\n\n-DOCSTART-\tO\n\n"
        );
    }
}
