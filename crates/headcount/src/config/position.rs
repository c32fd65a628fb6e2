//! Where in a settings file something is wrong, and what was probably meant.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::ConfigError;
use crate::error::nearest;

/// Reads TOML, and says file, line and column of what is wrong.
pub(super) fn parse<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let (line, column) = line_and_column(text, offset);
        ConfigError::Malformed {
            path: path.to_owned(),
            line,
            column,
            message: plain(error.message()),
        }
    })
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

/// One line; an unknown key gets the names that come near instead of all that exist.
fn plain(message: &str) -> String {
    let message = message.lines().collect::<Vec<_>>().join(", ");
    let Some(rest) = message.strip_prefix("unknown field ") else {
        return message;
    };
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let Some(unknown) = quoted.next() else {
        return message;
    };
    let known: Vec<&str> = quoted.collect();
    format!(
        "unknown setting `{unknown}`; {}",
        nearest::hint(unknown, &known, "settings")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters_from_one() {
        assert_eq!(line_and_column("", 0), (1, 1));
        assert_eq!(line_and_column("a\nüb", 4), (2, 2));
        assert_eq!(line_and_column("a", 99), (1, 2));
    }
}
