//! Rows of a Parquet file, row group by row group, whatever its damage.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, FieldRef};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{ConvertedType, LogicalType, Type as PhysicalType};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::RowGroupMetaData;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use super::options::Limits;
use super::rejection::Place;
use super::source::{Meter, unreadable};
use super::{Pace, Rejection};
use crate::panics::caught;

/// Bytes of rows that are decoded at once, by the row group's average.
const BATCH_BYTES: u64 = 4 << 20;
/// Rows decoded at once: few, since texts that repeat are stored once and decoded each.
const BATCH_ROWS: u64 = 64;
/// What a row counts for beside its values: without any it is still read, and told where it is no document.
const ROW_BYTES: u64 = 100;

/// The rows of one Parquet file.
pub(super) struct RowGroups {
    place: String,
    limits: Limits,
    file: File,
    /// Of the file, in bytes.
    size: u64,
    meter: Meter,
    metadata: ArrowReaderMetadata,
    /// The columns' types, of which strings are read as bytes; see [`cells::value`](super::cells::value).
    fields: Vec<FieldRef>,
    /// The row group to open next.
    group: usize,
    reader: Option<ParquetRecordBatchReader>,
    batch: Option<(RecordBatch, usize)>,
    /// Rows of the file that are behind us, and those that are once the open row group is.
    row: u64,
    group_end: u64,
    /// Bytes of the rows that were decoded.
    out: u64,
}

/// One row: its columns, and where in each it stands.
pub(super) struct Row {
    pub(super) arrays: Vec<ArrayRef>,
    pub(super) at: usize,
}

impl RowGroups {
    /// Opens the file and reads what it says of itself.
    ///
    /// # Errors
    /// Where it is no Parquet file.
    pub(super) fn open(
        path: Option<&Path>,
        place: String,
        limits: &Limits,
        meter: Meter,
    ) -> Result<Self, Rejection> {
        let refused = |reason: String| Place::whole(&place).reject(reason);
        let Some(path) = path else {
            return Err(refused(
                "Parquet is read from its end: expected a file in place of standard input".to_owned(),
            ));
        };
        let failed = |error: std::io::Error| refused(unreadable(&error));
        let about = path.metadata().map_err(failed)?;
        // Before it is opened: a pipe that nobody writes would wait for ever.
        if !about.is_file() {
            return Err(refused("not a regular file: expected a Parquet file".to_owned()));
        }
        let file = File::open(path).map_err(failed)?;
        let (metadata, fields) = caught(|| describe(&file))
            .unwrap_or_else(|| Err(ParquetError::General(NONSENSE.to_owned())))
            .map_err(|error| refused(format!("no Parquet file ({}): expected one", message(&error))))?;
        Ok(RowGroups {
            place,
            limits: *limits,
            file,
            size: about.len(),
            meter,
            metadata,
            fields,
            group: 0,
            reader: None,
            batch: None,
            row: 0,
            group_end: 0,
            out: 0,
        })
    }

    /// The columns with their true types.
    pub(super) fn fields(&self) -> &[FieldRef] {
        &self.fields
    }

    /// Goes to the next row. After a rejection the rows go on with the next row group.
    pub(super) fn advance(&mut self) -> Option<Result<Row, Rejection>> {
        match self.fill() {
            Ok(true) => {}
            Ok(false) => return None,
            Err(reason) => {
                let row = Some(self.row.saturating_add(1));
                return Some(Err(Place {
                    line: row,
                    ..self.place()
                }
                .reject(reason)));
            }
        }
        let (batch, at) = self.batch.as_mut()?;
        let row = Row {
            arrays: batch.columns().to_vec(),
            at: *at,
        };
        *at += 1;
        if *at == batch.num_rows() {
            self.batch = None;
        }
        self.row += 1;
        if self.row == self.group_end && self.batch.is_none() {
            // Its last page may be as large as the document that goes on its way now.
            self.reader = None;
        }
        Some(Ok(row))
    }

    /// Where the row stands, rows counted from 1.
    pub(super) fn place(&self) -> Place {
        Place {
            line: Some(self.row),
            ..Place::whole(&self.place)
        }
    }

    pub(super) fn pace(&self) -> &Pace {
        self.meter.pace()
    }

    /// Opens the next row group; whether there is one.
    fn open_group(&mut self) -> Result<bool, String> {
        let Some(group) = self.metadata.metadata().row_groups().get(self.group) else {
            return Ok(false);
        };
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        let (rows, bytes) = (count(group.num_rows()), count(group.total_byte_size()));
        self.row = self.group_end;
        self.group_end = self.row.saturating_add(rows);
        let index = self.group;
        self.group += 1;
        if !lies_within(group, self.size) {
            return Err(damaged("a column lies outside the file"));
        }
        let stored = count(group.compressed_size());
        // No more than there is, whatever the file says.
        let unread = self.size.saturating_sub(self.meter.read());
        self.meter.count(stored.min(unread));
        if bytes > Limits::FREE && bytes / self.limits.ratio.max(1) > stored {
            return Err(format!(
                "row group {index} decompresses to {bytes} bytes, more than {} times its size: expected at most that",
                self.limits.ratio
            ));
        }
        let average = bytes / rows.max(1);
        if average > (Pace::LARGE / 4) as u64 {
            self.meter.pace().wait_until_idle();
        }
        let batch = (BATCH_BYTES / average.max(1)).clamp(1, BATCH_ROWS);
        let file = self
            .file
            .try_clone()
            .map_err(|error| damaged(&error.to_string()))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_row_groups(vec![index])
            .with_batch_size(batch as usize);
        let reader = caught(|| builder.build()).ok_or_else(|| damaged(NONSENSE))?;
        self.reader = Some(reader.map_err(|error| damaged(&message(&error)))?);
        Ok(true)
    }

    /// Decodes rows until there are some; whether there are.
    fn fill(&mut self) -> Result<bool, String> {
        while self.batch.is_none() {
            let next = self
                .reader
                .as_mut()
                .map(|reader| caught(|| reader.next()).unwrap_or_else(|| Some(Err(nonsense()))));
            match next {
                Some(Some(Ok(batch))) if batch.num_rows() > 0 => {
                    self.count_out(&batch)?;
                    self.batch = Some((batch, 0));
                }
                Some(Some(Err(error))) => {
                    self.reader = None;
                    return Err(damaged(&error.to_string()));
                }
                Some(Some(Ok(_)) | None) => {
                    self.reader = None;
                    if self.row < self.group_end {
                        return Err(damaged("it has fewer rows than it says"));
                    }
                }
                None => {
                    if !self.open_group()? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Counts what came out of the file; where that is too much the file ends here. Rows that are alike are stored once,
    /// and the sizes that the file tells of itself do not say how many come of them.
    fn count_out(&mut self, batch: &RecordBatch) -> Result<(), String> {
        self.out += ROW_BYTES * batch.num_rows() as u64 + batch.get_array_memory_size() as u64;
        if self.out <= Limits::FREE || self.out / self.limits.ratio.max(1) <= self.size {
            return Ok(());
        }
        self.reader = None;
        self.group = usize::MAX;
        Err(format!(
            "decompresses to more than {} times the file's size, {} bytes so far: expected at most that",
            self.limits.ratio, self.out
        ))
    }
}

/// Where the crate panics.
const NONSENSE: &str = "it contradicts itself";

fn nonsense() -> ArrowError {
    ArrowError::ParquetError(NONSENSE.to_owned())
}

/// Whether the columns' places make sense: the crate panics at negative ones, and where their sizes' sum overflows.
fn lies_within(group: &RowGroupMetaData, size: u64) -> bool {
    group.columns().iter().all(|column| {
        let start = column
            .dictionary_page_offset()
            .unwrap_or(column.data_page_offset());
        let end = start.checked_add(column.compressed_size());
        start >= 0
            && column.compressed_size() >= 0
            && end.is_some_and(|end| u64::try_from(end).is_ok_and(|end| end <= size))
    })
}

fn damaged(what: &str) -> String {
    format!("damaged from this row to the end of its row group ({what}): expected whole column chunks")
}

fn message(error: &ParquetError) -> String {
    let message = error.to_string();
    // The library's own prefix says nothing to the user.
    message
        .strip_prefix("Parquet error: ")
        .map_or(message.clone(), str::to_owned)
}

/// The file's metadata, with strings as bytes, and its columns with their true types.
fn describe(file: &File) -> ParquetResult<(ArrowReaderMetadata, Vec<FieldRef>)> {
    // What an Arrow writer noted beside the schema could only make more types of the same values.
    let options = || ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(file, options())?;
    let root = metadata
        .metadata()
        .file_metadata()
        .schema_descr()
        .root_schema_ptr();
    let schema = SchemaDescriptor::new(as_bytes(&root)?);
    let bare = ArrowReaderMetadata::load(file, options().with_parquet_schema(Arc::new(schema)))?;
    Ok((bare, metadata.schema().fields().iter().cloned().collect()))
}

/// The type with strings as mere bytes: the reader would refuse a whole batch of rows for one string that is no UTF-8.
fn as_bytes(kind: &TypePtr) -> ParquetResult<TypePtr> {
    let info = kind.get_basic_info();
    if kind.is_primitive() {
        let is_text = matches!(
            info.logical_type_ref(),
            Some(LogicalType::String | LogicalType::Enum | LogicalType::Json)
        ) || matches!(
            info.converted_type(),
            ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON
        );
        if !is_text || kind.get_physical_type() != PhysicalType::BYTE_ARRAY {
            return Ok(Arc::clone(kind));
        }
        let bytes = Type::primitive_type_builder(kind.name(), PhysicalType::BYTE_ARRAY)
            .with_repetition(info.repetition())
            .with_id(info.has_id().then(|| info.id()));
        return bytes.build().map(Arc::new);
    }
    let fields = kind
        .get_fields()
        .iter()
        .map(as_bytes)
        .collect::<ParquetResult<_>>()?;
    let mut group = Type::group_type_builder(kind.name())
        .with_converted_type(info.converted_type())
        .with_logical_type(info.logical_type_ref().cloned())
        .with_id(info.has_id().then(|| info.id()))
        .with_fields(fields);
    if info.has_repetition() {
        group = group.with_repetition(info.repetition());
    }
    group.build().map(Arc::new)
}
