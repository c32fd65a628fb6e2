//! What facts can be segmented by.

use crate::{
    aggregate::GroupBy,
    field::{Column, Projection, UnknownField},
};

/// What facts are segmented by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// An attribute of the user, as `count --by` has it.
    User(GroupBy),
    /// The user, by id.
    UserId,
    /// The user's name at the end of the period.
    UserName,
    /// The manager so many levels from the top, 1 for the one at the top: everybody below belongs
    /// to that manager's segment, and so does the manager.
    Level(u8),
    /// Every manager above the user, and the user where others report to them: a row holds a whole
    /// tree, so rows overlap.
    Tree,
    /// The media type of the fact.
    Media,
    /// The day on which the interval starts, such as `2026-11-24`.
    Day,
    /// The week in which the interval starts, named by its first day.
    Week,
    /// The month in which the interval starts, such as `2026-11`.
    Month,
}

/// Nobody knows an attribute of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown attribute {name:?}")]
pub struct UnknownAttribute {
    /// The name as given.
    pub name: String,
    /// Known names that look like it, the likeliest first; at most three.
    pub nearest: Vec<&'static str>,
}

/// Why names are no attributes to segment by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributesError {
    /// Nobody knows one of them.
    #[error(transparent)]
    Unknown(#[from] UnknownAttribute),
    /// The same one is named twice.
    #[error("{0} is asked for twice")]
    Twice(String),
}

/// Most levels that can be asked for by name.
const LEVELS: u8 = 20;

/// Names that are no fields of a user.
const NAMES: [(&str, Attribute); 8] = [
    ("user", Attribute::UserId),
    ("user.name", Attribute::UserName),
    ("tree", Attribute::Tree),
    ("mediaType", Attribute::Media),
    ("media", Attribute::Media),
    ("day", Attribute::Day),
    ("week", Attribute::Week),
    ("month", Attribute::Month),
];

/// Short names of fields that lie deep in a document.
const FIELDS: [(&str, &str); 2] = [
    ("location", "locations.locationDefinition.name"),
    ("team", "team.name"),
];

impl Attribute {
    /// Reads a name, in any case: a field of a user, `division`, `manager`, `location`, `team`,
    /// `user`, `level1` (the manager at the top), `level2` and on, `tree`, `mediaType`, `day`,
    /// `week` or `month`.
    ///
    /// # Errors
    /// [`UnknownAttribute`], with the nearest names.
    pub fn parse(name: &str) -> Result<Self, UnknownAttribute> {
        let same = |known: &str| known.eq_ignore_ascii_case(name);
        if let Some((_, attribute)) = NAMES.iter().find(|(known, _)| same(known)) {
            return Ok(*attribute);
        }
        let lower = name.to_ascii_lowercase();
        let level = lower.strip_prefix("manager.").unwrap_or(&lower);
        if let Some(level) = level.strip_prefix("level").and_then(|n| n.parse().ok())
            && (1..=LEVELS).contains(&level)
        {
            return Ok(Self::Level(level));
        }
        let field = FIELDS.iter().find(|(known, _)| same(known));
        GroupBy::parse(field.map_or(name, |(_, path)| path))
            .map(Self::User)
            .map_err(|error| unknown(name, error))
    }

    /// Reads several names, and what they are called in the answer: the path of a field, or the
    /// alias that it was asked for by. The user's name comes with `user`, for an id alone says
    /// nothing to a person.
    ///
    /// # Errors
    /// [`AttributesError`]
    pub fn parse_all<N: AsRef<str>>(
        names: &[N],
    ) -> Result<(Vec<Self>, Vec<String>), AttributesError> {
        let mut by = Vec::new();
        let mut labels = Vec::new();
        for name in names.iter().map(|name| name.as_ref().trim()) {
            let attribute = Self::parse(name)?;
            by.push(attribute);
            labels.push(match attribute {
                Self::User(GroupBy::Field(field)) if field.path().eq_ignore_ascii_case(name) => {
                    field.path().to_owned()
                }
                Self::Media => "mediaType".to_owned(),
                _ => name.to_lowercase(),
            });
            if attribute == Self::UserId {
                by.push(Self::UserName);
                labels.push("user.name".to_owned());
            }
        }
        match (1..labels.len()).find(|&at| labels[..at].contains(&labels[at])) {
            Some(twice) => Err(AttributesError::Twice(labels.swap_remove(twice))),
            None => Ok((by, labels)),
        }
    }

    /// What has to be read of every version to segment by it.
    #[must_use]
    pub fn projection(self) -> Projection {
        let id = Projection::none().with(Column::Id);
        match self {
            Self::User(by) => by.projection().union(id),
            Self::UserName => id.with(Column::Name),
            Self::Level(_) | Self::Tree => id.with(Column::ManagerId).with(Column::Name),
            Self::UserId | Self::Media | Self::Day | Self::Week | Self::Month => id,
        }
    }

    /// Whether it asks who is above whom.
    pub(super) fn is_path(self) -> bool {
        matches!(self, Self::Level(_) | Self::Tree)
    }

    /// Whether it asks when.
    #[must_use]
    pub fn is_time(self) -> bool {
        matches!(self, Self::Day | Self::Week | Self::Month)
    }
}

/// Below this Jaro-Winkler likeness (0 to 1) a proposal would puzzle more than it helps.
const ALIKE: f64 = 0.8;

fn unknown(name: &str, error: UnknownField) -> UnknownAttribute {
    let wanted = name.to_lowercase();
    let own = NAMES.iter().map(|(known, _)| *known);
    let own = own.chain(FIELDS.iter().map(|(known, _)| *known));
    let own = own.chain(["level1", "department", "division", "manager"]);
    let mut nearest: Vec<(f64, &'static str)> = own
        .chain(error.nearest)
        .map(|known| (strsim::jaro_winkler(&known.to_lowercase(), &wanted), known))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    nearest.sort_by(|a, b| b.0.total_cmp(&a.0));
    nearest.dedup_by(|a, b| a.1 == b.1);
    UnknownAttribute {
        name: error.name,
        nearest: nearest.into_iter().take(3).map(|(_, name)| name).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;

    #[test]
    fn names_are_read_in_any_case() {
        for (name, attribute) in [
            (
                "Department",
                Attribute::User(GroupBy::Field(Field::DEPARTMENT)),
            ),
            ("division", Attribute::User(GroupBy::Division)),
            ("manager", Attribute::User(GroupBy::Manager)),
            ("MEDIATYPE", Attribute::Media),
            ("level1", Attribute::Level(1)),
            ("manager.level12", Attribute::Level(12)),
            ("tree", Attribute::Tree),
            ("user", Attribute::UserId),
            ("Week", Attribute::Week),
        ] {
            assert_eq!(Attribute::parse(name), Ok(attribute), "{name}");
        }
        assert!(matches!(
            Attribute::parse("team"),
            Ok(Attribute::User(GroupBy::Field(field))) if field.path() == "team.name"
        ));
    }

    #[test]
    fn several_names_are_called_as_they_were_asked_for() {
        let (by, labels) = Attribute::parse_all(&["Title", "LOCATION", "user"]).unwrap();
        assert_eq!(labels, ["title", "location", "user", "user.name"]);
        assert_eq!(by[2..], [Attribute::UserId, Attribute::UserName]);
        let twice = Attribute::parse_all(&["media", "day", "mediatype"]);
        assert_eq!(twice, Err(AttributesError::Twice("mediaType".to_owned())));
        assert!(Attribute::parse_all(&["day", "dya"]).is_err());
    }

    #[test]
    fn an_unknown_name_is_answered_with_near_ones() {
        for (name, near) in [
            ("departmnt", "department"),
            ("mont", "month"),
            ("tre", "tree"),
        ] {
            let error = Attribute::parse(name).unwrap_err();
            assert_eq!(error.nearest.first(), Some(&near), "{name}");
        }
        assert!(Attribute::parse("level0").is_err() && Attribute::parse("level21").is_err());
    }
}
