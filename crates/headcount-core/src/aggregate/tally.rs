//! Counting rows by codes, without hashing any of them.

use roaring::RoaringBitmap;

/// Up to so many combinations, each has a cell to be counted in.
const MOST_CELLS: u128 = 1 << 20;

/// Rows read at a time.
const BATCH: usize = 256;

/// How often each combination of codes occurs in `rows`, those that do. `sizes` says how many
/// codes each level has; `fill` writes the codes of a level for some rows, the first of which is at
/// that place among all rows counted.
pub(crate) fn tally(
    sizes: &[usize],
    rows: &RoaringBitmap,
    fill: impl Fn(usize, usize, &[u32], &mut [u32]),
) -> Vec<(Vec<u32>, u64)> {
    // The codes of a row are the digits of one number.
    let cells = sizes
        .iter()
        .fold(1, |cells: u128, &size| cells.saturating_mul(size as u128));
    if cells > MOST_CELLS {
        return by_sorting(sizes, rows, fill);
    }
    let mut counts = vec![0_u64; usize::try_from(cells).unwrap_or(0)];
    let (mut cells, mut codes) = ([0; BATCH], [0; BATCH]);
    each_batch(rows, |place, rows| {
        let (cells, codes) = (&mut cells[..rows.len()], &mut codes[..rows.len()]);
        cells.fill(0);
        for (level, &size) in sizes.iter().enumerate() {
            fill(level, place, rows, codes);
            for (cell, code) in cells.iter_mut().zip(&*codes) {
                *cell = *cell * size + *code as usize;
            }
        }
        for &cell in &*cells {
            counts[cell] += 1;
        }
    });
    let digits = |mut cell: usize| {
        let mut codes = vec![0; sizes.len()];
        for (code, &size) in codes.iter_mut().zip(sizes).rev() {
            *code = u32::try_from(cell % size).unwrap_or(u32::MAX);
            cell /= size;
        }
        codes
    };
    let counted = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    counted
        .map(|(cell, &count)| (digits(cell), count))
        .collect()
}

/// The same where there are more combinations than can have a cell each.
fn by_sorting(
    sizes: &[usize],
    rows: &RoaringBitmap,
    fill: impl Fn(usize, usize, &[u32], &mut [u32]),
) -> Vec<(Vec<u32>, u64)> {
    let levels = sizes.len();
    let mut all: Vec<u32> = Vec::new();
    let mut codes = [0; BATCH];
    each_batch(rows, |place, rows| {
        let start = all.len();
        all.resize(start + rows.len() * levels, 0);
        for level in 0..levels {
            fill(level, place, rows, &mut codes[..rows.len()]);
            let of_level = all[start + level..].iter_mut().step_by(levels);
            of_level.zip(&codes).for_each(|(to, code)| *to = *code);
        }
    });
    let mut all: Vec<&[u32]> = all.chunks_exact(levels).collect();
    all.sort_unstable();
    all.chunk_by(|a, b| a == b)
        .map(|same| (same[0].to_vec(), same.len() as u64))
        .collect()
}

/// Calls `each` with some rows at a time, and the place of the first of them among all.
fn each_batch(rows: &RoaringBitmap, mut each: impl FnMut(usize, &[u32])) {
    let (mut buffer, mut place) = ([0; BATCH], 0);
    let mut rows = rows.iter();
    loop {
        let batch = rows.next_many(&mut buffer);
        if batch.is_empty() {
            break;
        }
        each(place, batch);
        place += batch.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_and_sorting_count_alike() {
        let rows: RoaringBitmap = (0..5000).filter(|row| row % 7 != 0).collect();
        let sizes = [3, 5, 11];
        let code = |level: usize, row: u32| ((row * row) >> (2 * level)) % [3, 5, 11][level];
        let fill = |level: usize, _: usize, rows: &[u32], codes: &mut [u32]| {
            for (to, &row) in codes.iter_mut().zip(rows) {
                *to = code(level, row);
            }
        };
        let counted = tally(&sizes, &rows, fill);
        assert_eq!(counted, by_sorting(&sizes, &rows, fill));
        assert_eq!(
            counted.iter().map(|(_, count)| count).sum::<u64>(),
            rows.len()
        );
        let (codes, count) = &counted[0];
        let same = |row: &u32| (0..3).all(|level| code(level, *row) == codes[level]);
        assert_eq!(*count, rows.iter().filter(same).count() as u64);
    }
}
