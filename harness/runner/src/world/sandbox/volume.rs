//! A folder of files that changes atomically, as a kubelet's volume does: by one rename of `..data` (Kubernetes
//! `pkg/volume/util/atomic_writer.go`).

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, symlink},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// The mounted folder: `tls.crt` is a link to `..data/tls.crt`, and `..data` a link to the current generation.
#[derive(Debug)]
pub struct Volume {
    directory: PathBuf,
    generation: AtomicU64,
}

impl Volume {
    /// Creates the folder with its first generation.
    pub fn create(directory: &Path, files: &[(&str, &[u8])]) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let volume = Self { directory: directory.to_owned(), generation: AtomicU64::new(0) };
        volume.swap(files)?;
        Ok(volume)
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Replaces all files atomically. A reader that resolves `..data` once sees the old generation or the new one,
    /// never a mixture.
    pub fn swap(&self, files: &[(&str, &[u8])]) -> io::Result<()> {
        let number = self.generation.fetch_add(1, Ordering::Relaxed);
        let name = format!("..generation-{number}");
        let generation = self.directory.join(&name);
        fs::create_dir(&generation)?;
        for (file, contents) in files {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            options.open(generation.join(file))?.write_all(contents)?;
        }
        let before = fs::read_link(self.directory.join("..data")).ok();
        let next = self.directory.join("..data_tmp");
        symlink(&name, &next)?;
        fs::rename(&next, self.directory.join("..data"))?;
        for (file, _) in files {
            match symlink(Path::new("..data").join(file), self.directory.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        match before {
            Some(before) => fs::remove_dir_all(self.directory.join(before)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_replaces_all_files_and_removes_the_old_ones() {
        let place = tempfile::tempdir().unwrap();
        let volume = Volume::create(&place.path().join("certs"), &[("a", b"1"), ("b", b"1")]).unwrap();
        let open_before = fs::File::open(volume.directory().join("a")).unwrap();
        volume.swap(&[("a", b"2"), ("b", b"2")]).unwrap();
        assert_eq!(fs::read(volume.directory().join("a")).unwrap(), b"2");
        assert_eq!(io::read_to_string(open_before).unwrap(), "1");
        let generations = fs::read_dir(volume.directory()).unwrap().flatten();
        let generations =
            generations.filter(|entry| entry.file_name().to_string_lossy().starts_with("..generation")).count();
        assert_eq!(generations, 1);
    }
}
