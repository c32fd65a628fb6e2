//! The columns of a file of facts: always the same for a kind, whatever a day holds.

use std::sync::Arc;

use headcount_core::fact::{FactKind, Measure, Stat};
use parquet::{
    basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical},
    errors::Result,
    file::{
        metadata::SortingColumn,
        properties::{EnabledStatistics, WriterProperties},
    },
    schema::types::{ColumnPath, Type, TypePtr},
};

/// Name of the column with the start of the interval.
pub(super) const START: &str = "interval_start";
/// Name of the column with the end of the interval.
pub(super) const END: &str = "interval_end";
/// Name of the column with the user.
pub(super) const USER: &str = "user_id";
/// Name of the column with the media type.
pub(super) const MEDIA: &str = "media_type";
/// Columns before the measures.
pub(super) const KEYS: usize = 4;
/// Most micropoints that the decimal of a score sum holds.
pub(super) const MOST_MICRO: i64 = 999_999_999_999_999_999;

/// The columns, in the order in which they stand.
pub(super) fn columns(kind: FactKind) -> Result<TypePtr> {
    let mut fields = vec![moment(START)?, moment(END)?, text(USER)?, text(MEDIA)?];
    for measure in kind.measures() {
        fields.push(number(measure)?);
    }
    let root = Type::group_type_builder("headcount_facts").with_fields(fields);
    Ok(Arc::new(root.build()?))
}

/// How the columns are written: the way that is read fastest, then the smallest.
///
/// Numbers are packed bit by bit and compress no further. Ids are written once a row group, in a
/// dictionary that may be as large as it needs to be.
pub(super) fn properties(kind: FactKind) -> WriterProperties {
    let path = |name: &str| ColumnPath::from(name);
    let mut properties = WriterProperties::builder()
        .set_created_by("headcount".to_owned())
        .set_compression(Compression::UNCOMPRESSED)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_dictionary_enabled(true)
        .set_dictionary_page_size_limit(1 << 30)
        .set_data_page_row_count_limit(1 << 17)
        .set_max_row_group_row_count(None)
        .set_sorting_columns(Some(sorting()))
        // The smallest and largest id say nothing to anybody.
        .set_column_statistics_enabled(path(USER), EnabledStatistics::None);
    for measure in kind.measures() {
        properties = properties
            .set_column_dictionary_enabled(path(measure.name), false)
            .set_column_encoding(path(measure.name), Encoding::DELTA_BINARY_PACKED);
    }
    properties.build()
}

/// By user, start, media type.
fn sorting() -> Vec<SortingColumn> {
    [2, 0, 3]
        .map(|column_idx| SortingColumn {
            column_idx,
            descending: false,
            nulls_first: true,
        })
        .to_vec()
}

fn moment(name: &str) -> Result<TypePtr> {
    let moment = Type::primitive_type_builder(name, Physical::INT64)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::MILLIS)));
    Ok(Arc::new(moment.build()?))
}

fn text(name: &str) -> Result<TypePtr> {
    let text = Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::String));
    Ok(Arc::new(text.build()?))
}

fn number(measure: &Measure) -> Result<TypePtr> {
    let number = Type::primitive_type_builder(measure.name, Physical::INT64)
        .with_repetition(Repetition::OPTIONAL);
    let number = match measure.stat {
        Stat::Count | Stat::SumMs => number,
        Stat::SumMicro => number
            .with_logical_type(Some(LogicalType::decimal(6, 18)))
            .with_precision(18)
            .with_scale(6),
    };
    Ok(Arc::new(number.build()?))
}
