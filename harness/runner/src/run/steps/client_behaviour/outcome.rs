//! The result lines of the client: every field, and whether a TLS session was new or resumed.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    fixture::{Bench, PATIENCE, authority, case, server_id, sign_from},
    seen::distinct,
};
use crate::run::error::StepError;

/// Four outcomes in one job: an answer, a refusal by either side, no server.
pub(super) async fn outcome(bench: &Bench<'_>) -> Result<Value, StepError> {
    let material = bench.sound_server()?;
    let mut choosy = case("refused-by-server", &material);
    choosy["client_ca"] = json!(authority("stranger")?.root_pem());
    let expired = sign_from(&bench.authority, &server_id(), &[], -time::Duration::hours(2))?;
    let server = bench.serve(&[case("answered", &material), choosy, case("refused-by-client", &expired)]).await?;
    let closed = free_port().map_err(|error| StepError(format!("find a free port: {error}")))?;
    let ids = ["answered", "refused-by-server", "refused-by-client", "no-server"];
    let attempts: Vec<Value> = ids
        .iter()
        .map(|id| attempt(id, if *id == "no-server" { closed } else { server.port(id) }, &json!([])))
        .collect();
    let job = json!({"parallel": attempts.len(), "attempts": attempts}).to_string();
    let ran = bench.run(&["attempts"], &bench.mount_client()?.variables(), &job, PATIENCE).await?;
    bench.close(server).await?;
    let line = |id: &str| ran.lines.iter().find(|line| line["id"] == id).cloned().unwrap_or(Value::Null);
    Ok(Value::Object(ids.iter().map(|id| ((*id).to_owned(), line(id))).collect()))
}

/// Two calls to a server that issues session tickets and accepts resumption, in TLS 1.2 and 1.3.
pub(super) async fn resumption(bench: &Bench<'_>) -> Result<Value, StepError> {
    let material = bench.sound_server()?;
    let server = bench.serve(&[case("tls12", &material), case("tls13", &material)]).await?;
    let variables = bench.mount_client()?.variables();
    let calls = [("tls12", "1.2"), ("tls13", "1.3")].map(|(id, version)| {
        let attempts = ["first", "second"].map(|_| attempt(id, server.port(id), &json!([version])));
        (id, json!({"parallel": 1, "attempts": attempts}).to_string())
    });
    let limit = PATIENCE + Duration::from_secs(5);
    let ran = calls.iter().map(async |(_, job)| bench.run(&["attempts"], &variables, job, limit).await);
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

fn attempt(id: &str, port: u16, versions: &Value) -> Value {
    json!({
        "id": id, "host": "127.0.0.1", "port": port, "protocol": "http", "tls": "on", "tls_versions": versions,
        "identity": {"source": "files"}, "verify": {"mode": "spiffe", "id": server_id()},
    })
}

/// A port on which nothing listened a moment ago.
fn free_port() -> std::io::Result<u16> {
    std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr().map(|address| address.port())
}
