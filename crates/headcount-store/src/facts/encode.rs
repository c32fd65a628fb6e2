//! From the facts of a day to the bytes of its file.

use std::sync::Arc;

use headcount_core::fact::Fact;
use parquet::{
    data_type::{ByteArray, ByteArrayType, DataType, Int64Type},
    errors::Result,
    file::{
        metadata::RowGroupMetaData,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
};
use xxhash_rust::xxh3::xxh3_64;

use super::{KeptDay, schema};

/// Facts in a row group of a file: about a hundred megabytes of columns at the very most.
pub(super) const ROWS_PER_GROUP: usize = 1 << 20;

/// The file of a day: equal facts give equal bytes. `facts` are merged.
pub(super) fn encode(day: &KeptDay, facts: &[Fact], rows_per_group: usize) -> Result<Vec<u8>> {
    let columns = schema::columns(day.kind)?;
    let properties = Arc::new(schema::properties(day.kind));
    let mut writer = SerializedFileWriter::new(Vec::new(), columns, properties)?;
    let mut digests = Vec::new();
    for facts in facts.chunks(rows_per_group) {
        let mut group = writer.next_row_group()?;
        write(&mut group, facts, day.kind.measures().len())?;
        let described = group.close()?;
        writer.flush()?;
        digests.push(digest(&described, writer.inner()));
    }
    for pair in day.tell(&digests, writer.flushed_row_groups()) {
        writer.append_key_value_metadata(pair);
    }
    writer.into_inner()
}

/// Digests of the columns of a row group, as they lie in the file so far.
fn digest(group: &RowGroupMetaData, bytes: &[u8]) -> Vec<u64> {
    let columns = group.columns().iter();
    columns
        .map(|column| {
            let (start, length) = column.byte_range();
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let end = start.saturating_add(length);
            bytes.get(start..end).map_or(0, xxh3_64)
        })
        .collect()
}

fn write(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    facts: &[Fact],
    measures: usize,
) -> Result<()> {
    column::<Int64Type>(group, facts, false, |fact| Some(fact.start_ms))?;
    column::<Int64Type>(group, facts, false, |fact| Some(fact.end_ms))?;
    column::<ByteArrayType>(group, facts, true, |fact| text(fact.user_id.as_ref()))?;
    column::<ByteArrayType>(group, facts, true, |fact| text(fact.media_type.as_ref()))?;
    for place in 0..measures {
        column::<Int64Type>(group, facts, true, |fact| fact.measures[place])?;
    }
    Ok(())
}

fn text(text: Option<&String>) -> Option<ByteArray> {
    text.map(|text| ByteArray::from(text.as_str()))
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    facts: &[Fact],
    optional: bool,
    value: impl Fn(&Fact) -> Option<T::T>,
) -> Result<()> {
    let Some(mut column) = group.next_column()? else {
        return Ok(());
    };
    // A piece at a time: the values of a whole row group need not stand in memory twice.
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for facts in facts.chunks(1 << 14) {
        values.clear();
        levels.clear();
        for fact in facts {
            let value = value(fact);
            levels.push(i16::from(value.is_some()));
            values.extend(value);
        }
        let levels = optional.then_some(levels.as_slice());
        column.typed::<T>().write_batch(&values, levels, None)?;
    }
    column.close()
}
