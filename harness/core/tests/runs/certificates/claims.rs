//! What a certificate says.

use std::{fs, path::Path};

use mtls_core::certificate::{
    claim::Claim, files::Files, key::SigningKey, manifest, profile::Sabotage, verify::exit, verify::verify,
};
use mtls_core::verdict::Exit;
use serde_json::{Value, json};

use super::records::{Material, good};

fn statement(material: &Material, name: &str) -> Value {
    let files = material.certificate(None).unwrap();
    serde_json::from_slice(files.get(&format!("{name}.statement.json")).unwrap()).unwrap()
}

#[test]
fn a_signed_certificate_holds_and_so_says_every_step() {
    let (key, _) = SigningKey::generate().unwrap();
    let files = good().certificate(Some(&key)).unwrap();
    let steps = verify(&files, Some(key.public()));
    assert_eq!(exit(&steps), Exit::Conformant, "{steps:#?}");
    let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
    assert_eq!(
        names,
        [
            "manifest",
            "version",
            "statements",
            "signature",
            "records",
            "plan",
            "catalogue",
            "rules",
            "verdicts",
            "claim",
            "files"
        ]
    );
}

#[test]
fn without_a_key_or_a_signature_nothing_is_proven() {
    let (key, _) = SigningKey::generate().unwrap();
    assert_eq!(exit(&verify(&good().certificate(Some(&key)).unwrap(), None)), Exit::NothingProven);
    let unsigned = good().certificate(None).unwrap();
    assert_eq!(exit(&verify(&unsigned, None)), Exit::NothingProven);
    assert_eq!(exit(&verify(&unsigned, Some(key.public()))), Exit::Broken);
}

#[test]
fn the_statements_say_what_passed_and_what_is_proven() {
    let tests = statement(&good(), "test-result");
    assert_eq!(tests["predicateType"], "https://in-toto.io/attestation/test-result/v0.1");
    assert_eq!(tests["predicate"]["result"], "PASSED");
    let passed = ["plain", "injected", "chain"].map(|check| format!("strict/enforcement-grid#{check}"));
    assert_eq!(tests["predicate"]["passedTests"], json!(passed));
    let names: Vec<&str> =
        tests["subject"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let images = ["docker.io/istio/pilot:1.30.3", "docker.io/istio/proxyv2:1.30.3"];
    assert_eq!(
        names,
        [["MANIFEST.sha256", "report.json", "events.jsonl"].as_slice(), &images, &["infrastructure"]].concat()
    );
    let configuration: Vec<&str> = tests["predicate"]["configuration"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(configuration, ["mtls-conformance/team", "catalogue", "scenarios", "harness", "profile/team"]);

    let svr = statement(&good(), "svr");
    assert_eq!(svr["predicateType"], "https://in-toto.io/attestation/svr/v0.2");
    let properties = ["PROFILE_team", "MESH-01", "MESH-02", "PKI-09"].map(|id| format!("MTLS_CONFORMANCE_{id}"));
    assert_eq!(svr["predicate"]["properties"], json!(properties));
    assert_eq!(svr["predicate"]["timeCreated"], "2026-11-25T12:00:00Z");
    assert_eq!(svr["predicate"]["verifier"]["policies"][0]["name"], "mtls-conformance/team");
}

/// What was not seen to fail passes, and is not claimed.
#[test]
fn what_is_not_proven_is_not_a_property() {
    let mut material = good();
    material.proofs.clear();
    material.profile.sabotage = Sabotage::Optional;
    assert_eq!(statement(&material, "svr")["predicate"]["properties"], json!(["MTLS_CONFORMANCE_PROFILE_team"]));
    assert_eq!(statement(&material, "test-result")["predicate"]["result"], "PASSED");
}

#[test]
fn the_claim_is_one_page_and_read_again() {
    let files = good().certificate(None).unwrap();
    let text = std::str::from_utf8(files.get("conformance.yaml").unwrap()).unwrap().to_owned();
    insta::with_settings!({
        snapshot_path => "../../../../../reports/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("certificate.conformance", text);
    });
    let claim = Claim::read(text.as_bytes()).unwrap();
    assert_eq!((claim.profile, claim.created.to_string()), (good().profile, "2026-11-25T12:00:00Z".to_owned()));
    assert_eq!(claim.signer, None);
}

/// `.ci/verify_bundle` shows it to programs that are not ours.
#[test]
fn a_certificate_lies_in_the_build_folder_for_other_programs() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (key, _) = SigningKey::generate().unwrap();
    let files = good().certificate(Some(&key)).unwrap();
    let certificate = folder.join("certificate");
    // That of an earlier test; there may be none.
    let _ = fs::remove_dir_all(&certificate);
    super::tampering::write(&files, &certificate);
    fs::write(folder.join("certificate.pub"), key.public().text()).unwrap();
    assert_eq!(Files::read(&certificate).unwrap(), files);
}

/// `sha256sum` is on every machine that has a shell.
#[test]
fn the_manifest_is_what_sha256sum_reads() {
    let folder = tempfile::tempdir().unwrap();
    super::tampering::write(&good().certificate(None).unwrap(), folder.path());
    let check = || {
        let mut command = std::process::Command::new("sha256sum");
        command.args(["--check", "--strict", "--quiet", manifest::FILE_NAME]).current_dir(folder.path());
        command.output().unwrap().status.success()
    };
    assert!(check());
    fs::write(folder.path().join("report.json"), "{}").unwrap();
    assert!(!check());
}
