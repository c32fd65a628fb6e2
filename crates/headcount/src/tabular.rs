//! Tables that people hand us as text: CSV in whatever encoding and with whatever delimiter their
//! program writes, read row by row. A file may be far larger than memory; a row may not.

mod decode;
mod header;

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use csv::StringRecord;

use self::decode::{Decoder, END};
pub(crate) use self::header::{Known, Mapping};
use crate::error::{Exit, Failure};

/// Longest row, in bytes. What is longer is a quote that is never closed, or no table at all.
const LONGEST_ROW: u64 = 1 << 20;

/// What is wrong with a table, and where.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TabularError {
    /// The file can't be read.
    #[error("{name} can't be read")]
    Unreadable {
        /// The file as the person named it.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("{name}:{line}{}: {message}", column.map_or_else(String::new, |column| format!(":{column}")))]
    Wrong {
        /// The file as the person named it.
        name: String,
        /// Line on which the row begins, counted from 1.
        line: u64,
        /// Column of the table, counted from 1, where one is to blame.
        column: Option<usize>,
        /// What is wrong, and what to write instead.
        message: String,
    },
}

impl TabularError {
    /// The same as a failure of the command, which was given a file that can't be used.
    pub(crate) fn into_failure(self) -> anyhow::Error {
        let exit = match &self {
            Self::Unreadable { .. } => Exit::Failure,
            Self::Wrong { .. } => Exit::Usage,
        };
        match self {
            Self::Unreadable { name, source } => anyhow::Error::new(source)
                .context(Failure::new(exit, format!("{name} can't be read"))),
            wrong @ Self::Wrong { .. } => Failure::new(exit, wrong.to_string()).into(),
        }
    }
}

/// The rows of a table, one at a time.
pub(crate) struct Rows<R> {
    name: String,
    reader: csv::Reader<Decoder<R>>,
    header: Vec<String>,
    record: StringRecord,
    ended: bool,
}

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    /// Line on which it begins, counted from 1.
    pub(crate) line: u64,
    name: &'a str,
    cells: &'a StringRecord,
}

impl Rows<File> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`TabularError`] when there is no such file, or no header in it.
    pub(crate) fn open(path: &Path) -> Result<Self, TabularError> {
        let name = path.display().to_string();
        let unreadable = |source| TabularError::Unreadable {
            name: name.clone(),
            source,
        };
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().is_ok_and(|about| about.is_dir()) {
            return Err(unreadable(io::ErrorKind::IsADirectory.into()));
        }
        Self::new(file, name)
    }
}

impl<R: Read> Rows<R> {
    /// Reads the header of a table that is called `name` in errors.
    ///
    /// # Errors
    /// [`TabularError`] when it can't be read, or has no header.
    pub(crate) fn new(read: R, name: impl Into<String>) -> Result<Self, TabularError> {
        let name = name.into();
        let mut decoder = Decoder::new(read);
        let delimiter = decoder
            .first_line()
            .map(delimiter)
            .map_err(|error| failed(&name, 1, error))?;
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            // A line feed alone, so that lines are counted right; the other half of a line end is
            // a blank at the end of the last cell.
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(decoder);
        let mut rows = Self {
            name,
            reader,
            header: Vec::new(),
            record: StringRecord::new(),
            ended: false,
        };
        if !rows.advance()? {
            return Err(rows.wrong(1, "the file is empty; its first line names the columns"));
        }
        let cells = rows.record.iter().map(|cell| cell.trim().to_owned());
        rows.header = cells.collect();
        Ok(rows)
    }

    /// Name of the file, as in errors.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// [`TabularError`] when the rest can't be read, or the row has not one cell for each column.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, TabularError> {
        if !self.advance()? {
            return Ok(None);
        }
        let (wanted, found, line) = (self.header.len(), self.record.len(), self.line());
        // Spreadsheets leave away, or add, blank cells at the end.
        let blank = self
            .record
            .iter()
            .skip(wanted)
            .all(|cell| cell.trim().is_empty());
        if found < wanted || !blank {
            let message = format!(
                "the row has {found} cells where the header has {wanted}; put a cell with a \
                 delimiter or a line break in it into quotes"
            );
            return Err(self.wrong(line, message));
        }
        Ok(Some(Row {
            line,
            name: &self.name,
            cells: &self.record,
        }))
    }

    /// Reads a record; whether there was one.
    fn advance(&mut self) -> Result<bool, TabularError> {
        while !self.ended {
            let before = self.reader.position().line();
            self.reader.get_mut().allow(LONGEST_ROW);
            match self.reader.read_record(&mut self.record) {
                Err(error) => {
                    self.ended = true;
                    return Err(from_csv(&self.name, before, error));
                }
                Ok(found) => self.ended = !found || self.last_cell_is_end(),
            }
            let alone = self.record.len() == 1;
            if self.ended {
                if self.record.is_empty() || alone && &self.record[0] == END {
                    return Ok(false);
                }
                // Whatever follows an open quote is part of it, our own mark of the end as well;
                // what is behind the mark, no line end.
                let line = self.line() + 1;
                return Err(self.wrong(line, "a quote is opened in this row and never closed"));
            }
            // A line may be blank but for half of its end.
            if !(alone && self.record[0].trim().is_empty()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the record holds the mark that [`Decoder`] puts behind the last row.
    fn last_cell_is_end(&self) -> bool {
        let read = self.reader.position().byte();
        let all = self.reader.get_ref().end().is_some_and(|end| read >= end);
        let last = self.record.iter().next_back().unwrap_or_default();
        all && last.trim_end_matches('\n').ends_with(END)
    }

    /// Line on which the record begins. The reader stands behind the line end of it.
    fn line(&self) -> u64 {
        let breaks = self.record.as_slice().bytes().filter(|byte| *byte == b'\n');
        let behind = self.reader.position().line();
        behind.saturating_sub(1 + breaks.count() as u64).max(1)
    }

    pub(crate) fn wrong(&self, line: u64, message: impl Into<String>) -> TabularError {
        TabularError::Wrong {
            name: self.name.clone(),
            line,
            column: None,
            message: message.into(),
        }
    }
}

impl<'a> Row<'a> {
    /// The cell of a column, counted from 0, without blanks around it; empty where there is none.
    pub(crate) fn cell(&self, column: usize) -> &'a str {
        self.cells.get(column).map_or("", str::trim)
    }

    /// An error about a cell of this row.
    pub(crate) fn wrong(&self, column: usize, message: impl Into<String>) -> TabularError {
        TabularError::Wrong {
            name: self.name.to_owned(),
            line: self.line,
            column: Some(column + 1),
            message: message.into(),
        }
    }
}

/// The delimiter of a header: the one of comma, semicolon and tab that stands in it most often
/// outside quotes.
fn delimiter(line: &[u8]) -> u8 {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in line {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(of, _)| !quoted && of == byte) {
            *count += 1;
        }
    }
    // The first of the most frequent: a header of one column has none, and is as good as commas.
    let most = counts.iter().map(|(_, count)| *count).max();
    let found = counts.iter().find(|(_, count)| Some(*count) == most);
    found.map_or(b',', |(delimiter, _)| *delimiter)
}

fn from_csv(name: &str, line: u64, error: csv::Error) -> TabularError {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => failed(name, line, source),
        csv::ErrorKind::Utf8 { pos, err } => TabularError::Wrong {
            name: name.to_owned(),
            line: pos.map_or(line, |position| position.line()),
            column: Some(err.field() + 1),
            message: "the cell is not UTF-8; save the file as \"CSV UTF-8\" or as Unicode text"
                .to_owned(),
        },
        other => TabularError::Wrong {
            name: name.to_owned(),
            line,
            column: None,
            message: format!("the row can't be read: {other:?}"),
        },
    }
}

/// An error of reading: ours about what was read, or the system's.
fn failed(name: &str, line: u64, source: io::Error) -> TabularError {
    match source.kind() {
        io::ErrorKind::InvalidData => TabularError::Wrong {
            name: name.to_owned(),
            line,
            column: None,
            message: source.to_string(),
        },
        _ => TabularError::Unreadable {
            name: name.to_owned(),
            source,
        },
    }
}

#[cfg(test)]
mod tests;
