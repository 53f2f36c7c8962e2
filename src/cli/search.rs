//! `nomenclator search`: the documents of an index that a query finds.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::engine::{GazetteerArguments, whole};
use super::form::{colored, columns};
use super::target::cannot_write;
use super::{ColorChoice, Exit, Failure, OrExit, Outcome, failure};
use crate::gazetteer::Gazetteer;
use crate::output::visible;
use crate::search::query::QueryError;
use crate::search::reader::{SearchError, SearchIndex};
use crate::search::results::{Answer, Request, Sort};
use crate::search::show::{Show, pointed_at};

const AFTER_HELP: &str = "\
Queries:
  missile test               documents with both words, in text or title; case and accents do not count
  \"missile test\"             the two one after the other
  kore*                      words that begin so; * alone finds every document
  country:KP                 a country by its code or any name: country:\"North Korea\", country:Pyongyang
  official:\"Choe Son Hui\"    an official by any name or id; a family name means all who have it
  agency:NIS                 an agency, likewise
  entity:Q494200             one of the three, likewise
  name:\"Mike Johnson\"        a mention that is written so, linked or not
  label:PER                  a mention with this label
  title:summit  title:\"joint statement\"  source:\"Reuters\"  id:lewtan-4711
  date:2024-10  date:2024-10-03  date:2024-10..2024-12  date:..2024  date:>=2024-10
                             all days that the document's date can mean lie there
  a NEAR/5 b                 words, phrases and entities at most 5 words on in the text, in either order (10 without a
                             number; NEAR/1: next to each other); a NEAR b NEAR c: each with the next; (a OR b) NEAR c:
                             either
  a b OR NOT (c -d)          AND may be left out; NOT or '-' before what must be missing; NOT binds tighter than AND, AND
                             than OR; in small letters and, or, not, near are words

A source, a name, a label and an id are found as a whole. What has a space, a parenthesis, a colon or an asterisk in it and is meant as it stands goes in quotes; in them \\\" is a \
quote and \\\\ a backslash. What names were taken for stands above the documents. Words are found whole, as they are \
written: nothing is stemmed.

Exit code 0 also where nothing is found, 2 where the query is wrong, 3 where DIR cannot be searched.

Examples:
  nomenclator search index 'agency:NIS official:\"Choe Son Hui\" country:Russia date:2024-10'
  nomenclator search index 'missile NEAR/5 country:KP' --sort newest --limit 20
  nomenclator search index '*' --facets 20 --limit 0
  nomenclator search index 'sanctions -country:IR' --json | jq .hits[].id
  nomenclator search index --queries queries.txt --json";

/// Arguments of `search`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The folder of the index, as 'index' wrote it.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// What to find, as one argument: quotes are parts of it.
    #[arg(
        value_name = "QUERY",
        required_unless_present = "queries",
        allow_hyphen_values = true
    )]
    query: Option<String>,
    #[arg(hide = true)]
    more: Vec<String>,
    /// Answer each line of FILE ('-' is standard input) in place of QUERY. Queries that are wrong are told, and the exit
    /// code is then 2.
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    queries: Option<PathBuf>,
    /// Print JSON: an object a query, on one line.
    #[arg(long)]
    json: bool,
    /// Show so many documents.
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
    /// Leave so many out before them.
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: usize,
    /// What comes first: 'relevance', 'newest', 'oldest'.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "ORDER",
        hide_possible_values = true
    )]
    sort: SortChoice,
    /// Rows of each facet, and of the entities that are together with what was found; 0 counts none.
    #[arg(long, value_name = "N", default_value_t = 5)]
    facets: usize,
    /// An entity of the query is found in documents whose surest link to it has at least this confidence: 0.5, 0.6, 0.7, 0.8
    /// or 0.9. The counts beside the documents are of all links.
    #[arg(long, value_name = "C", value_parser = tenths)]
    min_confidence: Option<u8>,
    #[command(flatten)]
    gazetteer: GazetteerArguments,
    /// Whether the output is in colours: 'auto' (on a terminal where NO_COLOR is not set), 'always', 'never'.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true
    )]
    color: ColorChoice,
}

/// `--sort`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum SortChoice {
    #[default]
    Relevance,
    Newest,
    Oldest,
}

impl From<SortChoice> for Sort {
    fn from(choice: SortChoice) -> Self {
        match choice {
            SortChoice::Relevance => Sort::Relevance,
            SortChoice::Newest => Sort::Newest,
            SortChoice::Oldest => Sort::Oldest,
        }
    }
}

/// The tenths of `0.5` to `0.9`.
fn tenths(text: &str) -> Result<u8, String> {
    let wrong = || "expected 0.5, 0.6, 0.7, 0.8 or 0.9".to_owned();
    let number: f64 = text.parse().map_err(|_| wrong())?;
    (5..=9u8)
        .find(|&tenths| (number * 10.0 - f64::from(tenths)).abs() < 1e-9)
        .ok_or_else(wrong)
}

/// Runs `search`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(arguments: &Arguments) -> Outcome {
    if let Some(more) = arguments.more.first() {
        let message =
            format!("'{more}' stands behind the query: expected the whole query in quotes; --help says more");
        return Err(failure(Exit::Usage, message));
    }
    let gazetteer = Arc::new(arguments.gazetteer.open()?);
    let index = SearchIndex::open(&arguments.folder, Arc::clone(&gazetteer)).or_exit(Exit::Input)?;
    let searching = Searching {
        arguments,
        index,
        gazetteer,
        show: Show {
            width: columns(),
            color: colored(arguments.color, true),
        },
    };
    match (&arguments.queries, &arguments.query) {
        (Some(file), _) => searching.all(file),
        (None, query) => searching.one(query.as_deref().unwrap_or_default()),
    }
}

struct Searching<'a> {
    arguments: &'a Arguments,
    index: SearchIndex,
    gazetteer: Arc<Gazetteer>,
    show: Show,
}

impl Searching<'_> {
    /// Answers a query, or says what is wrong with it.
    fn answer(&self, query: &str) -> Result<Result<Answer, QueryError>, Failure> {
        let request = Request {
            query: query.to_owned(),
            limit: self.arguments.limit,
            offset: self.arguments.offset,
            sort: self.arguments.sort.into(),
            facets: self.arguments.facets,
            least_tenths: self.arguments.min_confidence,
        };
        let answer = match self.index.search(&request) {
            Ok(answer) => Ok(answer),
            Err(SearchError::Query(error)) => Err(error),
            Err(error) => return Err(error).or_exit(Exit::Input),
        };
        whole(&self.gazetteer)?;
        Ok(answer)
    }

    fn one(&self, query: &str) -> Outcome {
        match self.answer(query)? {
            Ok(answer) => self.print(&answer),
            Err(error) => {
                self.tell(query, &error);
                Err(failure(Exit::Usage, ""))
            }
        }
    }

    /// Answers each line that is not empty.
    fn all(&self, file: &Path) -> Outcome {
        let place = file.display();
        let cannot_read = |error: io::Error| {
            failure(
                Exit::Input,
                format!("{place}: {error}: expected a file of queries, one a line, in UTF-8"),
            )
        };
        let lines: Box<dyn BufRead> = match file.as_os_str() == "-" {
            true => Box::new(io::stdin().lock()),
            false => Box::new(BufReader::new(std::fs::File::open(file).map_err(cannot_read)?)),
        };
        let (mut all, mut wrong) = (0, 0);
        for query in lines.lines() {
            let query = query.map_err(cannot_read)?;
            if query.trim().is_empty() {
                continue;
            }
            all += 1;
            match self.answer(&query)? {
                Ok(answer) => {
                    if !self.arguments.json {
                        super::print(&format!("{}\n\n", visible(&query)))?;
                    }
                    self.print(&answer)?;
                }
                Err(error) => {
                    wrong += 1;
                    match self.arguments.json {
                        true => super::print(&format!("{}\n", Answer::of_error(&query, &error)))?,
                        false => self.tell(&query, &error),
                    }
                }
            }
        }
        match wrong {
            0 => Ok(()),
            _ => Err(failure(
                Exit::Usage,
                format!("{place}: {wrong} of {all} queries are wrong: expected each as --help says"),
            )),
        }
    }

    fn print(&self, answer: &Answer) -> Outcome {
        let mut out = io::stdout().lock();
        let written = match self.arguments.json {
            true => serde_json::to_writer(&mut out, answer)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out)),
            false => self.show.write(answer, &mut out),
        };
        let written = written.and_then(|()| out.flush());
        written.map_err(|error| cannot_write("standard output", error))
    }

    /// Tells what is wrong in a line, and below it where.
    fn tell(&self, query: &str, error: &QueryError) {
        let message = format!("nomenclator: {}", visible(&error.to_string()));
        let pointed = pointed_at(query, error, self.show.width);
        // Nothing is left to do where standard error is closed.
        let _ = write!(io::stderr(), "{message}\n{pointed}");
    }
}
