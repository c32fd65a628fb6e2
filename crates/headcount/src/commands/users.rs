//! `headcount users`: the people, as kept.

use std::io::Write;

use headcount_core::field::Projection;

use crate::{
    cli::{Form, Global},
    columns::{self, Asked},
    output::{self, Array, Cell, Sheet},
    reading::{self, Managers, Reading},
    selection::{Conditions, Selection},
};

/// List users: every state, without a limit, unless asked otherwise
///
/// A condition of `--where` is `field=value`, `field!=value`, `field^=prefix`, `field~part` or
/// `field in (a, b)`; several conditions must all hold.
///
/// With `--output json` and no `--columns` each user is the document as Genesys Cloud sent it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount users --where state=active --where 'department=Service Desk'
  headcount users --where 'division in (Home, Sales)' --columns name,email,manager
  headcount users --as-of 2026-01-31 --output csv > january.csv
  headcount users --output json | jq '.[].email'")]
pub(crate) struct Args {
    /// Condition that must hold; may be repeated
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) conditions: Vec<String>,
    /// Columns to print [default: name,email,state,department,title,division,manager]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Roster of a date (its end, in UTC) or of a time, instead of the latest
    #[arg(long, value_name = "T")]
    pub(crate) as_of: Option<String>,
    /// At most so many users
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

const DEFAULT_COLUMNS: [&str; 7] = [
    "name",
    "email",
    "state",
    "department",
    "title",
    "division",
    "manager",
];

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let asked = match (args.columns.as_slice(), global.output) {
        ([], Form::Json | Form::Ndjson) => None,
        ([], _) => Some(columns::parse(&DEFAULT_COLUMNS)?),
        (names, _) => Some(columns::parse(names)?),
    };
    let conditions = Conditions::parse(&args.conditions)?;
    let as_of = reading::as_of(args.as_of.as_deref())?;
    let reading = Reading::open(global)?.at(as_of);
    let selection = Selection::of(&reading, &conditions)?;
    let limit = args.limit.unwrap_or(u64::MAX);
    output::stdout(|out| match &asked {
        Some(asked) => sheet(global.output, &reading, asked, &selection, limit, out),
        None => documents(global.output, &reading, &selection, limit, out),
    })
}

/// The documents as they came, byte for byte.
fn documents(
    form: Form,
    reading: &Reading,
    selection: &Selection,
    limit: u64,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut array = Array::new(form, out);
    let mut picks = selection.picks();
    let mut left = limit;
    let snapshot = reading.users(Projection::none().with_document(), |_, document| {
        if !picks.next_is_picked() || left == 0 {
            return Ok(());
        }
        left -= 1;
        array.item(document.unwrap_or("null").as_bytes())
    })?;
    selection.is_of(&snapshot)?;
    Ok(array.finish()?)
}

/// Chosen columns.
fn sheet(
    form: Form,
    reading: &Reading,
    asked: &[Asked],
    selection: &Selection,
    limit: u64,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let looked_up = asked.iter().any(|asked| asked.field.is_looked_up());
    let (managers, of) = match looked_up {
        true => reading
            .managers()
            .map(|(managers, snapshot)| (managers, Some(snapshot)))?,
        false => (Managers::default(), None),
    };
    let names: Vec<String> = asked.iter().map(|asked| asked.label.clone()).collect();
    let mut sheet = Sheet::begin(form, &names, out)?;
    let mut picks = selection.picks();
    let mut left = limit;
    let want = columns::projection(asked);
    let snapshot = reading.users(want, |user, document| -> anyhow::Result<()> {
        if !picks.next_is_picked() || left == 0 {
            return Ok(());
        }
        left -= 1;
        let document = if want.document() {
            document
                .map(serde_json::from_str::<serde_json::Value>)
                .transpose()?
        } else {
            None
        };
        let cells: Vec<Cell<'_>> = asked
            .iter()
            .map(|asked| columns::value(asked.field, user, document.as_ref(), &managers))
            .collect();
        sheet.row(&cells)
    })?;
    selection.is_of(&snapshot)?;
    if let Some(of) = &of {
        reading::same(of, &snapshot)?;
    }
    sheet.finish()
}
