//! Agents without facts of late.
//!
//! Who an agent is, nothing in the roster tells. One with facts some time ago is one; somebody without
//! any may work in an office.

use super::{
    Ran, Rule, RuleInfo, Severity, Threshold, found::Found, lives::DAY_MS, subject::Subject,
    subject::day,
};

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC027",
        name: "agent-without-facts",
        severity: Severity::Note,
        looks_at: "active users with facts",
        what: "An active user had facts, but none for longer than the threshold.",
        why: "The agent may have left, be on leave, or work under another account.",
        mend: "Ask the manager; set the user inactive, or delete it.",
        example: "The last facts of Jane Doe are of 2025-11-20, 46 days before the end of all \
            facts.",
        threshold: Some(Threshold {
            default: 30,
            meaning: "Days without facts, counted back from the end of all facts.",
        }),
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let Some(facts) = subject.context.facts else {
        return Err("there are no facts");
    };
    let most = i64::from(found.threshold());
    if facts.through_ms.saturating_sub(facts.from_ms) / DAY_MS <= most {
        return Err("there are facts of fewer days than the threshold");
    }
    for &row in subject.active() {
        let Some(last) = subject.last_fact_ms(row) else {
            continue;
        };
        let days = facts.through_ms.saturating_sub(last) / DAY_MS;
        if days > most {
            found.user(row).say(format!(
                "the last facts are of {}, {days} days before the end of all facts",
                day(last)
            ));
        }
    }
    Ok(())
}
