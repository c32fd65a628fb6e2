//! Measures the rules: `cargo run --release -p headcount-core --example check -- 100000 1000000`.
//!
//! Makes up orgs of so many users with three versions each, once with a few departments and once
//! with one for every ten users, and prints lines of JSON: what the tree of managers, the lives and
//! all rules take, in ms.
#![expect(clippy::disallowed_methods, reason = "it measures real time")]
#![expect(clippy::print_stdout, reason = "an example is run by a person")]

use std::{error::Error, time::Instant};

use fastrand::Rng;
use headcount_core::{
    check::{self, Context, FactsSeen, Lives, Settings},
    history::VersionRef,
    managers::Managers,
    roster::RosterBuilder,
    user::Attributes,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const NOW_MS: i64 = 20_500 * DAY_MS;
const GIVEN: [&str; 10] = [
    "Jane", "John", "Mary", "Jürgen", "Sofía", "محمد", "Wei", "Łukasz", "Zoë", "Priya",
];
/// Syllables of departments, so that many of them are one letter apart.
const PARTS: [&str; 12] = [
    "Sales", "Support", "Claims", "Billing", "Fraud", "Travel", "Retail", "Retain", "Quality",
    "Back", "Office", "Training",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut sizes: Vec<u32> = Vec::new();
    for size in std::env::args().skip(1) {
        sizes.push(size.parse()?);
    }
    if sizes.is_empty() {
        sizes = vec![100_000, 1_000_000];
    }
    for users in sizes {
        for departments in [200, users / 10, users] {
            measure(users, departments)?;
        }
    }
    Ok(())
}

fn measure(users: u32, departments: u32) -> Result<(), Box<dyn Error>> {
    let mut rng = Rng::with_seed(7);
    let mut roster = RosterBuilder::new(check::projection());
    let mut lives = Lives::new(NOW_MS);
    let mut facts = FactsSeen {
        from_ms: NOW_MS - 90 * DAY_MS,
        through_ms: NOW_MS,
        ..FactsSeen::default()
    };
    let mut lives_ms = 0.0;
    for number in 0..users {
        let id = id(number);
        let user = user(&mut rng, &id, number, users, departments);
        roster.push(&user, Some(&document(&mut rng, &user)));
        let begin = Instant::now();
        for (from, to) in [(0, 40), (40, 75), (75, 100)] {
            lives.push(VersionRef {
                user: &user,
                document: None,
                valid_from: NOW_MS - (100 - from) * DAY_MS,
                valid_to: (to < 100).then_some(NOW_MS - (100 - to) * DAY_MS),
            });
        }
        lives_ms += begin.elapsed().as_secs_f64() * 1000.0;
        if rng.u32(..10) > 1 {
            let silent = rng.u32(..20) == 0;
            let last = NOW_MS - rng.i64(0..if silent { 90 } else { 7 }) * DAY_MS;
            facts.last_ms_by_user.insert(id, last);
        }
    }
    let roster = roster.finish();
    let begin = Instant::now();
    let managers = Managers::of(&roster)?;
    let managers_ms = begin.elapsed().as_secs_f64() * 1000.0;
    let mut settings = Settings::default();
    settings.email_domains.push("example.com".to_owned());
    let context = Context {
        roster: &roster,
        managers: &managers,
        lives: Some(&lives),
        facts: Some(&facts),
        now_ms: NOW_MS,
    };
    let begin = Instant::now();
    let report = check::run(&context, &settings)?;
    let rules_ms = begin.elapsed().as_secs_f64() * 1000.0;
    println!(
        r#"{{"users":{users},"departments":{departments},"findings":{},"rules":{},"lives_ms":{lives_ms:.0},"managers_ms":{managers_ms:.0},"rules_ms":{rules_ms:.0}}}"#,
        report.findings.len(),
        report.rules_run.len(),
    );
    if std::env::var("EACH").is_ok() {
        for info in check::rules() {
            let mut one = settings.clone();
            one.only([info.id])?;
            let begin = Instant::now();
            let found = check::run(&context, &one)?.findings.len();
            let ms = begin.elapsed().as_secs_f64() * 1000.0;
            println!(
                r#"{{"rule":"{}","findings":{found},"ms":{ms:.1}}}"#,
                info.name
            );
        }
    }
    Ok(())
}

fn id(number: u32) -> String {
    format!(
        "{number:08x}-5a3c-4d1e-9f00-{:012x}",
        u64::from(number) * 7919
    )
}

/// One in twenty is in trouble of some kind.
fn user(rng: &mut Rng, id: &str, number: u32, users: u32, departments: u32) -> Attributes<'static> {
    let odd = rng.u32(..20) == 0;
    let given = GIVEN[rng.usize(..GIVEN.len())];
    let name = format!("{given} {}", rng.u32(..users));
    let email = match odd && rng.bool() {
        true => format!("user{number}@mail.example"),
        false => format!("user{number}@example.com"),
    };
    let department = rng.u32(..departments.max(1));
    let part = |at: u32| PARTS[at as usize % PARTS.len()];
    let letter = |at: u32| char::from(b'a' + (at % 26) as u8);
    let department = format!(
        "{} {}{}{}{}",
        part(department),
        part(department / 12),
        letter(department / 144),
        letter(department / 144 / 26),
        letter(department / 144 / 676),
    );
    let state = match rng.u32(..10) {
        0 => "deleted",
        1 => "inactive",
        _ => "active",
    };
    // Whole trees lie in one division, but for one user in a hundred.
    let tree = match rng.u32(..100) {
        0 => rng.u32(..20),
        _ => std::iter::successors(Some(number), |&at| Some((at.checked_sub(1)?) / 12))
            .take_while(|&at| at > 12)
            .last()
            .unwrap_or(number),
    };
    let division = tree % 20;
    Attributes {
        id: id.to_owned().into(),
        state: state.into(),
        name: Some(name.into()),
        username: Some(email.clone().into()),
        email: Some(email.into()),
        department: (!odd).then(|| department.into()),
        title: Some("Agent".into()),
        division_id: Some(format!("division-{division}").into()),
        division_name: Some(if division == 0 {
            "Home".into()
        } else {
            format!("Division {division}").into()
        }),
        manager_id: (number > 0).then(|| self::id((number - 1) / 12).into()),
        ..Attributes::default()
    }
}

/// As large as those of a real org without any part expanded.
fn document(rng: &mut Rng, user: &Attributes<'_>) -> String {
    let text =
        |value: &Option<std::borrow::Cow<'_, str>>| value.as_deref().unwrap_or_default().to_owned();
    let away = rng.u32(..20) == 0;
    let (email, days) = (text(&user.email), rng.i64(0..if away { 200 } else { 30 }));
    let login = jiff::Timestamp::from_millisecond(NOW_MS - days * DAY_MS).unwrap_or_default();
    format!(
        r#"{{"id":"{id}","name":"{name}","division":{{"id":"{division}","name":"x","selfUri":"/api/v2/authorization/divisions/{division}"}},"chat":{{"jabberId":"5f3d2a1b9c8e7f6a5b4c3d2e@example.orgspan.com"}},"department":"{department}","email":"{email}","primaryContactInfo":[{{"address":"{email}","mediaType":"EMAIL","type":"PRIMARY"}}],"addresses":[{{"address":"+4915112345678","display":"+49 1511 2345678","mediaType":"PHONE","type":"WORK","countryCode":"DE"}}],"state":"{state}","title":"Agent","username":"{email}","manager":{{"id":"{manager}","selfUri":"/api/v2/users/{manager}"}},"version":17,"acdAutoAnswer":false,"dateLastLogin":"{login}","selfUri":"/api/v2/users/{id}"}}"#,
        id = user.id,
        name = text(&user.name),
        division = text(&user.division_id),
        department = text(&user.department),
        state = user.state,
        manager = text(&user.manager_id),
    )
}
