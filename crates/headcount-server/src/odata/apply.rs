//! `$apply`: filters and groups, one after the other, each over what the one before gave.

use std::borrow::Cow;

use super::{
    expression::Expression, fault::Fault, lex::Token, parse::Reader, sets::Property, value::Kind,
};

/// Steps in one `$apply` at most.
const MOST_STEPS: usize = 16;

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Rows that pass.
    Filter(Expression),
    /// A row for each combination.
    Group(Group),
}

/// What rows are grouped by, and what is told of each group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// Properties, by place.
    pub(crate) by: Vec<usize>,
    /// What is told.
    pub(crate) told: Vec<Aggregate>,
}

/// One number, or one extreme, of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Aggregate {
    pub(crate) method: Method,
    /// Of which property; 0 for [`Method::Count`], which counts rows.
    pub(crate) of: usize,
}

/// How a group becomes one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Sum,
    Min,
    Max,
    Average,
    CountDistinct,
    Count,
}

impl Method {
    fn find(name: &str) -> Option<Self> {
        Some(match name {
            "sum" => Self::Sum,
            "min" => Self::Min,
            "max" => Self::Max,
            "average" => Self::Average,
            "countdistinct" => Self::CountDistinct,
            _ => return None,
        })
    }

    /// What it gives of a kind; `None` where it makes no sense.
    fn gives(self, kind: Kind) -> Option<Kind> {
        match self {
            Self::Sum => kind.is_number().then_some(kind),
            Self::Average => kind.is_number().then_some(Kind::Double),
            Self::Min | Self::Max => (kind != Kind::Bool).then_some(kind),
            Self::CountDistinct | Self::Count => Some(Kind::Int),
        }
    }
}

/// Reads the steps; with them the properties of the rows that they give.
///
/// # Errors
/// [`Fault`], by what is wrong and where.
pub(crate) fn read(text: &str, schema: &[Property]) -> Result<(Vec<Step>, Vec<Property>), Fault> {
    let mut steps = Vec::new();
    let mut schema = schema.to_vec();
    let mut rest = Cow::Borrowed(text);
    loop {
        // Each step has its own properties, so each has its own reader; places stay those of the
        // whole text.
        let mut reader = Reader::new(&rest, &schema)?;
        let (step, after) = step(&mut reader)?;
        steps.push(step);
        if steps.len() > MOST_STEPS {
            return Err(Fault::meaning(format!("more than {MOST_STEPS} steps")));
        }
        if !reader.took(&Token::Slash) {
            reader.end()?;
            return Ok((steps, after.unwrap_or(schema)));
        }
        let place = reader.place();
        let blank = " ".repeat(place);
        rest = Cow::Owned(blank + &rest[place..]);
        schema = after.unwrap_or(schema);
    }
}

/// One step, and the properties after it where they are others.
fn step(reader: &mut Reader<'_>) -> Result<(Step, Option<Vec<Property>>), Fault> {
    let at = reader.place();
    let Some(Token::Name(name)) = reader.take() else {
        return Err(Fault::syntax(
            at,
            "a step such as filter, groupby or aggregate is missing",
        ));
    };
    match name.as_str() {
        "filter" => {
            reader.expect(&Token::Open, "( after filter")?;
            let condition = reader.condition()?;
            reader.expect(&Token::Close, ")")?;
            Ok((Step::Filter(condition), None))
        }
        "aggregate" => {
            let mut after = Vec::new();
            let told = aggregates(reader, &mut after)?;
            Ok((
                Step::Group(Group {
                    by: Vec::new(),
                    told,
                }),
                Some(after),
            ))
        }
        "groupby" => {
            let (group, after) = groupby(reader)?;
            Ok((Step::Group(group), Some(after)))
        }
        "compute" | "expand" | "search" | "concat" | "topcount" | "bottomcount" | "topsum"
        | "bottomsum" | "toppercent" | "bottompercent" | "identity" | "orderby" | "top"
        | "skip" | "join" | "outerjoin" | "nest" | "rollup" => Err(Fault::missing(format!(
            "{name} is not supported; there are filter, groupby and aggregate"
        ))),
        _ => Err(Fault::syntax(
            at,
            format!("no step {name:?}; there are filter, groupby and aggregate"),
        )),
    }
}

fn groupby(reader: &mut Reader<'_>) -> Result<(Group, Vec<Property>), Fault> {
    reader.expect(&Token::Open, "( after groupby")?;
    reader.expect(&Token::Open, "(( after groupby")?;
    let (mut by, mut after) = (Vec::new(), Vec::new());
    loop {
        let at = reader.place();
        if reader.is_name("rollup") {
            return Err(Fault::missing("rollup is not supported"));
        }
        let property = reader.property()?;
        add(&mut after, reader.schema[property].clone(), at)?;
        by.push(property);
        if !reader.took(&Token::Comma) {
            break;
        }
    }
    reader.expect(&Token::Close, ") after the properties")?;
    let mut told = Vec::new();
    if reader.took(&Token::Comma) {
        let at = reader.place();
        match reader.take() {
            Some(Token::Name(name)) if name == "aggregate" => {
                told = aggregates(reader, &mut after)?;
            }
            _ => {
                let what = "only aggregate(…) may stand inside of groupby";
                return Err(Fault::missing(format!("{what} (character {at})")));
            }
        }
    }
    reader.expect(&Token::Close, ") at the end of groupby")?;
    Ok((Group { by, told }, after))
}

/// `(X with sum as Y,$count as N)`; what they give is added to `after`.
fn aggregates(reader: &mut Reader<'_>, after: &mut Vec<Property>) -> Result<Vec<Aggregate>, Fault> {
    reader.expect(&Token::Open, "( after aggregate")?;
    let mut told = Vec::new();
    loop {
        let at = reader.place();
        let (aggregate, kind) = if reader.is_name("$count") {
            reader.take();
            let (method, of) = (Method::Count, 0);
            (Aggregate { method, of }, Kind::Int)
        } else {
            let of = reader.property()?;
            word(reader, "with")?;
            let at = reader.place();
            let method = match reader.take() {
                Some(Token::Name(name)) => Method::find(&name),
                _ => None,
            };
            let method = method.ok_or_else(|| {
                Fault::syntax(
                    at,
                    "one of sum, min, max, average, countdistinct is missing",
                )
            })?;
            let kind = reader.schema[of].kind;
            let gives = method.gives(kind).ok_or_else(|| {
                Fault::syntax(at, format!("{} cannot be aggregated so", kind.name()))
            })?;
            (Aggregate { method, of }, gives)
        };
        word(reader, "as")?;
        let name = match reader.take() {
            Some(Token::Name(name)) if name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                name
            }
            _ => return Err(Fault::syntax(at, "a name after `as` is missing")),
        };
        let counts = matches!(aggregate.method, Method::Count | Method::CountDistinct);
        let property = Property {
            name: name.into(),
            kind,
            nullable: !counts,
        };
        add(after, property, at)?;
        told.push(aggregate);
        if !reader.took(&Token::Comma) {
            break;
        }
    }
    reader.expect(&Token::Close, ") at the end of aggregate")?;
    Ok(told)
}

fn word(reader: &mut Reader<'_>, word: &str) -> Result<(), Fault> {
    let at = reader.place();
    if !reader.is_name(word) {
        return Err(Fault::syntax(at, format!("`{word}` is missing")));
    }
    reader.take();
    Ok(())
}

fn add(schema: &mut Vec<Property>, property: Property, at: usize) -> Result<(), Fault> {
    if schema.iter().any(|known| known.name == property.name) {
        return Err(Fault::syntax(
            at,
            format!("{} is there twice", property.name),
        ));
    }
    schema.push(property);
    Ok(())
}
