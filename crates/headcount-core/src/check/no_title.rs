//! Active users without a title.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::Subject};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC018",
        name: "no-title",
        severity: Severity::Note,
        looks_at: "active users",
        what: "An active user has no title.",
        why: "Reports by title count this user under `(none)`.",
        mend: "Admin > People > the person > Profile: fill in the title, or give it in a \
            people import.",
        example: "Jane Doe has no title.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    if subject.nobody_has(Column::Title) {
        return Err("no active user has a title: none are kept, or they may not be seen");
    }
    for row in subject.active_without(Column::Title) {
        found.user(row).at("title", None).say("no title");
    }
    Ok(())
}
