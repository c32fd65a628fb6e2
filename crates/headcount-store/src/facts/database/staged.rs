//! Days on their way into the database: one transaction, whose end makes all of them visible.

use std::io::Write;

use headcount_core::fact::Fact;
use jiff::civil::{Date, date};
use postgres::Client;

use super::{Database, NOBODY, binary::RowWriter, copying, failed, table};
use crate::{
    facts::{Day, FactsError, KeptDay},
    postgres::{close_elsewhere, connect_to_write, lock_key},
};

/// Bytes of rows that are sent at once.
const AT_ONCE: usize = 1 << 16;

/// The day from which PostgreSQL counts.
const EPOCH: Date = date(2000, 1, 1);

/// An open transaction that holds the right to change the facts of an org.
pub(in crate::facts) struct StagedRows {
    /// Nothing once it is closed.
    client: Option<Client>,
    org: i32,
    /// Whether a statement failed in a way that leaves the transaction of no use.
    broken: bool,
}

impl StagedRows {
    /// Takes the right to change. The right ends with the transaction, however it ends.
    pub(in crate::facts) fn begin(database: &Database) -> Result<Self, FactsError> {
        let mut client = connect_to_write(&database.pool)?;
        let name = &&*database.org;
        let key = lock_key(&database.pool, &format!("facts\0{name}"));
        let begun = begin(&mut client, name, key);
        // From here on the connection is closed well, whatever happens.
        let mut staged = Self {
            client: Some(client),
            org: 0,
            broken: false,
        };
        staged.org = begun?;
        Ok(staged)
    }

    /// What the database cannot hold and a file can.
    pub(in crate::facts) fn check(day: &Day, facts: &[Fact]) -> Result<(), FactsError> {
        let fault = |fact: &Fact| {
            let mut texts = [&fact.user_id, &fact.media_type].into_iter().flatten();
            if texts.any(|text| text.contains('\0')) {
                return Some("its user or media type holds U+0000, which PostgreSQL does not keep");
            }
            let is_empty = fact.user_id.as_deref() == Some(NOBODY);
            is_empty.then_some("the id of its user is empty")
        };
        let mut faults = facts.iter().enumerate();
        match faults.find_map(|(index, fact)| Some((index, fault(fact)?))) {
            Some((index, what)) => Err(FactsError::NotAFact {
                date: day.date,
                position: index + 1,
                what,
            }),
            None => Ok(()),
        }
    }

    /// Puts the facts of a day in place of those that it had.
    pub(in crate::facts) fn write(
        &mut self,
        day: &KeptDay,
        facts: &[Fact],
    ) -> Result<(), FactsError> {
        let org = self.org;
        let client = self.client()?;
        client.batch_execute("SAVEPOINT day").map_err(failed)?;
        let written = write(client, org, day, facts);
        let end = match written {
            Ok(()) => "RELEASE day",
            Err(_) => "ROLLBACK TO day",
        };
        let ended = client.batch_execute(end).map_err(failed);
        self.broken |= ended.is_err();
        written.and(ended)
    }

    /// Makes all days visible; `changed` says whether there are any.
    pub(in crate::facts) fn commit(mut self, changed: bool) -> Result<(), FactsError> {
        let org = self.org;
        let broken = self.broken;
        let client = self.client()?;
        if changed && !broken {
            client
                .execute(
                    "UPDATE fact_org SET revision = revision + 1 WHERE org = $1",
                    &[&org],
                )
                .map_err(failed)?;
        }
        // A transaction that is of no use is rolled back by a commit, and nobody would be told.
        client
            .batch_execute(if broken { "RELEASE day" } else { "COMMIT" })
            .map_err(failed)
    }

    fn client(&mut self) -> Result<&mut Client, FactsError> {
        // It is there until the value is dropped.
        self.client
            .as_mut()
            .ok_or_else(|| super::unreadable("nothing"))
    }
}

impl Drop for StagedRows {
    /// Closing ends the transaction, and the right with it. The next one must not find it taken:
    /// this waits until the database has seen it.
    fn drop(&mut self) {
        if let Some(mut client) = self.client.take() {
            // Over already, where it was committed or the connection broke.
            let _ = client.batch_execute("ROLLBACK");
            close_elsewhere(vec![client]);
        }
    }
}

/// Begins the transaction and gives the number of the org.
fn begin(client: &mut Client, name: &str, key: i64) -> Result<i32, FactsError> {
    client
        .batch_execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0")
        .map_err(failed)?;
    let free = client
        .query_one("SELECT pg_try_advisory_xact_lock($1)", &[&key])
        .map_err(failed)?;
    if !free.get::<_, bool>(0) {
        return Err(FactsError::Locked { pid: None });
    }
    client
        .execute(
            "INSERT INTO fact_org (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
            &[&name],
        )
        .map_err(failed)?;
    let row = client
        .query_one("SELECT org FROM fact_org WHERE name = $1", &[&name])
        .map_err(failed)?;
    Ok(row.get(0))
}

fn write(client: &mut Client, org: i32, day: &KeptDay, facts: &[Fact]) -> Result<(), FactsError> {
    let (kind, table) = (day.kind, table(day.kind));
    let date = day.day.date.to_string();
    client
        .execute(
            &format!("DELETE FROM {table} WHERE org = $1 AND day = $2::text::date"),
            &[&org, &date],
        )
        .map_err(failed)?;
    let totals: Vec<Option<String>> = day.totals[..kind.measures().len()]
        .iter()
        .map(|total| total.map(|total| total.to_string()))
        .collect();
    let facts_count = i64::try_from(day.facts).unwrap_or(i64::MAX);
    client
        .execute(
            "INSERT INTO fact_day (org, kind, day, time_zone, granularity, source, start_ms, end_ms,
                                   facts, totals, content)
             VALUES ($1, $2, $3::text::date, $4, $5, $6, $7, $8, $9, $10::text[]::numeric[], $11)
             ON CONFLICT (org, kind, day) DO UPDATE
                SET time_zone = excluded.time_zone, granularity = excluded.granularity,
                    source = excluded.source, start_ms = excluded.start_ms,
                    end_ms = excluded.end_ms, facts = excluded.facts, totals = excluded.totals,
                    content = excluded.content",
            &[
                &org,
                &kind.name(),
                &date,
                &day.day.time_zone,
                &day.day.granularity,
                &day.day.source.name(),
                &day.start_ms,
                &day.end_ms,
                &facts_count,
                &totals,
                &format!("{:032x}", day.content),
            ],
        )
        .map_err(failed)?;
    copy(client, org, day, facts)
}

fn copy(client: &mut Client, org: i32, day: &KeptDay, facts: &[Fact]) -> Result<(), FactsError> {
    let measures = day.kind.measures();
    let names: Vec<&str> = measures.iter().map(|measure| measure.name).collect();
    let (table, names) = (table(day.kind), names.join(", "));
    let sql = format!(
        "COPY {table} (start_ms, end_ms, org, day, user_id, media_type, {names})
         FROM STDIN (FORMAT binary)"
    );
    let date = EPOCH.until(day.day.date).map_or(0, |span| span.get_days());
    let fields = i16::try_from(6 + measures.len()).unwrap_or(i16::MAX);
    let mut to = client.copy_in(&sql).map_err(failed)?;
    let mut rows = RowWriter::new();
    for fact in facts {
        rows.row(fields);
        rows.int8(Some(fact.start_ms));
        rows.int8(Some(fact.end_ms));
        rows.int4(org);
        rows.int4(date);
        rows.text(Some(fact.user_id.as_deref().unwrap_or(NOBODY)));
        rows.text(fact.media_type.as_deref());
        for number in &fact.measures[..measures.len()] {
            rows.int8(*number);
        }
        if rows.bytes.len() > AT_ONCE {
            to.write_all(&rows.bytes).map_err(copying)?;
            rows.bytes.clear();
        }
    }
    rows.end();
    to.write_all(&rows.bytes).map_err(copying)?;
    to.finish().map_err(failed)?;
    Ok(())
}
