//! One answer of upstream: the bytes that came, and where each user stands in them.

use headcount_core::{
    user::Attributes,
    wire::{UserCursorEntityListing, UsersSearchResponse},
};
use serde_json::value::RawValue;

/// Why an answer is not a page of users. Never holds any of its text.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PageError {
    /// Not JSON, cut off, or JSON of another shape.
    #[error("not the JSON of a page of users")]
    Shape,
    /// A user without an id.
    #[error("a user without id")]
    NoId,
    /// Bytes that are not UTF-8.
    #[error("not UTF-8 text")]
    NotText,
}

/// The users of one answer, in its order, each byte for byte.
#[derive(Debug)]
pub struct Page {
    /// Users that match the request on all pages, as upstream says; `None` for a cursor listing.
    pub total: Option<u64>,
    /// Page size that upstream says it used.
    pub page_size: Option<u64>,
    body: String,
    users: Vec<(u32, u32)>,
    ids: std::sync::Arc<[Box<str>]>,
}

/// A page of the cursor listing, and the way to the next.
#[derive(Debug)]
pub struct CursorPage {
    /// The users.
    pub page: Page,
    /// Token of the next page; `None` at the end.
    pub cursor: Option<String>,
}

impl Page {
    /// Reads an answer of `POST /api/v2/users/search`.
    ///
    /// # Errors
    /// [`PageError`] when it is anything else.
    pub fn from_search(body: Vec<u8>) -> Result<Self, PageError> {
        let body = String::from_utf8(body).map_err(|_| PageError::NotText)?;
        let answer: UsersSearchResponse<'_> =
            serde_json::from_str(&body).map_err(|_| PageError::Shape)?;
        let (users, ids) = locate(&body, &answer.results)?;
        let (total, page_size) = (Some(answer.total), answer.page_size);
        Ok(Self {
            total,
            page_size,
            users,
            ids: ids.into(),
            body,
        })
    }

    /// Ids of the users, in the order of the answer.
    #[must_use]
    pub fn ids(&self) -> &[Box<str>] {
        &self.ids
    }

    /// The same ids, shared.
    pub(crate) fn shared_ids(&self) -> std::sync::Arc<[Box<str>]> {
        self.ids.clone()
    }

    /// Documents of the users, in the order of the answer, byte for byte.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        self.users
            .iter()
            .map(|&(start, end)| &self.body[start as usize..end as usize])
    }

    /// Number of users in this answer.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// True when the answer holds no user.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }
}

impl CursorPage {
    /// Reads an answer of `GET /api/v2/users/query`.
    ///
    /// # Errors
    /// [`PageError`] when it is anything else.
    pub fn from_query(body: Vec<u8>) -> Result<Self, PageError> {
        let body = String::from_utf8(body).map_err(|_| PageError::NotText)?;
        let answer: UserCursorEntityListing<'_> =
            serde_json::from_str(&body).map_err(|_| PageError::Shape)?;
        let (users, ids) = locate(&body, &answer.entities)?;
        let cursor = answer.cursor.filter(|cursor| !cursor.is_empty());
        Ok(Self {
            page: Page {
                total: None,
                page_size: None,
                users,
                ids: ids.into(),
                body,
            },
            cursor,
        })
    }
}

/// Byte range of each user in `body`, and each one's id.
#[expect(
    clippy::type_complexity,
    reason = "two parallel lists, named where they are bound"
)]
fn locate(body: &str, rows: &[&RawValue]) -> Result<(Vec<(u32, u32)>, Vec<Box<str>>), PageError> {
    let base = body.as_ptr() as usize;
    let mut users = Vec::with_capacity(rows.len());
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        let document = row.get();
        let start = document.as_ptr() as usize - base;
        let narrow = |at: usize| u32::try_from(at).map_err(|_| PageError::Shape);
        users.push((narrow(start)?, narrow(start + document.len())?));
        ids.push(id_of(document)?);
    }
    Ok((users, ids))
}

/// The id, without reading the whole document where it stands first, as it does at Genesys.
fn id_of(document: &str) -> Result<Box<str>, PageError> {
    if let Some(rest) = document.strip_prefix("{\"id\":\"")
        && let Some(end) = rest.find(['"', '\\'])
        && rest.as_bytes()[end] == b'"'
        && end > 0
    {
        return Ok(rest[..end].into());
    }
    Attributes::parse(document)
        .map(|user| user.id.into())
        .map_err(|_| PageError::NoId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_each_user_byte_for_byte() {
        let body = r#"{"total": 2,"pageCount":1,"pageSize":25,"results":[ {"id":"a", "x" : 1} ,{"name":"q","id":"b\u0041"}],"new":1}"#;
        let page = Page::from_search(body.into()).unwrap();
        assert_eq!(
            page.documents().collect::<Vec<_>>(),
            [r#"{"id":"a", "x" : 1}"#, r#"{"name":"q","id":"b\u0041"}"#]
        );
        assert_eq!(page.ids(), [Box::from("a"), Box::from("bA")]);
        assert_eq!((page.total, page.page_size), (Some(2), Some(25)));
    }

    #[test]
    fn refuses_what_is_no_page() {
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"results":[]}"#,
            r#"{"total":1,"results":[{"#,
        ] {
            assert_eq!(
                Page::from_search(body.into()).unwrap_err(),
                PageError::Shape,
                "{body}"
            );
        }
        assert_eq!(
            Page::from_search(br#"{"total":1,"results":[{"name":"x"}]}"#.to_vec()).unwrap_err(),
            PageError::NoId
        );
        assert_eq!(
            Page::from_search(vec![0xff]).unwrap_err(),
            PageError::NotText
        );
    }

    #[test]
    fn an_empty_cursor_is_the_end() {
        let page = CursorPage::from_query(br#"{"entities":[{"id":"a"}],"cursor":""}"#.to_vec());
        assert_eq!(page.unwrap().cursor, None);
    }
}
