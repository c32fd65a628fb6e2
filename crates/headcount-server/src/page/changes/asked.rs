//! Which changes are asked for.

use std::collections::HashSet;

use headcount_core::{
    field::Column,
    movement::{Move, MoveKind, Movement},
    search::text::{contains_folded, fold, is_blank},
};
use jiff::{ToSpan, civil::Date};

use crate::{
    app::Sight,
    error::ApiError,
    page::locale::Locale,
    parameters::{Parameters, link},
};

/// The longest name that is searched for, in characters.
const LONGEST: usize = 100;
/// The longest department, likewise: every link of the page repeats it.
const LONGEST_DEPARTMENT: usize = 500;

/// What is asked.
pub(super) struct Asked {
    /// As they were asked for; all where there are none.
    pub(super) kinds: Vec<MoveKind>,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
    /// The department before or after, whatever its case.
    pub(super) department: Option<String>,
    /// A part of the name.
    pub(super) text: Option<String>,
}

/// What is found, the latest first.
pub(super) struct Found {
    /// Places among all moves.
    pub(super) places: Vec<u32>,
    /// The days on which anything happened, the latest first.
    pub(super) days: Vec<Day>,
    /// Numbers by kind, as if every kind was asked for.
    pub(super) kinds: [u64; MoveKind::ALL.len()],
}

/// What happened on a day.
pub(super) struct Day {
    pub(super) date: Date,
    /// Numbers by kind.
    pub(super) counts: [u64; MoveKind::ALL.len()],
    /// The first of its moves among those that are found.
    first: usize,
}

impl Asked {
    /// # Errors
    /// 400 for a kind or a date that there is not, and for a name that nobody has.
    pub(super) fn read(asked: &Parameters) -> Result<Self, ApiError> {
        let kinds = asked.list("kind");
        let kinds = kinds.iter().map(|name| {
            let known = MoveKind::ALL.into_iter();
            let mut known = known.filter(|kind| kind.name().eq_ignore_ascii_case(name));
            known.next().ok_or_else(|| {
                let all = MoveKind::ALL.map(MoveKind::name).join(", ");
                ApiError::invalid_parameter(name, "kind", &all)
            })
        });
        Ok(Self {
            kinds: kinds.collect::<Result<_, _>>()?,
            from: date(asked, "from")?,
            to: date(asked, "to")?,
            department: text(asked, "department", LONGEST_DEPARTMENT)?,
            text: text(asked, "q", LONGEST)?,
        })
    }

    /// Whether less than everything is asked for.
    pub(super) fn is_less(&self) -> bool {
        let is_dated = self.from.is_some() || self.to.is_some();
        is_dated || !self.kinds.is_empty() || self.department.is_some() || self.text.is_some()
    }

    /// The same at another path.
    pub(super) fn link(&self, path: &str) -> String {
        let kinds = self.kinds.iter();
        let kinds = kinds.map(|kind| ("kind", Some(kind.name().to_owned())));
        let others = [
            ("from", self.from.map(|date| date.to_string())),
            ("to", self.to.map(|date| date.to_string())),
            ("department", self.department.clone()),
            ("q", self.text.clone()),
        ];
        link(path, kinds.chain(others))
    }

    /// Whoever came back joins the others again, so joiners are both.
    fn asks_for_kind(&self, kind: MoveKind) -> bool {
        self.kinds.is_empty()
            || self.kinds.contains(&kind)
            || (kind == MoveKind::Returned && self.kinds.contains(&MoveKind::Joined))
    }

    /// Finds them. Days are those of the reader's zone.
    pub(super) fn find(&self, movement: &Movement, sight: &Sight, locale: &Locale) -> Found {
        let departments = self.department.as_deref().map(|name| {
            let name = fold(name);
            let all = movement.departments.iter();
            let same = all.map(|known| fold(known.trim()) == name);
            same.collect::<Vec<bool>>()
        });
        let people = self
            .text
            .as_deref()
            .map(|text| people(text, movement, sight));
        let is_of = |one: &Move| {
            departments.as_ref().is_none_or(|same| {
                let mut both = one.departments.iter();
                both.any(|place| same.get(*place as usize) == Some(&true))
            }) && people
                .as_ref()
                .is_none_or(|people| people.contains(&*one.user_id))
        };
        let mut found = Found {
            places: Vec::new(),
            days: Vec::new(),
            kinds: [0; MoveKind::ALL.len()],
        };
        // Everything of a snapshot has the time of the snapshot.
        let mut now: Option<(i64, Date)> = None;
        for place in self.in_time(movement, locale) {
            let one = &movement.moves[place];
            if !is_of(one) {
                continue;
            }
            let kind = one.kind as usize;
            found.kinds[kind] += 1;
            if !self.asks_for_kind(one.kind) {
                continue;
            }
            let date = match now {
                Some((at_ms, date)) if at_ms == one.at_ms => date,
                _ => locale.day_of(one.at_ms),
            };
            now = Some((one.at_ms, date));
            if found.days.last().is_none_or(|day| day.date != date) {
                found.days.push(Day {
                    date,
                    counts: [0; MoveKind::ALL.len()],
                    first: found.places.len(),
                });
            }
            if let Some(day) = found.days.last_mut() {
                day.counts[kind] += 1;
            }
            // Fewer than there are users and snapshots together.
            found.places.push(u32::try_from(place).unwrap_or(u32::MAX));
        }
        // A box for joiners brings those who returned too.
        found.kinds[MoveKind::Joined as usize] += found.kinds[MoveKind::Returned as usize];
        found
    }

    /// Places of the moves between the two dates.
    fn in_time(&self, movement: &Movement, locale: &Locale) -> std::ops::Range<usize> {
        let start_ms = |date: Date| {
            let start = date.to_zoned_datetime(locale.zone().clone());
            let start = start.and_then(|start| start.start_of_day());
            start.map_or(i64::MAX, |start| start.timestamp().as_millisecond())
        };
        let from_ms = self.from.map_or(i64::MIN, start_ms);
        let end_ms = self.to.map_or(i64::MAX, |to| {
            to.checked_add(1.day()).map_or(i64::MAX, start_ms)
        });
        let moves = &movement.moves;
        let start = moves.partition_point(|one| one.at_ms >= end_ms);
        let end = moves.partition_point(|one| one.at_ms >= from_ms);
        start..end.max(start)
    }
}

impl Found {
    /// The day of one that is found.
    pub(super) fn day(&self, place: usize) -> Option<&Day> {
        let behind = self.days.partition_point(|day| day.first <= place);
        self.days.get(behind.checked_sub(1)?)
    }
}

/// Ids of all whose name, or last name, has a part like that.
fn people<'p>(text: &str, movement: &'p Movement, sight: &'p Sight) -> HashSet<&'p str> {
    let text = fold(text);
    let (roster, view) = (&sight.loaded().roster, sight.view());
    let rows = (0..roster.len()).filter(|row| view.sees(*row));
    let there = rows.filter_map(|row| {
        let name = roster.value(row, Column::Name)?;
        contains_folded(name, &text).then(|| roster.value(row, Column::Id))?
    });
    let gone = movement.gone.iter();
    let gone = gone.filter(|(_, name)| contains_folded(name, &text));
    there.chain(gone.map(|(id, _)| &**id)).collect()
}

fn text(asked: &Parameters, name: &str, longest: usize) -> Result<Option<String>, ApiError> {
    let text = asked.get(name).map(str::trim);
    let text = text.filter(|text| !is_blank(text));
    match text.filter(|text| text.chars().nth(longest).is_some()) {
        Some(_) => Err(ApiError::constraint(format!(
            "{name} must have {longest} characters at most"
        ))),
        None => Ok(text.map(str::to_owned)),
    }
}

fn date(asked: &Parameters, name: &str) -> Result<Option<Date>, ApiError> {
    let text = asked.get(name);
    text.map(|text| {
        Date::strptime("%Y-%m-%d", text)
            .map_err(|_| ApiError::invalid_parameter(text, name, "dates such as 2026-11-28"))
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    /// 2023-11-14T22:13:20Z.
    const BEGIN_MS: i64 = 1_700_000_000_000;
    const HOUR_MS: i64 = 3_600_000;

    fn movement() -> Movement {
        let one = |hours: i64, kind, id: &str| Move {
            at_ms: BEGIN_MS + hours * HOUR_MS,
            kind,
            user_id: id.into(),
            departments: [0, 0],
        };
        Movement {
            moves: vec![
                one(30, MoveKind::Joined, "a"),
                one(30, MoveKind::Left, "b"),
                one(5, MoveKind::Returned, "c"),
                one(1, MoveKind::Moved, "a"),
            ],
            ..Movement::default()
        }
    }

    fn asked(query: &str) -> Result<Asked, ApiError> {
        Asked::read(&Parameters::parse(query.as_bytes()))
    }

    fn in_time(query: &str, zone: &str) -> std::ops::Range<usize> {
        let zone = TimeZone::get(zone).unwrap();
        let locale = Locale::new(None, None, zone, BEGIN_MS);
        asked(query).unwrap().in_time(&movement(), &locale)
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // In UTC the changes are on the 14th at 23, the 15th at 3 and the 16th at 4 o'clock.
        assert_eq!(in_time("", "UTC"), 0..4);
        assert_eq!(in_time("from=2023-11-15", "UTC"), 0..3);
        assert_eq!(in_time("from=2023-11-15&to=2023-11-15", "UTC"), 2..3);
        assert_eq!(in_time("to=2023-11-14", "UTC"), 3..4);
        assert_eq!(
            in_time("from=2023-11-15&to=2023-11-15", "Asia/Riyadh"),
            2..4
        );
        assert_eq!(in_time("to=2023-11-14", "America/New_York"), 2..4);
        assert!(in_time("from=2023-11-16&to=2023-11-14", "UTC").is_empty());
        assert_eq!(in_time("from=0001-01-01&to=9999-12-31", "UTC"), 0..4);
    }

    #[test]
    fn joiners_are_those_who_return_too() {
        let joined = asked("kind=Joined").unwrap();
        assert!(joined.asks_for_kind(MoveKind::Returned) && joined.asks_for_kind(MoveKind::Joined));
        assert!(!joined.asks_for_kind(MoveKind::Left));
        assert!(
            !asked("kind=returned")
                .unwrap()
                .asks_for_kind(MoveKind::Joined)
        );
    }

    #[test]
    fn what_is_not_there_is_refused() {
        for query in [
            "kind=fired",
            "from=yesterday",
            "to=2023-13-01",
            "from=2023-11-15T00:00:00Z",
        ] {
            assert!(asked(query).is_err(), "{query}");
        }
        assert!(asked(&format!("q={}", "x".repeat(101))).is_err());
        assert!(!asked("q=+&department=&from=&kind=").unwrap().is_less());
    }

    #[test]
    fn a_link_holds_all_that_is_asked() {
        let query = "/x?kind=joined&kind=left&from=2023-11-14&department=a+%26+b&q=c";
        let asked = asked(query.trim_start_matches("/x?")).unwrap();
        assert_eq!(asked.link("/x"), query);
    }
}
