//! The org as rules ask about it: what several of them need is worked out once.

use std::cell::OnceCell;

use super::{
    Context, Settings,
    digest::{ByDigest, id_digest},
    signed_in::SignIns,
};
use crate::{
    field::Column,
    roster::{Codes, RosterError},
};

/// What upstream says of a user's being there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Active,
    Inactive,
    Deleted,
    /// Something else, or nothing. No rule looks at such a user.
    Unknown,
}

/// An org with what several rules need.
pub(super) struct Subject<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) settings: &'a Settings,
    states: Vec<State>,
    active: Vec<u32>,
    digests: OnceCell<Vec<u64>>,
    sign_ins: OnceCell<SignIns>,
    last_facts: OnceCell<ByDigest<i64>>,
}

impl<'a> Subject<'a> {
    /// # Errors
    /// [`RosterError`] when the roster was loaded without something of [`super::projection`].
    pub(super) fn new(
        context: &'a Context<'a>,
        settings: &'a Settings,
    ) -> Result<Self, RosterError> {
        context.roster.check(super::projection())?;
        let codes = context.roster.codes(Column::State)?;
        let known: Vec<State> = (0..codes.len())
            .map(|code| state(codes.text(u32::try_from(code).unwrap_or(0))))
            .collect();
        let rows = 0..context.roster.len();
        let states: Vec<State> = rows
            .clone()
            .map(|row| known[codes.of(row) as usize])
            .collect();
        let active = rows.filter(|&row| states[row as usize] == State::Active);
        Ok(Self {
            context,
            settings,
            active: active.collect(),
            states,
            digests: OnceCell::new(),
            sign_ins: OnceCell::new(),
            last_facts: OnceCell::new(),
        })
    }

    /// Rows of active users.
    pub(super) fn active(&self) -> &[u32] {
        &self.active
    }

    /// Rows of active users whose `column` is blank or absent.
    pub(super) fn active_without(&self, column: Column) -> impl Iterator<Item = u32> {
        let codes = self.codes(column);
        let without = move |row: &u32| codes.is_none_or(|codes| codes.of(*row) == 0);
        self.active.iter().copied().filter(without)
    }

    /// Whether `column` of all active users is blank or absent.
    pub(super) fn nobody_has(&self, column: Column) -> bool {
        self.active_without(column).count() == self.active.len()
    }

    pub(super) fn state(&self, row: u32) -> State {
        self.states[row as usize]
    }

    pub(super) fn value(&self, row: u32, column: Column) -> Option<&'a str> {
        self.context.roster.value(row, column)
    }

    pub(super) fn id(&self, row: u32) -> &'a str {
        self.value(row, Column::Id).unwrap_or_default()
    }

    /// Which value of `column` each row has; `None` cannot happen, as [`Self::new`] has seen to it.
    pub(super) fn codes(&self, column: Column) -> Option<Codes<'a>> {
        self.context.roster.codes(column).ok()
    }

    /// The row of the manager that a row names; its own if it names itself.
    pub(super) fn manager(&self, row: u32) -> Option<u32> {
        let code = self.codes(Column::ManagerId)?.of(row);
        self.context.roster.view(None).manager(code)
    }

    /// How many active people report to a row directly, itself not counted.
    pub(super) fn active_reports(&self, row: u32) -> impl Iterator<Item = u32> {
        let reports = self.context.managers.reports(row).iter().copied();
        reports.filter(move |&report| report != row && self.state(report) == State::Active)
    }

    /// Digest of a row's id, as [`super::Lives`] knows it.
    pub(super) fn digest(&self, row: u32) -> u64 {
        let all = || (0..self.context.roster.len()).map(|row| id_digest(self.id(row)));
        self.digests.get_or_init(|| all().collect())[row as usize]
    }

    /// The rows of the roster by the digests of their ids.
    pub(super) fn rows_by_digest(&self) -> ByDigest<u32> {
        (0..self.context.roster.len())
            .map(|row| (self.digest(row), row))
            .collect()
    }

    /// When active users signed in last.
    pub(super) fn sign_ins(&self) -> &SignIns {
        self.sign_ins
            .get_or_init(|| SignIns::of(self.context.roster, &self.active))
    }

    /// Start of the last interval with facts of a row's user, ms UTC.
    pub(super) fn last_fact_ms(&self, row: u32) -> Option<i64> {
        let facts = self.context.facts?;
        let last = self.last_facts.get_or_init(|| {
            let mut last = ByDigest::default();
            last.reserve(facts.last_ms_by_user.len());
            for (id, &ms) in &facts.last_ms_by_user {
                let known = last.entry(id_digest(id)).or_insert(ms);
                *known = ms.max(*known);
            }
            last
        });
        last.get(&self.digest(row)).copied()
    }
}

fn state(text: Option<&str>) -> State {
    let is = |name: &str| text.is_some_and(|text| text.eq_ignore_ascii_case(name));
    match () {
        () if is("active") => State::Active,
        () if is("inactive") => State::Inactive,
        () if is("deleted") => State::Deleted,
        () => State::Unknown,
    }
}

/// A day as people write it, of a moment in ms UTC.
pub(super) fn day(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(
        |_| "an unknown day".to_owned(),
        |moment| moment.strftime("%Y-%m-%d").to_string(),
    )
}

/// So many of something: `1 user`, `2 users`.
pub(super) fn counted(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}
