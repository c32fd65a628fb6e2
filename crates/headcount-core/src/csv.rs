//! CSV that spreadsheets open as it was meant: RFC 4180, lines ended by CRLF, and no text that is
//! taken for a formula. The one place for these rules: files, answers and exports are all written
//! here.

use std::borrow::Cow;

/// Writes records into memory, one field after the other; whoever has enough takes the bytes.
#[derive(Debug, Default)]
pub struct CsvWriter {
    bytes: Vec<u8>,
    /// Fields of the record that is being written.
    fields: usize,
    /// Where it began.
    start: usize,
}

impl CsvWriter {
    /// Nothing written yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a header line. Names are ours, so nothing in them is guarded.
    pub fn header<N: AsRef<str>>(&mut self, names: impl IntoIterator<Item = N>) {
        for name in names {
            self.plain(name.as_ref());
        }
        self.end();
    }

    /// Adds a text that comes from people: see [`guarded`].
    pub fn text(&mut self, text: &str) {
        self.plain(&guarded(text));
    }

    /// Adds a value of our own, such as a number, as it is: a negative number stays one.
    pub fn plain(&mut self, value: &str) {
        if self.fields > 0 {
            self.bytes.push(b',');
        }
        self.fields += 1;
        if !value.contains(['"', ',', '\r', '\n']) {
            return self.bytes.extend_from_slice(value.as_bytes());
        }
        self.bytes.push(b'"');
        self.bytes
            .extend_from_slice(value.replace('"', "\"\"").as_bytes());
        self.bytes.push(b'"');
    }

    /// Adds an empty field.
    pub fn nothing(&mut self) {
        self.plain("");
    }

    /// Ends the record. One empty field alone is written in quotes: an empty line would be no
    /// record to many readers.
    pub fn end(&mut self) {
        if self.fields == 1 && self.bytes.len() == self.start {
            self.bytes.extend_from_slice(b"\"\"");
        }
        self.bytes.extend_from_slice(b"\r\n");
        self.fields = 0;
        self.start = self.bytes.len();
    }

    /// Bytes that nobody took yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether all bytes were taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What was written since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        self.start = 0;
        std::mem::take(&mut self.bytes)
    }

    /// What was written since it was taken or cleared.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Lets go of what was written, and keeps the memory for more.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.start = 0;
    }
}

/// A text that begins like a formula gets an apostrophe before it, which spreadsheets take as
/// "this is text" (contract `facts.md`). Texts come from people; numbers are ours and stay.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_nothing_else() {
        for text in ["=A1", "+49 30 1", "-1", "@x", "\tx", "\rx"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["", "a=b", "O'Neill", " =", "1"] {
            assert_eq!(guarded(text), text);
        }
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let mut csv = CsvWriter::new();
        csv.header(["name", "count"]);
        csv.text("Zoë \"Z\", Sales");
        csv.plain("-3");
        csv.end();
        assert_eq!(
            csv.take(),
            "name,count\r\n\"Zoë \"\"Z\"\", Sales\",-3\r\n".as_bytes()
        );
        csv.text("=1\n+1");
        csv.nothing();
        csv.end();
        csv.nothing();
        csv.end();
        assert_eq!(csv.len(), 15);
        assert_eq!(csv.as_bytes(), b"\"'=1\n+1\",\r\n\"\"\r\n");
        csv.clear();
        assert!(csv.is_empty());
    }
}
