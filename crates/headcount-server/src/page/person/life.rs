//! What happened to somebody, version by version.

use headcount_core::{
    change::FieldChange,
    history::{EventKind, Events, Version},
};
use serde_json::Value;

use super::attributes::{Teller, Told};
use crate::{
    error::ApiError,
    page::texts::{brief_to, size},
};

/// Bytes that the events may take, and characters of a value.
const BYTES: usize = 20_000;
const VALUE: usize = 160;
/// Attributes of one event.
const MOST_CHANGES: usize = 30;
/// Bytes of the markup around a change, about.
const AROUND: usize = 100;

/// Something that happened.
pub(super) struct Happening {
    pub(super) kind: &'static str,
    pub(super) at_ms: i64,
    /// It is no more than what the first snapshot found.
    pub(super) is_first: bool,
    pub(super) changes: Vec<Changed>,
    /// Attributes that are left out.
    pub(super) rest: usize,
}

/// An attribute that changed.
pub(super) struct Changed {
    pub(super) path: String,
    pub(super) old: Option<Told>,
    pub(super) new: Option<Told>,
}

/// The last happenings, the oldest first.
pub(super) struct Life {
    pub(super) happenings: Vec<Happening>,
    /// How many came before.
    pub(super) earlier: usize,
    /// When the first of those that are told was, where there are earlier ones.
    pub(super) before_ms: Option<i64>,
}

impl Life {
    /// What happened before `before_ms`, as the versions in sight tell it, in order. Nobody joined
    /// at `first_ms`, the first snapshot.
    ///
    /// # Errors
    /// 500 where a version is no document.
    pub(super) fn of(
        versions: Vec<Version>,
        first_ms: i64,
        before_ms: Option<i64>,
        teller: Teller<'_>,
    ) -> Result<Self, ApiError> {
        let mut events = Events::new();
        let mut all = Vec::new();
        for version in versions {
            let told = events.push(version).map_err(|error| {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a version is no document"
                );
                ApiError::internal()
            })?;
            all.extend(told);
        }
        all.extend(events.finish());
        all.retain(|event| before_ms.is_none_or(|before_ms| event.at_ms < before_ms));
        let (mut happenings, mut left) = (Vec::new(), BYTES);
        let count = all.len();
        for event in all.into_iter().rev() {
            let (kind, changes) = match event.kind {
                EventKind::Joined => ("joined", Vec::new()),
                EventKind::Changed { changes } => ("changed", changes),
                EventKind::Left => ("left", Vec::new()),
                EventKind::Returned { changes } => ("returned", changes),
            };
            let mut told = Vec::new();
            for change in changes {
                add(change, teller, &mut told);
            }
            let rest = told.len().saturating_sub(MOST_CHANGES);
            told.truncate(MOST_CHANGES);
            let changes = told;
            let takes = AROUND + changes.iter().map(Changed::size).sum::<usize>();
            if takes > left && !happenings.is_empty() {
                break;
            }
            left = left.saturating_sub(takes);
            happenings.push(Happening {
                kind,
                at_ms: event.at_ms,
                is_first: kind == "joined" && event.at_ms == first_ms,
                changes,
                rest,
            });
        }
        happenings.reverse();
        let earlier = count - happenings.len();
        let first = happenings.first().filter(|_| earlier > 0);
        Ok(Self {
            before_ms: first.map(|first| first.at_ms),
            happenings,
            earlier,
        })
    }
}

impl Changed {
    /// Bytes that it takes with its markup, about.
    pub(super) fn size(&self) -> usize {
        let told = |told: &Option<Told>| told.as_ref().map_or(0, |told| size(&told.text));
        AROUND + size(&self.path) + told(&self.old) + told(&self.new)
    }
}

/// Adds what changed, member by member: an object that came or went is all of its members.
fn add(change: FieldChange, teller: Teller<'_>, all: &mut Vec<Changed>) {
    let FieldChange { path, old, new } = change;
    match (old, new) {
        (Some(Value::Object(members)), None) => {
            for (name, old) in members {
                let path = format!("{path}.{name}");
                let (old, new) = (Some(old), None);
                add(FieldChange { path, old, new }, teller, all);
            }
        }
        (None, Some(Value::Object(members))) => {
            for (name, new) in members {
                let path = format!("{path}.{name}");
                let (old, new) = (None, Some(new));
                add(FieldChange { path, old, new }, teller, all);
            }
        }
        (old, new) => {
            let told = |value: Option<Value>| {
                let told = value.and_then(|value| teller.tell(&path, &value))?;
                Some(Told {
                    text: brief_to(&told.text, VALUE).into_owned(),
                    href: told.href,
                })
            };
            all.push(Changed {
                old: told(old),
                new: told(new),
                path: brief_to(&path, VALUE).into_owned(),
            });
        }
    }
}
