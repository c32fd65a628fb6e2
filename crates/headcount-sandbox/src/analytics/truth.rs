//! The facts of an interval counted the plain way: every half hour, every media type, every user,
//! added to a map. Slow, and independent of [`super::count`].

use std::collections::BTreeMap;

use headcount_core::fact::{Fact, FactKind, MICRO, Stat, interval::Interval};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    count::Agent,
    metrics,
    work::{HALF_HOUR_MS, MEDIA},
};

/// Facts by local day, user and media type, in that order. Of a day at the edge of the interval
/// only what lies inside.
pub(crate) fn truth(
    kind: FactKind,
    agents: &[Agent<'_>],
    within: Interval,
    zone: &TimeZone,
) -> Vec<Fact> {
    let mut facts: BTreeMap<(i64, &str, &str), Fact> = BTreeMap::new();
    let mut day = None::<Interval>;
    let first = within.start_ms.div_euclid(HALF_HOUR_MS);
    for half_hour in first..=within.end_ms.div_euclid(HALF_HOUR_MS) {
        let moment = half_hour * HALF_HOUR_MS;
        if moment < within.start_ms || moment >= within.end_ms {
            continue;
        }
        let day = match day {
            Some(known) if moment < known.end_ms => known,
            _ => *day.insert(local_day(moment, zone)),
        };
        for agent in agents {
            if !agent.worker.works_in(half_hour) {
                continue;
            }
            for (media, name) in MEDIA.into_iter().enumerate() {
                let Some(done) = agent.worker.done(kind, half_hour, media) else {
                    continue;
                };
                let fact = facts.entry((day.start_ms, agent.id, name)).or_default();
                (fact.start_ms, fact.end_ms) = (day.start_ms, day.end_ms);
                fact.user_id = Some(agent.id.to_owned());
                fact.media_type = Some(name.to_owned());
                for (measure, sum) in kind.measures().iter().zip(&mut fact.measures) {
                    let metric = metrics(kind).iter().position(|it| *it == measure.metric);
                    let Some(stats) = metric.map(|at| &done[at]).filter(|it| it.count > 0) else {
                        continue;
                    };
                    let more = match measure.stat {
                        Stat::Count => stats.count,
                        Stat::SumMs => stats.sum,
                        Stat::SumMicro => stats.sum * (MICRO / 100),
                    };
                    *sum = Some(sum.unwrap_or(0) + more);
                }
            }
        }
    }
    facts.into_values().collect()
}

fn local_day(moment: i64, zone: &TimeZone) -> Interval {
    let moment = Timestamp::from_millisecond(moment).unwrap_or_default();
    let day = moment.to_zoned_datetime(zone.clone()).date();
    let start = |day: Result<Date, jiff::Error>| {
        day.and_then(|day| day.to_zoned_datetime(zone.clone()))
            .map_or(i64::MAX, |start| start.timestamp().as_millisecond())
    };
    Interval {
        start_ms: start(Ok(day)),
        end_ms: start(day.tomorrow()),
    }
}
