//! The table of fields (contract `models.md` 2.2), and finding a name in it.

use super::{
    Field,
    Kind::{self, Bool, Date, Keyword, Number, Text},
};

/// Path and kind of every field. The first twelve are the columns, in the order of
/// [`super::Column::ALL`]; the next two are looked up in the manager's record.
pub(super) const FIELDS: &[(&str, Kind)] = &[
    ("id", Keyword),
    ("state", Keyword),
    ("name", Text),
    ("email", Text),
    ("username", Text),
    ("preferredName", Text),
    ("department", Text),
    ("title", Text),
    ("division.id", Keyword),
    ("division.name", Text),
    ("manager.id", Keyword),
    ("version", Number),
    ("manager.name", Text),
    ("manager.email", Text),
    ("division.selfUri", Keyword),
    ("manager.selfUri", Keyword),
    ("selfUri", Keyword),
    ("chat.jabberId", Keyword),
    ("primaryContactInfo.address", Text),
    ("primaryContactInfo.display", Text),
    ("primaryContactInfo.mediaType", Keyword),
    ("primaryContactInfo.type", Keyword),
    ("primaryContactInfo.extension", Keyword),
    ("primaryContactInfo.countryCode", Keyword),
    ("primaryContactInfo.integration", Keyword),
    ("addresses.address", Text),
    ("addresses.display", Text),
    ("addresses.mediaType", Keyword),
    ("addresses.type", Keyword),
    ("addresses.extension", Keyword),
    ("addresses.countryCode", Keyword),
    ("addresses.integration", Keyword),
    ("images.resolution", Keyword),
    ("images.imageUri", Keyword),
    ("certifications", Text),
    ("biography.biography", Text),
    ("biography.interests", Text),
    ("biography.hobbies", Text),
    ("biography.spouse", Text),
    ("biography.education.school", Text),
    ("biography.education.fieldOfStudy", Text),
    ("biography.education.notes", Text),
    ("biography.education.dateStart", Date),
    ("biography.education.dateEnd", Date),
    ("employerInfo.officialName", Text),
    ("employerInfo.employeeId", Keyword),
    ("employerInfo.employeeType", Text),
    ("employerInfo.dateHire", Date),
    ("acdAutoAnswer", Bool),
    ("profileSkills", Text),
    ("languagePreference", Keyword),
    ("dateLastLogin", Date),
    ("dateWelcomeSent", Date),
    ("lastTokenIssued.dateIssued", Date),
    ("routingStatus.userId", Keyword),
    ("routingStatus.status", Keyword),
    ("routingStatus.startTime", Date),
    ("presence.id", Keyword),
    ("presence.name", Text),
    ("presence.source", Keyword),
    ("presence.sourceId", Keyword),
    ("presence.primary", Bool),
    ("presence.presenceDefinition.id", Keyword),
    ("presence.presenceDefinition.systemPresence", Keyword),
    ("presence.futurePresenceDefinition.id", Keyword),
    ("presence.futurePresenceDefinition.systemPresence", Keyword),
    ("presence.message", Text),
    ("presence.modifiedDate", Date),
    ("integrationPresence.id", Keyword),
    ("integrationPresence.source", Keyword),
    ("integrationPresence.presenceDefinition.id", Keyword),
    (
        "integrationPresence.presenceDefinition.systemPresence",
        Keyword,
    ),
    ("integrationPresence.message", Text),
    ("integrationPresence.modifiedDate", Date),
    ("conversationSummary.userId", Keyword),
    ("conversationSummary.call.contactCenter.active", Number),
    ("conversationSummary.call.contactCenter.acw", Number),
    ("conversationSummary.call.enterprise.active", Number),
    ("conversationSummary.call.enterprise.acw", Number),
    ("conversationSummary.callback.contactCenter.active", Number),
    ("conversationSummary.callback.contactCenter.acw", Number),
    ("conversationSummary.callback.enterprise.active", Number),
    ("conversationSummary.callback.enterprise.acw", Number),
    ("conversationSummary.email.contactCenter.active", Number),
    ("conversationSummary.email.contactCenter.acw", Number),
    ("conversationSummary.email.enterprise.active", Number),
    ("conversationSummary.email.enterprise.acw", Number),
    ("conversationSummary.message.contactCenter.active", Number),
    ("conversationSummary.message.contactCenter.acw", Number),
    ("conversationSummary.message.enterprise.active", Number),
    ("conversationSummary.message.enterprise.acw", Number),
    ("conversationSummary.chat.contactCenter.active", Number),
    ("conversationSummary.chat.contactCenter.acw", Number),
    ("conversationSummary.chat.enterprise.active", Number),
    ("conversationSummary.chat.enterprise.acw", Number),
    (
        "conversationSummary.socialExpression.contactCenter.active",
        Number,
    ),
    (
        "conversationSummary.socialExpression.contactCenter.acw",
        Number,
    ),
    (
        "conversationSummary.socialExpression.enterprise.active",
        Number,
    ),
    (
        "conversationSummary.socialExpression.enterprise.acw",
        Number,
    ),
    ("conversationSummary.video.contactCenter.active", Number),
    ("conversationSummary.video.contactCenter.acw", Number),
    ("conversationSummary.video.enterprise.active", Number),
    ("conversationSummary.video.enterprise.acw", Number),
    ("outOfOffice.id", Keyword),
    ("outOfOffice.name", Text),
    ("outOfOffice.startDate", Date),
    ("outOfOffice.endDate", Date),
    ("outOfOffice.active", Bool),
    ("outOfOffice.indefinite", Bool),
    ("geolocation.id", Keyword),
    ("geolocation.name", Text),
    ("geolocation.type", Keyword),
    ("geolocation.primary", Bool),
    ("geolocation.latitude", Number),
    ("geolocation.longitude", Number),
    ("geolocation.country", Text),
    ("geolocation.region", Text),
    ("geolocation.city", Text),
    ("geolocation.locations.id", Keyword),
    ("geolocation.locations.name", Text),
    ("station.associatedStation.id", Keyword),
    ("station.associatedStation.name", Text),
    ("station.associatedStation.type", Keyword),
    ("station.effectiveStation.id", Keyword),
    ("station.effectiveStation.name", Text),
    ("station.effectiveStation.type", Keyword),
    ("station.defaultStation.id", Keyword),
    ("station.defaultStation.name", Text),
    ("station.defaultStation.type", Keyword),
    ("station.lastAssociatedStation.id", Keyword),
    ("station.lastAssociatedStation.name", Text),
    ("station.lastAssociatedStation.type", Keyword),
    ("authorization.roles.id", Keyword),
    ("authorization.roles.name", Text),
    ("authorization.unusedRoles.id", Keyword),
    ("authorization.unusedRoles.name", Text),
    ("authorization.permissions", Keyword),
    ("locations.id", Keyword),
    ("locations.floorplanId", Keyword),
    ("locations.notes", Text),
    ("locations.locationDefinition.id", Keyword),
    ("locations.locationDefinition.name", Text),
    ("locations.locationDefinition.state", Keyword),
    ("locations.locationDefinition.notes", Text),
    ("locations.locationDefinition.address.city", Text),
    ("locations.locationDefinition.address.country", Keyword),
    ("locations.locationDefinition.address.countryName", Text),
    ("locations.locationDefinition.address.state", Text),
    ("locations.locationDefinition.address.street1", Text),
    ("locations.locationDefinition.address.street2", Text),
    ("locations.locationDefinition.address.zipcode", Keyword),
    ("groups.id", Keyword),
    ("groups.name", Text),
    ("groups.type", Keyword),
    ("groups.state", Keyword),
    ("groups.description", Text),
    ("team.id", Keyword),
    ("team.name", Text),
    ("team.description", Text),
    ("team.memberCount", Number),
    ("skills.id", Keyword),
    ("skills.name", Text),
    ("skills.proficiency", Number),
    ("skills.state", Keyword),
    ("languages.id", Keyword),
    ("languages.name", Text),
    ("languages.proficiency", Number),
    ("languages.state", Keyword),
    ("workPlanBidRanks.id", Keyword),
    ("workPlanBidRanks.workPlanBiddingPerformance", Number),
    ("workPlanBidRanks.biddingTieBreaker", Keyword),
];

/// Names that stand for several fields; any of them may match. The second is the readable one.
const ALIASES: &[(&str, &[Field])] = &[
    ("division", &[Field::DIVISION_ID, Field::DIVISION_NAME]),
    (
        "manager",
        &[Field::MANAGER_ID, Field::MANAGER_NAME, Field::MANAGER_EMAIL],
    ),
];

/// One slice per field, so that a single field and an alias are found as the same type.
static SINGLES: std::sync::LazyLock<Vec<Field>> =
    std::sync::LazyLock::new(|| Field::all().collect());

pub(super) fn find(name: &str) -> Option<&'static [Field]> {
    if let Some((_, fields)) = ALIASES
        .iter()
        .find(|(alias, _)| alias.eq_ignore_ascii_case(name))
    {
        return Some(fields);
    }
    let index = FIELDS
        .iter()
        .position(|(path, _)| path.eq_ignore_ascii_case(name))?;
    SINGLES.get(index..=index)
}

/// At most three names that look like `name`, the likeliest first.
pub(super) fn nearest(name: &str) -> Vec<&'static str> {
    /// Below this Jaro-Winkler likeness (0 to 1) a proposal would puzzle more than it helps.
    const ALIKE: f64 = 0.8;
    let wanted = name.to_lowercase();
    // A forgotten group ("employeeId" for "employerInfo.employeeId") is as likely as a typo.
    let likeness = |path: &str| {
        let path = path.to_lowercase();
        let last = path.rsplit('.').next().unwrap_or_default();
        strsim::jaro_winkler(&path, &wanted).max(strsim::jaro_winkler(last, &wanted) - 0.05)
    };
    let mut names: Vec<(f64, &'static str)> = ALIASES
        .iter()
        .map(|&(alias, _)| alias)
        .chain(FIELDS.iter().map(|&(path, _)| path))
        .map(|path| (likeness(path), path))
        .filter(|&(likeness, _)| likeness >= ALIKE)
        .collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0));
    names.into_iter().take(3).map(|(_, name)| name).collect()
}
