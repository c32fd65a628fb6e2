//! Active users without a division.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::Subject};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC019",
        name: "no-division",
        severity: Severity::Warning,
        looks_at: "active users",
        what: "An active user has no division.",
        why: "Every user has one in Genesys Cloud, so the roster was not fetched whole. \
            Reports by division count this user under `(none)`, and whoever may see some \
            divisions only does not see the user.",
        mend: "Give the client that fetches the roster the permission to see divisions, and \
            sync again.",
        example: "Jane Doe has no division.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    if subject.nobody_has(Column::DivisionId) && subject.nobody_has(Column::DivisionName) {
        return Err("no active user has a division: they may not be seen");
    }
    for row in subject.active_without(Column::DivisionId) {
        if subject.value(row, Column::DivisionName).is_none() {
            found.user(row).at("division.id", None).say("no division");
        }
    }
    Ok(())
}
