//! What the tables of all backends have in common.

use headcount_core::change::lasting;

use crate::StoreError;

/// Columns of the roster tables, in the order of [`headcount_core::field::Column::ALL`].
pub(crate) const COLUMNS: [&str; 12] = [
    "id",
    "state",
    "name",
    "email",
    "username",
    "preferred_name",
    "department",
    "title",
    "division_id",
    "division_name",
    "manager_id",
    "version",
];

/// A count or a slot out of the store, where it is never negative.
pub(crate) fn unsigned<T: TryFrom<i64>>(number: i64) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| StoreError::Unreadable { what: "a number" })
}

/// A count on its way into the store.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The document without its volatile members.
pub(crate) fn lasting_of(document: &str) -> Result<String, StoreError> {
    lasting(document).map_err(|_| StoreError::Unreadable { what: "a document" })
}
