//! Which days a condition leaves: the files of all others are not opened.

use jiff::{ToSpan, civil::Date, tz::Offset};

use crate::odata::{
    expression::{Expression, Function, Relation},
    sets::fact,
    value::{Value, moment},
};

/// Days between two dates, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Range {
    from: Option<Date>,
    to: Option<Date>,
}

impl Range {
    /// The days that may hold facts which pass all `conditions`.
    pub(crate) fn of<'e>(conditions: impl Iterator<Item = &'e Expression>) -> Self {
        let mut range = Self::default();
        conditions.for_each(|condition| range.narrow(condition));
        range
    }

    /// Whether a day is among them.
    pub(crate) fn holds(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }

    fn narrow(&mut self, condition: &Expression) {
        match condition {
            Expression::And(parts) => parts.iter().for_each(|part| self.narrow(part)),
            Expression::Compare(relation, one, two) => match (&**one, &**two) {
                (of, Expression::Literal(value)) => self.compared(of, *relation, value),
                (Expression::Literal(value), of) => self.compared(of, turned(*relation), value),
                _ => {}
            },
            _ => {}
        }
    }

    fn compared(&mut self, of: &Expression, relation: Relation, value: &Value<'_>) {
        let starts = match of {
            Expression::Property(fact::DATE | fact::START) => true,
            // It ends after it starts.
            Expression::Property(fact::END) => matches!(relation, Relation::Lt | Relation::Le),
            Expression::Call(Function::Date, parts) => {
                parts.as_slice() == [Expression::Property(fact::START)]
            }
            Expression::Property(fact::ID) if relation == Relation::Eq => {
                self.only(value);
                false
            }
            _ => false,
        };
        let date = match value {
            Value::Date(date) => *date,
            Value::Time(ms) => Offset::UTC.to_datetime(moment(*ms)).date(),
            _ => return,
        };
        if !starts {
            return;
        }
        // A day of whatever time zone begins and ends less than a day before or after that of UTC.
        let (before, after) = (date.checked_sub(1.day()), date.checked_add(1.day()));
        if matches!(relation, Relation::Eq | Relation::Gt | Relation::Ge) {
            self.from = self.from.max(before.ok());
        }
        if matches!(relation, Relation::Eq | Relation::Lt | Relation::Le) {
            self.to = match (self.to, after.ok()) {
                (Some(one), Some(two)) => Some(one.min(two)),
                (one, two) => one.or(two),
            };
        }
    }

    /// The day that the id of a fact names; none where it names no day.
    fn only(&mut self, id: &Value<'_>) {
        let Value::Text(id) = id else {
            return;
        };
        let date = id.rsplit_once('.').and_then(|(date, _)| date.parse().ok());
        let (from, to) = match date {
            Some(date) => (date, date),
            None => (Date::MAX, Date::MIN),
        };
        self.from = self.from.max(Some(from));
        self.to = Some(self.to.map_or(to, |own| own.min(to)));
    }
}

fn turned(relation: Relation) -> Relation {
    match relation {
        Relation::Gt => Relation::Lt,
        Relation::Ge => Relation::Le,
        Relation::Lt => Relation::Gt,
        Relation::Le => Relation::Ge,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::odata::{parse, sets::Set};

    fn range(filter: &str) -> (Option<Date>, Option<Date>) {
        let filter = parse::filter(filter, Set::HandleTime.properties()).unwrap();
        let range = Range::of([&filter].into_iter());
        (range.from, range.to)
    }

    #[test]
    fn times_and_dates_narrow_the_days() {
        let day = |day| Some(date(2026, 11, day));
        for (filter, from, to) in [
            (
                "IntervalStart ge 2026-11-10T00:00:00Z and IntervalStart lt 2026-11-20T00:00:00Z",
                day(9),
                day(21),
            ),
            ("2026-11-10 le Date and UserId eq 'x'", day(9), None),
            ("Date eq 2026-11-10", day(9), day(11)),
            ("date(IntervalStart) le 2026-11-10", None, day(11)),
            ("IntervalEnd le 2026-11-10T00:00:00Z", None, day(11)),
            ("IntervalEnd gt 2026-11-10T00:00:00Z", None, None),
            ("Id eq '2026-11-10.7'", day(10), day(10)),
            ("Date ge 2026-11-10 or UserId eq 'x'", None, None),
            ("not (Date ge 2026-11-10)", None, None),
            ("Date ne 2026-11-10", None, None),
        ] {
            assert_eq!(range(filter), (from, to), "{filter}");
        }
        let nothing = parse::filter("Id eq 'x'", Set::HandleTime.properties()).unwrap();
        assert!(!Range::of([&nothing].into_iter()).holds(date(2026, 11, 10)));
    }
}
