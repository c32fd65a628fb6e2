//! Habits of an org: what Genesys does not document, or allows in one org and not in another
//! (contract 9). Each has a name and a value, so that a command line and a file can set them.

use crate::nearest;

/// A quirk that can't be set.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum QuirkError {
    /// No such quirk; the message names the nearest.
    #[error("{0}")]
    Name(String),
    /// The quirk has no such value; the message names those that it has.
    #[error("quirk `{name}` can't be `{value}`; it takes {takes}")]
    Value {
        /// The quirk.
        name: &'static str,
        /// What was given.
        value: String,
        /// What can be given.
        takes: String,
    },
    /// Not of the form NAME=VALUE.
    #[error("`{0}` is not of the form NAME=VALUE")]
    Form(String),
}

macro_rules! habit {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
        impl Habit for $name {
            const VALUES: &'static [(&'static str, Self)] = &[$(($text, Self::$variant)),+];
        }
    };
}

/// A closed choice of values.
trait Habit: Copy + 'static {
    const VALUES: &'static [(&'static str, Self)];
}

habit! {
    /// What becomes of a criterion.
    Criterion {
        /// It is obeyed.
        Allowed = "allowed",
        /// It is answered with 400.
        Refused = "refused",
        /// It is left out, as if it had not been asked.
        Ignored = "ignored",
        /// It matches nobody.
        Nothing = "nothing",
    }
}
habit! {
    /// How `GET /users/query` goes on.
    Cursor {
        /// The cursor names the last id.
        ById = "by-id",
        /// The cursor counts rows, so that a joiner or leaver shifts it.
        ByOffset = "by-offset",
        /// Users come in the order in which they joined; the cursor names a place in it.
        Unordered = "unordered",
        /// 403: not allowed for all divisions.
        Refused = "refused",
    }
}
habit! {
    /// What becomes of a page size.
    PageSize {
        /// Used as asked; 400 past the largest.
        Honoured = "honoured",
        /// Used as asked; past the largest, silently the largest.
        Clamped = "clamped",
        /// Silently always 25.
        Ignored = "ignored",
    }
}
habit! {
    /// When links to other pages are sent: the two official samples disagree (contract 1.1).
    NextPage {
        /// Only where there is such a page.
        LastAbsent = "last-absent",
        /// Always, on the last page too.
        Always = "always",
    }
}
habit! {
    /// Who is found when no state is asked for.
    DefaultState {
        /// Active users.
        Active = "active",
        /// Users of every state.
        Any = "any",
    }
}
habit! {
    /// Whether the order asked for is kept.
    Sort {
        /// It is.
        Honoured = "honoured",
        /// Users come in the order in which they joined.
        Ignored = "ignored",
    }
}
habit! {
    /// A permission.
    Permission {
        /// The client has it.
        Granted = "granted",
        /// 403.
        Refused = "refused",
    }
}
habit! {
    /// Letters of ids; takes effect when people are made.
    IdCase {
        /// As Genesys writes them.
        Lower = "lower",
        /// Upper case.
        Upper = "upper",
    }
}
habit! {
    /// A page number behind the last page.
    PastEnd {
        /// 200 without results.
        Empty = "empty",
        /// 400.
        Refused = "refused",
    }
}

habit! {
    /// Whether aggregated scores come with their sum: nobody has seen it documented.
    EvaluationSum {
        /// With count and sum.
        Told = "told",
        /// With the count alone.
        LeftOut = "left-out",
    }
}
habit! {
    /// How an aggregate with too many groups is refused (contract 7 has both).
    TooLarge {
        /// With 400.
        BadRequest = "400",
        /// With 413.
        TooLarge = "413",
    }
}

/// All habits of an org. The default is what Genesys documents, or was seen to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// `STARTS_WITH` on `id`.
    pub id_prefix: Criterion,
    /// `GREATER_THAN`, its three siblings and `RANGE` on `id`.
    pub id_comparison: Criterion,
    /// Totals of searches are never told higher than this.
    pub total_cap: Option<u64>,
    /// `GET /users/query`.
    pub cursor: Cursor,
    /// Largest page size, rows.
    pub page_size_max: u64,
    /// Use of the page size.
    pub page_size: PageSize,
    /// Links to other pages.
    pub next_page: NextPage,
    /// State filter of a search without one.
    pub default_state: DefaultState,
    /// Life of a token, seconds.
    pub token_lifetime: u64,
    /// So many logins get the OAuth 400 for too many logins first (contract 3).
    pub login_limited: u64,
    /// Order of search results.
    pub sort: Sort,
    /// Seconds that `Retry-After` names on injected 429, 503; the time to the next window if unset.
    pub retry_after: Option<u64>,
    /// `directory:user:view`.
    pub search_permission: Permission,
    /// The same for all divisions, which `GET /users/query` needs.
    pub query_permission: Permission,
    /// Letters of ids.
    pub id_case: IdCase,
    /// Pages behind the last one.
    pub past_end: PastEnd,
    /// Length of the window that the rate limit counts in, seconds.
    pub rate_window: u64,
    /// `analytics:conversationAggregate:view`.
    pub conversation_permission: Permission,
    /// `analytics:evaluationAggregate:view`.
    pub evaluation_permission: Permission,
    /// Sums of scores.
    pub evaluation_sum: EvaluationSum,
    /// Groups that the answer of an aggregate query may have; any number if unset.
    pub aggregate_groups: Option<u64>,
    /// Answers with more.
    pub aggregate_too_large: TooLarge,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            id_prefix: Criterion::Allowed,
            id_comparison: Criterion::Allowed,
            total_cap: None,
            cursor: Cursor::ById,
            page_size_max: 500,
            page_size: PageSize::Honoured,
            next_page: NextPage::LastAbsent,
            default_state: DefaultState::Active,
            token_lifetime: 86_400,
            login_limited: 0,
            sort: Sort::Honoured,
            retry_after: None,
            search_permission: Permission::Granted,
            query_permission: Permission::Granted,
            id_case: IdCase::Lower,
            past_end: PastEnd::Empty,
            rate_window: 60,
            conversation_permission: Permission::Granted,
            evaluation_permission: Permission::Granted,
            evaluation_sum: EvaluationSum::Told,
            aggregate_groups: None,
            aggregate_too_large: TooLarge::BadRequest,
        }
    }
}

impl Quirks {
    /// Names of all quirks.
    pub const NAMES: &'static [&'static str] = &[
        "id-prefix",
        "id-comparison",
        "total-cap",
        "cursor",
        "page-size-max",
        "page-size",
        "next-page",
        "default-state",
        "token-lifetime",
        "login-limited",
        "sort",
        "retry-after",
        "search-permission",
        "query-permission",
        "id-case",
        "past-end",
        "rate-window",
        "conversation-permission",
        "evaluation-permission",
        "evaluation-sum",
        "aggregate-groups",
        "aggregate-too-large",
    ];

    /// Sets the quirk `name`; `_` counts as `-`.
    ///
    /// # Errors
    /// [`QuirkError`] for an unknown name (with the nearest ones) or a value that it can't have.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), QuirkError> {
        let given = name.trim().to_ascii_lowercase().replace('_', "-");
        let Some(&name) = Self::NAMES.iter().find(|known| **known == given) else {
            return Err(QuirkError::Name(nearest::unknown(
                "quirk",
                &given,
                Self::NAMES,
            )));
        };
        let value = value.trim();
        match name {
            "id-prefix" => self.id_prefix = choice(name, value)?,
            "id-comparison" => self.id_comparison = choice(name, value)?,
            "total-cap" => self.total_cap = number_or_off(name, value, 1)?,
            "cursor" => self.cursor = choice(name, value)?,
            "page-size-max" => self.page_size_max = number(name, value, 1)?,
            "page-size" => self.page_size = choice(name, value)?,
            "next-page" => self.next_page = choice(name, value)?,
            "default-state" => self.default_state = choice(name, value)?,
            "token-lifetime" => self.token_lifetime = number(name, value, 1)?,
            "login-limited" => self.login_limited = number(name, value, 0)?,
            "sort" => self.sort = choice(name, value)?,
            "retry-after" => self.retry_after = number_or_off(name, value, 0)?,
            "search-permission" => self.search_permission = choice(name, value)?,
            "query-permission" => self.query_permission = choice(name, value)?,
            "id-case" => self.id_case = choice(name, value)?,
            "past-end" => self.past_end = choice(name, value)?,
            "rate-window" => self.rate_window = number(name, value, 1)?,
            "conversation-permission" => self.conversation_permission = choice(name, value)?,
            "evaluation-permission" => self.evaluation_permission = choice(name, value)?,
            "evaluation-sum" => self.evaluation_sum = choice(name, value)?,
            "aggregate-groups" => self.aggregate_groups = number_or_off(name, value, 1)?,
            _ => self.aggregate_too_large = choice(name, value)?,
        }
        Ok(())
    }

    /// Sets a quirk from `NAME=VALUE`.
    ///
    /// # Errors
    /// As [`Quirks::set`], and for another form.
    pub fn set_pair(&mut self, pair: &str) -> Result<(), QuirkError> {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| QuirkError::Form(pair.to_owned()))?;
        self.set(name, value)
    }
}

fn choice<H: Habit>(name: &'static str, value: &str) -> Result<H, QuirkError> {
    H::VALUES
        .iter()
        .find(|(text, _)| value.eq_ignore_ascii_case(text))
        .map(|(_, habit)| *habit)
        .ok_or_else(|| {
            let takes: Vec<_> = H::VALUES.iter().map(|(text, _)| *text).collect();
            QuirkError::Value {
                name,
                value: value.to_owned(),
                takes: takes.join(", "),
            }
        })
}

fn number(name: &'static str, value: &str, least: u64) -> Result<u64, QuirkError> {
    value
        .parse()
        .ok()
        .filter(|number| *number >= least)
        .ok_or_else(|| QuirkError::Value {
            name,
            value: value.to_owned(),
            takes: format!("a whole number from {least}"),
        })
}

fn number_or_off(name: &'static str, value: &str, least: u64) -> Result<Option<u64>, QuirkError> {
    if value.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    number(name, value, least)
        .map(Some)
        .map_err(|_| QuirkError::Value {
            name,
            value: value.to_owned(),
            takes: format!("a whole number from {least}, or off"),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_by_name_and_explains_what_is_wrong() {
        let mut quirks = Quirks::default();
        quirks.set_pair("id_prefix=nothing").unwrap();
        quirks.set("total-cap", "10000").unwrap();
        assert_eq!(
            (quirks.id_prefix, quirks.total_cap),
            (Criterion::Nothing, Some(10_000))
        );
        quirks.set("total-cap", "off").unwrap();
        assert_eq!(quirks.total_cap, None);
        assert_eq!(
            quirks.set("curser", "by-id").unwrap_err().to_string(),
            "unknown quirk `curser`; nearest: cursor"
        );
        assert_eq!(
            quirks.set("cursor", "sideways").unwrap_err().to_string(),
            "quirk `cursor` can't be `sideways`; it takes by-id, by-offset, unordered, refused"
        );
        assert!(matches!(
            quirks.set("page-size-max", "0"),
            Err(QuirkError::Value { .. })
        ));
        assert!(matches!(
            quirks.set_pair("cursor"),
            Err(QuirkError::Form(_))
        ));
    }

    #[test]
    fn every_name_can_be_set() {
        for name in Quirks::NAMES {
            let message = Quirks::default().set(name, "?").unwrap_err().to_string();
            assert!(message.starts_with(&format!("quirk `{name}`")), "{message}");
        }
    }
}
