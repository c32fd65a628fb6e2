//! The tables, from versions to rows.

mod calendar;
mod facts;
mod org;
mod paths;
mod user;

use std::io;

pub(crate) use self::{calendar::Days, facts::write as facts};
use crate::{
    schema::Table,
    star::Star,
    values::Values,
    write::{BATCH, Writer},
};

/// Writes the rows of a table that holds no facts.
pub(crate) fn dimension(
    star: &Star,
    days: &Days,
    table: Table,
    writer: &mut Writer,
) -> io::Result<()> {
    match table {
        Table::User => user::all(star, writer),
        Table::UserCurrent => user::current(star, writer),
        Table::UserPath => paths::of_users(star, writer),
        Table::Path => paths::levels(star, writer),
        Table::Manager => paths::managers(star, writer),
        Table::Division => org::divisions(star, writer),
        Table::Department => org::departments(star, writer),
        Table::Date => days.write(writer),
        Table::HandleTime | Table::Evaluation => Ok(()),
    }
}

/// Numbers of a column, one for each of `rows`.
fn numbers<T: Copy>(rows: &[T], number: impl Fn(T) -> Option<i64>) -> Values<'static> {
    Values::Number(rows.iter().map(|&row| number(row)).collect())
}

/// Writes rows, some at a time.
fn in_batches<'a, T>(
    rows: &'a [T],
    writer: &mut Writer,
    columns: impl Fn(&'a [T]) -> Vec<Values<'a>>,
) -> io::Result<()> {
    for rows in rows.chunks(BATCH) {
        writer.batch(&columns(rows))?;
    }
    Ok(())
}
