//! The options of a link, as they are written.

use crate::{error::ApiError, parameters::Parameters};

/// The name of the parameter that may carry a token, in any case.
pub(crate) const API_KEY: &str = "apikey";

/// The options of a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) filter: Option<String>,
    pub(crate) apply: Option<String>,
    pub(crate) select: Option<String>,
    pub(crate) orderby: Option<String>,
    pub(crate) top: Option<u64>,
    pub(crate) skip: u64,
    pub(crate) count: bool,
    pub(crate) skiptoken: Option<String>,
    pub(crate) format: Option<String>,
    /// The parameter of ours: the roster as of a date or time.
    pub(crate) as_of: Option<String>,
}

impl Options {
    /// Reads them. Names of options may come without their dollar; other names are left alone, as
    /// the standard says of parameters of one's own.
    ///
    /// # Errors
    /// 400 for an option that there is not, or that comes twice; 501 for one that is not here.
    pub(crate) fn read(query: &str) -> Result<Self, ApiError> {
        let mut options = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let Some(option) = option(&name) else {
                continue;
            };
            if seen.iter().any(|known| known == option) {
                return Err(ApiError::constraint(format!("${option} is given twice")));
            }
            seen.push(option.to_owned());
            let text = || Some(value.clone().into_owned()).filter(|text| !text.trim().is_empty());
            match option {
                "filter" => options.filter = text(),
                "apply" => options.apply = text(),
                "select" => options.select = text(),
                "orderby" => options.orderby = text(),
                "skiptoken" => options.skiptoken = text(),
                "format" => options.format = text(),
                "top" => options.top = Some(whole(option, &value)?),
                "skip" => options.skip = whole(option, &value)?,
                "count" => {
                    options.count = match &*value {
                        "true" => true,
                        "false" => false,
                        other => {
                            return Err(ApiError::invalid_parameter(
                                other,
                                "$count",
                                "true, false",
                            ));
                        }
                    }
                }
                "expand" => {
                    let what = "$expand is not supported: read the other entity set and relate them by UserId, ManagerId or UserVersionKey";
                    return Err(ApiError::not_implemented(what));
                }
                "search" => {
                    let what = "$search is not supported: use $filter with contains(…)";
                    return Err(ApiError::not_implemented(what));
                }
                "compute" | "levels" | "index" | "deltatoken" | "schemaversion" | "id" => {
                    return Err(ApiError::not_implemented(format!(
                        "${option} is not supported"
                    )));
                }
                other => {
                    let what = format!("there is no option ${other}");
                    return Err(ApiError::constraint(what));
                }
            }
        }
        let asked = Parameters::parse(query.as_bytes());
        options.as_of = asked.get("asOf").map(str::to_owned);
        Ok(options)
    }

    /// The options that a link to the next page repeats: all but its paging, and never a token.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&'static str, Option<String>)> {
        [
            ("$filter", self.filter.clone()),
            ("$apply", self.apply.clone()),
            ("$select", self.select.clone()),
            ("$orderby", self.orderby.clone()),
            ("$count", self.count.then(|| "true".to_owned())),
            ("$format", self.format.clone()),
            ("asOf", self.as_of.clone()),
        ]
        .into_iter()
    }

    /// Whether nothing is asked that only a set can answer.
    pub(crate) fn is_of_one(&self) -> bool {
        let of_sets = [&self.filter, &self.apply, &self.orderby, &self.skiptoken];
        of_sets.iter().all(|option| option.is_none())
            && self.top.is_none()
            && self.skip == 0
            && !self.count
    }

    /// What decides which rows there are, and in which order.
    pub(crate) fn rows(&self) -> String {
        format!(
            "{:?} {:?} {:?} {:?}",
            self.filter, self.apply, self.orderby, self.as_of
        )
    }
}

/// The option of a name, without its dollar.
fn option(name: &str) -> Option<&str> {
    const PLAIN: [&str; 9] = [
        "filter",
        "apply",
        "select",
        "orderby",
        "top",
        "skip",
        "count",
        "skiptoken",
        "format",
    ];
    name.strip_prefix('$')
        .or_else(|| PLAIN.contains(&name).then_some(name))
}

fn whole(option: &str, value: &str) -> Result<u64, ApiError> {
    value.trim().parse().map_err(|_| {
        ApiError::invalid_parameter(value, &format!("${option}"), "whole numbers from 0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_kept_without_paging_or_tokens() {
        let read = Options::read(
            "$filter=a+eq+'b%26c'&$top=7&count=true&apikey=hc_secret&x=1&asOf=2026-01-01",
        )
        .unwrap();
        assert_eq!(read.filter.as_deref(), Some("a eq 'b&c'"));
        assert_eq!((read.top, read.count), (Some(7), true));
        let kept: String = read.kept().map(|pair| format!("{pair:?}")).collect();
        assert!(kept.contains("b&c") && kept.contains("2026-01-01"));
        assert!(!kept.contains("secret") && !kept.contains('7'));
    }

    #[test]
    fn what_is_not_here_is_told_from_what_there_is_not() {
        for (query, status) in [
            ("$expand=User", 501),
            ("$search=x", 501),
            ("$compute=1", 501),
            ("$fitler=1", 400),
            ("$top=-1", 400),
            ("$top=x", 400),
            ("$count=yes", 400),
            ("$filter=a&filter=b", 400),
        ] {
            let refused = Options::read(query).unwrap_err();
            assert_eq!(refused.status().as_u16(), status, "{query}");
        }
    }
}
