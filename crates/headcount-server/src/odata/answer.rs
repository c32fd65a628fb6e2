//! From a question to the bytes of its answer.

use std::sync::Arc;

use headcount_core::personal::Veil;
use headcount_store::{Store, facts::FactStore};

use super::{
    facts::{self, Days, Facts, Range},
    fault::Fault,
    group,
    options::Options,
    people::{Users, Versions},
    question::Question,
    sets::Set,
    shelf::{Blocks, History, InSight, Limits},
    small,
    token::Token,
    value::{At, Grid, Rows},
    write::{Form, Writer},
};
use crate::{error::ApiError, handlers::not_loaded, json::Json, parameters::link, rosters::Loaded};

/// What is asked, by whom, and of what.
pub(crate) struct Asked<'a> {
    pub(crate) loaded: &'a Arc<Loaded>,
    pub(crate) org: &'a str,
    /// Divisions that the caller is limited to.
    pub(crate) limits: Limits,
    pub(crate) veil: &'a Veil,
    pub(crate) store: &'a dyn Store,
    pub(crate) facts: Option<&'a FactStore>,
    pub(crate) goes_on: &'a dyn Fn() -> bool,
    pub(crate) question: &'a Question,
    pub(crate) options: &'a Options,
    pub(crate) token: Option<&'a Token>,
    pub(crate) form: Form,
    /// What links begin with.
    pub(crate) base: &'a str,
    /// Rows on a page at most.
    pub(crate) page: u64,
}

/// A page, before its envelope is closed.
struct Page {
    json: Json,
    /// Rows on all pages, where they are known.
    all: Option<u64>,
    /// Where the next page begins.
    next: Option<Token>,
}

impl Asked<'_> {
    /// Whether the answer is at hand: rows that are written already.
    pub(crate) fn is_at_hand(&self) -> bool {
        if self.question.set != Set::Users || !self.is_usual() {
            return false;
        }
        let shelf = &self.loaded.shelf;
        let known = shelf.users.known(&self.limits);
        let rows = match &self.limits {
            None => Some(self.loaded.roster.len()),
            limits => shelf
                .rows
                .known(limits)
                .and_then(|rows| u32::try_from(rows.len()).ok()),
        };
        match (known, rows) {
            (Some(blocks), Some(all)) => {
                let (from, to) = self.stretch(all.into());
                blocks.are_written(&(narrow(from)..narrow(to)))
            }
            _ => false,
        }
    }

    fn is_usual(&self) -> bool {
        self.question.is_plain() && self.form == Form::USUAL
    }

    /// Rows of the page out of `all`.
    fn stretch(&self, all: u64) -> (u64, u64) {
        let before = self.token.map_or(self.options.skip, |token| token.before);
        let left = self.left().unwrap_or(u64::MAX);
        let from = before.min(all);
        (from, from.saturating_add(left.min(self.page)).min(all))
    }

    /// A token of the next page, with its place still to be told.
    fn token_of(&self) -> Token {
        let read = (self.loaded.snapshot.id, self.loaded.erased);
        Token::of(self.question.set, self.options, read)
    }

    /// Rows that may yet be told.
    fn left(&self) -> Option<u64> {
        self.token.map_or(self.options.top, |token| token.left)
    }

    /// The page that is asked for; `state` is that of [`Self::state`].
    ///
    /// # Errors
    /// 400, 410 or 500, by what stands in the way.
    pub(crate) fn page(&self, state: Option<u64>) -> Result<Json, ApiError> {
        let mut json = Json::default();
        json.raw("{");
        if self.form.level != super::Level::None {
            json.member("@odata.context", self.context(""));
        }
        let page = self.rows(state)?;
        if self.options.count
            && let Some(all) = page.all
        {
            json.member("@odata.count", all);
        }
        json.raw("\"value\":[");
        json.append(page.json);
        json.raw("]");
        if let Some(next) = page.next {
            let skiptoken = ("$skiptoken", Some(next.write()));
            let path = format!("{}{}", self.base, self.question.set.name());
            json.raw(",\"@odata.nextLink\":");
            json.value(link(&path, self.options.kept().chain([skiptoken])));
        }
        json.raw("}");
        Ok(json)
    }

    fn rows(&self, state: Option<u64>) -> Result<Page, ApiError> {
        match state {
            Some(state) => self.page_of_facts(state),
            None => self.with_rows(&mut |rows| self.page_of(rows, None)),
        }
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub(crate) fn count(&self) -> Result<u64, ApiError> {
        if self.question.set.facts().is_some() && !self.question.is_grouped() {
            let history = self.history()?;
            let scope = self.versions_in_sight(&history)?;
            return facts::count(&self.facts(&history, scope.as_deref())?, self.question);
        }
        Ok(self.rows(self.state()?)?.all.unwrap_or_default())
    }

    /// The one entity that the filter names.
    ///
    /// # Errors
    /// 404 where there is none.
    pub(crate) fn entity(&self) -> Result<Json, ApiError> {
        let writer = self.writer();
        let context = self.context("/$entity");
        let mut bytes = Vec::new();
        if self.question.set.facts().is_some() {
            let history = self.history()?;
            let scope = self.versions_in_sight(&history)?;
            let facts = self.facts(&history, scope.as_deref())?;
            let found = facts::one(&facts, self.question, &mut |row| {
                writer.row(&mut bytes, row, Some(&context));
            })?;
            if !found {
                return Err(ApiError::not_found());
            }
        } else {
            self.with_rows(&mut |rows| {
                let mut all = 0..rows.len();
                let row = all.find(|&row| self.question.passes(&At(rows, row)));
                let row = row.ok_or_else(ApiError::not_found)?;
                writer.row(&mut bytes, &At(rows, row), Some(&context));
                Ok(())
            })?;
        }
        let mut json = Json::default();
        json.open().append(&mut bytes);
        Ok(json)
    }

    fn writer(&self) -> Writer<'_> {
        Writer::new(self.question, self.form, self.base)
    }

    /// `…$metadata#Users(Id,Name)`
    fn context(&self, rest: &str) -> String {
        let question = self.question;
        let mut names = String::new();
        if question.selected || question.is_grouped() {
            let told = question.told.iter();
            let told: Vec<&str> = told.map(|&at| &*question.schema[at].name).collect();
            names = format!("({})", told.join(","));
        }
        format!(
            "{}$metadata#{}{names}{rest}",
            self.base,
            question.set.name()
        )
    }

    /// A page of rows in memory; `state` is that of the facts they were worked out of.
    fn page_of(&self, rows: &dyn Rows, state: Option<u64>) -> Result<Page, ApiError> {
        let (question, shelf) = (self.question, &self.loaded.shelf);
        let asked = (
            question.set,
            self.limits.clone(),
            format!("{} {state:?}", self.options.rows()),
        );
        let grid;
        let rows: &dyn Rows = match question.is_grouped() && state.is_none() {
            false => rows,
            true => {
                grid = shelf.groups.get(asked.clone(), || {
                    group::run(&question.steps, rows).map_err(|fault: Fault| fault.of("$apply"))
                })?;
                &*grid
            }
        };
        let chosen = match question.filter.is_none() && question.order.is_empty() {
            true => None,
            false => {
                let chosen = shelf
                    .chosen
                    .get(asked, || Ok::<_, ApiError>(question.choose(rows)))?;
                Some(chosen)
            }
        };
        let all = chosen
            .as_ref()
            .map_or(u64::from(rows.len()), |chosen| chosen.len() as u64);
        let (from, to) = self.stretch(all);
        let mut json = Json::default();
        if question.set == Set::Users && self.is_usual() {
            let blocks = shelf.users.get(self.limits.clone(), || {
                Ok::<_, ApiError>(Blocks::new(rows.len()))
            })?;
            let writer = Writer::usual(Set::Users);
            let write = |out: &mut Vec<u8>, row| writer.row(out, &At(rows, row), None);
            let mut first = true;
            blocks.pieces(narrow(from)..narrow(to), rows.len(), write, |piece| {
                if !std::mem::take(&mut first) {
                    json.raw(",");
                }
                json.piece(piece);
            });
        } else {
            let writer = self.writer();
            for place in from..to {
                let row = match &chosen {
                    Some(chosen) => chosen[usize::try_from(place).unwrap_or(usize::MAX)],
                    None => narrow(place),
                };
                if place > from {
                    json.raw(",");
                }
                writer.row(json.open(), &At(rows, row), None);
            }
        }
        let (told, left) = (to - from, self.left());
        let more = to < all && left.is_none_or(|left| left > told);
        let next = more.then(|| {
            let mut next = self.token_of();
            next.before = to;
            next.left = left.map(|left| left - told);
            next.state = state;
            next
        });
        Ok(Page {
            json,
            all: Some(all),
            next,
        })
    }

    /// A page of facts, or of what was worked out of them.
    fn page_of_facts(&self, state: u64) -> Result<Page, ApiError> {
        let question = self.question;
        let history = self.history()?;
        let scope = self.versions_in_sight(&history)?;
        let facts = self.facts(&history, scope.as_deref())?;
        let worked_out = question.is_grouped() || !question.order.is_empty();
        if !worked_out {
            return self.list(&facts);
        }
        if self.token.is_some_and(|token| token.state != Some(state)) {
            return Err(ApiError::gone(
                "the facts were replaced while they were read; read them again from the first page",
            ));
        }
        let asked = (
            question.set,
            self.limits.clone(),
            format!("{} {state}", self.options.rows()),
        );
        let grid: Arc<Grid> =
            self.loaded
                .shelf
                .groups
                .get(asked, || match question.is_grouped() {
                    true => facts::grouped(&facts, &question.steps),
                    false => facts::ordered(&facts, question),
                })?;
        self.page_of(&*grid, Some(state))
    }

    fn list(&self, facts: &Facts<'_>) -> Result<Page, ApiError> {
        let writer = self.writer();
        let start = self.token.and_then(Token::start);
        let left = self.left();
        let most = left.map_or(self.page, |left| left.min(self.page));
        let skip = if start.is_some() {
            0
        } else {
            self.options.skip
        };
        let listed = facts::list(facts, self.question, &writer, start.as_ref(), skip, most)?;
        let all = match self.token {
            Some(token) => token.count,
            None if self.options.count => Some(facts::count(facts, self.question)?),
            None => None,
        };
        let left = left.map(|left| left - listed.told);
        let next = listed.next.filter(|_| left != Some(0)).map(|start| {
            let mut token = self.token_of();
            (token.left, token.count) = (left, all);
            token.starting(&start)
        });
        let mut json = Json::default();
        json.piece(listed.rows.into());
        Ok(Page { json, all, next })
    }

    fn days(&self) -> Option<Days<'_>> {
        let kind = self.question.set.facts()?;
        Some(Days {
            store: self.facts,
            kind,
        })
    }

    /// What the facts are that the answer is of: another number for others; `None` where it is of
    /// none.
    ///
    /// # Errors
    /// 500 where they cannot be read.
    pub(crate) fn state(&self) -> Result<Option<u64>, ApiError> {
        let range = Range::of(self.question.filters());
        self.days().map(|days| days.state(&range)).transpose()
    }

    fn facts<'f>(
        &'f self,
        history: &'f History,
        scope: Option<&'f InSight>,
    ) -> Result<Facts<'f>, ApiError> {
        Ok(Facts {
            days: self.days().ok_or_else(ApiError::internal)?,
            history,
            scope: scope.map(|(rows, _)| rows),
            veil: self.veil,
            goes_on: self.goes_on,
        })
    }

    fn history(&self) -> Result<Arc<History>, ApiError> {
        let until_ms = self.loaded.snapshot.published_ms;
        let load = || History::load(self.store, self.org, until_ms);
        Ok(self.loaded.shelf.history.get((), load)?)
    }

    /// The versions in sight, where not all are.
    fn versions_in_sight(&self, history: &History) -> Result<Option<Arc<InSight>>, ApiError> {
        let Some(divisions) = &self.limits else {
            return Ok(None);
        };
        let ids: Vec<&str> = divisions.iter().map(String::as_str).collect();
        let found = self.loaded.shelf.versions.get(self.limits.clone(), || {
            let column = headcount_core::field::Column::DivisionId;
            let rows = history.people.roster().rows_with(column, &ids);
            let rows = rows.map_err(not_loaded)?;
            let list = rows.iter().collect();
            Ok::<_, ApiError>((rows, list))
        })?;
        Ok(Some(found))
    }

    /// Calls `with` with the rows of a set that is in memory.
    fn with_rows<T>(
        &self,
        with: &mut dyn FnMut(&dyn Rows) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let (loaded, shelf) = (self.loaded, &self.loaded.shelf);
        let divisions = self.limits.as_deref();
        if self.question.set == Set::UserVersions {
            let history = self.history()?;
            let seen = self.versions_in_sight(&history)?;
            let scope = seen.as_ref().map(|seen| &seen.0);
            return with(&Versions {
                view: history.people.roster().view(scope),
                rows: seen.as_ref().map(|seen| &*seen.1),
                history: &history,
                veil: self.veil,
            });
        }
        let scope = divisions.map(|divisions| loaded.scope(divisions));
        let view = loaded.roster.view(scope.as_deref());
        let rows = match &scope {
            None => None,
            Some(scope) => Some(shelf.rows.get(self.limits.clone(), || {
                Ok::<_, ApiError>(scope.iter().collect::<Vec<u32>>())
            })?),
        };
        let seen = || (0..loaded.roster.len()).filter(|&row| view.sees(row));
        match self.question.set {
            Set::Divisions | Set::Departments | Set::Managers => {
                let key = (self.question.set, self.limits.clone());
                let grid = shelf.grids.get(key, || {
                    Ok::<_, ApiError>(match self.question.set {
                        Set::Divisions => small::divisions(&loaded.roster, seen()),
                        Set::Departments => small::departments(&loaded.roster, seen()),
                        _ => {
                            let managers = loaded.managers(divisions).map_err(not_loaded)?;
                            small::managers(view, &managers, seen(), self.veil)
                        }
                    })
                })?;
                with(&*grid)
            }
            Set::ManagerReports => {
                let chains = shelf.chains.get(self.limits.clone(), || {
                    let managers = loaded.managers(divisions).map_err(not_loaded)?;
                    Ok::<_, ApiError>(small::chains(&managers, seen()))
                })?;
                with(&small::Chains {
                    roster: &loaded.roster,
                    chains: &chains,
                })
            }
            _ => with(&Users {
                view,
                rows: rows.as_ref().map(|rows| rows.as_slice()),
                veil: self.veil,
            }),
        }
    }
}

/// Rows are numbered with 32 bits.
fn narrow(place: u64) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
