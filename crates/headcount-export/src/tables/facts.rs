//! `fact_handle_time` and `fact_evaluation`: facts with the keys of their version and path, by the
//! rules of attribution, so that joining needs no dates.

use std::{collections::BTreeSet, io};

use headcount_core::{
    fact::FactKind,
    segment::{Block, FactSink, NO_VALUE},
};
use headcount_store::facts::{FactStore, FactsError, KeptDay};
use jiff::civil::Date;

use super::calendar::days_since_1970;
use crate::{
    ExportError,
    star::Star,
    values::{NOTHING, Texts, Values},
    write::{BATCH, Writer},
};

/// Writes the facts of a day as they are now, and gives which those are and the users among them
/// whom no snapshot ever held.
pub(crate) fn write(
    star: &Star,
    facts: &FactStore,
    (kind, day): (FactKind, Date),
    writer: &mut Writer,
) -> Result<(KeptDay, BTreeSet<String>), ExportError> {
    let measures = kind.measures().len();
    let wanted: Vec<usize> = (0..measures).collect();
    let mut rows = Rows {
        star,
        writer,
        day: days_since_1970(day),
        user_ids: Texts::default(),
        users: Vec::new(),
        media: Texts::default(),
        columns: Columns::new(measures),
        strangers: BTreeSet::new(),
        failed: None,
    };
    let scanned = facts.scan_now(kind, day, &wanted, &mut rows);
    rows.flush();
    match (rows.failed, scanned) {
        (Some(error), _) => Err(ExportError::Write(error)),
        (None, scanned) => {
            // It was there when the days were listed.
            let gone = FactsError::Replaced { date: day };
            let found = scanned.and_then(|found| found.ok_or(gone));
            Ok((found.map_err(ExportError::Facts)?, rows.strangers))
        }
    }
}

/// Takes facts and writes them, a batch at a time.
struct Rows<'a> {
    star: &'a Star,
    writer: &'a mut Writer,
    day: i64,
    user_ids: Texts,
    /// The user of each entry of the dictionary; [`NO_VALUE`] for one whom nobody knows.
    users: Vec<u32>,
    media: Texts,
    columns: Columns,
    strangers: BTreeSet<String>,
    failed: Option<io::Error>,
}

/// The facts of a batch.
struct Columns {
    start_ms: Vec<i64>,
    end_ms: Vec<i64>,
    users: Vec<u32>,
    media: Vec<u32>,
    measures: Vec<Vec<Option<i64>>>,
}

impl Columns {
    fn new(measures: usize) -> Self {
        Self {
            start_ms: Vec::new(),
            end_ms: Vec::new(),
            users: Vec::new(),
            media: Vec::new(),
            measures: vec![Vec::new(); measures],
        }
    }
}

impl Rows<'_> {
    /// The user of a code; nothing for a fact of nobody, or of somebody whom nobody knows.
    fn user(&self, code: u32) -> Option<u32> {
        let user = *self.users.get(code as usize)?;
        (user != NO_VALUE).then_some(user)
    }

    /// Writes the facts that were taken.
    fn flush(&mut self) {
        let measures = self.columns.measures.len();
        let facts = std::mem::replace(&mut self.columns, Columns::new(measures));
        if self.failed.is_some() || facts.users.is_empty() {
            return;
        }
        let star = self.star;
        let places = 0..facts.users.len();
        // Of each fact: the key of its version and path, and what is odd about it.
        let known = |place: usize| Some((self.user(facts.users[place])?, facts.start_ms[place]));
        let each = |value: &dyn Fn(u32, usize) -> i64, otherwise: Option<i64>| {
            let numbers = places.clone().map(|place| match known(place) {
                Some((user, _)) => Some(value(user, place)),
                None => otherwise,
            });
            Values::Number(numbers.collect())
        };
        let people = &star.people;
        let all = |number: &dyn Fn(usize) -> i64| {
            Values::Number(places.clone().map(|place| Some(number(place))).collect())
        };
        let mut columns = vec![
            all(&|_| self.day),
            all(&|place| facts.start_ms[place]),
            all(&|place| facts.end_ms[place]),
            each(
                &|user, place| star.user_keys[people.at(user, facts.start_ms[place]) as usize],
                None,
            ),
            Values::Text(&self.user_ids, facts.users.clone()),
            each(
                &|user, place| {
                    star.path_keys[star.lineage.at(user, facts.start_ms[place]) as usize]
                },
                Some(0),
            ),
            Values::Text(&self.media, facts.media.clone()),
            each(
                &|user, place| i64::from(facts.start_ms[place] < people.first_seen(user)),
                Some(0),
            ),
            each(
                &|user, place| {
                    let (start, end) = (facts.start_ms[place], facts.end_ms[place]);
                    i64::from(people.changed_between(user, start, end))
                },
                Some(0),
            ),
        ];
        columns.extend(facts.measures.into_iter().map(Values::Number));
        self.failed = self.writer.batch(&columns).err();
    }
}

impl FactSink for Rows<'_> {
    fn users(&mut self, users: &[&str]) {
        self.flush();
        self.user_ids = users.iter().copied().map(Some).collect();
        self.users.clear();
        for id in users {
            let user = self.star.people.find(id);
            if user.is_none() {
                self.strangers.insert((*id).to_owned());
            }
            self.users.push(user.unwrap_or(NO_VALUE));
        }
    }

    fn media(&mut self, media: &[&str]) {
        self.flush();
        self.media = media.iter().copied().map(Some).collect();
    }

    fn block(&mut self, block: &Block<'_>) {
        const { assert!(NO_VALUE == NOTHING) };
        if self.failed.is_some() {
            return;
        }
        let count = block.users.len();
        let columns = &mut self.columns;
        columns.users.extend_from_slice(block.users);
        columns.media.extend_from_slice(block.media);
        columns
            .start_ms
            .extend((0..count).map(|place| block.start_ms.at(place)));
        columns
            .end_ms
            .extend((0..count).map(|place| block.end_ms.at(place)));
        for (column, measure) in columns.measures.iter_mut().zip(block.measures) {
            column.extend((0..count).map(|place| measure.at(place)));
        }
        if columns.users.len() >= BATCH {
            self.flush();
        }
    }
}
