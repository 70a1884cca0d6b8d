//! Reused connections: for how long, and with which certificate.

use std::time::{Duration, Instant};

use mtls_core::duration::milliseconds;
use mtls_engine::wait::{Check, pause, until};
use mtls_protocol::client::{PoolLimits, StreamJob, Weights};
use serde_json::{Value, json};

use super::{
    super::job::text,
    fixture::{Bench, Server, client_id, sign},
    rotation::{CASE, finish, stream_job, strict},
    seen::serial,
};
use crate::{
    run::error::StepError,
    world::sandbox::{Running, Variables},
};

/// Pool limits for the test; the client's defaults would take three quarters of a minute to observe.
const MAX_AGE: Duration = Duration::from_millis(800);
const MAX_IDLE: Duration = Duration::from_millis(250);
const LONG: Duration = Duration::from_mins(1);
/// Observation time after the rotation; several times [`MAX_AGE`].
const WATCHED: Duration = Duration::from_millis(2_500);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Two streams, a busy one that the age limit ends and a slow one that the idle limit ends, with a rotation in between.
pub(super) async fn pool(bench: &Bench<'_>) -> Result<Value, StepError> {
    let material = bench.sound_server()?;
    let cases = [strict(bench, &material)];
    let (busy, slow) = tokio::try_join!(bench.serve(&cases), bench.serve(&cases))?;
    let client = bench.mount_client()?;
    let variables = client.variables();
    let (busy_stream, slow_stream) = (
        pooled(bench, &busy, &variables, 20, LONG, MAX_AGE).await?,
        pooled(bench, &slow, &variables, 2, MAX_IDLE, LONG).await?,
    );
    let renewed = sign(&bench.authority, &client_id(), &[])?;
    let expected = serial(&renewed.chain)?;
    answered(&busy_stream, |line| line["ended"] == "ok", WATCHED).await;
    client.swap(&renewed, &bench.authority.root_pem())?;
    let swapped = Instant::now();
    let first = answered(&busy_stream, |line| line["own_serial"] == expected.as_str(), WATCHED).await;
    let first = first.map(|at| milliseconds(at - swapped));
    pause(WATCHED.saturating_sub(swapped.elapsed())).await;
    let idle = finish(bench, slow_stream, slow, json!({})).await?;
    let mut facts = finish(bench, busy_stream, busy, json!({"swaps": 1, "first-use-ms": first})).await?;
    facts["client"]["lost-idle"] = idle["client"]["lost"].clone();
    facts["connections"] = json!({"busy": facts["connections"], "idle": idle["connections"]});
    facts["requests"] = json!({"busy": facts["requests"], "idle": idle["requests"]});
    Ok(facts)
}

async fn pooled(
    bench: &Bench<'_>,
    server: &Server,
    variables: &Variables,
    rate: u32,
    idle: Duration,
    age: Duration,
) -> Result<Running, StepError> {
    let job = StreamJob {
        rate_per_second: rate.into(),
        connections: Weights { fresh: 0, pooled: 1, long_lived: 0 },
        pool: PoolLimits { idle_ms: milliseconds(idle), age_ms: milliseconds(age) },
        ..stream_job(server.port(CASE))
    };
    bench.start(&["stream"], variables, &text(&job)?).await
}

/// The instant of the first line of the stream that matches; `None` when there is none within `limit`.
async fn answered(running: &Running, matches: impl Fn(&Value) -> bool, limit: Duration) -> Option<Instant> {
    let waited = until("a line of the stream", limit, POLL_INTERVAL, async || {
        let found = running.lines().into_iter().find(|line| matches(&line.value));
        found.map_or(Check::NotYet("none".to_owned()), |line| Check::Ready(line.at))
    });
    waited.await.ok()
}
