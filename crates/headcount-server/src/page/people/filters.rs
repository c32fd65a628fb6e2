//! Who is found, and how many there are of each value of a filter: of those that the search and the
//! other filters leave.

use std::borrow::Cow;

use headcount_core::{
    aggregate::{CountRow, GroupBy, NONE, count_most, rows_labelled},
    field::{Column, Field},
    roster::{RosterError, View},
    search::{Matcher, StateRule},
    wire::UserSearchCriteria,
};
use roaring::RoaringBitmap;

use super::asked::{Asked, Filter, key};
use crate::{
    error::ApiError,
    handlers::not_loaded,
    page::{
        locale::Locale,
        texts::size,
        visit::{brief, visible},
    },
};

/// Values of a filter that are shown, and of the one of which more are.
const VALUES: usize = 12;
const MORE_VALUES: usize = 100;
/// Bytes that they may take.
const BYTES: usize = 5_000;
const MORE_BYTES: usize = 24_000;
/// Bytes of the markup around a value, about.
const AROUND: usize = 120;

/// Who the search finds, and whom each filter picks.
pub(super) struct Matches {
    found: RoaringBitmap,
    /// By place in [`Filter::ALL`]; everybody without one.
    picked: Vec<Option<RoaringBitmap>>,
}

/// A filter as it is shown.
pub(super) struct Facet {
    pub(super) filter: Filter,
    pub(super) values: Vec<Value>,
    /// How many are chosen.
    pub(super) chosen: usize,
    /// How many more there are.
    pub(super) rest: usize,
    pub(super) rest_told: String,
    /// Where some of those are shown.
    pub(super) more: Option<String>,
}

/// A value of a filter.
pub(super) struct Value {
    pub(super) text: String,
    pub(super) count: String,
    pub(super) href: String,
    pub(super) is_chosen: bool,
    /// It stands for no value.
    pub(super) is_none: bool,
}

impl Matches {
    /// Asks the roster.
    ///
    /// # Errors
    /// 400 for a search that makes no sense.
    pub(super) fn of(view: View<'_>, asked: &Asked) -> Result<Self, ApiError> {
        let criteria: Vec<_> = asked.text.split_whitespace().map(criterion).collect();
        let matcher = Matcher::compile(&criteria, StateRule::AnyState);
        let matcher = matcher.map_err(ApiError::constraint)?;
        let picked = Filter::ALL.into_iter().map(|filter| {
            let chosen = asked.chosen(filter);
            let picked = (!chosen.is_empty()).then(|| picked_by(view, filter, chosen));
            picked.transpose()
        });
        Ok(Self {
            found: view.matching(&matcher).map_err(not_loaded)?,
            picked: picked.collect::<Result<_, _>>().map_err(not_loaded)?,
        })
    }

    /// Whom search and filters leave.
    pub(super) fn all(&self) -> RoaringBitmap {
        self.without(None).into_owned()
    }

    /// The same, one filter left out.
    fn without(&self, filter: Option<Filter>) -> Cow<'_, RoaringBitmap> {
        let mut rows = Cow::Borrowed(&self.found);
        for (of, picked) in Filter::ALL.into_iter().zip(&self.picked) {
            if let Some(picked) = picked
                && Some(of) != filter
            {
                rows = match rows {
                    Cow::Borrowed(rows) => Cow::Owned(rows & picked),
                    Cow::Owned(rows) => Cow::Owned(rows & picked),
                };
            }
        }
        rows
    }

    /// The filters, with numbers.
    ///
    /// # Errors
    /// 500
    pub(super) fn facets(
        &self,
        view: View<'_>,
        asked: &Asked,
        locale: &Locale,
    ) -> Result<Vec<Facet>, ApiError> {
        let facets = Filter::ALL.into_iter();
        facets
            .map(|filter| self.facet(view, asked, filter, locale))
            .collect()
    }

    fn facet(
        &self,
        view: View<'_>,
        asked: &Asked,
        filter: Filter,
        locale: &Locale,
    ) -> Result<Facet, ApiError> {
        let rows = self.without(Some(filter));
        let has_more = asked.more == Some(filter);
        let (most, bytes) = match has_more {
            true => (MORE_VALUES, MORE_BYTES),
            false => (VALUES, BYTES),
        };
        let counted = count_most(&view, &rows, filter.by(), most).map_err(not_loaded)?;
        let values = counted.values;
        let count_of = |value: &str| {
            let picked = picked_by(view, filter, &[value.to_owned()]);
            picked.map(|picked| picked.intersection_len(&rows))
        };
        let mut counts: Vec<(String, u64)> = Vec::new();
        for CountRow { values, count } in counted.rows {
            for value in values {
                match key(&value) {
                    // The beginning may be that of others, too.
                    Cow::Owned(key) if counts.iter().all(|(known, _)| *known != key) => {
                        let count = count_of(&key).map_err(not_loaded)?;
                        counts.push((key, count));
                    }
                    Cow::Owned(_) => {}
                    Cow::Borrowed(_) => {
                        let mut same = counts
                            .iter_mut()
                            .filter(|(known, _)| is(filter, known, &value));
                        match same.next() {
                            Some((_, sum)) => *sum += count,
                            None => counts.push((value, count)),
                        }
                    }
                }
            }
        }
        let chosen = asked.chosen(filter);
        for value in chosen {
            if counts.iter().all(|(known, _)| !is(filter, value, known)) {
                let count = count_of(value).map_err(not_loaded)?;
                counts.push((value.clone(), count));
            }
        }
        let is_chosen = |value: &str| chosen.iter().any(|chosen| is(filter, chosen, value));
        counts.sort_by_key(|(value, _)| !is_chosen(value));
        let mut told = Vec::with_capacity(counts.len());
        let mut left = bytes;
        let all = counts.len();
        for (value, count) in counts {
            let is_chosen = is_chosen(&value);
            let value = Value {
                href: asked.toggling(filter, &value).link("/people"),
                text: called(view, filter, &value),
                count: locale.number(count),
                is_none: value == NONE,
                is_chosen,
            };
            let takes = size(&value.href) + size(&value.text) + AROUND;
            if !is_chosen && takes > left {
                break;
            }
            left = left.saturating_sub(takes);
            told.push(value);
        }
        let rest = values.saturating_sub(told.len());
        let more = Asked {
            more: Some(filter),
            ..asked.clone()
        };
        Ok(Facet {
            filter,
            chosen: chosen.len(),
            rest,
            rest_told: locale.number(rest as u64),
            more: (rest > 0 && !has_more && told.len() == all).then(|| more.link("/people")),
            values: told,
        })
    }
}

/// The rows in sight that one of these values of a filter stands for.
fn picked_by(
    view: View<'_>,
    filter: Filter,
    values: &[String],
) -> Result<RoaringBitmap, RosterError> {
    let is_wanted = |label: &str| values.iter().any(|value| is(filter, value, label));
    let mut picked = rows_labelled(&view, filter.by(), is_wanted)?;
    if filter == Filter::Division {
        // Two may have one name, so the view of divisions leads here by id.
        let by_id = GroupBy::Field(Field::DIVISION_ID);
        picked |= rows_labelled(&view, by_id, |id| {
            id != NONE && values.iter().any(|value| value.eq_ignore_ascii_case(id))
        })?;
    }
    Ok(picked)
}

/// Whether a label is the one that a value of a filter stands for.
fn is(filter: Filter, value: &str, label: &str) -> bool {
    match filter {
        // Ids are the same in any case.
        Filter::Manager => value.eq_ignore_ascii_case(label),
        _ => key(label) == value,
    }
}

/// What a person calls a value.
pub(super) fn called(view: View<'_>, filter: Filter, value: &str) -> String {
    let of = |row: u32, column| view.roster().value(row, column);
    let name = match filter {
        Filter::Manager => view.row_of(value).and_then(|row| of(row, Column::Name)),
        Filter::Division => {
            let rows = view.roster().rows_with(Column::DivisionId, &[value]);
            let seen = rows
                .unwrap_or_default()
                .into_iter()
                .find(|row| view.sees(*row));
            seen.and_then(|row| of(row, Column::DivisionName))
        }
        _ => None,
    };
    brief(visible(name, value)).into_owned()
}

/// What a word of a search asks: somewhere in what people call each other by, or the beginning of
/// an id. No index tells where one or two letters stand; of an e-mail and its like they have to be
/// the beginning.
fn criterion(word: &str) -> UserSearchCriteria {
    const SHORT: usize = 3;
    const NAMES: [&str; 3] = ["name", "title", "department"];
    const ADDRESSES: [&str; 3] = ["email", "username", "preferredName"];
    let part = |type_: &str, fields: &[&[&str]]| UserSearchCriteria {
        type_: Some(type_.to_owned()),
        fields: fields.concat().into_iter().map(str::to_owned).collect(),
        value: Some(word.to_owned()),
        operator: Some("OR".to_owned()),
        ..UserSearchCriteria::default()
    };
    let group = match word.len() < SHORT {
        true => vec![
            part("STARTS_WITH", &[&["id"], &ADDRESSES]),
            part("CONTAINS", &[&NAMES]),
        ],
        false => vec![
            part("STARTS_WITH", &[&["id"]]),
            part("CONTAINS", &[&NAMES, &ADDRESSES]),
        ],
    };
    UserSearchCriteria {
        group,
        ..UserSearchCriteria::default()
    }
}
