//! Pages of facts.

use std::cmp::Ordering;

use jiff::civil::Date;

use super::{Facts, Range, measures, scan};
use crate::{
    error::ApiError,
    odata::{
        fault::Fault,
        question::Question,
        value::{At, Grid, Row},
        write::Writer,
    },
};

/// Where a page begins: a day, which facts of it are told already, and what its facts were then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) date: Date,
    pub(crate) place: u64,
    pub(crate) content: u128,
}

/// A page of facts.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// Rows with commas between them.
    pub(crate) rows: Vec<u8>,
    pub(crate) told: u64,
    /// Where the next page begins; `None` after the last.
    pub(crate) next: Option<Start>,
}

/// Facts that are put into another order than that of their keys at most.
const MOST_ORDERED: usize = 200_000;

/// At most `most` facts in the order of their keys, from `start` on, `skip` of them left out.
///
/// # Errors
/// 410 where the day that the page begins in has other facts by now.
pub(crate) fn list(
    facts: &Facts<'_>,
    question: &Question,
    writer: &Writer<'_>,
    start: Option<&Start>,
    mut skip: u64,
    most: u64,
) -> Result<Listed, ApiError> {
    let wanted = wanted(question);
    let range = Range::of(question.filter.iter());
    let mut listed = Listed::default();
    for date in facts.days.dates(&range, start.map(|start| start.date))? {
        let Some(day) = facts.days.day(date)? else {
            continue;
        };
        let from = match start {
            Some(start) if start.date == date && start.content != day.content => {
                return Err(ApiError::gone(format!(
                    "the facts of {date} were replaced while they were read; read them again from the first page"
                )));
            }
            Some(start) if start.date == date => start.place,
            _ => 0,
        };
        if skip >= day.facts && question.filter.is_none() && facts.sees_all() && from == 0 {
            skip -= day.facts;
            continue;
        }
        scan(facts, &day, &wanted, &mut |fact, _| {
            if fact.place < from || !question.passes(fact) {
                return true;
            }
            if skip > 0 {
                skip -= 1;
                return true;
            }
            if listed.told == most {
                listed.next = Some(Start {
                    date,
                    place: fact.place,
                    content: day.content,
                });
                return false;
            }
            if listed.told > 0 {
                listed.rows.push(b',');
            }
            writer.row(&mut listed.rows, fact, None);
            listed.told += 1;
            true
        })?;
        if listed.next.is_some() {
            break;
        }
    }
    Ok(listed)
}

/// How many facts a question tells.
///
/// # Errors
/// 500 where they cannot be read.
pub(crate) fn count(facts: &Facts<'_>, question: &Question) -> Result<u64, ApiError> {
    let wanted = wanted(question);
    let mut count = 0;
    for date in facts.days.dates(&Range::of(question.filter.iter()), None)? {
        let Some(day) = facts.days.day(date)? else {
            continue;
        };
        if question.filter.is_none() && facts.sees_all() {
            count += day.facts;
            continue;
        }
        scan(facts, &day, &wanted, &mut |fact, _| {
            count += u64::from(question.passes(fact));
            true
        })?;
    }
    Ok(count)
}

/// Calls `with` with the first fact that a question tells; says whether there is one.
///
/// # Errors
/// 500 where facts cannot be read.
pub(crate) fn one(
    facts: &Facts<'_>,
    question: &Question,
    with: &mut dyn FnMut(&dyn Row),
) -> Result<bool, ApiError> {
    let wanted = wanted(question);
    let mut found = false;
    for date in facts.days.dates(&Range::of(question.filter.iter()), None)? {
        let Some(day) = facts.days.day(date)? else {
            continue;
        };
        scan(facts, &day, &wanted, &mut |fact, _| {
            found = question.passes(fact);
            if found {
                with(fact);
            }
            !found
        })?;
        if found {
            break;
        }
    }
    Ok(found)
}

/// All facts that a question tells, in its order.
///
/// # Errors
/// 400 where they are too many to be put in order.
pub(crate) fn ordered(facts: &Facts<'_>, question: &Question) -> Result<Grid, ApiError> {
    let wanted = wanted(question);
    let mut rows = Vec::new();
    let range = Range::of(question.filter.iter());
    for date in facts.days.dates(&range, None)? {
        let Some(day) = facts.days.day(date)? else {
            continue;
        };
        scan(facts, &day, &wanted, &mut |fact, _| {
            if question.passes(fact) {
                let all = 0..question.schema.len();
                let value = |at| fact.get(at).into_owned();
                rows.push(all.map(value).collect::<Vec<_>>());
            }
            rows.len() <= MOST_ORDERED
        })?;
        if rows.len() > MOST_ORDERED {
            return Err(Fault::meaning(format!(
                "more than {MOST_ORDERED} facts cannot be put in order; filter by IntervalStart, or leave $orderby out: facts come by day"
            ))
            .of("$orderby"));
        }
    }
    let grid = Grid { rows };
    let mut order: Vec<u32> = (0..).take(grid.rows.len()).collect();
    order.sort_by(|&one, &two| -> Ordering { question.compare(&At(&grid, one), &At(&grid, two)) });
    let mut rows = grid.rows;
    let sorted = order
        .into_iter()
        .map(|row| std::mem::take(&mut rows[row as usize]));
    Ok(Grid {
        rows: sorted.collect(),
    })
}

/// The measures that have to be read.
fn wanted(question: &Question) -> Vec<usize> {
    let mut properties = question.told.clone();
    properties.extend(question.order.iter().map(|(property, _)| *property));
    if let Some(filter) = &question.filter {
        filter.properties(&mut |property| properties.push(property));
    }
    measures(properties.into_iter())
}
