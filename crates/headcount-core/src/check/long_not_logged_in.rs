//! Active users who have not logged in for long. What upstream tells of logins is as for the rule
//! before this one.

use super::{
    Ran, Rule, RuleInfo, Severity, Threshold, found::Found, lives::DAY_MS, subject::Subject,
    subject::day,
};

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC022",
        name: "long-not-logged-in",
        severity: Severity::Note,
        looks_at: "active users without recent facts, where upstream tells logins",
        what: "An active user has not logged in for longer than the threshold.",
        why: "The user counts as an agent and takes a licence, but may have left. With \
            single sign-on upstream may tell the last login by password alone: fetch \
            `lasttokenissued` as well, or switch this off.",
        mend: "Ask the manager; set the user inactive, or delete it.",
        example: "Jane Doe logged in last on 2025-09-14, 113 days ago.",
        threshold: Some(Threshold {
            default: 90,
            meaning: "Days since the last login.",
        }),
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let sign_ins = subject.sign_ins();
    if !sign_ins.told() {
        return Err("upstream tells no login of anybody: fetch dateLastLogin as well");
    }
    let (now, most) = (subject.context.now_ms, i64::from(found.threshold()));
    for (&row, sign_in) in subject.active().iter().zip(sign_ins.users()) {
        let Some(login) = sign_in.last_ms else {
            continue;
        };
        let seen = subject.last_fact_ms(row).unwrap_or(login).max(login);
        let days = now.saturating_sub(login) / DAY_MS;
        if now.saturating_sub(seen) / DAY_MS > most {
            let date = day(login);
            found
                .user(row)
                .at("dateLastLogin", Some(&date))
                .say(format!("logged in last on {date}, {days} days ago"));
        }
    }
    Ok(())
}
