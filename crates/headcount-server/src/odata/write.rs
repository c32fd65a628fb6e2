//! Rows as JSON.

use std::{fmt::Write as _, io::Write as _};

use headcount_core::fact::MICRO;

use super::{
    question::Question,
    sets::{Property, Set},
    value::{Kind, Row, Value, moment},
};
use crate::parameters::in_path;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) level: Level,
    /// Whether numbers of 64 bits and decimals are texts, for readers whose numbers are floating.
    pub(crate) texts: bool,
}

/// How much an answer tells of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    None,
    Minimal,
    Full,
}

impl Form {
    /// What is written unless asked otherwise.
    pub(crate) const USUAL: Self = Self {
        level: Level::Minimal,
        texts: false,
    };

    /// Its media type.
    pub(crate) fn media_type(self) -> String {
        let level = match self.level {
            Level::None => "none",
            Level::Minimal => "minimal",
            Level::Full => "full",
        };
        let texts = if self.texts {
            ";IEEE754Compatible=true"
        } else {
            ""
        };
        format!("application/json;odata.metadata={level}{texts}")
    }
}

/// Writes rows of one shape.
pub(crate) struct Writer<'w> {
    /// Place, name with all that stands around it, and type of every property that is told.
    members: Vec<(usize, String, Kind)>,
    form: Form,
    /// The set whose entities these are, for their links.
    entities: Option<(Set, &'w str)>,
}

impl<'w> Writer<'w> {
    /// A writer of what `question` tells; links begin with `base`.
    pub(crate) fn new(question: &Question, form: Form, base: &'w str) -> Self {
        let entities = (!question.is_grouped()).then_some((question.set, base));
        let told = question.told.iter();
        let told = told.map(|&place| (place, &question.schema[place]));
        Self::of(told, form, entities)
    }

    /// A writer of whole entities in the usual form.
    pub(crate) fn usual(set: Set) -> Self {
        Self::of(set.properties().iter().enumerate(), Form::USUAL, None)
    }

    fn of<'p>(
        told: impl Iterator<Item = (usize, &'p Property)>,
        form: Form,
        entities: Option<(Set, &'w str)>,
    ) -> Self {
        let member = |(place, property): (usize, &Property)| {
            let name = &property.name;
            let mut text = String::new();
            if form.level == Level::Full
                && let Some(short) = annotated(property.kind)
            {
                let _ = write!(text, "\"{name}@odata.type\":\"#{short}\",");
            }
            let _ = write!(text, "\"{name}\":");
            (place, text, property.kind)
        };
        Self {
            members: told.map(member).collect(),
            form,
            entities: entities.filter(|_| form.level == Level::Full),
        }
    }

    /// Appends a row; with `context`, one that stands alone.
    pub(crate) fn row(&self, out: &mut Vec<u8>, row: &dyn Row, context: Option<&str>) {
        out.push(b'{');
        let start = out.len();
        if let Some(context) = context.filter(|_| self.form.level != Level::None) {
            out.extend_from_slice(b"\"@odata.context\":");
            text(out, context);
            out.push(b',');
        }
        if let Some((set, base)) = self.entities {
            let link = format!("{base}{}", entity(set, row));
            let _ = write!(
                out,
                "\"@odata.type\":\"#headcount.{}\",\"@odata.id\":",
                set.entity()
            );
            text(out, &link);
            out.push(b',');
        }
        for (place, name, _) in &self.members {
            out.extend_from_slice(name.as_bytes());
            value(out, &row.get(*place), self.form.texts);
            out.push(b',');
        }
        if out.len() > start {
            out.pop();
        }
        out.push(b'}');
    }
}

/// `Users('id')`
fn entity(set: Set, row: &dyn Row) -> String {
    let quoted = |place: &usize| match row.get(*place) {
        Value::Text(text) => format!("'{}'", in_path(&text.replace('\'', "''"))),
        _ => "null".to_owned(),
    };
    let key = match set.key() {
        [one] => quoted(one),
        many => {
            let part =
                |place: &usize| format!("{}={}", set.properties()[*place].name, quoted(place));
            many.iter().map(part).collect::<Vec<_>>().join(",")
        }
    };
    format!("{}({key})", set.name())
}

/// The types that JSON alone does not tell.
fn annotated(kind: Kind) -> Option<&'static str> {
    let told = matches!(kind, Kind::Int | Kind::Decimal | Kind::Date | Kind::Time);
    told.then(|| kind.name().trim_start_matches("Edm."))
}

/// Appends a text in quotes.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Memory takes every write.
        let _ = serde_json::to_writer(out, text);
    }
}

/// Appends a value; numbers as texts where asked.
fn value(out: &mut Vec<u8>, value: &Value<'_>, texts: bool) {
    let quoted = texts && matches!(value, Value::Int(_) | Value::Decimal(_));
    if quoted {
        out.push(b'"');
    }
    // Memory takes every write.
    let _ = match value {
        Value::Text(value) => {
            text(out, value);
            Ok(())
        }
        Value::Null => out.write_all(b"null"),
        Value::Bool(truth) => write!(out, "{truth}"),
        Value::Int(number) => write!(out, "{number}"),
        Value::Decimal(micro) => decimal(out, *micro),
        Value::Double(number) => serde_json::to_writer(&mut *out, number).map_err(Into::into),
        Value::Date(date) => write!(out, "\"{date}\""),
        Value::Time(ms) => write!(out, "\"{}\"", moment(*ms)),
    };
    if quoted {
        out.push(b'"');
    }
}

/// Millionths as a number with as many decimals as it needs.
fn decimal(out: &mut Vec<u8>, micro: i128) -> std::io::Result<()> {
    let (sign, size) = (if micro < 0 { "-" } else { "" }, micro.unsigned_abs());
    let one = u128::from(MICRO.unsigned_abs());
    let (whole, part) = (size / one, size % one);
    if part == 0 {
        return write!(out, "{sign}{whole}");
    }
    let part = format!("{part:06}");
    write!(out, "{sign}{whole}.{}", part.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(of: Value<'_>, texts: bool) -> String {
        let mut out = Vec::new();
        value(&mut out, &of, texts);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_json() {
        for (of, wanted) in [
            (Value::Text("a\"b\\\n\u{1}é".into()), r#""a\"b\\\n\u0001é""#),
            (Value::Int(i64::MAX), "9223372036854775807"),
            (Value::Decimal(-1_500_000), "-1.5"),
            (Value::Decimal(1), "0.000001"),
            (Value::Decimal(7_000_000), "7"),
            (Value::Double(0.1), "0.1"),
            (Value::Time(1_795_478_400_000), "\"2026-11-24T00:00:00Z\""),
            (
                Value::Time(1_795_478_400_050),
                "\"2026-11-24T00:00:00.05Z\"",
            ),
            (Value::Date(jiff::civil::date(2026, 1, 2)), "\"2026-01-02\""),
            (Value::Null, "null"),
            (Value::Bool(true), "true"),
        ] {
            assert_eq!(written(of.clone(), false), wanted, "{of:?}");
        }
        assert_eq!(written(Value::Int(1), true), "\"1\"");
        assert_eq!(written(Value::Double(1.5), true), "1.5");
    }
}
