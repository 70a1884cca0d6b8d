//! A run as one file: a tar archive (POSIX ustar, with pax or GNU long names) with the files of its folder.
//!
//! Whoever imports one need not trust it: paths that leave the folder, links, devices, doubled names and sizes beyond the
//! limits are refused before a byte of them is written. The archive is no signature; the record inside is checked by
//! whoever reads it.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    path::{Component, Path, PathBuf},
};

use tar::{Archive, Builder, EntryType, Header};

use crate::evidence::log;

/// How much an archive may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub files: usize,
    /// Of all files together, in bytes.
    pub bytes: u64,
}

impl Default for Limits {
    /// Ten times the largest record of a night.
    fn default() -> Self {
        Self { files: 100_000, bytes: 4 << 30 }
    }
}

/// Why a run cannot be exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("{} holds the same file twice: {name}", path.display())]
    Doubled { path: PathBuf, name: String },
    #[error("{} is no tar archive, or is cut off after {files} files; export the run again", path.display())]
    Damaged {
        path: PathBuf,
        files: usize,
        #[source]
        source: io::Error,
    },
    #[error("{} holds {name}, which is {kind}; an archive of a run has files and folders only", path.display())]
    Kind { path: PathBuf, name: String, kind: &'static str },
    #[error("{} holds {name}, which would be written outside of the folder of the run", path.display())]
    Outside { path: PathBuf, name: String },
    #[error("{} holds no {}; it is no archive of a run", path.display(), log::FILE_NAME)]
    NoLog { path: PathBuf },
    #[error("{} holds more than {what}; this is no archive of a run, or raise the limit", path.display())]
    TooLarge { path: PathBuf, what: String },
    #[error("{} cannot be read or written", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// Writes every file of the run's folder into one archive. The same folder gives the same bytes.
///
/// # Errors
/// When a file cannot be read, is a link, or the archive exists or cannot be written.
pub fn export(folder: &Path, run: &str, archive: &Path) -> Result<usize, ArchiveError> {
    let mut files = Vec::new();
    collect(folder, Path::new(""), &mut files)?;
    let fail = |source| ArchiveError::File { path: archive.to_owned(), source };
    let file = OpenOptions::new().write(true).create_new(true).open(archive).map_err(fail)?;
    let mut builder = Builder::new(io::BufWriter::new(file));
    for name in &files {
        let path = folder.join(name);
        let bytes = fs::read(&path).map_err(|source| ArchiveError::File { path, source })?;
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        header.set_mtime(0);
        builder.append_data(&mut header, Path::new(run).join(name), bytes.as_slice()).map_err(fail)?;
    }
    builder
        .into_inner()
        .and_then(|writer| writer.into_inner().map_err(io::IntoInnerError::into_error))
        .map_err(fail)?;
    Ok(files.len())
}

/// The files below a folder, in order, relative to it.
fn collect(folder: &Path, below: &Path, files: &mut Vec<PathBuf>) -> Result<(), ArchiveError> {
    let here = folder.join(below);
    let fail = |source| ArchiveError::File { path: here.clone(), source };
    let mut entries: Vec<_> = fs::read_dir(&here).map_err(fail)?.collect::<Result<_, _>>().map_err(fail)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = below.join(entry.file_name());
        let kind = entry.file_type().map_err(fail)?;
        if kind.is_dir() {
            collect(folder, &name, files)?;
        } else if kind.is_file() {
            files.push(name);
        } else {
            let kind = if kind.is_symlink() { "a link" } else { "no regular file" };
            return Err(ArchiveError::Kind { path: here, name: name.display().to_string(), kind });
        }
    }
    Ok(())
}

/// Unpacks the archive into `folder`, which must exist and be empty, without the archive's own top folder. Returns the
/// number of files.
///
/// # Errors
/// When the archive is damaged, refused or too large. What was written until then stays in the folder.
pub fn import(archive: &Path, folder: &Path, limits: Limits) -> Result<usize, ArchiveError> {
    let path = || archive.to_owned();
    let file = File::open(archive).map_err(|source| ArchiveError::File { path: path(), source })?;
    let mut reader = Archive::new(io::BufReader::new(file));
    let (mut names, mut bytes, mut tops) = (BTreeSet::new(), 0_u64, BTreeSet::new());
    let damaged = |files: usize| move |source| ArchiveError::Damaged { path: archive.to_owned(), files, source };
    let entries = reader.entries().map_err(damaged(0))?;
    for entry in entries {
        let mut entry = entry.map_err(damaged(names.len()))?;
        let name = entry.path().map_err(damaged(names.len()))?.into_owned();
        let shown = name.display().to_string();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Directory => {
                inside(&name).ok_or_else(|| ArchiveError::Outside { path: path(), name: shown })?;
                continue;
            }
            EntryType::Link | EntryType::Symlink => {
                return Err(ArchiveError::Kind { path: path(), name: shown, kind: "a link" });
            }
            EntryType::GNUSparse => {
                return Err(ArchiveError::Kind { path: path(), name: shown, kind: "a file with holes" });
            }
            _ => return Err(ArchiveError::Kind { path: path(), name: shown, kind: "no regular file" }),
        }
        let parts = inside(&name).ok_or_else(|| ArchiveError::Outside { path: path(), name: shown.clone() })?;
        let (top, rest) =
            parts.split_first().ok_or_else(|| ArchiveError::Outside { path: path(), name: shown.clone() })?;
        tops.insert((*top).to_owned());
        if rest.is_empty() || tops.len() > 1 {
            // One folder, the run: with a second one, files of two runs would mix.
            return Err(ArchiveError::Outside { path: path(), name: shown });
        }
        let target: PathBuf = rest.iter().collect();
        if !names.insert(target.clone()) {
            return Err(ArchiveError::Doubled { path: path(), name: shown });
        }
        bytes = bytes.saturating_add(entry.size());
        if names.len() > limits.files {
            return Err(ArchiveError::TooLarge { path: path(), what: format!("{} files", limits.files) });
        }
        if bytes > limits.bytes {
            return Err(ArchiveError::TooLarge { path: path(), what: format!("{} bytes", limits.bytes) });
        }
        let whole = folder.join(&target);
        let fail = |source| ArchiveError::File { path: whole.clone(), source };
        if let Some(parent) = whole.parent() {
            fs::create_dir_all(parent).map_err(fail)?;
        }
        let mut out = OpenOptions::new().write(true).create_new(true).open(&whole).map_err(fail)?;
        let size = entry.size();
        let written = io::copy(&mut entry.by_ref().take(size), &mut out).map_err(damaged(names.len()))?;
        if written != size {
            return Err(damaged(names.len())(io::ErrorKind::UnexpectedEof.into()));
        }
    }
    if !names.contains(Path::new(log::FILE_NAME)) {
        return Err(ArchiveError::NoLog { path: path() });
    }
    Ok(names.len())
}

/// The parts of a path that stays inside; `None` for any other.
fn inside(name: &Path) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    for component in name.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::ParentDir | Component::Prefix(_) | Component::RootDir => return None,
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> tempfile::TempDir {
        let run = tempfile::tempdir().unwrap();
        fs::write(run.path().join("events.jsonl"), "{}\n").unwrap();
        let long = format!("evidence/sha256/ab/{}", "ab".repeat(60));
        fs::create_dir_all(run.path().join("evidence/sha256/ab")).unwrap();
        fs::write(run.path().join(long), "evidence").unwrap();
        run
    }

    /// An archive with one log and one more entry, whose name is written as it is.
    fn crafted(name: &str, kind: EntryType, size: u64) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.tar");
        let mut builder = Builder::new(File::create(&path).unwrap());
        let mut add = |name: &str, kind: EntryType, size: u64| {
            let mut header = Header::new_gnu();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(kind);
            header.set_size(size);
            header.set_mode(0o644);
            if kind == EntryType::Symlink {
                header.set_link_name("/etc/passwd").unwrap();
            }
            header.set_cksum();
            builder.append(&header, io::repeat(b'x').take(size)).unwrap();
        };
        add("run/events.jsonl", EntryType::Regular, 3);
        add(name, kind, size);
        builder.finish().unwrap();
        (folder, path)
    }

    fn refused(name: &str, kind: EntryType, size: u64) -> ArchiveError {
        let (folder, path) = crafted(name, kind, size);
        let to = folder.path().join("to/run");
        fs::create_dir_all(&to).unwrap();
        let error = import(&path, &to, Limits { files: 10, bytes: 1000 }).unwrap_err();
        let mut written = Vec::new();
        collect(folder.path(), Path::new(""), &mut written).unwrap();
        assert_eq!(written, [Path::new("run.tar"), Path::new("to/run/events.jsonl")], "{error}");
        error
    }

    #[test]
    fn a_run_survives_the_way_and_gives_the_same_bytes_twice() {
        let run = run();
        let out = tempfile::tempdir().unwrap();
        let (one, two) = (out.path().join("1.tar"), out.path().join("2.tar"));
        assert_eq!(export(run.path(), "20261124-a", &one).unwrap(), 2);
        export(run.path(), "20261124-a", &two).unwrap();
        assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
        let back = out.path().join("back");
        fs::create_dir(&back).unwrap();
        assert_eq!(import(&one, &back, Limits::default()).unwrap(), 2);
        let mut files = [Vec::new(), Vec::new()];
        collect(run.path(), Path::new(""), &mut files[0]).unwrap();
        collect(&back, Path::new(""), &mut files[1]).unwrap();
        assert_eq!(files[0], files[1]);
        assert!(
            files[0].iter().all(|name| fs::read(run.path().join(name)).unwrap() == fs::read(back.join(name)).unwrap())
        );
        assert!(matches!(export(run.path(), "a", &one), Err(ArchiveError::File { .. })));
    }

    #[test]
    fn what_leaves_the_folder_is_refused() {
        for name in ["run/../../evil", "../evil", "/evil", "evil", "other/evil", "run/a/../../../evil"] {
            assert!(matches!(refused(name, EntryType::Regular, 4), ArchiveError::Outside { .. }), "{name}");
        }
    }

    #[test]
    fn links_devices_and_bombs_are_refused() {
        for kind in [EntryType::Symlink, EntryType::Link, EntryType::Fifo, EntryType::Char] {
            assert!(matches!(refused("run/link", kind, 0), ArchiveError::Kind { .. }), "{kind:?}");
        }
        assert!(matches!(refused("run/events.jsonl", EntryType::Regular, 4), ArchiveError::Doubled { .. }));
        assert!(matches!(refused("run/bomb", EntryType::Regular, 998), ArchiveError::TooLarge { .. }));
    }

    #[test]
    fn a_damaged_archive_says_what_is_wrong() {
        let run = run();
        let out = tempfile::tempdir().unwrap();
        let path = out.path().join("run.tar");
        export(run.path(), "a", &path).unwrap();
        let whole = fs::read(&path).unwrap();
        let check = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let to = tempfile::tempdir().unwrap();
            import(&path, to.path(), Limits::default())
        };
        assert!(matches!(
            check(&whole[..whole.len() / 2 + 100]),
            Err(ArchiveError::Damaged { .. } | ArchiveError::NoLog { .. })
        ));
        assert!(matches!(check(b"not a tar at all"), Err(ArchiveError::Damaged { files: 0, .. })));
        assert!(matches!(check(b""), Err(ArchiveError::NoLog { .. })));
        let mut flipped = whole.clone();
        flipped[5] ^= 1;
        assert!(matches!(check(&flipped), Err(ArchiveError::Damaged { .. })));
    }
}
