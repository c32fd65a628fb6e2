//! `headcount doctor`: ask an org what it allows.

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use headcount_genesys::{
    Client,
    doctor::{self, Report, Weight},
};
use headcount_store::Access;

use crate::{
    cli::{Form, Global},
    clock,
    config::Config,
    connect,
    error::{Exit, Failure},
    output::{self, Cell, Sheet},
};

/// Ask the org what it allows, read-only and in under 25 requests
///
/// Checks credentials, region, permission, clock, rate limit, page size, paging window, default
/// state and order, what `id` can be compared with, the cursor listing and case rules. Prints
/// each finding with advice, and keeps the answers: `sync` then takes the cheapest sound way.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount doctor
  headcount doctor --share capabilities.json     holds no personal data")]
pub(crate) struct Args {
    /// Also write the answers to a file that holds no personal data
    #[arg(long, value_name = "FILE")]
    pub(crate) share: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let config = Config::load(global)?;
    let settings = connect::settings(&config, 1, config.sync().requests_per_minute)?;
    let client = Client::new(settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the network can't be started")?;
    let now = Duration::from_millis(clock::now_ms().unsigned_abs());
    let report = runtime.block_on(doctor::examine(&client, now))?;

    let store = config.open_store(Access::Write)?;
    let capabilities = serde_json::to_string(&report.capabilities)?;
    store.set_capabilities(&config.org, &capabilities, clock::now_ms())?;
    if let Some(path) = &args.share {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        std::fs::write(path, text)
            .with_context(|| format!("{} can't be written", path.display()))?;
    }
    print(global.output, &report)?;
    match report
        .findings
        .iter()
        .filter(|finding| finding.weight == Weight::Problem)
        .count()
    {
        0 => Ok(()),
        problems => {
            let message = format!("{problems} of the findings are problems");
            Err(Failure::new(Exit::Findings, message)
                .hint("each finding says what to do")
                .into())
        }
    }
}

fn print(form: Form, report: &Report) -> anyhow::Result<()> {
    if matches!(form, Form::Json | Form::Ndjson) {
        return output::json(form, report);
    }
    output::stdout(|out| {
        let columns = ["question", "weight", "answer", "advice"].map(str::to_owned);
        let mut sheet = Sheet::begin(form, &columns, out)?;
        for finding in &report.findings {
            let weight = match finding.weight {
                Weight::Good => "good",
                Weight::Notice => "notice",
                Weight::Problem => "problem",
            };
            sheet.row(&[
                Cell::of(Some(&finding.question)),
                Cell::of(Some(weight)),
                Cell::of(Some(&finding.answer)),
                Cell::of(finding.advice.as_deref()),
            ])?;
        }
        sheet.finish()?;
        if form == Form::Table {
            writeln!(
                out,
                "\n{} requests; sync will use what was found",
                report.requests
            )?;
        }
        Ok(())
    })
}
