//! Branches as nested lists. They are steps of a walk and not nested themselves: a template writes
//! them one after the other, however deep they lie.

use headcount_core::{field::Column, roster::Roster, search::text::is_blank};

use super::forest::Forest;
use crate::{
    page::{
        chart,
        locale::Locale,
        texts::{brief_to, person_path, size},
        visit::{brief, visible},
    },
    parameters::{in_path, link},
};

/// People of one list that are shown at once.
pub(super) const MOST: usize = 100;
/// People up to whom the next level of a branch is shown with it, and levels at most.
const FEW: usize = 48;
const LEVELS: usize = 3;
/// Levels that a way down to somebody shows, one in the other. Readers of HTML give up on deep
/// nesting, and a screen has no room for it.
pub(super) const DEEPEST: usize = 12;
/// Bytes that the people of one answer may take, about.
const ROOM: usize = 64_000;
/// Characters of a title or a department.
const WORDS: usize = 40;

/// One step of writing nested lists.
pub(crate) enum Step {
    /// A list begins.
    Down,
    /// It ends.
    Up,
    /// Somebody; where open, their reports follow up to [`Self::Close`].
    Person(Box<Person>),
    Close,
    /// What is left of a list, and where it is fetched from.
    More(String, String),
}

/// What is below somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Below {
    Nobody,
    /// People who are fetched when they are asked for.
    Closed,
    /// People who follow.
    Open,
}

/// Somebody in a list.
pub(crate) struct Person {
    pub(crate) below: Below,
    pub(crate) name: String,
    pub(crate) href: String,
    /// The branch below by itself.
    pub(crate) branch: String,
    pub(crate) title: Option<String>,
    pub(crate) department: Option<String>,
    /// Where it is another than `active`.
    pub(crate) state: Option<String>,
    /// What is odd about the manager.
    pub(crate) note: Option<&'static str>,
    pub(crate) direct: String,
    pub(crate) total: String,
    pub(crate) level: String,
    pub(crate) bar: String,
    /// The one who was asked for.
    pub(crate) is_here: bool,
}

/// Writes lists of people of one forest.
pub(crate) struct Lister<'a> {
    pub(crate) roster: &'a Roster,
    pub(crate) forest: &'a Forest,
    pub(crate) locale: &'a Locale,
    pub(crate) as_of: Option<&'a str>,
    /// The one who was asked for.
    pub(crate) here: Option<u32>,
    pub(crate) steps: Vec<Step>,
    room: usize,
}

impl<'a> Lister<'a> {
    pub(crate) fn new(
        roster: &'a Roster,
        forest: &'a Forest,
        locale: &'a Locale,
        as_of: Option<&'a str>,
    ) -> Self {
        Self {
            roster,
            forest,
            locale,
            as_of,
            here: None,
            steps: Vec::new(),
            room: ROOM,
        }
    }

    /// The people of a list from a place on, and a way to those behind them. `above` is whom they
    /// report to; `None` for those on top.
    pub(crate) fn list(
        &mut self,
        rows: &[u32],
        from: usize,
        above: Option<u32>,
        except: Option<&str>,
    ) {
        let most = self.most(rows);
        let end = rows.len().min(from.saturating_add(MOST));
        self.steps.push(Step::Down);
        let mut at = from;
        while at < end && self.room > 0 {
            self.one(rows[at], most, Below::Closed);
            at += 1;
        }
        if at < rows.len() {
            let next = (at + MOST).min(rows.len());
            let text = format!(
                "Show {} to {} of {}",
                self.locale.number((at + 1) as u64),
                self.locale.number(next as u64),
                self.locale.number(rows.len() as u64)
            );
            let href = self.continued(above, at, except);
            self.steps.push(Step::More(text, href));
        }
        self.steps.push(Step::Up);
    }

    /// A list, and with it the levels below as long as all of them are few.
    pub(crate) fn levels(&mut self, rows: Vec<u32>, above: Option<u32>) {
        let mut open = 0;
        let (mut shown, mut level) = (rows.len(), rows.clone());
        while open < LEVELS {
            let reports = level.iter().map(|&row| self.forest.managers.reports(row));
            let next: Vec<u32> = reports.flatten().copied().collect();
            shown += next.len();
            if next.is_empty() || shown > FEW {
                break;
            }
            (open, level) = (open + 1, next);
        }
        if open == 0 {
            return self.list(&rows, 0, above, None);
        }
        // Each list that is being written, and the bar of its first.
        let most = self.most(&rows);
        let mut under = vec![(rows.into_iter(), most)];
        self.steps.push(Step::Down);
        while let Some((rest, most)) = under.last_mut() {
            let Some(row) = rest.next() else {
                self.steps.push(Step::Up);
                under.pop();
                if !under.is_empty() {
                    self.steps.push(Step::Close);
                }
                continue;
            };
            let most = *most;
            let reports = self.forest.reports(row);
            if reports.is_empty() || under.len() > open {
                self.one(row, most, Below::Closed);
                continue;
            }
            self.one(row, most, Below::Open);
            self.steps.push(Step::Down);
            let most = self.most(&reports);
            under.push((reports.into_iter(), most));
        }
    }

    /// The way down along `path` to its last one, whose reports follow. At each level the others
    /// can be asked for.
    pub(crate) fn way(&mut self, path: &[u32]) {
        let Some((&last, above)) = path.split_last() else {
            return;
        };
        for &row in above {
            let most = self.forest.managers.span(row).total;
            self.steps.push(Step::Down);
            self.one(row, most, Below::Open);
        }
        self.steps.push(Step::Down);
        self.with_reports(last);
        self.steps.push(Step::Up);
        for pair in path.windows(2).rev() {
            let &[manager, one] = pair else {
                continue;
            };
            let others = self.forest.managers.reports(manager).len() - 1;
            // The list of `one` is still open where it is the last step.
            if others > 0 {
                let up = self.steps.pop();
                let text = match others {
                    1 => "Show the other report".to_owned(),
                    _ => format!(
                        "Show the other {} reports",
                        self.locale.number(others as u64)
                    ),
                };
                let href = self.continued(Some(manager), 0, Some(self.id(one)));
                self.steps.push(Step::More(text, href));
                self.steps.extend(up);
            }
            self.steps.push(Step::Close);
            self.steps.push(Step::Up);
        }
    }

    /// Somebody, open where there is anything below.
    pub(crate) fn with_reports(&mut self, row: u32) {
        let reports = self.forest.reports(row);
        self.one(row, self.forest.managers.span(row).total, Below::Open);
        if !reports.is_empty() {
            self.levels(reports, Some(row));
            self.steps.push(Step::Close);
        }
    }

    /// Somebody whose reports, if there are any, are shown so.
    fn one(&mut self, row: u32, most: u32, below: Below) {
        let below = match self.forest.managers.reports(row).is_empty() {
            true => Below::Nobody,
            false => below,
        };
        let person = self.person(row, most, below);
        self.room = self.room.saturating_sub(person.size());
        self.steps.push(Step::Person(Box::new(person)));
    }

    /// The longest bar of a list.
    fn most(&self, rows: &[u32]) -> u32 {
        let first = rows.first();
        first.map_or(1, |&row| self.forest.managers.span(row).total)
    }

    fn person(&self, row: u32, most: u32, below: Below) -> Person {
        let value = |column| self.roster.value(row, column);
        let words = |column| {
            let text = value(column).filter(|text| !is_blank(text))?;
            Some(brief_to(text, WORDS).into_owned())
        };
        let span = self.forest.managers.span(row);
        let bar = match span.total {
            0 => String::new(),
            total => chart::bar(f64::from(total) / f64::from(most.max(1)), 0),
        };
        let state = value(Column::State).unwrap_or("no state");
        let note = match () {
            () if self.forest.is_ringed(row) => Some("in a ring"),
            () if self.forest.is_orphan(row) => Some("manager unknown"),
            () => None,
        };
        let id = self.id(row);
        Person {
            below,
            name: brief(visible(value(Column::Name), "(no name)")).into_owned(),
            href: person_path(id, self.as_of),
            branch: branch_link(id, self.as_of),
            title: words(Column::Title),
            department: words(Column::Department),
            state: (state != "active").then(|| brief_to(state, WORDS).into_owned()),
            note,
            direct: self.locale.number(span.direct),
            total: self.locale.number(span.total),
            level: self.locale.number(self.forest.managers.depth(row) + 1),
            bar,
            is_here: self.here == Some(row),
        }
    }

    fn id(&self, row: u32) -> &'a str {
        self.roster.value(row, Column::Id).unwrap_or_default()
    }

    /// Where a list goes on.
    fn continued(&self, above: Option<u32>, from: usize, except: Option<&str>) -> String {
        let path = match above {
            Some(row) => format!("/tree/{}", in_path(self.id(row))),
            None => "/tree".to_owned(),
        };
        let parameters = [
            ("from", Some(from.to_string())),
            ("except", except.map(str::to_owned)),
            ("asOf", self.as_of.map(str::to_owned)),
        ];
        link(&path, parameters)
    }
}

impl Person {
    /// Bytes that it takes in a list, about.
    fn size(&self) -> usize {
        /// What stands around the texts.
        const AROUND: usize = 330;
        let texts = [
            Some(&self.name),
            self.title.as_ref(),
            self.department.as_ref(),
            self.state.as_ref(),
        ];
        let texts: usize = texts.into_iter().flatten().map(|text| size(text)).sum();
        AROUND + texts + self.href.len() + 2 * self.branch.len() + self.bar.len()
    }
}

/// The branch below somebody.
pub(super) fn branch_link(id: &str, as_of: Option<&str>) -> String {
    let path = format!("/tree/{}", in_path(id));
    link(&path, [("asOf", as_of.map(str::to_owned))])
}

/// The tree, open down to somebody.
pub(super) fn way_link(id: &str, as_of: Option<&str>) -> String {
    let parameters = [
        ("to", Some(id.to_owned())),
        ("asOf", as_of.map(str::to_owned)),
    ];
    link("/tree", parameters)
}
