//! `headcount snapshots`: the syncs that were published.

use serde::Serialize;

use headcount_store::{Snapshot, StateCounts};

use crate::{
    cli::{Form, Global},
    clock,
    error::{Exit, Failure},
    output::{self, Array, Cell, Sheet},
    reading::Reading,
    sync::SyncCertificate,
};

/// List the snapshots, or print the certificate of one
///
/// The certificate is the evidence that a snapshot is complete: the way that proved it, upstream's
/// own totals, the parts of the org, requests, retries and times. It is printed as JSON.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount snapshots
  headcount snapshots --certificate 12")]
pub(crate) struct Args {
    /// Print the certificate of this snapshot
    #[arg(long, value_name = "ID")]
    pub(crate) certificate: Option<i64>,
}

/// A snapshot as machines read it.
#[derive(Serialize)]
struct Listed {
    id: i64,
    published: String,
    started: String,
    users: u64,
    states: StateCounts,
    joined: u64,
    changed: u64,
    touched: u64,
    left: u64,
    returned: u64,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let reading = Reading::open(global)?;
    match args.certificate {
        Some(id) => certificate(global.output, &reading, id),
        None => list(global.output, &reading.store.snapshots(&reading.org)?),
    }
}

fn certificate(form: Form, reading: &Reading, id: i64) -> anyhow::Result<()> {
    let Some(text) = reading.store.certificate(&reading.org, id)? else {
        return Err(
            Failure::new(Exit::Usage, format!("there is no snapshot {id}"))
                .hint("`headcount snapshots` lists the snapshots")
                .into(),
        );
    };
    // Read and written again, so that a person gets it indented and ndjson on one line.
    let form = if form == Form::Ndjson {
        form
    } else {
        Form::Json
    };
    match serde_json::from_str::<SyncCertificate>(&text) {
        Ok(certificate) => output::json(form, &certificate),
        // Of another version of this program: as it was kept.
        Err(_) => output::json(form, &serde_json::from_str::<serde_json::Value>(&text)?),
    }
}

fn list(form: Form, snapshots: &[Snapshot]) -> anyhow::Result<()> {
    output::stdout(|out| {
        if matches!(form, Form::Json | Form::Ndjson) {
            let mut array = Array::new(form, out);
            for snapshot in snapshots {
                array.item(&serde_json::to_vec(&Listed::from(snapshot))?)?;
            }
            return Ok(array.finish()?);
        }
        let columns = [
            "id",
            "published",
            "users",
            "active",
            "inactive",
            "deleted",
            "joined",
            "changed",
            "left",
            "returned",
        ];
        let mut sheet = Sheet::begin(form, &columns.map(str::to_owned), out)?;
        for snapshot in snapshots {
            let states = snapshot.states;
            sheet.row(&[
                Cell::owned(snapshot.id.to_string()),
                Cell::owned(clock::display_ms(snapshot.published_ms)),
                Cell::Number(snapshot.users),
                Cell::Number(states.active),
                Cell::Number(states.inactive),
                Cell::Number(states.deleted),
                Cell::Number(snapshot.joined),
                Cell::Number(snapshot.changed),
                Cell::Number(snapshot.left),
                Cell::Number(snapshot.returned),
            ])?;
        }
        sheet.finish()
    })
}

impl From<&Snapshot> for Listed {
    fn from(snapshot: &Snapshot) -> Self {
        Self {
            id: snapshot.id,
            published: clock::display_ms(snapshot.published_ms),
            started: clock::display_ms(snapshot.started_ms),
            users: snapshot.users,
            states: snapshot.states,
            joined: snapshot.joined,
            changed: snapshot.changed,
            touched: snapshot.touched,
            left: snapshot.left,
            returned: snapshot.returned,
        }
    }
}
