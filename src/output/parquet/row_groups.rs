//! Row groups of their own, and the footer that makes them a file.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    FileMetaData, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader, ParquetMetaDataWriter,
    RowGroupMetaData,
};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, SchemaDescPtr, SchemaDescriptor, TypePtr};

use super::columns::Columns;
use crate::output::sink::Mark;

/// A file's first and last bytes.
pub(super) const MAGIC: &[u8; 4] = b"PAR1";

const SCHEMA: &str = "
message tagged_document {
  required binary id (STRING);
  optional binary date (STRING);
  optional binary title (STRING);
  optional binary source (STRING);
  optional binary text (STRING);
  required binary offsets (STRING);
  required group mentions (LIST) {
    repeated group list {
      required group element {
        required int64 start;
        required int64 end;
        required binary text (STRING);
        required binary label (STRING);
        required double score;
        optional group link {
          optional binary id (STRING);
          required binary kind (STRING);
          required binary name (STRING);
          optional binary country (STRING);
          optional binary role (STRING);
          required binary via (STRING);
          required double confidence;
        }
      }
    }
  }
  required group entities (LIST) {
    repeated group list {
      required group element {
        optional binary id (STRING);
        required binary kind (STRING);
        required binary name (STRING);
        optional binary country (STRING);
        optional binary role (STRING);
        required int64 count;
      }
    }
  }
  optional binary extra (STRING);
}";

/// How all row groups are written.
pub(super) struct Format {
    schema: TypePtr,
    descriptor: SchemaDescPtr,
    properties: WriterPropertiesPtr,
}

impl Format {
    pub(super) fn new() -> Result<Self, ParquetError> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let mut properties = WriterProperties::builder()
            .set_created_by("nomenclator".to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            // Nothing but columns may stand between the row groups: indexes would be written at the file's end.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true);
        // Values that hardly repeat, and long ones: no dictionary, and no least and greatest of them.
        for name in ["id", "text", "extra"] {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
        }
        for name in ["text", "extra"] {
            let none = EnabledStatistics::None;
            properties = properties.set_column_statistics_enabled(ColumnPath::from(name), none);
        }
        Ok(Format {
            descriptor: Arc::new(SchemaDescriptor::new(Arc::clone(&schema))),
            schema,
            properties: Arc::new(properties.build()),
        })
    }

    /// The columns as a row group that lies at byte 4, and its bytes.
    pub(super) fn group(&self, columns: &mut Columns) -> Result<(RowGroupMetaData, Vec<u8>), ParquetError> {
        let (schema, properties) = (Arc::clone(&self.schema), Arc::clone(&self.properties));
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties)?;
        let mut group = writer.next_row_group()?;
        columns.write(&mut group)?;
        let group = group.close()?;
        writer.flush()?;
        Ok((
            RowGroupMetaData::clone(&group),
            writer.inner()[MAGIC.len()..].to_vec(),
        ))
    }

    /// How footers are read: with all that is in them, since they are written again.
    fn reading(&self) -> ParquetMetaDataOptions {
        ParquetMetaDataOptions::new()
            .with_schema(Arc::clone(&self.descriptor))
            .with_encoding_stats_as_mask(false)
    }

    pub(super) fn metadata(&self, groups: Vec<RowGroupMetaData>) -> ParquetMetaData {
        let file = FileMetaData::new(
            self.properties.writer_version().as_num(),
            groups.iter().map(RowGroupMetaData::num_rows).sum(),
            Some(self.properties.created_by().to_owned()),
            None,
            Arc::clone(&self.descriptor),
            None,
        );
        ParquetMetaData::new(file, groups)
    }

    /// What stands in the file beside for a row group (as [`Format::group`] gives it) that is written at byte `at`: `at` and
    /// the length of what follows in 8 bytes each, little endian, and a footer of this row group alone.
    pub(super) fn record(&self, group: &RowGroupMetaData, at: u64) -> Result<Vec<u8>, ParquetError> {
        // Twice: what a footer does not keep of a row group must not be in the first record and missing in a recovered one.
        let first = self.footer(group)?;
        let read = self.read_footer(&first)?;
        let mut footer = self.footer(read.row_groups().first().unwrap_or(group))?;
        let mut record = at.to_le_bytes().to_vec();
        record.extend((footer.len() as u64).to_le_bytes());
        record.append(&mut footer);
        Ok(record)
    }

    /// A file's footer of one row group, without the length and the magic bytes that end a file.
    fn footer(&self, group: &RowGroupMetaData) -> Result<Vec<u8>, ParquetError> {
        let metadata = self.metadata(vec![group.clone()]);
        let mut footer = Vec::new();
        ParquetMetaDataWriter::new(&mut footer, &metadata).finish()?;
        footer.truncate(footer.len().saturating_sub(8));
        Ok(footer)
    }

    fn read_footer(&self, footer: &[u8]) -> Result<ParquetMetaData, ParquetError> {
        ParquetMetaDataReader::decode_metadata_with_options(footer, Some(&self.reading()))
    }

    /// The row groups that records tell of, each where it lies and with its number.
    pub(super) fn read_records(&self, mut records: impl Read) -> io::Result<Vec<RowGroupMetaData>> {
        let mut groups = Vec::new();
        let (mut at, mut length) = ([0; 8], [0; 8]);
        while read_whole(&mut records, &mut at)? {
            records.read_exact(&mut length)?;
            let [at, length] = [at, length].map(u64::from_le_bytes);
            let mut footer = Vec::new();
            records.by_ref().take(length).read_to_end(&mut footer)?;
            let metadata = self.read_footer(&footer).map_err(io::Error::other)?;
            for group in metadata.row_groups() {
                let number = i32::try_from(groups.len()).map_err(io::Error::other)?;
                let shifted = self
                    .moved(group, at as i64 - MAGIC.len() as i64, number)
                    .map_err(io::Error::other)?;
                groups.push(shifted);
            }
        }
        Ok(groups)
    }

    /// A row group whose bytes lie `by` further on.
    fn moved(
        &self,
        group: &RowGroupMetaData,
        by: i64,
        number: i32,
    ) -> Result<RowGroupMetaData, ParquetError> {
        // A column's own file offset is obsolete, and 0.
        let columns = group.columns().iter().map(|column| {
            let (dictionary, data) = (column.dictionary_page_offset(), column.data_page_offset());
            column
                .clone()
                .into_builder()
                .set_data_page_offset(data + by)
                .set_dictionary_page_offset(dictionary.map(|offset| offset + by))
                .build()
        });
        RowGroupMetaData::builder(Arc::clone(&self.descriptor))
            .set_column_metadata(columns.collect::<Result<_, _>>()?)
            .set_total_byte_size(group.total_byte_size())
            .set_num_rows(group.num_rows())
            .set_ordinal(number)
            .set_file_offset(group.file_offset().unwrap_or(MAGIC.len() as i64) + by)
            .build()
    }

    /// Writes the file beside anew from the footer of a file that was whole: the run was killed after it was finished and
    /// before anyone was told.
    pub(super) fn recover_groups(&self, partial: &Path, groups_path: &Path, mark: &Mark) -> io::Result<()> {
        let missing = |error: ParquetError| {
            let place = groups_path.display();
            io::Error::new(
                io::ErrorKind::NotFound,
                format!(
                    "{place}: no such file ({error}): expected what was written before, or a whole Parquet file"
                ),
            )
        };
        let file = File::open(partial)?;
        let metadata = ParquetMetaDataReader::new()
            .with_metadata_options(Some(self.reading()))
            .parse_and_finish(&file)
            .map_err(missing)?;
        let mut records = Vec::new();
        for group in metadata.row_groups() {
            let at = group.file_offset().unwrap_or_default();
            if at as u64 >= mark.length {
                break;
            }
            let first = self.moved(group, MAGIC.len() as i64 - at, 0).map_err(missing)?;
            records.append(&mut self.record(&first, at as u64).map_err(missing)?);
        }
        if records.len() as u64 != mark.beside {
            let message = format!("{}: another file than was written before", partial.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        fs::write(groups_path, records)
    }
}

/// Fills `into`; `false` where nothing is left.
fn read_whole(from: &mut impl Read, into: &mut [u8]) -> io::Result<bool> {
    let mut read = 0;
    while read < into.len() {
        match from.read(&mut into[read..])? {
            0 if read == 0 => return Ok(false),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => read += more,
        }
    }
    Ok(true)
}
