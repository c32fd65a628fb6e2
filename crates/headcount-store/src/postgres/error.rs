//! What PostgreSQL says of a failure, by meaning.

use std::error::Error as _;

use postgres::error::SqlState;

use crate::{
    StoreError,
    error::{DatabaseError, PostgresError},
};

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        let meaning = meaning(&error);
        meaning(DatabaseError::Postgres(told(&error)))
    }
}

/// Which of ours it is.
fn meaning(error: &postgres::Error) -> fn(DatabaseError) -> StoreError {
    let Some(code) = error.code() else {
        // The kind of an error is not to be had otherwise.
        let text = error.to_string();
        return if text.contains("TLS") {
            StoreError::Untrusted
        } else if text.contains("authentication") || text == "invalid configuration" {
            // The configuration is checked before; what is left is a password that is missing.
            StoreError::NotAllowed
        } else if error.is_closed() || text.contains("server") {
            StoreError::Unreachable
        } else {
            StoreError::Database
        };
    };
    match code {
        &SqlState::DISK_FULL => StoreError::Full,
        &SqlState::T_R_SERIALIZATION_FAILURE
        | &SqlState::T_R_DEADLOCK_DETECTED
        | &SqlState::LOCK_NOT_AVAILABLE
        | &SqlState::QUERY_CANCELED
        | &SqlState::TOO_MANY_CONNECTIONS => StoreError::Busy,
        &SqlState::READ_ONLY_SQL_TRANSACTION => StoreError::ReadOnly,
        &SqlState::INSUFFICIENT_PRIVILEGE => StoreError::NotAllowed,
        // Of which class an error is, is told by the first two characters.
        code => match &code.code()[..2] {
            "28" => StoreError::NotAllowed,
            "08" | "57" | "3D" | "25" => StoreError::Unreachable,
            "XX" if code != &SqlState::INTERNAL_ERROR => StoreError::Corrupt,
            _ => StoreError::Database,
        },
    }
}

/// The message without what may hold values: details and context never, and the message itself
/// neither where the complaint is about data.
fn told(error: &postgres::Error) -> PostgresError {
    if let Some(database) = error.as_db_error() {
        let code = database.code().code();
        let message = match &code[..2] {
            "22" | "23" => format!("SQLSTATE {code}"),
            _ => format!("SQLSTATE {code}: {}", database.message()),
        };
        return PostgresError {
            code: Some(code.to_owned()),
            message,
        };
    }
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    PostgresError {
        code: None,
        message,
    }
}

/// An error of the same kind that we tell by ourselves.
pub(super) fn own(message: &str) -> DatabaseError {
    DatabaseError::Postgres(PostgresError {
        code: None,
        message: message.to_owned(),
    })
}
