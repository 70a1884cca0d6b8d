//! The text files of the workspace.
//!
//! Walks the folder instead of using git, so that it works in an unpacked archive and includes uncommitted files.

use std::{fs, io, path::Path};

/// A text file.
#[derive(Clone, Debug)]
pub(crate) struct TextFile {
    /// Relative to the workspace, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every text file below `root`, by path, without build output and git's own files.
pub(crate) fn read(root: &Path) -> io::Result<Vec<TextFile>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type()?;
            if kind.is_dir() && !OUTSIDE.contains(&name.as_str()) {
                folders.push(entry.path());
            } else if kind.is_file() && !UNCOMMITTED.iter().any(|end| name.ends_with(end)) && name != ".git" {
                // A file that is not UTF-8 is not text.
                if let Ok(text) = String::from_utf8(fs::read(entry.path())?) {
                    let path = entry.path().strip_prefix(root).unwrap_or(&entry.path()).to_string_lossy().into_owned();
                    files.push(TextFile { path, text });
                }
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

pub(super) fn is_rust(file: &TextFile) -> bool {
    has_extension(&file.path, "rs")
}

pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

const OUTSIDE: [&str; 2] = [".git", "target"];
/// As in .gitignore.
const UNCOMMITTED: [&str; 2] = [".pending-snap", ".snap.new"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_output_is_not_read() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["target/debug", "src"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for (path, bytes) in [
            ("target/debug/a.rs", b"x".as_slice()),
            ("src/a.rs", b"fn a() {}"),
            ("src/binary", &[0xff, 0xfe]),
            ("src/a.snap.new", b"x"),
        ] {
            fs::write(root.path().join(path), bytes).unwrap();
        }
        let paths: Vec<_> = read(root.path()).unwrap().into_iter().map(|file| file.path).collect();
        assert_eq!(paths, ["src/a.rs"]);
    }
}
