//! What `eval` prints.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::Recognition;
use crate::document::Kind;
use crate::eval::calibration::{BINS, Reliability};
use crate::eval::linking::{
    Apart, Aside, GoldDocument, GoldEntity, Judgement, LinkScores, LinkingReport, Mistake, Scores,
};
use crate::eval::ner::Counts;
use crate::output::offsets::OffsetCounter;
use crate::output::{OffsetUnit, visible};

/// The report as a line of JSON.
pub(super) fn as_json(ner: Option<&Recognition>, linking: Option<&LinkingReport>) -> String {
    let scores = |counts: &Counts| json!({"precision": counts.precision(), "recall": counts.recall(), "f1": counts.f1()});
    let mut report = json!({});
    if let Some(ner) = ner {
        let per_label: Map<String, Value> = ner
            .scores
            .per_label
            .iter()
            .map(|(label, counts)| (label.clone(), scores(counts)))
            .collect();
        report["ner"] = json!({
            "overall": scores(&ner.scores.overall()), "per_label": per_label,
            "calibration": ner.reliability.as_json("mentions", "mean_score"),
        });
    }
    if let Some(linking) = linking {
        report["linking"] = json!(linking);
    }
    format!("{report}\n")
}

/// The report as tables to read.
pub(super) fn as_tables(
    documents: usize,
    ner: Option<&Recognition>,
    linking: Option<&LinkingReport>,
) -> String {
    let mut out = String::new();
    let counted = format!(
        "{documents} {}",
        if documents == 1 { "document" } else { "documents" }
    );
    if let Some(ner) = ner {
        out += &format!("Recognition, {counted}\n");
        table(&mut out, &recognition_rows(ner));
        reliability_table(&mut out, "score", &ner.reliability);
        out += if linking.is_some() { "\n" } else { "" };
    }
    if let Some(linking) = linking {
        let LinkingReport {
            end_to_end,
            gold_mentions,
            without_seen,
            ..
        } = linking;
        link_tables(&mut out, &format!("Linking, end to end, {counted}"), end_to_end);
        link_tables(&mut out, "\nLinking, on the gold's mentions", gold_mentions);
        out += "\nLinking without names and records added after reading the gold";
        if (end_to_end, gold_mentions) == (&without_seen.end_to_end, &without_seen.gold_mentions) {
            out += ": the same\n";
        } else {
            out += ", end to end\n";
            table(&mut out, &kind_rows(&without_seen.end_to_end));
            out += "\nThe same on the gold's mentions\n";
            table(&mut out, &kind_rows(&without_seen.gold_mentions));
        }
    }
    out
}

fn recognition_rows(ner: &Recognition) -> Vec<Row> {
    let row = |counts: &Counts| {
        let shares = [counts.precision(), counts.recall(), counts.f1()];
        (shares, [counts.gold, counts.predicted, counts.correct])
    };
    let all = ("all".to_owned(), row(&ner.scores.overall()));
    let labels = ner.scores.per_label.iter();
    std::iter::once(all)
        .chain(labels.map(|(label, counts)| (label.clone(), row(counts))))
        .collect()
}

/// The scores on gold mentions alone, as JSON or as tables.
pub(super) fn of_gold_mentions(scores: &LinkScores, json: bool) -> String {
    if json {
        return format!("{}\n", json!({"linking": {"gold_mentions": scores}}));
    }
    let mut out = String::new();
    link_tables(&mut out, "Linking, on the gold's mentions", scores);
    out
}

/// The scores of one way of linking: by kind, of NIL, what stands apart, and the confidences.
fn link_tables(out: &mut String, heading: &str, scores: &LinkScores) {
    *out += &format!("{heading}\n");
    table(out, &kind_rows(scores));
    if scores.known.by_kind != scores.by_kind {
        *out += "  The same without the links on mentions that the gold does not name\n";
        table(out, &rows_of(&scores.known.by_kind, &scores.known.overall));
    }
    let Apart {
        capitals_as_countries,
        unlisted_entities,
        links_left_out,
        mentions_left_out,
        links_elsewhere,
    } = scores.apart;
    if scores.apart != Apart::default() {
        *out += &format!(
            "  Not scored: {mentions_left_out} mentions, {links_left_out} of them linked; {capitals_as_countries} capitals linked as \
             their countries;\n  {unlisted_entities} links to entities that the list lacks; {links_elsewhere} links where the gold \
             has no mention\n"
        );
    }
    reliability_table(out, "confidence", &scores.reliability);
}

/// A name, its precision, recall and F1, and how many are in the gold, were found, and are right.
type Row = (String, ([f64; 3], [usize; 3]));

fn kind_rows(scores: &LinkScores) -> Vec<Row> {
    let nil = scores.nil;
    let nil = Scores {
        precision: nil.precision,
        recall: nil.recall,
        f1: 2.0 * nil.right as f64 / (nil.answers + nil.gold).max(1) as f64,
        right: nil.right,
        found: nil.answers,
        gold: nil.gold,
    };
    let mut rows = rows_of(&scores.by_kind, &scores.overall);
    rows.push(row("NIL", &nil));
    rows
}

fn rows_of(by_kind: &BTreeMap<Kind, Scores>, overall: &Scores) -> Vec<Row> {
    let kinds = by_kind.iter().map(|(kind, scores)| row(kind.as_str(), scores));
    kinds.chain([row("overall", overall)]).collect()
}

fn row(name: &str, scores: &Scores) -> Row {
    let shares = [scores.precision, scores.recall, scores.f1];
    (
        name.to_owned(),
        (shares, [scores.gold, scores.found, scores.right]),
    )
}

fn table(out: &mut String, rows: &[Row]) {
    let width = rows
        .iter()
        .map(|(name, _)| name.chars().count())
        .fold(8, usize::max);
    *out += &format!(
        "  {:width$}  {:>9}  {:>7}  {:>7}  {:>7}  {:>7}  {:>7}\n",
        "", "precision", "recall", "F1", "gold", "found", "right"
    );
    for (name, ([precision, recall, f1], [gold, found, right])) in rows {
        let [precision, recall, f1] = [precision, recall, f1].map(|share| 100.0 * share);
        *out += &format!(
            "  {:width$}  {precision:>9.2}  {recall:>7.2}  {f1:>7.2}  {gold:>7}  {found:>7}  {right:>7}\n",
            visible(name)
        );
    }
}

fn share_of_bins(number: usize) -> f64 {
    number as f64 / BINS as f64
}

fn reliability_table(out: &mut String, what: &str, reliability: &Reliability) {
    *out += &format!(
        "\nCalibration, expected error {:.4}\n  {what:10}  {:>7}  {:>7}  {:>7}\n",
        reliability.expected_error(),
        "found",
        "mean",
        "right"
    );
    let filled = reliability
        .bins
        .iter()
        .enumerate()
        .filter(|(_, bin)| bin.mentions > 0);
    for (number, bin) in filled {
        let (from, to) = (share_of_bins(number), share_of_bins(number + 1));
        let (found, score, right) = (bin.mentions, bin.mean_score(), bin.accuracy());
        *out += &format!("  {from:.1}–{to:.1}     {found:>7}  {score:>7.3}  {right:>7.3}\n");
    }
}

/// The mistakes, a line each.
pub(super) fn listed(gold: &[GoldDocument], mistakes: &[Mistake]) -> String {
    let lines = mistakes
        .iter()
        .map(|mistake| visible(&told(gold, mistake)).into_owned() + "\n");
    format!(
        "\nWrong or missing, end to end\n{}",
        lines.map(|line| format!("  {line}")).collect::<String>()
    )
}

/// A mistake in one line; offsets are characters, as in the gold.
pub(super) fn told(gold: &[GoldDocument], mistake: &Mistake) -> String {
    let text = gold
        .iter()
        .find(|gold| gold.document.id == mistake.document)
        .map_or("", |gold| &gold.document.text);
    let span = OffsetCounter::new(text, OffsetUnit::Char).span(&mistake.span);
    let gold = mistake.gold.as_ref().map_or(
        "no link".to_owned(),
        |GoldEntity {
             kind,
             name,
             ids,
             country,
         }| {
            let ids = (!ids.is_empty()).then(|| ids.join("/"));
            named(*kind, name, ids.as_deref(), country.as_deref())
        },
    );
    let link = mistake.link.as_ref().map_or("no link".to_owned(), |link| {
        named(link.kind, &link.name, link.id.as_deref(), link.country.as_deref())
    });
    let Mistake { document, text, .. } = mistake;
    format!(
        "{document}: '{text}' at {}..{}: expected {gold}, found {link}",
        span.start, span.end
    )
}

fn named(kind: Kind, name: &str, id: Option<&str>, country: Option<&str>) -> String {
    let about: Vec<&str> = [Some(kind.as_str()), id, country].into_iter().flatten().collect();
    format!("{name} ({})", about.join(", "))
}

/// Writes gold mentions with the links they were given, one JSON object a line, offsets in characters.
///
/// # Errors
/// Whatever `out` returns as one.
pub(super) fn write_judgements(
    mut out: impl Write,
    gold: &[GoldDocument],
    judgements: &[Judgement],
) -> io::Result<()> {
    // Both in document order; of each document all mentions are there.
    let mut judgements = judgements.iter();
    for gold in gold {
        let mut counter = OffsetCounter::new(&gold.document.text, OffsetUnit::Char);
        for Judgement {
            document,
            mention,
            link,
            outcome,
        } in judgements.by_ref().take(gold.mentions.len())
        {
            let span = counter.span(&mention.span);
            let entity = mention.entity.as_ref().map(
                |GoldEntity {
                     kind,
                     name,
                     ids,
                     country,
                 }| json!({"kind": kind, "name": name, "ids": ids, "country": country}),
            );
            let line = json!({
                "document": document, "start": span.start, "end": span.end, "text": &gold.document.text[mention.span.clone()],
                "label": &*mention.label, "gold": entity, "aside": aside(&mention.aside), "link": link, "outcome": outcome,
            });
            writeln!(out, "{line}")?;
        }
    }
    out.flush()
}

fn aside(aside: &Aside) -> Value {
    match aside {
        Aside::No => Value::Null,
        Aside::Other { name, id } => json!({"other": {"name": name, "id": id}}),
        Aside::Unknown => json!("unknown"),
        Aside::Capital(country) => json!({"capital": country}),
        Aside::Team => json!("team"),
        Aside::LeftOut => json!("left_out"),
    }
}
