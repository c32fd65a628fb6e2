//! The values of one column in one row group, read a block at a time.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Encoding;

use super::{
    Fault,
    chunk::{DataPage, DictionaryPage, Pages},
    delta::Delta,
    runs::Runs,
};

const FORM: Fault = Fault::Broken("a page has an unknown form");
const SHORT: Fault = Fault::Broken("a column has too few values");

/// Values of a type out of the pages of a column.
pub(super) trait Values: Sized {
    type Item: Copy;
    /// What stands where there is no value.
    const NONE: Self::Item;
    type Dictionary: Default;

    fn dictionary(page: DictionaryPage) -> Result<Self::Dictionary, Fault>;
    fn open(encoding: Encoding, bytes: Bytes, dictionary: &Self::Dictionary)
    -> Result<Self, Fault>;
    fn read(&mut self, out: &mut [Self::Item]) -> Result<(), Fault>;
}

/// A column that is being read.
pub(super) struct Column<V: Values> {
    pages: Pages,
    dictionary: V::Dictionary,
    page: Option<Open<V>>,
    /// Values before they are spread over the facts that have one.
    close: Vec<V::Item>,
}

struct Open<V> {
    left: usize,
    levels: Option<Runs<bool>>,
    values: V,
}

impl<V: Values> Column<V> {
    /// Begins to read; the dictionary is known from then on.
    pub(super) fn new(pages: Pages) -> Result<Self, Fault> {
        let mut column = Self {
            pages,
            dictionary: V::Dictionary::default(),
            page: None,
            close: Vec::new(),
        };
        column.turn()?;
        Ok(column)
    }

    pub(super) fn dictionary(&self) -> &V::Dictionary {
        &self.dictionary
    }

    /// Reads the values of the next facts, with [`Values::NONE`] where there is none, and gives
    /// whether all are there; if not, `present` tells which.
    pub(super) fn read(
        &mut self,
        mut out: &mut [V::Item],
        mut present: &mut [bool],
    ) -> Result<bool, Fault> {
        let mut all = true;
        while !out.is_empty() {
            while self.page.as_ref().is_none_or(|page| page.left == 0) {
                if !self.turn()? {
                    return Err(SHORT);
                }
            }
            let Some(page) = &mut self.page else {
                return Err(SHORT);
            };
            let count = out.len().min(page.left);
            page.left -= count;
            let (now, later) = out.split_at_mut(count);
            let (there, there_later) = present.split_at_mut(count);
            match &mut page.levels {
                None => {
                    there.fill(true);
                    page.values.read(now)?;
                }
                Some(levels) => {
                    levels.read(there)?;
                    let some = there.iter().filter(|there| **there).count();
                    if some == count {
                        page.values.read(now)?;
                    } else {
                        all = false;
                        self.close.resize(some, V::NONE);
                        page.values.read(&mut self.close)?;
                        spread(&self.close, there, now, V::NONE);
                    }
                }
            }
            (out, present) = (later, there_later);
        }
        Ok(all)
    }

    /// Checks that nothing is left.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        loop {
            if self.page.as_ref().is_some_and(|page| page.left > 0) {
                return Err(Fault::Broken("a column has too many values"));
            }
            if !self.turn()? {
                return Ok(());
            }
        }
    }

    /// Goes to the next page, if there is one.
    fn turn(&mut self) -> Result<bool, Fault> {
        let dictionary = &mut self.dictionary;
        let page = self.pages.next(&mut |page| {
            *dictionary = V::dictionary(page)?;
            Ok(())
        })?;
        let Some(DataPage {
            rows,
            levels,
            encoding,
            values,
        }) = page
        else {
            self.page = None;
            return Ok(false);
        };
        self.page = Some(Open {
            left: rows,
            levels,
            values: V::open(encoding, values, &self.dictionary)?,
        });
        Ok(true)
    }
}

/// Puts the values to the facts that have one.
fn spread<T: Copy>(close: &[T], present: &[bool], out: &mut [T], none: T) {
    let mut next = 0;
    for (out, present) in out.iter_mut().zip(present) {
        let value = close.get(next).copied().unwrap_or(none);
        *out = if *present { value } else { none };
        next += usize::from(*present);
    }
}

/// Whole numbers.
pub(super) enum Numbers {
    Delta(Box<Delta>),
    Plain(Bytes),
    Places(Box<Runs<u32>>, Arc<Vec<i64>>),
}

impl Values for Numbers {
    type Item = i64;
    const NONE: i64 = 0;
    type Dictionary = Arc<Vec<i64>>;

    fn dictionary(page: DictionaryPage) -> Result<Self::Dictionary, Fault> {
        let (numbers, []) = page.bytes.as_chunks::<8>() else {
            return Err(FORM);
        };
        if numbers.len() != page.entries {
            return Err(FORM);
        }
        Ok(Arc::new(
            numbers
                .iter()
                .map(|bytes| i64::from_le_bytes(*bytes))
                .collect(),
        ))
    }

    fn open(
        encoding: Encoding,
        bytes: Bytes,
        dictionary: &Self::Dictionary,
    ) -> Result<Self, Fault> {
        match encoding {
            Encoding::DELTA_BINARY_PACKED => Ok(Self::Delta(Box::new(Delta::new(bytes)?))),
            Encoding::PLAIN => Ok(Self::Plain(bytes)),
            Encoding::RLE_DICTIONARY => {
                let places = Box::new(places(bytes)?);
                Ok(Self::Places(places, Arc::clone(dictionary)))
            }
            _ => Err(FORM),
        }
    }

    fn read(&mut self, out: &mut [i64]) -> Result<(), Fault> {
        match self {
            Self::Delta(delta) => delta.read(out),
            Self::Plain(bytes) => {
                let length = out.len() * 8;
                if length > bytes.len() {
                    return Err(SHORT);
                }
                let now = bytes.split_to(length);
                for (to, from) in out.iter_mut().zip(now.as_chunks::<8>().0) {
                    *to = i64::from_le_bytes(*from);
                }
                Ok(())
            }
            Self::Places(places, dictionary) => {
                let mut piece = [0; 256];
                for out in out.chunks_mut(256) {
                    let piece = &mut piece[..out.len()];
                    places.read(piece)?;
                    for (to, place) in out.iter_mut().zip(piece) {
                        *to = *dictionary.get(*place as usize).ok_or(OUTSIDE)?;
                    }
                }
                Ok(())
            }
        }
    }
}

const OUTSIDE: Fault = Fault::Broken("a value is not in its dictionary");

/// Places in a dictionary of texts.
pub(super) struct Codes {
    places: Box<Runs<u32>>,
    entries: usize,
}

/// Texts, each once.
#[derive(Default)]
pub(super) struct Texts {
    bytes: Bytes,
    /// Where each begins and ends among the bytes.
    ranges: Vec<(u32, u32)>,
}

impl Texts {
    /// The texts, in the order of their codes.
    pub(super) fn all(&self) -> Result<Vec<&str>, Fault> {
        const NO_TEXT: Fault = Fault::Broken("a text is not UTF-8");
        let slice = |(start, end): (u32, u32)| start as usize..end as usize;
        let ranges = self.ranges.iter().copied();
        // The lengths between short texts are ASCII too, so all are checked in one go.
        if let Ok(text) = str::from_utf8(&self.bytes) {
            let texts = ranges.map(|range| text.get(slice(range)).ok_or(NO_TEXT));
            return texts.collect();
        }
        let texts =
            ranges.map(|range| str::from_utf8(&self.bytes[slice(range)]).map_err(|_| NO_TEXT));
        texts.collect()
    }
}

impl Values for Codes {
    type Item = u32;
    const NONE: u32 = headcount_core::segment::NO_VALUE;
    type Dictionary = Texts;

    fn dictionary(page: DictionaryPage) -> Result<Texts, Fault> {
        let bytes = page.bytes;
        let mut ranges = Vec::with_capacity(page.entries.min(bytes.len() / 4));
        let mut at = 0;
        for _ in 0..page.entries {
            let length = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(FORM)?;
            let (start, length) = (at + 4, u32::from_le_bytes(*length) as usize);
            if length > bytes.len() - start {
                return Err(FORM);
            }
            at = start + length;
            let range = u32::try_from(start).ok().zip(u32::try_from(at).ok());
            ranges.push(range.ok_or(FORM)?);
        }
        Ok(Texts { bytes, ranges })
    }

    fn open(encoding: Encoding, bytes: Bytes, dictionary: &Texts) -> Result<Self, Fault> {
        if encoding != Encoding::RLE_DICTIONARY {
            return Err(FORM);
        }
        Ok(Self {
            places: Box::new(places(bytes)?),
            entries: dictionary.ranges.len(),
        })
    }

    fn read(&mut self, out: &mut [u32]) -> Result<(), Fault> {
        self.places.read(out)?;
        let highest = out.iter().fold(0, |highest, code| highest.max(*code));
        if !out.is_empty() && highest as usize >= self.entries {
            return Err(OUTSIDE);
        }
        Ok(())
    }
}

/// Places in a dictionary: their width, then runs.
fn places(mut bytes: Bytes) -> Result<Runs<u32>, Fault> {
    if bytes.is_empty() {
        return Err(FORM);
    }
    let width = bytes.split_to(1)[0];
    Runs::new(bytes, usize::from(width))
}
