//! `headcount demo`: the whole way on an org made up on this machine.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use headcount_genesys::{Credentials, Plan, Secret, Settings};
use headcount_sandbox::Sandbox;
use headcount_store::{Access, Breaker};
use serde::Serialize;

use super::{count, sandbox::stopped};
use crate::{
    cli::{Form, Global},
    counting::{self, Counts},
    output,
    progress::Progress,
    reading::Reading,
    selection::Conditions,
    sync::{Sync, SyncReport, print},
};

/// Try everything on an org made up on this machine; no account needed
///
/// Starts a sandbox, fetches its users into a store of its own, and prints users by state and by
/// department and the certificate of completeness.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount demo --once
  headcount demo --users 57000 --once")]
pub(crate) struct Args {
    /// Users in the org
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub(crate) users: u32,
    /// Address of the sandbox
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Exit after the sync
    #[arg(long)]
    pub(crate) once: bool,
}

/// Key of the org in the demo's store.
const ORG: &str = "demo";

/// What a demo has to tell, for machines.
#[derive(Serialize)]
struct Told<'a> {
    sync: &'a SyncReport,
    by_state: count::Answer<'a>,
    by_department: count::Answer<'a>,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the network can't be started")?;
    // Nobody else asks a sandbox that ends with the demo, so any free port will do.
    let listen = if args.once {
        (Ipv4Addr::LOCALHOST, 0).into()
    } else {
        args.listen
    };
    let config = headcount_sandbox::Config {
        users: usize::try_from(args.users)?,
        rate_limit: None,
        ..headcount_sandbox::Config::default()
    };
    let sandbox = runtime.block_on(headcount_sandbox::start(config, listen))?;
    // Always a store of its own, gone afterwards: made-up people never enter a real one.
    let folder = tempfile::tempdir().context("no folder for the demo's store")?;
    let url = format!("sqlite:{}", folder.path().join("demo.db").display());
    let report = sync(global, &sandbox, &url)?;
    let reading = Reading {
        store: headcount_store::open(&url, Access::Read)?,
        org: ORG.to_owned(),
        as_of: None,
    };
    tell(global.output, &reading, &report)?;
    if !args.once {
        if global.output == Form::Table {
            invite(&sandbox, &url)?;
        }
        runtime.block_on(stopped());
    }
    runtime.block_on(sandbox.shutdown());
    Ok(())
}

fn sync(global: &Global, sandbox: &Sandbox, url: &str) -> anyhow::Result<SyncReport> {
    let credentials = Credentials::Client {
        id: sandbox.client_id().to_owned(),
        secret: Secret::new(sandbox.client_secret()),
    };
    let sync = Sync {
        store: headcount_store::open(url, Access::Write)?,
        org: ORG,
        settings: Settings::for_url(&sandbox.url(), credentials),
        plan: Plan::default(),
        // Each demo's org is another one: what the store held before is no measure.
        breaker: Breaker::OFF,
        dry_run: false,
        resume: false,
    };
    sync.run(&Progress::new(global.quiet))
}

fn tell(form: Form, reading: &Reading, report: &SyncReport) -> anyhow::Result<()> {
    let everybody = Conditions::parse(&[])?;
    let by = |field: &str| -> anyhow::Result<(Vec<counting::Group>, Counts)> {
        let by = counting::groups(&[field])?;
        let counts = counting::count(reading, &by, &everybody)?;
        Ok((by, counts))
    };
    let (states, by_state) = by("state")?;
    let (departments, by_department) = by("department")?;
    if form != Form::Table {
        let told = Told {
            sync: report,
            by_state: count::Answer::new(&states, &by_state),
            by_department: count::Answer::new(&departments, &by_department),
        };
        // Three answers make no sheet of one kind of row.
        return output::json(if form == Form::Csv { Form::Json } else { form }, &told);
    }
    output::stdout(|out| {
        count::print(form, &states, &by_state, out)?;
        writeln!(out)?;
        count::print(form, &departments, &by_department, out)?;
        writeln!(out)?;
        print::text(out, report)
    })
}

fn invite(sandbox: &Sandbox, url: &str) -> anyhow::Result<()> {
    output::stdout(|out| {
        writeln!(
            out,
            "\nThe sandbox stays at {} until Ctrl-C. In another terminal:\n",
            sandbox.url()
        )?;
        writeln!(
            out,
            "  export HEADCOUNT_STORE={url} HEADCOUNT_API_URL={}",
            sandbox.url()
        )?;
        writeln!(
            out,
            "  export GENESYSCLOUD_OAUTHCLIENT_ID={} GENESYSCLOUD_OAUTHCLIENT_SECRET={}",
            sandbox.client_id(),
            sandbox.client_secret()
        )?;
        writeln!(
            out,
            "  headcount users --org {ORG} --where state=active --limit 10"
        )?;
        writeln!(out, "  headcount sync --org {ORG}")?;
        Ok(writeln!(out, "  headcount doctor --org {ORG}")?)
    })
}
