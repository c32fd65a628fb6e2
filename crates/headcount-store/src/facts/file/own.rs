//! Reading files that this program wrote: pages are decoded by hand, straight into blocks.

use std::path::Path;

use headcount_core::segment::{Block, BlockMeasure, FactSink, Moments};
use parquet::file::{
    metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData},
    statistics::Statistics,
};

use super::{
    FactFile, Fault, Own,
    chunk::Pages,
    column::{Codes, Column, Numbers},
};
use crate::facts::{FactsError, KeptDay, schema};

/// Facts of a block: few enough for a block to stay in the processor's cache.
const BLOCK: usize = 1 << 14;

/// Checks that the end of a file tells everything, and agrees with itself.
pub(super) fn check(path: &Path, metadata: &ParquetMetaData) -> Result<Own, FactsError> {
    let damaged = |what| FactsError::Damaged {
        path: path.to_owned(),
        row_group: None,
        what,
        source: None,
    };
    let end = metadata.file_metadata();
    let (day, digests) = KeptDay::read(path.to_owned(), metadata)
        .ok_or_else(|| damaged("what its end tells of the day is damaged"))?;
    let expected = schema::columns(day.kind).map_err(|_| damaged("its columns are damaged"))?;
    if *end.schema() != *expected {
        return Err(damaged("its columns are not those of its kind"));
    }
    let columns = expected.get_fields().len();
    let groups = metadata.row_groups();
    let rows = groups.iter().try_fold(0_u64, |sum, group| {
        sum.checked_add(u64::try_from(group.num_rows()).ok()?)
    });
    let whole = groups.iter().all(|group| group.num_columns() == columns)
        && digests.len() == groups.len()
        && digests.iter().all(|digests| digests.len() == columns)
        && rows == Some(day.facts);
    if !whole {
        return Err(damaged(
            "its row groups are not those that its end tells of",
        ));
    }
    Ok(Own { day, digests })
}

/// See [`FactFile::scan`].
pub(super) fn scan(
    file: &FactFile,
    own: &Own,
    wanted: &[usize],
    sink: &mut dyn FactSink,
) -> Result<u64, FactsError> {
    let mut rows = 0;
    for (place, group) in file.metadata.row_groups().iter().enumerate() {
        let mut reader = Group {
            file,
            group,
            digests: &own.digests[place],
        };
        rows += reader
            .scan(wanted, sink)
            .map_err(|fault| file.damaged(place, fault))?;
    }
    Ok(rows)
}

/// A row group that is being read.
struct Group<'a> {
    file: &'a FactFile,
    group: &'a RowGroupMetaData,
    digests: &'a [u64],
}

impl Group<'_> {
    fn scan(&mut self, wanted: &[usize], sink: &mut dyn FactSink) -> Result<u64, Fault> {
        let rows = usize::try_from(self.group.num_rows())
            .map_err(|_| Fault::Broken("it has too many facts"))?;
        let mut start = Moment::new(self, 0)?;
        let mut end = Moment::new(self, 1)?;
        let mut users = Column::<Codes>::new(self.pages(2)?)?;
        let mut media = Column::<Codes>::new(self.pages(3)?)?;
        let mut measures = Vec::new();
        for place in wanted {
            measures.push(Measure::new(self, schema::KEYS + place)?);
        }
        sink.users(&users.dictionary().all()?);
        sink.media(&media.dictionary().all()?);
        let (mut user_codes, mut media_codes) = (vec![0; BLOCK], vec![0; BLOCK]);
        let mut present = vec![false; BLOCK];
        let mut left = rows;
        while left > 0 {
            let count = left.min(BLOCK);
            left -= count;
            let (user_codes, media_codes) = (&mut user_codes[..count], &mut media_codes[..count]);
            users.read(user_codes, &mut present[..count])?;
            media.read(media_codes, &mut present[..count])?;
            let start_ms = start.read(count, &mut present[..count])?;
            let end_ms = end.read(count, &mut present[..count])?;
            for measure in &mut measures {
                measure.read(count)?;
            }
            let measures: Vec<BlockMeasure<'_>> = measures.iter().map(|m| m.block(count)).collect();
            sink.block(&Block {
                start_ms,
                end_ms,
                users: user_codes,
                media: media_codes,
                measures: &measures,
            });
        }
        users.finish()?;
        media.finish()?;
        start.finish()?;
        end.finish()?;
        for measure in measures {
            measure.finish()?;
        }
        Ok(rows as u64)
    }

    fn pages(&self, column: usize) -> Result<Pages, Fault> {
        let rows = self.group.num_rows().unsigned_abs() as usize;
        Pages::read(
            &self.file.file,
            self.column(column),
            rows,
            self.digests[column],
        )
    }

    fn column(&self, column: usize) -> &ColumnChunkMetaData {
        self.group.column(column)
    }
}

/// The starts or the ends of intervals.
enum Moment {
    /// The same throughout, as it is when a day is one interval: nothing needs to be read.
    All(i64),
    Each(Box<Column<Numbers>>, Vec<i64>),
}

impl Moment {
    fn new(group: &Group<'_>, column: usize) -> Result<Self, Fault> {
        if let Some(Statistics::Int64(told)) = group.column(column).statistics()
            && let (Some(least), Some(most)) = (told.min_opt(), told.max_opt())
            && least == most
            && told.min_is_exact()
            && told.max_is_exact()
        {
            return Ok(Self::All(*least));
        }
        let column = Box::new(Column::new(group.pages(column)?)?);
        Ok(Self::Each(column, vec![0; BLOCK]))
    }

    fn read(&mut self, count: usize, present: &mut [bool]) -> Result<Moments<'_>, Fault> {
        match self {
            Self::All(moment) => Ok(Moments::All(*moment)),
            Self::Each(column, moments) => {
                column.read(&mut moments[..count], present)?;
                Ok(Moments::Each(&moments[..count]))
            }
        }
    }

    fn finish(self) -> Result<(), Fault> {
        match self {
            Self::All(_) => Ok(()),
            Self::Each(column, _) => column.finish(),
        }
    }
}

/// A measure.
struct Measure {
    /// `None` where no fact has a value, so that nothing needs to be read.
    column: Option<Column<Numbers>>,
    values: Vec<i64>,
    present: Vec<bool>,
    all: bool,
}

impl Measure {
    fn new(group: &Group<'_>, column: usize) -> Result<Self, Fault> {
        let told = group.column(column).statistics();
        let nulls = told.and_then(Statistics::null_count_opt);
        let column = if nulls == Some(group.group.num_rows().unsigned_abs()) {
            None
        } else {
            Some(Column::new(group.pages(column)?)?)
        };
        Ok(Self {
            column,
            values: vec![0; BLOCK],
            present: vec![false; BLOCK],
            all: false,
        })
    }

    fn read(&mut self, count: usize) -> Result<(), Fault> {
        if let Some(column) = &mut self.column {
            self.all = column.read(&mut self.values[..count], &mut self.present[..count])?;
        }
        Ok(())
    }

    fn block(&self, count: usize) -> BlockMeasure<'_> {
        BlockMeasure {
            values: &self.values[..count],
            present: (!self.all).then_some(&self.present[..count]),
        }
    }

    fn finish(self) -> Result<(), Fault> {
        self.column.map_or(Ok(()), Column::finish)
    }
}
