//! What the view is asked for beside the question itself, and what it asks where nothing is said.

use headcount_core::{
    fact::FactKind,
    segment::{Attribute, Period},
};
use headcount_store::facts::KeptDay;
use jiff::{ToSpan, civil::Date};

use super::columns::Column;
use crate::{error::ApiError, parameters::Parameters};

/// Attributes that one view tells apart.
const MOST_ATTRIBUTES: usize = 3;
/// Days of the period of whoever names none.
const USUAL_DAYS: i64 = 30;

/// The attributes that the form offers, and what they are called.
pub(super) const OFFERED: [(&str, &str); 15] = [
    ("department", "Department"),
    ("division", "Division"),
    ("manager", "Manager"),
    ("level1", "Manager at the top"),
    ("level2", "Manager at level 2"),
    ("tree", "Tree below a manager"),
    ("title", "Title"),
    ("location", "Location"),
    ("team", "Team"),
    ("state", "State"),
    ("mediaType", "Media type"),
    ("user", "Agent"),
    ("day", "Day"),
    ("week", "Week"),
    ("month", "Month"),
];

/// What a report is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Nothing,
    Previous,
    Year,
}

impl Compare {
    pub(super) const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Nothing, "none", "Nothing"),
        (Self::Previous, "previous", "The period before"),
        (Self::Year, "year", "A year before"),
    ];

    /// The other period.
    pub(super) fn period(self, of: Period) -> Option<Period> {
        match self {
            Self::Nothing => None,
            Self::Previous => of.before(),
            Self::Year => of.year_before(),
        }
    }
}

/// What rows are put in order by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SortBy {
    Name,
    Column(Column),
}

/// What is asked of the view.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) kind: FactKind,
    pub(super) compare: Compare,
    /// That of the report without it.
    pub(super) sort: Option<SortBy>,
    pub(super) is_descending: bool,
    /// From 1.
    pub(super) page: usize,
}

impl Own {
    /// # Errors
    /// 400, by what cannot be read.
    pub(super) fn read(asked: &Parameters) -> Result<Self, ApiError> {
        const KINDS: [(FactKind, &str); 2] = [
            (FactKind::HandleTime, "aht"),
            (FactKind::Evaluation, "evaluations"),
        ];
        let kind = one_of(asked, "kind", KINDS)?.unwrap_or(FactKind::HandleTime);
        let compares = Compare::ALL.map(|(compare, name, _)| (compare, name));
        let compare = one_of(asked, "compare", compares)?.unwrap_or(Compare::Nothing);
        let columns = Column::NAMES
            .iter()
            .map(|(of, name)| (SortBy::Column(*of), *name));
        let sorts = std::iter::once((SortBy::Name, "name")).chain(columns);
        let sort = one_of(asked, "sort", sorts)?;
        // A column of the other kind of facts stays in a link when the kind is changed.
        let has_it = |sort: &SortBy| match sort {
            SortBy::Name => true,
            SortBy::Column(column) => {
                Column::all(kind, compare != Compare::Nothing).contains(column)
            }
        };
        let sort = sort.filter(has_it);
        let order = one_of(asked, "order", [(false, "asc"), (true, "desc")])?;
        let pages = 1..=1_000_000;
        Ok(Self {
            kind,
            compare,
            sort,
            is_descending: order.unwrap_or(sort != Some(SortBy::Name)),
            page: asked.within("page", pages)?.unwrap_or(1),
        })
    }

    /// `aht` or `evaluations`.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            FactKind::HandleTime => "aht",
            FactKind::Evaluation => "evaluations",
        }
    }
}

/// The value that a name stands for.
fn one_of<T>(
    asked: &Parameters,
    name: &str,
    known: impl IntoIterator<Item = (T, &'static str)>,
) -> Result<Option<T>, ApiError> {
    let Some(text) = asked.get(name) else {
        return Ok(None);
    };
    let mut names = Vec::new();
    for (value, known) in known {
        if known.eq_ignore_ascii_case(text) {
            return Ok(Some(value));
        }
        names.push(known);
    }
    Err(ApiError::invalid_parameter(text, name, &names.join(", ")))
}

/// Refuses more attributes than a table can show.
///
/// # Errors
/// 400
pub(super) fn few_attributes(asked: &Parameters) -> Result<(), ApiError> {
    let count = asked.list("by").len();
    if count > MOST_ATTRIBUTES {
        return Err(ApiError::constraint(format!(
            "the page tells at most {MOST_ATTRIBUTES} attributes apart, not {count}; `headcount report` takes more"
        )));
    }
    Ok(())
}

/// What is asked, with what is usual where nothing is said: by department, over the last days that
/// have facts. Days without facts in a period that nobody chose are no reason to show nothing.
pub(super) fn with_usual(asked: &Parameters, days: &[KeptDay]) -> Parameters {
    let asked = asked.clone().otherwise("by", OFFERED[0].0);
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return asked;
    };
    let (first, last) = (first.day.date, last.day.date);
    let back = |day: Date| day.checked_sub((USUAL_DAYS - 1).days()).unwrap_or(day);
    let named = |name| asked.get(name).and_then(headcount_core::as_of::date);
    match (asked.get("from"), asked.get("to")) {
        (None, None) => asked
            .otherwise("from", back(last).max(first).to_string())
            .otherwise("to", last.to_string())
            .otherwise("allowMissing", "true"),
        (Some(_), None) => {
            let to = named("from").map_or(last, |from| last.max(from));
            asked.otherwise("to", to.to_string())
        }
        (None, Some(_)) => {
            let from = named("to").map_or(first, back);
            asked.otherwise("from", from.to_string())
        }
        (Some(_), Some(_)) => asked,
    }
}

/// What an attribute is called over its column.
pub(super) fn title(attribute: Attribute, label: &str) -> String {
    let level = match attribute {
        Attribute::Level(level) => Some(format!("Manager at level {level}")),
        Attribute::UserId => Some("Agent".to_owned()),
        _ => None,
    };
    let offered = OFFERED
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(label));
    level
        .or_else(|| offered.map(|(_, title)| (*title).to_owned()))
        .unwrap_or_else(|| label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(query: &str) -> Result<Own, ApiError> {
        Own::read(&Parameters::parse(query.as_bytes()))
    }

    #[test]
    fn what_is_asked_is_read() {
        let usual = own("").unwrap();
        assert_eq!(
            (usual.kind, usual.compare),
            (FactKind::HandleTime, Compare::Nothing)
        );
        assert_eq!((usual.sort, usual.page), (None, 1));
        let asked = own("kind=Evaluations&compare=year&sort=average&order=ASC&page=3").unwrap();
        assert_eq!(
            (asked.kind, asked.compare),
            (FactKind::Evaluation, Compare::Year)
        );
        assert_eq!(asked.sort, Some(SortBy::Column(Column::Average)));
        assert!(!asked.is_descending && asked.page == 3);
        assert!(own("sort=average").unwrap().is_descending);
        assert!(!own("sort=name").unwrap().is_descending);
        assert_eq!(own("kind=evaluations&sort=talk").unwrap().sort, None);
        for bad in [
            "kind=calls",
            "compare=week",
            "sort=x",
            "order=up",
            "page=0",
            "page=x",
        ] {
            let message = own(bad).unwrap_err().message().to_owned();
            assert!(
                message.contains(bad.split('=').next().unwrap()),
                "{bad}: {message}"
            );
        }
    }

    #[test]
    fn attributes_have_names_for_people() {
        assert_eq!(
            title(Attribute::Level(3), "manager.level3"),
            "Manager at level 3"
        );
        assert_eq!(title(Attribute::Media, "mediaType"), "Media type");
        assert_eq!(title(Attribute::Day, "day"), "Day");
        assert_eq!(title(Attribute::Tree, "skills"), "skills");
    }
}
