//! The tree of a query.

use std::ops::Range;

use crate::document::Kind;

/// A query, or a part of one. `L` are its leaves: [`Asked`] as people wrote them, or
/// [`Sought`](super::resolve::Sought) as the index knows them.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<L> {
    /// Every document.
    All,
    /// Documents with this.
    Leaf(L),
    /// Documents in whose text these stand near one another.
    Near(Near<L>),
    /// Documents without this.
    Not(Box<Node<L>>),
    /// Documents with all of these; there are at least two.
    And(Vec<Node<L>>),
    /// Documents with any of these; there are at least two.
    Or(Vec<Node<L>>),
}

/// A chain of things that stand near one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Near<L> {
    /// At least two; each is a choice of leaves that have positions.
    pub sides: Vec<Vec<L>>,
    /// The most words from each side to the next: one number fewer than there are sides.
    pub within: Vec<u32>,
}

impl<L> Node<L> {
    /// The same tree with other leaves.
    ///
    /// # Errors
    /// The first that `change` gives.
    pub fn try_map<M, E>(self, change: &mut impl FnMut(L) -> Result<M, E>) -> Result<Node<M>, E> {
        let all = |nodes: Vec<Node<L>>, change: &mut _| {
            let nodes = nodes.into_iter().map(|node| node.try_map(change));
            nodes.collect::<Result<Vec<_>, E>>()
        };
        Ok(match self {
            Node::All => Node::All,
            Node::Leaf(leaf) => Node::Leaf(change(leaf)?),
            Node::Near(Near { sides, within }) => {
                let side = |side: Vec<L>| side.into_iter().map(&mut *change).collect();
                let sides = sides.into_iter().map(side).collect::<Result<_, E>>()?;
                Node::Near(Near { sides, within })
            }
            Node::Not(node) => Node::Not(Box::new(node.try_map(change)?)),
            Node::And(nodes) => Node::And(all(nodes, change)?),
            Node::Or(nodes) => Node::Or(all(nodes, change)?),
        })
    }

    /// Shows `look` the leaves that a document is found by, not those that it must lack.
    pub fn wanted<'n>(&'n self, look: &mut impl FnMut(&'n L)) {
        match self {
            Node::All | Node::Not(_) => {}
            Node::Leaf(leaf) => look(leaf),
            Node::Near(near) => near.sides.iter().flatten().for_each(look),
            Node::And(nodes) | Node::Or(nodes) => nodes.iter().for_each(|node| node.wanted(look)),
        }
    }
}

/// A leaf as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Its characters in the query.
    pub span: Range<usize>,
    /// What it asks for.
    pub what: What,
}

/// What a leaf asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// These words one after the other, as [`analysis`](crate::search::analysis) writes them.
    Words {
        /// In the title alone, not in title or text.
        title: bool,
        /// At least one.
        words: Vec<String>,
    },
    /// A word that begins so.
    Prefix {
        /// As in [`What::Words`].
        title: bool,
        /// Its beginning.
        prefix: String,
    },
    /// An entity by a name, an id, a country's code or its key.
    Entity {
        /// Of this kind; of any where there is none.
        kind: Option<Kind>,
        /// As it was written.
        name: String,
    },
    /// A mention with this label.
    Label(String),
    /// A mention with this folded text.
    Surface(String),
    /// The source, its words joined by a space.
    Source(String),
    /// The document's id.
    Id(String),
    /// A date of which no day lies outside these, as YYYYMMDD; at least one of the two is there.
    Days {
        /// The first day.
        from: Option<i64>,
        /// The last day.
        to: Option<i64>,
    },
}
