//! Every format read back to what was written, and outputs that were interrupted equal to those that were not.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use nomenclator::corpus::tagged::{self, TaggedFormat};
use nomenclator::document::{Document, Kind, Link, Mention, TaggedDocument, Via};
use nomenclator::output::brat::BratSink;
use nomenclator::output::conll::Conll;
use nomenclator::output::jsonl::JsonLines;
use nomenclator::output::pages::PagesSink;
use nomenclator::output::parquet::{GROUP_BYTES, GROUP_DOCUMENTS, ParquetOptions, ParquetSink};
use nomenclator::output::sink::{Mark, Sink};
use nomenclator::output::spacy::Spacy;
use nomenclator::output::{DocumentFormat, OffsetUnit};
use nomenclator::tokenize::WORD_PATTERN;
use nomenclator::tokenize::words::WordSegmenter;
use parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;

fn segmenter() -> WordSegmenter {
    WordSegmenter::new(WORD_PATTERN.trim_end()).unwrap()
}

fn written(documents: &[TaggedDocument], format: &dyn DocumentFormat) -> Vec<u8> {
    let mut into = Vec::new();
    for document in documents {
        format.write(document, &mut into).unwrap();
    }
    into
}

fn json_lines(documents: &[TaggedDocument]) -> String {
    let format = JsonLines {
        offsets: OffsetUnit::Char,
        text: true,
    };
    String::from_utf8(written(documents, &format)).unwrap()
}

fn read(path: &Path, format: Option<TaggedFormat>) -> Vec<TaggedDocument> {
    let documents = tagged::read(path, format).unwrap();
    documents.map(|document| document.unwrap()).collect()
}

fn drain(mut sink: Box<dyn Sink>, documents: &[TaggedDocument]) {
    for document in documents {
        sink.write(document).unwrap();
    }
    sink.finish().unwrap();
}

const OPTIONS: ParquetOptions = ParquetOptions {
    offsets: OffsetUnit::Char,
    text: true,
};

fn parquet(path: &Path, mark: Option<&Mark>) -> Box<dyn Sink> {
    Box::new(ParquetSink::open(path, OPTIONS, mark).unwrap())
}

fn brat(path: &Path, mark: Option<&Mark>) -> Box<dyn Sink> {
    Box::new(BratSink::open(path, mark).unwrap())
}

fn pages(path: &Path, mark: Option<&Mark>) -> Box<dyn Sink> {
    Box::new(PagesSink::open(path, "nomenclator <0>".to_owned(), mark).unwrap())
}

fn link(id: Option<&str>, kind: Kind, name: &str, via: Via) -> Link {
    Link {
        id: id.map(Into::into),
        kind,
        name: name.into(),
        country: (kind != Kind::Agency).then(|| "KR".into()),
        role: (kind == Kind::Official).then(|| "Minister\tof \"Ports\"".into()),
        via,
        confidence: 0.812_34,
    }
}

fn mention(text: &str, surface: &str, label: &str, link: Option<Link>) -> Mention {
    let link = link.map(Box::new);
    let start = text.find(surface).unwrap();
    Mention {
        span: start..start + surface.len(),
        label: label.into(),
        score: 0.987_65,
        link,
    }
}

/// Documents with what is awkward in each format.
fn awkward() -> Vec<TaggedDocument> {
    let text = "Seoul 🙂 said\r\nKim\nIl Sung met Minister Ann Hale\u{2028}of Ports; the U.N.  agreed\t\u{1b}[2J\u{1f}x\n\n";
    let full = TaggedDocument {
        document: Document {
            id: "12345678901234567890123".to_owned(),
            text: text.to_owned(),
            date: Some("2024-10".parse().unwrap()),
            title: Some("A \"title\"\u{202e}".to_owned()),
            source: Some("wire & co".to_owned()),
            extra: vec![
                ("n".into(), "1.10".into()),
                ("id".into(), "12345678901234567890123".into()),
                ("deep".into(), r#"{"a":[1, 2e400,"é"]}"#.into()),
            ],
        },
        mentions: vec![
            mention(
                text,
                "Seoul",
                "LOC",
                Some(link(Some("Q884"), Kind::Country, "South Korea", Via::Capital)),
            ),
            mention(text, "Kim\nIl Sung", "PER", None),
            mention(
                text,
                "Ann Hale\u{2028}of Ports",
                "PER",
                Some(link(None, Kind::Official, "Ann Hale", Via::Role)),
            ),
            mention(
                text,
                "U.N.",
                "ORG",
                Some(link(
                    Some("nom:un x"),
                    Kind::Agency,
                    "United Nations",
                    Via::InDocument,
                )),
            ),
        ],
        considerations: Vec::new(),
    };
    let empty = TaggedDocument {
        document: Document {
            id: "../../x".to_owned(),
            ..Document::default()
        },
        mentions: Vec::new(),
        considerations: Vec::new(),
    };
    let plain = TaggedDocument {
        document: Document {
            id: String::new(),
            text: "Nobody.".to_owned(),
            ..Document::default()
        },
        ..empty.clone()
    };
    vec![full, empty, plain]
}

#[test]
fn what_is_awkward_comes_back_from_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let documents = awkward();
    let expected = json_lines(&documents);

    fs::write(at("a.jsonl"), &expected).unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(expected.as_bytes()).unwrap();
    fs::write(at("a.jsonl.gz"), gz.finish().unwrap()).unwrap();
    fs::write(
        at("a.jsonl.zst"),
        zstd::encode_all(expected.as_bytes(), 1).unwrap(),
    )
    .unwrap();
    fs::write(at("b.jsonl"), written(&documents, &Spacy::new(segmenter()))).unwrap();
    drain(parquet(&at("a.parquet"), None), &documents);
    drain(brat(&at("brat"), None), &documents);
    for name in [
        "a.jsonl",
        "a.jsonl.gz",
        "a.jsonl.zst",
        "b.jsonl",
        "a.parquet",
        "brat",
    ] {
        assert_eq!(json_lines(&read(&at(name), None)), expected, "{name}");
    }
    for offsets in [OffsetUnit::Byte, OffsetUnit::Utf16] {
        let format = JsonLines { offsets, text: true };
        fs::write(at("u.jsonl"), written(&documents, &format)).unwrap();
        assert_eq!(json_lines(&read(&at("u.jsonl"), None)), expected, "{offsets:?}");
        let options = ParquetOptions { offsets, text: true };
        let sink = ParquetSink::open(&at("u.parquet"), options, None).unwrap();
        drain(Box::new(sink), &documents);
        assert_eq!(json_lines(&read(&at("u.parquet"), None)), expected, "{offsets:?}");
    }
}

#[test]
fn lines_without_text_are_records_but_no_documents() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let format = JsonLines {
        offsets: OffsetUnit::Char,
        text: false,
    };
    fs::write(at("a.jsonl"), written(&awkward(), &format)).unwrap();
    let options = ParquetOptions {
        text: false,
        ..OPTIONS
    };
    drain(
        Box::new(ParquetSink::open(&at("a.parquet"), options, None).unwrap()),
        &awkward(),
    );
    for name in ["a.jsonl", "a.parquet"] {
        let lines: Vec<_> = tagged::read_lines(&at(name), None)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(
            (lines[0].text.as_ref(), lines[0].mentions[1].text.as_str()),
            (None, "Kim\nIl Sung")
        );
        assert_eq!(lines[0].entities, awkward()[0].entities());
        let mut documents = tagged::read(&at(name), None).unwrap();
        let error = documents.next().unwrap().unwrap_err().to_string();
        assert!(
            error.ends_with(":1: no \"text\": expected a document that was written with its text"),
            "{error}"
        );
    }
}

#[test]
fn conll_keeps_words_lines_and_labels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.conll");
    fs::write(&path, written(&awkward(), &Conll::new(segmenter()))).unwrap();
    let documents = read(&path, None);
    assert_eq!(documents.len(), 3);
    assert!(
        documents[0]
            .document
            .text
            .starts_with("Seoul 🙂 said\nKim\nIl Sung met Minister")
    );
    let labelled = |tagged: &TaggedDocument| -> Vec<(String, String)> {
        let surface = |mention: &Mention| tagged.document.text[mention.span.clone()].to_owned();
        let mentions = tagged.mentions.iter();
        mentions
            .map(|mention| (surface(mention), mention.label.to_string()))
            .collect()
    };
    let expected = [
        ("Seoul", "LOC"),
        ("Kim\nIl Sung", "PER"),
        ("Ann Hale of Ports", "PER"),
        ("U.N.", "ORG"),
    ];
    assert_eq!(
        labelled(&documents[0]),
        expected.map(|(surface, label)| (surface.to_owned(), label.to_owned()))
    );
    // Written again it is the same.
    let again = written(&documents, &Conll::new(segmenter()));
    assert_eq!(
        String::from_utf8(again).unwrap(),
        fs::read_to_string(&path).unwrap()
    );
}

#[test]
fn other_programs_files_are_read_without_links() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(
        at("doc.jsonl"),
        r#"{"text":"é Seoul","ents":[{"start":2,"end":7,"label":"GPE"}],"tokens":[{"id":0,"start":0,"end":1}]}"#,
    )
    .unwrap();
    fs::create_dir(at("brat")).unwrap();
    fs::write(at("brat/x.txt"), "Kim\nIl Sung in Seoul").unwrap();
    fs::write(
        at("brat/x.ann"),
        "T2\tLOC 15 20\tSeoul\nT1\tPER 0 3;4 10\tKim Il Sun\n#1\tAnnotatorNotes T1\tsure?\nR1\tIn Arg1:T1 Arg2:T2\n",
    )
    .unwrap();
    fs::write(
        at("gold.txt"),
        "\u{feff}-DOCSTART- O\n\nEU NNP B-ORG\nrejects VBZ O\n",
    )
    .unwrap();
    for (name, surfaces) in [
        ("doc.jsonl", vec!["Seoul"]),
        ("brat", vec!["Kim\nIl Sun", "Seoul"]),
        ("gold.txt", vec!["EU"]),
    ] {
        let documents = read(&at(name), None);
        let [tagged] = &documents[..] else {
            panic!("{name}: {documents:?}")
        };
        let found: Vec<&str> = tagged
            .mentions
            .iter()
            .map(|mention| &tagged.document.text[mention.span.clone()])
            .collect();
        assert_eq!(found, surfaces, "{name}");
        assert!(
            tagged
                .mentions
                .iter()
                .all(|mention| mention.link.is_none() && mention.score == 1.0)
        );
        assert!(!tagged.document.id.is_empty());
    }
    fs::write(at("empty.jsonl"), "").unwrap();
    assert!(read(&at("empty.jsonl"), None).is_empty());
    assert_eq!(read(&at("empty.jsonl"), Some(TaggedFormat::Jsonl)), []);
}

#[test]
fn bad_records_are_told_with_their_place_and_reading_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let good = json_lines(&awkward()[2..]);
    let shifted = good.replace(
        "\"mentions\":[]",
        r#""mentions":[{"start":1,"end":99,"text":"x","label":"X","score":1,"link":null}]"#,
    );
    let mut file = format!("\u{feff}{good}{{\"schema\":1\n[]\n{shifted}").into_bytes();
    file.extend_from_slice(b"{\"schema\":1,\"id\":\"\xFF\"}\n");
    file.extend_from_slice(good.as_bytes());
    fs::write(at("a.jsonl"), &file).unwrap();
    let read: Vec<_> = tagged::read(&at("a.jsonl"), None).unwrap().collect();
    assert_eq!(
        read.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [true, false, false, false, false, true]
    );
    let rejection = read[4].as_ref().unwrap_err();
    assert_eq!(rejection.line, Some(5));
    assert_eq!(file[rejection.offset.unwrap() as usize], 0xFF);
    assert!(
        read[3]
            .as_ref()
            .unwrap_err()
            .reason
            .contains("(1 to 99) lies outside the text"),
        "{:?}",
        read[3]
    );

    // A stream that ends too early: what came before, and one rejection.
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    gz.write_all(good.repeat(2000).as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    fs::write(at("cut.jsonl.gz"), &gz[..gz.len() / 2]).unwrap();
    let read: Vec<_> = tagged::read(&at("cut.jsonl.gz"), None).unwrap().collect();
    assert!(
        read.len() > 100
            && read.iter().filter(|read| read.is_err()).count() == 1
            && read.last().unwrap().is_err()
    );

    // Brat annotations that point outside.
    drain(brat(&at("brat"), None), &awkward());
    fs::write(at("brat/00000003.ann"), "T1\tPER 0 x\tN\n").unwrap();
    fs::write(at("brat/00000002-x.ann"), "T1\tPER 0 5\tN\n").unwrap();
    let read: Vec<_> = tagged::read(&at("brat"), None).unwrap().collect();
    assert_eq!(
        read.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [true, false, false]
    );
}

/// Many documents, in three row groups and a rest: one that the count ends, two that their bytes end.
fn corpus() -> Vec<TaggedDocument> {
    let [full, empty, plain] = <[_; 3]>::try_from(awkward()).unwrap();
    let mut documents = Vec::new();
    for number in 0..GROUP_DOCUMENTS + 300 {
        let mut document = [&full, &empty, &plain][number as usize % 3].clone();
        document.document.extra.clear();
        document.document.id = format!("news/{number}.txt");
        documents.push(document);
    }
    for filler in ["Seoul and Busan. ", "é"] {
        let mut long = plain.clone();
        // Numbered: what is but one text over and over would count as a decompression bomb.
        let mut number = 0;
        while (long.document.text.len() as u64) < GROUP_BYTES {
            long.document.text += &format!("{filler}{number} ");
            number += 1;
        }
        documents.push(long);
        documents.push(plain.clone());
    }
    documents
}

#[test]
fn parquet_is_the_same_wherever_it_was_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let documents = corpus();
    drain(parquet(&at("whole"), None), &documents);
    let whole = fs::read(at("whole")).unwrap();
    assert!(!at("whole.groups").exists());

    let mut sink = parquet(&at("a"), None);
    let mut marks = vec![sink.mark().unwrap()];
    for document in &documents {
        if sink.write(document).unwrap() {
            marks.push(sink.mark().unwrap());
        } else {
            assert!(sink.mark().is_err());
        }
    }
    assert_eq!(
        marks.iter().map(|mark| mark.documents).collect::<Vec<_>>(),
        [0, 1024, 1325, 1327]
    );
    drop(sink);
    for (number, mark) in marks.iter().enumerate().rev() {
        // Once as it was left in the middle of the last group, once as it is whole but nobody was told.
        let mut sink = parquet(&at("a"), Some(mark));
        assert_eq!(sink.bytes(), mark.bytes);
        for document in &documents[mark.documents as usize..] {
            sink.write(document).unwrap();
        }
        if number % 2 == 0 {
            sink.finish().unwrap();
        } else {
            drop(sink);
        }
        drain(
            parquet(&at("a"), Some(mark)),
            &documents[mark.documents as usize..],
        );
        assert!(fs::read(at("a")).unwrap() == whole, "from mark {number}");
        fs::copy(at("a"), at("b")).unwrap();
        // For the next, earlier mark the file beside is missing: it is found again in the footer.
    }
    let back: Vec<TaggedDocument> = read(&at("b"), Some(TaggedFormat::Parquet));
    assert!(json_lines(&back) == json_lines(&documents));

    // Shorter than the mark.
    fs::write(at("short"), &whole[..100]).unwrap();
    fs::write(at("short.groups"), "").unwrap();
    let error = ParquetSink::open(&at("short"), OPTIONS, Some(&marks[1]))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("100 bytes long: expected at least the"), "{error}");
}

#[test]
fn a_damaged_row_group_costs_its_documents_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let documents = corpus();
    drain(parquet(&path, None), &documents);
    let groups = |path: &Path| {
        let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
        reader.metadata().row_groups().to_vec()
    };
    let groups = groups(&path);
    let mut bytes = fs::read(&path).unwrap();
    let start = groups[1].column(0).byte_range().0 as usize;
    bytes[start..start + 40].fill(0xEE);
    fs::write(&path, &bytes).unwrap();
    let read: Vec<_> = tagged::read(&path, None).unwrap().collect();
    let (before, after) = (
        GROUP_DOCUMENTS as usize,
        groups[2..].iter().map(|group| group.num_rows()),
    );
    assert_eq!(read.len(), before + 1 + after.sum::<i64>() as usize);
    let rejection = read[before].as_ref().unwrap_err();
    assert_eq!(rejection.line, Some(GROUP_DOCUMENTS + 1));
    assert!(
        rejection
            .reason
            .starts_with("damaged from this row to the end of its row group"),
        "{rejection}"
    );
    let good: Vec<_> = read.into_iter().filter_map(Result::ok).collect();
    let skipped = before + groups[1].num_rows() as usize;
    let expected = [&documents[..before], &documents[skipped..]].concat();
    assert!(json_lines(&good) == json_lines(&expected));
}

/// All files below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            (
                path.strip_prefix(folder).unwrap().to_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect()
}

#[test]
fn folders_are_the_same_wherever_they_were_interrupted() {
    let documents = &corpus()[..7];
    for open in [brat, pages] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        drain(open(&at("whole"), None), documents);
        let whole = files(&at("whole"));
        for cut in 0..=documents.len() {
            for further in cut..=documents.len() {
                let path = at(&format!("{cut}-{further}"));
                let mut sink = open(&path, None);
                let mut mark = sink.mark().unwrap();
                for (number, document) in documents[..further].iter().enumerate() {
                    assert!(sink.write(document).unwrap());
                    if number + 1 == cut {
                        mark = sink.mark().unwrap();
                    }
                }
                // The last time it was whole, and nobody was told.
                if further == documents.len() {
                    sink.finish().unwrap();
                } else {
                    drop(sink);
                }
                drain(open(&path, Some(&mark)), &documents[cut..]);
                assert!(files(&path) == whole, "{cut} {further}");
            }
        }
    }
}

#[test]
fn pages_lead_to_each_other_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut documents = awkward();
    for id in [
        "C:\\x",
        "a\0b",
        &"x".repeat(300),
        "🙂",
        "CON",
        ".",
        "..",
        "",
        "<b>",
        "/etc/passwd",
    ] {
        let mut document = documents[0].clone();
        document.document.id = id.to_owned();
        document.document.extra.clear();
        documents.push(document);
    }
    let path = folder.path().join("pages");
    drain(pages(&path, None), &documents);
    let files = files(&path);
    assert_eq!(files.len(), documents.len() + 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    for (name, page) in &files {
        let page = std::str::from_utf8(page).unwrap();
        assert!(page.ends_with("</body>\n</html>\n"));
        for never in ["<script", "style=", "src=", "javascript:", "\u{1b}", "\u{202e}"] {
            assert!(!page.contains(never), "{never} in {name:?}");
        }
        for address in page
            .split("href=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
        {
            let (file, anchor) = address.split_once('#').unwrap_or((address, ""));
            if file.starts_with("https://www.wikidata.org/wiki/Q") {
                continue;
            }
            let to = if file.is_empty() {
                page
            } else {
                std::str::from_utf8(&files[Path::new(file)]).unwrap()
            };
            assert!(
                anchor.is_empty() || to.contains(&format!("id=\"{anchor}\"")),
                "{address} in {name:?}"
            );
        }
    }
    let brats = folder.path().join("brat");
    drain(brat(&brats, None), &documents);
    assert_eq!(fs::read_dir(&brats).unwrap().count(), 3 * documents.len() + 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// Text of any characters, with mentions anywhere that do not overlap.
fn any_tagged() -> impl Strategy<Value = TaggedDocument> {
    let character = prop_oneof![
        4 => prop::char::range(' ', '~'),
        2 => any::<char>(),
        2 => prop::sample::select(vec![' ', '\n', '\r', '\t', '\u{1b}', '\u{1c}', '\u{85}', '\u{a0}', '\u{2028}', '🙂', '\u{301}', '北']),
    ];
    let text = prop::collection::vec(character, 0..80).prop_map(String::from_iter);
    let marks = prop::collection::vec((any::<prop::sample::Index>(), 0u16..=10_000, 0usize..4), 0..12);
    let id = prop_oneof!["\\PC{0,12}", Just("7".to_owned())];
    (text, marks, prop::option::of(".{0,9}"), id, any::<bool>()).prop_map(|(text, marks, title, id, more)| {
        let boundaries: Vec<usize> = (0..=text.len())
            .filter(|&byte| text.is_char_boundary(byte))
            .collect();
        let mut at: Vec<(usize, u16, usize)> = marks
            .iter()
            .map(|(index, score, sort)| (boundaries[index.index(boundaries.len())], *score, *sort))
            .collect();
        at.sort_unstable();
        at.dedup_by_key(|(byte, ..)| *byte);
        let mentions = at.chunks_exact(2).map(|pair| Mention {
            span: pair[0].0..pair[1].0,
            label: ["LOC", "PER", "a b", "é"][pair[0].2].into(),
            score: f32::from(pair[0].1) / 10_000.0,
            link: match pair[1].2 {
                0 => None,
                1 => Some(link(Some("Q884"), Kind::Country, "South Korea", Via::Name)),
                2 => Some(link(Some("nom:\u{85}x"), Kind::Official, "A\tB\nC", Via::Alias)),
                _ => Some(link(None, Kind::Agency, "Ministry", Via::Role)),
            }
            .map(Box::new),
        });
        let mut extra = Vec::new();
        if id == "7" {
            extra.push(("id".to_owned(), "7".into()));
        }
        if more {
            extra.push(("x\"\n".to_owned(), "[1e400,null]".into()));
        }
        TaggedDocument {
            mentions: mentions.collect(),
            document: Document {
                id,
                text,
                title,
                extra,
                ..Document::default()
            },
            considerations: Vec::new(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_document_comes_back(documents in prop::collection::vec(any_tagged(), 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let expected = json_lines(&documents);
        fs::write(at("a.jsonl"), &expected).unwrap();
        fs::write(at("a.spacy"), written(&documents, &Spacy::new(segmenter()))).unwrap();
        drain(parquet(&at("a.parquet"), None), &documents);
        for name in ["a.jsonl", "a.spacy", "a.parquet"] {
            prop_assert_eq!(&json_lines(&read(&at(name), None)), &expected, "{}", name);
        }
        // A mention of line ends alone is the one thing that brat cannot hold.
        let breaks = |c: char| matches!(c, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let mut held = documents.clone();
        for document in &mut held {
            let text = &document.document.text;
            document.mentions.retain(|mention| !text[mention.span.clone()].chars().all(breaks));
        }
        drain(brat(&at("brat"), None), &documents);
        prop_assert_eq!(json_lines(&read(&at("brat"), None)), json_lines(&held));
    }
}

fn convert(arguments: &[&Path]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("nomenclator")
        .unwrap()
        .arg("convert")
        .args(arguments)
        .assert()
}

#[test]
fn the_command_converts_and_tells_what_it_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let format = JsonLines {
        offsets: OffsetUnit::Utf16,
        text: true,
    };
    let original = written(&awkward(), &format);
    fs::write(at("a.jsonl"), &original).unwrap();
    let option = |text: &'static str| Path::new(text);
    let mut from = at("a.jsonl");
    for name in ["b.parquet", "c.jsonl.zst", "d.jsonl.gz", "e.jsonl"] {
        convert(&[&from, option("-o"), &at(name)])
            .success()
            .stdout("")
            .stderr("");
        from = at(name);
    }
    assert!(fs::read(at("e.jsonl")).unwrap() == original);
    for (name, format) in [("f.spacy", "spacy"), ("g", "brat"), ("h.jsonl", "jsonl")] {
        convert(&[&from, option("-o"), &at(name), option("--format"), option(format)]).success();
        from = at(name);
    }
    assert_eq!(fs::read_to_string(at("h.jsonl")).unwrap(), json_lines(&awkward()));
    for (name, format) in [("pages", "pages"), ("page.html", "html"), ("a.conll", "conll")] {
        convert(&[&from, option("-o"), &at(name), option("--format"), option(format)]).success();
        assert!(at(name).exists());
    }
    // A folder that is there is left alone.
    convert(&[
        &from,
        option("-o"),
        &at("pages"),
        option("--format"),
        option("pages"),
    ])
    .code(2);
    convert(&[&from, option("--no-text"), option("--format"), option("brat")]).code(2);
    convert(&[&at("missing"), option("-o"), &at("x.jsonl")]).code(3);

    let mut broken = b"{\"schema\":1\n".to_vec();
    broken.extend_from_slice(&original);
    fs::write(at("broken.jsonl"), broken).unwrap();
    let told = convert(&[&at("broken.jsonl"), option("-o"), &at("whole.jsonl")]).code(6);
    let errors = String::from_utf8(told.get_output().stderr.clone()).unwrap();
    assert!(errors.contains("broken.jsonl:1: EOF while parsing"), "{errors}");
    assert!(errors.contains("1 of 4 documents were rejected"), "{errors}");
    assert!(fs::read(at("whole.jsonl")).unwrap() == json_lines(&awkward()).as_bytes());
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !left.iter().any(|name| name.to_string_lossy().contains("partial")),
        "{left:?}"
    );
}

#[test]
fn the_command_leaves_an_output_alone_that_another_run_writes() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let option = Path::new("-o");
    fs::write(at("a.jsonl"), json_lines(&awkward())).unwrap();
    let refused = |why: &str| {
        let told = convert(&[&at("a.jsonl"), option, &at("b.jsonl")]).code(5);
        let errors = String::from_utf8(told.get_output().stderr.clone()).unwrap();
        assert!(errors.contains(why), "{errors}");
        assert!(!at("b.jsonl").exists());
    };
    let lock = nomenclator::run::lock::Lock::take(&at("b.jsonl.lock")).unwrap();
    refused("another process is writing this output");
    drop(lock);
    fs::write(at("b.jsonl.journal"), "").unwrap();
    refused("is not at its end");
    fs::remove_file(at("b.jsonl.journal")).unwrap();
    convert(&[&at("a.jsonl"), option, &at("b.jsonl")]).success();
    assert!(at("b.jsonl").exists() && !at("b.jsonl.lock").exists());
}
