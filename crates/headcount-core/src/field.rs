//! The fields of a user that can be asked for, sorted by and counted by: their names, what kind
//! of value they hold and where the value is kept.

mod column;
mod registry;
mod shown;

pub use self::{
    column::{Column, Projection},
    shown::Shown,
};

/// What the values of a field are, which decides how they are matched and ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Matched as a whole and never cut into words: ids, states, addresses of resources.
    Keyword,
    /// Prose or names, cut into words by `TERM` and `QUERY_STRING`.
    Text,
    /// A number, compared as one.
    Number,
    /// `true` or `false`.
    Bool,
    /// An ISO 8601 date or instant, compared in UTC.
    Date,
}

/// One field of the User model (contract `models.md` 2.2), by its dotted path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field(u16);

/// Nobody knows a field of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown field {name:?}{}", did_you_mean(nearest))]
pub struct UnknownField {
    /// The name as given.
    pub name: String,
    /// Known names that look like it, the likeliest first; at most three.
    pub nearest: Vec<&'static str>,
}

impl Field {
    /// `id`
    pub const ID: Self = Self(0);
    /// `state`
    pub const STATE: Self = Self(1);
    /// `name`
    pub const NAME: Self = Self(2);
    /// `email`
    pub const EMAIL: Self = Self(3);
    /// `username`
    pub const USERNAME: Self = Self(4);
    /// `preferredName`
    pub const PREFERRED_NAME: Self = Self(5);
    /// `department`
    pub const DEPARTMENT: Self = Self(6);
    /// `title`
    pub const TITLE: Self = Self(7);
    /// `division.id`
    pub const DIVISION_ID: Self = Self(8);
    /// `division.name`
    pub const DIVISION_NAME: Self = Self(9);
    /// `manager.id`
    pub const MANAGER_ID: Self = Self(10);
    /// `version`
    pub const VERSION: Self = Self(11);
    /// `manager.name`: the name in the manager's own record, found through `manager.id`.
    pub const MANAGER_NAME: Self = Self(12);
    /// `manager.email`: the e-mail in the manager's own record, found through `manager.id`.
    pub const MANAGER_EMAIL: Self = Self(13);

    /// The field of this name, in any case. An alias means its most readable member: `division`
    /// is `division.name`, `manager` is `manager.name`.
    ///
    /// # Errors
    /// [`UnknownField`], with the nearest names.
    pub fn parse(name: &str) -> Result<Self, UnknownField> {
        Self::parse_any(name).map(|fields| match fields {
            [_, readable, ..] => *readable,
            fields => fields[0],
        })
    }

    /// The fields that a name stands for: one, or the members of an alias (`division`: its id or
    /// its name; `manager`: the manager's id, name or e-mail). Names match in any case.
    ///
    /// # Errors
    /// [`UnknownField`], with the nearest names.
    pub fn parse_any(name: &str) -> Result<&'static [Self], UnknownField> {
        registry::find(name).ok_or_else(|| UnknownField {
            name: name.to_owned(),
            nearest: registry::nearest(name),
        })
    }

    /// Every field, those kept as columns first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..registry::FIELDS.len()).map(|index| Self(u16::try_from(index).unwrap_or(u16::MAX)))
    }

    /// Dotted path, as in `division.name`.
    #[must_use]
    pub fn path(self) -> &'static str {
        registry::FIELDS[usize::from(self.0)].0
    }

    /// What its values are.
    #[must_use]
    pub fn kind(self) -> Kind {
        registry::FIELDS[usize::from(self.0)].1
    }

    /// The column that keeps it; `None` for a field that lies in the document alone or is looked
    /// up in another user.
    #[must_use]
    pub fn column(self) -> Option<Column> {
        Column::ALL.get(usize::from(self.0)).copied()
    }

    /// Whether its value stands in another user's record, that of the manager.
    #[must_use]
    pub fn is_looked_up(self) -> bool {
        self == Self::MANAGER_NAME || self == Self::MANAGER_EMAIL
    }

    /// What has to be read of every user to know this field.
    #[must_use]
    pub fn projection(self) -> Projection {
        let none = Projection::none();
        match (self.column(), self) {
            (Some(column), _) => none.with(column),
            (None, Self::MANAGER_NAME) => none
                .with(Column::Id)
                .with(Column::ManagerId)
                .with(Column::Name),
            (None, Self::MANAGER_EMAIL) => none
                .with(Column::Id)
                .with(Column::ManagerId)
                .with(Column::Email),
            (None, _) => none.with_document(),
        }
    }
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.path())
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.path())
    }
}

fn did_you_mean(nearest: &[&str]) -> String {
    match nearest {
        [] => String::new(),
        names => format!(", nearest: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_columns_and_paths_agree() {
        for (field, path, column) in [
            (Field::ID, "id", Column::Id),
            (Field::STATE, "state", Column::State),
            (Field::NAME, "name", Column::Name),
            (Field::EMAIL, "email", Column::Email),
            (Field::USERNAME, "username", Column::Username),
            (
                Field::PREFERRED_NAME,
                "preferredName",
                Column::PreferredName,
            ),
            (Field::DEPARTMENT, "department", Column::Department),
            (Field::TITLE, "title", Column::Title),
            (Field::DIVISION_ID, "division.id", Column::DivisionId),
            (Field::DIVISION_NAME, "division.name", Column::DivisionName),
            (Field::MANAGER_ID, "manager.id", Column::ManagerId),
            (Field::VERSION, "version", Column::Version),
        ] {
            assert_eq!(field.path(), path);
            assert_eq!(field.column(), Some(column));
            assert_eq!(column.field(), field);
        }
        assert_eq!(Field::MANAGER_NAME.path(), "manager.name");
        assert_eq!(Field::MANAGER_EMAIL.path(), "manager.email");
        assert_eq!(Field::MANAGER_NAME.column(), None);
    }

    #[test]
    fn every_path_parses_to_itself_in_any_case_and_is_unique() {
        let mut seen = std::collections::HashSet::new();
        for field in Field::all() {
            assert!(seen.insert(field.path().to_lowercase()), "{field}");
            assert_eq!(Field::parse(field.path()), Ok(field));
            assert_eq!(Field::parse(&field.path().to_uppercase()), Ok(field));
        }
    }

    #[test]
    fn aliases_stand_for_id_and_name() {
        assert_eq!(
            Field::parse_any("division").unwrap(),
            [Field::DIVISION_ID, Field::DIVISION_NAME]
        );
        assert_eq!(Field::parse("Manager"), Ok(Field::MANAGER_NAME));
        assert_eq!(Field::parse("division"), Ok(Field::DIVISION_NAME));
    }

    #[test]
    fn an_unknown_name_is_answered_with_near_ones() {
        let error = Field::parse("departmnt").unwrap_err();
        assert_eq!(error.nearest.first(), Some(&"department"));
        assert_eq!(
            Field::parse("mangerid").unwrap_err().nearest.first(),
            Some(&"manager.id")
        );
        assert!(Field::parse("qqqqqqqqqqqq").unwrap_err().nearest.is_empty());
        assert!(
            error
                .to_string()
                .starts_with("unknown field \"departmnt\", nearest: department")
        );
    }
}
