//! Conditions and groups beside a naive model that knows nothing but JSON.

use std::collections::BTreeMap;

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value as Json, json};

use super::{
    apply, group,
    options::Options,
    parse,
    question::Question,
    sets::{Property, Set},
    value::{At, Grid, Kind, Rows, Value},
    write::{Form, Writer},
};

const NAMES: [&str; 4] = ["Text", "Other", "Number", "Moment"];

fn schema() -> Vec<Property> {
    let kinds = [Kind::Text, Kind::Text, Kind::Int, Kind::Time];
    let property = |(name, kind): (&&'static str, Kind)| Property {
        name: (*name).into(),
        kind,
        nullable: true,
    };
    NAMES.iter().zip(kinds).map(property).collect()
}

/// Two texts, a number and a moment (hours since 1970); any may be null.
type Made = (Option<String>, Option<String>, Option<i64>, Option<i64>);

fn rows() -> impl Strategy<Value = Vec<Made>> {
    let text =
        || option::of(select(vec!["", "a", "A", "ab", "b", "ä'", "a b"]).prop_map(str::to_owned));
    vec(
        (text(), text(), option::of(-2..3_i64), option::of(0..40_i64)),
        0..24,
    )
}

fn grid(rows: &[Made]) -> Grid {
    let row = |(text, other, number, hour): &Made| {
        vec![
            Value::text(text.clone()),
            Value::text(other.clone()),
            number.map_or(Value::Null, Value::Int),
            hour.map_or(Value::Null, |hour| Value::Time(hour * 3_600_000)),
        ]
    };
    Grid {
        rows: rows.iter().map(row).collect(),
    }
}

fn model(rows: &[Made]) -> Vec<Json> {
    let row = |(text, other, number, hour): &Made| json!({"Text": text, "Other": other, "Number": number, "Moment": hour});
    rows.iter().map(row).collect()
}

/// A condition as the model has it.
#[derive(Clone, Debug)]
enum Condition {
    Compare(&'static str, &'static str, Json),
    Call(&'static str, &'static str, String),
    Among(&'static str, Vec<Json>),
    Lower(&'static str, String),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
}

fn literal() -> impl Strategy<Value = (&'static str, Json)> {
    let texts = vec!["", "a", "A", "ab", "b", "ä'", "a b"];
    prop_oneof![
        (select(vec!["Text", "Other"]), select(texts)).prop_map(|(name, text)| (name, json!(text))),
        (Just("Number"), -3..4_i64).prop_map(|(name, number)| (name, json!(number))),
        (Just("Moment"), 0..40_i64).prop_map(|(name, hour)| (name, json!(hour))),
        select(NAMES.to_vec()).prop_map(|name| (name, Json::Null)),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let relations = select(vec!["eq", "ne", "gt", "ge", "lt", "le"]);
    let parts = || select(vec!["", "a", "b", "ä'"]).prop_map(str::to_owned);
    let texts = || select(vec!["Text", "Other"]);
    let leaf = prop_oneof![
        (relations, literal())
            .prop_map(|(how, (name, value))| Condition::Compare(how, name, value)),
        (
            select(vec!["contains", "startswith", "endswith"]),
            texts(),
            parts()
        )
            .prop_map(|(how, name, part)| Condition::Call(how, name, part)),
        (-3..4_i64, -3..4_i64)
            .prop_map(|(one, two)| Condition::Among("Number", vec![json!(one), json!(two)])),
        (parts(), parts())
            .prop_map(|(one, two)| Condition::Among("Text", vec![json!(one), json!(two)])),
        (texts(), parts()).prop_map(|(name, part)| Condition::Lower(name, part)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(Condition::And),
            vec(inner.clone(), 1..4).prop_map(Condition::Or),
            inner.prop_map(|one| Condition::Not(Box::new(one))),
        ]
    })
}

impl Condition {
    /// As it stands in a link.
    fn text(&self) -> String {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<String> = parts.iter().map(Self::text).collect();
            format!("({})", parts.join(&format!(" {word} ")))
        };
        match self {
            Self::Compare(how, name, value) => format!("{name} {how} {}", told(name, value)),
            Self::Call(how, name, part) => format!("{how}({name},{})", told(name, &json!(part))),
            Self::Among(name, values) => {
                let values: Vec<String> = values.iter().map(|value| told(name, value)).collect();
                format!("{name} in ({})", values.join(", "))
            }
            Self::Lower(name, part) => format!("tolower({name}) eq {}", told(name, &json!(part))),
            Self::And(parts) => joined(parts, "and"),
            Self::Or(parts) => joined(parts, "or"),
            Self::Not(one) => format!("not ({})", one.text()),
        }
    }

    /// True, false or neither, of a row of JSON.
    fn truth(&self, row: &Json) -> Option<bool> {
        match self {
            Self::Compare(how, name, value) => {
                let own = &row[*name];
                Some(match *how {
                    "eq" => own == value,
                    "ne" => own != value,
                    _ if own.is_null() || value.is_null() => false,
                    how => {
                        let less = match (own.as_i64(), value.as_i64()) {
                            (Some(own), Some(value)) => own < value,
                            _ => own.as_str() < value.as_str(),
                        };
                        match how {
                            "lt" => less,
                            "le" => less || own == value,
                            "gt" => !less && own != value,
                            _ => !less,
                        }
                    }
                })
            }
            Self::Call(how, name, part) => row[*name].as_str().map(|own| match *how {
                "startswith" => own.starts_with(part),
                "endswith" => own.ends_with(part),
                _ => own.contains(part),
            }),
            Self::Among(name, values) => Some(values.contains(&row[*name])),
            Self::Lower(name, part) => {
                Some(row[*name].as_str().map(str::to_lowercase).as_ref() == Some(part))
            }
            Self::And(parts) => {
                let all: Vec<_> = parts.iter().map(|part| part.truth(row)).collect();
                if all.contains(&Some(false)) {
                    Some(false)
                } else {
                    (!all.contains(&None)).then_some(true)
                }
            }
            Self::Or(parts) => {
                let all: Vec<_> = parts.iter().map(|part| part.truth(row)).collect();
                if all.contains(&Some(true)) {
                    Some(true)
                } else {
                    (!all.contains(&None)).then_some(false)
                }
            }
            Self::Not(one) => one.truth(row).map(|truth| !truth),
        }
    }
}

/// A literal as it stands in a link.
fn told(name: &str, value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::String(text) => format!("'{}'", text.replace('\'', "''")),
        hour if name == "Moment" => {
            let hour = hour.as_i64().unwrap();
            format!("1970-01-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24)
        }
        number => number.to_string(),
    }
}

proptest! {
    #[test]
    fn conditions_hold_as_in_the_model(rows in rows(), condition in condition()) {
        let text = condition.text();
        let filter = parse::filter(&text, &schema()).unwrap();
        let grid = grid(&rows);
        for (row, model) in (0..).zip(&model(&rows)) {
            let wanted = condition.truth(model) == Some(true);
            prop_assert_eq!(filter.passes(&At(&grid, row)), wanted, "{} of {}", text, model);
        }
    }

    #[test]
    fn groups_are_those_of_the_model(
        rows in rows(),
        by in proptest::sample::subsequence(vec!["Text", "Other", "Number"], 1..=3),
        condition in option::of(condition()),
    ) {
        let mut text = format!(
            "groupby(({}),aggregate($count as N,Number with sum as Sum,Number with min as Min,Number with max as Max,Other with countdistinct as Others))",
            by.join(","),
        );
        if by.contains(&"Number") || by.contains(&"Other") {
            text = format!("groupby(({}),aggregate($count as N))", by.join(","));
        }
        let whole = match &condition {
            Some(condition) => format!("filter({})/{text}", condition.text()),
            None => text,
        };
        let (steps, after) = apply::read(&whole, &schema()).unwrap();
        let found = group::run(&steps, &grid(&rows)).unwrap();

        let mut groups: BTreeMap<String, Vec<Json>> = BTreeMap::new();
        for row in model(&rows) {
            if condition.as_ref().is_none_or(|condition| condition.truth(&row) == Some(true)) {
                let key: Vec<&Json> = by.iter().map(|name| &row[*name]).collect();
                groups.entry(json!(key).to_string()).or_default().push(row);
            }
        }
        prop_assert_eq!(found.rows.len(), groups.len());
        for row in &found.rows {
            let key: Vec<Json> = row[..by.len()].iter().map(plain).collect();
            let group = &groups[&json!(key).to_string()];
            let numbers: Vec<i64> = group.iter().filter_map(|row| row["Number"].as_i64()).collect();
            let mut others: Vec<&str> = group.iter().filter_map(|row| row["Other"].as_str()).collect();
            others.sort_unstable();
            others.dedup();
            for (property, value) in after.iter().zip(row).skip(by.len()) {
                let wanted = match &*property.name {
                    "N" => json!(group.len()),
                    "Sum" => (!numbers.is_empty()).then(|| numbers.iter().sum::<i64>()).into(),
                    "Min" => numbers.iter().min().copied().into(),
                    "Max" => numbers.iter().max().copied().into(),
                    _ => json!(others.len()),
                };
                prop_assert_eq!(plain(value), wanted, "{} of {}", property.name, whole);
            }
        }
    }

    /// Whatever somebody writes is answered or refused.
    #[test]
    fn no_text_is_too_odd(text in "[ a-z0-9'(),/=$:.+-]{0,40}|.{0,20}") {
        let schema = schema();
        let _ = parse::filter(&text, &schema);
        let _ = apply::read(&text, &schema);
        let _ = Options::read(&text);
        let _ = super::Target::parse(&text);
    }
}

fn plain(value: &Value<'_>) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Int(number) => json!(number),
        _ => Json::Null,
    }
}

#[test]
fn ten_thousand_conditions_are_read_and_hold() {
    let clauses: Vec<String> = (0..10_000).map(|n| format!("Number eq {n}")).collect();
    let rows = grid(&[
        (None, None, Some(9_999), None),
        (None, None, Some(-1), None),
    ]);
    for (text, wanted) in [(clauses.join(" or "), 1), (clauses.join(" and "), 0)] {
        let filter = parse::filter(&text, &schema()).unwrap();
        let passing = (0..rows.len()).filter(|row| filter.passes(&At(&rows, *row)));
        assert_eq!(passing.count(), wanted);
    }
}

#[test]
fn steps_follow_each_other() {
    let rows = grid(&[
        (Some("a".into()), Some("x".into()), Some(1), None),
        (Some("a".into()), Some("y".into()), Some(2), None),
        (Some("b".into()), Some("x".into()), Some(4), None),
    ]);
    let text = "groupby((Text,Other),aggregate(Number with sum as S))/filter(S gt 1)/groupby((Text),aggregate(S with max as M,$count as N))/filter(N ge 1)";
    let (steps, after) = apply::read(text, &schema()).unwrap();
    let names: Vec<&str> = after.iter().map(|property| &*property.name).collect();
    assert_eq!(names, ["Text", "M", "N"]);
    let found = group::run(&steps, &rows).unwrap();
    let found: Vec<Vec<Json>> = found
        .rows
        .iter()
        .map(|row| row.iter().map(plain).collect())
        .collect();
    assert_eq!(
        found,
        [
            [json!("a"), json!(2), json!(1)],
            [json!("b"), json!(4), json!(1)]
        ]
    );
    assert!(
        apply::read("groupby((Text))/filter(Number gt 1)", &schema()).is_err(),
        "it is gone"
    );
}

#[test]
fn whole_numbers_stay_exact() {
    let most = i64::MAX / 2;
    let (steps, _) = apply::read("aggregate(Number with sum as S)", &schema()).unwrap();
    let two = grid(&[
        (None, None, Some(most), None),
        (None, None, Some(most), None),
    ]);
    let sum = group::run(&steps, &two).unwrap();
    assert_eq!(sum.rows[0][0], Value::Int(i64::MAX - 1));
    let three = grid(&[
        (None, None, Some(most), None),
        (None, None, Some(most), None),
        (None, None, Some(2), None),
    ]);
    assert!(group::run(&steps, &three).is_err(), "nothing wraps round");
}

#[test]
fn an_order_is_stable_and_puts_null_first() {
    let options = Options::read("$orderby=ManagerId desc,Depth&$select=Depth").unwrap();
    let question = Question::read(Set::ManagerReports, &options).unwrap();
    let rows = Grid {
        rows: [
            ("a", Some("m"), 2),
            ("b", None, 1),
            ("c", Some("m"), 1),
            ("d", Some("n"), 3),
        ]
        .map(|(user, manager, depth)| {
            vec![
                Value::text(Some(user)),
                Value::text(manager),
                Value::Int(depth),
            ]
        })
        .to_vec(),
    };
    assert_eq!(question.choose(&rows), [3, 2, 0, 1]);
    let mut out = Vec::new();
    Writer::new(&question, Form::USUAL, "").row(&mut out, &At(&rows, 3), None);
    assert_eq!(out, b"{\"Depth\":3}");
}
