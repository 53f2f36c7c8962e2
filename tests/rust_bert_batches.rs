//! Why the backend uses rust-bert's model class and not its pipeline.
//!
//! rust-bert 0.23's `TokenClassificationModel::predict` reads the features of batch 2 and later from the start of the
//! whole input, so that their labels land on the first documents and the right ones get none. The same model in our
//! pipeline tags each document of a large input as it tags it alone.

use std::fs;
use std::path::Path;

use nomenclator::document::{Document, Mention};
use nomenclator::model::folder::ModelFolder;
use nomenclator::model::rust_bert::RustBertClassifier;
use nomenclator::pipeline::Pipeline;
use nomenclator::tokenize::Tokenizer;
use rust_bert::pipelines::common::{ModelResource, ModelType};
use rust_bert::pipelines::token_classification::{
    LabelAggregationOption, Token, TokenClassificationConfig, TokenClassificationModel,
};
use rust_bert::resources::LocalResource;
use serde_json::Value;

/// rust-bert's batch; what comes after it goes wrong.
const FIRST_BATCH: usize = 64;
/// Rounding differs with the shape of a batch, labels do not.
const SCORE_TOLERANCE: f32 = 1e-4;

#[test]
fn rust_berts_own_pipeline_labels_the_wrong_documents_from_its_second_batch_on() {
    let texts = texts();
    let folder = tempfile::tempdir().unwrap();
    let model = their_pipeline(folder.path());
    let labels = |tokens: &[Token]| tokens.iter().map(|token| token.label.clone()).collect::<Vec<_>>();

    let alone: Vec<_> = texts
        .iter()
        .map(|text| labels(&model.predict(&[text], false, true)[0]))
        .collect();
    let together: Vec<_> = model
        .predict(&texts, false, true)
        .iter()
        .map(|tokens| labels(tokens))
        .collect();

    let second_batch = texts.len() - FIRST_BATCH;
    for (document, labels) in together.iter().enumerate() {
        if document < second_batch {
            // It has its own labels, and then as many of a document's of the second batch.
            let own = &alone[document];
            let both = [own, &alone[FIRST_BATCH + document][..own.len()]].concat();
            assert_eq!(*labels, both, "document {document}");
        } else if document < FIRST_BATCH {
            assert_eq!(*labels, alone[document], "document {document}");
        } else {
            assert!(
                labels.is_empty() && !alone[document].is_empty(),
                "document {document}"
            );
        }
    }
}

#[test]
fn ours_tags_every_document_as_it_tags_it_alone() {
    let documents: Vec<Document> = texts()
        .into_iter()
        .map(|text| Document {
            text,
            ..Document::default()
        })
        .collect();
    let folder = ModelFolder::embedded().unwrap();
    let classifier = RustBertClassifier::new(&folder).unwrap();
    let pipeline = Pipeline::new(&folder, Tokenizer::new(&folder).unwrap(), Box::new(classifier));

    let together = pipeline.tag(documents.clone()).unwrap();
    let mut found = 0;
    for (document, together) in documents.into_iter().zip(&together) {
        let alone = pipeline.tag(vec![document.clone()]).unwrap();
        assert_eq!(together.document, document);
        assert_same(&together.mentions, &alone[0].mentions);
        found += together.mentions.len();
    }
    assert!(found > FIRST_BATCH, "only {found} mentions");
}

fn assert_same(together: &[Mention], alone: &[Mention]) {
    assert_eq!(together.len(), alone.len());
    for (together, alone) in together.iter().zip(alone) {
        assert_eq!((&together.span, &together.label), (&alone.span, &alone.label));
        assert!((together.score - alone.score).abs() <= SCORE_TOLERANCE);
    }
}

/// One batch of rust-bert's and six documents more. These are the longest, for its pipeline indexes their labels with
/// the positions of the first six.
fn texts() -> Vec<String> {
    let places = [
        "Paris", "Berlin", "Vienna", "Madrid", "Oslo", "Rome", "Cairo", "Tokyo",
    ];
    let bodies = ["parliament", "government", "army", "police"];
    (0..FIRST_BATCH + 6)
        .map(|document| {
            let (place, body) = (places[document % 8], bodies[document / 8 % 4]);
            match document {
                0..FIRST_BATCH => format!("The {body} met in {place} on Monday."),
                _ => format!(
                    "In {place}, the {body} of Norway heard Anna Larsen of the United Nations on Monday."
                ),
            }
        })
        .collect()
}

/// The shipped model in rust-bert's pipeline, out of files in `folder`.
fn their_pipeline(folder: &Path) -> TokenClassificationModel {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/newswire");
    let tokenizer: Value =
        serde_json::from_slice(&fs::read(shipped.join("tokenizer.json")).unwrap()).unwrap();
    let vocabulary = tokenizer["model"]["vocab"].as_object().unwrap();
    let mut tokens: Vec<(&String, u64)> = vocabulary
        .iter()
        .map(|(token, id)| (token, id.as_u64().unwrap()))
        .collect();
    tokens.sort_by_key(|&(_, id)| id);
    let lines: Vec<&str> = tokens.iter().map(|(token, _)| token.as_str()).collect();
    fs::write(folder.join("vocab.txt"), lines.join("\n") + "\n").unwrap();

    let file = |path: std::path::PathBuf| LocalResource { local_path: path };
    TokenClassificationModel::new(TokenClassificationConfig::new(
        ModelType::Bert,
        ModelResource::Torch(Box::new(file(shipped.join("model.safetensors")))),
        file(shipped.join("config.json")),
        file(folder.join("vocab.txt")),
        None,
        true,
        None,
        None,
        LabelAggregationOption::First,
    ))
    .unwrap()
}
