//! URLs of databases: where a password comes from that is not in them.

use std::fmt::Write as _;

/// The URL of a store, with `password` in it where it is one of a database and has none. SQLite
/// files are left as they are.
pub(super) fn with_password(url: &str, password: Option<&str>) -> String {
    let mut url = url.to_owned();
    let Some(password) = password.filter(|_| is_database(&url) && !has_password(&url)) else {
        return url;
    };
    url.push(if query(&url).is_some() { '&' } else { '?' });
    url.push_str("password=");
    for byte in password.bytes() {
        if byte.is_ascii_alphanumeric() {
            url.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

fn is_database(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

fn has_password(url: &str) -> bool {
    let login = url
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('@'));
    let in_login = login.is_some_and(|(login, _)| login.contains(':'));
    let named = |pair: &str| pair.starts_with("password=");
    in_login || query(url).is_some_and(|query| query.split('&').any(named))
}

/// The parameters; a question mark in a login does not begin them.
fn query(url: &str) -> Option<&str> {
    let login = url.find('@').unwrap_or(0);
    url[login..].split_once('?').map(|(_, query)| query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_the_environment_fills_a_gap() {
        let with = |url| with_password(url, Some("p w?"));
        assert_eq!(
            with("postgres://me@h/people"),
            "postgres://me@h/people?password=p%20w%3F"
        );
        assert_eq!(
            with("postgresql://h/people?pool=2"),
            "postgresql://h/people?pool=2&password=p%20w%3F"
        );
        for own in [
            "postgres://me:mine@h/people",
            "postgres://h/people?user=me&password=mine",
            "sqlite:people.db",
            "people.db",
        ] {
            assert_eq!(with(own), own);
        }
        let bare = "postgres://me@h/people";
        assert_eq!(with_password(bare, None), bare);
    }
}
