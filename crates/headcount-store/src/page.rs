//! The users of a page that is about to be staged.

use std::{borrow::Cow, collections::BTreeSet};

use headcount_core::{
    personal::{erased, erased_from},
    user::Attributes,
};

use crate::{Staged, StoreError};

/// A user of the page.
pub(crate) struct Given<'a> {
    pub(crate) attributes: Attributes<'a>,
    pub(crate) document: Cow<'a, str>,
}

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

const UNREADABLE: StoreError = StoreError::Unreadable { what: "a document" };
