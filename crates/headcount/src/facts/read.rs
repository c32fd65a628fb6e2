//! Files of facts, whatever they are: raw answers of the API, CSV, Parquet.

use std::{fs::File, io::Read, path::Path};

use anyhow::Context;
use headcount_core::fact::{Fact, FactKind, answer::Answer, interval::Interval};
use headcount_store::facts::FactFile;
use jiff::tz::TimeZone;

use super::csv;
use crate::error::{Exit, Failure};

/// What a file may leave out.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    /// What the facts are; found out without it.
    pub(crate) kind: Option<FactKind>,
    /// Interval of facts that have none of their own.
    pub(crate) interval: Option<Interval>,
    /// Time zone of times without an offset.
    pub(crate) zone: TimeZone,
}

/// Who takes facts.
pub(crate) type Take<'a> = dyn FnMut(FactKind, Fact) -> anyhow::Result<()> + 'a;

/// Hands over the facts of a file, and gives the names of columns that hold nothing of a fact. Answers are read whole; CSV and Parquet piece by piece, however
/// large they are.
pub(crate) fn read(path: &Path, ways: &Ways, take: &mut Take<'_>) -> anyhow::Result<Vec<String>> {
    match form(path)? {
        Form::Parquet => parquet(path, ways, take),
        Form::Json => answer(path, ways, take),
        Form::Csv => csv::read(path, ways, take),
    }
}

enum Form {
    Parquet,
    Json,
    Csv,
}

/// What a file is, by how it begins: names of files are no promise.
fn form(path: &Path) -> anyhow::Result<Form> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(512).read_to_end(&mut head));
    read.with_context(|| unreadable(path))?;
    if head.starts_with(b"PAR1") {
        return Ok(Form::Parquet);
    }
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
    Ok(match text.trim_ascii_start().first() {
        Some(b'{' | b'[') => Form::Json,
        _ => Form::Csv,
    })
}

fn parquet(path: &Path, ways: &Ways, take: &mut Take<'_>) -> anyhow::Result<Vec<String>> {
    let mut file = FactFile::open(path, ways.kind)?;
    let kind = file.kind();
    let mut taken = Ok(());
    file.each(&mut |fact| {
        if taken.is_ok() {
            taken = take(kind, fact);
        }
    })?;
    taken?;
    Ok(file.unknown_columns().to_vec())
}

fn answer(path: &Path, ways: &Ways, take: &mut Take<'_>) -> anyhow::Result<Vec<String>> {
    let body = std::fs::read(path).with_context(|| unreadable(path))?;
    let answer = Answer::parse(&body, ways.kind, ways.interval).map_err(|error| {
        let hint = match error {
            headcount_core::fact::answer::AnswerError::NoInterval { .. } => {
                "give the interval that was asked for with --interval START/END"
            }
            headcount_core::fact::answer::AnswerError::UnknownKind => {
                "say which facts they are with --kind handle_time or --kind evaluation"
            }
            _ => "save the answer of the API again, as it is",
        };
        let name = path.display();
        let failure = Failure::new(Exit::Usage, format!("{name} is no answer with facts"));
        anyhow::Error::new(error).context(failure.hint(hint))
    })?;
    for fact in answer.facts {
        take(answer.kind, fact)?;
    }
    Ok(Vec::new())
}

fn unreadable(path: &Path) -> Failure {
    Failure::new(Exit::Usage, format!("{} can't be read", path.display()))
        .hint("check its name, and who may read it")
}
