//! Faults: what goes wrong between an org and its caller, by rate or by script.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::nearest;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        /// What goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FaultKind { $($(#[$doc])* $variant),+ }

        impl FaultKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Name as written in options and files.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

kinds! {
    /// 429 with `Retry-After`.
    TooMany = "429",
    /// 429 that names no time.
    TooManyUnnamed = "429-no-retry-after",
    /// 408.
    RequestTimeout = "408",
    /// 500.
    Internal = "500",
    /// 502 of a gateway, as HTML.
    BadGateway = "502",
    /// 503.
    Unavailable = "503",
    /// 504.
    GatewayTimeout = "504",
    /// The connection is reset without an answer.
    Reset = "reset",
    /// The connection stays open and nothing ever comes.
    Stall = "stall",
    /// The body ends in the middle, though its length was told.
    Truncated = "truncated",
    /// 200 with a page for people, as a captive portal sends it.
    Html = "html",
    /// The right body under the wrong content type.
    ContentType = "content-type",
    /// JSON of another shape.
    NotThisShape = "not-this-shape",
    /// A user comes twice, and the last one of the page falls out.
    DoubledRow = "doubled-row",
    /// A user is left out.
    MissingRow = "missing-row",
    /// The page begins one user too late.
    ShiftedRow = "shifted-row",
    /// Half of the page.
    ShortPage = "short-page",
    /// No user at all.
    EmptyPage = "empty-page",
    /// The total is off by up to three.
    TotalJitter = "total-jitter",
    /// 401, and the token is no longer good: a new one must be fetched.
    TokenExpired = "token-expired",
    /// 403 from now on.
    PermissionRevoked = "permission-revoked",
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A fault that can't be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FaultError {
    /// No such kind or endpoint; the message names the nearest.
    #[error("{0}")]
    Name(String),
    /// Not a share from 0 to 1.
    #[error("rate `{0}` is not a number from 0 to 1")]
    Rate(String),
    /// Not of the form KIND=RATE.
    #[error("`{0}` is not of the form KIND=RATE")]
    Form(String),
}

impl FromStr for FaultKind {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let name = text.trim().to_ascii_lowercase().replace('_', "-");
        let names: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| FaultError::Name(nearest::unknown("fault", &name, &names)))
    }
}

impl Serialize for FaultKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for FaultKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A group of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Endpoint {
    /// `/oauth/token`.
    Token,
    /// `POST` and `GET /api/v2/users/search`.
    Search,
    /// `GET /api/v2/users/query`.
    Query,
    /// `GET /api/v2/users`.
    Users,
    /// `GET /api/v2/users/{id}`.
    User,
    /// `POST /api/v2/analytics/conversations/aggregates/query`.
    Conversations,
    /// `POST /api/v2/analytics/evaluations/aggregates/query`.
    Evaluations,
}

impl Endpoint {
    /// All endpoints and their names.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("token", Self::Token),
        ("search", Self::Search),
        ("query", Self::Query),
        ("users", Self::Users),
        ("user", Self::User),
        ("conversations", Self::Conversations),
        ("evaluations", Self::Evaluations),
    ];
}

impl FromStr for Endpoint {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let names: Vec<_> = Self::ALL.iter().map(|(name, _)| *name).collect();
        Self::ALL
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, endpoint)| *endpoint)
            .ok_or_else(|| FaultError::Name(nearest::unknown("endpoint", text, &names)))
    }
}

/// A fault that strikes a share of the requests, as the seed decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultRate {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Share of the requests, 0 to 1.
    pub rate: f64,
    /// Only these requests; every one but logins if unset.
    pub endpoint: Option<Endpoint>,
}

impl FromStr for FaultRate {
    type Err = FaultError;

    /// Reads `KIND=RATE` or `ENDPOINT:KIND=RATE`, such as `503=0.05` or `token:503=1`.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (kind, rate) = text
            .split_once('=')
            .ok_or_else(|| FaultError::Form(text.to_owned()))?;
        let (endpoint, kind) = match kind.split_once(':') {
            Some((endpoint, kind)) => (Some(endpoint.trim().parse()?), kind),
            None => (None, kind),
        };
        let kind = kind.parse()?;
        let rate = rate.trim();
        let number: f64 = rate
            .parse()
            .map_err(|_| FaultError::Rate(rate.to_owned()))?;
        if !(0.0..=1.0).contains(&number) {
            return Err(FaultError::Rate(rate.to_owned()));
        }
        Ok(Self {
            kind,
            rate: number,
            endpoint,
        })
    }
}

/// A fault as a file or a request writes it: with a `rate`, or at request number `at`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only these requests; every one but logins if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// Share of the requests, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// First request struck, from 1, counted from when the fault was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// Requests struck from `at` on; 1 if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

impl Fault {
    /// Why this fault means nothing, if it does.
    #[must_use]
    pub fn complaint(&self) -> Option<&'static str> {
        match (self.rate, self.at) {
            (Some(rate), None) if !(0.0..=1.0).contains(&rate) => Some("rate is not from 0 to 1"),
            (Some(_), None) if self.times.is_some() => Some("times goes with at, not with rate"),
            (Some(_), None) => None,
            (None, Some(0)) => Some("at counts from 1"),
            (None, Some(_)) => None,
            _ => Some("a fault takes either rate or at"),
        }
    }
}

impl From<FaultRate> for Fault {
    fn from(fault: FaultRate) -> Self {
        Self {
            kind: fault.kind,
            endpoint: fault.endpoint,
            rate: Some(fault.rate),
            at: None,
            times: None,
        }
    }
}

/// The faults in force, and how many requests each has seen.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Fault, u64)>);

impl Faults {
    /// Replaces all faults; counting starts anew.
    pub(crate) fn set(&mut self, faults: Vec<Fault>) {
        self.0 = faults.into_iter().map(|fault| (fault, 0)).collect();
    }

    /// The fault that strikes this request. Scripted ones come before rated ones; every one counts.
    pub(crate) fn strike(
        &mut self,
        endpoint: Endpoint,
        random: &mut fastrand::Rng,
    ) -> Option<FaultKind> {
        let (mut scripted, mut rated) = (None, None);
        for (fault, seen) in &mut self.0 {
            if fault
                .endpoint
                .map_or(endpoint == Endpoint::Token, |wanted| wanted != endpoint)
            {
                continue;
            }
            *seen += 1;
            if let Some(rate) = fault.rate {
                // Drawn for each rated fault, so that one fault does not change when another strikes.
                if random.f64() < rate && rated.is_none() {
                    rated = Some(fault.kind);
                }
            } else if let Some(at) = fault.at
                && (at..at.saturating_add(fault.times.unwrap_or(1))).contains(seen)
            {
                scripted = scripted.or(Some(fault.kind));
            }
        }
        scripted.or(rated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rates_and_explains_what_is_wrong() {
        let fault: FaultRate = "503=0.05".parse().unwrap();
        assert_eq!((fault.kind, fault.endpoint), (FaultKind::Unavailable, None));
        let fault: FaultRate = "token:503=1".parse().unwrap();
        assert_eq!(fault.endpoint, Some(Endpoint::Token));
        let message = |text: &str| text.parse::<FaultRate>().unwrap_err().to_string();
        assert_eq!(
            message("truncatd=0.1"),
            "unknown fault `truncatd`; nearest: truncated"
        );
        assert_eq!(message("503=1.5"), "rate `1.5` is not a number from 0 to 1");
        assert_eq!(message("503=NaN"), "rate `NaN` is not a number from 0 to 1");
        assert_eq!(message("503"), "`503` is not of the form KIND=RATE");
    }

    #[test]
    fn a_scripted_fault_strikes_when_it_should() {
        let mut faults = Faults::default();
        faults.set(vec![Fault {
            kind: FaultKind::Reset,
            endpoint: Some(Endpoint::Search),
            rate: None,
            at: Some(2),
            times: Some(2),
        }]);
        let mut random = fastrand::Rng::with_seed(1);
        assert_eq!(faults.strike(Endpoint::Query, &mut random), None);
        let struck: Vec<_> = (0..5)
            .map(|_| faults.strike(Endpoint::Search, &mut random).is_some())
            .collect();
        assert_eq!(struck, [false, true, true, false, false]);
    }
}
