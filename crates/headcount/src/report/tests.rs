//! What people and machines are shown.

use headcount_core::{
    fact::FactKind,
    history::VersionRef,
    segment::{
        Attribution, Block, BlockMeasure, Calendar, FactSink, Moments, NO_VALUE, PeopleBuilder,
        Plan, Question, Segmenter,
    },
    user::Attributes,
};
use jiff::{civil::Weekday, tz::TimeZone};

use super::{
    Report, attributes,
    chart::{Heading, draw},
    period::{between, day},
    print::print,
};
use crate::cli::Form;

const DAY: i64 = 86_400_000;

/// Facts of three departments, one of them with a name that no format takes as it is.
fn report(kind: FactKind, by: &[&str], first_day: i64) -> Report {
    let names: Vec<String> = by.iter().map(|name| (*name).to_owned()).collect();
    let (by, labels) = attributes(&names).unwrap();
    let question = Question {
        kind,
        by,
        matcher: None,
        under: None,
        attribution: Attribution::Event,
        period_ms: 0..100 * DAY,
        calendar: Calendar {
            zone: TimeZone::UTC,
            week_start: Weekday::Monday,
        },
        divisions: None,
    };
    let mut people = PeopleBuilder::new(question.projection());
    let departments = ["Sales", "=Support, \"EU\" <b>", "Billing & Payments"];
    for (number, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
        people.push(VersionRef {
            user: &Attributes {
                id: id.into(),
                name: Some(format!("Agent {id}").into()),
                department: departments.get(number).map(|name| (*name).into()),
                ..Attributes::default()
            },
            document: None,
            valid_from: DAY,
            valid_to: None,
        });
    }
    let people = people.finish(question.known_until_ms());
    let plan = Plan::new(&people, &question).unwrap();
    let wanted = kind.told();
    let mut segmenter = Segmenter::new(&plan, wanted);
    segmenter.users(&["a", "b", "c", "d"]);
    segmenter.media(&["voice"]);
    // The last one is nobody's.
    let users = [0, 0, 1, 2, 3, NO_VALUE];
    let columns: Vec<Vec<i64>> = (0..wanted.len() as i64)
        .map(|column| {
            let unit = match kind {
                FactKind::HandleTime if column % 2 == 1 => 100_000,
                FactKind::Evaluation if column == 2 || column == 4 => 70_500_000,
                _ => 1,
            };
            (1..=6).map(|row| row * unit * (10 + first_day)).collect()
        })
        .collect();
    let measures: Vec<BlockMeasure<'_>> = columns
        .iter()
        .map(|values| BlockMeasure {
            values,
            present: None,
        })
        .collect();
    segmenter.block(&Block {
        start_ms: Moments::All(first_day * DAY),
        end_ms: Moments::All((first_day + 1) * DAY),
        users: &users,
        media: &[0; 6],
        measures: &measures,
    });
    Report {
        labels,
        table: segmenter.table().unwrap(),
        period: between(day("1970-01-01").unwrap(), day("1970-01-31").unwrap()).unwrap(),
        attribution: Attribution::Event,
        timezone: "UTC".to_owned(),
        missing: vec![day("1970-01-03").unwrap(), day("1970-01-04").unwrap()],
    }
}

fn printed(form: Form, report: &Report, other: Option<&Report>) -> String {
    let mut out = Vec::new();
    print(form, report, other, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_person_sees_segments_that_add_up() {
    let handled = report(FactKind::HandleTime, &["department"], 0);
    insta::assert_snapshot!(printed(Form::Table, &handled, None));
    let scored = report(FactKind::Evaluation, &["department", "month"], 5);
    insta::assert_snapshot!(printed(Form::Table, &scored, None));
    let all = report(FactKind::HandleTime, &[], 5);
    insta::assert_snapshot!(printed(Form::Table, &all, None));
}

#[test]
fn periods_are_compared_by_segment() {
    let now = report(FactKind::HandleTime, &["department"], 5);
    let mut before = report(FactKind::HandleTime, &["department"], 0);
    before.table.rows[1].values[0] = "Closed down".to_owned();
    insta::assert_snapshot!(printed(Form::Table, &now, Some(&before)));
    let document: serde_json::Value =
        serde_json::from_str(&printed(Form::Json, &now, Some(&before))).unwrap();
    assert_eq!(document["compared"]["rows"][1]["department"], "Closed down");
}

#[test]
fn machines_read_the_same() {
    let handled = report(FactKind::HandleTime, &["department", "user"], 0);
    insta::assert_snapshot!(printed(Form::Csv, &handled, None));
    insta::assert_snapshot!(printed(
        Form::Json,
        &report(FactKind::HandleTime, &["department"], 0),
        None
    ));
    let lines = printed(Form::Ndjson, &handled, None);
    assert_eq!(lines.lines().count(), handled.table.rows.len());
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(row["department"].is_string() && row["aht_s"].is_number());
    }
}

#[test]
fn a_chart_is_drawn() {
    let handled = report(FactKind::HandleTime, &["department"], 0);
    let heading = Heading {
        title: "Average handle time by department",
        subtitle: "1970-01-01 to 1970-01-31, attributed as of the event",
    };
    let svg = draw(&heading, &handled.table);
    // A number of a chart that is drawn otherwise is seen here; looks are for the eye.
    insta::assert_snapshot!(svg);
}

#[test]
fn attributes_are_asked_for_once_and_by_name() {
    let names = |names: &[&str]| {
        attributes(
            &names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        names(&["Location", "MEDIA", "user"]).unwrap().1,
        ["location", "mediaType", "user", "user.name"]
    );
    assert!(names(&["department", "Department"]).is_err());
    assert!(names(&["departmnt"]).is_err());
}
