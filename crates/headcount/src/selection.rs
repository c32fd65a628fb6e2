//! The users that the conditions of `--where` pick, told one by one as they are read.

use headcount_core::{
    field::{Column, Field, Projection},
    filter::{self, FilterError},
    search::{DocumentView, FieldValues, Matcher, StateRule},
    user::Attributes,
};

use crate::{
    columns,
    error::{Exit, Failure},
    reading::Managers,
};

/// Conditions of `--where`, ANDed; without any, everybody of every state is picked.
#[derive(Debug)]
pub(crate) struct Conditions(Matcher);

impl Conditions {
    /// Reads conditions.
    pub(crate) fn parse(texts: &[String]) -> Result<Self, Failure> {
        let criteria = filter::parse_all(texts).map_err(refused)?;
        Matcher::compile(&criteria, StateRule::AnyState)
            .map(Self)
            .map_err(|error| Failure::new(Exit::Usage, format!("--where: {error}")))
    }

    /// Conditions as a search has them.
    pub(crate) fn matcher(&self) -> &Matcher {
        &self.0
    }

    /// What has to be read of every user.
    pub(crate) fn projection(&self) -> Projection {
        self.0.projection()
    }

    /// Whether names or e-mails of managers may be asked for.
    pub(crate) fn ask_about_managers(&self) -> bool {
        self.projection().contains(Column::ManagerId)
    }

    /// Whether a user is picked.
    pub(crate) fn pick(
        &self,
        user: &Attributes<'_>,
        document: Option<&str>,
        managers: &Managers,
    ) -> bool {
        self.0.matches(&Candidate {
            user,
            document,
            managers,
        })
    }
}

fn refused(error: FilterError) -> Failure {
    match error {
        FilterError::UnknownField(error) => columns::unknown(&error),
        other => Failure::new(Exit::Usage, format!("--where: {other}"))
            .hint("`headcount users --help` shows what a condition looks like"),
    }
}

/// A user as the store hands it over, as a search sees it.
struct Candidate<'a> {
    user: &'a Attributes<'a>,
    document: Option<&'a str>,
    managers: &'a Managers,
}

impl FieldValues for Candidate<'_> {
    fn any_value(&self, field: Field, each: &mut dyn FnMut(&str) -> bool) -> bool {
        let manager = self.user.manager_id.as_deref();
        let text = match (field, field.column()) {
            (Field::MANAGER_NAME, _) => self.managers.name(manager),
            (Field::MANAGER_EMAIL, _) => self.managers.email(manager),
            (_, Some(Column::Version)) => {
                return self
                    .user
                    .version
                    .is_some_and(|version| each(&version.to_string()));
            }
            (_, Some(column)) => columns::text(column, self.user),
            (_, None) => {
                let view = self.document.map(DocumentView::parse);
                return matches!(view, Some(Ok(view)) if view.any_value(field, each));
            }
        };
        text.filter(|text| !text.trim().is_empty())
            .is_some_and(each)
    }
}
