//! Rows of a Parquet file.

use std::borrow::Cow;
use std::path::Path;

use serde_json::{Map, Value};

use super::super::cells;
use super::super::jsonl::keep;
use super::super::options::Limits;
use super::super::row_groups::{Row, RowGroups};
use super::super::source::{Meter, whole};
use super::{Located, Rejection, TaggedLine};

/// The rows of one file.
pub(super) struct Rows {
    rows: RowGroups,
    limits: Limits,
}

impl Rows {
    /// Opens the file; there is no path for standard input.
    ///
    /// # Errors
    /// Where it is no Parquet file, or has no mentions.
    pub(super) fn open(path: Option<&Path>, place: String, limits: &Limits) -> Result<Self, Rejection> {
        let rows = RowGroups::open(path, place.clone(), limits, Meter::default())?;
        if rows.fields().iter().all(|field| field.name() != "mentions") {
            let reason = "no column \"mentions\": expected a file as `nomenclator tag` writes it";
            return Err(whole(&place, reason));
        }
        Ok(Rows {
            rows,
            limits: *limits,
        })
    }

    fn line(&self, row: &Row) -> Result<TaggedLine, String> {
        let mut object = Map::new();
        for (array, field) in row.arrays.iter().zip(self.rows.fields()) {
            let levels = self.limits.nesting.saturating_sub(1);
            let value = cells::value(array, field.data_type(), row.at, levels)
                .map_err(|reason| format!("\"{}\": {reason}", field.name()))?;
            object.insert(field.name().clone(), value);
        }
        // The input's other fields, as they were written.
        let extra = match object.shift_remove("extra") {
            None | Some(Value::Null) => None,
            Some(Value::String(json)) => Some(json),
            Some(_) => return Err("\"extra\": expected a string of JSON".to_owned()),
        };
        let mut line = TaggedLine::from_object(object, &self.limits)?;
        if let Some(json) = extra {
            let (extra, _) = TaggedLine::parse_fields(&json, &self.limits)
                .map_err(|reason| format!("\"extra\": {reason}"))?;
            for (name, json) in extra.extra {
                keep(&mut line.extra, Cow::Owned(name), json);
            }
        }
        Ok(line)
    }
}

impl Iterator for Rows {
    type Item = Located;

    fn next(&mut self) -> Option<Located> {
        let row = match self.rows.advance()? {
            Ok(row) => row,
            Err(rejection) => return Some(Err(rejection)),
        };
        let place = self.rows.place();
        Some(match self.line(&row) {
            Ok(line) => Ok((place, line)),
            Err(reason) => Err(place.reject(reason)),
        })
    }
}
