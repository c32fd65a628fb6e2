//! A day of facts, and what the end of its file tells of it.

use std::path::PathBuf;

use headcount_core::fact::{FactKind, MEASURES};
use jiff::{civil::Date, tz::TimeZone};
use parquet::file::{
    metadata::{FileMetaData, KeyValue, ParquetMetaData, RowGroupMetaData},
    statistics::Statistics,
};
use xxhash_rust::xxh3::xxh3_64;

use super::FactsError;

/// Version of the format. Readers refuse others.
const FORMAT: &str = "1";

/// Where the facts of a day came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Asked of upstream.
    Pull,
    /// Read from files.
    Import,
}

/// The day that facts are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The date, in the time zone.
    pub date: Date,
    /// Name of the time zone in the IANA database.
    pub time_zone: String,
    /// Length of the intervals as upstream was asked (`P1D`, `PT30M`); `None` where unknown.
    pub granularity: Option<String>,
    /// Where the facts came from.
    pub source: Source,
}

/// A day that is kept, as its description tells; the facts need not be read for it.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptDay {
    /// What the facts are.
    pub kind: FactKind,
    /// The day.
    pub day: Day,
    /// The file that they lie in; none where they are rows of a database.
    pub path: Option<PathBuf>,
    /// Start of the day, ms UTC.
    pub start_ms: i64,
    /// End of the day, or of the last interval where that is later, ms UTC.
    pub end_ms: i64,
    /// How many facts.
    pub facts: u64,
    /// Sums of the measures, in the order of [`FactKind::measures`]; `None` where no fact has one.
    pub totals: [Option<i128>; MEASURES],
    /// Digest of the facts: equal facts, equal digest.
    pub content: u128,
}

impl Source {
    /// `pull` or `import`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Import => "import",
        }
    }

    /// The source of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "pull" => Some(Self::Pull),
            "import" => Some(Self::Import),
            _ => None,
        }
    }
}

impl Day {
    /// Start of the day and of the next one, ms UTC: 23 to 25 hours apart where clocks change.
    ///
    /// # Errors
    /// [`FactsError::UnknownTimeZone`]
    pub fn bounds(&self) -> Result<(i64, i64), FactsError> {
        let unknown = || FactsError::UnknownTimeZone {
            name: self.time_zone.clone(),
        };
        let zone = TimeZone::get(&self.time_zone).map_err(|_| unknown())?;
        let start = |date: Date| zone.to_timestamp(date.at(0, 0, 0, 0)).ok();
        let next = self.date.tomorrow().ok().and_then(start);
        let (start, end) = start(self.date).zip(next).ok_or_else(unknown)?;
        Ok((start.as_millisecond(), end.as_millisecond()))
    }
}

impl KeptDay {
    /// Whether its facts are sums over days of another time zone, and so of no use in this one.
    #[must_use]
    pub fn is_cut_otherwise(&self, time_zone: &str) -> bool {
        let length = self.day.granularity.as_deref();
        length.is_none_or(|length| length.contains('D')) && self.day.time_zone != time_zone
    }

    /// What is written at the end of the file. `digests` are those of the columns of `groups`.
    pub(super) fn tell(&self, digests: &[Vec<u64>], groups: &[RowGroupMetaData]) -> Vec<KeyValue> {
        let pair = |key: &str, value: String| KeyValue::new(format!("headcount.{key}"), value);
        let totals: Vec<String> = self.totals[..self.kind.measures().len()]
            .iter()
            .map(|total| total.map_or_else(String::new, |total| total.to_string()))
            .collect();
        let digests: Vec<String> = digests
            .iter()
            .map(|columns| {
                columns
                    .iter()
                    .map(|digest| format!("{digest:016x}"))
                    .collect()
            })
            .collect();
        let mut pairs = vec![
            pair("facts", FORMAT.to_owned()),
            pair("kind", self.kind.name().to_owned()),
            pair("day", self.day.date.to_string()),
            pair("time_zone", self.day.time_zone.clone()),
            pair("source", self.day.source.name().to_owned()),
            pair("start_ms", self.start_ms.to_string()),
            pair("end_ms", self.end_ms.to_string()),
            pair("totals", totals.join(",")),
            pair("content", format!("{:032x}", self.content)),
            pair("digests", digests.join(",")),
        ];
        let granularity = self.day.granularity.clone();
        pairs.extend(granularity.map(|granularity| pair("granularity", granularity)));
        let seal = seal(&pairs, groups);
        pairs.push(pair("seal", format!("{seal:016x}")));
        pairs
    }

    /// Reads what [`KeptDay::tell`] wrote, and the digests; `None` where a part is missing or makes
    /// no sense.
    pub(super) fn read(path: PathBuf, metadata: &ParquetMetaData) -> Option<(Self, Vec<Vec<u64>>)> {
        let file = metadata.file_metadata();
        let (last, pairs) = file.key_value_metadata()?.split_last()?;
        let sealed = u64::from_str_radix(last.value.as_deref()?, 16).ok()?;
        if last.key != "headcount.seal" || sealed != seal(pairs, metadata.row_groups()) {
            return None;
        }
        let find = |key| told(file, key);
        let kind = *FactKind::ALL
            .iter()
            .find(|kind| Some(kind.name()) == find("kind"))?;
        let mut totals = [None; MEASURES];
        let mut texts = find("totals")?.split(',');
        for total in &mut totals[..kind.measures().len()] {
            let text = texts.next()?;
            if !text.is_empty() {
                *total = Some(text.parse().ok()?);
            }
        }
        let source = Source::named(find("source")?)?;
        let day = Self {
            kind,
            day: Day {
                date: find("day")?.parse().ok()?,
                time_zone: find("time_zone")?.to_owned(),
                granularity: find("granularity").map(str::to_owned),
                source,
            },
            path: Some(path),
            start_ms: find("start_ms")?.parse().ok()?,
            end_ms: find("end_ms")?.parse().ok()?,
            facts: file.num_rows().try_into().ok()?,
            totals,
            content: u128::from_str_radix(find("content")?, 16).ok()?,
        };
        Some((day, digests(find("digests")?)?))
    }
}

/// Whether the program itself wrote the file, in this format; `Err` with the format where it is
/// another one.
pub(super) fn is_ours(file: &FileMetaData) -> Result<bool, &str> {
    match told(file, "facts") {
        None => Ok(false),
        Some(FORMAT) => Ok(true),
        Some(other) => Err(other),
    }
}

fn told<'a>(file: &'a FileMetaData, key: &str) -> Option<&'a str> {
    file.key_value_metadata()?
        .iter()
        .find(|pair| pair.key.strip_prefix("headcount.") == Some(key))?
        .value
        .as_deref()
}

fn digests(text: &str) -> Option<Vec<Vec<u64>>> {
    let groups = text.split(',').filter(|group| !group.is_empty());
    groups
        .map(|group| {
            let columns = group.as_bytes().chunks(16);
            columns
                .map(|hex| u64::from_str_radix(str::from_utf8(hex).ok()?, 16).ok())
                .collect()
        })
        .collect()
}

/// Digest of everything at the end of the file that readers go by: Parquet itself would not tell
/// that it was damaged.
fn seal(pairs: &[KeyValue], groups: &[RowGroupMetaData]) -> u64 {
    let mut text = String::new();
    for pair in pairs {
        text.push_str(&format!("{:?}={:?};", pair.key, pair.value));
    }
    for group in groups {
        text.push_str(&format!("group {};", group.num_rows()));
        for column in group.columns() {
            let pages = (column.dictionary_page_offset(), column.data_page_offset());
            let (size, packed) = (column.compressed_size(), column.compression());
            text.push_str(&format!("column {pages:?} {size} {packed:?}"));
            if let Some(told) = column.statistics() {
                text.push_str(&format!(" {:?}", told.null_count_opt()));
                if let Statistics::Int64(told) = told {
                    text.push_str(&format!(" {:?} {:?}", told.min_opt(), told.max_opt()));
                }
            }
        }
    }
    xxh3_64(text.as_bytes())
}
