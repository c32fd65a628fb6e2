//! One column of a roster: its texts, and which row has which.

use std::{collections::HashMap, sync::OnceLock};

use roaring::RoaringBitmap;

use crate::{
    field::{Column, Field, Kind},
    search::{sort::SortValue, text::is_blank},
};

/// Texts one after the other in a single allocation.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn get(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[index]]
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn finish(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// A column. Text 0 is the absent value; columns in which hardly a value comes twice keep a text
/// per row (text `row + 1`) instead of a dictionary, which saves hashing each of them.
#[derive(Debug)]
pub(super) struct ColumnData {
    field: Field,
    texts: Texts,
    /// Which text each row has; `None` for a text per row.
    codes: Option<Vec<u32>>,
    known: HashMap<Box<str>, u32>,
    postings: OnceLock<Vec<RoaringBitmap>>,
    ranks: OnceLock<Vec<u32>>,
}

/// Rank of a missing value: behind all others.
pub(super) const MISSING: u32 = u32::MAX;

/// With more distinct values than this, a posting for each costs more than it saves.
const MOST_POSTINGS: usize = 4096;

impl ColumnData {
    pub(super) fn new(column: Column) -> Self {
        let unique = matches!(
            column,
            Column::Id | Column::Name | Column::Email | Column::Username | Column::PreferredName
        );
        let mut texts = Texts::default();
        texts.push("");
        Self {
            field: column.field(),
            texts,
            codes: (!unique).then(Vec::new),
            known: HashMap::new(),
            postings: OnceLock::new(),
            ranks: OnceLock::new(),
        }
    }

    /// Adds the next row.
    pub(super) fn push(&mut self, text: Option<&str>) {
        let text = text.filter(|text| !is_blank(text));
        let Some(codes) = &mut self.codes else {
            return self.texts.push(text.unwrap_or_default());
        };
        let code = match text {
            None => 0,
            Some(text) => match self.known.get(text) {
                Some(&code) => code,
                None => {
                    let code = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
                    self.texts.push(text);
                    self.known.insert(text.into(), code);
                    code
                }
            },
        };
        codes.push(code);
    }

    pub(super) fn finish(&mut self) {
        self.known = HashMap::new();
        self.texts.finish();
    }

    /// Which text the row has; 0 for none, and then only then blank, in a dictionary.
    pub(super) fn code(&self, row: u32) -> u32 {
        match &self.codes {
            Some(codes) => codes[row as usize],
            None if self.texts.get(row as usize + 1).is_empty() => 0,
            None => row + 1,
        }
    }

    /// Number of codes, the absent one counted.
    pub(super) fn distinct(&self) -> usize {
        self.texts.len()
    }

    /// The text of a code; `None` for the absent value.
    pub(super) fn text(&self, code: u32) -> Option<&str> {
        Some(self.texts.get(code as usize)).filter(|text| !text.is_empty())
    }

    pub(super) fn value(&self, row: u32) -> Option<&str> {
        self.text(self.code(row))
    }

    /// The rows whose text passes `test`, which is asked once per distinct text; of `within`, if
    /// given.
    pub(super) fn rows(
        &self,
        rows: u32,
        within: Option<&RoaringBitmap>,
        test: &dyn Fn(&str) -> bool,
    ) -> RoaringBitmap {
        let passes = |code: usize| {
            let text = self.texts.get(code);
            !text.is_empty() && test(text)
        };
        let Some(codes) = &self.codes else {
            let passes = |row: &u32| passes(*row as usize + 1);
            return match within {
                Some(within) => within.iter().filter(passes).collect(),
                None => (0..rows).filter(passes).collect(),
            };
        };
        let hit: Vec<bool> = (0..self.texts.len()).map(passes).collect();
        if self.texts.len() > MOST_POSTINGS {
            let passes = |row: &u32| hit[codes[*row as usize] as usize];
            return match within {
                Some(within) => within.iter().filter(passes).collect(),
                None => (0..rows).filter(passes).collect(),
            };
        }
        let mut found = RoaringBitmap::new();
        for (posting, hit) in self.postings(codes).iter().zip(hit) {
            if hit {
                found |= posting;
            }
        }
        if let Some(within) = within {
            found &= within;
        }
        found
    }

    fn postings(&self, codes: &[u32]) -> &[RoaringBitmap] {
        self.postings.get_or_init(|| {
            let mut postings = vec![RoaringBitmap::new(); self.texts.len()];
            for (row, &code) in (0_u32..).zip(codes) {
                postings[code as usize].insert(row);
            }
            postings
        })
    }

    /// The ranks, where putting `rows` rows in order is worth ranking all values for once.
    pub(super) fn ranks_for(&self, rows: usize) -> Option<&[u32]> {
        /// Ranking pays from this share of the distinct values on.
        const SHARE: usize = 16;
        (self.ranks.get().is_some() || rows.saturating_mul(SHARE) >= self.distinct())
            .then(|| self.ranks())
    }

    /// Place of each code in the order of the values, equal values sharing one; [`MISSING`] for
    /// what sorts behind.
    pub(super) fn ranks(&self) -> &[u32] {
        self.ranks.get_or_init(|| {
            let kind: Kind = self.field.kind();
            let mut ranks = vec![MISSING; self.texts.len()];
            let mut keys: Vec<(SortValue, usize)> = (1..self.texts.len())
                .filter(|&code| !self.texts.get(code).is_empty())
                .filter_map(|code| Some((SortValue::read(kind, self.texts.get(code))?, code)))
                .collect();
            keys.sort_unstable_by(|a, b| a.0.order(&b.0));
            let mut rank = 0;
            for index in 0..keys.len() {
                if index > 0 && keys[index].0 != keys[index - 1].0 {
                    rank += 1;
                }
                ranks[keys[index].1] = rank;
            }
            ranks
        })
    }
}
