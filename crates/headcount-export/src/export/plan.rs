//! What has to be written: what is made of other things than the files that are there.

use std::collections::BTreeSet;

use headcount_core::{fact::FactKind, segment::Calendar};
use headcount_store::{
    Snapshot, Store, StoreError,
    facts::{FactStore, KeptDay},
};
use jiff::tz::TimeZone;
use xxhash_rust::xxh3::xxh3_64;

use super::Request;
use crate::{
    ExportError,
    folder::Folder,
    manifest::{FORMAT, FileTold, Manifest},
    schema::Table,
    star::Star,
    tables::Days,
};

/// The day of the file that a table without facts has, so that its columns are known.
const NO_DAY: &str = "1970-01-01";
/// The state of that file.
pub(super) const NO_FACTS: &str = "none";
/// Most strangers of a file that the manifest names.
const MOST_STRANGERS: usize = 1000;

/// A file to be written.
pub(super) enum Job {
    Dimension(Table),
    /// A day as it was listed.
    Facts(Box<KeptDay>),
    /// A file without rows.
    NoFacts(Table),
}

/// What has to be written, and what stays.
pub(super) struct Plan {
    pub(super) snapshot: Snapshot,
    pub(super) days: Days,
    pub(super) time_zone: String,
    /// Digest of all that tables without facts are made of.
    pub(super) state: String,
    pub(super) jobs: Vec<Job>,
    pub(super) kept: Vec<(Table, FileTold)>,
    /// Days of the same content: they stay unless the history before their end changed.
    same: Vec<(Box<KeptDay>, FileTold)>,
    before: Option<Manifest>,
}

impl Job {
    pub(super) fn table(&self) -> Table {
        match self {
            Self::Dimension(table) | Self::NoFacts(table) => *table,
            Self::Facts(day) => Table::of(day.kind),
        }
    }

    pub(super) fn day(&self) -> Option<String> {
        match self {
            Self::Dimension(_) => None,
            Self::NoFacts(_) => Some(NO_DAY.to_owned()),
            Self::Facts(day) => Some(day.day.date.to_string()),
        }
    }
}

impl Plan {
    pub(super) fn new(
        store: &dyn Store,
        facts: Option<&FactStore>,
        request: &Request<'_>,
        folder: &Folder,
    ) -> Result<Self, ExportError> {
        let heads = store.heads()?;
        let snapshots = store.snapshots(request.org)?;
        let (Some(first), Some(last)) = (snapshots.first(), snapshots.last()) else {
            return Err(ExportError::Store(StoreError::NoSnapshot {
                org: request.org.to_owned(),
            }));
        };
        let mut listed = Vec::new();
        for kind in FactKind::ALL {
            let days = facts.map(|facts| facts.list(kind)).transpose()?;
            listed.push((kind, days.unwrap_or_default()));
        }
        let all = || listed.iter().flat_map(|(_, days)| days);
        let zone = all().next().map(|day| day.day.time_zone.as_str());
        let zone = zone.or(request.time_zone).unwrap_or("UTC");
        let calendar = Calendar {
            zone: TimeZone::get(zone).map_err(|_| ExportError::UnknownTimeZone(zone.to_owned()))?,
            week_start: request.week_start,
        };
        let published = [first, last].map(|snapshot| calendar.day_of(snapshot.published_ms));
        let dates = || all().map(|day| day.day.date).chain(published);
        let days = Days {
            first: dates().min().unwrap_or(published[0]),
            last: dates().max().unwrap_or(published[1]),
            calendar,
        };
        let made_of = format!(
            "{FORMAT} {} {} {} {zone} {:?} {} {} {}",
            request.version,
            request.veil.personal().name(),
            last.id,
            request.week_start,
            days.first,
            days.last,
            heads.erased,
        );
        let mut plan = Self {
            snapshot: last.clone(),
            time_zone: zone.to_owned(),
            state: format!("{:016x}", xxh3_64(made_of.as_bytes())),
            days,
            jobs: Vec::new(),
            kept: Vec::new(),
            same: Vec::new(),
            before: folder.before.clone(),
        };
        plan.dimensions(request, folder);
        for (kind, days) in listed {
            plan.facts(request, folder, kind, days);
        }
        Ok(plan)
    }

    /// The export that lies there, where anything of it may be used again.
    fn usable(&self, request: &Request<'_>) -> Option<&Manifest> {
        let before = self.before.as_ref()?;
        (!request.full && before.bom == request.bom).then_some(before)
    }

    fn dimensions(&mut self, request: &Request<'_>, folder: &Folder) {
        for table in Table::ALL {
            if table.facts().is_some() {
                continue;
            }
            let same = self
                .usable(request)
                .filter(|before| before.state == self.state)
                .and_then(|before| before.of(table).first())
                .filter(|file| folder.has(file))
                .cloned();
            match same {
                Some(file) => self.kept.push((table, file)),
                None => self.jobs.push(Job::Dimension(table)),
            }
        }
    }

    fn facts(
        &mut self,
        request: &Request<'_>,
        folder: &Folder,
        kind: FactKind,
        days: Vec<KeptDay>,
    ) {
        let table = Table::of(kind);
        let find = |day: &str| {
            let files = self
                .usable(request)
                .map_or(&[][..], |before| before.of(table));
            let file = files.iter().find(|file| file.day.as_deref() == Some(day));
            file.filter(|file| folder.has(file)).cloned()
        };
        let (mut kept, mut same, mut jobs) = (None, Vec::new(), Vec::new());
        if days.is_empty() {
            match find(NO_DAY).filter(|file| file.state.as_deref() == Some(NO_FACTS)) {
                Some(file) => kept = Some(file),
                None => jobs.push(Job::NoFacts(table)),
            }
        }
        for day in days {
            let content = content(&day);
            let file = find(&day.day.date.to_string()).filter(|file| {
                let state = file
                    .state
                    .as_deref()
                    .and_then(|state| state.split_once('.'));
                state.is_some_and(|(before, _)| before == content)
            });
            match file {
                Some(file) => same.push((Box::new(day), file)),
                None => jobs.push(Job::Facts(Box::new(day))),
            }
        }
        self.kept.extend(kept.map(|file| (table, file)));
        self.same.extend(same);
        self.jobs.extend(jobs);
        if self.unmoved(request) {
            let same = std::mem::take(&mut self.same);
            let same = same
                .into_iter()
                .map(|(day, file)| (Table::of(day.kind), file));
            self.kept.extend(same);
        }
    }

    /// Whether the versions are those of the export that lies there.
    fn unmoved(&self, request: &Request<'_>) -> bool {
        let before = self.usable(request);
        before.is_some_and(|before| before.snapshot.id == self.snapshot.id)
    }

    /// Whether nothing has to be written, and nothing removed.
    pub(super) fn is_done(&self) -> bool {
        let files = self
            .before
            .as_ref()
            .map_or(0, |before| before.paths().count());
        self.jobs.is_empty() && self.same.is_empty() && files == self.kept.len()
    }

    /// Whether a file was there before.
    pub(super) fn knew(&self, file: &FileTold) -> bool {
        let before = self.before.iter().flat_map(Manifest::paths);
        before.into_iter().any(|path| path == file.path)
    }

    /// Decides about days of the same content: their facts are of other versions when the history
    /// before their end changed, or when somebody came whom no snapshot held before.
    pub(super) fn look_back(&mut self, star: &Star) {
        for (day, file) in std::mem::take(&mut self.same) {
            let met = |strangers: &Vec<String>| {
                strangers.is_empty()
                    || !star.has_any_of(&strangers.iter().map(String::as_str).collect())
            };
            let same = file.state.as_deref() == Some(&state(&day, star))
                && file.strangers.as_ref().is_some_and(met);
            match same {
                true => self.kept.push((Table::of(day.kind), file)),
                false => self.jobs.push(Job::Facts(day)),
            }
        }
    }
}

/// Digest of the facts of a day.
fn content(day: &KeptDay) -> String {
    let text = format!(
        "{FORMAT} {:032x} {} {} {}",
        day.content, day.day.date, day.day.time_zone, day.end_ms
    );
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

/// Digest of the facts of a day, and of the versions before its end.
pub(super) fn state(day: &KeptDay, star: &Star) -> String {
    format!("{}.{:016x}", content(day), star.history_before(day.end_ms))
}

/// Digests of ids that nobody has yet; nothing where they are too many.
pub(super) fn digests(ids: BTreeSet<String>) -> Option<Vec<String>> {
    (ids.len() <= MOST_STRANGERS).then(|| ids.iter().map(|id| digest(id)).collect())
}

/// Digest of an id, in whatever case it is written.
pub(crate) fn digest(id: &str) -> String {
    format!("{:016x}", xxh3_64(id.to_lowercase().as_bytes()))
}
