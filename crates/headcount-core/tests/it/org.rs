//! Random orgs and random questions about them, values drawn from the org so that they hit.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use headcount_core::{
    aggregate::GroupBy,
    wire::{SearchSort, UserSearchCriteria, UserSearchRequest},
};

const NAMES: [&str; 12] = [
    "Jane Doe",
    "jane DOE",
    "Smith, Matt",
    "Tom O'Brien",
    "Jürgen Müller",
    "ΟΔΟΣ Νίκος",
    "محمد علي",
    "Ann-Marie Doe",
    "Doe",
    "李 小龙",
    "Tom",
    "  ",
];
const DEPARTMENTS: [&str; 8] = [
    "Sales",
    "sales",
    "Sales EMEA",
    "Support",
    "IT",
    "",
    "Customer Service",
    "Łódź Office",
];
const MAILS: [&str; 6] = [
    "jane.doe@example.com",
    "JANE.DOE@example.com",
    "matt@example.org",
    "tom.obrien@example.com",
    "j.mueller@example.de",
    "doe@example.com",
];
const DATES: [&str; 7] = [
    "2025-01-31",
    "2025-02-01",
    "2025-02-01T10:15:30Z",
    "2025-02-01T10:15:30.250Z",
    "2025-03-05T00:00:00+03:00",
    "2025-12-31T23:59:59.999Z",
    "not a date",
];
const IDS: usize = 40;

pub(crate) const FIELDS: [&str; 26] = [
    "id",
    "state",
    "name",
    "email",
    "username",
    "preferredName",
    "department",
    "title",
    "division.id",
    "division.name",
    "division",
    "manager.id",
    "manager.name",
    "manager.email",
    "manager",
    "version",
    "acdAutoAnswer",
    "certifications",
    "skills.name",
    "skills.proficiency",
    "dateLastLogin",
    "employerInfo.dateHire",
    "employerInfo.employeeId",
    "addresses.address",
    "locations.locationDefinition.name",
    "team.name",
];

/// Something to count by; labels that depend on other users more often than not.
pub(crate) fn group(rng: &mut Rng) -> GroupBy {
    let name = match rng.u8(..4) {
        0 => "division",
        1 => "manager",
        2 => "manager.name",
        _ => one(rng, &FIELDS),
    };
    GroupBy::parse(name).unwrap()
}

fn id(n: usize) -> String {
    format!("{n:05x}-Ab")
}

fn one<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(..from.len())]
}

/// A value that is odd in type now and then.
fn odd(rng: &mut Rng, value: Value) -> Value {
    match rng.u8(..30) {
        0 => Value::Null,
        1 => json!([value]),
        2 => json!({ "x": value }),
        3 => json!(rng.i32(-3..9)),
        4 => json!(true),
        5 => json!(1.5),
        _ => value,
    }
}

pub(crate) fn org(rng: &mut Rng) -> Vec<Value> {
    let count = rng.usize(..IDS);
    org_of(rng, count, IDS)
}

/// `count` users whose ids are among `ids`, and a few more whose ids differ from these in nothing
/// but their case; in any order or, as often, in that of a store.
pub(crate) fn org_of(rng: &mut Rng, count: usize, ids: usize) -> Vec<Value> {
    let mut numbers: Vec<usize> = (0..ids).collect();
    rng.shuffle(&mut numbers);
    numbers.truncate(count);
    let mut org: Vec<Value> = numbers.iter().map(|&n| user(rng, n, ids)).collect();
    if rng.bool() {
        for n in numbers
            .into_iter()
            .filter(|_| rng.u8(..8) == 0)
            .collect::<Vec<_>>()
        {
            let mut twin = user(rng, n, ids);
            twin["id"] = json!(id(n).to_lowercase());
            org.push(twin);
        }
    }
    rng.shuffle(&mut org);
    if rng.bool() {
        org.sort_by_cached_key(|user| {
            let id = user["id"].as_str().unwrap_or_default().to_owned();
            (id.to_lowercase(), id)
        });
    }
    org
}

/// Some of the rows of an org: none, all or any.
pub(crate) fn scope(rng: &mut Rng, rows: usize) -> Vec<bool> {
    let share = [0, 1, 4, 8, 15, 16][rng.usize(..6)];
    (0..rows).map(|_| rng.u8(..16) < share).collect()
}

fn user(rng: &mut Rng, n: usize, ids: usize) -> Value {
    let mut user = Map::new();
    user.insert("id".to_owned(), json!(id(n)));
    let mut put = |rng: &mut Rng, name: &str, value: Value| {
        if rng.u8(..5) > 0 {
            let value = odd(rng, value);
            user.insert(name.to_owned(), value);
        }
    };
    let value = json!(one(
        rng,
        &[
            "active", "active", "active", "inactive", "deleted", "Active"
        ]
    ));
    put(rng, "state", value);
    for (name, from) in [
        ("name", &NAMES[..]),
        ("preferredName", &NAMES),
        ("department", &DEPARTMENTS),
        ("title", &DEPARTMENTS),
        ("email", &MAILS),
        ("username", &MAILS),
        ("dateLastLogin", &DATES),
    ] {
        let value = match rng.u8(..4) {
            0 if name == "name" => format!("{} {}", one(rng, from), one(rng, &NAMES)),
            0 if name == "email" || name == "title" => format!("{n}.{}", one(rng, from)),
            _ => one(rng, from).to_owned(),
        };
        put(rng, name, json!(value));
    }
    let value = json!({"id": format!("D{}", rng.u8(..3)), "name": one(rng, &["Home", "EMEA", ""])});
    put(rng, "division", value);
    let value = json!({"id": id(rng.usize(..ids)), "name": "never read"});
    put(rng, "manager", value);
    let value = if rng.bool() {
        json!(rng.u8(..12))
    } else {
        json!(rng.u8(..12).to_string())
    };
    put(rng, "version", value);
    let value = json!(rng.bool());
    put(rng, "acdAutoAnswer", value);
    let many: Vec<_> = (0..rng.usize(..3))
        .map(|_| one(rng, &DEPARTMENTS))
        .collect();
    put(rng, "certifications", json!(many));
    let many: Vec<_> = (0..rng.usize(..3))
        .map(|_| json!({"name": one(rng, &["French", "german", "Billing Tier 2"]), "proficiency": f64::from(rng.u8(..10)) / 2.0}))
        .collect();
    put(rng, "skills", json!(many));
    let value = json!({"dateHire": one(rng, &DATES), "employeeId": format!("E{}", rng.u8(..5))});
    put(rng, "employerInfo", value);
    let value = json!([{"address": one(rng, &MAILS)}, {"address": "+4930123456", "type": "WORK"}]);
    put(rng, "addresses", value);
    let value =
        json!([{"locationDefinition": {"name": one(rng, &["Berlin", "New York", "berlin"])}}]);
    put(rng, "locations", value);
    let value = json!({"name": one(rng, &["Blue Team", "red team"])});
    put(rng, "team", value);
    Value::Object(user)
}

/// A text such as stands in `field` somewhere.
fn sample(rng: &mut Rng, field: &str) -> String {
    let last = field.rsplit('.').next().unwrap_or_default();
    match last {
        "id" | "manager" | "division" if rng.bool() => {
            if rng.bool() {
                id(rng.usize(..IDS))
            } else {
                format!("d{}", rng.u8(..3))
            }
        }
        "state" => one(rng, &["active", "INACTIVE", "deleted"]).to_owned(),
        "email" | "username" | "address" => one(rng, &MAILS).to_owned(),
        "department" | "title" | "certifications" => one(rng, &DEPARTMENTS).to_owned(),
        "version" => rng.u8(..12).to_string(),
        "proficiency" => format!("{:.1}", f64::from(rng.u8(..10)) / 2.0),
        "acdAutoAnswer" => rng.bool().to_string(),
        "dateLastLogin" | "dateHire" => one(rng, &DATES[..6]).to_owned(),
        "employeeId" => format!("e{}", rng.u8(..5)),
        _ if field.starts_with("division") => one(rng, &["home", "EMEA", "D1"]).to_owned(),
        _ if field.starts_with("skills") => one(rng, &["French", "billing tier 2"]).to_owned(),
        _ if field.starts_with("loc") => one(rng, &["Berlin", "new york"]).to_owned(),
        _ if field.starts_with("team") => one(rng, &["blue team", "Red Team"]).to_owned(),
        _ => one(rng, &NAMES).to_owned(),
    }
}

fn part(rng: &mut Rng, text: &str, from_start: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let start = if from_start || chars.is_empty() {
        0
    } else {
        rng.usize(..chars.len())
    };
    let end = rng.usize(start..=chars.len());
    let text: String = chars[start..end].iter().collect();
    if rng.bool() {
        text.to_uppercase()
    } else {
        text
    }
}

pub(crate) const TYPES: [&str; 14] = [
    "EXACT",
    "STARTS_WITH",
    "CONTAINS",
    "REGEX",
    "TERM",
    "TERMS",
    "REQUIRED_FIELDS",
    "MATCH_ALL",
    "QUERY_STRING",
    "RANGE",
    "LESS_THAN",
    "LESS_THAN_EQUAL_TO",
    "GREATER_THAN",
    "GREATER_THAN_EQUAL_TO",
];

pub(crate) fn criterion(rng: &mut Rng, type_: &str) -> UserSearchCriteria {
    let fields: Vec<String> = (0..rng.usize(1..=2))
        .map(|_| one(rng, &FIELDS).to_owned())
        .collect();
    let mut criterion = UserSearchCriteria {
        type_: Some(type_.to_owned()),
        ..UserSearchCriteria::default()
    };
    let compares = type_ == "RANGE" || type_.contains("THAN");
    // Values are drawn for one field; comparing them with a field of another kind is an error.
    criterion.fields = if compares {
        fields[..1].to_vec()
    } else {
        fields
    };
    let field = criterion.fields[0].clone();
    let value = |rng: &mut Rng| {
        let whole = sample(rng, &field);
        match type_ {
            "STARTS_WITH" => part(rng, &whole, true),
            "CONTAINS" => part(rng, &whole, false),
            "REGEX" => format!("{}.*|x", regex::escape(&part(rng, &whole, true))),
            "TERM" | "TERMS" => {
                let words: Vec<&str> = whole.split([' ', '.', '@']).collect();
                let start = rng.usize(..words.len());
                words[start..rng.usize(start + 1..=words.len())].join(" ")
            }
            "QUERY_STRING" => query_string(rng, &whole),
            _ => whole,
        }
    };
    match type_ {
        "REQUIRED_FIELDS" | "MATCH_ALL" => {}
        "RANGE" => {
            let (a, b) = (value(rng), value(rng));
            criterion.start_value = (rng.u8(..4) > 0).then_some(a);
            criterion.end_value = (rng.u8(..4) > 0 || criterion.start_value.is_none()).then_some(b);
        }
        _ if rng.u8(..3) == 0 => criterion.values = (0..3).map(|_| value(rng)).collect(),
        _ => criterion.value = Some(value(rng)),
    }
    if type_ == "QUERY_STRING" && rng.bool() {
        criterion.fields = Vec::new();
    }
    criterion
}

fn query_string(rng: &mut Rng, whole: &str) -> String {
    let mut text = String::new();
    for _ in 0..rng.usize(1..=3) {
        let field = one(
            rng,
            &["", "", "", "name:", "state:", "skills.name:", "department:"],
        );
        let words: Vec<&str> = if rng.bool() { whole } else { one(rng, &NAMES) }
            .split_whitespace()
            .collect();
        let word = words
            .get(rng.usize(..=words.len()))
            .copied()
            .unwrap_or("doe");
        let item = match rng.u8(..5) {
            0 => format!("\"{}\"", words.join(" ")),
            1 => format!("{}*", word.chars().take(2).collect::<String>()),
            2 => "*".to_owned(),
            _ => word.to_owned(),
        };
        let before = one(rng, &["", "", "", "-", "NOT ", "OR ", "AND "]);
        text += &format!("{before}{field}{item} ");
    }
    text
}

pub(crate) fn criteria(rng: &mut Rng, depth: usize) -> Vec<UserSearchCriteria> {
    (0..rng.usize(if depth == 0 { 0..4 } else { 1..3 }))
        .map(|_| {
            let type_ = one(rng, &TYPES);
            let mut criterion = criterion(rng, type_);
            if depth < 3 && rng.u8(..5) == 0 {
                criterion.group = criteria(rng, depth + 1);
                if rng.bool() {
                    criterion = UserSearchCriteria {
                        group: criterion.group,
                        ..Default::default()
                    };
                    criterion.type_ = criterion.group.is_empty().then(|| "MATCH_ALL".to_owned());
                    criterion.fields = vec!["id".to_owned()];
                    if criterion.type_.is_none() {
                        criterion.fields.clear();
                    }
                }
            }
            criterion.operator = [None, None, Some("AND"), Some("OR"), Some("OR"), Some("NOT")]
                [rng.usize(..6)]
            .map(str::to_owned);
            criterion
        })
        .collect()
}

pub(crate) fn request(rng: &mut Rng) -> UserSearchRequest {
    let order = |rng: &mut Rng| {
        [
            None,
            Some("ASC"),
            Some("DESC"),
            Some("descending"),
            Some("SCORE"),
        ][rng.usize(..5)]
        .map(str::to_owned)
    };
    let by = |rng: &mut Rng| (rng.u8(..4) > 0).then(|| one(rng, &FIELDS).to_owned());
    let mut request = UserSearchRequest {
        query: criteria(rng, 0),
        sort_by: by(rng),
        sort_order: order(rng),
        page_number: Some(rng.i64(1..4)),
        page_size: Some(rng.i64(1..20)),
        ..UserSearchRequest::default()
    };
    request.sort = (0..rng.usize(..3))
        .map(|_| SearchSort {
            sort_by: by(rng),
            sort_order: order(rng),
        })
        .collect();
    request
}
