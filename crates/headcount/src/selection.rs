//! The users that conditions pick: found first, with only what the conditions ask about in
//! memory, then read and printed one after the other.

use headcount_store::Snapshot;

use crate::{
    error::{Exit, Failure},
    reading::{self, Reading},
};

/// Conditions of `--where`, ANDed.
#[derive(Debug)]
pub(crate) struct Conditions(Vec<String>);

impl Conditions {
    /// Reads conditions.
    pub(crate) fn parse(texts: &[String]) -> anyhow::Result<Self> {
        if !texts.is_empty() {
            return Err(Failure::new(Exit::Failure, "conditions are not built in yet").into());
        }
        Ok(Self(texts.to_vec()))
    }
}

/// The users that conditions pick, by their place in the order of ids.
#[derive(Debug)]
pub(crate) struct Selection {
    places: Option<Vec<bool>>,
    of: Option<Snapshot>,
}

impl Selection {
    /// Finds the users; without conditions all are picked, and nothing is read.
    pub(crate) fn of(_reading: &Reading, conditions: &Conditions) -> anyhow::Result<Self> {
        debug_assert!(conditions.0.is_empty());
        Ok(Self {
            places: None,
            of: None,
        })
    }

    /// Goes through the users in the order of ids.
    pub(crate) fn picks(&self) -> Picks<'_> {
        Picks {
            places: self.places.as_deref(),
            place: 0,
        }
    }

    /// Fails when `snapshot` is not the one that the users were found in.
    pub(crate) fn is_of(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        self.of
            .as_ref()
            .map_or(Ok(()), |of| reading::same(of, snapshot))
    }
}

/// See [`Selection::picks`].
#[derive(Debug)]
pub(crate) struct Picks<'a> {
    places: Option<&'a [bool]>,
    place: usize,
}

impl Picks<'_> {
    /// Whether the next user is picked.
    pub(crate) fn next_is_picked(&mut self) -> bool {
        let Some(places) = self.places else {
            return true;
        };
        self.place += 1;
        places.get(self.place - 1).copied().unwrap_or(false)
    }
}
