//! What all tables are made of: every version, who was above whom, and the keys of both.

use std::{collections::HashSet, panic::resume_unwind, sync::OnceLock};

use headcount_core::{
    field::{Column, Projection},
    personal::{Veil, is_personal},
    roster::RosterError,
    segment::{Lineage, NamedDivision, People, PeopleBuilder},
};
use headcount_store::{Snapshot, Store};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    ExportError,
    export::digest,
    keys::keys,
    values::{NOTHING, Texts},
};

/// The columns of a version that are exported, the id apart.
const COLUMNS: [Column; 10] = [
    Column::State,
    Column::Name,
    Column::Email,
    Column::Username,
    Column::PreferredName,
    Column::Department,
    Column::Title,
    Column::DivisionId,
    Column::DivisionName,
    Column::ManagerId,
];

/// The versions of an org, ready to be told.
pub(crate) struct Star {
    pub(crate) people: People,
    pub(crate) lineage: Lineage,
    pub(crate) divisions: Vec<NamedDivision>,
    /// Ids of the users, by number.
    pub(crate) ids: Texts,
    /// When each version ended, ms UTC.
    pub(crate) valid_to: Vec<Option<i64>>,
    pub(crate) user_keys: Vec<i64>,
    pub(crate) path_keys: Vec<i64>,
    /// The manager of each code of the column.
    managers: Vec<Option<u32>>,
    columns: Vec<Coded>,
    /// Digests of the history until each beginning of a version, by time.
    history: Vec<(i64, u64)>,
    /// Digests of all ids.
    known: OnceLock<HashSet<String>>,
}

/// A column: its texts as they may leave, and the code of each version.
struct Coded {
    texts: Texts,
    codes: Vec<u32>,
}

impl Star {
    /// Reads all versions of an org.
    pub(crate) fn read(
        store: &dyn Store,
        org: &str,
        veil: &Veil,
    ) -> Result<(Self, Snapshot), ExportError> {
        let mut want = Projection::none().with(Column::Id);
        for column in COLUMNS {
            want = want.with(column);
        }
        let mut people = PeopleBuilder::new(want);
        let mut valid_to = Vec::new();
        let snapshot = store.versions(org, &want, &mut |version| {
            valid_to.push(version.valid_to);
            people.push(version);
        })?;
        let people = people.finish(i64::MAX);
        let star = Self::of(people, valid_to, org, veil)?;
        Ok((star, snapshot))
    }

    fn of(
        people: People,
        valid_to: Vec<Option<i64>>,
        org: &str,
        veil: &Veil,
    ) -> Result<Self, RosterError> {
        // Keys of versions follow from nothing else: another thread finds them meanwhile.
        let (keyed, told) = std::thread::scope(|scope| {
            let keyed = scope.spawn(|| keyed(&people, org));
            let told = told(&people, veil);
            let keyed = keyed.join();
            (keyed.unwrap_or_else(|panic| resume_unwind(panic)), told)
        });
        let (user_keys, history, divisions) = keyed?;
        let (lineage, managers, columns) = told?;
        Ok(Self {
            ids: (0..people.users())
                .map(|user| Some(people.id(user)))
                .collect(),
            path_keys: path_keys(&people, &lineage),
            known: OnceLock::new(),
            divisions,
            user_keys,
            history,
            valid_to,
            managers,
            columns,
            lineage,
            people,
        })
    }

    /// The texts of a column, and the code that a version has among them.
    pub(crate) fn column(&self, column: Column) -> (&Texts, impl Fn(u32) -> u32 + '_) {
        let place = COLUMNS.iter().position(|other| *other == column);
        let Coded { texts, codes } = &self.columns[place.unwrap_or(0)];
        let code = move |row: u32| codes[row as usize];
        (texts, code)
    }

    /// The user who is the manager in a version, where anybody of that id was ever in the org.
    pub(crate) fn manager(&self, row: u32) -> Option<u32> {
        let place = COLUMNS.len() - 1;
        self.managers[self.columns[place].codes[row as usize] as usize]
    }

    /// The code of the name of a user at a moment, ms UTC; none before the user was seen.
    pub(crate) fn name(&self, user: u32, ms: i64) -> u32 {
        if self.people.first_seen(user) > ms {
            return NOTHING;
        }
        let row = self.people.at(user, ms);
        self.column(Column::Name).1(row)
    }

    /// Whether anybody has an id of one of these digests.
    pub(crate) fn has_any_of(&self, digests: &HashSet<&str>) -> bool {
        let known = self.known.get_or_init(|| {
            let users = 0..self.people.users();
            users.map(|user| digest(self.people.id(user))).collect()
        });
        digests.iter().any(|digest| known.contains(*digest))
    }

    /// Digest of the history before a moment, ms UTC: of all that decides which version and path
    /// the facts before it belong to, but for users who come later.
    pub(crate) fn history_before(&self, ms: i64) -> u64 {
        // Facts from before the first snapshot belong to it.
        let first = self.people.first_snapshot();
        let begun = self
            .history
            .partition_point(|(at, _)| *at < ms || *at <= first);
        self.history[..begun]
            .last()
            .map_or(0, |(_, digest)| *digest)
    }
}

/// Keys of versions, the history, and the names of divisions.
type Keyed = (Vec<i64>, Vec<(i64, u64)>, Vec<NamedDivision>);

fn keyed(people: &People, org: &str) -> Result<Keyed, RosterError> {
    let mut by_time: Vec<u32> = (0..people.versions()).collect();
    by_time.sort_by_key(|&row| people.valid_from(row));
    let keys = user_keys(people, &by_time, org);
    Ok((keys, history(people, &by_time), people.divisions()?))
}

/// Who was above whom, the manager of each code, and the columns as they may leave.
type Told = (Lineage, Vec<Option<u32>>, Vec<Coded>);

fn told(people: &People, veil: &Veil) -> Result<Told, RosterError> {
    let lineage = Lineage::of(people)?;
    let managers: Vec<Option<u32>> = people
        .texts(Column::ManagerId)?
        .map(|id| id.and_then(|id| people.find(id)))
        .collect();
    let mut columns = Vec::new();
    for column in COLUMNS {
        let texts = people.texts(column)?;
        let texts: Texts = match column {
            // As the user's own row has it, so that rows find each other.
            Column::ManagerId => texts
                .zip(&managers)
                .map(|(text, user)| user.map(|user| people.id(user)).or(text))
                .collect(),
            column if is_personal(column) => texts.map(|text| veil.text(text?)).collect(),
            _ => texts.collect(),
        };
        columns.push(Coded {
            texts,
            codes: people.codes(column)?,
        });
    }
    Ok((lineage, managers, columns))
}

/// Keys of versions, by row: of org, user and beginning.
fn user_keys(people: &People, by_time: &[u32], org: &str) -> Vec<i64> {
    let begins: Vec<[u8; 8]> = by_time
        .iter()
        .map(|&row| people.valid_from(row).to_le_bytes())
        .collect();
    let things = by_time.iter().zip(&begins).map(|(&row, begin)| {
        let id = people.id(people.user_of(row));
        [org.as_bytes(), id.as_bytes(), begin.as_slice()]
    });
    let mut by_row = vec![0; by_time.len()];
    for (&row, key) in by_time.iter().zip(keys(things)) {
        by_row[row as usize] = key;
    }
    by_row
}

/// Keys of paths, by number: of the ids of the managers. That of nobody is 0.
fn path_keys(people: &People, lineage: &Lineage) -> Vec<i64> {
    let paths: Vec<Vec<&[u8]>> = (1..lineage.paths())
        .map(|path| {
            lineage
                .up(path)
                .map(|user| people.id(user).as_bytes())
                .collect()
        })
        .collect();
    let mut all = vec![0];
    all.extend(keys(paths.iter().map(|path| path.iter().copied())));
    all
}

fn history(people: &People, by_time: &[u32]) -> Vec<(i64, u64)> {
    let mut digest = 0;
    let steps = by_time.iter().map(|&row| {
        let text = format!(
            "{digest:x}:{}:{}:{:?}",
            people.id(people.user_of(row)),
            people.valid_from(row),
            people.value(row, Column::ManagerId)
        );
        digest = xxh3_64(text.as_bytes());
        (people.valid_from(row), digest)
    });
    steps.collect()
}
