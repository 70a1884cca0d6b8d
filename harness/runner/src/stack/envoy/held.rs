//! The certificates of a sidecar in a cluster and its trusted roots, from its admin endpoint. Envoy omits private
//! keys.

use base64::{Engine, engine::general_purpose::STANDARD};
use mtls_kubernetes::Kube;
use serde_json::Value;

use super::pushed::{PushedError, dump};

/// PEM, as the sidecar received it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SidecarCertificates {
    /// Leaf first. Empty if the sidecar has received nothing yet.
    pub chain: Vec<u8>,
    /// The trusted roots.
    pub bundle: Vec<u8>,
}

/// The certificate chain that a pod's sidecar presents, and the bundle it verifies peers with.
///
/// # Errors
///
/// When the sidecar does not answer.
pub async fn held(kube: &Kube, namespace: &str, pod: &str) -> Result<SidecarCertificates, PushedError> {
    Ok(read(&dump(kube, namespace, pod, "config_dump?resource=dynamic_active_secrets").await?))
}

/// istiod names the two secrets of the Workload API `default` and `ROOTCA`.
fn read(dump: &Value) -> SidecarCertificates {
    let secret = |name: &str| {
        let named = |secret: &&Value| secret["name"] == name;
        dump["configs"].as_array().and_then(|all| all.iter().find(named)).map(|found| &found["secret"])
    };
    let chain = secret("default").map(|secret| &secret["tls_certificate"]["certificate_chain"]);
    let trusted = secret("ROOTCA").map(|secret| &secret["validation_context"]);
    let bundle = trusted.map(|context| match &context["custom_validator_config"]["typed_config"]["trust_domains"] {
        Value::Array(domains) => domains.iter().flat_map(|domain| bytes(&domain["trust_bundle"])).collect(),
        _ => bytes(&context["trusted_ca"]),
    });
    SidecarCertificates { chain: chain.map(bytes).unwrap_or_default(), bundle: bundle.unwrap_or_default() }
}

fn bytes(source: &Value) -> Vec<u8> {
    source["inline_bytes"].as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn dump(trusted: &Value) -> Value {
        json!({"configs": [
            {"name": "file-root:system", "secret": {"validation_context": {"trusted_ca": {"inline_bytes": "b3RoZXI="}}}},
            {"name": "default", "secret": {"tls_certificate": {"certificate_chain": {"inline_bytes": "bGVhZg=="}}}},
            {"name": "ROOTCA", "secret": {"validation_context": trusted}},
        ]})
    }

    #[test]
    fn the_bundles_of_all_trust_domains_count() {
        let domains = json!([{"trust_bundle": {"inline_bytes": "b25l"}}, {"trust_bundle": {"inline_bytes": "dHdv"}}]);
        let trusted = json!({"custom_validator_config": {"typed_config": {"trust_domains": domains}}});
        assert_eq!(read(&dump(&trusted)), SidecarCertificates { chain: b"leaf".to_vec(), bundle: b"onetwo".to_vec() });
    }

    #[test]
    fn a_plain_bundle_is_one_too() {
        let trusted = json!({"trusted_ca": {"inline_bytes": "cm9vdA=="}});
        assert_eq!(read(&dump(&trusted)).bundle, b"root");
    }

    #[test]
    fn a_sidecar_without_secrets_holds_nothing() {
        assert_eq!(read(&json!({})), SidecarCertificates::default());
    }
}
