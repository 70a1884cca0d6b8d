//! Files that are either whole or absent.
//!
//! Input: bytes. Output: a file that replaced its predecessor in one step. It does not interpret the bytes.

use std::{fs, io, path::Path};

/// Writes the file so that readers see either the old content or all of the new one.
///
/// # Errors
/// When the temporary file cannot be written next to it, or cannot take its name.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    let partial = path.with_file_name(name);
    fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path)).inspect_err(|_| {
        // The first error is the one to return; a failure to remove the partial file adds nothing.
        let _ = fs::remove_file(&partial);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_leaves_no_partial_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
