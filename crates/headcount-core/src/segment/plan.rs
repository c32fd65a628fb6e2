//! Which segment each version is in, found once and before any fact is read.

use std::{collections::HashMap, ops::Range};

use roaring::RoaringBitmap;

use super::{
    Attribute, Calendar, People, UNROSTERED,
    calendar::Grain,
    paths::{Managing, NO_PATH},
};
use crate::{
    aggregate::{GroupBy, NONE, labels::Labels},
    fact::FactKind,
    field::{Column, Projection},
    roster::RosterError,
    search::Matcher,
};

/// Which version of its user a fact belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attribution {
    /// The one valid at the start of its interval: a report of the past never changes.
    #[default]
    Event,
    /// The latest one.
    Today,
}

impl Attribution {
    /// `event` or `today`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Today => "today",
        }
    }
}

/// What is asked of facts.
#[derive(Clone, Debug)]
pub struct Question {
    /// Of which facts.
    pub kind: FactKind,
    /// What they are segmented by.
    pub by: Vec<Attribute>,
    /// Which versions count; every one without it. Facts without a known user match no condition.
    pub matcher: Option<Matcher>,
    /// Id of a manager: only facts of the whole tree below, and of the manager.
    pub under: Option<String>,
    /// Which version a fact belongs to.
    pub attribution: Attribution,
    /// Starts of the intervals that count, ms UTC.
    pub period_ms: Range<i64>,
    /// Days and weeks of the reader.
    pub calendar: Calendar,
    /// Ids of the divisions that the reader may see; nothing else exists. All without it.
    pub divisions: Option<Vec<String>>,
}

/// Why facts cannot be segmented.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The question reads what was not loaded of the versions.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// Nobody of this id was ever in the org, or in the reader's sight.
    #[error("no manager {id:?} was ever in this org")]
    NoManager {
        /// The id as given.
        id: String,
    },
    /// The sums pass the range of 64 bits.
    #[error("the sums are larger than 64 bits can hold")]
    Overflow,
}

/// A group of versions, and a path of managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    pub(super) group: u32,
    pub(super) path: u32,
}

/// The group of versions that the conditions leave out.
pub(super) const LEFT_OUT: u32 = u32::MAX;
/// The group of versions that do not exist for the reader.
pub(super) const OUT_OF_SIGHT: u32 = u32::MAX - 1;

/// Which segment each version is in.
#[derive(Debug)]
pub struct Plan<'p> {
    pub(super) people: &'p People,
    pub(super) question: &'p Question,
    /// The group of each version.
    pub(super) groups: Vec<u32>,
    /// The labels of each group, one for each attribute that a version alone decides.
    group_codes: Vec<Vec<u32>>,
    /// For each attribute of the question that a version alone decides, its place among those, and
    /// what its codes are called.
    texts: Vec<Option<(usize, Texts<'p>)>>,
    pub(super) managing: Option<Managing>,
    pub(super) under: Option<u32>,
    pub(super) grain: Grain,
    pub(super) by_media: bool,
}

/// What the codes of an attribute are called.
#[derive(Debug)]
enum Texts<'p> {
    Of(Vec<String>),
    /// Codes are users.
    Ids(&'p People),
    /// Codes are users.
    Names,
}

impl Question {
    /// What has to be read of every version.
    #[must_use]
    pub fn projection(&self) -> Projection {
        let mut all = Projection::none().with(Column::Id);
        for attribute in &self.by {
            all = all.union(attribute.projection());
        }
        if let Some(matcher) = &self.matcher {
            all = all.union(matcher.projection());
        }
        if self.under.is_some() {
            all = all.union(Attribute::Tree.projection());
        }
        if self.divisions.is_some() {
            all = all.with(Column::DivisionId);
        }
        all
    }

    /// Until when the history counts, ms UTC: the end of the period, so that what happens later
    /// changes nothing, not even a name.
    #[must_use]
    pub fn known_until_ms(&self) -> i64 {
        match self.attribution {
            Attribution::Event => self.period_ms.end.saturating_sub(1),
            Attribution::Today => i64::MAX,
        }
    }
}

impl<'p> Plan<'p> {
    /// The plan of a question over people who were read for it.
    ///
    /// # Errors
    /// [`PlanError`] when something the question needs was not read, or nobody is the manager that
    /// it names.
    pub fn new(people: &'p People, question: &'p Question) -> Result<Self, PlanError> {
        let roster = people.roster();
        let seen = match &question.divisions {
            Some(ids) => {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                Some(roster.rows_with(Column::DivisionId, &ids)?)
            }
            None => None,
        };
        let named = match &seen {
            Some(seen) => people.in_force() & seen,
            None => people.in_force().clone(),
        };
        let matching = match &question.matcher {
            // Whoever is out of sight lends no condition a name either.
            Some(matcher) => Some(roster.view(seen.as_ref()).matching(matcher)?),
            None => None,
        };
        let mut texts = Vec::new();
        let mut codes = Vec::new();
        for attribute in &question.by {
            texts.push(match decided(people, &named, *attribute)? {
                Some((of, called)) => {
                    codes.push(of);
                    Some((codes.len() - 1, called))
                }
                None => None,
            });
        }
        let (mut groups, group_codes) = grouped(people.versions(), &codes);
        for (row, group) in (0..).zip(&mut groups) {
            if seen.as_ref().is_some_and(|seen| !seen.contains(row)) {
                *group = OUT_OF_SIGHT;
            } else if matching.as_ref().is_some_and(|rows| !rows.contains(row)) {
                *group = LEFT_OUT;
            }
        }
        let under = match &question.under {
            Some(id) => {
                let in_sight = |user: &u32| {
                    let seen = seen.as_ref();
                    seen.is_none_or(|seen| people.rows(*user).any(|row| seen.contains(row)))
                };
                let found = people.find(id).filter(in_sight);
                Some(found.ok_or_else(|| PlanError::NoManager { id: id.clone() })?)
            }
            None => None,
        };
        let needs_paths = under.is_some() || question.by.iter().any(|by| by.is_path());
        let managing = match needs_paths {
            true => Some(Managing::of(people, seen.as_ref())?),
            false => None,
        };
        Ok(Self {
            people,
            question,
            groups,
            group_codes,
            texts,
            managing,
            under,
            grain: Grain::of(&question.by),
            by_media: question.by.contains(&Attribute::Media),
        })
    }

    /// The spot of facts whose user is not known; its group says where those are left out.
    pub(super) fn unrostered(&self) -> Spot {
        let group = match (&self.question.divisions, &self.question.matcher, self.under) {
            (Some(_), ..) => OUT_OF_SIGHT,
            (None, None, None) => u32::try_from(self.group_codes.len()).unwrap_or(LEFT_OUT),
            _ => LEFT_OUT,
        };
        Spot {
            group,
            path: NO_PATH,
        }
    }

    /// Whether a spot is that of facts whose user is not known.
    pub(super) fn is_unrostered(&self, spot: Spot) -> bool {
        spot.group as usize == self.group_codes.len()
    }

    /// The name of a user, where one is known and in sight.
    pub(super) fn name(&self, user: u32) -> Option<&str> {
        let row = self.people.in_force_of(user)?;
        let seen = self.groups[row as usize] != OUT_OF_SIGHT;
        self.people.name(user).filter(|_| seen)
    }

    /// The name in the last version of a user that is known and in sight.
    fn last_name(&self, user: u32) -> Option<&str> {
        let in_sight = |row: &u32| self.groups[*row as usize] != OUT_OF_SIGHT;
        let people = self.people;
        let mut rows = people.rows(user).rev().filter(in_sight);
        let row = rows.find(|&row| people.is_known(row) || row == people.rows(user).start)?;
        people.roster().value(row, Column::Name)
    }

    /// What a group is called by an attribute that a version alone decides.
    pub(super) fn text(&self, place: usize, group: u32) -> &str {
        let Some(codes) = self.group_codes.get(group as usize) else {
            return UNROSTERED;
        };
        let Some((at, called)) = &self.texts[place] else {
            return NONE;
        };
        match (called, codes[*at]) {
            (Texts::Of(texts), code) => &texts[code as usize],
            (Texts::Ids(people), user) => people.id(user),
            (Texts::Names, user) => self.last_name(user).unwrap_or(NONE),
        }
    }
}

/// A code for each version and what the codes are called, where a version alone decides.
fn decided<'p>(
    people: &'p People,
    named: &RoaringBitmap,
    attribute: Attribute,
) -> Result<Option<(Vec<u32>, Texts<'p>)>, RosterError> {
    let users = || {
        (0..people.versions())
            .map(|row| people.user_of(row))
            .collect()
    };
    Ok(match attribute {
        Attribute::User(by) => Some(labelled(people, named, by)?),
        Attribute::UserId => Some((users(), Texts::Ids(people))),
        Attribute::UserName => Some((users(), Texts::Names)),
        _ => None,
    })
}

/// Codes by which equal labels are equal. `named` are the versions that lend others a name.
fn labelled<'p>(
    people: &People,
    named: &RoaringBitmap,
    by: GroupBy,
) -> Result<(Vec<u32>, Texts<'p>), RosterError> {
    let roster = people.roster();
    let rows: Vec<u32> = (0..people.versions()).collect();
    let all: RoaringBitmap = (0..people.versions()).collect();
    let divisions;
    // What stands in one's own version needs no other; a name in another's is looked up in sight.
    let scope = match by {
        GroupBy::Field(field) => field.is_looked_up().then_some(named),
        GroupBy::Manager => Some(named),
        GroupBy::Division => {
            divisions = naming_divisions(people, named)?;
            Some(&divisions)
        }
    };
    let labels = Labels::of(roster.view(scope), &all, by)?;
    let mut codes = vec![0; rows.len()];
    labels.fill(0, &rows, &mut codes);
    let names = labels.names(codes.iter().copied());
    for code in &mut codes {
        *code = names.ranks[*code as usize];
    }
    let texts = names.texts.iter().map(|text| (*text).to_owned()).collect();
    Ok((codes, Texts::Of(texts)))
}

/// The versions that lend divisions their names: those in `named`, and where a division has none
/// of them any more, those that were in it before.
fn naming_divisions(people: &People, named: &RoaringBitmap) -> Result<RoaringBitmap, RosterError> {
    let codes = people.roster().codes(Column::DivisionId)?;
    let mut has_one = vec![false; codes.len()];
    for row in named {
        has_one[codes.of(row) as usize] = true;
    }
    let before = (0..people.versions())
        .filter(|&row| people.is_known(row) && !has_one[codes.of(row) as usize]);
    Ok(named | before.collect::<RoaringBitmap>())
}

/// The group of each version, and the codes of each group.
fn grouped(versions: u32, codes: &[Vec<u32>]) -> (Vec<u32>, Vec<Vec<u32>>) {
    if let [one] = codes {
        let last = one.iter().max().map_or(0, |last| last + 1);
        return (one.clone(), (0..last).map(|code| vec![code]).collect());
    }
    let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
    let mut groups = Vec::new();
    let of = (0..versions as usize).map(|row| {
        let combination: Vec<u32> = codes.iter().map(|codes| codes[row]).collect();
        *known.entry(combination).or_insert_with_key(|combination| {
            groups.push(combination.clone());
            u32::try_from(groups.len() - 1).unwrap_or(LEFT_OUT)
        })
    });
    (of.collect(), groups)
}
