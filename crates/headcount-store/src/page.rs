//! A page on its way into a store, whichever that is: read, each user once, and what became of it.

use std::{borrow::Cow, collections::BTreeSet};

use headcount_core::{
    change::{Change, compare},
    personal::{erased, erased_from},
    user::Attributes,
};
use xxhash_rust::xxh3::xxh3_128;

use crate::{Staged, StoreError};

/// A user of the page.
pub(crate) struct Given<'a> {
    pub(crate) attributes: Attributes<'a>,
    pub(crate) document: Cow<'a, str>,
}

/// What a document is to the last snapshot. The numbers are what `staged.kind` holds.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    New = 0,
    Changed = 1,
    Touched = 2,
    Unchanged,
}

impl Kind {
    /// Where such a document is counted.
    pub(crate) fn counted(self, staged: &mut Staged) -> &mut u64 {
        match self {
            Self::New => &mut staged.new,
            Self::Changed => &mut staged.changed,
            Self::Touched => &mut staged.touched,
            Self::Unchanged => &mut staged.unchanged,
        }
    }
}

/// Reads all documents of a page, or tells the first that is not a user.
pub(crate) fn parse<'a>(documents: &[&'a str]) -> Result<Vec<Given<'a>>, StoreError> {
    documents
        .iter()
        .enumerate()
        .map(|(index, document)| match Attributes::parse(document) {
            Ok(attributes) => Ok(Given {
                attributes,
                document: Cow::Borrowed(document),
            }),
            Err(source) => Err(StoreError::NotAUser {
                position: index + 1,
                source,
            }),
        })
        .collect()
}

/// The page ordered by id, each user once: the highest version, the latest of equal ones.
pub(crate) fn one_each<'a>(mut page: Vec<Given<'a>>, staged: &mut Staged) -> Vec<Given<'a>> {
    // Stable, so that users of one id and version stay in the order given.
    page.sort_by(|a, b| {
        let key = |given: &Given<'a>| given.attributes.version;
        a.attributes
            .id
            .cmp(&b.attributes.id)
            .then(key(a).cmp(&key(b)))
    });
    let given = page.len();
    page.reverse();
    page.dedup_by(|a, b| a.attributes.id == b.attributes.id);
    page.reverse();
    staged.repeated += (given - page.len()) as u64;
    page
}

/// The page without what tells who anybody is that is forgotten.
pub(crate) fn without<'a>(
    mut page: Vec<Given<'a>>,
    forgotten: &BTreeSet<String>,
) -> Result<Vec<Given<'a>>, StoreError> {
    if forgotten.is_empty() {
        return Ok(page);
    }
    for given in &mut page {
        let mut text = None;
        if forgotten.contains(&*given.attributes.id) {
            text = Some(erased(&given.document).map_err(|_| UNREADABLE)?);
            let attributes = &mut given.attributes;
            for personal in [
                &mut attributes.name,
                &mut attributes.email,
                &mut attributes.username,
                &mut attributes.preferred_name,
            ] {
                *personal = None;
            }
        }
        for id in forgotten {
            let document = text.as_deref().unwrap_or(&given.document);
            if let Some(less) = erased_from(document, id).map_err(|_| UNREADABLE)? {
                text = Some(less);
            }
        }
        if let Some(text) = text {
            given.document = Cow::Owned(text);
        }
    }
    Ok(page)
}

/// Tells a changed document from an unchanged one.
pub(crate) fn digest(document: &str) -> [u8; 16] {
    xxh3_128(document.as_bytes()).to_be_bytes()
}

/// What a document is to the one that holds, when their digests differ.
pub(crate) fn compared(old: &str, document: &str) -> Result<Kind, StoreError> {
    Ok(match compare(old, document).map_err(|_| UNREADABLE)? {
        Change::Unchanged => Kind::Unchanged,
        Change::Touched => Kind::Touched,
        Change::Changed(_) => Kind::Changed,
    })
}

/// A document that is missing, or that is none.
pub(crate) const UNREADABLE: StoreError = StoreError::Unreadable { what: "a document" };
