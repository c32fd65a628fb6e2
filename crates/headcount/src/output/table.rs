//! A table that fits the terminal, or, where no terminal is, one that is cut nowhere.

use std::io::{IsTerminal, Write};

use comfy_table::{
    Attribute, Cell as Field, CellAlignment, ContentArrangement, Row, Table, presets,
};

use super::Cell;
use crate::config::environment;

/// Collects rows, since the widths depend on all of them.
pub(crate) struct Writer<'w> {
    table: Table,
    out: &'w mut dyn Write,
}

impl<'w> Writer<'w> {
    pub(super) fn new(columns: &[String], out: &'w mut dyn Write) -> Self {
        // Tests print into a buffer, whatever stdout is.
        let terminal = !cfg!(test) && std::io::stdout().is_terminal();
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(if terminal {
            ContentArrangement::Dynamic
        } else {
            ContentArrangement::Disabled
        });
        let bold = terminal && environment::colours();
        if !bold {
            table.force_no_tty();
        }
        table.set_header(columns.iter().map(|name| {
            let field = Field::new(name.to_uppercase());
            if bold {
                field.add_attribute(Attribute::Bold)
            } else {
                field
            }
        }));
        Self { table, out }
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) {
        let mut row = Row::new();
        for cell in cells {
            row.add_cell(match cell {
                Cell::Text(text) => Field::new(harmless(text)),
                Cell::Number(number) => {
                    Field::new(number.to_string()).set_alignment(CellAlignment::Right)
                }
                Cell::Nothing => Field::new(""),
            });
        }
        self.table.add_row(row);
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        for column in self.table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for line in self.table.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }
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
}
