//! `svid`: the SVID that the SPIFFE Workload API gives to a pod.

use std::time::Duration;

use jiff::Timestamp;
use mtls_core::scenario::{
    model::{Participant, Step},
    verbs::svid::{SvidKind, SvidSpec},
};
use mtls_pki::{Purpose, certificates, chain_facts, validate};
use serde_json::{Value, json};

use super::{Execute, Unjudged, sampled};
use crate::run::{
    context::{Context, Observation},
    error::StepError,
};

const LIMIT: Duration = Duration::from_secs(30);

impl Execute for SvidSpec {
    const UNJUDGED: Unjudged = Unjudged::Awaited;

    async fn observe(&self, context: &Context<'_>, _: &Step) -> Result<Observation, StepError> {
        observe(context, self).await
    }

    async fn perform(&self, context: &Context<'_>, step: &Step) -> Result<(), StepError> {
        sampled(context, step).await
    }
}

async fn observe(context: &Context<'_>, request: &SvidSpec) -> Result<Observation, StepError> {
    let member = context.member(&request.of)?;
    let mut arguments = vec!["svid", if request.kind == SvidKind::Jwt { "jwt" } else { "x509" }];
    if let Some(audience) = &request.audience {
        arguments.extend(["--audience", audience]);
    }
    let line = &fetch(context, member, &arguments).await?;
    let evidence = context.store(line.to_string().as_bytes(), "application/json");
    let facts = match request.kind {
        SvidKind::Jwt => jwt_facts(line),
        SvidKind::X509 => x509_facts(line)?,
    };
    Ok(Observation { facts, source: "workload-api", evidence })
}

/// The X.509-SVID of a participant as DER certificates, leaf first.
pub(super) async fn chain(context: &Context<'_>, member: &Participant) -> Result<Vec<Vec<u8>>, StepError> {
    read(&fetch(context, member, &["svid", "x509"]).await?, "chain")
}

/// The report line of a client that runs in the pod of the participant.
async fn fetch(context: &Context<'_>, member: &Participant, arguments: &[&str]) -> Result<Value, StepError> {
    let lines = context.world.run_client(member, arguments, &[], LIMIT).await.map_err(|error| StepError::of(&error))?;
    lines.into_iter().next().ok_or_else(|| StepError("the client reported nothing".to_owned()))
}

/// The certificates at `key` of a report line, one PEM block each.
fn read(line: &Value, key: &str) -> Result<Vec<Vec<u8>>, StepError> {
    let text: String =
        line[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join("\n");
    certificates(text.as_bytes()).map_err(|error| StepError(format!("{key} of the SVID: {error}")))
}

fn x509_facts(line: &Value) -> Result<Value, StepError> {
    if line["chain"].as_array().is_none_or(Vec::is_empty) {
        return Ok(json!({"outcome": outcome(line), "ended": line["ended"], "error": line["error"]}));
    }
    let (chain, bundle) = (read(line, "chain")?, read(line, "bundle")?);
    let mut facts = chain_facts(&chain).map_err(StepError)?;
    let now = Timestamp::now().as_second();
    let path = |purpose| validate(&chain, &bundle, purpose, now).map_or_else(|reason| reason, |()| "valid".to_owned());
    facts["outcome"] = json!("established");
    facts["spiffe"] = line["spiffe_id"].clone();
    facts["path"] = json!({"client": path(Purpose::ClientAuth), "server": path(Purpose::ServerAuth)});
    facts["bundle"] = chain_facts(&bundle).map_err(StepError)?["chain"].clone();
    Ok(facts)
}

/// Facts of a JWT-SVID; `lifetime` is `exp - iat` in seconds (RFC 7519 section 4.1).
fn jwt_facts(line: &Value) -> Value {
    let claims = &line["claims"];
    let payload = if claims["payload"].is_object() {
        &claims["payload"]
    } else if claims["claims"].is_object() {
        &claims["claims"]
    } else {
        claims
    };
    let mut facts =
        json!({"outcome": outcome(line), "claims": payload, "ended": line["ended"], "error": line["error"]});
    if let (Some(expires), Some(issued)) = (payload["exp"].as_f64(), payload["iat"].as_f64()) {
        facts["outcome"] = json!("established");
        facts["lifetime"] = json!(format!("{}s", expires - issued));
        facts["spiffe"] = payload["sub"].clone();
    }
    facts
}

/// The outcome when there is no SVID: the answer of the agent or its absence. Any other report is a harness error.
fn outcome(line: &Value) -> &str {
    match line["ended"].as_str() {
        Some(word @ ("no-identity" | "socket-missing" | "socket-refused" | "unavailable")) => word,
        _ => "harness-error",
    }
}
