//! E-mails that differ from usernames.
//!
//! Some orgs log in by other names than addresses. Where most users do, this is how it is meant.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::Subject};
use crate::field::Column;
use crate::search::text::fold;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC017",
        name: "email-not-username",
        severity: Severity::Note,
        looks_at: "active users with both",
        what: "An active user's e-mail and username differ, but for case.",
        why: "Often a name or domain changed in one place only. Lists matched by e-mail miss \
            those matched by username.",
        mend: "Correct whichever is the old one.",
        example: "The e-mail of Jane Doe is jane.doe@example.com, the username \
            jane.roe@example.com.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    /// From so many users on "most of them" means something.
    const MANY: usize = 20;
    let both = |row: &u32| {
        let email = subject.value(*row, Column::Email)?;
        Some((*row, email, subject.value(*row, Column::Username)?))
    };
    let all = subject.active().iter().filter_map(both);
    let count = all.clone().count();
    let differing: Vec<_> = all
        .filter(|(_, email, username)| fold(email.trim()) != fold(username.trim()))
        .collect();
    if count >= MANY && differing.len() > count / 2 {
        return Err("most usernames are no e-mails in this org");
    }
    for (row, _, username) in differing {
        found
            .user(row)
            .at("username", Some(username))
            .say("e-mail and username differ");
    }
    Ok(())
}
