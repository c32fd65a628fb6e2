//! Bytes of a file as UTF-8: the encodings that spreadsheets and databases write.

use std::io::{self, Read};

/// Stands alone on a line behind the last row, so that a quote that is still open is noticed.
pub(super) const END: &str = "\u{ffff}";
/// Bytes read at once.
const CHUNK: usize = 1 << 16;

/// Gives UTF-8 without a byte order mark, whichever of UTF-8 and UTF-16 comes in. That UTF-8 is
/// right is for the reader of rows to check, who knows the line.
pub(super) struct Decoder<R> {
    read: R,
    encoding: Option<Encoding>,
    /// Bytes as they came that are not decoded yet: at most an odd one and half a pair.
    raw: Vec<u8>,
    /// Decoded bytes, of which `given` are given away.
    decoded: Vec<u8>,
    given: usize,
    /// Bytes decoded so far, and whether the last of them ends a line.
    total: u64,
    /// Where [`END`] stands, once the input has ended.
    end: Option<u64>,
    /// Bytes that may still be given for the present row.
    allowed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl<R: Read> Decoder<R> {
    pub(super) fn new(read: R) -> Self {
        Self {
            read,
            encoding: None,
            raw: Vec::new(),
            decoded: Vec::new(),
            given: 0,
            total: 0,
            end: None,
            allowed: u64::MAX,
        }
    }

    /// Allows for so many more bytes before a row counts as endless.
    pub(super) fn allow(&mut self, bytes: u64) {
        self.allowed = bytes;
    }

    /// Place of [`END`] in what is given, once it was given.
    pub(super) fn end(&self) -> Option<u64> {
        self.end
    }

    /// The first line that is not blank, or as much of it as one reading brings; nothing is given
    /// away by it.
    pub(super) fn first_line(&mut self) -> io::Result<&[u8]> {
        while self.end.is_none()
            && !line(&self.decoded).contains(&b'\n')
            && self.decoded.len() < CHUNK
        {
            self.fill()?;
        }
        Ok(line(&self.decoded))
    }

    /// Decodes some more bytes.
    fn fill(&mut self) -> io::Result<()> {
        let old = self.raw.len();
        self.raw.resize(old + CHUNK, 0);
        let read = loop {
            match self.read.read(&mut self.raw[old..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.raw.truncate(old + read);
        if self.encoding.is_none() {
            // A byte order mark may come in pieces.
            if read > 0 && self.raw.len() < 4 {
                return Ok(());
            }
            self.encoding = Some(self.sniff()?);
        }
        let before = self.decoded.len();
        match self.encoding {
            Some(Encoding::Utf16Le) => self.utf16(u16::from_le_bytes, read == 0)?,
            Some(Encoding::Utf16Be) => self.utf16(u16::from_be_bytes, read == 0)?,
            _ => self.decoded.append(&mut self.raw),
        }
        self.total += (self.decoded.len() - before) as u64;
        if read == 0 {
            self.end = Some(self.total);
            self.decoded.push(b'\n');
            self.decoded.extend_from_slice(END.as_bytes());
            self.decoded.push(b'\n');
        }
        Ok(())
    }

    /// What the first bytes tell, and takes a byte order mark away.
    fn sniff(&mut self) -> io::Result<Encoding> {
        let (encoding, mark) = match self.raw.as_slice() {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
                return Err(wrong("the file is in UTF-32; save it in UTF-8"));
            }
            [0xff, 0xfe, ..] => (Encoding::Utf16Le, 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16Be, 2),
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
            [b'P', b'K', 3, 4, ..] => {
                return Err(wrong("the file is a workbook; save it as \"CSV UTF-8\""));
            }
            bytes if bytes.iter().take(4).any(|byte| *byte == 0) => {
                return Err(wrong(
                    "the file is not text, or in UTF-16 without a byte order mark; save it in UTF-8",
                ));
            }
            _ => (Encoding::Utf8, 0),
        };
        self.raw.drain(..mark);
        Ok(encoding)
    }

    fn utf16(&mut self, unit: fn([u8; 2]) -> u16, last: bool) -> io::Result<()> {
        let mut units: Vec<u16> = self
            .raw
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]))
            .collect();
        let odd = self.raw.len() % 2;
        // The first half of a pair waits for the second.
        let half = units
            .last()
            .is_some_and(|unit| (0xd800..0xdc00).contains(unit))
            && !last;
        if half {
            units.pop();
        }
        self.raw.drain(..units.len() * 2);
        if last && odd == 1 {
            return Err(wrong(
                "the file ends in the middle of a character; it may be cut off",
            ));
        }
        for letter in char::decode_utf16(units) {
            let letter = letter
                .map_err(|_| wrong("half of a UTF-16 pair stands alone; save the file in UTF-8"))?;
            let mut bytes = [0; 4];
            self.decoded
                .extend_from_slice(letter.encode_utf8(&mut bytes).as_bytes());
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.decoded.len() {
            if self.end.is_some() {
                return Ok(0);
            }
            self.decoded.clear();
            self.given = 0;
            self.fill()?;
        }
        if self.allowed == 0 {
            return Err(wrong(
                "the row goes on for more than 1 MiB; a quote may be opened here and never closed",
            ));
        }
        let rest = &self.decoded[self.given..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        self.allowed = self.allowed.saturating_sub(count as u64);
        Ok(count)
    }
}

fn line(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !matches!(byte, b'\n' | b'\r'));
    let text = &text[start.unwrap_or(text.len())..];
    let end = text.iter().position(|byte| *byte == b'\n');
    &text[..end.map_or(text.len(), |end| end + 1)]
}

fn wrong(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
