//! CSV with a header line; the rules of the core hold for what is in it.

use std::{
    fs::File,
    io::{self, Write},
};

use headcount_core::csv::CsvWriter;

use super::{Counted, Rows, told};
use crate::{
    schema::{Column, Type},
    values::Values,
};

pub(super) struct Writer {
    file: Counted<File>,
    kinds: Vec<Type>,
    lines: CsvWriter,
}

/// Bytes collected before they are written.
const ENOUGH: usize = 1 << 16;

impl Writer {
    /// Begins a file with its header line, after a byte order mark where one is asked for.
    pub(super) fn new(mut file: Counted<File>, columns: &[Column], bom: bool) -> io::Result<Self> {
        if bom {
            file.write_all("\u{feff}".as_bytes())?;
        }
        let mut lines = CsvWriter::new();
        lines.header(columns.iter().map(|column| column.name));
        Ok(Self {
            file,
            kinds: columns.iter().map(|column| column.kind).collect(),
            lines,
        })
    }

    fn write(&mut self) -> io::Result<()> {
        self.file.write_all(self.lines.as_bytes())?;
        self.lines.clear();
        Ok(())
    }
}

impl Rows for Writer {
    fn batch(&mut self, columns: &[Values<'_>]) -> io::Result<()> {
        let mut number = String::new();
        for row in 0..columns.first().map_or(0, Values::len) {
            for (column, kind) in columns.iter().zip(&self.kinds) {
                match column {
                    Values::Text(texts, codes) => match texts.get(codes[row]) {
                        Some(text) => self.lines.text(text),
                        None => self.lines.nothing(),
                    },
                    Values::Number(numbers) => match numbers[row] {
                        Some(value) => {
                            number.clear();
                            told(*kind, value, &mut number);
                            self.lines.plain(&number);
                        }
                        None => self.lines.nothing(),
                    },
                }
            }
            self.lines.end();
            if self.lines.len() >= ENOUGH {
                self.write()?;
            }
        }
        self.write()
    }

    fn finish(mut self: Box<Self>) -> io::Result<Counted<File>> {
        self.write()?;
        Ok(self.file)
    }
}
