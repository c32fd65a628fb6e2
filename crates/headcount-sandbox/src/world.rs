//! Everything that a sandbox knows: the org, the tokens, the faults, the counters.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use headcount_core::fact::{Fact, FactKind, interval::Interval};
use jiff::tz::TimeZone;
use serde::Serialize;
use tokio::time::Instant;

use crate::{
    Config, Quirks, analytics,
    change::{self, Change, ChangeKind},
    fault::{Endpoint, Fault, FaultKind, Faults},
    import::{self, Imported},
    org::{Org, Person, State},
    people::{self, People},
    quirks::IdCase,
    scenario::{self, ScenarioError, Step},
};

/// Counters of a sandbox since its start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Requests of all endpoints but the sandbox's own.
    pub requests: u64,
    /// Answers by status. A connection that broke off counts as `broken`.
    pub by_status: BTreeMap<String, u64>,
    /// Requests by endpoint.
    pub by_endpoint: BTreeMap<String, u64>,
    /// Answers with status 429.
    pub throttled: u64,
    /// Injected faults by kind.
    pub faults: BTreeMap<String, u64>,
    /// Tokens handed out.
    pub logins: u64,
    /// Changes of the org.
    pub changes: u64,
    /// Bytes of bodies sent.
    pub bytes: u64,
}

/// Numbers that the rate limit headers tell (contract 7.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) count: u64,
    pub(crate) allowed: u64,
    /// Whole seconds to the next window, rounded up.
    pub(crate) reset: u64,
}

impl Pace {
    pub(crate) fn is_over(self) -> bool {
        self.count > self.allowed
    }
}

/// `allowed` where there is no limit.
const UNLIMITED: u64 = 1_000_000;

struct Token {
    ends: Instant,
    window: Option<Instant>,
    count: u64,
}

/// What a bearer token is good for.
pub(crate) enum Bearer {
    Unknown,
    Expired,
    Good(Pace),
}

pub(crate) struct World {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) org_id: String,
    pub(crate) window: Option<u64>,
    pub(crate) latency: Duration,
    rate_limit: Option<u32>,
    churn_every: Option<u64>,
    scenario: Option<scenario::Scenario>,
    org: RwLock<Org>,
    quirks: RwLock<Quirks>,
    live: Mutex<Live>,
    /// A lock of its own: rows are spoilt while the org is read, and `live` may wait for the org.
    spoiling: Mutex<fastrand::Rng>,
    stats: Mutex<Stats>,
}

/// What changes with every request.
struct Live {
    tokens: HashMap<String, Token>,
    faults: Faults,
    random: fastrand::Rng,
    churn: fastrand::Rng,
    ids: fastrand::Rng,
    searches: u64,
    waiting: Vec<Change>,
    logins: u64,
    revoked: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(crate) fn new(config: Config) -> Self {
        let people = People::new(config.seed, config.quirks.id_case == IdCase::Upper);
        let mut faults: Vec<Fault> = config.faults.iter().copied().map(Fault::from).collect();
        let mut changes = Vec::new();
        let org = match &config.scenario {
            Some(scenario) => {
                faults.extend(scenario.faults.clone());
                changes.clone_from(&scenario.changes);
                explicit(people.clone(), scenario, config.users)
            }
            None => Org::of_people(people.clone(), config.users),
        };
        let random =
            |kind: u64| fastrand::Rng::with_seed(people::mix(config.seed ^ people::mix(kind)));
        let mut secret = random(11);
        let world = Self {
            client_id: people::uuid(&mut secret),
            client_secret: format!("{:032x}", secret.u128(..)),
            org_id: people.org_id(),
            window: config.window,
            latency: config.latency,
            rate_limit: config.rate_limit,
            churn_every: config.churn_every_requests.filter(|every| *every > 0),
            org: RwLock::new(org),
            quirks: RwLock::new(config.quirks),
            live: Mutex::new(Live {
                tokens: HashMap::new(),
                faults: Faults::default(),
                random: random(12),
                churn: random(13),
                ids: random(14),
                searches: 0,
                waiting: Vec::new(),
                logins: 0,
                revoked: false,
            }),
            spoiling: Mutex::new(random(15)),
            stats: Mutex::default(),
            scenario: config.scenario,
        };
        world.set_faults(faults);
        world.change(changes);
        world
    }

    pub(crate) fn org(&self) -> RwLockReadGuard<'_, Org> {
        self.org.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn org_mut(&self) -> RwLockWriteGuard<'_, Org> {
        self.org.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn quirks(&self) -> Quirks {
        self.quirks
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_quirks(&self, quirks: Quirks) {
        let granted = [
            quirks.search_permission,
            quirks.query_permission,
            quirks.conversation_permission,
            quirks.evaluation_permission,
        ];
        let mut live = lock(&self.live);
        if granted == [crate::quirks::Permission::Granted; 4] {
            live.revoked = false;
        }
        live.logins = 0;
        drop(live);
        *self.quirks.write().unwrap_or_else(PoisonError::into_inner) = quirks;
    }

    /// Replaces the faults in force. A permission that a fault revoked is given back.
    pub(crate) fn set_faults(&self, faults: Vec<Fault>) {
        let mut live = lock(&self.live);
        live.faults.set(faults);
        live.revoked = false;
    }

    /// Makes changes, at once or after the number of search requests that each names. Gives the
    /// number of users that were struck at once.
    pub(crate) fn change(&self, changes: Vec<Change>) -> usize {
        let mut struck = 0;
        for mut change in changes {
            let mut live = lock(&self.live);
            if let Some(after) = change.after_request {
                change.after_request = Some(live.searches + after);
                live.waiting.push(change);
            } else {
                struck += self.make(&mut live, &change);
            }
        }
        struck
    }

    /// Imports people from a file.
    ///
    /// # Errors
    /// What is wrong with the file; nothing was imported then.
    pub(crate) fn import(&self, file: &[u8]) -> Result<Imported, String> {
        let mut live = lock(&self.live);
        let mut org = self.org_mut();
        let before = org.revision();
        let imported = import::apply(&mut org, file, &mut live.churn);
        lock(&self.stats).changes += org.revision() - before;
        imported
    }

    fn make(&self, live: &mut Live, change: &Change) -> usize {
        let mut org = self.org_mut();
        let before = org.revision();
        let struck = change::apply(&mut org, change, &mut live.churn);
        lock(&self.stats).changes += org.revision() - before;
        struck
    }

    /// Notes that a search or a listing was answered: the changes due now are made.
    pub(crate) fn searched(&self) {
        let mut live = lock(&self.live);
        live.searches += 1;
        let searches = live.searches;
        let (due, waiting) = std::mem::take(&mut live.waiting)
            .into_iter()
            .partition(|change| change.after_request.is_some_and(|after| after <= searches));
        live.waiting = waiting;
        let due: Vec<Change> = due;
        for change in due {
            self.make(&mut live, &change);
        }
        if self
            .churn_every
            .is_some_and(|every| searches.is_multiple_of(every))
        {
            self.make(&mut live, &Change::of(ChangeKind::Random, 1));
        }
    }

    /// The fault that strikes a request.
    pub(crate) fn strike(&self, endpoint: Endpoint) -> Option<FaultKind> {
        let mut live = lock(&self.live);
        let Live { faults, random, .. } = &mut *live;
        let fault = faults.strike(endpoint, random)?;
        if fault == FaultKind::PermissionRevoked {
            live.revoked = true;
        }
        drop(live);
        *lock(&self.stats)
            .faults
            .entry(fault.name().to_owned())
            .or_default() += 1;
        Some(fault)
    }

    /// A number below `end`, for what a fault spoils.
    pub(crate) fn pick(&self, end: usize) -> usize {
        lock(&self.spoiling).usize(..end.max(1))
    }

    pub(crate) fn is_revoked(&self) -> bool {
        lock(&self.live).revoked
    }

    /// The facts of an interval, counted the plain way.
    pub(crate) fn facts(&self, kind: FactKind, within: Interval, zone: &TimeZone) -> Vec<Fact> {
        let org = self.org();
        analytics::truth::truth(kind, &org.agents(false), within, zone)
    }

    /// A fresh correlation id.
    pub(crate) fn correlation_id(&self) -> String {
        people::uuid(&mut lock(&self.live).ids)
    }

    /// Counts a login; true if it is one of the first `limited`.
    pub(crate) fn login_is_limited(&self, limited: u64) -> bool {
        let mut live = lock(&self.live);
        live.logins += 1;
        live.logins <= limited
    }

    /// A new token and its life in seconds.
    pub(crate) fn new_token(&self, now: Instant) -> (String, u64) {
        let lifetime = self.quirks().token_lifetime;
        let mut live = lock(&self.live);
        let token = format!("{:032x}{:032x}", live.ids.u128(..), live.ids.u128(..));
        let ends = now + Duration::from_secs(lifetime.min(1 << 32));
        live.tokens.insert(
            token.clone(),
            Token {
                ends,
                window: None,
                count: 0,
            },
        );
        drop(live);
        lock(&self.stats).logins += 1;
        (token, lifetime)
    }

    /// Looks a token up and counts the request against its limit.
    pub(crate) fn bearer(&self, token: &str, now: Instant) -> Bearer {
        let length = Duration::from_secs(self.quirks().rate_window);
        let mut live = lock(&self.live);
        let Some(known) = live.tokens.get_mut(token) else {
            return Bearer::Unknown;
        };
        if now >= known.ends {
            return Bearer::Expired;
        }
        let start = *known.window.get_or_insert(now);
        if now >= start + length {
            known.window = Some(now);
            known.count = 0;
        }
        known.count += 1;
        let left = (known.window.unwrap_or(now) + length).saturating_duration_since(now);
        Bearer::Good(Pace {
            count: known.count,
            allowed: self.rate_limit.map_or(UNLIMITED, u64::from),
            reset: left.as_secs() + u64::from(left.subsec_nanos() > 0),
        })
    }

    /// Ends the life of a token.
    pub(crate) fn expire(&self, token: &str, now: Instant) {
        if let Some(known) = lock(&self.live).tokens.get_mut(token) {
            known.ends = now;
        }
    }

    pub(crate) fn count(&self, endpoint: &str, status: Option<u16>, bytes: u64) {
        let mut stats = lock(&self.stats);
        stats.requests += 1;
        stats.bytes += bytes;
        stats.throttled += u64::from(status == Some(429));
        *stats.by_endpoint.entry(endpoint.to_owned()).or_default() += 1;
        let status = status.map_or_else(|| "broken".to_owned(), |status| status.to_string());
        *stats.by_status.entry(status).or_default() += 1;
    }

    pub(crate) fn stats(&self) -> Stats {
        lock(&self.stats).clone()
    }

    /// Sets quirks, faults and changes as a step of the scenario says.
    pub(crate) fn apply_step(&self, number: usize) -> Result<Step, ScenarioError> {
        let steps = self
            .scenario
            .as_ref()
            .map_or(&[][..], |scenario| &scenario.steps);
        let Some(step) = steps.get(number) else {
            return Err(ScenarioError::Step {
                asked: number,
                steps: steps.len(),
            });
        };
        if !step.quirks.is_empty() {
            let mut quirks = self.quirks();
            scenario::set_quirks(&mut quirks, &step.quirks);
            self.set_quirks(quirks);
        }
        if let Some(faults) = &step.faults {
            self.set_faults(faults.clone());
        }
        self.change(step.changes.clone());
        Ok(step.clone())
    }
}

/// The people of a scenario word for word, then those from the seed.
fn explicit(people: People, scenario: &scenario::Scenario, users: usize) -> Org {
    let mut crowd: Vec<Person> = scenario
        .people
        .iter()
        .filter_map(|user| {
            let known = headcount_core::user::Attributes::parse(&user.document).ok()?;
            let state = State::parse(&known.state).unwrap_or(State::Active);
            let document = user.document.trim().to_owned();
            let department = known.department.as_deref();
            Some(Person::new(
                known.id.clone().into_owned(),
                document,
                state,
                department,
            ))
        })
        .collect();
    crowd.extend(people.crowd(users));
    Org::of(people, crowd)
}
