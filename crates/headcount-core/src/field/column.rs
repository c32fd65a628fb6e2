//! The attributes that are kept as columns, and sets of them.

use super::Field;

/// One of the attributes that the store keeps beside the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Column {
    /// `id`
    Id,
    /// `state`
    State,
    /// `name`
    Name,
    /// `email`
    Email,
    /// `username`
    Username,
    /// `preferredName`
    PreferredName,
    /// `department`
    Department,
    /// `title`
    Title,
    /// `division.id`
    DivisionId,
    /// `division.name`
    DivisionName,
    /// `manager.id`
    ManagerId,
    /// `version`
    Version,
}

impl Column {
    /// Every column, in the order of the first twelve fields.
    pub const ALL: [Self; 12] = [
        Self::Id,
        Self::State,
        Self::Name,
        Self::Email,
        Self::Username,
        Self::PreferredName,
        Self::Department,
        Self::Title,
        Self::DivisionId,
        Self::DivisionName,
        Self::ManagerId,
        Self::Version,
    ];

    /// The field that it keeps.
    #[must_use]
    pub fn field(self) -> Field {
        Field(self as u16)
    }
}

/// Which columns, and whether the document, a question has to read: a small set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Projection(u16);

const DOCUMENT: u16 = 1 << Column::ALL.len();

impl Projection {
    /// Nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// Every column and the document.
    #[must_use]
    pub const fn all() -> Self {
        Self(DOCUMENT | (DOCUMENT - 1))
    }

    /// Every column, without the document.
    #[must_use]
    pub const fn columns() -> Self {
        Self(DOCUMENT - 1)
    }

    /// This set and `column`.
    #[must_use]
    pub const fn with(self, column: Column) -> Self {
        Self(self.0 | 1 << column as u16)
    }

    /// This set and the document.
    #[must_use]
    pub const fn with_document(self) -> Self {
        Self(self.0 | DOCUMENT)
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `column` is in the set.
    #[must_use]
    pub const fn contains(self, column: Column) -> bool {
        self.0 & 1 << column as u16 != 0
    }

    /// Whether the document is in the set.
    #[must_use]
    pub const fn document(self) -> bool {
        self.0 & DOCUMENT != 0
    }

    /// Whether everything in `other` is in this set.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_projection_is_a_set() {
        let set = Projection::none().with(Column::Id).with(Column::Version);
        assert!(set.contains(Column::Id) && set.contains(Column::Version));
        assert!(!set.contains(Column::Name) && !set.document());
        assert!(set.with_document().document());
        assert!(Projection::all().covers(set.with_document()));
        assert!(!Projection::columns().document());
        assert!(
            Column::ALL
                .iter()
                .all(|&column| Projection::columns().contains(column))
        );
        assert!(!set.covers(Projection::columns()));
        assert_eq!(
            set.union(Projection::none().with_document()),
            set.with_document()
        );
    }
}
