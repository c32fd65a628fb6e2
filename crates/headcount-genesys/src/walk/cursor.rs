//! *Cursor*: the listing `GET /users/query`. It is sound when it goes by id: ids ascend through
//! all pages and each cursor names the last id it stands for. A cursor that does not show this is
//! read twice, and must give the very same list: ids do not come back once they are gone, so
//! nobody was purged in between, and without that no place can have been skipped.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{Certificate, PartEvidence, Sink, Stop, WalkError, Way, ask::Walker};
use crate::{Answer, Upstream};

/// A cursor that leads to empty pages this often in a row leads nowhere.
const EMPTY_PAGES: u32 = 5;
/// Readings before two in a row must have been the same.
const READINGS: u32 = 4;

/// What one reading of the listing came to.
pub(super) struct Listing {
    /// Users listed, each once.
    pub(super) users: u64,
    pages: u64,
    /// Ids ascended and each cursor named its last id.
    by_id: bool,
    /// Digest of all ids in their order.
    digest: u64,
}

/// Takes the whole org from the cursor listing.
pub(super) async fn walk<U: Upstream, S: Sink>(
    walker: &Walker<'_, U, S>,
) -> Result<Certificate, Stop> {
    let before = walker.count().await?;
    if let Some(total) = before {
        walker.sink.expect(total);
    }
    let listing = read(walker).await?;
    let after = walker.count().await?;
    if let (Some(before), Some(after)) = (before, after) {
        walker.moved(before, after);
    }
    let users = walker
        .sink
        .seen()
        .await
        .map_err(WalkError::Sink)
        .map_err(Stop::Fatal)?;
    let movement = walker.movement();
    if after.is_some_and(|after| !walker.may_be_capped(after) && users + movement.rises < after) {
        return Err(Stop::Unsound(
            "fewer users are listed than are counted".to_owned(),
        ));
    }
    Ok(Certificate {
        way: Way::Cursor,
        users,
        total_before: before,
        total_after: after,
        movement,
        passes: 1,
        parts: vec![PartEvidence {
            part: "listing".to_owned(),
            total: None,
            users: listing.users,
            pages: listing.pages,
            again: 0,
        }],
        passed_over: Vec::new(),
        verified: None,
    })
}

/// Reads the listing, as often as it takes to trust it.
pub(super) async fn read<U: Upstream, S: Sink>(walker: &Walker<'_, U, S>) -> Result<Listing, Stop> {
    let mut last = read_once(walker).await?;
    for _ in 1..READINGS {
        if last.by_id && walker.plan.capabilities.cursor_by_id != Answer::No {
            return Ok(last);
        }
        let next = read_once(walker).await?;
        if next.digest == last.digest && next.users == last.users {
            return Ok(next);
        }
        last = next;
    }
    Err(Stop::Unsound(
        "the cursor listing does not go by id, and no two readings of it were the same".to_owned(),
    ))
}

async fn read_once<U: Upstream, S: Sink>(walker: &Walker<'_, U, S>) -> Result<Listing, Stop> {
    let unsound = |why: &str| Stop::Unsound(why.to_owned());
    let mut listing = Listing {
        users: 0,
        pages: 0,
        by_id: true,
        digest: 0,
    };
    let mut digest = DefaultHasher::new();
    let (mut cursor, mut last_id): (Option<String>, Option<Box<str>>) = (None, None);
    let mut empty = 0;
    loop {
        let answer = match walker
            .upstream
            .query(walker.size(), cursor.as_deref())
            .await
        {
            Ok(answer) => answer,
            Err(error) if error.is_refusal() => {
                return Err(unsound("GET /users/query was refused"));
            }
            Err(error) => return Err(error.into()),
        };
        let ids = answer.page.shared_ids();
        listing.pages += 1;
        listing.users += ids.len() as u64;
        ids.hash(&mut digest);
        let ascends = ids.windows(2).all(|pair| pair[0] < pair[1])
            && last_id
                .as_deref()
                .is_none_or(|last| ids.first().is_none_or(|first| **first > *last));
        last_id = ids.last().cloned().or(last_id);
        walker
            .sink
            .keep(answer.page)
            .await
            .map_err(WalkError::Sink)
            .map_err(Stop::Fatal)?;
        let Some(next) = answer.cursor else {
            listing.by_id &= ascends;
            listing.digest = digest.finish();
            return Ok(listing);
        };
        listing.by_id &= ascends && last_id.as_deref().is_some_and(|last| names_id(&next, last));
        empty = if ids.is_empty() { empty + 1 } else { 0 };
        if empty >= EMPTY_PAGES || cursor.as_ref() == Some(&next) {
            return Err(unsound("the cursor of GET /users/query leads nowhere"));
        }
        cursor = Some(next);
    }
}

/// Whether a cursor names an id, as it stands or in base64.
pub(crate) fn names_id(cursor: &str, id: &str) -> bool {
    let plain = |text: &str| text.replace('-', "").to_ascii_lowercase();
    let id = plain(id);
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let alphabets = [&base64::alphabet::STANDARD, &base64::alphabet::URL_SAFE];
    plain(cursor).contains(&id)
        || alphabets.into_iter().any(|alphabet| {
            GeneralPurpose::new(alphabet, lenient)
                .decode(cursor)
                .is_ok_and(|decoded| plain(&String::from_utf8_lossy(&decoded)).contains(&id))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_by_id_is_recognised() {
        let id = "0A1b2c3d-1111-4222-8333-444455556666";
        for cursor in [
            id.to_owned(),
            format!("after:{}", id.to_lowercase()),
            base64::prelude::BASE64_STANDARD.encode(format!("{{\"after\":\"{id}\"}}")),
            base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(id.replace('-', "")),
        ] {
            assert!(names_id(&cursor, id), "{cursor}");
        }
        for cursor in [
            "100".to_owned(),
            base64::prelude::BASE64_STANDARD.encode("offset=100"),
        ] {
            assert!(!names_id(&cursor, id), "{cursor}");
        }
    }
}
