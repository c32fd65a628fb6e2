//! One user beside one row of the expected roster.

use headcount_core::{
    check::{RuleInfo, expected},
    field::Column,
    roster::Roster,
    search::text::fold,
};

use super::{
    found::Found,
    list::{Person, What, Wish},
    people::People,
    repair::{Cells, Import, phones},
};

/// What is needed to compare a user.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) roster: &'a Roster,
    pub(super) people: &'a People<'a>,
}

/// How the state of a user stands to the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    AsExpected,
    /// Only there as a deleted user, though expected to be there.
    Gone,
    /// Another state, and the word for the expected one.
    Differs(&'static str),
}

/// Something that is not as expected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Difference<'a> {
    what: What,
    wanted: &'a str,
    /// Whether it is told by itself; not of a user who is missing as a whole.
    pub(super) told: bool,
}

const COMPARED: [What; 4] = [What::Department, What::Title, What::Division, What::Manager];

impl<'a> Desk<'a> {
    pub(super) fn state(&self, user: u32, wish: Option<Wish>) -> State {
        let is = self.value(user, Column::State).unwrap_or_default();
        let is = |state: &str| is.eq_ignore_ascii_case(state);
        match wish {
            None | Some(Wish::Active) if is("deleted") => State::Gone,
            None => State::AsExpected,
            Some(wish) if is(wish.name()) => State::AsExpected,
            Some(wish) => State::Differs(wish.name()),
        }
    }

    /// What is not as expected of a user, except the state.
    pub(super) fn differences(&self, user: u32, person: &Person<'a>) -> Vec<Difference<'a>> {
        let differs = |what: What, wanted: &str| match what {
            What::Department => self.value(user, Column::Department) != Some(wanted),
            What::Title => self.value(user, Column::Title) != Some(wanted),
            What::Division => {
                let is = [Column::DivisionName, Column::DivisionId];
                !is.iter()
                    .any(|column| alike(self.value(user, *column), wanted))
            }
            _ => !self.is_manager(user, wanted),
        };
        let mut all = self.all(person);
        all.retain(|difference| differs(difference.what, difference.wanted));
        for difference in &mut all {
            difference.told = true;
        }
        all
    }

    /// Everything that a row says, as if nothing were as expected.
    pub(super) fn all(&self, person: &Person<'a>) -> Vec<Difference<'a>> {
        let wanted = |what| match what {
            What::Manager => person.manager(),
            what => person.get(what),
        };
        let difference = |what| {
            Some(Difference {
                what,
                wanted: wanted(what)?,
                told: false,
            })
        };
        COMPARED.into_iter().filter_map(difference).collect()
    }

    /// Tells a difference.
    pub(super) fn tell(&self, user: u32, difference: &Difference<'_>, found: &mut Found<'_>) {
        let wanted = difference.wanted;
        let (rule, field, column): (&RuleInfo, _, _) = match difference.what {
            What::Department => (&expected::DEPARTMENT, "department", Column::Department),
            What::Title => (&expected::TITLE, "title", Column::Title),
            What::Division => (&expected::DIVISION, "division.name", Column::DivisionName),
            _ => (&expected::MANAGER, "manager.id", Column::ManagerId),
        };
        let is = self.value(user, column);
        let message = match (difference.what, is) {
            (What::Department, Some(is)) => format!("is in {is:?} and expected in {wanted:?}"),
            (What::Department, None) => {
                format!("is in no department and expected in {wanted:?}")
            }
            (What::Title, Some(is)) => format!("is {is:?} and expected to be {wanted:?}"),
            (What::Title, None) => format!("has no title and is expected to be {wanted:?}"),
            (What::Division, Some(is)) => {
                format!("is in division {is:?} and expected in {wanted:?}")
            }
            (What::Division, None) => format!("is in no division and expected in {wanted:?}"),
            (_, Some(is)) => format!("reports to {is} and is expected to report to {wanted:?}"),
            (_, None) => format!("reports to nobody and is expected to report to {wanted:?}"),
        };
        let mut related: Vec<&str> = Vec::new();
        if difference.what == What::Manager {
            related.extend(is);
            let called = self.people.called(wanted);
            related.extend(called.and_then(|row| self.value(row, Column::Id)));
        }
        found.differs(rule, user, field, is, message, &related);
    }

    /// The row of an import: what stands today, and what is expected where it differs.
    pub(super) fn import(
        &self,
        person: &Person<'_>,
        user: Option<u32>,
        differences: &[Difference<'_>],
    ) -> Import {
        let today = |column| user.and_then(|user| self.value(user, column));
        let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let document = user.and_then(|user| self.roster.document(user));
        let (phone, extension) = document.map(phones).unwrap_or_default();
        let manager = user.and_then(|user| self.manager(user));
        let manager = manager.and_then(|manager| self.value(manager, Column::Email));
        let mut import = Import {
            cells: Cells {
                name: own(today(Column::Name).or(person.get(What::Name))),
                email: own(today(Column::Email).or(person.get(What::Email))),
                phone_work: phone,
                extension,
                title: own(today(Column::Title)),
                department: own(today(Column::Department)),
                email_manager: own(manager),
                division: own(today(Column::DivisionName)),
            },
            unclear_manager: false,
        };
        for Difference { what, wanted, .. } in differences {
            let cells = &mut import.cells;
            match what {
                What::Department => cells.department = (*wanted).to_owned(),
                What::Title => cells.title = (*wanted).to_owned(),
                What::Division => cells.division = self.people.division(wanted).to_owned(),
                _ => match self.address(wanted) {
                    Some(address) => cells.email_manager = address,
                    None => import.unclear_manager = true,
                },
            }
        }
        import
    }

    /// The e-mail of a manager whom a text calls.
    fn address(&self, text: &str) -> Option<String> {
        // It may be that of somebody whom the same import adds.
        if text.contains('@') {
            return Some(text.to_owned());
        }
        let row = self.people.called(text)?;
        self.value(row, Column::Email).map(str::to_owned)
    }

    /// Whether a text calls the manager of a user.
    fn is_manager(&self, user: u32, text: &str) -> bool {
        if alike(self.value(user, Column::ManagerId), text) {
            return true;
        }
        let Some(manager) = self.manager(user) else {
            return false;
        };
        let called = [Column::Email, Column::Name, Column::Username];
        called
            .iter()
            .any(|column| alike(self.value(manager, *column), text))
    }

    fn manager(&self, user: u32) -> Option<u32> {
        self.roster.row_of(self.value(user, Column::ManagerId)?)
    }

    fn value(&self, user: u32, column: Column) -> Option<&'a str> {
        self.roster.value(user, column)
    }
}

fn alike(is: Option<&str>, wanted: &str) -> bool {
    is.is_some_and(|is| fold(is) == fold(wanted))
}
