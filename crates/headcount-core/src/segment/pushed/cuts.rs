//! Where the stretches of time begin that a report tells apart.

use jiff::Timestamp;

use super::{Grain, Pushed};

impl Pushed<'_> {
    /// Cuts the period where days, weeks or months of the calendar begin.
    ///
    /// A stretch may begin at any midnight, of which there are two where clocks go back over it,
    /// and wherever clocks change. Between two such moments the time of day only goes on, so the
    /// moments at which the stretch is another one are all the cuts.
    pub(super) fn cut_time(&mut self) {
        let plan = self.segmenter.plan;
        let (calendar, period) = (&plan.question.calendar, &plan.question.period_ms);
        if plan.grain == Grain::Whole || period.is_empty() {
            return;
        }
        let mut moments = vec![period.start];
        let mut day = calendar.day_of(period.start);
        let last = calendar.day_of(period.end - 1);
        while day < last {
            let Ok(next) = day.tomorrow() else { break };
            day = next;
            let midnight = calendar.zone.to_ambiguous_timestamp(day.at(0, 0, 0, 0));
            moments.extend(
                [midnight.earlier(), midnight.later()]
                    .into_iter()
                    .flatten()
                    .map(Timestamp::as_millisecond),
            );
        }
        let start = Timestamp::from_millisecond(period.start).unwrap_or(Timestamp::MIN);
        let changes = calendar.zone.following(start);
        let changes = changes.map(|change| change.timestamp().as_millisecond());
        moments.extend(changes.take_while(|change| *change < period.end));
        moments.retain(|moment| period.contains(moment));
        moments.sort_unstable();
        for moment in moments {
            let day = calendar.bucket(plan.grain, moment);
            if self.days.last() != Some(&day) {
                self.cuts.push(moment);
                self.days.push(day);
            }
        }
    }
}
