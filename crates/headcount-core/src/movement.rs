//! Who came, moved and went, and how many there were, as a person counts it: somebody who is
//! `deleted` is no longer there, though Genesys Cloud goes on listing them.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::{
    field::{Column, Projection},
    history::VersionRef,
    search::text::is_blank,
    user::Attributes,
};

/// What happened to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MoveKind {
    /// There for the first time.
    Joined,
    /// There again.
    Returned,
    /// Another department, division, manager or title.
    Moved,
    /// Another lasting attribute, such as the name.
    Changed,
    /// There no more: gone, `deleted`, or out of sight.
    Left,
}

impl MoveKind {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Joined,
        Self::Returned,
        Self::Moved,
        Self::Changed,
        Self::Left,
    ];

    /// The word for it, such as `joined`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Returned => "returned",
            Self::Moved => "moved",
            Self::Changed => "changed",
            Self::Left => "left",
        }
    }
}

/// Something that happened to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// When it was published, ms UTC.
    pub at_ms: i64,
    /// What happened.
    pub kind: MoveKind,
    /// Id of the user.
    pub user_id: Box<str>,
    /// Departments before and after, as places in [`Movement::departments`]: 0 for none, and where
    /// the user was not there.
    pub departments: [u32; 2],
}

/// The states that are counted, in their order; others count as the last.
pub const STATES: [&str; 4] = ["active", "inactive", "deleted", "other"];

/// Users by state from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The moment, ms UTC.
    pub from_ms: i64,
    /// Users in each of [`STATES`].
    pub states: [u64; STATES.len()],
}

/// What came of all versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// What happened, the latest first, then by kind and id. Nobody joined at the first snapshot:
    /// they were there before.
    pub moves: Vec<Move>,
    /// Users by state at each moment at which any number changed, the earliest first.
    pub counts: Vec<Count>,
    /// The departments that moves speak of; the first stands for none.
    pub departments: Vec<Box<str>>,
    /// The last names of those who are in sight no more, by id.
    pub gone: HashMap<Box<str>, Box<str>>,
}

impl Movement {
    /// The department at a place; nothing where there was none.
    #[must_use]
    pub fn department(&self, place: u32) -> Option<&str> {
        let place = usize::try_from(place).ok().filter(|place| *place > 0)?;
        self.departments.get(place).map(|name| &**name)
    }
}

/// Turns versions into movement, holding one of them in memory. Feed it whole lives ordered by user
/// and time, then call [`Movements::finish`].
#[derive(Debug)]
pub struct Movements<S> {
    sees: S,
    since_ms: i64,
    first_ms: i64,
    life: Life,
    moves: Vec<Move>,
    steps: BTreeMap<i64, [i64; STATES.len()]>,
    departments: HashMap<Box<str>, u32>,
    gone: HashMap<Box<str>, Box<str>>,
}

/// What is known of the user whose versions are coming.
#[derive(Debug, Default)]
struct Life {
    user_id: Box<str>,
    /// The last version, where the user was there in it.
    there: Option<Stay>,
    was_there: bool,
    /// When the last version in sight ended, and the name in it; nothing while it holds.
    gone: Option<(i64, Option<Box<str>>)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Stay {
    until_ms: Option<i64>,
    place: [Option<Box<str>>; 4],
    /// Place of the department among all of them.
    department: u32,
}

/// What has to be read of every version, beside what decides whether it is seen.
#[must_use]
pub fn projection() -> Projection {
    [
        Column::Id,
        Column::Name,
        Column::State,
        Column::Department,
        Column::Title,
        Column::DivisionId,
        Column::ManagerId,
    ]
    .into_iter()
    .fold(Projection::none(), Projection::with)
}

impl<S: FnMut(&Attributes<'_>) -> bool> Movements<S> {
    /// Of whoever sees the versions for which `sees` is true. `first_ms` is the first snapshot;
    /// moves before `since_ms` are left out. Both in ms UTC.
    pub fn new(first_ms: i64, since_ms: i64, sees: S) -> Self {
        Self {
            sees,
            since_ms,
            first_ms,
            life: Life::default(),
            moves: Vec::new(),
            steps: BTreeMap::new(),
            departments: HashMap::new(),
            gone: HashMap::new(),
        }
    }

    /// Takes the next version.
    pub fn push(&mut self, version: VersionRef<'_>) {
        let user = version.user;
        if *self.life.user_id != *user.id {
            self.end();
            self.life.user_id = user.id.as_ref().into();
        }
        let (from_ms, until_ms) = (version.valid_from, version.valid_to);
        let is_seen = (self.sees)(user);
        if is_seen {
            let state = state(&user.state);
            self.steps.entry(from_ms).or_default()[state] += 1;
            if let Some(until_ms) = until_ms {
                self.steps.entry(until_ms).or_default()[state] -= 1;
            }
            let name = || user.name.as_deref().filter(|name| !is_blank(name));
            self.life.gone = until_ms.map(|until_ms| (until_ms, name().map(Box::from)));
        }
        let is_there = is_seen && user.state != "deleted";
        let place = [
            &user.department,
            &user.title,
            &user.division_id,
            &user.manager_id,
        ];
        let stay = is_there.then(|| Stay {
            until_ms,
            place: place.map(|text| text.as_deref().map(Box::from)),
            department: self.department(user.department.as_deref()),
        });
        let before = std::mem::replace(&mut self.life.there, stay);
        let department = |stay: Option<&Stay>| stay.map_or(0, |stay| stay.department);
        let (from, to) = (
            department(before.as_ref()),
            department(self.life.there.as_ref()),
        );
        let came = if self.life.was_there {
            MoveKind::Returned
        } else {
            MoveKind::Joined
        };
        match (before, &self.life.there) {
            (None, None) => {}
            (None, Some(_)) => self.tell(from_ms, came, [0, to]),
            (Some(before), Some(now)) if before.until_ms == Some(from_ms) => {
                let kind = match before.place == now.place {
                    true => MoveKind::Changed,
                    false => MoveKind::Moved,
                };
                self.tell(from_ms, kind, [from, to]);
            }
            (Some(before), now) => {
                let is_back = now.is_some();
                let left_ms = before.until_ms.unwrap_or(from_ms);
                self.tell(left_ms, MoveKind::Left, [from, 0]);
                if is_back {
                    self.tell(from_ms, MoveKind::Returned, [0, to]);
                }
            }
        }
        self.life.was_there |= self.life.there.is_some();
    }

    /// What came of all of them.
    #[must_use]
    pub fn finish(mut self) -> Movement {
        self.end();
        let mut moves = self.moves;
        moves.sort_unstable_by(|one, other| {
            let by_time = other.at_ms.cmp(&one.at_ms);
            by_time
                .then_with(|| one.kind.cmp(&other.kind))
                .then_with(|| one.user_id.cmp(&other.user_id))
        });
        let mut now = [0_i64; STATES.len()];
        let steps = self.steps.into_iter();
        let mut counts: Vec<Count> = steps
            .map(|(from_ms, step)| {
                for (now, step) in now.iter_mut().zip(step) {
                    *now += step;
                }
                Count {
                    from_ms,
                    states: now.map(i64::unsigned_abs),
                }
            })
            .collect();
        counts.dedup_by(|later, earlier| later.states == earlier.states);
        let mut departments = vec![Box::default(); self.departments.len() + 1];
        for (name, place) in self.departments {
            departments[place as usize] = name;
        }
        Movement {
            moves,
            counts,
            departments,
            gone: self.gone,
        }
    }

    /// The life of the user before is over, as far as it is known.
    fn end(&mut self) {
        if let Some(Stay {
            until_ms: Some(until_ms),
            department,
            ..
        }) = self.life.there
        {
            self.tell(until_ms, MoveKind::Left, [department, 0]);
        }
        let life = std::mem::take(&mut self.life);
        if let Some((until_ms, Some(name))) = life.gone
            && until_ms >= self.since_ms
        {
            self.gone.insert(life.user_id, name);
        }
    }

    /// The place of a department among all of them.
    fn department(&mut self, name: Option<&str>) -> u32 {
        let Some(name) = name.filter(|name| !is_blank(name)) else {
            return 0;
        };
        if let Some(place) = self.departments.get(name) {
            return *place;
        }
        let place = u32::try_from(self.departments.len() + 1).unwrap_or(u32::MAX);
        self.departments.insert(name.into(), place);
        place
    }

    fn tell(&mut self, at_ms: i64, kind: MoveKind, departments: [u32; 2]) {
        if at_ms >= self.since_ms && at_ms != self.first_ms {
            self.moves.push(Move {
                at_ms,
                kind,
                user_id: self.life.user_id.clone(),
                departments,
            });
        }
    }
}

/// The place of a state in [`STATES`].
fn state(name: &str) -> usize {
    let last = STATES.len() - 1;
    STATES[..last]
        .iter()
        .position(|state| *state == name)
        .unwrap_or(last)
}

#[cfg(test)]
mod naive;

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    /// id, state, department, from, to
    type Told = (&'static str, &'static str, &'static str, i64, Option<i64>);

    fn movement(versions: &[Told], sees: impl FnMut(&Attributes<'_>) -> bool) -> Movement {
        let mut movements = Movements::new(10, 0, sees);
        for &(id, state, department, valid_from, valid_to) in versions {
            let user = Attributes {
                id: Cow::Borrowed(id),
                state: Cow::Borrowed(state),
                department: Some(Cow::Borrowed(department)),
                ..Attributes::default()
            };
            movements.push(VersionRef {
                user: &user,
                document: None,
                valid_from,
                valid_to,
            });
        }
        movements.finish()
    }

    fn told(movement: &Movement) -> Vec<(i64, &'static str, &str)> {
        let moves = movement.moves.iter();
        moves
            .map(|one| (one.at_ms, one.kind.name(), &*one.user_id))
            .collect()
    }

    const LIVES: [Told; 8] = [
        ("a", "active", "x", 10, Some(20)),
        ("a", "active", "y", 20, Some(30)),
        ("a", "inactive", "y", 30, Some(40)),
        ("a", "deleted", "y", 40, None),
        ("b", "active", "x", 20, Some(30)),
        ("b", "active", "x", 50, None),
        ("c", "deleted", "x", 10, Some(50)),
        ("c", "active", "x", 50, None),
    ];

    #[test]
    fn lives_are_told_as_people_count_them() {
        let movement = movement(&LIVES, |_| true);
        assert_eq!(
            told(&movement),
            [
                (50, "joined", "c"),
                (50, "returned", "b"),
                (40, "left", "a"),
                (30, "changed", "a"),
                (30, "left", "b"),
                (20, "joined", "b"),
                (20, "moved", "a"),
            ]
        );
        let counts: Vec<_> = movement
            .counts
            .iter()
            .map(|count| (count.from_ms, count.states))
            .collect();
        assert_eq!(
            counts,
            [
                (10, [1, 0, 1, 0]),
                (20, [2, 0, 1, 0]),
                (30, [0, 1, 1, 0]),
                (40, [0, 0, 2, 0]),
                (50, [2, 0, 1, 0]),
            ]
        );
    }

    #[test]
    fn who_sees_a_part_sees_people_come_and_go() {
        let movement = movement(&LIVES, |user| user.department.as_deref() == Some("y"));
        let expected = [(40, "left", "a"), (30, "changed", "a"), (20, "joined", "a")];
        assert_eq!(told(&movement), expected);
    }
}
