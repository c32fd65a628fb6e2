//! RFC 4180, with lines ended by CRLF, and cells that no spreadsheet takes for a formula.

use std::io::Write;

use headcount_core::csv::guarded;

use super::{Cell, numbers::decimals};

/// Writes rows as they come.
pub(crate) struct Writer<'w> {
    writer: csv::Writer<&'w mut dyn Write>,
}

impl<'w> Writer<'w> {
    /// Writes the header line.
    pub(super) fn new(columns: &[String], out: &'w mut dyn Write) -> anyhow::Result<Self> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(out);
        writer.write_record(columns)?;
        Ok(Self { writer })
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> anyhow::Result<()> {
        for cell in cells {
            match cell {
                Cell::Text(text) => self.writer.write_field(guarded(text).as_bytes())?,
                Cell::Number(number) => self.writer.write_field(number.to_string())?,
                Cell::Decimal(number, places) => {
                    self.writer.write_field(decimals(*number, *places))?;
                }
                Cell::Nothing => self.writer.write_field("")?,
            }
        }
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        Ok(self.writer.flush()?)
    }
}
