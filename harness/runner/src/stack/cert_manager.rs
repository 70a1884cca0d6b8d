//! cert-manager: its programs and the object names of the reference document.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Secret;
use mtls_kubernetes::{Kube, KubeError, Reference};
use serde_json::json;

/// The namespace of cert-manager.
pub const NAMESPACE: &str = "cert-manager";
/// The issuer that signs the harness's own certificate requests.
pub const INTERMEDIATE_ISSUER: &str = "x0tta6bl4-intermediate-ca";
/// `namespace/name` of the Secret with the Root certificate.
pub const ROOT_SECRET: &str = "cert-manager/x0tta6bl4-root-ca-secret";

/// Prefix of the names of requests that the harness creates.
pub const REQUEST_PREFIX: &str = "mtls-e2e-";

/// A certificate request of the harness.
pub fn request(name: &str) -> Reference {
    Reference::new("cert-manager.io/v1", "CertificateRequest", Some(NAMESPACE), &format!("{REQUEST_PREFIX}{name}"))
}

/// The API path of certificate requests.
pub fn requests() -> String {
    format!("/apis/cert-manager.io/v1/namespaces/{NAMESPACE}/certificaterequests")
}

/// The programs that must be Ready before a Certificate is admitted.
pub(super) fn programs() -> Vec<Reference> {
    ["cert-manager", "cert-manager-webhook", "cert-manager-cainjector"]
        .map(|name| Reference::new("apps/v1", "Deployment", Some(NAMESPACE), name))
        .into()
}

/// The name of the Certificate that a Secret was issued for.
pub fn certificate_name(secret: &Secret) -> Option<&str> {
    let annotations = secret.metadata.annotations.as_ref()?;
    annotations.get("cert-manager.io/certificate-name").map(String::as_str)
}

/// A reference to a Certificate.
pub fn certificate(namespace: Option<&str>, name: &str) -> Reference {
    Reference::new("cert-manager.io/v1", "Certificate", namespace, name)
}

/// Requests a new certificate now, like `cmctl renew` (cmctl `pkg/renew/renew.go`): the old Secret stays until the new
/// certificate is issued.
///
/// # Errors
///
/// When there is no such Certificate or the API server refuses.
pub async fn renew(kube: &Kube, certificate: &Reference) -> Result<(), KubeError> {
    let object = kube.must_get(certificate).await?;
    let mut conditions = object.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.retain(|condition| condition["type"] != "Issuing");
    conditions.push(json!({
        "type": "Issuing",
        "status": "True",
        "reason": "ManuallyTriggered",
        "message": "Certificate re-issuance manually triggered",
        "lastTransitionTime": Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default(),
        "observedGeneration": object.metadata.generation,
    }));
    kube.merge_status(certificate, &json!({"status": {"conditions": conditions}})).await
}

/// The time between renewal and expiry of the Certificate behind a Secret, from the controller's status.
///
/// # Errors
///
/// When the API server does not answer. `None` for a Secret without a Certificate.
pub async fn renewal_before_expiry(kube: &Kube, secret: &Secret) -> Result<Option<SignedDuration>, KubeError> {
    let Some(name) = certificate_name(secret) else { return Ok(None) };
    let reference = certificate(secret.metadata.namespace.as_deref(), name);
    let Some(object) = kube.get(&reference).await? else { return Ok(None) };
    let instant = |field: &str| object.data["status"][field].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    Ok(instant("notAfter").zip(instant("renewalTime")).map(|(end, due)| end.duration_since(due)))
}
