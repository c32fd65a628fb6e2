//! Writing a table into a file, in any form.

mod csv;
mod ndjson;
mod parquet;

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use xxhash_rust::xxh3::Xxh3Default;

use crate::{
    Format,
    schema::{Column, Type},
    values::Values,
};

/// Rows at once: a row group of a Parquet file.
pub(crate) const BATCH: usize = 1 << 17;

/// Takes the rows of a table.
pub(crate) trait Rows {
    /// Adds rows, given column by column.
    fn batch(&mut self, columns: &[Values<'_>]) -> io::Result<()>;

    /// Ends the file.
    fn finish(self: Box<Self>) -> io::Result<Counted<File>>;
}

/// A file being written.
pub(crate) struct Writer {
    rows: Box<dyn Rows>,
    count: u64,
}

/// A file that is complete and on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    /// XXH3, 128 bits.
    pub(crate) digest: u128,
}

impl Writer {
    /// Begins the file at `path`.
    pub(crate) fn create(
        path: &Path,
        format: Format,
        bom: bool,
        columns: &[Column],
    ) -> io::Result<Self> {
        let file = Counted::new(File::create(path)?);
        let rows: Box<dyn Rows> = match format {
            Format::Parquet => Box::new(parquet::Writer::new(file, columns)?),
            Format::Csv => Box::new(csv::Writer::new(file, columns, bom)?),
            Format::Ndjson => Box::new(ndjson::Writer::new(file, columns)),
        };
        Ok(Self { rows, count: 0 })
    }

    /// Adds rows, given column by column.
    pub(crate) fn batch(&mut self, columns: &[Values<'_>]) -> io::Result<()> {
        let rows = columns.first().map_or(0, Values::len);
        debug_assert!(columns.iter().all(|values| values.len() == rows));
        if rows == 0 {
            return Ok(());
        }
        self.count += rows as u64;
        self.rows.batch(columns)
    }

    /// Ends the file and waits until it is on the disk.
    pub(crate) fn finish(self) -> io::Result<Written> {
        let mut file = self.rows.finish()?;
        file.writer.flush()?;
        file.writer.get_ref().sync_all()?;
        Ok(Written {
            rows: self.count,
            bytes: file.bytes,
            digest: file.digest.digest128(),
        })
    }
}

/// Counts and digests what is written.
pub(crate) struct Counted<W: Write> {
    writer: BufWriter<W>,
    bytes: u64,
    digest: Xxh3Default,
}

impl<W: Write> Counted<W> {
    fn new(writer: W) -> Self {
        Self {
            writer: BufWriter::with_capacity(1 << 18, writer),
            bytes: 0,
            digest: Xxh3Default::new(),
        }
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        self.digest.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// A value as text for people and machines; texts are passed on as they are.
fn told(kind: Type, number: i64, out: &mut String) {
    use std::fmt::Write;
    // Writing to a text cannot fail.
    let _ = match kind {
        Type::Text | Type::Whole => write!(out, "{number}"),
        Type::Flag => write!(out, "{}", number != 0),
        Type::Timestamp => match jiff::Timestamp::from_millisecond(number) {
            Ok(time) => write!(out, "{}", time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")),
            Err(_) => write!(out, "{number}"),
        },
        Type::Date => match date(number) {
            Some(date) => write!(out, "{date}"),
            None => write!(out, "{number}"),
        },
        Type::Decimal => {
            let (sign, number) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
            write!(
                out,
                "{sign}{}.{:06}",
                number / 1_000_000,
                number % 1_000_000
            )
        }
    };
}

/// The date so many days after 1970-01-01.
fn date(days: i64) -> Option<jiff::civil::Date> {
    let days = jiff::Span::new().try_days(days).ok()?;
    jiff::civil::date(1970, 1, 1).checked_add(days).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_exactly() {
        let told = |kind, number| {
            let mut out = String::new();
            told(kind, number, &mut out);
            out
        };
        assert_eq!(
            told(Type::Timestamp, 1_795_564_800_001),
            "2026-11-25T00:00:00.001Z"
        );
        assert_eq!(told(Type::Date, -1), "1969-12-31");
        assert_eq!(told(Type::Decimal, 12_000_050), "12.000050");
        assert_eq!(told(Type::Decimal, -1), "-0.000001");
        assert_eq!(told(Type::Flag, 0), "false");
        assert_eq!(told(Type::Whole, i64::MIN), i64::MIN.to_string());
    }
}
