//! Deleted users who still lead somebody.

use super::{
    Ran, Rule, RuleInfo, Severity, found::Found, subject::State, subject::Subject, subject::counted,
};

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC023",
        name: "deleted-still-managing",
        severity: Severity::Error,
        looks_at: "deleted users",
        what: "A deleted user is still the manager of active people.",
        why: "Reports by manager show a whole team under somebody who left, in no tree of \
            today.",
        mend: "Give these people the manager of today, by a people import with \
            `email_manager`.",
        example: "Jane Doe is deleted and still the manager of 12 active users.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    for row in 0..subject.context.roster.len() {
        if subject.state(row) != State::Deleted {
            continue;
        }
        let reports: Vec<u32> = subject.active_reports(row).collect();
        let count = reports.len();
        if count > 0 {
            found.user(row).with(reports).say(format!(
                "is deleted and still the manager of {}",
                counted(count, "active user")
            ));
        }
    }
    Ok(())
}
