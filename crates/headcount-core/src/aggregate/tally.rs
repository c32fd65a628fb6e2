//! Counting rows by codes, without hashing any of them.

use roaring::RoaringBitmap;

/// Up to so many combinations, each has a cell to be counted in.
const MOST_CELLS: u128 = 1 << 20;

/// How often each combination of codes occurs in `rows`, those that do. `sizes` says how many
/// codes each level has, `code` tells the code of a level and a row, and of the place of that row
/// among those counted.
pub(crate) fn tally(
    sizes: &[usize],
    rows: &RoaringBitmap,
    code: impl Fn(usize, usize, u32) -> u32,
) -> Vec<(Vec<u32>, u64)> {
    // The codes of a row are the digits of one number.
    let cells = sizes
        .iter()
        .fold(1, |cells: u128, &size| cells.saturating_mul(size as u128));
    let digits = |mut cell: u128| {
        let mut codes = vec![0; sizes.len()];
        for (code, &size) in codes.iter_mut().zip(sizes).rev() {
            *code = u32::try_from(cell % size as u128).unwrap_or(u32::MAX);
            cell /= size as u128;
        }
        codes
    };
    if cells <= MOST_CELLS {
        let mut counts = vec![0_u64; usize::try_from(cells).unwrap_or(0)];
        let places = rows.iter().enumerate();
        match *sizes {
            // A loop over the levels would cost more than the counting.
            [_] => places.for_each(|(place, row)| counts[code(0, place, row) as usize] += 1),
            [_, size] => places.for_each(|(place, row)| {
                let cell = code(0, place, row) as usize * size + code(1, place, row) as usize;
                counts[cell] += 1;
            }),
            _ => places.for_each(|(place, row)| {
                let cell = sizes.iter().enumerate().fold(0, |cell, (level, size)| {
                    cell * size + code(level, place, row) as usize
                });
                counts[cell] += 1;
            }),
        }
        let counted = (0_u128..).zip(counts).filter(|(_, count)| *count > 0);
        return counted.map(|(cell, count)| (digits(cell), count)).collect();
    }
    if cells == u128::MAX {
        // More combinations than numbers: levels of a million values each, seven deep.
        let codes = |(place, row)| {
            (0..sizes.len())
                .map(|level| code(level, place, row))
                .collect()
        };
        let mut all: Vec<Vec<u32>> = rows.iter().enumerate().map(codes).collect();
        all.sort_unstable();
        return all
            .chunk_by(|a, b| a == b)
            .map(|same| (same[0].clone(), same.len() as u64))
            .collect();
    }
    let mut cells: Vec<u128> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| {
            sizes.iter().enumerate().fold(0, |cell, (level, &size)| {
                cell * size as u128 + u128::from(code(level, place, row))
            })
        })
        .collect();
    cells.sort_unstable();
    cells
        .chunk_by(|a, b| a == b)
        .map(|same| (digits(same[0]), same.len() as u64))
        .collect()
}
