//! Certificates and roots that change under a running stream of requests, each request on its own connection.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use mtls_core::duration::milliseconds;
use mtls_engine::wait::{Check, pause, until};
use mtls_protocol::{
    attempts::Switch,
    client::{CallIdentity, PoolLimits, StreamJob, Weights},
    serve::Case,
};
use serde_json::{Value, json};

use super::{
    super::job::text,
    fixture::{Bench, Server, authority, case, client_id, server_id, sign},
    seen::{distinct, met, serial},
};
use crate::{
    run::error::StepError,
    world::sandbox::{ProcessOutput, Running, Variables},
};

/// A renewed certificate must be used within five seconds; the wait is longer, to tell late from never.
const RENEWAL: Duration = Duration::from_secs(6);
/// Connections before anything changes.
const BEFORE: usize = 4;
/// Number of swaps, and the time between two.
const SWAPS: usize = 100;
const BETWEEN_SWAPS: Duration = Duration::from_millis(25);
/// The client's warning for each generation of files that it does not use.
const WARNING: &str = "the last good certificate stays in use";
const ENDING: Duration = Duration::from_secs(15);

/// One swap: the time until the server sees the new serial.
pub(super) async fn reload(bench: &Bench<'_>) -> Result<Value, StepError> {
    let server = bench.serve(&[strict(bench, &bench.sound_server()?)]).await?;
    let client = bench.mount_client()?;
    let running = stream(bench, &server, &client.variables()).await?;
    connected(&server, BEFORE).await?;
    let renewed = sign(&bench.authority, &client_id(), &[])?;
    let expected = serial(&renewed.chain)?;
    client.swap(&renewed, &bench.authority.root_pem())?;
    let first = first_after(Instant::now(), async |since| {
        let lines = server.connections(CASE);
        lines.iter().find(|line| line.value["peer"]["serial"] == expected.as_str()).map(|line| line.at - since)
    });
    let first = first.await;
    finish(bench, running, server, json!({"swaps": 1, "first-use-ms": first})).await
}

/// A root is added to the bundle: the time until the client accepts a server under it.
pub(super) async fn root_added(bench: &Bench<'_>) -> Result<Value, StepError> {
    let second = authority("second")?;
    let server = bench.serve(&[case(CASE, &sign(&second, &server_id(), &[])?)]).await?;
    let client = bench.mount_client()?;
    let running = stream(bench, &server, &client.variables()).await?;
    connected(&server, BEFORE).await?;
    let before = server.connections(CASE).iter().filter(|line| line.value["ended"] == "served").count();
    let bundle = format!("{}{}", bench.authority.root_pem(), second.root_pem());
    client.swap(&sign(&bench.authority, &client_id(), &[])?, &bundle)?;
    let first = first_after(Instant::now(), async |since| {
        let lines = server.connections(CASE);
        lines.iter().find(|line| line.value["ended"] == "served").map(|line| line.at - since)
    });
    let first = first.await;
    let mut facts = finish(bench, running, server, json!({"swaps": 1, "first-use-ms": first})).await?;
    facts["server"]["served-before"] = json!(before);
    Ok(facts)
}

/// A hundred swaps: whether the server ever sees a certificate that was not issued.
pub(super) async fn hundred_swaps(bench: &Bench<'_>) -> Result<Value, StepError> {
    let server = bench.serve(&[strict(bench, &bench.sound_server()?)]).await?;
    let materials = (0..8).map(|_| sign(&bench.authority, &client_id(), &[])).collect::<Result<Vec<_>, _>>()?;
    let roots = bench.authority.root_pem();
    let client = bench.mount("client", &materials[0], &roots)?;
    let issued = materials.iter().map(|material| serial(&material.chain)).collect::<Result<BTreeSet<_>, _>>()?;
    let running = stream(bench, &server, &client.variables()).await?;
    connected(&server, BEFORE).await?;
    for material in materials.iter().cycle().skip(1).take(SWAPS) {
        client.swap(material, &roots)?;
        pause(BETWEEN_SWAPS).await;
    }
    let connections = server.connections(CASE);
    let peers = connections.iter().map(|line| &line.value["peer"]);
    let strangers = distinct(peers, "serial").into_iter().filter(|one| !issued.contains(*one)).count();
    let mut facts = finish(bench, running, server, json!({"swaps": SWAPS})).await?;
    facts["server"]["strangers"] = json!(strangers);
    Ok(facts)
}

pub(super) const CASE: &str = "stream";

/// A server case that accepts only client certificates of the fixture's CA and verifies their signature.
pub(super) fn strict(bench: &Bench<'_>, material: &mtls_pki::Material) -> Case {
    Case { client_ca: Some(bench.authority.root_pem()), ..case(CASE, material) }
}

/// Twenty requests per second for a minute, each on its own connection, in the identity of the client's files.
pub(super) fn stream_job(port: u16) -> StreamJob {
    StreamJob {
        id: CASE.to_owned(),
        host: "127.0.0.1".to_owned(),
        port,
        tls: Switch::On,
        identity: CallIdentity::Files,
        expect_id: Some(server_id()),
        path: "/whoami".to_owned(),
        rate_per_second: 20.0,
        duration_ms: 60_000,
        timeout_ms: 5_000,
        connections: Weights::default(),
        pool: PoolLimits::default(),
    }
}

/// Starts a stream of twenty requests per second, each on its own connection. It runs until it is stopped.
pub(super) async fn stream(bench: &Bench<'_>, server: &Server, variables: &Variables) -> Result<Running, StepError> {
    bench.start(&["stream"], variables, &text(&stream_job(server.port(CASE)))?).await
}

/// Waits until the server has had `count` connections with any outcome.
pub(super) async fn connected(server: &Server, count: usize) -> Result<(), StepError> {
    let waited = until("connections of the stream", ENDING, Duration::from_millis(20), async || {
        match server.connections(CASE).len() {
            some if some >= count => Check::Ready(()),
            few => Check::NotYet(format!("{few} of {count}")),
        }
    });
    waited.await.map_err(|error| StepError::of(&error))
}

/// The result of `find` in milliseconds after `since`; `None` when it finds nothing within [`RENEWAL`].
async fn first_after(since: Instant, mut find: impl AsyncFnMut(Instant) -> Option<Duration>) -> Option<u64> {
    let waited = until("the first use", RENEWAL, Duration::from_millis(20), async || match find(since).await {
        Some(after) => Check::Ready(milliseconds(after)),
        None => Check::NotYet("not used".to_owned()),
    });
    waited.await.ok()
}

/// Ends the stream, then the server, and adds the facts of both.
pub(super) async fn finish(
    bench: &Bench<'_>,
    running: Running,
    server: Server,
    mut facts: Value,
) -> Result<Value, StepError> {
    running.terminate().await.map_err(StepError::from)?;
    let ran = bench.end(running, "stream", ENDING).await?;
    let lines = bench.close(server).await?;
    let requests: Vec<&Value> = ran.lines.iter().filter(|line| line.get("n").is_some()).collect();
    facts["requests"] = json!(requests.len());
    facts["client"] = client(&ran, &requests);
    facts["server"] = met(&lines, CASE);
    facts["warnings"] = json!(ran.stderr.matches(WARNING).count());
    let refused = lines.iter().filter(|line| line["alert"]["direction"] == "sent").count();
    facts["server"]["refused"] = json!(refused);
    let summary = ran.lines.iter().find_map(|line| line.get("summary"));
    facts["connections"] = summary.map_or(Value::Null, |summary| summary["connections"].clone());
    facts["reloads"] = summary.map_or(Value::Null, |summary| summary["reloads"].clone());
    Ok(facts)
}

fn client(ran: &ProcessOutput, requests: &[&Value]) -> Value {
    let count = |word: &str| requests.iter().filter(|line| line["ended"] == word).count();
    let ages = requests.iter().filter_map(|line| line["connection"]["age_ms"].as_f64());
    json!({
        "ok": count("ok"), "failed": count("failed"), "lost": count("lost"),
        "own-serials": distinct(requests.iter().copied(), "own_serial").len(),
        "oldest-connection-ms": ages.fold(0.0, f64::max), "code": ran.code,
    })
}
