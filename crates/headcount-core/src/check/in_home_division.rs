//! Active users in the Home division.
//!
//! Genesys Cloud puts new users there. Where all users are in it, the org uses no divisions.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::Subject};
use crate::field::Column;
use crate::search::text::fold;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC020",
        name: "in-home-division",
        severity: Severity::Note,
        looks_at: "active users",
        what: "An active user is in the division of `home_division`, where nobody put the \
            user.",
        why: "Reports by division count this user there, and whoever may see that division \
            sees the user.",
        mend: "Move the user to the division of the team; or put \
            those who belong there under `except`.",
        example: "Jane Doe is in the division Home.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let home = fold(&subject.settings.home_division);
    let is_home = |column: Column| {
        let codes = subject.codes(column);
        let hits: Vec<bool> = codes.map_or_else(Vec::new, |codes| {
            let text = |code| codes.text(u32::try_from(code).unwrap_or(0));
            let is = |code| text(code).is_some_and(|text| fold(text) == home);
            (0..codes.len()).map(is).collect()
        });
        move |row: u32| codes.is_some_and(|codes| hits[codes.of(row) as usize])
    };
    let (id, name) = (is_home(Column::DivisionId), is_home(Column::DivisionName));
    let at_home = |row: &&u32| id(**row) || name(**row);
    let count = subject.active().iter().filter(at_home).count();
    if count > 1 && count == subject.active().len() {
        return Err("all active users are in the home division: the org uses no other");
    }
    for &row in subject.active().iter().filter(at_home) {
        let name = subject.value(row, Column::DivisionName);
        found
            .user(row)
            .at("division.name", name)
            .say("still in the home division");
    }
    Ok(())
}
