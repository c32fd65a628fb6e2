//! `docs/checks.md`, written out of the rules.

use super::{RuleInfo, all};

/// Every rule for people to read, as Markdown: a table, then a section each.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(
        "# Checks\n\n\
         What `headcount check` looks for, and how it is used. Generated from the rules; `just docs` writes it again.\n\n\
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
    text + USE
}

/// What there is to know beside the rules.
const USE: &str = "
## Baseline

`--baseline known.json --update-baseline` writes the fingerprints of today's findings to a file: \
sorted, a line each, without names and addresses, made to be kept under version control. From then \
on `--baseline known.json` lets only new findings fail. Findings that are mended are counted, and \
the next update takes them out. A baseline that is updated with `--rule` or without `--expected` \
keeps what the other rules found.

## Expected roster

`--expected hr.csv` reads a table with a header line: commas, semicolons or tabs; UTF-8, or UTF-16 \
with a byte order mark; any size, for no more than a row and a few bytes for each user are held. \
Columns stand in any order. Case, blanks, dashes and underscores in their names do not matter; \
columns of other names are told and ignored.

| Column | Names |
| --- | --- |
| key, the first that a row has counts | `email`, `mail`, `email address`, `work email`, `primary email`, `user email` |
| | `username`, `login`, `login name`, `user login`, `user principal name`, `upn` |
| | `id`, `user id`, `genesys id`, `genesys user id`, `genesys cloud id`, `guid` |
| name, for messages and for people to be added | `name`, `full name`, `display name`, `employee name`, `agent name`, `agent` |
| department | `department`, `dept`, `department name` |
| title | `title`, `job title`, `position` |
| division, by name or id | `division`, `division name`, `division id` |
| manager, by name, e-mail or id | `manager`, `manager name`, `supervisor`, `supervisor name`, `reports to`, `line manager`; by preference `manager email`, `email manager`, `manager mail`, `supervisor email`; `manager id`, `manager user id`, `supervisor id` |
| state: `active` (`enabled`), `inactive` (`disabled`), `deleted` (`terminated`, `left`, `leaver`) | `state`, `status`, `user state`, `user status` |

A blank cell says nothing. Whoever is listed without a state must be there, active or inactive. Of a \
list with far more strangers than the org has users, 100,000 findings of a rule (or as many as there \
are users) are told, and the rest is counted.

`--repair import.csv` writes the people import of Genesys Cloud, with a row for everybody who is \
missing or differs in something that is told: `--rule`, `except` and rules that are off hold for it \
too. A blank phone, extension, title or department in such a file erases what is there, so these \
stand in it as they are today unless the list says otherwise. Location, roles, queues and skills \
stay blank, which leaves them alone. States can't be imported. The file goes to Genesys Cloud and \
is not guarded against formulas: do not open it in a spreadsheet if you would not trust the names \
in it. It is never written over without `--force`, and it is there whole or not at all.

## In a build

`--output sarif` is SARIF 2.1.0: a result for each finding, with fingerprints; what is in the \
baseline is `unchanged` and suppressed. `--output junit` has a suite for each rule and a case for \
each finding; what is new and at least as bad as `--fail-on` has failed, the rest is skipped, and a \
rule without findings passes. Exit code 3 says the same.
";

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
