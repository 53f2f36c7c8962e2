//! What is found in a document depends on the document alone: not on its batch, its neighbours, the threads, or on how
//! its windows were computed.

mod corpora;

use corpora::{articles, document, generated, pipeline, sentences, shipped};
use ndarray::{Array2, Axis, s};
use nomenclator::batch::PackedBatch;
use nomenclator::decode::Decoder;
use nomenclator::document::{Document, Mention};
use nomenclator::model::TokenClassifier;
use nomenclator::model::folder::ModelFolder;
use nomenclator::model::native::{Isa, NativeClassifier};
use nomenclator::pipeline::Pipeline;
use nomenclator::tokenize::{CaseShape, Tokenizer, Word};
use rayon::ThreadPoolBuilder;

/// Documents of all lengths: sentences, articles, one of many windows, none of any word.
fn mixed(sentence_count: usize, article_count: usize) -> Vec<Document> {
    let mut texts = sentences(sentence_count);
    texts.extend(articles(article_count));
    texts.extend([
        generated(5, if article_count > 0 { 2000 } else { 100 }),
        String::new(),
        " \n\t ".to_owned(),
        "x".to_owned(),
    ]);
    texts.into_iter().map(document).collect()
}

fn mentions(pipeline: &Pipeline, documents: &[Document], batch: usize) -> Vec<Vec<Mention>> {
    documents
        .chunks(batch)
        .flat_map(|documents| pipeline.tag(documents.to_vec()).unwrap())
        .map(|tagged| tagged.mentions)
        .collect()
}

/// A permutation without a pattern.
fn shuffled(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut state = 12345u32;
    for last in (1..count).rev() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        order.swap(last, (state >> 8) as usize % (last + 1));
    }
    order
}

/// `Mention` compares its score as a number, so equal mentions have equal scores to the last bit.
#[test]
fn batches_and_order_change_nothing() {
    let documents = mixed(294, 3);
    let alone = mentions(shipped(), &documents, 1);
    assert!(
        alone.iter().map(Vec::len).sum::<usize>() > 100,
        "the texts are full of names"
    );
    for batch in [2, 65, 300] {
        assert!(
            mentions(shipped(), &documents, batch) == alone,
            "batches of {batch}"
        );
    }
    let order = shuffled(documents.len());
    let reordered: Vec<Document> = order.iter().map(|&index| documents[index].clone()).collect();
    for (found, index) in mentions(shipped(), &reordered, 300).iter().zip(order) {
        assert!(*found == alone[index], "document {index} of a shuffled batch");
    }
}

#[test]
fn threads_change_nothing() {
    let documents = mixed(40, 2);
    let expected = mentions(shipped(), &documents, 300);
    for threads in [1, 2, 3, 8] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| mentions(shipped(), &documents, 300));
        assert!(found == expected, "{threads} threads");
    }
}

/// Whatever instructions and precision compute, a batch changes nothing.
#[test]
fn no_path_minds_the_batch() {
    // Without special instructions, narrow numbers are slow.
    no_path_of_a_model_minds_the_batch("models/newswire", |isa| {
        if isa == Isa::Scalar { (3, 0) } else { (12, 1) }
    });
}

#[test]
fn no_path_of_a_small_model_minds_the_batch() {
    no_path_of_a_model_minds_the_batch("tests/golden/uncased", |_| (12, 0));
}

fn no_path_of_a_model_minds_the_batch(model: &str, amount: fn(Isa) -> (usize, usize)) {
    let folder = ModelFolder::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(model)).unwrap();
    for (isa, precision) in NativeClassifier::available() {
        let (sentences, articles) = amount(isa);
        let documents = mixed(sentences, articles);
        let classifier = NativeClassifier::with(&folder, isa, precision).unwrap();
        let tokenizer = Tokenizer::new(&folder).unwrap();
        let pipeline = Pipeline::new(&folder, tokenizer, Box::new(classifier));
        let alone = mentions(&pipeline, &documents, 1);
        assert!(alone.iter().any(|found| !found.is_empty()));
        assert!(
            mentions(&pipeline, &documents, 300) == alone,
            "{precision} with {isa}"
        );
    }
}

/// A word's scores are the same to the last bit, whether those of the other tokens are wanted or not.
#[test]
fn what_else_is_wanted_changes_nothing() {
    let model = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/uncased");
    let folder = ModelFolder::open(model).unwrap();
    let tokenizer = Tokenizer::new(&folder).unwrap();
    let texts: Vec<_> = sentences(20)
        .iter()
        .map(|text| tokenizer.tokenize(text).unwrap())
        .collect();
    let windows = || texts.iter().flat_map(|text| &text.windows);
    let (every, words) = (
        PackedBatch::pack(windows()),
        PackedBatch::pack_for_words(windows()),
    );
    assert!(words.wanted.len() > 100 && words.wanted.len() < every.wanted.len());
    let few = PackedBatch {
        wanted: words.wanted.iter().copied().step_by(7).collect(),
        ..words.clone()
    };
    let none = PackedBatch {
        wanted: Vec::new(),
        ..words.clone()
    };
    for (isa, precision) in NativeClassifier::available() {
        let classifier = NativeClassifier::with(&folder, isa, precision).unwrap();
        let all = classifier.scores(&every).unwrap();
        for batch in [&words, &few, &none] {
            let expected = all.select(Axis(0), &batch.wanted);
            assert_eq!(
                classifier.scores(batch).unwrap(),
                expected,
                "{precision} with {isa}"
            );
        }
        for wanted in [vec![3, 2], vec![4, 4], vec![every.tokens()]] {
            let batch = PackedBatch {
                wanted,
                ..words.clone()
            };
            assert!(classifier.scores(&batch).is_err());
        }
    }
}

#[test]
fn a_stream_gives_the_same_in_order_and_errors_in_their_place() {
    #[derive(Debug)]
    enum Fault {
        Source(usize),
        Model,
    }
    impl From<nomenclator::model::ModelError> for Fault {
        fn from(_: nomenclator::model::ModelError) -> Self {
            Fault::Model
        }
    }
    let pipeline = pipeline("tests/golden/uncased");
    let documents: Vec<Document> = (0..600)
        .map(|seed| Document {
            id: seed.to_string(),
            ..document(generated(seed, 20))
        })
        .collect();
    let alone = mentions(&pipeline, &documents, 1);
    let source = documents.into_iter().enumerate().map(|(index, document)| {
        if index % 100 == 99 {
            Err(Fault::Source(index))
        } else {
            Ok(document)
        }
    });
    for (index, tagged) in pipeline.tag_stream(source).enumerate() {
        match tagged {
            Ok(tagged) => {
                assert_eq!(tagged.document.id, index.to_string());
                assert!(tagged.mentions == alone[index]);
            }
            Err(Fault::Source(place)) => assert_eq!((place, index % 100), (index, 99)),
            Err(Fault::Model) => panic!("the native model does not fail"),
        }
    }
}

/// Tags a text the slow and obvious way: every step written anew, one window at a time.
struct Oracle {
    folder: ModelFolder,
    classifier: NativeClassifier,
    sub_words: tokenizers::Tokenizer,
    pattern: regex::Regex,
}

impl Oracle {
    fn new(path: &str) -> Self {
        let folder = ModelFolder::open(path).unwrap();
        let mut sub_words = tokenizers::Tokenizer::from_bytes(folder.tokenizer_json()).unwrap();
        sub_words.with_truncation(None).unwrap();
        sub_words.with_padding(None);
        Oracle {
            classifier: NativeClassifier::new(&folder, None).unwrap(),
            pattern: regex::Regex::new(&folder.config().feeding.word_pattern).unwrap(),
            sub_words,
            folder,
        }
    }

    fn mentions(&self, text: &str) -> Vec<Mention> {
        let feeding = &self.folder.config().feeding;
        let begin = self.sub_words.token_to_id("[CLS]").unwrap();
        let end = self.sub_words.token_to_id("[SEP]").unwrap();
        let mut words: Vec<Word> = self
            .pattern
            .find_iter(text)
            .map(|word| Word {
                span: word.range(),
                shape: CaseShape::of(word.as_str()),
            })
            .collect();
        for word in 1..words.len().max(1) - 1 {
            let glued = &text[words[word - 1].span.start..words[word + 1].span.end];
            if text[words[word].span.clone()] == *"-" && !glued.contains(char::is_whitespace) {
                words[word].shape = CaseShape::Joiner;
            }
        }
        let ids: Vec<Vec<u32>> = words
            .iter()
            .map(|word| {
                self.sub_words
                    .encode(vec![&text[word.span.clone()]], false)
                    .unwrap()
                    .get_ids()
                    .to_vec()
            })
            .collect();
        // All tokens of words `first..stop` between the special ones, and where each word begins.
        let window = |first: usize, stop: usize| {
            let (mut tokens, mut types, mut begins) = (vec![begin], vec![0], Vec::new());
            for word in first..stop {
                if feeding.line_break
                    && word > first
                    && text[words[word - 1].span.end..words[word].span.start].contains('\n')
                {
                    tokens.push(end);
                    types.push(0);
                }
                begins.push(tokens.len());
                for &id in &ids[word] {
                    tokens.push(id);
                    types.push(if feeding.case_shapes {
                        words[word].shape as u32
                    } else {
                        0
                    });
                }
            }
            tokens.push(end);
            types.push(0);
            (tokens, types, begins)
        };
        let length = |first: usize, stop: usize| window(first, stop).0.len();

        let labels = self.folder.labels().len();
        let mut logits = Array2::<f32>::zeros((words.len(), labels));
        let mut centrality: Vec<Option<usize>> = vec![None; words.len()];
        let mut first = 0;
        loop {
            let mut stop = first;
            while stop < words.len() && length(first, stop + 1) <= feeding.window {
                stop += 1;
            }
            let (tokens, types, begins) = window(first, stop);
            let bounds = vec![0, tokens.len()];
            let content = tokens.len() - 2;
            let batch = PackedBatch {
                token_ids: tokens,
                token_types: types,
                bounds,
                wanted: (0..content + 2).collect(),
            };
            let scores = self.classifier.scores(&batch).unwrap();
            for (word, token) in (first..stop).zip(begins) {
                let here = (token - 1).min(content - token);
                if centrality[word].is_none_or(|best| here > best) {
                    centrality[word] = Some(here);
                    logits.row_mut(word).assign(&scores.row(token));
                }
            }
            if stop == words.len() {
                break;
            }
            // The nearest start that shares enough tokens with this window.
            first = (first + 1..stop)
                .rev()
                .find(|&start| length(start, stop) - 2 >= feeding.overlap)
                .unwrap();
        }
        let decoder = Decoder::new(self.folder.labels().clone(), self.folder.config().calibration);
        let mut log_p = Array2::zeros(logits.dim());
        for word in 0..words.len() {
            decoder.log_probabilities(logits.row(word), log_p.slice_mut(s![word, ..]));
        }
        decoder.mentions(text, &words, &log_p)
    }
}

fn long_texts_agree_with_the_oracle(model: &str, texts: &[String]) {
    let oracle = Oracle::new(model);
    let pipeline = pipeline(model);
    for text in texts {
        let tagged = pipeline.tag(vec![document(text.as_str())]).unwrap();
        assert!(
            tagged[0].mentions == oracle.mentions(text),
            "{} bytes of {:.40}",
            text.len(),
            text
        );
    }
}

#[test]
fn long_texts_agree_with_the_oracle_on_the_shipped_model() {
    let mut texts = articles(4);
    texts.push(sentences(60).join("\n\n"));
    long_texts_agree_with_the_oracle("models/newswire", &texts);
}

#[test]
fn long_texts_agree_with_the_oracle_on_small_models() {
    let texts: Vec<String> = (0..12).map(|seed| generated(seed, 150 * (seed + 1))).collect();
    for model in ["uncased", "cased", "gamma-beta", "bare-f16"] {
        long_texts_agree_with_the_oracle(&format!("tests/golden/{model}"), &texts);
    }
}
