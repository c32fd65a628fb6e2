//! Where segments lead to, and which periods are a click away.

use headcount_core::{
    aggregate::{GroupBy, NONE},
    field::{Column, Field},
    segment::{Attribute, Period, UNROSTERED},
};
use jiff::{ToSpan, civil::Date};

use crate::{app::Sight, page::chart::escaped, parameters::link};

/// Bytes of markup that a label and its link may have together: a page of rows stays small, whatever
/// people call their departments.
const BYTES: usize = 280;

/// Where a segment leads to: its people, or the person that it is. `called` is what is shown of it.
pub(super) fn of_segment(
    sight: &Sight,
    attribute: Attribute,
    value: &str,
    called: &str,
) -> Option<String> {
    if value == UNROSTERED {
        return None;
    }
    let people = |name| Some(link("/people", [(name, Some(value.to_owned()))]));
    let href = match attribute {
        Attribute::User(GroupBy::Field(Field::DEPARTMENT)) => people("department"),
        Attribute::User(GroupBy::Field(Field::TITLE)) => people("title"),
        Attribute::User(GroupBy::Field(Field::STATE)) => people("state"),
        Attribute::User(GroupBy::Division) => people("division"),
        Attribute::UserId => {
            let view = sight.view();
            view.row_of(value).and_then(|row| person(sight, row))
        }
        Attribute::User(GroupBy::Manager) | Attribute::Level(_) | Attribute::Tree
            if value != NONE =>
        {
            only_one_called(sight, value).and_then(|row| person(sight, row))
        }
        _ => None,
    }?;
    let bytes = escaped(&href).len() + escaped(called).len();
    (bytes <= BYTES).then_some(href)
}

/// The person of a name, where there is one alone: a report names managers and tells no ids.
fn only_one_called(sight: &Sight, name: &str) -> Option<u32> {
    let view = sight.view();
    let rows = view.roster().rows_with(Column::Name, &[name]).ok()?;
    let mut rows = rows.iter().filter(|row| view.sees(*row));
    let first = rows.next()?;
    rows.next().is_none().then_some(first)
}

fn person(sight: &Sight, row: u32) -> Option<String> {
    let id = sight.view().roster().value(row, Column::Id)?;
    let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    // A plus is a plus in a path.
    Some(format!("/people/{}", id.replace('+', "%20")))
}

/// Periods that are asked for often, up to the last day that has facts.
pub(super) fn periods(last: Date) -> [(&'static str, Period); 4] {
    let back = |days: i64| Period {
        from: last.checked_sub((days - 1).days()).unwrap_or(last),
        to: last,
    };
    let month = Period {
        from: last.first_of_month(),
        to: last,
    };
    let before = month.from.yesterday().unwrap_or(month.from);
    let before = Period {
        from: before.first_of_month(),
        to: before,
    };
    [
        ("Last 7 days", back(7)),
        ("Last 30 days", back(30)),
        ("This month", month),
        ("Last month", before),
    ]
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn periods_end_with_the_facts() {
        let told = periods(date(2026, 3, 2)).map(|(_, period)| period.to_string());
        assert_eq!(
            told,
            [
                "2026-02-24 to 2026-03-02",
                "2026-02-01 to 2026-03-02",
                "2026-03-01 to 2026-03-02",
                "2026-02-01 to 2026-02-28",
            ]
        );
    }
}
