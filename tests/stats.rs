//! `nomenclator stats`: its counts against those of brute force, what it writes, and what it refuses.

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Output;

use nomenclator::corpus::tagged::{TaggedLine, TaggedMention};
use nomenclator::dates::{PartialDate, Precision};
use nomenclator::document::{Kind, Link, Via};
use nomenclator::output::{DocumentWriter, FormatWriter, OffsetUnit, jsonl::JsonLines};
use nomenclator::stats::association::{log_likelihood, npmi};
use nomenclator::stats::{Limits, Named, Report, Selection, Statistics};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const NAMES: [&str; 6] = ["Avel", "Bryn", "Cato", "=Dora()", "<Edo>", "Faro\u{1b}[2J"];

/// Numbers that look random, the same at each run (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits ^ (bits >> 31)) % limit
    }
}

/// Thirty entities, a few of them without an id, of which the first come most often.
fn link(number: u64) -> Link {
    let kind = Kind::ALL[(number % 3) as usize];
    Link {
        id: (number % 7 != 6).then(|| format!("Q{}", number + 1).into()),
        kind,
        name: format!("{} {}", NAMES[(number % 6) as usize], number / 6).into(),
        country: (number % 5 != 4).then(|| ["KR", "FR", "KE"][(number % 3) as usize].into()),
        role: (kind == Kind::Official).then(|| "minister".into()),
        via: Via::Name,
        confidence: 0.9,
    }
}

/// A document of random mentions whose offsets lie in its text.
fn document(at: u64, random: &mut Random) -> TaggedLine {
    let mut line = TaggedLine {
        id: format!("d{at}"),
        offsets: OffsetUnit::Byte,
        ..TaggedLine::default()
    };
    let mut text = String::new();
    for _ in 0..random.below(14) {
        let number = random.below(30) * random.below(30) / 29;
        let linked = random.below(3) > 0;
        let surface = if linked {
            link(number).name.to_string()
        } else {
            format!("Person\n  {number}")
        };
        let start = text.len();
        text += &surface;
        line.mentions.push(TaggedMention {
            start,
            end: text.len(),
            text: surface,
            label: ["PER", "LOC", "ORG"][random.below(3) as usize].to_owned(),
            score: 0.9,
            link: linked.then(|| link(number)),
        });
        text += ", ";
    }
    line.text = Some(text);
    let (year, month, day) = (2001 + random.below(3), 1 + random.below(12), 1 + random.below(28));
    line.date = match random.below(10) {
        0 => None,
        1 => Some(format!("{year}")),
        2 => Some(format!("{year}-{month:02}")),
        _ => Some(format!("{year}-{month:02}-{day:02}")),
    }
    .map(|date| date.parse().unwrap());
    line
}

fn corpus(documents: u64) -> Vec<TaggedLine> {
    let mut random = Random(7);
    (0..documents).map(|at| document(at, &mut random)).collect()
}

fn report(corpus: &[TaggedLine], selection: Selection, by: Option<Precision>, limits: Limits) -> Report {
    let mut statistics = Statistics::new(selection, by, limits);
    corpus.iter().for_each(|line| statistics.add(line));
    statistics.report(usize::MAX)
}

/// What tells entities apart: `(id, kind, name, country)`.
type Key = (Option<String>, Kind, String, Option<String>);

fn key(entity: &Named) -> Key {
    (
        entity.id.clone(),
        entity.kind,
        entity.name.clone(),
        entity.country.clone(),
    )
}

/// The entities of a document by the program's own count, with their mentions.
fn entities(line: &TaggedLine) -> BTreeMap<Key, u64> {
    let counts = line.clone().into_document().unwrap().entities();
    counts
        .into_iter()
        .map(|count| {
            (
                (count.id, count.kind, count.name, count.country),
                count.count as u64,
            )
        })
        .collect()
}

#[test]
fn entities_and_labels_are_those_of_brute_force() {
    let corpus = corpus(400);
    let report = report(&corpus, Selection::default(), None, Limits::default());
    let mut expected: BTreeMap<Key, (u64, u64)> = BTreeMap::new();
    for line in &corpus {
        for (entity, mentions) in entities(line) {
            let count = expected.entry(entity).or_default();
            *count = (count.0 + 1, count.1 + mentions);
        }
    }
    let found: BTreeMap<Key, (u64, u64)> = report
        .entities
        .iter()
        .map(|row| (key(&row.entity), (row.documents, row.mentions)))
        .collect();
    assert!(expected.len() > 25, "too few entities to tell");
    assert_eq!(found, expected);
    assert_eq!(report.entities.len(), expected.len());
    assert!(report.entities.is_sorted_by(|a, b| a.mentions >= b.mentions));

    let mentions = || corpus.iter().flat_map(|line| &line.mentions);
    for row in &report.labels {
        let of_label = || mentions().filter(|mention| mention.label == row.label);
        let linked = of_label().filter(|mention| mention.link.is_some());
        assert_eq!(
            (row.mentions, row.linked),
            (of_label().count() as u64, linked.count() as u64)
        );
    }
    assert_eq!(report.mentions.total, mentions().count() as u64);
    for row in &report.kinds {
        let of_kind =
            |mention: &&TaggedMention| mention.link.as_ref().is_some_and(|link| link.kind == row.kind);
        assert_eq!(row.mentions, mentions().filter(of_kind).count() as u64);
        assert_eq!(row.entities, row.top.len() as u64);
    }
    let with_entity = corpus.iter().filter(|line| !entities(line).is_empty());
    assert_eq!(report.documents.with_entity, with_entity.count() as u64);
    assert_eq!(report.documents.total, 400);
}

#[test]
fn names_are_those_of_the_documents() {
    let corpus = corpus(300);
    let mut expected: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    for line in &corpus {
        for (name, label, count) in line.clone().into_document().unwrap().unlinked() {
            let row = expected.entry((label.to_owned(), name)).or_default();
            *row = (row.0 + 1, row.1 + count as u64);
        }
    }
    let all = report(&corpus, Selection::default(), None, Limits::default()).names;
    let found: BTreeMap<_, _> = all
        .rows
        .iter()
        .map(|row| {
            assert_eq!(row.mentions, row.mentions_at_least);
            (
                (row.label.clone(), row.name.clone()),
                (row.documents, row.mentions),
            )
        })
        .collect();
    assert_eq!((all.error, found), (0, expected.clone()));

    // Too little room: the bounds hold, and what is missing is rare.
    let limits = Limits {
        names: 40,
        ..Limits::default()
    };
    let some = report(&corpus, Selection::default(), None, limits).names;
    assert!(some.error > 0 && expected.len() > 40);
    let mut missing = expected;
    for row in &some.rows {
        let (_, count) = missing.remove(&(row.label.clone(), row.name.clone())).unwrap();
        assert!(row.mentions_at_least <= count && count <= row.mentions);
        assert!(row.mentions - row.mentions_at_least <= some.error);
    }
    assert!(missing.values().all(|&(_, count)| count <= some.error));
}

#[test]
fn pairs_are_those_of_brute_force() {
    let corpus = corpus(400);
    let report = report(&corpus, Selection::default(), None, Limits::default());
    let mut together: BTreeMap<BTreeSet<Key>, u64> = BTreeMap::new();
    let mut alone: BTreeMap<Key, u64> = BTreeMap::new();
    for line in &corpus {
        let named: Vec<Key> = entities(line).into_keys().collect();
        for (place, one) in named.iter().enumerate() {
            *alone.entry(one.clone()).or_default() += 1;
            for other in &named[place + 1..] {
                *together
                    .entry(BTreeSet::from([one.clone(), other.clone()]))
                    .or_default() += 1;
            }
        }
    }
    let n = corpus.len() as u64;
    let more_than_chance = together.iter().filter(|(pair, count)| {
        let [a, b] = [pair.first(), pair.last()].map(|one| alone[one.unwrap()]);
        **count * n > a * b
    });
    assert_eq!(report.pairs.rows.len(), more_than_chance.count());
    assert_eq!(report.pairs.kept, together.len() as u64);
    for row in &report.pairs.rows {
        let (one, other) = (key(&row.first), key(&row.second));
        let (a, b) = (alone[&one], alone[&other]);
        let count = together[&BTreeSet::from([one, other])];
        assert_eq!((row.documents, row.documents_at_most), (count, count));
        assert_eq!(row.log_likelihood, log_likelihood(count, a, b, n));
        assert_eq!(row.npmi, npmi(count, a, b, n));
        assert_eq!(row.expected, a as f64 * b as f64 / n as f64);
    }
    let rows = &report.pairs.rows;
    assert!(rows.is_sorted_by(|a, b| a.log_likelihood >= b.log_likelihood));
    for (a, (one, _)) in report.matrix.entities.iter().enumerate() {
        for (b, (other, _)) in report.matrix.entities.iter().enumerate() {
            let pair = BTreeSet::from([key(one), key(other)]);
            let expected = (a != b).then(|| together.get(&pair).copied().unwrap_or(0));
            assert_eq!(report.matrix.cells[a][b].map(|(count, _)| count), expected);
        }
    }
}

#[test]
fn a_document_with_very_many_entities_is_paired_in_part() {
    let limits = Limits {
        paired: 3,
        ..Limits::default()
    };
    let corpus = corpus(50);
    let cut = corpus.iter().filter(|line| entities(line).len() > 3);
    let report = report(&corpus, Selection::default(), None, limits);
    assert_eq!(report.documents.partly_paired, cut.count() as u64);
    assert!(report.documents.partly_paired > 0);
}

#[test]
fn the_timeline_is_that_of_brute_force() {
    let corpus = corpus(400);
    for by in [Precision::Year, Precision::Month, Precision::Day] {
        let report = report(&corpus, Selection::default(), Some(by), Limits::default());
        let timeline = report.timeline.unwrap();
        let mut documents: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut courses: BTreeMap<(Key, String), (u64, u64)> = BTreeMap::new();
        let (mut undated, mut too_coarse) = (0, 0);
        let length = match by {
            Precision::Year => 4,
            Precision::Month => 7,
            Precision::Day => 10,
        };
        for line in &corpus {
            let Some(date) = line.date.map(|date: PartialDate| date.to_string()) else {
                undated += 1;
                continue;
            };
            let Some(date) = date.get(..length) else {
                too_coarse += 1;
                continue;
            };
            let count = documents.entry(date.to_owned()).or_default();
            *count = (count.0 + 1, count.1 + line.mentions.len() as u64);
            for (entity, mentions) in entities(line) {
                let count = courses.entry((entity, date.to_owned())).or_default();
                *count = (count.0 + 1, count.1 + mentions);
            }
        }
        let found: BTreeMap<_, _> = timeline
            .documents
            .iter()
            .map(|point| (point.date.to_string(), (point.documents, point.mentions)))
            .collect();
        assert_eq!(found, documents);
        let found: BTreeMap<_, _> = timeline
            .entities
            .iter()
            .flat_map(|series| {
                let entity = key(&series.entity);
                let point = move |point: &nomenclator::stats::Point| {
                    (
                        (entity.clone(), point.date.to_string()),
                        (point.documents, point.mentions),
                    )
                };
                series.points.iter().map(point)
            })
            .collect();
        assert_eq!(found, courses);
        assert_eq!(
            (report.documents.undated, timeline.too_coarse),
            (undated, too_coarse)
        );
        assert_eq!((timeline.by, timeline.asked), (by, None));
    }
}

#[test]
fn a_timeline_that_would_take_too_much_is_coarser_and_right() {
    let corpus = corpus(400);
    let limits = Limits {
        cells: 200,
        ..Limits::default()
    };
    let coarse = report(&corpus, Selection::default(), Some(Precision::Day), limits);
    let years = report(
        &corpus,
        Selection::default(),
        Some(Precision::Year),
        Limits::default(),
    );
    let (coarse, years) = (coarse.timeline.unwrap(), years.timeline.unwrap());
    assert_eq!((coarse.by, coarse.asked), (Precision::Year, Some(Precision::Day)));
    assert_eq!(coarse.documents, years.documents);
    let points = |timeline: &nomenclator::stats::Timeline| -> Vec<_> {
        timeline
            .entities
            .iter()
            .map(|series| series.points.clone())
            .collect()
    };
    assert_eq!(points(&coarse), points(&years));
}

#[test]
fn the_timeline_fits_its_dates() {
    let by = |dates: &[&str]| {
        let line = |date: &&str| TaggedLine {
            date: Some(date.parse().unwrap()),
            ..TaggedLine::default()
        };
        let corpus: Vec<TaggedLine> = dates.iter().map(line).collect();
        let timeline = report(&corpus, Selection::default(), None, Limits::default()).timeline;
        timeline.map(|timeline| (timeline.by, timeline.too_coarse))
    };
    assert_eq!(by(&[]), None);
    assert_eq!(by(&["2004-01-30", "2004-02-02"]), Some((Precision::Day, 0)));
    assert_eq!(by(&["2004-01-30", "2005-02-02"]), Some((Precision::Month, 0)));
    assert_eq!(by(&["1987-01-30", "2005-02-02"]), Some((Precision::Year, 0)));
    assert_eq!(
        by(&["2004-01-30", "2004-02", "2004-03"]),
        Some((Precision::Month, 0))
    );
    assert_eq!(
        by(&["2004-01-30", "2004-02-01", "2004-02"]),
        Some((Precision::Day, 1))
    );
}

#[test]
fn only_what_is_asked_for_is_counted() {
    let corpus = corpus(200);
    let selection = Selection {
        kinds: vec![Kind::Official],
        labels: vec!["PER".to_owned(), "ORG".to_owned()],
        countries: vec!["FR".to_owned()],
    };
    let all = corpus.iter().flat_map(|line| &line.mentions);
    let expected = all.filter(|mention| {
        let link = mention.link.as_ref();
        mention.label != "LOC"
            && link.is_some_and(|link| link.kind == Kind::Official && link.country.as_deref() == Some("FR"))
    });
    let expected = expected.count() as u64;
    let report = report(&corpus, selection, None, Limits::default());
    assert!(expected > 0);
    assert_eq!(
        (report.mentions.total, report.mentions.linked),
        (expected, expected)
    );
    assert!(report.names.rows.is_empty());
    assert_eq!(report.documents.total, 200);
}

/// The corpus as the program writes it.
fn json_lines(corpus: &[TaggedLine]) -> Vec<u8> {
    let mut written = Vec::new();
    let mut writer = FormatWriter::new(
        &mut written,
        JsonLines {
            offsets: OffsetUnit::Char,
            text: true,
        },
    );
    for line in corpus {
        writer.write(&line.clone().into_document().unwrap()).unwrap();
    }
    writer.finish().unwrap();
    written
}

fn stats(arguments: &[&str], input: &[u8]) -> Output {
    program::run(None, &[&["stats"], arguments].concat(), input)
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

fn said(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn bad_lines_are_told_and_the_rest_is_counted() {
    let corpus = corpus(100);
    let lines = json_lines(&corpus);
    let folder = TempDir::new().unwrap();
    let file = path(&folder, "good.jsonl.gz");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&lines).unwrap();
    fs::write(&file, packed.finish().unwrap()).unwrap();
    let good = stats(&[&file, "--json"], b"");
    assert_eq!((good.status.code(), said(&good.stderr)), (Some(0), ""));
    let good: Value = serde_json::from_slice(&good.stdout).unwrap();
    assert_eq!(good["documents"]["total"], 100);
    assert_eq!(
        good["entities"][0]["mentions"],
        report(&corpus, Selection::default(), None, Limits::default()).entities[0].mentions
    );
    assert_eq!(good["entities"].as_array().unwrap().len(), 20);

    // The file once more as standard input, with damage between the lines.
    let mut damaged = b"{\"schema\":1,\"text\":\"no mentions\"}\n\xff\n".to_vec();
    damaged.extend(&lines);
    damaged.extend(b"{\"schema\":1,\"mentions\":[{}]}\n");
    let bad = stats(&[&file, "-", "--json"], &damaged);
    assert_eq!(bad.status.code(), Some(6), "{}", said(&bad.stderr));
    assert_eq!(said(&bad.stderr).lines().count(), 4, "{}", said(&bad.stderr));
    assert!(said(&bad.stderr).contains("stdin:1: no \"mentions\""));
    assert!(said(&bad.stderr).contains("3 of 203 documents were rejected"));
    let bad: Value = serde_json::from_slice(&bad.stdout).unwrap();
    assert_eq!(
        (&bad["documents"]["total"], &bad["documents"]["rejected"]),
        (&Value::from(200), &Value::from(3))
    );

    let country = |code: &str| stats(&["-", "--json", "--country", code], &lines);
    assert_eq!(country("UK").stdout, country("gb").stdout);
    assert_eq!(country("United Kingdom").status.code(), Some(2));

    let missing = stats(&["nowhere.jsonl"], b"");
    assert_eq!((missing.status.code(), missing.stdout.len()), (Some(3), 0));
    assert_eq!(stats(&[], b"").status.code(), Some(2));
    assert_eq!(stats(&["-", "--kind", "place"], b"").status.code(), Some(2));
}

#[test]
fn the_terminal_gets_aligned_tables_and_nothing_that_steers_it() {
    let output = stats(&["-", "--top", "5"], &json_lines(&corpus(300)));
    assert_eq!((output.status.code(), said(&output.stderr)), (Some(0), ""));
    let text = said(&output.stdout);
    for part in [
        "300 documents",
        "Most mentioned\n",
        "not linked",
        "Together more",
        "Over time, by month",
        "without a date",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(text.contains("Faro␛[2J"), "{text}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    let empty = stats(&["-"], b"{\"schema\":1,\"mentions\":[]}\n");
    assert!(
        said(&empty.stdout).starts_with("1 document, 0 with"),
        "{}",
        said(&empty.stdout)
    );
}

#[test]
fn tables_are_written_whole_and_run_nothing() {
    let lines = json_lines(&corpus(300));
    let folder = TempDir::new().unwrap();
    let tables = path(&folder, "tables");
    for _ in 0..2 {
        let output = stats(&["-", "--csv", &tables, "--top", "100", "--by", "year"], &lines);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
    }
    let mut names: Vec<_> = fs::read_dir(&tables)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["entities.csv", "names.csv", "pairs.csv", "timeline.csv"]);
    let report = report(
        &corpus(300),
        Selection::default(),
        Some(Precision::Year),
        Limits::default(),
    );
    let mut defused = 0;
    for name in names {
        let mut table = csv::Reader::from_path(Path::new(&tables).join(&name)).unwrap();
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        let expected = match name.as_str() {
            "entities.csv" => report.entities.len(),
            "names.csv" => report.names.rows.len(),
            "pairs.csv" => report.pairs.rows.len(),
            _ => {
                let timeline = report.timeline.as_ref().unwrap();
                let series = timeline.entities.iter().map(|series| series.points.len());
                timeline.documents.len() + series.sum::<usize>()
            }
        };
        assert_eq!(
            rows.len(),
            expected.min(if name == "timeline.csv" { usize::MAX } else { 100 })
        );
        for cell in rows.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '@', '\t', '\r']), "{cell}");
            assert!(!cell.starts_with('-') || cell.parse::<f64>().is_ok(), "{cell}");
            defused += usize::from(cell.starts_with("'=Dora"));
        }
    }
    assert!(defused > 0);

    // A folder that cannot be is told, and no file is left.
    fs::write(path(&folder, "file"), "").unwrap();
    let output = stats(&["-", "--csv", &path(&folder, "file")], &lines);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(5), 0));
}

#[test]
fn the_page_loads_nothing_and_leads_to_what_is_there() {
    let folder = TempDir::new().unwrap();
    let page = path(&folder, "report.html");
    let output = stats(&["-", "--html", &page], &json_lines(&corpus(300)));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
    let page = fs::read_to_string(page).unwrap();
    // The one style sheet is the one that the policy allows.
    let style = page
        .split_once("<style>")
        .unwrap()
        .1
        .split_once("</style>")
        .unwrap()
        .0;
    let policy = page
        .split_once("style-src 'sha256-")
        .unwrap()
        .1
        .split_once('\'')
        .unwrap()
        .0;
    assert_eq!(decoded(policy), Sha256::digest(style.as_bytes()).as_slice());
    let body = page.split_once("<body>").unwrap().1;
    for forbidden in [
        "<script", "style=\"", " src=", "<Edo>", "url(", " onclick", "\u{1b}",
    ] {
        assert!(!body.contains(forbidden), "{forbidden}");
    }
    assert!(body.contains("&lt;Edo&gt;") && body.contains("=Dora()"));
    let values = |attribute: &str| -> Vec<&str> {
        let parts = body.split(attribute).skip(1);
        parts.map(|rest| rest.split_once('"').unwrap().0).collect()
    };
    let ids = values(" id=\"");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len());
    let targets = values("href=\"#");
    assert!(targets.len() > 100);
    for target in targets {
        assert!(unique.contains(target), "#{target} leads nowhere");
    }
    for outside in values("href=\"h") {
        assert!(outside.starts_with("ttps://www.wikidata.org/wiki/Q"), "{outside}");
    }
    for tag in [
        "section", "svg", "g", "a", "table", "tbody", "tr", "td", "figure", "text",
    ] {
        let opened = body.matches(&format!("<{tag} ")).count() + body.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, body.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn a_corpus_without_anything_makes_a_page() {
    let folder = TempDir::new().unwrap();
    let page = path(&folder, "report.html");
    let output = stats(&["-", "--html", &page, "--top", "0"], &json_lines(&corpus(30)));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
    assert!(fs::read_to_string(&page).unwrap().contains("30 documents"));
    let output = stats(&["-", "--html", &page], b"{\"schema\":1,\"mentions\":[]}\n");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
    assert!(fs::read_to_string(&page).unwrap().ends_with("</html>\n"));
}

/// Base64 (RFC 4648), read.
fn decoded(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for byte in text.bytes().filter(|&byte| byte != b'=') {
        bits = bits << 6 | alphabet.iter().position(|&one| one == byte).unwrap() as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
