//! E-mails that several users have. Deleted users are left out: what was theirs may be given out again.

use super::{
    Ran, Rule, RuleInfo, Severity, duplicates::find_shared, found::Found, subject::Subject,
};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC011",
        name: "duplicate-email",
        severity: Severity::Error,
        looks_at: "active and inactive users",
        what: "Several users have the same e-mail, but for case.",
        why: "Lists of other systems are matched by e-mail: HR data, manager and facts go to \
            the wrong one of them.",
        mend: "Find out which account is the one in use and delete or correct the other.",
        example: "2 users have the e-mail jane.doe@example.com.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    find_shared(subject, Column::Email, "e-mail", found);
    Ok(())
}
