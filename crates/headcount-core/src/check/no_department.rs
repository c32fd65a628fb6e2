//! Active users without a department.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::Subject};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC001",
        name: "no-department",
        severity: Severity::Warning,
        looks_at: "active users",
        what: "An active user has no department, or a blank one.",
        why: "Reports by department count this user under `(none)`.",
        mend: "Admin > People > the person > Profile: fill in the department, or give it in a \
            people import. `headcount check --expected hr.csv --repair out.csv` writes \
            that import out of the HR list.",
        example: "Jane Doe has no department.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    for row in subject.active_without(Column::Department) {
        found.user(row).at("department", None).say("no department");
    }
    Ok(())
}
