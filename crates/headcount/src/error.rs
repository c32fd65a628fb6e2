//! From a failure to an exit code, one line for a person, and a hint.

pub(crate) mod nearest;

use std::{io, process::ExitCode};

use headcount_core::{as_of::AsOfError, segment::PlanError};
use headcount_export::ExportError;
use headcount_genesys::{UpstreamError, WalkError, region::UnknownRegion};
use headcount_store::{KeptError, KeptFault, ReportError, StoreError, facts::FactsError};

use crate::config::ConfigError;

/// Meaning of a failure to whoever called us; the numbers follow `sysexits.h` where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Something else failed.
    Failure = 1,
    /// The command line asks for what can't be.
    Usage = 2,
    /// Findings at or above the severity that fails.
    Findings = 3,
    /// The breaker held a snapshot back.
    Breaker = 4,
    /// Upstream can't be reached or gives no usable answer.
    Unavailable = 69,
    /// May succeed later: limits, no proof of completeness, no snapshot yet.
    TryAgain = 75,
    /// Credentials or permission.
    NotAuthorised = 77,
    /// Settings.
    Config = 78,
}

impl Exit {
    /// How bad it is among several: what passes by itself is less than what a person has to do.
    pub(crate) fn severity(self) -> u8 {
        match self {
            Self::TryAgain => 1,
            Self::Unavailable => 2,
            Self::Findings => 3,
            Self::Breaker => 4,
            Self::NotAuthorised => 5,
            Self::Config => 6,
            Self::Usage => 7,
            Self::Failure => 8,
        }
    }
}

/// A failure that knows its meaning. Everything else in an error chain is classified by type.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure with its one line, lower case and without a full stop.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
        }
    }

    /// Says what a person can do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Tells the failure on stderr and gives its exit code. Whoever reads our output and has seen
/// enough is no failure.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_closed_pipe(error) {
        return ExitCode::SUCCESS;
    }
    let (exit, hint) = classify(error);
    let mut text = format!("error: {}\n", one_line(error));
    if let Some(hint) = hint {
        text.push_str(&format!("hint: {hint}\n"));
    }
    // Nothing is left to tell it to when stderr is closed.
    let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
    ExitCode::from(exit as u8)
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| match cause.downcast_ref::<io::Error>() {
            Some(error) => error.kind() == io::ErrorKind::BrokenPipe,
            None => cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|error| error.io_error_kind() == Some(io::ErrorKind::BrokenPipe)),
        })
}

/// The message and those of its sources, each exactly once.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in error.chain() {
        let words = cause.to_string();
        let message = words.split_whitespace().collect::<Vec<_>>().join(" ");
        match told.last_mut() {
            // Some errors repeat their source, or are repeated by it with a little more.
            Some(last) if last.contains(&message) => {}
            Some(last) if message.contains(last.as_str()) => *last = message,
            _ => told.push(message),
        }
    }
    told.join(": ")
}

/// Meaning and hint of the outermost cause that has one.
pub(crate) fn classify(error: &anyhow::Error) -> (Exit, Option<String>) {
    // Given as context, a failure is found only this way.
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return (failure.exit, failure.hint.clone());
    }
    let known = error.chain().find_map(|cause| {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return Some((failure.exit, failure.hint.clone()));
        }
        if let Some(error) = cause.downcast_ref::<ConfigError>() {
            return Some(of_config(error));
        }
        if let Some(error) = cause.downcast_ref::<UpstreamError>() {
            return Some((of_upstream(error), error.hint().map(str::to_owned)));
        }
        if let Some(error) = cause.downcast_ref::<StoreError>() {
            return Some((of_store(error), error.hint().map(str::to_owned)));
        }
        if let Some(error) = cause.downcast_ref::<ExportError>() {
            return Some((of_export(error), error.hint().map(str::to_owned)));
        }
        if let Some(error) = cause.downcast_ref::<FactsError>() {
            return Some((of_facts(error), error.hint().map(str::to_owned)));
        }
        if let Some(error) = cause.downcast_ref::<ReportError<FactsError>>() {
            return Some(of_report(error, |error| Some(error)));
        }
        if let Some(error) = cause.downcast_ref::<ReportError<KeptFault>>() {
            return Some(of_report(error, |fault| match fault {
                KeptFault::Facts(error) => Some(error),
                _ => None,
            }));
        }
        if let Some(KeptError::Facts(error)) = cause.downcast_ref::<KeptError>() {
            return Some((of_facts(error), error.hint().map(str::to_owned)));
        }
        if let Some(error) = cause.downcast_ref::<AsOfError>() {
            return Some((Exit::Usage, Some(error.hint().to_owned())));
        }
        if let Some(WalkError::NotProven(_)) = cause.downcast_ref::<WalkError>() {
            let hint = "nothing was published and the last snapshot stays; `headcount doctor` shows what this org allows";
            return Some((Exit::TryAgain, Some(hint.to_owned())));
        }
        cause.downcast_ref::<UnknownRegion>().map(|unknown| {
            let names = headcount_genesys::region::REGIONS;
            let names: Vec<&str> = names.iter().flat_map(|(aws, domain)| [*aws, *domain]).collect();
            (Exit::Config, Some(nearest::hint(&unknown.name, &names, "regions")))
        })
    });
    known.unwrap_or((Exit::Failure, None))
}

fn of_config(error: &ConfigError) -> (Exit, Option<String>) {
    match error {
        ConfigError::Org { hint, .. } => (Exit::Usage, Some(hint.clone())),
        ConfigError::NoRegion(_) => (
            Exit::Config,
            Some("set GENESYSCLOUD_REGION, such as mypurecloud.de or eu-central-1".to_owned()),
        ),
        ConfigError::NoCredentials(_) => (
            Exit::NotAuthorised,
            Some("set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, or try `headcount demo --once`, which needs none".to_owned()),
        ),
        ConfigError::NoDataDirectory => {
            (Exit::Config, Some("set HEADCOUNT_STORE, such as sqlite:headcount.db".to_owned()))
        }
        ConfigError::NoFolder { .. } => (
            Exit::Config,
            Some("name another place for the store with --store".to_owned()),
        ),
        ConfigError::Unreadable { .. } => (Exit::Config, None),
        ConfigError::Malformed { .. } | ConfigError::Invalid(_) => (
            Exit::Config,
            Some("headcount.example.toml shows every setting".to_owned()),
        ),
    }
}

fn of_store(error: &StoreError) -> Exit {
    match error {
        StoreError::NoStore { .. }
        | StoreError::NoSnapshot { .. }
        | StoreError::Locked { .. }
        | StoreError::LockLost { .. }
        | StoreError::Busy(_)
        | StoreError::Unreachable(_) => Exit::TryAgain,
        // No later try will find an earlier snapshot.
        StoreError::BeforeFirst { .. } | StoreError::NotEmpty => Exit::Usage,
        StoreError::Unsupported { .. }
        | StoreError::BadUrl { .. }
        | StoreError::Unsuitable { .. }
        | StoreError::Untrusted(_) => Exit::Config,
        StoreError::NotAllowed(_) => Exit::NotAuthorised,
        _ => Exit::Failure,
    }
}

fn of_facts(error: &FactsError) -> Exit {
    match error {
        FactsError::Locked { .. } => Exit::TryAgain,
        FactsError::Unsupported { .. } => Exit::Config,
        FactsError::NotFacts { .. }
        | FactsError::Value { .. }
        | FactsError::UnknownTimeZone { .. }
        | FactsError::NotAFact { .. }
        | FactsError::Overflow { .. }
        | FactsError::Twice { .. }
        | FactsError::Overlap { .. }
        | FactsError::OtherTimeZone { .. } => Exit::Usage,
        FactsError::Store(error) => of_store(error),
        FactsError::Replaced { .. } => Exit::TryAgain,
        _ => Exit::Failure,
    }
}

/// `of` tells what of the facts cannot be read, where that is what is wrong.
fn of_report<E: std::error::Error + 'static>(
    error: &ReportError<E>,
    of: impl Fn(&E) -> Option<&FactsError>,
) -> (Exit, Option<String>) {
    match error {
        ReportError::Store(error) => (of_store(error), error.hint().map(str::to_owned)),
        ReportError::Facts(fault) => match of(fault) {
            Some(error) => (of_facts(error), error.hint().map(str::to_owned)),
            None => (Exit::TryAgain, None),
        },
        ReportError::Plan(PlanError::NoManager { .. }) => {
            let hint = "`headcount users --columns id,name,email` lists the ids";
            (Exit::Usage, Some(hint.to_owned()))
        }
        ReportError::NoEngine => (Exit::Usage, None),
        ReportError::Plan(_) | ReportError::NotReconciled => (Exit::Failure, None),
    }
}

fn of_export(error: &ExportError) -> Exit {
    match error {
        ExportError::Store(error) => of_store(error),
        ExportError::Facts(error) => of_facts(error),
        ExportError::Locked { .. } | ExportError::Busy => Exit::TryAgain,
        ExportError::NotAnExport { .. }
        | ExportError::OtherExport { .. }
        | ExportError::UnknownTimeZone(_) => Exit::Usage,
        _ => Exit::Failure,
    }
}

fn of_upstream(error: &UpstreamError) -> Exit {
    match error {
        UpstreamError::Settings { .. } => Exit::Config,
        UpstreamError::Credentials { .. }
        | UpstreamError::TokenRefused
        | UpstreamError::TokenEnded
        | UpstreamError::Forbidden { .. } => Exit::NotAuthorised,
        UpstreamError::Limited { .. } => Exit::TryAgain,
        UpstreamError::Unavailable { .. } | UpstreamError::Unreadable { .. } => Exit::Unavailable,
        UpstreamError::Refused { .. } | UpstreamError::TooLarge { .. } => Exit::Failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_told_once() {
        let disk = io::Error::other("no space left");
        let error = anyhow::Error::new(disk)
            .context("the page was not kept")
            .context("sync failed");
        assert_eq!(
            one_line(&error),
            "sync failed: the page was not kept: no space left"
        );
        let walk = WalkError::Upstream(UpstreamError::TokenRefused);
        assert_eq!(one_line(&walk.into()), "the access token was refused twice");
    }

    #[test]
    fn the_outermost_meaning_counts() {
        let refused = || anyhow::Error::new(UpstreamError::TokenRefused);
        assert_eq!(classify(&refused()).0, Exit::NotAuthorised);
        let told = refused().context(Failure::new(Exit::TryAgain, "not now").hint("wait"));
        let told = told.context("sync failed");
        assert_eq!(classify(&told), (Exit::TryAgain, Some("wait".to_owned())));
        assert_eq!(
            one_line(&told),
            "sync failed: not now: the access token was refused twice"
        );
    }

    #[test]
    fn an_unknown_region_gets_its_nearest_names() {
        let error = headcount_genesys::region::domain("mypurecloud.dee").unwrap_err();
        let (exit, hint) = classify(&error.into());
        assert_eq!(exit, Exit::Config);
        assert!(hint.unwrap().contains("`mypurecloud.de`"));
    }

    #[test]
    fn a_closed_pipe_is_recognised_wherever_it_hides() {
        let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_closed_pipe(
            &anyhow::Error::new(closed()).context("printing")
        ));
        assert!(is_closed_pipe(&serde_json::Error::io(closed()).into()));
        assert!(!is_closed_pipe(&anyhow::anyhow!("other")));
    }
}
