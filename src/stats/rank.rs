//! From counts to the report: what comes first, and what the measures are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::association::{expected, log_likelihood, npmi};
use super::collect::{Count, Entity, Name, Statistics};
use super::frequent::Counter;
use super::report::{
    Documents, EntityRow, KindRow, LabelRow, Matrix, Mentions, NameRow, Named, Names, PairRow, Pairs, Point,
    Report, Series, Timeline,
};
use crate::dates::{PartialDate, Precision};
use crate::document::Kind;

/// Entities of the matrix: more are not read at one glance.
const MATRIX: usize = 20;
/// Spans of up to so many days are shown by day, and up to so many months by month.
const DAYS: i64 = 62;
const MONTHS: i64 = 72;

impl Statistics {
    /// What was counted so far; `top` rows of each table.
    pub fn report(&self, top: usize) -> Report {
        let mut order: Vec<u32> = (0..self.entities.len() as u32).collect();
        order.sort_unstable_by_key(|&number| self.rank(number));
        let kinds: Vec<KindRow> = Kind::ALL
            .iter()
            .map(|&kind| self.kind(kind, &order, top))
            .collect();
        let labels = self.labels();
        Report {
            selection: self.selection.clone(),
            documents: Documents {
                total: self.documents,
                rejected: self.rejected,
                with_entity: self.with_entity,
                undated: self.undated,
                partly_paired: self.partly_paired,
            },
            mentions: Mentions {
                total: labels.iter().map(|row| row.mentions).sum(),
                linked: labels.iter().map(|row| row.linked).sum(),
                entities: self.entities.len() as u64,
            },
            labels,
            kinds,
            entities: order.iter().take(top).map(|&number| self.row(number)).collect(),
            names: self.names(top),
            pairs: self.pairs(top),
            timeline: self.timeline(&order[..top.min(order.len())]),
            matrix: self.matrix(&order[..top.min(order.len()).min(MATRIX)]),
        }
    }

    fn entity(&self, number: u32) -> &Entity {
        &self.entities[number as usize]
    }

    /// Sorts the most mentioned first; names and what tells equal ones apart make the order the same for every order of
    /// the documents.
    fn rank(&self, number: u32) -> impl Ord + use<'_> {
        let Entity {
            id,
            kind,
            name,
            country,
            count,
        } = self.entity(number);
        (
            Reverse(count.mentions),
            Reverse(count.documents),
            &**name,
            *kind,
            id.as_deref(),
            country.as_deref(),
        )
    }

    fn named(&self, number: u32) -> Named {
        let Entity {
            id,
            kind,
            name,
            country,
            ..
        } = self.entity(number);
        Named {
            number,
            id: id.as_deref().map(Into::into),
            kind: *kind,
            name: name.to_string(),
            country: country.as_deref().map(Into::into),
        }
    }

    fn row(&self, number: u32) -> EntityRow {
        let Count { documents, mentions } = self.entity(number).count;
        EntityRow {
            entity: self.named(number),
            documents,
            mentions,
        }
    }

    fn kind(&self, kind: Kind, order: &[u32], top: usize) -> KindRow {
        let of_kind = || order.iter().filter(|&&number| self.entity(number).kind == kind);
        KindRow {
            kind,
            mentions: of_kind().map(|&number| self.entity(number).count.mentions).sum(),
            entities: of_kind().count() as u64,
            top: of_kind().take(top).map(|&number| self.row(number)).collect(),
        }
    }

    fn labels(&self) -> Vec<LabelRow> {
        let rows = self.labels.iter().map(|(label, labelled)| LabelRow {
            label: label.to_string(),
            mentions: labelled.mentions,
            linked: labelled.linked,
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|row| Reverse(row.mentions));
        rows
    }

    fn names(&self, top: usize) -> Names {
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort_unstable_by_key(|&(name, counter)| {
            (Reverse(counter.at_most), Reverse(counter.additions), name)
        });
        let row = |&(name, counter): &(&Name, Counter)| NameRow {
            label: name.label.to_string(),
            name: name.surface.to_string(),
            documents: counter.additions,
            mentions: counter.at_most,
            mentions_at_least: counter.at_least,
        };
        Names {
            error: self.names.error(),
            kept: self.names.len() as u64,
            rows: names.iter().take(top).map(row).collect(),
        }
    }

    fn pairs(&self, top: usize) -> Pairs {
        let measured = self.pairs.iter().map(|(&pair, counter)| {
            let (a, b) = (
                self.entity(pair.0).count.documents,
                self.entity(pair.1).count.documents,
            );
            (
                pair,
                counter,
                log_likelihood(counter.at_least, a, b, self.documents),
            )
        });
        let mut measured: Vec<_> = measured.filter(|&(_, _, ratio)| ratio > 0.0).collect();
        let ranked = |&(first, second): &(u32, u32)| {
            let (first, second) = (self.rank(first), self.rank(second));
            if first <= second {
                (first, second)
            } else {
                (second, first)
            }
        };
        measured.sort_unstable_by(|a, b| {
            b.2.total_cmp(&a.2)
                .then(b.1.at_least.cmp(&a.1.at_least))
                .then_with(|| ranked(&a.0).cmp(&ranked(&b.0)))
        });
        let row = |&((mut first, mut second), counter, ratio): &((u32, u32), Counter, f64)| {
            if self.rank(second) < self.rank(first) {
                std::mem::swap(&mut first, &mut second);
            }
            let (a, b) = (
                self.entity(first).count.documents,
                self.entity(second).count.documents,
            );
            PairRow {
                first: self.named(first),
                second: self.named(second),
                documents: counter.at_least,
                documents_at_most: counter.at_most,
                expected: expected(a, b, self.documents),
                log_likelihood: ratio,
                npmi: npmi(counter.at_least, a, b, self.documents),
            }
        };
        Pairs {
            error: self.pairs.error(),
            kept: self.pairs.len() as u64,
            rows: measured.iter().take(top).map(row).collect(),
        }
    }

    fn matrix(&self, top: &[u32]) -> Matrix {
        let cell = |a: u32, b: u32| {
            let together = self
                .pairs
                .get(&(a.min(b), a.max(b)))
                .map_or(0, |counter| counter.at_least);
            let (of_a, of_b) = (self.entity(a).count.documents, self.entity(b).count.documents);
            (a != b).then(|| (together, npmi(together, of_a, of_b, self.documents)))
        };
        Matrix {
            entities: top
                .iter()
                .map(|&number| (self.named(number), self.entity(number).count.documents))
                .collect(),
            cells: top
                .iter()
                .map(|&a| top.iter().map(|&b| cell(a, b)).collect())
                .collect(),
        }
    }

    fn timeline(&self, top: &[u32]) -> Option<Timeline> {
        let wanted = self.by.or_else(|| self.precision_of_dates())?;
        let by = wanted.min(self.kept_by);
        let mut too_coarse = 0;
        let mut documents = BTreeMap::new();
        for (date, count) in &self.dates {
            match date.to_precision(by) {
                Some(date) => gather(&mut documents, date, count),
                None => too_coarse += count.documents,
            }
        }
        if documents.is_empty() && too_coarse == 0 {
            return None;
        }
        let wanted_entities: HashSet<u32> = top.iter().copied().collect();
        let mut courses: HashMap<u32, BTreeMap<PartialDate, Count>> = HashMap::new();
        for ((number, date), count) in &self.cells {
            if let Some(date) = date.to_precision(by).filter(|_| wanted_entities.contains(number)) {
                gather(courses.entry(*number).or_default(), date, count);
            }
        }
        let series = top.iter().map(|number| Series {
            entity: self.named(*number),
            points: points(courses.remove(number).unwrap_or_default()),
        });
        Some(Timeline {
            by,
            asked: (by < wanted).then_some(wanted),
            too_coarse,
            entities: series.collect(),
            documents: points(documents),
        })
    }

    /// What the dates' span asks for, and at least half of them have.
    fn precision_of_dates(&self) -> Option<Precision> {
        let (first, last) = (self.dates.keys().next()?, self.dates.keys().next_back()?);
        let (from, to) = (first.earliest(), last.latest());
        let months = (i64::from(to.0) * 12 + i64::from(to.1)) - (i64::from(from.0) * 12 + i64::from(from.1));
        let days = months * 31 + i64::from(to.2) - i64::from(from.2);
        let fitting = match () {
            () if days < DAYS => Precision::Day,
            () if months < MONTHS => Precision::Month,
            () => Precision::Year,
        };
        let count = |known: &dyn Fn(Precision) -> bool| -> u64 {
            let known = self.dates.iter().filter(|(date, _)| known(date.precision()));
            known.map(|(_, count)| count.documents).sum()
        };
        let dated = count(&|_| true);
        let is_known = |by: Precision| 2 * count(&|precision| precision >= by) >= dated;
        [Precision::Day, Precision::Month]
            .into_iter()
            .find(|&by| by <= fitting && is_known(by))
            .or(Some(Precision::Year))
    }
}

fn gather(into: &mut BTreeMap<PartialDate, Count>, date: PartialDate, count: &Count) {
    let sum = into.entry(date).or_default();
    sum.documents += count.documents;
    sum.mentions += count.mentions;
}

fn points(counts: BTreeMap<PartialDate, Count>) -> Vec<Point> {
    let point = |(date, count): (PartialDate, Count)| Point {
        date,
        documents: count.documents,
        mentions: count.mentions,
    };
    counts.into_iter().map(point).collect()
}
