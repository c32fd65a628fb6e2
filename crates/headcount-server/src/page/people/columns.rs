//! The columns of the table: which there are, what they are called, and what stands in them.

use headcount_core::field::{Column, Field, Kind};

use super::cells::Cell;
use crate::{
    app::Sight,
    csv,
    error::ApiError,
    handlers::table::{UserColumn, cell, document},
    page::{locale::Locale, texts::told_time},
    parameters::Parameters,
};

/// Columns at once, at most.
pub(super) const MOST_COLUMNS: usize = 12;

/// Columns unless others are chosen.
const USUAL: [&str; 7] = [
    "name",
    "email",
    "department",
    "title",
    "division",
    "manager",
    "state",
];

/// Columns that are offered, and what a person calls them. Any other field can be asked for by its
/// path.
const OFFERED: [(&str, &str); 32] = [
    ("name", "Name"),
    ("email", "E-mail"),
    ("department", "Department"),
    ("title", "Title"),
    ("division", "Division"),
    ("manager", "Manager"),
    ("state", "State"),
    ("username", "User name"),
    ("preferredName", "Preferred name"),
    ("id", "Id"),
    ("division.id", "Division id"),
    ("manager.id", "Manager id"),
    ("manager.email", "Manager e-mail"),
    ("version", "Version"),
    ("employerInfo.employeeId", "Employee id"),
    ("employerInfo.employeeType", "Employee type"),
    ("employerInfo.officialName", "Official name"),
    ("employerInfo.dateHire", "Hired"),
    ("dateLastLogin", "Last login"),
    ("dateWelcomeSent", "Welcome sent"),
    ("team.name", "Team"),
    ("locations.locationDefinition.name", "Location"),
    ("groups.name", "Groups"),
    ("skills.name", "Skills"),
    ("languages.name", "Languages"),
    ("authorization.roles.name", "Roles"),
    ("profileSkills", "Profile skills"),
    ("certifications", "Certifications"),
    ("languagePreference", "Language preference"),
    ("primaryContactInfo.address", "Primary contact"),
    ("addresses.address", "Addresses"),
    ("acdAutoAnswer", "Auto answer"),
];

/// A column that may be chosen.
pub(super) struct Offer {
    pub(super) label: String,
    pub(super) title: String,
    pub(super) is_chosen: bool,
}

/// The columns that are asked for, none twice.
///
/// # Errors
/// 400 for a field that users do not have, and for too many.
pub(super) fn asked(asked: &Parameters) -> Result<Vec<UserColumn>, ApiError> {
    let named = asked.list("columns");
    let mut columns: Vec<UserColumn> = Vec::new();
    let names = named.iter().map(String::as_str);
    for name in names.chain(USUAL.into_iter().filter(|_| named.is_empty())) {
        let column = one(name)?;
        if columns.iter().all(|known| known.field != column.field) {
            columns.push(column);
        }
    }
    if columns.len() > MOST_COLUMNS {
        return Err(ApiError::constraint(format!(
            "at most {MOST_COLUMNS} columns are shown at once, not {}",
            columns.len()
        )));
    }
    Ok(columns)
}

/// The column of a name.
///
/// # Errors
/// 400 for a field that users do not have.
pub(super) fn one(name: &str) -> Result<UserColumn, ApiError> {
    let field = Field::parse(name).map_err(|error| ApiError::unknown_field(&error))?;
    // By the name it is offered by, so that a field is called the same however it was asked for.
    let offered = OFFERED.iter().map(|(label, _)| *label);
    let label = offered
        .filter(|label| Field::parse(label) == Ok(field))
        .map(str::to_owned)
        .next();
    Ok(UserColumn {
        label: label.unwrap_or_else(|| field.path().to_owned()),
        field,
    })
}

pub(super) fn are_usual(columns: &[UserColumn]) -> bool {
    let labels = columns.iter().map(|column| column.label.as_str());
    labels.eq(USUAL)
}

/// What a person calls a column.
pub(super) fn title(column: &UserColumn) -> &str {
    let offered = OFFERED.iter().find(|(label, _)| *label == column.label);
    offered.map_or(&column.label, |(_, title)| title)
}

/// All that may be chosen, those first that are.
pub(super) fn offers(chosen: &[UserColumn]) -> Vec<Offer> {
    let offer = |column: &UserColumn, is_chosen| Offer {
        label: column.label.clone(),
        title: title(column).to_owned(),
        is_chosen,
    };
    let mut offers: Vec<Offer> = chosen.iter().map(|column| offer(column, true)).collect();
    let others = OFFERED.iter().filter_map(|(label, _)| one(label).ok());
    let others = others.filter(|column| chosen.iter().all(|known| known.label != column.label));
    offers.extend(others.map(|column| offer(&column, false)));
    offers
}

/// Whether a column holds numbers.
pub(super) fn is_number(column: &UserColumn) -> bool {
    column.field.kind() == Kind::Number
}

/// What a row in sight shows.
pub(super) fn cells(sight: &Sight, row: u32, columns: &[UserColumn], locale: &Locale) -> Vec<Cell> {
    let view = sight.view();
    let document = document(view, row, columns);
    let one = |column: &UserColumn| {
        let text = match cell(view, row, column.field, document.as_ref()) {
            csv::Cell::Text(text) => text.into_owned(),
            csv::Cell::Plain(text) => text,
            csv::Cell::Nothing => String::new(),
        };
        match column.field {
            _ if text.trim().is_empty() => nothing(sight, row, column.field),
            Field::STATE => Cell::State(text),
            Field::MANAGER_NAME => {
                let manager = view.manager_of(row);
                let id = manager.and_then(|manager| view.roster().value(manager, Column::Id));
                Cell::Person(text, id.unwrap_or_default().to_owned())
            }
            field => match field.kind() {
                Kind::Number => Cell::Number(number(&text, locale)),
                Kind::Date => Cell::Text(told_time(&text, locale).into_owned()),
                _ => Cell::Text(text),
            },
        }
    };
    columns.iter().map(one).collect()
}

/// What stands where a field has no value: an id in place of a name.
fn nothing(sight: &Sight, row: u32, field: Field) -> Cell {
    let column = match field {
        Field::MANAGER_NAME => Column::ManagerId,
        Field::DIVISION_NAME => Column::DivisionId,
        _ => return Cell::Nothing,
    };
    let id = sight.view().roster().value(row, column);
    id.map_or(Cell::Nothing, |id| Cell::Text(id.to_owned()))
}

fn number(text: &str, locale: &Locale) -> String {
    match text.parse::<i64>() {
        Ok(number) => locale.number(number),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_that_is_offered_is_there_once() {
        let fields: Vec<Field> = OFFERED
            .iter()
            .map(|(label, _)| Field::parse(label).unwrap())
            .collect();
        let different: std::collections::HashSet<&Field> = fields.iter().collect();
        assert_eq!(different.len(), OFFERED.len());
        for label in USUAL {
            assert_eq!(one(label).unwrap().label, label);
        }
        assert_eq!(one("DIVISION.name").unwrap().label, "division");
    }
}
