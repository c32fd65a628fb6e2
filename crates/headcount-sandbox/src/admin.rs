//! Routes outside the API, for tests: the ground truth, the counters, and what may be altered.
//! Whoever reaches the sandbox may use them.

use std::collections::BTreeMap;

use headcount_core::fact::{FactKind, interval::IntervalError};
use hyper::Method;
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    answer::Answer, api::parameters, change::Change, fault::Fault, server::Asked, world::World,
};

pub(crate) fn answer(world: &World, asked: &Asked) -> Answer {
    let path = asked.path.trim_end_matches('/');
    match (&asked.method, path) {
        (&Method::GET, "/sandbox/mark") => {
            Answer::of(&serde_json::json!({ "mark": world.org().revision() }))
        }
        (&Method::GET, "/sandbox/truth") => match number(asked, "since") {
            Ok(since) => Answer::of(&world.org().truth(since.unwrap_or(0))),
            Err(answer) => *answer,
        },
        (&Method::GET, "/sandbox/facts") => facts(world, asked),
        (&Method::GET, "/sandbox/users") => {
            let org = world.org();
            let mut lines = String::new();
            for person in org.iter() {
                lines.push_str(&person.document().replace(['\n', '\r'], " "));
                lines.push('\n');
            }
            Answer::new(200, "application/x-ndjson", lines)
        }
        (&Method::GET, "/sandbox/stats") => Answer::of(&world.stats()),
        (&Method::POST, "/sandbox/change") => change(world, asked),
        (&Method::POST, "/sandbox/import") => match world.import(&asked.body) {
            Ok(imported) => Answer::of(&imported),
            Err(error) => wrong(400, error),
        },
        (&Method::POST, "/sandbox/faults") => faults(world, asked),
        (&Method::POST, "/sandbox/quirks") => quirks(world, asked),
        (&Method::POST, "/sandbox/step") => match number(asked, "i") {
            Ok(Some(step)) => match world.apply_step(usize::try_from(step).unwrap_or(usize::MAX)) {
                Ok(step) => Answer::of(&serde_json::json!({ "about": step.about })),
                Err(error) => wrong(404, error),
            },
            Ok(None) => wrong(400, "parameter `i` is missing"),
            Err(answer) => *answer,
        },
        _ => wrong(404, format!("no such route: {} {path}", asked.method)),
    }
}

/// The facts of an interval by local day, user and media type; one a line.
fn facts(world: &World, asked: &Asked) -> Answer {
    let text = |name: &str| {
        let mut pairs = parameters(&asked.query).into_iter();
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    };
    let name = text("kind").unwrap_or_default();
    let Some(kind) = FactKind::ALL.into_iter().find(|kind| kind.name() == name) else {
        return wrong(400, "`kind` is handle_time or evaluation");
    };
    let within = match text("interval").unwrap_or_default().parse() {
        Ok(within) => within,
        Err(error) => return wrong::<IntervalError>(400, error),
    };
    let zone = text("timeZone").unwrap_or_else(|| "UTC".to_owned());
    let Ok(zone) = TimeZone::get(&zone) else {
        return wrong(400, "`timeZone` is not an IANA name");
    };
    let mut lines = String::new();
    for fact in world.facts(kind, within, &zone) {
        let start = Timestamp::from_millisecond(fact.start_ms).unwrap_or_default();
        let mut line = serde_json::json!({
            "day": start.to_zoned_datetime(zone.clone()).date().to_string(),
            "user_id": fact.user_id,
            "media_type": fact.media_type,
        });
        for (measure, value) in kind.measures().iter().zip(fact.measures) {
            line[measure.name] = value.into();
        }
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    Answer::new(200, "application/x-ndjson", lines)
}

fn change(world: &World, asked: &Asked) -> Answer {
    let changes: Vec<Change> = match serde_json::from_slice(&asked.body) {
        Ok(changes) => changes,
        Err(error) => return wrong(400, error),
    };
    match changes.iter().find_map(Change::complaint) {
        Some(complaint) => wrong(400, complaint),
        None => Answer::of(
            &serde_json::json!({ "changed": world.change(changes), "mark": world.org().revision() }),
        ),
    }
}

fn faults(world: &World, asked: &Asked) -> Answer {
    let faults: Vec<Fault> = match serde_json::from_slice(&asked.body) {
        Ok(faults) => faults,
        Err(error) => return wrong(400, error),
    };
    if let Some(complaint) = faults.iter().find_map(Fault::complaint) {
        return wrong(400, complaint);
    }
    let count = faults.len();
    world.set_faults(faults);
    Answer::of(&serde_json::json!({ "faults": count }))
}

fn quirks(world: &World, asked: &Asked) -> Answer {
    let wanted: BTreeMap<String, serde_json::Value> = match serde_json::from_slice(&asked.body) {
        Ok(wanted) => wanted,
        Err(error) => return wrong(400, error),
    };
    let mut quirks = world.quirks();
    for (name, value) in &wanted {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        if let Err(error) = quirks.set(name, &value) {
            return wrong(400, error);
        }
    }
    world.set_quirks(quirks);
    Answer::of(&serde_json::json!({ "quirks": wanted.len() }))
}

fn number(asked: &Asked, name: &str) -> Result<Option<u64>, Box<Answer>> {
    let prefix = format!("{name}=");
    let Some(text) = asked
        .query
        .split('&')
        .find_map(|pair| pair.strip_prefix(&prefix))
    else {
        return Ok(None);
    };
    text.parse()
        .map(Some)
        .map_err(|_| Box::new(wrong(400, format!("`{name}` is not a whole number"))))
}

fn wrong<M: ToString>(status: u16, message: M) -> Answer {
    Answer::json(
        status,
        serde_json::json!({ "error": message.to_string() }).to_string(),
    )
}
