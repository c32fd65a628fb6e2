//! `headcount count`: users by one or more attributes.

use std::io::Write;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    cli::{Form, Global},
    counting::{self, Counts, Group},
    output::{self, Array, Cell, Sheet},
    reading::{self, Reading, SnapshotRef},
    selection::Conditions,
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
    let by = counting::groups(&args.by)?;
    let conditions = Conditions::parse(&args.conditions)?;
    let as_of = reading::as_of(args.as_of.as_deref())?;
    let reading = Reading::open(global)?.at(as_of);
    let counts = counting::count(&reading, &by, &conditions)?;
    output::stdout(|out| print(global.output, &by, &counts, out))
}

/// Prints counts in any form.
pub(crate) fn print(
    form: Form,
    by: &[Group],
    counts: &Counts,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match form {
        Form::Json => {
            serde_json::to_writer_pretty(&mut *out, &Answer::new(by, counts))?;
            Ok(writeln!(out)?)
        }
        Form::Ndjson => {
            let mut array = Array::new(form, out);
            for row in rows(by, counts) {
                array.item(&serde_json::to_vec(&row)?)?;
            }
            Ok(array.finish()?)
        }
        Form::Table | Form::Csv => {
            let mut names: Vec<String> = by.iter().map(|asked| asked.label.clone()).collect();
            names.push("count".to_owned());
            let mut sheet = Sheet::begin(form, &names, out)?;
            for row in &counts.rows {
                let values = row.values.iter().map(|value| Cell::of(Some(value)));
                let mut cells: Vec<Cell<'_>> = values.collect();
                cells.push(Cell::Number(row.count));
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

fn rows<'a>(by: &'a [Group], counts: &'a Counts) -> impl Iterator<Item = Row<'a>> {
    counts.rows.iter().map(move |row| Row {
        by,
        values: &row.values,
        count: row.count,
    })
}

/// The answer as machines read it.
#[derive(Serialize)]
pub(crate) struct Answer<'a> {
    rows: Vec<Row<'a>>,
    total: u64,
    snapshot: SnapshotRef,
}

impl<'a> Answer<'a> {
    /// The answer that these counts are.
    pub(crate) fn new(by: &'a [Group], counts: &'a Counts) -> Self {
        Self {
            rows: rows(by, counts).collect(),
            total: counts.total,
            snapshot: SnapshotRef::from(&counts.snapshot),
        }
    }
}

/// An object with the attributes by name, then the count.
struct Row<'a> {
    by: &'a [Group],
    values: &'a [String],
    count: u64,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.by.len() + 1))?;
        for (asked, value) in self.by.iter().zip(self.values) {
            map.serialize_entry(&asked.label, value)?;
        }
        map.serialize_entry("count", &self.count)?;
        map.end()
    }
}
