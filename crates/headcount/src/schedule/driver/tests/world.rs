//! A made-up machine: a clock that is moved by hand, an org whose runs end as scripted, and a
//! record of what was run when.

use std::{cell::RefCell, collections::VecDeque, rc::Rc, sync::Arc};

use headcount_server::job::{Job, JobOutcome};
use jiff::Timestamp;

use super::super::{Driver, Ended};
use crate::schedule::due::Schedule;

pub(super) const MINUTE: i64 = 60_000;

/// One run as it was recorded; times as the clock showed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ran {
    pub(super) started: i64,
    pub(super) ended: i64,
    pub(super) outcome: JobOutcome,
}

/// How a run shall go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    pub(super) outcome: JobOutcome,
    pub(super) takes: i64,
    /// How far the clock is moved in the middle of it.
    pub(super) jump: i64,
}

impl Script {
    pub(super) fn new(outcome: JobOutcome, minutes: i64) -> Self {
        Self {
            outcome,
            takes: minutes * MINUTE,
            jump: 0,
        }
    }
}

/// What the machine knows, process or not.
pub(super) struct Machine {
    pub(super) now: i64,
    pub(super) published: Option<i64>,
    pub(super) scripts: VecDeque<Script>,
    pub(super) ran: Vec<Ran>,
}

/// The machine, and the process on it while it is up.
pub(super) struct World {
    pub(super) machine: Rc<RefCell<Machine>>,
    pub(super) job: Arc<Job>,
    schedule: Schedule,
    process: Option<Box<dyn FnMut() -> i64>>,
}

impl World {
    /// A machine whose process is down.
    pub(super) fn new(schedule: Schedule, now: &str, published: Option<&str>) -> Self {
        Self::at(schedule, ms(now), published.map(ms))
    }

    /// The same by times in ms.
    pub(super) fn at(schedule: Schedule, now: i64, published: Option<i64>) -> Self {
        let machine = Machine {
            now,
            published,
            scripts: VecDeque::new(),
            ran: Vec::new(),
        };
        Self {
            machine: Rc::new(RefCell::new(machine)),
            job: Arc::default(),
            schedule,
            process: None,
        }
    }

    /// How the coming runs go; those after them publish within four minutes.
    pub(super) fn script(&self, scripts: impl IntoIterator<Item = Script>) {
        self.machine.borrow_mut().scripts.extend(scripts);
    }

    pub(super) fn start(&mut self, seed: u64) {
        self.job = Arc::default();
        let of = || Rc::clone(&self.machine);
        let (clock, published, work) = (of(), of(), of());
        let mut driver = Driver::new(
            "org".to_owned(),
            self.schedule.clone(),
            seed,
            Arc::clone(&self.job),
            move || clock.borrow().now,
            move || published.borrow().published,
            move |_| run(&mut work.borrow_mut()),
        );
        self.process = Some(Box::new(move || {
            i64::try_from(driver.turn().as_millis()).unwrap()
        }));
    }

    pub(super) fn stop(&mut self) {
        self.process = None;
    }

    pub(super) fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// Lets the clock move by `step` at a time until it shows `end` or later; a process that is up
    /// has its turns meanwhile.
    pub(super) fn until(&mut self, end: i64, step: i64) {
        while self.machine.borrow().now < end {
            let wait = self.turn().unwrap_or(i64::MAX).clamp(1, step);
            let mut machine = self.machine.borrow_mut();
            // The driver never waits longer than a second; the world need not look that often.
            let wait = if wait == 1000 { step } else { wait };
            machine.now = (machine.now + wait).min(end.max(machine.now));
        }
        self.turn();
    }

    /// One turn of the process, and how long it would wait.
    pub(super) fn turn(&mut self) -> Option<i64> {
        self.process.as_mut().map(|turn| turn())
    }

    /// Runs since the last call: when they started and ended by the clock of `zone`, and how.
    pub(super) fn told(&self, zone: &str) -> Vec<String> {
        let clock = |ms: i64, form: &str| {
            let time = Timestamp::from_millisecond(ms).unwrap();
            let zone = jiff::tz::TimeZone::get(zone).unwrap();
            zone.to_datetime(time).strftime(form).to_string()
        };
        let ran = std::mem::take(&mut self.machine.borrow_mut().ran);
        ran.into_iter()
            .map(|run| {
                let started = clock(run.started, "%a %H:%M");
                format!(
                    "{started}-{} {}",
                    clock(run.ended, "%H:%M"),
                    run.outcome.name()
                )
            })
            .collect()
    }
}

fn run(machine: &mut Machine) -> Ended {
    let script = machine.scripts.pop_front();
    let script = script.unwrap_or(Script::new(JobOutcome::Published, 4));
    let started = machine.now;
    machine.now += script.takes + script.jump;
    if script.outcome == JobOutcome::Published {
        machine.published = Some(machine.now);
    }
    machine.ran.push(Ran {
        started,
        ended: machine.now,
        outcome: script.outcome,
    });
    Ended {
        outcome: script.outcome,
        requests: 1,
        throttled: 0,
        cause: None,
    }
}

/// Milliseconds of an instant in RFC 3339.
pub(super) fn ms(time: &str) -> i64 {
    time.parse::<Timestamp>().unwrap().as_millisecond()
}
