//! One column of a roster: its values, and which row has which.

use std::{collections::HashMap, ops::Range, sync::OnceLock};

use roaring::RoaringBitmap;

use super::{
    rows::{Set, bitmap_where},
    sorted::Sorted,
    values::{Entries, Values},
};
use crate::{field::Column, search::value_test::Test};

/// A column. Code 0 is the absent value, code `n` the value with the number `n - 1`. Columns in
/// which hardly a value comes twice keep a value per row instead of a dictionary, which saves
/// hashing each of them.
#[derive(Debug)]
pub(super) struct ColumnData {
    column: Column,
    values: Values,
    /// Which value each row has; `None` for a value per row.
    codes: Option<Vec<u32>>,
    known: HashMap<Box<str>, u32>,
    postings: OnceLock<Postings>,
    present: OnceLock<RoaringBitmap>,
}

/// The rows of each value of a dictionary.
#[derive(Debug)]
enum Postings {
    Sets(Vec<RoaringBitmap>),
    /// For many values with few rows each: rows by value, and where those of a value begin.
    Runs {
        rows: Vec<u32>,
        starts: Vec<u32>,
    },
}

/// With more distinct values than this, a set for each costs more than it saves.
const MOST_SETS: usize = 4096;

impl ColumnData {
    pub(super) fn new(column: Column) -> Self {
        let unique = matches!(
            column,
            Column::Id | Column::Name | Column::Email | Column::Username | Column::PreferredName
        );
        Self {
            column,
            values: Values::new(column.field().kind()),
            codes: (!unique).then(Vec::new),
            known: HashMap::new(),
            postings: OnceLock::new(),
            present: OnceLock::new(),
        }
    }

    /// Adds the next row; a blank text is no value.
    pub(super) fn push(&mut self, text: Option<&str>) {
        let Some(codes) = &mut self.codes else {
            return self.values.push(text.unwrap_or_default());
        };
        let code = match text {
            None => 0,
            Some(text) => match self.known.get(text) {
                Some(&code) => code,
                None => {
                    self.values.push(text);
                    let code = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
                    self.known.insert(text.into(), code);
                    code
                }
            },
        };
        codes.push(code);
    }

    pub(super) fn finish(&mut self) {
        self.known = HashMap::new();
        self.values.finish();
        if let Some(codes) = &mut self.codes {
            codes.shrink_to_fit();
        }
    }

    /// Makes every index that questions can use.
    pub(super) fn warm(&self) {
        self.sorted();
        self.present();
        match self.column {
            Column::Name | Column::Email | Column::Username | Column::PreferredName => {
                self.values.warm_trigrams();
            }
            _ => {}
        }
        if let Some(codes) = &self.codes {
            self.postings(codes);
        }
    }

    pub(super) fn values(&self) -> &Values {
        &self.values
    }

    /// Whether each row has a value of its own, numbered as the row is.
    pub(super) fn is_by_row(&self) -> bool {
        self.codes.is_none()
    }

    /// Which value the row has; 0 for none.
    #[inline]
    pub(super) fn code(&self, row: u32) -> u32 {
        match &self.codes {
            Some(codes) => codes[row as usize],
            None if self.values.text(row).is_empty() => 0,
            None => row + 1,
        }
    }

    /// Writes the codes of `rows`.
    pub(super) fn fill(&self, rows: &[u32], codes: &mut [u32]) {
        let places = codes.iter_mut().zip(rows);
        match &self.codes {
            Some(all) => places.for_each(|(code, &row)| *code = all[row as usize]),
            None => places.for_each(|(code, &row)| *code = self.code(row)),
        }
    }

    /// Number of codes, the absent one counted.
    pub(super) fn distinct(&self) -> usize {
        self.values.len() + 1
    }

    /// The text of a code; `None` for the absent value.
    pub(super) fn text(&self, code: u32) -> Option<&str> {
        Some(self.values.text(code.checked_sub(1)?)).filter(|text| !text.is_empty())
    }

    pub(super) fn value(&self, row: u32) -> Option<&str> {
        self.text(self.code(row))
    }

    /// Whether the row has a value, and it passes.
    pub(super) fn passes(&self, row: u32, test: &Test) -> bool {
        let code = self.code(row);
        code > 0 && self.values.passes(code - 1, test)
    }

    /// Values in order; made when first asked for. Ids of one spelling go by the letter.
    pub(super) fn sorted(&self) -> &Sorted {
        self.values.sorted(self.column == Column::Id)
    }

    /// Values in order, where putting `rows` rows in order is worth doing that to all values.
    pub(super) fn sorted_for(&self, rows: usize) -> Option<&Sorted> {
        /// It pays from this share of the distinct values on.
        const SHARE: usize = 16;
        let already = self.values.sorted_already();
        already.or_else(|| (rows.saturating_mul(SHARE) >= self.distinct()).then(|| self.sorted()))
    }

    /// Places of the order between which every value that passes stands, where the order tells.
    pub(super) fn stretch(&self, test: &Test) -> Option<Range<u32>> {
        match self.values.find(test) {
            Entries::Places(places) => {
                let (first, last) = (places.first()?, places.last()?);
                Some(first.start..last.end)
            }
            _ => None,
        }
    }

    /// The rows whose value passes, as far as can be told without asking each row.
    pub(super) fn find(&self, test: &Test) -> Set<'_> {
        if matches!(test, Test::Present) {
            return Set::Sets(vec![self.present()]);
        }
        let found = self.values.find(test);
        let Some(codes) = &self.codes else {
            return match found {
                Entries::Unknown => Set::Unknown,
                Entries::Perhaps(rows) => Set::Perhaps(rows),
                Entries::These(rows) => Set::Rows(rows),
                Entries::Places(places) => {
                    let sorted = self.sorted();
                    let slices = places.iter().map(|places| sorted.slice(places.clone()));
                    match slices.collect() {
                        Some(slices) => Set::Runs(slices),
                        None => {
                            let mut rows = RoaringBitmap::new();
                            for places in places {
                                rows.insert_range(places);
                            }
                            Set::Rows(rows)
                        }
                    }
                }
            };
        };
        // A dictionary is small enough to ask every value of it.
        let entries: Vec<u32> = match found {
            Entries::Places(places) => {
                let sorted = self.sorted();
                places
                    .into_iter()
                    .flatten()
                    .map(|place| sorted.at(place))
                    .collect()
            }
            Entries::These(entries) => entries.iter().collect(),
            Entries::Perhaps(_) | Entries::Unknown => (0..u32::try_from(self.values.len())
                .unwrap_or(u32::MAX))
                .filter(|&entry| self.values.passes(entry, test))
                .collect(),
        };
        self.rows_of(codes, &entries)
    }

    /// The rows of these values, each named once, of a dictionary.
    pub(super) fn rows_of_entries(&self, entries: &[u32]) -> Set<'_> {
        match &self.codes {
            Some(codes) => self.rows_of(codes, entries),
            None => Set::Rows(entries.iter().copied().collect()),
        }
    }

    fn rows_of<'c>(&'c self, codes: &[u32], entries: &[u32]) -> Set<'c> {
        /// Joining sets takes about as long as looking at this many rows for each.
        const ROWS_A_SET: usize = 1024;
        match self.postings(codes) {
            Postings::Sets(_) if entries.len() > 8 + codes.len() / ROWS_A_SET => {
                let mut hit = vec![false; self.distinct()];
                for &entry in entries {
                    hit[entry as usize + 1] = true;
                }
                Set::Rows(bitmap_where(codes.len(), |row| hit[codes[row] as usize]))
            }
            Postings::Sets(sets) => {
                Set::Sets(entries.iter().map(|&entry| &sets[entry as usize]).collect())
            }
            Postings::Runs { rows, starts } => {
                let run = |&entry: &u32| {
                    let entry = entry as usize;
                    &rows[starts[entry] as usize..starts[entry + 1] as usize]
                };
                Set::Runs(entries.iter().map(run).collect())
            }
        }
    }

    /// The rows that have a value.
    pub(super) fn present(&self) -> &RoaringBitmap {
        self.present.get_or_init(|| {
            let rows = self.codes.as_ref().map_or(self.values.len(), Vec::len);
            (0..u32::try_from(rows).unwrap_or(u32::MAX))
                .filter(|&row| self.code(row) != 0)
                .collect()
        })
    }

    fn postings(&self, codes: &[u32]) -> &Postings {
        self.postings.get_or_init(|| {
            if self.values.len() <= MOST_SETS {
                let mut sets = vec![RoaringBitmap::new(); self.values.len()];
                for (row, &code) in (0_u32..).zip(codes) {
                    if code > 0 {
                        sets[code as usize - 1].insert(row);
                    }
                }
                return Postings::Sets(sets.iter().map(Clone::clone).collect());
            }
            // First how many rows each value has, then where each begins, then the rows in place.
            let mut starts = vec![0_u32; self.values.len() + 1];
            for &code in codes.iter().filter(|code| **code > 0) {
                starts[code as usize] += 1;
            }
            let mut next = 0;
            for start in &mut starts {
                next += *start;
                *start = next;
            }
            let mut rows = vec![0; next as usize];
            let mut free = starts.clone();
            for (row, &code) in (0_u32..).zip(codes) {
                if code > 0 {
                    let place = &mut free[code as usize - 1];
                    rows[*place as usize] = row;
                    *place += 1;
                }
            }
            Postings::Runs { rows, starts }
        })
    }
}
