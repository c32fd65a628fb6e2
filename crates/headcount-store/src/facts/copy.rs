//! Moving the facts of all orgs from one store to another, and proving that they arrived.

use headcount_core::fact::{Fact, FactKind};
use serde::Serialize;

use super::{FactStore, FactsError, KeptDay};
use crate::StoreError;

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CopiedFacts {
    /// Days of all kinds and orgs.
    pub days: u64,
    /// Facts of all these days.
    pub facts: u64,
}

/// Copies the facts of every org of the store of `from` into that of `to`, which must have none,
/// a day at a time and an org at once; then reads them back and compares.
///
/// # Errors
/// [`StoreError::NotEmpty`] where facts are already, [`StoreError::CopyDiffers`] when what is read
/// back is something else, both in [`FactsError::Store`]; [`FactsError`] when either cannot be
/// read or written. The orgs before that one are copied then.
pub fn copy(from: &FactStore, to: &FactStore) -> Result<CopiedFacts, FactsError> {
    let orgs = from.orgs()?;
    for org in to.orgs()? {
        for kind in FactKind::ALL {
            if !to.of(&org).dates(kind)?.is_empty() {
                return Err(StoreError::NotEmpty.into());
            }
        }
    }
    let mut copied = CopiedFacts::default();
    for org in orgs {
        let (from, to) = (from.of(&org), to.of(&org));
        let days = days(&from)?;
        let mut change = to.change()?;
        for day in &days {
            change.put(day.kind, day.day.clone(), facts(&from, day)?)?;
        }
        change.commit()?;
        compare(&from, &days, &to)?;
        copied.days += days.len() as u64;
        copied.facts += days.iter().map(|day| day.facts).sum::<u64>();
    }
    Ok(copied)
}

/// Reads both sides: what days tell of themselves, and every fact.
fn compare(from: &FactStore, sent: &[KeptDay], to: &FactStore) -> Result<(), FactsError> {
    let kept = days(to)?;
    if kept.len() != sent.len() {
        return Err(StoreError::CopyDiffers.into());
    }
    for (sent, kept) in sent.iter().zip(&kept) {
        let elsewhere = KeptDay {
            path: kept.path.clone(),
            ..sent.clone()
        };
        if elsewhere != *kept || facts(from, sent)? != facts(to, kept)? {
            return Err(StoreError::CopyDiffers.into());
        }
    }
    Ok(())
}

fn days(store: &FactStore) -> Result<Vec<KeptDay>, FactsError> {
    let mut days = Vec::new();
    for kind in FactKind::ALL {
        days.extend(store.list(kind)?);
    }
    Ok(days)
}

/// The facts of a day, in the order in which they are kept.
fn facts(store: &FactStore, day: &KeptDay) -> Result<Vec<Fact>, FactsError> {
    let mut facts = Vec::new();
    store.each(day, &mut |fact| facts.push(fact))?;
    Ok(facts)
}
