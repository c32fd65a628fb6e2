//! Facts added up inside the database.
//!
//! The database is told who belongs where as arrays of spans, joins its facts to them, and answers
//! with a row for each segment, stretch of time and media type. First all facts of a user in one of
//! these are added up, then the users: so each is counted once, and a cluster that spreads facts by
//! user has most of the work done where they lie.

use std::ops::Range;

use headcount_core::{
    fact::{FactKind, MEASURES},
    segment::{Group, PlanError, Pushed, Sums},
};
use postgres::{
    Row, Transaction, error::SqlState, fallible_iterator::FallibleIterator, types::ToSql,
};

use super::{Database, NOBODY, failed, list, table};
use crate::{
    facts::{FactsError, KeptDay},
    postgres::as_long_as,
};

/// Why the database did not add facts up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SumsError {
    /// It failed, or keeps other facts by now.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// Sums that do not fit.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// Memory that a step of a question may take in the database. Sorting is off: users and segments
/// are many, and the planner, which knows nothing of arrays, would sort all facts by them.
const SETTINGS: &str = "SET LOCAL work_mem = '256MB'; SET LOCAL enable_sort = off;
    SET LOCAL enable_mergejoin = off; SET LOCAL enable_nestloop = off";

/// The facts that are asked for.
struct Facts {
    kind: FactKind,
    org: i32,
    days: Vec<String>,
    start_ms: i64,
    end_ms: i64,
}

/// Spans as the database takes them.
#[derive(Default)]
struct Columns {
    ids: Vec<String>,
    users: Vec<i32>,
    from_ms: Vec<i64>,
    to_ms: Vec<i64>,
    changes_ms: Vec<i64>,
    before_first: Vec<bool>,
    segments: Vec<i32>,
}

impl Database {
    /// Adds up the facts of `days` that begin within `period_ms`, and hands the sums to `pushed`;
    /// gives up when `goes_on` says no. All is read as of one moment, at which the days must be
    /// those that were found.
    pub(crate) fn sum(
        &self,
        kind: FactKind,
        days: &[KeptDay],
        period_ms: Range<i64>,
        pushed: &mut Pushed<'_>,
        goes_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), SumsError> {
        let wanted = pushed.wanted().to_vec();
        self.reading(|transaction| {
            let asked = transaction.cancel_token();
            as_long_as(&self.pool, &asked, goes_on, || {
                self.sum_in(transaction, kind, days, period_ms, &wanted, pushed)
            })
        })
    }

    fn sum_in(
        &self,
        transaction: &mut Transaction<'_>,
        kind: FactKind,
        days: &[KeptDay],
        period_ms: Range<i64>,
        wanted: &[usize],
        pushed: &mut Pushed<'_>,
    ) -> Result<(), SumsError> {
        transaction.batch_execute(SETTINGS).map_err(failed)?;
        let kept = list(transaction, &self.org, kind, None)?;
        for day in days {
            let found = kept.binary_search_by_key(&day.day.date, |kept| kept.day.date);
            if found.ok().map(|at| &kept[at]) != Some(day) {
                return Err(FactsError::Replaced { date: day.day.date }.into());
            }
        }
        let org = transaction
            .query_opt("SELECT org FROM fact_org WHERE name = $1", &[&&*self.org])
            .map_err(failed)?;
        let facts = Facts {
            kind,
            org: org.map_or(0, |row| row.get(0)),
            days: days.iter().map(|day| day.day.date.to_string()).collect(),
            start_ms: period_ms.start,
            end_ms: period_ms.end,
        };
        let mut spans = Columns::of(pushed);
        let strangers = straight(transaction, &facts, wanted, &spans, pushed)?;
        spans.add_folded(pushed, &strangers);
        segments(transaction, &facts, wanted, &spans, pushed)
    }
}

impl Columns {
    fn of(pushed: &Pushed<'_>) -> Self {
        let spans = pushed.spans();
        let users = spans.users.iter();
        Self {
            ids: users
                .clone()
                .map(|user| pushed.id(*user).to_owned())
                .collect(),
            users: users.map(|user| signed(*user)).collect(),
            from_ms: spans.from_ms.clone(),
            to_ms: spans.to_ms.clone(),
            changes_ms: spans.changes_ms.clone(),
            before_first: spans.before_first.clone(),
            segments: spans.segments.clone(),
        }
    }

    /// Adds the spans of users under the ids that facts call them by in another case.
    fn add_folded(&mut self, pushed: &Pushed<'_>, strangers: &[String]) {
        let spans = pushed.spans();
        for id in strangers {
            let Some(user) = pushed.find_folded(id) else {
                continue;
            };
            for at in (0..spans.users.len()).filter(|at| spans.users[*at] == user) {
                self.ids.push(id.clone());
                self.users.push(signed(user));
                self.from_ms.push(spans.from_ms[at]);
                self.to_ms.push(spans.to_ms[at]);
                self.changes_ms.push(spans.changes_ms[at]);
                self.before_first.push(spans.before_first[at]);
                self.segments.push(spans.segments[at]);
            }
        }
    }

    /// Each user's id once, as far as the same ones stand together.
    fn distinct_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Adds all facts up without a look at segments, and gives the ids of those who are in no span.
fn straight(
    transaction: &mut Transaction<'_>,
    facts: &Facts,
    wanted: &[usize],
    spans: &Columns,
    pushed: &mut Pushed<'_>,
) -> Result<Vec<String>, SumsError> {
    let measures = facts.kind.measures();
    let mut inner = String::new();
    let mut outer = String::new();
    for (at, &place) in wanted.iter().enumerate() {
        inner.push_str(&format!(", sum(f.{}) AS s{at}", measures[place].name));
        outer.push_str(&format!(", sum(g.s{at})::bigint"));
    }
    let sql = format!(
        "SELECT coalesce(sum(g.facts), 0)::bigint,
                array_agg(g.user_id) FILTER (WHERE g.user_id <> '{NOBODY}' AND k.id IS NULL){outer}
           FROM (SELECT f.user_id, count(*) AS facts{inner}
                   FROM {} f
                  WHERE f.org = $1 AND f.day = ANY ($2::text[]::date[])
                    AND f.start_ms >= $3 AND f.start_ms < $4
                  GROUP BY f.user_id) g
           LEFT JOIN unnest($5::text[]) AS k (id) ON k.id COLLATE \"C\" = g.user_id",
        table(facts.kind)
    );
    let ids = spans.distinct_ids();
    let row = transaction
        .query_one(
            &sql,
            &[
                &facts.org,
                &facts.days,
                &facts.start_ms,
                &facts.end_ms,
                &ids,
            ],
        )
        .map_err(refused)?;
    let mut sums = Sums {
        facts: row.get::<_, i64>(0).unsigned_abs(),
        ..Sums::default()
    };
    for (at, &place) in wanted.iter().enumerate() {
        sums.sums[place] = row.get(2 + at);
    }
    pushed.take_straight(&sums)?;
    Ok(row.get::<_, Option<Vec<String>>>(1).unwrap_or_default())
}

/// Adds the facts up by segment.
fn segments(
    transaction: &mut Transaction<'_>,
    facts: &Facts,
    wanted: &[usize],
    spans: &Columns,
    pushed: &mut Pushed<'_>,
) -> Result<(), SumsError> {
    let pairs = pushed.pairs();
    let cuts = pushed.cuts().to_vec();
    let sql = by_segment(facts.kind, wanted, pushed, &pairs);
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![
        &facts.org,
        &facts.days,
        &facts.start_ms,
        &facts.end_ms,
        &spans.ids,
        &spans.users,
        &spans.from_ms,
        &spans.to_ms,
        &spans.changes_ms,
        &spans.before_first,
        &spans.segments,
    ];
    if !cuts.is_empty() {
        parameters.push(&cuts);
    }
    let mut rows = transaction.query_raw(&sql, parameters).map_err(refused)?;
    while let Some(row) = rows.next().map_err(refused)? {
        take(&row, wanted, &pairs, pushed)?;
    }
    Ok(())
}

/// The question of [`segments`].
fn by_segment(
    kind: FactKind,
    wanted: &[usize],
    pushed: &mut Pushed<'_>,
    pairs: &[(usize, usize)],
) -> String {
    let name = |place: usize| kind.measures()[place].name;
    let mut inner = String::new();
    let mut outer = String::new();
    for (at, &place) in wanted.iter().enumerate() {
        inner.push_str(&format!(", sum(f.{}) AS s{at}", name(place)));
        outer.push_str(&format!(", sum(g.s{at})::bigint"));
    }
    for (at, &(count, sum)) in pairs.iter().enumerate() {
        let (count, sum) = (name(count), name(sum));
        inner.push_str(&format!(
            ", sum(f.{count}) FILTER (WHERE f.{sum} IS NULL) AS u{at}"
        ));
        outer.push_str(&format!(", coalesce(sum(g.u{at}), 0)::bigint"));
    }
    let cut = match pushed.cuts() {
        [] => "0",
        _ => "width_bucket(f.start_ms, $12::bigint[])",
    };
    let media = match pushed.by_media() {
        true => "f.media_type",
        false => "NULL::text",
    };
    format!(
        "SELECT g.segment, g.cut, g.media, sum(g.facts)::bigint, sum(g.before_first)::bigint,
                sum(g.straddling)::bigint,
                array_agg(g.user_no) FILTER (WHERE g.user_no IS NOT NULL AND g.segment >= 0){outer}
           FROM (SELECT coalesce(s.segment, {unrostered}) AS segment, {cut} AS cut,
                        {media} AS media, s.user_no, count(*) AS facts,
                        count(*) FILTER (WHERE s.before_first) AS before_first,
                        count(*) FILTER (WHERE s.changes_ms < f.end_ms) AS straddling{inner}
                   FROM {table} f
                   LEFT JOIN unnest($5::text[], $6::integer[], $7::bigint[], $8::bigint[],
                                    $9::bigint[], $10::boolean[], $11::integer[])
                          AS s (id, user_no, from_ms, to_ms, changes_ms, before_first, segment)
                     ON s.id COLLATE \"C\" = f.user_id
                    AND s.from_ms <= f.start_ms AND f.start_ms < s.to_ms
                  WHERE f.org = $1 AND f.day = ANY ($2::text[]::date[])
                    AND f.start_ms >= $3 AND f.start_ms < $4
                  GROUP BY 1, 2, 3, 4) g
          GROUP BY 1, 2, 3",
        unrostered = pushed.unrostered(),
        table = table(kind),
    )
}

/// Hands the sums of a row over.
fn take(
    row: &Row,
    wanted: &[usize],
    pairs: &[(usize, usize)],
    pushed: &mut Pushed<'_>,
) -> Result<(), PlanError> {
    const KEYS: usize = 7;
    let count = |at: usize| row.get::<_, i64>(at).unsigned_abs();
    let users: Vec<i32> = row.get::<_, Option<_>>(6).unwrap_or_default();
    let users: Vec<u32> = users.into_iter().map(i32::unsigned_abs).collect();
    let mut sums = [None; MEASURES];
    for (at, &place) in wanted.iter().enumerate() {
        sums[place] = row.get(KEYS + at);
    }
    let mut unpaired = [0; MEASURES];
    for (at, &(place, _)) in pairs.iter().enumerate() {
        unpaired[place] = row.get(KEYS + wanted.len() + at);
    }
    pushed.take(&Group {
        segment: row.get(0),
        cut: usize::try_from(row.get::<_, i32>(1)).unwrap_or_default(),
        media: row.get(2),
        users: &users,
        before_first: count(4),
        straddling: count(5),
        sums: Sums {
            facts: count(3),
            sums,
            unpaired,
        },
    })
}

/// What the database says: a sum that does not fit is an answer of its own.
fn refused(error: postgres::Error) -> SumsError {
    match error.code() {
        Some(&SqlState::NUMERIC_VALUE_OUT_OF_RANGE) => PlanError::Overflow.into(),
        _ => failed(error).into(),
    }
}

fn signed(user: u32) -> i32 {
    i32::try_from(user).unwrap_or(i32::MAX)
}
