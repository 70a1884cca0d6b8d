//! The two ways to call of the reference document: a client that is opened and closed, and a single call.

use std::time::Duration;

use mtls_engine::wait::{Check, until};
use serde_json::{Value, json};

use super::{
    fixture::{Bench, PATIENCE, Server, case},
    seen::{met, told},
};
use crate::run::error::StepError;

/// Limit for two calls and an orderly end of the connection at the server.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// A client that is opened, used twice and closed. The program then waits, so that only the closing can end the
/// connection.
pub(super) async fn scoped(bench: &Bench<'_>) -> Result<Value, StepError> {
    let (server, variables) = (both(bench).await?, bench.mount_client()?.variables());
    let (mutual, not_mutual) = (server.url("mutual"), server.url("not-mutual"));
    let running = bench.start(&["scoped", &mutual, "--linger"], &variables, "").await?;
    let closed = until("the end of the client's connection", CLOSE_LIMIT, Duration::from_millis(10), async || {
        if server.connections("mutual").is_empty() { Check::NotYet("open".to_owned()) } else { Check::Ready(()) }
    });
    let closed = closed.await.is_ok();
    let ran = bench.end(running, "scoped", PATIENCE).await?;
    let refused = bench.ask(&["scoped", &not_mutual], &variables).await?;
    let lines = bench.close(server).await?;
    let answered = ran.lines.iter().filter(|line| line["ended"] == "answered").count();
    Ok(json!({
        "mutual": {
            "client": told(bench, &ran), "answered": answered, "closed-before-exit": closed,
            "server": met(&lines, "mutual"),
        },
        "not-mutual": {"client": told(bench, &refused), "server": met(&lines, "not-mutual")},
    }))
}

/// One process per call.
pub(super) async fn one_shot(bench: &Bench<'_>) -> Result<Value, StepError> {
    let (server, variables) = (both(bench).await?, bench.mount_client()?.variables());
    let (mutual, not_mutual) = (server.url("mutual"), server.url("not-mutual"));
    let first = ["get", mutual.as_str()];
    let second = ["get", not_mutual.as_str()];
    let (answered, refused) = tokio::try_join!(bench.ask(&first, &variables), bench.ask(&second, &variables))?;
    let lines = bench.close(server).await?;
    let facts = |ran, id| json!({"client": told(bench, ran), "server": met(&lines, id)});
    Ok(json!({"mutual": facts(&answered, "mutual"), "not-mutual": facts(&refused, "not-mutual")}))
}

/// A server with one port that requests a client certificate and one that does not.
async fn both(bench: &Bench<'_>) -> Result<Server, StepError> {
    let material = bench.sound_server()?;
    let mut not_mutual = case("not-mutual", &material);
    not_mutual.request_certificate = false;
    bench.serve(&[case("mutual", &material), not_mutual]).await
}
