//! Groups of facts.
//!
//! Most of what facts are grouped and filtered by is the same for all of one version, media type
//! and day. It is looked at once for each of these in a dictionary; adding a fact is then a look
//! into a table and a few sums.

use std::collections::HashMap;

use jiff::civil::Date;

use super::{Codes, Facts, Range, measures, scan};
use crate::{
    error::ApiError,
    odata::{
        apply::{Group, Method, Step},
        expression::Expression,
        fault::Fault,
        group::{Groups, rest},
        sets::fact,
        value::Grid,
    },
};

/// What becomes of facts that are alike.
#[derive(Clone, Copy)]
enum Fate {
    /// They are left out.
    Out,
    /// They are in this group.
    In(u32),
}

/// What `steps` give over facts; one of them is a group.
///
/// # Errors
/// 400 where there are too many groups, or sums are too large.
pub(crate) fn grouped(facts: &Facts<'_>, steps: &[Step]) -> Result<Grid, ApiError> {
    let is_group = |step: &&Step| matches!(step, Step::Group(_));
    let at = steps.iter().position(|step| is_group(&step)).unwrap_or(0);
    let (before, from) = steps.split_at(at);
    let Some((Step::Group(group), after)) = from.split_first() else {
        return Ok(Grid::default());
    };
    let filters = before.iter().filter_map(|step| match step {
        Step::Filter(filter) => Some(filter.clone()),
        Step::Group(_) => None,
    });
    let filters: Vec<Expression> = filters.flat_map(Expression::parts).collect();
    let grid = added(facts, group, &filters)?;
    rest(after, grid).map_err(|fault| fault.of("$apply"))
}

fn added(facts: &Facts<'_>, group: &Group, filters: &[Expression]) -> Result<Grid, ApiError> {
    let (alike, single): (Vec<_>, Vec<_>) = filters.iter().partition(|filter| is_shared(filter));
    let shared = group.by.iter().all(|property| is_of_many(*property));
    let wanted = wanted(group, filters);
    let mut groups = Groups::new(group);
    let mut fault = None;
    for date in facts.days.dates(&Range::of(filters.iter()), None)? {
        let Some(day) = facts.days.day(date)? else {
            continue;
        };
        // Codes mean nothing beyond their file.
        let mut fates: HashMap<(Codes, Date), Fate> = HashMap::new();
        scan(facts, &day, &wanted, &mut |fact, codes| {
            let mut add = || -> Result<(), Fault> {
                let fate = match fates.get(&(codes, fact.date)) {
                    Some(fate) => *fate,
                    None => {
                        let fate = match alike.iter().all(|filter| filter.passes(fact)) {
                            false => Fate::Out,
                            true if shared && single.is_empty() => Fate::In(groups.of(fact)?),
                            true => Fate::In(0),
                        };
                        fates.insert((codes, fact.date), fate);
                        fate
                    }
                };
                let Fate::In(mut place) = fate else {
                    return Ok(());
                };
                if !single.iter().all(|filter| filter.passes(fact)) {
                    return Ok(());
                }
                if !(shared && single.is_empty()) {
                    place = groups.of(fact)?;
                }
                groups.add(place, fact)
            };
            match add() {
                Ok(()) => true,
                Err(told) => {
                    fault = Some(told);
                    false
                }
            }
        })?;
        if let Some(fault) = fault {
            return Err(fault.of("$apply"));
        }
    }
    groups.finish().map_err(|fault| fault.of("$apply"))
}

/// Whether a property is the same for all facts of a user, version, media type and day.
fn is_of_many(property: usize) -> bool {
    !matches!(property, fact::ID | fact::START | fact::END) && property < fact::MEASURE
}

fn is_shared(filter: &Expression) -> bool {
    let mut shared = true;
    filter.properties(&mut |property| shared &= is_of_many(property));
    shared
}

fn wanted(group: &Group, filters: &[Expression]) -> Vec<usize> {
    let mut properties = group.by.clone();
    let told = group
        .told
        .iter()
        .filter(|told| told.method != Method::Count);
    properties.extend(told.map(|told| told.of));
    for filter in filters {
        filter.properties(&mut |property| properties.push(property));
    }
    measures(properties.into_iter())
}
