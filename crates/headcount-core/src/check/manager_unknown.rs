//! Managers who are not in the roster.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::Subject};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC004",
        name: "manager-unknown",
        severity: Severity::Error,
        looks_at: "active users",
        what: "An active user's manager is not in the roster.",
        why: "The user is cut off from the tree of managers: reports by manager or by whole \
            tree leave out this user and everybody below.",
        mend: "Set a manager who exists. If the manager does exist, the roster is not whole: \
            the client that fetches it may not see the division of the manager.",
        example: "The manager 6a1c0c5e-… of Jane Doe is not in the roster.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    for &row in subject.active() {
        if let Some(id) = subject.value(row, Column::ManagerId)
            && subject.manager(row).is_none()
        {
            found
                .user(row)
                .told_by("manager.id", Some(id))
                .say(format!("the manager {id} is not in the roster"));
        }
    }
    Ok(())
}
