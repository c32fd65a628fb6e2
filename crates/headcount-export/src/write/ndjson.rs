//! One JSON object a line, with every column in it.

use std::{
    fs::File,
    io::{self, Write},
};

use super::{Counted, Rows, told};
use crate::{
    schema::{Column, Type},
    values::Values,
};

pub(super) struct Writer {
    file: Counted<File>,
    columns: Vec<Column>,
    line: Vec<u8>,
    number: String,
}

impl Writer {
    pub(super) fn new(file: Counted<File>, columns: &[Column]) -> Self {
        Self {
            file,
            columns: columns.to_vec(),
            line: Vec::new(),
            number: String::new(),
        }
    }

    fn value(&mut self, kind: Type, values: &Values<'_>, row: usize) -> io::Result<()> {
        match values {
            Values::Text(texts, codes) => match texts.get(codes[row]) {
                Some(text) => serde_json::to_writer(&mut self.line, text)?,
                None => self.line.extend_from_slice(b"null"),
            },
            Values::Number(numbers) => {
                let Some(number) = numbers[row] else {
                    self.line.extend_from_slice(b"null");
                    return Ok(());
                };
                self.number.clear();
                told(kind, number, &mut self.number);
                let quote = matches!(kind, Type::Timestamp | Type::Date);
                let quote = if quote { "\"" } else { "" };
                write!(self.line, "{quote}{}{quote}", self.number)?;
            }
        }
        Ok(())
    }
}

impl Rows for Writer {
    fn batch(&mut self, columns: &[Values<'_>]) -> io::Result<()> {
        for row in 0..columns.first().map_or(0, Values::len) {
            self.line.clear();
            for (place, values) in columns.iter().enumerate() {
                let Column { name, kind, .. } = self.columns[place];
                let before = if place == 0 { '{' } else { ',' };
                // Names of columns need no escapes.
                write!(self.line, "{before}\"{name}\":")?;
                self.value(kind, values, row)?;
            }
            self.line.extend_from_slice(b"}\n");
            self.file.write_all(&self.line)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<Counted<File>> {
        Ok(self.file)
    }
}
