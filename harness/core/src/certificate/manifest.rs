//! `MANIFEST.sha256`: every file of a bundle with its SHA-256, in the form that `sha256sum --check` reads.
//!
//! Input: files, or the text of a manifest. Output: the text, or each file that is not as the manifest says. A manifest cannot list itself,
//! nor the statements that name its digest.

use std::collections::BTreeMap;

use super::files::Files;
use crate::evidence::digest::sha256;

/// The name of the file.
pub const FILE_NAME: &str = "MANIFEST.sha256";

/// The manifest of these files, sorted by name.
#[must_use]
pub fn text(files: &Files) -> String {
    let listed = files.iter().filter(|(path, _)| is_listed(path));
    listed.fold(String::new(), |text, (path, bytes)| text + &format!("{}  {path}\n", sha256(bytes)))
}

/// Whether a manifest lists the file: it lists all but itself and the statements about it.
#[must_use]
pub fn is_listed(path: &str) -> bool {
    path != FILE_NAME && !path.ends_with(super::bundle::SUFFIX) && !path.ends_with(super::statement::SUFFIX)
}

/// What is wrong with these files by their manifest, one line each that names the file; nothing when they are as it says.
#[must_use]
pub fn differences(files: &Files) -> Vec<String> {
    let Some(manifest) = files.get(FILE_NAME) else { return vec![format!("{FILE_NAME} is missing")] };
    let listed = match parse(manifest) {
        Ok(listed) => listed,
        Err(why) => return vec![why],
    };
    let mut wrong = Vec::new();
    for (path, digest) in &listed {
        match files.get(path) {
            None => wrong.push(format!("{path} is missing, and {FILE_NAME} lists it")),
            Some(bytes) if sha256(bytes) != *digest => wrong.push(format!("{path} is not what {FILE_NAME} says")),
            Some(_) => {}
        }
    }
    let unlisted = files.iter().map(|(path, _)| path).filter(|path| is_listed(path) && !listed.contains_key(*path));
    wrong.extend(unlisted.map(|path| format!("{path} is not in {FILE_NAME}")));
    // The same content in another order or with other spaces is a change as well.
    if wrong.is_empty() && manifest != text(files).as_bytes() {
        wrong.push(format!("{FILE_NAME} is spelled otherwise than this program does"));
    }
    wrong
}

fn parse(manifest: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let wrong = |line: usize, why: &str| format!("{FILE_NAME} line {line}: {why}");
    let text = std::str::from_utf8(manifest).map_err(|_| format!("{FILE_NAME} is not text"))?;
    let mut listed = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let (digest, path) = line.split_once("  ").ok_or_else(|| wrong(number, "no digest and name"))?;
        if digest.len() != 64 || !digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(wrong(number, &format!("no SHA-256 stands before {path}")));
        }
        if !is_listed(path) {
            return Err(wrong(number, &format!("{path} is not a file that a manifest lists")));
        }
        if listed.insert(path.to_owned(), digest.to_owned()).is_some() {
            return Err(wrong(number, &format!("{path} is listed twice")));
        }
    }
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        let mut files = Files::default();
        files.put("report.json", b"abc".to_vec());
        files.put("evidence/sha256/ab/x", b"x".to_vec());
        files.put("svr.statement.json", b"not listed".to_vec());
        let manifest = text(&files);
        files.put(FILE_NAME, manifest.into_bytes());
        files
    }

    #[test]
    fn every_file_is_listed_in_order_and_the_statements_are_not() {
        let files = files();
        let names: Vec<&str> =
            std::str::from_utf8(files.get(FILE_NAME).unwrap()).unwrap().lines().map(|line| &line[66..]).collect();
        assert_eq!(names, ["evidence/sha256/ab/x", "report.json"]);
        assert_eq!(differences(&files), Vec::<String>::new());
    }

    #[test]
    fn no_byte_of_a_manifest_can_be_changed() {
        let files = files();
        let manifest = files.get(FILE_NAME).unwrap().to_vec();
        for index in 0..manifest.len() {
            let mut changed = manifest.clone();
            changed[index] ^= 1;
            let mut files = files.clone();
            files.put(FILE_NAME, changed);
            let wrong = differences(&files);
            assert!(wrong.iter().any(|line| line.contains(FILE_NAME)), "byte {index}: {wrong:?}");
        }
    }

    #[test]
    fn what_differs_is_named() {
        let mut changed = files();
        changed.put("report.json", b"abd".to_vec());
        assert_eq!(differences(&changed), ["report.json is not what MANIFEST.sha256 says"]);
        let mut added = files();
        added.put("more.txt", Vec::new());
        assert_eq!(differences(&added), ["more.txt is not in MANIFEST.sha256"]);
        let mut gone = files();
        gone.remove("report.json");
        assert_eq!(differences(&gone), ["report.json is missing, and MANIFEST.sha256 lists it"]);
    }
}
