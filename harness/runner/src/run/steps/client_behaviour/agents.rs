//! The SPIFFE Workload API: forms of its address, and four of its failures.

use std::{collections::BTreeSet, os::unix::net::UnixListener, time::Duration};

use jiff::Timestamp;
use mtls_engine::wait::{Check, until};
use mtls_protocol::{
    agent::CallAnswer,
    client::{CallIdentity, StreamJob},
};
use serde_json::{Value, json};

use super::{
    super::job::text,
    fixture::{Bench, case, id, sign},
    rotation::stream_job,
    seen::told,
};
use crate::{run::error::StepError, stack::workload::SOCKET_VARIABLE, world::sandbox::Variables};

/// Calls that fail before the agent gives an SVID, and the limit for the first request that uses it.
const FAILURES: usize = 3;
const RECOVERY: Duration = Duration::from_secs(8);

/// The same socket in every valid form of its address, and invalid addresses.
pub(super) async fn spellings(bench: &Bench<'_>) -> Result<Value, StepError> {
    let server = bench.serve(&[case("sound", &bench.sound_server()?)]).await?;
    let agent =
        bench.agent("agent.sock", &[CallAnswer::Svid], &sign(&bench.authority, &id("agent-client"), &[])?).await?;
    let path = agent.socket.display().to_string();
    let spelled = [
        ("bare", path.clone()),
        ("unix", format!("unix:{path}")),
        ("unix-slashes", format!("unix://{path}")),
        ("tcp", "tcp://127.0.0.1:1".to_owned()),
        ("http", "http://127.0.0.1/agent".to_owned()),
        ("relative", "agent.sock".to_owned()),
    ];
    let url = server.url("sound");
    let get = ["get", url.as_str()];
    let calls = spelled.iter().map(async |(_, text)| bench.ask(&get, &vec![(SOCKET_VARIABLE, text.clone())]).await);
    let ran = futures::future::try_join_all(calls).await?;
    bench.dismiss(agent).await?;
    bench.close(server).await?;
    let facts = spelled.iter().zip(&ran).map(|((name, _), ran)| ((*name).to_owned(), told(bench, ran)));
    Ok(Value::Object(facts.collect()))
}

/// A missing socket, a stale socket, no identity, an unavailable agent; and an agent that becomes available.
pub(super) async fn failures(bench: &Bench<'_>) -> Result<Value, StepError> {
    let material = sign(&bench.authority, &id("agent-client"), &[])?;
    let stale = bench.path("stale.sock");
    // After the drop the path stays and nothing listens.
    UnixListener::bind(&stale).map(drop).map_err(|error| StepError(format!("leave a stale socket: {error}")))?;
    let (denying, unavailable) = tokio::try_join!(
        bench.agent("denied.sock", &[CallAnswer::Denied], &material),
        bench.agent("unavailable.sock", &[CallAnswer::Unavailable], &material),
    )?;
    let at = |path: &std::path::Path| -> Variables { vec![(SOCKET_VARIABLE, path.display().to_string())] };
    let cases = [
        ("missing", at(&bench.path("missing.sock"))),
        ("stale", at(&stale)),
        ("denied", denying.variables()),
        ("unavailable", unavailable.variables()),
    ];
    let svid = ["svid", "x509", "--timeout", "3s"];
    let asked = cases.iter().map(async |(_, variables)| bench.ask(&svid, variables).await);
    let (ran, retry) = tokio::try_join!(futures::future::try_join_all(asked), retry(bench))?;
    bench.dismiss(denying).await?;
    bench.dismiss(unavailable).await?;
    let mut facts: serde_json::Map<String, Value> =
        cases.iter().zip(&ran).map(|((name, _), ran)| ((*name).to_owned(), told(bench, ran))).collect();
    let words: BTreeSet<&str> = ran.iter().filter_map(|ran| ran.lines.first()?["ended"].as_str()).collect();
    facts.insert("words".to_owned(), json!(words));
    facts.insert("retry".to_owned(), retry);
    Ok(Value::Object(facts))
}

/// A client that keeps running while its agent is unavailable at first.
async fn retry(bench: &Bench<'_>) -> Result<Value, StepError> {
    let server = bench.serve(&[case("sound", &bench.sound_server()?)]).await?;
    let mut answers = [CallAnswer::Unavailable; FAILURES + 1];
    answers[FAILURES] = CallAnswer::Svid;
    let agent = bench.agent("late.sock", &answers, &sign(&bench.authority, &id("agent-client"), &[])?).await?;
    let job = StreamJob {
        id: "retry".to_owned(),
        identity: CallIdentity::WorkloadApi,
        rate_per_second: 5.0,
        timeout_ms: 8_000,
        ..stream_job(server.port("sound"))
    };
    let running = bench.start(&["stream"], &agent.variables(), &text(&job)?).await?;
    let recovered = until("the first answer", RECOVERY, Duration::from_millis(20), async || {
        if server.connections("sound").is_empty() { Check::NotYet("none".to_owned()) } else { Check::Ready(()) }
    });
    // A missing answer shows in the facts below.
    let _ = recovered.await;
    running.terminate().await.map_err(StepError::from)?;
    let ran = bench.end(running, "stream", Duration::from_secs(10)).await?;
    let calls = bench.dismiss(agent).await?;
    bench.close(server).await?;
    let times: Vec<Timestamp> = calls.iter().filter_map(|call| call["at"].as_str()?.parse().ok()).collect();
    let pauses: Vec<i64> =
        times.windows(2).map(|pair| (pair[1] - pair[0]).total(jiff::Unit::Millisecond)).map(whole).collect();
    let growth = pauses.first().zip(pauses.last()).filter(|(first, _)| **first > 0);
    let growth = growth.map(|(first, last)| {
        let tenths = last * 10 / first;
        json!(serde_json::Number::from_f64(f64::from(i32::try_from(tenths).unwrap_or(i32::MAX)) / 10.0))
    });
    let answered = ran.lines.iter().filter(|line| line["ended"] == "ok").count();
    Ok(json!({
        "calls": calls.len(), "answered": answered, "pauses-ms": pauses, "longest-pause-ms": pauses.iter().max(),
        "last-over-first": growth,
    }))
}

/// A time span in whole milliseconds; 0 when it cannot be computed.
fn whole(milliseconds: Result<f64, jiff::Error>) -> i64 {
    Duration::try_from_secs_f64(milliseconds.unwrap_or_default().max(0.0) / 1_000.0)
        .map_or(0, |span| i64::try_from(span.as_millis()).unwrap_or(i64::MAX))
}
