//! Active users without an e-mail.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::Subject};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC014",
        name: "email-missing",
        severity: Severity::Warning,
        looks_at: "active users",
        what: "An active user has no e-mail.",
        why: "The e-mail is what HR lists, people imports and other systems know a user by.",
        mend: "Admin > People > the person: set the e-mail. If everybody lacks it, the client \
            that fetches the roster may not see it.",
        example: "Jane Doe has no e-mail.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    for row in subject.active_without(Column::Email) {
        found.user(row).at("email", None).say("no e-mail");
    }
    Ok(())
}
