//! Numbers of a few bits each, packed from the lowest bit on.
//!
//! Eight numbers of `W` bits are `W` bytes, so each group of eight begins at a byte. A number is
//! cut out of the eight bytes around it, in a copy of the code for each width.

/// Most numbers that [`Slot::unpack`] takes at once.
pub(super) const PIECE: usize = 64;

/// What packed numbers become.
pub(super) trait Slot: Copy + Default {
    /// Most bits that fit.
    const WIDTH: usize;

    /// From the bits of a number.
    fn from_bits(bits: u64) -> Self;

    /// Unpacks `out.len()` numbers of `width` bits: a multiple of 8, at most [`PIECE`]. `bytes` may
    /// go on beyond them. `None` where it is too short, or `width` more than [`Slot::WIDTH`].
    fn unpack(width: usize, bytes: &[u8], out: &mut [Self]) -> Option<()>;
}

/// Room for a piece of the widest numbers, and for what is read beyond it.
type Padded = [u8; PIECE * 8 + 16];

fn groups<const W: usize, T: Slot>(bytes: &[u8], out: &mut [T]) -> Option<()> {
    // A number is read with the eight bytes from its first one on, so the last one needs more
    // than is packed.
    let packed = out.len() / 8 * W;
    if bytes.len() >= packed + 8 {
        cut::<W, T>(bytes, out);
    } else {
        let mut padded: Padded = [0; PIECE * 8 + 16];
        padded
            .get_mut(..packed)?
            .copy_from_slice(bytes.get(..packed)?);
        cut::<W, T>(&padded, out);
    }
    Some(())
}

#[inline]
fn cut<const W: usize, T: Slot>(bytes: &[u8], out: &mut [T]) {
    let mask = (1_u64 << W) - 1;
    let mut rest = bytes;
    for out in out.as_chunks_mut::<8>().0 {
        let group = &rest[..W + 8];
        for (place, out) in out.iter_mut().enumerate() {
            let bit = place * W;
            let mut eight = [0; 8];
            eight.copy_from_slice(&group[bit / 8..bit / 8 + 8]);
            *out = T::from_bits((u64::from_le_bytes(eight) >> (bit % 8)) & mask);
        }
        rest = &rest[W..];
    }
}

/// Numbers wider than the eight bytes around them may hold.
fn wide<T: Slot>(width: usize, bytes: &[u8], out: &mut [T]) -> Option<()> {
    let packed = out.len() / 8 * width;
    let mut padded: Padded = [0; PIECE * 8 + 16];
    padded
        .get_mut(..packed)?
        .copy_from_slice(bytes.get(..packed)?);
    let mask = u64::MAX >> (64 - width);
    for (place, out) in out.iter_mut().enumerate() {
        let bit = place * width;
        let mut sixteen = [0; 16];
        sixteen.copy_from_slice(&padded[bit / 8..bit / 8 + 16]);
        let bits = u128::from_le_bytes(sixteen) >> (bit % 8);
        *out = T::from_bits(bits as u64 & mask);
    }
    Some(())
}

macro_rules! by_width {
    ($width:expr, $bytes:expr, $out:expr, $($w:literal)*) => {
        match $width {
            0 => {
                $out.fill(Self::default());
                Some(())
            }
            $($w => groups::<$w, Self>($bytes, $out),)*
            other if other <= Self::WIDTH => wide(other, $bytes, $out),
            _ => None,
        }
    };
}

impl Slot for u64 {
    const WIDTH: usize = 64;

    fn from_bits(bits: u64) -> Self {
        bits
    }

    fn unpack(width: usize, bytes: &[u8], out: &mut [Self]) -> Option<()> {
        by_width!(width, bytes, out,
            1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
            31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48)
    }
}

impl Slot for u32 {
    const WIDTH: usize = 32;

    fn from_bits(bits: u64) -> Self {
        bits as u32
    }

    fn unpack(width: usize, bytes: &[u8], out: &mut [Self]) -> Option<()> {
        by_width!(width, bytes, out,
            1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24)
    }
}

impl Slot for bool {
    const WIDTH: usize = 1;

    fn from_bits(bits: u64) -> Self {
        bits != 0
    }

    fn unpack(width: usize, bytes: &[u8], out: &mut [Self]) -> Option<()> {
        by_width!(width, bytes, out, 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pack(numbers: &[u64], width: usize) -> Vec<u8> {
        let mut bytes = vec![0; (numbers.len() * width).div_ceil(8)];
        for (place, number) in numbers.iter().enumerate() {
            for bit in 0..width {
                let to = place * width + bit;
                bytes[to / 8] |= ((number >> bit & 1) as u8) << (to % 8);
            }
        }
        bytes
    }

    proptest! {
        #[test]
        fn unpacks_what_was_packed(
            width in 0..=64_usize,
            numbers in proptest::collection::vec(any::<u64>(), PIECE),
            groups in 1..=PIECE / 8,
            slack in 0..20_usize,
        ) {
            let mask = if width == 0 { 0 } else { u64::MAX >> (64 - width) };
            let numbers: Vec<u64> = numbers[..groups * 8].iter().map(|n| n & mask).collect();
            let mut bytes = pack(&numbers, width);
            let packed = bytes.len();
            bytes.extend(vec![0xff; slack]);
            let mut wide = vec![1_u64; numbers.len()];
            prop_assert!(u64::unpack(width, &bytes, &mut wide).is_some());
            prop_assert_eq!(&wide, &numbers);
            let mut narrow = vec![1_u32; numbers.len()];
            prop_assert_eq!(u32::unpack(width, &bytes, &mut narrow).is_some(), width <= 32);
            if width <= 32 {
                prop_assert!(narrow.iter().map(|n| u64::from(*n)).eq(numbers.iter().copied()));
            }
            if width > 0 {
                prop_assert_eq!(u64::unpack(width, &bytes[..packed - 1], &mut wide), None);
            }
        }
    }
}
