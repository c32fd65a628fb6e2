//! The roster beside an expected one, such as the list of HR: who is missing, who is extra, what
//! differs. The list is read row by row and may be far larger than memory; what is held is a line
//! number for each user, and no more missing people than the roster has users.

mod differ;
mod found;
mod list;
mod people;
mod repair;

use std::{collections::HashMap, fmt, fs::File, path::Path};

use headcount_core::{
    check::{Finding, Settings, expected},
    field::Column,
    search::text::fold,
};
use serde::Serialize;

pub(crate) use self::repair::Repair;
use self::{
    differ::Desk,
    found::{About, Found},
    list::{KEYS, KNOWN, Person, What, Wish},
    people::People,
};
use super::org::Org;
use crate::tabular::{Mapping, Rows, TabularError};

/// A list that was opened, and whose columns are known.
pub(crate) struct Expected {
    rows: Rows<File>,
    columns: Mapping<What>,
}

/// What a comparison came to, beside its findings.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Compared {
    /// The list.
    file: String,
    /// Its rows.
    rows: u64,
    /// Users that a row is about.
    matched: u64,
    /// Columns that mean nothing here.
    ignored_columns: Vec<String>,
    /// Missing people beyond those that are told.
    #[serde(skip_serializing_if = "is_none")]
    missing_not_told: u64,
    /// The import that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: Option<Repaired>,
}

/// What an import holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Repaired {
    file: String,
    rows: u64,
    /// People without a name or an e-mail, which an import must have.
    left_out: u64,
    /// Users whose expected manager is a name of nobody or of several.
    unclear_managers: u64,
}

/// Missing people that are told in any case; of a larger org, as many as it has users.
const MOST_MISSING: usize = 100_000;

impl Expected {
    /// Opens a list and reads its header.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let read = || -> Result<Self, TabularError> {
            let rows = Rows::open(path)?;
            let columns = Mapping::of(&rows, &KNOWN)?;
            if KEYS.iter().all(|key| columns.column(*key).is_none()) {
                return Err(rows.wrong(
                    1,
                    "no column tells who a row is about; name one of them email, username or id",
                ));
            }
            Ok(Self { rows, columns })
        };
        read().map_err(TabularError::into_failure)
    }

    /// Compares the users of an org with it.
    pub(crate) fn compare(
        self,
        org: &Org,
        mut repair: Option<&mut Repair>,
        settings: &Settings,
    ) -> anyhow::Result<(Vec<Finding>, Compared)> {
        let Self { mut rows, columns } = self;
        let roster = &org.roster;
        let people = People::of(roster, &columns);
        let desk = Desk {
            roster,
            people: &people,
        };
        let mut found = Found::new(settings, roster);
        let mut compared = Compared {
            file: rows.name().to_owned(),
            ignored_columns: columns.unknown.clone(),
            ..Compared::default()
        };
        let mut lines = vec![0_u64; roster.len() as usize];
        let mut missing: HashMap<String, u64> = HashMap::new();
        let most = MOST_MISSING.max(lines.len());
        while let Some(row) = rows.next().map_err(TabularError::into_failure)? {
            compared.rows += 1;
            let person = Person::new(row, &columns);
            let Some((key, text)) = person.key() else {
                found.unclear(
                    About::Line(row.line),
                    &compared.file,
                    "has no key".to_owned(),
                );
                continue;
            };
            let user = people.find(key, text);
            let earlier = match user {
                Some(user) => Some(lines[user as usize]).filter(|line| *line > 0),
                None => missing.get(&*fold(text)).copied(),
            };
            if let Some(earlier) = earlier {
                let what =
                    format!("is about the same person as line {earlier}, which was compared");
                found.unclear(About::Again(text, row.line), &compared.file, what);
                continue;
            }
            let wish = match person.wish() {
                Ok(wish) => wish,
                Err(word) => {
                    let what = format!("has the state {word:?}; write active, inactive or deleted");
                    found.unclear(About::State(text, row.line), &compared.file, what);
                    None
                }
            };
            let Some(user) = user else {
                if wish == Some(Wish::Deleted) {
                    continue;
                }
                if missing.len() < most {
                    missing.insert(fold(text).into_owned(), row.line);
                    found.missing(key, text, person.get(What::Name), None);
                } else {
                    compared.missing_not_told += 1;
                }
                if let Some(repair) = repair.as_deref_mut() {
                    repair.write(&desk.import(&person, None, &desk.all(&person)))?;
                }
                continue;
            };
            lines[user as usize] = row.line;
            compared.matched += 1;
            let differences = match desk.state(user, wish) {
                differ::State::Gone => {
                    found.missing(key, text, person.get(What::Name), Some(user));
                    desk.all(&person)
                }
                differ::State::Differs(wanted) => {
                    let is = roster.value(user, Column::State).unwrap_or("in no state");
                    let message = format!("is {is} and expected to be {wanted}");
                    found.differs(&expected::STATE, user, "state", Some(is), message, &[]);
                    // Who left needs no other department.
                    if wish == Some(Wish::Deleted) || is.eq_ignore_ascii_case("deleted") {
                        Vec::new()
                    } else {
                        desk.differences(user, &person)
                    }
                }
                differ::State::AsExpected => {
                    if wish == Some(Wish::Deleted) {
                        Vec::new()
                    } else {
                        desk.differences(user, &person)
                    }
                }
            };
            let Some(first) = differences.first() else {
                continue;
            };
            if first.told {
                for difference in &differences {
                    desk.tell(user, difference, &mut found);
                }
            }
            if let Some(repair) = repair.as_deref_mut() {
                repair.write(&desk.import(&person, Some(user), &differences))?;
            }
        }
        for (user, line) in (0..roster.len()).zip(&lines) {
            let active = roster.value(user, Column::State);
            if *line == 0 && active.is_some_and(|state| state.eq_ignore_ascii_case("active")) {
                found.extra(user);
            }
        }
        compared.repair = repair.map(|repair| repair.told());
        Ok((found.finish(), compared))
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            rows,
            matched,
            ..
        } = self;
        write!(f, "{file}, {rows} rows about {matched} users")
    }
}

impl Compared {
    /// What a person should know beside the findings.
    pub(crate) fn notes(&self) -> Vec<String> {
        let file = &self.file;
        let mut notes = Vec::new();
        if !self.ignored_columns.is_empty() {
            let names = self.ignored_columns.join(", ");
            notes.push(format!(
                "{file}: columns that are not known and were ignored: {names}"
            ));
        }
        if self.missing_not_told > 0 {
            let more = self.missing_not_told;
            notes.push(format!(
                "{file}: {more} more people are missing than are told; is it the list of this org?"
            ));
        }
        if let Some(repair) = &self.repair {
            let (import, rows) = (&repair.file, repair.rows);
            notes.push(format!(
                "{import} holds {}; import it in Admin > People",
                match rows {
                    1 => "1 person".to_owned(),
                    rows => format!("{rows} people"),
                }
            ));
            if repair.left_out > 0 {
                notes.push(format!(
                    "{import} lacks {}: an import must have name and e-mail of everybody",
                    repair.left_out
                ));
            }
            if repair.unclear_managers > 0 {
                notes.push(format!(
                    "{import} leaves {} managers as they are: nobody, or more than one, has the name \
                     in {file}; give the e-mail",
                    repair.unclear_managers
                ));
            }
        }
        notes
    }
}

fn is_none(count: &u64) -> bool {
    *count == 0
}
