//! The table of a report, as a page shows it.

use headcount_core::{
    aggregate::NONE,
    segment::{Attribute, Pair, UNROSTERED},
};
use jiff::civil::Date;

use super::{
    asked::{Own, SortBy, title},
    columns::{Column, Line},
    links::of_segment,
    report::Report,
};
use crate::{
    app::Sight,
    page::{
        chart::{bars::shortened, escaped},
        locale::Locale,
        visit::Visit,
    },
};

/// Rows on a page.
pub(super) const ROWS: usize = 100;

/// Letters that the labels of a row have together, and bytes of one.
const LETTERS: usize = 80;
const BYTES: usize = 200;

/// A label as it is shown.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) href: Option<String>,
    /// It stands for what has no value.
    pub(super) is_none: bool,
}

/// What stands over a column.
pub(super) struct Head {
    pub(super) title: String,
    pub(super) about: &'static str,
    pub(super) href: String,
    /// How the rows are in its order, where they are.
    pub(super) order: Option<&'static str>,
}

pub(super) struct Row {
    pub(super) labels: Vec<Shown>,
    pub(super) cells: Vec<String>,
}

pub(super) struct Table {
    pub(super) label_heads: Vec<Head>,
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Row>,
    pub(super) total: Vec<String>,
    /// Where there are several pages: which rows these are of how many.
    pub(super) told: Option<String>,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

impl Table {
    /// A page of a report; `pairs` are its first rows in the order asked for, up to [`last_row`].
    pub(super) fn of(
        report: &Report,
        pairs: &[Pair],
        own: &Own,
        visit: &Visit,
        sight: &Sight,
    ) -> Self {
        let (kind, locale) = (own.kind, &visit.locale);
        let columns = Column::all(kind, report.other.is_some());
        let all = report.len();
        let page = page(report, own);
        let first = (page - 1) * ROWS;
        let last = (first + ROWS).min(all);
        let cells = |line: &Line<'_>| {
            let cells = columns
                .iter()
                .map(|column| column.written(report, line, locale));
            cells.collect::<Vec<_>>()
        };
        let row = |pair: Pair| Row {
            labels: shown(report, &report.called(pair), Some(sight), locale),
            cells: cells(&report.line(pair)),
        };
        let turned = |page: usize| visit.link_with(&[("page", Some(&page.to_string()))]);
        Self {
            label_heads: label_heads(report, own, visit),
            heads: columns
                .iter()
                .map(|column| head(*column, own, visit))
                .collect(),
            rows: pairs[first..last].iter().map(|pair| row(*pair)).collect(),
            total: cells(&report.total()),
            told: (all > ROWS).then(|| {
                format!(
                    "{} to {} of {} segments",
                    locale.number((first + 1) as u64),
                    locale.number(last as u64),
                    locale.number(all as u64)
                )
            }),
            previous: (page > 1).then(|| turned(page - 1)),
            next: (last < all).then(|| turned(page + 1)),
        }
    }

    /// How many columns labels take.
    pub(super) fn width(&self) -> usize {
        self.label_heads.len()
    }
}

/// The page that is shown: whoever follows an old link may be past the end.
fn page(report: &Report, own: &Own) -> usize {
    own.page.min(report.len().div_ceil(ROWS).max(1))
}

/// How many rows come before the end of the page that is shown.
pub(super) fn last_row(report: &Report, own: &Own) -> usize {
    page(report, own) * ROWS
}

/// The labels of a row as a reader reads them. Of a user, the name leads to the person.
pub(super) fn shown(
    report: &Report,
    values: &[String],
    sight: Option<&Sight>,
    locale: &Locale,
) -> Vec<Shown> {
    let mut shown = Vec::new();
    let letters = LETTERS / places(report).count().max(1);
    for at in places(report) {
        let (attribute, Some(value)) = (report.by[at], values.get(at)) else {
            continue;
        };
        let read = match attribute {
            Attribute::UserId => values
                .get(at + 1)
                .filter(|name| *name != NONE)
                .unwrap_or(value),
            _ => value,
        };
        let text = match (attribute, read.parse::<Date>()) {
            (Attribute::Day | Attribute::Week, Ok(day)) => locale.date(day),
            _ => fitting(read, letters),
        };
        shown.push(Shown {
            href: sight.and_then(|sight| of_segment(sight, attribute, value, &text)),
            is_none: [NONE, UNROSTERED].contains(&read.as_str()),
            text,
        });
    }
    shown
}

/// The attributes that have a column: the name of a user stands in that of the user.
fn places(report: &Report) -> impl Iterator<Item = usize> {
    let by = &report.by;
    (0..by.len()).filter(move |&at| {
        let before = at.checked_sub(1).map(|before| by[before]);
        by[at] != Attribute::UserName || before != Some(Attribute::UserId)
    })
}

/// So much of a text as fits, also where markup makes it longer.
fn fitting(text: &str, letters: usize) -> String {
    let mut letters = letters;
    loop {
        let cut = shortened(text, letters);
        if letters < 8 || escaped(&cut).len() <= BYTES {
            return cut.into_owned();
        }
        letters /= 2;
    }
}

fn label_heads(report: &Report, own: &Own, visit: &Visit) -> Vec<Head> {
    let of_name = |is_first: bool| sorted(own, visit, SortBy::Name, "name", is_first);
    places(report)
        .enumerate()
        .map(|(number, at)| {
            let (href, order) = of_name(number == 0);
            Head {
                title: title(report.by[at], &report.labels[at]),
                about: "",
                href,
                order,
            }
        })
        .collect()
}

fn head(column: Column, own: &Own, visit: &Visit) -> Head {
    let (title, about) = column.title(own.kind);
    let (href, order) = sorted(own, visit, SortBy::Column(column), column.name(), true);
    Head {
        title: title.to_owned(),
        about,
        href,
        order,
    }
}

/// A link to the rows in the order of a column, the other way round where they are already; and how
/// they are.
fn sorted(
    own: &Own,
    visit: &Visit,
    by: SortBy,
    name: &str,
    is_told: bool,
) -> (String, Option<&'static str>) {
    let is_sorted = own.sort == Some(by);
    let is_descending = match is_sorted {
        true => !own.is_descending,
        // Names begin with A, numbers with the largest.
        false => by != SortBy::Name,
    };
    let order = if is_descending { "desc" } else { "asc" };
    let told = match own.is_descending {
        true => "descending",
        false => "ascending",
    };
    let href = visit.link_with(&[("sort", Some(name)), ("order", Some(order))]);
    (href, (is_sorted && is_told).then_some(told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_makes_no_label_long() {
        assert_eq!(fitting("Sales", 80), "Sales");
        let sharp = "<".repeat(5_000);
        assert!(escaped(&fitting(&sharp, 80)).len() <= BYTES);
        assert!(escaped(&fitting(&"é\u{301}".repeat(500), 80)).len() <= BYTES);
    }
}
