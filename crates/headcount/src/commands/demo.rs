//! `headcount demo`: the whole way on an org made up on this machine.

mod month;

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
};

use anyhow::Context;
use headcount_core::{
    check::Finding,
    fact::FactKind,
    segment::{Attribution, Document},
};
use headcount_genesys::{Credentials, Granularity, Plan, Secret, Settings};
use headcount_sandbox::Sandbox;
use headcount_server::{Server, VIEW_METRICS, VIEW_USERS, job::Jobs};
use headcount_store::{
    Access, Breaker, Credential, CredentialKind, Engine, Grant, RateLimit, Store, facts::FactStore,
};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use ring::rand::SystemRandom;
use serde::Serialize;

use self::month::Month;
use super::{count, sandbox::stopped, serve::listen};
use crate::{
    access::Issued,
    check::{Checked, Org, print as print_check},
    cli::{Form, Global},
    clock,
    counting::{self, Counts},
    facts::pull::Pull,
    output,
    progress::Progress,
    reading::Reading,
    report::{self, period::Period, print as print_report},
    selection::Conditions,
    sync::{Sync, SyncReport, print},
};

/// Try everything on an org made up on this machine; no account needed
///
/// Starts a sandbox, fetches its users as they were on each of the last 30 days and the facts of these
/// days into a store of its own, and prints users by state and by department, the certificate of completeness, AHT by department
/// and by manager, the average score by division, and the ten worst findings of `check`. Then it serves them, and prints the URL, a
/// token and commands to paste.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount demo
  headcount demo --once
  headcount demo --users 57000 --once")]
pub(crate) struct Args {
    /// Users in the org
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub(crate) users: u32,
    /// Address that the users are served on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Exit after the sync
    #[arg(long)]
    pub(crate) once: bool,
}

/// Days of which facts are fetched.
const DAYS: i32 = 30;

/// Segments of a report that are printed.
const MOST: usize = 12;

/// Findings that are printed.
const WORST: usize = 10;

/// Key of the org in the demo's store.
const ORG: &str = "demo";

/// What a demo has to tell, for machines.
#[derive(Serialize)]
struct Told<'a> {
    sync: &'a SyncReport,
    by_state: count::Answer<'a>,
    by_department: count::Answer<'a>,
    aht_by_department: Document<'a>,
    aht_by_manager: Document<'a>,
    score_by_division: Document<'a>,
    worst_findings: Vec<&'a Finding>,
    #[serde(flatten)]
    open: Option<&'a Open>,
}

/// The door to a demo that goes on.
#[derive(Serialize)]
struct Open {
    url: String,
    token: String,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the network can't be started")?;
    // Taken before the work begins: whoever has to choose another one should not wait for it.
    let listener = (!args.once).then(|| listen(args.listen)).transpose()?;
    let month = Month::before_today(args.users)?;
    let config = headcount_sandbox::Config {
        users: month.users_at_first(args.users),
        rate_limit: None,
        ..headcount_sandbox::Config::default()
    };
    let any_port = (Ipv4Addr::LOCALHOST, 0).into();
    let sandbox = runtime.block_on(headcount_sandbox::start(config, any_port))?;
    // Always a store of its own, gone afterwards: made-up people never enter a real one.
    let folder = tempfile::tempdir().context("no folder for the demo's store")?;
    let url = format!("sqlite:{}", folder.path().join("demo.db").display());
    month.play(&sandbox, &url)?;
    let report = sync(&sandbox, &url, 0, &Progress::new(global.quiet))?;
    let facts = FactStore::open(&url, ORG)?;
    let period = pull(global, &sandbox, &facts)?;
    let store = headcount_store::open(&url, Access::Write)?;
    let serving = listener
        .map(|listener| runtime.block_on(serve(listener, store.clone(), facts.clone())))
        .transpose()?;
    let reading = Reading {
        store,
        org: ORG.to_owned(),
        as_of: None,
    };
    let open = serving.as_ref().map(|(_, open)| open);
    let reports = reports(&reading, &facts, period)?;
    let now_ms = clock::now_ms();
    let org = Org::load(&*reading.store, ORG, &facts, now_ms)?;
    let checked = Checked::of(org, &Default::default(), now_ms)?;
    tell(global.output, &reading, &report, &reports, &checked, open)?;
    if let Some((server, _)) = serving {
        runtime.block_on(async {
            stopped().await;
            server.shutdown().await;
        });
    }
    runtime.block_on(sandbox.shutdown());
    Ok(())
}

/// Serves the demo's store to whoever holds the token that comes with it.
async fn serve(
    listener: TcpListener,
    store: Arc<dyn Store>,
    facts: FactStore,
) -> anyhow::Result<(Server, Open)> {
    let issued = Issued::new(CredentialKind::Token, &SystemRandom::new())?;
    store.add_credential(&Credential {
        id: issued.id().to_owned(),
        kind: CredentialKind::Token,
        org: ORG.to_owned(),
        name: Some("demo".to_owned()),
        digest: issued.digest(),
        grant: Grant {
            permissions: [VIEW_USERS, VIEW_METRICS].map(str::to_owned).into(),
            divisions: None,
            rate_limit: RateLimit::Default,
        },
        created_ms: clock::now_ms(),
        expires_ms: None,
        revoked_ms: None,
    })?;
    let settings = headcount_server::Settings {
        facts: Some(facts),
        seed: clock::now_ms().unsigned_abs(),
        ..headcount_server::Settings::default()
    };
    let clock = Arc::new(clock::now_ms);
    let jobs = Jobs::default();
    let server = headcount_server::serve(listener, None, settings, store, jobs, clock).await?;
    let open = Open {
        url: format!("http://{}", server.address()),
        token: issued.shown(),
    };
    Ok((server, open))
}

fn settings(sandbox: &Sandbox) -> Settings {
    let credentials = Credentials::Client {
        id: sandbox.client_id().to_owned(),
        secret: Secret::new(sandbox.client_secret()),
    };
    Settings::for_url(&sandbox.url(), credentials)
}

/// Syncs the org, as of the present or of a moment so far behind.
fn sync(
    sandbox: &Sandbox,
    url: &str,
    behind_ms: i64,
    progress: &Progress,
) -> anyhow::Result<SyncReport> {
    let sync = Sync {
        store: headcount_store::open(url, Access::Write)?,
        org: ORG,
        settings: settings(sandbox),
        plan: Plan::default(),
        // Each demo's org is another one: what the store held before is no measure.
        breaker: Breaker::OFF,
        dry_run: false,
        resume: false,
        network: None,
        only_after: None,
        behind_ms,
    };
    sync.run(progress)
}

fn today(now_ms: i64) -> anyhow::Result<Date> {
    let now = Timestamp::from_millisecond(now_ms)?;
    Ok(TimeZone::UTC.to_datetime(now).date())
}

/// Fetches the facts of the days before today.
fn pull(global: &Global, sandbox: &Sandbox, facts: &FactStore) -> anyhow::Result<Period> {
    let now_ms = clock::now_ms();
    let today = today(now_ms)?;
    let period = Period {
        from: today.checked_sub(DAYS.days())?,
        to: today.yesterday()?,
    };
    let pull = Pull {
        facts: facts.clone(),
        settings: settings(sandbox),
        kinds: FactKind::ALL.to_vec(),
        period,
        granularity: Granularity::Day,
        zone: TimeZone::UTC,
        timezone: "UTC".to_owned(),
        again: false,
    };
    pull.run(now_ms, &Progress::new(global.quiet), |_| Ok(()))?;
    Ok(period)
}

/// AHT by department and by manager, score by division.
fn reports(
    reading: &Reading,
    facts: &FactStore,
    period: Period,
) -> anyhow::Result<[report::Report; 3]> {
    let one = |kind: FactKind, by: &str| {
        let (by, labels) = report::attributes(&[by.to_owned()])?;
        let asked = report::Asked {
            store: reading.store.clone(),
            org: ORG.to_owned(),
            facts: facts.clone(),
            kind,
            by,
            labels,
            matcher: None,
            under: None,
            attribution: Attribution::Event,
            timezone: None,
            week_start: Weekday::Monday,
            allow_missing: false,
            engine: Engine::Local,
            files: Vec::new(),
            period: Some(period),
        };
        asked.report()
    };
    Ok([
        one(FactKind::HandleTime, "department")?,
        one(FactKind::HandleTime, "manager")?,
        one(FactKind::Evaluation, "division")?,
    ])
}

fn tell(
    form: Form,
    reading: &Reading,
    report: &SyncReport,
    reports: &[report::Report; 3],
    checked: &Checked,
    open: Option<&Open>,
) -> anyhow::Result<()> {
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
            aht_by_department: print_report::document(&reports[0]),
            aht_by_manager: print_report::document(&reports[1]),
            score_by_division: print_report::document(&reports[2]),
            worst_findings: checked
                .findings
                .iter()
                .take(WORST)
                .map(|told| &told.finding)
                .collect(),
            open,
        };
        // Three answers make no sheet of one kind of row.
        return output::json(if form == Form::Csv { Form::Json } else { form }, &told);
    }
    output::stdout(|out| {
        count::print(form, &states, &by_state, out)?;
        writeln!(out)?;
        count::print(form, &departments, &by_department, out)?;
        writeln!(out)?;
        print::text(out, report)?;
        for report in reports {
            writeln!(out)?;
            print_report::first(report, MOST, out)?;
        }
        writeln!(out)?;
        writeln!(out, "The worst findings:")?;
        print_check::worst(checked, WORST, out)?;
        open.map_or(Ok(()), |open| invite(open, out))
    })
}

/// What to do with a demo that goes on. Each command is one line, to be pasted as it is.
fn invite(open: &Open, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
    let Open { url, token } = open;
    let page = r#"{"pageSize":2,"pageNumber":1}"#;
    let counts = r#"{"pageSize":1,"aggregations":[{"type":"TERM","field":"division,department"}]}"#;
    writeln!(
        out,
        "\nOpen {url} and sign in with this token, until Ctrl-C:\n\n  {token}\n\n{url}/docs describes the API. In another terminal:\n"
    )?;
    for body in [page, counts] {
        writeln!(
            out,
            "  curl -s {url}/api/v2/users/search -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{body}'\n"
        )?;
    }
    Ok(writeln!(
        out,
        "  curl -s '{url}/api/v2/users/query?pageSize=2&state=any' -H 'Authorization: Bearer {token}'"
    )?)
}
