//! Lets the issuer of a cluster sign certificates for keys that the harness generates.
//!
//! The key never leaves the harness but for the pod that presents the certificate. Each request is announced before it is
//! created, so that the run deletes it.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use mtls_core::scenario::effects::Need;
use mtls_engine::wait::Check;
use mtls_kubernetes::{Inverse, Reference};
use mtls_pki::{IssuingCa, Material, request_for, request_for_ca};
use serde_json::{Value, json};

use super::Kubernetes;
use crate::{
    stack::cert_manager,
    world::backend::{Announce, IdentityRequest, MemberError},
};

/// Lifetime of the issuing CA; longer than that of the leaves that it signs.
const CA_LIFETIME: Duration = Duration::from_secs(60 * 86_400);
const SIGNING_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
enum IssueError {
    #[error("the {world} world is read-only: the harness requests no CA in it")]
    ReadOnly { world: String },
    #[error("{} does not exist", cert_manager::ROOT_SECRET)]
    NoRoot,
    #[error("{} has no tls.crt", cert_manager::ROOT_SECRET)]
    NoCertificate,
    #[error("the signed certificate is not base64")]
    NotBase64,
}

/// The fields of a `CertificateRequest` beside the CSR.
struct SigningRequest {
    lifetime: Duration,
    is_ca: bool,
    usages: &'static [&'static str],
}

impl Kubernetes {
    /// A certificate that is signed by the intermediate of the mesh.
    pub(super) async fn leaf(
        &self,
        request: IdentityRequest<'_>,
        changes: &dyn Announce,
    ) -> Result<Material, MemberError> {
        let (csr, key) = request_for(request.spiffe).map_err(MemberError::of)?;
        let usages = &["digital signature", "server auth", "client auth"];
        let signing = SigningRequest { lifetime: request.lifetime, is_ca: false, usages };
        Ok(Material::new(self.signed(request.purpose, &csr, &signing, changes).await?, key))
    }

    /// A CA of the harness under the intermediate of the mesh.
    pub(super) async fn authority(&self, changes: &dyn Announce) -> Result<IssuingCa, MemberError> {
        // In a read-only world the Kubernetes client cannot tell this request from one for a leaf, so it is refused here.
        if !self.offered.permissions.cover(Need::Refused) {
            return Err(MemberError::of(IssueError::ReadOnly { world: self.offered.world.clone() }));
        }
        let (csr, key) = request_for_ca("mtls-e2e corpus").map_err(MemberError::of)?;
        let signing = SigningRequest { lifetime: CA_LIFETIME, is_ca: true, usages: &["cert sign", "crl sign"] };
        let chain = self.signed("corpus-ca", &csr, &signing, changes).await?;
        let (namespace, name) = cert_manager::ROOT_SECRET.split_once('/').unwrap_or_default();
        let secret = self.kube.get(&Reference::new("v1", "Secret", Some(namespace), name)).await?;
        let secret = secret.ok_or_else(|| MemberError::of(IssueError::NoRoot))?;
        let root = unbase64(&secret.data["data"]["tls.crt"]);
        let root = root.ok_or_else(|| MemberError::of(IssueError::NoCertificate))?;
        IssuingCa::new(&root, &chain, &key).map_err(MemberError::of)
    }

    /// Lets cert-manager sign a CSR (PEM) and returns the chain (PEM). A `CertificateRequest` has no minimum duration and
    /// needs no Certificate (requirements M3).
    async fn signed(
        &self,
        purpose: &str,
        csr: &str,
        signing: &SigningRequest,
        changes: &dyn Announce,
    ) -> Result<String, MemberError> {
        let reference = cert_manager::request(&format!("{purpose}-{}", Timestamp::now().as_millisecond()));
        let object = json!({
            "apiVersion": reference.api_version, "kind": reference.kind,
            "metadata": {"name": reference.name, "namespace": reference.namespace, "labels": {"app.kubernetes.io/part-of": "mtls-e2e"}},
            "spec": {
                "request": base64(csr.as_bytes()), "duration": format!("{}s", signing.lifetime.as_secs()), "isCA": signing.is_ca, "usages": signing.usages,
                "issuerRef": {"name": cert_manager::INTERMEDIATE_ISSUER, "kind": "ClusterIssuer", "group": "cert-manager.io"},
            },
        });
        let object = serde_json::from_value(object).map_err(MemberError::of)?;
        changes.announce(Inverse::Delete(reference.clone())).await?;
        self.kube.apply(&object, SIGNING_LIMIT).await?;
        let chain = self.kube.wait_object(&reference, "signed", SIGNING_LIMIT, |object| {
            let status = object.map(|object| &object.data["status"]);
            match status.map(|status| &status["certificate"]) {
                Some(encoded) if encoded.is_string() => Check::Ready(encoded.clone()),
                _ => Check::NotYet(status.map_or_else(|| "it does not exist".to_owned(), last_condition)),
            }
        });
        unbase64(&chain.await?).ok_or_else(|| MemberError::of(IssueError::NotBase64))
    }
}

fn last_condition(status: &Value) -> String {
    let conditions = status["conditions"].as_array();
    conditions.and_then(|list| list.last()).map_or_else(
        || "no condition yet".to_owned(),
        |condition| format!("{} {}", condition["reason"], condition["message"]),
    )
}

/// Bytes as Kubernetes writes them in JSON.
fn base64(bytes: &[u8]) -> Value {
    json!(ByteString(bytes.to_vec()))
}

fn unbase64(text: &Value) -> Option<String> {
    let bytes: ByteString = serde_json::from_value(text.clone()).ok()?;
    String::from_utf8(bytes.0).ok()
}
