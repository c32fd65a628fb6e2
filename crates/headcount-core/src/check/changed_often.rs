//! Users who change too often.

use super::{Ran, Rule, RuleInfo, Severity, Threshold, found::Found, subject::Subject};

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC025",
        name: "changed-often",
        severity: Severity::Note,
        looks_at: "active users",
        what: "An active user changed more often in the last 30 days than people do.",
        why: "Two systems may write the same attribute in turns, such as HR and single \
            sign-on. Reports as of the event split the facts of such a user over many \
            versions.",
        mend: "See which attribute it is with `headcount history`, and leave it to one \
            system.",
        example: "Jane Doe changed 24 times in 30 days.",
        threshold: Some(Threshold {
            default: 10,
            meaning: "How often somebody may change in 30 days.",
        }),
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let Some(lives) = subject.context.lives else {
        return Err("the history of the users was not read");
    };
    let most = found.threshold();
    for &row in subject.active() {
        let changes = lives.changes(subject.digest(row));
        if changes > most {
            found.user(row).say(format!(
                "changed {changes} times in 30 days: more than {most}"
            ));
        }
    }
    Ok(())
}
