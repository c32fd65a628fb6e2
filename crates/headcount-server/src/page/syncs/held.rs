//! What the breaker holds back: how much it is, whom it is about, and whether it may be accepted.

use std::sync::Arc;

use askama::Template;
use headcount_store::{Breaker, Held, HeldRun, LossKind, Lost};

use crate::{
    app::ACCEPT_SYNC,
    error::ApiError,
    page::{fit, locale::Locale, visit::Visit},
};

/// People who are named, divisions and departments that are.
const PEOPLE: usize = 50;
const GROUPS: usize = 20;
/// Bytes of markup for all their texts.
const ROOM: usize = 20 << 10;

#[derive(Template)]
#[template(path = "sync_held.html")]
pub(super) struct HeldBack {
    locale: Locale,
    proof: String,
    may: May,
    /// Nothing where it cannot be looked at.
    told: Option<Told>,
}

/// What is held back, ready to be shown.
struct Told {
    held: Arc<Option<Held>>,
    run: HeldRun,
    breaker: Option<Breaker>,
    divisions: Vec<Group>,
    departments: Vec<Group>,
    /// Groups that are not named.
    more_divisions: usize,
    more_departments: usize,
    lost: Vec<Person>,
}

/// What a division or a department loses.
struct Group {
    name: String,
    counts: [u64; LossKind::ALL.len()],
}

/// Somebody whom the breaker counts.
struct Person {
    kind: LossKind,
    name: String,
    href: String,
    department: String,
    division: String,
    to_division: Option<String>,
}

/// Whether it may be accepted here; if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    Accept,
    /// The caller lacks the permission.
    NotCaller,
    /// The store cannot be written from here.
    NotStore,
    /// The server was started without a way to.
    NotServer,
}

impl HeldBack {
    /// What is held back of the caller's org; nothing where nothing is, or where the caller sees a
    /// part of the org. Blocks while it looks.
    pub(super) fn of(visit: &Visit) -> Result<Option<Self>, ApiError> {
        if visit.caller.divisions().is_some() {
            return Ok(None);
        }
        let (app, org) = (&visit.app, visit.caller.org());
        let store = app.rosters.store();
        let Some(run) = store.held_run(org)? else {
            return Ok(None);
        };
        let desk = app.settings.desk.as_ref();
        let breaker = desk.map(|desk| desk.breaker(org));
        let erased = app.rosters.current(org).map_or(0, |loaded| loaded.erased);
        let held = app.syncs.held.get((org.to_owned(), run, erased), || {
            store.held(org, &breaker.unwrap_or_default(), PEOPLE)
        });
        let told = match held {
            Ok(held) => Told::of(held, run, breaker),
            Err(error) => {
                tracing::warn!(
                    org,
                    error = &error as &dyn std::error::Error,
                    "what is held back cannot be looked at"
                );
                None
            }
        };
        let may = match desk {
            None => May::NotServer,
            Some(_) if visit.caller.needs(ACCEPT_SYNC).is_err() => May::NotCaller,
            // Where it cannot be told, trying does.
            Some(_) if store.is_writable().is_ok_and(|is_writable| !is_writable) => May::NotStore,
            Some(_) => May::Accept,
        };
        Ok(Some(Self {
            locale: visit.locale.clone(),
            proof: app.members.proof(visit.session()),
            may,
            told,
        }))
    }
}

impl Told {
    /// Nothing where it is another run by now.
    fn of(held: Arc<Option<Held>>, run: HeldRun, breaker: Option<Breaker>) -> Option<Self> {
        let shown = held.as_ref().as_ref().filter(|held| held.run == run)?;
        let tripped = &shown.summary.breaker;
        let divisions = tripped.divisions.iter().map(|division| {
            let name = division
                .name
                .as_deref()
                .filter(|name| !name.trim().is_empty());
            let counts = [
                division.left,
                division.deleted,
                division.deactivated,
                division.moved,
            ];
            (name.or(division.id.as_deref()), counts)
        });
        let departments = shown.departments.iter();
        let departments =
            departments.map(|department| (department.name.as_deref(), department.counts));
        let groups = divisions.clone().take(GROUPS);
        let groups = groups.chain(departments.clone().take(GROUPS));
        let names = groups.filter_map(|(name, _)| name);
        let width = fit::width(
            names
                .chain(shown.lost.iter().flat_map(texts))
                .map(|text| (text, 1)),
            ROOM,
        );
        let named = |name: Option<&str>| fit::cut(name.unwrap_or("(none)"), width).into_owned();
        let group = |(name, counts)| Group {
            name: named(name),
            counts,
        };
        Some(Self {
            divisions: divisions.take(GROUPS).map(group).collect(),
            departments: departments.take(GROUPS).map(group).collect(),
            more_divisions: tripped.divisions.len().saturating_sub(GROUPS),
            more_departments: shown.departments.len().saturating_sub(GROUPS),
            lost: shown
                .lost
                .iter()
                .map(|lost| Person {
                    kind: lost.kind,
                    name: named(lost.name.as_deref().or(Some(&lost.user_id))),
                    href: super::super::findings::person(&lost.user_id),
                    department: named(lost.department.as_deref()),
                    division: named(lost.division.as_deref()),
                    to_division: lost.to_division.as_deref().map(|name| named(Some(name))),
                })
                .collect(),
            run,
            breaker,
            held,
        })
    }

    /// It was looked at when this was made.
    fn summary(&self) -> Summary<'_> {
        let held = self.held.as_ref().as_ref();
        held.map_or(Summary::default(), |held| Summary(Some(&held.summary)))
    }

    /// What tells this run from any other, for the form.
    fn identity(&self) -> String {
        identity(self.run)
    }
}

/// The numbers of a summary that are shown.
#[derive(Clone, Copy, Default)]
struct Summary<'h>(Option<&'h headcount_store::Summary>);

impl Summary<'_> {
    fn users(self) -> u64 {
        self.0.map_or(0, |summary| summary.users)
    }

    fn previous_users(self) -> u64 {
        self.0.map_or(0, |summary| summary.previous_users)
    }

    fn affected(self) -> u64 {
        self.0.map_or(0, |summary| summary.breaker.affected())
    }

    fn active_before(self) -> u64 {
        self.0.map_or(0, |summary| summary.breaker.active_before)
    }

    /// What of the affected became of them.
    fn losses(self) -> Vec<(&'static str, u64)> {
        let Some(summary) = self.0 else {
            return Vec::new();
        };
        let tripped = &summary.breaker;
        let counts = [
            tripped.left,
            tripped.deleted,
            tripped.deactivated,
            tripped.moved,
        ];
        LossKind::ALL.iter().map(words).zip(counts).collect()
    }

    /// What changes in all.
    fn changes(self) -> Vec<(&'static str, u64)> {
        let Some(summary) = self.0 else {
            return Vec::new();
        };
        vec![
            ("joined", summary.joined),
            ("returned", summary.returned),
            ("changed", summary.changed),
            ("left", summary.left),
            ("only touched", summary.touched),
            ("as they were", summary.unchanged),
        ]
    }
}

fn texts(lost: &Lost) -> impl Iterator<Item = &str> + Clone {
    let texts = [
        &lost.name,
        &lost.department,
        &lost.division,
        &lost.to_division,
    ];
    texts.into_iter().flatten().map(String::as_str)
}

/// What becomes of somebody, in words.
fn words(kind: &LossKind) -> &'static str {
    match kind {
        LossKind::Left => "gone",
        LossKind::Deleted => "deleted",
        LossKind::Deactivated => "deactivated",
        LossKind::Moved => "in another division",
    }
}

/// What a form names a run by.
pub(super) fn identity(run: HeldRun) -> String {
    format!("{}.{}", run.run, run.started_ms)
}

/// The run that a form names; nothing where it names none.
pub(super) fn identified(text: &str) -> Option<HeldRun> {
    let (run, started_ms) = text.split_once('.')?;
    Some(HeldRun {
        run: run.parse().ok()?,
        started_ms: started_ms.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_so_that_it_is_found_again() {
        let run = HeldRun {
            run: 12,
            started_ms: 1_795_834_801_000,
        };
        assert_eq!(identified(&identity(run)), Some(run));
        for none in ["", "12", "12.", "a.b", "12.1.2"] {
            assert_eq!(identified(none), None, "{none}");
        }
    }
}
