//! Both backends, from the same weights, on real news: the same scores within 1e-3, the same labels, the same mentions.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use nomenclator::batch::{PackedBatch, plan};
use nomenclator::document::{Document, TaggedDocument};
use nomenclator::model::TokenClassifier;
use nomenclator::model::folder::ModelFolder;
use nomenclator::model::native::{NativeClassifier, Precision};
use nomenclator::model::rust_bert::RustBertClassifier;
use nomenclator::pipeline::Pipeline;
use nomenclator::tokenize::{Tokenizer, Window};
use rayon::prelude::*;
use serde_json::Value;

/// The largest difference of a logit, or of a mention's score.
const TOLERANCE: f32 = 1e-3;

#[test]
fn both_backends_say_the_same_of_real_news() {
    let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/text");
    if !texts.is_dir() {
        println!("SKIPPED: ../shared is not there");
        return;
    }
    // Spread over the whole of both corpora.
    let mut documents = every_nth(&texts.join("reuters21578.jsonl.gz"), 150);
    documents.extend(every_nth(&texts.join("bbc.jsonl.gz"), 26));
    assert!(documents.len() >= 200, "{} documents", documents.len());

    let folder = ModelFolder::embedded().unwrap();
    let tokenizer = Tokenizer::new(&folder).unwrap();
    let native = NativeClassifier::new(&folder, Some(Precision::F32)).unwrap();
    let torch = RustBertClassifier::new(&folder).unwrap();

    let tokenized: Vec<_> = documents
        .iter()
        .map(|document| tokenizer.tokenize(&document.text).unwrap())
        .collect();
    let windows: Vec<&Window> = tokenized.iter().flat_map(|document| &document.windows).collect();
    let lengths: Vec<usize> = windows.iter().map(|window| window.token_ids.len()).collect();
    let (mut largest, mut tokens, mut words, mut disagreeing) = (0_f32, 0, 0, 0);
    let mut spent = [Duration::ZERO; 2];
    let plan = plan(&lengths, 1);
    let batches: Vec<PackedBatch> = plan
        .iter()
        .map(|members| PackedBatch::pack(members.iter().map(|&window| windows[window])))
        .collect();
    // One batch a thread here; there all threads share each.
    let start = Instant::now();
    let all_ours: Vec<_> = batches
        .par_iter()
        .map(|batch| native.scores(batch).unwrap())
        .collect();
    spent[0] = start.elapsed();
    for ((members, batch), ours) in plan.iter().zip(&batches).zip(all_ours) {
        let start = Instant::now();
        let theirs = torch.scores(batch).unwrap();
        spent[1] += start.elapsed();
        assert_eq!(ours.dim(), theirs.dim());
        tokens += batch.token_ids.len();
        for (our, their) in ours.iter().zip(&theirs) {
            assert!(our.is_finite() && their.is_finite());
            largest = largest.max((our - their).abs());
        }
        for (&window, &start) in members.iter().zip(&batch.bounds) {
            for &token in windows[window].first_tokens.iter().flatten() {
                let row = start + token as usize;
                words += 1;
                disagreeing += usize::from(best(ours.row(row).iter()) != best(theirs.row(row).iter()));
            }
        }
    }
    println!(
        "{} documents, {} windows, {tokens} tokens: largest difference of a logit {largest:.2e}; \
         {disagreeing} of {words} words labelled differently; native {:.1?}, rust-bert {:.1?}",
        documents.len(),
        windows.len(),
        spent[0],
        spent[1],
    );
    assert!(largest <= TOLERANCE, "a logit differs by {largest:e}");
    assert_eq!(disagreeing, 0, "words labelled differently");

    let ours = tag(&folder, Box::new(native), &documents);
    let theirs = tag(&folder, Box::new(torch), &documents);
    let mut largest = 0_f32;
    let mut mentions = 0;
    for (our, their) in ours.iter().zip(&theirs) {
        assert_eq!(
            our.mentions.len(),
            their.mentions.len(),
            "in document {}",
            our.document.id
        );
        for (our, their) in our.mentions.iter().zip(&their.mentions) {
            assert_eq!((&our.span, &our.label), (&their.span, &their.label));
            largest = largest.max((our.score - their.score).abs());
            mentions += 1;
        }
    }
    println!("{mentions} mentions, all the same; largest difference of a mention's score {largest:.2e}");
    assert!(mentions > documents.len(), "{mentions} mentions");
    assert!(largest <= TOLERANCE, "a mention's score differs by {largest:e}");
}

fn tag(
    folder: &ModelFolder,
    classifier: Box<dyn TokenClassifier>,
    documents: &[Document],
) -> Vec<TaggedDocument> {
    Pipeline::new(folder, Tokenizer::new(folder).unwrap(), classifier)
        .tag(documents.to_vec())
        .unwrap()
}

/// The index of the highest score.
fn best<'a>(scores: impl Iterator<Item = &'a f32>) -> Option<usize> {
    scores
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map(|(label, _)| label)
}

fn every_nth(corpus: &Path, n: usize) -> Vec<Document> {
    BufReader::new(GzDecoder::new(File::open(corpus).unwrap()))
        .lines()
        .step_by(n)
        .map(|line| {
            let record: Value = serde_json::from_str(&line.unwrap()).unwrap();
            Document {
                id: record["id"].to_string(),
                text: record["text"].as_str().unwrap().to_owned(),
                ..Document::default()
            }
        })
        .collect()
}
