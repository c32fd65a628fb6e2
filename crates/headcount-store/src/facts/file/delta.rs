//! Numbers as differences from one to the next, packed in blocks with as few bits as they need
//! (`DELTA_BINARY_PACKED`).

use bytes::Bytes;

use super::{
    Fault,
    bits::{PIECE, Slot},
    runs::varint,
};

/// Reads the numbers of a page.
pub(super) struct Delta {
    bytes: Bytes,
    at: usize,
    /// Numbers of the page not handed over yet.
    left: u64,
    /// The last number, or the first one while it is to come.
    number: i64,
    first: bool,
    /// Differences in a miniblock, and miniblocks in a block.
    mini: usize,
    minis: usize,
    /// Least difference of the block.
    least: i64,
    /// Bits of the differences in each miniblock of the block, from `next` on.
    widths: Bytes,
    next: usize,
    /// Width of the miniblock at hand, and differences that are still packed in it.
    width: usize,
    packed: usize,
    pending: [u64; PIECE],
    taken: usize,
    unpacked: usize,
}

const BROKEN: Fault = Fault::Broken("packed numbers are damaged");

impl Delta {
    pub(super) fn new(bytes: Bytes) -> Result<Self, Fault> {
        let mut at = 0;
        let mut head = || varint(&bytes, &mut at).ok_or(BROKEN);
        let (block, minis, left, first) = (head()?, head()?, head()?, head()?);
        let sound = (1..=1 << 20).contains(&block)
            && (1..=block).contains(&minis)
            && block.is_multiple_of(minis)
            && (block / minis).is_multiple_of(32);
        if !sound {
            return Err(BROKEN);
        }
        Ok(Self {
            at,
            left,
            number: zigzag(first),
            first: true,
            mini: (block / minis) as usize,
            minis: minis as usize,
            least: 0,
            widths: Bytes::new(),
            next: 0,
            width: 0,
            packed: 0,
            pending: [0; PIECE],
            taken: 0,
            unpacked: 0,
            bytes,
        })
    }

    /// Reads as many numbers as `out` has room for.
    pub(super) fn read(&mut self, out: &mut [i64]) -> Result<(), Fault> {
        self.left = self.left.checked_sub(out.len() as u64).ok_or(BROKEN)?;
        let Some(first) = out.first_mut() else {
            return Ok(());
        };
        let mut done = 0;
        if self.first {
            *first = self.number;
            self.first = false;
            done = 1;
        }
        let mut out = &mut out[done..];
        while !out.is_empty() {
            if self.taken == self.unpacked {
                self.unpack()?;
            }
            let pending = &self.pending[self.taken..self.unpacked];
            let count = out.len().min(pending.len());
            let (now, later) = out.split_at_mut(count);
            let (mut number, least) = (self.number, self.least);
            for (to, difference) in now.iter_mut().zip(pending) {
                number = number.wrapping_add((*difference as i64).wrapping_add(least));
                *to = number;
            }
            self.number = number;
            self.taken += count;
            out = later;
        }
        Ok(())
    }

    /// Unpacks the next differences.
    fn unpack(&mut self) -> Result<(), Fault> {
        if self.packed == 0 {
            if self.next == self.widths.len() {
                self.least = zigzag(varint(&self.bytes, &mut self.at).ok_or(BROKEN)?);
                let end = self.at + self.minis;
                if end > self.bytes.len() {
                    return Err(BROKEN);
                }
                self.widths = self.bytes.slice(self.at..end);
                (self.at, self.next) = (end, 0);
            }
            self.width = usize::from(self.widths[self.next]);
            self.packed = self.mini;
            self.next += 1;
        }
        let count = PIECE.min(self.packed);
        let rest = self.bytes.get(self.at..).ok_or(BROKEN)?;
        u64::unpack(self.width, rest, &mut self.pending[..count]).ok_or(BROKEN)?;
        self.at += count / 8 * self.width;
        self.packed -= count;
        (self.taken, self.unpacked) = (0, count);
        Ok(())
    }
}

fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}
