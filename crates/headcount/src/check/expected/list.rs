//! The rows of an expected roster: which columns there may be, and what one row says.

use crate::tabular::{Known, Mapping, Row};

/// What a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Email,
    Username,
    Id,
    Name,
    Department,
    Title,
    Division,
    /// A manager by name, e-mail or id.
    Manager,
    ManagerEmail,
    ManagerId,
    State,
}

/// Names of columns, without case, blanks and dashes. Those of the official people import and of our
/// own answers are among them.
pub(super) const KNOWN: [Known<What>; 11] = [
    (
        What::Email,
        &[
            "email",
            "mail",
            "emailaddress",
            "workemail",
            "primaryemail",
            "useremail",
        ],
    ),
    (
        What::Username,
        &[
            "username",
            "login",
            "loginname",
            "userlogin",
            "userprincipalname",
            "upn",
        ],
    ),
    (
        What::Id,
        &[
            "id",
            "userid",
            "genesysid",
            "genesysuserid",
            "genesyscloudid",
            "guid",
        ],
    ),
    (
        What::Name,
        &[
            "name",
            "fullname",
            "displayname",
            "employeename",
            "agentname",
            "agent",
        ],
    ),
    (What::Department, &["department", "dept", "departmentname"]),
    (What::Title, &["title", "jobtitle", "position"]),
    (What::Division, &["division", "divisionname", "divisionid"]),
    (
        What::Manager,
        &[
            "manager",
            "managername",
            "supervisor",
            "supervisorname",
            "reportsto",
            "linemanager",
        ],
    ),
    (
        What::ManagerEmail,
        &[
            "manageremail",
            "emailmanager",
            "managermail",
            "supervisoremail",
        ],
    ),
    (
        What::ManagerId,
        &["managerid", "manageruserid", "supervisorid"],
    ),
    (What::State, &["state", "status", "userstate", "userstatus"]),
];

/// What tells who a row is about; the first that a row has counts.
pub(super) const KEYS: [What; 3] = [What::Email, What::Username, What::Id];

/// The state that somebody should be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Active,
    Inactive,
    Deleted,
}

/// One row.
#[derive(Clone, Copy)]
pub(super) struct Person<'a> {
    row: Row<'a>,
    columns: &'a Mapping<What>,
}

impl<'a> Person<'a> {
    pub(super) fn new(row: Row<'a>, columns: &'a Mapping<What>) -> Self {
        Self { row, columns }
    }

    /// What it says; `None` where it is silent.
    pub(super) fn get(&self, what: What) -> Option<&'a str> {
        let column = self.columns.column(what)?;
        Some(self.row.cell(column)).filter(|cell| !cell.is_empty())
    }

    /// Whom it is about.
    pub(super) fn key(&self) -> Option<(What, &'a str)> {
        KEYS.into_iter().find_map(|key| Some((key, self.get(key)?)))
    }

    /// The manager it names.
    pub(super) fn manager(&self) -> Option<&'a str> {
        self.get(What::ManagerEmail)
            .or_else(|| self.get(What::ManagerId))
            .or_else(|| self.get(What::Manager))
    }

    /// The state it wishes for.
    ///
    /// # Errors
    /// The word, where it is none for a state.
    pub(super) fn wish(&self) -> Result<Option<Wish>, &'a str> {
        let Some(word) = self.get(What::State) else {
            return Ok(None);
        };
        match word.to_lowercase().as_str() {
            "active" | "enabled" => Ok(Some(Wish::Active)),
            "inactive" | "disabled" => Ok(Some(Wish::Inactive)),
            "deleted" | "terminated" | "left" | "leaver" => Ok(Some(Wish::Deleted)),
            _ => Err(word),
        }
    }
}

impl Wish {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Deleted => "deleted",
        }
    }
}
