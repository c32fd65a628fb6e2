use std::io::{self, Cursor, Read};

use proptest::prelude::*;

use super::*;

/// Gives a few bytes at a time, so that everything is cut everywhere.
struct Trickle(Cursor<Vec<u8>>, usize);

impl Read for Trickle {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(self.1);
        self.0.read(&mut out[..most])
    }
}

fn all(bytes: &[u8], at_once: usize) -> Result<Vec<(u64, Vec<String>)>, TabularError> {
    let mut rows = Rows::new(Trickle(Cursor::new(bytes.to_vec()), at_once), "hr.csv")?;
    let mut found = vec![(1, rows.header().to_vec())];
    while let Some(row) = rows.next()? {
        let cells = (0..found[0].1.len()).map(|column| row.cell(column).to_owned());
        found.push((row.line, cells.collect()));
    }
    Ok(found)
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mut bytes = unit(0xfeff).to_vec();
    bytes.extend(text.encode_utf16().flat_map(unit));
    bytes
}

fn encodings(text: &str) -> [Vec<u8>; 4] {
    [
        text.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        utf16(text, u16::to_le_bytes),
        utf16(text, u16::to_be_bytes),
    ]
}

#[test]
fn every_encoding_delimiter_and_line_end_reads_the_same() {
    let wanted = vec![
        (1, vec!["Name".to_owned(), "e-mail".to_owned()]),
        (
            2,
            vec![
                "Zoë; 𝒁, \"Z\"\t".trim().to_owned(),
                "z@example.com".to_owned(),
            ],
        ),
        (3, vec!["Łukasz".to_owned(), String::new()]),
    ];
    for delimiter in [",", ";", "\t"] {
        for end in ["\n", "\r\n"] {
            for last in [end, ""] {
                let lines = [
                    ["Name", "e-mail"],
                    ["\"Zoë; 𝒁, \"\"Z\"\"\t\"", "z@example.com"],
                    ["Łukasz", ""],
                ];
                let text = lines.map(|cells| cells.join(delimiter)).join(end) + last;
                for bytes in encodings(&text) {
                    for at_once in [1, 3, 7, 1 << 20] {
                        assert_eq!(all(&bytes, at_once).unwrap(), wanted, "{text:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn lines_are_those_of_an_editor() {
    let text = "a,b\r\n\r\n1,\"x\r\ny\"\r\n\r\n2,z\r\n";
    let lines: Vec<u64> = all(text.as_bytes(), 5)
        .unwrap()
        .iter()
        .map(|row| row.0)
        .collect();
    assert_eq!(lines, [1, 3, 6]);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let told = |bytes: &[u8]| all(bytes, 4096).unwrap_err().to_string();
    let cases: [(&[u8], &str); 10] = [
        (
            b"",
            "hr.csv:1: the file is empty; its first line names the columns",
        ),
        (
            b"\xef\xbb\xbf\n",
            "hr.csv:1: the file is empty; its first line names the columns",
        ),
        (
            b"a,b\n1,2\n3\n",
            "hr.csv:3: the row has 1 cells where the header has 2; put a cell with a delimiter or a line break in it into quotes",
        ),
        (
            b"a,b\n1,2,3\n",
            "hr.csv:2: the row has 3 cells where the header has 2; put a cell with a delimiter or a line break in it into quotes",
        ),
        (
            b"a,b\n1,2\n3,\"4\n5,6\n",
            "hr.csv:3: a quote is opened in this row and never closed",
        ),
        (
            b"a,b\n1,M\xfcller\n",
            "hr.csv:2:2: the cell is not UTF-8; save the file as \"CSV UTF-8\" or as Unicode text",
        ),
        (
            b"\xff\xfea\0,\0b",
            "hr.csv:1: the file ends in the middle of a character; it may be cut off",
        ),
        (
            b"\xff\xfea\0\0\xd8b\0",
            "hr.csv:1: half of a UTF-16 pair stands alone; save the file in UTF-8",
        ),
        (
            b"a\0b\0c\0",
            "hr.csv:1: the file is not text, or in UTF-16 without a byte order mark; save it in UTF-8",
        ),
        (
            b"PK\x03\x04xl",
            "hr.csv:1: the file is a workbook; save it as \"CSV UTF-8\"",
        ),
    ];
    for (bytes, wanted) in cases {
        assert_eq!(told(bytes), wanted);
    }
    let endless = [b"a,b\n1,\"".to_vec(), vec![b'x'; 4 << 20]].concat();
    let told = told(&endless);
    assert!(
        told.starts_with("hr.csv:2: the row goes on for more than 1 MiB"),
        "{told}"
    );
}

#[test]
fn columns_are_found_by_any_of_their_names() {
    let known: &[Known<u8>] = &[(1, &["email", "mail"]), (2, &["department"])];
    let rows = |text: &'static str| Rows::new(text.as_bytes(), "hr.csv").unwrap();
    let mapping = Mapping::of(&rows("Cost Center,DEPARTMENT,E-Mail,,x"), known).unwrap();
    assert_eq!((mapping.column(1), mapping.column(2)), (Some(2), Some(1)));
    assert_eq!(mapping.unknown, ["Cost Center", "x"]);
    assert_eq!(
        Mapping::of(&rows("Mail,name,e_mail"), known)
            .unwrap_err()
            .to_string(),
        "hr.csv:1:3: the columns \"Mail\" and \"e_mail\" mean the same; keep one of them"
    );
}

proptest! {
    /// Whatever stands in cells comes back, in every encoding, however the bytes arrive.
    #[test]
    fn cells_come_back(
        rows in prop::collection::vec(prop::collection::vec("\\PC{0,6}", 3), 1..6),
        delimiter in prop::sample::select(&b",;\t"[..]),
        at_once in 1_usize..40,
    ) {
        let mut bytes = Vec::new();
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .quote_style(csv::QuoteStyle::Always)
            .from_writer(&mut bytes);
        writer.write_record(["a", "b", "c"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        drop(writer);
        let wanted: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect())
            .collect();
        for bytes in encodings(&String::from_utf8(bytes).unwrap()) {
            let found = all(&bytes, at_once).unwrap();
            let cells: Vec<Vec<String>> = found.into_iter().skip(1).map(|row| row.1).collect();
            prop_assert_eq!(&cells, &wanted);
        }
    }

    /// Any bytes give rows or an error.
    #[test]
    fn no_bytes_are_too_much(bytes in prop::collection::vec(any::<u8>(), 0..200), at_once in 1_usize..40) {
        let _ = all(&bytes, at_once);
    }
}
