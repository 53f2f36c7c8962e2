//! `nomenclator eval`: scores against gold.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::engine::{EngineArguments, whole};
use super::{Exit, Failure, OrExit, Outcome, failure, print};
use crate::dates::PartialDate;
use crate::document::{Document, Kind, Mention};
use crate::eval::calibration::Reliability;
use crate::eval::conll::{self, ConllDocument, LabelMap};
use crate::eval::considered;
use crate::eval::entities::EntityList;
use crate::eval::exact::ExactLookup;
use crate::eval::linking::{self, GoldDocument, Linking, LinkingReport, Mistake};
use crate::eval::linking_set::read_linking_set;
use crate::eval::ner::{Chunk, NerScores};
use crate::gazetteer::Gazetteer;
use crate::model::config::Calibration;
use crate::output::visible;
use crate::pipeline::Pipeline;
use clap::{Args, ValueEnum};

mod report;

use report::{as_json, as_tables, listed, told, write_judgements};

const AFTER_HELP: &str = "\
A CoNLL file has a token and, last, its label in each line (O, B-X, I-X), parted by tabs or spaces, and a blank line \
after each sentence; -DOCSTART- begins a document. Tokens are joined by spaces and sentences by line ends, the text is \
tagged as any other, and the mentions found are laid back over the tokens. Entities are counted as Python's seqeval \
counts them by default. Calibration compares the mentions' scores with how many are right, in ten bins.

Linking gold (.jsonl) has \"id\", \"text\", \"date\" and \"mentions\" with \"start\", \"end\" (in characters), \"label\", \
\"kind\", \"name\", \"qid\" and \"country\". A link is right where its start, end and kind are, and the same entity is \
meant; a link on a mention whose kind is null is a false one.

Public linking sets (.jsonl with --entities) have \"id\", \"text\" and \"mentions\" with \"start\", \"end\" (in \
characters), \"type\", \"wiki\" or \"name\" (a Wikipedia title) and \"qid\"; the list says which entities are countries, \
officials and agencies, and all others are NIL. benches/linking/README.md tells how capitals and teams count.

Examples:
  nomenclator eval test.conll
  nomenclator eval --label-map labels.txt --ignore-label MISC other.conll
  nomenclator eval dev.jsonl --doc choe-visit --require country
  nomenclator eval aida/dev.jsonl --entities benches/linking/entities.tsv --date 1996-08";

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
    /// Read .jsonl files as public linking sets, of which this table says what each entity counts as.
    #[arg(long, value_name = "FILE")]
    entities: Option<PathBuf>,
    /// The date of linking gold that has none (YYYY-MM-DD, YYYY-MM or YYYY): it decides who held an office.
    #[arg(long, value_name = "DATE")]
    date: Option<PartialDate>,
    /// What links the mentions: 'context', the program's linker, or 'exact', a look-up of the mention's own text.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "NAME",
        hide_possible_values = true
    )]
    linker: LinkerChoice,
    /// Write every gold mention with the link it was given and what that counts as to this file, in JSON Lines; linking
    /// gold only.
    #[arg(long, value_name = "FILE")]
    judgements: Option<PathBuf>,
    /// Link the gold's mentions alone, and run no model; linking gold only.
    #[arg(long, conflicts_with_all = ["mistakes", "require", "judgements", "temperature"])]
    gold_mentions: bool,
    /// Write what the linker weighed on gold mentions, and which candidates are right, to this file in JSON Lines, and do
    /// nothing else: 'scripts/fit_linking.py' fits the ranking's weights on it. Linking gold only.
    #[arg(long, value_name = "FILE")]
    considered: Option<PathBuf>,
    /// Print the scores as JSON, fractions in [0, 1].
    #[arg(long)]
    json: bool,
    /// Divide the logits by this in place of the model's own temperature; 1 shows the scores uncalibrated.
    #[arg(long, value_name = "T", value_parser = temperature)]
    temperature: Option<f32>,
    #[command(flatten)]
    engine: EngineArguments,
}

/// `--linker`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum LinkerChoice {
    /// The program's own.
    #[default]
    Context,
    /// The baseline.
    Exact,
}

impl LinkerChoice {
    fn over(self, engine: &EngineArguments, gazetteer: Gazetteer) -> Result<Box<dyn Linking>, Failure> {
        Ok(match self {
            LinkerChoice::Context => Box::new(engine.linker(gazetteer)?),
            LinkerChoice::Exact => Box::new(ExactLookup::new(gazetteer)),
        })
    }
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
    if let Some(path) = &arguments.considered {
        let linker = arguments.engine.linker(arguments.engine.gazetteer()?)?;
        return write_lines(path, &considered::judge(&gold.linking, &linker));
    }
    if arguments.gold_mentions {
        let scores = arguments.score_links(&gold.linking, Vec::new())?.gold_mentions;
        return print(&report::of_gold_mentions(&scores, arguments.json));
    }
    let folder = arguments.engine.folder()?;
    // With a linker, as `tag` has one: it parts mentions that hold two names.
    let linker = arguments.engine.linker(arguments.engine.gazetteer()?)?;
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
    // The labels of public linking sets are another's, or made of classes.
    let labelled = if arguments.entities.is_none() {
        gold.linking.as_slice()
    } else {
        &[]
    };
    for (gold, found) in labelled.iter().zip(&found) {
        ner.add_whole(gold, found, &labels);
    }
    let ner = (!gold.conll.is_empty() || !labelled.is_empty()).then_some(&ner);
    let linking = match gold.linking.is_empty() {
        true => None,
        false => Some(arguments.score_links(&gold.linking, found)?),
    };

    if let (Some(path), Some(report)) = (&arguments.judgements, &linking) {
        File::create(path)
            .and_then(|file| write_judgements(BufWriter::new(file), &gold.linking, &report.judgements))
            .map_err(|error| cannot_write_to(path, &error))?;
    }
    if arguments.json {
        print(&as_json(ner, linking.as_ref()))?;
    } else {
        print(&as_tables(
            gold.conll.len() + gold.linking.len(),
            ner,
            linking.as_ref(),
        ))?;
    }
    match &linking {
        Some(report) if arguments.mistakes => print(&listed(&gold.linking, &report.mistakes))?,
        _ => {}
    }
    arguments.check(&gold.linking, linking.as_ref())
}

/// Writes values as JSON Lines.
fn write_lines<T: serde::Serialize>(path: &Path, values: &[T]) -> Outcome {
    let write = || -> io::Result<()> {
        let mut out = BufWriter::new(File::create(path)?);
        for value in values {
            writeln!(out, "{}", serde_json::to_string(value)?)?;
        }
        out.flush()
    };
    write().map_err(|error| cannot_write_to(path, &error))
}

fn cannot_write_to(path: &Path, error: &io::Error) -> Failure {
    failure(
        Exit::Output,
        format!("{}: {error}: expected a file that can be written", path.display()),
    )
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
        let entities = self.entities.as_deref().map(EntityList::read).transpose();
        let entities = entities.or_exit(Exit::Input)?;
        for path in &self.gold {
            if is_jsonl(path) {
                let read = match &entities {
                    Some(entities) => read_linking_set(path, entities, self.date),
                    None => linking::read_gold(path),
                };
                gold.linking.extend(read.or_exit(Exit::Input)?);
            } else {
                gold.conll.extend(conll::read(path).or_exit(Exit::Input)?);
            }
        }
        let linking_only = [
            ("--doc", !self.doc.is_empty()),
            ("--require", !self.require.is_empty()),
            ("--mistakes", self.mistakes),
            ("--entities", self.entities.is_some()),
            ("--judgements", self.judgements.is_some()),
            ("--considered", self.considered.is_some()),
            ("--gold-mentions", self.gold_mentions),
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
        for gold in &mut gold.linking {
            gold.document.date = gold.document.date.or(self.date);
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
        let linker = self.linker.over(&self.engine, self.engine.gazetteer()?)?;
        let unseen = self
            .linker
            .over(&self.engine, self.engine.gazetteer()?.without_seen())?;
        let mut found = found.into_iter();
        let report = linking::score(gold, &*linker, &*unseen, |_| {
            Ok::<_, Failure>(found.next().unwrap_or_default())
        })?;
        whole(linker.gazetteer())?;
        Ok(report)
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
