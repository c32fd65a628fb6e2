//! `headcount history`: what changed, and when.

use std::io::Write;

use headcount_core::{
    history::{Event, EventKind, Events, Version},
    user::Attributes,
};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    cli::{Form, Global},
    clock,
    error::{Exit, Failure},
    output::{self, Array, Cell, Sheet},
    reading::{self, Reading},
};

/// Show what happened: to one user, or to everyone since a time
///
/// Users join, change, leave and return. A change is one of a lasting attribute; presence,
/// station and other volatile parts are none. In JSON each event that opens a version carries the
/// user's document as of then, and the time at which that version ended.
///
/// What all of it comes to, each user once, tells `headcount changes`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount history 3f0a1c7e-0000-4000-8000-000000000001
  headcount history --since 2026-01-01 --output csv")]
pub(crate) struct Args {
    /// Id of the user; without it everyone
    #[arg(value_name = "USER_ID")]
    pub(crate) user: Option<String>,
    /// Only what happened since a date (its start, in UTC) or a time
    #[arg(long, value_name = "T")]
    pub(crate) since: Option<String>,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let since = reading::since(args.since.as_deref())?;
    let reading = Reading::open(global)?;
    if reading.store.snapshots(&reading.org)?.is_empty() {
        return Err(headcount_store::StoreError::NoSnapshot { org: reading.org }.into());
    }
    let known = output::stdout(|out| {
        let mut teller = Teller::begin(global.output, since, out)?;
        let mut told = Ok(());
        reading
            .store
            .history(&reading.org, args.user.as_deref(), since, &mut |version| {
                if told.is_ok() {
                    told = teller.version(version);
                }
            })?;
        told?;
        teller.finish()
    })?;
    match &args.user {
        // Since a time, a user of whom there is nothing to tell may be known all the same.
        Some(user) if !known && since.is_none() => Err(Failure::new(
            Exit::Failure,
            format!("no user `{user}` was ever in this org"),
        )
        .hint("`headcount users --columns id,name,email` lists the ids")
        .into()),
        _ => Ok(()),
    }
}

/// Turns versions into events, and prints them as they become certain.
struct Teller<'w> {
    events: Events,
    since: Option<i64>,
    /// Name in the last version: the one to print for a user who left.
    name: Option<String>,
    any: bool,
    printer: Printer<'w>,
}

enum Printer<'w> {
    Sheet(Box<Sheet<'w>>),
    Documents(Array<'w>),
}

/// An event as machines read it.
#[derive(Serialize)]
struct Told<'a> {
    at: String,
    user_id: &'a str,
    name: Option<&'a str>,
    #[serde(flatten)]
    kind: &'a EventKind,
    #[serde(flatten)]
    opened: Option<Opened<'a>>,
}

/// The version that an event opens.
#[derive(Serialize)]
struct Opened<'a> {
    valid_to: Option<String>,
    document: &'a RawValue,
}

impl<'w> Teller<'w> {
    fn begin(form: Form, since: Option<i64>, out: &'w mut dyn Write) -> anyhow::Result<Self> {
        let columns = ["at", "user_id", "name", "event", "field", "old", "new"].map(str::to_owned);
        let printer = match form {
            Form::Json | Form::Ndjson => Printer::Documents(Array::new(form, out)),
            Form::Table | Form::Csv => Printer::Sheet(Box::new(Sheet::begin(form, &columns, out)?)),
        };
        Ok(Self {
            events: Events::new(),
            since,
            name: None,
            any: false,
            printer,
        })
    }

    fn version(&mut self, version: Version) -> anyhow::Result<()> {
        self.any = true;
        let opened = version.clone();
        let name = Attributes::parse(&version.document)
            .ok()
            .and_then(|user| user.name.map(|name| name.into_owned()));
        let former = std::mem::replace(&mut self.name, name);
        for event in self.events.push(version)? {
            if matches!(event.kind, EventKind::Left) {
                self.tell(&event, former.as_deref(), None)?;
            } else {
                let name = self.name.clone();
                self.tell(&event, name.as_deref(), Some(&opened))?;
            }
        }
        Ok(())
    }

    /// Gives whether there was any version.
    fn finish(mut self) -> anyhow::Result<bool> {
        if let Some(event) = std::mem::take(&mut self.events).finish() {
            let name = self.name.take();
            self.tell(&event, name.as_deref(), None)?;
        }
        match self.printer {
            Printer::Sheet(sheet) => sheet.finish()?,
            Printer::Documents(array) => array.finish()?,
        }
        Ok(self.any)
    }

    fn tell(
        &mut self,
        event: &Event,
        name: Option<&str>,
        opened: Option<&Version>,
    ) -> anyhow::Result<()> {
        if self.since.is_some_and(|since| event.at_ms < since) {
            return Ok(());
        }
        match &mut self.printer {
            Printer::Sheet(sheet) => rows(sheet, event, name),
            Printer::Documents(array) => {
                let opened = opened.map(|version| -> serde_json::Result<Opened<'_>> {
                    Ok(Opened {
                        valid_to: version.valid_to.map(clock::display_ms),
                        document: serde_json::from_str(&version.document)?,
                    })
                });
                let told = Told {
                    at: clock::display_ms(event.at_ms),
                    user_id: &event.user_id,
                    name,
                    kind: &event.kind,
                    opened: opened.transpose()?,
                };
                Ok(array.item(&serde_json::to_vec(&told)?)?)
            }
        }
    }
}

/// One row for each attribute that changed; one for an event without any.
fn rows(sheet: &mut Sheet<'_>, event: &Event, name: Option<&str>) -> anyhow::Result<()> {
    let at = clock::display_ms(event.at_ms);
    let (kind, changes) = match &event.kind {
        EventKind::Joined => ("joined", [].as_slice()),
        EventKind::Left => ("left", [].as_slice()),
        EventKind::Changed { changes } => ("changed", changes.as_slice()),
        EventKind::Returned { changes } => ("returned", changes.as_slice()),
    };
    let head = || {
        [
            Cell::of(Some(&at)),
            Cell::of(Some(&event.user_id)),
            Cell::of(name),
            Cell::of(Some(kind)),
        ]
    };
    let mut row = |field: Cell<'_>, old: Cell<'_>, new: Cell<'_>| {
        let [at, user, name, kind] = head();
        sheet.row(&[at, user, name, kind, field, old, new])
    };
    if changes.is_empty() {
        return row(Cell::Nothing, Cell::Nothing, Cell::Nothing);
    }
    for change in changes {
        row(
            Cell::of(Some(&change.path)),
            Cell::json(change.old.as_ref()),
            Cell::json(change.new.as_ref()),
        )?;
    }
    Ok(())
}
