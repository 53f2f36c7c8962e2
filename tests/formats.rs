//! The same documents in every input format, what is no document, and files with random damage.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray, TimestampNanosecondArray,
};
use flate2::write::GzEncoder;
use nomenclator::corpus::{
    Fields, InputFormat, Inputs, Limits, Pace, ReadOptions, Rejection, Selection, parse_line,
};
use nomenclator::document::Document;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};
use tempfile::TempDir;

mod damage;

use damage::{Numbers, damage};

/// Forty documents with all that is troublesome in texts.
fn documents() -> Vec<Document> {
    let troubles = [
        "The ministers of Norway and Chile met in Oslo.",
        "",
        "Line one\nline two\r\nline three\rline four\n",
        "He said: \"No, 'never', he said \"\"twice\"\".\"",
        "Čeština, Ελληνικά, 日本語, العربية, 🙂🇳🇴👩‍🚀 e\u{301}",
        "a,b;c\td|e\\n \\u0041 \\",
        " leading and trailing spaces \t",
        "\u{2028}\u{85}\u{0}\u{1b}[2J \u{202e}turned",
    ];
    (0..40)
        .map(|n| {
            let trouble = troubles[n % troubles.len()];
            let text = match n / troubles.len() {
                0 => trouble.to_owned(),
                4 if n == 39 => format!("{trouble} {}", "Peru signed the treaty. ".repeat(20_000)),
                times => format!("{trouble}{}", format!(" {n}, {trouble}").repeat(times)),
            };
            let date = ["2024-10-29", "2023-02", "1999"][n % 3];
            Document {
                id: format!("doc \"{n}\", é"),
                text,
                date: (n % 4 > 0).then(|| date.parse().unwrap()),
                title: (n % 5 > 0).then(|| format!("Title, \"{n}\"\n{trouble}.")),
                source: (n % 2 > 0).then(|| format!("Wire {n}\t🙂")),
                ..Document::default()
            }
        })
        .collect()
}

fn jsonl(documents: &[Document]) -> Vec<u8> {
    let line = |document: &Document| {
        let date = document.date.map(|date| date.to_string());
        let line = json!({"text": document.text, "id": document.id, "date": date, "title": document.title,
            "source": document.source});
        format!("{line}\n")
    };
    documents.iter().map(line).collect::<String>().into_bytes()
}

fn table(documents: &[Document], delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(Vec::new());
    writer
        .write_record(["id", "date", "text", "title", "source"])
        .unwrap();
    for document in documents {
        let date = document.date.map(|date| date.to_string()).unwrap_or_default();
        let [title, source] =
            [&document.title, &document.source].map(|value| value.as_deref().unwrap_or_default());
        writer
            .write_record([&document.id, &date, &document.text, title, source])
            .unwrap();
    }
    writer.into_inner().unwrap()
}

fn strings<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn parquet_of(columns: Vec<(&str, ArrayRef)>, compression: Compression) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(16))
        .build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

fn parquet(documents: &[Document], compression: Compression) -> Vec<u8> {
    let dates: Vec<_> = documents
        .iter()
        .map(|document| document.date.map(|date| date.to_string()))
        .collect();
    let columns = vec![
        (
            "id",
            strings(documents.iter().map(|document| Some(document.id.as_str()))),
        ),
        ("date", strings(dates.iter().map(Option::as_deref))),
        (
            "text",
            strings(documents.iter().map(|document| Some(document.text.as_str()))),
        ),
        (
            "title",
            strings(documents.iter().map(|document| document.title.as_deref())),
        ),
        (
            "source",
            strings(documents.iter().map(|document| document.source.as_deref())),
        ),
    ];
    parquet_of(columns, compression)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

type Item = Result<Document, Rejection>;

fn read_with(path: &Path, options: &ReadOptions) -> Vec<Item> {
    let inputs = Inputs::find(&[path], &Selection::default()).unwrap();
    inputs.read(options.clone(), Arc::default()).collect()
}

fn options(format: InputFormat) -> ReadOptions {
    ReadOptions {
        format,
        ..ReadOptions::default()
    }
}

fn read(folder: &Path, name: &str, bytes: &[u8]) -> Vec<Item> {
    read_with(&write(folder, name, bytes), &ReadOptions::default())
}

fn whole(items: Vec<Item>) -> Vec<Document> {
    items.into_iter().collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_same_documents_in_every_format() {
    let (folder, expected) = (tempfile::tempdir().unwrap(), documents());
    let folder = folder.path();
    for (name, bytes) in [
        ("a.jsonl", jsonl(&expected)),
        ("a.csv", table(&expected, b',')),
        ("a.tsv", table(&expected, b'\t')),
    ] {
        assert_eq!(whole(read(folder, name, &bytes)), expected, "{name}");
        let marked = [b"\xEF\xBB\xBF", bytes.as_slice()].concat();
        assert_eq!(
            whole(read(folder, name, &marked)),
            expected,
            "{name} with a byte order mark"
        );
        // Of several members or frames, and with the cut in the middle of a character.
        let cut = bytes.iter().position(|&byte| byte == 0xC3).unwrap() + 1;
        let members = [gzip(&bytes[..cut]), gzip(&bytes[cut..])].concat();
        assert_eq!(
            whole(read(folder, &format!("{name}.gz"), &members)),
            expected,
            "{name}.gz"
        );
        let frames = [zst(&bytes[..cut]), zst(&bytes[cut..])].concat();
        assert_eq!(
            whole(read(folder, &format!("{name}.zst"), &frames)),
            expected,
            "{name}.zst"
        );
    }
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::ZSTD(Default::default()),
        Compression::BROTLI(Default::default()),
        Compression::LZ4_RAW,
    ] {
        let file = parquet(&expected, compression);
        assert_eq!(
            whole(read(folder, "a.parquet", &file)),
            expected,
            "{compression:?}"
        );
    }
}

#[test]
fn the_same_texts_a_file_each_and_a_line_each() {
    let expected = documents();
    type Compressed = fn(&[u8]) -> Vec<u8>;
    let plain: Compressed = <[u8]>::to_vec;
    for (extension, compress) in [("txt", plain), ("txt.gz", gzip), ("txt.zst", zst)] {
        let folder = tempfile::tempdir().unwrap();
        for (n, document) in expected.iter().enumerate() {
            write(
                folder.path(),
                &format!("{n:02}.{extension}"),
                &compress(document.text.as_bytes()),
            );
        }
        let inputs = Inputs::find(&[folder.path()], &Selection::default()).unwrap();
        let (places, total, pace) = (inputs.places(), inputs.total_bytes(), Arc::new(Pace::default()));
        let read = whole(inputs.read(ReadOptions::default(), Arc::clone(&pace)).collect());
        assert!(
            read.iter()
                .map(|document| &document.text)
                .eq(expected.iter().map(|document| &document.text))
        );
        assert!(read.iter().map(|document| &document.id).eq(&places));
        assert_eq!(Some(pace.bytes_read()), total);
    }
    let folder = tempfile::tempdir().unwrap();
    let is_line = |text: &&str| !text.contains(['\n', '\r']) && !text.trim().is_empty();
    let lines: Vec<&str> = expected
        .iter()
        .map(|document| document.text.as_str())
        .filter(is_line)
        .collect();
    assert!(lines.len() > 20);
    for (end, name) in [("\n", "a.txt"), ("\r\n", "a.txt"), ("\n\n", "a.txt.gz")] {
        let bytes = lines.join(end).into_bytes();
        let bytes = if name.ends_with("gz") { gzip(&bytes) } else { bytes };
        let path = write(folder.path(), name, &bytes);
        let read = whole(read_with(&path, &options(InputFormat::Lines)));
        assert!(
            read.iter()
                .map(|document| document.text.as_str())
                .eq(lines.iter().copied()),
            "{end:?}"
        );
        let second = if end == "\n\n" { 3 } else { 2 };
        assert_eq!(read[1].id, format!("{}:{second}", path.display()));
    }
}

#[test]
fn a_stream_says_itself_how_it_is_compressed() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("a", gzip(b"Lima")),
        ("b.dat", zst(b"Lima")),
        ("c", b"Lima".to_vec()),
    ] {
        assert_eq!(whole(read(folder.path(), name, &bytes))[0].text, "Lima", "{name}");
    }
}

#[test]
fn other_columns_come_through_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let mut tags = ListBuilder::new(StringBuilder::new());
    tags.append_value([Some("a"), None]);
    tags.append_null();
    let part: ArrayRef = Arc::new(Int64Array::from(vec![i64::MIN, 2]));
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "body",
            Arc::new(BinaryArray::from(vec![b"Quito".as_slice(), b"La Paz"])),
        ),
        ("id", Arc::new(Int64Array::from(vec![7, 8]))),
        ("day", Arc::new(Date32Array::from(vec![Some(20_025), None]))),
        (
            "seen",
            Arc::new(TimestampMicrosecondArray::from(vec![1_730_000_000_500_000, 0]).with_timezone("UTC")),
        ),
        ("nano", Arc::new(TimestampNanosecondArray::from(vec![1, 0]))),
        ("score", Arc::new(Float64Array::from(vec![0.1, f64::NAN]))),
        (
            "raw",
            Arc::new(BinaryArray::from(vec![b"\xFF\x00".as_slice(), b""])),
        ),
        ("tags", Arc::new(tags.finish())),
        (
            "part",
            Arc::new(StructArray::try_from(vec![("n", part)]).unwrap()),
        ),
        ("text", strings([Some("not this"), None].into_iter())),
    ];
    let path = write(
        folder.path(),
        "a.parquet",
        &parquet_of(columns, Compression::UNCOMPRESSED),
    );
    let mut options = ReadOptions {
        fields: Fields {
            text: "body".to_owned(),
            date: "day".to_owned(),
            ..Fields::default()
        },
        ..ReadOptions::default()
    };
    let read = whole(read_with(&path, &options));
    let extra = |document: &Document| -> Value {
        let fields = document.extra.iter();
        fields
            .map(|(name, json)| (name.clone(), serde_json::from_str::<Value>(json).unwrap()))
            .collect()
    };
    assert_eq!((read[0].id.as_str(), read[0].text.as_str()), ("7", "Quito"));
    assert_eq!(read[0].date.unwrap().to_string(), "2024-10-29");
    assert_eq!(
        extra(&read[0]),
        json!({"id": 7, "seen": "2024-10-27T03:33:20.500Z", "nano": "1970-01-01T00:00:00.000000001",
            "score": 0.1, "raw": "/wA=", "tags": ["a", null], "part": {"n": i64::MIN}, "text": "not this"})
    );
    assert_eq!((read[1].date, &extra(&read[1])["score"]), (None, &Value::Null));
    // A timestamp is a date too.
    options.fields.date = "seen".to_owned();
    assert_eq!(
        whole(read_with(&path, &options))[0].date.unwrap().to_string(),
        "2024-10-27"
    );

    let csv = b"id,body,url,text\n,Quito,http://a,\"say \"\"x\"\"\"\n";
    let read = whole(read_with(&write(folder.path(), "a.csv", csv), &options));
    assert!(read[0].id.ends_with("a.csv:2"));
    assert_eq!(extra(&read[0]), json!({"url": "http://a", "text": "say \"x\""}));
    // An "id" that is not the documents' own would be written as theirs.
    options.fields.id = "url".to_owned();
    let read = whole(read_with(
        &write(folder.path(), "b.csv", b"id,body,url\n5,Quito,u\n"),
        &options,
    ));
    assert_eq!((read[0].id.as_str(), extra(&read[0])), ("u", json!({})));
}

/// A rejection's line, offset and reason.
type Told<T> = (Option<u64>, Option<u64>, T);

/// The texts, and the rejections.
fn outcome(items: Vec<Item>) -> (Vec<String>, Vec<Told<String>>) {
    let (mut texts, mut rejections) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Ok(document) => texts.push(document.text),
            Err(rejection) => rejections.push((rejection.line, rejection.offset, rejection.reason)),
        }
    }
    (texts, rejections)
}

#[test]
fn what_is_no_document_is_told_with_its_place_and_reading_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = ReadOptions::default();
    small.limits.line = 40;
    small.limits.document = 30;
    let lines = ReadOptions {
        format: InputFormat::Lines,
        ..small.clone()
    };
    let short = ReadOptions {
        limits: Limits {
            document: 30,
            ..Limits::default()
        },
        ..ReadOptions::default()
    };
    let long = "x".repeat(50);
    let bad_lines = format!("{{\"text\":\"a\"}}\n{long}\n{{\"text\":\"\n{{\"text\":\"b\"}}\n");
    let csv = format!("text,id\na,1\nb\n\n\"c\nd\",3\n{long},4\ne,5,6\nf,7\n\"g,8\nh,9\n");
    // Name, contents, options, texts and rejections.
    type Case<'a> = (
        &'a str,
        Vec<u8>,
        &'a ReadOptions,
        &'a [&'a str],
        &'a [Told<&'a str>],
    );
    let cases: Vec<Case> = vec![
        (
            "a.jsonl",
            bad_lines.into_bytes(),
            &small,
            &["a", "b"],
            &[
                (Some(2), Some(13), "a line of 51 bytes: expected at most 40"),
                (Some(3), Some(64), "EOF while parsing a string"),
            ],
        ),
        (
            "b.jsonl",
            b"\xEF\xBB\xBF\n{\"text\":\"\xFF\"}\n{\"text\":\"b\"}".to_vec(),
            &small,
            &["b"],
            &[(Some(2), Some(13), "not UTF-8 at byte 13 (0xFF)")],
        ),
        (
            "c.jsonl",
            b"{\"text\":\"1234567890123456789012345678901\"}".to_vec(),
            &short,
            &[],
            &[(Some(1), Some(0), "the text has 31 bytes: expected at most 30")],
        ),
        (
            "d",
            b"ab\n\xC3\ncd\n1234567890123456789012345678901\nef".to_vec(),
            &lines,
            &["ab", "cd", "ef"],
            &[
                (Some(2), Some(3), "not UTF-8 at byte 3 (0xC3)"),
                (Some(4), Some(8), "a line of 32 bytes: expected at most 30"),
            ],
        ),
        (
            "e.txt",
            long.clone().into_bytes(),
            &small,
            &[],
            &[(None, None, "the text has 50 bytes: expected at most 30")],
        ),
        (
            "e.txt.gz",
            gzip(long.as_bytes()),
            &small,
            &[],
            &[(None, None, "more than 30 bytes")],
        ),
        (
            "f.txt",
            b"ab\xE9".to_vec(),
            &small,
            &[],
            &[(None, Some(2), "not UTF-8 at byte 2 (0xE9)")],
        ),
        (
            "g.csv",
            csv.into_bytes(),
            &small,
            &["a", "c\nd", "f"],
            &[
                (Some(3), Some(12), "1 fields: expected 2"),
                (Some(7), Some(23), "a record of 53 bytes: expected at most 40"),
                (Some(8), Some(76), "3 fields: expected 2"),
                (Some(10), Some(86), "a quote that never closes"),
            ],
        ),
        (
            "h.csv",
            b"id,text\r\n1,\xC3\xA9\r\n2,\xC3\r\n3,b".to_vec(),
            &small,
            &["é", "b"],
            &[(Some(3), Some(17), "not UTF-8 at byte 17 (0xC3)")],
        ),
        (
            "i.csv",
            b"id,body\n1,2\n".to_vec(),
            &small,
            &[],
            &[(
                Some(1),
                Some(0),
                "no column \"text\": expected it among the columns, which are \"id\", \"body\"",
            )],
        ),
        (
            "j.csv",
            b"date,text\nsoon,a\n,b\n2024-10-29T10:00:00Z,c\n".to_vec(),
            &small,
            &["b", "c"],
            &[(Some(2), Some(10), "\"date\": 'soon' is not a date")],
        ),
        (
            "k.parquet",
            b"PAR1 and no more PAR1".to_vec(),
            &small,
            &[],
            &[(None, None, "no Parquet file")],
        ),
        (
            "l.parquet",
            parquet_of(vec![("n", strings([Some("a")].into_iter()))], Compression::SNAPPY),
            &small,
            &[],
            &[(
                None,
                None,
                "no column \"text\": expected it among the columns, which are \"n\"",
            )],
        ),
        (
            "m.parquet",
            parquet_of(
                vec![("text", Arc::new(Int64Array::from(vec![1])))],
                Compression::SNAPPY,
            ),
            &small,
            &[],
            &[(None, None, "column \"text\" holds Int64: expected strings")],
        ),
        (
            "n.parquet",
            parquet_of(
                vec![(
                    "text",
                    Arc::new(BinaryArray::from(vec![
                        Some(b"a".as_slice()),
                        Some(b"\xFF"),
                        None,
                        Some(long.as_bytes()),
                        Some(b"b"),
                    ])),
                )],
                Compression::SNAPPY,
            ),
            &small,
            &["a", "b"],
            &[
                (Some(2), None, "\"text\": not UTF-8 at byte 0 of the value"),
                (Some(3), None, "\"text\": null: expected a string"),
                (
                    Some(4),
                    None,
                    "\"text\": the text has 50 bytes: expected at most 30",
                ),
            ],
        ),
        (
            "o.jsonl.gz",
            b"no gzip at all".to_vec(),
            &small,
            &[],
            &[(None, Some(0), "the gzip stream is damaged")],
        ),
        (
            "p.jsonl.zst",
            b"no zstd at all".to_vec(),
            &small,
            &[],
            &[(None, Some(0), "the zstd stream is damaged")],
        ),
    ];
    for (name, bytes, options, texts, told) in cases {
        let (read, rejections) = outcome(read_with(&write(folder.path(), name, &bytes), options));
        assert_eq!(read, texts, "{name}: {rejections:?}");
        assert_eq!(rejections.len(), told.len(), "{name}: {rejections:?}");
        for ((line, offset, reason), told) in rejections.iter().zip(told) {
            assert_eq!((*line, *offset), (told.0, told.1), "{name}: {reason}");
            assert!(reason.contains(told.2), "{name}: {reason}");
        }
    }
}

#[test]
fn a_string_that_is_no_utf8_spoils_its_own_row_alone() {
    // A writer of strings checks them: the wrong byte is put in afterwards.
    let texts = ["alpha", "brX", "gamma"];
    let columns = vec![("text", strings(texts.iter().copied().map(Some)))];
    let mut file = parquet_of(columns, Compression::UNCOMPRESSED);
    while let Some(at) = file.windows(3).position(|bytes| bytes == b"brX") {
        file[at + 2] = 0xFF;
    }
    let folder = tempfile::tempdir().unwrap();
    let (read, rejections) = outcome(read(folder.path(), "a.parquet", &file));
    assert_eq!(read, ["alpha", "gamma"]);
    assert_eq!(rejections.len(), 1);
    assert_eq!(rejections[0].0, Some(2));
    assert!(
        rejections[0].2.contains("not UTF-8 at byte 2 of the value"),
        "{}",
        rejections[0].2
    );
}

#[test]
fn a_damaged_row_group_costs_its_rows_and_no_more() {
    let texts: Vec<String> = (0..48).map(|n| format!("text number {n:02} of all")).collect();
    let columns = || vec![("text", strings(texts.iter().map(|text| Some(text.as_str()))))];
    let mut file = parquet_of(columns(), Compression::ZSTD(Default::default()));
    // The magic number of the second row group's first page.
    let magics: Vec<usize> = (0..file.len() - 4)
        .filter(|&at| file[at..at + 4] == [0x28, 0xB5, 0x2F, 0xFD])
        .collect();
    assert!(magics.len() >= 3);
    let second = magics[magics.len() / 3];
    file[second] = 0;
    let folder = tempfile::tempdir().unwrap();
    let (read, rejections) = outcome(read(folder.path(), "a.parquet", &file));
    assert!(read.iter().eq(texts[..16].iter().chain(&texts[32..])));
    assert_eq!(rejections.len(), 1);
    assert!(
        rejections[0].0 == Some(17) && rejections[0].2.contains("damaged"),
        "{rejections:?}"
    );
}

#[test]
fn what_ends_too_early_gives_what_came_before_and_the_next_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..20_000u32)
        .flat_map(|n| format!("{{\"text\":\"{n} {}\"}}\n", n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect();
    for (n, (name, compressed)) in [("a.jsonl.gz", gzip(&bytes)), ("b.jsonl.zst", zst(&bytes))]
        .into_iter()
        .enumerate()
    {
        let folder = folder.path().join(n.to_string());
        fs::create_dir(&folder).unwrap();
        write(&folder, name, &compressed[..compressed.len() - 20]);
        write(&folder, "c.txt", b"next");
        let inputs = Inputs::find(&[&folder], &Selection::default()).unwrap();
        let items: Vec<Item> = inputs.read(ReadOptions::default(), Arc::default()).collect();
        let documents = items.iter().filter(|item| item.is_ok()).count();
        let rejection = items[items.len() - 2].as_ref().unwrap_err();
        assert_eq!(documents, items.len() - 1, "{name}");
        assert_eq!(
            rejection.line,
            Some(items.len() as u64 - 1),
            "{name}: {rejection}"
        );
        assert!(
            rejection.reason.contains("ends too early, after"),
            "{name}: {rejection}"
        );
        assert_eq!(items.last().unwrap().as_ref().unwrap().text, "next");
        assert!(
            name.starts_with('b') && documents > 9_000 || documents > 15_000,
            "{name}: {documents}"
        );
    }
}

#[test]
fn what_decompresses_without_end_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let spaces = vec![b' '; 40 << 20];
    for (name, bytes) in [
        ("a.jsonl.gz", gzip(&spaces)),
        ("b.csv.zst", zst(&spaces)),
        ("c.txt.zst", zst(&spaces)),
    ] {
        let path = write(folder.path(), name, &bytes);
        let mut options = ReadOptions::default();
        options.limits.ratio = 100;
        let (texts, rejections) = outcome(read_with(&path, &options));
        assert!(texts.is_empty() && rejections.len() == 1, "{name}");
        assert!(
            rejections[0].2.contains("more than 100 times its size"),
            "{name}: {rejections:?}"
        );
        assert!(rejections[0].1.unwrap() < 17 << 20);
        if name == "c.txt.zst" {
            options.limits.ratio = 1 << 40;
            assert_eq!(whole(read_with(&path, &options))[0].text.len(), spaces.len());
        }
    }
}

#[test]
fn files_that_do_not_open_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let gone = write(folder.path(), "gone.txt", b"");
    write(folder.path(), "here.txt", b"here");
    let inputs = Inputs::find(&[folder.path()], &Selection::default()).unwrap();
    fs::remove_file(&gone).unwrap();
    fs::create_dir(&gone).unwrap();
    let (texts, rejections) = outcome(inputs.read(ReadOptions::default(), Arc::default()).collect());
    assert_eq!(texts, ["here"]);
    assert!(
        rejections[0].2.contains("expected a readable file"),
        "{rejections:?}"
    );
}

#[test]
fn damaged_files_of_every_format_are_read_to_their_end() {
    const EACH: usize = 2000;
    let folder: TempDir = tempfile::tempdir().unwrap();
    let documents = &documents()[..8];
    let (json, csv) = (jsonl(documents), table(documents, b','));
    let files = [
        ("a.txt", json.clone()),
        ("a.jsonl", json.clone()),
        ("a.csv", csv.clone()),
        ("a.tsv", table(documents, b'\t')),
        ("a.jsonl.gz", gzip(&json)),
        ("a.csv.zst", zst(&csv)),
        ("a.parquet", parquet(documents, Compression::SNAPPY)),
        ("b.parquet", parquet(documents, Compression::UNCOMPRESSED)),
    ];
    let mut numbers = Numbers(29);
    for (name, bytes) in files {
        let path = folder.path().join(name);
        let (mut read, mut rejected) = (0, 0);
        for _ in 0..EACH {
            let mut damaged = bytes.clone();
            damage(&mut damaged, &mut numbers);
            // A new file each time: some file systems flush one that is written over.
            drop(fs::remove_file(&path));
            File::create(&path).unwrap().write_all(&damaged).unwrap();
            let mut options = ReadOptions::default();
            if numbers.below(2) == 0 {
                options.limits.document = 100;
                options.limits.line = 300;
            }
            for (n, item) in read_with(&path, &options).into_iter().enumerate() {
                assert!(n < 10_000, "{name} does not end");
                match item {
                    Ok(_) => read += 1,
                    Err(rejection) => {
                        rejected += 1;
                        assert!(rejection.source.ends_with(name) && !rejection.reason.is_empty());
                    }
                }
            }
        }
        // It is the files that are damaged, not the test.
        assert!(
            rejected > EACH / 20 && (read > EACH / 20 || name.ends_with("parquet")),
            "{name}: {read}, {rejected}"
        );
    }
}

#[test]
fn a_line_reads_the_same_alone() {
    let line = r#"{"text":"Seoul","n":1}"#;
    let folder = tempfile::tempdir().unwrap();
    let read = whole(read(folder.path(), "a.jsonl", line.as_bytes()));
    assert_eq!(parse_line(line, read[0].id.clone()).unwrap(), read[0]);
}
