//! An org in memory that changes between any two requests, as its script says.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use headcount_core::wire::UserSearchRequest;
use headcount_genesys::{
    CursorPage, Page, Sink, Upstream, UpstreamError,
    walk::{PartEvidence, SinkError},
};

/// One change of the org.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Join(u16),
    Purge(usize),
    Leave(usize),
    Return(usize),
    Rename(usize, u8),
}

/// How the cursor listing goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cursor {
    ById,
    ByOffset,
    Refused,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    pub(crate) comparison: bool,
    pub(crate) prefix: bool,
    pub(crate) sizes_honoured: bool,
    pub(crate) cursor: Cursor,
    pub(crate) window: u64,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            comparison: true,
            prefix: true,
            sizes_honoured: true,
            cursor: Cursor::ById,
            window: 10_000,
        }
    }
}

#[derive(Clone, Debug)]
struct Person {
    state: &'static str,
    name: u8,
}

struct State {
    people: BTreeMap<String, Person>,
    script: std::vec::IntoIter<Change>,
    /// Changes before each request, as many as each entry says, then none.
    pace: std::vec::IntoIter<usize>,
    /// Ids that were there when the walk began and have not gone since.
    stayed: BTreeSet<String>,
    ever: BTreeSet<String>,
    gone: BTreeSet<String>,
    requests: u64,
}

pub(crate) struct Fake {
    state: Mutex<State>,
    pub(crate) habits: Habits,
}

pub(crate) fn id(number: u16) -> String {
    // Spread over the whole id space, so that prefixes and lanes get their share.
    let spread = u32::from(number).wrapping_mul(2_654_435_761);
    format!("{spread:08x}-0000-4000-8000-{number:012x}")
}

impl Fake {
    pub(crate) fn new(
        people: &[u16],
        script: Vec<Change>,
        pace: Vec<usize>,
        habits: Habits,
    ) -> Self {
        let people: BTreeMap<_, _> = people
            .iter()
            .map(|&number| {
                let state = ["active", "inactive", "deleted"][usize::from(number % 3)];
                (
                    id(number),
                    Person {
                        state,
                        name: (number % 26) as u8,
                    },
                )
            })
            .collect();
        let ids: BTreeSet<_> = people.keys().cloned().collect();
        Self {
            state: Mutex::new(State {
                people,
                script: script.into_iter(),
                pace: pace.into_iter(),
                stayed: ids.clone(),
                ever: ids,
                gone: BTreeSet::new(),
                requests: 0,
            }),
            habits,
        }
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.state.lock().unwrap().requests
    }

    /// Whether a list of ids keeps the guarantee.
    pub(crate) fn guarantee(&self, kept: &BTreeSet<String>) -> Result<(), String> {
        let state = self.state.lock().unwrap();
        if let Some(missed) = state.stayed.difference(kept).next() {
            return Err(format!("{missed} stayed and was missed"));
        }
        if let Some(stranger) = kept.difference(&state.ever).next() {
            return Err(format!("{stranger} never was in the org"));
        }
        Ok(())
    }

    /// The naive pages of users in a state or with a first letter; moves the org on.
    pub(crate) fn page(
        &self,
        only: impl Fn(&str, u8) -> bool,
        page: u64,
        size: u64,
    ) -> (u64, Vec<String>) {
        let mut state = self.state.lock().unwrap();
        state.request();
        let all: Vec<_> = state
            .people
            .iter()
            .filter(|(_, person)| only(person.state, person.name))
            .map(|(id, _)| id.clone())
            .collect();
        let from = ((page - 1) * size).min(all.len() as u64) as usize;
        let to = (page * size).min(all.len() as u64) as usize;
        (all.len() as u64, all[from..to].to_vec())
    }
}

impl State {
    fn request(&mut self) {
        self.requests += 1;
        for _ in 0..self.pace.next().unwrap_or(0) {
            if let Some(change) = self.script.next() {
                self.change(&change);
            }
        }
    }

    fn change(&mut self, change: &Change) {
        let nth = |people: &BTreeMap<String, Person>, n: usize| {
            (!people.is_empty())
                .then(|| people.keys().nth(n % people.len()).cloned())
                .flatten()
        };
        match *change {
            Change::Join(number) => {
                let id = id(number);
                // An id is never given twice.
                if !self.gone.contains(&id) && !self.people.contains_key(&id) {
                    self.people.insert(
                        id.clone(),
                        Person {
                            state: "active",
                            name: 0,
                        },
                    );
                    self.ever.insert(id);
                }
            }
            Change::Purge(n) => {
                if let Some(id) = nth(&self.people, n) {
                    self.people.remove(&id);
                    self.stayed.remove(&id);
                    self.gone.insert(id);
                }
            }
            Change::Leave(n) | Change::Return(n) => {
                let to = if matches!(change, Change::Leave(_)) {
                    "deleted"
                } else {
                    "active"
                };
                if let Some(person) = nth(&self.people, n).and_then(|id| self.people.get_mut(&id)) {
                    person.state = to;
                }
            }
            Change::Rename(n, name) => {
                if let Some(person) = nth(&self.people, n).and_then(|id| self.people.get_mut(&id)) {
                    person.name = name % 26;
                }
            }
        }
    }
}

fn refused() -> UpstreamError {
    UpstreamError::Refused {
        path: "/".into(),
        status: 400,
        code: "bad.request".into(),
    }
}

fn document(id: &str) -> String {
    format!("{{\"id\":\"{id}\"}}")
}

impl Upstream for Fake {
    async fn search(&self, request: &UserSearchRequest) -> Result<Page, UpstreamError> {
        let mut state = self.state.lock().unwrap();
        state.request();
        let (mut prefix, mut after) = (String::new(), String::new());
        for criterion in &request.query {
            match criterion.type_.as_deref() {
                Some("STARTS_WITH") if self.habits.prefix => {
                    prefix = criterion.value.clone().unwrap()
                }
                Some("GREATER_THAN") if self.habits.comparison => {
                    after = criterion.value.clone().unwrap()
                }
                Some("EXACT") => {}
                _ => return Err(refused()),
            }
        }
        let asked = request.page_size.unwrap() as u64;
        let size = if self.habits.sizes_honoured { asked } else { 7 };
        let page = request.page_number.unwrap() as u64;
        if page * size > self.habits.window {
            return Err(refused());
        }
        let all: Vec<_> = state
            .people
            .keys()
            .filter(|id| id.starts_with(&prefix) && **id > after)
            .collect();
        let from = ((page - 1) * size).min(all.len() as u64) as usize;
        let to = (page * size).min(all.len() as u64) as usize;
        let rows: Vec<_> = all[from..to].iter().map(|id| document(id)).collect();
        let body = format!(
            "{{\"total\":{},\"pageSize\":{size},\"results\":[{}]}}",
            (all.len() as u64).min(self.habits.window),
            rows.join(",")
        );
        Ok(Page::from_search(body.into_bytes()).unwrap())
    }

    async fn query(&self, size: u32, cursor: Option<&str>) -> Result<CursorPage, UpstreamError> {
        let mut state = self.state.lock().unwrap();
        state.request();
        let all: Vec<_> = state.people.keys().collect();
        let from = match (self.habits.cursor, cursor) {
            (Cursor::Refused, _) => return Err(refused()),
            (_, None) => 0,
            (Cursor::ByOffset, Some(offset)) => offset.parse().unwrap(),
            (Cursor::ById, Some(last)) => all.partition_point(|id| id.as_str() <= last),
        };
        let to = (from + size as usize).min(all.len());
        let from = from.min(to);
        let rows: Vec<_> = all[from..to].iter().map(|id| document(id)).collect();
        let next = match self.habits.cursor {
            _ if to == all.len() => String::new(),
            Cursor::ByOffset => format!(",\"cursor\":\"{to}\""),
            _ => format!(",\"cursor\":\"{}\"", all[to - 1]),
        };
        let body = format!("{{\"entities\":[{}]{next}}}", rows.join(","));
        Ok(CursorPage::from_query(body.into_bytes()).unwrap())
    }
}

/// Keeps the ids.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) Mutex<BTreeSet<String>>);

impl Sink for Kept {
    async fn keep(&self, page: Page) -> Result<(), SinkError> {
        assert_eq!(page.documents().count(), page.len());
        self.0
            .lock()
            .unwrap()
            .extend(page.ids().iter().map(|id| id.to_string()));
        Ok(())
    }
    async fn seen(&self) -> Result<u64, SinkError> {
        Ok(self.0.lock().unwrap().len() as u64)
    }
    fn finished(&self, _: &str) -> Option<PartEvidence> {
        None
    }
    async fn finish(&self, _: &PartEvidence) -> Result<(), SinkError> {
        Ok(())
    }
    fn expect(&self, _: u64) {}
}
