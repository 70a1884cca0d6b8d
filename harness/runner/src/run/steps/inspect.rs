//! `inspect`: the certificates in a Secret or in a sidecar. Only this code reads the data of certificate Secrets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use mtls_core::scenario::{model::Step, verbs::inspect::InspectSpec};
use mtls_kubernetes::DynamicObject;
use mtls_kubernetes::Reference;
use mtls_pki::{Purpose, certificate_facts, certificates, chain_facts, key_matches, validate};
use serde_json::{Value, json};

use super::{Execute, Unjudged, sampled};
use crate::{
    run::{
        context::{Context, Observation},
        error::StepError,
    },
    stack::cert_manager,
};

impl Execute for InspectSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, _: &Step) -> Result<Observation, StepError> {
        observe(context, self).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        sampled(context, step).await
    }
}

async fn observe(context: &Context<'_>, inspect: &InspectSpec) -> Result<Observation, StepError> {
    // The loader has checked that it is exactly one of the two.
    match (&inspect.secret, &inspect.sidecar) {
        (_, Some(member)) => sidecar(context, inspect, member).await,
        (secret, None) => at_rest(context, inspect, secret.as_deref().unwrap_or_default()).await,
    }
}

async fn at_rest(context: &Context<'_>, inspect: &InspectSpec, name: &str) -> Result<Observation, StepError> {
    let Some(secret) = read(context, name).await? else {
        return Ok(Observation { facts: json!({"exists": false}), source: "kubernetes", evidence: Vec::new() });
    };
    let chain_pem = field(&secret, "tls.crt", name)?;
    let chain = chain(&chain_pem, name)?;
    let mut facts = chain_facts(&chain).map_err(StepError)?;
    facts["exists"] = json!(true);
    facts["type"] = json!(secret.type_);
    facts["annotations"] = json!(secret.metadata.annotations);
    let kube = context.world.kube().map_err(|error| StepError::of(&error))?;
    if let Some(before) =
        cert_manager::renewal_before_expiry(kube, &secret).await.map_err(|error| StepError::of(&error))?
    {
        facts["renewal"] = json!({"before-expiry": format!("{}s", before.as_secs())});
    }
    let key = field(&secret, "tls.key", name)?;
    facts["key-matches"] = json!(key_matches(&chain[0], &String::from_utf8_lossy(&key)).map_err(StepError)?);
    let mut evidence = context.store(&chain_pem, "application/x-pem-file");
    let anchor = inspect.anchor.as_deref().unwrap_or(name);
    if let Ok(pem) = roots(context, anchor).await? {
        facts_of_path(&mut facts, &chain, &pem, anchor)?;
        evidence.extend(context.store(&pem, "application/x-pem-file"));
    }
    evidence.extend(facts_of_issuer(context, &mut facts, inspect, &chain).await?);
    Ok(Observation { facts, source: "kubernetes", evidence })
}

async fn sidecar(context: &Context<'_>, inspect: &InspectSpec, name: &str) -> Result<Observation, StepError> {
    let held = context.world.held_by_sidecar(context.member(name)?).await.map_err(|error| StepError::of(&error))?;
    if held.chain.is_empty() {
        return Ok(Observation { facts: json!({"exists": false}), source: "proxy-config", evidence: Vec::new() });
    }
    let chain = chain(&held.chain, name)?;
    let mut facts = chain_facts(&chain).map_err(StepError)?;
    facts["exists"] = json!(true);
    let (anchor, pem) = match &inspect.anchor {
        Some(anchor) => (anchor.as_str(), roots(context, anchor).await??),
        None => ("the sidecar's bundle", held.bundle.clone()),
    };
    facts_of_path(&mut facts, &chain, &pem, anchor)?;
    let bundle =
        certificates(&held.bundle).map_err(|error| StepError(format!("bundle of {name}'s sidecar: {error}")))?;
    facts["bundle"] = chain_facts(&bundle).map_err(StepError)?["chain"].clone();
    let mut evidence = context.store(&held.chain, "application/x-pem-file");
    evidence.extend(context.store(&pem, "application/x-pem-file"));
    evidence.extend(facts_of_issuer(context, &mut facts, inspect, &chain).await?);
    Ok(Observation { facts, source: "proxy-config", evidence })
}

/// Adds `path.*`, whether the chain validates against these trust anchors only, and `anchor.*`.
fn facts_of_path(facts: &mut Value, chain: &[Vec<u8>], pem: &[u8], name: &str) -> Result<(), StepError> {
    let anchors = certificates(pem).map_err(|error| StepError(format!("anchors of {name}: {error}")))?;
    let now = Timestamp::now().as_second();
    let path = |purpose| validate(chain, &anchors, purpose, now).map_or_else(|reason| reason, |()| "valid".to_owned());
    facts["path"] = json!({"client": path(Purpose::ClientAuth), "server": path(Purpose::ServerAuth)});
    facts["anchor"] = chain_facts(&anchors).map_err(StepError)?["chain"].clone();
    Ok(())
}

/// Adds `of-issuer` when the step names an issuer.
async fn facts_of_issuer(
    context: &Context<'_>,
    facts: &mut Value,
    inspect: &InspectSpec,
    chain: &[Vec<u8>],
) -> Result<Vec<String>, StepError> {
    let Some(issuer) = &inspect.issuer else { return Ok(Vec::new()) };
    let pem = field(&existing(context, issuer).await?, "tls.crt", issuer)?;
    facts["of-issuer"] = json!(is_of(chain, &leaf(&pem, issuer)?)?);
    Ok(context.store(&pem, "application/x-pem-file"))
}

/// Whether this authority signed the leaf and the chain holds the authority's certificate.
fn is_of(chain: &[Vec<u8>], authority: &[u8]) -> Result<bool, StepError> {
    let [leaf, others @ ..] = chain else { return Ok(false) };
    let signed_by = certificate_facts(leaf).map_err(StepError)?["authority-key-id"].clone();
    let key = certificate_facts(authority).map_err(StepError)?["subject-key-id"].clone();
    Ok(!signed_by.is_null() && signed_by == key && others.iter().any(|other| other == authority))
}

/// The serial of the leaf in every certificate Secret, by `namespace/name`.
pub(super) async fn serials(context: &Context<'_>) -> Result<BTreeMap<String, String>, StepError> {
    let objects = context.world.list("v1", "Secret", None, None).await.map_err(|error| StepError::of(&error))?;
    let mut serials = BTreeMap::new();
    for object in objects.into_iter().filter(|object| object.data["type"] == "kubernetes.io/tls") {
        let metadata = &object.metadata;
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        let name = format!("{}/{}", part(&metadata.namespace), part(&metadata.name));
        let secret = typed(object, &name)?;
        let leaf = chain_facts(&chain(&field(&secret, "tls.crt", &name)?, &name)?).map_err(StepError)?;
        serials.insert(name, leaf["leaf"]["serial"].as_str().unwrap_or_default().to_owned());
    }
    Ok(serials)
}

async fn existing(context: &Context<'_>, name: &str) -> Result<Secret, StepError> {
    read(context, name).await?.ok_or_else(|| StepError(format!("the Secret {name} does not exist")))
}

/// `ca.crt` of the Secret `namespace/name`, or of the `ConfigMap` that trust-manager distributes if there is no such
/// Secret. The inner error: the object has no `ca.crt`.
async fn roots(context: &Context<'_>, name: &str) -> Result<Result<Vec<u8>, StepError>, StepError> {
    if let Some(secret) = read(context, name).await? {
        return Ok(field(&secret, "ca.crt", name));
    }
    let (namespace, map) = name.split_once('/').unwrap_or_default();
    let reference = Reference::new("v1", "ConfigMap", Some(namespace), map);
    let object = context.world.get(&reference).await.map_err(|error| StepError::of(&error))?;
    let object = object.ok_or_else(|| StepError(format!("there is neither a Secret nor a ConfigMap {name}")))?;
    let pem = object.data["data"]["ca.crt"].as_str().map(|text| text.as_bytes().to_vec());
    Ok(pem.ok_or_else(|| StepError(format!("{name} has no ca.crt"))))
}

/// The Secret `namespace/name`.
pub(super) async fn read(context: &Context<'_>, name: &str) -> Result<Option<Secret>, StepError> {
    let (namespace, secret) =
        name.split_once('/').ok_or_else(|| StepError(format!("`{name}` is not namespace/name")))?;
    let reference = Reference::new("v1", "Secret", Some(namespace), secret);
    let object = context.world.get(&reference).await.map_err(|error| StepError::of(&error))?;
    object.map(|object| typed(object, name)).transpose()
}

fn typed(object: DynamicObject, name: &str) -> Result<Secret, StepError> {
    let value = serde_json::to_value(object).map_err(|error| StepError(error.to_string()))?;
    serde_json::from_value(value).map_err(|error| StepError(format!("{name} is no Secret: {error}")))
}

/// The certificates of a `tls.crt` (PEM), as DER. `name` is for the error.
pub(super) fn chain(pem: &[u8], name: &str) -> Result<Vec<Vec<u8>>, StepError> {
    certificates(pem).map_err(|error| StepError(format!("tls.crt of {name}: {error}")))
}

/// The first certificate of a `tls.crt`.
pub(super) fn leaf(pem: &[u8], name: &str) -> Result<Vec<u8>, StepError> {
    chain(pem, name)?.into_iter().next().ok_or_else(|| StepError(format!("tls.crt of {name} is empty")))
}

pub(super) fn field(secret: &Secret, key: &str, name: &str) -> Result<Vec<u8>, StepError> {
    let data = secret.data.as_ref().and_then(|data| data.get(key));
    data.map(|ByteString(bytes)| bytes.clone()).ok_or_else(|| StepError(format!("{name} has no {key}")))
}
