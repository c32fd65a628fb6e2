//! `headcount users`: the people, as kept.

use std::io::Write;

use crate::{
    cli::{Form, Global},
    columns::{self, Asked},
    output::{self, Array, Cell, Sheet},
    reading::{self, Reading},
    selection::Conditions,
};

/// List users: every state, without a limit, unless asked otherwise
///
/// A condition of `--where` is `field=value`, `field!=value`, `field^=prefix`, `field~part`,
/// `field!~part`, `field<value` (also `<=`, `>`, `>=`), `field in a,b`, `field` for "has a
/// value" or `!field` for "has none". Case does not matter. Several conditions must all hold.
///
/// With `--output json` and no `--columns` each user is the document as Genesys Cloud sent it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount users --where state=active --where 'department=Service Desk'
  headcount users --where 'division in Home,Sales' --columns name,email,manager
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
    let limit = args.limit.unwrap_or(u64::MAX);
    output::stdout(|out| match &asked {
        Some(asked) => sheet(global.output, &reading, asked, &conditions, limit, out),
        None => documents(global.output, &reading, &conditions, limit, out),
    })
}

/// The documents as they came, byte for byte.
fn documents(
    form: Form,
    reading: &Reading,
    conditions: &Conditions,
    limit: u64,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let (managers, of) = reading.managers_for(&[], conditions)?;
    let mut array = Array::new(form, out);
    let mut left = limit;
    let want = conditions.projection().with_document();
    let snapshot = reading.users(want, |user, document| {
        if left == 0 || !conditions.pick(user, document, &managers) {
            return Ok(());
        }
        left -= 1;
        array.item(document.unwrap_or("null").as_bytes())
    })?;
    reading::same(of.as_ref(), &snapshot)?;
    Ok(array.finish()?)
}

/// Chosen columns.
fn sheet(
    form: Form,
    reading: &Reading,
    asked: &[Asked],
    conditions: &Conditions,
    limit: u64,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let (managers, of) = reading.managers_for(asked, conditions)?;
    let names: Vec<String> = asked.iter().map(|asked| asked.label.clone()).collect();
    let mut sheet = Sheet::begin(form, &names, out)?;
    let mut left = limit;
    let printed = columns::projection(asked);
    let want = printed.union(conditions.projection());
    let snapshot = reading.users(want, |user, document| -> anyhow::Result<()> {
        if left == 0 || !conditions.pick(user, document, &managers) {
            return Ok(());
        }
        left -= 1;
        let document = document.filter(|_| printed.document());
        let document = document.map(serde_json::from_str).transpose()?;
        let cells: Vec<Cell<'_>> = asked
            .iter()
            .map(|asked| columns::value(asked.field, user, document.as_ref(), &managers))
            .collect();
        sheet.row(&cells)
    })?;
    reading::same(of.as_ref(), &snapshot)?;
    sheet.finish()
}
