//! Counts over documents as they come.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use serde::Serialize;

use super::frequent::FrequentItems;
use crate::corpus::tagged::TaggedLine;
use crate::dates::{PartialDate, Precision};
use crate::document::{Kind, Link};

/// A longer name is cut: names come from outside, and each that is kept takes memory.
const LONGEST_NAME: usize = 200;

/// Which mentions are counted. An empty list takes all; with kinds or countries only linked mentions are.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Selection {
    /// Kinds of the entities.
    pub kinds: Vec<Kind>,
    /// Labels of the mentions, such as `PER`.
    pub labels: Vec<String>,
    /// Countries of the entities, as in [`Link::country`].
    pub countries: Vec<String>,
}

impl Selection {
    fn takes(&self, label: &str, link: Option<&Link>) -> bool {
        let of_kind = |kind: Kind| self.kinds.is_empty() || self.kinds.contains(&kind);
        let of_country = |country: Option<&str>| {
            self.countries.is_empty()
                || country.is_some_and(|code| self.countries.iter().any(|one| one == code))
        };
        let labelled = self.labels.is_empty() || self.labels.iter().any(|one| one == label);
        labelled
            && match link {
                Some(link) => of_kind(link.kind) && of_country(link.country.as_deref()),
                None => self.kinds.is_empty() && self.countries.is_empty(),
            }
    }

    /// Whether it takes all.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.labels.is_empty() && self.countries.is_empty()
    }
}

/// What memory is bounded by.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Different unlinked names that are counted exactly; see [`FrequentItems`]. Each takes some 150 bytes.
    pub names: usize,
    /// Different pairs of entities that are counted exactly. Each takes some 60 bytes.
    pub pairs: usize,
    /// Entities of one document of which pairs are made, the most mentioned first: 200 make 19,900 pairs.
    pub paired: usize,
    /// Different entities by days (months) that are kept before the timeline turns to months (years). Each takes some 40
    /// bytes.
    pub cells: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            names: 1 << 17,
            pairs: 1 << 19,
            paired: 200,
            cells: 1 << 20,
        }
    }
}

/// Documents and mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub documents: u64,
    pub mentions: u64,
}

impl Count {
    /// One more document, with so many mentions.
    fn add(&mut self, mentions: u64) {
        self.documents += 1;
        self.mentions += mentions;
    }
}

/// An entity and how often it came.
pub(super) struct Entity {
    pub id: Option<Box<str>>,
    pub kind: Kind,
    pub name: Box<str>,
    pub country: Option<Box<str>>,
    pub count: Count,
}

/// Mentions of a label.
#[derive(Default)]
pub(super) struct Labelled {
    pub mentions: u64,
    pub linked: u64,
}

/// A name without a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name {
    pub label: Box<str>,
    pub surface: Box<str>,
}

/// The counts so far.
pub struct Statistics {
    pub(super) selection: Selection,
    pub(super) limits: Limits,
    /// What the user asked the timeline to be by.
    pub(super) by: Option<Precision>,
    /// How exactly dates are kept.
    pub(super) kept_by: Precision,
    pub(super) documents: u64,
    pub(super) rejected: u64,
    pub(super) with_entity: u64,
    pub(super) undated: u64,
    pub(super) entities: Vec<Entity>,
    numbers: HashMap<Box<str>, u32>,
    pub(super) labels: BTreeMap<Box<str>, Labelled>,
    pub(super) names: FrequentItems<Name>,
    /// Pairs of entities' numbers, the lower first.
    pub(super) pairs: FrequentItems<(u32, u32)>,
    /// Documents of which not all entities were paired.
    pub(super) partly_paired: u64,
    pub(super) dates: BTreeMap<PartialDate, Count>,
    pub(super) cells: HashMap<(u32, PartialDate), Count>,
    key: String,
}

impl Statistics {
    /// Nothing yet. Without `by` the report finds it.
    pub fn new(selection: Selection, by: Option<Precision>, limits: Limits) -> Self {
        Statistics {
            selection,
            limits,
            by,
            kept_by: by.unwrap_or(Precision::Day),
            documents: 0,
            rejected: 0,
            with_entity: 0,
            undated: 0,
            entities: Vec::new(),
            numbers: HashMap::new(),
            labels: BTreeMap::new(),
            names: FrequentItems::new(limits.names),
            pairs: FrequentItems::new(limits.pairs),
            partly_paired: 0,
            dates: BTreeMap::new(),
            cells: HashMap::new(),
            key: String::new(),
        }
    }

    /// Counts a document that could not be read.
    pub fn add_rejected(&mut self) {
        self.rejected += 1;
    }

    /// Counts a document.
    pub fn add(&mut self, line: &TaggedLine) {
        self.documents += 1;
        let mut mentioned: Vec<u32> = Vec::new();
        let mut names: Vec<Name> = Vec::new();
        let mut mentions = 0;
        for mention in &line.mentions {
            let link = mention.link.as_ref();
            if !self.selection.takes(&mention.label, link) {
                continue;
            }
            mentions += 1;
            let labelled = match self.labels.get_mut(mention.label.as_str()) {
                Some(labelled) => labelled,
                None => self.labels.entry(mention.label.as_str().into()).or_default(),
            };
            labelled.mentions += 1;
            match link {
                Some(link) => {
                    labelled.linked += 1;
                    mentioned.push(self.number(link));
                }
                None => names.push(Name {
                    label: mention.label.as_str().into(),
                    surface: folded(&mention.text),
                }),
            }
        }
        names.sort_unstable();
        for same in names.chunk_by(|a, b| a == b) {
            self.names.add(same[0].clone(), same.len() as u64);
        }
        mentioned.sort_unstable();
        let mut entities: Vec<(u32, u64)> = mentioned
            .chunk_by(|a, b| a == b)
            .map(|same| (same[0], same.len() as u64))
            .collect();
        self.with_entity += u64::from(!entities.is_empty());
        for &(number, mentions) in &entities {
            self.entities[number as usize].count.add(mentions);
        }
        self.date(line.date, mentions, &entities);
        self.pair(&mut entities);
    }

    /// The number of a link's entity, in the order in which they came.
    fn number(&mut self, link: &Link) -> u32 {
        self.key.clear();
        // As `Link::is_same`: by id, and without one by name, kind and country. Writing to a string does not fail.
        let _ = match (&link.id, &link.country) {
            (Some(id), _) => write!(self.key, "={id}"),
            (None, country) => {
                let country = country.as_deref();
                let length = country.map_or(-1, |code| code.len() as i64);
                let country = country.unwrap_or_default();
                write!(self.key, "{} {length} {country}{}", link.kind.as_str(), link.name)
            }
        };
        if let Some(&number) = self.numbers.get(self.key.as_str()) {
            return number;
        }
        let number = self.entities.len() as u32;
        self.numbers.insert(self.key.as_str().into(), number);
        self.entities.push(Entity {
            id: link.id.as_deref().map(Into::into),
            kind: link.kind,
            name: (*link.name).into(),
            country: link.country.as_deref().map(Into::into),
            count: Count::default(),
        });
        number
    }

    fn date(&mut self, date: Option<PartialDate>, mentions: u64, entities: &[(u32, u64)]) {
        let Some(date) = date else {
            self.undated += 1;
            return;
        };
        let date = date.to_precision(self.kept_by).unwrap_or(date);
        self.dates.entry(date).or_default().add(mentions);
        for &(number, mentions) in entities {
            self.cells.entry((number, date)).or_default().add(mentions);
        }
        while self.cells.len() > self.limits.cells && self.kept_by > Precision::Year {
            self.coarsen();
        }
    }

    /// Keeps dates less exactly.
    fn coarsen(&mut self) {
        self.kept_by = if self.kept_by == Precision::Day {
            Precision::Month
        } else {
            Precision::Year
        };
        let coarse = |date: PartialDate| date.to_precision(self.kept_by).unwrap_or(date);
        for (date, count) in std::mem::take(&mut self.dates) {
            let into = self.dates.entry(coarse(date)).or_default();
            into.documents += count.documents;
            into.mentions += count.mentions;
        }
        for ((number, date), count) in std::mem::take(&mut self.cells) {
            let into = self.cells.entry((number, coarse(date))).or_default();
            into.documents += count.documents;
            into.mentions += count.mentions;
        }
    }

    fn pair(&mut self, entities: &mut Vec<(u32, u64)>) {
        if entities.len() > self.limits.paired {
            self.partly_paired += 1;
            entities.sort_by_key(|&(_, mentions)| std::cmp::Reverse(mentions));
            entities.truncate(self.limits.paired);
            entities.sort_unstable();
        }
        for (place, &(first, _)) in entities.iter().enumerate() {
            for &(second, _) in &entities[place + 1..] {
                self.pairs.add((first, second), 1);
            }
        }
    }
}

/// A name with its white space folded to single spaces, as [`crate::document::TaggedDocument::unlinked`] has it.
fn folded(surface: &str) -> Box<str> {
    let mut folded = String::with_capacity(surface.len().min(LONGEST_NAME));
    for word in surface.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    if let Some((end, _)) = folded.char_indices().nth(LONGEST_NAME) {
        folded.truncate(end);
        folded.push('…');
    }
    folded.into()
}
