//! Reading files that others wrote: the columns are found by name, their values converted.
//!
//! | Column | Types |
//! |---|---|
//! | `interval_start`, `interval_end` | timestamp of any unit (without a time zone: UTC), date, or ISO-8601 text with an offset |
//! | `user_id`, `media_type` (may be left out) | text, UUID |
//! | measures (any of the kind) | whole number, decimal, floating point number; sums of scores in points |

mod columns;
mod convert;
mod read;

use std::collections::HashMap;

use headcount_core::segment::{Block, BlockMeasure, FactSink, Moments, NO_VALUE};
use parquet::{
    column::reader::ColumnReader,
    file::reader::{FileReader, RowGroupReader, SerializedFileReader},
};

pub(super) use self::columns::{Columns, find};
use self::{
    columns::Found,
    convert::{Moment, Number, Text},
    read::each,
};
use super::{FactFile, Fault, Foreign, guarded};
use crate::facts::FactsError;

/// Facts of a block.
const BLOCK: usize = 1 << 14;

/// See [`FactFile::scan`].
pub(super) fn scan(
    file: &FactFile,
    foreign: &Foreign,
    wanted: &[usize],
    sink: &mut dyn FactSink,
) -> Result<u64, FactsError> {
    let copy = file.file.try_clone().map_err(|source| FactsError::Io {
        path: file.path.clone(),
        source,
    })?;
    let reader = SerializedFileReader::new(copy);
    let reader = reader.map_err(|error| file.damaged(0, error.into()))?;
    let mut rows = 0;
    for place in 0..reader.num_row_groups() {
        let group = reader.get_row_group(place);
        let count = group
            .map_err(Fault::from)
            .and_then(|group| Group::open(file, &*group, &foreign.columns, wanted)?.scan(sink));
        rows += count.map_err(|fault| file.damaged(place, fault))?;
    }
    Ok(rows)
}

/// A column that is being read.
struct Open<T> {
    name: String,
    reader: ColumnReader,
    optional: bool,
    meaning: T,
}

/// A row group that is being read.
struct Group {
    rows: usize,
    start: Open<Moment>,
    end: Open<Moment>,
    user: Open<Text>,
    media: Option<Open<Text>>,
    /// Those asked for; `None` where the file has no such column.
    measures: Vec<Option<Open<Number>>>,
}

impl Group {
    fn open(
        file: &FactFile,
        group: &dyn RowGroupReader,
        columns: &Columns,
        wanted: &[usize],
    ) -> Result<Self, Fault> {
        let rows = usize::try_from(group.metadata().num_rows());
        let mut measures = Vec::new();
        for place in wanted {
            let found = columns.measures.get(*place).and_then(Option::as_ref);
            measures.push(found.map(|found| open(file, group, found)).transpose()?);
        }
        Ok(Self {
            rows: rows.map_err(|_| Fault::Broken("it has too many facts"))?,
            start: open(file, group, &columns.start)?,
            end: open(file, group, &columns.end)?,
            user: open(file, group, &columns.user)?,
            media: match &columns.media {
                Some(found) => Some(open(file, group, found)?),
                None => None,
            },
            measures,
        })
    }

    fn scan(mut self, sink: &mut dyn FactSink) -> Result<u64, Fault> {
        // Whoever takes the facts wants all texts before the first code.
        let users = texts(&mut self.user, self.rows)?;
        let media = match &mut self.media {
            Some(media) => texts(media, self.rows)?,
            None => Texts::none(self.rows),
        };
        sink.users(&users.texts());
        sink.media(&media.texts());
        let mut done = 0;
        while done < self.rows {
            let rows = done..self.rows.min(done + BLOCK);
            let (mut start, mut end) = (Vec::new(), Vec::new());
            for (column, to) in [(&mut self.start, &mut start), (&mut self.end, &mut end)] {
                let meaning = column.meaning;
                values(column, done, rows.len(), |cell| {
                    to.push(meaning.read(cell.ok_or("it is empty")?)?);
                    Ok(())
                })?;
            }
            if let Some(row) = start.iter().zip(&end).position(|(start, end)| start >= end) {
                let what = "the interval ends before it starts";
                return Err(self.end.wrong(done + row, what));
            }
            let mut measures = Vec::new();
            for column in &mut self.measures {
                measures.push(numbers(column.as_mut(), done, rows.len())?);
            }
            let measures: Vec<BlockMeasure<'_>> = measures
                .iter()
                .map(|(values, present)| BlockMeasure {
                    values,
                    present: Some(present),
                })
                .collect();
            done = rows.end;
            sink.block(&Block {
                start_ms: Moments::Each(&start),
                end_ms: Moments::Each(&end),
                users: &users.codes[rows.clone()],
                media: &media.codes[rows],
                measures: &measures,
            });
        }
        Ok(self.rows as u64)
    }
}

fn open<T: Clone>(
    file: &FactFile,
    group: &dyn RowGroupReader,
    found: &Found<T>,
) -> Result<Open<T>, Fault> {
    let described = file
        .metadata
        .file_metadata()
        .schema_descr()
        .column(found.column);
    Ok(Open {
        name: described.name().to_owned(),
        reader: guarded(|| group.get_column_reader(found.column))?,
        optional: described.max_def_level() > 0,
        meaning: found.meaning.clone(),
    })
}

impl<T> Open<T> {
    fn wrong(&self, row: usize, what: &'static str) -> Fault {
        Fault::Value {
            row,
            column: self.name.clone(),
            what,
        }
    }
}

/// Hands the values of the next `count` rows to `take`, which may refuse one. `done` rows of the
/// row group came before.
fn values<T>(
    column: &mut Open<T>,
    done: usize,
    count: usize,
    mut take: impl FnMut(Option<read::Cell<'_>>) -> Result<(), &'static str>,
) -> Result<(), Fault> {
    let mut refused = None;
    let mut row = done;
    let read = each(&mut column.reader, column.optional, count, &mut |cell| {
        if let (Err(what), None) = (take(cell), refused) {
            refused = Some((row, what));
        }
        row += 1;
    })?;
    match refused {
        Some((row, what)) => Err(column.wrong(row, what)),
        None if read == count => Ok(()),
        None => Err(Fault::Broken("a column has too few values")),
    }
}

fn numbers(
    column: Option<&mut Open<Number>>,
    done: usize,
    count: usize,
) -> Result<(Vec<i64>, Vec<bool>), Fault> {
    let (mut numbers, mut present) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let Some(column) = column else {
        return Ok((vec![0; count], vec![false; count]));
    };
    let meaning = column.meaning;
    values(column, done, count, |cell| {
        let number = cell.map(|cell| meaning.read(cell)).transpose()?;
        numbers.push(number.unwrap_or(0));
        present.push(number.is_some());
        Ok(())
    })?;
    Ok((numbers, present))
}

/// The texts of a column of a row group.
struct Texts {
    /// Each once, with its code.
    known: HashMap<String, u32>,
    /// Of every row.
    codes: Vec<u32>,
}

impl Texts {
    fn none(rows: usize) -> Self {
        Self {
            known: HashMap::new(),
            codes: vec![NO_VALUE; rows],
        }
    }

    /// In the order of their codes.
    fn texts(&self) -> Vec<&str> {
        let mut texts: Vec<(u32, &str)> = self
            .known
            .iter()
            .map(|(text, code)| (*code, text.as_str()))
            .collect();
        texts.sort_unstable();
        texts.into_iter().map(|(_, text)| text).collect()
    }
}

fn texts(column: &mut Open<Text>, rows: usize) -> Result<Texts, Fault> {
    let mut texts = Texts {
        known: HashMap::new(),
        codes: Vec::new(),
    };
    let meaning = column.meaning;
    let mut text = String::new();
    while texts.codes.len() < rows {
        let done = texts.codes.len();
        values(column, done, BLOCK.min(rows - done), |cell| {
            let Some(cell) = cell else {
                texts.codes.push(NO_VALUE);
                return Ok(());
            };
            text.clear();
            meaning.read(cell, &mut text)?;
            let code = match texts.known.get(&text) {
                Some(code) => *code,
                None => {
                    let code = texts.known.len() as u32;
                    texts.known.insert(text.clone(), code);
                    code
                }
            };
            texts.codes.push(code);
            Ok(())
        })?;
    }
    Ok(texts)
}
