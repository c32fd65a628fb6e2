//! An expected roster against the users of an org, row by row.

use std::collections::HashMap;

use headcount_core::{
    check::{Finding, Settings, expected},
    field::Column,
    roster::Roster,
    search::text::fold,
};

use super::{
    Compared,
    differ::{Desk, State},
    found::{About, Found},
    list::{Person, What, Wish},
    people::People,
    repair::Repair,
};

/// Findings of one rule that are told in any case; of a larger org, as many as it has users. A list
/// may have any number of rows.
const MOST: usize = 100_000;

/// A comparison at work.
pub(super) struct Comparison<'a> {
    desk: Desk<'a>,
    found: Found<'a>,
    repair: Option<&'a mut Repair>,
    compared: Compared,
    /// Line of the row that each user was compared with; 0 for none.
    lines: Vec<u64>,
    /// Lines of people who are not in the org, by their keys.
    strangers: HashMap<String, u64>,
    most: usize,
}

impl<'a> Comparison<'a> {
    /// Nothing compared yet. `compared` tells of the list.
    pub(super) fn new(
        people: &'a People<'a>,
        repair: Option<&'a mut Repair>,
        settings: &'a Settings,
        compared: Compared,
    ) -> Self {
        let roster = people.roster();
        let users = roster.len() as usize;
        let most = MOST.max(users);
        Self {
            desk: Desk { roster, people },
            found: Found::new(settings, roster, most),
            repair,
            compared,
            lines: vec![0; users],
            strangers: HashMap::new(),
            most,
        }
    }

    /// Compares a row.
    pub(super) fn row(&mut self, person: &Person<'_>) -> anyhow::Result<()> {
        self.compared.rows += 1;
        let line = person.line();
        let Some((key, text)) = person.key() else {
            self.unclear(About::Line(line), "has no key".to_owned());
            return Ok(());
        };
        let user = self.desk.people.find(key, text);
        let earlier = match user {
            Some(user) => Some(self.lines[user as usize]).filter(|line| *line > 0),
            None => self.strangers.get(&*fold(text)).copied(),
        };
        if let Some(earlier) = earlier {
            let what = format!("is about the same person as line {earlier}, which was compared");
            self.unclear(About::Again(text, line), what);
            return Ok(());
        }
        let wish = match person.wish() {
            Ok(wish) => wish,
            Err(word) => {
                let what = format!("has the state {word:?}; write active, inactive or deleted");
                self.unclear(About::State(text, line), what);
                None
            }
        };
        if let Some(user) = user {
            self.lines[user as usize] = line;
            self.compared.matched += 1;
            return self.user(user, person, wish);
        }
        if self.strangers.len() < self.most {
            self.strangers.insert(fold(text).into_owned(), line);
        }
        if wish == Some(Wish::Deleted) {
            return Ok(());
        }
        self.missing(None, person)
    }

    /// Compares a row with the user that it is about.
    fn user(&mut self, user: u32, person: &Person<'_>, wish: Option<Wish>) -> anyhow::Result<()> {
        let desk = self.desk;
        match desk.state(user, wish) {
            State::Gone => return self.missing(Some(user), person),
            State::Differs(wanted) => {
                let is = desk.roster.value(user, Column::State);
                let message = format!(
                    "is {} and expected to be {wanted}",
                    is.unwrap_or("in no state")
                );
                self.found
                    .differs(&expected::STATE, user, "state", is, message, &[]);
            }
            State::AsExpected => {}
        }
        // Who is to be gone, or is, needs no other department.
        if wish == Some(Wish::Deleted) || desk.is_deleted(user) {
            return Ok(());
        }
        let mut differences = desk.differences(user, person);
        differences.retain(|difference| desk.tell(user, difference, &mut self.found));
        match &mut self.repair {
            Some(repair) if !differences.is_empty() => {
                repair.write(&desk.import(person, Some(user), &differences))
            }
            _ => Ok(()),
        }
    }

    /// Somebody is expected who is not in the org, or only as the deleted `user`.
    fn missing(&mut self, user: Option<u32>, person: &Person<'_>) -> anyhow::Result<()> {
        let Some((key, text)) = person.key() else {
            return Ok(());
        };
        let told = self.found.missing(key, text, person.get(What::Name), user);
        match &mut self.repair {
            Some(repair) if told => {
                let desk = self.desk;
                repair.write(&desk.import(person, user, &desk.all(person)))
            }
            _ => Ok(()),
        }
    }

    fn unclear(&mut self, about: About<'_>, what: String) {
        self.found.unclear(about, &self.compared.file, what);
    }

    /// What was found, once the list has ended.
    pub(super) fn finish(mut self) -> (Vec<Finding>, Compared) {
        let roster: &Roster = self.desk.roster;
        for (user, line) in (0..roster.len()).zip(&self.lines) {
            let state = roster.value(user, Column::State);
            if *line == 0 && state.is_some_and(|state| state.eq_ignore_ascii_case("active")) {
                self.found.extra(user);
            }
        }
        let (findings, not_told) = self.found.finish();
        self.compared.not_told = not_told;
        self.compared.repair = self.repair.map(|repair| repair.told());
        (findings, self.compared)
    }
}
