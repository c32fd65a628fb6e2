//! `headcount report`: the same month asked before and after people moved.

use headcount_core::fact::{Fact, FactKind, MEASURES};
use headcount_store::{
    Access, Breaker, Outcome, Store,
    facts::{Day, FactStore, Source},
};
use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use crate::run::Home;

pub(crate) const OCTOBER: [&str; 4] = ["--from", "2026-10-01", "--to", "2026-10-31"];

/// What is told of one user in a snapshot.
pub(crate) type User = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
    Option<&'static str>,
);

/// Before October: three agents and their manager.
pub(crate) const SEPTEMBER: [User; 4] = [
    ("ann", "active", Some("Sales"), "North", Some("zoe")),
    ("bob", "active", Some("Sales"), "North", Some("zoe")),
    ("cid", "active", Some("Support"), "South", Some("zoe")),
    ("zoe", "active", Some("Management"), "North", None),
];

/// In the middle of October Ann moved.
pub(crate) const MIDDLE: [User; 4] = [
    ("ann", "active", Some("Support"), "South", Some("cid")),
    ("bob", "active", Some("Sales"), "North", Some("zoe")),
    ("cid", "active", Some("Support"), "South", Some("zoe")),
    ("zoe", "active", Some("Management"), "North", None),
];

/// In November Bob was deleted and fell to Home, Cid changed department and name, Zoe was purged.
const NOVEMBER: [User; 3] = [
    ("ann", "active", Some("Support"), "South", Some("cid")),
    ("bob", "deleted", Some("Sales"), "Home", Some("zoe")),
    ("cid", "active", Some("Billing"), "North", None),
];

/// In December Zoe was back, and Bob as well.
const DECEMBER: [User; 4] = [
    ("ann", "active", None, "South", Some("zoe")),
    ("bob", "active", Some("Billing"), "South", Some("zoe")),
    ("cid", "active", Some("Billing"), "North", None),
    ("zoe", "active", Some("Management"), "North", None),
];

fn ms(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

pub(crate) fn publish(store: &dyn Store, users: &[User], at: &str, names: &str) {
    let documents: Vec<String> = users
        .iter()
        .map(|(id, state, department, division, manager)| {
            let mut user = json!({
                "id": id, "name": format!("{names} {id}"), "state": state,
                "division": {"id": format!("d-{division}"), "name": division},
            });
            if let Some(department) = department {
                user["department"] = (*department).into();
            }
            if let Some(manager) = manager {
                user["manager"] = json!({"id": manager});
            }
            user.to_string()
        })
        .collect();
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    let mut run = store.begin("default", "plan", ms(at), None).unwrap();
    store.stage(&mut run, &documents).unwrap();
    let outcome = store.publish(run, "{}", ms(at), &Breaker::OFF).unwrap();
    assert!(matches!(outcome, Outcome::Published(_)));
}

/// 1 interaction of 100 s a day for Ann, 2 for Bob, 4 for Cid, 8 for somebody whom no snapshot ever
/// held; scores likewise.
pub(crate) fn october(facts: &FactStore) {
    let first = Date::constant(2026, 10, 1);
    let mut change = facts.change().unwrap();
    for date in first.series(1.day()).take(31) {
        let start_ms = ms(&format!("{date}T00:00:00Z"));
        let of = |user: &str, count: i64, kind: FactKind| {
            let mut measures = [None; MEASURES];
            measures[0] = Some(count);
            match kind {
                FactKind::HandleTime => measures[1] = Some(100_000 * count),
                FactKind::Evaluation => {
                    measures[1] = Some(count);
                    measures[2] = Some(80_000_000 * count);
                }
            }
            Fact {
                start_ms,
                end_ms: start_ms + 86_400_000,
                user_id: Some(user.to_owned()),
                media_type: Some("voice".to_owned()),
                measures,
            }
        };
        for kind in FactKind::ALL {
            let day = Day {
                date,
                time_zone: "UTC".to_owned(),
                granularity: Some("P1D".to_owned()),
                source: Source::Import,
            };
            let users = [("ann", 1), ("bob", 2), ("cid", 4), ("stranger", 8)];
            let users = users.map(|(user, count)| of(user, count, kind));
            change.put(kind, day, users.to_vec()).unwrap();
        }
    }
    change.commit().unwrap();
}

fn ask(home: &Home, report: &str, by: &str, as_of: &str) -> Value {
    let mut arguments = vec!["report", report, "--by", by, "--as-of", as_of];
    arguments.extend(OCTOBER);
    arguments.extend(["--output", "json"]);
    let answer: Value = serde_json::from_str(&home.ok(&arguments)).unwrap();
    assert_eq!(answer["facts"]["reconciled"], true);
    assert_eq!(answer["facts"]["count"], 31 * 15, "{report} {by} {as_of}");
    answer
}

/// Interactions by label.
fn counts(answer: &Value, by: &str) -> Value {
    let rows = answer["rows"].as_array().unwrap();
    let pairs = rows.iter().map(|row| {
        let label = row[by].as_str().unwrap().to_owned();
        (label, row["count"].clone())
    });
    pairs.collect::<serde_json::Map<_, _>>().into()
}

pub(crate) const QUESTIONS: [(&str, &str); 9] = [
    ("aht", "department"),
    ("aht", "division"),
    ("aht", "manager"),
    ("aht", "level1,level2"),
    ("aht", "tree"),
    ("aht", "state"),
    ("aht", "user"),
    ("aht", "department,week"),
    ("evaluations", "division,month"),
];

#[test]
fn a_report_of_the_past_stays_whatever_happens_later() {
    let home = Home::new();
    let url = format!("sqlite:{}", home.path().join("hc.db").display());
    let home = home.with("HEADCOUNT_STORE", &url);
    let store = headcount_store::open(&url, Access::Write).unwrap();
    october(&FactStore::open(&url, "default").unwrap());
    publish(&*store, &SEPTEMBER, "2026-09-30T03:00:00Z", "Early");
    publish(&*store, &MIDDLE, "2026-10-16T03:00:00Z", "Early");

    let asked = |as_of: &str| QUESTIONS.map(|(report, by)| ask(&home, report, by, as_of));
    let (event, today) = (asked("event"), asked("today"));
    // 16 days as she was before, for the day on which she moved began before; 15 as she was then.
    assert_eq!(
        counts(&event[0], "department"),
        json!({"Sales": 16 + 62, "Support": 15 + 124, "(unrostered)": 248})
    );
    assert_eq!(
        counts(&today[0], "department"),
        json!({"Sales": 62, "Support": 31 + 124, "(unrostered)": 248})
    );
    assert_eq!(
        counts(&event[2], "manager"),
        json!({"Early zoe": 16 + 62 + 124, "Early cid": 15, "(unrostered)": 248})
    );
    assert_eq!(event[0]["facts"]["straddling"], 1);

    publish(&*store, &NOVEMBER, "2026-11-10T03:00:00Z", "Late");
    let (later, moved) = (asked("event"), asked("today"));
    assert_eq!(later, event, "the past changed");
    assert_eq!(
        counts(&moved[1], "division"),
        json!({"Home": 62, "South": 31, "North": 124, "(unrostered)": 248})
    );
    assert_eq!(
        counts(&moved[5], "state"),
        json!({"active": 31 + 124, "deleted": 62, "(unrostered)": 248})
    );
    assert_ne!(moved, today);

    publish(&*store, &DECEMBER, "2026-12-01T03:00:00Z", "Last");
    assert_eq!(asked("event"), event, "the past changed");
    let back = asked("today");
    assert_eq!(
        counts(&back[0], "department"),
        json!({"(none)": 31, "Billing": 62 + 124, "(unrostered)": 248})
    );
    assert_eq!(
        counts(&back[2], "manager"),
        json!({"Last zoe": 31 + 62, "(none)": 124, "(unrostered)": 248})
    );
}

#[test]
fn what_cannot_be_reported_is_said() {
    let home = Home::new();
    let url = format!("sqlite:{}", home.path().join("hc.db").display());
    let home = home.with("HEADCOUNT_STORE", &url);
    let store = headcount_store::open(&url, Access::Write).unwrap();
    publish(&*store, &SEPTEMBER, "2026-09-30T03:00:00Z", "Early");
    october(&FactStore::open(&url, "default").unwrap());
    // A week in one interval, as an answer without a granularity has it.
    let start_ms = ms("2026-08-03T00:00:00Z");
    let day = Day {
        date: Date::constant(2026, 8, 3),
        time_zone: "UTC".to_owned(),
        granularity: None,
        source: Source::Import,
    };
    let week = Fact {
        start_ms,
        end_ms: start_ms + 7 * 86_400_000,
        ..Fact::default()
    };
    let facts = FactStore::open(&url, "default").unwrap();
    facts
        .replace(FactKind::HandleTime, day, vec![week])
        .unwrap();
    let say = |more: &[&str], code: i32| {
        let mut arguments = vec!["report", "aht"];
        arguments.extend(more);
        home.fails(&arguments, code)
    };
    let october = |more: &[&'static str]| {
        let mut all: Vec<&str> = more.to_vec();
        all.extend(OCTOBER);
        all
    };
    for (more, code, told) in [
        (
            october(&["--by", "departmnt"]),
            2,
            "did you mean `department`?",
        ),
        (
            october(&["--by", "department,Department"]),
            2,
            "asked for twice",
        ),
        (
            october(&["--under", "nobody"]),
            2,
            "no manager \"nobody\" was ever in this org",
        ),
        (
            october(&["--under", "no@body"]),
            2,
            "nobody with the e-mail",
        ),
        (october(&["--timezone", "Asia/Riyad"]), 2, "time zone"),
        (
            october(&["--timezone", "Asia/Riyadh"]),
            2,
            "cut into days of UTC",
        ),
        (october(&["--week-start", "mon"]), 2, "no day of the week"),
        (october(&["--compare", "last"]), 2, "--compare previous"),
        (
            october(&["--compare", "previous"]),
            75,
            "facts pull --from 2026-09-01 --to 2026-09-30",
        ),
        (october(&["--chart", "bars.png"]), 2, "ends in .svg"),
        (october(&["--where", "department"]), 0, ""),
        (
            vec!["--from", "2026-10-30", "--to", "2026-11-02"],
            75,
            "2026-11-01 to 2026-11-02",
        ),
        (
            vec!["--from", "2026-08-04", "--to", "2026-08-05"],
            2,
            "report --from 2026-08-03 --to 2026-08-09",
        ),
        (
            vec!["--from", "2026-08-03", "--to", "2026-08-08"],
            2,
            "of intervals that the period 2026-08-03 to 2026-08-08 cuts",
        ),
        (vec!["--from", "2026-08-03", "--to", "2026-08-09"], 0, ""),
        (
            vec!["--from", "2026-10-30", "--to", "2026-10-01"],
            2,
            "before it begins",
        ),
        (
            vec!["--from", "2026-10-32", "--to", "2026-11-02"],
            2,
            "is no day",
        ),
    ] {
        if code == 0 {
            let mut arguments = vec!["report", "aht"];
            arguments.extend(more);
            home.ok(&arguments);
            continue;
        }
        let said = say(&more, code);
        assert!(said.contains(told), "{more:?}: {said}");
    }
    let part = [
        "--from",
        "2026-10-30",
        "--to",
        "2026-11-02",
        "--allow-missing",
    ];
    let told = home.ok(&[&["report", "aht", "--by", "day"][..], &part].concat());
    assert!(
        told.contains("days without facts: 2026-11-01 to 2026-11-02"),
        "{told}"
    );
    let kept = home
        .path()
        .join("hc.facts/default/handle_time/2026-10-01.parquet");
    let kept = kept.to_str().unwrap();
    let told = say(&["--facts", kept, "--timezone", "Asia/Riyadh"], 2);
    assert!(told.contains("cut into days of UTC"), "{told}");
    // The period of files is that of their intervals.
    let answer = r#"{"results":[{"data":[{"interval":"2026-08-03T00:00:00Z/2026-08-10T00:00:00Z",
        "metrics":[{"metric":"tHandle","stats":{"count":1,"sum":2000}}]}]}]}"#;
    home.file("answer.json", answer);
    let told = home.ok(&["report", "aht", "--facts", "answer.json"]);
    assert!(told.contains("2026-08-03 to 2026-08-09"), "{told}");
}
