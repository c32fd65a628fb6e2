//! Lists as CSV: rows are written while they are sent, so that a whole org takes no more room than
//! a piece of it.

use std::{
    borrow::Cow,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use headcount_core::csv::CsvWriter;
use hyper::{
    HeaderMap,
    body::{Frame, SizeHint},
    header::ACCEPT,
};
use tokio::sync::OwnedSemaphorePermit;

use crate::{error::ApiError, parameters::Parameters};

/// Bytes from which a piece is sent.
const PIECE: usize = 32 << 10;
/// KiB of room that an answer takes: a piece that waits, and one that is written.
pub(crate) const ROOM_KIB: u32 = 128;

/// Form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Csv,
}

impl Form {
    /// The form asked for: by `format`, or else by `Accept`.
    ///
    /// # Errors
    /// 400 for a form that there is not.
    pub(crate) fn asked(asked: &Parameters, headers: &HeaderMap) -> Result<Self, ApiError> {
        match asked.get("format") {
            None => Ok(Self::accepted(headers)),
            Some(name) if name.eq_ignore_ascii_case("json") => Ok(Self::Json),
            Some(name) if name.eq_ignore_ascii_case("csv") => Ok(Self::Csv),
            Some(name) => Err(ApiError::invalid_parameter(name, "format", "json, csv")),
        }
    }

    /// CSV where it is named, and JSON is not wanted more. Everybody who does not care gets JSON,
    /// as upstream sends it.
    fn accepted(headers: &HeaderMap) -> Self {
        let (mut csv, mut json) = (0.0, 0.0);
        let all = headers.get_all(ACCEPT).iter();
        for item in all
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
        {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts
                .filter_map(|part| part.split_once('='))
                .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
                .map_or(1.0, |(_, weight)| weight.trim().parse().unwrap_or(0.0));
            match name.as_str() {
                "text/csv" => csv = weight,
                "application/json" => json = weight,
                _ => {}
            }
        }
        if csv > 0.0 && csv >= json {
            Self::Csv
        } else {
            Self::Json
        }
    }
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    /// A text, which may come from people.
    Text(Cow<'a, str>),
    /// A value of our own, such as a number.
    Plain(String),
    /// Nothing.
    Nothing,
}

impl<'a> Cell<'a> {
    /// A text, or nothing.
    pub(crate) fn of(text: Option<&'a str>) -> Self {
        text.map_or(Self::Nothing, |text| Self::Text(Cow::Borrowed(text)))
    }

    /// A number, or nothing.
    pub(crate) fn number(number: Option<impl ToString>) -> Self {
        number.map_or(Self::Nothing, |number| Self::Plain(number.to_string()))
    }

    /// The same, with a text of its own.
    pub(crate) fn owned(self) -> Cell<'static> {
        match self {
            Self::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
            Self::Plain(value) => Cell::Plain(value),
            Self::Nothing => Cell::Nothing,
        }
    }

    fn write(&self, csv: &mut CsvWriter) {
        match self {
            Self::Text(text) => csv.text(text),
            Self::Plain(value) => csv.plain(value),
            Self::Nothing => csv.nothing(),
        }
    }
}

/// Where rows come from.
pub(crate) trait Rows: Send + 'static {
    /// Gives the cells of the next row to `row`; false at the end.
    fn next(&mut self, row: &mut dyn FnMut(&[Cell<'_>])) -> bool;
}

/// Rows that are few, and made already.
pub(crate) struct Made(std::vec::IntoIter<Vec<Cell<'static>>>);

impl Made {
    pub(crate) fn new(rows: Vec<Vec<Cell<'static>>>) -> Self {
        Self(rows.into_iter())
    }
}

impl Rows for Made {
    fn next(&mut self, row: &mut dyn FnMut(&[Cell<'_>])) -> bool {
        self.0.next().is_some_and(|cells| {
            row(&cells);
            true
        })
    }
}

/// Which columns of a table are sent, in which order.
pub(crate) struct Chosen {
    names: Vec<String>,
    places: Vec<usize>,
}

impl Chosen {
    /// All of them.
    pub(crate) fn all(names: Vec<String>) -> Self {
        let places = (0..names.len()).collect();
        Self { names, places }
    }

    /// Those that `columns` names, or all of them.
    ///
    /// # Errors
    /// 400 for a name that no column has.
    pub(crate) fn asked(names: Vec<String>, asked: &Parameters) -> Result<Self, ApiError> {
        let wanted = asked.list("columns");
        if wanted.is_empty() {
            return Ok(Self::all(names));
        }
        let place = |name: &String| {
            names
                .iter()
                .position(|known| known.eq_ignore_ascii_case(name))
                .ok_or_else(|| ApiError::invalid_parameter(name, "columns", &names.join(", ")))
        };
        let places: Vec<usize> = wanted.iter().map(place).collect::<Result<_, _>>()?;
        let names = places.iter().map(|&place| names[place].clone()).collect();
        Ok(Self { names, places })
    }
}

/// An answer in CSV while it is sent.
pub(crate) struct Table {
    csv: CsvWriter,
    places: Vec<usize>,
    /// `None` at the end.
    rows: Option<Box<dyn Rows>>,
    _room: OwnedSemaphorePermit,
}

impl Table {
    pub(crate) fn new(chosen: Chosen, rows: Box<dyn Rows>, room: OwnedSemaphorePermit) -> Self {
        let mut csv = CsvWriter::new();
        csv.header(&chosen.names);
        Self {
            csv,
            places: chosen.places,
            rows: Some(rows),
            _room: room,
        }
    }
}

impl hyper::body::Body for Table {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Self {
            csv, places, rows, ..
        } = self.get_mut();
        while csv.len() < PIECE {
            let Some(from) = rows else {
                break;
            };
            let more = from.next(&mut |cells| {
                for &place in &*places {
                    cells.get(place).unwrap_or(&Cell::Nothing).write(csv);
                }
                csv.end();
            });
            if !more {
                *rows = None;
            }
        }
        let piece = (!csv.is_empty()).then(|| Ok(Frame::data(csv.take().into())));
        Poll::Ready(piece)
    }

    fn is_end_stream(&self) -> bool {
        self.rows.is_none() && self.csv.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn csv_is_for_who_names_it() {
        let form = |query: &str, accept: &str| {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_str(accept).unwrap())]);
            Form::asked(&Parameters::parse(query.as_bytes()), &headers)
        };
        for (query, accept, wanted) in [
            ("", "*/*", Form::Json),
            ("", "text/*", Form::Json),
            ("", "text/csv", Form::Csv),
            ("", "Text/CSV; header=present, */*;q=0.1", Form::Csv),
            ("", "text/csv;q=0.5, application/json", Form::Json),
            ("", "application/json;q=0.5,text/csv;q=0.6", Form::Csv),
            ("", "text/csv;q=0", Form::Json),
            ("format=csv", "application/json", Form::Csv),
            ("format=JSON", "text/csv", Form::Json),
            ("format=", "text/csv", Form::Csv),
        ] {
            assert_eq!(form(query, accept), Ok(wanted), "{query} {accept}");
        }
        assert!(form("format=xlsx", "*/*").is_err());
        assert!(Form::asked(&Parameters::default(), &HeaderMap::new()) == Ok(Form::Json));
    }

    #[test]
    fn columns_are_those_asked_for_in_that_order() {
        let names = || vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let chosen = |query: &str| Chosen::asked(names(), &Parameters::parse(query.as_bytes()));
        assert_eq!(chosen("").unwrap().places, [0, 1, 2]);
        let some = chosen("columns=C,a").unwrap();
        assert_eq!(
            (some.places, some.names.join(",")),
            (vec![2, 0], "c,a".to_owned())
        );
        assert!(chosen("columns=a,d").is_err());
    }
}
