//! Facts column by column, as a file of facts hands them over: no fact becomes a value of its own.

use crate::fact::Fact;

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

impl<'a> Moments<'a> {
    /// The moments, told once where they are all the same.
    #[must_use]
    pub fn of(moments: &'a [i64]) -> Self {
        match moments {
            [first, rest @ ..] if rest.iter().all(|moment| moment == first) => Self::All(*first),
            moments => Self::Each(moments),
        }
    }

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

/// Facts handed over at once.
const AT_ONCE: usize = 1 << 16;

/// Hands over facts that are in memory, with the measures at the places `wanted`.
pub fn hand_over(facts: &[Fact], wanted: &[usize], sink: &mut dyn FactSink) {
    let users = Dictionary::of(facts.iter().map(|fact| fact.user_id.as_deref()));
    let media = Dictionary::of(facts.iter().map(|fact| fact.media_type.as_deref()));
    sink.users(&users.texts);
    sink.media(&media.texts);
    for facts in facts.chunks(AT_ONCE) {
        let columns: Vec<(Vec<i64>, Vec<bool>)> = wanted
            .iter()
            .map(|&measure| {
                let values = facts.iter().map(|fact| fact.measures[measure]);
                values
                    .map(|value| (value.unwrap_or_default(), value.is_some()))
                    .unzip()
            })
            .collect();
        let measures: Vec<BlockMeasure<'_>> = columns
            .iter()
            .map(|(values, present)| BlockMeasure {
                values,
                present: present.contains(&false).then_some(present),
            })
            .collect();
        let starts: Vec<i64> = facts.iter().map(|fact| fact.start_ms).collect();
        let ends: Vec<i64> = facts.iter().map(|fact| fact.end_ms).collect();
        let user = |fact: &Fact| users.code(fact.user_id.as_deref());
        let media = |fact: &Fact| media.code(fact.media_type.as_deref());
        sink.block(&Block {
            start_ms: Moments::of(&starts),
            end_ms: Moments::of(&ends),
            users: &facts.iter().map(user).collect::<Vec<_>>(),
            media: &facts.iter().map(media).collect::<Vec<_>>(),
            measures: &measures,
        });
    }
}

/// Distinct texts in order.
struct Dictionary<'a> {
    texts: Vec<&'a str>,
}

impl<'a> Dictionary<'a> {
    fn of(texts: impl Iterator<Item = Option<&'a str>>) -> Self {
        let mut texts: Vec<&str> = texts.flatten().collect();
        texts.sort_unstable();
        texts.dedup();
        Self { texts }
    }

    fn code(&self, text: Option<&str>) -> u32 {
        let place = text.and_then(|text| self.texts.binary_search(&text).ok());
        place.map_or(NO_VALUE, |place| u32::try_from(place).unwrap_or(NO_VALUE))
    }
}
