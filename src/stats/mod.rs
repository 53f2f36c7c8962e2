//! Statistics of a tagged corpus: who is named, how often, together with whom, and when.
//!
//! [`Statistics`] takes documents one by one; [`Statistics::report`] says what they held. Memory grows with the
//! different entities, not with the documents: what could grow otherwise has a limit ([`Limits`]), and the report tells
//! where one was reached.
//!
//! | file | |
//! |---|---|
//! | `collect.rs` | documents → counts |
//! | `rank.rs`, `report.rs` | counts → what stands in every output |
//! | `text.rs`, `tables.rs`, `page/` | the report for a terminal, as CSV, as a page with plots |
//! | `frequent.rs`, `association.rs` | the two methods behind the numbers |

pub mod association;
mod collect;
pub mod frequent;
pub mod page;
mod rank;
mod report;
pub mod tables;
pub mod text;

pub use collect::{Limits, Selection, Statistics};
pub use report::{
    Documents, EntityRow, KindRow, LabelRow, Matrix, Mentions, NameRow, Named, Names, PairRow, Pairs, Point,
    Report, Series, Timeline,
};
