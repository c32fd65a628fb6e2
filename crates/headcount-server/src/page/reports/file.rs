//! A report as files: its picture, and its whole table.

use headcount_core::{fact::TRANSFERRED_COUNT, segment::Measured};

use super::{
    answer::{headline, subtitle},
    asked::Own,
    columns::{Column, average, ordered},
    picture::{BARS, picture},
    report::Report,
};
use crate::{
    csv::Cell,
    handlers::reports::table,
    page::{
        chart::standalone::{Sheet, standalone},
        locale::Locale,
    },
};

/// The picture, with what it is of.
pub(super) fn svg(report: &Report, own: &Own, locale: &Locale) -> String {
    let title = headline(report);
    let subtitle = subtitle(report, locale);
    let pairs = ordered(report, own.sort, own.is_descending, BARS);
    let picture = picture(report, &pairs, &title, locale, None);
    let (svg, height, legend, note) = match picture {
        Some(picture) => (picture.svg, picture.height, picture.legend, picture.note),
        None => {
            let nothing = "Nothing matches in this period.".to_owned();
            (String::from("<svg></svg>"), 0.0, Vec::new(), Some(nothing))
        }
    };
    let sheet = Sheet {
        title: &title,
        subtitle: &subtitle,
        legend: &legend,
        note: note.as_deref(),
    };
    standalone(&sheet, &svg, height)
}

/// What the file of the picture is called, such as `aht-by-department.svg`.
pub(super) fn name(report: &Report, own: &Own) -> String {
    let labels = report.labels.iter().filter(|label| *label != "user.name");
    let labels: Vec<&str> = labels.map(String::as_str).collect();
    let safe = |letter: char| match letter.is_ascii_alphanumeric() {
        true => letter.to_ascii_lowercase(),
        false => '-',
    };
    let labels: String = labels.join("-").chars().map(safe).collect();
    format!("{}-by-{labels}", own.kind_name())
}

/// The columns of the whole table: those of the API, and what the page tells beside.
pub(super) fn columns(report: &Report) -> Vec<String> {
    let kind = report.now.table.kind;
    let mut columns = table::columns(&report.labels, kind);
    let mean = match report.now.table.total.measured(kind) {
        Measured::HandleTime { .. } => {
            columns.push("transferred".to_owned());
            "aht_s"
        }
        Measured::Evaluation { .. } => "score",
    };
    if report.other.is_some() {
        let more = ["count_before", &format!("{mean}_before"), "change"];
        columns.extend(more.map(str::to_owned));
    }
    columns
}

/// All rows, in the order of the view.
pub(super) fn rows(report: &Report, own: &Own) -> Vec<Vec<Cell<'static>>> {
    let now = &report.now.table;
    let kind = now.kind;
    let nothing = headcount_core::segment::Totals::default();
    let pairs = ordered(report, own.sort, own.is_descending, report.len());
    pairs
        .into_iter()
        .map(|pair| {
            let line = report.line(pair);
            let mut cells = match line.now {
                Some(totals) => table::row(now, &report.called(pair), totals),
                None => table::row(now, &report.called(pair), &nothing),
            };
            if matches!(now.total.measured(kind), Measured::HandleTime { .. }) {
                let transferred = line.now.and_then(|totals| totals.sum(TRANSFERRED_COUNT));
                cells.push(Cell::number(transferred));
            }
            if report.other.is_some() {
                let before = line.before.map(|totals| totals.measured(kind));
                let count = before.as_ref().and_then(Measured::count);
                cells.push(Cell::number(count));
                cells.push(Cell::number(before.as_ref().and_then(average)));
                cells.push(Cell::number(Column::Change.value(report, &line)));
            }
            cells
        })
        .collect()
}
