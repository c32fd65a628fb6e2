//! What an expected roster, such as the list of HR, is compared for. These rules are asked by whoever
//! has such a list, not by [`super::run`]; they are set, listed and told as the others are.

use super::{RuleInfo, Severity};

/// Every rule about an expected roster, in the order of their ids.
pub fn rules() -> impl ExactSizeIterator<Item = &'static RuleInfo> {
    ALL.into_iter()
}

static ALL: [&RuleInfo; 8] = [
    &MISSING,
    &EXTRA,
    &DEPARTMENT,
    &TITLE,
    &DIVISION,
    &MANAGER,
    &STATE,
    &UNCLEAR,
];

/// Somebody in the list is not in the roster.
pub static MISSING: RuleInfo = RuleInfo {
    id: "HX001",
    name: "expected-missing",
    severity: Severity::Warning,
    looks_at: "people in the expected roster",
    what: "Somebody whom the expected roster has is not in the org, or only as a deleted user.",
    why: "Whoever works without a user of their own works with somebody else's, and their \
        interactions are counted there.",
    mend: "Import the file that `--repair` writes, which adds them; or take them off the list.",
    example: "jane.doe@example.com is expected and not in the roster.",
    threshold: None,
};

/// An active user is not in the list.
pub static EXTRA: RuleInfo = RuleInfo {
    id: "HX002",
    name: "expected-extra",
    severity: Severity::Warning,
    looks_at: "active users",
    what: "An active user is not in the expected roster.",
    why: "Likely to have left: the user can still log in, takes a licence and counts in every \
        head count.",
    mend: "Deactivate or delete the user. One that is no person, such as an integration, goes into \
        `except` of this rule.",
    example: "Jane Doe is active and not expected.",
    threshold: None,
};

/// The department is another one.
pub static DEPARTMENT: RuleInfo = RuleInfo {
    id: "HX003",
    name: "expected-department",
    severity: Severity::Error,
    looks_at: "people in both rosters whose expected department is filled in",
    what: "The department is not the expected one, to the letter.",
    why: "Reports by department count this user in the wrong one.",
    mend: "Import the file that `--repair` writes.",
    example: "Jane Doe is in `Sales` and expected in `Service`.",
    threshold: None,
};

/// The title is another one.
pub static TITLE: RuleInfo = RuleInfo {
    id: "HX004",
    name: "expected-title",
    severity: Severity::Note,
    looks_at: "people in both rosters whose expected title is filled in",
    what: "The title is not the expected one, to the letter.",
    why: "Reports by title count this user under the wrong one.",
    mend: "Import the file that `--repair` writes.",
    example: "Jane Doe is `Agent` and expected to be `Senior Agent`.",
    threshold: None,
};

/// The division is another one.
pub static DIVISION: RuleInfo = RuleInfo {
    id: "HX005",
    name: "expected-division",
    severity: Severity::Error,
    looks_at: "people in both rosters whose expected division is filled in",
    what: "The division is not the expected one, by name (in any case) or id.",
    why: "Divisions decide who sees the user, and reports by division count the user in the wrong one.",
    mend: "Import the file that `--repair` writes; the division must exist.",
    example: "Jane Doe is in `Home` and expected in `Germany`.",
    threshold: None,
};

/// The manager is another one.
pub static MANAGER: RuleInfo = RuleInfo {
    id: "HX006",
    name: "expected-manager",
    severity: Severity::Error,
    looks_at: "people in both rosters whose expected manager is filled in",
    what: "The manager is not the expected one, by e-mail, id or name (in any case).",
    why: "Reports by manager count this user, and everybody below, under the wrong one.",
    mend: "Import the file that `--repair` writes. A manager given by a name that nobody has, or \
        several have, can't be written to it: give the e-mail.",
    example: "Jane Doe reports to nobody and is expected to report to `john.roe@example.com`.",
    threshold: None,
};

/// The state is another one.
pub static STATE: RuleInfo = RuleInfo {
    id: "HX007",
    name: "expected-state",
    severity: Severity::Error,
    looks_at: "people in both rosters whose expected state is filled in",
    what: "The state is not the expected one.",
    why: "Head counts are wrong, and whoever left can still log in.",
    mend: "Activate, deactivate or delete the user. A people import can't do it.",
    example: "Jane Doe is active and expected to be deleted.",
    threshold: None,
};

/// A row of the list that can't be compared.
pub static UNCLEAR: RuleInfo = RuleInfo {
    id: "HX008",
    name: "expected-unclear",
    severity: Severity::Warning,
    looks_at: "rows of the expected roster",
    what: "A row of the expected roster has no key, has that of an earlier row, or a word for the \
        state that is none.",
    why: "It was not compared, or not wholly.",
    mend: "Write one row for each person, with e-mail, username or id, and as the state `active`, \
        `inactive` or `deleted`.",
    example: "hr.csv has jane.doe@example.com in line 7 and again in line 19.",
    threshold: None,
};
