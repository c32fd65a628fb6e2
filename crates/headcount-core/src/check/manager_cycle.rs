//! Rings of managers: A reports to B, and B, through however many, to A.
//!
//! One finding for a ring, about its member of the least id.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::State, subject::Subject};

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC007",
        name: "manager-cycle",
        severity: Severity::Error,
        looks_at: "rings with an active user in them",
        what: "Several users report to each other in a ring.",
        why: "A ring has no top: reports by level or whole tree cut it at one member, and \
            everybody in and below it is missing from the trees above.",
        mend: "One of the ring has the wrong manager: most often the one highest in rank.",
        example: "Jane Doe reports to 6a1c0c5e-…, who reports to Jane Doe.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    for ring in subject.context.managers.cycles() {
        let active = ring.iter().any(|&row| subject.state(row) == State::Active);
        let [head, others @ ..] = ring.as_slice() else {
            continue;
        };
        if others.is_empty() || !active {
            continue;
        }
        let ids: Vec<&str> = ring.iter().map(|&row| subject.id(row)).collect();
        found
            .user(*head)
            .at("manager.id", ids.get(1).copied())
            .identified_by(ids.join(" "))
            .with_in_order(others)
            .say(format!(
                "{} users report to each other in a ring",
                ids.len()
            ));
    }
    Ok(())
}
