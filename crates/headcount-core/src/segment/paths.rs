//! Who is above whom at a moment. The managers above a user, from the top down, are a *path*;
//! equal paths are one number, whenever they occur.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    ops::RangeInclusive,
};

use roaring::RoaringBitmap;

use super::people::People;
use crate::{field::Column, managers::cycles, roster::RosterError};

/// The path of whoever has no manager and no reports.
pub(super) const NO_PATH: u32 = 0;

/// Nobody.
const NOBODY: u32 = u32::MAX;

/// Trees kept at hand: facts of a day are of one or two.
const KEPT: usize = 4;

/// Managers by version, and the moments at which any of them changed.
#[derive(Debug)]
pub(super) struct Managing {
    /// The manager of each version, [`NOBODY`] for none or one that no snapshot ever held.
    manager: Vec<u32>,
    /// When anybody came, got another manager, or went out of sight or back, ascending, each once.
    moments: Vec<i64>,
    /// The versions in sight, all without it. Whoever is out of sight manages nobody, and has no
    /// manager: what is known of the tree must come from documents that the reader may see.
    seen: Option<RoaringBitmap>,
    /// When the last of all users was first seen: from then on everybody is known.
    last_seen: i64,
}

/// The paths met so far.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// The lowest manager of each path, and the path above.
    nodes: Vec<(u32, u32)>,
    known: HashMap<(u32, u32), u32>,
    /// By number of moments passed.
    trees: VecDeque<(usize, Vec<u32>)>,
    /// The numbers of moments of which a tree was found.
    met: BTreeSet<usize>,
    /// Rings of managers that were cut, each from its least user on.
    cycles: BTreeSet<Vec<u32>>,
}

/// Whoever has reports, with rings cut.
struct Heads {
    /// Place of each user among the heads, [`NOBODY`] for whoever is none.
    place: Vec<u32>,
    users: Vec<u32>,
    /// Place of the head above each.
    above: Vec<Option<u32>>,
    /// Rings that were cut, each from its least user on.
    rings: Vec<Vec<u32>>,
}

impl Managing {
    pub(super) fn of(people: &People, seen: Option<&RoaringBitmap>) -> Result<Self, RosterError> {
        let codes = people.roster().codes(Column::ManagerId)?;
        let sees = |row| seen.is_none_or(|seen| seen.contains(row));
        let users: Vec<u32> = (0..codes.len())
            .map(|code| {
                let id = codes.text(u32::try_from(code).unwrap_or(u32::MAX));
                id.and_then(|id| people.find(id)).unwrap_or(NOBODY)
            })
            .collect();
        let rows = 0..people.versions();
        let manager: Vec<u32> = rows
            .map(|row| match sees(row) {
                true => users[codes.of(row) as usize],
                false => NOBODY,
            })
            .collect();
        let mut moments: Vec<i64> = (0..people.versions())
            .filter(|&row| {
                let user = people.user_of(row);
                row == 0
                    || people.user_of(row - 1) != user
                    || manager[row as usize - 1] != manager[row as usize]
                    || sees(row - 1) != sees(row)
            })
            .map(|row| people.valid_from(row))
            .collect();
        moments.sort_unstable();
        moments.dedup();
        Ok(Self {
            manager,
            moments,
            seen: seen.cloned(),
            last_seen: (0..people.users())
                .map(|user| people.first_seen(user))
                .max()
                .unwrap_or(i64::MIN),
        })
    }

    /// How many of the moments have passed; the first counts as passed always, since facts before
    /// the first snapshot belong to it.
    pub(super) fn passed(&self, ms: i64) -> usize {
        self.moments.partition_point(|&moment| moment <= ms).max(1)
    }

    /// When the tree changed, ms UTC, ascending.
    pub(super) fn moments(&self) -> &[i64] {
        &self.moments
    }

    /// How many of the moments have passed at the first and at the last of these times.
    pub(super) fn passed_in(&self, times_ms: std::ops::Range<i64>) -> RangeInclusive<usize> {
        self.passed(times_ms.start)..=self.passed(times_ms.end.saturating_sub(1))
    }

    /// The moments after the first one within these times.
    pub(super) fn moments_in(&self, times_ms: &std::ops::Range<i64>) -> &[i64] {
        let until = |ms| self.moments.partition_point(|&moment| moment <= ms);
        let first = until(times_ms.start).max(1).min(self.moments.len());
        let end = until(times_ms.end.saturating_sub(1)).max(first);
        &self.moments[first..end]
    }

    /// The manager of each user at that time; [`NOBODY`] for none.
    pub(super) fn at(&self, people: &People, passed: usize) -> Vec<u32> {
        let ms = self.moments.get(passed - 1).copied().unwrap_or(i64::MAX);
        let manager = |user: u32| self.manager[people.at(user, ms) as usize];
        if self.last_seen <= ms && self.seen.is_none() {
            return (0..people.users()).map(manager).collect();
        }
        let here = |user: u32| {
            let sees = |seen: &RoaringBitmap| seen.contains(people.at(user, ms));
            people.first_seen(user) <= ms && self.seen.as_ref().is_none_or(sees)
        };
        (0..people.users())
            .map(|user| {
                let manager = manager(user);
                let both = manager != NOBODY && here(user) && here(manager);
                if both { manager } else { NOBODY }
            })
            .collect()
    }
}

impl Paths {
    pub(super) fn new() -> Self {
        Self {
            nodes: vec![(NOBODY, NO_PATH)],
            known: HashMap::new(),
            trees: VecDeque::new(),
            met: BTreeSet::new(),
            cycles: BTreeSet::new(),
        }
    }

    /// The path of a user after so many moments of `managing`.
    pub(super) fn of(
        &mut self,
        people: &People,
        managing: &Managing,
        passed: usize,
        user: u32,
    ) -> u32 {
        if let Some((_, tree)) = self.trees.iter().find(|(known, _)| *known == passed) {
            return tree[user as usize];
        }
        let tree = self.tree(&managing.at(people, passed));
        let path = tree[user as usize];
        self.met.insert(passed);
        self.trees.truncate(KEPT - 1);
        self.trees.push_front((passed, tree));
        path
    }

    /// The managers of a path, from the lowest to the top.
    pub(super) fn up(&self, path: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(path), |&path| Some(self.nodes[path as usize].1))
            .take_while(|&path| path != NO_PATH)
            .map(|path| self.nodes[path as usize].0)
    }

    /// How many paths were met, [`NO_PATH`] among them.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    /// The rings that were cut in the trees of these numbers of moments, whether a fact asked for
    /// a tree or not; each from its least user on.
    pub(super) fn cycles(
        &self,
        people: &People,
        managing: &Managing,
        passed: RangeInclusive<usize>,
    ) -> Vec<Vec<u32>> {
        let mut cycles = self.cycles.clone();
        for passed in passed.filter(|passed| !self.met.contains(passed)) {
            cycles.extend(Heads::of(&managing.at(people, passed)).rings);
        }
        cycles.into_iter().collect()
    }

    /// For each path of `other`, the same path of this one.
    pub(super) fn adopt(&mut self, other: &Self) -> Vec<u32> {
        let mut paths = vec![NO_PATH];
        for &(manager, above) in &other.nodes[1..] {
            paths.push(self.below(paths[above as usize], manager));
        }
        self.cycles.extend(other.cycles.iter().cloned());
        self.met.extend(&other.met);
        paths
    }

    /// The path of each user. Only those to whom others report have one of their own: the others
    /// share that of their manager.
    pub(super) fn tree(&mut self, manager: &[u32]) -> Vec<u32> {
        let Heads {
            place,
            users,
            above,
            rings,
        } = Heads::of(manager);
        self.cycles.extend(rings);
        let paths = self.of_heads(&users, &above);
        (0..manager.len())
            .map(|user| match (place[user], manager[user]) {
                (NOBODY, NOBODY) => NO_PATH,
                (NOBODY, manager) => paths[place[manager as usize] as usize],
                (head, _) => paths[head as usize],
            })
            .collect()
    }

    /// The path of each head; `above` is the place of the head above.
    fn of_heads(&mut self, heads: &[u32], above: &[Option<u32>]) -> Vec<u32> {
        const UNKNOWN: u32 = u32::MAX;
        let mut paths = vec![UNKNOWN; heads.len()];
        let mut chain = Vec::new();
        for head in 0..u32::try_from(heads.len()).unwrap_or(u32::MAX) {
            let mut at = Some(head);
            let mut path = NO_PATH;
            while let Some(one) = at {
                if paths[one as usize] != UNKNOWN {
                    path = paths[one as usize];
                    break;
                }
                chain.push(one);
                at = above[one as usize];
            }
            for one in chain.drain(..).rev() {
                path = self.below(path, heads[one as usize]);
                paths[one as usize] = path;
            }
        }
        paths
    }

    fn below(&mut self, above: u32, manager: u32) -> u32 {
        let nodes = &mut self.nodes;
        *self.known.entry((above, manager)).or_insert_with(|| {
            nodes.push((manager, above));
            u32::try_from(nodes.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

impl Heads {
    /// Whoever is the manager of somebody.
    fn of(manager: &[u32]) -> Self {
        let mut place = vec![NOBODY; manager.len()];
        let mut heads = Vec::new();
        for &head in manager {
            if head != NOBODY && place[head as usize] == NOBODY {
                place[head as usize] = u32::try_from(heads.len()).unwrap_or(NOBODY);
                heads.push(head);
            }
        }
        let above = heads.iter().map(|&head| match manager[head as usize] {
            NOBODY => None,
            above => Some(place[above as usize]),
        });
        let mut above: Vec<Option<u32>> = above.collect();
        // A ring is a ring of heads.
        let rings = cycles(&above).into_iter().map(|ring| {
            let mut users: Vec<u32> = ring.iter().map(|&head| heads[head as usize]).collect();
            // The least becomes the top, so that the cut depends on nothing else.
            let least = (0..users.len()).min_by_key(|&at| users[at]).unwrap_or(0);
            above[ring[least] as usize] = None;
            users.rotate_left(least);
            users
        });
        let rings = rings.collect();
        Self {
            place,
            users: heads,
            above,
            rings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &mut Paths, managers: &[Option<u32>]) -> Vec<Vec<u32>> {
        let managers = managers.iter().map(|manager| manager.unwrap_or(NOBODY));
        let tree = paths.tree(&managers.collect::<Vec<_>>());
        let down = |path: &u32| {
            let mut up: Vec<u32> = paths.up(*path).collect();
            up.reverse();
            up
        };
        tree.iter().map(down).collect()
    }

    #[test]
    fn a_path_names_managers_and_whoever_is_one() {
        let mut paths = Paths::new();
        // 0 is at the top, 1 below, 2 and 3 below 1, 4 alone.
        let found = tree(&mut paths, &[None, Some(0), Some(1), Some(1), None]);
        assert_eq!(found, [vec![0], vec![0, 1], vec![0, 1], vec![0, 1], vec![]]);
        let again = paths.clone();
        assert_eq!(paths.adopt(&again), [0, 1, 2]);
        assert!(paths.cycles.is_empty());
    }

    #[test]
    fn a_ring_is_cut_at_its_least_user() {
        let mut paths = Paths::new();
        let found = tree(&mut paths, &[Some(0), Some(2), Some(3), Some(1), Some(3)]);
        assert_eq!(
            found,
            [vec![0], vec![1], vec![1, 3, 2], vec![1, 3], vec![1, 3]]
        );
        assert!(paths.cycles.iter().eq(&[vec![0], vec![1, 2, 3]]));
    }
}
