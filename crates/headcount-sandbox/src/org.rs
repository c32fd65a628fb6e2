//! The org: its people now, in the order of their ids, and who was there since when.

mod document;

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

pub(crate) use document::Document;
use headcount_core::user::Attributes;

use crate::{
    analytics::{
        Agent,
        work::{self, QUEUES, Worker},
    },
    people::{Division, People},
};

/// Lifecycle state of a user (contract `models.md` 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Works.
    Active,
    /// Switched off, may come back.
    Inactive,
    /// Soft-deleted: gone for everybody, but still listed.
    Deleted,
}

impl State {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Active, Self::Inactive, Self::Deleted];

    /// As on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Deleted => "deleted",
        }
    }

    /// From the wire, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| text.eq_ignore_ascii_case(state.as_str()))
    }
}

/// Some of the states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct States(u8);

impl States {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ANY: Self = Self(7);

    pub(crate) fn only(state: State) -> Self {
        Self(1 << state as u8)
    }
    pub(crate) fn with(self, state: State) -> Self {
        Self(self.0 | 1 << state as u8)
    }
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    pub(crate) fn holds(self, state: State) -> bool {
        self.0 & (1 << state as u8) != 0
    }
}

/// A user: the document as it is served, and what is asked for most.
#[derive(Clone, Debug)]
pub struct Person {
    id: Box<str>,
    document: Box<str>,
    state: State,
    joined: u64,
    origin: Origin,
}

/// How somebody came into the org. What they did follows from it, so it never changes.
#[derive(Clone, Copy, Debug)]
struct Origin {
    state: State,
    trade: u16,
}

impl Person {
    pub(crate) fn new(
        id: String,
        document: String,
        state: State,
        department: Option<&str>,
    ) -> Self {
        Self {
            id: id.into(),
            document: document.into(),
            state,
            joined: 0,
            origin: Origin {
                state,
                trade: department.map_or(0, work::trade),
            },
        }
    }

    /// Id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
    /// JSON document as served.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.document
    }
    /// Lifecycle state.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }
}

/// Who was in the org, for tests: the ground truth.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Truth {
    /// Ids in the org now, whatever their state, sorted.
    pub now: Vec<String>,
    /// Ids in the org during the whole time since the mark, sorted.
    pub stayed: Vec<String>,
    /// Ids in the org at any time since the mark, sorted.
    pub ever: Vec<String>,
}

/// An org. Every change adds one to its revision.
#[derive(Debug)]
pub struct Org {
    people: People,
    divisions: Vec<Division>,
    seats: Vec<Option<Person>>,
    by_id: Arc<Vec<u32>>,
    purged: Vec<Former>,
    fold: Fold,
    revision: u64,
    born: u64,
    cache: Mutex<Cache>,
}

/// Letters that the ids of an org have.
#[derive(Clone, Copy, Debug)]
enum Fold {
    Lower,
    Upper,
    Mixed,
}

impl Fold {
    fn of(crowd: &[Person]) -> Self {
        let none = |wrong: fn(&u8) -> bool| {
            !crowd
                .iter()
                .any(|person| person.id.as_bytes().iter().any(wrong))
        };
        if none(u8::is_ascii_uppercase) {
            Self::Lower
        } else if none(u8::is_ascii_lowercase) {
            Self::Upper
        } else {
            Self::Mixed
        }
    }
}

#[derive(Debug)]
struct Former {
    id: Box<str>,
    origin: Origin,
    purged: u64,
}

/// Lists made for one revision, so that the pages of one walk cost no second look.
#[derive(Debug, Default)]
struct Cache {
    revision: u64,
    lists: HashMap<String, Arc<Vec<u32>>>,
}

/// Lists kept at most; a walk asks for few.
const LISTS: usize = 64;

impl Org {
    /// An org of `count` people of a seed.
    #[must_use]
    pub fn of_people(people: People, count: usize) -> Self {
        let crowd = people.crowd(count);
        Self::of(people, crowd)
    }

    /// An org of these people; of two with the same id the later one counts.
    #[must_use]
    pub(crate) fn of(people: People, crowd: Vec<Person>) -> Self {
        let mut by_id: Vec<u32> = (0..u32::try_from(crowd.len()).unwrap_or(u32::MAX)).collect();
        by_id.sort_unstable_by(|&a, &b| {
            crowd[a as usize]
                .id
                .cmp(&crowd[b as usize].id)
                .then(b.cmp(&a))
        });
        by_id.dedup_by(|later, first| crowd[*later as usize].id == crowd[*first as usize].id);
        let born = crowd.len() as u64;
        let fold = Fold::of(&crowd);
        let mut seats: Vec<Option<Person>> = crowd.into_iter().map(Some).collect();
        if by_id.len() < seats.len() {
            let kept: std::collections::HashSet<u32> = by_id.iter().copied().collect();
            for (seat, person) in seats.iter_mut().enumerate() {
                if !kept.contains(&u32::try_from(seat).unwrap_or(u32::MAX)) {
                    *person = None;
                }
            }
        }
        Self {
            divisions: people.divisions(),
            people,
            seats,
            by_id: Arc::new(by_id),
            purged: Vec::new(),
            fold,
            revision: 1,
            born,
            cache: Mutex::default(),
        }
    }

    /// Number of changes so far, plus one: a mark in time for [`Org::truth`].
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Users of all states.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// True without any user.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// All users, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.by_id.iter().filter_map(|&seat| self.seat(seat))
    }

    /// The user with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Person> {
        self.place(id)
            .ok()
            .and_then(|place| self.seat(self.by_id[place]))
    }

    /// All divisions; the first is Home.
    #[must_use]
    pub fn divisions(&self) -> &[Division] {
        &self.divisions
    }

    /// Who was in the org since `mark`, a former [`Org::revision`].
    #[must_use]
    pub fn truth(&self, mark: u64) -> Truth {
        let ids = |wanted: &dyn Fn(&Person) -> bool| -> Vec<String> {
            self.iter()
                .filter(|person| wanted(person))
                .map(|person| person.id.to_string())
                .collect()
        };
        let now = ids(&|_| true);
        let stayed = ids(&|person| person.joined <= mark);
        let mut ever = now.clone();
        ever.extend(
            self.purged
                .iter()
                .filter(|former| former.purged > mark)
                .map(|former| former.id.to_string()),
        );
        ever.sort_unstable();
        ever.dedup();
        Truth { now, stayed, ever }
    }

    /// Everybody who ever was in the org and worked, in the order of their ids; with the present
    /// division if asked for.
    pub(crate) fn agents(&self, divisions: bool) -> Vec<Agent<'_>> {
        let seed = self.people.seed();
        let agent = |id, origin: Origin| {
            let worker = Worker::new(seed, id, origin.state, origin.trade)?;
            Some(Agent {
                id,
                worker,
                division: None,
            })
        };
        let mut agents: Vec<Agent<'_>> = self
            .iter()
            .filter_map(|person| {
                let mut agent = agent(&person.id, person.origin)?;
                if divisions {
                    let user = Attributes::parse(&person.document).ok()?;
                    agent.division = user.division_id.map(Cow::into_owned);
                }
                Some(agent)
            })
            .collect();
        let former = self.purged.iter();
        agents.extend(former.filter_map(|former| agent(&former.id, former.origin)));
        agents.sort_by_key(|agent| agent.id);
        agents
    }

    /// Ids of the queues.
    pub(crate) fn queues(&self) -> [String; QUEUES] {
        std::array::from_fn(|at| self.people.queue(at))
    }

    pub(crate) fn seat(&self, seat: u32) -> Option<&Person> {
        self.seats.get(seat as usize).and_then(Option::as_ref)
    }

    pub(crate) fn seats(&self) -> u32 {
        u32::try_from(self.seats.len()).unwrap_or(u32::MAX)
    }

    /// Seats in the order of ids, of these states only.
    pub(crate) fn list(&self, states: States) -> Arc<Vec<u32>> {
        if states == States::ANY {
            return self.by_id.clone();
        }
        self.cached(&format!("states {}", states.0), || {
            self.by_id
                .iter()
                .copied()
                .filter(|&seat| {
                    self.seat(seat)
                        .is_some_and(|person| states.holds(person.state))
                })
                .collect()
        })
    }

    /// A list of seats that holds for this revision, made once.
    pub(crate) fn cached(&self, key: &str, make: impl FnOnce() -> Vec<u32>) -> Arc<Vec<u32>> {
        {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            if cache.revision != self.revision || cache.lists.len() >= LISTS {
                cache.lists.clear();
                cache.revision = self.revision;
            }
            if let Some(list) = cache.lists.get(key) {
                return list.clone();
            }
        }
        let list = Arc::new(make());
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.lists.insert(key.to_owned(), list.clone());
        list
    }

    /// An id in the letters of this org: Genesys takes ids in any case.
    pub(crate) fn fold(&self, id: &str) -> String {
        match self.fold {
            Fold::Lower => id.to_ascii_lowercase(),
            Fold::Upper => id.to_ascii_uppercase(),
            Fold::Mixed => id.to_owned(),
        }
    }

    /// Place in the order of ids, or where it would stand.
    fn place(&self, id: &str) -> Result<usize, usize> {
        self.by_id
            .binary_search_by(|&seat| self.seat(seat).map_or("", Person::id).cmp(id))
    }

    /// Somebody new joins. Gives the id.
    pub(crate) fn join(&mut self) -> String {
        loop {
            let mut person = self.people.person(self.born);
            self.born += 1;
            if let Err(place) = self.place(&person.id) {
                self.revision += 1;
                person.joined = self.revision;
                if person.state == State::Deleted {
                    person.rewrite(|document| document.set("state", "\"active\""));
                    person.state = State::Active;
                    person.origin.state = State::Active;
                }
                let id = person.id.to_string();
                let seat = self.seats();
                self.seats.push(Some(person));
                Arc::make_mut(&mut self.by_id).insert(place, seat);
                return id;
            }
        }
    }

    /// A user is gone for good.
    pub(crate) fn purge(&mut self, id: &str) -> bool {
        let Ok(place) = self.place(id) else {
            return false;
        };
        self.revision += 1;
        let seat = Arc::make_mut(&mut self.by_id).remove(place);
        if let Some(person) = self.seats[seat as usize].take() {
            self.purged.push(Former {
                id: person.id,
                origin: person.origin,
                purged: self.revision,
            });
        }
        true
    }

    /// Changes the document of a user, counts its version up, and takes its new state.
    pub(crate) fn edit(
        &mut self,
        id: &str,
        state: Option<State>,
        change: impl FnOnce(&mut Document),
    ) -> bool {
        let Ok(place) = self.place(id) else {
            return false;
        };
        let seat = self.by_id[place] as usize;
        let Some(person) = self.seats[seat].as_mut() else {
            return false;
        };
        self.revision += 1;
        person.rewrite(|document| {
            change(document);
            if let Some(state) = state {
                document.set("state", &format!("\"{}\"", state.as_str()));
            }
            let version = document
                .get("version")
                .and_then(|text| text.parse::<i64>().ok())
                .unwrap_or(0);
            document.set("version", &(version + 1).to_string());
        });
        if let Some(state) = state {
            person.state = state;
        }
        true
    }
}

impl Person {
    fn rewrite(&mut self, change: impl FnOnce(&mut Document)) {
        // A document that is no object can't get into an org; if it did, it would stay as it is.
        if let Ok(mut document) = Document::parse(&self.document) {
            change(&mut document);
            self.document = document.to_json().into();
        }
    }
}
