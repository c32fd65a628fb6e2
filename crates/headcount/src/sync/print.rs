//! What a sync has to tell, for a person.

use std::io::Write;

use headcount_genesys::walk::Way;
use headcount_store::{DivisionLoss, Summary};

use super::{Ending, SyncCertificate, SyncReport};
use crate::{
    cli::Form,
    clock,
    output::{self, Cell, Sheet},
};

/// Prints the report in the form asked for.
pub(crate) fn report(form: Form, report: &SyncReport) -> anyhow::Result<()> {
    match form {
        Form::Json | Form::Ndjson => output::json(form, report),
        Form::Csv => output::stdout(|out| {
            let columns = COUNTS.map(|(name, _)| name.to_owned());
            let mut sheet = Sheet::begin(form, &columns, out)?;
            sheet.row(&COUNTS.map(|(_, count)| Cell::Number(count(&report.summary))))?;
            sheet.finish()
        }),
        Form::Table => output::stdout(|out| text(out, report)),
    }
}

/// The report in a few lines.
pub(crate) fn text(out: &mut dyn Write, report: &SyncReport) -> anyhow::Result<()> {
    outcome(out, report.outcome, &report.summary)?;
    certificate(out, &report.certificate)
}

/// Prints what was published of a snapshot that had been held back.
pub(crate) fn accepted(form: Form, summary: &Summary) -> anyhow::Result<()> {
    match form {
        Form::Json | Form::Ndjson => output::json(form, summary),
        _ => output::stdout(|out| outcome(out, Ending::Published, summary)),
    }
}

type Count = fn(&Summary) -> u64;

const COUNTS: [(&str, Count); 10] = [
    ("users", |summary| summary.users),
    ("active", |summary| summary.states.active),
    ("inactive", |summary| summary.states.inactive),
    ("deleted", |summary| summary.states.deleted),
    ("joined", |summary| summary.joined),
    ("returned", |summary| summary.returned),
    ("changed", |summary| summary.changed),
    ("touched", |summary| summary.touched),
    ("unchanged", |summary| summary.unchanged),
    ("left", |summary| summary.left),
];

fn outcome(out: &mut dyn Write, ending: Ending, summary: &Summary) -> anyhow::Result<()> {
    match (ending, summary.snapshot, summary.published_ms) {
        (Ending::Published, Some(id), Some(at)) => {
            writeln!(out, "snapshot {id} published at {}", clock::display_ms(at))?;
        }
        (Ending::Held, ..) => {
            writeln!(out, "snapshot held back by the breaker; the last one stays")?
        }
        _ => writeln!(out, "dry run: nothing was published")?,
    }
    let states = summary.states;
    writeln!(
        out,
        "users       {} ({} active, {} inactive, {} deleted{})",
        summary.users,
        states.active,
        states.inactive,
        states.deleted,
        if states.other > 0 {
            format!(", {} in another state", states.other)
        } else {
            String::new()
        }
    )?;
    writeln!(
        out,
        "changes     {} joined, {} returned, {} changed, {} left; {} only touched, {} unchanged",
        summary.joined,
        summary.returned,
        summary.changed,
        summary.left,
        summary.touched,
        summary.unchanged
    )?;
    if summary.breaker.affected() > 0 && ending != Ending::Published {
        losses(out, summary)?;
    }
    Ok(())
}

/// What the breaker counted, by division.
fn losses(out: &mut dyn Write, summary: &Summary) -> anyhow::Result<()> {
    let breaker = &summary.breaker;
    writeln!(
        out,
        "breaker     {} of {} active users: {} gone, {} deleted, {} deactivated, {} moved to another division",
        breaker.affected(),
        breaker.active_before,
        breaker.left,
        breaker.deleted,
        breaker.deactivated,
        breaker.moved
    )?;
    writeln!(out)?;
    let columns = ["division", "gone", "deleted", "deactivated", "moved"].map(str::to_owned);
    let mut sheet = Sheet::begin(Form::Table, &columns, out)?;
    for division in &breaker.divisions {
        sheet.row(&[
            Cell::owned(division_name(division)),
            Cell::Number(division.left),
            Cell::Number(division.deleted),
            Cell::Number(division.deactivated),
            Cell::Number(division.moved),
        ])?;
    }
    sheet.finish()
}

fn division_name(division: &DivisionLoss) -> &str {
    let name = division.name.as_deref().filter(|name| !name.is_empty());
    name.or(division.id.as_deref()).unwrap_or("(none)")
}

/// The certificate in a few lines; `snapshots --certificate` prints all of it.
fn certificate(out: &mut dyn Write, certificate: &SyncCertificate) -> anyhow::Result<()> {
    let walk = &certificate.walk;
    let way = match walk.way {
        Way::Keyset => "keyset walk: each answer shows the last user of the one before",
        Way::Overlap => "overlapping pages: each begins before the last one ended",
        Way::Atomic => "atomic pages: each part of the org in one answer",
        Way::Cursor => "cursor listing",
    };
    let count =
        |total: Option<u64>| total.map_or("not counted".to_owned(), |total| total.to_string());
    writeln!(out, "complete    {way}")?;
    writeln!(
        out,
        "            {} users found; upstream counted {} before and {} after{}",
        walk.users,
        count(walk.total_before),
        count(walk.total_after),
        match (walk.movement.rises, walk.movement.falls) {
            (0, 0) => String::new(),
            (rises, falls) => format!("; its count rose by {rises} and fell by {falls} meanwhile"),
        }
    )?;
    if let Some(verified) = &walk.verified {
        writeln!(
            out,
            "verified    {} users in the cursor listing, {} of them not in the search, {} only there",
            verified.listed, verified.only_in_listing, verified.only_in_search
        )?;
    }
    for passed_over in &walk.passed_over {
        writeln!(
            out,
            "            {} was not possible: {}",
            passed_over.way, passed_over.why
        )?;
    }
    Ok(writeln!(
        out,
        "cost        {} requests in {} parts, {} retries, {} times over the limit, {:.1} MB",
        certificate.requests,
        walk.parts.len(),
        certificate.retries,
        certificate.throttled,
        certificate.bytes as f64 / 1e6
    )?)
}
