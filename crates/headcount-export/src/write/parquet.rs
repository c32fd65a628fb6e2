//! Parquet, compressed with zstd: a row group for each batch.

use std::{fs::File, io, sync::Arc};

use bytes::Bytes;
use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type},
    errors::{ParquetError, Result},
    file::{
        properties::{EnabledStatistics, WriterProperties},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::{ColumnPath, Type as SchemaType, TypePtr},
};

use super::{Counted, Rows};
use crate::{
    schema::{Column, Type},
    values::{Texts, Values},
};

pub(super) struct Writer {
    file: SerializedFileWriter<Counted<File>>,
    columns: Vec<Column>,
}

impl Writer {
    pub(super) fn new(file: Counted<File>, columns: &[Column]) -> io::Result<Self> {
        let schema = schema(columns).map_err(io::Error::other)?;
        let properties = Arc::new(properties(columns).map_err(io::Error::other)?);
        Ok(Self {
            file: SerializedFileWriter::new(file, schema, properties).map_err(io_error)?,
            columns: columns.to_vec(),
        })
    }

    fn group(&mut self, columns: &[Values<'_>]) -> Result<()> {
        let mut group = self.file.next_row_group()?;
        for (column, values) in self.columns.iter().zip(columns) {
            write(&mut group, column, values)?;
        }
        group.close()?;
        Ok(())
    }
}

impl Rows for Writer {
    fn batch(&mut self, columns: &[Values<'_>]) -> io::Result<()> {
        self.group(columns).map_err(io_error)
    }

    fn finish(self: Box<Self>) -> io::Result<Counted<File>> {
        self.file.into_inner().map_err(io_error)
    }
}

/// What the disk says is told as it said it.
fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

fn write(
    group: &mut SerializedRowGroupWriter<'_, Counted<File>>,
    column: &Column,
    values: &Values<'_>,
) -> Result<()> {
    match values {
        Values::Text(texts, codes) => text(group, column, texts, codes),
        Values::Number(numbers) => match column.kind {
            Type::Flag => typed::<BoolType>(group, column, numbers, |flag| flag != 0),
            Type::Date => typed::<Int32Type>(group, column, numbers, |days| {
                i32::try_from(days).unwrap_or(i32::MAX)
            }),
            Type::Timestamp => {
                typed::<Int64Type>(group, column, numbers, |ms| ms.saturating_mul(1000))
            }
            Type::Text | Type::Whole | Type::Decimal => {
                typed::<Int64Type>(group, column, numbers, |number| number)
            }
        },
    }
}

fn text(
    group: &mut SerializedRowGroupWriter<'_, Counted<File>>,
    column: &Column,
    texts: &Texts,
    codes: &[u32],
) -> Result<()> {
    // Slices of one copy: no text is copied by itself.
    let all = Bytes::copy_from_slice(texts.all().as_bytes());
    let present = |code: &u32| texts.range(*code);
    let values: Vec<ByteArray> = codes
        .iter()
        .filter_map(present)
        .map(|range| ByteArray::from(all.slice(range)))
        .collect();
    let levels = column.nullable.then(|| {
        let levels = codes.iter().map(|code| i16::from(present(code).is_some()));
        levels.collect::<Vec<_>>()
    });
    put::<ByteArrayType>(group, &values, levels)
}

fn typed<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Counted<File>>,
    column: &Column,
    numbers: &[Option<i64>],
    value: impl Fn(i64) -> T::T,
) -> Result<()> {
    let values: Vec<T::T> = numbers
        .iter()
        .flatten()
        .map(|number| value(*number))
        .collect();
    let levels = column.nullable.then(|| {
        let levels = numbers.iter().map(|number| i16::from(number.is_some()));
        levels.collect::<Vec<_>>()
    });
    put::<T>(group, &values, levels)
}

fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Counted<File>>,
    values: &[T::T],
    levels: Option<Vec<i16>>,
) -> Result<()> {
    let Some(mut column) = group.next_column()? else {
        return Ok(());
    };
    column
        .typed::<T>()
        .write_batch(values, levels.as_deref(), None)?;
    column.close()
}

fn properties(columns: &[Column]) -> Result<WriterProperties> {
    let mut properties = WriterProperties::builder()
        .set_created_by("headcount".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_dictionary_enabled(true)
        .set_dictionary_page_size_limit(1 << 23)
        .set_data_page_row_count_limit(super::BATCH)
        .set_max_row_group_row_count(None);
    for column in columns {
        let path = || ColumnPath::from(column.name);
        if !column.repeats {
            properties = properties.set_column_dictionary_enabled(path(), false);
        }
        if column.kind == Type::Text {
            // The smallest and largest id or name help no reader, and take a tenth of the time.
            let none = EnabledStatistics::None;
            properties = properties.set_column_statistics_enabled(path(), none);
        }
    }
    Ok(properties.build())
}

fn schema(columns: &[Column]) -> Result<TypePtr> {
    let fields = columns.iter().map(field).collect::<Result<Vec<_>>>()?;
    let root = SchemaType::group_type_builder("headcount").with_fields(fields);
    Ok(Arc::new(root.build()?))
}

fn field(column: &Column) -> Result<TypePtr> {
    let (physical, logical) = match column.kind {
        Type::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Type::Whole => (Physical::INT64, None),
        Type::Flag => (Physical::BOOLEAN, None),
        Type::Timestamp => (
            Physical::INT64,
            Some(LogicalType::timestamp(true, TimeUnit::MICROS)),
        ),
        Type::Date => (Physical::INT32, Some(LogicalType::Date)),
        Type::Decimal => (Physical::INT64, Some(LogicalType::decimal(6, 18))),
    };
    let mut field = SchemaType::primitive_type_builder(column.name, physical)
        .with_repetition(match column.nullable {
            true => Repetition::OPTIONAL,
            false => Repetition::REQUIRED,
        })
        .with_logical_type(logical);
    if column.kind == Type::Decimal {
        field = field.with_precision(18).with_scale(6);
    }
    Ok(Arc::new(field.build()?))
}
