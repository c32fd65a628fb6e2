//! In which form an answer is wanted, and what its links begin with.

use axum::extract::Request;
use hyper::{
    HeaderMap,
    header::{ACCEPT, HOST},
};

use crate::{
    app::App,
    error::ApiError,
    odata::{Form, Level},
};

/// Rows on a page at most.
const MOST: u64 = 10_000;

/// The form of JSON that is wanted: `$format` counts before `Accept`.
///
/// # Errors
/// 415 for another format.
pub(super) fn form(format: Option<&str>, headers: &HeaderMap) -> Result<Form, ApiError> {
    let accepted = headers.get_all(ACCEPT).into_iter();
    let mut accepted = accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let json = |text: &&str| text.trim().to_lowercase().starts_with("application/json");
    let asked = match format {
        Some(format) => format,
        None => accepted.find(json).map(str::trim).unwrap_or("json"),
    };
    let lower = asked.to_lowercase();
    let mut parts = lower.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    if !matches!(kind, "json" | "application/json") {
        return Err(unknown(asked));
    }
    let mut form = Form::USUAL;
    for part in parts {
        match part
            .split_once('=')
            .map(|(name, value)| (name.trim(), value.trim()))
        {
            Some(("odata.metadata" | "metadata", level)) => {
                form.level = match level {
                    "none" => Level::None,
                    "minimal" => Level::Minimal,
                    "full" => Level::Full,
                    _ => return Err(unknown(asked)),
                }
            }
            Some(("ieee754compatible", texts)) => form.texts = texts == "true",
            // Such as charset, or how much a format is liked.
            _ => {}
        }
    }
    Ok(form)
}

/// Whether metadata is wanted as XML, which it is unless JSON is asked for.
///
/// # Errors
/// 415 for another format.
pub(super) fn wants_xml(format: Option<&str>, headers: &HeaderMap) -> Result<bool, ApiError> {
    if let Some(format) = format {
        let lower = format.to_lowercase();
        return match lower.split(';').next().unwrap_or_default().trim() {
            "xml" | "application/xml" => Ok(true),
            "json" | "application/json" => Ok(false),
            _ => Err(unknown(format)),
        };
    }
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let accept = accept.unwrap_or_default().to_lowercase();
    // Readers of data often accept both, and all of them know the XML.
    let only_json = accept.contains("application/json")
        && !accept.contains("xml")
        && !accept.contains("*/*")
        && !accept.contains("odata.metadata");
    Ok(!only_json)
}

fn unknown(format: &str) -> ApiError {
    ApiError::invalid_parameter(
        format,
        "$format",
        "json, application/json;odata.metadata=none|minimal|full, xml for $metadata",
    )
}

/// The page size that a caller prefers (`Prefer: odata.maxpagesize=N`), within our bounds.
///
/// # Errors
/// 400 where it is no number.
pub(super) fn page_size(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    for value in headers.get_all("prefer") {
        let value = value.to_str().unwrap_or_default();
        for part in value.split([',', ';']) {
            let Some((name, size)) = part.split_once('=') else {
                continue;
            };
            let name = name.trim().to_ascii_lowercase();
            if name == "odata.maxpagesize" || name == "maxpagesize" {
                let size = size.trim().trim_matches('"');
                let size: u64 = size.parse().ok().filter(|size| *size > 0).ok_or_else(|| {
                    ApiError::invalid_parameter(size, "odata.maxpagesize", "whole numbers from 1")
                })?;
                return Ok(Some(size.min(MOST)));
            }
        }
    }
    Ok(None)
}

/// What links begin with: the address that the caller knows, also behind a proxy that tells it.
pub(super) fn base(app: &App, request: &Request) -> String {
    let headers = request.headers();
    let first = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.split(',').next()?.trim().to_owned())
    };
    let scheme = first("x-forwarded-proto")
        .filter(|scheme| matches!(scheme.as_str(), "http" | "https"))
        .unwrap_or_else(|| if app.https { "https" } else { "http" }.to_owned());
    let plain = |host: &String| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
        !host.is_empty() && host.bytes().all(allowed)
    };
    let host = first("x-forwarded-host")
        .filter(plain)
        .or_else(|| first(HOST.as_str()).filter(plain))
        .or_else(|| {
            request
                .uri()
                .authority()
                .map(|host| host.as_str().to_owned())
        })
        .unwrap_or_else(|| "localhost".to_owned());
    format!("{scheme}://{host}/odata/v4/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            hyper::header::HeaderName::from_static(name),
            hyper::header::HeaderValue::from_static(value),
        )])
    }

    #[test]
    fn a_form_is_what_was_asked_for() {
        let told = |format: Option<&str>, accept: &'static str| {
            form(format, &headers("accept", accept)).map(Form::media_type)
        };
        let usual = Ok("application/json;odata.metadata=minimal".to_owned());
        for accept in [
            "*/*",
            "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8",
            "application/atom+xml",
        ] {
            assert_eq!(told(None, accept), usual, "{accept}");
        }
        assert_eq!(
            told(
                Some("application/json;odata.metadata=none;IEEE754Compatible=true"),
                "*/*"
            ),
            Ok("application/json;odata.metadata=none;IEEE754Compatible=true".to_owned())
        );
        let full = "text/html, application/json;odata.metadata=full";
        assert_eq!(
            told(None, full),
            Ok("application/json;odata.metadata=full".to_owned())
        );
        assert!(told(Some("atom"), "*/*").is_err());
        assert!(told(Some("json;odata.metadata=some"), "*/*").is_err());
    }

    #[test]
    fn metadata_is_xml_unless_json_alone_is_wanted() {
        for (accept, xml) in [
            ("*/*", true),
            ("application/xml", true),
            ("application/json", false),
            ("application/json, application/xml;q=0.5", true),
        ] {
            assert_eq!(
                wants_xml(None, &headers("accept", accept)),
                Ok(xml),
                "{accept}"
            );
        }
        assert_eq!(wants_xml(Some("json"), &HeaderMap::new()), Ok(false));
        assert!(wants_xml(Some("yaml"), &HeaderMap::new()).is_err());
    }

    #[test]
    fn a_page_size_is_within_bounds() {
        let wish = |value| page_size(&headers("prefer", value));
        assert_eq!(wish("odata.maxpagesize=7"), Ok(Some(7)));
        assert_eq!(wish("return=minimal, maxpagesize=999999"), Ok(Some(MOST)));
        assert_eq!(wish("odata.track-changes"), Ok(None));
        assert!(wish("odata.maxpagesize=0").is_err());
    }
}
