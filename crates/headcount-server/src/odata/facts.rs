//! Facts as rows: read out of the files of days, never more than is told held in memory.

mod add;
mod list;
mod range;

use std::{
    borrow::Cow,
    cell::RefCell,
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use headcount_core::{
    fact::{FactKind, MEASURES, Stat},
    personal::Veil,
    roster::View,
    segment::{Block, Calendar, NO_VALUE},
};
use headcount_store::facts::{FactStore, FactsError, KeptDay};
use jiff::{
    civil::{Date, Weekday},
    tz::TimeZone,
};
use roaring::RoaringBitmap;

pub(crate) use self::{
    add::grouped,
    list::{Start, count, list, one, ordered},
    range::Range,
};
use super::{
    people::{attribute, version_key},
    sets::{FACT_ATTRIBUTES, fact},
    shelf::History,
    value::{Row, Value},
};
use crate::error::ApiError;

/// The days of facts of one kind.
#[derive(Clone, Copy)]
pub(crate) struct Days<'f> {
    /// Where they lie; none without it.
    pub(crate) store: Option<&'f FactStore>,
    pub(crate) kind: FactKind,
}

/// The facts of one kind, as one caller sees them.
pub(crate) struct Facts<'f> {
    pub(crate) days: Days<'f>,
    pub(crate) history: &'f History,
    /// Versions in sight; all without it.
    pub(crate) scope: Option<&'f RoaringBitmap>,
    pub(crate) veil: &'f Veil,
    /// Whether anybody still waits for the answer.
    pub(crate) goes_on: &'f dyn Fn() -> bool,
}

/// Who a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who<'b> {
    /// Upstream did not say.
    Nobody,
    /// No snapshot ever held this user.
    Unknown(&'b str),
    /// A version of a user.
    Version(u32),
}

/// One fact of a file.
struct Fact<'b> {
    facts: &'b Facts<'b>,
    /// The date that the file is named after.
    file: Date,
    /// Its place in the file.
    place: u64,
    /// The day that it starts on.
    date: Date,
    start_ms: i64,
    end_ms: i64,
    who: Who<'b>,
    media: Option<&'b str>,
    /// By place among the measures of the kind; those not read are `None`.
    measures: [Option<i64>; MEASURES],
}

impl Row for Fact<'_> {
    fn get(&self, property: usize) -> Value<'_> {
        let history = self.facts.history;
        match property {
            fact::ID => Value::Text(Cow::Owned(format!("{}.{}", self.file, self.place))),
            fact::DATE => Value::Date(self.date),
            fact::START => Value::Time(self.start_ms),
            fact::END => Value::Time(self.end_ms),
            fact::USER => match self.who {
                Who::Nobody => Value::Null,
                Who::Unknown(id) => Value::Text(Cow::Borrowed(id)),
                Who::Version(row) => {
                    let column = headcount_core::field::Column::Id;
                    Value::text(history.people.roster().value(row, column))
                }
            },
            fact::VERSION => match self.who {
                Who::Version(row) => Value::Text(Cow::Owned(version_key(history, row))),
                _ => Value::Null,
            },
            fact::MEDIA => Value::text(self.media),
            at if at < fact::MEASURE => match self.who {
                Who::Version(row) => {
                    let of = FACT_ATTRIBUTES[at - fact::ATTRIBUTE];
                    attribute(self.facts.view(), row, of, self.facts.veil)
                }
                _ => Value::Null,
            },
            at => {
                let place = at - fact::MEASURE;
                let exact = self.facts.days.kind.measures()[place].stat == Stat::SumMicro;
                match self.measures[place] {
                    None => Value::Null,
                    Some(micro) if exact => Value::Decimal(micro.into()),
                    Some(number) => Value::Int(number),
                }
            }
        }
    }
}

impl Days<'_> {
    /// Those that may hold facts of `range`, in order, from one on.
    ///
    /// # Errors
    /// 500 where they cannot be read.
    pub(crate) fn dates(&self, range: &Range, from: Option<Date>) -> Result<Vec<Date>, ApiError> {
        let Some(store) = self.store else {
            return Ok(Vec::new());
        };
        let mut dates = store.dates(self.kind)?;
        dates.retain(|date| range.holds(*date) && from.is_none_or(|from| from <= *date));
        Ok(dates)
    }

    /// One day; `None` where it is gone since it was seen.
    pub(crate) fn day(&self, date: Date) -> Result<Option<KeptDay>, ApiError> {
        match self.store {
            Some(store) => Ok(store.day(self.kind, date)?),
            None => Ok(None),
        }
    }

    /// Which facts those of `range` are: another number for other facts.
    ///
    /// # Errors
    /// 500 where they cannot be read.
    pub(crate) fn state(&self, range: &Range) -> Result<u64, ApiError> {
        let mut state = DefaultHasher::new();
        for date in self.dates(range, None)? {
            let content = self.day(date)?.map(|day| day.content);
            (date, content).hash(&mut state);
        }
        // Readers of JSON may hold numbers as floating ones.
        Ok(state.finish() >> 11)
    }
}

impl Facts<'_> {
    fn view(&self) -> View<'_> {
        self.history.people.roster().view(self.scope)
    }

    /// Whether nothing is out of the caller's sight.
    fn sees_all(&self) -> bool {
        self.scope.is_none()
    }
}

/// Reads one day, fact by fact, the measures at `wanted` alone.
fn scan(
    facts: &Facts<'_>,
    day: &KeptDay,
    wanted: &[usize],
    each: &mut dyn FnMut(&Fact<'_>, Codes) -> bool,
) -> Result<(), ApiError> {
    if !(facts.goes_on)() {
        // Nobody reads this answer.
        return Err(ApiError::slow_answer());
    }
    let zone = TimeZone::get(&day.day.time_zone).map_err(|_| FactsError::UnknownTimeZone {
        name: day.day.time_zone.clone(),
    })?;
    let mut reader = Reader {
        facts,
        file: day.day.date,
        wanted,
        calendar: Calendar {
            zone,
            week_start: Weekday::Monday,
        },
        users: Vec::new(),
        ids: Vec::new(),
        media: Vec::new(),
        dates: RefCell::default(),
        dictionary: 0,
        place: 0,
        done: false,
        each,
    };
    let store = facts.days.store.ok_or_else(ApiError::internal)?;
    store.scan(day, wanted, &mut reader)?;
    Ok(())
}

/// By what facts of a file are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Codes {
    /// Which of the dictionaries of the file the codes are of.
    dictionary: u32,
    user: u32,
    version: u32,
    media: u32,
}

struct Reader<'r> {
    facts: &'r Facts<'r>,
    file: Date,
    wanted: &'r [usize],
    calendar: Calendar,
    /// The user of each entry of the dictionary; [`NO_VALUE`] for one that nobody knows.
    users: Vec<u32>,
    ids: Vec<String>,
    media: Vec<String>,
    dates: RefCell<HashMap<i64, Date>>,
    dictionary: u32,
    place: u64,
    /// Nothing more is wanted.
    done: bool,
    /// Takes a fact; says whether more are wanted.
    each: &'r mut dyn FnMut(&Fact<'_>, Codes) -> bool,
}

impl headcount_core::segment::FactSink for Reader<'_> {
    fn users(&mut self, users: &[&str]) {
        let people = &self.facts.history.people;
        let mut near = 0;
        self.users.clear();
        self.users.extend(users.iter().map(|id| {
            let user = people.find_from(id, near);
            near = user.map_or(near, |user| user + 1);
            user.unwrap_or(NO_VALUE)
        }));
        self.ids = users.iter().map(|id| (*id).to_owned()).collect();
        self.dictionary += 1;
    }

    fn media(&mut self, media: &[&str]) {
        self.media = media.iter().map(|name| (*name).to_owned()).collect();
        self.dictionary += 1;
    }

    fn block(&mut self, block: &Block<'_>) {
        for at in 0..block.users.len() {
            if self.done {
                return;
            }
            self.one(block, at);
            self.place += 1;
        }
    }
}

impl Reader<'_> {
    fn one(&mut self, block: &Block<'_>, at: usize) {
        let (start_ms, code) = (block.start_ms.at(at), block.users[at]);
        let user = self.users.get(code as usize).copied().unwrap_or(NO_VALUE);
        let (who, version) = match user {
            NO_VALUE => {
                let id = self.ids.get(code as usize);
                (id.map_or(Who::Nobody, |id| Who::Unknown(id)), NO_VALUE)
            }
            user => {
                let row = self.facts.history.people.at(user, start_ms);
                (Who::Version(row), row)
            }
        };
        if self
            .facts
            .scope
            .is_some_and(|scope| !scope.contains(version))
        {
            return;
        }
        let mut measures = [None; MEASURES];
        for (&place, measure) in self.wanted.iter().zip(block.measures) {
            measures[place] = measure.at(at);
        }
        let date = |ms| self.calendar.day_of(ms);
        let mut dates = self.dates.borrow_mut();
        let fact = Fact {
            facts: self.facts,
            file: self.file,
            place: self.place,
            date: *dates.entry(start_ms).or_insert_with_key(|ms| date(*ms)),
            start_ms,
            end_ms: block.end_ms.at(at),
            who,
            media: self.media.get(block.media[at] as usize).map(String::as_str),
            measures,
        };
        drop(dates);
        let codes = Codes {
            dictionary: self.dictionary,
            user: code,
            version,
            media: block.media[at],
        };
        let more = (self.each)(&fact, codes);
        self.done = !more;
    }
}

/// The measures among some properties.
fn measures(properties: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut wanted: Vec<usize> = properties
        .filter_map(|property| property.checked_sub(fact::MEASURE))
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}
