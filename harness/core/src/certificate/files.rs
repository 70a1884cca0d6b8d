//! The files of a bundle in memory, and the only place of this module that reads a folder.
//!
//! A folder of somebody else is not trusted: links, special files, odd names and files beyond a limit are refused before they are opened.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read as _,
    path::Path,
};

/// The size from which a file is refused, in bytes: what cosign still attests.
pub const MOST_BYTES: u64 = 128 << 20;
/// The size of all files from which a folder is refused, in bytes.
pub const MOST_BYTES_IN_ALL: u64 = 1 << 30;
/// The most files of a folder.
pub const MOST_FILES: usize = 50_000;

/// Files by name, relative to the bundle, with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    pub fn put(&mut self, path: impl Into<String>, bytes: Vec<u8>) {
        self.0.insert(path.into(), bytes);
    }

    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }

    pub fn remove(&mut self, path: &str) -> Option<Vec<u8>> {
        self.0.remove(path)
    }

    /// In the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The files below a folder, with names relative to it.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        let inside = |(path, bytes): (&str, &[u8])| Some((path.strip_prefix(folder)?.to_owned(), bytes.to_vec()));
        Self(self.iter().filter_map(inside).collect())
    }

    /// Reads every file below a folder.
    ///
    /// # Errors
    /// Every entry that is refused, one line each with its name.
    pub fn read(folder: &Path) -> Result<Self, Vec<String>> {
        let mut entries = BTreeMap::new();
        let mut wrong = Vec::new();
        walk(folder, "", &mut entries, &mut wrong);
        let size: u64 = entries.values().sum();
        if entries.len() > MOST_FILES {
            wrong.push(format!("{} has more than {MOST_FILES} files", folder.display()));
        } else if size > MOST_BYTES_IN_ALL && wrong.is_empty() {
            wrong.push(format!("{} has {size} bytes, more than {MOST_BYTES_IN_ALL}", folder.display()));
        }
        let mut files = Self::default();
        if wrong.is_empty() {
            for path in entries.keys() {
                match contents(&folder.join(path)) {
                    Ok(bytes) => files.put(path.clone(), bytes),
                    Err(why) => wrong.push(format!("{path}: {why}")),
                }
            }
        }
        if wrong.is_empty() { Ok(files) } else { Err(wrong) }
    }
}

/// Collects the sizes of the files below a folder, and what is refused.
fn walk(folder: &Path, prefix: &str, entries: &mut BTreeMap<String, u64>, wrong: &mut Vec<String>) {
    let listed = match fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(listed) => listed,
        Err(error) => return wrong.push(format!("{}: {error}", folder.display())),
    };
    for entry in listed {
        if entries.len() > MOST_FILES {
            return;
        }
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| is_plain(name)) else {
            wrong.push(format!("{prefix}{}: a name with other than letters, digits, `.`, `_` and `-`", name.display()));
            continue;
        };
        let path = format!("{prefix}{name}");
        match entry.path().symlink_metadata() {
            Err(error) => wrong.push(format!("{path}: {error}")),
            Ok(kind) if kind.is_symlink() => wrong.push(format!("{path} is a symbolic link; a bundle has files alone")),
            Ok(kind) if kind.is_dir() => walk(&entry.path(), &format!("{path}/"), entries, wrong),
            Ok(kind) if !kind.is_file() => wrong.push(format!("{path} is neither a file nor a folder")),
            Ok(kind) if kind.len() > MOST_BYTES => {
                wrong.push(format!("{path} has {} bytes, more than {MOST_BYTES}; it is not read", kind.len()));
            }
            Ok(kind) => drop(entries.insert(path, kind.len())),
        }
    }
}

/// At most the limit, whatever the file has become since it was listed.
fn contents(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => Err(error.to_string()),
        Ok(_) if bytes.len() as u64 > MOST_BYTES => Err("it grows while it is read".to_owned()),
        Ok(_) => Ok(bytes),
    }
}

fn is_plain(name: &str) -> bool {
    !name.starts_with('.') && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn refused(prepare: impl Fn(&Path)) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("evidence")).unwrap();
        fs::write(folder.path().join("evidence/a"), "a").unwrap();
        prepare(folder.path());
        Files::read(folder.path()).map(|_| ()).unwrap_err().join("\n")
    }

    #[test]
    fn files_are_read_with_their_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("evidence")).unwrap();
        fs::write(folder.path().join("evidence/a"), "abc").unwrap();
        let files = Files::read(folder.path()).unwrap();
        assert_eq!((files.len(), files.get("evidence/a")), (1, Some(&b"abc"[..])));
        assert_eq!(files.below("evidence/").get("a"), Some(&b"abc"[..]));
    }

    #[test]
    fn what_is_no_file_is_refused_by_name() {
        let link = refused(|folder| symlink("/etc/passwd", folder.join("evidence/b")).unwrap());
        assert!(link.contains("evidence/b is a symbolic link"), "{link}");
        let folder = refused(|folder| symlink("..", folder.join("evidence/up")).unwrap());
        assert!(folder.contains("evidence/up is a symbolic link"), "{folder}");
        let socket = refused(|folder| {
            drop(std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap());
        });
        assert!(socket.contains("socket is neither a file nor a folder"), "{socket}");
        let odd = refused(|folder| fs::write(folder.join("a b"), "").unwrap());
        assert!(odd.contains("a b: a name with other"), "{odd}");
        let hidden = refused(|folder| fs::write(folder.join(".hidden"), "").unwrap());
        assert!(hidden.contains(".hidden: a name"), "{hidden}");
    }

    #[test]
    fn a_file_of_five_gigabytes_is_refused_and_not_read() {
        let large = refused(|folder| File::create(folder.join("large")).unwrap().set_len(5 << 30).unwrap());
        assert_eq!(large, format!("large has {} bytes, more than {MOST_BYTES}; it is not read", 5_u64 << 30));
    }

    #[test]
    fn many_files_below_the_limit_are_too_much_together() {
        let all = refused(|folder| {
            for name in 0..9 {
                File::create(folder.join(format!("part{name}"))).unwrap().set_len(MOST_BYTES).unwrap();
            }
        });
        assert!(all.contains(&format!("more than {MOST_BYTES_IN_ALL}")), "{all}");
    }
}
