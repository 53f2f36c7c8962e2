//! Any logits, those that are no numbers among them: mentions are sound, and their scores are probabilities.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ndarray::{Array2, ArrayView1, Axis};
use nomenclator::decode::Decoder;
use nomenclator::document::{Document, TaggedDocument};
use nomenclator::model::config::Calibration;
use nomenclator::model::labels::LabelSet;
use nomenclator::tokenize::{CaseShape, Word};
use nomenclator_fuzz::check_tagged;

const LABELS: [&[&str]; 3] = [
    &["O", "B-PER", "I-PER", "B-LOC", "I-LOC"],
    &["B-X", "O"],
    &["I-A", "I-B", "B-B", "B-A", "O", "B-C"],
];

/// Four bytes as they are, or one small number.
fn logit(bytes: &mut &[u8]) -> Option<f32> {
    let (&first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(match first {
        250 => f32::NAN,
        251 => f32::INFINITY,
        252 => f32::NEG_INFINITY,
        253 => f32::MAX,
        254 => f32::MIN,
        255 => {
            let (&number, rest) = bytes.split_first_chunk()?;
            *bytes = rest;
            f32::from_le_bytes(number)
        }
        small => f32::from(small) / 8.0 - 16.0,
    })
}

fuzz_target!(|data: &[u8]| {
    let Some((&choice, mut bytes)) = data.split_first() else {
        return;
    };
    let labels = LABELS[usize::from(choice) % LABELS.len()];
    let labels = LabelSet::new(labels.iter().map(|label| (*label).to_owned()).collect()).expect("BIO2");
    let calibration = Calibration {
        temperature: [1.0, 0.25, 4.0][usize::from(choice / 3) % 3],
        outside_bias: [0.0, -2.0, 8.0][usize::from(choice / 9) % 3],
    };
    let decoder = Decoder::new(labels, calibration);
    let width = decoder.labels().len();

    let (mut text, mut words, mut rows) = (String::new(), Vec::new(), Vec::new());
    while let Some(logits) = (0..width)
        .map(|_| logit(&mut bytes))
        .collect::<Option<Vec<f32>>>()
    {
        let start = text.len();
        text.push_str(if logits[0].to_bits() % 5 == 0 { "," } else { "é" });
        words.push(Word {
            span: start..text.len(),
            shape: CaseShape::Other,
        });
        text.push(' ');
        rows.push(logits);
    }
    let mut log_p = Array2::zeros((words.len(), width));
    for (at, (logits, mut row)) in rows.iter().zip(log_p.rows_mut()).enumerate() {
        match at % 16 {
            // A word that no window holds.
            15 => decoder.certainly_outside(row),
            _ => {
                decoder.log_probabilities(ArrayView1::from(logits), row.view_mut());
                let sum: f32 = row.iter().map(|log_p| log_p.exp()).sum();
                assert!((sum - 1.0).abs() < 1e-3, "{logits:?}: {row}");
            }
        }
    }
    let mentions = decoder.mentions(&text, &words, &log_p);
    // In pieces it comes to the same.
    let mut decoding = decoder.begin();
    let piece = 1 + usize::from(choice / 27);
    for (words, log_p) in words.chunks(piece).zip(log_p.axis_chunks_iter(Axis(0), piece)) {
        decoding.push(&text, words, log_p);
    }
    assert_eq!(decoding.finish(&text), mentions);
    assert!(mentions.iter().all(|mention| !mention.span.is_empty()));
    check_tagged(&TaggedDocument {
        document: Document {
            id: "a".to_owned(),
            text,
            ..Document::default()
        },
        mentions,
        considerations: Vec::new(),
    });
});
