//! Departments spelled in several ways.
//!
//! Spellings that differ only in case, blanks, dashes or accents are one department for sure: an
//! error. Those one letter apart are likely to be: a warning. The spelling that most active users have
//! is taken for the right one, of several the first in order; every other one is told.

use std::collections::HashMap;

use super::{
    Ran, Rule, RuleInfo, Severity,
    found::Found,
    spelling::{Alike, Spelling, variants},
    subject::Subject,
    subject::counted,
};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC002",
        name: "department-variants",
        severity: Severity::Error,
        looks_at: "departments of active users",
        what: "Two departments are spelled alike: they differ in case, blanks, dashes or \
            accents only, or, as a warning, by one letter. Differing digits are different \
            names, and so are short words that differ in a letter (`Tier I`, `Tier II`; \
            `Team A`, `Team B`).",
        why: "Every report by department shows them as two, and neither number is right.",
        mend: "Decide on one spelling and write it to all users of the others, by a people \
            import. A spelling that is a department of \
            its own belongs under `except`.",
        example: "The department `sales` (2 users) is likely to be `Sales` (40 users).",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let Some(codes) = subject.codes(Column::Department) else {
        return Ok(());
    };
    let mut counts = vec![0_u32; codes.len()];
    for &row in subject.active() {
        counts[codes.of(row) as usize] += 1;
    }
    let used = (0_u32..).zip(&counts).filter(|(_, count)| **count > 0);
    let spellings: Vec<Spelling<'_>> = used
        .filter_map(|(code, &count)| {
            let text = codes.text(code).filter(|text| !found.excepts(text))?;
            Some(Spelling { text, count, code })
        })
        .collect();
    let variants = variants(&spellings);
    let mut told = vec![false; codes.len()];
    for variant in &variants {
        told[variant.is.code as usize] = true;
    }
    // Some users of each spelling told, by code: those of the least ids.
    let mut users: HashMap<u32, Vec<u32>> = HashMap::new();
    for &row in subject.active() {
        let code = codes.of(row);
        if told[code as usize] {
            users.entry(code).or_default().push(row);
        }
    }
    for variant in variants {
        let (is, of) = (variant.is, variant.of);
        let draft = found
            .value("department", is.text)
            .with(users.remove(&is.code).unwrap_or_default());
        let (draft, differs) = match variant.alike {
            Alike::Folded => (
                draft,
                "differs from it only in case, blanks, dashes or accents",
            ),
            Alike::Near => (
                draft.only(Severity::Warning),
                "differs from it by one letter",
            ),
        };
        draft.say(format!(
            "the department {:?} ({}) is likely to be {:?} ({}): {differs}",
            is.text,
            counted(is.count as usize, "user"),
            of.text,
            counted(of.count as usize, "user"),
        ));
    }
    Ok(())
}
