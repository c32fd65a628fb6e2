//! A table that fits the terminal, or, where no terminal is, one that is cut nowhere.

use std::io::{IsTerminal, Write};

use comfy_table::{
    Attribute, Cell as Field, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table,
    Width, presets,
};

use super::{Cell, numbers::decimals};
use crate::config::environment;

/// Rows that are lined up together. Nobody compares columns over more of them, and a million users
/// must not be held in memory for it.
const BLOCK: usize = 1000;

/// Prints blocks of rows; a block is held, since its widths depend on all of its rows.
pub(crate) struct Writer<'w> {
    table: Table,
    terminal: bool,
    /// Widest cell of each column in the blocks before: no later block is narrower.
    widths: Vec<u16>,
    out: &'w mut dyn Write,
}

impl<'w> Writer<'w> {
    pub(super) fn new(columns: &[String], out: &'w mut dyn Write) -> Self {
        // Tests print into a buffer, whatever stdout is.
        Self::on(!cfg!(test) && std::io::stdout().is_terminal(), columns, out)
    }

    /// A table that is cut nowhere, on a terminal neither.
    pub(super) fn uncut(columns: &[String], out: &'w mut dyn Write) -> Self {
        Self::on(false, columns, out)
    }

    fn on(terminal: bool, columns: &[String], out: &'w mut dyn Write) -> Self {
        let mut table = empty(terminal);
        let bold = terminal && environment::colours();
        table.set_header(columns.iter().map(|name| {
            let field = Field::new(name.to_uppercase());
            if bold {
                field.add_attribute(Attribute::Bold)
            } else {
                field
            }
        }));
        Self {
            table,
            terminal,
            widths: vec![0; columns.len()],
            out,
        }
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> anyhow::Result<()> {
        let mut row = Row::new();
        for cell in cells {
            row.add_cell(match cell {
                Cell::Text(text) => Field::new(harmless(text)),
                Cell::Number(number) => {
                    Field::new(number.to_string()).set_alignment(CellAlignment::Right)
                }
                Cell::Decimal(number, places) => {
                    Field::new(decimals(*number, *places)).set_alignment(CellAlignment::Right)
                }
                Cell::Nothing => Field::new(""),
            });
        }
        self.table.add_row(row);
        if self.table.row_count() < BLOCK {
            return Ok(());
        }
        self.flush()?;
        self.table = empty(self.terminal);
        Ok(())
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.flush()
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        if self.table.is_empty() && self.table.header().is_none() {
            return Ok(());
        }
        let now = self.table.column_max_content_widths();
        for (widest, width) in self.widths.iter_mut().zip(now) {
            *widest = width.max(*widest);
        }
        for (column, width) in self.table.column_iter_mut().zip(&self.widths) {
            column.set_padding((0, 2));
            if !self.terminal {
                // A width counts the padding too.
                let width = Width::Fixed(width.saturating_add(2));
                column.set_constraint(ColumnConstraint::LowerBoundary(width));
            }
        }
        for line in self.table.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn empty(terminal: bool) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(if terminal {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    if !terminal {
        table.force_no_tty();
    }
    table
}

/// Control characters in a name could move the cursor or colour the terminal of whoever looks.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|letter| {
            if letter.is_control() {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_passes() {
        assert_eq!(harmless("a\u{1b}[31mb\nc"), "a\u{fffd}[31mb\u{fffd}c");
    }

    #[test]
    fn later_blocks_stand_under_the_first() {
        let mut out = Vec::new();
        let columns = ["name".to_owned(), "count".to_owned()];
        let mut writer = Writer::new(&columns, &mut out);
        for number in 0..(BLOCK as u64 + 2) {
            let name = if number == 0 { "the longest name" } else { "x" };
            writer
                .row(&[Cell::of(Some(name)), Cell::Number(number)])
                .unwrap();
        }
        writer.finish().unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), BLOCK + 3);
        assert_eq!(lines[0], "NAME              COUNT");
        assert_eq!(lines[1], "the longest name      0");
        assert_eq!(lines[BLOCK + 2], "x                  1001");
    }

    #[test]
    fn a_full_last_block_and_no_rows_end_without_an_empty_line() {
        for rows in [0, BLOCK] {
            let mut out = Vec::new();
            let mut writer = Writer::new(&["name".to_owned()], &mut out);
            for _ in 0..rows {
                writer.row(&[Cell::of(Some("x"))]).unwrap();
            }
            writer.finish().unwrap();
            assert_eq!(String::from_utf8(out).unwrap().lines().count(), rows + 1);
        }
    }
}
