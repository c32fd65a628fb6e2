//! What the table of people is asked for, and the links that ask for it.

use std::borrow::Cow;

use headcount_core::{
    aggregate::GroupBy,
    field::Field,
    search::{Sort, sort::SortKey},
};

use super::columns;
use crate::{
    error::ApiError,
    handlers::table::UserColumn,
    page::visit::{Visit, brief},
    parameters::{Parameters, link},
};

/// Characters of a search, and words in it, at most.
pub(super) const MOST_LETTERS: usize = 200;
const MOST_WORDS: usize = 8;
/// Values of one filter at most.
const MOST_VALUES: usize = 10;
/// Bytes of a link at most: each view holds dozens of them.
const MOST_LINK: usize = 4_000;

/// What the people can be filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    State,
    Department,
    Division,
    Manager,
    Title,
}

impl Filter {
    pub(super) const ALL: [Self; 5] = [
        Self::State,
        Self::Department,
        Self::Division,
        Self::Manager,
        Self::Title,
    ];

    /// The name of its parameter.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Department => "department",
            Self::Division => "division",
            Self::Manager => "manager",
            Self::Title => "title",
        }
    }

    /// What a person calls it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::State => "State",
            Self::Department => "Department",
            Self::Division => "Division",
            Self::Manager => "Manager",
            Self::Title => "Title",
        }
    }

    /// What users are counted by. Managers are told apart by id: two may have one name.
    pub(super) fn by(self) -> GroupBy {
        GroupBy::Field(match self {
            Self::State => Field::STATE,
            Self::Department => Field::DEPARTMENT,
            Self::Division => return GroupBy::Division,
            Self::Manager => Field::MANAGER_ID,
            Self::Title => Field::TITLE,
        })
    }
}

/// What stands for a value in a filter and its links: all of it, or the beginning of a long one.
pub(crate) fn key(value: &str) -> Cow<'_, str> {
    // Bytes are no fewer than characters.
    match value.len() {
        0..80 => Cow::Borrowed(value),
        _ => brief(value),
    }
}

/// The values of a filter that are chosen; any value without one.
pub(super) type Chosen = Vec<String>;

/// A question of the table.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) text: String,
    /// By place in [`Filter::ALL`].
    pub(super) chosen: [Chosen; Filter::ALL.len()],
    pub(super) columns: Vec<UserColumn>,
    /// The field that the people are sorted by, and what it is called.
    pub(super) sort: UserColumn,
    pub(super) descending: bool,
    /// From 1 on.
    pub(super) page: usize,
    pub(super) as_of: Option<String>,
    /// The filter of which more values are shown.
    pub(super) more: Option<Filter>,
}

impl Asked {
    /// Reads what a visit asks for.
    ///
    /// # Errors
    /// 400, by what cannot be read.
    pub(super) fn read(visit: &Visit) -> Result<Self, ApiError> {
        let asked = &visit.asked;
        let text = asked.get("q").unwrap_or_default().trim().to_owned();
        let (letters, words) = (text.chars().count(), text.split_whitespace().count());
        if letters > MOST_LETTERS || words > MOST_WORDS {
            return Err(ApiError::constraint(format!(
                "a search has at most {MOST_WORDS} words and {MOST_LETTERS} characters, not {words} and {letters}"
            )));
        }
        let mut chosen: [Chosen; Filter::ALL.len()] = Default::default();
        for (filter, chosen) in Filter::ALL.into_iter().zip(&mut chosen) {
            *chosen = values(asked, filter)?;
        }
        let read = Self {
            text,
            chosen,
            columns: columns::asked(asked)?,
            sort: columns::one(asked.get("sort").unwrap_or("name"))?,
            descending: is_descending(asked)?,
            page: asked.within("page", 1..=usize::MAX)?.unwrap_or(1),
            as_of: asked.get("asOf").map(str::to_owned),
            more: more(asked)?,
        };
        if read.link("/people").len() > MOST_LINK {
            return Err(ApiError::constraint(
                "these are too many or too long filters for one view",
            ));
        }
        Ok(read)
    }

    /// The values of a filter.
    pub(super) fn chosen(&self, filter: Filter) -> &Chosen {
        &self.chosen[filter as usize]
    }

    /// The same question with other values of a filter, from its first page on.
    pub(super) fn choosing(&self, filter: Filter, values: Chosen) -> Self {
        let mut other = self.clone();
        other.chosen[filter as usize] = values;
        other.page = 1;
        other
    }

    /// The same with a value more of a filter, or without it where it is chosen.
    pub(super) fn toggling(&self, filter: Filter, value: &str) -> Self {
        let mut values = self.chosen(filter).clone();
        let is_same = |chosen: &String| match filter {
            Filter::Manager => chosen.eq_ignore_ascii_case(value),
            _ => chosen == value,
        };
        match values.iter().position(is_same) {
            Some(at) => drop(values.remove(at)),
            None => values.push(value.to_owned()),
        }
        self.choosing(filter, values)
    }

    /// The same without search and filters.
    pub(super) fn cleared(&self) -> Self {
        let mut other = self.clone();
        other.text.clear();
        other.chosen = Default::default();
        other.chosen[Filter::State as usize] = usual_states();
        (other.page, other.more) = (1, None);
        other
    }

    /// Whether [`Self::cleared`] is another question.
    pub(super) fn is_narrow(&self) -> bool {
        let usual = self.cleared();
        !self.text.is_empty() || self.chosen != usual.chosen
    }

    /// The same in another order: that of a column, or the other way round.
    pub(super) fn sorted_by(&self, column: &UserColumn) -> Self {
        let mut other = self.clone();
        other.descending = self.sort.field == column.field && !self.descending;
        other.sort = column.clone();
        other.page = 1;
        other
    }

    /// The order.
    pub(super) fn order(&self) -> Sort {
        let (field, descending) = (self.sort.field, self.descending);
        Sort {
            keys: vec![SortKey::Field { field, descending }],
        }
    }

    /// The parameters that say it, those left out that say what is usual.
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        let mut tell = |name, value: String| pairs.push((name, value));
        if !self.text.is_empty() {
            tell("q", self.text.clone());
        }
        for filter in Filter::ALL {
            let chosen = self.chosen(filter);
            match filter {
                Filter::State if *chosen == usual_states() => {}
                Filter::State if chosen.is_empty() => tell("state", ANY.to_owned()),
                Filter::State => tell("state", chosen.join(",")),
                _ => chosen
                    .iter()
                    .for_each(|value| tell(filter.name(), value.clone())),
            }
        }
        if self.sort.field != Field::NAME {
            tell("sort", self.sort.label.clone());
        }
        if self.descending {
            tell("order", "desc".to_owned());
        }
        if !columns::are_usual(&self.columns) {
            let labels = self.columns.iter().map(|column| column.label.as_str());
            tell("columns", labels.collect::<Vec<_>>().join(","));
        }
        if let Some(as_of) = &self.as_of {
            tell("asOf", as_of.clone());
        }
        if self.page > 1 {
            tell("page", self.page.to_string());
        }
        if let Some(more) = self.more {
            tell("more", more.name().to_owned());
        }
        pairs
    }

    /// A link that asks it.
    pub(super) fn link(&self, path: &str) -> String {
        let pairs = self.pairs().into_iter();
        link(path, pairs.map(|(name, value)| (name, Some(value))))
    }

    /// What a form has to send along that asks for these parameters itself.
    pub(super) fn hidden(&self, own: &[&str]) -> Vec<(&'static str, String)> {
        let mut pairs = self.pairs();
        pairs.retain(|(name, _)| *name != "page" && *name != "more" && !own.contains(name));
        pairs
    }
}

/// Users of every state.
const ANY: &str = "any";
/// The states that there are; upstream may send others.
const STATES: [&str; 3] = ["active", "inactive", "deleted"];

fn usual_states() -> Chosen {
    vec![STATES[0].to_owned()]
}

fn values(asked: &Parameters, filter: Filter) -> Result<Chosen, ApiError> {
    let mut values: Chosen = match filter {
        // No state holds a comma, so several may come in one.
        Filter::State => asked.list("state"),
        _ => asked
            .each(filter.name())
            .into_iter()
            .map(str::to_owned)
            .collect(),
    };
    if filter == Filter::State {
        if values.is_empty() {
            return Ok(usual_states());
        }
        if values.iter().any(|value| value.eq_ignore_ascii_case(ANY)) {
            return Ok(Chosen::new());
        }
        for value in &mut values {
            let known = STATES
                .iter()
                .find(|known| known.eq_ignore_ascii_case(value));
            if let Some(known) = known {
                *value = (*known).to_owned();
            }
        }
    }
    let mut chosen = Chosen::new();
    for value in values {
        let value = key(&value).into_owned();
        if !chosen.contains(&value) {
            chosen.push(value);
        }
    }
    if chosen.len() > MOST_VALUES {
        return Err(ApiError::constraint(format!(
            "at most {MOST_VALUES} values of {} may be chosen",
            filter.name()
        )));
    }
    Ok(chosen)
}

fn is_descending(asked: &Parameters) -> Result<bool, ApiError> {
    match asked.get("order").map(str::to_ascii_lowercase).as_deref() {
        None | Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(other) => Err(ApiError::invalid_parameter(other, "order", "asc, desc")),
    }
}

fn more(asked: &Parameters) -> Result<Option<Filter>, ApiError> {
    let Some(name) = asked.get("more") else {
        return Ok(None);
    };
    let found = Filter::ALL.into_iter().find(|filter| filter.name() == name);
    found.map(Some).ok_or_else(|| {
        ApiError::invalid_parameter(name, "more", &Filter::ALL.map(Filter::name).join(", "))
    })
}
