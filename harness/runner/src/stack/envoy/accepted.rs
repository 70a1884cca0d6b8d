//! Validates the renderer's output with the Envoy of this stack: `--mode validate` on every mode, policy shape and
//! validator.
//!
//! Prints `not run` if that Envoy has not been fetched; fetches nothing itself. Not here: Envoy's behaviour at run
//! time, which scenarios observe.

use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Command,
};

use mtls_images::{BuildRequest, cached_program, default_cache_directory};
use mtls_kubernetes::documents;
use mtls_pki::{Authority, LEAF_LIFETIME, Leaf};
use serde_json::{Value, json};

use super::{COMPONENT, PROGRAM, Role, Sidecar, Sidecars, UpstreamTarget, Validator, render};

const NAMESPACE: &str = "envoy-scratch";

/// Every recorded shape of istiod policy, with one mode for all ports or one per port.
fn policies(modes: &str) -> String {
    let shapes = include_str!("../../../../../fixtures/envoy/recorded/disable-policies.yaml");
    let kind = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication";
    let shapes =
        shapes.split("---").filter(|one| !one.contains("PeerAuthentication")).collect::<Vec<_>>().join("---\n");
    format!("{shapes}\n---\n{kind}\nmetadata: {{name: modes, namespace: {NAMESPACE}}}\nspec: {modes}\n")
}

fn sidecar(account: &str, folder: &Path, validator: Validator, role: Role) -> Sidecar {
    let certificates = folder.join(account);
    fs::create_dir_all(&certificates).unwrap();
    // Certificate files that the configuration of a proxy names are read at validation.
    let authority = Authority::generate().unwrap();
    let leaf = Leaf { spiffe: "spiffe://x0tta6bl4.mesh/ns/n/sa/s", dns: &[], lifetime: LEAF_LIFETIME };
    let own = authority.issue(&leaf).unwrap();
    for (name, text) in [("tls.crt", own.chain.as_str()), ("tls.key", own.key()), ("ca.crt", &authority.root_pem())] {
        fs::write(certificates.join(name), text).unwrap();
    }
    Sidecar { account: account.to_owned(), namespace: NAMESPACE.to_owned(), certificates, validator, role }
}

/// The rendered resources as static ones: Envoy reads watched files only when it serves.
fn static_bootstrap(folder: &Path) -> PathBuf {
    let read = |name: &str| -> Value { serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap() };
    let plain = |name: &str| -> Vec<Value> {
        let resources = read(name)["resources"].as_array().unwrap().clone();
        resources
            .into_iter()
            .map(|mut one| {
                one.as_object_mut().unwrap().remove("@type");
                one
            })
            .collect()
    };
    let mut bootstrap = read("bootstrap.json");
    bootstrap.as_object_mut().unwrap().remove("dynamic_resources");
    bootstrap["static_resources"] = json!({"listeners": plain("xds/lds.json"), "clusters": plain("xds/cds.json")});
    let path = folder.join("static.json");
    fs::write(&path, bootstrap.to_string()).unwrap();
    path
}

fn verdict(envoy: &Path, modes: &str, validator: Validator, spoil: Option<(&str, &str)>) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let address = Ipv4Addr::new(127, 9, 0, 1);
    let policies = documents(&policies(modes)).unwrap();
    let towards = UpstreamTarget {
        account: "proxy-api".to_owned(),
        namespace: NAMESPACE.to_owned(),
        listener: Ipv4Addr::new(127, 9, 0, 3),
        server: address,
    };
    let server = Role::Server { sidecar: address, application: Ipv4Addr::new(127, 9, 0, 2) };
    let proxy = Role::Proxy { proxy: Ipv4Addr::new(127, 9, 0, 6), application: Ipv4Addr::new(127, 9, 0, 2) };
    let caller = Role::Caller { address: Ipv4Addr::new(127, 9, 0, 4), towards: vec![towards] };
    let all = Sidecars {
        sidecars: vec![
            sidecar("proxy-api", folder.path(), validator, server),
            sidecar("proxy-api", folder.path(), Validator::TrustedCa, proxy),
            sidecar("client", folder.path(), validator, caller),
        ],
        policies: &policies,
        trust_domain: "x0tta6bl4.mesh",
        admin: (Ipv4Addr::new(127, 9, 0, 5), 15_000).into(),
        folder: folder.path(),
        shift: 0,
    };
    render(&all).unwrap().write(folder.path()).unwrap();
    let bootstrap = static_bootstrap(folder.path());
    if let Some((from, to)) = spoil {
        let text = fs::read_to_string(&bootstrap).unwrap();
        assert!(text.contains(from), "nothing to spoil");
        fs::write(&bootstrap, text.replace(from, to)).unwrap();
    }
    let output = Command::new(envoy)
        .args(["--mode", "validate", "--log-level", "error", "-c"])
        .arg(&bootstrap)
        .output()
        .unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn the_real_program_accepts_what_is_rendered() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let request = BuildRequest::current(workspace, default_cache_directory().unwrap_or_default());
    let Some(envoy) = cached_program(&request, COMPONENT, PROGRAM) else {
        // The program is optional, and a test does not download.
        let note = "not run: the stack's Envoy is not in the cache; `cargo xtask e2e --env loopback` fetches it\n";
        std::io::Write::write_all(&mut std::io::stderr(), note.as_bytes()).unwrap();
        return;
    };
    let mixed = r#"{selector: {matchLabels: {app: proxy-api}}, mtls: {mode: STRICT}, portLevelMtls: {"9000": {mode: DISABLE}, "9090": {mode: PERMISSIVE}}}"#;
    for modes in ["{mtls: {mode: STRICT}}", "{mtls: {mode: PERMISSIVE}}", "{mtls: {mode: DISABLE}}", mixed] {
        for validator in [Validator::Spiffe, Validator::TrustedCa] {
            assert_eq!(verdict(&envoy, modes, validator, None), Ok(()), "{modes}, {validator:?}");
        }
    }
    // A template field that Envoy does not know must be rejected.
    let spoilt = verdict(&envoy, mixed, Validator::Spiffe, Some(("require_client_certificate", "require_client_cert")));
    assert!(spoilt.unwrap_err().contains("require_client_cert"));
}
