//! Rows as they cross the wire in a binary COPY: a header, then for each row the number of its
//! fields, and for each field its length and bytes.

use std::io::{self, Read};

/// What every binary copy begins with: a signature, flags, and no extension.
const HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// Writes rows.
pub(super) struct RowWriter {
    pub(super) bytes: Vec<u8>,
}

impl RowWriter {
    pub(super) fn new() -> Self {
        Self {
            bytes: HEADER.to_vec(),
        }
    }

    /// Begins a row of so many fields.
    pub(super) fn row(&mut self, fields: i16) {
        self.bytes.extend_from_slice(&fields.to_be_bytes());
    }

    pub(super) fn int4(&mut self, value: i32) {
        self.field(&value.to_be_bytes());
    }

    pub(super) fn int8(&mut self, value: Option<i64>) {
        match value {
            Some(value) => self.field(&value.to_be_bytes()),
            None => self.null(),
        }
    }

    pub(super) fn text(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.field(value.as_bytes()),
            None => self.null(),
        }
    }

    /// Ends the copy.
    pub(super) fn end(&mut self) {
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
    }

    fn field(&mut self, value: &[u8]) {
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    fn null(&mut self) {
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
    }
}

/// Reads rows.
pub(super) struct RowReader<R> {
    from: R,
    /// The field read last.
    field: Vec<u8>,
}

impl<R: Read> RowReader<R> {
    pub(super) fn new(mut from: R) -> io::Result<Self> {
        let mut header = [0; HEADER.len()];
        from.read_exact(&mut header)?;
        match &header == HEADER {
            true => Ok(Self {
                from,
                field: Vec::new(),
            }),
            false => Err(odd()),
        }
    }

    /// Goes on to the next row, which has so many fields; false behind the last one.
    pub(super) fn next(&mut self, fields: usize) -> io::Result<bool> {
        let mut number = [0; 2];
        self.from.read_exact(&mut number)?;
        match usize::try_from(i16::from_be_bytes(number)) {
            Ok(number) if number == fields => Ok(true),
            Ok(_) => Err(odd()),
            Err(_) => Ok(false),
        }
    }

    pub(super) fn int8(&mut self) -> io::Result<Option<i64>> {
        let mut number = [0; 8];
        match self.length()? {
            None => Ok(None),
            Some(8) => {
                self.from.read_exact(&mut number)?;
                Ok(Some(i64::from_be_bytes(number)))
            }
            Some(_) => Err(odd()),
        }
    }

    pub(super) fn text(&mut self) -> io::Result<Option<&str>> {
        let Some(length) = self.length()? else {
            return Ok(None);
        };
        self.field.resize(length, 0);
        self.from.read_exact(&mut self.field)?;
        str::from_utf8(&self.field).map(Some).map_err(|_| odd())
    }

    fn length(&mut self) -> io::Result<Option<usize>> {
        let mut length = [0; 4];
        self.from.read_exact(&mut length)?;
        // No length is null.
        Ok(usize::try_from(i32::from_be_bytes(length)).ok())
    }
}

fn odd() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "no binary copy of facts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = RowWriter::new();
        for (text, number) in [
            (Some("ü"), Some(-1)),
            (None, None),
            (Some(""), Some(i64::MAX)),
        ] {
            writer.row(2);
            writer.text(text);
            writer.int8(number);
        }
        writer.end();
        let mut reader = RowReader::new(&writer.bytes[..]).unwrap();
        let mut rows = Vec::new();
        while reader.next(2).unwrap() {
            let text = reader.text().unwrap().map(str::to_owned);
            rows.push((text, reader.int8().unwrap()));
        }
        let expected = [
            (Some("ü".to_owned()), Some(-1)),
            (None, None),
            (Some(String::new()), Some(i64::MAX)),
        ];
        assert_eq!(rows, expected);
        assert!(RowReader::new(&b"PGCOPY"[..]).is_err());
        let mut reader = RowReader::new(&writer.bytes[..]).unwrap();
        assert!(reader.next(3).is_err());
    }
}
