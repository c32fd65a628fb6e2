//! Files of facts that other programs wrote.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use headcount_core::fact::{Fact, FactKind};
use headcount_store::facts::{FactFile, FactsError};
use parquet::{
    basic::Compression,
    data_type::{
        ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
        Int64Type,
    },
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};
use tempfile::TempDir;

/// A column with its values.
enum Values {
    Int(Vec<Option<i64>>),
    Short(Vec<Option<i32>>),
    Float(Vec<Option<f64>>),
    Text(Vec<Option<&'static str>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Fixed(Vec<Option<Vec<u8>>>),
}
/// A field of the schema, and its values.
type Field = (&'static str, Values);

use Values::{Bytes, Fixed, Float, Int, Short, Text};

const START: i64 = 1_795_478_400_000;
const END: i64 = START + 86_400_000;

/// Writes a file as others do, with two row groups of the same rows.
fn file(columns: &[Field], codec: Compression) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.parquet");
    let fields: Vec<String> = columns
        .iter()
        .map(|(field, _)| format!("{field};"))
        .collect();
    let schema = format!("message theirs {{ {} }}", fields.concat());
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let properties = WriterProperties::builder().set_compression(codec).build();
    let to = fs::File::create(&path).unwrap();
    let mut writer = SerializedFileWriter::new(to, schema, Arc::new(properties)).unwrap();
    for _ in 0..2 {
        let mut group = writer.next_row_group().unwrap();
        for (field, values) in columns {
            write(&mut group, field.starts_with("optional"), values);
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    (folder, path)
}

fn write(group: &mut SerializedRowGroupWriter<'_, fs::File>, optional: bool, values: &Values) {
    macro_rules! put {
        ($type:ty, $values:expr, $of:expr) => {{
            let levels: Vec<i16> = $values
                .iter()
                .map(|value| i16::from(value.is_some()))
                .collect();
            let values: Vec<_> = $values.iter().flatten().cloned().map($of).collect();
            let mut column = group.next_column().unwrap().unwrap();
            let levels = optional.then_some(levels.as_slice());
            column
                .typed::<$type>()
                .write_batch(&values, levels, None)
                .unwrap();
            column.close().unwrap();
        }};
    }
    match values {
        Int(values) => put!(Int64Type, values, |value| value),
        Short(values) => put!(Int32Type, values, |value| value),
        Float(values) => put!(DoubleType, values, |value| value),
        Text(values) => put!(ByteArrayType, values, ByteArray::from),
        Bytes(values) => put!(ByteArrayType, values, ByteArray::from),
        Fixed(values) => put!(FixedLenByteArrayType, values, |value: Vec<u8>| {
            FixedLenByteArray::from(ByteArray::from(value))
        }),
    }
}

fn facts(path: &Path, kind: Option<FactKind>) -> Result<(FactKind, Vec<Fact>), FactsError> {
    let mut file = FactFile::open(path, kind)?;
    let mut facts = Vec::new();
    let count = file.each(&mut |fact| facts.push(fact))?;
    assert_eq!(count, facts.len() as u64);
    assert_eq!(file.facts(), count);
    assert!(file.day().is_none());
    Ok((file.kind(), facts))
}

/// Columns of one row each.
fn one_row(start: i64, end: i64) -> Vec<Field> {
    vec![
        (
            "required int64 interval_start (TIMESTAMP(MILLIS,true))",
            Int(vec![Some(start)]),
        ),
        (
            "required int64 interval_end (TIMESTAMP(MILLIS,true))",
            Int(vec![Some(end)]),
        ),
        ("optional binary user_id (UTF8)", Text(vec![Some("a")])),
        ("optional int64 handle_count", Int(vec![Some(3)])),
    ]
}

#[test]
fn other_types_codecs_and_orders_are_read() {
    let uuid: Vec<u8> = (0..16).collect();
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(Default::default()),
    ] {
        let (_folder, path) = file(
            &[
                (
                    "optional double handle_sum_ms",
                    Float(vec![Some(1200.0), None, Some(0.0)]),
                ),
                (
                    "optional binary note (UTF8)",
                    Text(vec![Some("x"), None, None]),
                ),
                (
                    "optional int32 HANDLE_COUNT",
                    Short(vec![Some(2), None, Some(0)]),
                ),
                (
                    "required int64 interval_end (TIMESTAMP(MICROS,true))",
                    Int(vec![Some(END * 1000); 3]),
                ),
                (
                    "required int64 interval_start (TIMESTAMP(NANOS,false))",
                    Int(vec![Some(START * 1_000_000); 3]),
                ),
                (
                    "optional fixed_len_byte_array(16) user_id (UUID)",
                    Fixed(vec![Some(uuid.clone()), None, Some(vec![0xab; 16])]),
                ),
                (
                    "optional binary media_type (ENUM)",
                    Text(vec![None, Some("voice"), Some("voice")]),
                ),
                (
                    "optional fixed_len_byte_array(9) talk_sum_ms (DECIMAL(20,2))",
                    Fixed(vec![
                        Some(vec![0, 0, 0, 0, 0, 0, 0, 1, 0x2c]),
                        None,
                        Some(vec![0; 9]),
                    ]),
                ),
            ],
            codec,
        );
        let (kind, facts) = facts(&path, None).unwrap();
        assert_eq!(kind, FactKind::HandleTime);
        let mut first = Fact {
            start_ms: START,
            end_ms: END,
            user_id: Some("00010203-0405-0607-0809-0a0b0c0d0e0f".to_owned()),
            ..Fact::default()
        };
        (first.measures[0], first.measures[1], first.measures[3]) = (Some(2), Some(1200), Some(3));
        let second = Fact {
            start_ms: START,
            end_ms: END,
            media_type: Some("voice".to_owned()),
            ..Fact::default()
        };
        assert_eq!(facts[..2], [first, second]);
        assert_eq!(facts[..3], facts[3..], "both row groups");
        let file = FactFile::open(&path, None).unwrap();
        assert_eq!(file.unknown_columns(), ["note"]);
    }
}

#[test]
fn scores_are_points() {
    let (_folder, path) = file(
        &[
            (
                "required binary interval_start (UTF8)",
                Text(vec![Some("2026-11-24T03:00:00+03:00")]),
            ),
            (
                "required int32 interval_end (DATE)",
                Short(vec![Some(20782)]),
            ),
            ("required binary user_id", Text(vec![Some("a")])),
            ("required double score_sum", Float(vec![Some(87.5)])),
            (
                "required int32 critical_score_sum (DECIMAL(9,1))",
                Short(vec![Some(905)]),
            ),
            ("required int64 score_count (UINT_64)", Int(vec![Some(1)])),
        ],
        Compression::SNAPPY,
    );
    let (kind, facts) = facts(&path, None).unwrap();
    assert_eq!(kind, FactKind::Evaluation);
    assert_eq!((facts[0].start_ms, facts[0].end_ms), (START, END));
    assert_eq!(
        facts[0].measures[..5],
        [None, Some(1), Some(87_500_000), None, Some(90_500_000)]
    );
    assert!(FactFile::open(&path, Some(FactKind::HandleTime)).is_err());
}

#[test]
fn what_is_no_fact_is_told_with_its_place() {
    let refused = |change: &dyn Fn(&mut Vec<Field>)| {
        let mut columns = one_row(START, END);
        change(&mut columns);
        let (_folder, path) = file(&columns, Compression::SNAPPY);
        let error = facts(&path, None).unwrap_err().to_string();
        error.split_once("theirs.parquet").unwrap().1.to_owned()
    };
    let number = |field: &'static str, value: Values| {
        refused(&move |columns| {
            let value = match &value {
                Int(value) => Int(value.clone()),
                Float(value) => Float(value.clone()),
                Bytes(value) => Bytes(value.clone()),
                _ => unreachable!(),
            };
            columns[3] = (field, value);
        })
    };
    let count = ", row group 0, row 0, column handle_count: ";
    let is = |told: String, what: &str| assert_eq!(told, format!("{count}{what}"));
    is(
        number("optional int64 handle_count", Int(vec![Some(-1)])),
        "the number is negative",
    );
    is(
        number("optional int64 handle_count (UINT_64)", Int(vec![Some(-1)])),
        "the number is too large",
    );
    is(
        number("optional double handle_count", Float(vec![Some(0.5)])),
        "the number is not whole",
    );
    is(
        number("optional double handle_count", Float(vec![Some(f64::NAN)])),
        "the number is not whole",
    );
    is(
        number("optional double handle_count", Float(vec![Some(1e300)])),
        "the number is too large for a floating point number to be exact",
    );
    is(
        number(
            "optional binary handle_count (DECIMAL(38,0))",
            Bytes(vec![Some(vec![0x7f; 20])]),
        ),
        "the number is too large",
    );
    assert_eq!(
        refused(&|columns| columns[1].1 = Int(vec![Some(START)])),
        ", row group 0, row 0, column interval_end: the interval ends before it starts"
    );
    assert_eq!(
        refused(&|columns| columns[0] = (
            "optional binary interval_start (UTF8)",
            Text(vec![Some("yesterday")])
        )),
        ", row group 0, row 0, column interval_start: it is not an ISO-8601 time with an offset, \
         as 2026-11-24T00:00:00Z"
    );
    assert_eq!(
        refused(&|columns| columns[0] = (
            "optional int64 interval_start (TIMESTAMP(MILLIS,true))",
            Int(vec![None])
        )),
        ", row group 0, row 0, column interval_start: it is empty"
    );
    assert_eq!(
        refused(&|columns| drop(columns.remove(2))),
        ": it has no column user_id"
    );
    assert_eq!(
        refused(&|columns| drop(columns.remove(3))),
        ": it has no column with a measure"
    );
    assert_eq!(
        refused(&|columns| columns.push(("optional int64 score_count", Int(vec![None])))),
        ": it has measures of both kinds of facts; tell which"
    );
    assert_eq!(
        refused(&|columns| columns[2] = ("optional int64 user_id", Int(vec![Some(1)]))),
        ": the column user_id has a type that does not fit"
    );
}

#[test]
fn a_damaged_file_is_an_error() {
    let (_folder, path) = file(&one_row(START, END), Compression::SNAPPY);
    let bytes = fs::read(&path).unwrap();
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        assert!(facts(&path, None).is_err(), "{length}");
    }
    for at in 0..bytes.len() {
        for flip in [1, 0x40, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            fs::write(&path, &damaged).unwrap();
            // Without digests damage may look like facts; it is no panic.
            let _ = facts(&path, None);
        }
    }
}
