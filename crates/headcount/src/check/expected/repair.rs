//! The people import of Genesys Cloud that puts right what differs.
//!
//! A blank phone, extension, title or department erases what is there, so they are written as they
//! stand today. A blank location, role, queue or skill leaves what is there, and they stay blank: an
//! import adds a location that it does not know, and adds roles and queues but takes none away
//! (official help, "Add people with .csv file import").

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::Value;
use tempfile::NamedTempFile;

use super::Repaired;
use crate::{
    check::unfinished,
    error::{Exit, Failure},
};

/// The columns, in the order that the import wants (contract `facts.md`).
const COLUMNS: [&str; 12] = [
    "name",
    "email",
    "phone_work",
    "extension",
    "title",
    "department",
    "email_manager",
    "location_work",
    "roles_divisions",
    "queues",
    "division",
    "skills",
];

/// An import in the making: a file beside the one asked for, which takes its place when it is whole.
pub(crate) struct Repair {
    path: PathBuf,
    force: bool,
    writer: csv::Writer<NamedTempFile>,
    told: Repaired,
}

/// One person of an import.
pub(super) struct Import {
    pub(super) cells: Cells,
    /// Whether the expected manager is not known by e-mail, and stays as today.
    pub(super) unclear_manager: bool,
}

/// The cells that are written; the others stay blank.
pub(super) struct Cells {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone_work: String,
    pub(super) extension: String,
    pub(super) title: String,
    pub(super) department: String,
    pub(super) email_manager: String,
    pub(super) division: String,
}

impl Repair {
    /// Begins a file; one that is there is written over only by force.
    pub(crate) fn begin(path: &Path, force: bool) -> anyhow::Result<Self> {
        if !force && path.symlink_metadata().is_ok() {
            return Err(taken(path).into());
        }
        let begin = || -> io::Result<csv::Writer<NamedTempFile>> {
            let mut writer = csv::WriterBuilder::new()
                .terminator(csv::Terminator::CRLF)
                .from_writer(unfinished::beside(path)?);
            writer.write_record(COLUMNS)?;
            Ok(writer)
        };
        Ok(Self {
            path: path.to_owned(),
            force,
            writer: begin().with_context(|| unwritten(path))?,
            told: Repaired {
                file: path.display().to_string(),
                ..Repaired::default()
            },
        })
    }

    /// Adds a person.
    ///
    /// What is written goes to Genesys Cloud and not to a spreadsheet: an apostrophe before a `+`
    /// would become part of a phone number.
    pub(super) fn write(&mut self, import: &Import) -> anyhow::Result<()> {
        let cells = &import.cells;
        if cells.name.is_empty() || cells.email.is_empty() {
            self.told.left_out += 1;
            return Ok(());
        }
        self.told.rows += 1;
        self.told.unclear_managers += u64::from(import.unclear_manager);
        self.writer
            .write_record([
                &*cells.name,
                &cells.email,
                &cells.phone_work,
                &cells.extension,
                &cells.title,
                &cells.department,
                &cells.email_manager,
                "",
                "",
                "",
                &cells.division,
                "",
            ])
            .with_context(|| unwritten(&self.path))
    }

    /// What it holds so far.
    pub(super) fn told(&self) -> Repaired {
        self.told.clone()
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let Self {
            path,
            force,
            writer,
            ..
        } = self;
        let whole = || -> io::Result<NamedTempFile> {
            let file = writer
                .into_inner()
                .map_err(csv::IntoInnerError::into_error)?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        let file = whole().with_context(|| unwritten(&path))?;
        let put = if force {
            file.persist(&path)
        } else {
            file.persist_noclobber(&path)
        };
        match put {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(taken(&path).into())
            }
            Err(error) => Err(error.error).with_context(|| unwritten(&path)),
        }
    }
}

/// Work phone and extension of a document: the address of the phone in the slot `WORK`, and its
/// extension, or that of the first phone that has one (contract `models.md`, Contact).
pub(super) fn phones(document: &str) -> (String, String) {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let contacts = document["addresses"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let phones = || {
        contacts
            .iter()
            .filter(|contact| contact["mediaType"] == "PHONE")
    };
    let text = |contact: &Value, member: &str| {
        let text = contact[member].as_str().unwrap_or_default().trim();
        text.to_owned()
    };
    let work = || phones().filter(|contact| contact["type"] == "WORK");
    let phone = work()
        .map(|contact| text(contact, "address"))
        .find(|text| !text.is_empty());
    let extension = work()
        .chain(phones())
        .map(|contact| text(contact, "extension"))
        .find(|text| !text.is_empty());
    (phone.unwrap_or_default(), extension.unwrap_or_default())
}

fn taken(path: &Path) -> Failure {
    Failure::new(Exit::Usage, format!("{} is there already", path.display()))
        .hint("name another file, or add --force to write over it")
}

fn unwritten(path: &Path) -> String {
    format!("{} can't be written", path.display())
}
