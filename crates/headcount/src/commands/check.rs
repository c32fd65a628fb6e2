//! `headcount check`: what is wrong with the roster.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::ValueEnum;
use headcount_core::check::{self, RuleInfo, Severity, UnknownRule};
use headcount_store::{Access, facts::FactStore};

use crate::{
    check::{Baseline, Checked, Expected, Org, Repair, Tally, print},
    cli::{Global, Output},
    clock,
    config::Config,
    error::{Exit, Failure},
    output,
};

/// Check the roster: departments, managers, e-mails, leavers, and the list of HR
///
/// Looks at the last snapshot and at the history. `--list-rules` tells what is looked for,
/// `--explain` why it matters and how to mend it; the table `[check]` of the settings file switches
/// rules off and changes severities, thresholds and exceptions.
///
/// Ends with exit code 3 when something new is as bad as `--fail-on` says; everything is printed all
/// the same. `--baseline` holds what is known already: only what is not in it is new.
///
/// `--expected` compares with a list such as that of HR, key e-mail, username or id, in any order of
/// columns: name, department, title, division, manager (name, e-mail or id), state. A blank cell says
/// nothing. CSV with commas, semicolons or tabs, in UTF-8 or UTF-16, of any size. `--repair` writes
/// the people import of Genesys Cloud that puts right what differs and adds who is missing; what HR
/// does not say stands in it as it is today, so that no blank erases anything.
///
/// `--output sarif` and `--output junit` are for the machines that show findings of a build.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount check
  headcount check --explain HC004
  headcount check --rule department-variants --rule HC011 --output csv > duplicates.csv
  headcount check --baseline known.json --update-baseline     keep what is known today
  headcount check --baseline known.json --fail-on warning --output junit > check.xml
  headcount check --expected hr.csv --repair import.csv")]
pub(crate) struct Args {
    /// Only this rule, by id or name; may be repeated
    #[arg(long = "rule", value_name = "ID")]
    pub(crate) rules: Vec<String>,
    /// List of who should be there, such as that of HR (CSV)
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) expected: Option<PathBuf>,
    /// Write the people import that makes the roster as expected
    #[arg(long, value_name = "FILE.csv", requires = "expected")]
    pub(crate) repair: Option<PathBuf>,
    /// Let `--repair` write over a file that is there
    #[arg(long, requires = "repair")]
    pub(crate) force: bool,
    /// Findings that are known already and fail nothing; the file holds no personal data
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the findings of today to the baseline
    #[arg(long, requires = "baseline")]
    pub(crate) update_baseline: bool,
    /// Exit code 3 from this severity on
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t)]
    pub(crate) fail_on: FailOn,
    /// At most so many findings of each rule, 0 for all [default: 10 in a table, otherwise all]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Tell what a rule finds, why it matters and how to mend it
    #[arg(long, value_name = "ID", conflicts_with_all = ["rules", "expected", "baseline"])]
    pub(crate) explain: Option<String>,
    /// List all rules with the settings that are in force
    #[arg(long, conflicts_with_all = ["rules", "expected", "baseline", "explain"])]
    pub(crate) list_rules: bool,
}

/// From which severity on findings fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Any finding
    Note,
    /// What may make reports wrong
    Warning,
    /// What makes reports wrong
    #[default]
    Error,
    /// None
    Never,
}

/// Findings of each rule in a table, unless asked otherwise.
const TABLE_LIMIT: usize = 10;

/// Runs the command.
pub(crate) fn run(global: &Global, output: Output, args: &Args) -> anyhow::Result<()> {
    if let Some(name) = &args.explain {
        let rule = check::rule(name).map_err(|error| unknown(&error))?;
        return print::explain(output.form()?, rule);
    }
    let config = Config::load(global)?;
    let mut settings = config.file.check.clone();
    if args.list_rules {
        return print::rules(output.form()?, &settings);
    }
    let wanted = wanted(args)?;
    if !wanted.is_empty() {
        let ids = wanted.iter().map(|rule| rule.id);
        settings.only(ids).map_err(|error| unknown(&error))?;
    }
    // Whatever is wrong with the files is told before the roster is read.
    let baseline = args.baseline.as_deref();
    let baseline = baseline.map(|path| Baseline::read(path, args.update_baseline));
    let mut baseline = baseline.transpose()?;
    let expected = args.expected.as_deref().map(Expected::open).transpose()?;
    let repair = args.repair.as_deref();
    let mut repair = repair
        .map(|path| Repair::begin(path, args.force))
        .transpose()?;

    let now_ms = clock::now_ms();
    let store = config.open_store(Access::Read)?;
    let facts = FactStore::open(&config.store_url()?, &config.org)?;
    let org = Org::load(&*store, &config.org, &facts, now_ms)?;
    let mut checked = Checked::of(org, &settings, now_ms)?;
    if !wanted.is_empty() {
        // That the others are off for this once is no news.
        let named = |id: &str| wanted.iter().any(|rule| rule.id == id);
        checked.skipped.retain(|skipped| named(skipped.rule));
    }
    if let Some(expected) = expected {
        checked.compare(expected, repair.as_mut(), &settings)?;
    }
    if let Some(baseline) = &mut baseline {
        if args.update_baseline {
            baseline.update(&checked);
            baseline.write()?;
        }
        checked.know(baseline);
    }
    if let Some(repair) = repair {
        repair.finish()?;
    }

    let limit = match (args.limit, output) {
        (Some(0), _) => usize::MAX,
        (Some(limit), _) => limit,
        (None, Output::Table) => TABLE_LIMIT,
        (None, _) => usize::MAX,
    };
    output::stdout(|out| print::print(output, &checked, args.fail_on.severity(), limit, out))?;
    if !global.quiet {
        notes(&checked);
    }
    verdict(&checked.tally(), args.fail_on)
}

/// The rules asked for by `--rule`; none for all.
fn wanted(args: &Args) -> Result<Vec<&'static RuleInfo>, Failure> {
    let rules = args.rules.iter().map(|name| check::rule(name));
    let rules = rules.collect::<Result<Vec<_>, _>>();
    let rules = rules.map_err(|error| unknown(&error))?;
    let compares = |rule: &RuleInfo| check::expected::rules().any(|other| other.id == rule.id);
    if args.expected.is_none()
        && let Some(rule) = rules.iter().find(|rule| compares(rule))
    {
        let message = format!("rule {} compares with an expected roster", rule.id);
        return Err(Failure::new(Exit::Usage, message).hint("name it with --expected FILE.csv"));
    }
    Ok(rules)
}

/// What belongs to no finding, for the person who runs it.
fn notes(checked: &Checked) {
    let text: String = checked
        .notes()
        .iter()
        .map(|note| format!("note: {note}\n"))
        .collect();
    // Nobody is left to tell it to when stderr is closed.
    let _ = io::stderr().write_all(text.as_bytes());
}

fn verdict(tally: &Tally, fail_on: FailOn) -> anyhow::Result<()> {
    let Some(least) = fail_on.severity() else {
        return Ok(());
    };
    let failing: u64 = Severity::WORST_FIRST
        .into_iter()
        .filter(|severity| *severity >= least)
        .map(|severity| tally.fresh(severity))
        .sum();
    if failing == 0 {
        return Ok(());
    }
    let above = if least == Severity::Error {
        ""
    } else {
        " or worse"
    };
    let message = match failing {
        1 => format!("1 finding is {}{above}", article(least)),
        _ => format!("{failing} findings are {}s{above}", least.name()),
    };
    Err(Failure::new(Exit::Findings, message)
        .hint("mend them, or keep what is known today: --baseline FILE --update-baseline")
        .into())
}

fn article(severity: Severity) -> String {
    let article = if severity == Severity::Error {
        "an"
    } else {
        "a"
    };
    format!("{article} {}", severity.name())
}

fn unknown(error: &UnknownRule) -> Failure {
    let hint = match error.nearest.as_slice() {
        [] => "`headcount check --list-rules` lists the rules".to_owned(),
        names => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("did you mean {}?", names.join(" or "))
        }
    };
    Failure::new(Exit::Usage, format!("there is no rule `{}`", error.name)).hint(hint)
}

impl FailOn {
    /// The mildest severity that fails.
    fn severity(self) -> Option<Severity> {
        match self {
            Self::Note => Some(Severity::Note),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
            Self::Never => None,
        }
    }
}
