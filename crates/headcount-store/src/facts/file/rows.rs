//! Facts one by one, out of blocks.

use headcount_core::{
    fact::Fact,
    segment::{Block, FactSink, NO_VALUE},
};

/// Takes all measures of a kind, in their order.
pub(in crate::facts) struct Rows<'a> {
    users: Vec<String>,
    media: Vec<String>,
    each: &'a mut dyn FnMut(Fact),
}

impl<'a> Rows<'a> {
    pub(in crate::facts) fn new(each: &'a mut dyn FnMut(Fact)) -> Self {
        Self {
            users: Vec::new(),
            media: Vec::new(),
            each,
        }
    }
}

impl FactSink for Rows<'_> {
    fn users(&mut self, users: &[&str]) {
        self.users = users.iter().map(|user| (*user).to_owned()).collect();
    }

    fn media(&mut self, media: &[&str]) {
        self.media = media.iter().map(|media| (*media).to_owned()).collect();
    }

    fn block(&mut self, block: &Block<'_>) {
        let text = |texts: &[String], code: u32| match code {
            NO_VALUE => None,
            code => texts.get(code as usize).cloned(),
        };
        for place in 0..block.users.len() {
            let mut fact = Fact {
                start_ms: block.start_ms.at(place),
                end_ms: block.end_ms.at(place),
                user_id: text(&self.users, block.users[place]),
                media_type: text(&self.media, block.media[place]),
                ..Fact::default()
            };
            for (to, measure) in fact.measures.iter_mut().zip(block.measures) {
                *to = measure.at(place);
            }
            (self.each)(fact);
        }
    }
}
