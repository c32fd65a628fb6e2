//! Answers on stdout: tables for a person, JSON and CSV for machines.

mod csv;
pub(crate) mod numbers;
mod table;

use std::{
    borrow::Cow,
    io::{self, BufWriter, Write},
};

use serde::Serialize;

use self::numbers::decimals;
use crate::cli::Form;

/// Gives a buffered stdout to `write`, and makes sure that everything went out.
pub(crate) fn stdout<T>(
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let answer = write(&mut out)?;
    out.flush()?;
    Ok(answer)
}

/// Prints one JSON document: `json` indented for reading, `ndjson` on one line.
pub(crate) fn json<T: Serialize + ?Sized>(form: Form, value: &T) -> anyhow::Result<()> {
    stdout(|out| {
        match form {
            Form::Json => serde_json::to_writer_pretty(&mut *out, value)?,
            _ => serde_json::to_writer(&mut *out, value)?,
        }
        Ok(writeln!(out)?)
    })
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A count.
    Number(u64),
    /// A number with so many decimals.
    Decimal(f64, usize),
    /// Nothing: `null` in JSON, empty elsewhere.
    Nothing,
}

impl<'a> Cell<'a> {
    /// A text, or nothing.
    pub(crate) fn of(text: Option<&'a str>) -> Self {
        text.map_or(Self::Nothing, |text| Self::Text(Cow::Borrowed(text)))
    }

    /// A number with so many decimals, or nothing.
    pub(crate) fn decimal(number: Option<f64>, places: usize) -> Self {
        number.map_or(Self::Nothing, |number| Self::Decimal(number, places))
    }

    /// A value of a document.
    pub(crate) fn json(value: Option<&'a serde_json::Value>) -> Self {
        use serde_json::Value;
        match value {
            None | Some(Value::Null) => Self::Nothing,
            Some(Value::String(text)) => Self::of(Some(text)),
            Some(other) => Self::owned(other.to_string()),
        }
    }

    /// A text of its own.
    pub(crate) fn owned(text: impl Into<String>) -> Self {
        Self::Text(Cow::Owned(text.into()))
    }
}

/// Prints rows in any form, as they come; only a table waits for the last one, since its widths
/// depend on all of them.
pub(crate) enum Sheet<'w> {
    Table(Box<table::Writer<'w>>),
    Json(Objects<'w>),
    Csv(csv::Writer<'w>),
}

impl<'w> Sheet<'w> {
    /// Begins a sheet with these columns.
    pub(crate) fn begin(
        form: Form,
        columns: &[String],
        out: &'w mut dyn Write,
    ) -> anyhow::Result<Self> {
        Ok(match form {
            Form::Table => Self::Table(Box::new(table::Writer::new(columns, out))),
            Form::Csv => Self::Csv(csv::Writer::new(columns, out)?),
            Form::Json | Form::Ndjson => Self::Json(Objects::new(form, columns, out)),
        })
    }

    /// Begins a table whose rows are one line each, however narrow the terminal is, so that ids in
    /// it can be copied. What is long belongs into the last column.
    pub(crate) fn uncut(columns: &[String], out: &'w mut dyn Write) -> Self {
        Self::Table(Box::new(table::Writer::uncut(columns, out)))
    }

    /// Adds a row, with as many cells as there are columns.
    pub(crate) fn row(&mut self, cells: &[Cell<'_>]) -> anyhow::Result<()> {
        match self {
            Self::Table(writer) => writer.row(cells),
            Self::Csv(writer) => writer.row(cells),
            Self::Json(writer) => writer.row(cells),
        }
    }

    /// Prints what is still to be printed.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Table(writer) => writer.finish(),
            Self::Csv(writer) => writer.finish(),
            Self::Json(writer) => writer.finish(),
        }
    }
}

/// Objects, in an array or line by line, with the columns in the order asked for.
pub(crate) struct Objects<'w> {
    array: Array<'w>,
    keys: Vec<String>,
    text: Vec<u8>,
}

impl<'w> Objects<'w> {
    fn new(form: Form, columns: &[String], out: &'w mut dyn Write) -> Self {
        let keys = columns
            .iter()
            .map(|name| serde_json::Value::from(name.as_str()).to_string());
        Self {
            array: Array::new(form, out),
            keys: keys.collect(),
            text: Vec::new(),
        }
    }

    fn row(&mut self, cells: &[Cell<'_>]) -> anyhow::Result<()> {
        self.text.clear();
        self.text.push(b'{');
        for (key, cell) in self.keys.iter().zip(cells) {
            if self.text.len() > 1 {
                self.text.push(b',');
            }
            self.text.extend_from_slice(key.as_bytes());
            self.text.push(b':');
            match cell {
                Cell::Text(text) => serde_json::to_writer(&mut self.text, text)?,
                Cell::Number(number) => serde_json::to_writer(&mut self.text, number)?,
                Cell::Decimal(number, places) => {
                    self.text
                        .extend_from_slice(decimals(*number, *places).as_bytes());
                }
                Cell::Nothing => self.text.extend_from_slice(b"null"),
            }
        }
        self.text.push(b'}');
        Ok(self.array.item(&self.text)?)
    }

    fn finish(self) -> anyhow::Result<()> {
        Ok(self.array.finish()?)
    }
}

/// JSON documents that are written byte for byte: as one array, or one per line.
pub(crate) struct Array<'w> {
    out: &'w mut dyn Write,
    lines: bool,
    empty: bool,
}

impl<'w> Array<'w> {
    /// An array for [`Form::Json`], lines for [`Form::Ndjson`].
    pub(crate) fn new(form: Form, out: &'w mut dyn Write) -> Self {
        Self {
            out,
            lines: form == Form::Ndjson,
            empty: true,
        }
    }

    /// Adds a document. In lines, a document that spans several is brought onto one: between
    /// tokens JSON takes a blank as well as a line break, and within a text there is none.
    pub(crate) fn item(&mut self, document: &[u8]) -> io::Result<()> {
        if self.lines {
            for part in document.split(|byte| matches!(byte, b'\n' | b'\r')) {
                self.out.write_all(part)?;
            }
            return self.out.write_all(b"\n");
        }
        self.out
            .write_all(if self.empty { b"[\n" } else { b",\n" })?;
        self.empty = false;
        self.out.write_all(document)
    }

    /// Ends the array.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.close().map(drop)
    }

    /// Ends the array, for one who has more to write behind it.
    pub(crate) fn close(self) -> io::Result<&'w mut dyn Write> {
        match (self.lines, self.empty) {
            (true, _) => {}
            (false, true) => self.out.write_all(b"[]\n")?,
            (false, false) => self.out.write_all(b"\n]\n")?,
        }
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(form: Form, rows: &[[Cell<'_>; 2]]) -> String {
        let mut out = Vec::new();
        let columns = ["name".to_owned(), "count".to_owned()];
        let mut sheet = Sheet::begin(form, &columns, &mut out).unwrap();
        for row in rows {
            sheet.row(row).unwrap();
        }
        sheet.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    fn rows() -> [[Cell<'static>; 2]; 3] {
        [
            [Cell::owned("Zoë \"Z\", Sales"), Cell::Number(3)],
            [Cell::owned("=1+1"), Cell::Number(10)],
            [Cell::Nothing, Cell::Nothing],
        ]
    }

    #[test]
    fn json_is_one_document() {
        let value: serde_json::Value = serde_json::from_str(&sheet(Form::Json, &rows())).unwrap();
        assert_eq!(value[0]["name"], "Zoë \"Z\", Sales");
        assert_eq!(value[1]["name"], "=1+1");
        assert!(value[2]["count"].is_null());
        assert_eq!(sheet(Form::Json, &[]), "[]\n");
    }

    #[test]
    fn ndjson_is_a_document_per_line() {
        assert_eq!(sheet(Form::Ndjson, &rows()).lines().count(), 3);
        assert_eq!(sheet(Form::Ndjson, &[]), "");
        let mut out = Vec::new();
        let mut array = Array::new(Form::Ndjson, &mut out);
        array.item(b"{\n  \"a\": \"b\\n\"\r\n}").unwrap();
        array.finish().unwrap();
        assert_eq!(out, b"{  \"a\": \"b\\n\"}\n");
    }

    #[test]
    fn csv_is_safe_to_open() {
        let wanted = "name,count\r\n\"Zoë \"\"Z\"\", Sales\",3\r\n'=1+1,10\r\n,\r\n";
        assert_eq!(sheet(Form::Csv, &rows()), wanted);
    }

    #[test]
    fn a_table_lines_up_numbers_right() {
        insta::assert_snapshot!(sheet(Form::Table, &rows()), @r#"
        NAME            COUNT
        Zoë "Z", Sales      3
        =1+1               10
        "#);
    }
}
