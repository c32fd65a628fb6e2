//! Active users without a manager.
//!
//! Somebody has to be at the top. The one with the most people below, of several the one with the
//! least id, is taken for it and not told. Others without a manager who have people below may be the
//! heads of trees of their own, so that is a note.

use std::cmp::Reverse;

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::Subject, subject::counted};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC003",
        name: "no-manager",
        severity: Severity::Warning,
        looks_at: "active users",
        what: "An active user has no manager. With people below it is a note; for the top of \
            the largest tree it is nothing.",
        why: "Reports by manager count this user, and everybody below, under `(none)` or \
            beside the tree they belong to.",
        mend: "Admin > People > the person > Profile: set the manager, or give \
            `email_manager` in a people import. Heads of trees of their \
            own belong under `except`.",
        example: "Jane Doe has no manager.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    if subject.nobody_has(Column::ManagerId) {
        return Err("no active user has a manager: none are kept, or they may not be seen");
    }
    let below = |row: u32| subject.context.managers.span(row).total;
    let top = subject
        .active_without(Column::ManagerId)
        .max_by_key(|&row| (below(row), Reverse(subject.id(row))));
    for row in subject.active_without(Column::ManagerId) {
        let told = found.user(row).at("manager.id", None);
        match below(row) {
            0 => told.say("no manager"),
            _ if Some(row) == top => {}
            users => told.only(Severity::Note).say(format!(
                "no manager, with {} below: the head of a tree of its own?",
                counted(users as usize, "user")
            )),
        }
    }
    Ok(())
}
