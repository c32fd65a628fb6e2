//! Facts as rows of the store's database.

mod binary;
mod scan;
mod staged;
pub(super) mod sums;

use std::{fmt, io, sync::Arc};

use headcount_core::{
    fact::{FactKind, MEASURES},
    segment::FactSink,
};
use jiff::civil::Date;
use postgres::{GenericClient, Row, Transaction, error::SqlState, types::ToSql};

pub(super) use self::staged::StagedRows;
use super::{Day, FactsError, KeptDay, Source};
use crate::{
    StoreError,
    postgres::{Pool, connections},
};

/// The user of a fact that names none. A cluster cannot spread rows by a column without a value.
const NOBODY: &str = "";

/// The rows of an org.
#[derive(Clone)]
pub(crate) struct Database {
    pool: Arc<Pool>,
    org: Arc<str>,
}

/// The table of the facts of a kind.
fn table(kind: FactKind) -> &'static str {
    match kind {
        FactKind::HandleTime => "fact_handle_time",
        FactKind::Evaluation => "fact_evaluation",
    }
}

impl Database {
    /// The facts in the database at `url`. No connection is made yet.
    pub(super) fn open(url: &str, org: &str) -> Result<Self, FactsError> {
        Ok(Self {
            pool: Arc::new(connections(url)?),
            org: org.into(),
        })
    }

    /// Those of another org.
    pub(super) fn of(&self, org: &str) -> Self {
        Self {
            pool: self.pool.clone(),
            org: org.into(),
        }
    }

    /// See [`super::FactStore::orgs`].
    pub(super) fn orgs(&self) -> Result<Vec<String>, FactsError> {
        let found = self.query("SELECT name FROM fact_org ORDER BY name", &[])?;
        Ok(found.iter().map(|row| row.get(0)).collect())
    }

    /// See [`super::FactStore::list`].
    pub(super) fn list(&self, kind: FactKind) -> Result<Vec<KeptDay>, FactsError> {
        let (org, mut days) = (&self.org, Ok(Vec::new()));
        self.pool.with(|client| {
            days = list(client, org, kind, None);
            Ok(())
        })?;
        days
    }

    /// See [`super::FactStore::day`].
    pub(super) fn day(&self, kind: FactKind, date: Date) -> Result<Option<KeptDay>, FactsError> {
        let (org, mut days) = (&self.org, Ok(Vec::new()));
        self.pool.with(|client| {
            days = list(client, org, kind, Some(date));
            Ok(())
        })?;
        Ok(days?.pop())
    }

    /// See [`super::FactStore::dates`].
    pub(super) fn dates(&self, kind: FactKind) -> Result<Vec<Date>, FactsError> {
        let found = self.query(
            "SELECT d.day::text FROM fact_day d JOIN fact_org o USING (org)
              WHERE o.name = $1 AND d.kind = $2 ORDER BY d.day",
            &[&&*self.org, &kind.name()],
        );
        found?.iter().map(|row| date(row.get(0))).collect()
    }

    /// See [`super::FactStore::revision`].
    pub(super) fn revision(&self) -> Result<u64, FactsError> {
        let sql = "SELECT revision FROM fact_org WHERE name = $1";
        let found = self.query(sql, &[&&*self.org])?;
        Ok(found
            .first()
            .map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
    }

    /// See [`super::FactStore::scan`].
    pub(super) fn scan(
        &self,
        day: &KeptDay,
        wanted: &[usize],
        sink: &mut dyn FactSink,
    ) -> Result<u64, FactsError> {
        self.reading(|transaction| scan::scan(transaction, &self.org, day, wanted, sink))
    }

    /// See [`super::FactStore::scan_now`].
    pub(super) fn scan_now(
        &self,
        kind: FactKind,
        date: Date,
        wanted: &[usize],
        sink: &mut dyn FactSink,
    ) -> Result<Option<KeptDay>, FactsError> {
        self.reading(|transaction| {
            let Some(day) = list(transaction, &self.org, kind, Some(date))?.pop() else {
                return Ok(None);
            };
            scan::scan(transaction, &self.org, &day, wanted, sink)?;
            Ok(Some(day))
        })
    }

    /// Reads as of one moment.
    fn reading<T, E: From<FactsError>>(
        &self,
        read: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let read = self.pool.reading(|transaction| Ok(read(transaction)));
        read.map_err(FactsError::from)?
    }

    fn query(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, FactsError> {
        let mut found = Ok(Vec::new());
        self.pool.with(|client| {
            found = none_yet(client.query(sql, parameters));
            Ok(())
        })?;
        found
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("org", &self.org)
            .finish_non_exhaustive()
    }
}

fn list(
    client: &mut impl GenericClient,
    org: &str,
    kind: FactKind,
    date: Option<Date>,
) -> Result<Vec<KeptDay>, FactsError> {
    let date = date.map(|date| date.to_string());
    let found = client.query(
        "SELECT d.day::text, d.time_zone, d.granularity, d.source, d.start_ms, d.end_ms, d.facts,
                d.totals::text[], d.content
           FROM fact_day d JOIN fact_org o USING (org)
          WHERE o.name = $1 AND d.kind = $2 AND ($3::text IS NULL OR d.day = $3::text::date)
          ORDER BY d.day",
        &[&org, &kind.name(), &date],
    );
    none_yet(found)?.iter().map(|row| kept(kind, row)).collect()
}

/// A day as its row tells it.
fn kept(kind: FactKind, row: &Row) -> Result<KeptDay, FactsError> {
    let mut totals = [None; MEASURES];
    let written: Vec<Option<String>> = row.get(7);
    if written.len() != kind.measures().len() {
        return Err(unreadable("sums of facts"));
    }
    for (total, text) in totals.iter_mut().zip(written) {
        *total = match text {
            Some(text) => Some(text.parse().map_err(|_| unreadable("sums of facts"))?),
            None => None,
        };
    }
    let source = Source::named(row.get(3)).ok_or_else(|| unreadable("a source of facts"))?;
    let content = u128::from_str_radix(row.get(8), 16);
    Ok(KeptDay {
        kind,
        day: Day {
            date: date(row.get(0))?,
            time_zone: row.get(1),
            granularity: row.get(2),
            source,
        },
        path: None,
        start_ms: row.get(4),
        end_ms: row.get(5),
        facts: row.get::<_, i64>(6).unsigned_abs(),
        totals,
        content: content.map_err(|_| unreadable("a digest of facts"))?,
    })
}

fn date(text: &str) -> Result<Date, FactsError> {
    text.parse().map_err(|_| unreadable("a day of facts"))
}

fn unreadable(what: &'static str) -> FactsError {
    StoreError::Unreadable { what }.into()
}

/// What was found; nothing where nobody made a store of the database yet.
fn none_yet(found: Result<Vec<Row>, postgres::Error>) -> Result<Vec<Row>, FactsError> {
    match found {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(Vec::new()),
        found => found.map_err(failed),
    }
}

fn failed(error: postgres::Error) -> FactsError {
    StoreError::from(error).into()
}

/// What went wrong while rows were copied.
fn copying(error: io::Error) -> FactsError {
    match error.downcast::<postgres::Error>() {
        Ok(error) => failed(error),
        Err(_) => unreadable("rows of facts"),
    }
}
