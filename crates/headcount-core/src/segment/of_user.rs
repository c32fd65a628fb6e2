//! The facts of one user out of those of all.

use super::{Block, BlockMeasure, FactSink, Moments};

/// Hands the facts of one user on, by an id in any case, and nothing else: whoever takes them looks
/// up no other user.
pub struct OfUser<'a> {
    id: &'a str,
    /// Places of the user in the dictionary at hand; more than one where facts spell the id in
    /// several ways.
    codes: Vec<u32>,
    to: &'a mut dyn FactSink,
}

impl<'a> OfUser<'a> {
    /// Hands the facts of the user with this id on to `to`.
    pub fn new(id: &'a str, to: &'a mut dyn FactSink) -> Self {
        Self {
            id,
            codes: Vec::new(),
            to,
        }
    }
}

impl FactSink for OfUser<'_> {
    fn users(&mut self, users: &[&str]) {
        let mine = |(code, user): (u32, &&str)| {
            let is_mine = user.eq_ignore_ascii_case(self.id);
            is_mine.then_some(code)
        };
        self.codes = (0..).zip(users).filter_map(mine).collect();
        self.to.users(&[self.id]);
    }

    fn media(&mut self, media: &[&str]) {
        self.to.media(media);
    }

    fn block(&mut self, block: &Block<'_>) {
        let is_mine = |place: &usize| self.codes.contains(&block.users[*place]);
        if self.codes.is_empty() {
            return;
        }
        let places: Vec<usize> = (0..block.users.len()).filter(is_mine).collect();
        if places.is_empty() {
            return;
        }
        let moments = |of: Moments<'_>| places.iter().map(|&place| of.at(place)).collect();
        let (starts, ends): (Vec<i64>, Vec<i64>) = (moments(block.start_ms), moments(block.end_ms));
        let media: Vec<u32> = places.iter().map(|&place| block.media[place]).collect();
        let columns: Vec<(Vec<i64>, Vec<bool>)> = block
            .measures
            .iter()
            .map(|measure| {
                let told = places.iter().map(|&place| measure.at(place));
                told.map(|value| (value.unwrap_or_default(), value.is_some()))
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
        self.to.block(&Block {
            start_ms: Moments::of(&starts),
            end_ms: Moments::of(&ends),
            users: &vec![0; places.len()],
            media: &media,
            measures: &measures,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fact::Fact, segment::hand_over};

    /// Start, media type and two measures of each fact that came.
    #[derive(Default)]
    struct Came {
        users: Vec<String>,
        media: Vec<String>,
        facts: Vec<(i64, Option<String>, [Option<i64>; 2])>,
    }

    impl FactSink for Came {
        fn users(&mut self, users: &[&str]) {
            self.users = users.iter().map(|user| (*user).to_owned()).collect();
        }
        fn media(&mut self, media: &[&str]) {
            self.media = media.iter().map(|media| (*media).to_owned()).collect();
        }
        fn block(&mut self, block: &Block<'_>) {
            for place in 0..block.users.len() {
                assert_eq!(self.users[block.users[place] as usize], "b");
                let media = self.media.get(block.media[place] as usize).cloned();
                let measures = [0, 1].map(|measure| block.measures[measure].at(place));
                self.facts.push((block.start_ms.at(place), media, measures));
            }
        }
    }

    #[test]
    fn facts_of_others_stay_behind() {
        let fact = |user: Option<&str>, start_ms, media: Option<&str>, first| {
            let mut fact = Fact {
                start_ms,
                end_ms: start_ms + 1,
                user_id: user.map(str::to_owned),
                media_type: media.map(str::to_owned),
                ..Fact::default()
            };
            fact.measures[0] = first;
            fact.measures[1] = Some(7);
            fact
        };
        let facts = [
            fact(None, 1, None, Some(1)),
            fact(Some("a"), 2, Some("voice"), Some(2)),
            fact(Some("B"), 3, Some("voice"), Some(3)),
            fact(Some("b"), 4, Some("chat"), None),
            fact(Some("b"), 5, None, Some(5)),
            fact(Some("bb"), 6, None, Some(6)),
        ];
        let mut came = Came::default();
        hand_over(&facts, &[0, 1], &mut OfUser::new("b", &mut came));
        let told =
            |start, media: Option<&str>, first| (start, media.map(str::to_owned), [first, Some(7)]);
        came.facts.sort_by_key(|fact| fact.0);
        assert_eq!(
            came.facts,
            [
                told(3, Some("voice"), Some(3)),
                told(4, Some("chat"), None),
                told(5, None, Some(5))
            ]
        );
    }
}
