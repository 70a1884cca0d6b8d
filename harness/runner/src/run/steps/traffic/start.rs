//! Starts a stream: builds the client's job, waits for a first answer, and reads the client's output.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use mtls_core::{
    duration::milliseconds,
    expectation::matching::parse_duration,
    scenario::model::{Connections, Participant, Presents, ServerPort, TrafficStart},
};
use mtls_engine::wait::{Check, until};
use mtls_protocol::{
    attempts::{Attempt, AttemptsJob, Protocol, Switch},
    client::{Call, CallIdentity, CallsJob, PoolLimits, StreamJob, Weights},
};

use super::{
    super::{attempt::EXCHANGE, job::line},
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
    let identity = match (own_tls, start.presents) {
        (false, _) => CallIdentity::None,
        (true, Presents::Files) => CallIdentity::Files,
        (true, Presents::Svid) => CallIdentity::WorkloadApi,
    };
    let address = context.world.address(client, server, start.port);
    let job = StreamJob {
        id: asked.id.clone(),
        host: address.host,
        port: address.port,
        tls: if own_tls { Switch::On } else { Switch::Off },
        identity,
        expect_id: own_tls.then(|| server.spiffe()),
        path: "/whoami".to_owned(),
        rate_per_second: start.rate_per_second.into(),
        duration_ms: milliseconds(at_most),
        timeout_ms: milliseconds(EXCHANGE),
        connections: weights(start.connections),
        pool: PoolLimits::default(),
    };
    reach(context, client, &job).await?;
    let running =
        context.world.start_client(client, &["stream"], &line(&job)?).await.map_err(|error| StepError::of(&error))?;
    let stream =
        Stream { asked, server: start.to.clone(), since, reading: Reading::of(running), marked: BTreeSet::new() };
    context.states.of::<Streams>().lock().insert(start.id.clone(), stream);
    Ok(())
}

/// Waits until one request succeeds, so that the ledger does not count failures before kube-proxy has set up the
/// Service.
async fn reach(context: &Context<'_>, client: &Participant, stream: &StreamJob) -> Result<(), StepError> {
    let timeout_ms = 2_000;
    let (command, job) = if stream.tls == Switch::On {
        let url = format!("https://{}:{}{}", stream.host, stream.port, stream.path);
        let (identity, expect_id) = (stream.identity, stream.expect_id.clone());
        let call = Call { identity, expect_id, timeout_ms, ..Call::new(&stream.id, url) };
        ("calls", line(&CallsJob { parallel: 1, calls: vec![call] })?)
    } else {
        let attempt = Attempt::new(&stream.id, &stream.host, stream.port, Protocol::Http);
        ("attempts", line(&AttemptsJob { parallel: 1, attempts: vec![Attempt { timeout_ms, ..attempt }] })?)
    };
    let reached = until("a first answer", FIRST_ANSWER, Duration::from_millis(300), async || {
        match context.world.run_client(client, &[command], &job, FIRST_ANSWER).await {
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
fn weights(connections: Connections) -> Weights {
    let none = Weights { fresh: 0, pooled: 0, long_lived: 0 };
    match connections {
        Connections::Fresh => Weights { fresh: 1, ..none },
        Connections::Pooled => Weights { pooled: 1, ..none },
        Connections::LongLived => Weights { long_lived: 1, ..none },
        Connections::Mixed => Weights { fresh: 2, pooled: 6, long_lived: 2 },
    }
}
