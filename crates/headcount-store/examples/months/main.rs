//! Fills a store with an org, its history and months of facts, for benchmarks and for checks against
//! other engines. The same arguments give the same org.
//!
//!     months large STORE USERS DAYS [SNAPSHOTS [VERSIONS]]
//!     months small STORE SEED
//!
//! STORE is the path of a file, or the URL of a store in PostgreSQL.
//!
//! `large`: everybody has so many versions, changed at snapshots spread over the days, and two facts
//! a day. `small`: sixty people to whom everything happens that happens to people. Prints one line of
//! JSON: what was made, and how long keeping the facts took.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example is run by a person, who may want to know how long it took"
)]

mod large;
mod person;
mod small;

use std::error::Error;

use headcount_store::{Breaker, Outcome, Store};

use self::person::Person;

/// The org of both.
const ORG: &str = "acme";

/// Users staged at once.
const PAGE: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let made = match arguments.as_slice() {
        ["large", store, users, days, rest @ ..] => {
            let number = |at: usize, default: usize| match rest.get(at) {
                Some(text) => text.parse(),
                None => Ok(default),
            };
            large::make(&large::Large {
                store,
                users: users.parse()?,
                days: days.parse()?,
                snapshots: number(0, 50)?,
                versions: number(1, 3)?,
            })?
        }
        ["small", store, seed] => small::make(store, seed.parse()?)?,
        _ => return Err(
            "usage: months large STORE USERS DAYS [SNAPSHOTS [VERSIONS]] | months small STORE SEED"
                .into(),
        ),
    };
    println!("{made}");
    Ok(())
}

/// Publishes everybody as they are now.
fn publish(store: &dyn Store, everybody: &[Person], now_ms: i64) -> Result<(), Box<dyn Error>> {
    let mut run = store.begin(ORG, "all", now_ms, None)?;
    for page in everybody.chunks(PAGE) {
        let page: Vec<String> = page.iter().map(Person::document).collect();
        let page: Vec<&str> = page.iter().map(String::as_str).collect();
        store.stage(&mut run, &page)?;
    }
    match store.publish(run, "{}", now_ms, &Breaker::OFF)? {
        Outcome::Published(_) => Ok(()),
        Outcome::Held(_) => Err("a snapshot was held back".into()),
    }
}
