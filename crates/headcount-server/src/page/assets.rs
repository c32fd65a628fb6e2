//! The files that the page loads: its style, its script and its picture. They change with the
//! program alone, so the links to them carry a digest and browsers keep them.

use std::{fmt, sync::LazyLock};

use axum::response::{IntoResponse, Response};
use hyper::{
    HeaderMap,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};
use ring::digest::{SHA256, digest};

use super::headers;

/// What all views share, then what some need beside.
const STYLE: &str = concat!(
    include_str!("assets/page.css"),
    include_str!("assets/people.css"),
    include_str!("assets/tree.css"),
    include_str!("assets/groups.css"),
    include_str!("assets/reports.css"),
    include_str!("assets/syncs.css"),
);
const SCRIPT: &str = include_str!("assets/page.js");
const ICON: &str = include_str!("assets/icon.svg");

/// Tells the files of one build of the program from those of another.
pub(crate) struct Edition;

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static EDITION: LazyLock<String> = LazyLock::new(|| {
            let all = digest(&SHA256, [STYLE, SCRIPT, ICON].concat().as_bytes());
            let first = all.as_ref().iter().take(6);
            first.map(|byte| format!("{byte:02x}")).collect()
        });
        f.write_str(&EDITION)
    }
}

pub(crate) async fn get_style() -> Response {
    file(STYLE, "text/css; charset=utf-8")
}

pub(crate) async fn get_script() -> Response {
    file(SCRIPT, "text/javascript; charset=utf-8")
}

pub(crate) async fn get_icon() -> Response {
    file(ICON, "image/svg+xml")
}

fn file(text: &'static str, kind: &'static str) -> Response {
    let mut told = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ]);
    headers::guard(&mut told);
    (told, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_name_no_other_host_and_write_no_markup_of_data() {
        for (text, kind) in [(STYLE, "style"), (SCRIPT, "script"), (ICON, "icon")] {
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for foreign in ["http://", "https://", "//cdn", "@import", "eval(", "url("] {
                assert!(!text.contains(foreign), "{kind} has {foreign}");
            }
        }
        for risky in ["document.write", "insertAdjacentHTML", ".style."] {
            assert!(!SCRIPT.contains(risky), "{risky}");
        }
    }
}
