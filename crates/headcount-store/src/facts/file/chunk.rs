//! The bytes of one column in one row group, and its pages.

use std::{
    cell::RefCell,
    fs::File,
    io::{Read, Seek, SeekFrom},
    sync::Arc,
};

use bytes::{Buf, Bytes, buf::Reader};
use parquet::{
    basic::Encoding,
    column::page::{Page, PageReader},
    errors::ParquetError,
    file::{
        metadata::ColumnChunkMetaData,
        reader::{ChunkReader, Length, SerializedPageReader},
    },
};
use xxhash_rust::xxh3::xxh3_64;

use super::{Fault, runs::Runs};

/// The pages of a column.
pub(super) struct Pages {
    pages: SerializedPageReader<Chunk>,
    optional: bool,
}

/// A page of values.
pub(super) struct DataPage {
    /// Facts in the page.
    pub(super) rows: usize,
    /// Which of them have a value; `None` where all do.
    pub(super) levels: Option<Runs<bool>>,
    pub(super) encoding: Encoding,
    pub(super) values: Bytes,
}

/// A dictionary, as it comes before the pages.
pub(super) struct DictionaryPage {
    pub(super) entries: usize,
    pub(super) bytes: Bytes,
}

impl Pages {
    /// Reads the bytes of a column and checks them against their digest.
    pub(super) fn read(
        file: &File,
        column: &ColumnChunkMetaData,
        rows: usize,
        digest: u64,
    ) -> Result<Self, Fault> {
        const OUTSIDE: Fault = Fault::Broken("a column lies outside of the file");
        let start = column
            .dictionary_page_offset()
            .unwrap_or(column.data_page_offset());
        let start = u64::try_from(start).map_err(|_| OUTSIDE)?;
        let length = u64::try_from(column.compressed_size()).map_err(|_| OUTSIDE)?;
        let end = start.checked_add(length).ok_or(OUTSIDE)?;
        if end > file.metadata().map_err(Fault::Io)?.len() {
            return Err(OUTSIDE);
        }
        let mut file = file;
        file.seek(SeekFrom::Start(start)).map_err(Fault::Io)?;
        let mut bytes = lend();
        bytes.reserve_exact(length as usize);
        file.take(length)
            .read_to_end(&mut bytes)
            .map_err(Fault::Io)?;
        if bytes.len() as u64 != length || xxh3_64(&bytes) != digest {
            return Err(Fault::Broken("a column is damaged"));
        }
        let chunk = Chunk {
            start,
            bytes: Bytes::from_owner(Lent(bytes)),
        };
        Ok(Self {
            pages: SerializedPageReader::new(Arc::new(chunk), column, rows, None)?,
            optional: column.column_descr().max_def_level() > 0,
        })
    }

    /// The next page of values. A dictionary in front of it goes to `dictionary`.
    pub(super) fn next(
        &mut self,
        dictionary: &mut dyn FnMut(DictionaryPage) -> Result<(), Fault>,
    ) -> Result<Option<DataPage>, Fault> {
        loop {
            match self.pages.get_next_page()? {
                Some(Page::DictionaryPage {
                    buf, num_values, ..
                }) => dictionary(DictionaryPage {
                    entries: num_values as usize,
                    bytes: buf,
                })?,
                Some(Page::DataPage {
                    buf,
                    num_values,
                    encoding,
                    ..
                }) => {
                    return self.data(buf, num_values as usize, encoding).map(Some);
                }
                Some(Page::DataPageV2 { .. }) => {
                    return Err(Fault::Broken("a page has an unknown form"));
                }
                None => return Ok(None),
            }
        }
    }

    fn data(&self, bytes: Bytes, rows: usize, encoding: Encoding) -> Result<DataPage, Fault> {
        let (levels, values) = if self.optional {
            let (levels, values) = split(&bytes).ok_or(Fault::Broken("a page is too short"))?;
            let mut levels = Runs::new(levels, 1)?;
            let all = levels
                .same()?
                .is_some_and(|(count, present)| present && count >= rows);
            ((!all).then_some(levels), values)
        } else {
            (None, bytes)
        };
        Ok(DataPage {
            rows,
            levels,
            encoding,
            values,
        })
    }
}

/// Levels come first, after their length.
fn split(bytes: &Bytes) -> Option<(Bytes, Bytes)> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    let end = length.checked_add(4).filter(|end| *end <= bytes.len())?;
    Some((bytes.slice(4..end), bytes.slice(end..)))
}

/// Most bytes of room that a thread keeps between columns.
const SPARE: usize = 32 << 20;

thread_local! {
    /// Room of columns that were read, for those that are read next: a thread that reads many
    /// files must not ask the operating system for fresh memory for each.
    static ROOM: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

fn lend() -> Vec<u8> {
    ROOM.with_borrow_mut(Vec::pop).unwrap_or_default()
}

/// Room that goes back when nobody reads it any longer.
struct Lent(Vec<u8>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0);
        bytes.clear();
        // A thread that ends has no room to keep any more.
        let _ = ROOM.try_with(|room| {
            let mut room = room.borrow_mut();
            let kept: usize = room.iter().map(Vec::capacity).sum();
            if kept + bytes.capacity() <= SPARE {
                room.push(bytes);
            }
        });
    }
}

/// A part of a file in memory, which is asked by places in the file.
struct Chunk {
    start: u64,
    bytes: Bytes,
}

impl Chunk {
    fn from(&self, start: u64) -> parquet::errors::Result<Bytes> {
        let at = start
            .checked_sub(self.start)
            .and_then(|at| usize::try_from(at).ok());
        let at = at.filter(|at| *at <= self.bytes.len());
        let at = at.ok_or_else(|| ParquetError::EOF("a page lies outside of its column".into()))?;
        Ok(self.bytes.slice(at..))
    }
}

impl Length for Chunk {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for Chunk {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(ParquetError::EOF(
                "a page lies outside of its column".into(),
            ));
        }
        Ok(bytes.slice(..length))
    }
}
