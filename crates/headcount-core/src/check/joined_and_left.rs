//! Users who joined and left within a day.

use super::{
    Ran, Rule, RuleInfo, Severity, found::Found, lives::HOUR_MS, subject::Subject,
    subject::counted, subject::day,
};

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC024",
        name: "joined-and-left",
        severity: Severity::Note,
        looks_at: "users who left in the last 90 days",
        what: "A user was seen first and deleted or gone again within a day.",
        why: "Most often an account made by mistake or for a test; its facts, if any, count \
            as those of an agent.",
        mend: "Nothing, if it was a mistake. If not, look who deletes accounts: single \
            sign-on and HR imports may work against each other.",
        example: "Jane Doe joined on 2026-01-05 and left within a day.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    let Some(lives) = subject.context.lives else {
        return Err("the history of the users was not read");
    };
    let mut short = lives.short().peekable();
    while let Some(life) = short.next() {
        let mut times = 1;
        while let Some(_again) = short.next_if(|next| next.user_id == life.user_id) {
            times += 1;
        }
        let later = match usize::try_from((life.left_ms - life.joined_ms) / HOUR_MS) {
            Ok(0) | Err(_) => "less than an hour".to_owned(),
            Ok(hours) => counted(hours, "hour"),
        };
        let message = format!("joined on {} and left {later} later", day(life.joined_ms));
        let message = match times {
            1 => message,
            times => format!("{message}; {times} such lives in 90 days"),
        };
        found
            .stranger(&life.user_id, life.name.as_deref())
            .say(message);
    }
    Ok(())
}
