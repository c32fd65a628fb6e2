//! `docs/checks.md`, written out of the rules.

use super::{RuleInfo, all};

/// Every rule for people to read, as Markdown: a table, then a section each.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(
        "# Checks\n\n\
         What `headcount check` looks for. Generated from the rules; `just docs` writes it again.\n\n\
         An **error** makes reports wrong, a **warning** may, a **note** is worth knowing. Each rule \
         can be changed in the settings, by its id or name:\n\n\
         ```toml\n\
         [check]\n\
         email_domains = [\"example.com\", \"*.example.org\"]\n\
         home_division = \"Home\"         # name or id\n\n\
         [check.span-too-wide]          # or [check.HC010]\n\
         enabled = true\n\
         severity = \"warning\"\n\
         threshold = 40\n\
         except = [\"6a1c0c5e-…\"]        # ids of users, or values such as a department\n\
         ```\n\n\
         A finding is known again in a later run by its fingerprint. It is made of the rule and of \
         what identifies the trouble, holds no name and no address, and stays as it is whatever else \
         changes.\n\n\
         | Rule | Name | Severity | Looks at | Threshold |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for rule in all() {
        let threshold = rule
            .threshold
            .map_or_else(String::new, |threshold| threshold.default.to_string());
        text += &format!(
            "| [{}](#{}) | `{}` | {} | {} | {threshold} |\n",
            rule.id,
            anchor(rule),
            rule.name,
            rule.severity.name(),
            rule.looks_at,
        );
    }
    for rule in all() {
        text += &section(rule);
    }
    text
}

fn section(rule: &RuleInfo) -> String {
    let threshold = rule.threshold.map_or_else(String::new, |threshold| {
        format!(
            "**Threshold.** {} By default {}.\n\n",
            threshold.meaning, threshold.default
        )
    });
    format!(
        "\n## {} {}\n\n**What.** {}\n\n**Why.** {}\n\n**How to mend.** {}\n\n{threshold}**Example.** {}\n",
        rule.id, rule.name, rule.what, rule.why, rule.mend, rule.example,
    )
}

/// What a section's heading is called in a link.
fn anchor(rule: &RuleInfo) -> String {
    format!("{}-{}", rule.id.to_lowercase(), rule.name)
}

#[test]
fn the_reference_is_what_the_rules_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/checks.md");
    let wanted = reference();
    if to_be_written() {
        std::fs::write(path, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == wanted,
        "docs/checks.md is not what the rules say; run `just docs`"
    );
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
fn to_be_written() -> bool {
    std::env::var("HEADCOUNT_WRITE_DOCS").is_ok()
}
