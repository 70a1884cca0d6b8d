//! Issues certificates for participants that present their own identity.

use std::time::Duration;

use jiff::Timestamp;
use mtls_core::{
    expectation::matching::parse_duration,
    scenario::{
        effects::Need,
        model::{Identity, IdentityIssuer},
    },
};
use mtls_engine::wait::Check;
use mtls_kubernetes::Inverse;
use mtls_pki::{IssuingCa, Material, RogueRoot, certificates, chain_facts, request_for, request_for_ca};
use serde_json::{Value, json};

use super::inspect;
use crate::{
    run::{context::Context, error::StepError, undo::Undo},
    stack::cert_manager,
    world::Backend,
};

/// Default lifetime of a certificate; longer than any run.
const LIFETIME: Duration = Duration::from_hours(1);
/// Lifetime of the issuing CA; longer than that of the leaves that it signs.
const CA_LIFETIME: Duration = Duration::from_secs(60 * 86_400);
const SIGNING_LIMIT: Duration = Duration::from_secs(30);

/// `notAfter` of the leaf.
pub(super) fn expiry(material: &Material) -> Result<Timestamp, StepError> {
    let chain = certificates(material.chain.as_bytes()).map_err(|error| StepError::of(&error))?;
    let facts = chain_facts(&chain).map_err(StepError)?;
    let expiry = facts["leaf"]["not-after"].as_str().and_then(|instant| instant.parse().ok());
    expiry.ok_or_else(|| StepError("the certificate has no readable notAfter".to_owned()))
}

/// Issues a certificate: under a new untrusted root, or signed by the intermediate of the mesh.
pub(super) async fn material(context: &Context<'_>, member: &str, identity: &Identity) -> Result<Material, StepError> {
    match identity.issuer {
        IdentityIssuer::Rogue => RogueRoot::new("rogue root")
            .and_then(|root| root.client(&identity.spiffe))
            .map_err(|error| StepError::of(&error)),
        IdentityIssuer::Mesh => {
            // The loader has checked that it is a duration.
            let lifetime = identity.lifetime.as_deref().and_then(parse_duration).unwrap_or(LIFETIME);
            match &context.world.backend {
                Backend::Cluster(_) => signed_by_mesh(context, member, &identity.spiffe, lifetime).await,
                Backend::Loopback(loopback) => {
                    loopback.sign(&identity.spiffe, lifetime).map_err(|error| StepError::of(&error))
                }
            }
        }
    }
}

/// Creates a CA of the harness under the intermediate of the mesh. Its certificates are trusted wherever mesh
/// identities are.
pub(super) async fn issuing_ca(context: &Context<'_>) -> Result<IssuingCa, StepError> {
    match &context.world.backend {
        Backend::Cluster(_) => under_mesh(context).await,
        Backend::Loopback(loopback) => loopback.issuing_ca().map_err(|error| StepError::of(&error)),
    }
}

async fn under_mesh(context: &Context<'_>) -> Result<IssuingCa, StepError> {
    // In a read-only world the Kubernetes client cannot tell this request from one for a leaf, so it is refused here.
    if !context.world.permissions.cover(Need::Refused) {
        return Err(StepError(format!(
            "the {} world is read-only: the harness requests no CA in it",
            context.world.name
        )));
    }
    let (request, key) = request_for_ca("mtls-e2e corpus").map_err(|error| StepError::of(&error))?;
    let signing = SigningRequest { lifetime: CA_LIFETIME, is_ca: true, usages: &["cert sign", "crl sign"] };
    let chain = signed(context, "corpus-ca", &request, &signing).await?;
    let anchor = inspect::read(context, cert_manager::ROOT_SECRET).await?;
    let anchor = anchor.ok_or_else(|| StepError(format!("{} does not exist", cert_manager::ROOT_SECRET)))?;
    let root = inspect::field(&anchor, "tls.crt", cert_manager::ROOT_SECRET)?;
    IssuingCa::new(&String::from_utf8_lossy(&root), &chain, &key).map_err(|error| StepError::of(&error))
}

async fn signed_by_mesh(
    context: &Context<'_>,
    member: &str,
    spiffe: &str,
    lifetime: Duration,
) -> Result<Material, StepError> {
    let (request, key) = request_for(spiffe).map_err(|error| StepError::of(&error))?;
    let signing =
        SigningRequest { lifetime, is_ca: false, usages: &["digital signature", "server auth", "client auth"] };
    Ok(Material::new(signed(context, member, &request, &signing).await?, key))
}

/// The fields of a `CertificateRequest` beside the CSR.
struct SigningRequest {
    lifetime: Duration,
    is_ca: bool,
    usages: &'static [&'static str],
}

/// Lets cert-manager sign a CSR (PEM) and returns the chain (PEM). A `CertificateRequest` has no minimum duration and
/// needs no Certificate (requirements M3).
async fn signed(
    context: &Context<'_>,
    purpose: &str,
    request: &str,
    signing: &SigningRequest,
) -> Result<String, StepError> {
    let reference = cert_manager::request(&format!("{purpose}-{}", Timestamp::now().as_millisecond()));
    let object = json!({
        "apiVersion": reference.api_version, "kind": reference.kind,
        "metadata": {"name": reference.name, "namespace": reference.namespace, "labels": {"app.kubernetes.io/part-of": "mtls-e2e"}},
        "spec": {
            "request": base64(request.as_bytes()), "duration": format!("{}s", signing.lifetime.as_secs()), "isCA": signing.is_ca, "usages": signing.usages,
            "issuerRef": {"name": cert_manager::INTERMEDIATE_ISSUER, "kind": "ClusterIssuer", "group": "cert-manager.io"},
        },
    });
    let object = serde_json::from_value(object).map_err(|error| StepError(error.to_string()))?;
    let kube = context.world.kube().map_err(|error| StepError::of(&error))?;
    context.will_undo("identity", Undo::Object(Inverse::Delete(reference.clone()))).await?;
    kube.apply(&object, SIGNING_LIMIT).await.map_err(|error| StepError::of(&error))?;
    let chain = kube
        .wait_object(&reference, "signed", SIGNING_LIMIT, |object| {
            let status = object.map(|object| &object.data["status"]);
            match status.and_then(|status| status["certificate"].as_str()) {
                Some(encoded) => Check::Ready(encoded.to_owned()),
                None => Check::NotYet(status.map_or_else(|| "it does not exist".to_owned(), last_condition)),
            }
        })
        .await
        .map_err(|error| StepError::of(&error))?;
    unbase64(&chain).ok_or_else(|| StepError("the signed certificate is not base64".to_owned()))
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
    json!(k8s_openapi::ByteString(bytes.to_vec()))
}

fn unbase64(text: &str) -> Option<String> {
    let bytes: k8s_openapi::ByteString = serde_json::from_value(json!(text)).ok()?;
    String::from_utf8(bytes.0).ok()
}
