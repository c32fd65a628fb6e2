//! Who asks for a delta, from where on, and on pages of which size.

use headcount_core::delta::{DeltaToken, Round, Stand, TokenError, scope_of};
use hyper::HeaderMap;

use super::{MOST, PAGE, round::Found};
use crate::{access::Caller, app::App, error::ApiError, parameters::Parameters};

/// Names of the parameter, ours and those of Microsoft Graph.
const NAMES: [&str; 3] = ["token", "$deltatoken", "$skiptoken"];

/// What is asked.
pub(super) struct Asked {
    pub(super) from: From,
    pub(super) size: usize,
    /// The size that `Prefer` asked for, as it is followed.
    pub(super) preferred: Option<usize>,
}

/// Where an answer begins.
pub(super) enum From {
    /// With nothing: the whole roster.
    Nothing,
    /// With what there is now, which is not told.
    Latest,
    /// After what a caller has.
    Stand(Stand),
    /// In the middle of a round, of which the beginning may be nothing.
    Round(Option<Stand>, Round),
}

/// What a token has to agree with to be of use to a caller.
pub(super) struct Consumer {
    org: String,
    scope: Option<String>,
    personal: &'static str,
    now_ms: i64,
}

impl Consumer {
    pub(super) fn new(app: &App, caller: &Caller) -> Self {
        Self {
            org: caller.org().to_owned(),
            scope: scope_of(caller.divisions()),
            personal: app.veil.personal().name(),
            now_ms: app.now_ms(),
        }
    }

    /// The token for the rest of a round, after the user `after`.
    pub(super) fn next(&self, found: &Found, after: &str) -> DeltaToken {
        let round = Round {
            to: found.to,
            after: after.to_owned(),
            size: found.size,
        };
        DeltaToken {
            round: Some(round),
            ..self.token(found.has)
        }
    }

    /// The token for the next round.
    pub(super) fn done(&self, found: &Found) -> DeltaToken {
        self.token(Some(found.to))
    }

    fn token(&self, has: Option<Stand>) -> DeltaToken {
        DeltaToken {
            org: self.org.clone(),
            has,
            round: None,
            issued_ms: self.now_ms,
            scope: self.scope.clone(),
            personal: self.personal.to_owned(),
        }
    }

    /// # Errors
    /// 410 for a token that says nothing to this caller any more.
    fn check(&self, token: &DeltaToken, window_ms: i64) -> Result<(), ApiError> {
        let why = if token.org != self.org {
            "it was made for another org"
        } else if token.scope != self.scope {
            "it was made for other divisions"
        } else if token.personal != self.personal {
            "it was made under another policy for personal values"
        } else if self.now_ms.saturating_sub(token.issued_ms) > window_ms {
            "it is too old"
        } else {
            return Ok(());
        };
        Err(ApiError::token_gone(why))
    }
}

impl Asked {
    /// # Errors
    /// 400 for what is no token or no size, 410 for a token that is of no use any more.
    pub(super) fn read(
        app: &App,
        consumer: &Consumer,
        asked: &Parameters,
        headers: &HeaderMap,
    ) -> Result<Self, ApiError> {
        let text = NAMES.iter().find_map(|name| asked.get(name));
        let from = match text {
            None => From::Nothing,
            Some(text) if text.eq_ignore_ascii_case("latest") => From::Latest,
            Some(text) => {
                let token = app.members.read_delta(text).map_err(|error| match error {
                    TokenError::Unreadable => ApiError::bad_request(format!(
                        "{error}; use the links unchanged, or start again without a token"
                    )),
                    TokenError::Foreign => ApiError::token_gone("it is not of this store"),
                })?;
                let window = app.settings.delta_window.as_millis();
                consumer.check(&token, i64::try_from(window).unwrap_or(i64::MAX))?;
                match (token.has, token.round) {
                    (has, Some(round)) => From::Round(has, round),
                    (Some(has), None) => From::Stand(has),
                    (None, None) => From::Nothing,
                }
            }
        };
        let preferred = preferred(headers);
        let size = match (asked.within("pageSize", 1..=MOST)?, preferred, &from) {
            (Some(size), ..) | (None, Some(size), _) => size,
            (None, None, From::Round(_, round)) => round.size.clamp(1, MOST),
            _ => PAGE,
        };
        Ok(Self {
            from,
            size,
            preferred: preferred.filter(|preferred| *preferred == size),
        })
    }
}

/// The size of a page that a header asks for. A preference is followed as far as it can be.
fn preferred(headers: &HeaderMap) -> Option<usize> {
    let all = headers.get_all("prefer").iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .filter_map(|preference| preference.split_once('='))
        .find(|(name, _)| {
            let name = name.trim().to_ascii_lowercase();
            name == "odata.maxpagesize" || name == "maxpagesize"
        })
        .and_then(|(_, size)| size.trim().trim_matches('"').parse::<usize>().ok())
        .map(|size| size.clamp(1, MOST))
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_preference_is_followed_as_far_as_it_can_be() {
        let size = |value: &'static str| {
            let name = HeaderName::from_static("prefer");
            preferred(&HeaderMap::from_iter([(
                name,
                HeaderValue::from_static(value),
            )]))
        };
        assert_eq!(size("odata.maxpagesize=50"), Some(50));
        assert_eq!(size("respond-async, OData.MaxPageSize = \"7\""), Some(7));
        assert_eq!(size("maxpagesize=1000000"), Some(MOST));
        assert_eq!(size("odata.maxpagesize=0"), Some(1));
        assert_eq!(size("odata.maxpagesize=many"), None);
        assert_eq!(size("return=minimal"), None);
    }
}
