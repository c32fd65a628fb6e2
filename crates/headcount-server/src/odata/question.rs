//! A question, read and understood.

use std::{borrow::Cow, cmp::Ordering};

use super::{
    apply::{self, Step},
    expression::Expression,
    lex::Token,
    options::Options,
    parse::{self, Reader, unknown},
    sets::{Property, Set},
    value::{At, Row, Rows},
};
use crate::error::ApiError;

/// What is asked of a set.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) set: Set,
    /// What `$apply` does, before all else.
    pub(crate) steps: Vec<Step>,
    /// The properties after it.
    pub(crate) schema: Cow<'static, [Property]>,
    /// Rows that are told, over [`Self::schema`].
    pub(crate) filter: Option<Expression>,
    /// Properties by which rows are ordered, and whether downwards.
    pub(crate) order: Vec<(usize, bool)>,
    /// Properties that are told.
    pub(crate) told: Vec<usize>,
    /// Whether `$select` chose them.
    pub(crate) selected: bool,
}

impl Question {
    /// Reads the options that decide which rows there are and what of them is told.
    ///
    /// # Errors
    /// 400 for what cannot be read, 501 for what is not here.
    pub(crate) fn read(set: Set, options: &Options) -> Result<Self, ApiError> {
        let own = set.properties();
        let (steps, schema) = match &options.apply {
            Some(text) => {
                let (steps, schema) = apply::read(text, own).map_err(|fault| fault.of("$apply"))?;
                (steps, Cow::Owned(schema))
            }
            None => (Vec::new(), Cow::Borrowed(own)),
        };
        let filter = options.filter.as_deref();
        let filter = filter.map(|text| parse::filter(text, &schema));
        let filter = filter.transpose().map_err(|fault| fault.of("$filter"))?;
        let order = match &options.orderby {
            Some(text) => order(text, &schema)?,
            None => Vec::new(),
        };
        let told = match &options.select {
            Some(text) => selected(text, &schema)?,
            None => (0..schema.len()).collect(),
        };
        let mut question = Self {
            set,
            steps,
            selected: told.len() < schema.len(),
            schema,
            filter,
            order,
            told,
        };
        question.unite();
        Ok(question)
    }

    /// Filters alone in `$apply` are a `$filter`.
    fn unite(&mut self) {
        if self.is_grouped() {
            return;
        }
        let filters = std::mem::take(&mut self.steps).into_iter();
        let mut all: Vec<Expression> = filters
            .filter_map(|step| match step {
                Step::Filter(condition) => Some(condition),
                Step::Group(_) => None,
            })
            .chain(self.filter.take())
            .collect();
        self.filter = match all.len() {
            0 => None,
            1 => all.pop(),
            _ => Some(Expression::And(all)),
        };
    }

    /// Whether rows are groups, and no entities any more.
    pub(crate) fn is_grouped(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Group(_)))
    }

    /// Whether every row is told whole, in the order of the keys.
    pub(crate) fn is_plain(&self) -> bool {
        self.filter.is_none() && self.order.is_empty() && self.steps.is_empty() && !self.selected
    }

    /// Whether the whole history is needed, or facts are: that takes longer.
    pub(crate) fn needs_history(&self) -> bool {
        self.set == Set::UserVersions || self.set.facts().is_some()
    }

    /// Conditions that rows of the set itself have to pass.
    pub(crate) fn filters(&self) -> impl Iterator<Item = &Expression> {
        let first = self.steps.iter().map_while(|step| match step {
            Step::Filter(filter) => Some(filter),
            Step::Group(_) => None,
        });
        first.chain(self.filter.iter().filter(|_| !self.is_grouped()))
    }

    /// Whether a row is told.
    pub(crate) fn passes(&self, row: &dyn Row) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.passes(row))
    }

    /// The rows that are told, in their order.
    pub(crate) fn choose(&self, rows: &dyn Rows) -> Vec<u32> {
        let mut chosen: Vec<u32> = (0..rows.len())
            .filter(|&row| self.passes(&At(rows, row)))
            .collect();
        if !self.order.is_empty() {
            // Stable: ties stay in the order of the keys.
            chosen.sort_by(|&one, &two| self.compare(&At(rows, one), &At(rows, two)));
        }
        chosen
    }

    /// Which of two rows comes first.
    pub(crate) fn compare(&self, one: &dyn Row, two: &dyn Row) -> Ordering {
        for &(property, down) in &self.order {
            let order = one.get(property).rank(&two.get(property));
            if order.is_ne() {
                return if down { order.reverse() } else { order };
            }
        }
        Ordering::Equal
    }
}

fn order(text: &str, schema: &[Property]) -> Result<Vec<(usize, bool)>, ApiError> {
    let read = || {
        let mut reader = Reader::new(text, schema)?;
        let mut order = Vec::new();
        loop {
            let property = reader.property()?;
            let down = reader.is_name("desc");
            if down || reader.is_name("asc") {
                reader.take();
            }
            order.push((property, down));
            if !reader.took(&Token::Comma) {
                reader.end()?;
                return Ok(order);
            }
        }
    };
    read().map_err(|fault: super::fault::Fault| fault.of("$orderby"))
}

/// Places of the properties named, in the order of the schema.
fn selected(text: &str, schema: &[Property]) -> Result<Vec<usize>, ApiError> {
    let mut told = Vec::new();
    for name in text.split(',').map(str::trim) {
        if name == "*" {
            return Ok((0..schema.len()).collect());
        }
        let found = schema.iter().position(|property| property.name == name);
        let unknown = || ApiError::constraint(format!("$select: {}", unknown(name, schema)));
        told.push(found.ok_or_else(unknown)?);
    }
    told.sort_unstable();
    told.dedup();
    Ok(told)
}
