//! From a store to a folder: what has to be written, by whom, and what is told of it.

mod plan;

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use headcount_core::personal::Veil;
use headcount_store::{Store, facts::FactStore};
use jiff::{Timestamp, civil::Weekday};

pub(crate) use self::plan::digest;
use self::plan::{Job, Plan};
use crate::{
    ExportError, Format,
    folder::{Folder, Staged},
    manifest::{FORMAT, FileTold, Manifest, SnapshotTold, TableTold},
    queries,
    schema::Table,
    star::Star,
    tables,
    write::Writer,
};

/// What is exported, and where to.
pub struct Request<'a> {
    /// The org.
    pub org: &'a str,
    /// The folder: empty, or one that holds an export of the same org in the same form.
    pub folder: &'a Path,
    /// Form of the files.
    pub format: Format,
    /// How names and addresses may leave.
    pub veil: &'a Veil,
    /// Whether everything is written again.
    pub full: bool,
    /// Whether CSV begins with a byte order mark, which some spreadsheets need.
    pub bom: bool,
    /// Name of the time zone that days start in where there are no facts; UTC without it.
    pub time_zone: Option<&'a str>,
    /// The day that weeks start on.
    pub week_start: Weekday,
    /// Now, ms UTC.
    pub now_ms: i64,
    /// Most files that are written at once.
    pub threads: usize,
    /// Version of the program, for the manifest.
    pub version: &'a str,
}

/// What an export did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The snapshot that it is of.
    pub snapshot: i64,
    /// The tables.
    pub tables: Vec<TableDone>,
    /// Old files that were removed.
    pub removed: usize,
}

/// What became of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDone {
    /// Name of the table and of its folder.
    pub table: &'static str,
    /// Rows in all files.
    pub rows: u64,
    /// Files.
    pub files: usize,
    /// Bytes in all files.
    pub bytes: u64,
    /// Files that were not there before.
    pub written: usize,
}

impl Exported {
    /// Whether everything was there already.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.removed == 0 && self.tables.iter().all(|table| table.written == 0)
    }
}

/// Brings a folder up to date with a store and the facts beside it.
///
/// # Errors
/// [`ExportError`]; the folder holds the export before then.
pub fn export(
    store: &dyn Store,
    facts: Option<&FactStore>,
    request: &Request<'_>,
) -> Result<Exported, ExportError> {
    let mut folder = Folder::take(request.folder, request.org, request.format)?;
    let mut plan = Plan::new(store, facts, request, &folder)?;
    if plan.is_done() {
        return Ok(told(plan.snapshot.id, &[], &plan.kept, 0));
    }
    let (star, snapshot) = Star::read(store, request.org, request.veil)?;
    if snapshot.id != plan.snapshot.id {
        // A sync published one meanwhile.
        plan = Plan::new(store, facts, request, &folder)?;
        if snapshot.id != plan.snapshot.id {
            return Err(ExportError::Busy);
        }
    }
    plan.look_back(&star);
    let written = work(&star, &plan, facts, request, &folder)?;
    let mut files: Vec<(Table, FileTold)> = plan.kept.clone();
    let staged: Vec<Staged> = written
        .into_iter()
        .map(|(table, staged)| {
            files.push((table, staged.told.clone()));
            staged
        })
        .collect();
    files.sort_by(|(a, one), (b, other)| (a, &one.path).cmp(&(b, &other.path)));
    let mut sql = Vec::new();
    for (name, text) in queries::all(request.format) {
        let path = format!("sql/{name}");
        folder.query(&path, &text)?;
        sql.push(path);
    }
    let tables = Table::ALL.map(|table| {
        let of = files.iter().filter(|(other, _)| *other == table);
        let files: Vec<FileTold> = of.map(|(_, file)| file.clone()).collect();
        (table.name().to_owned(), TableTold::new(table, files))
    });
    let new: Vec<bool> = staged
        .iter()
        .map(|staged| !plan.knew(&staged.told))
        .collect();
    let manifest = Manifest {
        format: FORMAT,
        headcount: request.version.to_owned(),
        org: request.org.to_owned(),
        files: request.format.name().to_owned(),
        bom: request.bom,
        personal: request.veil.personal().name().to_owned(),
        created: time(request.now_ms),
        snapshot: SnapshotTold {
            id: snapshot.id,
            published: time(snapshot.published_ms),
        },
        time_zone: plan.time_zone.clone(),
        state: plan.state.clone(),
        tables: tables.into_iter().collect(),
        sql,
    };
    let removed = folder.commit(&staged, manifest)?;
    let new: Vec<&str> = staged
        .iter()
        .zip(new)
        .filter_map(|(staged, new)| new.then_some(staged.told.path.as_str()))
        .collect();
    Ok(told(snapshot.id, &new, &files, removed))
}

/// Writes the files of a plan; each thread takes the next one.
fn work(
    star: &Star,
    plan: &Plan,
    facts: Option<&FactStore>,
    request: &Request<'_>,
    folder: &Folder,
) -> Result<Vec<(Table, Staged)>, ExportError> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Result<Vec<(Table, Staged)>, ExportError>> = Mutex::new(Ok(Vec::new()));
    let done_so_far = || done.lock().unwrap_or_else(PoisonError::into_inner);
    let work = || {
        while let Some(job) = plan.jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let written = write(star, plan, facts, request, folder, job);
            match (&mut *done_so_far(), written) {
                (Ok(all), Ok(staged)) => all.push((job.table(), staged)),
                (Err(_), _) => break,
                (failed, Err(error)) => *failed = Err(error),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..request.threads.min(plan.jobs.len()) {
            scope.spawn(work);
        }
        work();
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Writes one file under its unfinished name.
fn write(
    star: &Star,
    plan: &Plan,
    facts: Option<&FactStore>,
    request: &Request<'_>,
    folder: &Folder,
    job: &Job,
) -> Result<Staged, ExportError> {
    let (table, day) = (job.table(), job.day());
    let path = folder.unfinished(table, day.as_deref())?;
    let columns = table.columns();
    let writer = Writer::create(&path, request.format, request.bom, &columns);
    let mut writer = writer.map_err(ExportError::Write)?;
    let mut about = None;
    match job {
        Job::Dimension(table) => {
            let written = tables::dimension(star, &plan.days, *table, &mut writer);
            written.map_err(ExportError::Write)?;
        }
        Job::NoFacts(_) => about = Some((plan::NO_FACTS.to_owned(), Some(Vec::new()))),
        Job::Facts(listed) => {
            let day = (listed.kind, listed.day.date);
            // Where there are none, none are listed.
            if let Some(facts) = facts {
                // As it is now: the day may have been replaced since it was listed.
                let (found, strangers) = tables::facts(star, facts, day, &mut writer)?;
                about = Some((plan::state(&found, star), plan::digests(strangers)));
            }
        }
    }
    let written = writer.finish().map_err(ExportError::Write)?;
    let mut staged = folder.stage(table, day.as_deref(), &written, request.format);
    if let Some((state, strangers)) = about {
        staged.told.state = Some(state);
        staged.told.strangers = strangers;
    }
    Ok(staged)
}

fn told(snapshot: i64, new: &[&str], files: &[(Table, FileTold)], removed: usize) -> Exported {
    let table = |table: Table| {
        let files: Vec<&FileTold> = files
            .iter()
            .filter_map(|(other, file)| (*other == table).then_some(file))
            .collect();
        TableDone {
            table: table.name(),
            rows: files.iter().map(|file| file.rows).sum(),
            files: files.len(),
            bytes: files.iter().map(|file| file.bytes).sum(),
            written: files
                .iter()
                .filter(|file| new.contains(&file.path.as_str()))
                .count(),
        }
    };
    Exported {
        snapshot,
        tables: Table::ALL.map(table).to_vec(),
        removed,
    }
}

/// RFC 3339 in UTC.
fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(
        |_| ms.to_string(),
        |time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
    )
}
