//! Facts sorted onto their days. What does not fit in memory waits on the disk: no more is held
//! than [`MOST`] bytes and, in the end, the facts of one day.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{BufReader, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use headcount_core::fact::{Fact, FactKind};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tempfile::TempDir;

use crate::error::{Exit, Failure};

/// Bytes of facts that are held in memory.
const MOST: usize = 256 << 20;

/// Beginning of the names of folders in which facts wait.
const FOLDER: &str = ".import-";

/// What a day is a pile of: its facts, and the place of the file that each came from.
pub(crate) type Pile = Vec<(Fact, usize)>;

/// All days of an import.
pub(crate) struct Piles {
    zone: TimeZone,
    /// Folder to make room in, where the facts themselves are kept.
    beside: PathBuf,
    folder: Option<TempDir>,
    days: BTreeMap<(FactKind, Date), Waiting>,
    held: usize,
    most: usize,
    /// The day at hand: its first moment, the first one after it, and its date.
    day: (i64, i64, Date),
}

/// The facts of a day as bytes: the last of them in memory, those before in a file.
#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    spilled: bool,
}

impl Piles {
    /// No facts yet. Facts that a killed import left waiting in the folder go; nobody else may
    /// import meanwhile.
    pub(crate) fn new(zone: TimeZone, beside: &Path) -> anyhow::Result<Self> {
        for entry in fs::read_dir(beside).into_iter().flatten() {
            let entry = entry.context("the folder of the facts can't be read")?;
            if entry.file_name().to_string_lossy().starts_with(FOLDER) {
                fs::remove_dir_all(entry.path())
                    .context("an unfinished import can't be removed")?;
            }
        }
        Ok(Self {
            zone,
            beside: beside.to_owned(),
            folder: None,
            days: BTreeMap::new(),
            held: 0,
            most: MOST,
            day: (0, 0, Date::MIN),
        })
    }

    /// Puts a fact of file number `file` onto the day it starts on.
    pub(crate) fn add(&mut self, kind: FactKind, fact: &Fact, file: usize) -> anyhow::Result<()> {
        let date = self.date(fact.start_ms)?;
        let waiting = self.days.entry((kind, date)).or_default();
        let before = waiting.bytes.len();
        write(&mut waiting.bytes, kind, fact, file);
        self.held += waiting.bytes.len() - before;
        if self.held > self.most {
            self.spill()?;
        }
        Ok(())
    }

    /// The days, in order.
    pub(crate) fn days(&self) -> Vec<(FactKind, Date)> {
        self.days.keys().copied().collect()
    }

    /// Takes the facts of a day.
    pub(crate) fn take(&mut self, kind: FactKind, date: Date) -> anyhow::Result<Pile> {
        let waiting = self.days.remove(&(kind, date)).unwrap_or_default();
        self.held -= waiting.bytes.len();
        let mut pile = Pile::new();
        if waiting.spilled {
            let path = self.folder()?.join(name(kind, date));
            let mut from = BufReader::new(File::open(&path).context("the facts that wait")?);
            while let Some(fact) = read(&mut from, kind).context("the facts that wait")? {
                pile.push(fact);
            }
            fs::remove_file(&path).context("the facts that wait")?;
        }
        let mut from = waiting.bytes.as_slice();
        while let Some(fact) = read(&mut from, kind).context("the facts that wait")? {
            pile.push(fact);
        }
        Ok(pile)
    }

    /// The date on which a moment lies.
    fn date(&mut self, moment: i64) -> anyhow::Result<Date> {
        let (start, end, date) = self.day;
        if (start..end).contains(&moment) {
            return Ok(date);
        }
        let far = || Failure::new(Exit::Usage, "a fact lies outside of the calendar");
        let date = Timestamp::from_millisecond(moment).map_err(|_| far())?;
        let date = self.zone.to_datetime(date).date();
        let start = |date: Date| {
            self.zone
                .to_timestamp(date.at(0, 0, 0, 0))
                .map_err(|_| far())
        };
        let next = start(date.tomorrow().map_err(|_| far())?)?;
        self.day = (start(date)?.as_millisecond(), next.as_millisecond(), date);
        Ok(date)
    }

    /// Moves what is held in memory to the disk.
    fn spill(&mut self) -> anyhow::Result<()> {
        const NO_ROOM: &str = "facts can't wait on the disk";
        let folder = self.folder()?.to_owned();
        for ((kind, date), waiting) in &mut self.days {
            if waiting.bytes.is_empty() {
                continue;
            }
            let mut options = OpenOptions::new();
            options.append(true).create(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options
                .open(folder.join(name(*kind, *date)))
                .context(NO_ROOM)?;
            file.write_all(&waiting.bytes).context(NO_ROOM)?;
            waiting.bytes = Vec::new();
            waiting.spilled = true;
        }
        self.held = 0;
        Ok(())
    }

    fn folder(&mut self) -> anyhow::Result<&Path> {
        let folder = match self.folder.take() {
            Some(folder) => folder,
            None => tempfile::Builder::new()
                .prefix(FOLDER)
                .tempdir_in(&self.beside)
                .context("facts can't wait on the disk")?,
        };
        Ok(self.folder.insert(folder).path())
    }
}

fn name(kind: FactKind, date: Date) -> String {
    format!("{}.{date}", kind.name())
}

/// Absent texts and numbers.
const NONE: u32 = u32::MAX;
const NO_NUMBER: i64 = -1;

fn write(to: &mut Vec<u8>, kind: FactKind, fact: &Fact, file: usize) {
    to.extend((file as u64).to_le_bytes());
    to.extend(fact.start_ms.to_le_bytes());
    to.extend(fact.end_ms.to_le_bytes());
    for text in [&fact.user_id, &fact.media_type] {
        let length = text.as_ref().map_or(NONE, |text| text.len() as u32);
        to.extend(length.to_le_bytes());
        to.extend(text.as_deref().unwrap_or_default().as_bytes());
    }
    for number in &fact.measures[..kind.measures().len()] {
        to.extend(number.unwrap_or(NO_NUMBER).to_le_bytes());
    }
}

/// The next fact; `None` at the end.
fn read(from: &mut impl Read, kind: FactKind) -> std::io::Result<Option<(Fact, usize)>> {
    let mut eight = [0; 8];
    match from.read(&mut eight)? {
        0 => return Ok(None),
        read => from.read_exact(&mut eight[read..])?,
    }
    let file = u64::from_le_bytes(eight) as usize;
    let mut number = |from: &mut dyn Read| {
        from.read_exact(&mut eight)?;
        Ok::<_, std::io::Error>(i64::from_le_bytes(eight))
    };
    let mut fact = Fact {
        start_ms: number(from)?,
        end_ms: number(from)?,
        ..Fact::default()
    };
    for text in [&mut fact.user_id, &mut fact.media_type] {
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length);
        if length != NONE {
            let mut bytes = vec![0; length as usize];
            from.read_exact(&mut bytes)?;
            *text = Some(String::from_utf8(bytes).map_err(std::io::Error::other)?);
        }
    }
    for measure in &mut fact.measures[..kind.measures().len()] {
        *measure = Some(number(from)?).filter(|number| *number != NO_NUMBER);
    }
    Ok(Some((fact, file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_back_from_the_disk_on_their_days() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".import-old")).unwrap();
        let zone = TimeZone::get("Asia/Riyadh").unwrap();
        let mut piles = Piles::new(zone, folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        piles.most = 300;
        let fact = |hour: i64| {
            let mut fact = Fact {
                start_ms: hour * 3_600_000,
                end_ms: (hour + 1) * 3_600_000,
                user_id: (hour % 3 > 0).then(|| format!("ü{hour}")),
                media_type: (hour % 4 > 0).then(String::new),
                ..Fact::default()
            };
            fact.measures[0] = Some(hour);
            fact
        };
        for hour in 0..40 {
            piles
                .add(FactKind::Evaluation, &fact(hour), hour as usize % 2)
                .unwrap();
        }
        assert!(piles.held <= 300);
        // Riyadh is three hours ahead of UTC.
        let days: [(Date, std::ops::Range<i64>); 2] = [
            (Date::constant(1970, 1, 1), 0..21),
            (Date::constant(1970, 1, 2), 21..40),
        ];
        assert_eq!(
            piles.days(),
            days.clone().map(|(date, _)| (FactKind::Evaluation, date))
        );
        for (date, hours) in days {
            let expected: Pile = hours.map(|hour| (fact(hour), hour as usize % 2)).collect();
            assert_eq!(piles.take(FactKind::Evaluation, date).unwrap(), expected);
        }
        drop(piles);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
