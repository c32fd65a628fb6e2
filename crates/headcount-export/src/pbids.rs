//! `headcount.pbids`: opened, it starts Power BI with our feed as the source.
//!
//! Microsoft, *Data sources in Power BI Desktop*, "Using PBIDS files to get data".

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{ExportError, error::at, folder::replace};

/// Name of the file.
pub(crate) const NAME: &str = "headcount.pbids";

/// Writes the file for the OData feed at `url` into a folder, which is made where it is missing,
/// and gives its path. No credential is in it: Power BI asks for one.
///
/// # Errors
/// [`ExportError::Io`]
pub fn pbids(folder: &Path, url: &str) -> Result<PathBuf, ExportError> {
    let source = json!({
        "version": "0.1",
        "connections": [{
            "details": {"protocol": "odata", "address": {"url": url}},
            "options": {},
            "mode": "Import",
        }],
    });
    fs::create_dir_all(folder).map_err(at(folder))?;
    let path = folder.join(NAME);
    replace(&path, format!("{source:#}\n").as_bytes())?;
    Ok(path)
}
