//! Files of facts that are cut short, damaged or made up, and writers that die.

#![expect(
    clippy::disallowed_methods,
    reason = "the child process is told by its environment what to do"
)]

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use headcount_core::fact::FactKind;
use headcount_store::facts::{FactFile, FactStore, FactsError};
use proptest::prelude::*;

use crate::facts::{KIND, Place, TUESDAY, day, fact, read};

const ALL: [usize; 11] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/// A small file with two row groups and every sort of column.
fn small() -> (Place, Vec<u8>) {
    let mut facts: Vec<_> = (0..90)
        .map(|index| fact(&format!("u{:02}", index / 2), index % 2, index * 31 % 70))
        .collect();
    for (index, fact) in facts.iter_mut().enumerate() {
        fact.measures[1] = Some(index as i64 * 1_000_003 % 9_999_999);
        fact.measures[2] = (index % 4 > 0).then_some(3);
        fact.measures[4] = (index < 5).then_some(1);
    }
    facts[0].user_id = None;
    facts[7].media_type = None;
    let place = Place::new();
    let mut change = place.facts.change().unwrap();
    change.put_in_groups(KIND, day(TUESDAY), facts, 50).unwrap();
    change.commit().unwrap();
    let bytes = fs::read(place.path("2026-11-24.parquet")).unwrap();
    (place, bytes)
}

fn open_and_read(path: &Path) -> Result<Vec<headcount_core::fact::Fact>, FactsError> {
    read(&mut FactFile::open(path, Some(KIND))?, &ALL)
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let (place, bytes) = small();
    let path = place.path("2026-11-24.parquet");
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let error = open_and_read(&path).unwrap_err();
        assert!(
            matches!(error, FactsError::Damaged { .. }),
            "{length}: {error}"
        );
        assert!(place.facts.list(KIND).is_err());
    }
}

#[test]
fn no_damaged_byte_changes_a_fact() {
    let (place, bytes) = small();
    let path = place.path("2026-11-24.parquet");
    let facts = open_and_read(&path).unwrap();
    let mut refused = 0;
    for at in 0..bytes.len() {
        for flip in [1, 0x10, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            fs::write(&path, &damaged).unwrap();
            match open_and_read(&path) {
                Ok(read) => assert!(read == facts, "byte {at} flipped by {flip}"),
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().contains("2026-11-24.parquet"), "{error}");
                }
            }
        }
    }
    // Names of whom wrote it, and the like, are no facts.
    assert!(refused > bytes.len() * 2, "{refused}");
}

#[test]
fn damage_is_told_with_its_place() {
    let (place, mut bytes) = small();
    let path = place.path("2026-11-24.parquet");
    bytes[40] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = open_and_read(&path).unwrap_err().to_string();
    assert!(
        error.ends_with("2026-11-24.parquet, row group 0: a column is damaged"),
        "{error}"
    );
    let error = FactFile::open(&path, Some(FactKind::Evaluation))
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .ends_with("it holds facts of kind handle_time, not evaluation"),
        "{error}"
    );
    fs::write(&path, "not Parquet").unwrap();
    let error = place.facts.list(KIND).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("it is no Parquet file, or a part of one")
    );
    assert!(error.hint().is_some());
}

const STORE: &str = "HEADCOUNT_TEST_FACTS";

/// How many facts a generation has, so that a half one is seen.
fn generation(number: i64) -> Vec<headcount_core::fact::Fact> {
    (0..500 + number % 97)
        .map(|index| fact(&format!("u{index:04}"), 1, number))
        .collect()
}

/// Replaces a day without end.
#[test]
#[ignore = "the child of killed_writers_leave_whole_days"]
fn replace_forever() {
    let Some(folder) = env::var_os(STORE) else {
        return;
    };
    let url = Path::new(&folder).join("headcount.db");
    let facts = FactStore::open(&url.to_string_lossy(), "Acme").unwrap();
    for number in 0.. {
        facts
            .replace(KIND, day(TUESDAY), generation(number))
            .unwrap();
    }
}

#[test]
fn killed_writers_leave_whole_days() {
    let place = Place::new();
    let mut random = fastrand::Rng::with_seed(5);
    let (mut seen, mut unfinished) = (0, 0);
    for kills in 0..300 {
        if kills >= 40 && seen >= 10 && unfinished > 0 {
            break;
        }
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "facts_damage::replace_forever", "--ignored"])
            .env(STORE, place.folder())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(random.u64(10..60)));
        child.kill().unwrap();
        child.wait().unwrap();
        let path = place.path("2026-11-24.parquet");
        unfinished += usize::from(place.path(".2026-11-24.parquet.tmp").exists());
        if path.exists() {
            let facts = open_and_read(&path).unwrap();
            let number = facts[0].measures[0].unwrap();
            assert!(facts == generation(number), "generation {number}");
            seen += 1;
        }
    }
    assert!(seen >= 10, "the kills came too early: {seen}");
    // The lock is free and nothing unfinished stays.
    place.facts.change().map(drop).unwrap();
    assert!(!place.path(".2026-11-24.parquet.tmp").exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Several bytes at once, and pieces moved about: whatever comes of it is no panic.
    #[test]
    fn hostile_files_are_errors(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        at_the_end in any::<bool>(),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let (place, mut bytes) = small();
        let length = bytes.len();
        for (index, byte) in edits {
            // The end, which describes the rest, is where most can go wrong.
            let from = if at_the_end { length * 3 / 4 } else { 0 };
            bytes[from + index.index(length - from)] = byte;
        }
        if let Some(cut) = cut {
            let cut = cut.index(length);
            bytes.drain(cut..(cut + 7).min(length));
        }
        let path = place.path("2026-11-24.parquet");
        fs::write(&path, &bytes).unwrap();
        let _ = open_and_read(&path);
    }
}
