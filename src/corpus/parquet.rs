//! Parquet: one document a row.

use std::borrow::Cow;
use std::path::Path;

use arrow_array::Array;
use arrow_schema::DataType;
use serde_json::Value;

use super::cells;
use super::columns::{Columns, Role};
use super::jsonl::keep;
use super::options::{Limits, ReadOptions};
use super::row_groups::{Row, RowGroups};
use super::source::{Meter, whole};
use super::{Pace, Rejection, date_of, too_long};
use crate::document::Document;

/// Documents of one Parquet file.
pub(super) struct Rows {
    rows: RowGroups,
    columns: Columns,
    limits: Limits,
}

impl Rows {
    /// Opens the file and finds its columns.
    ///
    /// # Errors
    /// Where it is no Parquet file, or no column holds texts.
    pub(super) fn open(
        path: Option<&Path>,
        place: String,
        options: &ReadOptions,
        meter: Meter,
    ) -> Result<Self, Rejection> {
        let refused = |reason: String| whole(&place, &reason);
        let rows = RowGroups::open(path, place.clone(), &options.limits, meter)?;
        let fields = rows.fields();
        let names = fields.iter().map(|field| field.name().clone()).collect();
        let columns = Columns::new(names, &options.fields).map_err(refused)?;
        let text = &fields[columns.text()];
        if !matches!(text.data_type(), DataType::Utf8 | DataType::Binary) {
            let reason = format!(
                "column \"{}\" holds {}: expected strings",
                text.name(),
                text.data_type()
            );
            return Err(refused(reason));
        }
        Ok(Rows {
            rows,
            columns,
            limits: options.limits,
        })
    }

    fn document_of(&self, row: &Row) -> Result<Document, String> {
        let mut document = Document::default();
        for (at, (array, field)) in row.arrays.iter().zip(self.rows.fields()).enumerate() {
            let name = field.name();
            let named = |reason: String| format!("\"{name}\": {reason}");
            if at == self.columns.text() {
                document.text = self.text(array, field.data_type(), row.at).map_err(named)?;
                if self.columns.roles(at) == [Role::Text] {
                    continue;
                }
            }
            if !self.columns.is_extra(at) && self.columns.roles(at).is_empty() {
                continue;
            }
            let levels = self.limits.nesting.saturating_sub(1);
            let value = cells::value(array, field.data_type(), row.at, levels).map_err(named)?;
            for role in self.columns.roles(at) {
                match (role, &value) {
                    (Role::Text, _) => {}
                    (_, Value::Null) => {}
                    (Role::Id, Value::String(id)) => document.id.clone_from(id),
                    (Role::Id, Value::Number(number)) if !number.is_f64() => {
                        document.id = number.to_string();
                        keep(
                            &mut document.extra,
                            Cow::Borrowed("id"),
                            document.id.as_str().into(),
                        );
                    }
                    (Role::Date, Value::String(date)) => document.date = date_of(name, date)?,
                    (Role::Title, Value::String(title)) => document.title = Some(title.clone()),
                    (Role::Source, Value::String(source)) => document.source = Some(source.clone()),
                    (role, _) => {
                        let expected = match role {
                            Role::Id => "a string or an integer",
                            Role::Date => "a date, a timestamp or a string such as \"2024-10-29\"",
                            Role::Text | Role::Title | Role::Source => "a string",
                        };
                        return Err(named(format!("is {}: expected {expected}", field.data_type())));
                    }
                }
            }
            if self.columns.is_extra(at) {
                keep(&mut document.extra, Cow::Borrowed(name), value.to_string().into());
            }
        }
        if document.id.is_empty() {
            document.id = self.rows.place().to_string();
        }
        Ok(document)
    }

    fn text(&self, array: &dyn Array, kind: &DataType, row: usize) -> Result<String, String> {
        if array.is_null(row) {
            return Err("null: expected a string".to_owned());
        }
        let bytes = cells::bytes(array, kind, row)?;
        if bytes.len() as u64 > self.limits.document {
            return Err(too_long(bytes.len() as u64, self.limits.document));
        }
        if bytes.len() > Pace::LARGE {
            self.rows.pace().wait_until_idle();
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(format!(
                "not UTF-8 at byte {} of the value: expected UTF-8 text",
                error.valid_up_to()
            )),
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Document, Rejection>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = match self.rows.advance()? {
            Ok(row) => row,
            Err(rejection) => return Some(Err(rejection)),
        };
        let document = self.document_of(&row);
        Some(document.map_err(|reason| self.rows.place().reject(reason)))
    }
}
