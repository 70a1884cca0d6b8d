//! Starts a stream: builds the client's job, waits for a first answer, and reads the client's output.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use mtls_core::{
    duration::milliseconds,
    expectation::matching::parse_duration,
    scenario::model::{Connections, Participant, Presents, ServerPort, TrafficStart},
};
use mtls_engine::wait::{Check, until};
use serde_json::{Value, json};

use super::{
    reading::Reading,
    streams::{Stream, Streams},
};
use crate::{
    run::{context::Context, error::StepError},
    traffic::StreamSpec,
};

pub(crate) async fn start(context: &Context<'_>, start: &TrafficStart) -> Result<(), StepError> {
    let (client, server) = (context.member(&start.from)?, context.member(&start.to)?);
    let at_most =
        parse_duration(&start.at_most).ok_or_else(|| StepError(format!("`{}` is not a duration", start.at_most)))?;
    let since = Timestamp::now();
    let asked = StreamSpec {
        // Another scenario may use the same stream id with the same server.
        id: format!("{}.{}", start.id, since.as_microsecond()),
        from: start.from.clone(),
        to: start.to.clone(),
        column: start.port.word().to_owned(),
        connections: start.connections.word().to_owned(),
        rate_per_second: start.rate_per_second,
    };
    let own_tls = start.port == ServerPort::AppMtls;
    let source = match (own_tls, start.presents) {
        (false, _) => "none",
        (true, Presents::Files) => "files",
        (true, Presents::Svid) => "workload-api",
    };
    let address = context.world.address(client, server, start.port);
    let job = json!({
        "id": asked.id, "host": address.host, "port": address.port, "protocol": "http",
        "tls": if own_tls { "on" } else { "off" }, "alpn": [],
        "identity": {"source": source},
        "verify": if own_tls { json!({"mode": "spiffe", "id": server.spiffe()}) } else { json!({"mode": "record-only"}) },
        "path": "/whoami", "rate_per_second": start.rate_per_second,
        "duration_ms": milliseconds(at_most), "connections": weights(start.connections),
    });
    reach(context, client, &job).await?;
    let running = context
        .world
        .start_client(client, &["stream"], format!("{job}\n").as_bytes())
        .await
        .map_err(|error| StepError::of(&error))?;
    let stream =
        Stream { asked, server: start.to.clone(), since, reading: Reading::of(running), marked: BTreeSet::new() };
    context.states.of::<Streams>().lock().insert(start.id.clone(), stream);
    Ok(())
}

/// Waits until one request succeeds, so that the ledger does not count failures before kube-proxy has set up the
/// Service.
async fn reach(context: &Context<'_>, client: &Participant, stream: &Value) -> Result<(), StepError> {
    let mut attempt = stream.clone();
    if let Some(fields) = attempt.as_object_mut() {
        fields.retain(|key, _| !["rate_per_second", "duration_ms", "connections"].contains(&key.as_str()));
        fields.insert("timeout_ms".to_owned(), json!(2000));
    }
    let job = format!("{}\n", json!({"parallel": 1, "attempts": [attempt]}));
    let reached = until("a first answer", FIRST_ANSWER, Duration::from_millis(300), async || {
        match context.world.run_client(client, &["attempts"], job.as_bytes(), FIRST_ANSWER).await {
            Ok(lines) if lines.iter().any(|line| line["ended"] == "answered") => Check::Ready(()),
            Ok(lines) => {
                Check::NotYet(lines.first().map_or_else(|| "no report".to_owned(), |line| line["error"].to_string()))
            }
            Err(error) => Check::NotYet(error.to_string()),
        }
    });
    reached.await.map_err(|error| StepError::of(&error))
}

const FIRST_ANSWER: Duration = Duration::from_secs(30);

/// The `connections` of the client's job: the relative share of fresh, pooled and long-lived connections.
fn weights(connections: Connections) -> Value {
    match connections {
        Connections::Fresh => json!({"fresh": 1}),
        Connections::Pooled => json!({"fresh": 0, "pooled": 1}),
        Connections::LongLived => json!({"fresh": 0, "long_lived": 1}),
        Connections::Mixed => json!({"fresh": 2, "pooled": 6, "long_lived": 2}),
    }
}
