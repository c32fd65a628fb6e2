//! Runs of one number and packed numbers in turn: how Parquet writes levels and places in
//! dictionaries.

use bytes::Bytes;

use super::{
    Fault,
    bits::{PIECE, Slot},
};

/// Reads numbers of a width from page bytes.
pub(super) struct Runs<T> {
    bytes: Bytes,
    at: usize,
    width: usize,
    run: Run<T>,
    /// Unpacked, and not yet handed over from `taken` on.
    pending: [T; PIECE],
    taken: usize,
    unpacked: usize,
}

#[derive(Clone, Copy)]
enum Run<T> {
    Same {
        left: usize,
        number: T,
    },
    /// How many are still packed, a multiple of 8.
    Packed {
        left: usize,
    },
}

const BROKEN: Fault = Fault::Broken("a run of numbers is damaged");

impl<T: Slot> Runs<T> {
    pub(super) fn new(bytes: Bytes, width: usize) -> Result<Self, Fault> {
        if width > T::WIDTH {
            return Err(BROKEN);
        }
        Ok(Self {
            bytes,
            at: 0,
            width,
            run: Run::Packed { left: 0 },
            pending: [T::default(); PIECE],
            taken: 0,
            unpacked: 0,
        })
    }

    /// How many of the next numbers are known to be one and the same: cheap, and often all.
    pub(super) fn same(&mut self) -> Result<Option<(usize, T)>, Fault> {
        if self.taken == self.unpacked
            && matches!(
                self.run,
                Run::Packed { left: 0 } | Run::Same { left: 0, .. }
            )
        {
            self.begin()?;
        }
        Ok(match self.run {
            Run::Same { left, number } if self.taken == self.unpacked => Some((left, number)),
            _ => None,
        })
    }

    /// Reads as many numbers as `out` has room for.
    pub(super) fn read(&mut self, mut out: &mut [T]) -> Result<(), Fault> {
        while !out.is_empty() {
            if self.taken < self.unpacked {
                let count = out.len().min(self.unpacked - self.taken);
                let (now, later) = out.split_at_mut(count);
                now.copy_from_slice(&self.pending[self.taken..self.taken + count]);
                self.taken += count;
                out = later;
                continue;
            }
            match &mut self.run {
                Run::Same { left: 0, .. } | Run::Packed { left: 0 } => self.begin()?,
                Run::Same { left, number } => {
                    let count = out.len().min(*left);
                    let (now, later) = out.split_at_mut(count);
                    now.fill(*number);
                    *left -= count;
                    out = later;
                }
                Run::Packed { left } => {
                    let count = PIECE.min(*left);
                    *left -= count;
                    let rest = &self.bytes[self.at..];
                    self.at += count / 8 * self.width;
                    if out.len() >= count {
                        let (now, later) = out.split_at_mut(count);
                        T::unpack(self.width, rest, now).ok_or(BROKEN)?;
                        out = later;
                    } else {
                        T::unpack(self.width, rest, &mut self.pending[..count]).ok_or(BROKEN)?;
                        (self.taken, self.unpacked) = (0, count);
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads the head of a run.
    fn begin(&mut self) -> Result<(), Fault> {
        let head = varint(&self.bytes, &mut self.at).ok_or(BROKEN)?;
        let length = usize::try_from(head >> 1).map_err(|_| BROKEN)?;
        self.run = if head & 1 == 1 {
            let bytes = length.checked_mul(self.width).ok_or(BROKEN)?;
            if bytes > self.bytes.len() - self.at {
                return Err(BROKEN);
            }
            Run::Packed {
                left: length.checked_mul(8).ok_or(BROKEN)?,
            }
        } else {
            let mut number = [0; 8];
            let width = self.width.div_ceil(8);
            let from = self.bytes.get(self.at..self.at + width).ok_or(BROKEN)?;
            number[..width].copy_from_slice(from);
            self.at += width;
            let number = u64::from_le_bytes(number);
            if self.width < 64 && number >> self.width != 0 {
                return Err(BROKEN);
            }
            Run::Same {
                left: length,
                number: T::from_bits(number),
            }
        };
        // Every run has something, so that damaged bytes do not keep us here.
        match self.run {
            Run::Same { left: 0, .. } | Run::Packed { left: 0 } => Err(BROKEN),
            _ => Ok(()),
        }
    }
}

/// An unsigned number of seven bits a byte; `None` where it does not end or is too large.
pub(super) fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
