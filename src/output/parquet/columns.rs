//! Documents taken apart into the values and levels of Parquet's columns.

use std::io;

use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedRowGroupWriter;
use serde::ser::{SerializeMap, Serializer};

use super::ParquetOptions;
use crate::document::{Document, EntityCount, Link, TaggedDocument};
use crate::output::jsonl::{ShowSteering, four_decimals, number_id, passed_on};
use crate::output::offsets::OffsetCounter;

/// How deep a required value lies in a list's element, and in the `link` of one: Parquet's definition level.
const IN_LIST: i16 = 1;
const IN_LINK: i16 = 2;

/// A column's values, and for each row or element how deep it is defined and whether it continues a list.
struct Column<D: DataType> {
    values: Vec<D::T>,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
}

impl<D: DataType> Default for Column<D> {
    fn default() -> Self {
        Column {
            values: Vec::new(),
            definitions: Vec::new(),
            repetitions: Vec::new(),
        }
    }
}

impl<D: DataType> Column<D> {
    /// A value of a required column outside any list.
    fn push_plain(&mut self, value: D::T) {
        self.values.push(value);
    }

    fn push(&mut self, value: D::T, definition: i16, repetition: i16) {
        self.values.push(value);
        self.push_missing(definition, repetition);
    }

    /// No value: `definition` says how far the way to it goes.
    fn push_missing(&mut self, definition: i16, repetition: i16) {
        self.definitions.push(definition);
        self.repetitions.push(repetition);
    }

    /// A nullable value below something that lies `definition` deep.
    fn push_option(&mut self, value: Option<D::T>, definition: i16, repetition: i16) {
        match value {
            Some(value) => self.push(value, definition + 1, repetition),
            None => self.push_missing(definition, repetition),
        }
    }
}

/// A column of any type, as the row group takes it.
trait Leaf {
    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, Vec<u8>>) -> Result<(), ParquetError>;

    fn push_nothing(&mut self, definition: i16, repetition: i16);
}

impl<D: DataType> Leaf for Column<D> {
    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, Vec<u8>>) -> Result<(), ParquetError> {
        let Column {
            values,
            definitions,
            repetitions,
        } = std::mem::take(self);
        let missing = || ParquetError::General("the schema has fewer columns than are written".to_owned());
        let mut writer = group.next_column()?.ok_or_else(missing)?;
        let (definitions, repetitions) = match definitions.is_empty() {
            true => (None, None),
            false => (Some(&definitions[..]), Some(&repetitions[..])),
        };
        writer
            .typed::<D>()
            .write_batch(&values, definitions, repetitions)?;
        writer.close()
    }

    fn push_nothing(&mut self, definition: i16, repetition: i16) {
        self.push_missing(definition, repetition);
    }
}

type Text = Column<ByteArrayType>;

/// The rows that wait to be a row group, a field a column.
pub(super) struct Columns {
    options: ParquetOptions,
    id: Text,
    date: Text,
    title: Text,
    source: Text,
    text: Text,
    offsets: Text,
    mentions: Mentions,
    entities: Entities,
    extra: Text,
}

#[derive(Default)]
struct Mentions {
    start: Column<Int64Type>,
    end: Column<Int64Type>,
    text: Text,
    label: Text,
    score: Column<DoubleType>,
    link: Links,
}

#[derive(Default)]
struct Links {
    id: Text,
    kind: Text,
    name: Text,
    country: Text,
    role: Text,
    via: Text,
    confidence: Column<DoubleType>,
}

#[derive(Default)]
struct Entities {
    id: Text,
    kind: Text,
    name: Text,
    country: Text,
    role: Text,
    count: Column<Int64Type>,
}

impl Columns {
    pub(super) fn new(options: ParquetOptions) -> Self {
        Columns {
            options,
            id: Text::default(),
            date: Text::default(),
            title: Text::default(),
            source: Text::default(),
            text: Text::default(),
            offsets: Text::default(),
            mentions: Mentions::default(),
            entities: Entities::default(),
            extra: Text::default(),
        }
    }

    /// Takes a document; the bytes of its values.
    pub(super) fn push(&mut self, tagged: &TaggedDocument) -> io::Result<u64> {
        let mut bytes = 0;
        let mut text = |value: &str| {
            bytes += value.len() as u64;
            ByteArray::from(value)
        };
        let document = &tagged.document;
        let extra = extra(document)?;
        let date = document.date.map(|date| date.to_string());
        self.id.push_plain(text(&document.id));
        for (column, value) in [
            (&mut self.date, date.as_deref()),
            (&mut self.title, document.title.as_deref()),
            (&mut self.source, document.source.as_deref()),
            (
                &mut self.text,
                self.options.text.then_some(document.text.as_str()),
            ),
            (&mut self.extra, extra.as_deref()),
        ] {
            column.push_option(value.map(&mut text), 0, 0);
        }
        self.offsets.push_plain(text(self.options.offsets.as_str()));

        let mut offsets = OffsetCounter::new(&document.text, self.options.offsets);
        if tagged.mentions.is_empty() {
            push_empty(&mut self.mentions.leaves());
        }
        for (at, mention) in tagged.mentions.iter().enumerate() {
            let repetition = i16::from(at > 0);
            let span = offsets.span(&mention.span);
            let columns = &mut self.mentions;
            // No text is as long as i64 counts.
            columns.start.push(span.start as i64, IN_LIST, repetition);
            columns.end.push(span.end as i64, IN_LIST, repetition);
            let surface = text(&document.text[mention.span.clone()]);
            columns.text.push(surface, IN_LIST, repetition);
            columns.label.push(text(&mention.label), IN_LIST, repetition);
            let score = four_decimals(mention.score);
            columns.score.push(score, IN_LIST, repetition);
            columns.link.push(mention.link.as_deref(), repetition, &mut text);
        }
        let entities = tagged.entities();
        if entities.is_empty() {
            push_empty(&mut self.entities.leaves());
        }
        for (at, entity) in entities.iter().enumerate() {
            self.entities.push(entity, i16::from(at > 0), &mut text);
        }
        // Numbers take 8 bytes: three of a mention, one of a link, one of an entity.
        let links = tagged
            .mentions
            .iter()
            .filter(|mention| mention.link.is_some())
            .count();
        let numbers = 3 * tagged.mentions.len() + links + entities.len();
        Ok(bytes + 8 * numbers as u64)
    }

    /// Writes all columns, and is empty again.
    pub(super) fn write(
        &mut self,
        group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    ) -> Result<(), ParquetError> {
        let plain: [&mut dyn Leaf; 6] = [
            &mut self.id,
            &mut self.date,
            &mut self.title,
            &mut self.source,
            &mut self.text,
            &mut self.offsets,
        ];
        let nested = self.mentions.leaves().into_iter().chain(self.entities.leaves());
        for leaf in plain.into_iter().chain(nested) {
            leaf.write(group)?;
        }
        self.extra.write(group)
    }
}

impl Mentions {
    fn leaves(&mut self) -> Vec<&mut dyn Leaf> {
        let mut leaves: Vec<&mut dyn Leaf> = vec![
            &mut self.start,
            &mut self.end,
            &mut self.text,
            &mut self.label,
            &mut self.score,
        ];
        leaves.extend(self.link.leaves());
        leaves
    }
}

impl Links {
    fn leaves(&mut self) -> [&mut dyn Leaf; 7] {
        [
            &mut self.id,
            &mut self.kind,
            &mut self.name,
            &mut self.country,
            &mut self.role,
            &mut self.via,
            &mut self.confidence,
        ]
    }

    fn push(&mut self, link: Option<&Link>, repetition: i16, mut text: impl FnMut(&str) -> ByteArray) {
        let Some(link) = link else {
            for leaf in self.leaves() {
                leaf.push_nothing(IN_LIST, repetition);
            }
            return;
        };
        for (column, value) in [
            (&mut self.id, &link.id),
            (&mut self.country, &link.country),
            (&mut self.role, &link.role),
        ] {
            column.push_option(value.as_deref().map(&mut text), IN_LINK, repetition);
        }
        self.kind.push(text(link.kind.as_str()), IN_LINK, repetition);
        self.name.push(text(&link.name), IN_LINK, repetition);
        self.via.push(text(link.via.as_str()), IN_LINK, repetition);
        let confidence = four_decimals(link.confidence);
        self.confidence.push(confidence, IN_LINK, repetition);
    }
}

impl Entities {
    fn leaves(&mut self) -> [&mut dyn Leaf; 6] {
        [
            &mut self.id,
            &mut self.kind,
            &mut self.name,
            &mut self.country,
            &mut self.role,
            &mut self.count,
        ]
    }

    fn push(&mut self, entity: &EntityCount, repetition: i16, mut text: impl FnMut(&str) -> ByteArray) {
        for (column, value) in [
            (&mut self.id, &entity.id),
            (&mut self.country, &entity.country),
            (&mut self.role, &entity.role),
        ] {
            column.push_option(value.as_deref().map(&mut text), IN_LIST, repetition);
        }
        self.kind.push(text(entity.kind.as_str()), IN_LIST, repetition);
        self.name.push(text(&entity.name), IN_LIST, repetition);
        self.count.push(entity.count as i64, IN_LIST, repetition);
    }
}

/// A list without elements.
fn push_empty(leaves: &mut [&mut dyn Leaf]) {
    for leaf in leaves {
        leaf.push_nothing(0, 0);
    }
}

/// The fields that are passed on, as a JSON object.
fn extra(document: &Document) -> io::Result<Option<String>> {
    let id = number_id(document).map(|number| ("id", number));
    let mut fields = id.into_iter().chain(passed_on(document)).peekable();
    if fields.peek().is_none() {
        return Ok(None);
    }
    let mut json = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut json, ShowSteering);
    let mut map = serializer.serialize_map(None)?;
    for (name, value) in fields {
        map.serialize_entry(name, value)?;
    }
    map.end()?;
    String::from_utf8(json).map(Some).map_err(io::Error::other)
}
