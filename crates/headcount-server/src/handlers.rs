//! What answers a route; one file for each resource.

pub(crate) mod health;
pub(crate) mod query;
pub(crate) mod search;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod users;

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
