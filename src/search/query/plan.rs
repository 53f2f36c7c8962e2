//! The tree of what is sought as a query of tantivy.
//!
//! Words and phrases score by BM25 in text and title, entities by how often they are mentioned; what only selects (labels,
//! sources, dates, what must be missing) scores nothing.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, InvertedIndexRangeQuery, Occur,
    PhraseQuery, Query, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::ast::{Near, Node};
use super::near::{Alternative, NearQuery};
use super::resolve::Sought;
use super::without::WithoutQuery;
use crate::search::index::document::{confident, entity_term, further_term};
use crate::search::index::schema::Fields;

/// How much more a word in the title counts.
const TITLE: f32 = 2.0;

type Clause = Box<dyn Query>;

/// Makes queries.
pub struct Planner<'f> {
    /// The fields of the index.
    pub fields: &'f Fields,
    /// The least confidence of an entity's surest link, in tenths.
    pub tenths: Option<u8>,
}

impl Planner<'_> {
    /// The query of a tree.
    pub fn plan(&self, node: &Node<Sought>) -> Clause {
        match node {
            Node::All => all(),
            Node::Leaf(leaf) => self.leaf(leaf),
            Node::Near(near) => self.near(near),
            Node::Not(node) => Box::new(WithoutQuery(self.plan(node))),
            Node::And(nodes) => Box::new(BooleanQuery::intersection(
                nodes.iter().map(|node| self.plan(node)).collect(),
            )),
            Node::Or(nodes) => any(nodes.iter().map(|node| self.plan(node)).collect()),
        }
    }

    fn leaf(&self, leaf: &Sought) -> Clause {
        let Fields { body, title, .. } = *self.fields;
        match leaf {
            Sought::Phrase { title: true, words } => phrase(title, words),
            Sought::Phrase { title: false, words } => any(vec![
                phrase(body, words),
                Box::new(BoostQuery::new(phrase(title, words), TITLE)),
            ]),
            Sought::AnyWord {
                title: in_title,
                words,
            } => {
                let fields = if *in_title { vec![title] } else { vec![body, title] };
                let terms = fields
                    .into_iter()
                    .flat_map(|field| words.iter().map(move |word| Term::from_field_text(field, word)));
                Box::new(TermSetQuery::new(terms))
            }
            Sought::Entities(keys) => any(keys.iter().map(|key| self.entity(key)).collect()),
            Sought::Label(label) => selects(self.fields.label, label),
            Sought::Surface(surface) => term(self.fields.surface, surface, IndexRecordOption::Basic),
            Sought::Source(source) => selects(self.fields.source, source),
            Sought::Id(id) => selects(self.fields.id, id),
            Sought::Days { from, to } => self.days(*from, *to),
        }
    }

    fn entity(&self, key: &str) -> Clause {
        let mentioned = term(self.fields.entity, key, IndexRecordOption::WithFreqs);
        match self.tenths {
            None => mentioned,
            Some(tenths) => Box::new(BooleanQuery::new(vec![
                (Occur::Must, mentioned),
                (
                    Occur::Must,
                    selects(self.fields.confident, &confident(key, tenths)),
                ),
            ])),
        }
    }

    fn days(&self, from: Option<i64>, to: Option<i64>) -> Clause {
        let Fields {
            first_day, last_day, ..
        } = *self.fields;
        let bound = |field, day| Bound::Included(Term::from_field_i64(field, day));
        // tantivy 0.27's range over fast fields subtracts with overflow where it is sought beyond its block.
        let range = InvertedIndexRangeQuery::new;
        let from = from.map(|from| range(bound(first_day, from), Bound::Unbounded));
        let to = to.map(|to| range(Bound::Unbounded, bound(last_day, to)));
        let clauses = from
            .into_iter()
            .chain(to)
            .map(|range| (Occur::Must, Box::new(range) as Clause));
        Box::new(ConstScoreQuery::new(
            Box::new(BooleanQuery::new(clauses.collect())),
            0.0,
        ))
    }

    /// Each neighbouring pair must be near; the sides score as they would in the text without.
    fn near(&self, near: &Near<Sought>) -> Clause {
        let sides: Vec<Vec<Alternative>> = near
            .sides
            .iter()
            .map(|side| side.iter().flat_map(|leaf| self.alternatives(leaf)).collect())
            .collect();
        let mut clauses: Vec<(Occur, Clause)> = Vec::new();
        for (pair, &within) in sides.windows(2).zip(&near.within) {
            if let [first, second] = pair {
                let sides = [first.clone(), second.clone()];
                clauses.push((Occur::Must, Box::new(NearQuery { sides, within })));
            }
        }
        for side in &near.sides {
            let scored = side.iter().map(|leaf| match leaf {
                Sought::Phrase { words, .. } => phrase(self.fields.body, words),
                leaf => self.leaf(leaf),
            });
            clauses.push((Occur::Should, any(scored.collect())));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    fn alternatives(&self, leaf: &Sought) -> Vec<Alternative> {
        let body = |term: &str| Term::from_field_text(self.fields.body, term);
        let alone = |terms| Alternative {
            terms,
            further: None,
            beside: None,
        };
        match leaf {
            Sought::Phrase { words, .. } => vec![alone(words.iter().map(|word| body(word)).collect())],
            Sought::AnyWord { words, .. } => words.iter().map(|word| alone(vec![body(word)])).collect(),
            Sought::Entities(keys) => {
                let alternative = |key: &String| Alternative {
                    terms: vec![body(&entity_term(key))],
                    further: Some(body(&further_term(key))),
                    beside: self
                        .tenths
                        .map(|tenths| Term::from_field_text(self.fields.confident, &confident(key, tenths))),
                };
                keys.iter().map(alternative).collect()
            }
            // The parser lets nothing else stand beside NEAR.
            _ => Vec::new(),
        }
    }
}

/// Every document, at no score.
fn all() -> Clause {
    Box::new(ConstScoreQuery::new(Box::new(AllQuery), 0.0))
}

fn any(mut clauses: Vec<Clause>) -> Clause {
    match clauses.len() {
        0 => Box::new(EmptyQuery),
        1 => clauses.remove(0),
        _ => Box::new(BooleanQuery::union(clauses)),
    }
}

fn term(field: Field, text: &str, option: IndexRecordOption) -> Clause {
    Box::new(TermQuery::new(Term::from_field_text(field, text), option))
}

fn selects(field: Field, text: &str) -> Clause {
    Box::new(ConstScoreQuery::new(
        term(field, text, IndexRecordOption::Basic),
        0.0,
    ))
}

fn phrase(field: Field, words: &[String]) -> Clause {
    match words {
        [word] => term(field, word, IndexRecordOption::WithFreqs),
        words => {
            let terms = words.iter().map(|word| Term::from_field_text(field, word));
            Box::new(PhraseQuery::new(terms.collect()))
        }
    }
}
