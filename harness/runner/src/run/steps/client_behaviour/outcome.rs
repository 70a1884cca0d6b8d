//! The result lines of the client: every field, and whether a TLS session was new or resumed.

use std::time::Duration;

use mtls_protocol::{
    attempts::TlsVersion,
    client::{Call, CallsJob},
};
use serde_json::{Value, json};

use super::{
    super::job::text,
    fixture::{Bench, PATIENCE, authority, call, case, server_id, sign_from},
    seen::distinct,
};
use crate::run::error::StepError;

/// Four outcomes in one job: an answer, a refusal by either side, no server.
pub(super) async fn outcome(bench: &Bench<'_>) -> Result<Value, StepError> {
    let material = bench.sound_server()?;
    let mut choosy = case("refused-by-server", &material);
    choosy.client_ca = Some(authority("stranger")?.root_pem());
    let expired = sign_from(&bench.authority, &server_id(), &[], -time::Duration::hours(2))?;
    let server = bench.serve(&[case("answered", &material), choosy, case("refused-by-client", &expired)]).await?;
    let closed = free_port().map_err(|error| StepError(format!("find a free port: {error}")))?;
    let ids = ["answered", "refused-by-server", "refused-by-client", "no-server"];
    let at = |id| if id == "no-server" { closed } else { server.port(id) };
    let calls = ids.iter().map(|id| Call { listen_ms: LISTEN_MS, ..call(id, at(id)) }).collect();
    let job = text(&CallsJob { parallel: ids.len(), calls })?;
    let ran = bench.run(&["calls"], &bench.mount_client()?.variables(), &job, PATIENCE).await?;
    bench.close(server).await?;
    let line = |id: &str| ran.lines.iter().find(|line| line["id"] == id).cloned().unwrap_or(Value::Null);
    Ok(Value::Object(ids.iter().map(|id| ((*id).to_owned(), line(id))).collect()))
}

/// Two calls to a server that issues session tickets and accepts resumption, in TLS 1.2 and 1.3.
pub(super) async fn resumption(bench: &Bench<'_>) -> Result<Value, StepError> {
    let material = bench.sound_server()?;
    let server = bench.serve(&[case("tls12", &material), case("tls13", &material)]).await?;
    let variables = bench.mount_client()?.variables();
    let mut calls = Vec::new();
    for (id, version) in [("tls12", TlsVersion::Tls12), ("tls13", TlsVersion::Tls13)] {
        let one = Call { tls_versions: vec![version], listen_ms: LISTEN_MS, ..call(id, server.port(id)) };
        calls.push((id, text(&CallsJob { parallel: 1, calls: vec![one.clone(), one] })?));
    }
    let limit = PATIENCE + Duration::from_secs(5);
    let ran = calls.iter().map(async |(_, job)| bench.run(&["calls"], &variables, job, limit).await);
    let ran = futures::future::try_join_all(ran).await?;
    let lines = bench.close(server).await?;
    let facts = calls.iter().zip(&ran).map(|((id, _), ran)| {
        let own: Vec<&Value> = lines.iter().filter(|line| line["id"] == *id).collect();
        let handshakes =
            |lines: &[&Value]| lines.iter().map(|line| line["tls"]["handshake"].clone()).collect::<Vec<_>>();
        let versions = distinct(own.iter().map(|line| &line["tls"]), "version");
        let client = handshakes(&ran.lines.iter().collect::<Vec<_>>());
        ((*id).to_owned(), json!({"client": client, "server": handshakes(&own), "versions": versions}))
    });
    Ok(Value::Object(facts.collect()))
}

/// A server of TLS 1.3 refuses after the client's handshake: a client that listens first reads its alert in any case.
const LISTEN_MS: u64 = 500;

/// A port on which nothing listened a moment ago.
fn free_port() -> std::io::Result<u16> {
    std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr().map(|address| address.port())
}
