//! Chains of managers that are too long.
//!
//! Told where a chain gets too long, not of everybody below that.

use super::{
    Ran, Rule, RuleInfo, Severity, Threshold, found::Found, subject::State, subject::Subject,
    subject::counted,
};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC009",
        name: "chain-too-deep",
        severity: Severity::Note,
        looks_at: "active users",
        what: "Above an active user there are more managers than an org is likely to have.",
        why: "Reports by level of manager end at a level; what lies deeper is added up \
            there. Such a chain often has somebody in it with the wrong manager.",
        mend: "Look at the managers above this user one by one: `headcount managers` shows \
            them.",
        example: "Above Jane Doe are 11 managers, below 4 users.",
        threshold: Some(Threshold {
            default: 10,
            meaning: "How many managers there may be above a user.",
        }),
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let (managers, most) = (subject.context.managers, found.threshold());
    let is_told = |row| managers.depth(row) > most && subject.state(row) == State::Active;
    for &row in subject.active() {
        if !is_told(row) || managers.manager_of(row).is_some_and(is_told) {
            continue;
        }
        let (above, below) = (managers.depth(row), managers.span(row).total);
        found
            .user(row)
            .at("manager.id", subject.value(row, Column::ManagerId))
            .say(format!(
                "{} above, {} below: more than {most} above",
                counted(above as usize, "manager"),
                counted(below as usize, "user")
            ));
    }
    Ok(())
}
