//! Which column is what, by the names that people give to it.

use super::{Rows, TabularError};

/// Something that a table may hold, and the names that a column of it may have: in lower case, with
/// neither blanks nor dashes.
pub(crate) type Known<T> = (T, &'static [&'static str]);

/// Which column holds what.
#[derive(Clone, Debug)]
pub(crate) struct Mapping<T> {
    found: Vec<(T, usize)>,
    /// Names of the columns that hold nothing known.
    pub(crate) unknown: Vec<String>,
}

impl<T: Copy + PartialEq> Mapping<T> {
    /// Finds the columns of a table. Case, blanks, underscores, dashes and points in their names do
    /// not matter.
    ///
    /// # Errors
    /// [`TabularError`] when two columns are the same thing.
    pub(crate) fn of<R: std::io::Read>(
        rows: &Rows<R>,
        known: &[Known<T>],
    ) -> Result<Self, TabularError> {
        let mut mapping = Self {
            found: Vec::new(),
            unknown: Vec::new(),
        };
        for (column, name) in rows.header.iter().enumerate() {
            let plain = plain(name);
            let what = known.iter().find(|(_, names)| names.contains(&&*plain));
            match what {
                Some((what, _)) => match mapping.column(*what) {
                    None => mapping.found.push((*what, column)),
                    Some(other) => {
                        let other = &rows.header[other];
                        return Err(TabularError::Wrong {
                            name: rows.name.clone(),
                            line: 1,
                            column: Some(column + 1),
                            message: format!(
                                "the columns {other:?} and {name:?} mean the same; keep one of them"
                            ),
                        });
                    }
                },
                None if name.is_empty() => {}
                None => mapping.unknown.push(name.clone()),
            }
        }
        Ok(mapping)
    }

    /// The column of something, counted from 0.
    pub(crate) fn column(&self, what: T) -> Option<usize> {
        let found = self.found.iter().find(|(found, _)| *found == what);
        found.map(|(_, column)| *column)
    }
}

/// A name of a column without what people write in one way or the other.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-' | '.' | '*' | ':'))
        .flat_map(char::to_lowercase)
        .collect()
}
