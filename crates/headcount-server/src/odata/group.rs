//! Adds rows up by group.

use std::collections::{HashMap, HashSet};

use headcount_core::fact::MICRO;

use super::{
    apply::{Aggregate, Group, Method, Step},
    fault::Fault,
    value::{At, Grid, Row, Rows, Value},
};

/// Groups in an answer at most, and values that are told apart while they are counted.
pub(crate) const MOST_GROUPS: usize = 200_000;
const MOST_DISTINCT: usize = 2_000_000;

/// Groups while rows come in.
pub(crate) struct Groups<'g> {
    group: &'g Group,
    places: HashMap<Vec<u8>, u32>,
    keys: Vec<Vec<Value<'static>>>,
    /// One for each aggregate of each group.
    cells: Vec<Cell>,
    distinct: usize,
    key: Vec<u8>,
}

/// What is known of one aggregate of one group.
#[derive(Debug)]
enum Cell {
    Count(i64),
    /// Exact, in millionths; nothing while all are null.
    Exact(Option<i128>),
    /// Sum and how many.
    Average(f64, i128, u64),
    Float(Option<f64>),
    Extreme(Option<Value<'static>>),
    Distinct(HashSet<Vec<u8>>),
}

impl<'g> Groups<'g> {
    pub(crate) fn new(group: &'g Group) -> Self {
        let mut groups = Self {
            group,
            places: HashMap::new(),
            keys: Vec::new(),
            cells: Vec::new(),
            distinct: 0,
            key: Vec::new(),
        };
        if group.by.is_empty() {
            // There is always a total, also of nothing.
            groups.open(Vec::new());
        }
        groups
    }

    /// The group that a row is in.
    ///
    /// # Errors
    /// [`Fault::Meaning`] where there are too many.
    pub(crate) fn of(&mut self, row: &dyn Row) -> Result<u32, Fault> {
        if self.group.by.is_empty() {
            return Ok(0);
        }
        self.key.clear();
        for &property in &self.group.by {
            row.get(property).encode(&mut self.key);
        }
        if let Some(place) = self.places.get(&self.key) {
            return Ok(*place);
        }
        if self.keys.len() == MOST_GROUPS {
            return Err(Fault::meaning(format!(
                "there are more than {MOST_GROUPS} groups; group by less, or filter"
            )));
        }
        let by = self.group.by.iter();
        let place = self.open(by.map(|&property| row.get(property).into_owned()).collect());
        self.places.insert(self.key.clone(), place);
        Ok(place)
    }

    fn open(&mut self, key: Vec<Value<'static>>) -> u32 {
        let place = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.keys.push(key);
        let told = self.group.told.iter();
        self.cells
            .extend(told.map(|aggregate| match aggregate.method {
                Method::Count => Cell::Count(0),
                Method::Sum => Cell::Exact(None),
                Method::Average => Cell::Average(0.0, 0, 0),
                Method::Min | Method::Max => Cell::Extreme(None),
                Method::CountDistinct => Cell::Distinct(HashSet::new()),
            }));
        place
    }

    /// Adds a row to a group.
    ///
    /// # Errors
    /// [`Fault::Meaning`] where too many values are told apart.
    pub(crate) fn add(&mut self, place: u32, row: &dyn Row) -> Result<(), Fault> {
        let told = &self.group.told;
        let first = place as usize * told.len();
        for (aggregate, cell) in told.iter().zip(&mut self.cells[first..]) {
            if let Cell::Count(count) = cell {
                *count += 1;
                continue;
            }
            let value = row.get(aggregate.of);
            if value == Value::Null {
                continue;
            }
            cell.take(aggregate, value, &mut self.distinct);
        }
        if self.distinct > MOST_DISTINCT {
            return Err(Fault::meaning(format!(
                "countdistinct has more than {MOST_DISTINCT} values to tell apart; filter"
            )));
        }
        Ok(())
    }

    /// The groups, in the order of what they are grouped by.
    ///
    /// # Errors
    /// [`Fault::Meaning`] where a sum passes 64 bits.
    pub(crate) fn finish(self) -> Result<Grid, Fault> {
        let told = &self.group.told;
        let mut cells = self.cells.into_iter();
        let mut rows = Vec::with_capacity(self.keys.len());
        for mut row in self.keys {
            for (aggregate, cell) in told.iter().zip(cells.by_ref().take(told.len())) {
                row.push(cell.value(aggregate)?);
            }
            rows.push(row);
        }
        let by = self.group.by.len();
        rows.sort_by(|one, two| {
            let pairs = one[..by].iter().zip(&two[..by]);
            let mut orders = pairs.map(|(one, two)| one.rank(two));
            orders
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        Ok(Grid { rows })
    }
}

impl Cell {
    fn take(&mut self, aggregate: &Aggregate, value: Value<'_>, distinct: &mut usize) {
        match self {
            Self::Count(count) => *count += 1,
            Self::Exact(sum) => match value.micro() {
                // A million millionths of 64 bits, times as many rows as there can be, fit.
                Some(micro) => *sum = Some(sum.unwrap_or_default() + micro),
                None => *self = Self::Float(value.float()),
            },
            Self::Float(sum) => {
                *sum = value.float().map(|more| sum.unwrap_or_default() + more);
            }
            Self::Average(float, exact, count) => {
                *count += 1;
                match value.micro() {
                    Some(micro) => *exact += micro,
                    None => *float += value.float().unwrap_or_default(),
                }
            }
            Self::Extreme(found) => {
                let wanted = match aggregate.method {
                    Method::Min => std::cmp::Ordering::Less,
                    _ => std::cmp::Ordering::Greater,
                };
                if found
                    .as_ref()
                    .is_none_or(|found| value.compare(found) == Some(wanted))
                {
                    *found = Some(value.into_owned());
                }
            }
            Self::Distinct(known) => {
                let mut key = Vec::new();
                value.encode(&mut key);
                *distinct += usize::from(known.insert(key));
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "an average is a fraction")]
    fn value(self, aggregate: &Aggregate) -> Result<Value<'static>, Fault> {
        Ok(match self {
            Self::Count(count) => Value::Int(count),
            Self::Exact(None) | Self::Float(None) => Value::Null,
            Self::Exact(Some(micro)) => Value::Decimal(micro),
            Self::Float(Some(sum)) => Value::Double(sum),
            Self::Average(_, _, 0) => Value::Null,
            Self::Average(float, exact, count) => {
                Value::Double((float + exact as f64 / MICRO as f64) / count as f64)
            }
            Self::Extreme(found) => found.unwrap_or(Value::Null),
            Self::Distinct(known) => Value::count(known.len()),
        })
        .and_then(|value| match (aggregate.method, value) {
            // Whole numbers stay whole.
            (Method::Sum, Value::Decimal(micro)) if micro % i128::from(MICRO) == 0 => {
                let whole = i64::try_from(micro / i128::from(MICRO));
                whole
                    .map(Value::Int)
                    .map_err(|_| Fault::meaning("a sum is larger than 64 bits can hold; filter"))
            }
            (_, value) => Ok(value),
        })
    }
}

/// What the steps give over rows in memory.
///
/// # Errors
/// [`Fault::Meaning`] where there are too many groups.
pub(crate) fn run(steps: &[Step], rows: &dyn Rows) -> Result<Grid, Fault> {
    let mut filters = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Filter(condition) => filters.push(condition),
            Step::Group(group) => {
                let mut groups = Groups::new(group);
                for row in 0..rows.len() {
                    let row = At(rows, row);
                    if filters.iter().all(|filter| filter.passes(&row)) {
                        let place = groups.of(&row)?;
                        groups.add(place, &row)?;
                    }
                }
                return rest(&steps[at + 1..], groups.finish()?);
            }
        }
    }
    Ok(Grid::default())
}

/// What the steps give over what a group gave.
///
/// # Errors
/// As [`run`].
pub(crate) fn rest(steps: &[Step], grid: Grid) -> Result<Grid, Fault> {
    let Some((first, more)) = steps.split_first() else {
        return Ok(grid);
    };
    let next = match first {
        Step::Group(_) => run(std::slice::from_ref(first), &grid)?,
        Step::Filter(condition) => {
            let passing = (0..grid.len()).filter(|row| condition.passes(&At(&grid, *row)));
            let rows = passing.map(|row| grid.rows[row as usize].clone());
            Grid {
                rows: rows.collect(),
            }
        }
    };
    rest(more, next)
}
