//! One layer of an image: a tar whose bytes depend only on its contents.
//!
//! Entries are sorted, owned by root unless specified otherwise, and have the same date. A layer only adds files:
//! a whiteout inside a snapshot inside a node image would act on the node image, so none is ever written.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tar::{EntryType, Header};

use super::cache;
use super::error::BuildError;

/// Upper bound of every file's date in an image, in seconds since 1970: 2026-01-01.
pub(super) const EPOCH: u64 = 1_767_225_600;

/// The tar of a layer on disk.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Layer {
    /// The SHA-256 of the tar, in hexadecimal: the diff id of the image configuration.
    pub(super) sha256: String,
    pub(super) size: u64,
    pub(super) path: PathBuf,
}

/// The planned contents of a layer.
#[derive(Default)]
pub(super) struct Contents(BTreeMap<PathBuf, Entry>);

struct Entry {
    kind: Kind,
    mode: u32,
    owner: u32,
}

enum Kind {
    Bytes(Vec<u8>),
    Directory,
    File(PathBuf),
    Link(PathBuf),
}

impl Contents {
    pub(super) fn bytes(&mut self, path: &str, content: impl Into<Vec<u8>>, mode: u32) {
        self.put(Path::new(path), Kind::Bytes(content.into()), mode, 0);
    }

    pub(super) fn directory(&mut self, path: &str, mode: u32, owner: u32) {
        self.put(Path::new(path), Kind::Directory, mode, owner);
    }

    pub(super) fn file(&mut self, path: &str, from: &Path, mode: u32) {
        self.put(Path::new(path), Kind::File(from.to_owned()), mode, 0);
    }

    /// Adds everything below a folder; of the modes only the executable bit is used.
    pub(super) fn tree(&mut self, from: &Path) -> Result<(), BuildError> {
        for path in cache::walk(from)? {
            let fail = format!("read {}", path.display());
            let metadata = fs::symlink_metadata(&path).map_err(BuildError::file(&fail))?;
            let relative = path.strip_prefix(from).unwrap_or(&path).to_owned();
            if metadata.is_symlink() {
                let target = fs::read_link(&path).map_err(BuildError::file(fail))?;
                self.put(&relative, Kind::Link(target), 0o777, 0);
            } else {
                let executable = metadata.permissions().mode() & 0o100 != 0;
                let mode = if executable { 0o755 } else { 0o644 };
                self.put(&relative, Kind::File(path), mode, 0);
            }
        }
        Ok(())
    }

    /// Writes the tar.
    pub(super) fn write(self, to: &Path) -> Result<Layer, BuildError> {
        self.write_tar(to).map_err(BuildError::file(format!("write layer {}", to.display())))
    }

    fn put(&mut self, path: &Path, kind: Kind, mode: u32, owner: u32) {
        // Engines create missing parents with unspecified modes.
        for parent in path.ancestors().skip(1) {
            if !parent.as_os_str().is_empty() {
                self.0.entry(parent.to_owned()).or_insert(Entry { kind: Kind::Directory, mode: 0o755, owner: 0 });
            }
        }
        self.0.insert(path.to_owned(), Entry { kind, mode, owner });
    }

    fn write_tar(self, to: &Path) -> io::Result<Layer> {
        let mut builder = tar::Builder::new(Hashing::new(io::BufWriter::new(File::create(to)?)));
        for (path, entry) in &self.0 {
            append(&mut builder, path, entry)?;
        }
        let (sha256, size, mut out) = builder.into_inner()?.finish();
        out.flush()?;
        Ok(Layer { sha256, size, path: to.to_owned() })
    }
}

/// Uses an existing tar as a layer.
pub(super) fn adopt(path: &Path) -> Result<Layer, BuildError> {
    let fail = format!("read {}", path.display());
    Ok(Layer {
        sha256: cache::hash_file(path).map_err(BuildError::file(&fail))?,
        size: fs::metadata(path).map_err(BuildError::file(fail))?.len(),
        path: path.to_owned(),
    })
}

fn append(builder: &mut tar::Builder<impl Write>, path: &Path, entry: &Entry) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_mode(entry.mode);
    header.set_uid(entry.owner.into());
    header.set_gid(entry.owner.into());
    header.set_mtime(EPOCH);
    header.set_size(0);
    match &entry.kind {
        Kind::Bytes(bytes) => {
            header.set_entry_type(EntryType::Regular);
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, path, bytes.as_slice())
        }
        Kind::Directory => {
            header.set_entry_type(EntryType::Directory);
            builder.append_data(&mut header, path.join(""), io::empty())
        }
        Kind::File(from) => {
            let file = File::open(from)?;
            header.set_entry_type(EntryType::Regular);
            header.set_size(file.metadata()?.len());
            builder.append_data(&mut header, path, file)
        }
        Kind::Link(target) => {
            header.set_entry_type(EntryType::Symlink);
            builder.append_link(&mut header, path, target)
        }
    }
}

/// Hashes and counts the bytes written through it.
pub(super) struct Hashing<W> {
    out: W,
    hash: Sha256,
    size: u64,
}

impl<W: Write> Hashing<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, hash: Sha256::new(), size: 0 }
    }

    /// The hash in hexadecimal, the number of bytes, and the inner writer.
    pub(super) fn finish(self) -> (String, u64, W) {
        (hex::encode(self.hash.finalize()), self.size, self.out)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_contents_give_the_same_bytes_in_any_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Contents::default();
        first.bytes("usr/bin/a", "a", 0o755);
        first.directory("tmp", 0o1777, 0);
        let mut second = Contents::default();
        second.directory("tmp", 0o1777, 0);
        second.bytes("usr/bin/a", "a", 0o755);
        let first = first.write(&folder.path().join("first")).unwrap();
        let second = second.write(&folder.path().join("second")).unwrap();
        assert_eq!(first.sha256, second.sha256);
        assert_eq!(first.sha256, cache::hash_file(&first.path).unwrap());
        assert_eq!(first.size, fs::metadata(&first.path).unwrap().len());
    }

    #[test]
    fn parents_are_written_before_their_children_with_a_mode() {
        let folder = tempfile::tempdir().unwrap();
        let mut contents = Contents::default();
        contents.bytes("opt/spire/bin/server", "x", 0o755);
        contents.directory("var/lib/spire", 0o700, 1000);
        let layer = contents.write(&folder.path().join("layer")).unwrap();
        let mut archive = tar::Archive::new(File::open(layer.path).unwrap());
        let seen: Vec<(String, u32, u64)> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                (entry.path().unwrap().to_string_lossy().into_owned(), header.mode().unwrap(), header.uid().unwrap())
            })
            .collect();
        let expected = [
            ("opt/", 0o755, 0),
            ("opt/spire/", 0o755, 0),
            ("opt/spire/bin/", 0o755, 0),
            ("opt/spire/bin/server", 0o755, 0),
            ("var/", 0o755, 0),
            ("var/lib/", 0o755, 0),
            ("var/lib/spire/", 0o700, 1000),
        ];
        assert_eq!(seen, expected.map(|(path, mode, uid)| (path.to_owned(), mode, uid)));
    }
}
