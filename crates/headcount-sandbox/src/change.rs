//! Changes of the org: joiners, leavers, movers, and how they pick whom they strike.

use serde::{Deserialize, Serialize};

use crate::{
    org::{Org, State},
    people::{People, push_json},
};

/// What happens to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Somebody new.
    Join,
    /// Deleted: state `deleted`, division Home, still listed.
    Leave,
    /// Gone for good.
    Purge,
    /// A deleted user becomes active again.
    Return,
    /// Another name.
    Rename,
    /// Another division; `value` is its name.
    MoveDivision,
    /// Another department; `value` is its name.
    MoveDepartment,
    /// An active user becomes inactive.
    Deactivate,
    /// An inactive user becomes active.
    Activate,
    /// One of the others, as it happens in a year of an org.
    Random,
}

/// A change, and whom it strikes: one `user`, a `count` (1 if nothing is given) or a `share` of
/// those that it can strike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What happens.
    #[serde(rename = "do")]
    pub kind: ChangeKind,
    /// Id of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// So many users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// This share of the users, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// New name, division or department; made up if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Wait until so many search requests have been answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_request: Option<u64>,
}

impl Change {
    /// A change of `count` users that the seed picks.
    #[must_use]
    pub fn of(kind: ChangeKind, count: usize) -> Self {
        Self {
            kind,
            user: None,
            count: Some(count),
            share: None,
            value: None,
            after_request: None,
        }
    }

    /// Why this change means nothing, if it does.
    #[must_use]
    pub fn complaint(&self) -> Option<&'static str> {
        let ways = [
            self.user.is_some(),
            self.count.is_some(),
            self.share.is_some(),
        ];
        if ways.iter().filter(|given| **given).count() > 1 {
            return Some("a change takes one of user, count and share");
        }
        if self
            .share
            .is_some_and(|share| !(0.0..=1.0).contains(&share))
        {
            return Some("share is not from 0 to 1");
        }
        if self.kind == ChangeKind::Join && self.user.is_some() {
            return Some("who joins can't be chosen");
        }
        None
    }
}

/// Makes a change. Gives the number of users that it struck.
pub(crate) fn apply(org: &mut Org, change: &Change, random: &mut fastrand::Rng) -> usize {
    if let Some(user) = &change.user {
        return usize::from(strike(
            org,
            change.kind,
            user,
            change.value.as_deref(),
            random,
        ));
    }
    let can = candidates(change.kind);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a number of users"
    )]
    let count = match (change.count, change.share) {
        (Some(count), _) => count,
        (None, Some(share)) => {
            let all = org
                .iter()
                .filter(|person| can.is_none_or(|state| person.state() == state))
                .count();
            (all as f64 * share).round() as usize
        }
        (None, None) => 1,
    };
    if matches!(change.kind, ChangeKind::Join | ChangeKind::Random) {
        for _ in 0..count {
            one(org, change.kind, random);
        }
        return count;
    }
    let chosen = choose(org, can, count, random);
    chosen
        .iter()
        .filter(|id| strike(org, change.kind, id, change.value.as_deref(), random))
        .count()
}

/// The state in which a user must be for a change; any for `None`.
fn candidates(kind: ChangeKind) -> Option<State> {
    match kind {
        ChangeKind::Leave | ChangeKind::Deactivate => Some(State::Active),
        ChangeKind::Return => Some(State::Deleted),
        ChangeKind::Activate => Some(State::Inactive),
        ChangeKind::MoveDivision | ChangeKind::MoveDepartment => Some(State::Active),
        _ => None,
    }
}

/// Different users in this state, at random.
fn choose(
    org: &Org,
    state: Option<State>,
    count: usize,
    random: &mut fastrand::Rng,
) -> Vec<String> {
    // One user out of many: try a few places before listing everybody.
    if count == 1 && org.seats() > 0 {
        for _ in 0..64 {
            let person = org.seat(random.u32(..org.seats()));
            if let Some(person) =
                person.filter(|person| state.is_none_or(|state| person.state() == state))
            {
                return vec![person.id().to_owned()];
            }
        }
    }
    let mut ids: Vec<&str> = org
        .iter()
        .filter(|person| state.is_none_or(|state| person.state() == state))
        .map(|person| person.id())
        .collect();
    random.shuffle(&mut ids);
    ids.into_iter().take(count).map(str::to_owned).collect()
}

/// One change of the kinds that a year brings, most often small ones.
fn one(org: &mut Org, kind: ChangeKind, random: &mut fastrand::Rng) {
    use ChangeKind as K;
    const YEAR: [ChangeKind; 16] = [
        K::Join,
        K::Join,
        K::Join,
        K::Leave,
        K::Leave,
        K::Purge,
        K::Purge,
        K::Return,
        K::Rename,
        K::Rename,
        K::MoveDivision,
        K::MoveDivision,
        K::MoveDepartment,
        K::Deactivate,
        K::Activate,
        K::MoveDepartment,
    ];
    let kind = if kind == K::Random {
        YEAR[random.usize(..YEAR.len())]
    } else {
        kind
    };
    if kind == K::Join {
        org.join();
        return;
    }
    for id in choose(org, candidates(kind), 1, random) {
        strike(org, kind, &id, None, random);
    }
}

/// Changes one user. False if there is no such user.
fn strike(
    org: &mut Org,
    kind: ChangeKind,
    id: &str,
    value: Option<&str>,
    random: &mut fastrand::Rng,
) -> bool {
    let json = |text: &str| {
        let mut out = String::new();
        push_json(&mut out, text);
        out
    };
    match kind {
        ChangeKind::Join | ChangeKind::Random => {
            one(org, kind, random);
            true
        }
        ChangeKind::Purge => org.purge(id),
        ChangeKind::Leave => {
            let home = division(org, Some("Home"), random);
            org.edit(id, Some(State::Deleted), |user| user.set("division", &home))
        }
        ChangeKind::Return | ChangeKind::Activate => org.edit(id, Some(State::Active), |_| {}),
        ChangeKind::Deactivate => org.edit(id, Some(State::Inactive), |_| {}),
        ChangeKind::Rename => {
            let name = value.map_or_else(|| People::name(random).0, str::to_owned);
            org.edit(id, None, |user| user.set("name", &json(&name)))
        }
        ChangeKind::MoveDepartment => {
            let name = value.unwrap_or_else(|| People::department(random));
            org.edit(id, None, |user| user.set("department", &json(name)))
        }
        ChangeKind::MoveDivision => {
            let new = division(org, value, random);
            org.edit(id, None, |user| user.set("division", &new))
        }
    }
}

/// A division as JSON: the one of this name, or any but Home.
pub(crate) fn division(org: &Org, name: Option<&str>, random: &mut fastrand::Rng) -> String {
    let all = org.divisions();
    let found = match name {
        Some(name) => all.iter().find(|division| division.name == name),
        None => all.get(1 + random.usize(..all.len().max(2) - 1)),
    };
    let (id, name) = match (found, name) {
        (Some(division), _) => (division.id.clone(), division.name),
        (None, name) => {
            // A division of that name is founded; its id follows from the name.
            let seed = name.unwrap_or_default().bytes().fold(7, |sum: u64, byte| {
                crate::people::mix(sum ^ u64::from(byte))
            });
            (
                crate::people::uuid(&mut fastrand::Rng::with_seed(seed)),
                name.unwrap_or_default(),
            )
        }
    };
    let mut out = format!("{{\"id\":\"{id}\",\"name\":");
    push_json(&mut out, name);
    out.push_str(",\"selfUri\":\"/api/v2/authorization/divisions/");
    out.push_str(&id);
    out.push_str("\"}");
    out
}

#[cfg(test)]
mod tests {
    use headcount_core::user::Attributes;

    use super::*;

    fn org() -> (Org, fastrand::Rng) {
        (
            Org::of_people(People::new(1, false), 400),
            fastrand::Rng::with_seed(5),
        )
    }

    #[test]
    fn a_leaver_falls_to_home_and_stays_listed() {
        let (mut org, mut random) = org();
        let id = org
            .iter()
            .find(|p| p.state() == State::Active)
            .unwrap()
            .id()
            .to_owned();
        let change = Change {
            user: Some(id.clone()),
            ..Change::of(ChangeKind::Leave, 1)
        };
        assert_eq!(
            apply(
                &mut org,
                &Change {
                    count: None,
                    ..change
                },
                &mut random
            ),
            1
        );
        let user = Attributes::parse(org.get(&id).unwrap().document()).unwrap();
        assert_eq!(
            (&*user.state, user.division_name.as_deref()),
            ("deleted", Some("Home"))
        );
        assert_eq!(org.len(), 400);
    }

    #[test]
    fn truth_tells_who_stayed_and_who_ever_was() {
        let (mut org, mut random) = org();
        apply(&mut org, &Change::of(ChangeKind::Join, 3), &mut random);
        let mark = org.revision();
        apply(&mut org, &Change::of(ChangeKind::Join, 2), &mut random);
        let last = org.join();
        assert!(org.purge(&last));
        apply(&mut org, &Change::of(ChangeKind::Purge, 5), &mut random);
        let truth = org.truth(mark);
        assert_eq!(truth.now.len(), 400 + 3 + 2 - 5);
        assert_eq!(truth.ever.len(), 400 + 3 + 3);
        assert!(truth.stayed.len() <= 403 && truth.stayed.len() >= 398);
        assert!(
            !truth.now.contains(&last)
                && truth.ever.contains(&last)
                && !truth.stayed.contains(&last)
        );
    }

    #[test]
    fn a_share_strikes_that_share() {
        let (mut org, mut random) = org();
        let change = Change {
            count: None,
            share: Some(0.3),
            ..Change::of(ChangeKind::Purge, 1)
        };
        assert_eq!(apply(&mut org, &change, &mut random), 120);
        assert_eq!(org.len(), 280);
    }

    #[test]
    fn a_change_counts_the_version_up_and_random_ones_are_repeatable() {
        let run = || {
            let (mut org, mut random) = org();
            apply(&mut org, &Change::of(ChangeKind::Random, 300), &mut random);
            org.iter()
                .map(|person| person.document().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
        let (mut org, mut random) = org();
        let id = org.iter().next().unwrap().id().to_owned();
        let version = |org: &Org| {
            Attributes::parse(org.get(&id).unwrap().document())
                .unwrap()
                .version
        };
        let before = version(&org);
        let change = Change {
            user: Some(id.clone()),
            count: None,
            ..Change::of(ChangeKind::Rename, 1)
        };
        apply(&mut org, &change, &mut random);
        assert_eq!(version(&org), before.map(|number| number + 1));
    }
}
