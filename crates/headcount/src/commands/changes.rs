//! `headcount changes`: what became of each user since a time or a token.

use std::io::Write;

use headcount_core::{
    change::FieldChange,
    delta::{Delta, DeltaKind, DeltaToken, Deltas, Stand, TokenError, TokenKey, in_divisions},
    history,
    user::Attributes,
};
use headcount_store::{Snapshot, StoreError};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    cli::{Form, Global},
    clock,
    error::{Exit, Failure},
    output::{self, Array, Cell, Sheet},
    reading::{self, Reading, SnapshotRef},
};

/// Show what differs from an earlier time: each user once, with what became of them
///
/// `headcount history --since` tells everything that happened, one event after the other; this
/// tells what it comes to, from the roster of then to the latest. Somebody who was renamed twice
/// is one change, from the first name to the last.
///
/// Every answer ends with a token that stands for the latest roster. Given to `--since` the next
/// time, it leads from there on, and nothing is missed or told as news twice. The tokens are those
/// of `/headcount/v1/users/delta`: one works in the place of the other.
///
/// The token stands in the JSON, and after any other form on stderr. Whoever joined and left again,
/// or changed and changed back, is told too: part of it may have been taken over meanwhile.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount changes --since 2026-01-01
  headcount changes --since 2026-01-01T08:00:00Z --output csv
  headcount changes --since \"$TOKEN\" --output json | jq -r .token")]
pub(crate) struct Args {
    /// A token, or a date (its start, in UTC) or a time
    #[arg(long, value_name = "TOKEN|T")]
    pub(crate) since: String,
}

/// Where an answer begins and ends.
struct Span {
    /// The roster as of this moment, ms UTC, is what the reader has.
    base_ms: i64,
    head: Snapshot,
    next: String,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let reading = Reading::open(global)?;
    let span = span(&reading, &args.since)?;
    output::stdout(|out| {
        let mut printer = Printer::begin(global.output, out)?;
        let head_ms = span.head.published_ms;
        let mut deltas = Deltas::new(span.base_ms, head_ms, in_divisions(None));
        let mut told = Ok(());
        let since_ms = span.base_ms.saturating_add(1);
        reading
            .store
            .history(&reading.org, None, Some(since_ms), &mut |version| {
                if let (Ok(()), Some(delta)) = (&told, deltas.push(version)) {
                    told = printer.tell(&delta);
                }
            })?;
        told?;
        if let Some(delta) = deltas.finish() {
            printer.tell(&delta)?;
        }
        printer.finish(&span)
    })?;
    if global.output != Form::Json {
        tell_token(&span.next)?;
    }
    Ok(())
}

/// Beside the answer, so that what reads the rows gets nothing else.
fn tell_token(token: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stderr().lock(), "next: --since {token}")?)
}

fn span(reading: &Reading, since: &str) -> anyhow::Result<Span> {
    let snapshots = reading.store.snapshots(&reading.org)?;
    let Some(head) = snapshots.last().cloned() else {
        let org = reading.org.clone();
        return Err(StoreError::NoSnapshot { org }.into());
    };
    let erased = reading.store.heads()?.erased;
    let key = TokenKey::of(&reading.store.access()?.signing_key);
    let fresh = DeltaToken {
        org: reading.org.clone(),
        has: None,
        round: None,
        issued_ms: clock::now_ms(),
        scope: None,
        personal: "full".to_owned(),
    };
    let (base_ms, given) = if DeltaToken::is_meant(since) {
        let token = read(since, &key, reading)?;
        let base_ms = match token.has {
            None => i64::MIN,
            Some(has) if has.erased != erased => {
                return Err(refused(
                    "somebody was forgotten since the token was given out",
                    "drop what was taken over, and begin with --since 1970-01-01",
                )
                .into());
            }
            Some(has) => known(&snapshots, has)?,
        };
        (base_ms, token)
    } else {
        // As of the moment before: what happens at the moment itself is told.
        let since_ms = reading::since(Some(since))?.unwrap_or_default();
        (since_ms.saturating_sub(1), fresh.clone())
    };
    let token = DeltaToken {
        has: Some(Stand {
            snapshot: head.id,
            published_ms: head.published_ms,
            erased,
        }),
        // Whatever the server would give this reader next.
        personal: given.personal,
        ..fresh
    };
    Ok(Span {
        base_ms,
        head,
        next: token.write(&key),
    })
}

fn read(text: &str, key: &TokenKey, reading: &Reading) -> Result<DeltaToken, Failure> {
    const AGAIN: &str = "give a date or a time instead, such as --since 2026-01-01";
    let token = DeltaToken::read(text, key).map_err(|error| {
        let hint = match error {
            TokenError::Unreadable => "copy all of it, from hcd_ on",
            TokenError::Foreign => AGAIN,
        };
        refused(&error.to_string(), hint)
    })?;
    if token.org != reading.org {
        return Err(refused(
            "the token is of another org",
            "name its org with --org",
        ));
    }
    if token.scope.is_some() {
        let message = "the token was given to a caller who sees some divisions alone";
        return Err(refused(message, AGAIN));
    }
    if token.round.is_some() {
        let message = "the token is of a page in the middle of a round";
        let hint = "take the one of @odata.deltaLink, on the last page";
        return Err(refused(message, hint));
    }
    Ok(token)
}

fn refused(message: &str, hint: &str) -> Failure {
    Failure::new(Exit::Usage, message.to_owned()).hint(hint.to_owned())
}

/// The moment of a snapshot that the store has.
fn known(snapshots: &[Snapshot], has: Stand) -> Result<i64, Failure> {
    let is_it = |snapshot: &&Snapshot| {
        (snapshot.id, snapshot.published_ms) == (has.snapshot, has.published_ms)
    };
    let found = snapshots.iter().find(is_it);
    found.map(|snapshot| snapshot.published_ms).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            "the store does not know the snapshot of the token",
        )
        .hint("the store was restored, perhaps; give a date or a time instead")
    })
}

/// Prints changes as they become known.
enum Printer<'w> {
    Sheet(Box<Sheet<'w>>),
    Lines(Array<'w>),
    /// One document, of which the changes are a member.
    Document(Array<'w>),
}

/// A change as machines read it.
#[derive(Serialize)]
struct Told<'a> {
    user_id: &'a str,
    name: Option<&'a str>,
    change: DeltaKind,
    at: String,
    changes: &'a [FieldChange],
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a RawValue>,
}

impl<'w> Printer<'w> {
    fn begin(form: Form, out: &'w mut dyn Write) -> anyhow::Result<Self> {
        let columns = ["at", "user_id", "name", "change", "field", "old", "new"];
        Ok(match form {
            Form::Table | Form::Csv => {
                let columns = columns.map(str::to_owned);
                Self::Sheet(Box::new(Sheet::begin(form, &columns, out)?))
            }
            Form::Ndjson => Self::Lines(Array::new(form, out)),
            Form::Json => {
                write!(out, "{{\"changes\": ")?;
                Self::Document(Array::new(form, out))
            }
        })
    }

    fn tell(&mut self, delta: &Delta) -> anyhow::Result<()> {
        let name = Attributes::parse(&delta.last)?
            .name
            .map(|name| name.into_owned());
        let there = delta.kind != DeltaKind::Left;
        let changes = match &delta.old {
            Some(old) if there => history::changes(old, &delta.last)?,
            _ => Vec::new(),
        };
        match self {
            Self::Sheet(sheet) => rows(sheet, delta, name.as_deref(), &changes),
            Self::Lines(array) | Self::Document(array) => {
                let document = there
                    .then(|| serde_json::from_str(&delta.last))
                    .transpose()?;
                let told = Told {
                    user_id: &delta.user_id,
                    name: name.as_deref(),
                    change: delta.kind,
                    at: clock::display_ms(delta.at_ms),
                    changes: &changes,
                    document,
                };
                Ok(array.item(&serde_json::to_vec(&told)?)?)
            }
        }
    }

    fn finish(self, span: &Span) -> anyhow::Result<()> {
        match self {
            Self::Sheet(sheet) => sheet.finish(),
            Self::Lines(array) => Ok(array.finish()?),
            Self::Document(array) => {
                let out = array.close()?;
                write!(out, ", \"snapshot\": ")?;
                serde_json::to_writer(&mut *out, &SnapshotRef::from(&span.head))?;
                write!(out, ", \"token\": ")?;
                serde_json::to_writer(&mut *out, &span.next)?;
                Ok(writeln!(out, "}}")?)
            }
        }
    }
}

/// One row for each attribute that differs; one for a change without any.
fn rows(
    sheet: &mut Sheet<'_>,
    delta: &Delta,
    name: Option<&str>,
    changes: &[FieldChange],
) -> anyhow::Result<()> {
    let at = clock::display_ms(delta.at_ms);
    let mut row = |field: Cell<'_>, old: Cell<'_>, new: Cell<'_>| {
        sheet.row(&[
            Cell::of(Some(&at)),
            Cell::of(Some(&delta.user_id)),
            Cell::of(name),
            Cell::of(Some(delta.kind.name())),
            field,
            old,
            new,
        ])
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
