//! Each stage on its own, and the whole way of a document, on the model that ships.
//!
//! One thread, so that figures compare between machines; `whole` also on all threads. Throughput is in bytes of text for
//! stages that read text, and in tokens for those that read windows.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use nomenclator::batch::{PackedBatch, TOKEN_BUDGET, plan};
use nomenclator::decode::Decoder;
use nomenclator::document::Document;
use nomenclator::model::TokenClassifier;
use nomenclator::model::folder::ModelFolder;
use nomenclator::model::native::NativeClassifier;
use nomenclator::pipeline::Pipeline;
use nomenclator::tokenize::Tokenizer;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Our own, in wire style.
const ARTICLE: &str = "TALLINN, May 6 — Estonia’s Foreign Ministry said on Tuesday that Minister Kadri Saarmets would \
travel to Geneva and New York next week for talks with the U.N. Security Council and the World Health Organization.\n\n\
“We’ll discuss the Baltic-Nordic accord with our partners,” Saarmets told reporters. Finland, Sweden and the European \
Commission have backed the plan, which would cost €1.2 billion over 10 years.\n\nRussia's Defense Ministry did not \
respond to a request for comment. Moscow has called the accord “a provocation”; the Pentagon declined to say whether \
U.S. forces would take part.\n\nThe Riigikogu, Estonia's parliament, is to vote on June 12.";

fn thread_pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads start")
}

fn stages(criterion: &mut Criterion) {
    let folder = ModelFolder::open("models/newswire").expect("the model loads");
    let tokenizer = Tokenizer::new(&folder).expect("its tokenizer loads");
    let classifier = NativeClassifier::new(&folder, None).expect("its weights load");
    let tokenized = tokenizer.tokenize(ARTICLE).expect("the article is text");
    let lengths: Vec<usize> = tokenized
        .windows
        .iter()
        .map(|window| window.token_ids.len())
        .collect();
    let article_tokens: usize = lengths.iter().sum();

    let mut group = criterion.benchmark_group("tokenize");
    group.throughput(Throughput::Bytes(ARTICLE.len() as u64));
    group.bench_function("article", |bencher| {
        bencher.iter(|| tokenizer.tokenize(black_box(ARTICLE)))
    });
    group.finish();

    let copies = TOKEN_BUDGET / article_tokens;
    let mut group = criterion.benchmark_group("batch");
    let windows: Vec<_> = (0..64 * copies)
        .map(|copy| &tokenized.windows[copy % lengths.len()])
        .collect();
    let window_lengths: Vec<usize> = windows.iter().map(|window| window.token_ids.len()).collect();
    group.throughput(Throughput::Elements(window_lengths.iter().sum::<usize>() as u64));
    group.bench_function("plan and pack", |bencher| {
        bencher.iter(|| {
            let batches = plan(black_box(&window_lengths), 1);
            let pack = |batch: &Vec<usize>| PackedBatch::pack(batch.iter().map(|&window| windows[window]));
            batches.iter().map(pack).collect::<Vec<_>>()
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("encode");
    group.sample_size(10);
    for copies in [1, copies] {
        let batch = PackedBatch::pack(std::iter::repeat_n(&tokenized.windows, copies).flatten());
        group.throughput(Throughput::Elements(batch.tokens() as u64));
        group.bench_function(format!("{} tokens", batch.tokens()), |bencher| {
            bencher.iter(|| classifier.scores(black_box(&batch)));
        });
    }
    group.finish();

    let decoder = Decoder::new(folder.labels().clone(), folder.config().calibration);
    let mut log_p = Array2::from_shape_fn((tokenized.words.len(), folder.labels().len()), |(word, label)| {
        ((word * 31 + label * 17) % 13) as f32
    });
    log_p.rows_mut().into_iter().for_each(|mut row| {
        let logits = row.to_owned();
        decoder.log_probabilities(logits.view(), row.view_mut());
    });
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(tokenized.words.len() as u64));
    group.bench_function("article", |bencher| {
        bencher.iter(|| decoder.mentions(ARTICLE, &tokenized.words, black_box(&log_p)))
    });
    group.finish();

    let pipeline = Pipeline::new(&folder, tokenizer, Box::new(classifier));
    let document = Document {
        text: ARTICLE.to_owned(),
        ..Document::default()
    };
    let documents = vec![document; 64];
    let mut group = criterion.benchmark_group("whole");
    group.sample_size(10);
    group.throughput(Throughput::Bytes((documents.len() * ARTICLE.len()) as u64));
    for threads in [1, std::thread::available_parallelism().map_or(1, usize::from)] {
        let threads_pool = thread_pool(threads);
        group.bench_function(format!("64 articles, {threads} threads"), |bencher| {
            bencher.iter(|| threads_pool.install(|| pipeline.tag(black_box(documents.clone()))));
        });
    }
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
