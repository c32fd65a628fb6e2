//! Putting many rows into a table at once.

use std::borrow::Cow;

use headcount_core::user::Attributes;
use postgres::{
    CopyInWriter, Transaction,
    binary_copy::BinaryCopyInWriter,
    types::{ToSql, Type},
};

use crate::StoreError;

/// Keeps documents; gives their numbers, in the same order.
pub(super) fn documents(
    transaction: &mut Transaction<'_>,
    documents: &[&str],
) -> Result<Vec<i64>, StoreError> {
    let count = i64::try_from(documents.len()).unwrap_or(i64::MAX);
    let docs: Vec<i64> = transaction
        .query(
            "SELECT nextval('document_doc') FROM generate_series(1::bigint, $1)",
            &[&count],
        )?
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()?;
    let copy = transaction.copy_in("COPY document (doc, json) FROM STDIN BINARY")?;
    let mut rows = BinaryCopyInWriter::new(copy, &[Type::INT8, Type::TEXT]);
    for (doc, document) in docs.iter().zip(documents) {
        rows.write(&[doc, document])?;
    }
    rows.finish()?;
    Ok(docs)
}

/// A copy into a table that begins with the key of an org and the twelve columns of a user.
pub(super) struct Copying<'t>(BinaryCopyInWriter<'t>);

impl<'t> Copying<'t> {
    /// `own` are the types of what else the table has.
    pub(super) fn of_users(copy: CopyInWriter<'t>, own: &[Type]) -> Self {
        let mut types = vec![Type::INT8];
        types.extend([Type::TEXT; 11]);
        types.push(Type::INT8);
        types.extend_from_slice(own);
        Self(BinaryCopyInWriter::new(copy, &types))
    }

    /// One row.
    pub(super) fn user(
        &mut self,
        org: i64,
        user: &Attributes<'_>,
        own: &[&(dyn ToSql + Sync)],
    ) -> Result<(), StoreError> {
        let state = plain(&user.state);
        let texts = [
            &user.name,
            &user.email,
            &user.username,
            &user.preferred_name,
            &user.department,
            &user.title,
            &user.division_id,
            &user.division_name,
            &user.manager_id,
        ]
        .map(|text| text.as_deref().map(plain));
        let id = &*user.id;
        let mut row: Vec<&(dyn ToSql + Sync)> = vec![&org, &id, &state];
        row.extend(texts.iter().map(|text| text as &(dyn ToSql + Sync)));
        row.push(&user.version);
        row.extend_from_slice(own);
        Ok(self.0.write(&row)?)
    }

    pub(super) fn finish(self) -> Result<(), StoreError> {
        self.0.finish()?;
        Ok(())
    }
}

/// A text as PostgreSQL can hold it: without U+0000. The document has it still, as an escape.
fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', ""))
    } else {
        Cow::Borrowed(text)
    }
}
