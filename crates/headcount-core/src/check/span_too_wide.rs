//! Managers with too many people.

use super::{
    Ran, Rule, RuleInfo, Severity, Threshold, found::Found, subject::State, subject::Subject,
    subject::counted,
};

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC010",
        name: "span-too-wide",
        severity: Severity::Note,
        looks_at: "active and inactive managers",
        what: "More active people report to one manager directly than one can lead.",
        why: "Often a manager who left, a shared account or the default of an import stands \
            in for the real team leads, and reports by manager show one big team.",
        mend: "Give these people their team leads; or raise the threshold.",
        example: "64 active users report to Jane Doe directly.",
        threshold: Some(Threshold {
            default: 30,
            meaning: "How many active people may report to one manager directly.",
        }),
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let most = found.threshold();
    for row in 0..subject.context.roster.len() {
        if subject.context.managers.span(row).direct <= most {
            continue;
        }
        let reports: Vec<u32> = subject.active_reports(row).collect();
        let count = u32::try_from(reports.len()).unwrap_or(u32::MAX);
        let leads = matches!(subject.state(row), State::Active | State::Inactive);
        if count > most && leads {
            found.user(row).with(reports).say(format!(
                "{} report to this manager directly: more than {most}",
                counted(count as usize, "active user")
            ));
        }
    }
    Ok(())
}
