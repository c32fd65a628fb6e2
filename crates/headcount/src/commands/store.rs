//! `headcount store`: what concerns the store as a whole.

use anyhow::Context;
use clap::Subcommand;
use headcount_store::{
    Access, Copied, copy,
    facts::{self, CopiedFacts, FactStore},
    open,
};
use serde::Serialize;

use crate::{
    cli::{Form, Global},
    config::{self, Config},
    error::{Exit, Failure},
    output::{self, Cell, Sheet},
    progress::Progress,
};

/// Move everything from one store to another
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true)]
#[command(after_help = "\
Examples:
  headcount store copy sqlite:headcount.db postgres://headcount@db.example.com/headcount")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Copy all that a store has into an empty one, and compare
    ///
    /// Copies the users of every org with all their versions, the snapshots with their
    /// certificates, what doctor found out, clients and tokens with the key that signs logins, and
    /// the facts: from a file into a database, or the other way. What is copied is as of one
    /// moment; end the jobs that sync first, or what they publish later stays behind. Syncs that
    /// are unfinished or held back are not copied.
    ///
    /// Both sides are read and compared before it says what it copied. A password is best given in
    /// PGPASSWORD, since a command line can be seen by others.
    #[command(after_help = "\
Examples:
  headcount store copy sqlite:headcount.db postgres://headcount@db.example.com/headcount
  headcount store copy postgres://headcount@db.example.com/headcount sqlite:moved.db")]
    Copy {
        /// Store to copy: `sqlite:PATH` or `postgres://…`
        #[arg(value_name = "FROM")]
        from: String,
        /// Store to copy into; a file is made, the database must be there
        #[arg(value_name = "TO")]
        to: String,
    },
}

/// What was copied, as machines read it.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    copied: Copied,
    facts: CopiedFacts,
    /// Orgs of which a sync is unfinished or held back, which stayed behind.
    unfinished: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    match &args.action {
        Action::Copy { from, to } => copy_all(global, from, to),
    }
}

fn copy_all(global: &Global, from: &str, to: &str) -> anyhow::Result<()> {
    // Nothing of them is needed, but settings that are named must be right.
    Config::check_file(global)?;
    let (from, to) = (config::complete(from), config::complete(to));
    let progress = Progress::new(global.quiet);
    let source = open(&from, Access::Read)?;
    let target = open(&to, Access::Write)?;
    let unfinished = source.unfinished()?;
    // Whose facts they are does not matter: those of all orgs are copied.
    let (from, to) = (FactStore::open(&from, "")?, FactStore::open(&to, "")?);
    progress.message("copying users");
    let copied = copy(&*source, &*target)?;
    progress.message("copying facts");
    let facts = facts::copy(&from, &to).context(
        Failure::new(Exit::Failure, "the users are copied, the facts are not")
            .hint("drop the copy, mend what the line tells, and copy again"),
    )?;
    progress.finish();
    tell(
        global.output,
        &Told {
            copied,
            facts,
            unfinished,
        },
    )
}

fn tell(form: Form, told: &Told) -> anyhow::Result<()> {
    if matches!(form, Form::Json | Form::Ndjson) {
        return output::json(form, told);
    }
    let columns = ["copied", "number"].map(str::to_owned);
    let copied = &told.copied;
    let rows = [
        ("orgs", copied.orgs),
        ("snapshots", copied.snapshots),
        ("versions", copied.versions),
        ("forgotten", copied.forgotten),
        ("bytes of documents", copied.document_bytes),
        ("clients and tokens", copied.credentials),
        ("days of facts", told.facts.days),
        ("facts", told.facts.facts),
    ];
    output::stdout(|out| {
        let mut sheet = Sheet::begin(form, &columns, out)?;
        for (name, number) in rows {
            sheet.row(&[Cell::owned(name), Cell::Number(number)])?;
        }
        sheet.finish()?;
        if form == Form::Table {
            writeln!(out, "Both sides have the digest {}.", copied.digest)?;
            if !told.unfinished.is_empty() {
                let orgs = told.unfinished.join(", ");
                writeln!(out, "Left behind: unfinished or held syncs of {orgs}.")?;
            }
        }
        Ok(())
    })
}
