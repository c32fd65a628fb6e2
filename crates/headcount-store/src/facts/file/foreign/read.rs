//! The values of a column of any type, one after the other.

use parquet::{
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::DataType,
    errors::Result,
};

use crate::facts::file::guarded;

/// A value as it lies in the file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Int(i64),
    Float(f64),
    Bytes(&'a [u8]),
    /// ms UTC of the outdated type for moments.
    Moment(i64),
}

/// Hands the next `count` values to `take`, `None` for those that are absent, and gives how many
/// there were.
pub(super) fn each(
    reader: &mut ColumnReader,
    optional: bool,
    count: usize,
    take: &mut dyn FnMut(Option<Cell<'_>>),
) -> Result<usize> {
    let bytes =
        |bytes: &[u8], take: &mut dyn FnMut(Option<Cell<'_>>)| take(Some(Cell::Bytes(bytes)));
    match reader {
        ColumnReader::Int32ColumnReader(reader) => {
            typed(reader, optional, count, take, |v, take| {
                take(Some(Cell::Int(i64::from(*v))));
            })
        }
        ColumnReader::Int64ColumnReader(reader) => {
            typed(reader, optional, count, take, |v, take| {
                take(Some(Cell::Int(*v)));
            })
        }
        ColumnReader::FloatColumnReader(reader) => {
            typed(reader, optional, count, take, |v, take| {
                take(Some(Cell::Float(f64::from(*v))));
            })
        }
        ColumnReader::DoubleColumnReader(reader) => {
            typed(reader, optional, count, take, |v, take| {
                take(Some(Cell::Float(*v)));
            })
        }
        ColumnReader::Int96ColumnReader(reader) => {
            typed(reader, optional, count, take, |v, take| {
                take(Some(Cell::Moment(v.to_millis())));
            })
        }
        ColumnReader::ByteArrayColumnReader(reader) => {
            typed(reader, optional, count, take, |v, take| {
                bytes(v.data(), take)
            })
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            typed(reader, optional, count, take, |v, take| {
                bytes(v.data(), take)
            })
        }
        // Refused when the columns were found.
        ColumnReader::BoolColumnReader(_) => Ok(0),
    }
}

fn typed<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    optional: bool,
    count: usize,
    take: &mut dyn FnMut(Option<Cell<'_>>),
    give: impl Fn(&T::T, &mut dyn FnMut(Option<Cell<'_>>)),
) -> Result<usize> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let mut read = 0;
    while read < count {
        values.clear();
        levels.clear();
        let (rows, ..) =
            guarded(|| reader.read_records(count - read, Some(&mut levels), None, &mut values))?;
        if rows == 0 {
            break;
        }
        read += rows;
        let mut values = values.iter();
        if optional {
            for level in &levels {
                match values.next_if_some(*level) {
                    Some(value) => give(value, take),
                    None => take(None),
                }
            }
        } else {
            values.for_each(|value| give(value, take));
        }
    }
    Ok(read)
}

/// The next value where the level says that there is one.
trait NextIfSome: Iterator {
    fn next_if_some(&mut self, level: i16) -> Option<Self::Item>;
}

impl<I: Iterator> NextIfSome for I {
    fn next_if_some(&mut self, level: i16) -> Option<Self::Item> {
        if level > 0 { self.next() } else { None }
    }
}
