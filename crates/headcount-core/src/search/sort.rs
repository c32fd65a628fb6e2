//! The order of an answer: several keys, missing values last either way, ties by `id`.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::{date::parse_iso, document::FieldValues, text::fold};
use crate::{
    field::{Field, Kind, Projection, UnknownField},
    wire::UserSearchRequest,
};

/// A checked order. Without keys users come by `id`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// Most significant first.
    pub keys: Vec<SortKey>,
}

/// One key of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// By the values of a field.
    Field {
        /// Which field.
        field: Field,
        /// Greatest first.
        descending: bool,
    },
    /// By how well a user matches, best first.
    Score,
}

/// Why an order cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SortError {
    /// `sortOrder` is none of the three.
    #[error("unknown sortOrder {0:?}, use ASC, DESC or SCORE")]
    Order(String),
    /// `sortBy` names something that users do not have.
    #[error("cannot sort: {0}")]
    Field(UnknownField),
}

impl Sort {
    /// Reads `sort` or, when that is empty, `sortBy` and `sortOrder`.
    ///
    /// # Errors
    /// [`SortError`] for the first key that makes no sense.
    pub fn compile(request: &UserSearchRequest) -> Result<Self, SortError> {
        // Checked also where `sort` stands in its place: nobody means what cannot be.
        let single = key(request.sort_by.as_deref(), request.sort_order.as_deref())?;
        if request.sort.is_empty() {
            return Ok(Self {
                keys: single.into_iter().collect(),
            });
        }
        let keys = request
            .sort
            .iter()
            .map(|sort| key(sort.sort_by.as_deref(), sort.sort_order.as_deref()));
        Ok(Self {
            keys: keys
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?,
        })
    }

    /// What has to be read of every user to put them in order.
    #[must_use]
    pub fn projection(&self) -> Projection {
        let id = Field::ID.projection();
        self.keys.iter().fold(id, |projection, key| match key {
            SortKey::Field { field, .. } => projection.union(field.projection()),
            SortKey::Score => projection,
        })
    }
}

/// `None` where nothing is asked. Listings spell the orders out, so both spellings are taken.
fn key(by: Option<&str>, order: Option<&str>) -> Result<Option<SortKey>, SortError> {
    let field = by
        .map_or(Ok(Field::ID), Field::parse)
        .map_err(SortError::Field)?;
    let descending = match order.map(str::to_ascii_uppercase).as_deref() {
        None | Some("ASC" | "ASCENDING") => false,
        Some("DESC" | "DESCENDING") => true,
        Some("SCORE") => return Ok(Some(SortKey::Score)),
        Some(_) => return Err(SortError::Order(order.unwrap_or_default().to_owned())),
    };
    if by.is_none() && order.is_none() {
        return Ok(None);
    }
    Ok(Some(SortKey::Field { field, descending }))
}

/// A value made comparable, in the reading of its field's kind.
#[derive(Clone, Debug, PartialEq)]
pub enum SortValue {
    /// Folded text.
    Text(String),
    /// A number, never NaN.
    Number(f64),
    /// An instant.
    Date(Timestamp),
}

impl SortValue {
    /// `None` for what is not of the kind: it sorts as missing.
    #[must_use]
    pub fn read(kind: Kind, value: &str) -> Option<Self> {
        match kind {
            Kind::Keyword | Kind::Text | Kind::Bool => Some(Self::Text(fold(value).into_owned())),
            Kind::Number => value
                .trim()
                .parse()
                .ok()
                .filter(|number: &f64| !number.is_nan())
                .map(Self::Number),
            Kind::Date => parse_iso(value).map(|span| Self::Date(span.start)),
        }
    }

    /// The value of `field` that a user is sorted by: of several the least, or the greatest when
    /// `descending`.
    pub fn of(user: &dyn FieldValues, field: Field, descending: bool) -> Option<Self> {
        let mut best: Option<Self> = None;
        user.any_value(field, &mut |value| {
            if let Some(value) = Self::read(field.kind(), value) {
                let wanted = if descending {
                    Ordering::Greater
                } else {
                    Ordering::Less
                };
                if best.as_ref().is_none_or(|best| value.order(best) == wanted) {
                    best = Some(value);
                }
            }
            false
        });
        best
    }

    /// Order among values of one kind.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }
}
