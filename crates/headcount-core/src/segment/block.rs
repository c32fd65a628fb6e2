//! Facts column by column, as a file of facts hands them over: no fact becomes a value of its own.

/// The code of a user or media type that is absent.
pub const NO_VALUE: u32 = u32::MAX;

/// A run of facts, column by column; all columns are as long.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Starts of the intervals, ms UTC.
    pub start_ms: Moments<'a>,
    /// Ends of the intervals, ms UTC.
    pub end_ms: Moments<'a>,
    /// Users, as places in the dictionary of users that was handed over last; [`NO_VALUE`] for
    /// none.
    pub users: &'a [u32],
    /// Media types, as places in the dictionary of media types that was handed over last;
    /// [`NO_VALUE`] for none.
    pub media: &'a [u32],
    /// The measures that were asked for, in the order in which they were asked for.
    pub measures: &'a [BlockMeasure<'a>],
}

/// Moments of the facts of a block.
#[derive(Clone, Copy, Debug)]
pub enum Moments<'a> {
    /// The same of every fact.
    All(i64),
    /// One for every fact.
    Each(&'a [i64]),
}

/// One measure of the facts of a block.
#[derive(Clone, Copy, Debug)]
pub struct BlockMeasure<'a> {
    /// The numbers; 0 where there is none.
    pub values: &'a [i64],
    /// Whether there is a number; `None` where all facts have one.
    pub present: Option<&'a [bool]>,
}

impl Moments<'_> {
    /// The moment of one fact.
    #[must_use]
    #[inline]
    pub fn at(&self, place: usize) -> i64 {
        match self {
            Self::All(moment) => *moment,
            Self::Each(moments) => moments[place],
        }
    }
}

impl BlockMeasure<'_> {
    /// The number of one fact.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<i64> {
        let there = self.present.is_none_or(|present| present[place]);
        there.then(|| self.values[place])
    }
}

/// Whoever takes the facts of files, dictionary by dictionary and block by block.
pub trait FactSink {
    /// Takes the users that the codes of the blocks from now on mean. Each comes once, in
    /// ascending order of bytes in files that this program wrote.
    fn users(&mut self, users: &[&str]);

    /// Takes the media types that the codes of the blocks from now on mean.
    fn media(&mut self, media: &[&str]);

    /// Takes facts.
    fn block(&mut self, block: &Block<'_>);
}
