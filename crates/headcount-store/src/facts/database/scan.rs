//! Handing the rows of a day over, block by block in the order of users.

use std::io::{self, BufRead};

use headcount_core::segment::{Block, BlockMeasure, FactSink, Moments, NO_VALUE};

use postgres::Transaction;

use super::{NOBODY, binary::RowReader, copying, failed, table};
use crate::facts::{FactsError, KeptDay};

/// Facts handed over at once.
const AT_ONCE: usize = 1 << 16;

/// See [`crate::facts::FactStore::scan`].
pub(super) fn scan(
    transaction: &mut Transaction<'_>,
    org: &str,
    day: &KeptDay,
    wanted: &[usize],
    sink: &mut dyn FactSink,
) -> Result<u64, FactsError> {
    let replaced = || FactsError::Replaced { date: day.day.date };
    let measures = day.kind.measures();
    let mut columns = String::new();
    for &place in wanted {
        let measure = measures.get(place).ok_or_else(replaced)?;
        columns.push_str(", ");
        columns.push_str(measure.name);
    }
    let date = day.day.date.to_string();
    let found = transaction
        .query_opt(
            "SELECT o.org FROM fact_day d JOIN fact_org o USING (org)
              WHERE o.name = $1 AND d.kind = $2 AND d.day = $3::text::date AND d.content = $4",
            &[
                &org,
                &day.kind.name(),
                &date,
                &format!("{:032x}", day.content),
            ],
        )
        .map_err(failed)?;
    let org: i32 = found.ok_or_else(replaced)?.get(0);
    let rows = transaction
        .copy_out(&format!(
            "COPY (SELECT start_ms, end_ms, user_id, media_type{columns} FROM {}
                    WHERE org = {org} AND day = '{date}'
                    ORDER BY user_id, start_ms, media_type NULLS FIRST, end_ms)
             TO STDOUT (FORMAT binary)",
            table(day.kind)
        ))
        .map_err(failed)?;
    let facts = hand_over(rows, wanted.len(), sink).map_err(copying)?;
    match facts == day.facts {
        true => Ok(facts),
        // Somebody else's hands were in the table.
        false => Err(replaced()),
    }
}

fn hand_over(from: impl BufRead, wanted: usize, sink: &mut dyn FactSink) -> io::Result<u64> {
    let mut rows = RowReader::new(from)?;
    let mut facts = 0;
    let mut media = Vec::new();
    let mut columns = Columns::new(wanted);
    while rows.next(4 + wanted)? {
        columns.take(&mut rows, &mut media)?;
        facts += 1;
        if columns.starts.len() == AT_ONCE {
            columns.give(&media, sink);
        }
    }
    columns.give(&media, sink);
    Ok(facts)
}

/// A block that grows.
struct Columns {
    starts: Vec<i64>,
    ends: Vec<i64>,
    users: Vec<u32>,
    /// Ids of the users of the block, in order.
    ids: Vec<String>,
    media: Vec<u32>,
    values: Vec<Vec<i64>>,
    present: Vec<Vec<bool>>,
}

impl Columns {
    fn new(wanted: usize) -> Self {
        Self {
            starts: Vec::new(),
            ends: Vec::new(),
            users: Vec::new(),
            ids: Vec::new(),
            media: Vec::new(),
            values: vec![Vec::new(); wanted],
            present: vec![Vec::new(); wanted],
        }
    }

    /// Takes the fact of a row.
    fn take<R: io::Read>(
        &mut self,
        row: &mut RowReader<R>,
        known_media: &mut Vec<String>,
    ) -> io::Result<()> {
        self.starts.push(row.int8()?.unwrap_or_default());
        self.ends.push(row.int8()?.unwrap_or_default());
        let user = row.text()?.filter(|id| *id != NOBODY).map(|id| {
            if self.ids.last().map(String::as_str) != Some(id) {
                self.ids.push(id.to_owned());
            }
            code(self.ids.len() - 1)
        });
        self.users.push(user.unwrap_or(NO_VALUE));
        let media = row.text()?.map(|name| {
            let known = known_media.iter().position(|known| known == name);
            code(known.unwrap_or_else(|| {
                known_media.push(name.to_owned());
                known_media.len() - 1
            }))
        });
        self.media.push(media.unwrap_or(NO_VALUE));
        for (values, present) in self.values.iter_mut().zip(&mut self.present) {
            let value = row.int8()?;
            values.push(value.unwrap_or_default());
            present.push(value.is_some());
        }
        Ok(())
    }

    /// Hands the block over and begins the next one.
    fn give(&mut self, media: &[String], sink: &mut dyn FactSink) {
        if self.starts.is_empty() {
            return;
        }
        let ids: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        sink.users(&ids);
        let media: Vec<&str> = media.iter().map(String::as_str).collect();
        sink.media(&media);
        let measures: Vec<BlockMeasure<'_>> = self
            .values
            .iter()
            .zip(&self.present)
            .map(|(values, present)| BlockMeasure {
                values,
                present: present.contains(&false).then_some(present),
            })
            .collect();
        sink.block(&Block {
            start_ms: Moments::of(&self.starts),
            end_ms: Moments::of(&self.ends),
            users: &self.users,
            media: &self.media,
            measures: &measures,
        });
        *self = Self::new(self.values.len());
    }
}

fn code(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NO_VALUE)
}
