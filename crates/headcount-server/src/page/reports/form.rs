//! The form, filled in as it was asked.

use headcount_core::{fact::FactKind, segment::Attribution};

use super::asked::{Compare, OFFERED, Own};
use crate::parameters::Parameters;

/// One of several that can be chosen.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) is_chosen: bool,
}

/// What stands in the fields.
pub(super) struct Form {
    pub(super) kinds: Vec<Choice>,
    pub(super) first: Vec<Choice>,
    pub(super) second: Vec<Choice>,
    /// A third attribute, of any name.
    pub(super) other: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) compares: Vec<Choice>,
    pub(super) whens: Vec<Choice>,
    /// The conditions, and room for one more.
    pub(super) conditions: Vec<String>,
    pub(super) under: String,
    pub(super) timezone: String,
    pub(super) leaves_out: bool,
    /// Something is asked for that is not seen at once.
    pub(super) is_open: bool,
    /// What links keep and no field shows: name and value.
    pub(super) kept: Vec<(&'static str, String)>,
}

/// What the attributions are called.
pub(super) fn called(attribution: Attribution) -> &'static str {
    match attribution {
        Attribution::Event => "As it was then",
        Attribution::Today => "As of today",
    }
}

impl Form {
    /// The form of what is asked, with what is usual.
    pub(super) fn of(own: &Own, asked: &Parameters) -> Self {
        let text = |name| asked.get(name).unwrap_or_default().to_owned();
        let by = asked.list("by");
        let at = |place: usize| by.get(place).map_or("", String::as_str);
        let mut second = attributes(at(1));
        second.insert(0, choice("", "Nothing else", at(1).is_empty()));
        let when = asked.get("asOf").unwrap_or("event");
        let mut conditions: Vec<String> =
            asked.each("where").into_iter().map(str::to_owned).collect();
        let leaves_out = asked.flag("allowMissing").unwrap_or_default();
        let hidden = ["under", "timezone"]
            .iter()
            .any(|name| asked.get(name).is_some());
        let is_open = hidden || !conditions.is_empty() || by.len() > 2;
        conditions.push(String::new());
        let kept = ["sort", "order", "weekStart"].into_iter();
        let kept = kept.filter_map(|name| Some((name, asked.get(name)?.to_owned())));
        Self {
            kinds: [("aht", "Handle time"), ("evaluations", "Evaluations")]
                .map(|(value, name)| choice(value, name, value == own.kind_name()))
                .into(),
            first: attributes(at(0)),
            second,
            other: at(2).to_owned(),
            from: text("from"),
            to: text("to"),
            compares: Compare::ALL
                .map(|(compare, value, name)| choice(value, name, compare == own.compare))
                .into(),
            whens: [Attribution::Event, Attribution::Today]
                .map(|one| {
                    choice(
                        one.name(),
                        called(one),
                        one.name().eq_ignore_ascii_case(when),
                    )
                })
                .into(),
            conditions,
            under: text("under"),
            timezone: text("timezone"),
            leaves_out,
            is_open,
            kept: kept.collect(),
        }
    }
}

fn choice(value: &str, name: &str, is_chosen: bool) -> Choice {
    Choice {
        value: value.to_owned(),
        name: name.to_owned(),
        is_chosen,
    }
}

/// The attributes that are offered, and the one that is asked for where it is another.
fn attributes(asked: &str) -> Vec<Choice> {
    let offered = OFFERED.iter();
    let mut choices: Vec<Choice> = offered
        .map(|(value, name)| choice(value, name, value.eq_ignore_ascii_case(asked)))
        .collect();
    if !asked.is_empty() && !choices.iter().any(|choice| choice.is_chosen) {
        choices.push(choice(asked, asked, true));
    }
    choices
}

/// What facts are of, for a title.
pub(super) fn measure(kind: FactKind) -> &'static str {
    match kind {
        FactKind::HandleTime => "Average handle time",
        FactKind::Evaluation => "Average evaluation score",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_stands_in_the_fields() {
        let query =
            b"by=Skills&by=day,team&where=a%3D1&where=b&from=2026-01-02&asOf=TODAY&sort=name";
        let asked = Parameters::parse(query);
        let form = Form::of(&Own::read(&asked).unwrap(), &asked);
        let chosen = |choices: &[Choice]| {
            let chosen: Vec<&str> = choices
                .iter()
                .filter(|choice| choice.is_chosen)
                .map(|choice| choice.value.as_str())
                .collect();
            chosen.join(" ")
        };
        assert_eq!(chosen(&form.first), "Skills");
        assert_eq!(
            (chosen(&form.second), form.other.as_str()),
            ("day".to_owned(), "team")
        );
        assert_eq!(
            (chosen(&form.kinds), chosen(&form.whens)),
            ("aht".to_owned(), "today".to_owned())
        );
        assert_eq!(form.conditions, ["a=1", "b", ""]);
        assert_eq!(form.from, "2026-01-02");
        assert!(form.is_open && !form.leaves_out);
        assert_eq!(form.kept, [("sort", "name".to_owned())]);
    }
}
