//! Managers in another division.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::State, subject::Subject};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC008",
        name: "manager-other-division",
        severity: Severity::Note,
        looks_at: "active users with an active manager",
        what: "An active user's manager is in another division.",
        why: "Whoever may see one of the two divisions alone sees half of the team. Reports \
            by division and by manager cut the org in different ways.",
        mend: "Move the user or the manager, if that is not meant. Put those for whom it \
            is under `except`.",
        example: "Jane Doe is in the division Sales, the manager 6a1c0c5e-… in Service.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let Some(divisions) = subject.codes(Column::DivisionId) else {
        return Ok(());
    };
    for &row in subject.active() {
        let Some(manager) = subject.manager(row) else {
            continue;
        };
        let (own, other) = (divisions.of(row), divisions.of(manager));
        if own == other || own == 0 || other == 0 || subject.state(manager) != State::Active {
            continue;
        }
        let called = |row| {
            let name = subject.value(row, Column::DivisionName);
            name.or(subject.value(row, Column::DivisionId))
                .unwrap_or_default()
        };
        let (own, other, id) = (called(row), called(manager), subject.id(manager));
        found
            .user(row)
            .at("division.id", divisions.text(divisions.of(row)))
            .with([manager])
            .say(format!(
                "is in the division {own:?}, the manager {id} in {other:?}"
            ));
    }
    Ok(())
}
