//! Names that several users of one department have.

use std::fmt::Write;

use super::{
    Ran, Rule, RuleInfo, Severity, duplicates::duplicates, found::Found, subject::Subject,
};
use crate::field::Column;
use crate::search::text::fold;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC013",
        name: "duplicate-name",
        severity: Severity::Warning,
        looks_at: "active users with a department",
        what: "Several active users of one department have the same name, but for case and \
            blanks.",
        why: "Reports that name people show two lines that nobody can tell apart, and \
            whoever adds them up by name makes one of two people. It may be one person \
            with two accounts.",
        mend: "If it is one person, delete the account that is not in use. If not, put \
            the name under `except`.",
        example: "2 users of the department Sales are called Jane Doe.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let Some(departments) = subject.codes(Column::Department) else {
        return Ok(());
    };
    let groups = duplicates(subject.active().iter().copied(), |row, key| {
        let name = subject.value(row, Column::Name)?;
        let department = departments.of(row);
        if department == 0 {
            return None;
        }
        // A department as its number: writing it would be most of the work.
        let _ = write!(key, "{department} ");
        let folded = fold(name);
        let mut words = folded.split_whitespace();
        key.push_str(words.next()?);
        words.for_each(|word| key.extend([" ", word]));
        Some(())
    });
    for (key, rows) in groups {
        let name = |row: &u32| subject.value(*row, Column::Name);
        let (Some(name), Some(&first)) = (rows.iter().filter_map(name).min(), rows.first()) else {
            continue;
        };
        let department = subject.value(first, Column::Department).unwrap_or_default();
        let (count, folded) = (rows.len(), key.split_once(' ').unwrap_or_default().1);
        found
            .value("name", name)
            .identified_by(format!("{folded} in {department}"))
            .with(rows)
            .say(format!(
                "{count} users of the department {department:?} have this name"
            ));
    }
    Ok(())
}
