//! Active users who never logged in.
//!
//! Upstream tells logins by password (`dateLastLogin`) and by token (`lastTokenIssued`) if asked to.
//! Where it tells of nobody or of few, nothing follows from its silence. Neither does it of somebody
//! for whom there are facts.

use super::{
    Ran, Rule, RuleInfo, Severity, Threshold, found::Found, lives::DAY_MS, subject::Subject,
    subject::day,
};

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC021",
        name: "never-logged-in",
        severity: Severity::Note,
        looks_at: "active users without facts, where upstream tells logins",
        what: "An active user has never logged in, though known for longer than the \
            threshold.",
        why: "The user counts as an agent and takes a licence, but works elsewhere or not at \
            all.",
        mend: "Ask the manager; delete the user, or send the invitation again.",
        example: "Jane Doe has never logged in; the welcome was sent on 2026-01-05.",
        threshold: Some(Threshold {
            default: 14,
            meaning: "Days that somebody has for the first login, from the welcome mail or \
                the first snapshot with the user in it.",
        }),
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let sign_ins = subject.sign_ins();
    if !sign_ins.told() {
        return Err("upstream tells no login of anybody: fetch dateLastLogin as well");
    }
    if !sign_ins.told_of_most() {
        return Err(
            "upstream tells logins of fewer than half of the active users: single sign-on?",
        );
    }
    let grace = i64::from(found.threshold()) * DAY_MS;
    for (&row, sign_in) in subject.active().iter().zip(sign_ins.users()) {
        if sign_in.last_ms.is_some() || subject.last_fact_ms(row).is_some() {
            continue;
        }
        let joined = || subject.context.lives?.joined_ms(subject.digest(row));
        // Known since before the first snapshot is known for long enough.
        let since = sign_in.welcome_ms.or_else(joined);
        if since.is_some_and(|since| subject.context.now_ms.saturating_sub(since) < grace) {
            continue;
        }
        let message = sign_in.welcome_ms.map_or_else(
            || "has never logged in".to_owned(),
            |ms| format!("has never logged in; the welcome was sent on {}", day(ms)),
        );
        found.user(row).at("dateLastLogin", None).say(message);
    }
    Ok(())
}
