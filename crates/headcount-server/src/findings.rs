//! What the rules find wrong with a roster, for callers who see all of it or a part.
//!
//! A caller who is limited to divisions gets the findings of an org of just these divisions: a rule
//! that looks at others (who manages whom, who else has an e-mail) would tell of them otherwise.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use headcount_core::{
    check::{self, Baseline, Context, FactsSeen, Finding, Lives, Settings, Skipped},
    managers::Managers,
    roster::{Roster, RosterBuilder},
    user::Attributes,
};
use headcount_store::Store;
use roaring::RoaringBitmap;

use crate::{app::App, error::ApiError, handlers::not_loaded, kept::Kept, rosters::Loaded};

/// Rules that have nothing to say to somebody who sees a part, and why.
const OF_THE_WHOLE: [(&str, &str); 2] = [
    (
        "manager-unknown",
        "managers in other divisions are as unknown to you as those that do not exist",
    ),
    (
        "facts-without-user",
        "users in other divisions are as unknown to you as those that do not exist",
    ),
];

/// Texts whose places are kept.
const TEXTS: usize = 8;

/// What was found, and what is needed to tell it.
#[derive(Debug)]
pub(crate) struct Findings {
    /// The worst first.
    pub(crate) findings: Vec<Finding>,
    /// Users that were looked at.
    pub(crate) users: u32,
    pub(crate) rules_run: Vec<&'static str>,
    pub(crate) skipped: Vec<Skipped>,
    /// Another number for other findings.
    pub(crate) state: u64,
    /// Places of those that have some text in them; there are many of an org, and whoever looks for
    /// a text turns pages.
    pub(crate) texts: Kept<String, RoaringBitmap>,
}

/// Whose findings: the divisions that are seen, and the facts that there were.
pub(crate) type FindingsKey = (Option<Vec<String>>, u64);

impl Findings {
    /// The findings of a roster as somebody sees it who is limited to `divisions`. Blocks while they
    /// are found; they are kept until the roster or the facts are others.
    ///
    /// # Errors
    /// 500 and 503, by what cannot be read.
    pub(crate) fn of(
        app: &App,
        org: &str,
        loaded: &Loaded,
        divisions: Option<&[String]>,
    ) -> Result<Arc<Self>, ApiError> {
        let facts = app.facts(org);
        let key = (divisions.map(<[_]>::to_vec), app.facts_revision(org)?);
        loaded.findings.get(key, || {
            let seen = match &facts {
                Some(facts) => facts.seen()?,
                None => None,
            };
            let store = app.rosters.store();
            let now_ms = app.now_ms();
            let settings = &app.settings.check;
            match divisions {
                None => {
                    let managers = loaded.managers(None).map_err(not_loaded)?;
                    let lives = lives(store, org, now_ms, |_| true)?;
                    run(
                        &loaded.roster,
                        &managers,
                        &lives,
                        seen.as_ref(),
                        now_ms,
                        settings,
                    )
                }
                Some(divisions) => {
                    let part = part(loaded, divisions);
                    let managers = Managers::of(&part).map_err(not_loaded)?;
                    let is_there = |id: &str| part.row_of(id).is_some();
                    let lives = lives(store, org, now_ms, is_there)?;
                    let seen = seen.map(|mut seen| {
                        seen.last_ms_by_user.retain(|id, _| is_there(id));
                        seen
                    });
                    let settings = without_the_whole(settings);
                    let mut found =
                        run(&part, &managers, &lives, seen.as_ref(), now_ms, &settings)?;
                    for skipped in &mut found.skipped {
                        let name = check::rule(skipped.rule).map_or("", |rule| rule.name);
                        if let Some((_, why)) = OF_THE_WHOLE.iter().find(|(of, _)| *of == name) {
                            skipped.reason = why;
                        }
                    }
                    Ok(found)
                }
            }
        })
    }

    /// The same, where they are found already.
    ///
    /// # Errors
    /// 500 and 503, where the facts cannot be read.
    pub(crate) fn known(
        app: &App,
        org: &str,
        loaded: &Loaded,
        divisions: Option<&[String]>,
    ) -> Result<Option<Arc<Self>>, ApiError> {
        let key = (divisions.map(<[_]>::to_vec), app.facts_revision(org)?);
        Ok(loaded.findings.known(&key))
    }
}

#[cfg(test)]
impl Findings {
    /// Some findings, as if these rules had run.
    pub(crate) fn new(findings: Vec<Finding>) -> Self {
        Self {
            findings,
            users: 0,
            rules_run: vec!["HC001", "HC004"],
            skipped: Vec::new(),
            state: 0,
            texts: Kept::new(TEXTS),
        }
    }
}

/// The findings of an org that are known, where somebody said so.
pub(crate) fn known<'a>(app: &'a App, org: &str) -> Option<&'a Baseline> {
    app.settings.known.get(org).map(|known| &**known)
}

fn run(
    roster: &Roster,
    managers: &Managers,
    lives: &Lives,
    facts: Option<&FactsSeen>,
    now_ms: i64,
    settings: &Settings,
) -> Result<Findings, ApiError> {
    let context = Context {
        roster,
        managers,
        lives: Some(lives),
        facts,
        now_ms,
    };
    let report = check::run(&context, settings).map_err(not_loaded)?;
    let mut state = DefaultHasher::new();
    report.rules_run.hash(&mut state);
    for finding in &report.findings {
        (
            &finding.fingerprint,
            finding.severity.name(),
            &finding.user_name,
        )
            .hash(&mut state);
        (&finding.value, &finding.message, &finding.related).hash(&mut state);
    }
    Ok(Findings {
        findings: report.findings,
        users: report.users,
        rules_run: report.rules_run,
        skipped: report.skipped,
        state: state.finish(),
        texts: Kept::new(TEXTS),
    })
}

/// The users of some divisions, as an org of their own.
fn part(loaded: &Loaded, divisions: &[String]) -> Roster {
    let mut builder = RosterBuilder::new(check::projection());
    for row in loaded.scope(divisions).iter() {
        let document = loaded.roster.document(row).unwrap_or_default();
        // It was a user when it was stored.
        if let Ok(user) = Attributes::parse(document) {
            builder.push(&user, Some(document));
        }
    }
    builder.finish()
}

/// What happened to the users that `is_there` picks by id.
fn lives(
    store: &dyn Store,
    org: &str,
    now_ms: i64,
    is_there: impl Fn(&str) -> bool,
) -> Result<Lives, ApiError> {
    let mut lives = Lives::new(now_ms);
    store.versions(org, &Lives::projection(), &mut |version| {
        if is_there(&version.user.id) {
            lives.push(version);
        }
    })?;
    Ok(lives)
}

fn without_the_whole(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    for rule in OF_THE_WHOLE
        .iter()
        .filter_map(|(name, _)| check::rule(name).ok())
    {
        settings.rule_mut(rule).enabled = false;
    }
    settings
}
