//! What all commands that ask have in common: the store, the org, the moment.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use headcount_core::{
    as_of::{self, AsOf, AsOfError},
    field::{Column, Projection},
    user::Attributes,
};
use headcount_store::{Access, Snapshot, Store, StoreError};
use serde::Serialize;

use crate::{
    cli::Global,
    clock,
    columns::Asked,
    config::Config,
    error::{Exit, Failure},
    selection::Conditions,
};

/// A store opened to read, and what is asked about.
pub(crate) struct Reading {
    /// The store.
    pub(crate) store: Arc<dyn Store>,
    /// Key of the org.
    pub(crate) org: String,
    /// Moment that is asked about, ms since 1970 UTC; the latest snapshot without it.
    pub(crate) as_of: Option<i64>,
}

impl Reading {
    /// Opens the store that the settings name.
    pub(crate) fn open(global: &Global) -> anyhow::Result<Self> {
        let config = Config::load(global)?;
        let store = config.open_store(Access::Read)?;
        Ok(Self {
            store,
            org: config.org,
            as_of: None,
        })
    }

    /// The same as of a moment.
    pub(crate) fn at(self, as_of: Option<i64>) -> Self {
        Self { as_of, ..self }
    }

    /// Reads all users, ordered by id, until `each` fails.
    pub(crate) fn users<E: Into<anyhow::Error>>(
        &self,
        want: Projection,
        mut each: impl FnMut(&Attributes<'_>, Option<&str>) -> Result<(), E>,
    ) -> anyhow::Result<Snapshot> {
        let mut failed = None;
        let read = self
            .store
            .read(&self.org, self.as_of, &want, &mut |user, document| {
                if failed.is_none() {
                    failed = each(user, document).err();
                }
            });
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(read?),
        }
    }

    /// Names and e-mails of managers, where columns or conditions ask about them, and the
    /// snapshot that they are of.
    ///
    /// Two readings, so that only managers are held and not the whole org.
    pub(crate) fn managers_for(
        &self,
        asked: &[Asked],
        conditions: &Conditions,
    ) -> anyhow::Result<(Managers, Option<Snapshot>)> {
        let looked_up = asked.iter().any(|asked| asked.field.is_looked_up());
        if !looked_up && !conditions.ask_about_managers() {
            return Ok((Managers::default(), None));
        }
        let mut ids = HashSet::new();
        let first = self.users(Projection::none().with(Column::ManagerId), |user, _| {
            if let Some(id) = user.manager_id.as_deref()
                && !ids.contains(id)
            {
                ids.insert(id.to_owned());
            }
            Ok::<_, StoreError>(())
        })?;
        let mut managers = Managers::default();
        let want = Projection::none()
            .with(Column::Id)
            .with(Column::Name)
            .with(Column::Email);
        let second = self.users(want, |user, _| {
            if ids.contains(&*user.id) {
                let own = |text: Option<&str>| text.map(str::to_owned);
                let contact = (own(user.name.as_deref()), own(user.email.as_deref()));
                managers.0.insert(user.id.to_string(), contact);
            }
            Ok::<_, StoreError>(())
        })?;
        same(Some(&first), &second)?;
        Ok((managers, Some(second)))
    }
}

/// Readings that make up one answer must be of one snapshot (invariant 1).
pub(crate) fn same(earlier: Option<&Snapshot>, last: &Snapshot) -> Result<(), Failure> {
    if earlier.is_none_or(|earlier| earlier.id == last.id) {
        return Ok(());
    }
    let message = "a sync published a snapshot while this one was read";
    Err(Failure::new(Exit::TryAgain, message).hint("ask again"))
}

/// Names and e-mails of managers, by id.
#[derive(Debug, Default)]
pub(crate) struct Managers(HashMap<String, Contact>);

/// Name and e-mail.
type Contact = (Option<String>, Option<String>);

impl Managers {
    /// Name of a manager; `None` without a manager, or where that one is not in the org.
    pub(crate) fn name(&self, id: Option<&str>) -> Option<&str> {
        self.0.get(id?)?.0.as_deref()
    }

    /// E-mail of a manager.
    pub(crate) fn email(&self, id: Option<&str>) -> Option<&str> {
        self.0.get(id?)?.1.as_deref()
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
    Ok(Some(match as_of::date(text.trim()) {
        Some(_) => moment + 1 - DAY_MS,
        None => moment,
    }))
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
        assert_eq!(clock::display_ms(end), "2026-01-31T23:59:59.999Z");
        assert_eq!(clock::display_ms(start), "2026-01-31T00:00:00.000Z");
        assert_eq!(
            since(Some("2026-01-31T08:00:00Z")).unwrap(),
            as_of(Some("2026-01-31T08:00:00Z")).unwrap()
        );
        assert!(since(Some("yesterday")).is_err() && as_of(Some("31.1.2026")).is_err());
        assert_eq!((as_of(None).unwrap(), since(None).unwrap()), (None, None));
    }
}
