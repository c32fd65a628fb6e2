//! The entity sets, and the properties of each: constant, whatever is in the store.

use std::borrow::Cow;

use headcount_core::{fact::FactKind, field::Column};

use super::value::Kind;

/// A property of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Property {
    /// Its name, to the letter.
    pub(crate) name: Cow<'static, str>,
    /// Its type.
    pub(crate) kind: Kind,
    /// Whether it may be null.
    pub(crate) nullable: bool,
}

/// An entity set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Set {
    /// Who is in the roster.
    Users,
    /// Every user between two changes.
    UserVersions,
    /// Divisions of the roster.
    Divisions,
    /// Departments of the roster.
    Departments,
    /// Users to whom others report.
    Managers,
    /// Everybody with every manager above.
    ManagerReports,
    /// Facts of handle time.
    HandleTime,
    /// Facts of evaluations.
    Evaluations,
}

const fn required(name: &'static str, kind: Kind) -> Property {
    Property {
        name: Cow::Borrowed(name),
        kind,
        nullable: false,
    }
}

const fn optional(name: &'static str, kind: Kind) -> Property {
    Property {
        name: Cow::Borrowed(name),
        kind,
        nullable: true,
    }
}

const fn text(name: &'static str) -> Property {
    optional(name, Kind::Text)
}

/// Where an attribute of a person is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    /// A column of the roster.
    Of(Column),
    /// The name of the manager.
    ManagerName,
}

/// The attributes of a person, in the order of [`PERSON`].
pub(crate) const ATTRIBUTES: [Attribute; 11] = [
    Attribute::Of(Column::State),
    Attribute::Of(Column::Name),
    Attribute::Of(Column::Email),
    Attribute::Of(Column::Username),
    Attribute::Of(Column::PreferredName),
    Attribute::Of(Column::Department),
    Attribute::Of(Column::Title),
    Attribute::Of(Column::DivisionId),
    Attribute::Of(Column::DivisionName),
    Attribute::Of(Column::ManagerId),
    Attribute::ManagerName,
];

macro_rules! person {
    ($($before:expr),* $(,)?) => {
        &[
            $($before,)*
            text("State"),
            text("Name"),
            text("Email"),
            text("Username"),
            text("PreferredName"),
            text("Department"),
            text("Title"),
            text("DivisionId"),
            text("DivisionName"),
            text("ManagerId"),
            text("ManagerName"),
        ]
    };
}

const USERS: &[Property] = person![required("Id", Kind::Text)];

const USER_VERSIONS: &[Property] = person![
    required("UserVersionKey", Kind::Text),
    required("UserId", Kind::Text),
    required("ValidFrom", Kind::Time),
    optional("ValidTo", Kind::Time),
    required("IsCurrent", Kind::Bool),
    required("ModifiedAt", Kind::Time),
];

const DIVISIONS: &[Property] = &[
    required("Id", Kind::Text),
    text("Name"),
    required("Users", Kind::Int),
    required("ActiveUsers", Kind::Int),
];

const DEPARTMENTS: &[Property] = &[
    required("Name", Kind::Text),
    required("Users", Kind::Int),
    required("ActiveUsers", Kind::Int),
];

const MANAGERS: &[Property] = &[
    required("Id", Kind::Text),
    text("Name"),
    text("State"),
    text("Department"),
    text("Title"),
    text("DivisionId"),
    text("DivisionName"),
    text("ManagerId"),
    required("Level", Kind::Int),
    required("DirectReports", Kind::Int),
    required("TotalReports", Kind::Int),
];

const MANAGER_REPORTS: &[Property] = &[
    required("UserId", Kind::Text),
    required("ManagerId", Kind::Text),
    required("Depth", Kind::Int),
];

/// Attributes of the version of the user that a fact belongs to, in their order in a fact.
pub(crate) const FACT_ATTRIBUTES: [Attribute; 8] = [
    Attribute::Of(Column::Name),
    Attribute::Of(Column::State),
    Attribute::Of(Column::Department),
    Attribute::Of(Column::Title),
    Attribute::Of(Column::DivisionId),
    Attribute::Of(Column::DivisionName),
    Attribute::Of(Column::ManagerId),
    Attribute::ManagerName,
];

/// Places of the properties of a fact that are not measures.
pub(crate) mod fact {
    pub(crate) const ID: usize = 0;
    pub(crate) const DATE: usize = 1;
    pub(crate) const START: usize = 2;
    pub(crate) const END: usize = 3;
    pub(crate) const USER: usize = 4;
    pub(crate) const VERSION: usize = 5;
    pub(crate) const MEDIA: usize = 6;
    /// The first of [`super::FACT_ATTRIBUTES`].
    pub(crate) const ATTRIBUTE: usize = 7;
    /// The first measure.
    pub(crate) const MEASURE: usize = ATTRIBUTE + super::FACT_ATTRIBUTES.len();
}

macro_rules! facts {
    ($($measure:expr),* $(,)?) => {
        &[
            required("Id", Kind::Text),
            required("Date", Kind::Date),
            required("IntervalStart", Kind::Time),
            required("IntervalEnd", Kind::Time),
            text("UserId"),
            text("UserVersionKey"),
            text("MediaType"),
            text("UserName"),
            text("State"),
            text("Department"),
            text("Title"),
            text("DivisionId"),
            text("DivisionName"),
            text("ManagerId"),
            text("ManagerName"),
            $($measure),*
        ]
    };
}

const HANDLE_TIME: &[Property] = facts![
    optional("HandleCount", Kind::Int),
    optional("HandleSumMs", Kind::Int),
    optional("TalkCount", Kind::Int),
    optional("TalkSumMs", Kind::Int),
    optional("HeldCount", Kind::Int),
    optional("HeldSumMs", Kind::Int),
    optional("AcwCount", Kind::Int),
    optional("AcwSumMs", Kind::Int),
    optional("AnsweredCount", Kind::Int),
    optional("TransferredCount", Kind::Int),
    optional("OutboundCount", Kind::Int),
];

const EVALUATIONS: &[Property] = facts![
    optional("EvaluationCount", Kind::Int),
    optional("ScoreCount", Kind::Int),
    optional("ScoreSum", Kind::Decimal),
    optional("CriticalScoreCount", Kind::Int),
    optional("CriticalScoreSum", Kind::Decimal),
    optional("DeletedCount", Kind::Int),
    optional("RescoredCount", Kind::Int),
];

impl Set {
    /// Every set, in the order in which they are told.
    pub(crate) const ALL: [Self; 8] = [
        Self::Users,
        Self::UserVersions,
        Self::Divisions,
        Self::Departments,
        Self::Managers,
        Self::ManagerReports,
        Self::HandleTime,
        Self::Evaluations,
    ];

    /// Its name in links.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::UserVersions => "UserVersions",
            Self::Divisions => "Divisions",
            Self::Departments => "Departments",
            Self::Managers => "Managers",
            Self::ManagerReports => "ManagerReports",
            Self::HandleTime => "HandleTime",
            Self::Evaluations => "Evaluations",
        }
    }

    /// The set of a name, to the letter.
    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    /// The name of its entity type.
    pub(crate) fn entity(self) -> &'static str {
        match self {
            Self::Users => "User",
            Self::UserVersions => "UserVersion",
            Self::Divisions => "Division",
            Self::Departments => "Department",
            Self::Managers => "Manager",
            Self::ManagerReports => "ManagerReport",
            Self::HandleTime => "HandleTimeFact",
            Self::Evaluations => "EvaluationFact",
        }
    }

    /// Places of the properties that make up its key.
    pub(crate) fn key(self) -> &'static [usize] {
        match self {
            Self::ManagerReports => &[0, 1],
            _ => &[0],
        }
    }

    /// Its properties.
    pub(crate) fn properties(self) -> &'static [Property] {
        match self {
            Self::Users => USERS,
            Self::UserVersions => USER_VERSIONS,
            Self::Divisions => DIVISIONS,
            Self::Departments => DEPARTMENTS,
            Self::Managers => MANAGERS,
            Self::ManagerReports => MANAGER_REPORTS,
            Self::HandleTime => HANDLE_TIME,
            Self::Evaluations => EVALUATIONS,
        }
    }

    /// The kind of its facts, where it has facts.
    pub(crate) fn facts(self) -> Option<FactKind> {
        match self {
            Self::HandleTime => Some(FactKind::HandleTime),
            Self::Evaluations => Some(FactKind::Evaluation),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use headcount_core::fact::Stat;

    use super::*;

    /// `handle_sum_ms` as `HandleSumMs`.
    fn pascal(name: &str) -> String {
        let words = name.split('_');
        let word = |word: &str| word[..1].to_uppercase() + &word[1..];
        words.map(word).collect()
    }

    #[test]
    fn measures_are_those_of_the_facts() {
        for set in [Set::HandleTime, Set::Evaluations] {
            let told = &set.properties()[fact::MEASURE..];
            let measures = set.facts().unwrap().measures();
            assert_eq!(told.len(), measures.len());
            for (property, measure) in told.iter().zip(measures) {
                assert_eq!(property.name, pascal(measure.name));
                let exact = measure.stat == Stat::SumMicro;
                assert_eq!(property.kind == Kind::Decimal, exact, "{}", property.name);
            }
        }
    }

    #[test]
    fn attributes_stand_where_they_are_read_from() {
        for (properties, of) in [
            (&USERS[1..], &ATTRIBUTES[..]),
            (&USER_VERSIONS[6..], &ATTRIBUTES[..]),
            (
                &HANDLE_TIME[fact::ATTRIBUTE..fact::MEASURE],
                &FACT_ATTRIBUTES[..],
            ),
        ] {
            assert_eq!(properties.len(), of.len());
            for (property, attribute) in properties.iter().zip(of) {
                let wanted = match attribute {
                    Attribute::ManagerName => "managername".to_owned(),
                    Attribute::Of(column) => column.field().path().replace('.', ""),
                };
                let told = property.name.to_lowercase();
                assert!(
                    told == wanted.to_lowercase() || told == format!("user{wanted}"),
                    "{told}"
                );
            }
        }
        assert_eq!(HANDLE_TIME[fact::MEDIA].name, "MediaType");
    }

    #[test]
    fn keys_are_never_null() {
        for set in Set::ALL {
            assert!(set.key().iter().all(|&key| !set.properties()[key].nullable));
            assert_eq!(Set::find(set.name()), Some(set));
        }
    }
}
