//! The values of a column by number, and finding those that pass a test without asking each.

use std::{borrow::Cow, ops::Range, sync::OnceLock};

use roaring::RoaringBitmap;

use super::{sorted::Sorted, texts::Texts, trigram::Trigrams};
use crate::{
    field::Kind,
    search::{
        text::fold,
        value_test::{Stretch, Test},
    },
};

/// Values by number ("entry"); an empty text is no value.
#[derive(Debug)]
pub(super) struct Values {
    kind: Kind,
    texts: Texts,
    /// The folded texts; `None` inside where every text is its own.
    folded: OnceLock<Option<Texts>>,
    sorted: OnceLock<Sorted>,
    trigrams: OnceLock<Trigrams>,
}

/// What an index knows of the entries that pass a test.
#[derive(Debug)]
pub(super) enum Entries {
    /// These places of the order, and no others.
    Places(Vec<Range<u32>>),
    /// These, and no others.
    These(RoaringBitmap),
    /// Perhaps these, certainly no others.
    Perhaps(RoaringBitmap),
    /// Nothing.
    Unknown,
}

impl Values {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            texts: Texts::default(),
            folded: OnceLock::new(),
            sorted: OnceLock::new(),
            trigrams: OnceLock::new(),
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.texts.push(text);
    }

    pub(super) fn finish(&mut self) {
        self.texts.finish();
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    #[inline]
    pub(super) fn text(&self, entry: u32) -> &str {
        self.texts.get(entry as usize)
    }

    #[inline]
    pub(super) fn folded(&self, entry: u32) -> Cow<'_, str> {
        match self.folded.get() {
            Some(Some(folded)) => Cow::Borrowed(folded.get(entry as usize)),
            Some(None) => Cow::Borrowed(self.text(entry)),
            None => fold(self.text(entry)),
        }
    }

    /// Whether an entry has a value, and it passes.
    pub(super) fn passes(&self, entry: u32, test: &Test) -> bool {
        if let Test::Contains(_) | Test::StartsWith(_) = test {
            // Fetching the text as well would double the time: it lies far off in memory. Folded, a
            // text is as empty as before.
            let folded = self.folded(entry);
            return !folded.is_empty() && test.passes_folded(self.kind, &folded, &folded);
        }
        let text = self.text(entry);
        !text.is_empty() && test.passes_folded(self.kind, text, &self.folded(entry))
    }

    /// Entries in order; made when first asked for.
    pub(super) fn sorted(&self, to_the_letter: bool) -> &Sorted {
        self.sorted.get_or_init(|| {
            self.fold_all();
            Sorted::of(self, to_the_letter)
        })
    }

    /// Entries in order, if they were put so.
    pub(super) fn sorted_already(&self) -> Option<&Sorted> {
        self.sorted.get()
    }

    /// Makes the index of what stands inside the values.
    pub(super) fn warm_trigrams(&self) {
        self.fold_all();
        self.trigrams.get_or_init(|| Trigrams::of(self));
    }

    fn fold_all(&self) {
        self.folded.get_or_init(|| {
            let texts = || (0..self.len()).map(|entry| self.texts.get(entry));
            if texts().all(|text| matches!(fold(text), Cow::Borrowed(_))) {
                return None;
            }
            let mut folded = Texts::default();
            texts().for_each(|text| folded.push(&fold(text)));
            folded.finish();
            Some(folded)
        });
    }

    /// What the indices that were made know of the entries that pass.
    pub(super) fn find(&self, test: &Test) -> Entries {
        if let (Some(sorted), Some(stretches)) = (self.sorted.get(), test.stretches(self.kind)) {
            let places = stretches.iter().map(|stretch| self.places(sorted, stretch));
            return Entries::Places(apart(places.collect()));
        }
        if let (Some(trigrams), Some(alternatives)) = (self.trigrams.get(), test.parts(self.kind)) {
            let mut found = RoaringBitmap::new();
            for parts in alternatives {
                match trigrams.candidates(&parts) {
                    Some(candidates) if found.is_empty() => found = candidates,
                    Some(candidates) => found |= candidates,
                    None => return Entries::Unknown,
                }
            }
            // What stands in a value wherever its one trigram does needs no second look.
            let exact = |part: &String| part.len() == Trigrams::LENGTH;
            return match test {
                Test::Contains(parts) if parts.iter().all(exact) => Entries::These(found),
                _ => Entries::Perhaps(found),
            };
        }
        Entries::Unknown
    }

    fn places(&self, sorted: &Sorted, stretch: &Stretch<'_>) -> Range<u32> {
        match stretch {
            Stretch::Equal(text) => {
                let start = sorted.first(|entry| *self.folded(entry) < **text);
                if start == sorted.len() || *self.folded(sorted.at(start)) != **text {
                    return start..start;
                }
                let rank = |place| sorted.rank(sorted.at(place));
                let mut end = start + 1;
                while end < sorted.len() && rank(end) == rank(start) {
                    end += 1;
                }
                start..end
            }
            Stretch::Start(text) => {
                let start = sorted.first(|entry| *self.folded(entry) < **text);
                let end = sorted.first(|entry| {
                    let folded = self.folded(entry);
                    *folded < **text || folded.starts_with(*text)
                });
                start..end
            }
            Stretch::Within(bounds) => {
                let start = sorted.first(|entry| bounds.place(&self.folded(entry)).is_lt());
                let end = sorted.first(|entry| bounds.place(&self.folded(entry)).is_le());
                start..end
            }
        }
    }
}

/// The same places as stretches that neither touch nor overlap, in order.
fn apart(mut places: Vec<Range<u32>>) -> Vec<Range<u32>> {
    places.retain(|places| !places.is_empty());
    if places.len() < 2 {
        return places;
    }
    places.sort_unstable_by_key(|places| places.start);
    let mut apart: Vec<Range<u32>> = Vec::with_capacity(places.len());
    for places in places {
        match apart.last_mut() {
            Some(last) if places.start <= last.end => last.end = last.end.max(places.end),
            _ => apart.push(places),
        }
    }
    apart
}
