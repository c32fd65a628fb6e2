//! E-mails that are no addresses.
//!
//! Not what RFC 5322 allows, but what mail systems give out: one `@`, something before it without
//! blanks and brackets, a domain of at least two labels behind it.

use super::{Ran, Rule, RuleInfo, Severity, found::Found, subject::Subject};
use crate::field::Column;

pub(super) const RULE: Rule = Rule {
    info: RuleInfo {
        id: "HC015",
        name: "email-malformed",
        severity: Severity::Warning,
        looks_at: "active users",
        what: "An active user's e-mail is not an address.",
        why: "No mail arrives, and lists matched by e-mail miss the user.",
        mend: "Admin > People > the person: correct the e-mail.",
        example: "The e-mail of Jane Doe is jane.doe@example.",
        threshold: None,
    },
    find,
};

fn find(subject: &Subject<'_>, found: &mut Found<'_>) -> Ran {
    for &row in subject.active() {
        if let Some(email) = subject.value(row, Column::Email)
            && let Err(why) = address(email)
        {
            found
                .user(row)
                .told_by("email", Some(email))
                .say(format!("the e-mail is not an address: {why}"));
        }
    }
    Ok(())
}

/// The domain of an address, or what is wrong with it.
pub(super) fn address(email: &str) -> Result<&str, &'static str> {
    /// RFC 5321, 4.5.3.1: longer ones cannot be sent to.
    const LONGEST: usize = 254;
    if email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("there is a blank in it");
    }
    let (local, domain) = email.rsplit_once('@').ok_or("there is no @ in it")?;
    let odd = |c: char| "@,;:<>()[]\\\"".contains(c);
    if local.is_empty() {
        return Err("there is nothing before the @");
    }
    if local.contains(odd) {
        return Err("what stands before the @ has a mark that does not belong there");
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err("there is a dot too many before the @");
    }
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    if !domain.contains('.') || !domain.split('.').all(label) {
        return Err("what stands behind the @ is not a domain");
    }
    if email.len() > LONGEST {
        return Err("it is longer than 254 bytes");
    }
    Ok(domain)
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn what_mail_systems_give_out_is_an_address() {
        for good in [
            "jane.doe@example.com",
            "o'brien+x@mail.example.co.uk",
            "jürgen@exämple.de",
            "a_b-c@1and1.com",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "jane",
            "@example.com",
            "jane@",
            "jane@example",
            "jane@example.",
            "jane@.com",
            "jane@exam_ple.com",
            "jane@-x.com",
            "jane doe@example.com",
            "jane@example.com ",
            "jane@doe@example.com",
            "jane..doe@example.com",
            "<jane@example.com>",
            "jane@example.com;joe@example.com",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
        assert!(address(&format!("{}@example.com", "x".repeat(250))).is_err());
    }
}
