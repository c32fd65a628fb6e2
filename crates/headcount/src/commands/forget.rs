//! `headcount forget`: erase who a user is from everything that is kept.

use headcount_store::{Access, Forgotten};
use serde::Serialize;

use crate::{
    cli::{Form, Global},
    clock,
    config::Config,
    error::{Exit, Failure},
    output::{self, Array, Cell, Sheet},
};

/// Erase who a user is from every version, for good
///
/// Name, addresses, images, user name and whatever else tells who somebody is goes from every
/// version and from the documents of others, and what later syncs bring of it is not kept. The id,
/// state, title, department, division and manager stay, so that old reports keep their numbers.
/// Running servers follow within a second, exports with their next run. Backups and exports that
/// were copied away are yours to erase.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount forget 5f1e9a52-6c1d-4b6e-9d8e-0f6a1b2c3d4e
  headcount forget --list
  headcount forget --undo 5f1e9a52-6c1d-4b6e-9d8e-0f6a1b2c3d4e")]
pub(crate) struct Args {
    /// Id of the user
    #[arg(value_name = "USER_ID", required_unless_present_any = ["list", "undo"])]
    user_id: Option<String>,
    /// List who is forgotten, and since when
    #[arg(long, conflicts_with_all = ["user_id", "undo"])]
    list: bool,
    /// Keep again what later syncs bring of this user; what is erased stays erased
    #[arg(long, value_name = "USER_ID", conflicts_with = "user_id")]
    undo: Option<String>,
}

/// Somebody who is forgotten, as machines read it.
#[derive(Serialize)]
struct Told<'a> {
    user_id: &'a str,
    forgotten: String,
    versions: u64,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let config = Config::load(global)?;
    // Looked for first by reading: that makes no store.
    let reader = config.open_store(Access::Read)?;
    let form = global.output;
    if let Some(user_id) = &args.undo {
        let known = reader.forgotten(&config.org)?;
        let known = known.iter().any(|one| one.user_id == *user_id);
        if !known
            || !config
                .open_store(Access::Write)?
                .remember(&config.org, user_id)?
        {
            let message = format!("nobody of that id is forgotten in the org `{}`", config.org);
            return Err(Failure::new(Exit::Failure, message)
                .hint("`headcount forget --list` shows the ids")
                .into());
        }
        return match form {
            Form::Table | Form::Csv => Ok(()),
            Form::Json | Form::Ndjson => output::json(
                form,
                &serde_json::json!({"user_id": user_id, "undone": true}),
            ),
        };
    }
    let Some(user_id) = &args.user_id else {
        return list(form, &reader.forgotten(&config.org)?);
    };
    let store = config.open_store(Access::Write)?;
    let forgotten = store.forget(&config.org, user_id, clock::now_ms())?;
    match form {
        Form::Json | Form::Ndjson => output::json(form, &Told::from(&forgotten)),
        Form::Csv => list(form, std::slice::from_ref(&forgotten)),
        Form::Table => output::stdout(|out| {
            let versions = match forgotten.versions {
                1 => "1 version".to_owned(),
                many => format!("{many} versions"),
            };
            Ok(writeln!(
                out,
                "erased from {versions}; exports follow with their next run, backups are yours"
            )?)
        }),
    }
}

fn list(form: Form, forgotten: &[Forgotten]) -> anyhow::Result<()> {
    output::stdout(|out| {
        if matches!(form, Form::Json | Form::Ndjson) {
            let mut array = Array::new(form, out);
            for one in forgotten {
                array.item(&serde_json::to_vec(&Told::from(one))?)?;
            }
            return Ok(array.finish()?);
        }
        let columns = ["user_id", "forgotten", "versions"].map(str::to_owned);
        let mut sheet = Sheet::begin(form, &columns, out)?;
        for one in forgotten {
            sheet.row(&[
                Cell::of(Some(&one.user_id)),
                Cell::owned(clock::display_ms(one.forgotten_ms)),
                Cell::Number(one.versions),
            ])?;
        }
        sheet.finish()
    })
}

impl<'a> From<&'a Forgotten> for Told<'a> {
    fn from(forgotten: &'a Forgotten) -> Self {
        Self {
            user_id: &forgotten.user_id,
            forgotten: clock::display_ms(forgotten.forgotten_ms),
            versions: forgotten.versions,
        }
    }
}
