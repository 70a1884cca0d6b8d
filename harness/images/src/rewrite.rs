//! Converts the archive of a container's folder into a layer that contains the folder at its target path.
//!
//! A whiteout in the archive is an error: in the node image it would hide a file of the node.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use tar::{EntryType, Header};

use super::layer::{Hashing, Layer};

/// Writes the layer. Engines start every name in the archive with the folder's last element; `parent` is prefixed to
/// it.
pub(super) fn into_layer(archive: impl Read, parent: &str, to: &Path) -> io::Result<Layer> {
    let out = io::BufWriter::with_capacity(1 << 20, File::create(to)?);
    let mut builder = tar::Builder::new(Hashing::new(out));
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = placed(parent, &entry.path()?);
        let mut header = entry.header().clone();
        let kind = header.entry_type();
        refuse_whiteout(&header, &path)?;
        let attributes = attributes(&mut entry)?;
        if !attributes.is_empty() {
            let pairs = attributes.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
            builder.append_pax_extensions(pairs)?;
        }
        match kind {
            EntryType::Link => {
                let target = entry.link_name()?.unwrap_or_default().into_owned();
                builder.append_link(&mut header, &path, placed(parent, &target))?;
            }
            EntryType::Symlink => {
                let target = entry.link_name()?.unwrap_or_default().into_owned();
                builder.append_link(&mut header, &path, target)?;
            }
            _ => builder.append_data(&mut header, &path, &mut entry)?,
        }
    }
    let (sha256, size, mut out) = builder.into_inner()?.finish();
    out.flush()?;
    Ok(Layer { sha256, size, path: to.to_owned() })
}

fn placed(parent: &str, path: &Path) -> PathBuf {
    Path::new(parent).join(path.strip_prefix("/").unwrap_or(path))
}

fn refuse_whiteout(header: &Header, path: &Path) -> io::Result<()> {
    let device = (header.device_major()?, header.device_minor()?);
    let marker = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".wh."));
    let hidden = header.entry_type() == EntryType::Char && matches!(device, (None | Some(0), None | Some(0)));
    if hidden || marker {
        return Err(io::Error::other(format!(
            "{} is a whiteout; an image's layers must only add files, never replace or remove them",
            path.display()
        )));
    }
    Ok(())
}

/// Extended attributes such as file capabilities; names and sizes are written anew.
fn attributes(entry: &mut tar::Entry<'_, impl Read>) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut kept = Vec::new();
    if let Some(extensions) = entry.pax_extensions()? {
        for extension in extensions {
            let extension = extension?;
            if let Ok(name) = extension.key()
                && name.starts_with("SCHILY.xattr.")
            {
                kept.push((name.to_owned(), extension.value_bytes().to_vec()));
            }
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_links_move_to_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let mut builder = tar::Builder::new(Vec::new());
        let long = format!("containerd/{}/file", "d".repeat(120));
        add(&mut builder, &long, EntryType::Regular);
        let mut header = header(EntryType::Link);
        builder.append_link(&mut header, "containerd/hard", &long).unwrap();
        let mut header = self::header(EntryType::Symlink);
        builder.append_link(&mut header, "containerd/soft", "/etc/passwd").unwrap();
        let bytes = builder.into_inner().unwrap();

        let layer = into_layer(bytes.as_slice(), "var/lib", &folder.path().join("layer")).unwrap();

        let mut archive = tar::Archive::new(File::open(layer.path).unwrap());
        let seen: Vec<(String, Option<String>)> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let text = |path: &Path| path.to_string_lossy().into_owned();
                let link = entry.link_name().unwrap().map(|link| text(&link));
                (text(&entry.path().unwrap()), link)
            })
            .collect();
        let expected = [
            (format!("var/lib/{long}"), None),
            ("var/lib/containerd/hard".to_owned(), Some(format!("var/lib/{long}"))),
            ("var/lib/containerd/soft".to_owned(), Some("/etc/passwd".to_owned())),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_whiteout_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut builder = tar::Builder::new(Vec::new());
        add(&mut builder, "containerd/etc/gone", EntryType::Char);
        let bytes = builder.into_inner().unwrap();
        let error = into_layer(bytes.as_slice(), "var/lib", &folder.path().join("layer")).unwrap_err();
        assert!(error.to_string().contains("var/lib/containerd/etc/gone is a whiteout"), "{error}");
    }

    fn add(builder: &mut tar::Builder<Vec<u8>>, path: &str, kind: EntryType) {
        builder.append_data(&mut header(kind), path, io::empty()).unwrap();
    }

    fn header(kind: EntryType) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(0);
        header.set_device_major(0).unwrap();
        header.set_device_minor(0).unwrap();
        header
    }
}
