//! `q64`: a whole search request as one URL parameter (contract 1.2): URL-safe base64, padded, of
//! gzip, of JSON. It holds no state of the server and never expires.

use std::io::{Read, Write};

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Serialize;

use crate::wire::{Object, UserSearchRequest};

/// A request may unpack to this many bytes; it keeps a small link from filling the memory.
const MAX_JSON: u64 = 1 << 20;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a `q64` cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Q64Error {
    /// Not base64.
    #[error("q64 is not base64")]
    Base64(#[source] base64::DecodeError),
    /// Not gzip.
    #[error("q64 holds no gzip data")]
    Gzip(#[source] std::io::Error),
    /// Unpacks to too much.
    #[error("q64 unpacks to more than {MAX_JSON} bytes")]
    TooBig,
    /// Not a search request.
    #[error("q64 holds no search request")]
    Json(#[source] serde_json::Error),
}

/// Packs `request`. The same request gives the same text; put it into a URL percent-encoded.
#[must_use]
pub fn encode(request: &UserSearchRequest) -> String {
    #[derive(Serialize)]
    struct Packed<'r> {
        types: [&'static str; 1],
        #[serde(flatten)]
        request: &'r UserSearchRequest,
    }
    let packed = Packed {
        types: ["users"],
        request,
    };
    // Neither step can fail: there are no maps with odd keys, and memory takes every write.
    let json = serde_json::to_vec(&packed).unwrap_or_default();
    BASE64.encode(if json.len() <= SMALL {
        stored(&json)
    } else {
        let mut gzip = flate2::GzBuilder::new()
            .mtime(0)
            .write(Vec::new(), flate2::Compression::default());
        gzip.write_all(&json)
            .and_then(|()| gzip.finish())
            .unwrap_or_default()
    })
}

/// Up to so many bytes are not compressed: it would save little, and a page of users with its
/// three links costs less time than compressing one of them.
const SMALL: usize = 1024;

/// Gzip of a single block that is stored as it is (RFC 1952, RFC 1951 3.2.4).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(0);
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    let mut gzip = Vec::with_capacity(bytes.len() + 23);
    gzip.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1]);
    gzip.extend_from_slice(&length.to_le_bytes());
    gzip.extend_from_slice(&(!length).to_le_bytes());
    gzip.extend_from_slice(bytes);
    gzip.extend_from_slice(&crc.sum().to_le_bytes());
    gzip.extend_from_slice(&u32::from(length).to_le_bytes());
    gzip
}

/// Reads a request. Members that search does not know (`types`, `returnFields`, `aggregations`,
/// `searchType`) are ignored; padding may be missing or percent-encoded.
///
/// # Errors
/// [`Q64Error`], by the layer that cannot be read.
pub fn decode(q64: &str) -> Result<UserSearchRequest, Q64Error> {
    let text = q64
        .trim()
        .replace("%3D", "=")
        .replace("%3d", "=")
        .replace('+', "-")
        .replace('/', "_");
    let bytes = BASE64.decode(text).map_err(Q64Error::Base64)?;
    let mut json = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice())
        .take(MAX_JSON + 1)
        .read_to_end(&mut json)
        .map_err(Q64Error::Gzip)?;
    if json.len() as u64 > MAX_JSON {
        return Err(Q64Error::TooBig);
    }
    let Object(request) = serde_json::from_slice(&json).map_err(Q64Error::Json)?;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(json: &[u8]) -> String {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(json).unwrap();
        BASE64.encode(gzip.finish().unwrap())
    }

    #[test]
    fn the_official_samples_are_understood() {
        for (json, type_, value, page) in [
            (
                r#"{"types":["users"],"query":[{"type":"CONTAINS","fields":["name"],"value":"Smith"}],"pageSize":25,"pageNumber":1,"returnFields":["guid"],"searchType":"QUERY_THEN_FETCH"}"#,
                "CONTAINS",
                "Smith",
                1,
            ),
            (
                r#"{"types":["users"],"query":[{"values":[],"type":"STARTS_WITH","fields":["name"],"value":"Tom","group":[]}],"pageSize":25,"pageNumber":2,"returnFields":["guid"],"aggregations":[]}"#,
                "STARTS_WITH",
                "Tom",
                2,
            ),
        ] {
            let request = decode(&pack(json.as_bytes())).unwrap();
            assert_eq!(request.query[0].type_.as_deref(), Some(type_));
            assert_eq!(request.query[0].value.as_deref(), Some(value));
            assert_eq!(
                (request.page_number, request.page_size),
                (Some(page), Some(25))
            );
            assert_eq!(decode(&encode(&request)).unwrap(), request);
        }
    }

    #[test]
    fn the_text_is_url_safe_padded_gzip_without_a_time() {
        // Short ones are stored, long ones compressed.
        for size in (1..40).chain([400, 600, 40_000]) {
            let request = UserSearchRequest {
                page_size: Some(size),
                sort_by: Some("é".repeat(usize::try_from(size).unwrap())),
                ..Default::default()
            };
            let q64 = encode(&request);
            assert_eq!(q64.len() % 4, 0);
            assert!(!q64.contains(['+', '/']), "{q64}");
            let bytes = BASE64.decode(&q64).unwrap();
            assert_eq!(
                (&bytes[..3], &bytes[4..8]),
                (&[0x1f, 0x8b, 8][..], &[0; 4][..])
            );
            assert_eq!(decode(q64.trim_end_matches('=')).unwrap(), request);
            assert_eq!(decode(&q64.replace('=', "%3D")).unwrap(), request);
        }
    }

    #[test]
    fn each_layer_fails_by_name() {
        assert!(matches!(decode("§§"), Err(Q64Error::Base64(_))));
        assert!(matches!(decode("AAAA"), Err(Q64Error::Gzip(_))));
        assert!(matches!(decode(&pack(b"[1")), Err(Q64Error::Json(_))));
        assert!(matches!(
            decode(&pack(&vec![b' '; 3 << 20])),
            Err(Q64Error::TooBig)
        ));
    }
}
