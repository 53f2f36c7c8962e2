//! Scores that are reused: the output is the same to the last bit.

mod corpora;

use corpora::{document, generated, sentences};
use nomenclator::document::{Document, Mention};
use nomenclator::pipeline::Pipeline;
use rayon::ThreadPoolBuilder;

const SMALL: &str = "tests/golden/uncased";

fn mentions(pipeline: &Pipeline, documents: &[Document], batch: usize) -> Vec<Vec<Mention>> {
    documents
        .chunks(batch)
        .flat_map(|documents| pipeline.tag(documents.to_vec()).unwrap())
        .map(|tagged| tagged.mentions)
        .collect()
}

/// Texts of one and of many windows, each again a few times, as it was or with another end, and texts whose tokens are the
/// same and their words others.
fn repeated() -> Vec<Document> {
    let mut texts = Vec::new();
    for seed in 0..8 {
        let text = generated(seed, 30 << (seed % 4));
        texts.extend([text.clone(), format!("{text} Oslo"), text]);
    }
    texts.extend(["It rose 3.5 points".to_owned(), "It rose 3 . 5 points".to_owned()]);
    texts.extend(["OSLO said".to_owned(), "oslo said".to_owned()]);
    let again = texts.clone();
    texts.extend(again);
    texts.into_iter().map(document).collect()
}

#[test]
fn reused_scores_are_the_same_to_the_last_bit() {
    let documents = repeated();
    let expected = mentions(&corpora::pipeline(SMALL), &documents, 300);
    assert!(expected.iter().map(Vec::len).sum::<usize>() > 100);
    for batch in [1, 7, 300] {
        let pipeline = corpora::pipeline(SMALL).deduping(true);
        let windows = |pipeline: &Pipeline| {
            let measured = pipeline.clock().take();
            (measured.computed, measured.windows_reused)
        };
        assert!(
            mentions(&pipeline, &documents, batch) == expected,
            "batches of {batch}"
        );
        let (computed, reused) = windows(&pipeline);
        assert!(
            computed > 0 && reused >= documents.len() as u64 / 2,
            "{reused} reused"
        );
        // Once more: nothing is left to compute.
        assert!(
            mentions(&pipeline, &documents, batch) == expected,
            "batches of {batch}, again"
        );
        assert_eq!(windows(&pipeline).0, 0);
    }
    assert_eq!(corpora::pipeline(SMALL).clock().take().windows_reused, 0);
}

#[test]
fn equal_windows_of_one_call_are_computed_once() {
    let documents = vec![document(generated(4, 40)); 12];
    let pool = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let once = corpora::pipeline(SMALL);
    once.tag(documents[..1].to_vec()).unwrap();
    let computed = once.clock().take().computed;
    let pipeline = corpora::pipeline(SMALL).deduping(true);
    let found = pool.install(|| mentions(&pipeline, &documents, 12));
    assert!(
        found
            .iter()
            .all(|mentions| *mentions == found[0] && !mentions.is_empty())
    );
    let measured = pipeline.clock().take();
    assert_eq!(measured.computed, computed);
    assert!(measured.windows_reused >= 11);
}

#[test]
fn threads_change_nothing_where_scores_are_reused() {
    let documents = repeated();
    let expected = mentions(&corpora::pipeline(SMALL), &documents, 300);
    for threads in [1, 2, 8] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let pipeline = corpora::pipeline(SMALL).deduping(true);
        let found = pool.install(|| mentions(&pipeline, &documents, 300));
        assert!(found == expected, "{threads} threads");
    }
}

#[test]
fn the_shipped_model_gives_the_same_too() {
    let mut documents: Vec<Document> = sentences(40).into_iter().map(document).collect();
    documents.extend(documents.clone());
    let expected = mentions(corpora::shipped(), &documents, 300);
    let pipeline = corpora::pipeline("models/newswire").deduping(true);
    for batch in [300, 3] {
        assert!(mentions(&pipeline, &documents, batch) == expected);
    }
}
