//! What answers a route; one file for each resource.

pub(crate) mod delta;
pub(crate) mod findings;
pub(crate) mod health;
pub(crate) mod managers;
pub(crate) mod odata;
pub(crate) mod query;
pub(crate) mod reports;
pub(crate) mod search;
pub(crate) mod table;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod users;

use headcount_core::{roster::RosterError, segment::SnapshotRef};
use headcount_store::Snapshot;
use jiff::Timestamp;

use crate::{error::ApiError, parameters::Parameters};

/// Names that `expand` may have (contract 7: those of `GET /users`, which hold those of search).
const EXPANSIONS: [&str; 25] = [
    "routingStatus",
    "presence",
    "integrationPresence",
    "conversationSummary",
    "outOfOffice",
    "geolocation",
    "station",
    "authorization",
    "lasttokenissued",
    "authorization.unusedRoles",
    "team",
    "workPlanBidRanks",
    "externalContactsSettings",
    "groups",
    "customAttributes",
    "profileSkills",
    "certifications",
    "locations",
    "skills",
    "languages",
    "languagePreference",
    "employerInfo",
    "biography",
    "dateLastLogin",
    "dateWelcomeSent",
];

/// Whose presence may stand in for Genesys' own (contract 2.1).
const INTEGRATIONS: [&str; 4] = ["MicrosoftTeams", "ZoomPhone", "EightByEight", "RingCentral"];

/// Refuses an expansion that does not exist. One that does is best effort, as upstream says:
/// documents are served as they were fetched.
fn check_expand(expand: &[String]) -> Result<(), ApiError> {
    match expand.iter().find(|name| {
        !EXPANSIONS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    }) {
        Some(unknown) => Err(ApiError::invalid_value(
            unknown,
            "expand",
            &EXPANSIONS.join(", "),
        )),
        None => Ok(()),
    }
}

fn check_integration(source: Option<&str>) -> Result<(), ApiError> {
    match source.filter(|source| !INTEGRATIONS.contains(source)) {
        Some(unknown) => Err(ApiError::invalid_value(
            unknown,
            "integrationPresenceSource",
            &INTEGRATIONS.join(", "),
        )),
        None => Ok(()),
    }
}

/// The same for the parameters of a link.
fn check_expansions(asked: &Parameters) -> Result<(), ApiError> {
    check_expand(&asked.list("expand"))?;
    check_integration(asked.get("integrationPresenceSource"))
}

/// Rosters are loaded whole; it would be a fault of ours.
pub(crate) fn not_loaded(error: RosterError) -> ApiError {
    tracing::error!(
        error = &error as &dyn std::error::Error,
        "a question reads what was not loaded"
    );
    ApiError::internal()
}

/// Whether an id can be that of a user.
fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Which snapshot an answer is of. How many users it has is not told to everybody.
fn snapshot_ref(snapshot: &Snapshot) -> SnapshotRef {
    let ms = snapshot.published_ms;
    SnapshotRef {
        id: snapshot.id,
        published: Timestamp::from_millisecond(ms).map_or_else(
            |_| ms.to_string(),
            |time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_in_any_case() {
        assert!(is_uuid("2fbd5b3a-4a7d-4B6e-9d8e-0123456789ab"));
        for bad in [
            "",
            "2fbd5b3a4a7d-4B6e-9d8e-0123456789ab0",
            "2fbd5b3a-4a7d-4B6e-9d8e-0123456789ag",
        ] {
            assert!(!is_uuid(bad), "{bad}");
        }
    }
}
