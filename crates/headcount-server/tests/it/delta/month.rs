//! A scripted month, followed by somebody who crashes (issue 5, Must show 6).

use proptest::prelude::*;
use serde_json::json;

use super::{Copy, PATH, apply, caught_up, link, roster};
use crate::served::{Asking, BEGIN_MS, Made, Served, publish, uuid};

const DAY_MS: i64 = 86_400_000;

/// A person of the month, or nobody.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Person {
    state: usize,
    division: usize,
    title: u8,
    presence: u8,
}

const STATES: [&str; 3] = ["active", "inactive", "deleted"];
const DIVISIONS: [&str; 3] = ["d", "e", "f"];

fn document(number: usize, person: Person) -> String {
    json!({
        "id": uuid(number), "name": format!("Person {number}"), "state": STATES[person.state],
        "title": format!("T{}", person.title), "version": person.presence,
        "division": {"id": DIVISIONS[person.division], "name": "Division"},
        "presence": {"at": person.presence},
    })
    .to_string()
}

/// What happens to the people on one day.
fn another_day(people: &mut [Option<Person>], random: &mut fastrand::Rng) {
    for _ in 0..random.usize(0..12) {
        let number = random.usize(..people.len());
        let Some(person) = &mut people[number] else {
            // Joins, or returns.
            people[number] = Some(Person {
                state: 0,
                division: random.usize(..3),
                title: random.u8(..3),
                presence: 0,
            });
            continue;
        };
        match random.u8(..8) {
            0 | 1 => people[number] = None,
            2 => person.state = random.usize(..3),
            3 | 4 => person.division = random.usize(..3),
            5 => person.title = random.u8(..3),
            _ => person.presence = random.u8(..),
        }
    }
}

/// Somebody who follows the tokens, and loses a page, the place or the wits now and then. What was
/// applied and the link that goes with it are kept together; a page that is applied without its
/// link being kept is what a crash leaves.
struct Consumer {
    token: Option<&'static str>,
    division: Option<&'static str>,
    copy: Copy,
    /// Where to go on; `None` before the first round.
    link: Option<String>,
    /// Links of earlier rounds, any of which may be replayed.
    earlier: Vec<String>,
}

impl Consumer {
    fn new(token: Option<&'static str>, division: Option<&'static str>) -> Self {
        Self {
            token,
            division,
            copy: Copy::new(),
            link: None,
            earlier: Vec::new(),
        }
    }

    fn asking(&self, served: &Served) -> Asking {
        match self.token {
            Some(id) => served.holder(id),
            None => served.anybody(),
        }
    }

    /// Asks until the end of a round, or until something goes wrong.
    async fn goes_on(&mut self, served: &Served, random: &mut fastrand::Rng, whole: bool) -> bool {
        let asking = self.asking(served);
        let size = [1, 2, 3, 5, 1000][random.usize(..5)];
        let begin = match &self.link {
            Some(link) => format!("{link}&pageSize={size}"),
            // Whoever begins anew begins with nothing: nobody who left before is told.
            None => {
                self.copy.clear();
                format!("{PATH}?pageSize={size}")
            }
        };
        let mut path = begin;
        loop {
            let answer = asking.get(&path).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            if !whole && random.u8(..6) == 0 {
                // The answer never arrived.
                return false;
            }
            let page = answer.json();
            apply(&mut self.copy, &page);
            if !whole && random.u8(..6) == 0 {
                // Applied, and the link lost.
                return false;
            }
            if let Some(next) = link(&page, "@odata.deltaLink") {
                self.earlier.extend(self.link.replace(next));
                return true;
            }
            path = link(&page, "@odata.nextLink").unwrap();
            if !whole && random.u8(..6) == 0 {
                // The process ends in the middle of the round and goes on there later.
                self.link = Some(path);
                return false;
            }
        }
    }

    /// One that lost its state file begins again from an older one, with the copy of today.
    fn replays(&mut self, random: &mut fastrand::Rng) {
        if !self.earlier.is_empty() && random.u8(..5) == 0 {
            let at = random.usize(..self.earlier.len());
            self.link = Some(self.earlier.swap_remove(at));
        }
    }
}

async fn a_month(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut people: Vec<Option<Person>> = vec![None; 14];
    another_day(&mut people, &mut random);
    let documents = |people: &[Option<Person>]| -> Vec<String> {
        let there = people.iter().enumerate();
        there
            .filter_map(|(number, person)| Some(document(number, (*person)?)))
            .collect()
    };
    let limited = random.bool();
    let made = Made::new().publish(&documents(&people), BEGIN_MS);
    let made = if limited {
        made.token("d", |token| token.grant.divisions = Some(vec!["d".into()]))
    } else {
        made
    };
    let mut served = made.serve().await;
    let (token, division) = if limited {
        (Some("d"), Some("d"))
    } else {
        (None, None)
    };
    let mut consumer = Consumer::new(token, division);
    for day in 1..=30 {
        let now_ms = BEGIN_MS + day * DAY_MS;
        served.at(now_ms);
        for part in 0..random.i64(1..3) {
            another_day(&mut people, &mut random);
            publish(&*served.store, &documents(&people), now_ms + part);
            // Before the server knows, while it learns, and in mid-round.
            consumer.goes_on(&served, &mut random, false).await;
        }
        if random.u8(..4) == 0 {
            served = served.again().await;
            served.at(now_ms);
        }
        consumer.replays(&mut random);
        caught_up(&served, &consumer.asking(&served)).await;
        for _ in 0..random.u8(..3) {
            consumer.goes_on(&served, &mut random, false).await;
        }
        // A round that began earlier ends where it meant to: the next one leads to today.
        consumer.goes_on(&served, &mut random, true).await;
        consumer.goes_on(&served, &mut random, true).await;
        let wanted = roster(&*served.store, consumer.division);
        assert_eq!(consumer.copy, wanted, "day {day} of seed {seed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    /// Six months at a time: most of each is waiting for a server to look at its store.
    #[test]
    fn who_follows_the_tokens_has_the_roster_each_day(seeds in proptest::array::uniform6(any::<u64>())) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let months = seeds.map(|seed| tokio::spawn(a_month(seed)));
            for month in months {
                month.await.unwrap();
            }
        });
    }
}
