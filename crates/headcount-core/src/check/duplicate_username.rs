//! Usernames that several users have. Deleted users are left out: what was theirs may be given out again.

use super::{
    Ran, Rule, RuleInfo, Severity, duplicates::find_shared, found::Found, subject::Subject,
};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC012",
        name: "duplicate-username",
        severity: Severity::Error,
        looks_at: "active and inactive users",
        what: "Several users have the same username, but for case.",
        why: "A username is what one logs in with; two of them mean that one account was \
            taken over from a copy, and lists matched by it go wrong.",
        mend: "Find out which account is the one in use and delete or correct the other.",
        example: "2 users have the username jane.doe@example.com.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    find_shared(subject, Column::Username, "username", found);
    Ok(())
}
