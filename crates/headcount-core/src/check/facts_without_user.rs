//! Users with facts whom no snapshot ever held.
//!
//! Who was in the roster once is no trouble: the facts go to the version of then.

use super::{
    Lives, Ran, Rule, RuleInfo, Severity, digest::id_digest, found::Found, subject::Subject,
    subject::day,
};

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC026",
        name: "facts-without-user",
        severity: Severity::Error,
        looks_at: "users with facts",
        what: "There are facts of a user whom no snapshot of the roster ever held.",
        why: "These facts count under `(unrostered)`: in no department, division or team.",
        mend: "Sync with every state, deleted users included, by a client that may see all \
            divisions. Somebody who was deleted before the first snapshot stays unknown: \
            put the id under `except`.",
        example: "The user 6a1c0c5e-… has facts, the last of 2026-01-05, and was never in the \
            roster.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let Some(facts) = subject.context.facts else {
        return Err("there are no facts");
    };
    let rostered = subject.rows_by_digest();
    for (id, &ms) in &facts.last_ms_by_user {
        let digest = id_digest(id);
        let known = |lives: &Lives| lives.knows(digest);
        if rostered.contains_key(&digest) || subject.context.lives.is_some_and(known) {
            continue;
        }
        found.stranger(id, None).at("id", Some(id)).say(format!(
            "has facts, the last of {}, and was never in the roster",
            day(ms)
        ));
    }
    Ok(())
}
