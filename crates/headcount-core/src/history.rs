//! The life of a user: versions, and what happened between them.

use serde::Serialize;

use crate::{
    change::{Change, FieldChange, NotADocument, compare},
    user::Attributes,
};

/// A user between two changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Id of the user.
    pub user_id: String,
    /// First moment at which this was published, ms UTC.
    pub valid_from: i64,
    /// First moment at which it no longer held, ms UTC; `None` while it holds.
    pub valid_to: Option<i64>,
    /// The document without its volatile members.
    pub document: String,
}

/// A version as a store hands it over, borrowed: the attributes that were asked for.
#[derive(Clone, Copy, Debug)]
pub struct VersionRef<'a> {
    /// The attributes; those not asked for may be missing, and `version` always is.
    pub user: &'a Attributes<'a>,
    /// The document without its volatile members, where it was asked for.
    pub document: Option<&'a str>,
    /// First moment at which this was published, ms UTC.
    pub valid_from: i64,
    /// First moment at which it no longer held, ms UTC; `None` while it holds.
    pub valid_to: Option<i64>,
}

/// Something that happened to a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Id of the user.
    pub user_id: String,
    /// When it was published, ms UTC.
    pub at_ms: i64,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened to a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum EventKind {
    /// Seen for the first time.
    Joined,
    /// Lasting attributes changed.
    Changed {
        /// Which, and from what to what.
        changes: Vec<FieldChange>,
    },
    /// No longer in the org.
    Left,
    /// In the org again after having left.
    Returned {
        /// What differs from the time before.
        changes: Vec<FieldChange>,
    },
}

/// Turns versions into events, one user after the other, holding one version in memory.
///
/// Feed it versions ordered by user and time, then call [`Events::finish`].
#[derive(Debug, Default)]
pub struct Events {
    last: Option<Version>,
}

impl Events {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next version and gives the events that are certain by now, in order.
    ///
    /// # Errors
    /// [`NotADocument`] when one of two consecutive documents is not a JSON object.
    pub fn push(&mut self, version: Version) -> Result<Vec<Event>, NotADocument> {
        let mut events = Vec::new();
        match self.last.take() {
            Some(last) if last.user_id == version.user_id => {
                let changes = changes(&last.document, &version.document)?;
                let kind = if last.valid_to == Some(version.valid_from) {
                    EventKind::Changed { changes }
                } else {
                    events.extend(left(&last));
                    EventKind::Returned { changes }
                };
                events.push(event(&version, version.valid_from, kind));
            }
            last => {
                events.extend(last.as_ref().and_then(left));
                events.push(event(&version, version.valid_from, EventKind::Joined));
            }
        }
        self.last = Some(version);
        Ok(events)
    }

    /// The events that the end of the versions makes certain.
    #[must_use]
    pub fn finish(self) -> Option<Event> {
        self.last.as_ref().and_then(left)
    }
}

/// All events of `versions`, which are ordered by user and time.
///
/// # Errors
/// [`NotADocument`] when a document is not a JSON object.
pub fn events(versions: impl IntoIterator<Item = Version>) -> Result<Vec<Event>, NotADocument> {
    let mut events = Events::new();
    let mut all = Vec::new();
    for version in versions {
        all.extend(events.push(version)?);
    }
    all.extend(events.finish());
    Ok(all)
}

/// Lasting differences between two documents, none when there are none.
///
/// # Errors
/// [`NotADocument`] when one of the two is not a JSON object.
pub fn changes(old: &str, new: &str) -> Result<Vec<FieldChange>, NotADocument> {
    Ok(match compare(old, new)? {
        Change::Changed(changes) => changes,
        Change::Unchanged | Change::Touched => Vec::new(),
    })
}

fn left(version: &Version) -> Option<Event> {
    let at_ms = version.valid_to?;
    Some(event(version, at_ms, EventKind::Left))
}

fn event(version: &Version, at_ms: i64, kind: EventKind) -> Event {
    Event {
        user_id: version.user_id.clone(),
        at_ms,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(user: &str, from: i64, to: Option<i64>, title: &str) -> Version {
        Version {
            user_id: user.into(),
            valid_from: from,
            valid_to: to,
            document: format!(r#"{{"id":"{user}","title":"{title}"}}"#),
        }
    }

    #[test]
    fn a_life_in_events() {
        let told: Vec<String> = events([
            version("a", 1, Some(2), "x"),
            version("a", 2, Some(5), "y"),
            version("a", 7, None, "y"),
            version("b", 3, Some(4), "x"),
            version("c", 4, None, "x"),
        ])
        .unwrap()
        .into_iter()
        .map(|event| {
            let kind = match event.kind {
                EventKind::Joined => "joined".to_owned(),
                EventKind::Left => "left".to_owned(),
                EventKind::Changed { changes } => format!("changed {}", changes[0].path),
                EventKind::Returned { changes } => format!("returned {}", changes.len()),
            };
            format!("{} {} {kind}", event.user_id, event.at_ms)
        })
        .collect();
        assert_eq!(
            told,
            [
                "a 1 joined",
                "a 2 changed title",
                "a 5 left",
                "a 7 returned 0",
                "b 3 joined",
                "b 4 left",
                "c 4 joined"
            ]
        );
    }
}
