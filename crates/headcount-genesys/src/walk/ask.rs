//! One question of a walk, and the checks that each answer must pass before anything rests on it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use headcount_core::wire::{UserSearchCriteria, UserSearchRequest};
use tokio::sync::Semaphore;

use super::{Movement, PartEvidence, Plan, Sink, Stop, WalkError};
use crate::{Page, Upstream};

/// An answer that contradicts itself is asked for this often before its way is left.
const ATTEMPTS: u32 = 5;

/// What all ways share.
pub(super) struct Walker<'a, U, S> {
    pub(super) upstream: &'a U,
    pub(super) sink: &'a S,
    pub(super) plan: &'a Plan,
    in_flight: Semaphore,
    rises: AtomicU64,
    falls: AtomicU64,
    /// Parts finished by a killed run no longer count: everything is walked anew.
    anew: AtomicBool,
}

/// A question: some users of all states, sorted by id.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// Only ids with this prefix.
    pub(super) prefix: String,
    /// Only ids after this one.
    pub(super) after: Option<String>,
    /// Page, from 1.
    pub(super) page: u64,
    /// Users per page.
    pub(super) size: u32,
}

impl Question {
    pub(super) fn first_page(prefix: &str, size: u32) -> Self {
        Self {
            prefix: prefix.to_owned(),
            after: None,
            page: 1,
            size,
        }
    }

    fn offset(&self) -> u64 {
        (self.page - 1) * u64::from(self.size)
    }

    fn request(&self) -> UserSearchRequest {
        let mut query = vec![UserSearchCriteria {
            type_: Some("EXACT".to_owned()),
            fields: vec!["state".to_owned()],
            values: ["active", "inactive", "deleted"]
                .map(str::to_owned)
                .to_vec(),
            ..UserSearchCriteria::default()
        }];
        let mut on_id = |type_: &str, value: &str| {
            query.push(UserSearchCriteria {
                type_: Some(type_.to_owned()),
                fields: vec!["id".to_owned()],
                value: Some(value.to_owned()),
                operator: Some("AND".to_owned()),
                ..UserSearchCriteria::default()
            });
        };
        if !self.prefix.is_empty() {
            on_id("STARTS_WITH", &self.prefix);
        }
        if let Some(after) = &self.after {
            on_id("GREATER_THAN", after);
        }
        UserSearchRequest {
            page_size: Some(i64::from(self.size)),
            page_number: i64::try_from(self.page).ok(),
            sort_by: Some("id".to_owned()),
            sort_order: Some("ASC".to_owned()),
            query,
            ..UserSearchRequest::default()
        }
    }
}

/// What a way keeps of an answer: a run of ids without a hole, and its place.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) ids: Arc<[Box<str>]>,
    /// Users that match the question without its page, as the same answer says.
    pub(super) total: u64,
    /// Users before the first one of this run.
    pub(super) offset: u64,
    /// The page size was used as asked.
    pub(super) honoured: bool,
    /// As many users as a page can hold.
    pub(super) full: bool,
}

impl Run {
    pub(super) fn len(&self) -> u64 {
        self.ids.len() as u64
    }
    pub(super) fn first(&self) -> Option<&str> {
        self.ids.first().map(|id| &**id)
    }
    pub(super) fn last(&self) -> Option<&str> {
        self.ids.last().map(|id| &**id)
    }
    /// Nobody comes after this run. A full page is never taken for the end, whatever its total
    /// says: a total that is a little off would hide those behind it.
    pub(super) fn is_end(&self) -> bool {
        !self.full && self.offset + self.len() >= self.total
    }
    /// Ids after `covered`.
    pub(super) fn beyond<'a>(&'a self, covered: &'a str) -> impl Iterator<Item = &'a str> {
        self.ids
            .iter()
            .map(|id| &**id)
            .filter(move |id| *id > covered)
    }
}

impl<'a, U: Upstream, S: Sink> Walker<'a, U, S> {
    pub(super) fn new(upstream: &'a U, sink: &'a S, plan: &'a Plan) -> Self {
        Self {
            upstream,
            sink,
            plan,
            in_flight: Semaphore::new(plan.concurrency.max(1)),
            rises: AtomicU64::new(0),
            falls: AtomicU64::new(0),
            anew: AtomicBool::new(false),
        }
    }

    /// Evidence of a part that a killed run had finished.
    pub(super) fn finished(&self, part: &str) -> Option<PartEvidence> {
        if self.anew.load(Ordering::Relaxed) {
            None
        } else {
            self.sink.finished(part)
        }
    }

    /// From now on everything is walked anew.
    pub(super) fn walk_anew(&self) {
        self.anew.store(true, Ordering::Relaxed);
    }

    /// Page size of this walk.
    pub(super) fn size(&self) -> u32 {
        self.plan.page_size.max(2)
    }

    /// Users that one part may hold so that overlapping pages never touch the window.
    pub(super) fn part_limit(&self) -> u64 {
        self.plan
            .window
            .saturating_sub(u64::from(self.size()))
            .max(1)
    }

    /// Whether `total` may be a cap instead of a count.
    pub(super) fn may_be_capped(&self, total: u64) -> bool {
        total >= self.plan.window
    }

    /// Asks, checks and keeps. An answer that contradicts itself is asked for again.
    pub(super) async fn ask(&self, question: &Question) -> Result<Run, Stop> {
        let request = question.request();
        let mut attempt = 1;
        loop {
            let answer = {
                let permit = self.in_flight.acquire().await;
                let answer = self.upstream.search(&request).await;
                drop(permit);
                answer
            };
            let page = match answer {
                Ok(page) => page,
                Err(error) if error.is_refusal() && question.is_special() => {
                    return Err(Stop::Unsound(format!("{} was refused", question.what())));
                }
                Err(error) => return Err(error.into()),
            };
            match check(question, &page) {
                Ok(run) => {
                    self.sink
                        .keep(page)
                        .await
                        .map_err(WalkError::Sink)
                        .map_err(Stop::Fatal)?;
                    return Ok(run);
                }
                Err(fault) if attempt == ATTEMPTS => {
                    return Err(Stop::Unsound(format!("{}: {fault}", question.what())));
                }
                Err(fault) => {
                    tracing::warn!(walk.fault = fault, attempt, "answer contradicts itself");
                    tokio::time::sleep(self.plan.pause * attempt).await;
                    attempt += 1;
                }
            }
        }
    }

    /// Counts the users of all states, in whatever order they are shown; `None` where the search
    /// may not be asked.
    pub(super) async fn count(&self) -> Result<Option<u64>, Stop> {
        let question = Question::first_page("", self.size());
        let request = question.request();
        for attempt in 1..=ATTEMPTS {
            let page = match self.upstream.search(&request).await {
                Ok(page) => page,
                Err(error) if error.is_refusal() => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let size = page.page_size.unwrap_or(u64::from(question.size));
            if let Some(total) = page.total
                && page.len() as u64 == total.min(size)
            {
                return Ok(Some(total));
            }
            tokio::time::sleep(self.plan.pause * attempt).await;
        }
        Err(Stop::Unsound(
            "the search shows fewer users than its total tells".to_owned(),
        ))
    }

    /// Notes how a total moved against what it should have been.
    pub(super) fn moved(&self, expected: u64, told: u64) {
        if self.may_be_capped(expected) || self.may_be_capped(told) {
            return;
        }
        self.rises
            .fetch_add(told.saturating_sub(expected), Ordering::Relaxed);
        self.falls
            .fetch_add(expected.saturating_sub(told), Ordering::Relaxed);
    }

    /// All movement seen so far.
    pub(super) fn movement(&self) -> Movement {
        Movement {
            rises: self.rises.load(Ordering::Relaxed),
            falls: self.falls.load(Ordering::Relaxed),
        }
    }
}

impl Question {
    /// Asks for something that an org might not allow, while a plain page is always allowed.
    fn is_special(&self) -> bool {
        !self.prefix.is_empty() || self.after.is_some() || self.page > 1
    }

    fn what(&self) -> &'static str {
        if self.after.is_some() {
            "GREATER_THAN on id"
        } else if !self.prefix.is_empty() {
            "STARTS_WITH on id"
        } else {
            "a page sorted by id"
        }
    }
}

/// The checks on one answer.
fn check(question: &Question, page: &Page) -> Result<Run, &'static str> {
    let total = page.total.ok_or("no total")?;
    let ids = page.ids();
    let size = page.page_size.unwrap_or(u64::from(question.size));
    let honoured = size == u64::from(question.size);
    if !honoured && question.page > 1 {
        return Err("another page size than asked for");
    }
    if ids.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err("ids not in ascending order, each once");
    }
    if !ids.iter().all(|id| has_prefix(id, &question.prefix)) {
        return Err("ids without the prefix that was asked for");
    }
    if question
        .after
        .as_deref()
        .is_some_and(|after| ids.first().is_some_and(|id| **id <= *after))
    {
        return Err("ids that do not come after the one asked for");
    }
    let offset = question.offset();
    let full = ids.len() as u64 >= size;
    match (ids.len() as u64).cmp(&total.saturating_sub(offset).min(size)) {
        std::cmp::Ordering::Less => Err("fewer users than its total tells"),
        std::cmp::Ordering::Greater => Err("more users than its total tells"),
        std::cmp::Ordering::Equal => Ok(Run {
            ids: page.shared_ids(),
            total,
            offset,
            honoured,
            full,
        }),
    }
}

fn has_prefix(id: &str, prefix: &str) -> bool {
    id.as_bytes()
        .get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}
