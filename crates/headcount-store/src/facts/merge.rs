//! Facts as they are kept: in order, each key once, nothing that makes no sense.

use std::ops::Range;

use headcount_core::fact::{Fact, FactKind, MEASURES, Measure, Stat};
use xxhash_rust::xxh3::Xxh3;

use super::{Day, FactsError, schema};

/// Brings the facts of a day into the order of its file, by user, start and media type, and adds up
/// those of one key.
pub(super) fn merge(
    kind: FactKind,
    day: &Day,
    (start_ms, end_ms): (i64, i64),
    mut facts: Vec<Fact>,
) -> Result<Vec<Fact>, FactsError> {
    for (index, fact) in facts.iter().enumerate() {
        if let Some(what) = wrong(kind, fact, start_ms..end_ms) {
            return Err(FactsError::NotAFact {
                date: day.date,
                position: index + 1,
                what,
            });
        }
    }
    facts.sort_by(|one, two| place(one).cmp(&place(two)));
    let mut merged: Vec<Fact> = Vec::with_capacity(facts.len());
    for fact in facts {
        match merged.last_mut() {
            Some(last) if last.key() == fact.key() => add(kind, day, last, &fact)?,
            _ => merged.push(fact),
        }
    }
    if is_twice(&merged) {
        return Err(FactsError::Twice { date: day.date });
    }
    Ok(merged)
}

/// Whether the time of a user is told in intervals that overlap, such as a day and its half hours.
fn is_twice(facts: &[Fact]) -> bool {
    let mut users = facts.chunk_by(|one, two| one.user_id == two.user_id);
    users.any(|facts| {
        let mut ends: Vec<(Option<&str>, i64)> = Vec::new();
        facts.iter().any(|fact| {
            let media = fact.media_type.as_deref();
            match ends.iter_mut().find(|(of, _)| *of == media) {
                Some((_, end)) => std::mem::replace(end, fact.end_ms) > fact.start_ms,
                None => {
                    ends.push((media, fact.end_ms));
                    false
                }
            }
        })
    })
}

/// Where a fact stands in the file: users together, so that their ids pack well.
fn place(fact: &Fact) -> (Option<&str>, i64, Option<&str>, i64) {
    let (user, media) = (fact.user_id.as_deref(), fact.media_type.as_deref());
    (user, fact.start_ms, media, fact.end_ms)
}

fn wrong(kind: FactKind, fact: &Fact, day: Range<i64>) -> Option<&'static str> {
    let (known, beyond) = fact.measures.split_at(kind.measures().len());
    if fact.end_ms <= fact.start_ms {
        Some("its interval ends before it starts")
    } else if !day.contains(&fact.start_ms) {
        Some("its interval starts on another day of the time zone")
    } else if known.iter().flatten().any(|number| *number < 0) {
        Some("a number is negative")
    } else if beyond.iter().any(Option::is_some) {
        Some("it has more measures than its kind")
    } else {
        too_large(kind, fact).map(|_| "a sum of scores is too large")
    }
}

fn add(kind: FactKind, day: &Day, into: &mut Fact, fact: &Fact) -> Result<(), FactsError> {
    let added = into.add(kind, fact).map_err(|error| error.measure);
    let large = too_large(kind, into).map(|measure| measure.name);
    match added.err().or(large) {
        None => Ok(()),
        Some(measure) => Err(FactsError::Overflow {
            date: day.date,
            measure,
        }),
    }
}

/// A sum of scores that its column does not hold.
fn too_large(kind: FactKind, fact: &Fact) -> Option<&'static Measure> {
    let mut measures = kind.measures().iter().zip(&fact.measures);
    let large = measures.find(|(measure, number)| {
        measure.stat == Stat::SumMicro && number.is_some_and(|sum| sum > schema::MOST_MICRO)
    });
    large.map(|(measure, _)| measure)
}

/// Sums of all facts; nothing that fits in memory overflows them.
pub(super) fn totals(facts: &[Fact]) -> [Option<i128>; MEASURES] {
    let mut totals = [None; MEASURES];
    for fact in facts {
        for (total, number) in totals.iter_mut().zip(&fact.measures) {
            if let Some(number) = number {
                *total = Some(total.unwrap_or(0) + i128::from(*number));
            }
        }
    }
    totals
}

/// Digest of facts in order, whatever file they lie in.
pub(super) fn content(facts: &[Fact]) -> u128 {
    let mut digest = Xxh3::new();
    for fact in facts {
        for text in [&fact.user_id, &fact.media_type] {
            let length = text.as_ref().map_or(u64::MAX, |text| text.len() as u64);
            digest.update(&length.to_le_bytes());
            digest.update(text.as_deref().unwrap_or_default().as_bytes());
        }
        digest.update(&fact.start_ms.to_le_bytes());
        digest.update(&fact.end_ms.to_le_bytes());
        for number in &fact.measures {
            digest.update(&number.unwrap_or(-1).to_le_bytes());
        }
    }
    digest.digest128()
}
