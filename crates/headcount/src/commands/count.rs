//! `headcount count`: users by one or more attributes.

use std::io::Write;

use serde_json::{Map, Value, json};

use crate::{
    cli::{Form, Global},
    columns::{self, Asked},
    counting::{self, Counts},
    output::{self, Array, Cell, Sheet},
    reading::{self, Reading, SnapshotRef},
    selection::{Conditions, Selection},
};

/// Count users by attributes; the rows add up to the total
///
/// Counts users of every state unless `--where` says otherwise. Users without the attribute are
/// counted under `(none)`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount count --by department
  headcount count --by division,state
  headcount count --by manager --where state=active --as-of 2026-01-31 --output csv")]
pub(crate) struct Args {
    /// Attributes to count by
    #[arg(
        long,
        value_name = "FIELD[,FIELD]",
        value_delimiter = ',',
        required = true
    )]
    pub(crate) by: Vec<String>,
    /// Condition that must hold, as in `users`; may be repeated
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) conditions: Vec<String>,
    /// Roster of a date (its end, in UTC) or of a time, instead of the latest
    #[arg(long, value_name = "T")]
    pub(crate) as_of: Option<String>,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let by = columns::parse(&args.by)?;
    let conditions = Conditions::parse(&args.conditions)?;
    let as_of = reading::as_of(args.as_of.as_deref())?;
    let reading = Reading::open(global)?.at(as_of);
    let selection = Selection::of(&reading, &conditions)?;
    let counts = counting::count(&reading, &by, &selection)?;
    output::stdout(|out| print(global.output, &by, &counts, out))
}

/// Prints counts in any form.
pub(crate) fn print(
    form: Form,
    by: &[Asked],
    counts: &Counts,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match form {
        Form::Json => {
            let rows: Vec<Value> = counts.rows.iter().map(|row| object(by, row)).collect();
            let snapshot = SnapshotRef::from(&counts.snapshot);
            let answer = json!({"rows": rows, "total": counts.total, "snapshot": snapshot});
            serde_json::to_writer_pretty(&mut *out, &answer)?;
            Ok(writeln!(out)?)
        }
        Form::Ndjson => {
            let mut array = Array::new(form, out);
            for row in &counts.rows {
                array.item(object(by, row).to_string().as_bytes())?;
            }
            Ok(array.finish()?)
        }
        Form::Table | Form::Csv => {
            let mut names: Vec<String> = by.iter().map(|asked| asked.label.clone()).collect();
            names.push("count".to_owned());
            let mut sheet = Sheet::begin(form, &names, out)?;
            for (values, count) in &counts.rows {
                let mut cells: Vec<Cell<'_>> =
                    values.iter().map(|value| Cell::of(Some(value))).collect();
                cells.push(Cell::Number(*count));
                sheet.row(&cells)?;
            }
            if form == Form::Table {
                // In a file the line would be taken for one more value.
                let mut cells = vec![Cell::Nothing; by.len()];
                cells[0] = Cell::of(Some("TOTAL"));
                cells.push(Cell::Number(counts.total));
                sheet.row(&cells)?;
            }
            sheet.finish()
        }
    }
}

fn object(by: &[Asked], (values, count): &(Vec<String>, u64)) -> Value {
    let mut object = Map::new();
    for (asked, value) in by.iter().zip(values) {
        object.insert(asked.label.clone(), Value::from(value.as_str()));
    }
    object.insert("count".to_owned(), Value::from(*count));
    Value::Object(object)
}
