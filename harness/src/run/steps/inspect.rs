//! `inspect`: a certificate Secret, read by the only code that may look into one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::api::DynamicObject;
use serde_json::json;

use crate::{
    kubernetes::Reference,
    pki::{Purpose, certificates, chain_facts, key_matches, validate},
    run::context::{Context, Look, Trouble},
    scenario::model::Inspect,
    stack::cert_manager,
};

pub(crate) async fn look(context: &Context<'_>, inspect: &Inspect) -> Result<Look, Trouble> {
    let name = inspect.secret.as_deref().ok_or_else(|| Trouble("inspect needs a secret".to_owned()))?;
    let Some(secret) = read(context, name).await? else {
        return Ok(Look { facts: json!({"exists": false}), source: "kubernetes", evidence: Vec::new() });
    };
    let chain_pem = field(&secret, "tls.crt", name)?;
    let chain = chain(&chain_pem, name)?;
    let mut facts = chain_facts(&chain).map_err(Trouble)?;
    facts["exists"] = json!(true);
    facts["type"] = json!(secret.type_);
    facts["annotations"] = json!(secret.metadata.annotations);
    let kube = context.world.kube().map_err(|error| Trouble::of(&error))?;
    if let Some(before) =
        cert_manager::renewal_before_expiry(kube, &secret).await.map_err(|error| Trouble::of(&error))?
    {
        facts["renewal"] = json!({"before-expiry": format!("{}s", before.as_secs())});
    }
    let key = field(&secret, "tls.key", name)?;
    facts["key-matches"] = json!(key_matches(&chain[0], &String::from_utf8_lossy(&key)).map_err(Trouble)?);
    let anchor_name = inspect.anchor.as_deref().unwrap_or(name);
    let anchor_secret = if anchor_name == name { Some(secret) } else { read(context, anchor_name).await? };
    let anchor_secret =
        anchor_secret.ok_or_else(|| Trouble(format!("the anchor's Secret {anchor_name} does not exist")))?;
    let mut evidence = context.recorder.put(&chain_pem, "application/x-pem-file");
    if let Ok(anchor_pem) = field(&anchor_secret, "ca.crt", anchor_name) {
        let anchors =
            certificates(&anchor_pem).map_err(|error| Trouble(format!("ca.crt of {anchor_name}: {error}")))?;
        let now = Timestamp::now().as_second();
        let path =
            |purpose| validate(&chain, &anchors, purpose, now).map_or_else(|reason| reason, |()| "valid".to_owned());
        facts["path"] = json!({"client": path(Purpose::ClientAuth), "server": path(Purpose::ServerAuth)});
        facts["anchor"] = chain_facts(&anchors).map_err(Trouble)?["chain"].clone();
        evidence.extend(context.recorder.put(&anchor_pem, "application/x-pem-file"));
    }
    Ok(Look { facts, source: "kubernetes", evidence })
}

/// The serial of the leaf in every certificate Secret, by `namespace/name`.
pub(super) async fn serials(context: &Context<'_>) -> Result<BTreeMap<String, String>, Trouble> {
    let objects = context.world.list("v1", "Secret", None, None).await.map_err(|error| Trouble::of(&error))?;
    let mut serials = BTreeMap::new();
    for object in objects.into_iter().filter(|object| object.data["type"] == "kubernetes.io/tls") {
        let metadata = &object.metadata;
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        let name = format!("{}/{}", part(&metadata.namespace), part(&metadata.name));
        let secret = typed(object, &name)?;
        let leaf = chain_facts(&chain(&field(&secret, "tls.crt", &name)?, &name)?).map_err(Trouble)?;
        serials.insert(name, leaf["leaf"]["serial"].as_str().unwrap_or_default().to_owned());
    }
    Ok(serials)
}

/// The Secret `namespace/name`.
pub(super) async fn read(context: &Context<'_>, name: &str) -> Result<Option<Secret>, Trouble> {
    let (namespace, secret) = name.split_once('/').ok_or_else(|| Trouble(format!("`{name}` is not namespace/name")))?;
    let reference = Reference::new("v1", "Secret", Some(namespace), secret);
    let object = context.world.get(&reference).await.map_err(|error| Trouble::of(&error))?;
    object.map(|object| typed(object, name)).transpose()
}

fn typed(object: DynamicObject, name: &str) -> Result<Secret, Trouble> {
    let value = serde_json::to_value(object).map_err(|error| Trouble(error.to_string()))?;
    serde_json::from_value(value).map_err(|error| Trouble(format!("{name} is no Secret: {error}")))
}

/// The certificates in somebody's `tls.crt`.
pub(super) fn chain(pem: &[u8], name: &str) -> Result<Vec<Vec<u8>>, Trouble> {
    certificates(pem).map_err(|error| Trouble(format!("tls.crt of {name}: {error}")))
}

pub(super) fn field(secret: &Secret, key: &str, name: &str) -> Result<Vec<u8>, Trouble> {
    let data = secret.data.as_ref().and_then(|data| data.get(key));
    data.map(|ByteString(bytes)| bytes.clone()).ok_or_else(|| Trouble(format!("{name} has no {key}")))
}
