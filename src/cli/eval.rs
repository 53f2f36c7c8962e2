//! `nomenclator eval`: scores against gold.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::engine::EngineArguments;
use super::{Exit, Failure, OrExit, Outcome, failure, print};
use crate::document::{Document, Kind, Mention};
use crate::eval::calibration::{BINS, Reliability};
use crate::eval::conll::{self, ConllDocument, LabelMap};
use crate::eval::linking::{self, GoldDocument, GoldEntity, KindScores, LinkingReport, Mistake};
use crate::eval::ner::{Chunk, Counts, NerScores};
use crate::link::Linker;
use crate::model::config::Calibration;
use crate::output::offsets::OffsetCounter;
use crate::output::{OffsetUnit, visible};
use crate::pipeline::Pipeline;

const AFTER_HELP: &str = "\
A CoNLL file has a token and, last, its label in each line (O, B-X, I-X), parted by tabs or spaces, and a blank line \
after each sentence; -DOCSTART- begins a document. Tokens are joined by spaces and sentences by line ends, the text is \
tagged as any other, and the mentions found are laid back over the tokens. Entities are counted as Python's seqeval \
counts them by default. Calibration compares the mentions' scores with how many are right, in ten bins.

Linking gold (.jsonl) has \"id\", \"text\", \"date\" and \"mentions\" with \"start\", \"end\" (in characters), \"label\", \
\"kind\", \"name\", \"qid\" and \"country\". A link is right where its start, end and kind are, and the same entity is \
meant; a link on a mention whose kind is null is a false one.

Examples:
  nomenclator eval test.conll
  nomenclator eval --label-map labels.txt --ignore-label MISC other.conll
  nomenclator eval dev.jsonl --doc choe-visit --require country";

/// Arguments of `eval`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// CoNLL files, or linking gold in JSON Lines (by the extension .jsonl).
    #[arg(value_name = "GOLD", required = true)]
    gold: Vec<PathBuf>,
    /// Rename labels before they are compared, on both sides: lines of FROM=TO, where TO may be O.
    #[arg(long, value_name = "FILE")]
    label_map: Option<PathBuf>,
    /// Leave out all mentions of this label, on both sides. May be given several times.
    #[arg(long, value_name = "LABEL")]
    ignore_label: Vec<String>,
    /// Score only the document with this id. May be given several times; linking gold only.
    #[arg(long, value_name = "ID")]
    doc: Vec<String>,
    /// Fail with exit code 1 unless all links of this kind are right: 'country', 'official', 'agency'. May be given
    /// several times; linking gold only.
    #[arg(long, value_enum, value_name = "KIND", hide_possible_values = true)]
    require: Vec<KindChoice>,
    /// List every link that is wrong or missing end to end; linking gold only.
    #[arg(long, conflicts_with = "json")]
    mistakes: bool,
    /// Print the scores as JSON, fractions in [0, 1].
    #[arg(long)]
    json: bool,
    /// Divide the logits by this in place of the model's own temperature; 1 shows the scores uncalibrated.
    #[arg(long, value_name = "T", value_parser = temperature)]
    temperature: Option<f32>,
    #[command(flatten)]
    engine: EngineArguments,
}

/// `--require`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KindChoice {
    Country,
    Official,
    Agency,
}

/// Runs `eval`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(arguments: Arguments) -> Outcome {
    let gold = arguments.read()?;
    let labels = arguments.labels()?;
    arguments.engine.start_threads()?;
    let folder = arguments.engine.folder()?;
    // With a linker, as `tag` has one: it parts mentions that hold two names.
    let linker = Linker::new(arguments.engine.gazetteer()?);
    let mut pipeline = arguments.engine.pipeline(&folder, Some(linker))?;
    if let Some(temperature) = arguments.temperature {
        pipeline = pipeline.with_calibration(Calibration {
            temperature,
            ..folder.config().calibration
        });
    }

    let mut ner = Recognition::default();
    let documents = gold.conll.iter().map(|document| document.document(String::new()));
    for (gold, mentions) in gold.conll.iter().zip(mentions(&pipeline, documents)) {
        gold.score(&mentions?, &labels, &mut ner.scores, &mut ner.reliability);
    }
    let documents = gold.linking.iter().map(|gold| gold.document.clone());
    let found = mentions(&pipeline, documents).collect::<Result<Vec<_>, _>>()?;
    for (gold, found) in gold.linking.iter().zip(&found) {
        ner.add_whole(gold, found, &labels);
    }
    let linking = match gold.linking.is_empty() {
        true => None,
        false => Some(arguments.score_links(&gold.linking, found)?),
    };

    if arguments.json {
        print(&as_json(&ner, linking.as_ref()))?;
    } else {
        print(&as_tables(&gold, &ner, linking.as_ref()))?;
    }
    match &linking {
        Some(report) if arguments.mistakes => print(&listed(&gold.linking, &report.mistakes))?,
        _ => {}
    }
    arguments.check(&gold.linking, linking.as_ref())
}

/// How well mentions are found, whatever they are linked to.
#[derive(Default)]
struct Recognition {
    scores: NerScores,
    reliability: Reliability,
}

impl Recognition {
    /// Adds a document whose gold has offsets.
    fn add_whole(&mut self, gold: &GoldDocument, found: &[Mention], labels: &LabelMap) {
        let gold: Vec<Chunk<'_>> = gold
            .mentions
            .iter()
            .filter_map(|mention| chunk(labels, &mention.label, &mention.span))
            .collect();
        let mut chunks = Vec::new();
        for mention in found {
            if let Some(chunk) = chunk(labels, &mention.label, &mention.span) {
                self.reliability.add(mention.score, gold.contains(&chunk));
                chunks.push(chunk);
            }
        }
        self.scores.add(&gold, &chunks);
    }
}

/// What the gold files hold.
#[derive(Default)]
struct Gold {
    conll: Vec<ConllDocument>,
    linking: Vec<GoldDocument>,
}

impl Arguments {
    fn read(&self) -> Result<Gold, Failure> {
        let mut gold = Gold::default();
        for path in &self.gold {
            if is_jsonl(path) {
                gold.linking
                    .extend(linking::read_gold(path).or_exit(Exit::Input)?);
            } else {
                gold.conll.extend(conll::read(path).or_exit(Exit::Input)?);
            }
        }
        let linking_only = [
            ("--doc", !self.doc.is_empty()),
            ("--require", !self.require.is_empty()),
            ("--mistakes", self.mistakes),
        ];
        if let Some((option, _)) = linking_only
            .iter()
            .find(|(_, given)| *given && gold.linking.is_empty())
        {
            return Err(failure(
                Exit::Usage,
                format!("{option} needs linking gold: expected a .jsonl file"),
            ));
        }
        if !self.doc.is_empty() {
            if !gold.conll.is_empty() {
                return Err(failure(
                    Exit::Usage,
                    "--doc picks from linking gold: expected no CoNLL file beside it",
                ));
            }
            self.pick(&mut gold.linking)?;
        }
        Ok(gold)
    }

    fn pick(&self, gold: &mut Vec<GoldDocument>) -> Result<(), Failure> {
        let there = |id: &String| gold.iter().any(|gold| gold.document.id == *id);
        if let Some(missing) = self.doc.iter().find(|id| !there(id)) {
            let ids: Vec<&str> = gold
                .iter()
                .map(|gold| gold.document.id.as_str())
                .take(20)
                .collect();
            let message = format!(
                "the gold has no document '{missing}': expected one of {}",
                ids.join(", ")
            );
            return Err(failure(Exit::Input, message));
        }
        gold.retain(|gold| self.doc.contains(&gold.document.id));
        Ok(())
    }

    fn labels(&self) -> Result<LabelMap, Failure> {
        match &self.label_map {
            Some(path) => LabelMap::read(path, self.ignore_label.clone()).or_exit(Exit::Input),
            None => Ok(LabelMap::new([].into(), self.ignore_label.clone())),
        }
    }

    /// `found` are the mentions of each gold document, in order.
    fn score_links(&self, gold: &[GoldDocument], found: Vec<Vec<Mention>>) -> Result<LinkingReport, Failure> {
        let linker = Linker::new(self.engine.gazetteer()?);
        let unseen = Linker::new(self.engine.gazetteer()?.without_seen());
        let mut found = found.into_iter();
        linking::score(gold, &linker, &unseen, |_| Ok(found.next().unwrap_or_default()))
    }

    /// Tells what is wrong of the kinds that `--require` names.
    fn check(&self, gold: &[GoldDocument], report: Option<&LinkingReport>) -> Outcome {
        let Some(report) = report else { return Ok(()) };
        let required: Vec<Kind> = self.require.iter().map(|&kind| kind.into()).collect();
        let wrong: Vec<&Mistake> = report
            .mistakes
            .iter()
            .filter(|mistake| required.iter().any(|&kind| mistake.concerns(kind)))
            .collect();
        if wrong.is_empty() {
            return Ok(());
        }
        for mistake in &wrong {
            // As in `report`: a closed standard error is no reason to stop.
            let _ = writeln!(io::stderr(), "nomenclator: {}", visible(&told(gold, mistake)));
        }
        let kinds: Vec<&str> = required.iter().map(|kind| kind.as_str()).collect();
        let (count, kinds) = (wrong.len(), kinds.join(", "));
        Err(failure(
            Exit::CheckFailed,
            format!("{count} wrong or missing: expected every link of {kinds} to be right"),
        ))
    }
}

fn temperature(given: &str) -> Result<f32, String> {
    match given.parse() {
        Ok(temperature) if temperature > 0.0 && f32::is_finite(temperature) => Ok(temperature),
        _ => Err("expected a number above 0".to_owned()),
    }
}

fn is_jsonl(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("jsonl"))
}

/// The mentions of each document, unlinked.
fn mentions(
    pipeline: &Pipeline,
    documents: impl Iterator<Item = Document>,
) -> impl Iterator<Item = Result<Vec<Mention>, Failure>> {
    pipeline
        .tag_stream(documents.map(Ok::<_, Failure>))
        .map(|tagged| Ok(tagged?.mentions))
}

fn chunk<'a>(labels: &'a LabelMap, label: &'a str, span: &std::ops::Range<usize>) -> Option<Chunk<'a>> {
    labels.map(label).map(|label| Chunk {
        label,
        start: span.start,
        end: span.end,
    })
}

impl From<KindChoice> for Kind {
    fn from(choice: KindChoice) -> Self {
        match choice {
            KindChoice::Country => Kind::Country,
            KindChoice::Official => Kind::Official,
            KindChoice::Agency => Kind::Agency,
        }
    }
}

fn as_json(ner: &Recognition, linking: Option<&LinkingReport>) -> String {
    let scores = |counts: &Counts| json!({"precision": counts.precision(), "recall": counts.recall(), "f1": counts.f1()});
    let per_label: Map<String, Value> = ner
        .scores
        .per_label
        .iter()
        .map(|(label, counts)| (label.clone(), scores(counts)))
        .collect();
    let bins = ner.reliability.bins.iter().enumerate().map(|(number, bin)| {
        json!({"from": share_of_bins(number), "to": share_of_bins(number + 1), "mentions": bin.mentions,
               "mean_score": bin.mean_score(), "accuracy": bin.accuracy()})
    });
    let calibration =
        json!({"expected_error": ner.reliability.expected_error(), "bins": bins.collect::<Vec<_>>()});
    let mut report = json!({"ner": {
        "overall": scores(&ner.scores.overall()), "per_label": per_label, "calibration": calibration,
    }});
    if let Some(linking) = linking {
        report["linking"] = json!(linking);
    }
    format!("{report}\n")
}

fn as_tables(gold: &Gold, ner: &Recognition, linking: Option<&LinkingReport>) -> String {
    let documents = gold.conll.len() + gold.linking.len();
    let mut out = format!(
        "Recognition, {documents} {}\n",
        if documents == 1 { "document" } else { "documents" }
    );
    let row = |counts: &Counts| {
        let shares = [counts.precision(), counts.recall(), counts.f1()];
        (shares, [counts.gold, counts.predicted, counts.correct])
    };
    let mut rows = vec![("all".to_owned(), row(&ner.scores.overall()))];
    rows.extend(
        ner.scores
            .per_label
            .iter()
            .map(|(label, counts)| (label.clone(), row(counts))),
    );
    table(&mut out, &rows);
    reliability_table(&mut out, &ner.reliability);
    if let Some(linking) = linking {
        let LinkingReport {
            end_to_end,
            gold_mentions,
            without_seen,
            ..
        } = linking;
        out += "\nLinking, end to end\n";
        table(&mut out, &kind_rows(end_to_end));
        out += "\nLinking, on the gold's mentions\n";
        table(&mut out, &kind_rows(gold_mentions));
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

/// A name, its precision, recall and F1, and how many are in the gold, were found, and are right.
type Row = (String, ([f64; 3], [usize; 3]));

fn kind_rows(scores: &KindScores) -> Vec<Row> {
    let row = |(kind, scores): (&Kind, &linking::Scores)| {
        let shares = [scores.precision, scores.recall, scores.f1];
        (
            kind.as_str().to_owned(),
            (shares, [scores.gold, scores.found, scores.right]),
        )
    };
    scores.iter().map(row).collect()
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

fn reliability_table(out: &mut String, reliability: &Reliability) {
    *out += &format!(
        "\nCalibration, expected error {:.4}\n  {:8}  {:>9}  {:>10}  {:>8}\n",
        reliability.expected_error(),
        "score",
        "found",
        "mean score",
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
        *out += &format!("  {from:.1}–{to:.1}   {found:>9}  {score:>10.3}  {right:>8.3}\n");
    }
}

fn listed(gold: &[GoldDocument], mistakes: &[Mistake]) -> String {
    let lines = mistakes
        .iter()
        .map(|mistake| visible(&told(gold, mistake)).into_owned() + "\n");
    format!(
        "\nWrong or missing, end to end\n{}",
        lines.map(|line| format!("  {line}")).collect::<String>()
    )
}

/// A mistake in one line; offsets are characters, as in the gold.
fn told(gold: &[GoldDocument], mistake: &Mistake) -> String {
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
             qid,
             country,
         }| { named(*kind, name, qid.as_deref(), country.as_deref()) },
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
