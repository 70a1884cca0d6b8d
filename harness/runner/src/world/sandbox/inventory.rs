//! The inventory of sandboxes: processes, files and client faults, one line of text each.
//!
//! Two inventories can be compared. Log files grow and are left out.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::Sandboxes;

/// Resources of the harness, with the number of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory(BTreeMap<String, usize>);

impl Inventory {
    /// The resources that `self` has more often than `before`.
    #[must_use]
    pub fn beyond(&self, before: &Self) -> Vec<String> {
        let more = |(what, count): &(&String, &usize)| **count > before.0.get(*what).copied().unwrap_or_default();
        self.0.iter().filter(more).map(|(what, _)| what.clone()).collect()
    }
}

impl FromIterator<String> for Inventory {
    fn from_iter<I: IntoIterator<Item = String>>(resources: I) -> Self {
        let mut inventory = Self::default();
        for resource in resources {
            *inventory.0.entry(resource).or_default() += 1;
        }
        inventory
    }
}

impl Sandboxes {
    /// The processes, the files and the faults of the client.
    pub(in crate::world) fn inventory(&self) -> Vec<String> {
        let folder = self.guard.folder();
        let mut paths = Vec::new();
        files(folder, &mut paths);
        let paths = paths.iter().map(|path| file(path, folder));
        let faults = self.faults().into_iter().map(|fault| format!("fault {fault} of the client"));
        processes(self.guard.group()).into_iter().chain(paths).chain(faults).collect()
    }
}

/// The processes of a process group, without its leader and the leader's children.
fn processes(group: i32) -> Vec<String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| process(&entry.path(), group)).collect()
}

/// The process of a folder in `/proc` (proc(5)). `None` for one that has ended or is a zombie.
fn process(proc: &Path, group: i32) -> Option<String> {
    let id: i32 = proc.file_name()?.to_str()?.parse().ok()?;
    let stat = fs::read_to_string(proc.join("stat")).ok()?;
    // The name in parentheses may hold any character; state, parent and group follow it.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let (state, parent, own) = (fields.next()?, fields.next()?, fields.next()?);
    let parent: i32 = parent.parse().ok()?;
    if state == "Z" || own.parse() != Ok(group) || id == group || parent == group {
        return None;
    }
    let line = fs::read(proc.join("cmdline")).ok()?;
    let words: Vec<String> =
        line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let program = Path::new(words.first()?).file_name()?.to_string_lossy().into_owned();
    let text = [&[program], &words[1..]].concat().join(" ");
    Some(format!("process {}", text.trim().chars().take(MAX_COMMAND).collect::<String>()))
}

/// Maximum length of a command line in a report, in characters.
const MAX_COMMAND: usize = 120;

/// A file. One of a volume is named with its digest instead of its generation, so that swapping the old contents back
/// restores the line.
fn file(path: &Path, folder: &Path) -> String {
    let name = path.strip_prefix(folder).unwrap_or(path);
    let generation = name.components().find(|part| part.as_os_str().to_string_lossy().starts_with("..generation"));
    match (generation, name.parent().and_then(Path::parent), path.file_name()) {
        (Some(_), Some(volume), Some(file)) => {
            let digest = hex::encode(Sha256::digest(fs::read(path).unwrap_or_default()));
            format!("file {} with the digest {}", volume.join(file).display(), &digest[..12])
        }
        _ => format!("file {}", name.display()),
    }
}

/// Collects all files but logs. Links are not followed.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&path, found),
            Ok(_) if path.extension().is_none_or(|extension| extension != "log") => found.push(path),
            _ => {}
        }
    }
}

/// Fails unless a killed process group is empty.
pub(super) fn is_empty(group: i32) -> io::Result<()> {
    match processes(group).as_slice() {
        [] => Ok(()),
        left => Err(io::Error::other(format!("{} is still there", left.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_additional_resources_are_beyond() {
        let of = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Inventory>();
        assert_eq!(of(&["a", "b", "b", "c"]).beyond(&of(&["a", "b", "d"])), ["b", "c"]);
        assert!(of(&["a"]).beyond(&of(&["a", "a"])).is_empty());
    }

    #[test]
    fn a_swap_changes_the_inventory_and_a_log_does_not() {
        let place = tempfile::tempdir().unwrap();
        let inventory = || {
            let mut found = Vec::new();
            files(place.path(), &mut found);
            found.iter().map(|path| file(path, place.path())).collect::<Inventory>()
        };
        let volume = super::super::Volume::create(&place.path().join("certs"), &[("a", b"1")]).unwrap();
        let before = inventory();
        fs::write(place.path().join("server.log"), "x").unwrap();
        assert!(inventory().beyond(&before).is_empty());
        volume.swap(&[("a", b"2")]).unwrap();
        let left = inventory().beyond(&before);
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(left[0].starts_with("file certs/a with the digest "), "{left:?}");
        volume.swap(&[("a", b"1")]).unwrap();
        assert!(inventory().beyond(&before).is_empty());
    }
}
