//! Facts as they are kept: in order, each key once, nothing that makes no sense.

use headcount_core::fact::{Fact, FactKind, MEASURES, Stat};
use xxhash_rust::xxh3::Xxh3;

use super::{Day, FactsError, schema};

/// Brings the facts of a day into the order of its file, by user, start and media type, and adds up
/// those of one key.
pub(super) fn merge(
    kind: FactKind,
    day: &Day,
    (start_ms, end_ms): (i64, i64),
    facts: Vec<Fact>,
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
    let mut facts = facts;
    facts.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut merged: Vec<Fact> = Vec::with_capacity(facts.len());
    for fact in facts {
        match merged.last_mut() {
            Some(last) if key(last) == key(&fact) => add(kind, day, last, &fact)?,
            _ => merged.push(fact),
        }
    }
    Ok(merged)
}

/// What tells facts of one day apart.
fn key(fact: &Fact) -> (Option<&str>, i64, Option<&str>, i64) {
    let (user, media) = (fact.user_id.as_deref(), fact.media_type.as_deref());
    (user, fact.start_ms, media, fact.end_ms)
}

fn wrong(kind: FactKind, fact: &Fact, day: std::ops::Range<i64>) -> Option<&'static str> {
    let measures = kind.measures();
    if fact.end_ms <= fact.start_ms {
        return Some("its interval ends before it starts");
    }
    if !day.contains(&fact.start_ms) {
        return Some("its interval starts on another day of the time zone");
    }
    if fact.measures.iter().flatten().any(|&number| number < 0) {
        return Some("a number is negative");
    }
    if fact.measures[measures.len()..].iter().any(Option::is_some) {
        return Some("it has more measures than its kind");
    }
    let large = measures
        .iter()
        .zip(&fact.measures)
        .any(|(measure, number)| {
            measure.stat == Stat::SumMicro && number.is_some_and(|sum| sum > schema::MOST_MICRO)
        });
    large.then_some("a sum of scores is too large")
}

fn add(kind: FactKind, day: &Day, into: &mut Fact, fact: &Fact) -> Result<(), FactsError> {
    let sums = into.measures.iter_mut().zip(&fact.measures);
    for (measure, (sum, number)) in kind.measures().iter().zip(sums) {
        *sum = match (*sum, *number) {
            (Some(sum), Some(number)) => {
                let most = match measure.stat {
                    Stat::Count | Stat::SumMs => i64::MAX,
                    Stat::SumMicro => schema::MOST_MICRO,
                };
                let sum = sum.checked_add(number).filter(|sum| *sum <= most);
                Some(sum.ok_or(FactsError::Overflow {
                    date: day.date,
                    measure: measure.name,
                })?)
            }
            (sum, number) => sum.or(number),
        };
    }
    Ok(())
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
    let mut text = |text: &Option<String>| match text {
        Some(text) => {
            digest.update(&(text.len() as u64).to_le_bytes());
            digest.update(text.as_bytes());
        }
        None => digest.update(&u64::MAX.to_le_bytes()),
    };
    for fact in facts {
        text(&fact.user_id);
        text(&fact.media_type);
    }
    for fact in facts {
        digest.update(&fact.start_ms.to_le_bytes());
        digest.update(&fact.end_ms.to_le_bytes());
        for number in &fact.measures {
            digest.update(&number.unwrap_or(-1).to_le_bytes());
        }
    }
    digest.digest128()
}
