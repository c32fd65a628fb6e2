//! Which column of a file is what.

use std::path::Path;

use headcount_core::fact::FactKind;
use parquet::{file::metadata::ParquetMetaData, schema::types::ColumnDescriptor};

use super::convert::{Moment, Number, Text};
use crate::facts::{FactsError, file::Foreign, schema};

/// A column, and how its values are meant.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) column: usize,
    pub(super) meaning: T,
}

/// The columns of a file.
#[derive(Clone, Debug)]
pub(in crate::facts::file) struct Columns {
    pub(super) start: Found<Moment>,
    pub(super) end: Found<Moment>,
    pub(super) user: Found<Text>,
    pub(super) media: Option<Found<Text>>,
    /// By place among the measures of the kind.
    pub(super) measures: Vec<Option<Found<Number>>>,
}

/// Finds the columns, and the kind where it is not told.
pub(in crate::facts::file) fn find(
    path: &Path,
    metadata: &ParquetMetaData,
    kind: Option<FactKind>,
) -> Result<(FactKind, Foreign), FactsError> {
    let not = |what: String| FactsError::NotFacts {
        path: path.to_owned(),
        what,
    };
    if let Some(what) = contradiction(metadata) {
        return Err(FactsError::Damaged {
            path: path.to_owned(),
            row_group: None,
            what,
            source: None,
        });
    }
    let described = metadata.file_metadata().schema_descr();
    // A column inside of another one, or one that is a list, is none of ours.
    let named = |name: &str| {
        let of = |column: &ColumnDescriptor| match column.path().parts() {
            [only] => only.eq_ignore_ascii_case(name) && column.max_rep_level() == 0,
            _ => false,
        };
        let mut columns = described.columns().iter().enumerate();
        columns.find(|(_, column)| of(column))
    };
    let kind = match kind {
        Some(kind) => kind,
        None => {
            let mut kinds = FactKind::ALL.into_iter().filter(|kind| {
                let mut measures = kind.measures().iter();
                measures.any(|measure| named(measure.name).is_some())
            });
            match (kinds.next(), kinds.next()) {
                (Some(kind), None) => kind,
                (None, _) => return Err(not("it has no column with a measure".to_owned())),
                (Some(_), Some(_)) => {
                    return Err(not(
                        "it has measures of both kinds of facts; tell which".to_owned()
                    ));
                }
            }
        }
    };
    let mut known = Vec::new();
    let mut find = |name: &'static str| {
        let (column, described) = named(name)?;
        known.push(column);
        Some((column, described))
    };
    let unfit = |name: &str| not(format!("the column {name} has a type that does not fit"));
    let missing = |name: &str| not(format!("it has no column {name}"));
    let mut moment = |name| {
        let (column, described) = find(name).ok_or_else(|| missing(name))?;
        let meaning = Moment::of(described).ok_or_else(|| unfit(name))?;
        Ok::<_, FactsError>(Found { column, meaning })
    };
    let (start, end) = (moment(schema::START)?, moment(schema::END)?);
    let mut text = |name| match find(name) {
        None => Ok(None),
        Some((column, described)) => match Text::of(described) {
            Some(meaning) => Ok(Some(Found { column, meaning })),
            None => Err(unfit(name)),
        },
    };
    let user = text(schema::USER)?.ok_or_else(|| missing(schema::USER))?;
    let media = text(schema::MEDIA)?;
    let mut measures = Vec::new();
    for measure in kind.measures() {
        measures.push(match find(measure.name) {
            None => None,
            Some((column, described)) => {
                let meaning = Number::of(described, measure.stat);
                let meaning = meaning.ok_or_else(|| unfit(measure.name))?;
                Some(Found { column, meaning })
            }
        });
    }
    if measures.iter().all(Option::is_none) {
        return Err(not(format!("it has no measure of {}", kind.name())));
    }
    let unknown = described.columns().iter().enumerate();
    let unknown = unknown.filter(|(column, _)| !known.contains(column));
    let foreign = Foreign {
        unknown: unknown.map(|(_, column)| column.path().string()).collect(),
        columns: Columns {
            start,
            end,
            user,
            media,
            measures,
        },
    };
    Ok((kind, foreign))
}

/// What the end of a file tells that can't be, and that its reader would not notice.
fn contradiction(metadata: &ParquetMetaData) -> Option<&'static str> {
    let mut rows = 0_i64;
    for group in metadata.row_groups() {
        rows = match group.num_rows() {
            more @ 0.. => rows.saturating_add(more),
            ..0 => return Some("a row group has fewer than no rows"),
        };
        for column in group.columns() {
            let first = column.dictionary_page_offset();
            if first.unwrap_or(column.data_page_offset()) < 0 || column.compressed_size() < 0 {
                return Some("a column lies outside of the file");
            }
        }
    }
    let told = metadata.file_metadata().num_rows();
    (rows != told).then_some("its row groups have other rows than the file")
}
