//! Cells of a Parquet file as JSON values.

use std::fmt::Display;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowTemporalType, Date32Type, Decimal128Type, Decimal256Type, DecimalType, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntervalDayTimeType, IntervalMonthDayNanoType,
    IntervalYearMonthType, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

/// The value in `row` of a column.
///
/// Dates, times and timestamps are ISO 8601, with `Z` where the file says that they are in UTC; decimals are strings,
/// so that no digit is lost; bytes are base64; what is no number (NaN, infinity) is null. `kind` is the column's type,
/// of which strings are read as bytes: those that are no UTF-8 spoil their own row alone. `levels` is how many arrays
/// and objects may stand in each other.
///
/// # Errors
/// What is wrong with the value, and what was expected.
pub(super) fn value(array: &dyn Array, kind: &DataType, row: usize, levels: u32) -> Result<Value, String> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match kind {
        DataType::Null => Value::Null,
        DataType::Boolean => array
            .as_boolean_opt()
            .ok_or_else(|| unknown(kind))?
            .value(row)
            .into(),
        DataType::Int8 => number::<Int8Type>(array, kind, row)?.into(),
        DataType::Int16 => number::<Int16Type>(array, kind, row)?.into(),
        DataType::Int32 => number::<Int32Type>(array, kind, row)?.into(),
        DataType::Int64 => number::<Int64Type>(array, kind, row)?.into(),
        DataType::UInt8 => number::<UInt8Type>(array, kind, row)?.into(),
        DataType::UInt16 => number::<UInt16Type>(array, kind, row)?.into(),
        DataType::UInt32 => number::<UInt32Type>(array, kind, row)?.into(),
        DataType::UInt64 => number::<UInt64Type>(array, kind, row)?.into(),
        // By way of their shortest digits: 0.1 in f32 is not 0.10000000149.
        DataType::Float16 => decimal_digits(number::<Float16Type>(array, kind, row)?.to_f32()),
        DataType::Float32 => decimal_digits(number::<Float32Type>(array, kind, row)?),
        DataType::Float64 => number::<Float64Type>(array, kind, row)?.into(),
        DataType::Decimal128(_, _) => decimal::<Decimal128Type>(array, kind, row)?,
        DataType::Decimal256(_, _) => decimal::<Decimal256Type>(array, kind, row)?,
        DataType::Date32 => date(array, kind, row)?,
        DataType::Time32(TimeUnit::Second) => time::<Time32SecondType>(array, kind, row)?,
        DataType::Time32(_) => time::<Time32MillisecondType>(array, kind, row)?,
        DataType::Time64(TimeUnit::Microsecond) => time::<Time64MicrosecondType>(array, kind, row)?,
        DataType::Time64(_) => time::<Time64NanosecondType>(array, kind, row)?,
        DataType::Timestamp(unit, zone) => {
            let utc = zone.is_some();
            match unit {
                TimeUnit::Second => timestamp::<TimestampSecondType>(array, kind, row, utc)?,
                TimeUnit::Millisecond => timestamp::<TimestampMillisecondType>(array, kind, row, utc)?,
                TimeUnit::Microsecond => timestamp::<TimestampMicrosecondType>(array, kind, row, utc)?,
                TimeUnit::Nanosecond => timestamp::<TimestampNanosecondType>(array, kind, row, utc)?,
            }
        }
        DataType::Interval(unit) => {
            let shown = match unit {
                IntervalUnit::YearMonth => {
                    format!("{:?}", number::<IntervalYearMonthType>(array, kind, row)?)
                }
                IntervalUnit::DayTime => format!("{:?}", number::<IntervalDayTimeType>(array, kind, row)?),
                IntervalUnit::MonthDayNano => {
                    format!("{:?}", number::<IntervalMonthDayNanoType>(array, kind, row)?)
                }
            };
            Value::String(shown)
        }
        DataType::Utf8 => match std::str::from_utf8(bytes(array, kind, row)?) {
            Ok(text) => text.into(),
            Err(error) => {
                return Err(format!(
                    "not UTF-8 at byte {} of the value: expected UTF-8 text",
                    error.valid_up_to()
                ));
            }
        },
        DataType::Binary => BASE64_STANDARD.encode(bytes(array, kind, row)?).into(),
        DataType::FixedSizeBinary(_) => {
            let array = array.as_fixed_size_binary_opt().ok_or_else(|| unknown(kind))?;
            BASE64_STANDARD.encode(array.value(row)).into()
        }
        DataType::List(of) => {
            let list = array.as_list_opt::<i32>().ok_or_else(|| unknown(kind))?;
            let (items, levels) = (list.value(row), deeper(levels)?);
            let items = (0..items.len()).map(|at| value(&items, of.data_type(), at, levels));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        DataType::Struct(of) => {
            let parts = array.as_struct_opt().ok_or_else(|| unknown(kind))?;
            let levels = deeper(levels)?;
            let mut object = Map::new();
            for (field, column) in of.iter().zip(parts.columns()) {
                object.insert(
                    field.name().clone(),
                    value(column, field.data_type(), row, levels)?,
                );
            }
            Value::Object(object)
        }
        DataType::Map(of, _) => {
            let map = array.as_map_opt().ok_or_else(|| unknown(kind))?;
            let (entries, levels) = (map.value(row), deeper(levels)?);
            let DataType::Struct(pair) = of.data_type() else {
                return Err(unknown(kind));
            };
            let ([key, item], [keys, items]) = (&**pair, entries.columns()) else {
                return Err(unknown(kind));
            };
            let mut object = Map::new();
            for at in 0..entries.len() {
                let key = match value(keys, key.data_type(), at, levels)? {
                    Value::String(key) => key,
                    other => other.to_string(),
                };
                object.insert(key, value(items, item.data_type(), at, levels)?);
            }
            Value::Object(object)
        }
        other => return Err(unknown(other)),
    })
}

/// The bytes of a string or of binary data in `row`, which is not null.
pub(super) fn bytes<'a>(array: &'a dyn Array, kind: &DataType, row: usize) -> Result<&'a [u8], String> {
    let array = array.as_binary_opt::<i32>().ok_or_else(|| unknown(kind))?;
    Ok(array.value(row))
}

fn unknown(kind: &DataType) -> String {
    format!("a value of type {kind}: expected one that JSON can hold")
}

fn out_of_range(value: impl Display) -> String {
    format!("{value} is no date or time: expected one of the years that a calendar has")
}

fn deeper(levels: u32) -> Result<u32, String> {
    let left = levels.checked_sub(1);
    left.ok_or_else(|| "nests too deep: expected fewer lists and groups inside each other".to_owned())
}

fn number<T: ArrowPrimitiveType>(
    array: &dyn Array,
    kind: &DataType,
    row: usize,
) -> Result<T::Native, String> {
    let array = array.as_primitive_opt::<T>().ok_or_else(|| unknown(kind))?;
    Ok(array.value(row))
}

fn decimal_digits(float: f32) -> Value {
    float.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

fn decimal<T: DecimalType + ArrowPrimitiveType>(
    array: &dyn Array,
    kind: &DataType,
    row: usize,
) -> Result<Value, String> {
    let array = array.as_primitive_opt::<T>().ok_or_else(|| unknown(kind))?;
    Ok(array.value_as_string(row).into())
}

fn date(array: &dyn Array, kind: &DataType, row: usize) -> Result<Value, String> {
    let array = array
        .as_primitive_opt::<Date32Type>()
        .ok_or_else(|| unknown(kind))?;
    let date = array
        .value_as_date(row)
        .ok_or_else(|| out_of_range(array.value(row)))?;
    Ok(date.to_string().into())
}

fn time<T: ArrowTemporalType>(array: &dyn Array, kind: &DataType, row: usize) -> Result<Value, String>
where
    i64: From<T::Native>,
{
    let array = array.as_primitive_opt::<T>().ok_or_else(|| unknown(kind))?;
    let time = array.value_as_time(row);
    let time = time.ok_or_else(|| out_of_range(i64::from(array.value(row))))?;
    Ok(time.to_string().into())
}

fn timestamp<T: ArrowTemporalType>(
    array: &dyn Array,
    kind: &DataType,
    row: usize,
    utc: bool,
) -> Result<Value, String>
where
    i64: From<T::Native>,
{
    let array = array.as_primitive_opt::<T>().ok_or_else(|| unknown(kind))?;
    let time = array.value_as_datetime(row);
    let time = time.ok_or_else(|| out_of_range(i64::from(array.value(row))))?;
    // chrono's Debug is ISO 8601, its Display has a space for the T.
    Ok(format!("{time:?}{}", if utc { "Z" } else { "" }).into())
}
