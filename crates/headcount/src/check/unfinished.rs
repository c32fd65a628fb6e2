//! A file that nobody sees before it is whole.

use std::{io, path::Path};

use tempfile::NamedTempFile;

/// A new file in the folder of `path`, to take its place later. It is gone if it does not.
pub(super) fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A folder that is not there is told without the name of a file that nobody asked for.
    folder.metadata()?;
    NamedTempFile::new_in(folder)
}
