//! Managers who are no longer there.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::State, subject::Subject};

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC005",
        name: "manager-gone",
        severity: Severity::Warning,
        looks_at: "active users",
        what: "An active user's manager is inactive or deleted.",
        why: "Reports by manager show the user under somebody who no longer leads anybody.",
        mend: "Give the user the manager of today. HC023 tells the same once for each deleted \
            manager.",
        example: "The manager 6a1c0c5e-… of Jane Doe is deleted.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    for &row in subject.active() {
        let Some(manager) = subject.manager(row) else {
            continue;
        };
        let is = match subject.state(manager) {
            State::Inactive => "inactive",
            State::Deleted => "deleted",
            State::Active | State::Unknown => continue,
        };
        let id = subject.id(manager);
        found
            .user(row)
            .told_by("manager.id", Some(id))
            .with([manager])
            .say(format!("the manager {id} is {is}"));
    }
    Ok(())
}
