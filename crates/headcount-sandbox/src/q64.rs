//! q64: a search request as URL-safe base64 of gzip of JSON (contract 1.2).

use std::io::Read;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::BASE64_URL_SAFE,
};

/// A request is small; more than this is an attack on memory, bytes.
const LARGEST: u64 = 1 << 20;

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

/// Decodes the value of a q64 parameter, its percent signs already resolved.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let text = text.replace('+', "-").replace('/', "_");
    let gzip = GeneralPurpose::new(&alphabet::URL_SAFE, config)
        .decode(text)
        .ok()?;
    let mut json = Vec::new();
    flate2::read::GzDecoder::new(&gzip[..])
        .take(LARGEST)
        .read_to_end(&mut json)
        .ok()?;
    Some(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was() {
        for json in [
            "{}",
            "{\"pageSize\":25,\"query\":[{\"value\":\"\u{e4}?>~\"}]}",
            &"x".repeat(70_000),
        ] {
            let link = encode(json);
            assert!(link.starts_with("H4sI") && !link.contains(['=', '+', '/']));
            assert_eq!(decode(&link.replace("%3D", "=")).unwrap(), json.as_bytes());
        }
        assert_eq!(decode("H4sI"), None);
        assert_eq!(decode("???"), None);
    }
}
