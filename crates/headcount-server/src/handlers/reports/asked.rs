//! What a link asks of a report.

use headcount_core::{
    as_of,
    fact::FactKind,
    field::{Column, Field},
    filter::{self, FilterError},
    roster::View,
    search::{Matcher, StateRule},
    segment::{Attribute, AttributesError, Attribution, Period},
};
use headcount_store::KeptQuestion;
use jiff::{
    civil::{Date, Weekday},
    tz::TimeZone,
};

use crate::{error::ApiError, handlers::not_loaded, parameters::Parameters, settings::Reports};

/// Attributes in one question at most.
const MOST_ATTRIBUTES: usize = 8;

/// Days in one question at most: ten years.
const MOST_DAYS: i32 = 3_660;

/// A question, and what its attributes are called in the answer.
pub(crate) struct Asked {
    pub(crate) question: KeptQuestion,
    pub(crate) labels: Vec<String>,
}

impl Asked {
    /// Reads a question. `under` is as it was given: [`manager`] makes an id of it.
    ///
    /// # Errors
    /// 400, by what cannot be read.
    pub(crate) fn read(
        kind: FactKind,
        asked: &Parameters,
        divisions: Option<Vec<String>>,
        settings: &Reports,
    ) -> Result<Self, ApiError> {
        let names = asked.list("by");
        if names.len() > MOST_ATTRIBUTES {
            return Err(ApiError::constraint(format!(
                "at most {MOST_ATTRIBUTES} attributes may be given in by, not {}",
                names.len()
            )));
        }
        let (by, labels) = Attribute::parse_all(&names).map_err(|error| match error {
            AttributesError::Unknown(error) => ApiError::unknown_attribute(&error),
            error => ApiError::constraint(error),
        })?;
        let conditions = asked.each("where");
        let matcher = match conditions.as_slice() {
            [] => None,
            conditions => Some(matcher(conditions)?),
        };
        Ok(Self {
            question: KeptQuestion {
                kind,
                by,
                matcher,
                under: asked.get("under").map(str::to_owned),
                attribution: attribution(asked)?,
                divisions,
                period: period(asked)?,
                timezone: timezone(asked)?.or_else(|| settings.timezone.clone()),
                week_start: week_start(asked)?.unwrap_or(settings.week_start),
                allow_missing: asked.flag("allowMissing")?,
            },
            labels,
        })
    }
}

/// The id of the manager whom `under` names, by id or e-mail. Out of sight and unknown are the same
/// answer; of an id, the history has the last word.
///
/// # Errors
/// 404 where nobody in sight has the e-mail.
pub(crate) fn manager(view: View<'_>, name: &str) -> Result<String, ApiError> {
    if !name.contains('@') {
        return Ok(name.to_owned());
    }
    let criterion = headcount_core::wire::UserSearchCriteria {
        type_: Some("EXACT".to_owned()),
        fields: vec![Field::EMAIL.path().to_owned()],
        value: Some(name.to_owned()),
        ..Default::default()
    };
    let matcher =
        Matcher::compile(&[criterion], StateRule::AnyState).map_err(ApiError::constraint)?;
    let found = view.matching(&matcher).map_err(not_loaded)?;
    let id = found
        .iter()
        .find_map(|row| view.roster().value(row, Column::Id));
    id.map(str::to_owned).ok_or_else(ApiError::not_found)
}

fn matcher(conditions: &[&str]) -> Result<Matcher, ApiError> {
    let criteria = filter::parse_all(conditions).map_err(|error| match error {
        FilterError::UnknownField(error) => ApiError::unknown_field(&error),
        error => ApiError::constraint(format!("where: {error}")),
    })?;
    Matcher::compile(&criteria, StateRule::AnyState)
        .map_err(|error| headcount_core::search::SearchError::from(error).into())
}

fn attribution(asked: &Parameters) -> Result<Attribution, ApiError> {
    const WHENS: [(&str, Attribution); 2] =
        [("event", Attribution::Event), ("today", Attribution::Today)];
    let Some(text) = asked.get("asOf") else {
        return Ok(Attribution::Event);
    };
    WHENS
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text))
        .map(|(_, when)| when)
        .ok_or_else(|| ApiError::invalid_parameter(text, "asOf", "event, today"))
}

fn period(asked: &Parameters) -> Result<Period, ApiError> {
    let (from, to) = (day(asked, "from")?, day(asked, "to")?);
    if to < from {
        return Err(ApiError::constraint(format!(
            "the period ends on {to}, before it begins on {from}"
        )));
    }
    if from.until(to).map_or(i32::MAX, |span| span.get_days()) >= MOST_DAYS {
        return Err(ApiError::constraint(format!(
            "the period is longer than {MOST_DAYS} days"
        )));
    }
    Ok(Period { from, to })
}

fn day(asked: &Parameters, name: &str) -> Result<Date, ApiError> {
    let text = asked.get(name).ok_or_else(|| {
        ApiError::constraint(format!("{name} is missing, write a day like 2026-11-24"))
    })?;
    as_of::date(text).ok_or_else(|| {
        ApiError::invalid_date(format!(
            "{text:?} in {name} is no day, write it like 2026-11-24"
        ))
    })
}

fn timezone(asked: &Parameters) -> Result<Option<String>, ApiError> {
    let Some(name) = asked.get("timezone") else {
        return Ok(None);
    };
    TimeZone::get(name)
        .map(|_| Some(name.to_owned()))
        .map_err(|_| {
            ApiError::invalid_parameter(
                name,
                "timezone",
                "names of the IANA database, such as Asia/Riyadh or UTC",
            )
        })
}

fn week_start(asked: &Parameters) -> Result<Option<Weekday>, ApiError> {
    let Some(name) = asked.get("weekStart") else {
        return Ok(None);
    };
    let day = as_of::weekday(name).map(Some);
    day.ok_or_else(|| ApiError::invalid_parameter(name, "weekStart", &as_of::WEEKDAYS.join(", ")))
}
