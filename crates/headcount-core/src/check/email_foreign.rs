//! E-mails outside the org's domains.

use super::{
    Ran, Rule, RuleInfo, Severity, email_malformed::address, found::Found, subject::Subject,
};
use crate::field::Column;
use crate::search::text::fold;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC016",
        name: "email-foreign",
        severity: Severity::Warning,
        looks_at: "active users",
        what: "An active user's e-mail is not in one of the domains of `email_domains`.",
        why: "It may be a private address, or an account of somebody who does not belong to \
            the org.",
        mend: "Correct the e-mail, add the domain to `email_domains`, or put \
            the user under `except`.",
        example: "The e-mail of Jane Doe is jane.doe@mail.example.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let own = &subject.settings.email_domains;
    if own.is_empty() {
        return Err("email_domains names no domain");
    }
    let own: Vec<String> = own.iter().map(|domain| domain.to_lowercase()).collect();
    for &row in subject.active() {
        if let Some(email) = subject.value(row, Column::Email)
            // One that is no address has no domain either: the rule before this one tells it.
            && let Ok(domain) = address(email)
            && !own.iter().any(|own| is_in(&fold(domain), own))
        {
            found
                .user(row)
                .told_by("email", Some(email))
                .say("the e-mail is not in a domain of the org");
        }
    }
    Ok(())
}

/// Whether a domain is the own one, or below it where that begins with `*.`.
fn is_in(domain: &str, own: &str) -> bool {
    match own.strip_prefix("*.") {
        Some(own) => domain
            .strip_suffix(own)
            .is_some_and(|below| below.ends_with('.')),
        None => domain == own,
    }
}

#[test]
fn a_star_means_what_lies_below() {
    assert!(is_in("a.example.org", "*.example.org"));
    assert!(!is_in("example.org", "*.example.org"));
    assert!(!is_in("badexample.org", "*.example.org"));
    assert!(is_in("example.org", "example.org") && !is_in("a.example.org", "example.org"));
}
