//! CSV on stdout, as the core writes it everywhere.

use std::io::Write;

use headcount_core::csv::CsvWriter;

use super::{Cell, numbers::decimals};

/// Writes rows as they come.
pub(crate) struct Writer<'w> {
    rows: CsvWriter,
    out: &'w mut dyn Write,
}

impl<'w> Writer<'w> {
    /// Writes the header line.
    pub(super) fn new(columns: &[String], out: &'w mut dyn Write) -> anyhow::Result<Self> {
        let mut rows = CsvWriter::new();
        rows.header(columns);
        let mut writer = Self { rows, out };
        writer.hand_over()?;
        Ok(writer)
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> anyhow::Result<()> {
        for cell in cells {
            match cell {
                Cell::Text(text) => self.rows.text(text),
                Cell::Number(number) => self.rows.plain(&number.to_string()),
                Cell::Decimal(number, places) => self.rows.plain(&decimals(*number, *places)),
                Cell::Nothing => self.rows.nothing(),
            }
        }
        self.rows.end();
        self.hand_over()
    }

    pub(super) fn finish(self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }

    fn hand_over(&mut self) -> anyhow::Result<()> {
        self.out.write_all(self.rows.as_bytes())?;
        self.rows.clear();
        Ok(())
    }
}
