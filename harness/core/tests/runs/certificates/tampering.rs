//! Whatever is changed in a certificate is refused, and the file is named.

use std::{fs, os::unix::fs::symlink, path::Path};

use mtls_core::{
    certificate::{
        bundle::Bundle,
        files::Files,
        key::{PublicKey, SigningKey},
        manifest,
        verify::{Answer, exit, verify},
    },
    verdict::Exit,
};

use super::records::{good, named};

/// A signed certificate in a folder, and what its signer hands out beside it.
struct Signed {
    folder: tempfile::TempDir,
    files: Files,
    key: SigningKey,
}

impl Signed {
    fn new(id: &'static str) -> Self {
        Self::with(id, SigningKey::generate().unwrap().0)
    }

    fn with(id: &'static str, key: SigningKey) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = named(id).certificate(Some(&key)).unwrap();
        write(&files, folder.path());
        Self { folder, files, key }
    }

    /// Makes the change, checks that it is refused with this name, and undoes it.
    fn refuses(&self, name: &str, what: &str, change: impl Fn(&Path)) {
        change(&self.folder.path().join(name));
        let refused = refused(self.folder.path(), self.key.public());
        assert!(refused.contains(name), "{name}, {what}: {refused}");
        let path = self.folder.path().join(name);
        // A folder or a file, or nothing at all.
        let _ = fs::remove_dir_all(&path);
        let _ = fs::remove_file(&path);
        if let Some(bytes) = self.files.get(name) {
            fs::write(path, bytes).unwrap();
        }
    }
}

pub(super) fn write(files: &Files, folder: &Path) {
    for (path, bytes) in files.iter() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Everything that speaks against the folder; nothing for one that holds.
fn refused(folder: &Path, key: &PublicKey) -> String {
    match Files::read(folder) {
        Err(wrong) => wrong.join("\n"),
        Ok(files) => of_files(&files, key),
    }
}

fn of_files(files: &Files, key: &PublicKey) -> String {
    let steps = verify(files, Some(key));
    let fails = steps.iter().filter_map(|step| match &step.answer {
        Answer::Fails(wrong) => Some(wrong.join("\n")),
        Answer::Holds(_) | Answer::Unchecked(_) => None,
    });
    let fails: Vec<String> = fails.collect();
    assert_eq!(fails.is_empty(), exit(&steps) == Exit::Conformant);
    fails.join("\n")
}

#[test]
fn every_file_is_protected_against_every_change() {
    let signed = Signed::new("20261124T101500-run");
    let other = Signed::new("20261124T101501-other");
    assert_eq!(refused(signed.folder.path(), signed.key.public()), "");
    let mut swapped = 0;
    for (name, bytes) in signed.files.iter() {
        assert!(!bytes.is_empty(), "{name}");
        for place in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 2, bytes.len() - 1] {
            let mut flipped = bytes.to_vec();
            flipped[place] ^= 1;
            signed.refuses(name, &format!("byte {place} of {} flipped", bytes.len()), |path| {
                fs::write(path, &flipped).unwrap();
            });
        }
        signed.refuses(name, "removed", |path| fs::remove_file(path).unwrap());
        signed.refuses(name, "cut", |path| fs::write(path, &bytes[..bytes.len() - 1]).unwrap());
        signed.refuses(name, "emptied", |path| fs::write(path, "").unwrap());
        signed.refuses(name, "one byte more", |path| fs::write(path, [bytes, b"\n"].concat()).unwrap());
        signed.refuses(name, "a link", |path| {
            fs::remove_file(path).unwrap();
            symlink(other.folder.path().join(name), path).unwrap();
        });
        if let Some(foreign) = other.files.get(name).filter(|foreign| *foreign != bytes) {
            signed.refuses(name, "of another certificate", |path| fs::write(path, foreign).unwrap());
            swapped += 1;
        }
    }
    assert!(swapped >= 8, "{swapped} files differ between two certificates");
    assert_eq!(refused(signed.folder.path(), signed.key.public()), "", "everything was undone");
}

#[test]
fn what_is_added_is_refused() {
    let signed = Signed::new("20261124T101500-run");
    for name in [
        "more.txt",
        "evidence/more",
        "proof/1/report.json",
        "proof/2/events.jsonl",
        "third.sigstore.json",
        "more.statement.json",
    ] {
        signed.refuses(name, "added", |path| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        });
    }
    signed.refuses("large", "a file of 5 GB", |path| fs::File::create(path).unwrap().set_len(5 << 30).unwrap());
    signed.refuses("report.json", "it became a file of 5 GB", |path| {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_len(5 << 30).unwrap();
    });
    signed.refuses("inside", "a link to a folder", |path| symlink("/", path).unwrap());
}

/// With the same key, so that only what it signed tells them apart.
#[test]
fn a_signature_of_another_certificate_of_the_same_key_is_refused() {
    let (_, text) = SigningKey::generate().unwrap();
    let key = || SigningKey::read(std::str::from_utf8(text.reveal()).unwrap()).unwrap();
    let signed = Signed::with("20261124T101500-run", key());
    let other = Signed::with("20261124T101501-other", key());
    for name in ["test-result.sigstore.json", "svr.sigstore.json"] {
        signed.refuses(name, "of another certificate", |path| fs::write(path, other.files.get(name).unwrap()).unwrap());
    }
    // One statement in the place of the other.
    let [first, second] =
        ["test-result.sigstore.json", "svr.sigstore.json"].map(|name| signed.files.get(name).unwrap());
    signed.refuses("svr.sigstore.json", "the other statement", |path| fs::write(path, first).unwrap());
    signed.refuses("test-result.sigstore.json", "the other statement", |path| fs::write(path, second).unwrap());
}

#[test]
fn another_key_is_refused() {
    let signed = Signed::new("20261124T101500-run");
    let other = SigningKey::generate().unwrap().0;
    let refused = of_files(&signed.files, other.public());
    assert!(refused.contains("svr.sigstore.json: it was signed with the key"), "{refused}");
}

/// Whoever has the key can sign anything; it has to follow from the records all the same.
#[test]
fn a_statement_of_an_unknown_version_is_refused() {
    let signed = Signed::new("20261124T101500-run");
    let mut files = signed.files.clone();
    let newer =
        String::from_utf8(files.get("svr.statement.json").unwrap().to_vec()).unwrap().replace("svr/v0.2", "svr/v0.3");
    files.put("svr.sigstore.json", Bundle::sign(newer.as_bytes(), &signed.key).unwrap().text());
    files.put("svr.statement.json", newer.into_bytes());
    let refused = of_files(&files, signed.key.public());
    let line = "svr.statement.json: its predicate is `https://in-toto.io/attestation/svr/v0.3`; this program knows";
    assert!(refused.contains(line), "{refused}");
}

/// A change with a manifest to match; an unsigned certificate has no other protection than that everything follows from the records.
fn resealed(change: impl Fn(&mut Files)) -> String {
    let mut files = good().certificate(None).unwrap();
    change(&mut files);
    let manifest = manifest::text(&files);
    files.put(manifest::FILE_NAME, manifest.into_bytes());
    let steps = verify(&files, None);
    let fails = steps.iter().filter_map(|step| match &step.answer {
        Answer::Fails(wrong) => Some(format!("{}: {}", step.name, wrong.join("\n"))),
        Answer::Holds(_) | Answer::Unchecked(_) => None,
    });
    fails.collect::<Vec<_>>().join("\n")
}

fn replace(files: &mut Files, name: &str, from: &str, to: &str) {
    let text = String::from_utf8(files.get(name).unwrap().to_vec()).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    files.put(name, text.replacen(from, to, 1).into_bytes());
}

#[test]
fn a_matching_manifest_does_not_help() {
    assert_eq!(resealed(|_| ()), "");
    let report = resealed(|files| replace(files, "report.json", "\"conformant\"", "\"not-conformant\""));
    assert!(report.contains("verdicts: report.json is not what the records lead to"), "{report}");
    let page = resealed(|files| replace(files, "report.html", "<html", "<html class=\"x\""));
    assert!(page.contains("verdicts: report.html"), "{page}");
    let log = resealed(|files| replace(files, "events.jsonl", "\"outcome\":\"reset\"", "\"outcome\":\"hang\""));
    assert!(log.contains("records: events.jsonl: line") && log.contains("was edited"), "{log}");
    let of_proof = resealed(|files| replace(files, "proof/1/events.jsonl", "plaintext-accepted", "plaintext-refused"));
    assert!(of_proof.contains("records: proof/1/events.jsonl: line"), "{of_proof}");
    let lock = resealed(|files| replace(files, "plan.lock.json", "#plain", "#plane"));
    assert!(lock.contains("plan lock") && lock.contains("plan: plan.lock.json"), "{lock}");
    let claim = resealed(|files| replace(files, "conformance.yaml", "skipped: 1", "skipped: 0"));
    assert!(claim.contains("claim: conformance.yaml"), "{claim}");
    let added = resealed(|files| files.put("more.txt", b"more".to_vec()));
    assert!(added.contains("files: ") && added.contains("more.txt belongs to no certificate"), "{added}");
    let guide = resealed(|files| replace(files, "VERIFY.md", "KEY.pub", "ANY.pub"));
    assert!(guide.contains("VERIFY.md"), "{guide}");
}

#[test]
fn a_certificate_without_its_proof_is_none() {
    let proofless = resealed(|files| {
        let proof: Vec<String> =
            files.iter().map(|(path, _)| path.to_owned()).filter(|path| path.starts_with("proof/")).collect();
        for path in &proof {
            files.remove(path);
        }
    });
    assert!(proofless.contains("rules: unproven: no sabotage was tried"), "{proofless}");
}

#[test]
fn a_certificate_of_another_version_of_this_program_is_refused() {
    let version = format!("version: \"{}\"", env!("CARGO_PKG_VERSION"));
    let other = resealed(|files| replace(files, "conformance.yaml", &version, "version: \"9.9.9\""));
    assert!(other.contains("version: conformance.yaml: this certificate was made by version 9.9.9"), "{other}");
}

#[test]
fn a_folder_that_is_no_certificate_is_refused() {
    let key = SigningKey::generate().unwrap().0;
    assert!(of_files(&Files::default(), key.public()).contains("MANIFEST.sha256 is missing"));
}
