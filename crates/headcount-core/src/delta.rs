//! What became of users between two moments: each of them once, with the last that happened. A
//! consumer who applies it to the roster of the first moment has that of the second.

mod token;

use serde::Serialize;

pub use self::token::{DeltaToken, Round, Stand, TokenError, TokenKey, scope_of};
use crate::{history::Version, user::Attributes};

/// What became of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeltaKind {
    /// In sight now, and never before.
    Joined,
    /// In sight all the time; lasting attributes changed.
    Changed,
    /// In sight now, after having been away.
    Returned,
    /// No longer in sight.
    Left,
}

impl DeltaKind {
    /// The word for it, such as `joined`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Changed => "changed",
            Self::Returned => "returned",
            Self::Left => "left",
        }
    }
}

/// A user to whom something happened.
///
/// Also one who is as before (changed and changed back, joined and left again): whoever has taken
/// over a part of what happened meanwhile, and begins again from the first moment, must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// Id of the user.
    pub user_id: String,
    /// What became of them.
    pub kind: DeltaKind,
    /// When the last of it was published, ms UTC.
    pub at_ms: i64,
    /// The lasting document at the first moment; `None` where the user was not in sight.
    pub old: Option<String>,
    /// The last document in sight: for whoever did not leave, that of the second moment.
    pub last: String,
}

/// Turns versions into deltas, one user after the other, holding two versions in memory.
///
/// Feed it whole lives ordered by user and time, then call [`Deltas::finish`].
#[derive(Debug)]
pub struct Deltas<S> {
    base_ms: i64,
    head_ms: i64,
    sees: S,
    life: Option<Life>,
}

/// What is known so far of the user whose versions are coming.
#[derive(Debug, Default)]
struct Life {
    user_id: String,
    old: Option<String>,
    last: Option<String>,
    /// When the last version in sight ended; `None` while it holds at the second moment.
    ended: Option<i64>,
    /// When the stretch in sight began of which the last version is the end.
    began: i64,
    /// There was a stretch before it.
    away: bool,
    at_ms: Option<i64>,
}

impl<S: FnMut(&Version) -> bool> Deltas<S> {
    /// Between the moments `base_ms` and `head_ms`, ms UTC, as somebody sees it who only sees
    /// versions of which `sees` is true.
    pub fn new(base_ms: i64, head_ms: i64, sees: S) -> Self {
        Self {
            base_ms,
            head_ms,
            sees,
            life: None,
        }
    }

    /// Takes the next version; gives what became of the user before, once the next one begins.
    pub fn push(&mut self, version: Version) -> Option<Delta> {
        let is_next = self
            .life
            .as_ref()
            .is_none_or(|life| life.user_id != version.user_id);
        let done = if is_next {
            let life = Life {
                user_id: version.user_id.clone(),
                ..Life::default()
            };
            self.life.replace(life)
        } else {
            None
        };
        if version.valid_from <= self.head_ms && (self.sees)(&version) {
            let (base_ms, head_ms) = (self.base_ms, self.head_ms);
            if let Some(life) = &mut self.life {
                life.lived(version, base_ms, head_ms);
            }
        }
        done.and_then(|life| life.delta(self.base_ms))
    }

    /// What became of the last user.
    #[must_use]
    pub fn finish(self) -> Option<Delta> {
        self.life.and_then(|life| life.delta(self.base_ms))
    }
}

impl Life {
    fn lived(&mut self, version: Version, base_ms: i64, head_ms: i64) {
        // What happens after the second moment is not known yet.
        let ended = version.valid_to.filter(|ended| *ended <= head_ms);
        let goes_on = self.last.is_some() && self.ended == Some(version.valid_from);
        if !goes_on {
            self.away = self.last.is_some();
            self.began = version.valid_from;
        }
        let happened = ended.unwrap_or(version.valid_from);
        if happened > base_ms {
            self.at_ms = Some(happened);
        }
        if version.valid_from <= base_ms && ended.is_none_or(|ended| base_ms < ended) {
            self.old = Some(version.document.clone());
        }
        self.ended = ended;
        self.last = Some(version.document);
    }

    fn delta(self, base_ms: i64) -> Option<Delta> {
        let kind = if self.ended.is_some() {
            DeltaKind::Left
        } else if self.began <= base_ms {
            DeltaKind::Changed
        } else if self.away {
            DeltaKind::Returned
        } else {
            DeltaKind::Joined
        };
        Some(Delta {
            at_ms: self.at_ms?,
            user_id: self.user_id,
            kind,
            old: self.old,
            last: self.last?,
        })
    }
}

/// Who sees what: all versions, or those in some divisions, by id.
pub fn in_divisions(divisions: Option<&[String]>) -> impl Fn(&Version) -> bool {
    move |version| {
        let Some(divisions) = divisions else {
            return true;
        };
        let user = Attributes::parse(&version.document);
        user.is_ok_and(|user| {
            let id = user.division_id;
            id.is_some_and(|id| divisions.iter().any(|division| *division == *id))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(user: &str, from: i64, to: Option<i64>, division: &str) -> Version {
        Version {
            user_id: user.into(),
            valid_from: from,
            valid_to: to,
            document: format!(r#"{{"id":"{user}","division":{{"id":"{division}"}}}}"#),
        }
    }

    fn told(base_ms: i64, head_ms: i64, divisions: Option<&[String]>) -> Vec<String> {
        let mut deltas = Deltas::new(base_ms, head_ms, in_divisions(divisions));
        let mut all = Vec::new();
        for version in [
            version("stays", 1, None, "d"),
            version("moves", 1, Some(4), "d"),
            version("moves", 4, Some(6), "e"),
            version("moves", 6, None, "d"),
            version("leaves", 1, Some(5), "d"),
            version("comes", 4, None, "d"),
            version("passes", 4, Some(5), "d"),
            version("returns", 1, Some(2), "d"),
            version("returns", 5, Some(8), "d"),
            version("late", 8, None, "d"),
        ] {
            all.extend(deltas.push(version));
        }
        all.extend(deltas.finish());
        all.iter()
            .map(|delta| {
                let old = if delta.old.is_some() { " was" } else { "" };
                format!(
                    "{} {} {}{old}",
                    delta.user_id,
                    delta.kind.name(),
                    delta.at_ms
                )
            })
            .collect()
    }

    #[test]
    fn each_user_is_told_once_with_the_last_that_happened() {
        assert_eq!(
            told(3, 7, None),
            [
                "moves changed 6 was",
                "leaves left 5 was",
                "comes joined 4",
                "passes left 5",
                "returns returned 5"
            ]
        );
        assert_eq!(
            told(0, 1, None),
            [
                "stays joined 1",
                "moves joined 1",
                "leaves joined 1",
                "returns joined 1"
            ]
        );
        assert_eq!(told(7, 7, None), [""; 0]);
    }

    #[test]
    fn who_moves_out_of_sight_left_and_comes_back_returned() {
        let divisions = ["d".to_owned()];
        let moves = |base_ms, head_ms| told(base_ms, head_ms, Some(&divisions))[0].clone();
        assert_eq!(moves(3, 5), "moves left 4 was");
        assert_eq!(moves(5, 7), "moves returned 6");
        assert_eq!(moves(3, 7), "moves returned 6 was");
        let others = ["e".to_owned()];
        assert_eq!(told(3, 5, Some(&others)), ["moves joined 4"]);
        assert_eq!(told(5, 7, Some(&others)), ["moves left 6 was"]);
        assert_eq!(told(0, 9, Some(&[])), [""; 0]);
    }
}
