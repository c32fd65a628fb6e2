//! Writing q64: a search request as URL-safe base64 of gzip of JSON (contract 1.2), with members
//! that Genesys adds. Core reads them; it also writes, but with a compressor.

use base64::{Engine, prelude::BASE64_URL_SAFE};

/// Encodes JSON, ready for a URL: padding percent-encoded, gzip of time 0.
pub(crate) fn encode(json: &str) -> String {
    // Written as one stored block: a request is a few hundred bytes, and setting up a compressor
    // would cost more than the rest of the answer.
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut blocks = json.as_bytes().chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        gzip.push(u8::from(blocks.peek().is_none()));
        gzip.extend(length.to_le_bytes());
        gzip.extend((!length).to_le_bytes());
        gzip.extend(block);
    }
    let mut crc = flate2::Crc::new();
    crc.update(json.as_bytes());
    gzip.extend(crc.sum().to_le_bytes());
    gzip.extend(crc.amount().to_le_bytes());
    BASE64_URL_SAFE.encode(gzip).replace('=', "%3D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_reads_it_as_it_was() {
        for size in [0, 1, 2, 3, 70_000] {
            let by = "\u{e4}?>~".repeat(size);
            let link = encode(&format!("{{\"pageSize\":25,\"sortBy\":\"{by}\"}}"));
            assert!(link.starts_with("H4sI") && !link.contains(['=', '+', '/']));
            let request = headcount_core::search::q64::decode(&link).unwrap();
            assert_eq!(request.sort_by, Some(by));
        }
    }
}
