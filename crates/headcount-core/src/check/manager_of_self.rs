//! Users who are their own managers.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::Subject};

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC006",
        name: "manager-of-self",
        severity: Severity::Error,
        looks_at: "active users",
        what: "An active user is named as the manager of the same user.",
        why: "The tree of managers ends here: this user and everybody below are missing from \
            the trees above.",
        mend: "Set the real manager; for the top of the org, none.",
        example: "Jane Doe is the manager of Jane Doe.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    for &row in subject.active() {
        if subject.manager(row) == Some(row) {
            found
                .user(row)
                .at("manager.id", Some(subject.id(row)))
                .say("is named as the own manager");
        }
    }
    Ok(())
}
