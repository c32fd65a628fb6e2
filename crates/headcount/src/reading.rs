//! What all commands that ask have in common: the store, the org, the moment.

use std::sync::Arc;

use headcount_core::as_of::{AsOf, AsOfError};
use headcount_store::{Access, Snapshot, Store};
use serde::Serialize;

use crate::{cli::Global, clock, config::Config};

/// A store opened to read, and the org that is asked about.
pub(crate) struct Reading {
    /// The store.
    pub(crate) store: Arc<dyn Store>,
    /// Key of the org.
    pub(crate) org: String,
}

impl Reading {
    /// Opens the store that the settings name.
    pub(crate) fn open(global: &Global) -> anyhow::Result<Self> {
        let config = Config::load(global)?;
        let store = headcount_store::open(&config.store_url()?, Access::Read)?;
        Ok(Self {
            store,
            org: config.org,
        })
    }
}

/// Moment of `--as-of`, in ms since 1970 UTC. A date means its end.
pub(crate) fn as_of(text: Option<&str>) -> Result<Option<i64>, AsOfError> {
    text.map(|text| AsOf::parse(text).map(|moment| moment.ms))
        .transpose()
}

/// Moment of `--since`, in ms since 1970 UTC. A date means its start.
pub(crate) fn since(text: Option<&str>) -> Result<Option<i64>, AsOfError> {
    const DAY_MS: i64 = 86_400_000;
    let Some(text) = text else {
        return Ok(None);
    };
    let moment = AsOf::parse(text)?.ms;
    // A day of UTC is always as long, and the end of a date is its last millisecond.
    let is_date = text.trim().parse::<jiff::civil::Date>().is_ok() && text.trim().len() == 10;
    Ok(Some(if is_date { moment + 1 - DAY_MS } else { moment }))
}

/// Which snapshot an answer is of, as machines read it.
#[derive(Debug, Serialize)]
pub(crate) struct SnapshotRef {
    id: i64,
    published: String,
    users: u64,
}

impl From<&Snapshot> for SnapshotRef {
    fn from(snapshot: &Snapshot) -> Self {
        Self {
            id: snapshot.id,
            published: clock::display_ms(snapshot.published_ms),
            users: snapshot.users,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_end_for_as_of_and_its_start_for_since() {
        let end = as_of(Some("2026-01-31")).unwrap().unwrap();
        let start = since(Some("2026-01-31")).unwrap().unwrap();
        assert_eq!(clock::display_ms(end), "2026-01-31T23:59:59Z");
        assert_eq!(clock::display_ms(start), "2026-01-31T00:00:00Z");
        assert_eq!(
            since(Some("2026-01-31T08:00:00Z")).unwrap(),
            as_of(Some("2026-01-31T08:00:00Z")).unwrap()
        );
        assert!(since(Some("yesterday")).is_err() && as_of(Some("31.1.2026")).is_err());
        assert_eq!((as_of(None).unwrap(), since(None).unwrap()), (None, None));
    }
}
