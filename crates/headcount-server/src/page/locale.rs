//! How numbers, dates and times are written for a reader.
//!
//! The words of the page are English; its numbers and dates are those of the reader's own language,
//! because they are read wrongly otherwise: `1.234` is a thousand in one country and one in another.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// The order and the separator of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DateForm {
    /// `28 Nov 2026`: between people who write day and month in either order.
    Words,
    /// `Nov 28, 2026`
    AmericanWords,
    /// `28.11.2026` and its kind.
    DayFirst(char),
    /// `2026-11-28` and its kind.
    YearFirst(char),
}

/// What a language writes between thousands and before decimals, and how it writes a date.
#[derive(Debug)]
struct Language {
    tag: &'static str,
    group: char,
    decimal: char,
    date: DateForm,
}

/// No-break spaces of the width that the Unicode repository (CLDR) has between thousands.
const NARROW: char = '\u{202f}';
const SPACE: char = '\u{a0}';

const fn language(tag: &'static str, group: char, decimal: char, date: DateForm) -> Language {
    Language {
        tag,
        group,
        decimal,
        date,
    }
}

/// As the Unicode repository of locales has them. A tag of more parts comes before its language.
const LANGUAGES: [Language; 27] = [
    language("en-us", ',', '.', DateForm::AmericanWords),
    language("en-in", ',', '.', DateForm::Words),
    language("en", ',', '.', DateForm::Words),
    language("de-ch", '’', '.', DateForm::DayFirst('.')),
    language("de", '.', ',', DateForm::DayFirst('.')),
    language("fr", NARROW, ',', DateForm::DayFirst('/')),
    language("es", '.', ',', DateForm::DayFirst('/')),
    language("pt", '.', ',', DateForm::DayFirst('/')),
    language("it", '.', ',', DateForm::DayFirst('/')),
    language("nl", '.', ',', DateForm::DayFirst('-')),
    language("da", '.', ',', DateForm::DayFirst('.')),
    language("nb", SPACE, ',', DateForm::DayFirst('.')),
    language("no", SPACE, ',', DateForm::DayFirst('.')),
    language("sv", SPACE, ',', DateForm::YearFirst('-')),
    language("fi", SPACE, ',', DateForm::DayFirst('.')),
    language("pl", SPACE, ',', DateForm::DayFirst('.')),
    language("cs", SPACE, ',', DateForm::DayFirst('.')),
    language("uk", SPACE, ',', DateForm::DayFirst('.')),
    language("ru", SPACE, ',', DateForm::DayFirst('.')),
    language("tr", '.', ',', DateForm::DayFirst('.')),
    language("el", '.', ',', DateForm::DayFirst('/')),
    language("he", ',', '.', DateForm::DayFirst('.')),
    language("ar", ',', '.', DateForm::DayFirst('/')),
    language("hi", ',', '.', DateForm::DayFirst('/')),
    language("ja", ',', '.', DateForm::YearFirst('/')),
    language("ko", ',', '.', DateForm::YearFirst('.')),
    language("zh", ',', '.', DateForm::YearFirst('/')),
];

/// The language of whoever names none that is known.
const USUAL: &Language = &LANGUAGES[2];

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A whole number, also one that a template holds by reference.
pub(crate) trait Whole {
    fn whole(&self) -> i64;
}

/// The same of a number with decimals.
pub(crate) trait Real {
    fn real(&self) -> f64;
}

macro_rules! whole {
    ($($number:ty),*) => {
        $(impl Whole for $number {
            fn whole(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        })*
    };
}

whole!(i32, i64, u32, u64, usize);

impl<T: Whole + ?Sized> Whole for &T {
    fn whole(&self) -> i64 {
        (**self).whole()
    }
}

impl Real for f64 {
    fn real(&self) -> f64 {
        *self
    }
}

impl<T: Real + ?Sized> Real for &T {
    fn real(&self) -> f64 {
        (**self).real()
    }
}

/// How one reader reads numbers, dates and times.
#[derive(Clone, Debug)]
pub(crate) struct Locale {
    language: &'static Language,
    zone: TimeZone,
    now_ms: i64,
}

impl Locale {
    /// That of the settings, or else the first that is known of what a browser accepts. Times are in
    /// `zone`.
    pub(crate) fn new(
        setting: Option<&str>,
        accepted: Option<&str>,
        zone: TimeZone,
        now_ms: i64,
    ) -> Self {
        let asked = setting.or(accepted).unwrap_or_default();
        Self {
            language: language_of(asked),
            zone,
            now_ms,
        }
    }

    /// The zone of its times.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// What the zone is called.
    pub(crate) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// A whole number, its thousands apart.
    pub(crate) fn number(&self, number: impl Whole) -> String {
        self.grouped(number.whole())
    }

    /// A number with so many digits after the point, rounded half away from zero.
    pub(crate) fn decimal(&self, number: impl Real, digits: usize) -> String {
        let number = number.real();
        if !number.is_finite() {
            return "–".to_owned();
        }
        let text = format!("{:.digits$}", number.abs());
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let mut written = self.grouped(whole.parse().unwrap_or_default());
        if !rest.is_empty() {
            written.push(self.language.decimal);
            written.push_str(rest);
        }
        let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        match number < 0.0 && !is_zero {
            true => format!("−{written}"),
            false => written,
        }
    }

    /// A part of a whole in percent; a dash where there is no whole.
    pub(crate) fn percent(&self, part: impl Whole, whole: impl Whole) -> String {
        let (part, whole) = (part.whole(), whole.whole());
        if whole == 0 {
            return "–".to_owned();
        }
        format!("{} %", self.decimal(part as f64 * 100.0 / whole as f64, 1))
    }

    /// Seconds as a person says them: `3:20` in minutes, `1:02:05` with hours.
    pub(crate) fn clock(&self, seconds: impl Real) -> String {
        let seconds = seconds.real();
        if !seconds.is_finite() {
            return "–".to_owned();
        }
        let all = seconds.round().abs() as u64;
        let (hours, minutes, seconds) = (all / 3600, all / 60 % 60, all % 60);
        match hours {
            0 => format!("{minutes}:{seconds:02}"),
            _ => format!("{}:{minutes:02}:{seconds:02}", self.number(hours)),
        }
    }

    /// The day on which a moment is.
    pub(crate) fn day_of(&self, ms: impl Whole) -> Date {
        let ms = ms.whole();
        let time = Timestamp::from_millisecond(ms).unwrap_or_default();
        self.zone.to_datetime(time).date()
    }

    /// A day.
    pub(crate) fn date(&self, date: Date) -> String {
        let (year, month, day) = (date.year(), date.month(), date.day());
        let name = MONTHS[usize::try_from(month - 1).unwrap_or_default()];
        match self.language.date {
            DateForm::Words => format!("{day} {name} {year}"),
            DateForm::AmericanWords => format!("{name} {day}, {year}"),
            DateForm::DayFirst(separator) => {
                format!("{day:02}{separator}{month:02}{separator}{year}")
            }
            DateForm::YearFirst(separator) => {
                format!("{year}{separator}{month:02}{separator}{day:02}")
            }
        }
    }

    /// A day without its year, for the axis of a chart.
    pub(crate) fn short_date(&self, date: Date) -> String {
        let (month, day) = (date.month(), date.day());
        let name = MONTHS[usize::try_from(month - 1).unwrap_or_default()];
        match self.language.date {
            DateForm::Words => format!("{day} {name}"),
            DateForm::AmericanWords => format!("{name} {day}"),
            DateForm::DayFirst('.') => format!("{day:02}.{month:02}."),
            DateForm::DayFirst(separator) => format!("{day:02}{separator}{month:02}"),
            DateForm::YearFirst(separator) => format!("{month:02}{separator}{day:02}"),
        }
    }

    /// A moment: the day and the time of day.
    pub(crate) fn time(&self, ms: impl Whole) -> String {
        let ms = ms.whole();
        let time = Timestamp::from_millisecond(ms).unwrap_or_default();
        let zoned = self.zone.to_datetime(time);
        let clock = match self.language.date {
            DateForm::AmericanWords => {
                let half = if zoned.hour() < 12 { "AM" } else { "PM" };
                let hour = (zoned.hour() + 11) % 12 + 1;
                format!("{hour}:{:02}{SPACE}{half}", zoned.minute())
            }
            _ => format!("{:02}:{:02}", zoned.hour(), zoned.minute()),
        };
        format!("{}, {clock}", self.date(zoned.date()))
    }

    /// A moment for machines.
    pub(crate) fn machine_time(&self, ms: impl Whole) -> String {
        let ms = ms.whole();
        Timestamp::from_millisecond(ms)
            .unwrap_or_default()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string()
    }

    /// How long ago a moment was, or how far off it is, in its largest unit.
    pub(crate) fn ago(&self, ms: impl Whole) -> String {
        let ms = ms.whole();
        let apart = (self.now_ms - ms).abs();
        let span = self.span(apart);
        match (apart < 10_000, ms <= self.now_ms) {
            (true, _) => "just now".to_owned(),
            (false, true) => format!("{span} ago"),
            (false, false) => format!("in {span}"),
        }
    }

    /// A span of time in its largest unit.
    pub(crate) fn span(&self, ms: impl Whole) -> String {
        let ms = ms.whole();
        const UNITS: [(i64, &str); 4] = [
            (86_400_000, "day"),
            (3_600_000, "hour"),
            (60_000, "minute"),
            (1000, "second"),
        ];
        let found = UNITS.iter().find(|(size, _)| ms >= *size);
        let (size, name) = found.copied().unwrap_or((1, "millisecond"));
        let count = ms / size;
        let plural = if count == 1 { "" } else { "s" };
        format!("{} {name}{plural}", self.number(count))
    }

    fn grouped(&self, number: i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let mut text = String::new();
        if number < 0 {
            text.push('−');
        }
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(self.language.group);
            }
            text.push(digit);
        }
        text
    }
}

/// Whether the page knows how a language, named as `de` or `en-GB`, writes numbers and dates.
#[must_use]
pub fn is_locale(tag: &str) -> bool {
    known(tag).is_some()
}

/// The first language of a list like `de-AT,de;q=0.9,en;q=0.8` that is known. Browsers send it in
/// the reader's order, so weights need not be read.
fn language_of(accepted: &str) -> &'static Language {
    accepted.split(',').find_map(known).unwrap_or(USUAL)
}

/// The language of a tag like `de-AT;q=0.9`.
fn known(tag: &str) -> Option<&'static Language> {
    let tag = tag.split(';').next()?.trim().to_ascii_lowercase();
    LANGUAGES.iter().find(|language| {
        let rest = tag.strip_prefix(language.tag);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_867_200_000;

    fn locale(accepted: &str) -> Locale {
        Locale::new(None, Some(accepted), TimeZone::UTC, NOON)
    }

    #[test]
    fn numbers_and_dates_are_those_of_the_reader() {
        let told = |accepted: &str| {
            let locale = locale(accepted);
            let day = Date::constant(2026, 11, 8);
            format!(
                "{} | {} | {} | {}",
                locale.number(-1_234_567),
                locale.decimal(1234.5, 2),
                locale.date(day),
                locale.time(NOON),
            )
        };
        let all = [
            "en-US",
            "en-GB,en;q=0.5",
            "de-AT,en",
            "de-CH",
            "fr",
            "sv",
            "xx, ja;q=0.1",
            "",
        ];
        let all: Vec<String> = all
            .iter()
            .map(|tag| format!("{tag}: {}", told(tag)))
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn spans_are_told_in_their_largest_unit() {
        let locale = locale("en");
        assert_eq!(locale.ago(NOON - 3_000), "just now");
        assert_eq!(locale.ago(NOON - 61_000), "1 minute ago");
        assert_eq!(locale.ago(NOON + 7_200_000), "in 2 hours");
        assert_eq!(locale.span(999), "999 milliseconds");
        assert_eq!(locale.clock(3725.4), "1:02:05");
        assert_eq!(locale.clock(200.0), "3:20");
        assert_eq!(locale.clock(f64::NAN), "–");
    }

    #[test]
    fn nothing_is_negative_zero() {
        let locale = locale("en");
        assert_eq!(locale.decimal(-0.04, 1), "0.0");
        assert_eq!(locale.decimal(-0.05, 1), "−0.1");
        assert_eq!(locale.percent(1, 0), "–");
        assert_eq!(locale.percent(1, 8), "12.5 %");
    }
}
