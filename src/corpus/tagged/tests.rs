use std::fs;
use std::io::Write;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use arrow_array::{ArrayRef, RecordBatch, StringArray};

use super::*;

const LINE: &str = r#"{"schema":1,"id":"a","text":"Seoul","mentions":[]}"#;

fn read_bytes(name: &str, bytes: &[u8], limits: &Limits) -> Vec<Located> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    read_within(&path, None, limits).unwrap().collect()
}

/// Texts in order, and of what is none the line, the offset and the reason.
fn told(records: Vec<Located>) -> Vec<String> {
    let tell = |record: Located| match record {
        Ok((_, line)) => line.text.unwrap(),
        Err(Rejection {
            line, offset, reason, ..
        }) => format!("{line:?} {offset:?} {reason}"),
    };
    records.into_iter().map(tell).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn lines_and_texts_that_are_too_long_are_passed_over() {
    let limits = Limits {
        line: 100,
        document: 8,
        nesting: 3,
        ..Limits::default()
    };
    let with = |from: &str, to: &str| LINE.replace(from, to);
    let lines = [
        LINE.to_owned(),
        with("\"a\"", &format!("\"{}\"", "x".repeat(100))),
        with("Seoul", "Seoul Busan"),
        with("}", ",\"n\":[[1]]}"),
        String::new(),
        with("}", ",\"n\":[[[1]]]}"),
        with("Seoul", "Busan"),
    ];
    let file = format!("\u{feff}{}", lines.join("\r\n"));
    let starts: Vec<usize> = lines
        .iter()
        .map(|line| file.find(line.as_str()).unwrap())
        .collect();
    assert_eq!(
        told(read_bytes("a.jsonl", file.as_bytes(), &limits)),
        [
            "Seoul".to_owned(),
            format!(
                "Some(2) Some({}) a line of 151 bytes: expected at most 100",
                starts[1]
            ),
            format!(
                "Some(3) Some({}) the text has 11 bytes: expected at most 8",
                starts[2]
            ),
            "Seoul".to_owned(),
            format!(
                "Some(6) Some({}) \"n\" nests too deep: expected at most 3 objects and arrays inside each other",
                starts[5]
            ),
            "Busan".to_owned(),
        ]
    );
}

#[test]
fn a_conll_line_that_cannot_be_read_spoils_its_document_alone() {
    let limits = Limits {
        line: 100,
        document: 12,
        ..Limits::default()
    };
    let documents: [&[u8]; 7] = [
        b"Seoul B-LOC\r\n\r\nBusan I-LOC\r\n",
        b"Seoul LOC\nBusan B-LOC\n",
        b"Se\xFFul O\n",
        b"Kim B-PER\nalone\n",
        format!("{} O\n", "x".repeat(120)).leak().as_bytes(),
        b"Seoul B-LOC\nand O\nBusan B-LOC\n",
        b"Oslo O\n",
    ];
    let file = documents.join(&b"-DOCSTART- O\n\n"[..]);
    let starts =
        |number: usize| documents[..number].concat().len() + (number - 1) * b"-DOCSTART- O\n\n".len();
    let rejected =
        |line: u64, number: usize, reason: &str| format!("Some({line}) Some({}) {reason}", starts(number));
    assert_eq!(
        told(read_bytes("a.conll", &file, &limits)),
        [
            "Seoul\nBusan\n".to_owned(),
            rejected(
                4,
                1,
                "line 6: 'LOC' is no label: expected O, or B- or I- and a name"
            ),
            rejected(
                8,
                2,
                &format!(
                    "line 10: not UTF-8 at byte {} (0xFF): expected UTF-8 text",
                    starts(2) + 16
                )
            ),
            rejected(11, 3, "line 14: no word with a label: expected both"),
            rejected(15, 4, "line 17: a line of 123 bytes: expected at most 100"),
            rejected(
                18,
                5,
                "line 22: the text has more than 12 bytes: expected at most that"
            ),
            "Oslo\n".to_owned(),
        ]
    );
}

#[test]
fn a_stream_that_is_cut_or_grows_without_end_is_told() {
    let lines = format!("{LINE}\n").repeat(20_000);
    let stored = gzip(lines.as_bytes());
    let read = told(read_bytes(
        "a.jsonl.gz",
        &stored[..stored.len() - 9],
        &Limits::default(),
    ));
    let (last, texts) = read.split_last().unwrap();
    assert!(texts.len() > 1000 && texts.iter().all(|text| text == "Seoul"));
    assert!(
        last.starts_with(&format!("Some({}) Some(", texts.len() + 1))
            && last.contains("the gzip stream ends too early, after "),
        "{last}"
    );

    let words = "-DOCSTART- O\n\nSeoul O\n".repeat(20_000);
    let stored = gzip(words.as_bytes());
    let read = told(read_bytes(
        "a.conll",
        &stored[..stored.len() - 9],
        &Limits::default(),
    ));
    let (last, texts) = read.split_last().unwrap();
    assert!(texts.len() > 1000 && texts.iter().all(|text| text == "Seoul\n"));
    assert!(last.contains("the gzip stream ends too early, after "), "{last}");

    let limits = Limits {
        ratio: 100,
        ..Limits::default()
    };
    let spaces = gzip(&[LINE.as_bytes(), b"\n", &vec![b' '; 20 << 20][..]].concat());
    let read = told(read_bytes("a.jsonl", &spaces, &limits));
    assert_eq!((read.len(), read[0].as_str()), (2, "Seoul"));
    assert!(read[1].contains("more than 100 times its size"), "{}", read[1]);
}

#[test]
fn what_is_no_such_file_is_told_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.parquet"), "PAR1 and no more").unwrap();
    fs::write(at("a.jsonl.gz"), "no gzip, but words").unwrap();
    fs::write(at("a.txt"), "Seoul").unwrap();
    let error = |name: &str, format| {
        let Err(error) = read_located(&at(name), format) else {
            panic!("{name} opened");
        };
        error.to_string()
    };
    for (name, format, expected) in [
        ("missing.jsonl", None, "expected a readable file"),
        ("a.parquet", None, "a.parquet: no Parquet file ("),
        (
            "a.jsonl.gz",
            None,
            "a.jsonl.gz: the gzip stream is damaged after 0 decompressed bytes",
        ),
        ("a.txt", None, "a.txt: not in a format that is known here"),
        (
            "a.txt",
            Some(TaggedFormat::Brat),
            "expected a folder that can be read",
        ),
        ("", None, "not in a format that is known here"),
    ] {
        let error = error(name, format);
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn a_folder_for_brat_keeps_to_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (name, text) in [("a", "\u{feff}Seoul"), ("b", "Seoul and Busan"), ("d", "Oslo")] {
        fs::write(at(&format!("{name}.txt")), text).unwrap();
        fs::write(at(&format!("{name}.ann")), "T1\tLOC 1 3\tx\n").unwrap();
    }
    fs::write(at("c.txt"), b"Se\xFFul").unwrap();
    fs::write(at("c.ann"), "").unwrap();
    fs::create_dir(at("d.json")).unwrap();
    let limits = Limits {
        document: 10,
        ..Limits::default()
    };
    let read = told(read_within(folder.path(), None, &limits).unwrap().collect());
    assert_eq!(
        read,
        [
            // A byte order mark is a character to brat.
            "\u{feff}Seoul",
            "None None the text has 15 bytes: expected at most 10",
            "None Some(2) not UTF-8 at byte 2 (0xFF): expected UTF-8 text",
            "None None not a regular file: expected one of UTF-8 text",
        ]
    );
}

#[test]
fn another_program_s_parquet_is_no_panic() {
    let columns = |names: &[&str]| -> Vec<u8> {
        let column = |name: &&str| {
            let values: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None]));
            ((*name).to_owned(), values)
        };
        let batch = RecordBatch::try_from_iter(names.iter().map(column)).unwrap();
        let mut file = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        file
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    fs::write(&path, columns(&["id", "text"])).unwrap();
    let Err(error) = read_located(&path, None) else {
        panic!("it has no mentions");
    };
    assert!(
        error
            .to_string()
            .ends_with("a.parquet: no column \"mentions\": expected a file as `nomenclator tag` writes it")
    );
    let read = told(read_bytes(
        "a.parquet",
        &columns(&["id", "mentions"]),
        &Limits::default(),
    ));
    assert_eq!(
        read,
        [
            "Some(1) None invalid type: string \"x\", expected a sequence: expected a tagged document",
            "Some(2) None \"id\": expected a string or an integer: expected a tagged document",
        ]
    );
}
