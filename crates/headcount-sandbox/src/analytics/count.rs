//! Counts what a query asks for, user after user.

use std::collections::BTreeMap;

use super::{
    filter::Subject,
    query::{Dimension, Query},
    work::{Done, HALF_HOUR_MS, MEDIA, QUEUES, Worker},
};

/// Somebody whose work is counted.
pub(crate) struct Agent<'a> {
    pub(crate) id: &'a str,
    pub(crate) worker: Worker,
    pub(crate) division: Option<String>,
}

/// A group, one number for each dimension that it is grouped by: [`Rows::name`] tells it.
type Group = [u32; 4];

/// What was counted, in the order of groups and intervals.
pub(crate) struct Rows<'a> {
    pub(crate) query: &'a Query,
    agents: Vec<Agent<'a>>,
    divisions: Vec<String>,
    queues: [String; QUEUES],
    /// Group, number of the interval, what was done in it.
    pub(crate) rows: Vec<(Group, u32, Done)>,
}

/// Counts; agents come in the order of their ids.
pub(crate) fn count<'a>(
    query: &'a Query,
    agents: Vec<Agent<'a>>,
    queues: [String; QUEUES],
) -> Rows<'a> {
    let mut divisions: Vec<String> = agents.iter().filter_map(|a| a.division.clone()).collect();
    divisions.sort_unstable();
    divisions.dedup();
    let mut rows = Rows {
        query,
        agents: Vec::new(),
        divisions,
        queues,
        rows: Vec::new(),
    };
    let whole = query.buckets.whole();
    let first = whole.start_ms.div_euclid(HALF_HOUR_MS);
    // All of a half hour is told at its start.
    let from = first + i64::from(whole.start_ms.rem_euclid(HALF_HOUR_MS) > 0);
    let to = (whole.end_ms - 1).div_euclid(HALF_HOUR_MS) + 1;
    let buckets: Vec<u32> = (from..to)
        .map(|half_hour| narrow(query.buckets.of(half_hour * HALF_HOUR_MS).unwrap_or(0)))
        .collect();
    let by_user = query.group_by.first() == Some(&Dimension::UserId);
    let by_queue = query.needs(Dimension::QueueId);
    let mut open: BTreeMap<(Group, u32), Done> = BTreeMap::new();
    for (number, agent) in agents.iter().enumerate() {
        let wanted = rows.wanted(agent);
        for half_hour in agent.worker.shifts(from, to) {
            let bucket = buckets[usize::try_from(half_hour - from).unwrap_or(0)];
            for (media, wanted) in wanted.iter().enumerate() {
                let queue = if by_queue {
                    agent.worker.queue(half_hour, media)
                } else {
                    0
                };
                if !wanted[queue] {
                    continue;
                }
                let Some(done) = agent.worker.done(query.kind, half_hour, media) else {
                    continue;
                };
                let group = rows.group(number, media, agent, queue);
                let sums = open.entry((group, bucket)).or_default();
                for (sum, done) in sums.iter_mut().zip(&done) {
                    sum.add(done);
                }
            }
        }
        if by_user {
            rows.close(&mut open);
        }
    }
    rows.close(&mut open);
    rows.agents = agents;
    rows
}

impl Rows<'_> {
    /// Which conversations of an agent the filter lets pass, by media type and queue.
    fn wanted(&self, agent: &Agent<'_>) -> [[bool; QUEUES]; MEDIA.len()] {
        let Some(filter) = &self.query.filter else {
            return [[true; QUEUES]; MEDIA.len()];
        };
        std::array::from_fn(|media| {
            std::array::from_fn(|queue| {
                filter.holds(&Subject {
                    user: agent.id,
                    media: MEDIA[media],
                    division: agent.division.as_deref(),
                    queue: &self.queues[queue],
                })
            })
        })
    }

    fn group(&self, user: usize, media: usize, agent: &Agent<'_>, queue: usize) -> Group {
        let mut group = Group::default();
        for (dimension, place) in self.query.group_by.iter().zip(&mut group) {
            *place = match dimension {
                Dimension::UserId => narrow(user),
                Dimension::MediaType => narrow(media),
                // 0 is nobody's.
                Dimension::DivisionId => agent.division.as_ref().map_or(0, |id| {
                    narrow(self.divisions.binary_search(id).unwrap_or(0) + 1)
                }),
                Dimension::QueueId => narrow(queue),
            };
        }
        group
    }

    fn close(&mut self, open: &mut BTreeMap<(Group, u32), Done>) {
        let query = self.query;
        let told = |done: &Done| query.wanted.iter().any(|&metric| done[metric].count > 0);
        let rows = std::mem::take(open).into_iter();
        self.rows.extend(
            rows.filter(|(_, done)| told(done))
                .map(|((group, bucket), done)| (group, bucket, done)),
        );
    }

    /// Names and values of a group.
    pub(crate) fn name(&self, group: &Group) -> impl Iterator<Item = (&'static str, &str)> {
        let dimensions = self.query.group_by.iter().zip(*group);
        dimensions.filter_map(|(dimension, value)| {
            let at = value as usize;
            let value = match dimension {
                Dimension::UserId => self.agents[at].id,
                Dimension::MediaType => MEDIA[at],
                Dimension::DivisionId => self.divisions.get(at.checked_sub(1)?)?,
                Dimension::QueueId => &self.queues[at],
            };
            Some((dimension.name(), value))
        })
    }

    /// Number of groups.
    pub(crate) fn groups(&self) -> usize {
        self.rows.chunk_by(|one, two| one.0 == two.0).count()
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
