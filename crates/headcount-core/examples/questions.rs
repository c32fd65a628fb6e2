//! Measures a roster in memory: `cargo run --release -p headcount-core --example questions -- 100000`.
//!
//! Prints lines of JSON: what the documents, the roster and its indices take, and the median time of
//! each question. Memory is read from /proc, so it is told on Linux alone.
#![expect(clippy::disallowed_methods, reason = "it measures real time")]
#![expect(clippy::print_stdout, reason = "an example is run by a person")]

use std::{
    error::Error,
    fmt::Write,
    hint::black_box,
    time::{Duration, Instant},
};

use fastrand::Rng;
use headcount_core::{
    aggregate::{GroupBy, count_by},
    field::Projection,
    roster::{Roster, RosterBuilder},
    search::{PageLimits, Query, StateRule},
    user::Attributes,
};
use serde_json::json;

const GIVEN: [&str; 40] = [
    "Jane", "John", "Mary", "Peter", "Anna", "Jürgen", "Sofía", "محمد", "Wei", "Olga", "Tom",
    "Laura", "Ahmed", "Fatima", "Ivan", "Noor", "Emma", "Lucas", "Mia", "Paul", "Jonas", "Lea",
    "Omar", "Sara", "Łukasz", "Zoë", "Chloé", "Hugo", "Nina", "Ken", "Yuki", "Raj", "Priya",
    "Carlos", "Elena", "Bruno", "Joana", "Pavel", "Ingrid", "Sven",
];
const FAMILY: [&str; 40] = [
    "Doe",
    "Smith",
    "Müller",
    "García",
    "علي",
    "Chen",
    "Ivanova",
    "Brown",
    "O'Brien",
    "Novák",
    "Silva",
    "Rossi",
    "Dubois",
    "Jansen",
    "Kowalski",
    "Nguyen",
    "Kim",
    "Tanaka",
    "Patel",
    "Singh",
    "Khan",
    "Lopez",
    "Meyer",
    "Weber",
    "Schmidt",
    "Costa",
    "Moreau",
    "Haddad",
    "Nasser",
    "Farah",
    "Popov",
    "Horvat",
    "Andersson",
    "Nielsen",
    "Virtanen",
    "Murphy",
    "Walsh",
    "Stone",
    "Fischer",
    "Okafor",
];
const DEPARTMENTS: [&str; 30] = [
    "Sales",
    "sales",
    "Sales EMEA",
    "Support",
    "Customer Service",
    "Customer service",
    "IT",
    "Finance",
    "HR",
    "Human Resources",
    "Legal",
    "Marketing",
    "Logistics",
    "Operations",
    "Back Office",
    "Billing",
    "Collections",
    "Fraud",
    "Quality",
    "Training",
    "Workforce",
    "Retention",
    "Claims",
    "Travel",
    "Outbound",
    "Chat",
    "Social Media",
    "Technical Support",
    "Tier 2",
    "Management",
];

fn main() -> Result<(), Box<dyn Error>> {
    let users: usize = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 100_000,
    };
    let before = resident()?;
    let (roster, documents, built) = build(users)?;
    let filled = resident()?;
    let begin = Instant::now();
    roster.warm();
    let warmed = begin.elapsed();
    let warm = resident()?;
    println!(
        r#"{{"users":{users},"document_bytes":{documents},"build_s":{:.2},"warm_s":{:.2},"resident_after_build":{},"resident_after_warm":{},"resident_over_documents":{:.3}}}"#,
        built.as_secs_f64(),
        warmed.as_secs_f64(),
        filled - before,
        warm - before,
        (warm - before) as f64 / documents as f64,
    );
    let email = |row: u32| roster.value(row, headcount_core::field::Column::Email);
    let someone = (users as u32 / 3..).find_map(email).unwrap_or_default();
    let deep = users * 6 / 10 / 25 / 2;
    let criteria = [
        (
            "exact email",
            json!([{"type": "EXACT", "fields": ["email"], "value": someone}]),
            1,
        ),
        (
            "starts_with name",
            json!([{"type": "STARTS_WITH", "fields": ["name"], "value": "jan"}]),
            1,
        ),
        (
            "contains name",
            json!([{"type": "CONTAINS", "fields": ["name"], "value": "ne müll"}]),
            1,
        ),
        (
            "contains name, less selective",
            json!([{"type": "CONTAINS", "fields": ["name"], "value": "schmi"}]),
            1,
        ),
        (
            "contains email",
            json!([{"type": "CONTAINS", "fields": ["email"], "value": "77123"}]),
            1,
        ),
        (
            "contains name, two letters",
            json!([{"type": "CONTAINS", "fields": ["name"], "value": "zo"}]),
            1,
        ),
        (
            "term name",
            json!([{"type": "TERM", "fields": ["name"], "value": "jane doe"}]),
            1,
        ),
        (
            "query_string",
            json!([{"type": "QUERY_STRING", "value": "jane support"}]),
            1,
        ),
        (
            "terms department, state",
            json!([
                {"type": "TERMS", "fields": ["department"], "values": ["sales", "billing"]},
                {"type": "EXACT", "fields": ["state"], "values": ["active", "inactive"]},
            ]),
            1,
        ),
        (
            "exact department",
            json!([{"type": "EXACT", "fields": ["department"], "value": "Support"}]),
            1,
        ),
        (
            "range name",
            json!([{"type": "RANGE", "fields": ["name"], "startValue": "jane d", "endValue": "john"}]),
            1,
        ),
        (
            "range name, half",
            json!([{"type": "RANGE", "fields": ["name"], "startValue": "h"}]),
            1,
        ),
        (
            "range version",
            json!([{"type": "RANGE", "fields": ["version"], "startValue": "50", "endValue": "55"}]),
            1,
        ),
        (
            "greater_than id",
            json!([{"type": "GREATER_THAN", "fields": ["id"], "value": "8"}]),
            1,
        ),
        (
            "manager.name",
            json!([{"type": "EXACT", "fields": ["manager.name"], "value": "Jane Doe"}]),
            1,
        ),
        (
            "not department",
            json!([{"type": "EXACT", "fields": ["department"], "value": "Support", "operator": "NOT"}]),
            1,
        ),
        ("everybody, first page", json!([]), 1),
        ("everybody, deep page", json!([]), deep),
        (
            "department, deep page",
            json!([{"type": "EXACT", "fields": ["department"], "value": "Sales"}]),
            (deep / 40).max(1),
        ),
    ];
    for (name, query, page) in &criteria {
        for (by, order) in [("", "ASC"), ("name", "ASC"), ("department", "DESC")] {
            let mut request = json!({"query": query, "pageNumber": page});
            if !by.is_empty() {
                request["sortBy"] = json!(by);
                request["sortOrder"] = json!(order);
            }
            let request = serde_json::from_value(request)?;
            let query = Query::compile(
                &request,
                StateRule::ActiveUnlessAsked,
                &PageLimits::default(),
            )?;
            let view = roster.view(None);
            let total = view.search(&query)?.total;
            let median = median(|| view.search(&query).map(|found| found.rows.len()));
            println!(
                r#"{{"question":"{name}","sort":"{by}","total":{total},"median_us":{median:.1}}}"#
            );
        }
    }
    let view = roster.view(None);
    let request = serde_json::from_value(json!({"query": []}))?;
    let query = Query::compile(
        &request,
        StateRule::ActiveUnlessAsked,
        &PageLimits::default(),
    )?;
    for by in [
        &["division", "department"][..],
        &["department"],
        &["division"],
        &["manager"],
    ] {
        let groups: Vec<GroupBy> = by
            .iter()
            .map(|name| GroupBy::parse(name))
            .collect::<Result<_, _>>()?;
        let median = median(|| {
            let rows = view.matching(&query.matcher)?;
            count_by(&view, &rows, &groups).map(|rows| rows.len())
        });
        println!(
            r#"{{"question":"active by {}","median_us":{median:.1}}}"#,
            by.join(" and ")
        );
    }
    Ok(())
}

/// Median time of a question, in microseconds.
fn median<T, E>(mut ask: impl FnMut() -> Result<T, E>) -> f64 {
    let mut times: Vec<Duration> = Vec::new();
    let begin = Instant::now();
    while times.len() < 15 || (begin.elapsed().as_millis() < 300 && times.len() < 2000) {
        let begin = Instant::now();
        let _ = black_box(ask());
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

/// A roster in id order, as out of a store, and the bytes of its documents.
fn build(users: usize) -> Result<(Roster, usize, Duration), Box<dyn Error>> {
    let mut rng = Rng::with_seed(7);
    let mut ids: Vec<u128> = (0..users).map(|_| rng.u128(..)).collect();
    ids.sort_unstable();
    let mut builder = RosterBuilder::new(Projection::all());
    let (mut bytes, mut spent) = (0, Duration::ZERO);
    let mut document = String::new();
    for number in 0..users {
        document.clear();
        person(&mut rng, &ids, number, &mut document)?;
        bytes += document.len();
        let begin = Instant::now();
        builder.push(&Attributes::parse(&document)?, Some(&document));
        spent += begin.elapsed();
    }
    let begin = Instant::now();
    let roster = builder.finish();
    Ok((roster, bytes, spent + begin.elapsed()))
}

fn uuid(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

fn person(rng: &mut Rng, ids: &[u128], number: usize, out: &mut String) -> std::fmt::Result {
    let id = uuid(ids[number]);
    let (given, family) = (
        GIVEN[rng.usize(..GIVEN.len())],
        FAMILY[rng.usize(..FAMILY.len())],
    );
    let local = |name: &str| {
        name.chars()
            .filter(char::is_ascii_alphabetic)
            .collect::<String>()
    };
    let email = format!("{}.{}.{number}@example.com", local(given), local(family)).to_lowercase();
    let division = rng.u8(..14);
    write!(
        out,
        r#"{{"id":"{id}","name":"{given} {family}","division":{{"id":"{}","name":"Division {division}","selfUri":"/api/v2/authorization/divisions/{}"}},"chat":{{"jabberId":"{:024x}@example.orgspan.com"}}"#,
        uuid(u128::from(division)),
        uuid(u128::from(division)),
        rng.u128(..) >> 32
    )?;
    if rng.u8(..10) > 0 {
        write!(
            out,
            r#","department":"{}""#,
            DEPARTMENTS[rng.usize(..DEPARTMENTS.len())]
        )?;
    }
    let phone = rng.u64(200_000_000..999_999_999);
    write!(
        out,
        r#","email":"{email}","primaryContactInfo":[{{"address":"+49{phone}","display":"+49{phone}","mediaType":"PHONE","type":"PRIMARY","countryCode":"DE"}},{{"address":"{email}","mediaType":"EMAIL","type":"PRIMARY"}}],"addresses":[{{"address":"+49{phone}","display":"+49{phone}","mediaType":"PHONE","type":"WORK","countryCode":"DE"}}],"state":"{}""#,
        match rng.u8(..100) {
            0..60 => "active",
            60..86 => "inactive",
            _ => "deleted",
        }
    )?;
    if rng.u8(..4) > 0 {
        write!(out, r#","title":"Agent {}""#, rng.u8(..40))?;
    }
    write!(out, r#","username":"{email}""#)?;
    if rng.u8(..25) > 0 {
        let manager = uuid(ids[rng.usize(..ids.len().div_ceil(12))]);
        write!(
            out,
            r#","manager":{{"id":"{manager}","selfUri":"/api/v2/users/{manager}"}}"#
        )?;
    }
    if rng.u8(..3) == 0 {
        write!(out, r#","images":["#)?;
        for (at, size) in ["x48", "x96", "x128"].iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(
                out,
                r#"{comma}{{"resolution":"{size}","imageUri":"https://api-downloads.example.com/directory-profile/{id}.{size}.jpg"}}"#
            )?;
        }
        out.push(']');
    }
    write!(out, r#","version":{}"#, rng.u32(1..60))?;
    if rng.u8(..5) < 2 {
        write!(out, r#","preferredName":"{given}""#)?;
    }
    write!(
        out,
        r#","acdAutoAnswer":{},"selfUri":"/api/v2/users/{id}"}}"#,
        rng.bool()
    )
}

/// Resident memory of this process in bytes; 0 where there is no /proc.
fn resident() -> Result<usize, Box<dyn Error>> {
    /// Linux counts in pages; they have this size on every machine that we measure on.
    const PAGE: usize = 4096;
    let Ok(statm) = std::fs::read_to_string("/proc/self/statm") else {
        return Ok(0);
    };
    let pages: usize = statm.split_whitespace().nth(1).unwrap_or("0").parse()?;
    Ok(pages * PAGE)
}
